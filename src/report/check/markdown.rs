//! Markdown, for a job's summary or a comment: what is wrong first, then a table of everything.

use super::{details, place, sum};
use crate::check::{Outcome, Report, Status};
use std::fmt::Write;

/// The most rows of the table; a job's summary holds a megabyte.
const ROWS_MAX: usize = 500;

/// The outcomes as Markdown.
pub fn markdown(reports: &[Report]) -> String {
    let outcomes: Vec<&Outcome> = reports.iter().flat_map(|report| &report.outcomes).collect();
    let mut out = String::new();
    // Writing to a string cannot fail.
    _ = writeln!(out, "## whyhop\n\n{}\n", sum(reports));
    for outcome in outcomes
        .iter()
        .filter(|one| matches!(one.status, Status::Fail | Status::Unknown))
    {
        wrong(&mut out, outcome);
    }
    _ = writeln!(out, "| | rule | |\n|---|---|---|");
    for outcome in outcomes.iter().take(ROWS_MAX) {
        _ = writeln!(
            out,
            "| {} | {} | {} |",
            word(outcome),
            outcome.rule,
            plain(&outcome.name)
        );
    }
    if outcomes.len() > ROWS_MAX {
        _ = writeln!(out, "\n… and {} more", outcomes.len() - ROWS_MAX);
    }
    out
}

fn word(outcome: &Outcome) -> &'static str {
    match (outcome.status, outcome.error) {
        (Status::Pass, _) => "ok",
        (Status::Suppressed, _) => "put up with",
        (Status::Fail, true) => "**failed**",
        (Status::Fail, false) => "warning",
        (Status::Unknown, _) => "**unknown**",
    }
}

fn wrong(out: &mut String, outcome: &Outcome) {
    _ = writeln!(
        out,
        "### {}: {}\n",
        word(outcome).replace('*', ""),
        plain(&outcome.name)
    );
    _ = writeln!(out, "{}", plain(&outcome.message));
    let at = place(outcome).map(|at| format!("at `{at}`"));
    let lines: Vec<String> = at
        .into_iter()
        .chain(details(outcome).iter().map(|line| plain(line)))
        .collect();
    if !lines.is_empty() {
        _ = writeln!(out);
    }
    for line in lines {
        _ = writeln!(out, "- {line}");
    }
    _ = writeln!(out);
}

/// Text that means nothing to Markdown but itself.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        if matches!(letter, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#') {
            out.push('\\');
        }
        out.push(if letter == '\n' { ' ' } else { letter });
    }
    out
}
