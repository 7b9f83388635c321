//! What is read for whom: what is looked for in flow logs, what is made of their records, and what else a scan finds out.

use super::format::Format;
use super::row::Row;
use super::sessions::{Copied, sessions};
use super::watch::Watched;
use super::window::Window;
use crate::model::Model;
use std::sync::Arc;

/// The most problems that are told; all are counted.
const PROBLEMS_MAX: usize = 10;

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
            sessions: sessions(model),
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
    pub sessions: Vec<Copied>,
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

    /// Takes what was found out of later files.
    pub fn join(&mut self, later: Self) {
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
