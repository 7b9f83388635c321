//! Rules that name what they cannot know or reach: rules V17, V18, V22, V24 and V29 of the reference.

use super::{Check, Place};
use crate::model::{
    Model, NetworkAclRule, Peer, PeeringStatus, ProtocolSpec, ResourceId, Route, RouteTable, RuleAction,
    SecurityGroupId, VpcId,
};
use crate::packet::{AddressSet, PortSet, Protocol};
use ipnet::IpNet;

/// Checks them.
pub fn check(check: &mut Check<'_>) {
    for (id, table) in &check.model.route_tables {
        let place = Place::item("route_tables", id);
        ties(check, table, &place);
        shadowed(check, table, &place);
        learned(check, table, &place);
    }
    peerings(check);
    returns(check);
    group_references(check);
}

fn entries(check: &Check<'_>, id: &ResourceId) -> AddressSet {
    let list = check.model.prefix_lists.get(id.as_str());
    let cidrs = list.into_iter().flat_map(|list| list.entries.iter());
    AddressSet::from_cidrs(cidrs.map(|cidr| cidr.net()))
}

/// V17: two prefix lists with addresses in common and different targets: AWS picks.
fn ties(check: &mut Check<'_>, table: &RouteTable, place: &Place) {
    let lists: Vec<(usize, &Route, AddressSet)> = table
        .routes
        .iter()
        .enumerate()
        .filter_map(|(index, route)| match &route.destination {
            Peer::Resource(id) => Some((index, route, entries(check, id))),
            Peer::Cidr(_) => None,
        })
        .collect();
    for (at, (index, route, own)) in lists.iter().enumerate() {
        let earlier = lists[..at]
            .iter()
            .find(|(_, other, set)| other.target != route.target && set.overlaps(own));
        if let Some((first, other, _)) = earlier {
            let key = |index: usize| place.clone().field("routes").index(index).key("destination");
            let message = format!(
                "the list has addresses that another one leads to {}: where prefixes are equal AWS picks one of the two",
                other.target
            );
            check.both(
                "MODEL_ROUTE_LISTS_TIE",
                &key(*index),
                message,
                &key(*first),
                "the other list",
            );
        }
    }
}

/// V18: a propagated route that never wins.
fn shadowed(check: &mut Check<'_>, table: &RouteTable, place: &Place) {
    for (index, route) in table
        .routes
        .iter()
        .enumerate()
        .filter(|(_, route)| route.propagated)
    {
        let Peer::Cidr(cidr) = &route.destination else {
            continue;
        };
        let Some(why) = wins_over(check.model, table, cidr.net()) else {
            continue;
        };
        let place = place.clone().field("routes").index(index).key("destination");
        let message = format!("the propagated route for {} is never used: {why}", cidr.0);
        check.say("MODEL_ROUTE_SHADOWED", &place, message);
    }
}

/// V18: the same of a route that nobody wrote down, because a VPN connection's static routes are propagated.
fn learned(check: &mut Check<'_>, table: &RouteTable, place: &Place) {
    let model = check.model;
    for (index, gateway) in table.propagating.iter().enumerate() {
        let connections = model.vpn_connections.values();
        let own = connections.filter(|vpn| vpn.vpn_gateway.as_ref() == Some(gateway) && vpn.static_routes);
        for cidr in own
            .filter_map(|vpn| vpn.routes.as_ref())
            .flat_map(|routes| routes.iter())
        {
            let Some(why) = wins_over(model, table, cidr.net()) else {
                continue;
            };
            let place = place.clone().field("propagating").index(index);
            let message = format!(
                "the route for {} that {gateway} propagates is never used: {why}",
                cidr.0
            );
            check.say("MODEL_ROUTE_SHADOWED", &place, message);
        }
    }
}

/// What wins over a propagated route for these addresses, if anything always does (VPC guide, "Route priority").
fn wins_over(model: &Model, table: &RouteTable, cidr: IpNet) -> Option<&'static str> {
    let vpc = model.vpcs.get(&table.vpc);
    let inside = vpc.is_some_and(|vpc| vpc.cidr.iter().any(|whole| whole.net().contains(&cidr)));
    let written = table.routes.iter().any(|other| {
        let same = matches!(&other.destination, Peer::Cidr(other) if other.net() == cidr);
        !other.propagated && same
    });
    match (inside, written) {
        (true, _) => Some("the local route wins over it"),
        (_, true) => Some("the written route for the same destination wins over it"),
        _ => None,
    }
}

/// V22: a peering to which one side has routes and the other none.
fn peerings(check: &mut Check<'_>) {
    let model = check.model;
    for (id, peering) in &model.peering_connections {
        if peering.status != PeeringStatus::Active {
            continue;
        }
        let leads = |vpc: &VpcId| {
            let mut tables = model.route_tables.values().filter(|table| &table.vpc == vpc);
            tables.any(|table| {
                table
                    .routes
                    .iter()
                    .any(|route| route.target.as_str() == id.as_str())
            })
        };
        let silent = match (leads(&peering.requester), leads(&peering.accepter)) {
            (true, false) => &peering.accepter,
            (false, true) => &peering.requester,
            _ => continue,
        };
        if model.vpcs.contains_key(silent) {
            let message = format!("no route table of {silent} leads to {id}: nothing comes back from it");
            check.say(
                "MODEL_ROUTE_ONE_SIDED",
                &Place::item("peering_connections", id),
                message,
            );
        }
    }
}

/// V24: TCP is let through one way, and the ports that its other way needs are not.
fn returns(check: &mut Check<'_>) {
    for (id, acl) in &check.model.nacls {
        let lists = [
            ("ingress", &acl.ingress, &acl.egress),
            ("egress", &acl.egress, &acl.ingress),
        ];
        for (field, list, other) in lists {
            let Some(index) = list.iter().position(lets_tcp) else {
                continue;
            };
            if !other.is_empty() && !other.iter().any(lets_ephemeral) {
                let (way, back) = if field == "ingress" {
                    ("in", "out")
                } else {
                    ("out", "in")
                };
                let message = format!(
                    "TCP is let {way}, and nothing {back} to the ports 1024-65535 that the other side of a connection has"
                );
                let place = Place::item("nacls", id).field(field).index(index);
                check.say("MODEL_NACL_NO_RETURN", &place, message);
            }
        }
    }
}

fn carries_tcp(rule: &NetworkAclRule) -> bool {
    let tcp = matches!(
        rule.protocol,
        None | Some(ProtocolSpec::All | ProtocolSpec::One(Protocol::TCP))
    );
    rule.action == RuleAction::Allow && tcp
}

/// Whether a rule lets a service's port through, and not every port.
fn lets_tcp(rule: &NetworkAclRule) -> bool {
    let ephemeral = PortSet::range(1024, u16::MAX);
    let service = rule
        .ports
        .as_ref()
        .is_some_and(|ports| !ports.0.intersect(&ephemeral.complement()).is_empty());
    carries_tcp(rule) && service
}

fn lets_ephemeral(rule: &NetworkAclRule) -> bool {
    let ephemeral = PortSet::range(1024, u16::MAX);
    let ports = rule.ports.as_ref();
    carries_tcp(rule) && ports.is_none_or(|ports| !ports.0.intersect(&ephemeral).is_empty())
}

/// V29: a rule names a group whose members it cannot know.
fn group_references(check: &mut Check<'_>) {
    for (id, group) in &check.model.security_groups {
        let ingress = group.ingress.iter().enumerate();
        let ingress = ingress.map(|(index, rule)| ("ingress", index, &rule.source));
        let egress = group.egress.iter().flatten().enumerate();
        let egress = egress.map(|(index, rule)| ("egress", index, &rule.destination));
        for (field, index, peers) in ingress.chain(egress) {
            for peer in peers.iter() {
                let Peer::Resource(named) = peer else { continue };
                let place = Place::item("security_groups", id).field(field).index(index);
                unknowable(check, (&group.vpc, id), named, field, &place);
            }
        }
    }
}

fn unknowable(
    check: &mut Check<'_>,
    (vpc, own): (&VpcId, &SecurityGroupId),
    named: &ResourceId,
    field: &'static str,
    place: &Place,
) {
    let model = check.model;
    let Some(group) = model.security_groups.get(named.as_str()) else {
        return;
    };
    // A group may be carried in every VPC with which it is associated.
    let mut homes = std::iter::once(&group.vpc).chain(&group.associated_vpcs);
    let mut places = std::iter::once(vpc).chain(&model.security_groups[own].associated_vpcs);
    let near = places.any(|place| homes.any(|home| home == place)) || peered(check, vpc, &group.vpc);
    if near || carried_in(check, vpc, named) || (field == "ingress" && transits(check, vpc, &group.vpc)) {
        return;
    }
    let why = if transits(check, vpc, &group.vpc) {
        "a transit gateway makes groups known to ingress rules alone"
    } else {
        "no peering in the Region and no transit gateway makes its members known here"
    };
    let key = if field == "ingress" {
        "source"
    } else {
        "destination"
    };
    let message = format!("{named} is of {}: {why}, so the rule matches nothing", group.vpc);
    check.say("MODEL_GROUP_REFERENCE", &place.clone().key(key), message);
}

/// Whether an interface of a VPC carries a group, wherever that belongs.
fn carried_in(check: &Check<'_>, vpc: &VpcId, group: &ResourceId) -> bool {
    let carries = |groups: &[SecurityGroupId]| groups.iter().any(|own| own.as_str() == group.as_str());
    let mut enis = check.tenants.of_vpc(vpc.as_str());
    enis.any(|(_, eni)| carries(&eni.security_groups))
}

fn peered(check: &Check<'_>, one: &VpcId, other: &VpcId) -> bool {
    let model = check.model;
    let region = |id: &VpcId| model.vpcs.get(id).and_then(|vpc| vpc.region.as_deref());
    let pair = [(one, other), (other, one)];
    let joins = |peering: &crate::model::PeeringConnection| {
        peering.status == PeeringStatus::Active && pair.contains(&(&peering.requester, &peering.accepter))
    };
    region(one) == region(other) && model.peering_connections.values().any(joins)
}

/// Whether a transit gateway makes the groups of one VPC known in the other.
fn transits(check: &Check<'_>, one: &VpcId, other: &VpcId) -> bool {
    let model = check.model;
    model
        .transit_gateways
        .iter()
        .filter(|(_, gateway)| gateway.security_group_referencing)
        .any(|(id, _)| {
            let attached = |vpc: &VpcId| {
                model.transit_gateway_attachments.values().any(|attachment| {
                    attachment.transit_gateway == *id
                        && attachment.vpc.as_ref() == Some(vpc)
                        && attachment.security_group_referencing
                })
            };
            attached(one) && attached(other)
        })
}
