//! VPC Lattice, as far as endpoints lead to it: resource gateways, resource configurations and service networks.

use super::filters::GROUP;
use super::places::{SUBNET, VPC};
use super::view::View;
use super::{Build, links, named};
use crate::model::{LatticeState, OneOrMany, Ports, ResourceConfiguration, ResourceGateway, ServiceNetwork};
use crate::packet::{PortSet, parse_ports};

const GATEWAY: &[&str] = &["aws_vpclattice_resource_gateway"];
/// What an endpoint leads to.
pub const CONFIGURATION: &[&str] = &["aws_vpclattice_resource_configuration"];
/// What an endpoint leads to.
pub const NETWORK: &[&str] = &["aws_vpclattice_service_network"];
const DATABASE: &[&str] = &["aws_db_instance", "aws_rds_cluster"];

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    for view in build.links.made(GATEWAY) {
        gateway(build, &view);
    }
    for view in build.links.made(CONFIGURATION) {
        configuration(build, &view);
    }
    for view in build.links.made(NETWORK) {
        network(build, &view);
    }
}

fn gateway<'a>(build: &mut Build<'a>, view: &View<'a>) {
    let Some(vpc) = build.one(view, "vpc_id", VPC) else {
        build.lost(view, "the plan does not tell its VPC");
        return;
    };
    let (name, tags) = named(view);
    let item = ResourceGateway {
        name,
        vpc: vpc.as_str().into(),
        subnets: OneOrMany(build.many(view, "subnet_ids", SUBNET)),
        enis: OneOrMany::default(),
        security_groups: build.many(view, "security_group_ids", GROUP),
        state: LatticeState::Active,
        tags,
    };
    build.add("resource_gateways", view, item, |model| {
        &mut model.resource_gateways
    });
}

fn configuration<'a>(build: &mut Build<'a>, view: &View<'a>) {
    if view.is_open("port_ranges") {
        build.lost(view, "the plan does not tell its ports");
        return;
    }
    let sets = view.texts("port_ranges").into_iter();
    let sets: Vec<PortSet> = sets.filter_map(|text| parse_ports(text).ok()).collect();
    let ranges = sets.iter().flat_map(|one| one.ranges().iter().copied());
    let ports = (!sets.is_empty()).then(|| Ports(PortSet::from_ranges(ranges)));
    let gateway = build.one(view, "resource_gateway_identifier", GATEWAY);
    let group = build.one(view, "resource_configuration_group_id", CONFIGURATION);
    let resource = view
        .blocks("resource_configuration_definition")
        .first()
        .and_then(|definition| resource(build, definition));
    let (name, tags) = named(view);
    let item = ResourceConfiguration {
        name,
        gateway: gateway.map(|id| id.as_str().into()),
        group: group.map(|id| id.as_str().into()),
        ports,
        resource,
        addresses: OneOrMany::default(),
        state: LatticeState::Active,
        tags,
    };
    build.add("resource_configurations", view, item, |model| {
        &mut model.resource_configurations
    });
}

/// An address, a domain name, or what has an ARN; what the plan does not tell stays without.
fn resource<'a>(build: &Build<'a>, definition: &View<'a>) -> Option<String> {
    let first = |name: &str| definition.blocks(name).into_iter().next();
    if let Some(address) = first("ip_resource").and_then(|one| one.text("ip_address").map(str::to_owned)) {
        return Some(address);
    }
    if let Some(name) = first("dns_resource").and_then(|one| one.text("domain_name").map(str::to_owned)) {
        return Some(name);
    }
    let database = build.links.one(&first("arn_resource")?, "arn", DATABASE)?;
    Some(database.text().to_owned())
}

fn network<'a>(build: &mut Build<'a>, view: &View<'a>) {
    let own = links::id(view.owner);
    let mut associated = |kind: &str, argument: &str, kinds: &[&str]| -> Vec<String> {
        let mut ids = Vec::new();
        for one in build.links.of(&[kind]) {
            if build.one(&one, "service_network_identifier", NETWORK).as_ref() == Some(&own) {
                ids.extend(build.one(&one, argument, kinds));
            }
        }
        ids
    };
    let configurations = associated(
        "aws_vpclattice_service_network_resource_association",
        "resource_configuration_identifier",
        CONFIGURATION,
    );
    let services = associated(
        "aws_vpclattice_service_network_service_association",
        "service_identifier",
        &["aws_vpclattice_service"],
    );
    let (name, tags) = named(view);
    let item = ServiceNetwork {
        name,
        resource_configurations: OneOrMany(configurations.iter().map(|id| id.as_str().into()).collect()),
        services: u32::try_from(services.len()).unwrap_or(u32::MAX),
        tags,
    };
    build.add("service_networks", view, item, |model| {
        &mut model.service_networks
    });
}
