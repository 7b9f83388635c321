//! Endpoints through which route tables lead packets to be inspected, of Network Firewalls and of Gateway Load Balancers: rule V38
//! of the reference.

use super::{Check, Place};
use crate::model::{Peer, RouteTable, RouteTableId, Subnet, SubnetId, VpcEndpointType};
use ipnet::IpNet;
use std::collections::BTreeMap;

/// The endpoints, and the subnet of each.
type Endpoints<'m> = BTreeMap<&'m str, &'m SubnetId>;

/// Checks them.
pub fn check(check: &mut Check<'_>) {
    let endpoints = endpoints(check);
    neighbours(check, &endpoints);
    edges(check, &endpoints);
    between_subnets(check, &endpoints);
    behind_vpn_gateways(check, &endpoints);
}

fn endpoints<'m>(check: &Check<'m>) -> Endpoints<'m> {
    let firewalls = check.model.network_firewalls.values();
    let of_firewalls = firewalls.flat_map(|firewall| &firewall.endpoints);
    let of_firewalls = of_firewalls.map(|(id, one)| (id.as_str(), &one.subnet));
    let balancers = check.model.vpc_endpoints.iter();
    let of_balancers = balancers
        .filter(|(_, endpoint)| endpoint.kind == VpcEndpointType::GatewayLoadBalancer)
        .filter_map(|(id, endpoint)| Some((id.as_str(), endpoint.subnets.iter().next()?)));
    of_firewalls.chain(of_balancers).collect()
}

/// What stands beside an endpoint is not inspected.
fn neighbours(check: &mut Check<'_>, endpoints: &Endpoints<'_>) {
    for (endpoint, subnet) in endpoints {
        let mut enis = check.tenants.of_subnet(subnet.as_str()).iter();
        let beside = enis.find(|(_, eni)| eni.instance.is_some());
        let Some((eni, _)) = beside else { continue };
        let message = format!("{eni} is in {subnet}, the subnet of {endpoint}");
        let hint =
            "what stands beside an endpoint cannot be led through it: give the endpoint a subnet of its own";
        check.hint(
            "MODEL_ENDPOINT_NEIGHBOUR",
            &place_of(check, endpoint),
            message,
            hint,
        );
    }
}

fn place_of(check: &Check<'_>, endpoint: &str) -> Place {
    let mut firewalls = check.model.network_firewalls.iter();
    match firewalls.find(|(_, firewall)| firewall.endpoints.contains_key(endpoint)) {
        Some((id, _)) => Place::item("network_firewalls", id).field("endpoints"),
        None => Place::item("vpc_endpoints", endpoint),
    }
}

/// A subnet that goes out through an endpoint and an internet gateway behind it needs the gateway's edge table to lead its
/// replies the same way.
fn edges<'m>(check: &mut Check<'m>, endpoints: &Endpoints<'m>) {
    let model = check.model;
    for (id, subnet) in &model.subnets {
        let Some((table, index, endpoint)) = way_out(check, id, endpoints) else {
            continue;
        };
        let Some(gateway) = behind(check, endpoints, endpoint) else {
            continue;
        };
        let mut enis = check.tenants.of_subnet(id.as_str()).iter();
        let edge = model.route_tables.values().any(|table| {
            let own = table.gateway.iter().any(|one| one.as_str() == gateway);
            own && table.routes.iter().any(|route| route.target.as_str() == endpoint)
        });
        if !edge && enis.any(|(_, eni)| eni.public_ip.is_some()) {
            let message = format!(
                "{id} goes out through {endpoint}, and no edge table of {gateway} leads what comes back for {} through it",
                cidr(subnet)
            );
            let place = Place::item("route_tables", table).field("routes").index(index);
            check.say("MODEL_ENDPOINT_ONE_WAY", &place.key("target"), message);
        }
    }
}

fn cidr(subnet: &Subnet) -> String {
    let first = subnet.cidr.iter().next();
    first.map_or_else(|| subnet.vpc.to_string(), |cidr| cidr.net().to_string())
}

/// The default route of a subnet, where it leads to an endpoint.
fn way_out<'m>(
    check: &Check<'m>,
    id: &SubnetId,
    endpoints: &Endpoints<'m>,
) -> Option<(&'m RouteTableId, usize, &'m str)> {
    let (table_id, table) = table_of(check, id)?;
    let (index, route) = table
        .routes
        .iter()
        .enumerate()
        .find(|(_, route)| matches!(&route.destination, Peer::Cidr(cidr) if cidr.0.prefix_len() == 0))?;
    let (endpoint, _) = endpoints.get_key_value(route.target.as_str())?;
    Some((table_id, index, endpoint))
}

fn table_of<'m>(check: &Check<'m>, id: &SubnetId) -> Option<(&'m RouteTableId, &'m RouteTable)> {
    check.model.table_of(check.model.subnets.get(id)?)
}

/// The internet gateway to which the subnet of an endpoint leads.
fn behind<'m>(check: &Check<'m>, endpoints: &Endpoints<'m>, endpoint: &str) -> Option<&'m str> {
    let (_, table) = table_of(check, endpoints.get(endpoint)?)?;
    let mut targets = table.routes.iter().map(|route| route.target.as_str());
    targets.find(|target| check.model.internet_gateways.contains_key(*target))
}

/// A subnet that leads what is for another subnet through an endpoint needs that one to do the same.
fn between_subnets(check: &mut Check<'_>, endpoints: &Endpoints<'_>) {
    let model = check.model;
    for (id, subnet) in &model.subnets {
        let Some((table_id, table)) = table_of(check, id) else {
            continue;
        };
        for (index, route) in table.routes.iter().enumerate() {
            let Peer::Cidr(destination) = &route.destination else {
                continue;
            };
            let endpoint = route.target.as_str();
            if !endpoints.contains_key(endpoint) {
                continue;
            }
            let inside = |other: &Subnet| {
                other.vpc == subnet.vpc
                    && other
                        .cidr
                        .iter()
                        .any(|cidr| destination.net().contains(&cidr.net()))
            };
            let mut others = model
                .subnets
                .iter()
                .filter(|(other, one)| *other != id && inside(one));
            let astray = others.find(|(other, _)| {
                let inhabited = !check.tenants.of_subnet(other.as_str()).is_empty();
                let own = endpoints.values().any(|subnet| subnet == other);
                inhabited && !own && !leads_back(check, other, subnet, endpoint)
            });
            if let Some((other, _)) = astray.filter(|_| destination.net().prefix_len() > 0) {
                let message = format!(
                    "{id} leads what is for {other} through {endpoint}, and {other} does not lead what is for {} back through it",
                    cidr(subnet)
                );
                let place = Place::item("route_tables", table_id).field("routes").index(index);
                check.say("MODEL_ENDPOINT_ONE_WAY", &place.key("target"), message);
            }
        }
    }
}

/// Whether the longest route of a subnet for another one leads to this endpoint.
fn leads_back(check: &Check<'_>, from: &SubnetId, to: &Subnet, endpoint: &str) -> bool {
    let Some((_, table)) = table_of(check, from) else {
        return false;
    };
    to.cidr.iter().all(|cidr| {
        let wide = |net: IpNet| net.contains(&cidr.net());
        let routes = table.routes.iter().filter_map(|route| match &route.destination {
            Peer::Cidr(net) if wide(net.net()) => Some((net.net().prefix_len(), route.target.as_str())),
            _ => None,
        });
        routes.max().is_some_and(|(_, target)| target == endpoint)
    })
}

/// What a virtual private gateway's edge table leads into an endpoint is lost.
fn behind_vpn_gateways(check: &mut Check<'_>, endpoints: &Endpoints<'_>) {
    let model = check.model;
    for (id, table) in &model.route_tables {
        let mut gateways = table.gateway.iter();
        if !gateways.any(|gateway| model.vpn_gateways.contains_key(gateway.as_str())) {
            continue;
        }
        for (index, route) in table.routes.iter().enumerate() {
            if endpoints.contains_key(route.target.as_str()) {
                let place = Place::item("route_tables", id).field("routes").index(index);
                let message = format!("what comes from on premises for {} is lost", route.target);
                check.say("MODEL_EDGE_ENDPOINT", &place.key("target"), message);
            }
        }
    }
}
