//! The packets of a question between two members of its ends: which addresses, ports and protocols.

use super::Endpoint;
use crate::packet::{
    AddressSet, Cube, Family, PacketPattern, PacketSet, PortSet, Protocol, ProtocolSet, RangeSet, Space,
};

/// The packets of a question between two members.
pub struct Packets<'a> {
    /// The packet notation, read.
    pub patterns: &'a [PacketPattern],
    /// The source ports of TCP and UDP.
    pub source_ports: &'a PortSet,
}

/// The addresses of a question between two members, after the choice of family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Between {
    /// Where packets come from.
    pub sources: AddressSet,
    /// Where they go.
    pub destinations: AddressSet,
    /// Whether both have IPv6 as well, and it was left out.
    pub v6_left_out: bool,
}

impl Between {
    /// The addresses by which two members talk. Inside a network the primary IPv4 addresses where both have one (a
    /// question about ICMPv6, or by address, asks for the other family); between a member and the internet every family
    /// that both have, because what is open to the internet over IPv6 is open; and so wherever `every` family is asked for.
    pub fn of(from: &Endpoint, to: &Endpoint, patterns: &[PacketPattern], every: bool) -> Self {
        let destinations = match (from.is_internet(), to.is_internet()) {
            // The address that the internet knows, in a family that the source has; else the private one, taken literally.
            (true, false) if !common_families(&from.private, &to.public).0.is_empty() => to.public.clone(),
            _ => to.private.clone(),
        };
        let (sources, destinations) = common_families(&from.private, &destinations);
        let both = !sources.v4.is_empty() && !sources.v6.is_empty();
        let free = every || from.is_internet() || to.is_internet();
        let only_v6 = patterns
            .iter()
            .all(|pattern| pattern.protocol == Some(Protocol::ICMPV6));
        if !both
            || free
            || patterns
                .iter()
                .any(|pattern| pattern.protocol == Some(Protocol::ICMPV6))
                && !only_v6
        {
            return Self {
                sources,
                destinations,
                v6_left_out: false,
            };
        }
        let family = AddressSet::family(if only_v6 { Family::V6 } else { Family::V4 });
        Self {
            sources: sources.intersect(&family),
            destinations: destinations.intersect(&family),
            v6_left_out: !only_v6,
        }
    }
}

/// Drops the families that only one of two sets has; when they share none, nothing is left of either.
fn common_families(a: &AddressSet, b: &AddressSet) -> (AddressSet, AddressSet) {
    let (v4, v6) = (
        !a.v4.is_empty() && !b.v4.is_empty(),
        !a.v6.is_empty() && !b.v6.is_empty(),
    );
    let keep = |set: &AddressSet| AddressSet {
        v4: if v4 { set.v4.clone() } else { RangeSet::empty() },
        v6: if v6 { set.v6.clone() } else { RangeSet::empty() },
    };
    (keep(a), keep(b))
}

impl Packets<'_> {
    /// The set of packets asked about.
    pub fn set(&self, between: &Between, space: &Space) -> PacketSet {
        let cubes = self
            .patterns
            .iter()
            .flat_map(|pattern| self.cubes(pattern, between));
        cubes.fold(PacketSet::EMPTY, |set, cube| space.union(set, space.cube(&cube)))
    }

    fn cubes(&self, pattern: &PacketPattern, between: &Between) -> Vec<Cube> {
        let in_v6 = between
            .sources
            .v4
            .is_empty()
            .then(|| in_icmpv6(pattern))
            .flatten();
        let pattern = in_v6.as_ref().unwrap_or(pattern);
        let family = match pattern.protocol {
            Some(Protocol::ICMP) => AddressSet::family(Family::V4),
            Some(Protocol::ICMPV6) => AddressSet::family(Family::V6),
            _ => AddressSet::all(),
        };
        let (sources, destinations) =
            common_families(&between.sources, &between.destinations.intersect(&family));
        let whole = Cube {
            sources,
            destinations,
            destination_ports: pattern.destination_ports.clone(),
            ..Cube::all()
        };
        let ported = [Protocol::TCP, Protocol::UDP].map(|protocol| (protocol.0, protocol.0));
        let with_ports = ProtocolSet::from_ranges(ported);
        match pattern.protocol {
            Some(protocol) if protocol.has_ports() => {
                vec![Cube {
                    protocols: ProtocolSet::one(protocol.0),
                    source_ports: self.source_ports.clone(),
                    ..whole
                }]
            }
            Some(protocol) => vec![Cube {
                protocols: ProtocolSet::one(protocol.0),
                ..whole
            }],
            None => {
                let others = ProtocolSet::all().subtract(&with_ports);
                let ported = Cube {
                    protocols: with_ports,
                    source_ports: self.source_ports.clone(),
                    ..whole.clone()
                };
                vec![
                    ported,
                    Cube {
                        protocols: others,
                        ..whole
                    },
                ]
            }
        }
    }
}

/// What a question about ICMP means between two ends that have IPv6 alone: `icmp` is ICMPv6, and a ping is a ping. Other
/// types have no counterpart.
fn in_icmpv6(pattern: &PacketPattern) -> Option<PacketPattern> {
    let echo = [(8, 128), (0, 129)].map(|(v4, v6)| (PortSet::one(v4 * 256), PortSet::one(v6 * 256)));
    if pattern.protocol != Some(Protocol::ICMP) {
        return None;
    }
    let whole = pattern.destination_ports.is_all().then(PortSet::all);
    let same = || {
        echo.into_iter()
            .find(|(v4, _)| *v4 == pattern.destination_ports)
            .map(|(_, v6)| v6)
    };
    let destination_ports = whole.or_else(same)?;
    Some(PacketPattern {
        protocol: Some(Protocol::ICMPV6),
        destination_ports,
    })
}
