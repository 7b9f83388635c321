//! GitLab's code quality report: a list of what is wrong, each at a line
//! (<https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>).

use super::super::view::pretty;
use super::{Loudness, details, fingerprint, headline, place};
use crate::check::{Outcome, Report};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Violation<'a> {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// What is wrong.
pub fn gitlab(reports: &[Report]) -> String {
    let mut seen = BTreeMap::new();
    let outcomes = reports.iter().flat_map(|report| &report.outcomes);
    let violations: Vec<Violation<'_>> = outcomes
        .filter_map(|outcome| violation(outcome, &mut seen))
        .collect();
    pretty(&violations)
}

fn violation<'a>(outcome: &'a Outcome, seen: &mut BTreeMap<String, u32>) -> Option<Violation<'a>> {
    let severity = match Loudness::of(outcome) {
        Loudness::Error => "critical",
        Loudness::Warning => "minor",
        Loudness::Quiet => return None,
    };
    let at = place(outcome)?;
    let lines = [vec![headline(outcome)], details(outcome)].concat();
    // GitLab keeps one violation for a fingerprint.
    let mut fingerprint = fingerprint(outcome);
    let times = seen.entry(fingerprint.clone()).or_insert(0);
    *times += 1;
    if *times > 1 {
        fingerprint.push_str(&format!("-{times}"));
    }
    Some(Violation {
        description: lines.join("; "),
        check_name: outcome.rule,
        fingerprint,
        severity,
        location: Location {
            path: at.file.strip_prefix("./").unwrap_or(&at.file),
            // A file without lines is told at its first.
            lines: Lines {
                begin: at.line.unwrap_or(1),
            },
        },
    })
}
