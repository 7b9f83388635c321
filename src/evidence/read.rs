//! Reads flow-log files: lines, or JSON with lines in it; plain or gzip, any number of members; a file or a folder;
//! streaming, in bounded memory. In JSON the number of a line is the number of the message.

use super::format::Format;
use super::record::Record;
use super::wrapped::messages;
use flate2::read::MultiGzDecoder;
use memchr::memmem::Finder;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The longest line that is a record; longer ones are passed over.
const LINE_MAX: usize = 64 * 1024;
/// How much is read at a time.
const CHUNK: usize = 256 * 1024;
/// The most problems that are told; all are counted.
const PROBLEMS_MAX: usize = 10;
/// The deepest folder that is looked into.
const DEPTH_MAX: usize = 32;

/// Bytes to read records from, and their name.
pub struct Source {
    /// The name, for people.
    pub name: Arc<str>,
    /// The bytes; gzip is seen.
    pub bytes: Box<dyn Read>,
}

/// What a scan found out besides the records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// How many lines were records or should have been.
    pub lines: u64,
    /// How many of them could not be read.
    pub broken: u64,
    /// The first problems: file, line, what is wrong.
    pub problems: Vec<String>,
}

impl Scan {
    fn problem(&mut self, text: String) {
        self.broken += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(text);
        }
    }
}

/// The files at some paths, in the order of their names.
pub fn sources(paths: &[PathBuf], scan: &mut Scan) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in paths {
        if let Err(error) = gather(path, 0, &mut found) {
            scan.problem(format!("{}: {error}", path.display()));
        }
    }
    found
}

fn gather(path: &Path, depth: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    if !std::fs::metadata(path)?.is_dir() {
        found.push(path.to_owned());
        return Ok(());
    }
    if depth > DEPTH_MAX {
        return Err(io::Error::other("folders are nested too deep here"));
    }
    let mut paths = std::fs::read_dir(path)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    paths.iter().try_for_each(|path| gather(path, depth + 1, found))
}

/// Opens a file.
pub fn open(path: &Path) -> io::Result<Source> {
    Ok(Source {
        name: path.display().to_string().into(),
        bytes: Box::new(File::open(path)?),
    })
}

/// Reads every record that names one of the interfaces. `formats` are those that the model's flow logs use, for files
/// without a header.
pub fn scan(
    source: Source,
    interfaces: &[&str],
    formats: &[Format],
    scan: &mut Scan,
    sink: &mut dyn FnMut(Record),
) {
    let Source { name, mut bytes } = source;
    let mut head = [0; 2];
    let got = read_full(&mut bytes, &mut head);
    let begin = io::Cursor::new(head[..got].to_vec());
    let rest = begin.chain(bytes);
    let plain: Box<dyn Read> = if head == [0x1f, 0x8b] {
        Box::new(MultiGzDecoder::new(rest))
    } else {
        Box::new(rest)
    };
    let mut plain = BufReader::new(plain);
    let json = match plain.fill_buf() {
        Ok(begin) => matches!(begin.trim_ascii_start().first(), Some(b'{' | b'[')),
        Err(error) => return scan.problem(format!("{name}: {error}")),
    };
    let finders = interfaces
        .iter()
        .map(|id| Finder::new(id.as_bytes()).into_owned())
        .collect();
    let mut lines = Lines {
        name,
        finders,
        formats: formats.to_vec(),
        format: None,
        number: 0,
        scan,
        sink,
    };
    let read = if json {
        messages(&mut plain, &mut |message| lines.message(message.as_bytes()))
    } else {
        lines.run(&mut plain)
    };
    if let Err(error) = read {
        let text = format!(
            "{}: line {}: {error}; what comes before it was read",
            lines.name, lines.number
        );
        lines.scan.problem(text);
    }
}

fn read_full(bytes: &mut dyn Read, buffer: &mut [u8]) -> usize {
    let mut got = 0;
    while got < buffer.len() {
        match bytes.read(&mut buffer[got..]) {
            Ok(0) | Err(_) => break,
            Ok(more) => got += more,
        }
    }
    got
}

/// The lines of one file.
struct Lines<'a> {
    name: Arc<str>,
    finders: Vec<Finder<'static>>,
    formats: Vec<Format>,
    format: Option<Format>,
    number: u64,
    scan: &'a mut Scan,
    sink: &'a mut dyn FnMut(Record),
}

impl Lines<'_> {
    /// Takes the bytes chunk by chunk. What is left of a line waits for the next chunk, up to [`LINE_MAX`].
    fn run(&mut self, bytes: &mut dyn Read) -> io::Result<()> {
        let mut buffer = vec![0; CHUNK + LINE_MAX];
        let (mut filled, mut skipping) = (0, false);
        loop {
            let got = bytes.read(&mut buffer[filled..])?;
            let end = filled + got;
            let complete = if got == 0 {
                end
            } else {
                memchr::memrchr(b'\n', &buffer[..end]).map_or(0, |place| place + 1)
            };
            let mut begin = 0;
            if skipping && complete > 0 {
                begin = memchr::memchr(b'\n', &buffer[..complete]).map_or(complete, |place| place + 1);
                skipping = false;
            }
            self.block(&buffer[begin..complete]);
            if got == 0 {
                return Ok(());
            }
            buffer.copy_within(complete..end, 0);
            filled = end - complete;
            if filled >= LINE_MAX {
                if !skipping {
                    self.number += 1;
                    self.scan.problem(format!(
                        "{}: line {}: longer than {LINE_MAX} bytes",
                        self.name, self.number
                    ));
                }
                (filled, skipping) = (0, true);
            }
        }
    }

    /// A line that came by itself.
    fn message(&mut self, line: &[u8]) {
        if self.format.is_none() {
            self.first(line);
        } else if self.finders.iter().any(|finder| finder.find(line).is_some()) {
            self.line(line);
        } else {
            self.number += 1;
            self.scan.lines += 1;
        }
    }

    /// A block of whole lines. Lines that name no wanted interface are counted and no more.
    fn block(&mut self, block: &[u8]) {
        let mut rest = block;
        while !rest.is_empty() {
            if self.format.is_none() {
                let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                self.first(&rest[..end]);
                rest = rest.get(end + 1..).unwrap_or_default();
                continue;
            }
            let Some(place) = self.finders.iter().filter_map(|finder| finder.find(rest)).min() else {
                let lines =
                    memchr::memchr_iter(b'\n', rest).count() as u64 + u64::from(!rest.ends_with(b"\n"));
                self.number += lines;
                self.scan.lines += lines;
                return;
            };
            let begin = memchr::memrchr(b'\n', &rest[..place]).map_or(0, |end| end + 1);
            let passed = memchr::memchr_iter(b'\n', &rest[..begin]).count() as u64;
            self.number += passed;
            self.scan.lines += passed;
            let end = memchr::memchr(b'\n', &rest[begin..]).map_or(rest.len(), |end| begin + end);
            self.line(&rest[begin..end]);
            rest = rest.get(end + 1..).unwrap_or_default();
        }
    }

    /// The first line with something in it: a header, or a record that shows which format it is.
    fn first(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let text = bare(&text);
        if text.is_empty() {
            self.number += 1;
            return;
        }
        if let Some(format) = Format::from_header(text) {
            self.number += 1;
            self.format = Some(format);
            return;
        }
        let columns = text.split_ascii_whitespace().count();
        let fits = |format: &&Format| format.0.len() == columns;
        self.format = Some(self.formats.iter().find(fits).cloned().unwrap_or_default());
        self.line(line);
    }

    fn line(&mut self, line: &[u8]) {
        self.number += 1;
        // Several files put together have their headers in the middle.
        let text = String::from_utf8_lossy(line);
        let text = bare(&text);
        if text.is_empty() {
            return;
        }
        if let Some(format) = Format::from_header(text) {
            self.format = Some(format);
            return;
        }
        self.scan.lines += 1;
        let format = self.format.as_ref();
        match format.and_then(|format| Record::parse(format, text, &self.name, self.number)) {
            Some(record) => (self.sink)(record),
            None => {
                let columns = text.split_ascii_whitespace().count();
                let wanted = format.map_or(0, |format| format.0.len());
                let text = format!(
                    "{}: line {}: not a record of {wanted} fields ({columns} words)",
                    self.name, self.number
                );
                self.scan.problem(text);
            }
        }
    }
}

/// A record without what the console's CSV has around it: a first line of names, and the time in front.
fn bare(line: &str) -> &str {
    let line = line.trim();
    match line.split_once(',') {
        Some(("timestamp", _)) => "",
        Some((time, message)) if !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit()) => {
            message.trim_matches('"')
        }
        _ => line,
    }
}
