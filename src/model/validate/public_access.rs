//! VPC Block Public Access: rule V45 of the reference.

use super::{Check, Place};
use crate::model::{
    BlockPublicAccess, BlockPublicAccessMode, ExclusionMode, Subnet, SubnetId, VpcEndpointType,
};
use std::collections::BTreeSet;

/// Checks it.
pub fn check(check: &mut Check<'_>) {
    let model = check.model;
    for (id, setting) in &model.block_public_access {
        if setting.mode == BlockPublicAccessMode::Off {
            continue;
        }
        let place = Place::item("block_public_access", id).field("mode");
        let vpcs = model.vpcs.iter().filter(|(_, vpc)| setting.governs(vpc));
        let governed: BTreeSet<&str> = vpcs.map(|(id, _)| id.as_str()).collect();
        let subnets = model.subnets.iter();
        for (id, subnet) in subnets.filter(|(_, subnet)| governed.contains(subnet.vpc.as_str())) {
            if let Some(gateway) = blocked(check, setting, (id, subnet)) {
                let message = format!(
                    "{} stops what {id} has with the internet through {gateway}, which its route table leads to",
                    setting.mode.as_str()
                );
                check.say("MODEL_PUBLIC_ACCESS_BLOCKED", &place, message);
            }
        }
        endpoints(check, &governed, &place);
    }
}

/// The internet gateway that the hosts of a subnet use by their public addresses, where all of that is stopped.
fn blocked<'m>(
    check: &Check<'m>,
    setting: &BlockPublicAccess,
    (id, subnet): (&SubnetId, &Subnet),
) -> Option<&'m str> {
    let model = check.model;
    let exclusion = model.public_access_exclusion(id, &subnet.vpc);
    let passes = match exclusion {
        Some(ExclusionMode::AllowBidirectional) => true,
        Some(ExclusionMode::AllowEgress) => setting.mode == BlockPublicAccessMode::BlockBidirectional,
        None => false,
    };
    let mut enis = check.tenants.of_subnet(id.as_str()).iter();
    if passes || !enis.any(|(_, eni)| eni.public_ip.is_some() && eni.interface_type.is_none()) {
        return None;
    }
    let (_, table) = model.table_of(subnet)?;
    let mut targets = table.routes.iter().map(|route| route.target.as_str());
    targets.find(|target| model.internet_gateways.contains_key(*target))
}

/// Endpoints that inspect hand to an internet gateway nothing that gets past it, whatever is excluded (VPC guide, "VPC Block Public
/// Access basics"; two versions of the page disagree on the subnets of Gateway Load Balancer endpoints).
fn endpoints(check: &mut Check<'_>, governed: &BTreeSet<&str>, place: &Place) {
    let model = check.model;
    let firewalls = model.network_firewalls.values();
    let firewalls = firewalls
        .filter(|firewall| {
            firewall
                .vpc
                .as_ref()
                .is_some_and(|vpc| governed.contains(vpc.as_str()))
        })
        .flat_map(|firewall| firewall.endpoints.keys().map(|id| id.as_str()));
    let balancers = model.vpc_endpoints.iter();
    let balancers = balancers
        .filter(|(_, one)| one.kind == VpcEndpointType::GatewayLoadBalancer)
        .filter(|(_, one)| governed.contains(one.vpc.as_str()))
        .map(|(id, _)| id.as_str());
    let with_gateway = |id: &&str| {
        let mut edges = model.route_tables.values().filter(|table| {
            let mut gateways = table.gateway.iter();
            gateways.any(|one| model.internet_gateways.contains_key(one.as_str()))
        });
        edges.any(|table| table.routes.iter().any(|route| route.target.as_str() == *id))
    };
    let used: Vec<&str> = firewalls.chain(balancers).filter(with_gateway).collect();
    for id in used {
        let message = format!("what {id} hands to the internet gateway is stopped");
        check.say("MODEL_PUBLIC_ACCESS_BLOCKED", place, message);
    }
}
