//! What a folder does not hold and an answer would need: a note for each call that was not collected.
//!
//! The calls that every network has something to say to are missed whenever they are not there; the others where something that
//! was collected names what they tell. A call whose answer is there and does not hold a thing is not missed: the thing is gone,
//! or another account's or Region's.

use super::Import;
use super::collect::{Dump, KEYS};
use super::script::{CALLS, EXPECTED};
use crate::model::{Model, Peer};
use std::collections::{BTreeMap, BTreeSet};

/// How the ids of a kind begin, the key of the call that tells of them, and the call. Of two that fit the first is meant.
const BY_PREFIX: [(&str, &str, &str); 9] = [
    (
        "tgw-attach-",
        "TransitGatewayAttachments",
        "ec2 describe-transit-gateway-attachments",
    ),
    (
        "tgw-rtb-",
        "TransitGatewayRouteTables",
        "ec2 describe-transit-gateway-route-tables",
    ),
    ("tgw-", "TransitGateways", "ec2 describe-transit-gateways"),
    ("vgw-", "VpnGateways", "ec2 describe-vpn-gateways"),
    ("vpce-", "VpcEndpoints", "ec2 describe-vpc-endpoints"),
    ("lgw-", "LocalGateways", "ec2 describe-local-gateways"),
    ("cagw-", "CarrierGateways", "ec2 describe-carrier-gateways"),
    ("vpn-", "VpnConnections", "ec2 describe-vpn-connections"),
    // What is there without its prefixes is as good as not collected.
    ("pl-", "", "ec2 get-managed-prefix-list-entries"),
];

/// Says what was not collected.
pub fn tell(dump: &Dump, import: &mut Import) {
    let expected = KEYS.iter().zip(CALLS).take(EXPECTED);
    let missing: Vec<&str> = expected
        .filter(|(key, _)| !dump.seen.contains(**key))
        .map(|(_, call)| call)
        .collect();
    if !missing.is_empty() {
        import.note(format!("not collected: {}", missing.join(", ")));
    }
    for (call, ids) in named(dump, &import.model) {
        let shown: Vec<&str> = ids.iter().take(3).map(String::as_str).collect();
        let more = match ids.len().saturating_sub(shown.len()) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        import.note(format!(
            "not collected: {call}, which tells of {}{more}",
            shown.join(", ")
        ));
    }
}

/// The calls that tell of what is named and not described, each with the ids.
fn named(dump: &Dump, model: &Model) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut calls: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for id in references(model).into_iter().filter(|id| !model.contains(id)) {
        let of = BY_PREFIX.iter().find(|(prefix, ..)| id.starts_with(prefix));
        if let Some((.., call)) = of.filter(|(_, key, _)| !dump.seen.contains(*key)) {
            calls.entry(call).or_default().insert(id.to_owned());
        }
    }
    let mut one = |call, id: &str| calls.entry(call).or_default().extend([id.to_owned()]);
    for table in model.transit_gateway_route_tables.keys().map(|id| id.as_str()) {
        let fixed = dump.transit_static_routes.iter().map(|found| &found.item);
        let mut fixed = fixed.map(|one| one.transit_gateway_route_table_id.as_str());
        if !dump.transit_routes.contains_key(table) && fixed.all(|one| one != table) {
            one("ec2 search-transit-gateway-routes", table);
        }
    }
    for (id, eni) in &model.enis {
        let description = eni.description.as_deref().unwrap_or_default();
        let modern = ["ELB app/", "ELB net/", "ELB gwy/"];
        if modern.iter().any(|start| description.starts_with(start)) {
            if !dump.seen.contains("LoadBalancers") {
                one("elbv2 describe-load-balancers", id.as_str());
            }
        } else if description.starts_with("ELB ") && !dump.seen.contains("LoadBalancerDescriptions") {
            one("elb describe-load-balancers", id.as_str());
        }
        if description == "RDSNetworkInterface" && !dump.seen.contains("DBInstances") {
            one("rds describe-db-instances", id.as_str());
        }
    }
    lattice(model, &mut one);
    balancing(dump, &mut one);
    calls
}

/// What is missing of what endpoints of VPC Lattice lead to: a list of configurations tells neither ports nor resources.
fn lattice(model: &Model, one: &mut impl FnMut(&'static str, &str)) {
    for endpoint in model.vpc_endpoints.values() {
        if let Some(id) = &endpoint.resource_configuration
            && !model.resource_configurations.contains_key(id)
        {
            one("vpc-lattice get-resource-configuration", id.as_str());
        }
        if let Some(id) = &endpoint.service_network
            && !model.service_networks.contains_key(id)
        {
            one("vpc-lattice list-service-networks", id.as_str());
        }
    }
    let groups = model.resource_configurations.values();
    let groups: BTreeSet<&str> = groups
        .filter_map(|one| Some(one.group.as_ref()?.as_str()))
        .collect();
    for (id, configuration) in &model.resource_configurations {
        if configuration.resource.is_none() && !groups.contains(id.as_str()) {
            one("vpc-lattice get-resource-configuration", id.as_str());
        }
        let gateway = configuration.gateway.as_ref();
        if let Some(gateway) = gateway.filter(|gateway| !model.resource_gateways.contains_key(*gateway)) {
            one("vpc-lattice list-resource-gateways", gateway.as_str());
        }
    }
}

/// What is missing of load balancers that are there.
fn balancing(dump: &Dump, one: &mut impl FnMut(&'static str, &str)) {
    let described = dump
        .balancers
        .iter()
        .map(|found| found.item.load_balancer_arn.as_str());
    if !["Listeners", "LoadBalancerListeners"]
        .iter()
        .any(|key| dump.seen.contains(*key))
    {
        described.for_each(|arn| one("elbv2 describe-listeners", arn));
    }
    for group in dump.target_groups.iter().map(|found| &found.item) {
        let arn = group.target_group_arn.as_str();
        let mut listed = dump
            .balancer_health
            .iter()
            .map(|found| found.item.target_group_arn.as_str());
        let mut called = dump.health.iter().map(|(whose, _)| whose);
        let told = listed.any(|one| one == arn) || called.any(|whose| whose.is(arn) || whose.is_nobody());
        if !told {
            one("elbv2 describe-target-health", arn);
        }
    }
}

/// What routes, rules and attachments name.
fn references(model: &Model) -> BTreeSet<&str> {
    let mut all: BTreeSet<&str> = BTreeSet::new();
    for table in model.route_tables.values() {
        for route in &table.routes {
            all.insert(route.target.as_str());
            all.extend(resource(&route.destination));
        }
    }
    for group in model.security_groups.values() {
        let rules = group.ingress.iter().chain(group.egress.iter().flatten());
        all.extend(
            rules
                .flat_map(|rule| rule.source.iter().chain(rule.destination.iter()))
                .filter_map(resource),
        );
    }
    for attachment in model.transit_gateway_attachments.values() {
        all.insert(attachment.transit_gateway.as_str());
        all.extend(attachment.resource.as_ref().map(|id| id.as_str()));
        all.extend(attachment.route_table.as_ref().map(|id| id.as_str()));
    }
    all
}

fn resource(peer: &Peer) -> Option<&str> {
    match peer {
        Peer::Resource(id) => Some(id.as_str()),
        _ => None,
    }
}
