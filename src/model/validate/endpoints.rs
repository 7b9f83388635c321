//! VPC endpoints, and what leads on premises: rules V37 and V47 of the reference.

use super::{Check, Place};
use crate::model::{Model, RouteTableId, VpcEndpointType, VpcId};
use crate::packet::AddressSet;
use std::collections::BTreeMap;

/// Checks them.
pub fn check(check: &mut Check<'_>) {
    gateway_endpoints(check);
    inspections(check);
    direct_connect(check);
}

/// V37: a gateway endpoint is of use in route tables, and one of a service in each.
fn gateway_endpoints(check: &mut Check<'_>) {
    let model = check.model;
    let gateways = model
        .vpc_endpoints
        .iter()
        .filter(|(_, endpoint)| endpoint.kind == VpcEndpointType::Gateway);
    let mut first: BTreeMap<(&RouteTableId, &str), Place> = BTreeMap::new();
    for (id, endpoint) in gateways {
        let place = Place::item("vpc_endpoints", id);
        let written = model.route_tables.values().flat_map(|table| table.routes.iter());
        let mut leading = written.filter(|route| route.target.as_str() == id.as_str());
        if endpoint.route_tables.is_empty() && leading.next().is_none() {
            let message = format!("no route table leads to {id}");
            check.say("MODEL_ENDPOINT_UNROUTED", &place, message);
        }
        let Some(service) = endpoint.service.as_deref() else {
            continue;
        };
        for table in endpoint.route_tables.iter() {
            if let Some(other) = first.insert((table, service), place.clone()) {
                let message = format!("{table} has an endpoint for {service} already");
                check.both("MODEL_ENDPOINT_TWICE", &place, message, &other, "this one");
            }
        }
    }
}

/// V37: a Gateway Load Balancer endpoint stands in one subnet.
fn inspections(check: &mut Check<'_>) {
    let model = check.model;
    for (id, endpoint) in &model.vpc_endpoints {
        if endpoint.kind != VpcEndpointType::GatewayLoadBalancer {
            continue;
        }
        let place = Place::item("vpc_endpoints", id);
        if endpoint.subnets.iter().count() > 1 {
            let message = format!("{id} is in several subnets, and such an endpoint is in one");
            check.say("MODEL_ENDPOINT_SUBNETS", &place.clone().field("subnets"), message);
        }
    }
}

fn cidrs(model: &Model, vpc: &VpcId) -> AddressSet {
    let vpc = model.vpcs.get(vpc).into_iter();
    AddressSet::from_cidrs(vpc.flat_map(|vpc| vpc.cidr.iter().map(|cidr| cidr.net())))
}

/// V47: the VPCs behind a Direct Connect gateway do not overlap, and each is announced by an allowed prefix as wide as it.
fn direct_connect(check: &mut Check<'_>) {
    let model = check.model;
    for (id, direct) in &model.direct_connect_gateways {
        let mut before: Vec<(&VpcId, AddressSet)> = Vec::new();
        for (index, association) in direct.associations.iter().enumerate() {
            let gateway = model.vpn_gateways.get(association.gateway.as_str());
            let Some(vpc) = gateway.and_then(|gateway| gateway.vpc.as_ref()) else {
                continue;
            };
            let place = Place::item("direct_connect_gateways", id)
                .field("associations")
                .index(index);
            let own = cidrs(model, vpc);
            let overlapping = before.iter().find(|(_, other)| other.overlaps(&own));
            if let Some((other, _)) = overlapping {
                let message = format!("{vpc} has addresses of {other}, which is behind {id} too");
                check.say(
                    "MODEL_DIRECT_CONNECT_OVERLAP",
                    &place.clone().key("gateway"),
                    message,
                );
            }
            before.push((vpc, own));
            let allowed = || association.allowed_prefixes.iter();
            let held = |cidr: &crate::model::Cidr| allowed().any(|wide| wide.net().contains(&cidr.net()));
            let all = model.vpcs.get(vpc).into_iter().flat_map(|vpc| vpc.cidr.iter());
            let mut withheld = all.filter(|cidr| !held(cidr));
            if let (true, Some(cidr)) = (allowed().next().is_some(), withheld.next()) {
                let message = format!(
                    "{} of {vpc} is not announced: no allowed prefix is as wide",
                    cidr.net()
                );
                let place = place.field("allowed_prefixes");
                check.say("MODEL_DIRECT_CONNECT_ALLOWED", &place, message);
            }
        }
    }
}
