//! One packet, hop by hop, and then its one reply.

use std::collections::BTreeSet;
use std::net::IpAddr;

pub use super::filters::Direction;
use super::network::{Id, Network, Traffic};
use super::packet::Packet;
pub use super::walk::Logged;
use super::walk::Walk;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    Eni(Id),
    Internet(IpAddr),
    /// Behind something that leads on premises.
    Premises(IpAddr),
    /// S3.
    S3(IpAddr),
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

/// A NAT gateway takes any port from 1024 on (VPC guide, "NAT gateway basics"). Filters change their mind at a few ports only,
/// so those stand for all. Gateways in a row pick the same one here: if some combination of picks fails then one of the picks
/// fails on its own segment, whatever the others do. What else AWS or a router on premises picks is tried out in full.
fn simulate_for(network: &Network, from: &Host, to: &Host, packet: &Packet, target: usize) -> Outcome {
    let mut outcome = Outcome {
        arrived: true,
        returned: true,
        returned_for_some_pick: false,
        drop: None,
    };
    for port in picks(network) {
        let mut translated = false;
        let mut script = Some(Vec::new());
        while let Some(picked) = script {
            let mut walk = Walk::new(network, port, picked, target);
            let (arrived, result) = walk.converse(from, to, packet);
            outcome.arrived &= arrived;
            outcome.returned &= result.is_ok();
            outcome.returned_for_some_pick |= result.is_ok();
            outcome.drop = outcome.drop.or(result.err());
            translated |= !walk.translations.is_empty();
            script = next(walk.picked);
        }
        if !translated {
            break;
        }
    }
    outcome
}

/// The picks after these, each with how many there were to choose from: the last one that has another gets it.
fn next(mut picked: Vec<(usize, usize)>) -> Option<Vec<usize>> {
    while let Some((pick, of)) = picked.pop() {
        if pick + 1 < of {
            let before = picked.into_iter().map(|(pick, _)| pick);
            return Some(before.chain([pick + 1]).collect());
        }
    }
    None
}

/// Exact for one NAT gateway on the path; several in a row are taken to pick the same port.
pub fn reachable_for_some_pick(network: &Network, from: &Host, to: &Host, packet: &Packet) -> bool {
    simulate(network, from, to, packet).returned_for_some_pick
}

/// What the interfaces on the way record of the conversation, for one of the ports that NAT gateways may pick; none where
/// somebody is met whose records are not written here. And whether it worked.
pub fn records(network: &Network, from: &Host, to: &Host, packet: &Packet) -> Option<(Vec<Logged>, bool)> {
    let mut walk = Walk::new(network, PICKED, Vec::new(), 0);
    let (_, result) = walk.converse(from, to, packet);
    (!walk.unlogged).then_some((walk.log, result.is_ok()))
}

/// The same conversation told step by step, for the reader of a failed test.
pub fn story(network: &Network, from: &Host, to: &Host, packet: &Packet) -> String {
    let mut told = String::new();
    for port in picks(network) {
        let mut script = Some(Vec::new());
        while let Some(picked) = script {
            let mut walk = Walk::new(network, port, picked, 0);
            walk.telling = true;
            let (_, result) = walk.converse(from, to, packet);
            told = walk.story.join("\n");
            match result {
                Err(why) => return format!("{told}\ndropped: {why}"),
                Ok(()) => told += "\nit came back",
            }
            script = next(walk.picked);
        }
    }
    told
}

const PICKS_FIRST: u16 = 1024;
/// A port that a NAT gateway picks, when one is enough.
const PICKED: u16 = 50_123;

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
    let endpoints = network.interface_endpoints.values();
    let listened = endpoints.flat_map(|one| &one.listens).map(|(_, port)| *port);
    let s3 = network.gateway_endpoints.iter().flat_map(|_| [80, 443]);
    let listened: Vec<(u16, u16)> = listened.chain(s3).map(|port| (port, port)).collect();
    let stateful = firewalls.flat_map(|one| one.stateful.iter().map(|rule| &rule.ports));
    let traffic = traffic.chain(stateless);
    let mut points = BTreeSet::from([0]);
    for &(low, high) in traffic
        .flat_map(|traffic: &Traffic| &traffic.ports)
        .chain(stateful)
        .chain(&listened)
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
