//! What became of everything that was expected, in the shapes that people, pipelines and forges read. One file a format.
//!
//! Every format tells the same outcomes in the same order; none adds a judgement of its own.

mod github;
mod gitlab;
mod json;
mod junit;
mod markdown;
mod sarif;
mod text;

pub use github::github;
pub use gitlab::gitlab;
pub use json::json;
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::sarif;
pub use text::text;

use super::{Style, fix, flow, repair};
use crate::analysis::Outcome as Arrived;
use crate::check::{Outcome, Report, Status};
use crate::model::Location;
use crate::packet::Cube;

/// How loud an outcome is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loudness {
    /// It fails the check.
    Error,
    /// It is told, and fails nothing.
    Warning,
    /// Nothing is wrong, or it is put up with.
    Quiet,
}

impl Loudness {
    fn of(outcome: &Outcome) -> Self {
        match (outcome.status, outcome.error) {
            (Status::Pass | Status::Suppressed, _) => Self::Quiet,
            (_, true) => Self::Error,
            (_, false) => Self::Warning,
        }
    }
}

/// Where an outcome is shown: where the model decides it, else where it was expected.
fn place(outcome: &Outcome) -> Option<&Location> {
    outcome.at.as_ref().or(outcome.expected_at.as_ref())
}

/// What an outcome says besides its message, a line each; the edits that would repair it in short.
fn details(outcome: &Outcome) -> Vec<String> {
    let mut lines = without_repair(outcome);
    if let Some(repair) = &outcome.repair {
        lines.extend(repair::short(repair));
    }
    lines
}

fn without_repair(outcome: &Outcome) -> Vec<String> {
    let mut lines = outcome.details.clone();
    lines.extend(found(outcome));
    if let Some(finding) = &outcome.finding {
        let fixes = finding.blockers.iter().map(|blocker| fix(finding, blocker));
        lines.extend(
            fixes
                .filter(|_| outcome.in_the_way)
                .map(|fix| format!("fix: {fix}")),
        );
    }
    lines.extend(outcome.why.iter().map(|why| format!("why: {why}")));
    lines.extend(
        outcome
            .reason
            .iter()
            .map(|reason| format!("put up with: {reason}")),
    );
    lines
}

/// The packets that a scope finds, and the way that they take.
fn found(outcome: &Outcome) -> Vec<String> {
    let Some(finding) = outcome.finding.as_ref().filter(|_| outcome.rule == "access") else {
        return Vec::new();
    };
    let told = |word: &'static str, cubes: &[Cube]| {
        let lines = flow::lines(cubes, &finding.packets).into_iter();
        lines.map(move |line| format!("{word}: {line}"))
    };
    let mut lines: Vec<String> = told("packets", &finding.works).collect();
    lines.extend(told("for some of AWS's picks", &finding.depends));
    lines.extend(told("unknown", &finding.unknown));
    let arrived = finding
        .paths
        .iter()
        .find(|path| path.forward.outcome == Arrived::Delivered);
    let mut way: Vec<&str> = Vec::new();
    for hop in arrived.iter().flat_map(|path| &path.forward.hops) {
        if way.last() != Some(&hop.component.id.as_str()) {
            way.push(hop.component.id.as_str());
        }
    }
    if !way.is_empty() {
        lines.push(format!("way: {}", way.join(" → ")));
    }
    lines
}

/// The outcome in a sentence of its own.
fn headline(outcome: &Outcome) -> String {
    match outcome.message.is_empty() {
        true => outcome.name.clone(),
        false => format!("{}: {}", outcome.name, outcome.message),
    }
}

/// How many are as expected and how many are not, in a line.
fn sum(reports: &[Report]) -> String {
    let count = |wanted: &dyn Fn(&Outcome) -> bool| {
        let outcomes = reports.iter().flat_map(|report| &report.outcomes);
        outcomes.filter(|outcome| wanted(outcome)).count()
    };
    let mut parts = vec![format!(
        "{} as expected",
        count(&|one| one.status == Status::Pass)
    )];
    let failed = |error: bool| count(&|one| one.status == Status::Fail && one.error == error);
    for (number, what) in [
        (failed(true), "not as expected"),
        (failed(false), "warned of"),
        (count(&|one| one.status == Status::Unknown), "unknown"),
        (count(&|one| one.status == Status::Suppressed), "put up with"),
    ] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    format!("{} checked: {}", count(&|_| true), parts.join(", "))
}

/// What follows an outcome from run to run, when lines move and names of files do not: FNV-1a of its key.
fn fingerprint(outcome: &Outcome) -> String {
    let hash = outcome
        .key()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    format!("{hash:016x}")
}
