//! Which route of a table takes a packet (VPC guide, "Route tables" and "Route priority").

use std::cmp::Reverse;
use std::net::IpAddr;

use ipnet::IpNet;

use super::edges::S3;
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
    let mut found: Vec<(u8, u8, Choice)> = candidates.into_iter().map(Candidate::choice).collect();
    found.extend(implied(network, vpc, table, destination));
    // There is no second best: a blackhole that wins drops the packet.
    let best = found
        .into_iter()
        .max_by_key(|(prefix_length, class, _)| (*prefix_length, Reverse(*class)));
    best.map_or(Choice::NoRoute, |(.., choice)| choice)
}

/// The routes that AWS puts into a table: those that a virtual private gateway propagates (VPN guide, "Route propagation"),
/// and those of gateway endpoints, which are routes for a prefix list (PrivateLink guide, "Gateway endpoints").
fn implied(
    network: &Network,
    vpc: &str,
    table: Option<&RouteTable>,
    destination: IpAddr,
) -> Vec<(u8, u8, Choice)> {
    let Some(table) = table else { return Vec::new() };
    let mut found = Vec::new();
    let gateway = network.vpn_gateways.iter().find(|(_, of)| *of == vpc);
    if let Some((gateway, _)) = gateway.filter(|_| table.learns && !network.vpcs[vpc].contains(destination)) {
        let routes = network
            .lines_of(gateway)
            .flat_map(|(_, line)| line.routes.iter().filter(|cidr| line.carries(cidr.addr())));
        let fitting = routes.filter(|cidr| cidr.contains(&destination));
        let target = || Choice::Via(Target::VpnGateway(gateway.clone()));
        found.extend(fitting.map(|cidr| (cidr.prefix_len(), 2, target())));
    }
    let of_table = |tables: &[String]| {
        tables
            .iter()
            .any(|id| network.tables.get(id).is_some_and(|one| std::ptr::eq(one, table)))
    };
    let endpoints = network.gateway_endpoints.iter();
    let serving = endpoints.filter(|(_, one)| of_table(&one.tables) && network.is_s3(destination));
    let length = S3.parse::<IpNet>().map_or(0, |cidr| cidr.prefix_len());
    found.extend(serving.map(|(id, _)| (length, 1, Choice::Via(Target::Service(id.clone())))));
    found
}

impl Candidate<'_> {
    fn choice(self) -> (u8, u8, Choice) {
        let choice = match self.route {
            None => Choice::Via(Target::Local),
            Some(route) if route.blackhole => Choice::Blackhole,
            Some(route) => Choice::Via(route.target.clone()),
        };
        (self.prefix_length, self.class, choice)
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
