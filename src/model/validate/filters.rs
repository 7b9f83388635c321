//! Security groups and network ACLs: rules V23 to V28 of the reference.

use super::{Check, Place};
use crate::model::{
    NetworkAclRule, OneOrMany, Peer, Ports, ProtocolSpec, SecurityGroup, SecurityGroupId, SecurityGroupRule,
};
use crate::packet::{AddressSet, Protocol};
use std::collections::BTreeMap;

/// The most rules a direction and the most groups an interface, by default (VPC guide, "Amazon VPC quotas").
const RULES_MAX: usize = 60;
const GROUPS_MAX: usize = 5;
const PRODUCT_MAX: usize = 1000;
const ACL_RULES_MAX: usize = 40;
/// The most rules that are compared with each other.
const COMPARED_MAX: usize = 500;

/// Checks them.
pub fn check(check: &mut Check<'_>) {
    for (id, group) in &check.model.security_groups {
        let place = Place::item("security_groups", id);
        group_rules(check, &group.ingress, &place.clone().field("ingress"), true);
        group_rules(
            check,
            group.egress.as_deref().unwrap_or_default(),
            &place.field("egress"),
            false,
        );
    }
    for (id, acl) in &check.model.nacls {
        let place = Place::item("nacls", id);
        acl_rules(check, &acl.ingress, &place.clone().field("ingress"), true);
        acl_rules(check, &acl.egress, &place.field("egress"), false);
    }
    carried(check);
}

/// V25, V27.
fn group_rules(check: &mut Check<'_>, rules: &[SecurityGroupRule], list: &Place, ingress: bool) {
    if rules.len() > RULES_MAX {
        let message = format!(
            "{} rules in one direction; AWS's default limit is {RULES_MAX}",
            rules.len()
        );
        check.say("MODEL_RULES_MANY", list, message);
    }
    for (index, rule) in rules.iter().enumerate() {
        let place = list.clone().index(index);
        let (wanted, other) = if ingress {
            (&rule.source, &rule.destination)
        } else {
            (&rule.destination, &rule.source)
        };
        let (key, wrong) = if ingress {
            ("source", "destination")
        } else {
            ("destination", "source")
        };
        peers(check, wanted, other, [key, wrong], &place);
        let service = (rule.protocol, rule.ports.as_ref(), rule.icmp_type, rule.icmp_code);
        fields(check, service, &place);
    }
}

fn peers(
    check: &mut Check<'_>,
    wanted: &OneOrMany<Peer>,
    other: &OneOrMany<Peer>,
    [key, wrong]: [&'static str; 2],
    place: &Place,
) {
    if !other.is_empty() {
        let message = misplaced(wrong);
        check.hint(
            "MODEL_RULE_PEER",
            &place.clone().key(wrong),
            message,
            &format!("write `{key}` instead"),
        );
    } else if wanted.is_empty() {
        let hint = format!("write `{key}: 10.0.0.0/16`, or the id of a group or prefix list");
        check.hint(
            "MODEL_RULE_PEER",
            place,
            format!("the rule has no `{key}`"),
            &hint,
        );
    }
    for peer in wanted.iter() {
        if let Peer::Cidr(cidr) = peer
            && cidr.0 != cidr.net()
        {
            let message = format!("{} has host bits", cidr.0);
            check.hint(
                "MODEL_CIDR_HOST_BITS",
                &place.clone().key(key),
                message,
                &format!("write {}", cidr.net()),
            );
        }
    }
}

fn misplaced(wrong: &str) -> String {
    let way = if wrong == "source" { "egress" } else { "ingress" };
    format!("an {way} rule has no `{wrong}`")
}

/// A rule's protocol, ports, ICMP type and code.
type Fields<'a> = (Option<ProtocolSpec>, Option<&'a Ports>, Option<u8>, Option<u8>);

fn fields(check: &mut Check<'_>, (protocol, ports, kind, code): Fields<'_>, place: &Place) {
    let protocol = match protocol {
        Some(ProtocolSpec::One(protocol)) => Some(protocol),
        _ => None,
    };
    if ports.is_some() && !protocol.is_some_and(Protocol::has_ports) {
        let hint = "ports go with `protocol: tcp` or `protocol: udp`";
        let message = "`ports` in a rule for a protocol that has none".to_owned();
        check.hint("MODEL_RULE_PORTS", &place.clone().key("ports"), message, hint);
    }
    let icmp = protocol.is_some_and(Protocol::is_icmp);
    if (kind.is_some() || code.is_some()) && !icmp {
        let message = "an ICMP type or code in a rule for another protocol".to_owned();
        let key = if kind.is_some() { "icmp_type" } else { "icmp_code" };
        check.hint(
            "MODEL_ICMP_PAIR",
            &place.clone().key(key),
            message,
            "they go with `protocol: icmp` or `icmpv6`",
        );
    } else if code.is_some() && kind.is_none() {
        let message = "an ICMP code without a type".to_owned();
        check.say("MODEL_ICMP_PAIR", &place.clone().key("icmp_code"), message);
    }
}

/// V23, V24.
fn acl_rules(check: &mut Check<'_>, rules: &[NetworkAclRule], list: &Place, ingress: bool) {
    if rules.len() > ACL_RULES_MAX {
        let message = format!(
            "{} rules in one direction; AWS allows {ACL_RULES_MAX} at most",
            rules.len()
        );
        check.say("MODEL_RULES_MANY", list, message);
    }
    let mut numbers: BTreeMap<u32, usize> = BTreeMap::new();
    for (index, rule) in rules.iter().enumerate() {
        let place = list.clone().index(index);
        if !(1..=32766).contains(&rule.rule) {
            let message = format!("{} is not a rule number from 1 to 32766", rule.rule);
            check.say("MODEL_NACL_RULE_NUMBER", &place.clone().key("rule"), message);
        }
        if let Some(first) = numbers.insert(rule.rule, index) {
            let message = format!("rule {} is there already", rule.rule);
            let other = list.clone().index(first).key("rule");
            check.both(
                "MODEL_NACL_RULE_NUMBER",
                &place.clone().key("rule"),
                message,
                &other,
                "the other one",
            );
        }
        acl_peer(check, rule, &place, ingress);
        fields(
            check,
            (rule.protocol, rule.ports.as_ref(), rule.icmp_type, rule.icmp_code),
            &place,
        );
    }
    shadowed(check, rules, list, ingress);
}

fn acl_peer(check: &mut Check<'_>, rule: &NetworkAclRule, place: &Place, ingress: bool) {
    let (wanted, other) = if ingress {
        (rule.source, rule.destination)
    } else {
        (rule.destination, rule.source)
    };
    let (key, wrong) = if ingress {
        ("source", "destination")
    } else {
        ("destination", "source")
    };
    match (wanted, other) {
        (_, Some(_)) => {
            let message = misplaced(wrong);
            check.hint(
                "MODEL_RULE_PEER",
                &place.clone().key(wrong),
                message,
                &format!("write `{key}` instead"),
            );
        }
        (None, None) => {
            let hint = format!("write `{key}: 0.0.0.0/0`");
            check.hint(
                "MODEL_RULE_PEER",
                place,
                format!("the rule has no `{key}`"),
                &hint,
            );
        }
        (Some(cidr), None) if cidr.0 != cidr.net() => {
            let message = format!("{} has host bits", cidr.0);
            check.hint(
                "MODEL_CIDR_HOST_BITS",
                &place.clone().key(key),
                message,
                &format!("write {}", cidr.net()),
            );
        }
        _ => {}
    }
}

/// A rule is shadowed when one earlier rule alone takes all that it is for.
fn shadowed(check: &mut Check<'_>, rules: &[NetworkAclRule], list: &Place, ingress: bool) {
    if rules.len() > COMPARED_MAX {
        return;
    }
    let mut sorted: Vec<(usize, &NetworkAclRule)> = rules.iter().enumerate().collect();
    sorted.sort_by_key(|(index, rule)| (rule.rule, *index));
    for (place, (index, rule)) in sorted.iter().enumerate() {
        let earlier = sorted[..place]
            .iter()
            .find(|(_, earlier)| covers(earlier, rule, ingress));
        if let Some((first, earlier)) = earlier {
            let message = format!(
                "rule {} never matches: rule {} takes all that it is for",
                rule.rule, earlier.rule
            );
            let other = list.clone().index(*first);
            check.both(
                "MODEL_NACL_SHADOWED",
                &list.clone().index(*index),
                message,
                &other,
                "asked first",
            );
        }
    }
}

fn covers(wide: &NetworkAclRule, rule: &NetworkAclRule, ingress: bool) -> bool {
    let peer = |rule: &NetworkAclRule| if ingress { rule.source } else { rule.destination };
    let (Some(whole), Some(part)) = (peer(wide), peer(rule)) else {
        return false;
    };
    let addresses = AddressSet::cidr(part.net()).is_subset(&AddressSet::cidr(whole.net()));
    let any = matches!(wide.protocol, None | Some(ProtocolSpec::All));
    let ports = match (&wide.ports, &rule.ports) {
        (None, _) => true,
        (Some(whole), Some(part)) => part.0.is_subset(&whole.0),
        (Some(whole), None) => whole.0.is_all(),
    };
    let icmp = wide.icmp_type.is_none_or(|kind| rule.icmp_type == Some(kind))
        && wide.icmp_code.is_none_or(|code| rule.icmp_code == Some(code));
    addresses && (any || wide.protocol == rule.protocol && ports && icmp)
}

/// V26, V27, V28.
fn carried(check: &mut Check<'_>) {
    for (id, eni) in &check.model.enis {
        let place = Place::item("enis", id).field("security_groups");
        if eni.instance.is_some() && eni.security_groups.is_empty() {
            let message = format!("{id} is an instance's, and carries no security group");
            check.say("MODEL_GROUP_MISSING", &Place::item("enis", id), message);
        }
        if eni.security_groups.len() > GROUPS_MAX {
            let message = format!(
                "{} security groups; AWS's default limit is {GROUPS_MAX}, and the most that it grants 16",
                eni.security_groups.len()
            );
            check.say("MODEL_GROUPS_MANY", &place, message);
        }
        let carried = eni.security_groups.iter();
        let rules = carried.filter_map(|id| check.model.security_groups.get(id));
        let rules = rules.map(|group| group.ingress.len().max(group.egress.as_ref().map_or(0, Vec::len)));
        let product = rules.max().unwrap_or_default() * eni.security_groups.len();
        if product > PRODUCT_MAX {
            let message = format!(
                "rules of a group times groups of the interface are {product}; AWS allows {PRODUCT_MAX}"
            );
            check.say("MODEL_RULES_MANY", &place, message);
        }
        let Some(subnet) = check.model.subnets.get(&eni.subnet) else {
            continue;
        };
        for (index, group) in eni.security_groups.iter().enumerate() {
            foreign(check, group, &subnet.vpc, &place.clone().index(index));
        }
    }
}

fn foreign(check: &mut Check<'_>, id: &SecurityGroupId, vpc: &crate::model::VpcId, place: &Place) {
    let group: Option<&SecurityGroup> = check.model.security_groups.get(id);
    if let Some(group) = group.filter(|group| &group.vpc != vpc && !group.associated_vpcs.contains(vpc)) {
        let message = format!("{id} belongs to {}, and the interface is in {vpc}", group.vpc);
        let other = Place::item("security_groups", id).field("vpc");
        check.both("MODEL_GROUP_FOREIGN", place, message, &other, "the group's VPC");
    }
}
