//! Rules that nothing used, told.

use super::{counted, line, problems};
use crate::evidence::{Audit, Unused, UnusedRule};
use crate::network::RuleRef;
use serde_json::{Value, json};

/// For people.
pub fn unused_text(unused: &Unused, audit: &Audit) -> String {
    let mut out = String::new();
    let all = (unused.rules.len() + unused.used) as u64;
    let head = format!(
        "{} of {} were not used by {}",
        unused.rules.len(),
        counted(all, "rule", "rules"),
        counted(audit.fit, "record", "records")
    );
    line(&mut out, &head);
    for rule in &unused.rules {
        let at = rule.at.as_ref().map_or(String::new(), |at| format!("  [{at}]"));
        let which = match &rule.rule {
            RuleRef::Route(to) => format!("route {to}"),
            RuleRef::Number(number) => format!("{} rule {number}", rule.direction.as_str()),
            RuleRef::Default | RuleRef::Implicit(_) => rule.direction.as_str().to_owned(),
        };
        line(&mut out, &format!("  {} {} {which}{at}", rule.kind, rule.id));
    }
    if !unused.unseen.is_empty() {
        let ids: Vec<&str> = unused.unseen.iter().map(|id| id.as_str()).collect();
        line(
            &mut out,
            &format!(
                "Nothing can be said of {}: none of their interfaces has a record.",
                ids.join(", ")
            ),
        );
    }
    let differing: u64 = audit.drifts.iter().map(|drift| drift.records).sum();
    if differing > 0 {
        line(
            &mut out,
            &format!(
                "{} differ from the model and used no rule of it: whyhop logs audit",
                counted(differing, "record", "records")
            ),
        );
    }
    problems(&mut out, &audit.scan.told());
    out
}

/// Versioned JSON.
pub fn unused_json(unused: &Unused, audit: &Audit) -> String {
    let view = |rule: &UnusedRule| {
        json!({
            "component": { "id": rule.id.as_str(), "type": rule.kind },
            "direction": rule.direction,
            "rule": match &rule.rule {
                RuleRef::Route(to) => json!({ "route": to.as_ref() }),
                RuleRef::Number(number) => json!({ "number": number }),
                RuleRef::Default | RuleRef::Implicit(_) => Value::Null,
            },
            "at": rule.at,
        })
    };
    let rules: Vec<Value> = unused.rules.iter().map(view).collect();
    let view = json!({
        "schema": "whyhop.unused/1",
        "unused": rules,
        "used": unused.used,
        "unseen": unused.unseen.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
        "records": audit.records,
        "fit": audit.fit,
        "problems": audit.scan.told(),
    });
    format!("{view:#}\n")
}
