//! A product of sets in words: `tcp 10.0.1.10:1024-65535 → 10.0.2.20:5432`.

use crate::network::Direction;
use crate::packet::{AddressSet, Cube, Header, PacketSet, PortSet, Protocol, Space};
use serde::Serialize;

/// One slice of an answer, as JSON shows it.
#[derive(Debug, Clone, Serialize)]
pub struct Slice {
    /// The protocol: a name or number; `all`, or several separated by commas.
    pub protocol: String,
    /// Source addresses, as CIDRs.
    pub source: Vec<String>,
    /// Destination addresses, as CIDRs.
    pub destination: Vec<String>,
    /// Source ports, where the protocol has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_ports: Option<String>,
    /// Destination ports, where the protocol has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_ports: Option<String>,
    /// ICMP types and codes, where the protocol has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icmp: Option<String>,
    /// One packet of it.
    pub witness: String,
}

/// The slices of a list of products. A product that mixes families is shown as one slice a family.
pub fn slices(space: &Space, cubes: &[Cube]) -> Vec<Slice> {
    cubes
        .iter()
        .flat_map(planes)
        .filter_map(|cube| slice(space, &cube))
        .collect()
}

/// The slices of a set.
pub fn slices_of(space: &Space, packets: PacketSet) -> Vec<Slice> {
    slices(space, &space.cubes(packets))
}

fn planes(cube: &Cube) -> Vec<Cube> {
    use crate::packet::Family;
    let plane = |family| {
        let only = AddressSet::family(family);
        Cube {
            sources: cube.sources.intersect(&only),
            destinations: cube.destinations.intersect(&only),
            ..cube.clone()
        }
    };
    let both = [plane(Family::V4), plane(Family::V6)];
    both.into_iter()
        .filter(|cube| !cube.sources.is_empty() && !cube.destinations.is_empty())
        .collect()
}

fn slice(space: &Space, cube: &Cube) -> Option<Slice> {
    let witness = space.witness(space.cube(cube))?;
    let protocols = protocols(cube);
    let single = single(cube);
    let ported = single.is_none_or(Protocol::has_ports)
        && cube
            .protocols
            .ranges()
            .iter()
            .any(|&(low, high)| low <= 17 && high >= 6);
    let icmp = single.is_some_and(Protocol::is_icmp);
    Some(Slice {
        protocol: protocols,
        source: addresses(&cube.sources),
        destination: addresses(&cube.destinations),
        source_ports: (ported && !icmp).then(|| ports(&cube.source_ports)),
        destination_ports: (ported && !icmp).then(|| ports(&cube.destination_ports)),
        icmp: icmp.then(|| icmp_types(&cube.destination_ports)),
        witness: witness.to_string(),
    })
}

/// The protocol, where there is one only.
pub fn single(cube: &Cube) -> Option<Protocol> {
    match cube.protocols.ranges() {
        [(low, high)] if low == high => Some(Protocol(*low)),
        _ => None,
    }
}

/// The protocols: a name or number; `all`, or several separated by commas.
pub fn protocols(cube: &Cube) -> String {
    if cube.protocols.is_all() {
        return "all".to_owned();
    }
    let name = |number: u8| match Protocol(number) {
        protocol if protocol.has_ports() || protocol.is_icmp() => protocol.to_string(),
        protocol => format!("proto/{protocol}"),
    };
    let range = |&(low, high): &(u8, u8)| match high - low {
        0 => name(low),
        _ => format!("proto/{low}-{high}"),
    };
    cube.protocols
        .ranges()
        .iter()
        .map(range)
        .collect::<Vec<_>>()
        .join(",")
}

/// Addresses and prefixes.
pub fn addresses(set: &AddressSet) -> Vec<String> {
    let text = |cidr: ipnet::IpNet| match cidr.prefix_len() == cidr.max_prefix_len() {
        true => cidr.addr().to_string(),
        false => cidr.to_string(),
    };
    set.to_cidrs().into_iter().map(text).collect()
}

/// Ports in the port notation.
pub fn ports(set: &PortSet) -> String {
    let range = |&(low, high): &(u16, u16)| {
        if low == high {
            low.to_string()
        } else {
            format!("{low}-{high}")
        }
    };
    set.ranges().iter().map(range).collect::<Vec<_>>().join(",")
}

/// ICMP types and codes.
pub fn icmp_types(set: &PortSet) -> String {
    if set.is_all() {
        return "all".to_owned();
    }
    let text = |value: u16| {
        let [kind, code] = value.to_be_bytes();
        format!("{kind}.{code}")
    };
    let range = |&(low, high): &(u16, u16)| match (low == high, low % 256 == 0 && high == low + 255) {
        (true, _) => text(low),
        (false, true) => (low / 256).to_string(),
        _ => format!("{}-{}", text(low), text(high)),
    };
    set.ranges().iter().map(range).collect::<Vec<_>>().join(",")
}

/// How many prefixes of a set the text shows before it counts the rest.
const SHOWN: usize = 3;

/// A few of the addresses.
pub fn some(addresses: &[String]) -> String {
    let shown: Vec<&str> = addresses.iter().take(SHOWN).map(String::as_str).collect();
    let more = addresses.len().saturating_sub(SHOWN);
    match (addresses.len(), more) {
        (1, _) => shown.join(""),
        (_, 0) => format!("{{{}}}", shown.join(", ")),
        (_, more) => format!("{{{}, … {more} more}}", shown.join(", ")),
    }
}

/// A slice as a rule says it: `tcp 5432 from 10.0.1.10`. Rules do not know source ports, nor their own side's addresses.
pub fn rule(slice: &Slice, direction: Direction) -> String {
    let service = slice.destination_ports.as_ref().or(slice.icmp.as_ref());
    let service = service.filter(|service| !["0-65535", "all"].contains(&service.as_str()));
    let service = service.map(|service| format!(" {service}")).unwrap_or_default();
    let peer = match direction {
        Direction::Ingress => format!("from {}", some(&slice.source)),
        Direction::Egress => format!("to {}", some(&slice.destination)),
    };
    format!("{}{service} {peer}", slice.protocol)
}

/// A slice in one line for people.
pub fn line(slice: &Slice) -> String {
    let end = |addresses: &[String], ports: &Option<String>| {
        let list = some(addresses);
        match ports {
            Some(ports) if ports == "0-65535" => list,
            Some(ports) if list.contains(':') && !list.starts_with('{') => format!("[{list}]:{ports}"),
            Some(ports) => format!("{list}:{ports}"),
            None => list,
        }
    };
    let icmp = slice
        .icmp
        .as_ref()
        .filter(|kinds| *kinds != "all")
        .map(|kinds| format!("/{kinds}"))
        .unwrap_or_default();
    let (from, to) = (
        end(&slice.source, &slice.source_ports),
        end(&slice.destination, &slice.destination_ports),
    );
    format!("{}{icmp} {from} → {to}", slice.protocol)
}

/// A header, when there is one.
pub fn witness(header: Option<Header>) -> String {
    header.map_or_else(String::new, |header| header.to_string())
}
