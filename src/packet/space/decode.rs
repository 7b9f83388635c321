//! From diagrams back to products, projections and single packets.

use super::arena::{ALL, Arena, EMPTY, Id, level};
use super::sweep::top;
use crate::packet::{AddressSet, Cube, PortSet, ProtocolSet, RangeSet};
use rustc_hash::FxHashSet;

/// The set as disjoint products, branch by branch; those that differ in one field alone are merged.
pub fn cubes(arena: &Arena, id: Id) -> Vec<Cube> {
    let mut found = Vec::new();
    if arena.level(id) == level::FAMILY {
        for (family, &(_, plane)) in arena.edges(id).iter().enumerate() {
            walk(arena, plane, family, &start(Some(family)), &mut found);
        }
    } else {
        // The two planes are alike, so no address is told apart.
        walk(arena, id, 0, &start(None), &mut found);
    }
    merge(&mut found);
    found.sort_unstable();
    found
}

fn start(family: Option<usize>) -> Cube {
    let addresses = match family {
        None => AddressSet::all(),
        Some(0) => AddressSet {
            v4: RangeSet::all(),
            v6: RangeSet::empty(),
        },
        Some(_) => AddressSet {
            v4: RangeSet::empty(),
            v6: RangeSet::all(),
        },
    };
    Cube {
        sources: addresses.clone(),
        destinations: addresses,
        ..Cube::all()
    }
}

fn walk(arena: &Arena, id: Id, family: usize, so_far: &Cube, found: &mut Vec<Cube>) {
    if id == EMPTY {
        return;
    }
    if id == ALL {
        found.push(so_far.clone());
        return;
    }
    for (ranges, child) in by_child(arena, id) {
        let mut cube = so_far.clone();
        narrow(&mut cube, arena.level(id), family, &ranges);
        walk(arena, child, family, &cube, found);
    }
}

/// A node's edges grouped by where they lead, in the order of their first values.
fn by_child(arena: &Arena, id: Id) -> Vec<(Vec<(u128, u128)>, Id)> {
    let mut groups: Vec<(Vec<(u128, u128)>, Id)> = Vec::new();
    let mut places: rustc_hash::FxHashMap<Id, usize> = rustc_hash::FxHashMap::default();
    let mut low = 0;
    for &(last, child) in arena.edges(id) {
        if child != EMPTY {
            let place = *places.entry(child).or_insert(groups.len());
            if place == groups.len() {
                groups.push((Vec::new(), child));
            }
            groups[place].0.push((low, last));
        }
        low = last.saturating_add(1);
    }
    groups
}

fn narrow(cube: &mut Cube, at: u8, family: usize, ranges: &[(u128, u128)]) {
    let addresses = |ranges: &[(u128, u128)]| match family {
        0 => AddressSet {
            v4: narrowed(ranges),
            v6: RangeSet::empty(),
        },
        _ => AddressSet {
            v4: RangeSet::empty(),
            v6: narrowed(ranges),
        },
    };
    match at {
        level::PROTOCOL => cube.protocols = narrowed(ranges),
        level::DESTINATION_PORT => cube.destination_ports = narrowed(ranges),
        level::SOURCE_PORT => cube.source_ports = narrowed(ranges),
        level::SOURCE => cube.sources = addresses(ranges),
        _ => cube.destinations = addresses(ranges),
    }
}

fn narrowed<T: TryFrom<u128> + crate::packet::range::Bound>(ranges: &[(u128, u128)]) -> RangeSet<T> {
    let fit = |value: u128| T::try_from(value).unwrap_or(T::MAX);
    RangeSet::from_ranges(ranges.iter().map(|&(low, high)| (fit(low), fit(high))))
}

/// The most products for which every pair is tried; more are left as they are, still exact.
const MERGE_MAX: usize = 256;

/// Joins products that differ in one field alone, until none do.
fn merge(cubes: &mut Vec<Cube>) {
    if cubes.len() > MERGE_MAX {
        return;
    }
    let mut again = true;
    while again {
        again = false;
        let mut at = 0;
        while at < cubes.len() {
            let mut other = at + 1;
            while other < cubes.len() {
                if let Some(joined) = join(&cubes[at], &cubes[other]) {
                    cubes[at] = joined;
                    cubes.remove(other);
                    again = true;
                } else {
                    other += 1;
                }
            }
            at += 1;
        }
    }
}

fn join(a: &Cube, b: &Cube) -> Option<Cube> {
    let same = [
        a.protocols == b.protocols,
        a.destination_ports == b.destination_ports,
        a.source_ports == b.source_ports,
        a.sources == b.sources,
        a.destinations == b.destinations,
    ];
    if same.iter().filter(|same| !**same).count() != 1 {
        return None;
    }
    // Addresses of two families are not one product: each family's sources go with its own destinations.
    let one_plane = |set: &AddressSet| set.v4.is_empty() || set.v6.is_empty();
    let planes = |x: &AddressSet, y: &AddressSet| {
        x.v4.is_empty() == y.v4.is_empty() && x.v6.is_empty() == y.v6.is_empty()
    };
    let addresses_joinable = planes(&a.sources, &b.sources) && planes(&a.destinations, &b.destinations);
    let addresses_alike = same[3] && same[4];
    if !(addresses_alike || addresses_joinable && one_plane(&a.sources)) {
        return None;
    }
    Some(Cube {
        protocols: a.protocols.union(&b.protocols),
        destination_ports: a.destination_ports.union(&b.destination_ports),
        source_ports: a.source_ports.union(&b.source_ports),
        sources: a.sources.union(&b.sources),
        destinations: a.destinations.union(&b.destinations),
    })
}

/// The values of one field that occur in the set, by family.
pub fn values(arena: &Arena, id: Id, at: u8) -> [Vec<(u128, u128)>; 2] {
    let planes = match arena.edges(id) {
        [(_, v4), (_, v6)] if arena.level(id) == level::FAMILY => [*v4, *v6],
        _ => [id, id],
    };
    let mut found = [Vec::new(), Vec::new()];
    for (family, plane) in planes.into_iter().enumerate() {
        let mut seen = FxHashSet::default();
        let mut open = vec![plane];
        while let Some(id) = open.pop() {
            if id == EMPTY || !seen.insert(id) {
                continue;
            }
            let here = arena.level(id);
            if here > at {
                found[family] = vec![(0, top(at, family))];
                break;
            }
            let mut low = 0;
            for &(last, child) in arena.edges(id) {
                if here < at {
                    open.push(child);
                } else if child != EMPTY {
                    found[family].push((low, last));
                }
                low = last.saturating_add(1);
            }
        }
    }
    found
}

/// The addresses of one field that occur in the set.
pub fn addresses(arena: &Arena, id: Id, at: u8) -> AddressSet {
    let [v4, v6] = values(arena, id, at);
    AddressSet {
        v4: narrowed(&v4),
        v6: narrowed(&v6),
    }
}

/// The ports of one field that occur in the set.
pub fn ports(arena: &Arena, id: Id, at: u8) -> PortSet {
    let [v4, v6] = values(arena, id, at);
    narrowed::<u16>(&v4).union(&narrowed(&v6))
}

/// The protocols that occur in the set.
pub fn protocols(arena: &Arena, id: Id) -> ProtocolSet {
    let [v4, v6] = values(arena, id, level::PROTOCOL);
    narrowed::<u8>(&v4).union(&narrowed(&v6))
}
