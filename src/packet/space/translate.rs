//! IPv6 turned into IPv4 and back, as a stateful translator does (RFC 6146): the destination's last 32 bits are the IPv4
//! address (RFC 6052), ICMPv6 echo is ICMP echo (RFC 7915). The source is lost on the way, so it is left open.

use super::arena::Id;
use super::{Inner, decode};
use crate::packet::{AddressSet, Cube, Family, PortSet, Protocol, ProtocolSet, RangeSet};

/// The prefix whose addresses stand for IPv4 ones: 64:ff9b::/96.
pub const PREFIX: u128 = 0x0064_ff9b << 96;

/// ICMPv6 echo types and ICMP's.
const ECHO: [(u8, u8); 2] = [(128, 8), (129, 0)];

/// The packets as IPv4, with any source. What has no counterpart is left out.
pub fn to_v4(inner: &mut Inner, set: Id) -> Id {
    let cubes = decode::cubes(&inner.arena, set);
    let turned = cubes.iter().flat_map(|cube| {
        let within = cube
            .destinations
            .v6
            .intersect(&RangeSet::range(PREFIX, PREFIX + u128::from(u32::MAX)));
        let low = |value: u128| u32::try_from(value - PREFIX).unwrap_or(u32::MAX);
        let ranges = within
            .ranges()
            .iter()
            .map(|&(first, last)| (low(first), low(last)));
        let destinations = AddressSet {
            v4: RangeSet::from_ranges(ranges),
            v6: RangeSet::empty(),
        };
        let echo = (Protocol::ICMPV6, Protocol::ICMP, ECHO);
        turn(cube, Family::V4, &destinations, echo)
    });
    let turned = turned.collect();
    inner.any(turned)
}

/// The IPv6 packets of any source that become these.
pub fn to_v6(inner: &mut Inner, set: Id) -> Id {
    let cubes = decode::cubes(&inner.arena, set);
    let turned = cubes.iter().flat_map(|cube| {
        let high = |value: u32| PREFIX + u128::from(value);
        let ranges = cube.destinations.v4.ranges();
        let ranges = ranges.iter().map(|&(first, last)| (high(first), high(last)));
        let destinations = AddressSet {
            v4: RangeSet::empty(),
            v6: RangeSet::from_ranges(ranges),
        };
        let back = ECHO.map(|(v6, v4)| (v4, v6));
        turn(
            cube,
            Family::V6,
            &destinations,
            (Protocol::ICMP, Protocol::ICMPV6, back),
        )
    });
    let turned = turned.collect();
    inner.any(turned)
}

/// One product in the other family.
fn turn(
    cube: &Cube,
    family: Family,
    destinations: &AddressSet,
    (from, to, types): (Protocol, Protocol, [(u8, u8); 2]),
) -> Vec<Cube> {
    let icmp = ProtocolSet::from_ranges([(from.0, from.0), (to.0, to.0)]);
    let whole = Cube {
        sources: AddressSet::family(family),
        destinations: destinations.clone(),
        ..cube.clone()
    };
    let mut turned = vec![Cube {
        protocols: cube.protocols.subtract(&icmp),
        ..whole.clone()
    }];
    if cube.protocols.contains(from.0) {
        turned.extend(types.map(|(old, new)| Cube {
            protocols: ProtocolSet::one(to.0),
            destination_ports: retyped(&cube.destination_ports, old, new),
            ..whole.clone()
        }));
    }
    turned.retain(|cube| !cube.protocols.is_empty() && !cube.destination_ports.is_empty());
    turned
}

/// The messages of one type as messages of another; the code stays.
fn retyped(kinds: &PortSet, old: u8, new: u8) -> PortSet {
    let every = PortSet::range(u16::from_be_bytes([old, 0]), u16::from_be_bytes([old, 255]));
    let codes = kinds.intersect(&every);
    let with = |value: u16| u16::from_be_bytes([new, value.to_be_bytes()[1]]);
    let ranges = codes.ranges().iter().map(|&(low, high)| (with(low), with(high)));
    PortSet::from_ranges(ranges.collect::<Vec<_>>())
}
