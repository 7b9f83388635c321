//! The resources behind endpoints of VPC Lattice, as several kinds see them: which configuration an endpoint stands for, which gateway
//! leads to it, and who the resource is.

use super::build::Builder;
use super::graph::NodeId;
use super::service::endpoint_node;
use super::transit::zone_of;
use crate::model::{
    LoadBalancerId, Model, NetworkInterfaceId, ResourceConfiguration, ResourceConfigurationId,
    ResourceGateway, ResourceGatewayId, SubnetId, VpcEndpoint, VpcEndpointId, VpcEndpointType,
};
use std::net::IpAddr;

/// A resource configuration and its id.
pub type Resource<'m> = (&'m ResourceConfigurationId, &'m ResourceConfiguration);

/// The resources that an endpoint leads to, the children of a group instead of the group; none: the model does not say.
pub fn resources_behind<'m>(endpoint: &VpcEndpoint, model: &'m Model) -> Option<Vec<Resource<'m>>> {
    let named: Vec<&ResourceConfigurationId> = match endpoint.kind {
        VpcEndpointType::Resource => vec![endpoint.resource_configuration.as_ref()?],
        VpcEndpointType::ServiceNetwork => {
            let network = model.service_networks.get(endpoint.service_network.as_ref()?)?;
            (network.services == 0).then(|| network.resource_configurations.iter().collect())?
        }
        _ => return None,
    };
    let mut found = Vec::new();
    for id in named {
        let own = model.resource_configurations.get_key_value(id)?;
        let children = model.resource_configurations.iter();
        let children: Vec<Resource<'m>> = children
            .filter(|(_, child)| child.group.as_ref() == Some(id))
            .collect();
        match children.is_empty() {
            true => found.push(own),
            false => found.extend(children),
        }
    }
    Some(found)
}

/// The gateway that leads to a resource: a child has that of its group.
pub fn resource_gateway<'m>(
    configuration: &ResourceConfiguration,
    model: &'m Model,
) -> Option<(&'m ResourceGatewayId, &'m ResourceGateway)> {
    let group = || {
        model
            .resource_configurations
            .get(configuration.group.as_ref()?)?
            .gateway
            .as_ref()
    };
    let id = configuration.gateway.as_ref().or_else(group)?;
    model.resource_gateways.get_key_value(id)
}

/// The interfaces of a gateway that take what comes to an endpoint in a subnet: those in its zone, for a resource is not to be
/// reached from zones in which its gateway has none (VPC Lattice API, `CreateResourceGateway`). Where a zone is not known, it may be
/// any.
pub fn gateway_interfaces(
    gateway: &ResourceGateway,
    subnet: &SubnetId,
    model: &Model,
) -> Vec<NetworkInterfaceId> {
    let zone = zone_of(subnet, model);
    let near = gateway.enis.iter().filter(|eni| {
        let own = model.enis.get(*eni).and_then(|eni| zone_of(&eni.subnet, model));
        own.is_none() || zone.is_none() || own == zone
    });
    near.cloned().collect()
}

/// Who a resource is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom {
    /// Interfaces of the model.
    Interfaces(Vec<NetworkInterfaceId>),
    /// Addresses.
    Addresses(Vec<IpAddr>),
    /// Nobody whom the model describes.
    Nobody,
}

/// Who a configuration's resource is.
pub fn whom(configuration: &ResourceConfiguration, builder: &Builder<'_>) -> Whom {
    if !configuration.addresses.is_empty() {
        return Whom::Addresses(configuration.addresses.iter().copied().collect());
    }
    let Some(text) = configuration.resource.as_deref() else {
        return Whom::Nobody;
    };
    if let Ok(address) = text.parse() {
        return Whom::Addresses(vec![address]);
    }
    let model = builder.model;
    if let Some((id, _)) = model.enis.get_key_value(text) {
        return Whom::Interfaces(vec![id.clone()]);
    }
    if let Some(balancer) = model.load_balancers.get(&LoadBalancerId::from(text)) {
        return Whom::Interfaces(balancer.enis.0.clone());
    }
    if let Some(service) = model.services.get(text) {
        return Whom::Interfaces(service.enis.0.clone());
    }
    let attached = builder.tenants.of_instance(text).iter();
    let primary = attached.min_by_key(|(_, eni)| eni.device_index);
    primary.map_or(Whom::Nobody, |(id, _)| Whom::Interfaces(vec![(*id).clone()]))
}

/// What stands behind the interface of a resource gateway.
pub fn gateway_node(id: &ResourceGatewayId, eni: &NetworkInterfaceId, builder: &mut Builder<'_>) -> NodeId {
    builder.place("resource-gateway", format!("{id} at {eni}").as_str())
}

/// The one resource that an endpoint stands for; none: the model does not say which, or there are several.
pub fn resource_behind<'m>(endpoint: &VpcEndpoint, model: &'m Model) -> Option<Resource<'m>> {
    match resources_behind(endpoint, model)?.as_slice() {
        [one] => Some(*one),
        _ => None,
    }
}

/// The endpoints, by what stands behind their interfaces, that hand on to an interface of a gateway, and for which resource.
pub fn endpoints_led<'m>(
    gateway: &ResourceGatewayId,
    eni: &NetworkInterfaceId,
    model: &'m Model,
    builder: &mut Builder<'_>,
) -> Vec<(NodeId, VpcEndpointId, Resource<'m>)> {
    let mut led = Vec::new();
    for (id, endpoint) in &model.vpc_endpoints {
        let Some(resource) = resource_behind(endpoint, model) else {
            continue;
        };
        let Some((_, described)) = resource_gateway(resource.1, model).filter(|(id, _)| *id == gateway)
        else {
            continue;
        };
        for own in endpoint.enis.iter() {
            let subnet = model.enis.get(own).map(|own| &own.subnet);
            let near =
                subnet.is_some_and(|subnet| gateway_interfaces(described, subnet, model).contains(eni));
            if near {
                led.push((endpoint_node(id, own, builder), id.clone(), resource));
            }
        }
    }
    led
}
