//! One packet, hop by hop, and then its one reply.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::network::{Id, Network, Traffic};
use super::packet::Packet;
use super::walk::Walk;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    Eni(Id),
    Internet(IpAddr),
    /// DNS, instance metadata and their kin.
    Service,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// At the host asked about, not at another one that has the same address.
    pub arrived: bool,
    /// Whichever source ports the NAT gateways on the way pick.
    pub returned: bool,
    pub returned_for_some_pick: bool,
    /// Where and why the first packet was lost.
    pub drop: Option<String>,
}

/// Sends the packet from one host and asks whether it reaches the other one, and its reply the first. A load balancer does
/// what it is for if one of its targets answers.
pub fn simulate(network: &Network, from: &Host, to: &Host, packet: &Packet) -> Outcome {
    let mut all = simulate_for(network, from, to, packet, 0);
    let most = network.balancers.values().map(|one| one.targets.len()).max();
    for target in 1..most.unwrap_or_default() {
        let one = simulate_for(network, from, to, packet, target);
        all.arrived |= one.arrived;
        all.returned |= one.returned;
        all.returned_for_some_pick |= one.returned_for_some_pick;
    }
    all
}

fn simulate_for(network: &Network, from: &Host, to: &Host, packet: &Packet, target: usize) -> Outcome {
    let mut first = Walk::new(network, PICKS_FIRST, [0, 0], target);
    let (arrived, result) = first.converse(from, to, packet);
    let mut outcome = Outcome {
        arrived,
        returned: result.is_ok(),
        returned_for_some_pick: result.is_ok(),
        drop: result.err(),
    };
    let transit = !network.transit_gateways.is_empty();
    if !transit && (!arrived || first.translations.is_empty()) {
        return outcome;
    }
    // A NAT gateway takes any port from 1024 on (VPC guide, "NAT gateway basics"). Filters change their mind
    // at a few ports only, so those stand for all. Gateways in a row pick the same one here: if some
    // combination of picks fails then one of the picks fails on its own segment, whatever the others do.
    // A transit gateway that has no interface in the zone of a packet takes any, for the reply anew; two are the most that an
    // attachment has here.
    let zones: &[[usize; 2]] = if transit {
        &[[0, 0], [0, 1], [1, 0], [1, 1]]
    } else {
        &[[0, 0]]
    };
    let translated = !first.translations.is_empty();
    for zone_picks in zones {
        for pick in picks(network) {
            let mut walk = Walk::new(network, pick, *zone_picks, target);
            let (arrived, result) = walk.converse(from, to, packet);
            outcome.arrived &= arrived;
            outcome.returned &= result.is_ok();
            outcome.returned_for_some_pick |= result.is_ok();
            outcome.drop = outcome.drop.or(result.err());
            if !translated && walk.translations.is_empty() {
                break;
            }
        }
    }
    outcome
}

/// Exact for one NAT gateway on the path; several in a row are taken to pick the same port.
pub fn reachable_for_some_pick(network: &Network, from: &Host, to: &Host, packet: &Packet) -> bool {
    simulate(network, from, to, packet).returned_for_some_pick
}

/// The same conversation told step by step, for the reader of a failed test.
pub fn story(network: &Network, from: &Host, to: &Host, packet: &Packet) -> String {
    let mut failing = None;
    let zones = [[0, 0], [0, 1], [1, 0], [1, 1]];
    let all = picks(network).into_iter();
    for (pick, zone_picks) in all.flat_map(|pick| zones.map(|zones| (pick, zones))) {
        let mut walk = Walk::new(network, pick, zone_picks, 0);
        walk.telling = true;
        let (_, result) = walk.converse(from, to, packet);
        let told = walk.story.join("\n");
        match result {
            Err(why) => return format!("{told}\ndropped: {why}"),
            Ok(()) => failing = Some(format!("{told}\nit came back")),
        }
    }
    failing.unwrap_or_default()
}

const PICKS_FIRST: u16 = 1024;

fn picks(network: &Network) -> BTreeSet<u16> {
    let mut picks: BTreeSet<u16> = breakpoints(network)
        .into_iter()
        .filter(|port| *port >= PICKS_FIRST)
        .collect();
    picks.extend([PICKS_FIRST, u16::MAX]);
    picks
}

/// Every value at which some rule's ports begin or end: between two of them all ports are alike.
pub fn breakpoints(network: &Network) -> BTreeSet<u16> {
    let groups = network
        .groups
        .values()
        .flat_map(|group| group.ingress.iter().chain(group.egress.iter().flatten()));
    let nacls = network
        .nacls
        .values()
        .flat_map(|nacl| nacl.ingress.iter().chain(&nacl.egress));
    let traffic = groups
        .map(|rule| &rule.traffic)
        .chain(nacls.map(|rule| &rule.traffic));
    let firewalls = network.firewalls.values();
    let stateless = firewalls
        .clone()
        .flat_map(|one| one.stateless.iter().map(|rule| &rule.traffic));
    let stateful = firewalls.flat_map(|one| one.stateful.iter().map(|rule| &rule.ports));
    let traffic = traffic.chain(stateless);
    let mut points = BTreeSet::from([0]);
    for &(low, high) in traffic
        .flat_map(|traffic: &Traffic| &traffic.ports)
        .chain(stateful)
    {
        points.extend(
            [low, high]
                .into_iter()
                .chain(low.checked_sub(1))
                .chain(high.checked_add(1)),
        );
    }
    points
}
