//! One packet of a set, as ordinary as the set allows.

use super::apply::Op;
use super::arena::{self, Id, level};
use super::{Inner, decode};
use crate::packet::{Header, PortSet, Protocol};
use std::net::IpAddr;

/// Ports that people know, the best known first.
const WELL_KNOWN: [u16; 12] = [443, 80, 22, 5432, 3306, 53, 8080, 25, 3389, 6379, 123, 1433];
/// ICMP echo and echo reply, of both families.
const ECHO: [u16; 4] = [8 * 256, 128 * 256, 0, 129 * 256];
/// Where clients' ports begin (RFC 6335).
const EPHEMERAL: u16 = 49152;

/// One packet of the set, always the same one.
pub fn of(inner: &mut Inner, set: Id) -> Option<Header> {
    if set == arena::EMPTY {
        return None;
    }
    let plane = plane(inner, set);
    let (set, protocol) = protocol(inner, plane);
    let preferred: &[u16] = if protocol.is_icmp() { &ECHO } else { &WELL_KNOWN };
    let (set, destination_port) = port(inner, set, level::DESTINATION_PORT, preferred);
    let (set, source_port) = port(inner, set, level::SOURCE_PORT, &[EPHEMERAL]);
    let (set, source) = address(inner, set, level::SOURCE)?;
    let (_, destination) = address(inner, set, level::DESTINATION)?;
    let has_source_port = protocol.has_ports();
    let has_port = has_source_port || protocol.is_icmp();
    Some(Header {
        protocol,
        source,
        destination,
        // A port that the protocol does not have is shown as none where the set allows any.
        source_port: if has_source_port { source_port } else { 0 },
        destination_port: if has_port { destination_port } else { 0 },
    })
}

/// The IPv4 part, unless it is empty.
fn plane(inner: &mut Inner, set: Id) -> Id {
    let mut only = |v4: Id, v6: Id| {
        let plane = inner.arena.node(level::FAMILY, &mut vec![(0, v4), (1, v6)]);
        inner.apply(Op::Mask, set, plane)
    };
    let v4 = only(arena::ALL, arena::EMPTY);
    if v4 == arena::EMPTY {
        only(arena::EMPTY, arena::ALL)
    } else {
        v4
    }
}

fn protocol(inner: &mut Inner, set: Id) -> (Id, Protocol) {
    let there = decode::protocols(&inner.arena, set);
    let usual = [Protocol::TCP, Protocol::UDP, Protocol::ICMP, Protocol::ICMPV6];
    let chosen = usual.into_iter().find(|protocol| there.contains(protocol.0));
    let protocol = chosen.unwrap_or(Protocol(there.first().unwrap_or_default()));
    let number = [(u128::from(protocol.0), u128::from(protocol.0))];
    let those = inner
        .arena
        .ranges(level::PROTOCOL, &number, u8::MAX.into(), arena::ALL, arena::EMPTY);
    (inner.apply(Op::Mask, set, those), protocol)
}

fn port(inner: &mut Inner, set: Id, at: u8, preferred: &[u16]) -> (Id, u16) {
    let there = decode::ports(&inner.arena, set, at);
    let usual = preferred.iter().copied().find(|port| there.contains(*port));
    let high = there.intersect(&PortSet::range(1024, u16::MAX)).first();
    let nonzero = there.intersect(&PortSet::range(1, u16::MAX)).first();
    let fallback = if at == level::SOURCE_PORT {
        high.or(nonzero)
    } else {
        nonzero
    };
    let port = usual.or(fallback).unwrap_or_default();
    let those = inner.ported(at, &PortSet::one(port));
    (inner.apply(Op::Mask, set, those), port)
}

/// The smallest address, but no network's own where there is another next to it.
fn address(inner: &mut Inner, set: Id, at: u8) -> Option<(Id, IpAddr)> {
    let there = decode::addresses(&inner.arena, set, at);
    let first = there.first()?;
    let next = match first {
        IpAddr::V4(first) if first.octets()[3] == 0 => Some(IpAddr::V4((u32::from(first) + 1).into())),
        IpAddr::V6(first) if first.octets()[15] == 0 => Some(IpAddr::V6((u128::from(first) + 1).into())),
        _ => None,
    };
    let address = next.filter(|next| there.contains(*next)).unwrap_or(first);
    let those = inner.addressed(at, &crate::packet::AddressSet::one(address));
    Some((inner.apply(Op::Mask, set, those), address))
}
