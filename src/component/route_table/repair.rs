//! What to change in a route table: a route more, another target, or a route less.
//!
//! - A route is for the subnets in which the destinations are: more than that need not be led there, and less would be a route
//!   for a single address, which nobody keeps up.
//! - What a VPC has is proposed as target: its peerings, transit gateways, virtual private and NAT gateways, internet
//!   gateways. None is made: an edit of the model says where packets go, not what has to be built.
//! - A route for the same destination is replaced; there cannot be two (EC2 API, `CreateRoute` and `ReplaceRoute`).
//!
//! Read 2026-11-26.

use super::NAME;
use super::list::implied;
use super::table::destination;
use crate::code::ExplanationCode as Code;
use crate::model::{
    Cidr, Model, NatConnectivity, Peer, PeeringStatus, ResourceId, Route, RouteState, RouteTable,
    RouteTableId, VpcId,
};
use crate::network::edit::{
    Block, Edit, Proposal, Trouble, added, aws, created, fields, reference, replaced, ticks,
};
use crate::network::internet_addresses;
use crate::packet::AddressSet;
use ipnet::IpNet;
use serde_json::json;

/// Where the route is to be.
enum Where<'a> {
    Written(&'a RouteTableId, &'a RouteTable),
    /// The main table of a VPC, of which the model says nothing.
    Implied(&'a VpcId),
}

pub(super) fn opening(trouble: &Trouble<'_>) -> Vec<Proposal> {
    match trouble.code {
        Some(Code::NoRouteToDestination) if trouble.author.kind == NAME => missing(trouble),
        Some(Code::BadStateRoute) if trouble.author.kind == NAME => blackhole(trouble),
        Some(
            Code::IgwPublicIpAssociationForEgress
            | Code::IgwDestinationAddressNotInRfc1918Egress
            | Code::IgwDestinationAddressNotInRfc6598Egress
            | Code::PcxRequiresAddressInVpcCidr,
        ) => elsewhere(trouble),
        _ => Vec::new(),
    }
}

/// The route that leads the packets on, taken out.
pub(super) fn closing(trouble: &Trouble<'_>) -> Vec<Proposal> {
    if trouble.author.kind != NAME {
        return Vec::new();
    }
    let route = trouble.route().filter(|(.., route)| !route.propagated);
    let route = route.map(|(id, _, route)| Proposal::one(taken(id, route)));
    route.into_iter().collect()
}

/// A route for what has none, to each target that might do.
fn missing(trouble: &Trouble<'_>) -> Vec<Proposal> {
    let model = trouble.model;
    let id = trouble.author.id.as_str();
    let table = match model.route_tables.get_key_value(id) {
        Some((id, table)) => Where::Written(id, table),
        None => match model.vpcs.keys().find(|vpc| implied(vpc) == id) {
            Some(vpc) => Where::Implied(vpc),
            None => return Vec::new(),
        },
    };
    let targets = targets(table.vpc(), &trouble.destinations(), model);
    let to = |target: ResourceId| Proposal {
        ways: vec![table.lead(&trouble.prefixes(), &target)],
    };
    targets.into_iter().map(to).collect()
}

/// Another target for a route that loses what it is for, or no such route.
fn blackhole(trouble: &Trouble<'_>) -> Vec<Proposal> {
    let Some((id, _, route)) = trouble.route() else {
        return Vec::new();
    };
    let Some(table) = trouble.model.route_tables.get(id) else {
        return Vec::new();
    };
    let targets = targets(&table.vpc, &trouble.destinations(), trouble.model).into_iter();
    let others = targets.filter(|target| *target != route.target);
    let mut proposals: Vec<Proposal> = others
        .map(|target| Proposal::one(redirected(id, route, &target)))
        .collect();
    proposals.push(Proposal::one(taken(id, route)));
    proposals
}

/// Another way for what is led to a gateway that does not take it, for the subnets of who sends it.
fn elsewhere(trouble: &Trouble<'_>) -> Vec<Proposal> {
    let model = trouble.model;
    let mut tables: Vec<(&RouteTableId, &RouteTable)> = Vec::new();
    for vpc in model.vpcs.keys() {
        let main = model
            .route_tables
            .iter()
            .find(|(_, table)| table.main && table.vpc == *vpc);
        for subnet in trouble
            .senders(vpc)
            .iter()
            .filter_map(|(_, eni)| model.subnets.get(&eni.subnet))
        {
            let own = subnet
                .route_table
                .as_ref()
                .and_then(|id| model.route_tables.get_key_value(id));
            if let Some(table) = own.or(main).filter(|table| !tables.contains(table)) {
                tables.push(table);
            }
        }
    }
    let mut others: Vec<ResourceId> = Vec::new();
    for (_, table) in &tables {
        let fresh = targets(&table.vpc, &trouble.destinations(), model).into_iter();
        let fresh = fresh.filter(|target| *target != trouble.author.id && !others.contains(target));
        others.extend(fresh.collect::<Vec<_>>());
    }
    let way = |target: ResourceId| {
        let each = tables.iter().map(|(id, table)| Where::Written(id, table));
        each.flat_map(|table| table.lead(&trouble.prefixes(), &target))
            .collect()
    };
    others
        .into_iter()
        .map(|target| Proposal {
            ways: vec![way(target)],
        })
        .collect()
}

/// What of a VPC might lead to some destinations.
fn targets(vpc: &VpcId, to: &AddressSet, model: &Model) -> Vec<ResourceId> {
    let mut targets: Vec<ResourceId> = Vec::new();
    for (id, peering) in &model.peering_connections {
        let other = match (&peering.requester, &peering.accepter) {
            (one, other) if one == vpc => other,
            (other, one) if one == vpc => other,
            _ => continue,
        };
        let waits = peering.status == PeeringStatus::PendingAcceptance;
        if (waits || peering.status == PeeringStatus::Active) && cidrs(other, model).overlaps(to) {
            targets.push(id.into());
        }
    }
    let attached = model.transit_gateway_attachments.values();
    for attachment in attached.filter(|attachment| attachment.vpc.as_ref() == Some(vpc)) {
        let gateway = ResourceId::from(&attachment.transit_gateway);
        if !targets.contains(&gateway) {
            targets.push(gateway);
        }
    }
    let own = model.vpn_gateways.iter();
    targets.extend(
        own.filter(|(_, gateway)| gateway.vpc.as_ref() == Some(vpc))
            .map(|(id, _)| id.into()),
    );
    for (id, nat) in &model.nat_gateways {
        let stands = nat.subnet.as_ref().and_then(|subnet| model.subnets.get(subnet));
        let here = stands.map(|subnet| &subnet.vpc).or(nat.vpc.as_ref()) == Some(vpc);
        let public = nat.connectivity == NatConnectivity::Public && to.overlaps(&internet_addresses());
        if here && (public || nat.connectivity == NatConnectivity::Private) && !to.v4.is_empty() {
            targets.push(id.into());
        }
    }
    if to.overlaps(&internet_addresses()) {
        let own = model.egress_only_internet_gateways.iter();
        let own = own.filter(|(_, gateway)| gateway.vpc.as_ref() == Some(vpc) && !to.v6.is_empty());
        targets.extend(own.map(|(id, _)| id.into()));
        let own = model.internet_gateways.iter();
        targets.extend(
            own.filter(|(_, gateway)| gateway.vpc.as_ref() == Some(vpc))
                .map(|(id, _)| id.into()),
        );
    }
    targets
}

fn cidrs(vpc: &VpcId, model: &Model) -> AddressSet {
    let vpc = model.vpcs.get(vpc).into_iter();
    AddressSet::from_cidrs(vpc.flat_map(|vpc| vpc.cidr.iter().map(|cidr| cidr.net())))
}

impl<'a> Where<'a> {
    fn vpc(&self) -> &'a VpcId {
        match self {
            Self::Written(_, table) => &table.vpc,
            Self::Implied(vpc) => vpc,
        }
    }

    /// The edits that lead prefixes to a target.
    fn lead(&self, prefixes: &[IpNet], target: &ResourceId) -> Vec<Edit> {
        match self {
            Self::Written(id, table) => {
                let lead = |prefix: &IpNet| {
                    let same = |route: &&Route| matches!(&route.destination, Peer::Cidr(cidr) if cidr.net() == *prefix);
                    match table.routes.iter().find(same) {
                        Some(route) => redirected(id, route, target),
                        None => more(id, &route(*prefix, target)),
                    }
                };
                prefixes.iter().map(lead).collect()
            }
            Self::Implied(vpc) => vec![main(vpc, prefixes, target)],
        }
    }
}

fn route(prefix: IpNet, target: &ResourceId) -> Route {
    Route {
        destination: Peer::Cidr(Cidr(prefix)),
        target: target.clone(),
        propagated: false,
        state: RouteState::Active,
    }
}

fn more(table: &RouteTableId, route: &Route) -> Edit {
    let command = command("create-route", table.as_str(), route);
    Edit::new(
        added("route_tables", table, "routes", route),
        vec![command],
        block(table.as_str(), route),
    )
}

fn redirected(table: &RouteTableId, was: &Route, target: &ResourceId) -> Edit {
    let is = Route {
        target: target.clone(),
        propagated: false,
        state: RouteState::Active,
        ..was.clone()
    };
    let command = command("replace-route", table.as_str(), &is);
    let change = replaced("route_tables", table, "routes", [Some(was), Some(&is)]);
    Edit::new(change, vec![command], block(table.as_str(), &is))
}

fn taken(table: &RouteTableId, route: &Route) -> Edit {
    let to = destination(&route.destination);
    let (_, key) = keys(route);
    let words = [
        "ec2",
        "delete-route",
        "--route-table-id",
        table.as_str(),
        &key,
        &to,
    ];
    let change = replaced("route_tables", table, "routes", [Some(route), None]);
    let terraform = format!("# take out of {table}: the route for {to}");
    Edit::new(change, vec![aws(words)], terraform)
}

/// The main table of a VPC, of which the model says nothing yet.
fn main(vpc: &VpcId, prefixes: &[IpNet], target: &ResourceId) -> Edit {
    let routes: Vec<Route> = prefixes.iter().map(|prefix| route(*prefix, target)).collect();
    let item = fields([
        ("vpc", json!(vpc)),
        ("main", json!(true)),
        ("routes", json!(routes)),
    ]);
    // AWS has it already; only the model does not name it.
    let existing = format!("<{}>", implied(vpc));
    let commands = routes
        .iter()
        .map(|route| command("create-route", &existing, route));
    let blocks: Vec<String> = routes.iter().map(|route| block(&existing, route)).collect();
    let id = format!("rtb-main-{vpc}");
    Edit::new(
        created("route_tables", id.as_str(), &item),
        commands.collect(),
        blocks.join("\n\n"),
    )
}

/// How Terraform and the AWS CLI call the destination of a route.
fn keys(route: &Route) -> (&'static str, String) {
    match &route.destination {
        Peer::Cidr(cidr) if cidr.net().addr().is_ipv4() => {
            ("destination_cidr_block", "--destination-cidr-block".to_owned())
        }
        Peer::Cidr(_) => (
            "destination_ipv6_cidr_block",
            "--destination-ipv6-cidr-block".to_owned(),
        ),
        Peer::Resource(_) => (
            "destination_prefix_list_id",
            "--destination-prefix-list-id".to_owned(),
        ),
    }
}

/// How they call a target, by what AWS's ids begin with or else Terraform's addresses.
fn target_keys(target: &str) -> (&'static str, &'static str) {
    const KINDS: [(&str, &str, &str, &str); 7] = [
        (
            "pcx-",
            "aws_vpc_peering_connection",
            "vpc_peering_connection_id",
            "--vpc-peering-connection-id",
        ),
        (
            "tgw-",
            "aws_ec2_transit_gateway",
            "transit_gateway_id",
            "--transit-gateway-id",
        ),
        ("nat-", "aws_nat_gateway", "nat_gateway_id", "--nat-gateway-id"),
        (
            "eigw-",
            "aws_egress_only_internet_gateway",
            "egress_only_gateway_id",
            "--egress-only-internet-gateway-id",
        ),
        (
            "eni-",
            "aws_network_interface",
            "network_interface_id",
            "--network-interface-id",
        ),
        ("vgw-", "aws_vpn_gateway", "gateway_id", "--gateway-id"),
        ("igw-", "aws_internet_gateway", "gateway_id", "--gateway-id"),
    ];
    let own =
        |(id, address, ..): &&(&str, &str, &str, &str)| target.starts_with(id) || target.contains(address);
    let found = KINDS.iter().find(own);
    found.map_or(("gateway_id", "--gateway-id"), |(.., terraform, cli)| {
        (*terraform, *cli)
    })
}

fn command(call: &str, table: &str, route: &Route) -> String {
    let (_, key) = keys(route);
    let (_, target) = target_keys(route.target.as_str());
    let to = destination(&route.destination);
    aws([
        "ec2",
        call,
        "--route-table-id",
        table,
        &key,
        &to,
        target,
        route.target.as_str(),
    ])
}

fn block(table: &str, route: &Route) -> String {
    let (key, _) = keys(route);
    let (target, _) = target_keys(route.target.as_str());
    let to = destination(&route.destination);
    let value = match &route.destination {
        Peer::Cidr(_) => ticks(&to),
        Peer::Resource(id) => reference(id.as_str()),
    };
    Block::new("aws_route", &[table, &to])
        .with("route_table_id", reference(table))
        .with(key, value)
        .with(target, reference(route.target.as_str()))
        .to_string()
}
