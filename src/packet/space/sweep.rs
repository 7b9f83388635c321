//! Compiles a rule list by one sweep, field by field, over the rules that still may match.
//!
//! Folding unions rule by rule is quadratic in the number of members of a group (a thousand times slower at twelve rules
//! of a thousand addresses) and leaves ten times the garbage; here an address set is one list of ranges however long it
//! is, and every node that is made is part of the result.

use super::arena::{Arena, Id, NO_RULE, level, rule_leaf};
use crate::packet::{AddressSet, Cube, RangeSet};
use rustc_hash::FxHashMap;

/// A cube of a rule, in the terms of the diagram.
struct Case<'a> {
    rule: usize,
    cube: &'a Cube,
    /// For each family the first field from which on every field is full: from there on the rule decides.
    full_from: [u8; 2],
}

/// Compiles the list: each packet leads to the first rule with a cube that holds it.
pub fn first_match(arena: &mut Arena, rules: &[Vec<Cube>]) -> Id {
    let cases = rules
        .iter()
        .enumerate()
        .flat_map(|(rule, cubes)| cubes.iter().map(move |cube| (rule, cube)));
    let cases: Vec<Case<'_>> = cases
        .map(|(rule, cube)| Case {
            rule,
            cube,
            full_from: full_from(cube),
        })
        .collect();
    let mut sweep = Sweep {
        arena,
        cases: &cases,
        memo: FxHashMap::default(),
    };
    let mut planes = [NO_RULE; 2];
    for family in [0, 1] {
        let nowhere = |case: &Case<'_>| {
            part_is_empty(&case.cube.sources, family) || part_is_empty(&case.cube.destinations, family)
        };
        let active = (0..cases.len())
            .filter(|&index| !nowhere(&cases[index]))
            .collect();
        planes[family] = sweep.visit(level::PROTOCOL, family, active);
    }
    arena.node(level::FAMILY, &mut vec![(0, planes[0]), (1, planes[1])])
}

fn part_is_empty(addresses: &AddressSet, family: usize) -> bool {
    if family == 0 {
        addresses.v4.is_empty()
    } else {
        addresses.v6.is_empty()
    }
}

fn full_from(cube: &Cube) -> [u8; 2] {
    let ports = [
        cube.source_ports.is_all(),
        cube.destination_ports.is_all(),
        cube.protocols.is_all(),
    ];
    let planes = [
        [cube.destinations.v4.is_all(), cube.sources.v4.is_all()],
        [cube.destinations.v6.is_all(), cube.sources.v6.is_all()],
    ];
    planes.map(|plane| {
        let full = plane.into_iter().chain(ports).take_while(|full| *full).count();
        level::LEAF - u8::try_from(full).unwrap_or(0)
    })
}

struct Sweep<'a> {
    arena: &'a mut Arena,
    cases: &'a [Case<'a>],
    memo: FxHashMap<(u8, usize, Vec<usize>), Id>,
}

impl Sweep<'_> {
    fn visit(&mut self, at: u8, family: usize, mut active: Vec<usize>) -> Id {
        // Behind a rule that is full on all the fields to come, no other matters.
        let decides = |index: &usize| self.cases[*index].full_from[family] <= at;
        match active.iter().position(decides) {
            Some(0) => return rule_leaf(self.cases[active[0]].rule),
            Some(place) => active.truncate(place + 1),
            None if active.is_empty() => return NO_RULE,
            None => {}
        }
        let key = (at, family, active);
        if let Some(id) = self.memo.get(&key) {
            return *id;
        }
        let mut edges = Vec::new();
        for (last, inside) in self.slices(at, family, &key.2) {
            edges.push((last, self.visit(at + 1, family, inside)));
        }
        let id = self.arena.node(at, &mut edges);
        self.memo.insert(key, id);
        id
    }

    /// The domain of a field cut where some active cube begins or ends: the last value of each part, and the cubes that
    /// hold it.
    fn slices(&self, at: u8, family: usize, active: &[usize]) -> Vec<(u128, Vec<usize>)> {
        let top = top(at, family);
        let mut events: Vec<(u128, usize, bool)> = Vec::new();
        let mut inside: Vec<bool> = vec![false; active.len()];
        for (place, index) in active.iter().enumerate() {
            each_range(self.cases[*index].cube, at, family, |low, high| {
                if low == 0 {
                    inside[place] = true;
                } else {
                    events.push((low, place, true));
                }
                if high < top {
                    events.push((high + 1, place, false));
                }
            });
        }
        events.sort_unstable();
        let members = |inside: &[bool]| {
            active
                .iter()
                .zip(inside)
                .filter(|(_, inside)| **inside)
                .map(|(index, _)| *index)
                .collect()
        };
        let mut slices: Vec<(u128, Vec<usize>)> = Vec::new();
        let mut next = 0;
        while let Some(&(begin, ..)) = events.get(next) {
            slices.push((begin - 1, members(&inside)));
            while let Some(&(_, place, enters)) = events.get(next).filter(|event| event.0 == begin) {
                inside[place] = enters;
                next += 1;
            }
        }
        slices.push((top, members(&inside)));
        slices
    }
}

/// The largest value of a field.
pub fn top(at: u8, family: usize) -> u128 {
    match at {
        level::PROTOCOL => u8::MAX.into(),
        level::DESTINATION_PORT | level::SOURCE_PORT => u16::MAX.into(),
        _ if family == 0 => u32::MAX.into(),
        _ => u128::MAX,
    }
}

/// Visits the ranges of a cube in a field, in order.
fn each_range(cube: &Cube, at: u8, family: usize, mut visit: impl FnMut(u128, u128)) {
    fn all<T: Into<u128> + Copy>(ranges: &[(T, T)], visit: &mut impl FnMut(u128, u128)) {
        ranges
            .iter()
            .for_each(|&(low, high)| visit(low.into(), high.into()));
    }
    let addresses = if at == level::SOURCE {
        &cube.sources
    } else {
        &cube.destinations
    };
    match (at, family) {
        (level::PROTOCOL, _) => all(cube.protocols.ranges(), &mut visit),
        (level::DESTINATION_PORT, _) => all(cube.destination_ports.ranges(), &mut visit),
        (level::SOURCE_PORT, _) => all(cube.source_ports.ranges(), &mut visit),
        (_, 0) => all(addresses.v4.ranges(), &mut visit),
        _ => all(addresses.v6.ranges(), &mut visit),
    }
}

/// The ranges of a set as the arena wants them.
pub fn wide<T: Into<u128> + Copy + crate::packet::range::Bound>(set: &RangeSet<T>) -> Vec<(u128, u128)> {
    set.ranges()
        .iter()
        .map(|&(low, high)| (low.into(), high.into()))
        .collect()
}
