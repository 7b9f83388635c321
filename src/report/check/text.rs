//! For people: what is not as expected in full, the rest in a line each.

use super::{Style, place, repair, sum, without_repair};
use crate::check::{Outcome, Report, Status};
use anstyle::{AnsiColor, Style as Ansi};
use std::fmt::Write;

/// The outcomes as text.
pub fn text(reports: &[Report], style: Style) -> String {
    let mut out = String::new();
    for report in reports {
        if reports.len() > 1 {
            // Writing to a string cannot fail.
            _ = writeln!(out, "{}", report.name);
        }
        for outcome in &report.outcomes {
            one(&mut out, outcome, style);
        }
    }
    _ = writeln!(out, "\n{}", sum(reports));
    out
}

fn one(out: &mut String, outcome: &Outcome, style: Style) {
    let (word, color) = match (outcome.status, outcome.error) {
        (Status::Pass, _) => ("ok", AnsiColor::Green),
        (Status::Suppressed, _) => ("put up with", AnsiColor::Cyan),
        (Status::Fail, true) => ("FAILED", AnsiColor::Red),
        (Status::Fail, false) => ("warning", AnsiColor::Yellow),
        (Status::Unknown, _) => ("UNKNOWN", AnsiColor::Magenta),
    };
    let ansi = Ansi::new().bold().fg_color(Some(color.into()));
    let word = match style.color {
        true => format!("{ansi}{word}{ansi:#}"),
        false => word.to_owned(),
    };
    _ = writeln!(out, "{word}  {}", outcome.name);
    if outcome.status == Status::Pass {
        return;
    }
    let at = place(outcome).map_or_else(String::new, |at| format!(" [{at}]"));
    _ = writeln!(out, "      {}{at}", outcome.message);
    for line in without_repair(outcome) {
        _ = writeln!(out, "      {line}");
    }
    for line in outcome.repair.iter().flat_map(repair::lines) {
        _ = writeln!(out, "{}", format!("      {line}").trim_end());
    }
    if let (Some(_), Some(expected)) = (&outcome.at, &outcome.expected_at) {
        _ = writeln!(out, "      asked for at {expected}");
    }
}
