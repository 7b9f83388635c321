//! Route tables and what is associated with them, prefix lists.

use super::links::{self, Id};
use super::places::{SUBNET, VPC, cidrs};
use super::view::View;
use super::{Build, assigned, firewalls, gateways, hosts, named, transit, wan};
use crate::import::core_network::id_of;
use crate::model::{
    Cidr, OneOrMany, Peer, PrefixList, ResourceId, Route, RouteState, RouteTable, RouteTableId, SubnetId,
    VpnGatewayId,
};
use std::collections::BTreeMap;

/// What a route table is described by.
pub const TABLE: &[&str] = &["aws_route_table", "aws_default_route_table"];
/// What a prefix list is described by.
pub const LIST: &[&str] = &[
    "aws_ec2_managed_prefix_list",
    "aws_prefix_list",
    "aws_vpc_endpoint",
];

/// The arguments in which a route names its target, and what may stand there.
const TARGETS: [(&str, &[&str]); 13] = [
    ("gateway_id", gateways::GATEWAY),
    ("nat_gateway_id", gateways::NAT),
    ("transit_gateway_id", transit::GATEWAY),
    ("vpc_peering_connection_id", gateways::PEERING),
    ("network_interface_id", hosts::INTERFACE),
    ("instance_id", hosts::INSTANCE),
    ("egress_only_gateway_id", gateways::EGRESS_ONLY),
    ("egress_only_internet_gateway_id", gateways::EGRESS_ONLY),
    (
        "vpc_endpoint_id",
        &["aws_vpc_endpoint", "aws_networkfirewall_firewall"],
    ),
    ("carrier_gateway_id", gateways::CARRIER),
    ("local_gateway_id", &["aws_ec2_local_gateway"]),
    ("core_network_arn", wan::CORE),
    ("odb_network_arn", &["aws_odb_network"]),
];

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    lists(build);
    tables(build);
    separate(build);
    associations(build);
    mains(build);
}

fn lists(build: &mut Build<'_>) {
    let mut entries: BTreeMap<String, Vec<Cidr>> = BTreeMap::new();
    for view in build.links.of(&["aws_ec2_managed_prefix_list_entry"]) {
        if let Some(list) = build.one(&view, "prefix_list_id", LIST) {
            entries
                .entry(list)
                .or_default()
                .extend(cidrs(&[view.text("cidr")]));
        }
    }
    for view in build
        .links
        .of(&["aws_ec2_managed_prefix_list", "aws_prefix_list"])
    {
        let id = links::id(view.owner);
        let mut own = entries.remove(&id).unwrap_or_default();
        for entry in ["entry", "entries"].iter().flat_map(|name| view.blocks(name)) {
            own.extend(cidrs(&[entry.text("cidr")]));
        }
        let listed = view.texts("cidr_blocks");
        own.extend(listed.into_iter().filter_map(|text| Cidr::parse(text).ok()));
        own.sort();
        own.dedup();
        if own.is_empty() && (view.owner.data || view.is_open("entry")) {
            build.unknown(&id, "prefix-list", "its prefixes are not known yet");
            continue;
        }
        let (name, tags) = named(&view);
        let item = PrefixList {
            name: name.or(view.text("name").map(str::to_owned)),
            entries: own,
            tags,
        };
        build.add("prefix_lists", &view, item, |model| &mut model.prefix_lists);
    }
}

/// A table that the plan makes, or the main one of a VPC that it takes over.
fn tables(build: &mut Build<'_>) {
    for view in build.links.made(TABLE) {
        let main = view.owner.kind == "aws_default_route_table";
        let id = build.links.own_id(view.owner);
        let vpc = build
            .one(&view, "vpc_id", VPC)
            .or_else(|| id.strip_suffix(".main_route_table").map(str::to_owned));
        let Some(vpc) = vpc.or_else(|| main_of(build, &id)) else {
            build.lost(&view, "the plan does not tell its VPC");
            continue;
        };
        let (name, tags) = named(&view);
        let item = RouteTable {
            name,
            routes: inline(build, &view, &vpc),
            propagating: learned(build, &view, &id),
            tags,
            ..table(&vpc, main)
        };
        build.add_as("route_tables", &id, item, |model| &mut model.route_tables);
    }
}

/// A table with nothing in it.
fn table(vpc: &str, main: bool) -> RouteTable {
    RouteTable {
        name: None,
        vpc: vpc.into(),
        main,
        gateway: OneOrMany::default(),
        propagating: OneOrMany::default(),
        routes: Vec::new(),
        tags: BTreeMap::new(),
    }
}

/// The routes that a table is written with.
fn inline<'a>(build: &mut Build<'a>, view: &View<'a>, vpc: &str) -> Vec<Route> {
    let target = format!("{}.route", view.owner.address);
    let mut routes = Vec::new();
    for block in view.blocks("route") {
        routes.extend(route(build, &block, vpc, &target));
    }
    if view.is_absent("route") && view.is_open("route") {
        build.unknown(&target, "route", "the plan does not tell these routes");
        let any = [Cidr::parse("0.0.0.0/0"), Cidr::parse("::/0")];
        let any = any.into_iter().flatten().map(Peer::Cidr);
        routes.extend(any.map(|any| active(any, &target)));
    }
    routes
}

fn active(destination: Peer, target: &str) -> Route {
    Route {
        destination,
        target: target.into(),
        propagated: false,
        state: RouteState::Active,
    }
}

/// Routes that are written apart from their table.
fn separate(build: &mut Build<'_>) {
    for view in build.links.of(&["aws_route"]) {
        let Some(table) = build.one(&view, "route_table_id", TABLE) else {
            build.lost(&view, "the plan does not tell its route table");
            continue;
        };
        let Some(vpc) = implied(build, &table) else {
            build.lost(&view, "the plan does not tell its route table");
            continue;
        };
        let target = format!("{}.target", view.owner.address);
        let routes = route(build, &view, &vpc, &target);
        for route in routes {
            let Some(item) = build.model.route_tables.get_mut(table.as_str()) else {
                continue;
            };
            // A table that is read from a state tells its routes already.
            let mut own = item.routes.iter();
            let told = own.position(|own| own.destination == route.destination);
            let index = told.unwrap_or_else(|| {
                item.routes.push(route);
                item.routes.len() - 1
            });
            build.element(("route_tables", &table, "routes", index), &view);
        }
    }
}

/// The VPC whose main table this is, as the VPC says.
fn main_of(build: &Build<'_>, table: &str) -> Option<String> {
    let all = build.links.of(VPC);
    let keys = ["default_route_table_id", "main_route_table_id"];
    all.iter()
        .find(|vpc| keys.iter().any(|key| vpc.text(key) == Some(table)))
        .map(|vpc| links::id(vpc.owner))
}

/// The VPC of a table; the main one that came with a VPC is there though nobody wrote it.
fn implied(build: &mut Build<'_>, table: &str) -> Option<String> {
    if let Some(found) = build.model.route_tables.get(table) {
        return Some(found.vpc.as_str().to_owned());
    }
    let vpc = table
        .strip_suffix(".main_route_table")
        .map(str::to_owned)
        .or_else(|| main_of(build, table))?;
    let item = self::table(&vpc, true);
    build.add_as("route_tables", table, item, |model| &mut model.route_tables);
    Some(vpc)
}

fn route<'a>(build: &mut Build<'a>, view: &View<'a>, vpc: &str, unknown: &str) -> Vec<Route> {
    let keys = [
        "cidr_block",
        "destination_cidr_block",
        "ipv6_cidr_block",
        "destination_ipv6_cidr_block",
    ];
    let cidr = keys
        .iter()
        .find_map(|key| view.text(key))
        .and_then(|text| Cidr::parse(text).ok());
    let meant = || {
        let open = keys.iter().filter(|key| view.is_open(key));
        let mut meant = open.flat_map(|key| assigned::meant(build, view, key));
        meant.next()
    };
    let destination = match cidr.or_else(meant) {
        Some(cidr) => Some(Peer::Cidr(cidr)),
        None => ["destination_prefix_list_id"]
            .iter()
            .find_map(|key| build.one(view, key, LIST))
            .map(|list| Peer::Resource(list.as_str().into())),
    };
    // A destination that is another's CIDR, and not assigned yet, may be any: as a prefix list that nobody describes.
    let destination = destination.unwrap_or_else(|| unknown_list(build, unknown));
    let target = TARGETS.into_iter().find_map(|(argument, kinds)| {
        let target = build.one(view, argument, kinds)?;
        let target = id_of(&target).to_owned();
        firewalls::endpoint(build, view, argument, &target).or(Some(target))
    });
    let target = target.unwrap_or_else(|| {
        build.unknown(
            unknown,
            "route-target",
            "the plan does not tell where this route leads",
        );
        unknown.to_owned()
    });
    let local = |cidr: &Cidr| {
        build
            .model
            .vpcs
            .get(vpc)
            .is_some_and(|vpc| vpc.cidr.0.contains(cidr))
    };
    if target == "local" && matches!(&destination, Peer::Cidr(cidr) if local(cidr)) {
        return Vec::new();
    }
    vec![active(destination, &target)]
}

/// The destinations of a route that are not known yet.
fn unknown_list(build: &mut Build<'_>, route: &str) -> Peer {
    let id = format!("{route}.destination");
    build.unknown(&id, "prefix-list", "the plan does not tell this destination");
    Peer::Resource(id.as_str().into())
}

/// The virtual private gateways from which a table learns.
fn learned<'a>(build: &mut Build<'a>, view: &View<'a>, own: &str) -> OneOrMany<VpnGatewayId> {
    let mut gateways = build.texts(view, "propagating_vgws", gateways::VPN_GATEWAY);
    for apart in build.links.of(&["aws_vpn_gateway_route_propagation"]) {
        if build.one(&apart, "route_table_id", TABLE).as_deref() == Some(own) {
            gateways.extend(build.one(&apart, "vpn_gateway_id", gateways::VPN_GATEWAY));
        }
    }
    gateways.sort();
    gateways.dedup();
    OneOrMany(gateways.iter().map(|id| id.as_str().into()).collect())
}

fn associations(build: &mut Build<'_>) {
    for view in build.links.of(&["aws_route_table_association"]) {
        let Some(table) = build.links.one(&view, "route_table_id", TABLE) else {
            build.lost(&view, "the plan does not tell its route table");
            continue;
        };
        let table = match table {
            Id::OneOf(name, among) if either(build, &name, &among) => name,
            id => build.keep(id, TABLE),
        };
        implied(build, &table);
        if let Some(subnet) = build.one(&view, "subnet_id", SUBNET) {
            if let Some(subnet) = build.model.subnets.get_mut(&SubnetId::from(subnet.as_str())) {
                subnet.route_table = Some(RouteTableId::from(table.as_str()));
            }
        } else if let Some(gateway) = build.one(&view, "gateway_id", gateways::GATEWAY)
            && let Some(table) = build.model.route_tables.get_mut(table.as_str())
        {
            table.gateway.0.push(ResourceId::from(gateway.as_str()));
        }
    }
}

/// One of several tables, of which the plan does not tell which: where they agree, so does this one; else its targets are unknown.
fn either(build: &mut Build<'_>, name: &str, among: &[String]) -> bool {
    let all = among.iter().map(|id| build.model.route_tables.get(id.as_str()));
    let Some(tables) = all.collect::<Option<Vec<_>>>() else {
        return false;
    };
    let Some(first) = tables.first().copied() else {
        return false;
    };
    if tables
        .iter()
        .any(|one| one.vpc != first.vpc || one.propagating != first.propagating)
    {
        return false;
    }
    let target = format!("{name}.target");
    let mut item = table(first.vpc.as_str(), false);
    item.propagating = first.propagating.clone();
    let mut differ = false;
    for route in tables.iter().flat_map(|table| &table.routes) {
        if item.routes.iter().any(|own| own.destination == route.destination) {
            continue;
        }
        let agreed = tables.iter().all(|table| table.routes.contains(route));
        differ |= !agreed;
        item.routes.push(match agreed {
            true => route.clone(),
            false => active(route.destination.clone(), &target),
        });
    }
    if differ {
        let why = format!("the plan does not tell which of {} it is", among.join(", "));
        build.unknown(&target, "route-target", &why);
    }
    build.either.insert(name.to_owned(), among.to_vec());
    build.add_as("route_tables", name, item, |model| &mut model.route_tables);
    true
}

/// Which table is the main one of its VPC.
fn mains(build: &mut Build<'_>) {
    for view in build.links.of(&["aws_main_route_table_association"]) {
        let (vpc, table) = (
            build.one(&view, "vpc_id", VPC),
            build.one(&view, "route_table_id", TABLE),
        );
        let (Some(vpc), Some(main)) = (vpc, table) else {
            continue;
        };
        for (id, table) in &mut build.model.route_tables {
            if table.vpc.as_str() == vpc {
                table.main = id.as_str() == main;
            }
        }
    }
}
