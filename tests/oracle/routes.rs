//! Which route of a table takes a packet (VPC guide, "Route tables" and "Route priority").

use std::cmp::Reverse;
use std::net::IpAddr;

use ipnet::IpNet;

use super::network::{Destination, Network, Route, RouteTable, Target};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    NoRoute,
    Blackhole,
    Via(Target),
}

struct Candidate<'a> {
    prefix_length: u8,
    /// Among equal prefixes: CIDR routes, then prefix lists, then what a gateway propagated.
    class: u8,
    /// `None` is the local route that every table has.
    route: Option<&'a Route>,
}

/// `table` is `None` for a main table that nobody wrote down.
pub fn choose(network: &Network, vpc: &str, table: Option<&RouteTable>, destination: IpAddr) -> Choice {
    let mut candidates = local_routes(network, vpc, table, destination);
    for route in table.map_or(&[][..], |table| &table.routes) {
        // Inside the VPC the local route beats everything propagated, even a longer prefix (VPN guide, "Route
        // priority").
        if route.propagated && network.vpcs[vpc].contains(destination) {
            continue;
        }
        candidates.extend(
            prefixes(network, route)
                .into_iter()
                .filter(|prefix| prefix.contains(&destination))
                .map(|prefix| Candidate {
                    prefix_length: prefix.prefix_len(),
                    class: class(route),
                    route: Some(route),
                }),
        );
    }
    // There is no second best: a blackhole that wins drops the packet.
    match candidates
        .iter()
        .max_by_key(|candidate| (candidate.prefix_length, Reverse(candidate.class)))
    {
        None => Choice::NoRoute,
        Some(Candidate { route: None, .. }) => Choice::Via(Target::Local),
        Some(Candidate {
            route: Some(route), ..
        }) if route.blackhole => Choice::Blackhole,
        Some(Candidate {
            route: Some(route), ..
        }) => Choice::Via(route.target.clone()),
    }
}

/// Every table has a local route for each CIDR of its VPC, unless a static route for exactly that CIDR
/// replaces its target (VPC guide, "Replace or restore the target for a local route").
fn local_routes<'a>(
    network: &Network,
    vpc: &str,
    table: Option<&RouteTable>,
    destination: IpAddr,
) -> Vec<Candidate<'a>> {
    let replaced = |cidr: &IpNet| {
        table.is_some_and(|table| {
            table
                .routes
                .iter()
                .any(|route| !route.propagated && route.destination == Destination::Cidr(*cidr))
        })
    };
    let cidrs = network.vpcs[vpc]
        .cidrs
        .iter()
        .filter(|cidr| cidr.contains(&destination) && !replaced(cidr));
    cidrs
        .map(|cidr| Candidate {
            prefix_length: cidr.prefix_len(),
            class: 0,
            route: None,
        })
        .collect()
}

fn prefixes(network: &Network, route: &Route) -> Vec<IpNet> {
    match &route.destination {
        Destination::Cidr(cidr) => vec![*cidr],
        Destination::List(list) => network.prefix_lists[list].clone(),
    }
}

fn class(route: &Route) -> u8 {
    match (&route.destination, route.propagated) {
        (Destination::Cidr(_), false) => 0,
        (Destination::List(_), false) => 1,
        (_, true) => 2,
    }
}
