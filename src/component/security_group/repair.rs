//! What to change in a security group: a rule more, or a rule that allows less.
//!
//! - A rule names a group where who is at the other end carries one that nobody without need carries, and addresses where
//!   that does not help: a group follows its members (VPC guide, "Security group rules").
//! - A rule of AWS's has one range of ports and one peer; one of the model's may have several.
//!
//! Commands: `authorize-` and `revoke-security-group-ingress` and `-egress` (EC2 API). Read 2026-11-26.

use crate::code::ExplanationCode;
use crate::model::{
    Cidr, Model, NetworkInterface, OneOrMany, Peer, Ports, ProtocolSpec, SecurityGroup, SecurityGroupId,
    SecurityGroupRule,
};
use crate::network::edit::{
    Block, Edit, Need, Proposal, Trouble, added, aws, covering, needs, portions, reference, replaced, ticks,
};
use crate::network::{Direction, RuleRef, certain_addresses};
use crate::packet::{AddressSet, PortSet, Protocol};

/// Of many groups that an interface carries, so many are proposed to hold the rule.
const GROUPS_MAX: usize = 2;

/// A rule more, in one of the groups of the interface.
pub(super) fn opening(trouble: &Trouble<'_>) -> Vec<Proposal> {
    let Some(interface) = trouble.interface() else {
        return Vec::new();
    };
    let mut groups: Vec<&SecurityGroupId> = interface.security_groups.iter().collect();
    groups.retain(|id| trouble.model.security_groups.contains_key(*id));
    groups.sort_by_key(|id| (carriers(id, trouble.model), *id));
    let in_group = |group: &SecurityGroupId| {
        let needs = needs(trouble.packets, trouble.direction);
        let by_name = by_name(trouble).map(|peer| {
            let mut rules: Vec<SecurityGroupRule> = Vec::new();
            for need in &needs {
                let rule = rule(trouble.direction, need, vec![Peer::Resource((&peer).into())]);
                if !rules.contains(&rule) {
                    rules.push(rule);
                }
            }
            rules
        });
        let by_address = needs.iter().map(|need| {
            let cidrs = covering(&need.peers).into_iter();
            let peers = cidrs.map(|cidr| Peer::Cidr(Cidr(cidr))).collect();
            rule(trouble.direction, need, peers)
        });
        let ways = by_name.into_iter().chain([by_address.collect()]);
        let edits = |rules: Vec<SecurityGroupRule>| {
            let each = rules.into_iter();
            each.map(|rule| allow(group, trouble.direction, &rule)).collect()
        };
        Proposal {
            ways: ways.map(edits).collect(),
        }
    };
    groups.into_iter().take(GROUPS_MAX).map(in_group).collect()
}

/// How many interfaces carry a group.
fn carriers(group: &SecurityGroupId, model: &Model) -> usize {
    let carried = |eni: &&NetworkInterface| eni.security_groups.contains(group);
    model.enis.values().filter(carried).count()
}

/// The group by which a rule may name who is at the other end: one that all of them carry, and as few others as can be.
fn by_name(trouble: &Trouble<'_>) -> Option<SecurityGroupId> {
    let lost = [
        ExplanationCode::SgReferencesNotPreserved,
        ExplanationCode::SgReferencingSupport,
    ];
    if trouble.code.is_some_and(|code| lost.contains(&code)) {
        return None;
    }
    let model = trouble.model;
    let peers = trouble.peers();
    let asked: Vec<&NetworkInterface> = trouble
        .party()
        .iter()
        .filter_map(|end| model.enis.get(end.id.as_str()))
        .collect();
    let known = |eni: &&NetworkInterface| peers.overlaps(&certain_addresses(eni));
    // Of who is asked about and has no address yet, the packets have any that it may get.
    let open = |eni: &&NetworkInterface| certain_addresses(eni).is_empty();
    let all_asked = asked.len() == trouble.party().len() && asked.iter().all(|eni| known(eni) || open(eni));
    let ends: Vec<&NetworkInterface> = match all_asked && !asked.is_empty() {
        true => asked,
        false => model.enis.values().filter(known).collect(),
    };
    let covered = ends
        .iter()
        .fold(AddressSet::empty(), |all, eni| all.union(&certain_addresses(eni)));
    if !peers.is_subset(&covered) && !ends.iter().any(open) {
        return None;
    }
    let (first, rest) = ends.split_first()?;
    let common = first.security_groups.iter().filter(|group| {
        let described = model.security_groups.contains_key(*group);
        described && rest.iter().all(|eni| eni.security_groups.contains(group))
    });
    common
        .min_by_key(|group| (carriers(group, model), *group))
        .cloned()
}

fn rule(direction: Direction, need: &Need, peers: Vec<Peer>) -> SecurityGroupRule {
    let peers = OneOrMany(peers);
    let (source, destination) = match direction {
        Direction::Ingress => (peers, OneOrMany::default()),
        Direction::Egress => (OneOrMany::default(), peers),
    };
    SecurityGroupRule {
        protocol: Some(need.protocol),
        ports: need.ports.clone(),
        icmp_type: need.icmp_type,
        icmp_code: need.icmp_code,
        source,
        destination,
        description: None,
    }
}

fn allow(group: &SecurityGroupId, direction: Direction, rule: &SecurityGroupRule) -> Edit {
    let change = added("security_groups", group, direction.as_str(), rule);
    let aws = vec![command("authorize", group, direction, rule)];
    Edit::new(change, aws, blocks(group, direction, rule))
}

fn peers(rule: &SecurityGroupRule) -> impl Iterator<Item = &Peer> {
    rule.source.iter().chain(rule.destination.iter())
}

/// AWS's words for the protocol and one range of ports of a rule.
fn service(rule: &SecurityGroupRule, range: Option<(u16, u16)>) -> (String, Option<(String, String)>) {
    let protocol = match rule.protocol {
        None | Some(ProtocolSpec::All) => return ("-1".to_owned(), None),
        Some(ProtocolSpec::One(protocol)) => protocol,
    };
    let any = |number: Option<u8>| number.map_or_else(|| "-1".to_owned(), |number| number.to_string());
    let pair = match range {
        _ if protocol.is_icmp() => Some((any(rule.icmp_type), any(rule.icmp_code))),
        Some((low, high)) => Some((low.to_string(), high.to_string())),
        None if protocol.has_ports() => Some(("0".to_owned(), "65535".to_owned())),
        None => None,
    };
    let word = match protocol {
        Protocol::ICMPV6 => "icmpv6".to_owned(),
        other => other.to_string(),
    };
    (word, pair)
}

/// `aws ec2 authorize-security-group-ingress --group-id … --ip-permissions …`.
fn command(verb: &str, group: &SecurityGroupId, direction: Direction, rule: &SecurityGroupRule) -> String {
    let call = format!("{verb}-security-group-{}", direction.as_str());
    let (mut v4, mut v6, mut groups, mut lists) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for peer in peers(rule) {
        match peer {
            Peer::Cidr(cidr) if cidr.net().addr().is_ipv4() => v4.push(format!("{{CidrIp={}}}", cidr.net())),
            Peer::Cidr(cidr) => v6.push(format!("{{CidrIpv6={}}}", cidr.net())),
            Peer::Resource(id) if id.as_str().starts_with("pl-") => {
                lists.push(format!("{{PrefixListId={id}}}"));
            }
            Peer::Resource(id) => groups.push(format!("{{GroupId={id}}}")),
        }
    }
    let named = [
        ("IpRanges", v4),
        ("Ipv6Ranges", v6),
        ("UserIdGroupPairs", groups),
        ("PrefixListIds", lists),
    ];
    let named: String = named
        .iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(key, list)| format!(",{key}=[{}]", list.join(",")))
        .collect();
    let permissions: Vec<String> = portions(rule.ports.as_ref())
        .into_iter()
        .map(|range| match service(rule, range) {
            (protocol, Some((from, to))) => {
                format!("IpProtocol={protocol},FromPort={from},ToPort={to}{named}")
            }
            (protocol, None) => format!("IpProtocol={protocol}{named}"),
        })
        .collect();
    let words = ["ec2", &call, "--group-id", group.as_str(), "--ip-permissions"];
    aws(words.into_iter().chain(permissions.iter().map(String::as_str)))
}

/// One resource for each range of ports and peer, as AWS has rules.
fn blocks(group: &SecurityGroupId, direction: Direction, rule: &SecurityGroupRule) -> String {
    let kind = match direction {
        Direction::Ingress => "aws_vpc_security_group_ingress_rule",
        Direction::Egress => "aws_vpc_security_group_egress_rule",
    };
    let mut blocks = Vec::new();
    for range in portions(rule.ports.as_ref()) {
        let (protocol, ports) = service(rule, range);
        for peer in peers(rule) {
            let (key, value, word) = match peer {
                Peer::Cidr(cidr) if cidr.net().addr().is_ipv4() => (
                    "cidr_ipv4",
                    ticks(&cidr.net().to_string()),
                    cidr.net().to_string(),
                ),
                Peer::Cidr(cidr) => (
                    "cidr_ipv6",
                    ticks(&cidr.net().to_string()),
                    cidr.net().to_string(),
                ),
                Peer::Resource(id) if id.as_str().starts_with("pl-") => {
                    ("prefix_list_id", reference(id.as_str()), id.to_string())
                }
                Peer::Resource(id) => (
                    "referenced_security_group_id",
                    reference(id.as_str()),
                    id.to_string(),
                ),
            };
            let protocol_word = if protocol == "-1" { "all" } else { &protocol };
            let port_word = ports
                .as_ref()
                .map_or(String::new(), |(from, to)| match from == to {
                    true => from.clone(),
                    false => format!("{from}-{to}"),
                });
            let mut block = Block::new(kind, &[group.as_str(), protocol_word, &port_word, &word])
                .with("security_group_id", reference(group.as_str()))
                .with("ip_protocol", ticks(&protocol));
            if let Some((from, to)) = &ports {
                block = block.with("from_port", from).with("to_port", to);
            }
            blocks.push(block.with(key, value).to_string());
        }
    }
    blocks.join("\n\n")
}

/// The rule that allows these packets, narrowed: for these peers not on these ports, or not at all.
pub(super) fn closing(trouble: &Trouble<'_>) -> Vec<Proposal> {
    let model = trouble.model;
    let entry = model.security_groups.get_key_value(trouble.author.id.as_str());
    let (Some((id, group)), RuleRef::Number(number)) = (entry, trouble.rule) else {
        return Vec::new();
    };
    let list = rules(group, trouble.direction);
    let index = usize::try_from(*number).unwrap_or(usize::MAX).checked_sub(1);
    let Some(rule) = index.and_then(|index| list.get(index)) else {
        return Vec::new();
    };
    let meant = trouble.peers();
    let (matched, kept): (Vec<Peer>, Vec<Peer>) = peers(rule)
        .cloned()
        .partition(|peer| means(peer, model).overlaps(&meant));
    let narrowed = other_ports(rule, trouble);
    let mut proposals = Vec::new();
    let change = Narrowing {
        group: id,
        direction: trouble.direction,
        rule,
    };
    if let Some(ports) = narrowed {
        proposals.push(Proposal::one(change.make(&matched, &kept, Some(ports))));
    }
    proposals.push(Proposal::one(change.make(&matched, &kept, None)));
    proposals
}

fn rules(group: &SecurityGroup, direction: Direction) -> &[SecurityGroupRule] {
    match direction {
        Direction::Ingress => &group.ingress,
        Direction::Egress => group.egress.as_deref().unwrap_or_default(),
    }
}

/// The addresses that a peer of a rule may stand for.
fn means(peer: &Peer, model: &Model) -> AddressSet {
    match peer {
        Peer::Cidr(cidr) => AddressSet::cidr(cidr.net()),
        Peer::Resource(id) => match model.prefix_lists.get(id.as_str()) {
            Some(list) => AddressSet::from_cidrs(list.entries.iter().map(|cidr| cidr.net())),
            None => AddressSet::all(),
        },
    }
}

/// The ports of a rule that these packets do not need; none where it has no others.
fn other_ports(rule: &SecurityGroupRule, trouble: &Trouble<'_>) -> Option<Ports> {
    let Some(ProtocolSpec::One(protocol)) = rule.protocol.filter(|_| rule.icmp_type.is_none()) else {
        return None;
    };
    if !protocol.has_ports() {
        return None;
    }
    let own = rule
        .ports
        .as_ref()
        .map_or_else(PortSet::all, |ports| ports.0.clone());
    let used = trouble
        .packets
        .iter()
        .filter(|cube| cube.protocols.contains(protocol.0))
        .fold(PortSet::empty(), |all, cube| all.union(&cube.destination_ports));
    let rest = own.subtract(&used);
    (!rest.is_empty()).then_some(Ports(rest))
}

/// A rule, made to allow less.
struct Narrowing<'a> {
    group: &'a SecurityGroupId,
    direction: Direction,
    rule: &'a SecurityGroupRule,
}

impl Narrowing<'_> {
    /// For some of its peers on these ports only, or no longer; for the others as it was.
    fn make(&self, matched: &[Peer], kept: &[Peer], ports: Option<Ports>) -> Edit {
        let Self {
            group,
            direction,
            rule,
        } = *self;
        let whole = (!kept.is_empty()).then(|| self.of(kept, rule.ports.clone()));
        let narrow = ports.map(|ports| self.of(matched, Some(ports)));
        let taken = self.of(matched, rule.ports.clone());
        let list = direction.as_str();
        let mut aws = vec![command("revoke", group, direction, &taken)];
        let mut terraform = format!("# take out of {group}: the {list} rules that these commands revoke");
        if let Some(narrow) = &narrow {
            aws.push(command("authorize", group, direction, narrow));
            terraform.push_str("\n\n");
            terraform.push_str(&blocks(group, direction, narrow));
        }
        let mut rest = whole.into_iter().chain(narrow);
        let first = rest.next();
        let section = "security_groups";
        let mut changes = vec![replaced(section, group, list, [Some(rule), first.as_ref()])];
        changes.extend(rest.map(|rule| added(section, group, list, &rule)));
        Edit {
            changes,
            aws,
            terraform,
        }
    }

    fn of(&self, peers: &[Peer], ports: Option<Ports>) -> SecurityGroupRule {
        let peers = OneOrMany(peers.to_vec());
        let (source, destination) = match self.direction {
            Direction::Ingress => (peers, OneOrMany::default()),
            Direction::Egress => (OneOrMany::default(), peers),
        };
        SecurityGroupRule {
            ports,
            source,
            destination,
            ..self.rule.clone()
        }
    }
}
