//! The text of a file, and the pieces of it that are shown.

use crate::model::diagnostic::{Diagnostic, Excerpt, harmless};
use crate::model::source::Location;
use saphyr_parser::Span as Marked;
use std::sync::{Arc, OnceLock};

/// The longest piece of a line that an excerpt shows.
const EXCERPT_MAX: usize = 160;

/// A part of the text: characters (not bytes), because that is how the parser counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The first character, counted from 0.
    pub start: u32,
    /// The one behind the last.
    pub end: u32,
    /// The line of the first one, counted from 1.
    pub line: u32,
    /// Its column, counted from 1.
    pub column: u32,
}

impl Span {
    /// The parser's span.
    pub fn of(marked: Marked) -> Self {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Self {
            start: number(marked.start.index()),
            end: number(marked.end.index()),
            line: number(marked.start.line()),
            column: number(marked.start.col() + 1),
        }
    }
}

/// A file: its name and text, from which excerpts are cut.
#[derive(Debug, Clone)]
pub struct File {
    /// Its name as given.
    pub name: Arc<str>,
    /// Its text, without a byte order mark.
    pub text: Arc<str>,
    /// Where its lines begin, once somebody asked.
    lines: OnceLock<Vec<usize>>,
}

impl File {
    /// Reads the bytes as text.
    pub fn new(name: Arc<str>, bytes: Vec<u8>) -> Result<Self, Box<Diagnostic>> {
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(Box::new(not_text(&name, "the file is UTF-16, not UTF-8")));
        }
        match String::from_utf8(bytes) {
            // Nobody writes NUL; UTF-16 without a mark is full of it.
            Ok(text) if text.bytes().take(4).any(|byte| byte == 0) => Err(Box::new(not_text(
                &name,
                "the file holds NUL bytes: it is not text, or not UTF-8",
            ))),
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').unwrap_or(&text).into();
                Ok(Self {
                    name,
                    text,
                    lines: OnceLock::new(),
                })
            }
            Err(error) => Err(Box::new(not_utf8(&name, &error))),
        }
    }

    /// The line of a span, and the span in it.
    pub fn excerpt(&self, span: Span) -> Excerpt {
        let line = self.line(span.line.saturating_sub(1) as usize);
        let column = span.column.saturating_sub(1) as usize;
        let width = (span.end.saturating_sub(span.start) as usize).max(1);
        // A long line is shown from a little before the span.
        let skip = if line.chars().count() > EXCERPT_MAX {
            column.saturating_sub(EXCERPT_MAX / 4)
        } else {
            0
        };
        let shown = |c: char| if c == '\t' { c } else { harmless(c) };
        let text: String = line.chars().skip(skip).take(EXCERPT_MAX).map(shown).collect();
        let byte = |character: usize| {
            text.char_indices()
                .nth(character)
                .map_or(text.len(), |(byte, _)| byte)
        };
        let start = byte(column - skip.min(column));
        let end = byte((column - skip.min(column)).saturating_add(width)).max(start);
        Excerpt {
            location: self.location(span),
            span: (start, end),
            text,
        }
    }

    fn line(&self, number: usize) -> &str {
        let bytes = self.text.as_bytes();
        // As in YAML, a line ends in LF, CR LF or CR.
        let last = |at: &usize| bytes[*at] == b'\n' || bytes.get(at + 1) != Some(&b'\n');
        let ends = || memchr::memchr2_iter(b'\n', b'\r', bytes).filter(last);
        let begins = || std::iter::once(0).chain(ends().map(|end| end + 1));
        let lines = self.lines.get_or_init(|| begins().collect());
        let start = lines.get(number).copied().unwrap_or(self.text.len());
        let end = lines.get(number + 1).map_or(self.text.len(), |next| next - 1);
        self.text
            .get(start..end)
            .unwrap_or_default()
            .trim_end_matches('\r')
    }

    /// Where a span is.
    pub fn location(&self, span: Span) -> Location {
        Location {
            file: Arc::clone(&self.name),
            line: Some(span.line),
            column: Some(span.column),
            resource: None,
        }
    }
}

/// A file in which there are no lines to show.
fn not_text(name: &Arc<str>, message: &str) -> Diagnostic {
    let location = Location::file(Arc::clone(name));
    let at = Excerpt {
        location,
        text: String::new(),
        span: (0, 0),
    };
    Diagnostic::error("MODEL_NOT_UTF8", message)
        .at(Some(at))
        .hint("save the file as UTF-8")
}

fn not_utf8(name: &Arc<str>, error: &std::string::FromUtf8Error) -> Diagnostic {
    let good = error.utf8_error().valid_up_to();
    let before = &error.as_bytes()[..good];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |place| place + 1);
    let before = String::from_utf8_lossy(&before[start..]);
    let column = before.chars().count() + 1;
    let skip = column.saturating_sub(EXCERPT_MAX / 2);
    let rest = &error.as_bytes()[good..];
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let rest = String::from_utf8_lossy(&rest[..end.min(EXCERPT_MAX / 2)]);
    let before: String = before.chars().skip(skip).map(harmless).collect();
    let text = format!("{before}{}", rest.chars().map(harmless).collect::<String>());
    let number = |value: usize| u32::try_from(value).ok();
    let location = Location {
        file: Arc::clone(name),
        line: number(line),
        column: number(column),
        resource: None,
    };
    let span = (before.len(), before.len() + '\u{fffd}'.len_utf8());
    let message = format!(
        "a byte here is not UTF-8 (0x{:02x})",
        error.as_bytes().get(good).copied().unwrap_or_default()
    );
    Diagnostic::error("MODEL_NOT_UTF8", message)
        .at(Some(Excerpt { location, text, span }))
        .hint("save the file as UTF-8")
}
