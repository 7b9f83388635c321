//! Rules that decide nothing, and network ACLs that forget the reply.

use super::{Odd, element};
use crate::model::{Model, NetworkAcl, NetworkAclRule, Peer, RuleAction, SecurityGroupRule};
use crate::network::Service;
use crate::packet::{AddressSet, Cube, PacketSet, PortSet, ProtocolSet, Space};

/// The most rules of one list that are compared.
const COMPARED_MAX: usize = 1000;

/// The ports that Linux clients choose by default. A rule that is for all of them is for replies
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/nacl-ephemeral-ports.html>).
const LINUX: (u16, u16) = (32768, 60999);

/// The ports that some client may choose, by the same page.
const CLIENTS: (u16, u16) = (1024, 65535);

/// Rules of network ACLs that are never asked, and of security groups that allow nothing of their own.
pub fn shadowed(model: &Model) -> Vec<Odd> {
    let mut odd = Vec::new();
    for (id, acl) in &model.nacls {
        for (list, rules) in [("ingress", &acl.ingress), ("egress", &acl.egress)] {
            odd.extend(never_asked(id.as_str(), list, rules));
        }
    }
    for (id, group) in &model.security_groups {
        let egress = group.egress.as_deref().unwrap_or_default();
        for (list, rules) in [("ingress", group.ingress.as_slice()), ("egress", egress)] {
            odd.extend(allowed_anyway(id.as_str(), list, rules));
        }
    }
    odd
}

/// The places of an ACL's rules in the order in which they are asked.
fn in_order(rules: &[NetworkAclRule]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rules.len()).collect();
    order.sort_by_key(|index| (rules[*index].rule, *index));
    order
}

fn acl_cube(rule: &NetworkAclRule, list: &str) -> Cube {
    let service = Service {
        protocol: rule.protocol,
        ports: rule.ports.as_ref(),
        icmp_type: rule.icmp_type,
        icmp_code: rule.icmp_code,
    };
    let peer = if list == "ingress" {
        rule.source
    } else {
        rule.destination
    };
    let peer = peer.map_or_else(AddressSet::empty, |cidr| AddressSet::cidr(cidr.net()));
    match list {
        "ingress" => service.between(peer, AddressSet::all()),
        _ => service.between(AddressSet::all(), peer),
    }
}

fn never_asked(id: &str, list: &'static str, rules: &[NetworkAclRule]) -> Vec<Odd> {
    if rules.len() > COMPARED_MAX {
        return Vec::new();
    }
    let space = Space::new();
    let order = in_order(rules);
    let cubes: Vec<Vec<Cube>> = order
        .iter()
        .map(|index| vec![acl_cube(&rules[*index], list)])
        .collect();
    let map = space.first_match(&cubes);
    let whole = space.cube(&Cube::all());
    let decides: Vec<Option<usize>> = space
        .split(map, whole)
        .into_iter()
        .map(|(rule, _)| rule)
        .collect();
    let mut odd = Vec::new();
    for (place, index) in order
        .iter()
        .enumerate()
        .filter(|(place, _)| !decides.contains(&Some(*place)))
    {
        let number = rules[*index].rule;
        // The earlier rules that take what it is for.
        let mine = space.cubes_of(cubes[place].clone());
        let takers: Vec<String> = space
            .split(map, mine)
            .into_iter()
            .filter_map(|(taker, _)| Some(rules[order[taker?]].rule.to_string()))
            .collect();
        odd.push(Odd {
            subjects: vec![id.to_owned(), format!("{list} rule {number}")],
            place: element("nacls", id, list, *index),
            message: format!(
                "{list} rule {number} of {id} never decides: rule {} takes all that it is for",
                takers.join(", ")
            ),
            details: Vec::new(),
        });
    }
    odd
}

/// What a rule of a group allows its peers one by one: a CIDR by its addresses, a group or prefix list as itself.
fn parts(rule: &SecurityGroupRule) -> Vec<(Option<&str>, Cube)> {
    let service = Service {
        protocol: rule.protocol,
        ports: rule.ports.as_ref(),
        icmp_type: rule.icmp_type,
        icmp_code: rule.icmp_code,
    };
    let peers = rule.source.iter().chain(rule.destination.iter());
    let part = |peer: &'_ Peer| match peer {
        Peer::Cidr(cidr) => service.between(AddressSet::cidr(cidr.net()), AddressSet::all()),
        // Whose addresses these are changes: they may be any.
        Peer::Resource(_) => service.between(AddressSet::all(), AddressSet::all()),
    };
    peers
        .map(|peer| {
            let named = match peer {
                Peer::Resource(id) => Some(id.as_str()),
                Peer::Cidr(_) => None,
            };
            (named, part(peer))
        })
        .collect()
}

/// Of two rules that allow the same, the later one is the odd one.
fn allowed_anyway(id: &str, list: &'static str, rules: &[SecurityGroupRule]) -> Vec<Odd> {
    if rules.len() > COMPARED_MAX {
        return Vec::new();
    }
    let space = Space::new();
    let all: Vec<Vec<(Option<&str>, Cube)>> = rules.iter().map(parts).collect();
    let mut kept: Vec<bool> = vec![true; rules.len()];
    let mut odd = Vec::new();
    for index in (0..rules.len()).rev() {
        let others = |named: Option<&str>| -> Vec<Cube> {
            let others = all
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != index && kept[*other]);
            let same = others
                .flat_map(|(_, parts)| parts)
                .filter(|(peer, _)| peer.is_none() || *peer == named);
            same.map(|(_, cube)| cube.clone()).collect()
        };
        let covered = |(named, cube): &(Option<&str>, Cube)| {
            space.is_subset(space.cube(cube), space.cubes_of(others(*named)))
        };
        if !all[index].is_empty() && all[index].iter().all(covered) {
            kept[index] = false;
            let number = index + 1;
            odd.push(Odd {
                subjects: vec![id.to_owned(), format!("{list} rule {number}")],
                place: element("security_groups", id, list, index),
                message: format!(
                    "{list} rule {number} of {id} allows nothing of its own: the group's other rules allow it all"
                ),
                details: Vec::new(),
            });
        }
    }
    odd.reverse();
    odd
}

/// Network ACLs that let requests pass one way and not their replies the other.
pub fn ephemeral_gaps(model: &Model) -> Vec<Odd> {
    let used = |id: &str, acl: &NetworkAcl| {
        model.subnets.values().any(|subnet| {
            subnet.nacl.as_ref().map(|nacl| nacl.as_str()) == Some(id)
                || (subnet.nacl.is_none() && acl.default && subnet.vpc == acl.vpc)
        })
    };
    let mut odd = Vec::new();
    for (id, acl) in model.nacls.iter().filter(|(id, acl)| used(id.as_str(), acl)) {
        let ways = [
            ("ingress", &acl.ingress, "egress", &acl.egress),
            ("egress", &acl.egress, "ingress", &acl.ingress),
        ];
        for (there, rules, back, replies) in ways {
            odd.extend(gaps(id.as_str(), (there, rules), (back, replies)));
        }
    }
    odd
}

fn gaps(
    id: &str,
    (there, rules): (&'static str, &[NetworkAclRule]),
    (back, replies): (&'static str, &[NetworkAclRule]),
) -> Vec<Odd> {
    let space = Space::new();
    let allowed = allowed(&space, replies, back);
    let passes = decided(&space, rules, there);
    let clients = PortSet::range(CLIENTS.0, CLIENTS.1);
    let mut odd = Vec::new();
    for (index, packets) in passes {
        let rule = &rules[index];
        let linux = PortSet::range(LINUX.0, LINUX.1);
        let for_replies = rule.ports.as_ref().is_none_or(|ports| linux.is_subset(&ports.0));
        if rule.action != RuleAction::Allow || for_replies {
            continue;
        }
        let with_ports = Cube {
            protocols: ProtocolSet::from_ranges([(6, 6), (17, 17)]),
            source_ports: clients.clone(),
            ..Cube::all()
        };
        let requests = space.intersect(packets, space.cube(&with_ports));
        let lost = space.subtract(space.replies(requests), allowed);
        if lost.is_empty() {
            continue;
        }
        let served = clients.subtract(&space.destination_ports(lost));
        let kept = match served.is_empty() {
            true => "none of the clients' ports".to_owned(),
            false => format!("only the clients' ports {}", ports(&served)),
        };
        let number = rule.rule;
        odd.push(Odd {
            subjects: vec![id.to_owned(), format!("{there} rule {number}")],
            place: element("nacls", id, there, index),
            message: format!(
                "{there} rule {number} of {id} lets requests pass, and its {back} rules let replies to {kept} pass"
            ),
            details: space
                .witness(lost)
                .map(|reply| format!("for example the reply {reply}"))
                .into_iter()
                .collect(),
        });
    }
    odd
}

fn ports(set: &PortSet) -> String {
    let range = |&(low, high): &(u16, u16)| match low == high {
        true => low.to_string(),
        false => format!("{low}-{high}"),
    };
    set.ranges().iter().map(range).collect::<Vec<_>>().join(",")
}

/// The rules of an ACL, and the packets that each decides about.
fn decided(space: &Space, rules: &[NetworkAclRule], list: &str) -> Vec<(usize, PacketSet)> {
    let order = in_order(rules);
    let cubes: Vec<Vec<Cube>> = order
        .iter()
        .map(|index| vec![acl_cube(&rules[*index], list)])
        .collect();
    let map = space.first_match(&cubes);
    let parts = space.split(map, space.cube(&Cube::all()));
    let mut parts: Vec<(usize, PacketSet)> = parts
        .into_iter()
        .filter_map(|(rule, packets)| Some((order[rule?], packets)))
        .collect();
    parts.sort_by_key(|(index, _)| *index);
    parts
}

fn allowed(space: &Space, rules: &[NetworkAclRule], list: &str) -> PacketSet {
    let parts = decided(space, rules, list).into_iter();
    let allowed = parts.filter(|(index, _)| rules[*index].action == RuleAction::Allow);
    allowed.fold(PacketSet::EMPTY, |all, (_, packets)| space.union(all, packets))
}
