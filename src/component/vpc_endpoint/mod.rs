//! VPC endpoints, of four sorts.
//!
//! - A gateway endpoint (`gateway.rs`) is a route target: routes for AWS's prefix list of S3 or DynamoDB lead to it. AWS puts them
//!   into the route tables that the endpoint names (PrivateLink guide, "Gateway endpoints"); where a model does not write them,
//!   they are implied.
//! - An interface endpoint (`interface.rs`) is one network interface a subnet, with security groups, that stands for a service of
//!   AWS or for one that another VPC offers; resource and service network endpoints are like it (`resource.rs`).
//! - A Gateway Load Balancer endpoint (`inspection.rs`) is a route target in a subnet: what is sent to it comes out of it
//!   again when it was inspected.
//!
//! None of them begins a conversation with its own VPC (`VPCE_INTRA_VPC_TRAFFIC`). Read 2026-11-25.

mod gateway;
mod inspection;
mod interface;
mod listens;
mod resource;

use crate::code::ExplanationCode;
use crate::model::{
    Model, NetworkInterface, NetworkInterfaceId, Peer, PrefixListId, ResourceId, Route, RouteState,
    RouteTableId, SubnetId, VpcEndpoint, VpcEndpointId, VpcEndpointType,
};
use crate::network::{Builder, Kind, offered_service};
use std::collections::BTreeSet;

/// EC2's word for it.
pub const NAME: &str = "vpc-endpoint";

/// The kind.
pub struct VpcEndpoints;

impl Kind for VpcEndpoints {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("vpc_endpoints")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::BadState,
            ExplanationCode::Elbv2SourceAddressPreservation,
            ExplanationCode::GatewayRejectsSpoofedTraffic,
            ExplanationCode::NoPossibleDestination,
            ExplanationCode::ProtocolRestriction,
            ExplanationCode::UnknownResource,
            ExplanationCode::VpceGatewayProtocolRestriction,
            ExplanationCode::VpceIntraVpcTraffic,
            ExplanationCode::VpceServiceNotInstalledInAz,
            ExplanationCode::WhyhopAsymmetricRouting,
            ExplanationCode::WhyhopServicePortRestriction,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &[
            "the load balancer and the targets behind an endpoint service",
            "endpoint policies",
            "private DNS names",
            "which address of an endpoint stands for which of several resources",
            "services of a service network",
            "VPCs that are associated with a service network without an endpoint (169.254.171.0/24)",
            "zones of one name that are different zones in two accounts",
        ]
    }

    /// The routes to gateway endpoints, and the interfaces of the others.
    fn expand(&self, model: &mut Model) {
        let routes: Vec<(RouteTableId, Route)> = model
            .vpc_endpoints
            .iter()
            .filter(|(_, endpoint)| endpoint.kind == VpcEndpointType::Gateway)
            .flat_map(|(id, endpoint)| implied_routes(id, endpoint, model))
            .collect();
        for (table, route) in routes {
            if let Some(table) = model.route_tables.get_mut(&table) {
                table.routes.push(route);
            }
        }
        let firewalls = model
            .network_firewalls
            .values()
            .flat_map(|firewall| firewall.endpoints.keys());
        let firewalls: BTreeSet<String> = firewalls.map(ToString::to_string).collect();
        let mut made: Vec<(NetworkInterfaceId, NetworkInterface)> = Vec::new();
        for (id, endpoint) in &mut model.vpc_endpoints {
            let firewall = firewalls.contains(id.as_str());
            if endpoint.enis.is_empty() && endpoint.kind != VpcEndpointType::Gateway && !firewall {
                for subnet in endpoint.subnets.iter() {
                    let eni = NetworkInterfaceId::from(format!("{id}/{subnet}").as_str());
                    made.push((eni.clone(), own_interface(endpoint, subnet)));
                    endpoint.enis.0.push(eni);
                }
            }
        }
        model.enis.extend(made);
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, endpoint) in own(model) {
            match endpoint.kind {
                VpcEndpointType::Gateway => gateway::declare(id, endpoint, model, builder),
                VpcEndpointType::GatewayLoadBalancer => inspection::declare(id, endpoint, model, builder),
                _ => interface::declare(id, endpoint, builder),
            }
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, endpoint) in own(model) {
            match endpoint.kind {
                VpcEndpointType::Gateway => gateway::connect(id, endpoint, model, builder),
                VpcEndpointType::GatewayLoadBalancer => inspection::connect(id, endpoint, model, builder),
                _ => interface::connect(id, endpoint, model, builder),
            }
        }
    }
}

/// The endpoints that no firewall speaks for: those of Network Firewall are Gateway Load Balancer endpoints too.
fn own(model: &Model) -> impl Iterator<Item = (&VpcEndpointId, &VpcEndpoint)> {
    let firewalls = |id: &str| {
        let mut firewalls = model.network_firewalls.values();
        firewalls.any(|firewall| firewall.endpoints.contains_key(id))
    };
    model
        .vpc_endpoints
        .iter()
        .filter(move |(id, _)| !firewalls(id.as_str()))
}

/// The routes that AWS puts into the tables of a gateway endpoint, where nobody wrote them. The prefix list has the name of
/// the service; one that the model does not describe is known by that name alone.
fn implied_routes(id: &VpcEndpointId, endpoint: &VpcEndpoint, model: &Model) -> Vec<(RouteTableId, Route)> {
    let service = endpoint.service.as_deref().unwrap_or_default();
    let target = ResourceId::from(id);
    let named =
        |(_, list): &(&PrefixListId, &crate::model::PrefixList)| list.name.as_deref() == Some(service);
    let list = model.prefix_lists.iter().find(named);
    let list = list.map_or_else(|| service.into(), |(list, _)| ResourceId::from(list));
    let lacking = endpoint.route_tables.iter().filter(|table| {
        let table = model.route_tables.get(*table);
        table.is_some_and(|table| table.routes.iter().all(|route| route.target != target))
    });
    let route = |table: &RouteTableId| {
        let route = Route {
            destination: Peer::Resource(list.clone()),
            target: target.clone(),
            propagated: false,
            state: RouteState::Active,
        };
        (table.clone(), route)
    };
    lacking.map(route).collect()
}

fn own_interface(endpoint: &VpcEndpoint, subnet: &SubnetId) -> NetworkInterface {
    NetworkInterface {
        description: Some("VPC Endpoint Interface".to_owned()),
        ..NetworkInterface::unassigned(subnet.clone(), endpoint.security_groups.clone())
    }
}

/// Why an endpoint carries nothing: its own state, or its service's word.
fn closed(id: &VpcEndpointId, endpoint: &VpcEndpoint, model: &Model) -> Option<String> {
    if !endpoint.state.works() {
        return Some(format!("{id} is {}", endpoint.state.as_str()));
    }
    let (service, described) = offered_service(endpoint, model)?;
    let accepted = described.accepted.as_ref()?;
    (!accepted.contains(id)).then(|| format!("{service} has not accepted {id}"))
}
