//! The laws of packet sets, against brute force: sets are made of ranges that begin and end at a few values of each field,
//! so that a few thousand packets stand for all of them, and each law is asked of every one.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use whyhop::packet::{
    AddressSet, Cube, Field, Header, PacketSet, PortSet, Protocol, ProtocolSet, RangeSet, Space,
};

/// Where ranges begin; each ends just before the next.
const PROTOCOLS: [u8; 7] = [0, 1, 2, 6, 17, 18, 58];
/// Among them ICMP's echo, timestamp and ICMPv6's echo with their replies, as type * 256 + code.
const PORTS: [u16; 11] = [
    0,
    1,
    443,
    444,
    8 << 8,
    9 << 8,
    13 << 8,
    15 << 8,
    128 << 8,
    129 << 8,
    130 << 8,
];
const V4: [u32; 4] = [0, 0x0a00_0000, 0x0a00_0100, 0x0a00_0101];
const V6: [u128; 3] = [0, 0x2001_0db8 << 96, (0x2001_0db8 << 96) + 1];

/// A union of the parts of a field.
fn parts<T: whyhop_bound::Bound>(begins: &'static [T]) -> impl Strategy<Value = RangeSet<T>> {
    let all = prop::collection::vec(any::<bool>(), begins.len());
    let some = all.prop_map(move |taken| {
        let part = |place: usize| {
            (
                begins[place],
                begins.get(place + 1).map_or(T::MAX, |next| next.before()),
            )
        };
        let taken = taken.into_iter().enumerate().filter(|(_, taken)| *taken);
        T::set(taken.map(|(place, _)| part(place)).collect())
    });
    let full = Just(()).prop_map(move |()| T::set(vec![(begins[0], T::MAX)]));
    prop_oneof![3 => some, 1 => full]
}

/// The few things that the fields' integers have in common.
mod whyhop_bound {
    use whyhop::packet::RangeSet;

    pub trait Bound: Copy + std::fmt::Debug + 'static {
        const MAX: Self;
        fn before(self) -> Self;
        fn set(ranges: Vec<(Self, Self)>) -> RangeSet<Self>;
    }
    macro_rules! bounds {
        ($($number:ty)*) => {$(
            impl Bound for $number {
                const MAX: Self = <$number>::MAX;
                fn before(self) -> Self {
                    self - 1
                }
                fn set(ranges: Vec<(Self, Self)>) -> RangeSet<Self> {
                    RangeSet::from_ranges(ranges)
                }
            }
        )*};
    }
    bounds!(u8 u16 u32 u128);
}

fn addresses() -> impl Strategy<Value = AddressSet> {
    (parts(&V4), parts(&V6)).prop_map(|(v4, v6)| AddressSet { v4, v6 })
}

fn cube() -> impl Strategy<Value = Cube> {
    (
        parts(&PROTOCOLS),
        parts(&PORTS),
        parts(&PORTS),
        addresses(),
        addresses(),
    )
        .prop_map(
            |(protocols, destination_ports, source_ports, sources, destinations)| Cube {
                protocols,
                destination_ports,
                source_ports,
                sources,
                destinations,
            },
        )
}

fn cubes() -> impl Strategy<Value = Vec<Cube>> {
    prop::collection::vec(cube(), 0..4)
}

/// One packet of every combination of parts: what holds for these holds for all.
fn packets() -> Vec<Header> {
    let v4: Vec<IpAddr> = V4
        .iter()
        .map(|value| IpAddr::V4(Ipv4Addr::from(*value)))
        .collect();
    let v6: Vec<IpAddr> = V6
        .iter()
        .map(|value| IpAddr::V6(Ipv6Addr::from(*value)))
        .collect();
    let mut packets = Vec::new();
    for family in [&v4, &v6] {
        for (source, destination) in family.iter().flat_map(|a| family.iter().map(move |b| (*a, *b))) {
            for protocol in PROTOCOLS.map(Protocol) {
                for (source_port, destination_port) in PORTS.iter().flat_map(|a| PORTS.map(|b| (*a, b))) {
                    packets.push(Header {
                        protocol,
                        source,
                        destination,
                        source_port,
                        destination_port,
                    });
                }
            }
        }
    }
    packets
}

fn holds(cube: &Cube, packet: &Header) -> bool {
    cube.protocols.contains(packet.protocol.0)
        && cube.destination_ports.contains(packet.destination_port)
        && cube.source_ports.contains(packet.source_port)
        && cube.sources.contains(packet.source)
        && cube.destinations.contains(packet.destination)
}

fn any_holds(cubes: &[Cube], packet: &Header) -> bool {
    cubes.iter().any(|cube| holds(cube, packet))
}

/// RFC 792, RFC 950, RFC 4443: what a host sends back. Type 0 answers 8, and so on; nothing else is answered.
fn reply(packet: &Header) -> Option<Header> {
    let [kind, code] = packet.destination_port.to_be_bytes();
    let swapped = Header {
        source: packet.destination,
        destination: packet.source,
        ..*packet
    };
    let answered = |kind| Header {
        destination_port: u16::from_be_bytes([kind, code]),
        ..swapped
    };
    match (packet.protocol.0, kind) {
        (6 | 17, _) => Some(Header {
            source_port: packet.destination_port,
            destination_port: packet.source_port,
            ..swapped
        }),
        (1, 8) => Some(answered(0)),
        (1, 13 | 15 | 17) => Some(answered(kind + 1)),
        (58, 128) => Some(answered(129)),
        (1 | 58, _) => None,
        _ => Some(swapped),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn operations_are_those_of_sets(a in cubes(), b in cubes()) {
        let space = Space::new();
        let (left, right) = (space.cubes_of(a.clone()), space.cubes_of(b.clone()));
        let (union, both) = (space.union(left, right), space.intersect(left, right));
        let (rest, others) = (space.subtract(left, right), space.complement(left));
        let mut alike = true;
        let mut inside = true;
        for packet in packets() {
            let (here, there) = (any_holds(&a, &packet), any_holds(&b, &packet));
            prop_assert_eq!(space.contains(left, &packet), here);
            prop_assert_eq!(space.contains(union, &packet), here || there);
            prop_assert_eq!(space.contains(both, &packet), here && there);
            prop_assert_eq!(space.contains(rest, &packet), here && !there);
            prop_assert_eq!(space.contains(others, &packet), !here);
            alike &= here == there;
            inside &= !here || there;
        }
        // Equal sets are one node, and only they.
        prop_assert_eq!(left == right, alike);
        prop_assert_eq!(space.is_subset(left, right), inside);
        prop_assert_eq!(space.union(rest, both), left);
        prop_assert_eq!(space.complement(others), left);
    }

    #[test]
    fn the_cubes_of_a_set_are_the_set_in_disjoint_parts(a in cubes()) {
        let space = Space::new();
        let set = space.cubes_of(a);
        let mut seen = PacketSet::EMPTY;
        for cube in space.cubes(set) {
            let part = space.cube(&cube);
            prop_assert!(!part.is_empty());
            prop_assert!(space.intersect(seen, part).is_empty());
            seen = space.union(seen, part);
        }
        prop_assert_eq!(seen, set);
    }

    #[test]
    fn a_witness_is_in_its_set(a in cubes()) {
        let space = Space::new();
        let set = space.cubes_of(a);
        match space.witness(set) {
            None => prop_assert!(set.is_empty()),
            Some(mut packet) => {
                // A port that its protocol does not have is told as 0, and stands for any.
                let ports = |has: bool, told: u16| if has { vec![told] } else { PORTS.to_vec() };
                let source_ports = ports(packet.protocol.has_ports(), packet.source_port);
                let has = packet.protocol.has_ports() || packet.protocol.is_icmp();
                let destination_ports = ports(has, packet.destination_port);
                let found = source_ports.iter().any(|source_port| destination_ports.iter().any(|destination_port| {
                    (packet.source_port, packet.destination_port) = (*source_port, *destination_port);
                    space.contains(set, &packet)
                }));
                prop_assert!(found, "{}", packet);
            }
        }
    }

    #[test]
    fn the_first_rule_that_matches_decides(rules in prop::collection::vec(cubes(), 0..6), asked in cubes()) {
        let space = Space::new();
        let map = space.first_match(&rules);
        let set = space.cubes_of(asked.clone());
        let parts = space.split(map, set);
        let order: Vec<usize> = parts.iter().map(|(rule, _)| rule.unwrap_or(usize::MAX)).collect();
        prop_assert!(order.is_sorted_by(|a, b| a < b));
        for packet in packets() {
            let first = rules.iter().position(|rule| any_holds(rule, &packet));
            let holding: Vec<_> = parts.iter().filter(|(_, part)| space.contains(*part, &packet)).collect();
            if any_holds(&asked, &packet) {
                prop_assert_eq!(holding.len(), 1, "the parts are disjoint and cover the set");
                prop_assert_eq!(holding[0].0, first);
            } else {
                prop_assert!(holding.is_empty());
            }
            prop_assert_eq!(space.contains(space.matched(map), &packet), first.is_some());
        }
    }

    #[test]
    fn replies_are_the_replies_of_each_packet(a in cubes()) {
        let space = Space::new();
        let set = space.cubes_of(a.clone());
        let (replies, unanswered) = (space.replies(set), space.unanswered(set));
        for packet in packets() {
            match reply(&packet) {
                Some(reply) => {
                    prop_assert_eq!(space.contains(replies, &reply), any_holds(&a, &packet), "{}", packet);
                    prop_assert!(!space.contains(unanswered, &packet));
                }
                None => prop_assert_eq!(space.contains(unanswered, &packet), any_holds(&a, &packet)),
            }
        }
        prop_assert_eq!(space.requests(replies), space.subtract(set, unanswered));
    }

    #[test]
    fn a_forgotten_field_may_be_anything(a in cubes(), to in addresses(), ports in parts(&PORTS)) {
        let space = Space::new();
        let set = space.cubes_of(a.clone());
        let (sources, assigned) = (space.forget(set, Field::Source), space.assign_source(set, &to));
        let translated = space.assign_source_ports(set, &ports);
        for packet in packets() {
            let there = |cube: &Cube| {
                let empty = match packet.source {
                    IpAddr::V4(_) => cube.sources.v4.is_empty(),
                    IpAddr::V6(_) => cube.sources.v6.is_empty(),
                };
                !empty && holds(&Cube { sources: AddressSet::all(), ..cube.clone() }, &packet)
            };
            let some = a.iter().any(there);
            prop_assert_eq!(space.contains(sources, &packet), some);
            prop_assert_eq!(space.contains(assigned, &packet), some && to.contains(packet.source));
            let from_any_port = |cube: &Cube| {
                !cube.source_ports.is_empty() && holds(&Cube { source_ports: PortSet::all(), ..cube.clone() }, &packet)
            };
            let expected = if packet.protocol.has_ports() {
                ports.contains(packet.source_port) && a.iter().any(from_any_port)
            } else {
                any_holds(&a, &packet)
            };
            prop_assert_eq!(space.contains(translated, &packet), expected);
        }
    }

    #[test]
    fn sets_of_one_field_are_sets(a in parts(&PORTS), b in parts(&PORTS)) {
        for value in PORTS {
            prop_assert_eq!(a.union(&b).contains(value), a.contains(value) || b.contains(value));
            prop_assert_eq!(a.intersect(&b).contains(value), a.contains(value) && b.contains(value));
            prop_assert_eq!(a.subtract(&b).contains(value), a.contains(value) && !b.contains(value));
            prop_assert_eq!(a.complement().contains(value), !a.contains(value));
        }
        prop_assert_eq!(a.complement().complement(), a.clone());
        prop_assert_eq!(a.is_subset(&b), a.union(&b) == b);
    }

    #[test]
    fn prefixes_cover_a_set_exactly(a in addresses()) {
        prop_assert_eq!(AddressSet::from_cidrs(a.to_cidrs()), a);
    }
}

/// Headers anywhere, not at the borders of a small universe alone.
fn header() -> impl Strategy<Value = Header> {
    let v4 = (any::<u32>(), any::<u32>())
        .prop_map(|(a, b)| (IpAddr::V4(Ipv4Addr::from(a)), IpAddr::V4(Ipv4Addr::from(b))));
    let v6 = (any::<u128>(), any::<u128>())
        .prop_map(|(a, b)| (IpAddr::V6(Ipv6Addr::from(a)), IpAddr::V6(Ipv6Addr::from(b))));
    let ends = prop_oneof![v4, v6];
    (any::<u8>(), any::<u16>(), any::<u16>(), ends).prop_map(
        |(protocol, source_port, destination_port, (source, destination))| Header {
            protocol: Protocol(protocol),
            source,
            destination,
            source_port,
            destination_port,
        },
    )
}

/// A product around a header: in each field a range that holds it.
fn around(packet: Header) -> impl Strategy<Value = Cube> {
    (any::<u8>(), any::<[u16; 4]>(), 0..=32_u8, 0..=128_u8).prop_map(move |(protocol, ports, short, long)| {
        let net = |address: IpAddr| {
            let length = if address.is_ipv4() { short } else { long };
            AddressSet::cidr(ipnet::IpNet::new(address, length).unwrap().trunc())
        };
        let range = |port: u16, low: u16, high: u16| PortSet::range(low.min(port), high.max(port));
        Cube {
            protocols: ProtocolSet::range(protocol.min(packet.protocol.0), packet.protocol.0),
            destination_ports: range(packet.destination_port, ports[0], ports[1]),
            source_ports: range(packet.source_port, ports[2], ports[3]),
            sources: net(packet.source),
            destinations: net(packet.destination),
        }
    })
}

proptest! {
    #[test]
    fn sampled_headers_are_where_they_belong(
        (packet, others, mine) in prop::collection::vec(header(), 1..5).prop_flat_map(|all| {
            let packet = all[0];
            (Just(packet), all.into_iter().map(around).collect::<Vec<_>>(), around(packet))
        })
    ) {
        let space = Space::new();
        let (set, cube) = (space.cubes_of(others.clone()), space.cube(&mine));
        prop_assert!(space.contains(cube, &packet));
        prop_assert!(!space.contains(space.subtract(set, cube), &packet));
        let replied = space.replies(cube);
        match reply(&packet) {
            Some(reply) => prop_assert!(space.contains(replied, &reply)),
            None => prop_assert!(space.contains(space.unanswered(cube), &packet)),
        }
    }
}
