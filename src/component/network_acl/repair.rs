//! What to change in a network ACL: a rule more, with a number that is asked before the one that decides now.
//!
//! - The reply needs a rule of its own, for the ports from which the client spoke (VPC guide, "Ephemeral ports").
//! - A rule of AWS's has one range of ports and one prefix; numbers are 1 to 32766 (EC2 API, `CreateNetworkAclEntry`).
//!
//! Read 2026-11-26.

use crate::model::{Change, Cidr, NetworkAcl, NetworkAclRule, Ports, ProtocolSpec, RuleAction, VpcId};
use crate::network::edit::{
    Block, Edit, Proposal, Trouble, added, aws, covering, created, fields, needs, portions, reference,
    replaced, ticks,
};
use crate::network::{Direction, RuleRef};
use crate::packet::PortSet;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The highest number that a rule may have.
const NUMBER_MAX: u32 = 32_766;
/// Between new rules at the end of a list some numbers are left free, as people leave them.
const GAP: u32 = 10;

/// Rules that allow these packets, before the one that denies them.
pub(super) fn opening(trouble: &Trouble<'_>) -> Vec<Proposal> {
    let Some(acl) = trouble.model.nacls.get(trouble.author.id.as_str()) else {
        return Vec::new();
    };
    let rules = rules(trouble, RuleAction::Allow);
    let before = match trouble.rule {
        RuleRef::Number(number) => Some(*number),
        _ => None,
    };
    proposed(
        trouble.author.id.as_str(),
        list(acl, trouble.direction),
        trouble.direction,
        rules,
        before,
    )
}

/// Rules with numbers that are free; where there are too few, the rule that decides now and those behind it make room.
fn proposed(
    acl: &str,
    known: &[NetworkAclRule],
    direction: Direction,
    rules: Vec<NetworkAclRule>,
    before: Option<u32>,
) -> Vec<Proposal> {
    let edits = match (numbered(known, rules.clone(), before), before) {
        (Some(rules), _) => Some(rules.iter().map(|rule| entry(acl, direction, rule)).collect()),
        (None, Some(number)) => shifted(acl, known, direction, rules, number).map(|edit| vec![edit]),
        (None, None) => None,
    };
    let edits = edits.filter(|edits: &Vec<Edit>| !edits.is_empty());
    edits
        .map(|edits| Proposal { ways: vec![edits] })
        .into_iter()
        .collect()
}

/// Rules that deny these packets, before the one that allows them.
pub(super) fn closing(trouble: &Trouble<'_>) -> Vec<Proposal> {
    let rules = rules(trouble, RuleAction::Deny);
    let id = trouble.author.id.as_str();
    if let Some(acl) = trouble.model.nacls.get(id) {
        let RuleRef::Number(number) = trouble.rule else {
            return Vec::new();
        };
        return proposed(
            id,
            list(acl, trouble.direction),
            trouble.direction,
            rules,
            Some(*number),
        );
    }
    let implied = |vpc: &&VpcId| super::implied(vpc) == id;
    let vpc = trouble.model.vpcs.keys().find(implied);
    let rules = numbered(&[], rules, Some(100));
    vpc.zip(rules)
        .map(|(vpc, rules)| Proposal::one(default(vpc, trouble.direction, &rules)))
        .into_iter()
        .collect()
}

fn list(acl: &NetworkAcl, direction: Direction) -> &[NetworkAclRule] {
    match direction {
        Direction::Ingress => &acl.ingress,
        Direction::Egress => &acl.egress,
    }
}

/// The rules for these packets, without numbers.
fn rules(trouble: &Trouble<'_>, action: RuleAction) -> Vec<NetworkAclRule> {
    let mut rules = Vec::new();
    for need in needs(trouble.packets, trouble.direction) {
        for (range, cidr) in portions(need.ports.as_ref())
            .into_iter()
            .flat_map(|range| covering(&need.peers).into_iter().map(move |cidr| (range, cidr)))
        {
            let cidr = Some(Cidr(cidr));
            let (source, destination) = match trouble.direction {
                Direction::Ingress => (cidr, None),
                Direction::Egress => (None, cidr),
            };
            rules.push(NetworkAclRule {
                rule: 0,
                action,
                protocol: Some(need.protocol),
                ports: range.map(|(low, high)| Ports(PortSet::range(low, high))),
                icmp_type: need.icmp_type,
                icmp_code: need.icmp_code,
                source,
                destination,
            });
        }
    }
    rules
}

/// The rules with numbers that are free: right before one, or behind all; nothing where there are too few.
fn numbered(
    known: &[NetworkAclRule],
    mut rules: Vec<NetworkAclRule>,
    before: Option<u32>,
) -> Option<Vec<NetworkAclRule>> {
    let taken: BTreeSet<u32> = known.iter().map(|rule| rule.rule).collect();
    match before {
        Some(number) => {
            let free = (1..number).rev().filter(|number| !taken.contains(number));
            let free: Vec<u32> = free.take(rules.len()).collect();
            if free.len() < rules.len() {
                return None;
            }
            let free = free.into_iter().rev();
            rules
                .iter_mut()
                .zip(free)
                .for_each(|(rule, number)| rule.rule = number);
        }
        None => {
            let last = taken.last().copied().unwrap_or(100 - GAP);
            let step = match last / GAP * GAP + GAP * u32::try_from(rules.len()).ok()? <= NUMBER_MAX {
                true => GAP,
                false => 1,
            };
            for (rule, place) in rules.iter_mut().zip(1..) {
                rule.rule = last / step * step + step * place;
            }
        }
    }
    rules
        .last()
        .is_none_or(|last| last.rule <= NUMBER_MAX)
        .then_some(rules)
}

/// The rules at the number of one, which gets a higher number, as do those behind it as far as they stand close.
fn shifted(
    acl: &str,
    known: &[NetworkAclRule],
    direction: Direction,
    mut rules: Vec<NetworkAclRule>,
    number: u32,
) -> Option<Edit> {
    let mut next = number;
    for rule in &mut rules {
        rule.rule = next;
        next += 1;
    }
    let mut behind: Vec<&NetworkAclRule> = known.iter().filter(|rule| rule.rule >= number).collect();
    behind.sort_by_key(|rule| rule.rule);
    let mut moved: Vec<(&NetworkAclRule, NetworkAclRule)> = Vec::new();
    for rule in behind {
        if rule.rule >= next {
            break;
        }
        moved.push((
            rule,
            NetworkAclRule {
                rule: next,
                ..rule.clone()
            },
        ));
        next += 1;
    }
    if next > NUMBER_MAX {
        return None;
    }
    let list = direction.as_str();
    let one =
        |(was, is): &(&NetworkAclRule, NetworkAclRule)| replaced("nacls", acl, list, [Some(*was), Some(is)]);
    // From the last one back, so that none takes another's place.
    let mut changes: Vec<Change> = moved.iter().rev().map(one).collect();
    changes.extend(rules.iter().map(|rule| added("nacls", acl, list, rule)));
    let mut commands = Vec::new();
    for (was, is) in moved.iter().rev() {
        commands.extend([command(acl, direction, is), removal(acl, direction, was)]);
    }
    commands.extend(rules.iter().map(|rule| command(acl, direction, rule)));
    let written = moved.iter().map(|(_, is)| is).chain(&rules);
    let blocks: Vec<String> = written.map(|rule| block(acl, direction, rule)).collect();
    Some(Edit {
        changes,
        aws: commands,
        terraform: blocks.join("\n\n"),
    })
}

fn removal(acl: &str, direction: Direction, rule: &NetworkAclRule) -> String {
    let (way, number) = (format!("--{}", direction.as_str()), rule.rule.to_string());
    let words = [
        "ec2",
        "delete-network-acl-entry",
        "--network-acl-id",
        acl,
        &way,
        "--rule-number",
        &number,
    ];
    aws(words)
}

fn entry(acl: &str, direction: Direction, rule: &NetworkAclRule) -> Edit {
    let change = added("nacls", acl, direction.as_str(), rule);
    Edit::new(
        change,
        vec![command(acl, direction, rule)],
        block(acl, direction, rule),
    )
}

/// The default network ACL of a VPC, of which the model says nothing yet: it allows everything but these.
fn default(vpc: &VpcId, direction: Direction, rules: &[NetworkAclRule]) -> Edit {
    let id = format!("acl-default-{vpc}");
    let all = |end: &str| json!({ "rule": 100, "action": "allow", "protocol": "all", end: "0.0.0.0/0" });
    let six = |end: &str| json!({ "rule": 101, "action": "allow", "protocol": "all", end: "::/0" });
    let whole = |end: &str, own: bool| {
        let own = rules
            .iter()
            .filter(|_| own)
            .filter_map(|rule| serde_json::to_value(rule).ok());
        Value::Array(own.chain([all(end), six(end)]).collect())
    };
    let item = fields([
        ("vpc", json!(vpc)),
        ("default", json!(true)),
        ("ingress", whole("source", direction == Direction::Ingress)),
        ("egress", whole("destination", direction == Direction::Egress)),
    ]);
    // AWS has it already; only the model does not name it.
    let existing = format!("<{}>", super::implied(vpc));
    let commands = rules
        .iter()
        .map(|rule| command(&existing, direction, rule))
        .collect();
    let blocks: Vec<String> = rules
        .iter()
        .map(|rule| block(&existing, direction, rule))
        .collect();
    Edit::new(
        created("nacls", id.as_str(), &item),
        commands,
        blocks.join("\n\n"),
    )
}

/// The number by which AWS's calls name the protocol.
fn protocol(rule: &NetworkAclRule) -> String {
    match rule.protocol {
        None | Some(ProtocolSpec::All) => "-1".to_owned(),
        Some(ProtocolSpec::One(protocol)) => protocol.0.to_string(),
    }
}

/// The ports of a rule for a protocol that has some: 0-65535 where it says nothing.
fn ports(rule: &NetworkAclRule) -> Option<(u16, u16)> {
    let Some(ProtocolSpec::One(protocol)) = rule.protocol.filter(|_| rule.icmp_type.is_none()) else {
        return None;
    };
    let own = rule
        .ports
        .as_ref()
        .and_then(|ports| ports.0.ranges().first().copied());
    protocol.has_ports().then(|| own.unwrap_or((0, u16::MAX)))
}

/// The ICMP type and code, -1 where any will do.
fn icmp(rule: &NetworkAclRule) -> Option<(i16, i16)> {
    let is_icmp = matches!(rule.protocol, Some(ProtocolSpec::One(protocol)) if protocol.is_icmp());
    let any = |number: Option<u8>| number.map_or(-1, i16::from);
    is_icmp.then(|| (any(rule.icmp_type), any(rule.icmp_code)))
}

fn cidr(rule: &NetworkAclRule) -> Option<ipnet::IpNet> {
    rule.source.or(rule.destination).map(Cidr::net)
}

fn action(rule: &NetworkAclRule) -> &'static str {
    match rule.action {
        RuleAction::Allow => "allow",
        RuleAction::Deny => "deny",
    }
}

fn command(acl: &str, direction: Direction, rule: &NetworkAclRule) -> String {
    let way = format!("--{}", direction.as_str());
    let mut words: Vec<String> = ["ec2", "create-network-acl-entry", "--network-acl-id", acl, &way]
        .map(str::to_owned)
        .to_vec();
    let mut option = |key: &str, value: String| words.extend([key.to_owned(), value]);
    option("--rule-number", rule.rule.to_string());
    option("--protocol", protocol(rule));
    if let Some((from, to)) = ports(rule) {
        option("--port-range", format!("From={from},To={to}"));
    }
    if let Some((kind, code)) = icmp(rule) {
        option("--icmp-type-code", format!("Type={kind},Code={code}"));
    }
    if let Some(cidr) = cidr(rule) {
        let key = if cidr.addr().is_ipv4() {
            "--cidr-block"
        } else {
            "--ipv6-cidr-block"
        };
        option(key, cidr.to_string());
    }
    option("--rule-action", action(rule).to_owned());
    aws(words.iter().map(String::as_str))
}

fn block(acl: &str, direction: Direction, rule: &NetworkAclRule) -> String {
    let number = rule.rule.to_string();
    let mut block = Block::new("aws_network_acl_rule", &[acl, direction.as_str(), &number])
        .with("network_acl_id", reference(acl))
        .with("rule_number", &number)
        .with("egress", (direction == Direction::Egress).to_string())
        .with("protocol", ticks(&protocol(rule)))
        .with("rule_action", ticks(action(rule)));
    if let Some((from, to)) = ports(rule) {
        block = block
            .with("from_port", from.to_string())
            .with("to_port", to.to_string());
    }
    if let Some((kind, code)) = icmp(rule) {
        block = block
            .with("icmp_type", kind.to_string())
            .with("icmp_code", code.to_string());
    }
    if let Some(cidr) = cidr(rule) {
        let key = if cidr.addr().is_ipv4() {
            "cidr_block"
        } else {
            "ipv6_cidr_block"
        };
        block = block.with(key, ticks(&cidr.to_string()));
    }
    block.to_string()
}
