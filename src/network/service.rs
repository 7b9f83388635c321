//! Services as several kinds see them: those of AWS that have public addresses, and those that a load balancer of the model
//! offers to VPC endpoints.

use super::build::Builder;
use super::graph::NodeId;
use super::transit::zone_of;
use crate::model::{
    IpAddressType, LoadBalancerId, Model, NetworkInterfaceId, SubnetId, VpcEndpoint, VpcEndpointId,
    VpcEndpointService, VpcEndpointServiceId, VpcEndpointType,
};
use crate::packet::{AddressSet, Family};
use std::collections::BTreeSet;

/// The services of AWS to which gateway endpoints lead, by the last word of their names (VPC guide, "Gateway endpoints").
const GATEWAY_SERVICES: [&str; 3] = ["s3", "dynamodb", "s3express"];

/// The last word of a service's name: `s3` of `com.amazonaws.eu-west-1.s3`, the id of a service that a customer offers.
pub fn last_word(service: &str) -> &str {
    service.rsplit('.').next().unwrap_or(service)
}

/// The services of AWS with public addresses that the model knows of: by a gateway endpoint, or by AWS's prefix list.
pub fn aws_services(model: &Model) -> BTreeSet<&str> {
    let gateways = model
        .vpc_endpoints
        .values()
        .filter(|endpoint| endpoint.kind == VpcEndpointType::Gateway);
    let listed = model
        .prefix_lists
        .values()
        .filter_map(|list| list.name.as_deref());
    let listed = listed
        .filter(|name| name.starts_with("com.amazonaws.") && GATEWAY_SERVICES.contains(&last_word(name)));
    gateways
        .filter_map(|endpoint| endpoint.service.as_deref())
        .chain(listed)
        .collect()
}

/// The addresses of a service of AWS, by the prefix list of its name; none: the model does not describe it.
pub fn service_addresses(service: &str, model: &Model) -> Option<AddressSet> {
    let named = |list: &&crate::model::PrefixList| list.name.as_deref() == Some(service);
    let list = model.prefix_lists.values().find(named)?;
    Some(AddressSet::from_cidrs(list.entries.iter().map(|cidr| cidr.net())))
}

/// The address families of a gateway endpoint.
pub fn endpoint_families(endpoint: &VpcEndpoint) -> AddressSet {
    match endpoint.ip_address_type {
        IpAddressType::Ipv4 => AddressSet::family(Family::V4),
        IpAddressType::Ipv6 => AddressSet::family(Family::V6),
        IpAddressType::Dualstack => AddressSet::all(),
    }
}

/// The endpoint service of the model behind an endpoint, if it is one of the model's.
pub fn offered_service<'m>(
    endpoint: &VpcEndpoint,
    model: &'m Model,
) -> Option<(&'m VpcEndpointServiceId, &'m VpcEndpointService)> {
    let name = endpoint.service.as_deref()?;
    let services = &model.vpc_endpoint_services;
    services
        .get_key_value(name)
        .or_else(|| services.get_key_value(last_word(name)))
}

/// A node of a load balancer that takes what comes to an endpoint's interface.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServingNode {
    /// The load balancer.
    pub balancer: LoadBalancerId,
    /// The interface of its node.
    pub eni: NetworkInterfaceId,
}

/// The nodes that take what comes to an endpoint in a subnet: those in its zone (PrivateLink guide, "Share your services": an
/// endpoint uses the load balancer of its own zone). Where a zone is not known, it may be any.
pub fn serving_nodes(service: &VpcEndpointService, subnet: &SubnetId, model: &Model) -> Vec<ServingNode> {
    let zone = zone_of(subnet, model);
    let balancers = service
        .load_balancers
        .iter()
        .filter_map(|id| model.load_balancers.get_key_value(id));
    let nodes = balancers.flat_map(|(id, balancer)| balancer.enis.iter().map(move |eni| (id, eni)));
    let near = nodes.filter(|(_, eni)| {
        let own = model.enis.get(*eni).and_then(|eni| zone_of(&eni.subnet, model));
        own.is_none() || zone.is_none() || own == zone
    });
    near.map(|(balancer, eni)| ServingNode {
        balancer: balancer.clone(),
        eni: eni.clone(),
    })
    .collect()
}

/// The Gateway Load Balancer endpoints whose packets a node of a load balancer hands to appliances.
pub fn endpoints_inspected(eni: &NetworkInterfaceId, model: &Model) -> Vec<VpcEndpointId> {
    let endpoints = model
        .vpc_endpoints
        .iter()
        .filter(|(_, endpoint)| endpoint.kind == VpcEndpointType::GatewayLoadBalancer);
    let served = endpoints.filter(|(_, endpoint)| {
        let subnet = inspected_subnet(endpoint, model);
        let service = offered_service(endpoint, model);
        service.zip(subnet).is_some_and(|((_, service), subnet)| {
            let nodes = serving_nodes(service, subnet, model);
            nodes.iter().any(|node| node.eni == *eni)
        })
    });
    served.map(|(id, _)| id.clone()).collect()
}

/// The subnet of a Gateway Load Balancer endpoint: AWS gives it exactly one.
pub fn inspected_subnet<'m>(endpoint: &'m VpcEndpoint, model: &'m Model) -> Option<&'m SubnetId> {
    let own = endpoint.enis.iter().next();
    let described = own.and_then(|eni| model.enis.get(eni)).map(|eni| &eni.subnet);
    described.or_else(|| endpoint.subnets.iter().next())
}

/// A node of a Gateway Load Balancer, as one of its endpoints meets it.
pub fn inspector_node(
    endpoint: &VpcEndpointId,
    eni: &NetworkInterfaceId,
    builder: &mut Builder<'_>,
) -> NodeId {
    builder.place("load-balancer", format!("{eni} for {endpoint}").as_str())
}

/// What stands behind the interface of an endpoint.
pub fn endpoint_node(id: &VpcEndpointId, eni: &NetworkInterfaceId, builder: &mut Builder<'_>) -> NodeId {
    builder.place("vpc-endpoint", format!("{id} at {eni}").as_str())
}

/// What stands behind the interface of a load balancer's node.
pub fn balancer_node(id: &LoadBalancerId, eni: &NetworkInterfaceId, builder: &mut Builder<'_>) -> NodeId {
    builder.place("load-balancer", format!("{id} at {eni}").as_str())
}

/// The endpoints, by what stands behind their interfaces, that hand on to a node of a load balancer.
pub fn endpoints_served(eni: &NetworkInterfaceId, model: &Model, builder: &mut Builder<'_>) -> Vec<NodeId> {
    let mut served = Vec::new();
    for (id, endpoint) in &model.vpc_endpoints {
        let offered = offered_service(endpoint, model);
        let Some((_, service)) = offered.filter(|_| endpoint.kind == VpcEndpointType::Interface) else {
            continue;
        };
        for own in endpoint.enis.iter() {
            let subnet = model.enis.get(own).map(|own| &own.subnet);
            let nodes = subnet.map_or_else(Vec::new, |subnet| serving_nodes(service, subnet, model));
            if nodes.iter().any(|node| node.eni == *eni) {
                served.push(endpoint_node(id, own, builder));
            }
        }
    }
    served
}
