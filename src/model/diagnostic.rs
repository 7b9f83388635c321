//! What is wrong with a model, told as a compiler tells it.

use super::source::Location;
use std::fmt;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The model cannot be used.
    Error,
    /// The model can be used, and is probably not what was meant.
    Warning,
}

/// A line of a file, and the part of it that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// Where.
    pub location: Location,
    /// The line; of a very long one the neighbourhood.
    pub text: String,
    /// The part: first byte and the one behind the last, in `text`.
    pub span: (usize, usize),
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its stable code, such as `MODEL_UNKNOWN_KEY`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub at: Option<Excerpt>,
    /// What else is concerned, and why.
    pub related: Vec<(Excerpt, String)>,
    /// What would be right.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: tame(&message.into()),
            at: None,
            related: Vec::new(),
            hint: None,
        }
    }
    /// A warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }
    /// With the place.
    #[must_use]
    pub fn at(mut self, at: Option<Excerpt>) -> Self {
        self.at = at;
        self
    }
    /// With what would be right.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(tame(&hint.into()));
        self
    }
    /// With something else that is concerned.
    #[must_use]
    pub fn related(mut self, at: Option<Excerpt>, why: impl Into<String>) -> Self {
        self.related.extend(at.map(|at| (at, why.into())));
        self
    }
}

/// How much of a long message is kept, of its beginning and of its end, in characters.
const KEPT: (usize, usize) = (240, 160);

/// A message quotes what was read: of a huge value only the ends are shown, and nothing that a terminal would obey.
fn tame(message: &str) -> String {
    let (head, tail) = KEPT;
    let plain = |text: &mut dyn Iterator<Item = char>| -> String { text.map(harmless).collect() };
    match message.char_indices().nth(head + tail) {
        None => plain(&mut message.chars()),
        Some(_) => {
            let end: Vec<char> = message.chars().rev().take(tail).collect();
            let begin = plain(&mut message.chars().take(head));
            format!("{begin} … {}", plain(&mut end.into_iter().rev()))
        }
    }
}

/// Controls, and marks that turn the direction of writing, would change what a terminal shows.
pub fn harmless(c: char) -> char {
    match c {
        '\n' | '\t' => ' ',
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        _ if c.is_control() => '\u{fffd}',
        _ => c,
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        if let Some(at) = &self.at {
            write!(f, "{}: ", at.location)?;
        }
        write!(f, "{word}[{}]: {}", self.code, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// The most mistakes of one severity that are told of a model: nobody reads more, and each costs time.
pub const MISTAKES_MAX: usize = 1000;

/// Every mistake of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, one) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            one.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
