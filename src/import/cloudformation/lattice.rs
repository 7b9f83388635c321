//! VPC Lattice, as far as endpoints lead to it: resource gateways, resource configurations and service networks.

use super::resource::Resource;
use super::{Build, labels};
use crate::model::{LatticeState, OneOrMany, Ports, ResourceConfiguration, ResourceGateway, ServiceNetwork};
use crate::packet::{PortSet, parse_ports};

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    for resource in build.of("AWS::VpcLattice::ResourceGateway") {
        gateway(build, resource);
    }
    for resource in build.of("AWS::VpcLattice::ResourceConfiguration") {
        configuration(build, resource);
    }
    for resource in build.of("AWS::VpcLattice::ServiceNetwork") {
        network(build, resource);
    }
}

fn gateway(build: &mut Build<'_>, resource: &Resource) {
    let block = resource.block();
    let Some(vpc) = build.one(block, "VpcIdentifier") else {
        build.lost(resource, "its VPC is not told");
        return;
    };
    let subnets = build.many(block, "SubnetIds");
    let groups = build.many(block, "SecurityGroupIds");
    let (name, tags) = labels(resource);
    let item = ResourceGateway {
        name,
        vpc: vpc.as_str().into(),
        subnets: OneOrMany(subnets.iter().map(|id| id.as_str().into()).collect()),
        enis: OneOrMany::default(),
        security_groups: groups.iter().map(|id| id.as_str().into()).collect(),
        state: LatticeState::Active,
        tags,
    };
    build.add("resource_gateways", resource, item, |model| {
        &mut model.resource_gateways
    });
}

fn configuration(build: &mut Build<'_>, resource: &Resource) {
    if !build.decided(resource, &["PortRanges"]) {
        return;
    }
    let block = resource.block();
    let ranges = block
        .get("PortRanges")
        .map(super::value::Value::items)
        .unwrap_or_default();
    let sets: Vec<PortSet> = ranges
        .iter()
        .filter_map(|one| parse_ports(one.text()?).ok())
        .collect();
    let ranges = sets.iter().flat_map(|one| one.ranges().iter().copied());
    let ports = (!sets.is_empty()).then(|| Ports(PortSet::from_ranges(ranges)));
    let gateway = build.one(block, "ResourceGatewayId");
    let group = build.one(block, "ResourceConfigurationGroupId");
    let definition = block.block("ResourceConfigurationDefinition");
    let told = definition.and_then(|definition| {
        let address = definition.text("IpResource").map(str::to_owned);
        let name = definition
            .block("DnsResource")
            .and_then(|one| one.text("DomainName"));
        address
            .or(name.map(str::to_owned))
            .or_else(|| build.one(definition, "ArnResource"))
    });
    let (name, tags) = labels(resource);
    let item = ResourceConfiguration {
        name,
        gateway: gateway.map(|id| id.as_str().into()),
        group: group.map(|id| id.as_str().into()),
        ports,
        resource: told,
        addresses: OneOrMany::default(),
        state: LatticeState::Active,
        tags,
    };
    build.add("resource_configurations", resource, item, |model| {
        &mut model.resource_configurations
    });
}

fn network(build: &mut Build<'_>, resource: &Resource) {
    let mut configurations = Vec::new();
    for one in build.of("AWS::VpcLattice::ServiceNetworkResourceAssociation") {
        if build.one(one.block(), "ServiceNetworkId").as_ref() == Some(&resource.id) {
            configurations.extend(build.one(one.block(), "ResourceConfigurationId"));
        }
    }
    let mut services = 0;
    for one in build.of("AWS::VpcLattice::ServiceNetworkServiceAssociation") {
        let own = build.one(one.block(), "ServiceNetworkIdentifier").as_ref() == Some(&resource.id);
        services += u32::from(own);
    }
    let (name, tags) = labels(resource);
    let item = ServiceNetwork {
        name,
        resource_configurations: OneOrMany(configurations.iter().map(|id| id.as_str().into()).collect()),
        services,
        tags,
    };
    build.add("service_networks", resource, item, |model| {
        &mut model.service_networks
    });
}
