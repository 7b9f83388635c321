//! The fewest rules for some packets: what a filter would have to say to let exactly these pass.
//!
//! A rule knows the protocol, the destination ports or ICMP type, and the addresses of the other end. Source ports and the
//! addresses of the own end no rule of a security group or network ACL can tell.

use super::super::rule::Service;
use super::super::step::Direction;
use crate::model::{Ports, ProtocolSpec};
use crate::packet::{AddressSet, Cube, PortSet, Protocol};
use ipnet::IpNet;

/// Up to so many prefixes are named one by one; more are named by one that covers them.
const PREFIXES_MAX: usize = 4;
/// Up to so many protocols have a rule each; more are every protocol.
const PROTOCOLS_MAX: usize = 8;

/// What one rule has to be for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The protocol.
    pub protocol: ProtocolSpec,
    /// The ports; none: all of them, or the protocol has none.
    pub ports: Option<Ports>,
    /// The ICMP type; none: any.
    pub icmp_type: Option<u8>,
    /// The ICMP code; none: any.
    pub icmp_code: Option<u8>,
    /// The addresses of the other end.
    pub peers: AddressSet,
}

impl Need {
    fn all(peers: AddressSet) -> Self {
        Self::of(ProtocolSpec::All, peers)
    }

    fn of(protocol: ProtocolSpec, peers: AddressSet) -> Self {
        Self {
            protocol,
            ports: None,
            icmp_type: None,
            icmp_code: None,
            peers,
        }
    }

    /// What of it a rule says besides its peers.
    pub fn service(&self) -> Service<'_> {
        Service {
            protocol: Some(self.protocol),
            ports: self.ports.as_ref(),
            icmp_type: self.icmp_type,
            icmp_code: self.icmp_code,
        }
    }

    /// Whether it is for the same but for the peers.
    fn serves_like(&self, other: &Self) -> bool {
        Self {
            peers: AddressSet::empty(),
            ..self.clone()
        } == Self {
            peers: AddressSet::empty(),
            ..other.clone()
        }
    }
}

/// What rules for these packets have to be for.
pub fn needs(packets: &[Cube], direction: Direction) -> Vec<Need> {
    let mut needs: Vec<Need> = Vec::new();
    for (peers, ports) in by_peers(packets, direction) {
        for need in services(&peers, &ports) {
            match needs.iter_mut().find(|other| other.serves_like(&need)) {
                Some(other) => other.peers = other.peers.union(&need.peers),
                None => needs.push(need),
            }
        }
    }
    needs
}

/// For each set of peers the destination ports of every protocol.
type ByPeers = Vec<(AddressSet, Vec<PortSet>)>;

fn by_peers(packets: &[Cube], direction: Direction) -> ByPeers {
    let mut found: ByPeers = Vec::new();
    for cube in packets {
        let peers = match direction {
            Direction::Ingress => &cube.sources,
            Direction::Egress => &cube.destinations,
        };
        let place = found.iter().position(|(known, _)| known == peers);
        let place = place.unwrap_or_else(|| {
            found.push((peers.clone(), vec![PortSet::empty(); 256]));
            found.len() - 1
        });
        for (protocol, ports) in found[place].1.iter_mut().enumerate() {
            if u8::try_from(protocol).is_ok_and(|protocol| cube.protocols.contains(protocol)) {
                *ports = ports.union(&cube.destination_ports);
            }
        }
    }
    found
}

fn services(peers: &AddressSet, ports: &[PortSet]) -> Vec<Need> {
    let used = ports.iter().filter(|ports| !ports.is_empty()).count();
    if used > PROTOCOLS_MAX {
        return vec![Need::all(peers.clone())];
    }
    let each = (0..=u8::MAX).zip(ports).filter(|(_, ports)| !ports.is_empty());
    each.flat_map(|(protocol, ports)| of_protocol(Protocol(protocol), ports, peers))
        .collect()
}

fn of_protocol(protocol: Protocol, ports: &PortSet, peers: &AddressSet) -> Vec<Need> {
    let plain = Need::of(ProtocolSpec::One(protocol), peers.clone());
    if ports.is_all() || !(protocol.has_ports() || protocol.is_icmp()) {
        return vec![plain];
    }
    if protocol.has_ports() {
        return vec![Need {
            ports: Some(Ports(ports.clone())),
            ..plain
        }];
    }
    let mut needs = Vec::new();
    for &(low, high) in ports.ranges() {
        // One type and code, or whole types: anything between is not worth a rule a code.
        let [first, code] = low.to_be_bytes();
        let [last, _] = high.to_be_bytes();
        let icmp_code = (low == high).then_some(code);
        needs.extend((first..=last).map(|kind| Need {
            icmp_type: Some(kind),
            icmp_code,
            ..plain.clone()
        }));
    }
    needs
}

/// The prefixes that name some addresses: they themselves where these are few, else of each family one that covers them.
pub fn covering(addresses: &AddressSet) -> Vec<IpNet> {
    let exact = addresses.to_cidrs();
    if exact.len() <= PREFIXES_MAX {
        return exact;
    }
    let family = |v4: bool| {
        exact
            .iter()
            .copied()
            .filter(move |cidr| cidr.addr().is_ipv4() == v4)
    };
    let cover = |mut cidrs: Box<dyn Iterator<Item = IpNet> + '_>| {
        let first = cidrs.next()?;
        Some(cidrs.fold(first, over))
    };
    let both = [cover(Box::new(family(true))), cover(Box::new(family(false)))];
    both.into_iter().flatten().collect()
}

/// The longest prefix that holds two.
fn over(mut cover: IpNet, other: IpNet) -> IpNet {
    while !cover.contains(&other) {
        match cover.supernet() {
            Some(wider) => cover = wider,
            None => break,
        }
    }
    cover
}

/// Ports as ranges, since AWS's rules have one range each; all: none.
pub fn portions(ports: Option<&Ports>) -> Vec<Option<(u16, u16)>> {
    match ports {
        None => vec![None],
        Some(ports) => ports.0.ranges().iter().copied().map(Some).collect(),
    }
}
