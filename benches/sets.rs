//! The packet algebra: rule lists of the size that people have, one pair's exact answer, and the two traps.
//!
//! The traps are ways to do the same that look harmless and are not. `folded` unites a rule list box by box, one box for each
//! member of the groups that it names: quadratic in their number. `by_union` compiles a list by uniting its rules, which
//! leaves nodes behind that are no part of the result: the size of the space is printed before the figures.

#![allow(clippy::print_stdout, reason = "a bench prints what it counted")]
#![allow(clippy::expect_used, reason = "what cannot set up measures nothing")]

#[path = "../tests/oracle/random.rs"]
#[allow(dead_code, reason = "the oracle needs more of it")]
mod random;

use divan::{Bencher, black_box};
use random::Random;
use std::net::{IpAddr, Ipv4Addr};
use whyhop::packet::{AddressSet, Cube, PacketSet, PortSet, Protocol, ProtocolSet, RuleMap, Space};

const GROUP_RULES: usize = 60;
const ACL_RULES: usize = 40;
const CIDRS: usize = 404;
const PORTS: [(u16, u16); 12] = [
    (22, 22),
    (53, 53),
    (80, 80),
    (123, 123),
    (443, 443),
    (1024, 65535),
    (3306, 3306),
    (5432, 5432),
    (6379, 6379),
    (8000, 8100),
    (9090, 9100),
    (32768, 60999),
];

fn main() {
    println!("trap, members: nodes and edges left by one sweep / by uniting box by box");
    for members in MEMBERS {
        let (sweep, fold) = (Space::new(), Space::new());
        let rules = group_references(members);
        assert_eq!(swept(&sweep, &rules).len(), folded(&fold, &rules).len());
        println!("  {members}: {:?} / {:?}", sweep.size(), fold.size());
    }
    let (sweep, fold) = (Space::new(), Space::new());
    let rules = rules(GROUP_RULES, true);
    sweep.cubes_of(rules.concat());
    by_union(&fold, &rules);
    println!(
        "trap, garbage: by one sweep {:?} / by uniting rules {:?}",
        sweep.size(),
        fold.size()
    );
    divan::main();
}

/// Prefixes of /16 to /28 inside 10.0.0.0/8, and the whole internet among them now and then.
fn cidr(random: &mut Random) -> AddressSet {
    let number = random.below(CIDRS) as u32;
    if number == 0 {
        return AddressSet::all();
    }
    let length = 16 + number % 13;
    let address = 0x0a00_0000 | (number.wrapping_mul(0x9E37_79B1) >> 8);
    AddressSet::cidr(
        ipnet::Ipv4Net::new(Ipv4Addr::from(address), u8::try_from(length).expect("a length"))
            .expect("a prefix")
            .into(),
    )
}

/// Rules of a group (its sources) or of a network ACL.
fn rules(count: usize, ingress: bool) -> Vec<Vec<Cube>> {
    let mut random = Random::new(count as u64);
    let rule = |_| {
        let protocol = [Protocol::TCP, Protocol::TCP, Protocol::TCP, Protocol::UDP][random.below(4)];
        let &(low, high) = random.pick(&PORTS);
        let addresses = cidr(&mut random);
        let (sources, destinations) = match ingress {
            true => (addresses, AddressSet::all()),
            false => (AddressSet::all(), addresses),
        };
        vec![Cube {
            protocols: ProtocolSet::one(protocol.0),
            destination_ports: PortSet::range(low, high),
            sources,
            destinations,
            ..Cube::all()
        }]
    };
    (0..count).map(rule).collect()
}

#[divan::bench]
fn union_of_60_rules(bencher: Bencher<'_, '_>) {
    let cubes = rules(GROUP_RULES, true).concat();
    let inputs = || (Space::new(), cubes.clone());
    bencher
        .with_inputs(inputs)
        .bench_local_refs(|(space, cubes)| space.cubes_of(std::mem::take(cubes)));
}

#[divan::bench]
fn group_of_60_rules_with_its_authors(bencher: Bencher<'_, '_>) {
    let rules = rules(GROUP_RULES, true);
    bencher
        .with_inputs(Space::new)
        .bench_local_refs(|space| space.first_match(&rules));
}

#[divan::bench]
fn acl_of_40_rules(bencher: Bencher<'_, '_>) {
    let rules = rules(ACL_RULES, true);
    bencher
        .with_inputs(Space::new)
        .bench_local_refs(|space| space.first_match(&rules));
}

/// What passes the six filters between two interfaces, decided anew for each of a thousand pairs.
#[divan::bench(sample_count = 1000, sample_size = 1)]
fn exact_pair(bencher: Bencher<'_, '_>) {
    let space = Space::new();
    let filters: Vec<RuleMap> = [
        (60, false),
        (41, false),
        (42, true),
        (43, true),
        (61, true),
        (44, false),
    ]
    .map(|(count, ingress)| space.first_match(&rules(count, ingress)))
    .to_vec();
    let passed: Vec<PacketSet> = filters.iter().map(|map| space.matched(*map)).collect();
    let mut random = Random::new(7);
    let address = |random: &mut Random| {
        let AddressSet { v4, .. } = cidr(random);
        IpAddr::V4(Ipv4Addr::from(v4.first().unwrap_or(0).saturating_add(1)))
    };
    bencher
        .with_inputs(|| Cube {
            sources: AddressSet::one(address(&mut random)),
            destinations: AddressSet::one(address(&mut random)),
            ..Cube::all()
        })
        .bench_local_refs(|pair| {
            let all = space.cube(pair);
            passed
                .iter()
                .fold(all, |set, filter| space.intersect(set, *filter))
        });
}

/// Group members of the first trap.
const MEMBERS: [usize; 3] = [100, 300, 1_000];

/// Twelve rules, each of which names a group of this many members that lie apart.
fn group_references(members: usize) -> Vec<Vec<AddressSet>> {
    let rule = |rule: usize| {
        let member = |member: usize| {
            let number = u32::try_from(rule * members + member).expect("few") * 2;
            AddressSet::one(IpAddr::V4(Ipv4Addr::from(0x0a00_0000 | number)))
        };
        (0..members).map(member).collect()
    };
    (0..12).map(rule).collect()
}

fn service(rule: usize) -> Cube {
    let port = 1_000 + u16::try_from(rule).expect("few") * 10;
    Cube {
        protocols: ProtocolSet::one(Protocol::TCP.0),
        destination_ports: PortSet::range(port, port + 15),
        ..Cube::all()
    }
}

/// Each rule's members as one address set, and one sweep.
fn swept(space: &Space, rules: &[Vec<AddressSet>]) -> Vec<Cube> {
    let cube = |(rule, members): (usize, &Vec<AddressSet>)| {
        let ranges = members.iter().flat_map(|one| one.v4.ranges().iter().copied());
        let mut sources = AddressSet::empty();
        sources.v4 = whyhop::packet::RangeSet::from_ranges(ranges);
        Cube {
            sources,
            ..service(rule)
        }
    };
    let cubes = rules.iter().enumerate().map(cube).collect();
    space.cubes(space.cubes_of(cubes))
}

/// The trap: box by box.
fn folded(space: &Space, rules: &[Vec<AddressSet>]) -> Vec<Cube> {
    let boxes = rules
        .iter()
        .enumerate()
        .flat_map(|(rule, members)| members.iter().map(move |one| (rule, one)));
    let one = |(rule, member): (usize, &AddressSet)| Cube {
        sources: member.clone(),
        ..service(rule)
    };
    let all = boxes
        .map(one)
        .fold(PacketSet::EMPTY, |all, cube| space.union(all, space.cube(&cube)));
    space.cubes(all)
}

#[divan::bench(args = MEMBERS, sample_count = 10)]
fn trap_of_members_avoided(bencher: Bencher<'_, '_>, members: usize) {
    let rules = group_references(members);
    bencher.bench_local(|| swept(&Space::new(), &rules));
}

#[divan::bench(args = MEMBERS, sample_count = 3, sample_size = 1)]
fn trap_of_members_folded(bencher: Bencher<'_, '_>, members: usize) {
    let rules = group_references(members);
    bencher.bench_local(|| folded(&Space::new(), &rules));
}

/// The second trap: each union leaves behind what it was made of.
fn by_union(space: &Space, rules: &[Vec<Cube>]) -> PacketSet {
    let each = rules.iter().flatten();
    each.fold(PacketSet::EMPTY, |all, cube| space.union(all, space.cube(cube)))
}

#[divan::bench]
fn trap_of_garbage_united(bencher: Bencher<'_, '_>) {
    let rules = rules(GROUP_RULES, true);
    bencher
        .with_inputs(Space::new)
        .bench_local_refs(|space| black_box(by_union(space, &rules)));
}
