//! Reads flow logs in every form in which AWS delivers them: files and folders of them, plain, gzip (any number of members)
//! or zstd; lines, JSON with lines in it, or Parquet. What a file holds is seen from its first bytes, never from its name.
//!
//! Laws: memory does not grow with the input; what cannot be read is counted and told, and never ends a run; files are
//! read in parallel and joined in the order of their names, so that the same files give the same answer.

use super::capture;
use super::endless::Endless;
use super::files::{self, Found};
use super::lines::Lines;
use super::parquet;
use super::watch::Counted;
use super::window::Window;
use super::wrapped::{Message, messages};
use flate2::read::MultiGzDecoder;
use rayon::prelude::*;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use super::gather::{Gather, Logs, Reading, Scan, Spot};

/// How much is read at a time.
const CHUNK: usize = 256 * 1024;
/// How long before its end a record may have begun: the longest aggregation interval, and what AWS may be late.
const RECORD_SECONDS: u64 = 660;
/// How much time one file of S3 tells of (VPC guide, "Publish flow logs to Amazon S3").
const FILE_SECONDS: u64 = 300;

/// Reads the records of files and folders.
pub fn read<G: Gather>(paths: &[PathBuf], reading: &Reading, begin: impl Fn() -> G + Sync) -> (G, Scan) {
    let mut first = Scan::default();
    let mut files = files::find(paths, &mut first);
    let all = files.len();
    files.retain(|file| in_time(&file.path, reading.window));
    first.passed_over = (all - files.len()) as u64;
    let bytes = files.iter().map(|file| file.bytes).sum();
    let watched = &reading.watched;
    watched.tell(|watch| watch.begins(files.len() as u64, bytes));
    let one = |file: &Found| {
        let (mut made, mut scan) = (begin(), Scan::default());
        read_file(file, reading, &mut scan, &mut made);
        watched.tell(|watch| watch.file());
        (made, scan)
    };
    let join = |(mut made, mut scan): (G, Scan), (later_made, later_scan): (G, Scan)| {
        made.join(later_made);
        scan.join(later_scan);
        (made, scan)
    };
    let (made, scan) = files
        .par_iter()
        .map(one)
        .reduce(|| (begin(), Scan::default()), join);
    watched.tell(|watch| watch.ends());
    first.join(scan);
    (made, first)
}

/// Whether a file may tell of any of the window, by the name that S3 delivery gives it: `…_20180620T1620Z_….log.gz` holds
/// records that ended in the five minutes from then.
fn in_time(path: &Path, window: Window) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let stamp = name.split('_').find_map(|part| {
        let time = jiff::civil::DateTime::strptime("%Y%m%dT%H%MZ", part).ok()?;
        let time = jiff::tz::TimeZone::UTC.to_timestamp(time).ok()?;
        u64::try_from(time.as_second()).ok()
    });
    let Some(begin) = stamp.filter(|_| name.contains("_vpcflowlogs_")) else {
        return true;
    };
    window.meets(begin.saturating_sub(RECORD_SECONDS), begin + FILE_SECONDS)
}

fn read_file<G: Gather>(found: &Found, reading: &Reading, scan: &mut Scan, sink: &mut G) {
    let name: Arc<str> = found.path.display().to_string().into();
    scan.files += 1;
    let opened = File::open(&found.path).and_then(|mut file| {
        let mut head = [0; 4];
        let got = fill(&mut file, &mut head)?;
        // What cannot be rewound, such as a pipe, is read on from here.
        if let Err(error) = file.rewind()
            && error.kind() != io::ErrorKind::NotSeekable
        {
            return Err(error);
        }
        let rewound = file.stream_position().is_ok();
        Ok((file, head[..got].to_vec(), rewound))
    });
    let (file, head, rewound) = match opened {
        Ok(opened) => opened,
        Err(error) => return scan.problem(format!("{name}: {error}")),
    };
    if head == parquet::MAGIC {
        return parquet::read(file, &name, reading, scan, sink);
    }
    let mut lines = Lines::new(name, reading, scan, sink);
    let before = if rewound { Vec::new() } else { head.clone() };
    let bytes = Counted::new(io::Cursor::new(before).chain(file), &reading.watched);
    stream(&head, bytes, &mut lines);
}

/// Reads records from bytes, compressed or not.
pub fn read_bytes<G: Gather>(name: &str, bytes: &[u8], reading: &Reading, sink: &mut G) -> Scan {
    let mut scan = Scan {
        files: 1,
        ..Scan::default()
    };
    let mut lines = Lines::new(name.into(), reading, &mut scan, sink);
    stream(&bytes[..bytes.len().min(4)], bytes, &mut lines);
    scan
}

fn stream<G: Gather>(head: &[u8], bytes: impl Read + Send, lines: &mut Lines<'_, G>) {
    let plain: io::Result<Box<dyn Read + Send + '_>> = match head {
        [0x1f, 0x8b, ..] => Ok(Box::new(MultiGzDecoder::new(BufReader::with_capacity(
            CHUNK, bytes,
        )))),
        [0x28, 0xb5, 0x2f, 0xfd] => zstd::stream::read::Decoder::new(bytes).map(|read| Box::new(read) as _),
        _ => Ok(Box::new(bytes)),
    };
    let read = plain.and_then(|plain| {
        let mut plain = BufReader::with_capacity(CHUNK, plain);
        if capture::is_capture(plain.fill_buf()?) {
            capture::read(plain, lines);
            return Ok(());
        }
        match plain.fill_buf()?.trim_ascii_start().first() {
            Some(b'{' | b'[') => messages(&mut plain, &mut |message| match message {
                Message::Text(text) => lines.message(text.as_bytes()),
                Message::Event(event) => lines.of_format(&event.line(), event.format()),
                Message::Row(line, format) => lines.of_format(line, format),
            }),
            _ => lines.run(&mut Endless::new(plain)),
        }
    });
    if let Err(error) = read {
        lines.fail(&error.to_string());
    }
}

fn fill(bytes: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match bytes.read(&mut buffer[got..])? {
            0 => break,
            more => got += more,
        }
    }
    Ok(got)
}

#[cfg(test)]
mod tests {
    use super::{Window, in_time};
    use std::path::Path;

    #[test]
    fn files_of_another_time_are_passed_over() {
        let name = "AWSLogs/1/vpcflowlogs/123456789012_vpcflowlogs_us-east-1_fl-1234abcd_20180620T1620Z_fe123456.log.gz";
        let begin = 1_529_511_600;
        let in_window = |since, until| in_time(Path::new(name), Window { since, until });
        assert!(in_window(None, None));
        assert!(in_window(Some(begin + 299), None) && !in_window(Some(begin + 301), None));
        assert!(in_window(None, Some(begin - 600)) && !in_window(None, Some(begin - 700)));
        assert!(in_time(
            Path::new("records_20180620T1620Z_x.log"),
            Window {
                since: Some(begin + 9_999),
                until: None
            }
        ));
    }
}
