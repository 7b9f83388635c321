//! What the records of one crossing of an interface say.

use super::record::Record;
use crate::network::{Direction, Leg};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What flow logs say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "EvidenceWord")]
pub enum State {
    /// They show what the answer says.
    Corroborated,
    /// They show something else.
    Contradicted,
    /// They fit, and would fit other answers too.
    Weak,
    /// They do not decide.
    Inconclusive,
    /// Nothing was recorded where something would have been.
    Silent,
    /// No flow log sees this.
    NotObservable,
}

impl State {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Corroborated => "corroborated",
            Self::Contradicted => "contradicted",
            Self::Weak => "weak",
            Self::Inconclusive => "inconclusive",
            Self::Silent => "silent",
            Self::NotObservable => "not_observable",
        }
    }
}

/// A record that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordView {
    /// The file.
    pub file: String,
    /// The line.
    pub line: u64,
    /// The record.
    pub text: String,
}

impl RecordView {
    /// That of a kept record.
    pub fn of(record: &Record) -> Self {
        Self {
            file: record.file.to_string(),
            line: record.line,
            text: record.text.clone(),
        }
    }
}

/// What records say of one crossing of an interface.
#[derive(Debug, Clone, Serialize)]
pub struct Crossing {
    /// The way, counted from 0.
    pub path: usize,
    /// There or back.
    pub leg: Leg,
    /// The hops of the way that the record tells of: first, and the one behind the last.
    #[serde(skip)]
    pub hops: (usize, usize),
    /// The interface.
    pub interface: String,
    /// Into it, or out of it.
    pub direction: Direction,
    /// What should be recorded: `ACCEPT`, `REJECT`, `undecided`, `nothing`.
    pub predicted: &'static str,
    /// What the records say.
    pub state: State,
    /// Why.
    pub reason: String,
    /// The records.
    pub records: Vec<RecordView>,
    /// Whether it shows by itself that packets are lost where the model loses them.
    #[serde(skip)]
    pub is_proof: bool,
    /// Whether both ACCEPT and REJECT were recorded.
    #[serde(skip)]
    pub is_mixed: bool,
    /// Whether the answer was a reset.
    #[serde(skip)]
    pub is_reset: bool,
}
