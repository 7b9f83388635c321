//! The lines of one file: which format they have, which of them are wanted, which are no records.

use super::capture::Copied;
use super::format::Format;
use super::read::{Gather, Reading, Scan, Spot};
use super::row::Row;
use memchr::memmem::Finder;
use rustc_hash::FxHashSet;
use std::io::{self, Read};
use std::sync::Arc;

/// The longest line that is a record; longer ones are passed over.
const LINE_MAX: usize = 64 * 1024;
/// How much is read at a time.
const CHUNK: usize = 256 * 1024;
/// So many names are looked for in the bytes; for more, every line is decoded.
const FINDERS_MAX: usize = 12;
/// A word of header lines, which is in no record: files put together have them in the middle.
const HEADED: &[u8] = b"srcaddr";
/// How many lines of a file are looked at for a format that fits.
const GUESSES_MAX: u32 = 100;

/// The lines of one file.
pub struct Lines<'a, G> {
    name: Arc<str>,
    reading: &'a Reading,
    finders: Vec<Finder<'a>>,
    names: FxHashSet<&'a [u8]>,
    format: Option<Arc<Format>>,
    /// Whether the fields stand between commas, as a query's result has them.
    commas: bool,
    guesses: u32,
    number: u64,
    scan: &'a mut Scan,
    sink: &'a mut G,
}

impl<'a, G: Gather> Lines<'a, G> {
    /// The lines of a file of this name.
    pub fn new(name: Arc<str>, reading: &'a Reading, scan: &'a mut Scan, sink: &'a mut G) -> Self {
        let wanted: Vec<&[u8]> = reading
            .wanted
            .iter()
            .flatten()
            .map(|name| name.as_bytes())
            .collect();
        let few = wanted.len() <= FINDERS_MAX && reading.wanted.is_some();
        Self {
            name,
            reading,
            finders: match few {
                true => wanted.iter().copied().chain([HEADED]).map(Finder::new).collect(),
                false => Vec::new(),
            },
            names: wanted.into_iter().collect(),
            format: None,
            commas: false,
            guesses: 0,
            number: 0,
            scan,
            sink,
        }
    }

    /// Takes the bytes chunk by chunk. What is left of a line waits for the next chunk, up to [`LINE_MAX`].
    pub fn run(&mut self, bytes: &mut dyn Read) -> io::Result<()> {
        let mut buffer = vec![0; CHUNK + LINE_MAX];
        let (mut filled, mut skipping) = (0, false);
        loop {
            let got = match bytes.read(&mut buffer[filled..]) {
                Ok(got) => got,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.block(&buffer[..complete(&buffer[..filled])]);
                    return Err(error);
                }
            };
            let end = filled + got;
            let complete = if got == 0 { end } else { complete(&buffer[..end]) };
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
                    self.problem(&format!("longer than {LINE_MAX} bytes"));
                }
                (filled, skipping) = (0, true);
            }
        }
    }

    /// A line that came by itself.
    pub fn message(&mut self, line: &[u8]) {
        for line in line.split(|byte| *byte == b'\n') {
            self.block(line);
        }
    }

    /// A line whose format is known.
    pub fn of_format(&mut self, line: &[u8], format: &Arc<Format>) {
        if self.format.as_ref() != Some(format) {
            self.format = Some(Arc::clone(format));
        }
        self.block(line);
    }

    /// The traffic mirror sessions that are known.
    pub fn sessions(&self) -> &[Copied] {
        &self.reading.sessions
    }

    /// Something that is no record, and is no line either.
    pub fn odd(&mut self, text: &str) {
        self.scan.problem(format!("{}: {text}", self.name));
    }

    /// The reading ends here.
    pub fn fail(&mut self, error: &str) {
        match self.number {
            0 => self.odd(error),
            _ => self.problem(&format!("{error}; what comes before it was read")),
        }
    }

    fn problem(&mut self, text: &str) {
        self.scan
            .problem(format!("{}: line {}: {text}", self.name, self.number));
    }

    /// A block of whole lines.
    fn block(&mut self, block: &[u8]) {
        let mut rest = block;
        // Until the format is known every line is looked at; after very many, headers alone are looked for.
        while self.format.is_none() && !rest.is_empty() {
            if self.guesses > GUESSES_MAX {
                rest = self.header_in(rest);
            }
            if rest.is_empty() {
                return;
            }
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            self.line(&rest[..end]);
            rest = rest.get(end + 1..).unwrap_or_default();
        }
        match self.finders.is_empty() && (self.reading.wanted.is_none() || !self.names.is_empty()) {
            true => self.every_line(rest),
            false => self.wanted_lines(rest),
        }
    }

    /// Counts lines as broken that are before the next line that may be a header.
    fn header_in<'b>(&mut self, block: &'b [u8]) -> &'b [u8] {
        let header = memchr::memmem::find(block, HEADED).unwrap_or(block.len());
        let begin = complete(&block[..header]);
        let ends = match header == block.len() {
            true => block.len(),
            false => begin,
        };
        let before = self.scan.lines;
        self.pass(&block[..ends]);
        self.scan.broken += self.scan.lines - before;
        &block[ends..]
    }

    fn every_line(&mut self, block: &[u8]) {
        let mut rest = block;
        while !rest.is_empty() {
            let format = self.format.take();
            let mut row = Row::default();
            let ahead = format.as_ref().filter(|_| !self.commas);
            let length = ahead.and_then(|format| row.read_ahead(format, rest));
            if length.is_some() {
                self.number += 1;
                self.scan.lines += 1;
                self.hand_on(&row, format.as_ref());
            }
            self.format = format;
            let length = length.unwrap_or_else(|| {
                let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                self.line(&rest[..end]);
                (end + 1).min(rest.len())
            });
            rest = &rest[length..];
        }
    }

    /// The lines with a wanted name in them. The others are counted and no more.
    fn wanted_lines(&mut self, block: &[u8]) {
        let finders = std::mem::take(&mut self.finders);
        let mut next: Vec<Option<usize>> = finders.iter().map(|finder| finder.find(block)).collect();
        let mut begin = 0;
        while let Some(place) = next.iter().copied().flatten().min() {
            let start = memchr::memrchr(b'\n', &block[begin..place]).map_or(begin, |end| begin + end + 1);
            self.pass(&block[begin..start]);
            let end = memchr::memchr(b'\n', &block[place..]).map_or(block.len(), |end| place + end);
            self.line(&block[start..end]);
            begin = (end + 1).min(block.len());
            for (finder, next) in finders.iter().zip(&mut next) {
                if next.is_some_and(|at| at < begin) {
                    *next = finder.find(&block[begin..]).map(|at| begin + at);
                }
            }
        }
        self.pass(&block[begin..]);
        self.finders = finders;
    }

    /// Counts lines that are not wanted.
    fn pass(&mut self, lines: &[u8]) {
        let ends = memchr::memchr_iter(b'\n', lines).count() as u64;
        let open = !lines.is_empty() && !lines.ends_with(b"\n");
        self.number += ends + u64::from(open);
        self.scan.lines += ends + u64::from(open);
    }

    #[inline]
    fn line(&mut self, line: &[u8]) {
        if self.commas {
            return self.comma_line(line);
        }
        self.number += 1;
        let (format, mut row) = (self.format.take(), Row::default());
        if format.as_ref().is_some_and(|format| row.read(format, line)) {
            self.scan.lines += 1;
            self.hand_on(&row, format.as_ref());
            self.format = format;
        } else {
            self.format = format;
            self.odd_line(line);
        }
    }

    /// A line of a query's result: the words are between commas, perhaps quoted, and nothing is nothing.
    #[cold]
    fn comma_line(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        if text.trim().is_empty() {
            self.number += 1;
            return;
        }
        let word = |word: &str| match word.trim().trim_matches('"') {
            "" | "NULL" | "null" => "-".to_owned(),
            word => word.replace(char::is_whitespace, "_"),
        };
        let words: Vec<String> = text.trim().split(',').map(word).collect();
        self.commas = false;
        self.line(words.join(" ").as_bytes());
        self.commas = true;
    }

    #[inline]
    fn hand_on(&mut self, row: &Row<'_>, format: Option<&Arc<Format>>) {
        let Some(format) = format else { return };
        let known = |name: Option<&[u8]>| name.is_some_and(|name| self.names.contains(name));
        let wanted = self.reading.wanted.is_none()
            || known(row.interface)
            || known(row.resource)
            || known(row.attachment)
            || known(row.pair);
        if wanted && self.reading.window.meets_row(row) {
            let at = Spot {
                file: &self.name,
                line: self.number,
                format,
            };
            self.sink.take(row, at);
        }
    }

    /// A line that is no record of the format at hand: nothing, a header, a record with something around it, the first
    /// record of a file, or a broken one.
    #[cold]
    fn odd_line(&mut self, line: &[u8]) {
        // Several files put together have their headers in the middle.
        let text = String::from_utf8_lossy(line);
        let mut text = bare(text.trim_start_matches('\u{feff}'));
        if text.is_empty() {
            return;
        }
        if let Some(format) = Format::from_header(text) {
            self.format = Some(Arc::new(format));
            return;
        }
        if text.contains(',')
            && let Some(format) = Format::from_header(&text.replace([',', '"'], " "))
        {
            self.format = Some(Arc::new(format));
            self.commas = true;
            return;
        }
        self.scan.lines += 1;
        if let Some((format, found)) = self.fitting(text) {
            text = found;
            if let Some(row) = Row::parse(&format, text.as_bytes()) {
                self.hand_on(&row, Some(&format));
            }
            self.format = Some(format);
            return;
        }
        let words = text.split_ascii_whitespace().count();
        let problem = match &self.format {
            Some(format) if format.width() == words => "a field is not what it should be".to_owned(),
            Some(format) => format!("not a record of {} fields ({words} words)", format.width()),
            None => format!(
                "no format with {words} fields is known; a header line, --log-format or the flow log's `format` says what they are"
            ),
        };
        self.problem(&problem);
    }

    /// The format that a line has, and the line without a time in front, as exported CloudWatch logs have it.
    fn fitting<'t>(&mut self, text: &'t str) -> Option<(Arc<Format>, &'t str)> {
        let timed = text
            .split_once(char::is_whitespace)
            .filter(|(first, _)| first.contains('T') && first.ends_with('Z'));
        let forms = [Some(text), timed.map(|(_, rest)| rest)];
        let forms = forms.into_iter().flatten();
        if let Some(format) = &self.format {
            let mut forms = forms;
            let found = forms.find(|form| Row::parse(format, form.as_bytes()).is_some())?;
            return Some((Arc::clone(format), found));
        }
        self.guesses += 1;
        if self.guesses > GUESSES_MAX {
            return None;
        }
        let usual = [Arc::new(Format::default()), Arc::new(Format::transit())];
        for form in forms {
            for format in self.reading.formats.iter().chain(&usual) {
                if Row::parse(format, form.as_bytes()).is_some() {
                    return Some((Arc::clone(format), form));
                }
            }
        }
        None
    }
}

fn complete(bytes: &[u8]) -> usize {
    memchr::memrchr(b'\n', bytes).map_or(0, |place| place + 1)
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
