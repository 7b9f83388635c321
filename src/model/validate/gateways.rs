//! Gateways and peerings: rules V19, V20, V32, V33 and V44 of the reference.

use super::{Check, Place};
use crate::model::{NatConnectivity, NatGateway, Peer, RouteTableId, SubnetId, VpcId};
use crate::packet::AddressSet;
use std::collections::BTreeMap;

/// Checks them.
pub fn check(check: &mut Check<'_>) {
    one_a_vpc(check);
    peerings(check);
    nat_gateways(check);
    public_addresses(check);
}

/// V19.
fn one_a_vpc(check: &mut Check<'_>) {
    let igws = check.model.internet_gateways.iter();
    let igws = igws.map(|(id, gateway)| (Place::item("internet_gateways", id), gateway.vpc.as_ref()));
    let eigws = check.model.egress_only_internet_gateways.iter();
    let eigws = eigws.map(|(id, gateway)| {
        (
            Place::item("egress_only_internet_gateways", id),
            gateway.vpc.as_ref(),
        )
    });
    let vgws = check.model.vpn_gateways.iter();
    let vgws = vgws.map(|(id, gateway)| (Place::item("vpn_gateways", id), gateway.vpc.as_ref()));
    let cagws = check.model.carrier_gateways.iter();
    let cagws = cagws.map(|(id, gateway)| (Place::item("carrier_gateways", id), gateway.vpc.as_ref()));
    let mut first: BTreeMap<(&str, &VpcId), Place> = BTreeMap::new();
    for (place, vpc) in igws.chain(eigws).chain(vgws).chain(cagws) {
        let Some(vpc) = vpc else { continue };
        if let Some(other) = first.insert((place.section, vpc), place.clone()) {
            check.both(
                "MODEL_GATEWAY_TWICE",
                &place,
                format!("{vpc} has such a gateway already"),
                &other,
                "this one",
            );
        }
    }
}

/// V20.
fn peerings(check: &mut Check<'_>) {
    let mut pairs: BTreeMap<[&VpcId; 2], Place> = BTreeMap::new();
    for (id, peering) in &check.model.peering_connections {
        let place = Place::item("peering_connections", id);
        let mut pair = [&peering.requester, &peering.accepter];
        pair.sort();
        if pair[0] == pair[1] {
            check.say(
                "MODEL_PEERING_PAIR",
                &place,
                format!("{} is peered with itself", pair[0]),
            );
            continue;
        }
        if let Some(first) = pairs.insert(pair, place.clone()) {
            let message = format!("{} and {} are peered already", pair[0], pair[1]);
            check.both("MODEL_PEERING_PAIR", &place, message, &first, "by this one");
        }
        let cidrs = |vpc: &VpcId| {
            let vpc = check.model.vpcs.get(vpc);
            AddressSet::from_cidrs(
                vpc.into_iter()
                    .flat_map(|vpc| vpc.cidr.iter().map(|cidr| cidr.net())),
            )
        };
        let common = cidrs(pair[0]).intersect(&cidrs(pair[1]));
        if let Some(cidr) = common.to_cidrs().first() {
            let message = format!("{} and {} both have {cidr}", pair[0], pair[1]);
            check.say("MODEL_PEERING_OVERLAP", &place, message);
        }
    }
}

/// V32, V33.
fn nat_gateways(check: &mut Check<'_>) {
    for (id, nat) in &check.model.nat_gateways {
        let place = Place::item("nat_gateways", id);
        let elastic = check
            .model
            .elastic_ips
            .values()
            .any(|ip| ip.nat_gateway.as_ref() == Some(id));
        let public = !nat.public_ip.is_empty() || elastic;
        match (nat.connectivity, public) {
            (NatConnectivity::Public, false) => {
                let hint = "give it `public_ip`, or `connectivity: private`";
                check.hint(
                    "MODEL_NAT_ADDRESS",
                    &place,
                    format!("{id} is public and has no public address"),
                    hint,
                );
            }
            (NatConnectivity::Private, true) => {
                check.say(
                    "MODEL_NAT_ADDRESS",
                    &place,
                    format!("{id} is private and has a public address"),
                );
            }
            _ => {}
        }
        zonal(check, nat, &place);
    }
}

fn zonal(check: &mut Check<'_>, nat: &NatGateway, place: &Place) {
    let Some((id, subnet)) = nat
        .subnet
        .as_ref()
        .and_then(|id| Some((id, check.model.subnets.get(id)?)))
    else {
        return;
    };
    for ip in nat.ip.iter().filter(|ip| !subnet.contains((**ip).into())) {
        let message = format!("{ip} is not in {id}");
        check.say(
            "MODEL_ADDRESS_OUTSIDE_SUBNET",
            &place.clone().field("ip"),
            message,
        );
    }
    if nat.connectivity == NatConnectivity::Public && !has_way_out(check, id) {
        let message = format!("the route table of {id} leads to no internet gateway");
        check.say("MODEL_NAT_WITHOUT_IGW", &place.clone().field("subnet"), message);
    }
}

/// Whether a subnet's route table leads to an internet gateway, or to something that may know one.
pub(super) fn has_way_out(check: &Check<'_>, subnet: &SubnetId) -> bool {
    let model = check.model;
    let Some(subnet) = model.subnets.get(subnet) else {
        return true;
    };
    let main = model
        .route_tables
        .iter()
        .find(|(_, table)| table.main && table.vpc == subnet.vpc)
        .map(|(id, _)| id);
    let Some(table) = subnet.route_table.as_ref().or(main) else {
        return false;
    };
    routes_out(check, table)
}

fn routes_out(check: &Check<'_>, table: &RouteTableId) -> bool {
    let Some(table) = check.model.route_tables.get(table) else {
        return true;
    };
    table.routes.iter().any(|route| {
        let id = route.target.as_str();
        let inside = matches!(&route.destination, Peer::Cidr(cidr) if cidr.0.prefix_len() > 24);
        let peering = check.model.peering_connections.contains_key(id);
        let nat = check.model.nat_gateways.contains_key(id);
        id != "local" && !inside && !peering && !nat
    })
}

/// V44.
fn public_addresses(check: &mut Check<'_>) {
    for (id, eni) in &check.model.enis {
        if eni.public_ip.is_some() && eni.interface_type.is_none() && !has_way_out(check, &eni.subnet) {
            let message = format!(
                "{id} has a public address, and the route table of {} leads to no internet gateway",
                eni.subnet
            );
            check.say(
                "MODEL_PUBLIC_IP_UNROUTED",
                &Place::item("enis", id).field("public_ip"),
                message,
            );
        }
    }
}
