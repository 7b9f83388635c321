//! SARIF 2.1.0, for code scanning (OASIS, <https://docs.oasis-open.org/sarif/sarif/v2.1.0/>; what GitHub makes of it:
//! <https://docs.github.com/en/code-security/reference/code-scanning/sarif-support-for-code-scanning>).
//!
//! A result stands where the model decides it, so that a pull request shows it at the changed line; where it was expected
//! is a related location. Fingerprints hold no line, so that a result stays the same when lines move.

use super::super::view::pretty;
use super::{Loudness, details, fingerprint, headline, place};
use crate::check::{Outcome, RULES, Report, Status};
use crate::model::Location;
use serde_json::{Value, json};

/// What GitHub keeps of one way.
const STEPS_MAX: usize = 1000;

/// The outcomes that are not as expected.
pub fn sarif(reports: &[Report]) -> String {
    let outcomes = reports.iter().flat_map(|report| &report.outcomes);
    let wrong = outcomes.filter(|outcome| outcome.status != Status::Pass);
    let results: Vec<Value> = wrong.map(result).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "whyhop",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": RULES.iter().map(rule).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    pretty(&log)
}

fn rule(rule: &crate::check::Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": format!("{}.", rule.summary) },
        "fullDescription": { "text": rule.help },
        "help": { "text": rule.help, "markdown": rule.help },
        "defaultConfiguration": { "level": "error" },
        "properties": { "tags": ["network", "aws"] },
    })
}

fn result(outcome: &Outcome) -> Value {
    let index = RULES.iter().position(|rule| rule.id == outcome.rule);
    let level = match (Loudness::of(outcome), outcome.error) {
        (Loudness::Error, _) | (Loudness::Quiet, true) => "error",
        _ => "warning",
    };
    let lines = [vec![headline(outcome)], details(outcome)].concat();
    let mut result = json!({
        "ruleId": outcome.rule,
        "ruleIndex": index,
        "level": level,
        "message": { "text": lines.join("\n") },
        "locations": place(outcome).map(location).into_iter().collect::<Vec<_>>(),
        "partialFingerprints": { "whyhop/v1": fingerprint(outcome) },
    });
    if let (Some(_), Some(expected)) = (&outcome.at, &outcome.expected_at) {
        let mut related = location(expected);
        related["id"] = json!(0);
        related["message"] = json!({ "text": "It is asked for here." });
        result["relatedLocations"] = json!([related]);
    }
    let steps: Vec<Value> = outcome.steps.iter().take(STEPS_MAX).map(step).collect();
    if !steps.is_empty() {
        result["codeFlows"] = json!([{ "threadFlows": [{ "locations": steps }] }]);
    }
    if let Some(reason) = &outcome.reason {
        result["suppressions"] = json!([{ "kind": "external", "justification": reason }]);
    }
    result
}

fn step(step: &crate::check::Step) -> Value {
    let mut here = match &step.at {
        Some(at) => location(at),
        None => json!({}),
    };
    here["message"] = json!({ "text": step.message });
    json!({ "location": here })
}

fn location(at: &Location) -> Value {
    let mut physical = json!({ "artifactLocation": { "uri": uri(&at.file) } });
    if let Some(line) = at.line {
        physical["region"] = json!({ "startLine": line });
        if let Some(column) = at.column {
            physical["region"]["startColumn"] = json!(column);
        }
    }
    json!({ "physicalLocation": physical })
}

/// A path as a URI reference: `/` between names, all but what is plain in a URI escaped (RFC 3986).
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut uri = String::new();
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.strip_prefix("./").unwrap_or(&path).bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}
