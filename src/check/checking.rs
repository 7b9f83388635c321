//! A check under way: who is asked, what came out, what cannot be asked.

use super::file::Checks;
use super::outcome::{Outcome, Status};
use super::words::{Day, Level};
use crate::analysis::repair::{Goal, Repair};
use crate::analysis::scope::{Access, Scope};
use crate::analysis::{Endpoint, Finding, Members, Options, QuestionError};
use crate::evidence::Logs;
use crate::model::{Diagnostic, Model, OneOrMany, Part};
use crate::packet::parse_packets;
use jiff::civil::Date;
use std::path::PathBuf;

/// Who answers questions about a model: the front door of the library.
pub trait Answers {
    /// What the user wrote.
    fn model(&self) -> &Model;
    /// Can `from` reach `to` with these packets?
    fn path(&self, words: [&str; 3], options: &Options) -> Result<Finding, QuestionError>;
    /// The members that a word stands for.
    fn endpoints(&self, text: &str) -> Result<Vec<Endpoint>, QuestionError>;
    /// Every interface, and the internet.
    fn everybody(&self) -> Vec<Endpoint>;
    /// Every finding of a scope; `replies`: only what is answered counts.
    fn access(&self, scope: &Scope, replies: bool) -> Result<Vec<Access>, QuestionError>;
    /// What would have to be changed for every packet to get through, or for none to?
    fn repair(&self, words: [&str; 3], options: &Options, goal: Goal) -> Result<Repair, QuestionError>;
    /// Can these reach those?
    fn between(&self, ends: Members<'_>, packets: &str, options: &Options) -> Result<Finding, QuestionError>;
}

/// What a check needs besides its file.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// Who answers.
    pub answers: &'a dyn Answers,
    /// Flow logs to hold the answers against.
    pub flow_logs: &'a [PathBuf],
    /// How they are to be read.
    pub how: &'a Logs,
    /// Today.
    pub today: Date,
}

/// The outcomes of a check file, and its mistakes so far.
pub struct Checking<'a> {
    /// What is needed besides.
    pub job: Job<'a>,
    /// The file.
    pub checks: &'a Checks,
    /// What came out.
    pub outcomes: Vec<Outcome>,
    /// What cannot be asked.
    pub mistakes: Vec<Diagnostic>,
}

impl Checking<'_> {
    /// A question that cannot be asked.
    pub fn mistake(&mut self, error: QuestionError, way: &[Part<'_>]) {
        let diagnostic = Diagnostic::error("CHECK_QUESTION", error.message);
        let diagnostic = diagnostic.at(Some(self.checks.document.excerpt(way)));
        let diagnostic = match error.hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        };
        if !self.mistakes.contains(&diagnostic) {
            self.mistakes.push(diagnostic);
        }
    }

    /// Whether packets can be asked about; a mistake where they are not in the packet notation.
    pub fn packets(&mut self, (list, index): (&'static str, usize), packets: &OneOrMany<String>) -> bool {
        let mut good = true;
        for (item, word) in packets.iter().enumerate() {
            if let Err(error) = parse_packets(word) {
                let way = [
                    Part::Key(list),
                    Part::Item(index),
                    Part::Key("packets"),
                    Part::Item(item),
                ];
                let error = QuestionError {
                    message: error.message,
                    hint: Some(error.hint),
                };
                self.mistake(error, &way);
                good = false;
            }
        }
        good
    }

    /// An outcome of an element of a list of the file.
    pub fn outcome(&self, rule: &'static str, index: usize, said: Said<'_>) -> Outcome {
        let way = [Part::Key(said.list), Part::Item(index)];
        Outcome {
            error: said.level == Level::Error,
            expected_at: Some(self.checks.document.excerpt(&way).location),
            why: said.why.cloned(),
            ..Outcome::new(rule, said.name)
        }
    }

    /// After its last day somebody must decide again whether it is expected.
    pub fn expire(&self, until: Option<Day>, outcome: &mut Outcome) {
        let Some(Day(until)) = until.filter(|until| until.0 < self.job.today) else {
            return;
        };
        let message = format!("this was expected until {until}: drop it, or decide again");
        match outcome.status {
            Status::Pass => {
                outcome.status = Status::Fail;
                outcome.message = message;
            }
            _ => outcome.details.push(message),
        }
    }
}

/// What elements of the file's lists say alike.
pub struct Said<'a> {
    /// The list.
    pub list: &'static str,
    /// What the element is called.
    pub name: String,
    /// How bad it is.
    pub level: Level,
    /// Why.
    pub why: Option<&'a String>,
}
