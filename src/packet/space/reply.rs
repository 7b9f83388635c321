//! Requests and their replies.
//!
//! Swapping two fields changes the order of the diagram, so a set is taken apart into products, each is turned round, and
//! the products are put together again by one sweep. Which ICMP messages are answered, and how: RFC 792, RFC 950, RFC 4443.

use super::apply::Op;
use super::arena::{self, Id, level};
use super::{Inner, decode};
use crate::packet::{Cube, PortSet, Protocol, ProtocolSet};

/// ICMP request types and the types of their replies.
const ICMP: [(u8, u8); 4] = [(8, 0), (13, 14), (15, 16), (17, 18)];
const ICMPV6: [(u8, u8); 1] = [(128, 129)];

/// The replies to a set of requests, or the requests that a set of replies answers.
pub fn turn(inner: &mut Inner, set: Id, to_reply: bool) -> Id {
    if set == arena::EMPTY {
        return set;
    }
    if let Some(id) = inner.replies.get(&(set, to_reply)) {
        return *id;
    }
    let cubes = decode::cubes(&inner.arena, set);
    let turned = cubes.iter().flat_map(|cube| turn_cube(cube, to_reply)).collect();
    let id = inner.any(turned);
    inner.replies.insert((set, to_reply), id);
    id
}

fn turn_cube(cube: &Cube, to_reply: bool) -> Vec<Cube> {
    let only = |protocols: ProtocolSet| cube.protocols.intersect(&protocols);
    let with_ports =
        ProtocolSet::from_ranges([Protocol::TCP, Protocol::UDP].map(|protocol| (protocol.0, protocol.0)));
    let icmp =
        ProtocolSet::from_ranges([Protocol::ICMP, Protocol::ICMPV6].map(|protocol| (protocol.0, protocol.0)));
    let swapped = Cube {
        sources: cube.destinations.clone(),
        destinations: cube.sources.clone(),
        ..cube.clone()
    };
    let mut turned = vec![
        Cube {
            protocols: only(with_ports.clone()),
            source_ports: cube.destination_ports.clone(),
            destination_ports: cube.source_ports.clone(),
            ..swapped.clone()
        },
        Cube {
            protocols: cube.protocols.subtract(&with_ports.union(&icmp)),
            ..swapped.clone()
        },
    ];
    for (protocol, pairs) in [(Protocol::ICMP, &ICMP[..]), (Protocol::ICMPV6, &ICMPV6[..])] {
        let destination_ports = turn_types(&cube.destination_ports, pairs, to_reply);
        turned.push(Cube {
            protocols: only(ProtocolSet::one(protocol.0)),
            destination_ports,
            ..swapped.clone()
        });
    }
    turned.retain(|cube| !cube.protocols.is_empty() && !cube.destination_ports.is_empty());
    turned
}

/// Types and codes of messages turned into those of their counterparts; the code stays.
fn turn_types(kinds: &PortSet, pairs: &[(u8, u8)], to_reply: bool) -> PortSet {
    let turned = pairs.iter().flat_map(|&(request, reply)| {
        let (from, to) = if to_reply {
            (request, reply)
        } else {
            (reply, request)
        };
        let codes = kinds.intersect(&every_code(from));
        let shifted: Vec<(u16, u16)> = codes
            .ranges()
            .iter()
            .map(|&(low, high)| (with_type(low, to), with_type(high, to)))
            .collect();
        shifted
    });
    PortSet::from_ranges(turned)
}

fn every_code(kind: u8) -> PortSet {
    PortSet::range(u16::from_be_bytes([kind, 0]), u16::from_be_bytes([kind, 255]))
}

fn with_type(value: u16, kind: u8) -> u16 {
    u16::from_be_bytes([kind, value.to_be_bytes()[1]])
}

/// The ICMP messages that nobody answers.
pub fn unanswered(inner: &mut Inner, set: Id) -> Id {
    let mut rest = arena::EMPTY;
    for (protocol, pairs) in [(Protocol::ICMP, &ICMP[..]), (Protocol::ICMPV6, &ICMPV6[..])] {
        let number = [(u128::from(protocol.0), u128::from(protocol.0))];
        let answered = pairs.iter().fold(PortSet::empty(), |all, (request, _)| {
            all.union(&every_code(*request))
        });
        let others = inner.ported(level::DESTINATION_PORT, &answered.complement());
        let those = inner
            .arena
            .ranges(level::PROTOCOL, &number, u8::MAX.into(), others, arena::EMPTY);
        let found = inner.apply(Op::Mask, set, those);
        rest = inner.apply(Op::Union, rest, found);
    }
    rest
}
