//! Reads flow logs in every form in which AWS delivers them: files and folders of them, plain, gzip (any number of members)
//! or zstd; lines, JSON with lines in it, or Parquet. What a file holds is seen from its first bytes, never from its name.
//!
//! Laws: memory does not grow with the input; what cannot be read is counted and told, and never ends a run; files are
//! read in parallel and joined in the order of their names, so that the same files give the same answer.

use super::capture;
use super::endless::Endless;
use super::files::{self, Found};
use super::format::Format;
use super::lines::Lines;
use super::parquet;
use super::row::Row;
use super::watch::{Counted, Watched};
use super::window::Window;
use super::wrapped::{Message, messages};
use crate::model::Model;
use flate2::read::MultiGzDecoder;
use rayon::prelude::*;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How much is read at a time.
const CHUNK: usize = 256 * 1024;
/// The most problems that are told; all are counted.
const PROBLEMS_MAX: usize = 10;
/// How long before its end a record may have begun: the longest aggregation interval, and what AWS may be late.
const RECORD_SECONDS: u64 = 660;
/// How much time one file of S3 tells of (VPC guide, "Publish flow logs to Amazon S3").
const FILE_SECONDS: u64 = 300;

/// How flow logs are to be read, as the user says.
#[derive(Debug, Clone, Default)]
pub struct Logs {
    /// The time that is asked about.
    pub window: Window,
    /// The format of files that have no header.
    pub format: Option<Format>,
    /// Who wants to know how far it is.
    pub watched: Watched,
}

impl Logs {
    /// With what the model says of formats, and who is looked for.
    pub fn reading(&self, model: &Model, wanted: Option<&[&str]>) -> Reading {
        let written = model.flow_logs.values().filter_map(|log| log.format.as_deref());
        let written = written.filter_map(Format::from_log_format);
        let mut formats: Vec<Arc<Format>> = Vec::new();
        for format in self.format.clone().into_iter().chain(written) {
            if !formats.iter().any(|known| **known == format) {
                formats.push(Arc::new(format));
            }
        }
        Reading {
            wanted: wanted.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
            formats,
            window: self.window,
            sessions: capture::sessions(model),
            watched: self.watched.clone(),
        }
    }
}

/// What is looked for, and how files without a header are to be understood.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Only records that name one of these: interfaces, attachments, gateways. None: all.
    pub wanted: Option<Vec<String>>,
    /// The formats that files without a header may have, the likeliest first.
    pub formats: Vec<Arc<Format>>,
    /// Only records that tell of this time.
    pub window: Window,
    /// The traffic mirror sessions, whose copies a capture holds.
    pub sessions: Vec<capture::Copied>,
    /// Who wants to know how far it is.
    pub watched: Watched,
}

/// Where a record is.
#[derive(Debug, Clone, Copy)]
pub struct Spot<'a> {
    /// The file.
    pub file: &'a Arc<str>,
    /// The line, counted from 1; in JSON and Parquet the record.
    pub line: u64,
    /// What the record's fields are.
    pub format: &'a Arc<Format>,
}

/// What is made of records: one for each file, joined in the order of the files.
pub trait Gather: Send {
    /// Takes a record.
    fn take(&mut self, row: &Row<'_>, at: Spot<'_>);
    /// Takes what was made of later files.
    fn join(&mut self, later: Self);
}

/// What a scan found out besides the records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// How many files were read.
    pub files: u64,
    /// How many were passed over, because their names say that they tell of another time.
    pub passed_over: u64,
    /// How many lines were records or should have been.
    pub lines: u64,
    /// How many of them could not be read.
    pub broken: u64,
    /// The first problems: file, line, what is wrong.
    pub problems: Vec<String>,
}

impl Scan {
    /// Counts a problem, and keeps it if it is among the first.
    pub fn problem(&mut self, text: String) {
        self.broken += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(text);
        }
    }

    fn join(&mut self, later: Self) {
        self.files += later.files;
        self.passed_over += later.passed_over;
        self.lines += later.lines;
        self.broken += later.broken;
        self.problems.extend(later.problems);
        self.problems.truncate(PROBLEMS_MAX);
    }

    /// The problems for people, with a word of those that are not shown.
    pub fn told(&self) -> Vec<String> {
        let mut problems = self.problems.clone();
        if self.broken > problems.len() as u64 {
            problems.push(format!("… {} lines in all could not be read", self.broken));
        }
        problems
    }
}

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
