//! VPC endpoints and endpoint services.

use super::balancing::BALANCER;
use super::filters::GROUP;
use super::hosts;
use super::lattice::{CONFIGURATION, NETWORK};
use super::links;
use super::names::own_address;
use super::places::{SUBNET, VPC};
use super::routing::TABLE;
use super::view::View;
use super::{Build, named};
use crate::model::{
    IpAddressType, OneOrMany, RouteTableId, SecurityGroupId, SubnetId, VpcEndpoint, VpcEndpointId,
    VpcEndpointService, VpcEndpointState, VpcEndpointType,
};

const SERVICE: &[&str] = &["aws_vpc_endpoint_service"];
const ENDPOINT: &[&str] = &["aws_vpc_endpoint"];

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    for view in build.links.made(SERVICE) {
        service(build, &view);
    }
    for view in build.links.made(ENDPOINT) {
        endpoint(build, &view);
    }
}

fn service<'a>(build: &mut Build<'a>, view: &View<'a>) {
    let mut balancers = Vec::new();
    for key in ["network_load_balancer_arns", "gateway_load_balancer_arns"] {
        balancers.extend(build.texts(view, key, BALANCER));
    }
    let mut accepted: Option<Vec<VpcEndpointId>> =
        (view.truth("acceptance_required") == Some(true)).then(Vec::new);
    if let Some(accepted) = &mut accepted {
        let own = links::id(view.owner);
        for one in build.links.of(&["aws_vpc_endpoint_connection_accepter"]) {
            if build.one(&one, "vpc_endpoint_service_id", SERVICE).as_ref() == Some(&own) {
                accepted.extend(
                    build
                        .one(&one, "vpc_endpoint_id", ENDPOINT)
                        .map(|id| id.as_str().into()),
                );
            }
        }
        let ours = build.links.of(ENDPOINT).into_iter();
        let ours = ours.filter(|endpoint| endpoint.truth("auto_accept") == Some(true));
        accepted.extend(ours.map(|endpoint| VpcEndpointId::from(links::id(endpoint.owner).as_str())));
    }
    let (name, tags) = named(view);
    let item = VpcEndpointService {
        name,
        load_balancers: OneOrMany(balancers.iter().map(|id| id.as_str().into()).collect()),
        accepted,
        tags,
    };
    build.add("vpc_endpoint_services", view, item, |model| {
        &mut model.vpc_endpoint_services
    });
}

fn endpoint<'a>(build: &mut Build<'a>, view: &View<'a>) {
    let Some(vpc) = build.one(view, "vpc_id", VPC) else {
        build.lost(view, "the plan does not tell its VPC");
        return;
    };
    let kind = match view.text("vpc_endpoint_type") {
        Some("Interface") => VpcEndpointType::Interface,
        Some("GatewayLoadBalancer") => VpcEndpointType::GatewayLoadBalancer,
        Some("Resource") => VpcEndpointType::Resource,
        Some("ServiceNetwork") => VpcEndpointType::ServiceNetwork,
        _ => VpcEndpointType::Gateway,
    };
    let mut subnets: Vec<SubnetId> = build.many(view, "subnet_ids", SUBNET);
    for apart in beside(build, view, "aws_vpc_endpoint_subnet_association") {
        subnets.extend(
            build
                .one(&apart, "subnet_id", SUBNET)
                .map(|id| SubnetId::from(id.as_str())),
        );
    }
    let tables = tables(build, view, kind);
    let open = |id: &RouteTableId| build.model.unknown.contains_key(id.as_str());
    if kind == VpcEndpointType::Gateway && tables.iter().any(open) {
        build.lost(view, "the plan does not tell all its route tables");
        return;
    }
    let groups = match (kind.has_address(), subnets.first()) {
        (true, Some(first)) => {
            let first = first.to_string();
            hosts::groups(build, view, &["security_group_ids"], &first)
        }
        _ => build.many(view, "security_group_ids", GROUP),
    };
    let groups = with_more(build, view, groups);
    let named_service = view.text("service_name").map(str::to_owned);
    let (name, tags) = named(view);
    let item = VpcEndpoint {
        name,
        kind,
        vpc: vpc.as_str().into(),
        service: named_service.or_else(|| build.one(view, "service_name", SERVICE)),
        resource_configuration: leads(build, view, "resource_configuration_arn", CONFIGURATION),
        service_network: leads(build, view, "service_network_arn", NETWORK),
        route_tables: OneOrMany(tables),
        subnets: OneOrMany(subnets),
        enis: OneOrMany::default(),
        security_groups: groups,
        listens: None,
        ip_address_type: match view.text("ip_address_type") {
            Some("ipv6") => IpAddressType::Ipv6,
            Some("dualstack") => IpAddressType::Dualstack,
            _ => IpAddressType::Ipv4,
        },
        state: state(view),
        tags,
    };
    build.add("vpc_endpoints", view, item, |model| &mut model.vpc_endpoints);
}

/// What an endpoint of VPC Lattice leads to: a resource of the plan, or another account's by its ARN.
fn leads<'a, K: for<'k> From<&'k str>>(
    build: &mut Build<'a>,
    view: &View<'a>,
    argument: &str,
    kinds: &[&str],
) -> Option<K> {
    let id = build.one(view, argument, kinds)?;
    let last = id.strip_prefix("arn:").and_then(|arn| arn.rsplit_once('/'));
    Some(K::from(last.map_or(id.as_str(), |(_, last)| last)))
}

/// Puts a table that is one of several among the tables of an endpoint that has all of them. If it has some of them alone,
/// nobody knows where that table leads.
fn of_either(build: &mut Build<'_>, tables: &mut Vec<RouteTableId>) {
    for (name, among) in build.either.clone() {
        let has = |id: &String| tables.contains(&RouteTableId::from(id.as_str()));
        if among.iter().all(has) {
            tables.push(name.as_str().into());
        } else if among.iter().any(has) {
            build.model.route_tables.remove(name.as_str());
            let why = format!("the plan does not tell which of {} it is", among.join(", "));
            build.unknown(&name, "route-table", &why);
        }
    }
}

/// The route tables in which a gateway endpoint has a route.
fn tables<'a>(build: &mut Build<'a>, view: &View<'a>, kind: VpcEndpointType) -> Vec<RouteTableId> {
    let only = kind == VpcEndpointType::Gateway && only_gateway(build, view);
    let possible = only.then(|| build.links.possible(view, "route_table_ids", TABLE));
    let mut tables: Vec<RouteTableId> = match possible.filter(|possible| !possible.is_empty()) {
        Some(possible) => possible.iter().map(|id| id.as_str().into()).collect(),
        None => build.many(view, "route_table_ids", TABLE),
    };
    for apart in beside(build, view, "aws_vpc_endpoint_route_table_association") {
        tables.extend(
            build
                .one(&apart, "route_table_id", TABLE)
                .map(|id| RouteTableId::from(id.as_str())),
        );
    }
    of_either(build, &mut tables);
    tables
}

/// Whether of all endpoints that are made of a resource this one alone has route tables: then all that may be meant are its.
fn only_gateway<'a>(build: &Build<'a>, view: &View<'a>) -> bool {
    let own = own_address(view.owner);
    let all = build.links.of(ENDPOINT);
    let beside = all.iter().filter(|one| {
        let gateway = matches!(one.text("vpc_endpoint_type"), None | Some("Gateway"));
        gateway && one.owner.module == view.owner.module && own_address(one.owner) == own
    });
    beside.count() == 1
}

/// The groups of an endpoint with those that are written apart; one of these may take the default group's place.
fn with_more<'a>(
    build: &mut Build<'a>,
    view: &View<'a>,
    mut groups: Vec<SecurityGroupId>,
) -> Vec<SecurityGroupId> {
    let own = build.many::<SecurityGroupId>(view, "security_group_ids", GROUP);
    for apart in beside(build, view, "aws_vpc_endpoint_security_group_association") {
        if apart.truth("replace_default_association") == Some(true) {
            groups.retain(|group| own.contains(group));
        }
        let group = build.one(&apart, "security_group_id", GROUP);
        groups.extend(group.map(|id| SecurityGroupId::from(id.as_str())));
    }
    groups
}

/// What is said of an endpoint apart from it.
fn beside<'a>(build: &mut Build<'a>, view: &View<'a>, kind: &str) -> Vec<View<'a>> {
    let own = links::id(view.owner);
    let all = build.links.of(&[kind]);
    let mut mine = |one: &View<'a>| build.one(one, "vpc_endpoint_id", ENDPOINT).as_ref() == Some(&own);
    all.into_iter().filter(|one| mine(one)).collect()
}

fn state(view: &View<'_>) -> VpcEndpointState {
    match view.text("state") {
        Some("pendingAcceptance") => VpcEndpointState::PendingAcceptance,
        Some("rejected") => VpcEndpointState::Rejected,
        Some("failed") => VpcEndpointState::Failed,
        Some("expired") => VpcEndpointState::Expired,
        Some("deleted" | "deleting") => VpcEndpointState::Deleted,
        // What is planned will be there.
        _ => VpcEndpointState::Available,
    }
}
