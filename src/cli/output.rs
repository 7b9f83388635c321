//! Data on standard output, all else on standard error. A closed pipe is not an error.

use super::{Exit, Failure, progress};
use crate::evidence::Watched;
use crate::model::Diagnostic;
use crate::report;
use clap::ValueEnum;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::Path;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The most mistakes that are told one by one.
const SHOWN_MAX: usize = 200;

/// Where a command writes.
pub struct Screen {
    color_out: bool,
    color_err: bool,
    quiet: bool,
}

impl Screen {
    /// Colours as asked for, and as the terminal and NO_COLOR allow.
    pub fn new(color: Color, quiet: bool) -> Self {
        let allowed = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let on = |terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => allowed && terminal,
        };
        Self {
            color_out: on(io::stdout().is_terminal()),
            color_err: on(io::stderr().is_terminal()),
            quiet,
        }
    }

    /// Whether standard output takes colours.
    pub fn color(&self) -> bool {
        self.color_out
    }

    /// Writes data.
    pub fn data(&self, text: &str) -> Result<Exit, Failure> {
        self.data_bytes(text.as_bytes())
    }

    /// Writes data.
    pub fn data_bytes(&self, bytes: &[u8]) -> Result<Exit, Failure> {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            // Whoever reads has enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Exit::Expected),
            Err(error) => Err(Failure::World(format!("standard output: {error}"))),
            Ok(()) => Ok(Exit::Expected),
        }
    }

    /// Writes data to a file.
    pub fn file(&self, path: &Path, text: &str) -> Result<(), Failure> {
        std::fs::write(path, text).map_err(|error| Failure::World(format!("{}: {error}", path.display())))
    }

    /// Tells of a mistake in a model.
    pub fn diagnostic(&self, diagnostic: &Diagnostic) {
        complain(&report::diagnostic(diagnostic, self.color_err));
    }

    /// Tells of the mistakes in a model; of very many, how many there are besides.
    pub fn diagnostics(&self, diagnostics: &[Diagnostic]) {
        let shown = &diagnostics[..diagnostics.len().min(SHOWN_MAX)];
        shown.iter().for_each(|diagnostic| self.diagnostic(diagnostic));
        if let more @ 1.. = diagnostics.len() - shown.len() {
            complain(&format!("… and {more} more\n"));
        }
    }

    /// Says something besides.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            complain(&format!("note: {text}\n"));
        }
    }

    /// Who shows how far a reading is: nobody, where nobody would see it or a program reads the answer.
    pub fn watch(&self, for_people: bool) -> Watched {
        match for_people && !self.quiet && io::stderr().is_terminal() {
            true => progress::bar(),
            false => Watched::default(),
        }
    }

    fn mistakes(&self, diagnostics: &[Diagnostic], of: &str) {
        self.diagnostics(diagnostics);
        let errors = diagnostics
            .iter()
            .filter(|one| one.severity == crate::model::Severity::Error)
            .count();
        let word = if errors == 1 { "error" } else { "errors" };
        complain(&format!("{errors} {word} in the {of}\n"));
    }

    /// Says why a command could not do its work.
    pub fn failure(&self, failure: &Failure) {
        match failure {
            Failure::Model(diagnostics) => self.mistakes(&diagnostics.0, "model"),
            Failure::Checks(diagnostics) => self.mistakes(&diagnostics.0, "check file"),
            Failure::Question { message, hint } => {
                complain(&format!("error: {message}\n"));
                if let Some(hint) = hint {
                    complain(&format!("hint: {hint}\n"));
                }
            }
            Failure::World(message) => complain(&format!("error: {message}\n")),
        }
    }
}

/// Writes to standard error; when that is closed there is nobody to tell.
pub fn complain(text: &str) {
    _ = io::stderr().lock().write_all(text.as_bytes());
}
