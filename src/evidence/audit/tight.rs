//! The tighter rule: the smallest one that lets through what was seen, in so few ports and CIDRs that somebody can read it.
//!
//! - A reply goes to a port that the one who asked picked; that others were picked so far tells nothing. So the ports of rules
//!   without memory stay as they are for replies.
//! - A rule that names a group or a prefix list keeps that name: it says more than the addresses that are behind it today.
//!
//! Laws: a tighter rule covers every record that the rule let through, and nothing that the rule does not.

use super::traffic::{Peers, Traffic};
use crate::model::{NetworkAclRule, Peer, Ports, ProtocolSpec, SecurityGroupRule};
use crate::network::Direction;
use crate::packet::{AddressSet, PortSet, Protocol};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::collections::BTreeMap;

/// The most CIDRs of one family in a rule.
const CIDRS_MAX: usize = 8;
/// The most ranges of ports in a rule.
const RANGES_MAX: usize = 8;
/// The most rules of a protocol.
const RULES_MAX: usize = 4;

/// What a rule lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extent {
    /// The protocol; none is every protocol.
    pub protocol: Option<Protocol>,
    /// The ports, of protocols that have some.
    pub ports: PortSet,
    /// The addresses; none: it names a group or a prefix list.
    pub addresses: Option<AddressSet>,
}

/// A rule that would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needed {
    /// The protocol; none: any, as of a route.
    pub protocol: Option<Protocol>,
    /// The ports; none: the protocol has none, or its types are not recorded.
    pub ports: Option<PortSet>,
    /// The CIDRs; none: the group or prefix list, as it is.
    pub cidrs: Option<Vec<IpNet>>,
    /// Whether these are replies, whose ports stay as they are.
    pub replies: bool,
    /// How many records it is for.
    pub records: u64,
    /// From or to how many addresses they are, and whether there are more.
    pub addresses: (usize, bool),
}

impl Extent {
    /// Of a rule of a security group.
    pub fn of_group(rule: &SecurityGroupRule, direction: Direction) -> Self {
        let peers = match direction {
            Direction::Ingress => &rule.source,
            Direction::Egress => &rule.destination,
        };
        let cidrs: Option<Vec<IpNet>> = peers
            .iter()
            .map(|peer| match peer {
                Peer::Cidr(cidr) => Some(cidr.net()),
                Peer::Resource(_) => None,
            })
            .collect();
        Self::of(
            rule.protocol,
            rule.ports.as_ref(),
            cidrs.map(AddressSet::from_cidrs),
        )
    }

    /// Of a rule of a network ACL.
    pub fn of_acl(rule: &NetworkAclRule, direction: Direction) -> Self {
        let cidr = match direction {
            Direction::Ingress => rule.source,
            Direction::Egress => rule.destination,
        };
        let addresses = AddressSet::from_cidrs(cidr.map(|cidr| cidr.net()));
        Self::of(rule.protocol, rule.ports.as_ref(), Some(addresses))
    }

    /// Of a route.
    pub fn of_route(to: IpNet) -> Self {
        Self::of(None, None, Some(AddressSet::cidr(to)))
    }

    fn of(protocol: Option<ProtocolSpec>, ports: Option<&Ports>, addresses: Option<AddressSet>) -> Self {
        let protocol = match protocol {
            Some(ProtocolSpec::One(protocol)) => Some(protocol),
            Some(ProtocolSpec::All) | None => None,
        };
        let has_ports = protocol.is_some_and(Protocol::has_ports);
        let ports = ports.filter(|_| has_ports);
        Self {
            protocol,
            ports: ports.map_or_else(PortSet::all, |ports| ports.0.clone()),
            addresses,
        }
    }

    /// The rules that would do for this traffic; none, where they would let through no less.
    pub fn tightened(&self, traffic: &Traffic) -> Vec<Needed> {
        let protocols = traffic.protocols.iter();
        let needed: Vec<Needed> = protocols
            .flat_map(|(number, spread)| {
                let has_ports = Protocol(*number).has_ports();
                let requests = spread.requests().map(|(ports, peers)| Part {
                    ports: ports.intersect(&self.ports),
                    peers: peers.clone(),
                });
                let mut all: Vec<Needed> = few(self.alike(requests))
                    .into_iter()
                    .map(|part| self.needed(*number, part, false, has_ports))
                    .collect();
                if spread.replies.records > 0 {
                    let part = Part {
                        ports: self.ports.clone(),
                        peers: spread.replies.clone(),
                    };
                    all.push(self.needed(*number, part, true, has_ports));
                }
                all
            })
            .collect();
        match needed.as_slice() {
            [one] if !self.is_wider(one) => Vec::new(),
            _ => needed,
        }
    }

    /// The destinations that a route would do for; none, where they are as many as it has.
    pub fn narrowed(&self, traffic: &Traffic) -> Vec<Needed> {
        let mut peers = Peers::default();
        for spread in traffic.protocols.values() {
            spread.requests().for_each(|(_, of)| peers.join(of.clone()));
            peers.join(spread.replies.clone());
        }
        let part = Part {
            ports: PortSet::all(),
            peers,
        };
        let needed = Needed {
            protocol: None,
            ..self.needed(0, part, false, false)
        };
        let is_all = needed.records == 0 || self.cidrs_are_all(needed.cidrs.as_deref());
        if is_all { Vec::new() } else { vec![needed] }
    }

    fn needed(&self, protocol: u8, part: Part, replies: bool, has_ports: bool) -> Needed {
        let within = |own: &AddressSet| {
            let covered = AddressSet::from_cidrs(cover(&part.peers.addresses()));
            covered.intersect(own).to_cidrs()
        };
        Needed {
            protocol: Some(Protocol(protocol)),
            ports: has_ports.then(|| few_ranges(&part.ports).intersect(&self.ports)),
            cidrs: self.addresses.as_ref().map(within),
            replies,
            records: part.peers.records,
            addresses: part.peers.count(),
        }
    }

    /// Ports that are asked for from the same addresses are one rule; where a rule names whom it is for, all are.
    fn alike(&self, parts: impl Iterator<Item = Part>) -> Vec<Part> {
        let mut known: Vec<(Option<AddressSet>, Part)> = Vec::new();
        for part in parts {
            let from = self.addresses.as_ref().map(|_| part.peers.addresses());
            match known.iter_mut().find(|(of, _)| *of == from) {
                Some((_, same)) => same.join(part),
                None => known.push((from, part)),
            }
        }
        known.into_iter().map(|(_, part)| part).collect()
    }

    fn is_wider(&self, than: &Needed) -> bool {
        self.protocol != than.protocol
            || than
                .ports
                .as_ref()
                .is_some_and(|ports| !self.ports.is_subset(ports))
            || !self.cidrs_are_all(than.cidrs.as_deref())
    }

    fn cidrs_are_all(&self, cidrs: Option<&[IpNet]>) -> bool {
        let all = |(own, cidrs): (&AddressSet, &[IpNet])| {
            own.is_subset(&AddressSet::from_cidrs(cidrs.iter().copied()))
        };
        self.addresses.as_ref().zip(cidrs).is_none_or(all)
    }
}

/// Ports that are asked for, and by or of whom.
struct Part {
    ports: PortSet,
    peers: Peers,
}

impl Part {
    fn join(&mut self, other: Self) {
        self.ports = self.ports.union(&other.ports);
        self.peers.join(other.peers);
    }
}

/// Of too many rules one.
fn few(parts: Vec<Part>) -> Vec<Part> {
    if parts.len() <= RULES_MAX {
        return parts;
    }
    let all = parts.into_iter().reduce(|mut all, part| {
        all.join(part);
        all
    });
    all.into_iter().collect()
}

/// Of too many ranges those that are nearest to each other become one.
fn few_ranges(ports: &PortSet) -> PortSet {
    let mut ranges = ports.ranges().to_vec();
    while ranges.len() > RANGES_MAX {
        let gap = |at: &usize| ranges[at + 1].0 - ranges[*at].1;
        let Some(at) = (0..ranges.len() - 1).min_by_key(gap) else {
            break;
        };
        ranges[at].1 = ranges.remove(at + 1).1;
    }
    PortSet::from_ranges(ranges)
}

/// So few CIDRs that cover these addresses: those that have the longest beginning in common are united.
fn cover(addresses: &AddressSet) -> Vec<IpNet> {
    let (v4, v6): (Vec<IpNet>, Vec<IpNet>) = addresses
        .to_cidrs()
        .into_iter()
        .partition(|net| matches!(net, IpNet::V4(_)));
    [few_nets(&v4, 32), few_nets(&v6, 128)].concat()
}

fn few_nets(nets: &[IpNet], bits: u8) -> Vec<IpNet> {
    let mut length = bits;
    loop {
        let mut groups: BTreeMap<IpNet, IpNet> = BTreeMap::new();
        for net in nets {
            let beginning = IpNet::new(net.network(), length.min(net.prefix_len()));
            let group = beginning.map_or(*net, |beginning| beginning.trunc());
            let united = groups.get(&group).and_then(|known| around(*known, *net));
            groups.insert(group, united.unwrap_or(*net));
        }
        if groups.len() <= CIDRS_MAX || length == 0 {
            let all: Vec<IpNet> = groups.into_values().collect();
            return AddressSet::from_cidrs(all).to_cidrs();
        }
        length -= 1;
    }
}

/// The smallest prefix around both.
fn around(one: IpNet, other: IpNet) -> Option<IpNet> {
    match (one, other) {
        (IpNet::V4(one), IpNet::V4(other)) => {
            let differs = u32::from(one.network()) ^ u32::from(other.network());
            let length = (differs.leading_zeros() as u8)
                .min(one.prefix_len())
                .min(other.prefix_len());
            Ipv4Net::new(one.network(), length)
                .ok()
                .map(|net| net.trunc().into())
        }
        (IpNet::V6(one), IpNet::V6(other)) => {
            let differs = u128::from(one.network()) ^ u128::from(other.network());
            let length = (differs.leading_zeros() as u8)
                .min(one.prefix_len())
                .min(other.prefix_len());
            Ipv6Net::new(one.network(), length)
                .ok()
                .map(|net| net.trunc().into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{AddressSet, PortSet, cover, few_ranges};

    fn covered(nets: &str) -> Option<String> {
        let nets: Result<Vec<ipnet::IpNet>, _> = nets.split(' ').map(str::parse).collect();
        let cover = cover(&AddressSet::from_cidrs(nets.ok()?));
        let told: Vec<String> = cover.iter().map(ToString::to_string).collect();
        Some(told.join(" "))
    }

    #[test]
    fn few_cidrs_cover_what_was_seen() {
        let three = "10.0.1.5/32 10.0.1.9/32 10.0.9.0/24";
        assert_eq!(covered(three).as_deref(), Some(three));
        // Nine hosts: those that have most in common are united, and no more.
        let nine = "10.0.0.1/32 10.0.1.1/32 10.0.2.1/32 10.0.3.4/32 10.0.3.7/32 10.0.4.1/32 10.0.5.1/32 10.0.6.1/32 10.0.7.1/32";
        let eight = nine.replace("10.0.3.4/32 10.0.3.7/32", "10.0.3.4/30");
        assert_eq!(covered(nine), Some(eight));
        // Every second address of a /24, and a stranger of IPv6.
        let half: Vec<String> = (0..128).map(|at| format!("10.1.2.{}/32", at * 2)).collect();
        let half = format!("{} 2001:db8::1/128", half.join(" "));
        assert_eq!(covered(&half).as_deref(), Some("10.1.2.0/24 2001:db8::1/128"));
    }

    #[test]
    fn few_ranges_cover_the_ports() {
        let ports = [22, 80, 81, 443, 1000, 2000, 3000, 4000, 5000, 5010];
        let few = few_ranges(&PortSet::from_ranges(ports.map(|port| (port, port))));
        let wanted = [
            (22, 22),
            (80, 81),
            (443, 443),
            (1000, 1000),
            (2000, 2000),
            (3000, 3000),
            (4000, 4000),
            (5000, 5010),
        ];
        assert_eq!(few.ranges(), wanted);
    }
}
