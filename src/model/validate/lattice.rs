//! VPC Lattice: what a resource gateway and a resource configuration may be.

use super::{Check, Place};
use crate::model::{
    Model, ResourceConfiguration, ResourceGateway, ResourceGatewayId, VpcEndpointType, VpcId,
};
use crate::packet::AddressSet;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Checks them.
pub fn check(check: &mut Check<'_>) {
    let model = check.model;
    for (id, gateway) in &model.resource_gateways {
        same_vpc(check, gateway, &Place::item("resource_gateways", id));
    }
    for (id, configuration) in &model.resource_configurations {
        address(check, configuration, &Place::item("resource_configurations", id));
    }
    zones(check);
}

/// V46: the subnets and groups of a gateway are of its VPC (VPC Lattice API, `CreateResourceGateway`).
fn same_vpc(check: &mut Check<'_>, gateway: &ResourceGateway, place: &Place) {
    let model = check.model;
    let vpc = &gateway.vpc;
    let subnets = gateway.subnets.iter().enumerate();
    let subnets =
        subnets.filter_map(|(index, id)| Some(("subnets", index, id.as_str(), &model.subnets.get(id)?.vpc)));
    let groups = gateway
        .security_groups
        .iter()
        .enumerate()
        .filter_map(|(index, id)| {
            let own = &model.security_groups.get(id)?.vpc;
            Some(("security_groups", index, id.as_str(), own))
        });
    for (field, index, id, own) in subnets.chain(groups).filter(|(.., own)| *own != vpc) {
        let message = format!("{id} is in {own}, and the resource gateway in {vpc}");
        check.say(
            "MODEL_WRONG_VPC",
            &place.clone().field(field).index(index),
            message,
        );
    }
}

/// An address is of the gateway's VPC.
fn address(check: &mut Check<'_>, configuration: &ResourceConfiguration, place: &Place) {
    let model = check.model;
    let Some(address) = configuration
        .resource
        .as_deref()
        .and_then(|text| text.parse::<IpAddr>().ok())
    else {
        return;
    };
    let group = || {
        model
            .resource_configurations
            .get(configuration.group.as_ref()?)?
            .gateway
            .as_ref()
    };
    let gateway = configuration.gateway.as_ref().or_else(group);
    let vpc = gateway.and_then(|id| Some(&model.resource_gateways.get(id)?.vpc));
    let Some(vpc) = vpc.filter(|vpc| model.vpcs.contains_key(*vpc)) else {
        return;
    };
    if !AddressSet::one(address).is_subset(&cidrs(model, vpc)) {
        let message = format!("{address} is not in {vpc}, the VPC of its resource gateway");
        check.say(
            "MODEL_RESOURCE_ADDRESS",
            &place.clone().field("resource"),
            message,
        );
    }
}

fn cidrs(model: &Model, vpc: &VpcId) -> AddressSet {
    let vpc = model.vpcs.get(vpc).into_iter();
    AddressSet::from_cidrs(vpc.flat_map(|vpc| vpc.cidr.iter().map(|cidr| cidr.net())))
}

/// An endpoint in a zone in which the gateway has no interface.
fn zones(check: &mut Check<'_>) {
    let model = check.model;
    let zone = |subnet: &str| model.subnets.get(subnet).and_then(|subnet| subnet.az.as_deref());
    for (id, endpoint) in &model.vpc_endpoints {
        let named = endpoint.resource_configuration.as_ref();
        let gateway = named.and_then(|id| model.resource_configurations.get(id)?.gateway.as_ref());
        let described: Option<(&ResourceGatewayId, &ResourceGateway)> =
            gateway.and_then(|id| model.resource_gateways.get_key_value(id));
        let Some((name, gateway)) = described.filter(|_| endpoint.kind == VpcEndpointType::Resource) else {
            continue;
        };
        let own: BTreeSet<&str> = gateway
            .subnets
            .iter()
            .filter_map(|id| zone(id.as_str()))
            .collect();
        if own.is_empty() {
            continue;
        }
        for (index, subnet) in endpoint.subnets.iter().enumerate() {
            if let Some(az) = zone(subnet.as_str()).filter(|az| !own.contains(az)) {
                let place = Place::item("vpc_endpoints", id).field("subnets").index(index);
                let message = format!("{subnet} is in {az}, where {name} has no interface");
                check.say("MODEL_RESOURCE_ZONE", &place, message);
            }
        }
    }
}
