//! Security groups that nobody carries, and those that let the whole internet in.

use super::{Odd, element};
use crate::analysis::{Endpoint, Members, Options};
use crate::check::checking::Answers;
use crate::model::{Model, Peer, Place, ProtocolSpec, SecurityGroupRule};
use crate::packet::{PortSet, Protocol};
use serde_json::Value;
use std::collections::BTreeSet;

/// The ports on which Security Hub's control EC2.18 lets everybody in
/// (<https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html>, read 2026-11-25).
const AUTHORIZED: [u16; 2] = [80, 443];

/// Kinds of things that carry groups: of one that is there and not described nobody knows which.
const CARRIERS: [&str; 9] = [
    "instance",
    "network-interface",
    "lb",
    "alb",
    "elb",
    "load-balancer",
    "db-instance",
    "dbinstance",
    "function",
];

/// Groups that nothing but themselves names. The `default` group of a VPC cannot be deleted, so it is not told; and none is
/// where something that may carry it is not described.
pub fn unused(model: &Model) -> Vec<Odd> {
    let mut unknown = model.unknown.values();
    if unknown.any(|one| CARRIERS.contains(&one.kind.as_str())) {
        return Vec::new();
    }
    let mut named = BTreeSet::new();
    // What kinds of things carry groups is for the sections to know: whatever says a group's id uses it.
    if let Ok(Value::Object(sections)) = serde_json::to_value(model) {
        for (section, items) in &sections {
            let Value::Object(items) = items else { continue };
            for (id, item) in items {
                let own = (section == "security_groups").then_some(id.as_str());
                texts(item, own, &mut named);
            }
        }
    }
    let groups = model.security_groups.iter();
    let unused =
        groups.filter(|(id, group)| !named.contains(id.as_str()) && group.name.as_deref() != Some("default"));
    unused
        .map(|(id, _)| Odd {
            subjects: vec![id.to_string()],
            place: Place::item("security_groups", id),
            message: format!("no interface carries {id}, and no rule names it"),
            details: Vec::new(),
        })
        .collect()
}

/// Every text inside a value, but for one's own name.
fn texts(value: &Value, own: Option<&str>, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if Some(text.as_str()) != own => _ = found.insert(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, own, found)),
        Value::Object(entries) => entries.values().for_each(|item| texts(item, own, found)),
        _ => {}
    }
}

/// Ingress rules for everybody, on other ports than those for everybody; and whom the internet reaches by them.
pub fn world_open(model: &Model, answers: &dyn Answers) -> Vec<Odd> {
    let mut odd = Vec::new();
    for (id, group) in &model.security_groups {
        let open = group.ingress.iter().enumerate();
        for (index, rule) in open.filter(|(_, rule)| is_open(rule)) {
            let packets = packets(rule);
            let reached = reached(id.as_str(), &packets, answers);
            let number = index + 1;
            odd.push(Odd {
                subjects: vec![id.to_string(), format!("ingress rule {number}")],
                place: element("security_groups", id.as_str(), "ingress", index),
                message: format!("ingress rule {number} of {id} lets the whole internet in on {packets}"),
                details: vec![match reached.is_empty() {
                    true => "no interface is reached from the internet by it today".to_owned(),
                    false => format!("the internet reaches {}", reached.join(", ")),
                }],
            });
        }
    }
    odd
}

fn is_open(rule: &SecurityGroupRule) -> bool {
    let everybody = |peer: &Peer| matches!(peer, Peer::Cidr(cidr) if cidr.net().prefix_len() == 0);
    rule.source.iter().any(everybody) && !authorized(rule)
}

fn authorized(rule: &SecurityGroupRule) -> bool {
    let fine = AUTHORIZED
        .iter()
        .fold(PortSet::empty(), |all, port| all.union(&PortSet::one(*port)));
    match rule.protocol {
        Some(ProtocolSpec::One(Protocol::TCP)) => {
            rule.ports.as_ref().is_some_and(|ports| ports.0.is_subset(&fine))
        }
        // The control is about ports.
        Some(ProtocolSpec::One(protocol)) => !protocol.has_ports(),
        Some(ProtocolSpec::All) | None => false,
    }
}

/// What a rule is for, in the packet notation.
fn packets(rule: &SecurityGroupRule) -> String {
    match (rule.protocol, &rule.ports) {
        (Some(ProtocolSpec::One(protocol)), Some(ports)) => ports
            .to_string()
            .split(',')
            .map(|ports| format!("{protocol}/{ports}"))
            .collect::<Vec<_>>()
            .join(","),
        (Some(ProtocolSpec::One(protocol)), None) => protocol.to_string(),
        _ => "all".to_owned(),
    }
}

/// The interfaces that carry a group and that the internet reaches on some of these packets.
fn reached(group: &str, packets: &str, answers: &dyn Answers) -> Vec<String> {
    let (Ok(internet), Ok(members)) = (answers.endpoints("internet"), answers.endpoints(group)) else {
        return Vec::new();
    };
    let options = Options::default();
    let reached = |member: &&Endpoint| {
        let ends = Members {
            words: ["internet", member.resource.id.as_str()],
            sources: &internet,
            destinations: std::slice::from_ref(member),
        };
        let answer = answers.between(ends, packets, &options);
        answer.is_ok_and(|finding| !finding.works.is_empty())
    };
    let reached = members.iter().filter(reached);
    reached.map(|member| member.resource.id.to_string()).collect()
}
