//! Differences as outcomes: one for what each cause opened, one for what it closed.

use super::{Side, at, changes, flows};
use crate::analysis::diff::{Cause, Diff, Part};
use crate::check::{Outcome, Report, Status};

/// Which differences are not as expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailOn {
    /// What became possible.
    Opened,
    /// What ceased.
    Closed,
    /// Either.
    Any,
}

impl FailOn {
    fn is(self, side: Side) -> bool {
        match self {
            Self::Any => true,
            Self::Opened => side == Side::Opened,
            Self::Closed => side == Side::Closed,
        }
    }
}

/// The differences as a report. What nobody asked to fail on is a warning.
pub fn report(diff: &Diff, name: &str, fail_on: Option<FailOn>) -> Report {
    let mut outcomes = Vec::new();
    for cause in &diff.causes {
        for side in Side::BOTH {
            let parts = side.parts(cause);
            if !parts.is_empty() {
                let error = fail_on.is_some_and(|fail_on| fail_on.is(side));
                outcomes.push(outcome(diff, cause, side, parts, error));
            }
        }
    }
    for side in Side::BOTH {
        if outcomes.iter().all(|one| one.rule != side.word()) {
            let name = format!("nothing {}", side.word());
            outcomes.push(Outcome::new(side.word(), name));
        }
    }
    Report {
        name: name.to_owned(),
        outcomes,
        warnings: Vec::new(),
    }
}

fn outcome(diff: &Diff, cause: &Cause, side: Side, parts: &[Part], error: bool) -> Outcome {
    let changes = changes(diff, cause);
    let mut lines: Vec<String> = parts.iter().flat_map(|part| flows(diff, part)).collect();
    let message = match lines.as_slice() {
        [one] => one.clone(),
        [first, more @ ..] => format!("{first}, and {} more", more.len()),
        [] => String::new(),
    };
    if lines.len() < 2 {
        lines.clear();
    }
    let undecided = parts.iter().all(|part| part.packets.is_undecided());
    let subjects = cause.changes.iter().filter_map(|index| diff.changes.get(*index));
    Outcome {
        status: if undecided { Status::Unknown } else { Status::Fail },
        error,
        message,
        details: lines,
        subjects: subjects.map(|change| change.id.to_string()).collect(),
        at: at(diff, cause).cloned(),
        ..Outcome::new(
            side.word(),
            format!("{} by {}", side.word(), changes.join(" and ")),
        )
    }
}
