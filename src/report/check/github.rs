//! GitHub's workflow commands: each a line that a job prints, which the forge shows at the line of the file
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>).

use super::{Loudness, details, headline, place};
use crate::check::{Outcome, Report};
use std::fmt::Write;

/// An annotation for each outcome that is told.
pub fn github(reports: &[Report]) -> String {
    let mut out = String::new();
    for outcome in reports.iter().flat_map(|report| &report.outcomes) {
        annotation(&mut out, outcome);
    }
    out
}

fn annotation(out: &mut String, outcome: &Outcome) {
    let command = match Loudness::of(outcome) {
        Loudness::Error => "error",
        Loudness::Warning => "warning",
        Loudness::Quiet => return,
    };
    let mut properties = Vec::new();
    if let Some(at) = place(outcome) {
        properties.push(format!("file={}", property(&at.file)));
        properties.extend(at.line.map(|line| format!("line={line}")));
        properties.extend(at.column.map(|column| format!("col={column}")));
    }
    properties.push(format!(
        "title={}",
        property(&format!("whyhop: {}", outcome.rule))
    ));
    let lines = [vec![headline(outcome)], details(outcome)].concat();
    // Writing to a string cannot fail.
    _ = writeln!(
        out,
        "::{command} {}::{}",
        properties.join(","),
        data(&lines.join("\n"))
    );
}

/// What follows the second `::` (`escapeData` in actions/toolkit's command.ts).
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property (`escapeProperty` in the same file).
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
