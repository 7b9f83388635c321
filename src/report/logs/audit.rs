//! An audit, told.

use super::super::json::rule;
use super::{counted, line, problems};
use crate::evidence::{Audit, Author, Drift, DriftKind, Group, RecordView};
use serde_json::{Value, json};

/// The most unknown interfaces that are told of in text.
const STRANGERS_SHOWN: usize = 20;

/// For people.
pub fn audit_text(audit: &Audit) -> String {
    let mut out = String::new();
    let head = match (audit.agrees(), audit.says_something()) {
        (true, true) => "AGREES  every record that can be judged is as the model has it",
        (true, false) => "NOTHING TO SAY  no record could be judged",
        (false, _) => "DRIFT  the records show another network than the model",
    };
    line(&mut out, head);
    for drift in &audit.drifts {
        line(&mut out, "");
        told(&mut out, drift);
    }
    strangers(&mut out, audit);
    rest(&mut out, audit);
    problems(&mut out, &audit.scan.told());
    out
}

fn told(out: &mut String, drift: &Drift) {
    let records = counted(drift.records, "record", "records");
    let leg = drift
        .leg
        .map_or(String::new(), |leg| format!(", {}", leg.as_str()));
    let head = match drift.kind {
        DriftKind::AcceptedButBlocked => "accepted, though the model blocks it",
        DriftKind::RejectedButAllowed => "rejected, though the model allows it",
        DriftKind::SeenBehind => "seen, though the model loses it before it gets there",
        DriftKind::Elsewhere => "seen where the model sends no such packets",
    };
    line(out, &format!("✗ {head} ({records}{leg})"));
    for author in &drift.authors {
        let at = author.at.as_ref().map_or(String::new(), |at| format!("  [{at}]"));
        let code = author
            .code
            .map_or(String::new(), |code| format!("{}: ", code.as_str()));
        let (kind, id) = (author.component.kind, &author.component.id);
        line(out, &format!("    {kind} {id}: {code}{}{at}", author.message));
    }
    let interfaces: Vec<&str> = drift.interfaces.iter().map(String::as_str).take(8).collect();
    let more = drift.interfaces.len() - interfaces.len();
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    line(out, &format!("    recorded by {}{more}", interfaces.join(", ")));
    examples(out, &drift.examples);
}

fn examples(out: &mut String, examples: &[RecordView]) {
    for example in examples {
        line(
            out,
            &format!("    {}:{}  {}", example.file, example.line, example.text),
        );
    }
}

fn strangers(out: &mut String, audit: &Audit) {
    for (name, group) in audit.strangers.iter().take(STRANGERS_SHOWN) {
        let records = counted(group.records, "record", "records");
        line(out, &format!("\n✗ {name} is not in the model ({records})"));
        examples(out, &group.examples);
    }
    if audit.strangers.len() > STRANGERS_SHOWN {
        let more = audit.strangers.len() - STRANGERS_SHOWN;
        line(
            out,
            &format!("\n… {more} more interfaces that are not in the model"),
        );
    }
}

/// What was not judged, or is no drift.
fn rest(out: &mut String, audit: &Audit) {
    line(out, "");
    let what = [
        (audit.records, "in all"),
        (audit.fit, "as the model has it"),
        (
            audit.undecided,
            "where neither the model nor AWS says what is recorded",
        ),
        (
            audit.late,
            "of connections that are over or older than the rules: they say nothing of rules",
        ),
        (
            audit.other_reason,
            "rejected for a reason that is not modelled (VPC encryption controls)",
        ),
        (
            audit.nobody.records,
            "with an address that nobody in the model has",
        ),
        (
            audit.unexplained.records,
            "of gateways, without whose packets they are",
        ),
        (audit.unjudged, "without an interface or an action"),
        (audit.empty, "of times without traffic"),
        (audit.skipped, "that stand for lost ones (SKIPDATA)"),
        (audit.over, "too many to be judged"),
    ];
    for (count, text) in what.into_iter().filter(|(count, _)| *count > 0) {
        line(
            out,
            &format!(
                "{count:>12} {} {text}",
                if count == 1 { "record" } else { "records" }
            ),
        );
    }
    for group in [&audit.nobody, &audit.unexplained] {
        examples(out, &group.examples);
    }
}

/// Versioned JSON.
pub fn audit_json(audit: &Audit) -> String {
    let strangers = audit.strangers.iter();
    let strangers: Vec<Value> = strangers
        .map(|(name, group)| json!({ "interface": name, "records": group.records, "examples": views(&group.examples) }))
        .collect();
    let view = json!({
        "schema": "whyhop.audit/1",
        "agrees": audit.agrees(),
        "drifts": audit.drifts.iter().map(drift).collect::<Vec<_>>(),
        "unknown_interfaces": strangers,
        "records": {
            "all": audit.records,
            "fit": audit.fit,
            "undecided": audit.undecided,
            "late": audit.late,
            "other_reason": audit.other_reason,
            "unknown_address": audit.nobody.records,
            "unexplained": audit.unexplained.records,
            "unjudged": audit.unjudged,
            "nodata": audit.empty,
            "skipdata": audit.skipped,
            "over": audit.over,
        },
        "unknown_addresses": group(&audit.nobody),
        "unexplained": group(&audit.unexplained),
        "classes": audit.classes,
        "questions": audit.questions,
        "files": audit.scan.files,
        "broken": audit.scan.broken,
        "problems": audit.scan.told(),
    });
    format!("{view:#}\n")
}

fn group(group: &Group) -> Value {
    views(&group.examples)
}

fn views(examples: &[RecordView]) -> Value {
    let view = |one: &RecordView| json!({ "file": one.file, "line": one.line, "text": one.text });
    examples.iter().map(view).collect()
}

fn drift(drift: &Drift) -> Value {
    json!({
        "kind": drift.kind,
        "rules": drift.authors.iter().map(author).collect::<Vec<_>>(),
        "leg": drift.leg,
        "records": drift.records,
        "packets": drift.packets,
        "interfaces": drift.interfaces,
        "examples": views(&drift.examples),
    })
}

fn author(author: &Author) -> Value {
    json!({
        "component": { "id": author.component.id.as_str(), "type": author.component.kind },
        "rule": rule(&author.rule),
        "code": author.code.map(|code| code.as_str()),
        "at": author.at,
        "message": author.message,
    })
}
