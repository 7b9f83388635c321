//! Routes that lead back another way than there, and VPCs that have addresses in common.

use super::{Odd, element};
use crate::model::{Model, Place, RouteTableId, Subnet, SubnetId, VpcId};
use crate::network::{Entry, Routes};
use crate::packet::AddressSet;
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};

/// Pairs of VPCs that have addresses in common.
pub fn overlapping(model: &Model) -> Vec<Odd> {
    let cidrs = |id: &VpcId| {
        let vpc = model.vpcs.get(id).into_iter();
        AddressSet::from_cidrs(vpc.flat_map(|vpc| vpc.cidr.iter().map(|cidr| cidr.net())))
    };
    let vpcs: Vec<(&VpcId, AddressSet)> = model.vpcs.keys().map(|id| (id, cidrs(id))).collect();
    let mut odd = Vec::new();
    for (place, (one, addresses)) in vpcs.iter().enumerate() {
        for (other, others) in &vpcs[place + 1..] {
            let common = addresses.intersect(others);
            if common.is_empty() {
                continue;
            }
            let common: Vec<String> = common.to_cidrs().iter().map(IpNet::to_string).collect();
            odd.push(Odd {
                subjects: vec![one.to_string(), other.to_string()],
                place: Place::item("vpcs", *other).field("cidr"),
                message: format!("{one} and {other} both have {}", common.join(", ")),
                details: Vec::new(),
            });
        }
    }
    odd
}

/// A subnet with its routes.
struct Routed<'m> {
    id: &'m SubnetId,
    subnet: &'m Subnet,
    table: &'m RouteTableId,
    routes: &'m Routes,
}

/// Routes to another VPC through a connection whose other side leads back through another one, or nowhere.
pub fn asymmetric(model: &Model) -> Vec<Odd> {
    let tables = model.route_tables.iter();
    let routes: BTreeMap<&RouteTableId, Routes> = tables
        .map(|(id, table)| (id, Routes::in_table(table, model)))
        .collect();
    let routed = |(id, subnet): (_, _)| {
        let table = model.table_of(subnet)?.0;
        let routes = routes.get(table)?;
        Some(Routed {
            id,
            subnet,
            table,
            routes,
        })
    };
    let subnets: Vec<Routed<'_>> = model.subnets.iter().filter_map(routed).collect();
    let (mut odd, mut told) = (Vec::new(), BTreeSet::new());
    for from in &subnets {
        for to in subnets.iter().filter(|to| to.subnet.vpc != from.subnet.vpc) {
            let Some((entry, back)) = mismatch(model, from, to) else {
                continue;
            };
            let pair = (from.table.min(to.table), from.table.max(to.table));
            if !told.insert((pair, entry.targets.clone())) {
                continue;
            }
            odd.push(odd_route(from, to, entry, back));
        }
    }
    odd
}

/// The route there, and the one back where it leads through something else.
fn mismatch<'m>(model: &Model, from: &Routed<'m>, to: &Routed<'m>) -> Option<(&'m Entry, Option<&'m Entry>)> {
    let there = best(from.routes, to.subnet)?;
    let [through] = there.targets.as_slice() else {
        return None;
    };
    let peering = model.peering_connections.get(through.as_str()).filter(|peering| {
        let ends = [&peering.requester, &peering.accepter];
        ends.contains(&&from.subnet.vpc) && ends.contains(&&to.subnet.vpc)
    });
    let transit = model.transit_gateways.contains_key(through.as_str());
    if peering.is_none() && !transit {
        return None;
    }
    match best(to.routes, from.subnet) {
        Some(back) if transit && joined(model, there, back) => None,
        Some(back) if back.targets != there.targets && !is_local(back) => Some((there, Some(back))),
        // A wide route to a transit gateway is no sign that somebody should answer; one to a peering is.
        None if peering.is_some() => Some((there, None)),
        _ => None,
    }
}

/// Whether the transit gateways of two routes are peered, each with the next: then each side has its own.
fn joined(model: &Model, there: &Entry, back: &Entry) -> bool {
    let mut reached: BTreeSet<&str> = there.targets.iter().map(|target| target.as_str()).collect();
    loop {
        let before = reached.len();
        for attachment in model.transit_gateway_attachments.values() {
            let Some(peer) = &attachment.peer else { continue };
            let ends = [attachment.transit_gateway.as_str(), peer.as_str()];
            if ends.iter().any(|end| reached.contains(end)) {
                reached.extend(ends);
            }
        }
        if reached.len() == before {
            return back
                .targets
                .iter()
                .all(|target| reached.contains(target.as_str()));
        }
    }
}

fn is_local(entry: &Entry) -> bool {
    entry.targets.iter().all(|target| target.as_str() == "local")
}

/// The entry that wins for all of a subnet's first CIDR.
fn best<'m>(routes: &'m Routes, subnet: &Subnet) -> Option<&'m Entry> {
    let cidr = subnet.cidr.iter().next()?.net();
    routes.entries().iter().find(|entry| entry.cidr.contains(&cidr))
}

fn odd_route(from: &Routed<'_>, to: &Routed<'_>, there: &Entry, back: Option<&Entry>) -> Odd {
    let names = |entry: &Entry| {
        let names: Vec<&str> = entry.targets.iter().map(|target| target.as_str()).collect();
        names.join(", ")
    };
    let back = match back {
        Some(back) => format!("{} leads back through {}", to.table, names(back)),
        None => format!("{} has no route back", to.table),
    };
    let index = there.routes.first().copied().unwrap_or_default();
    Odd {
        subjects: vec![from.table.to_string(), to.table.to_string()],
        place: element("route_tables", from.table.as_str(), "routes", index),
        message: format!(
            "{} leads from {} to {} through {}, and {back}",
            from.table,
            from.id,
            to.id,
            names(there)
        ),
        details: Vec::new(),
    }
}
