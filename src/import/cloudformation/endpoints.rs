//! VPC endpoints and endpoint services.

use super::resource::{Block, Resource};
use super::{Build, hosts, labels};
use crate::model::{
    IpAddressType, OneOrMany, RouteTableId, SubnetId, VpcEndpoint, VpcEndpointService, VpcEndpointState,
    VpcEndpointType,
};

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::VPCEndpointService") {
        service(build, resource);
    }
    for resource in build.of("AWS::EC2::VPCEndpoint") {
        endpoint(build, resource);
    }
}

fn service(build: &mut Build<'_>, resource: &Resource) {
    let block = resource.block();
    let mut balancers = build.many(block, "NetworkLoadBalancerArns");
    balancers.extend(build.many(block, "GatewayLoadBalancerArns"));
    let (name, tags) = labels(resource);
    let item = VpcEndpointService {
        name,
        load_balancers: OneOrMany(balancers.iter().map(|id| id.as_str().into()).collect()),
        // Whom its owner will accept, no template tells; who is written here is meant to work.
        accepted: None,
        tags,
    };
    build.add("vpc_endpoint_services", resource, item, |model| {
        &mut model.vpc_endpoint_services
    });
}

fn endpoint(build: &mut Build<'_>, resource: &Resource) {
    let block = resource.block();
    if !build.decided(resource, &["VpcEndpointType"]) {
        return;
    }
    let Some(vpc) = build.one(block, "VpcId") else {
        build.lost(resource, "its VPC is not told");
        return;
    };
    let kind = match block.text("VpcEndpointType") {
        Some("Interface") => VpcEndpointType::Interface,
        Some("GatewayLoadBalancer") => VpcEndpointType::GatewayLoadBalancer,
        Some("Resource") => VpcEndpointType::Resource,
        Some("ServiceNetwork") => VpcEndpointType::ServiceNetwork,
        _ => VpcEndpointType::Gateway,
    };
    if kind == VpcEndpointType::Gateway
        && let Some(condition) = &resource.doubt
    {
        build.lost(
            resource,
            &format!("whether it is made hangs on {condition}, which is not known"),
        );
        return;
    }
    let subnets = build.many(block, "SubnetIds");
    let tables = build.many(block, "RouteTableIds");
    let open = |id: &String| build.model.unknown.contains_key(id.as_str());
    if kind == VpcEndpointType::Gateway && tables.iter().any(open) {
        build.lost(resource, "not all its route tables are known");
        return;
    }
    let groups = match (kind.has_address(), subnets.first()) {
        (true, Some(first)) => hosts::groups(build, &[block], &["SecurityGroupIds"], first),
        _ => Vec::new(),
    };
    let (name, tags) = labels(resource);
    let item = VpcEndpoint {
        name,
        kind,
        vpc: vpc.as_str().into(),
        service: service_of(build, resource),
        resource_configuration: leads(build, block, "ResourceConfigurationArn"),
        service_network: leads(build, block, "ServiceNetworkArn"),
        route_tables: OneOrMany(tables.iter().map(|id| RouteTableId::from(id.as_str())).collect()),
        subnets: OneOrMany(subnets.iter().map(|id| SubnetId::from(id.as_str())).collect()),
        enis: OneOrMany::default(),
        security_groups: groups,
        listens: None,
        ip_address_type: match block.text("IpAddressType") {
            Some("ipv6") => IpAddressType::Ipv6,
            Some("dualstack") => IpAddressType::Dualstack,
            _ => IpAddressType::Ipv4,
        },
        state: VpcEndpointState::Available,
        tags,
    };
    build.add("vpc_endpoints", resource, item, |model| &mut model.vpc_endpoints);
}

/// What an endpoint of VPC Lattice leads to: a resource of the template, or another account's by its ARN.
fn leads<K: for<'k> From<&'k str>>(build: &mut Build<'_>, block: Block<'_>, key: &str) -> Option<K> {
    let id = build.one(block, key)?;
    let last = id.strip_prefix("arn:").and_then(|arn| arn.rsplit_once('/'));
    Some(K::from(last.map_or(id.as_str(), |(_, last)| last)))
}

/// The service behind an endpoint. `com.amazonaws.vpce.REGION.ID` of a service of the template is that service.
fn service_of(build: &Build<'_>, resource: &Resource) -> Option<String> {
    let block = resource.block();
    if let Some(name) = block.text("ServiceName") {
        return Some(name.to_owned());
    }
    let open = block.open(&["ServiceName"])?;
    let service = open
        .split('.')
        .next_back()
        .filter(|last| *last == "Ref")
        .map(|_| open.trim_end_matches(".Ref"));
    let known = service.filter(|id| build.model.vpc_endpoint_services.contains_key(*id));
    known.map(str::to_owned)
}
