//! VPC endpoints and endpoint services, from EC2's calls.

use super::collect::{Dump, Found};
use super::{Import, name, shape, tags};
use crate::model::{
    IpAddressType, LoadBalancerId, OneOrMany, VpcEndpoint, VpcEndpointId, VpcEndpointService,
    VpcEndpointState, VpcEndpointType,
};
use std::collections::BTreeMap;

/// Brings them over.
pub(super) fn bring(dump: &Dump, import: &mut Import) {
    let told = connections(dump);
    for found in &dump.endpoints {
        endpoint(found, &told, import);
    }
    for found in &dump.endpoint_services {
        service(found, &told, import);
    }
}

/// What the owners of services say of the endpoints: a later word than the endpoint's own.
type Told<'a> = BTreeMap<&'a str, (&'a str, VpcEndpointState)>;

fn connections(dump: &Dump) -> Told<'_> {
    let items = dump.endpoint_connections.iter().map(|found| &found.item);
    items
        .filter_map(|one| {
            let state = state(one.vpc_endpoint_state.as_deref())?;
            Some((one.vpc_endpoint_id.as_str(), (one.service_id.as_str(), state)))
        })
        .collect()
}

/// The API spells states in two ways: `available`, `PendingAcceptance`.
fn state(text: Option<&str>) -> Option<VpcEndpointState> {
    Some(match text?.to_ascii_lowercase().as_str() {
        "available" => VpcEndpointState::Available,
        "partial" => VpcEndpointState::Partial,
        "pending" => VpcEndpointState::Pending,
        "pendingacceptance" => VpcEndpointState::PendingAcceptance,
        "rejected" => VpcEndpointState::Rejected,
        "expired" => VpcEndpointState::Expired,
        "deleting" => VpcEndpointState::Deleting,
        "deleted" => VpcEndpointState::Deleted,
        _ => VpcEndpointState::Failed,
    })
}

fn endpoint(found: &Found<shape::VpcEndpoint>, told: &Told<'_>, import: &mut Import) {
    let endpoint = &found.item;
    let id = endpoint.vpc_endpoint_id.as_str();
    let kind = match endpoint.vpc_endpoint_type.as_deref() {
        None | Some("Gateway") => VpcEndpointType::Gateway,
        Some("Interface") => VpcEndpointType::Interface,
        Some("GatewayLoadBalancer") => VpcEndpointType::GatewayLoadBalancer,
        Some("Resource") => VpcEndpointType::Resource,
        Some("ServiceNetwork") => VpcEndpointType::ServiceNetwork,
        Some(other) => {
            import.note(format!(
                "{id} is a VPC endpoint of type {other}, which is not modelled yet"
            ));
            return;
        }
    };
    let own = state(endpoint.state.as_deref()).unwrap_or_default();
    let item = VpcEndpoint {
        name: name(&endpoint.tags),
        kind,
        vpc: endpoint.vpc_id.as_str().into(),
        service: endpoint.service_name.clone(),
        resource_configuration: endpoint
            .resource_configuration_arn
            .as_deref()
            .map(|arn| last(arn).into()),
        service_network: endpoint
            .service_network_arn
            .as_deref()
            .map(|arn| last(arn).into()),
        route_tables: ids(&endpoint.route_table_ids),
        subnets: ids(&endpoint.subnet_ids),
        enis: ids(&endpoint.network_interface_ids),
        security_groups: endpoint
            .groups
            .iter()
            .map(|group| group.group_id.as_str().into())
            .collect(),
        listens: None,
        ip_address_type: match endpoint.ip_address_type.as_deref() {
            Some("ipv6") => IpAddressType::Ipv6,
            Some("dualstack") => IpAddressType::Dualstack,
            _ => IpAddressType::Ipv4,
        },
        state: told.get(id).map_or(own, |(_, state)| *state),
        tags: tags(&endpoint.tags),
    };
    import.add("vpc_endpoints", &found.file, id, item, |model| {
        &mut model.vpc_endpoints
    });
}

/// The id at the end of an ARN.
fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

fn ids<T: for<'a> From<&'a str>>(ids: &[String]) -> OneOrMany<T> {
    OneOrMany(ids.iter().map(|id| id.as_str().into()).collect())
}

fn service(found: &Found<shape::EndpointServiceConfiguration>, told: &Told<'_>, import: &mut Import) {
    let service = &found.item;
    let id = service.service_id.as_str();
    let balancers: OneOrMany<LoadBalancerId> = OneOrMany(
        [
            &service.network_load_balancer_arns,
            &service.gateway_load_balancer_arns,
        ]
        .into_iter()
        .flatten()
        .map(|arn| arn.as_str().into())
        .collect(),
    );
    let accepted = told
        .iter()
        .filter(|(_, (of, state))| *of == id && state.works())
        .map(|(endpoint, _)| VpcEndpointId::from(*endpoint));
    // Without the connections nobody knows whom it accepted, and each endpoint's own state has to do.
    let selective = service.acceptance_required && !told.is_empty();
    let item = VpcEndpointService {
        name: name(&service.tags),
        load_balancers: balancers,
        accepted: selective.then(|| accepted.collect()),
        tags: tags(&service.tags),
    };
    import.add("vpc_endpoint_services", &found.file, id, item, |model| {
        &mut model.vpc_endpoint_services
    });
}
