//! Rules that nothing used, or not all of, told.

use super::{counted, line, problems};
use crate::evidence::{Audit, Needed, Partly, Unused, UnusedRule};
use crate::network::{Direction, RuleRef};
use crate::report::slice::ports;
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
        line(&mut out, &format!("  {}", named(rule)));
    }
    if !unused.partly.is_empty() {
        line(&mut out, "\nUsed in part, and what would do for what was seen");
        unused.partly.iter().for_each(|rule| partly(&mut out, rule));
    }
    if !unused.unseen.is_empty() {
        let ids: Vec<&str> = unused.unseen.iter().map(|id| id.as_str()).collect();
        line(
            &mut out,
            &format!(
                "Nothing can be said of {}: no record shows that packets came there.",
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

fn named(rule: &UnusedRule) -> String {
    let at = rule.at.as_ref().map_or(String::new(), |at| format!("  [{at}]"));
    let which = match &rule.rule {
        RuleRef::Route(to) => format!("route {to}"),
        RuleRef::Number(number) => format!("{} rule {number}", rule.direction.as_str()),
        RuleRef::Default | RuleRef::Implicit(_) => rule.direction.as_str().to_owned(),
    };
    format!("{} {} {which}{at}", rule.kind, rule.id)
}

fn partly(out: &mut String, partly: &Partly) {
    line(out, &format!("  {}", named(&partly.rule)));
    for needed in &partly.needed {
        line(out, &format!("    → {}", told(needed, partly.rule.direction)));
    }
}

/// A rule that would do: what, with whom, and how many records say so.
fn told(needed: &Needed, direction: Direction) -> String {
    let at = needed.ports.as_ref().map(|set| format!("/{}", ports(set)));
    let service = match needed.protocol {
        Some(protocol) => format!("{protocol}{} ", at.unwrap_or_default()),
        None => String::new(),
    };
    let word = match direction {
        Direction::Ingress => "from",
        Direction::Egress => "to",
    };
    let whom = match &needed.cidrs {
        Some(cidrs) => {
            let cidrs: Vec<String> = cidrs.iter().map(ToString::to_string).collect();
            cidrs.join(", ")
        }
        None => "whom it names".to_owned(),
    };
    let (count, is_more) = needed.addresses;
    let records = counted(needed.records, "record", "records");
    let addresses = counted(count as u64, "address", "addresses");
    let more = if is_more { " or more" } else { "" };
    let replies = if needed.replies {
        "; replies, whose ports others choose"
    } else {
        ""
    };
    format!("{service}{word} {whom}  ({records}, {addresses}{more}{replies})")
}

/// Versioned JSON.
pub fn unused_json(unused: &Unused, audit: &Audit) -> String {
    let rules: Vec<Value> = unused.rules.iter().map(view).collect();
    let partly: Vec<Value> = unused.partly.iter().map(tighter).collect();
    let view = json!({
        "schema": "whyhop.unused/1",
        "unused": rules,
        "partly": partly,
        "used": unused.used,
        "unseen": unused.unseen.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
        "records": audit.records,
        "fit": audit.fit,
        "problems": audit.scan.told(),
    });
    format!("{view:#}\n")
}

fn view(rule: &UnusedRule) -> Value {
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
}

fn tighter(partly: &Partly) -> Value {
    let needed = partly.needed.iter().map(|needed| {
        let cidrs = needed.cidrs.as_ref();
        json!({
            "protocol": needed.protocol.map(|protocol| protocol.to_string()),
            "ports": needed.ports.as_ref().map(ports),
            "cidrs": cidrs.map(|cidrs| cidrs.iter().map(ToString::to_string).collect::<Vec<_>>()),
            "replies": needed.replies,
            "records": needed.records,
            "addresses": needed.addresses.0,
            "more_addresses": needed.addresses.1,
        })
    });
    let mut told = view(&partly.rule);
    told["records"] = partly.records.into();
    told["needed"] = needed.collect();
    told
}
