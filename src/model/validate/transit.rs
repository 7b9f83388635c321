//! Transit gateways: rules V34 to V36 of the reference.

use super::{Check, Place};
use crate::model::{
    Peer, SubnetId, TransitGatewayAttachment, TransitGatewayAttachmentId, TransitGatewayId, VpcId,
};
use crate::packet::AddressSet;
use std::collections::{BTreeMap, BTreeSet};

/// Checks them.
pub fn check(check: &mut Check<'_>) {
    let mut attached: BTreeMap<(&TransitGatewayId, &VpcId), Place> = BTreeMap::new();
    for (id, attachment) in &check.model.transit_gateway_attachments {
        let place = Place::item("transit_gateway_attachments", id);
        if let Some(vpc) = &attachment.vpc
            && let Some(first) = attached.insert((&attachment.transit_gateway, vpc), place.clone())
        {
            let message = format!("{vpc} is attached to {} already", attachment.transit_gateway);
            check.both(
                "MODEL_TGW_ATTACHMENT_TWICE",
                &place,
                message,
                &first,
                "by this one",
            );
        }
        subnets(check, attachment, &place);
        propagation(check, id, attachment, &place);
        inspection(check, id, attachment, &place);
    }
    tables(check);
    overlaps(check);
    zones(check);
    one_sided(check);
}

/// V34: one subnet a zone, each with IPv4, of the VPC; V36: nothing else in it.
fn subnets(check: &mut Check<'_>, attachment: &TransitGatewayAttachment, place: &Place) {
    let mut zones: BTreeSet<&str> = BTreeSet::new();
    for (index, id) in attachment.subnets.iter().enumerate() {
        let place = place.clone().field("subnets").index(index);
        let Some(subnet) = check.model.subnets.get(id) else {
            continue;
        };
        if attachment.vpc.as_ref().is_some_and(|vpc| *vpc != subnet.vpc) {
            let message = format!("{id} is in {}, which is not what is attached", subnet.vpc);
            check.say("MODEL_WRONG_VPC", &place, message);
        }
        if let Some(zone) = subnet.az.as_deref().filter(|zone| !zones.insert(zone)) {
            let message = format!("the attachment has a subnet in {zone} already");
            check.say("MODEL_TGW_SUBNET", &place, message);
        }
        if !subnet.cidr.is_empty() && subnet.cidr.iter().all(|cidr| cidr.0.addr().is_ipv6()) {
            let message = format!("{id} has no IPv4 CIDR, which a transit gateway's subnet needs");
            check.say("MODEL_TGW_SUBNET", &place, message);
        }
        if let Some(eni) = tenant(check, id) {
            let message = format!("{eni} is in {id} too, where the network ACL is asked otherwise");
            let hint = "give the transit gateway a subnet of its own";
            check.hint("MODEL_TGW_SUBNET_SHARED", &place, message, hint);
        }
    }
}

/// Some instance's interface in a subnet.
fn tenant(check: &Check<'_>, subnet: &SubnetId) -> Option<String> {
    let mut enis = check.tenants.of_subnet(subnet.as_str()).iter();
    let found = enis.find(|(_, eni)| eni.instance.is_some());
    found.map(|(id, _)| id.to_string())
}

/// V34, V35.
fn propagation(
    check: &mut Check<'_>,
    id: &TransitGatewayAttachmentId,
    attachment: &TransitGatewayAttachment,
    place: &Place,
) {
    let learned = attachment
        .propagates_to
        .as_ref()
        .is_some_and(|tables| !tables.is_empty());
    if attachment.peer.is_some() && learned {
        let message = format!("{id} is a peering, which propagates no routes");
        let hint = "write routes in the transit gateway route table";
        check.hint(
            "MODEL_TGW_PROPAGATION",
            &place.clone().field("propagates_to"),
            message,
            hint,
        );
    }
    if attachment.unassociated {
        let message = format!("{id} is associated with no route table: what comes in over it is lost");
        check.say(
            "MODEL_TGW_UNASSOCIATED",
            &place.clone().field("unassociated"),
            message,
        );
    }
}

/// V35: state in several zones needs appliance mode.
fn inspection(
    check: &mut Check<'_>,
    id: &TransitGatewayAttachmentId,
    attachment: &TransitGatewayAttachment,
    place: &Place,
) {
    let model = check.model;
    let inside = |subnet: &SubnetId| model.subnets.get(subnet).map(|one| &one.vpc) == attachment.vpc.as_ref();
    let firewalls = model.network_firewalls.values();
    let mut endpoints = firewalls.flat_map(|firewall| firewall.endpoints.values());
    let inspects = endpoints.any(|endpoint| inside(&endpoint.subnet));
    if attachment.vpc.is_some() && inspects && attachment.subnets.0.len() > 1 && !attachment.appliance_mode {
        let message = format!(
            "{id} leads to a firewall in several zones, and request and reply may meet different ones"
        );
        check.hint(
            "MODEL_TGW_APPLIANCE_MODE",
            place,
            message,
            "write `appliance_mode: true`",
        );
    }
}

/// V34: one static route a destination.
fn tables(check: &mut Check<'_>) {
    for (id, table) in &check.model.transit_gateway_route_tables {
        let mut seen: BTreeMap<String, Place> = BTreeMap::new();
        for (index, route) in table.routes.iter().enumerate().filter(|(_, one)| !one.propagated) {
            let place = Place::item("transit_gateway_route_tables", id)
                .field("routes")
                .index(index)
                .key("destination");
            let destination = match &route.destination {
                Peer::Cidr(cidr) => cidr.net().to_string(),
                Peer::Resource(id) => id.to_string(),
            };
            if let Some(first) = seen.insert(destination.clone(), place.clone()) {
                let message = format!("there is a route for {destination} already");
                check.both("MODEL_TGW_ROUTE_DUPLICATE", &place, message, &first, "this one");
            }
        }
    }
}

/// V35: VPCs with addresses in common; only the first one's routes are propagated.
fn overlaps(check: &mut Check<'_>) {
    let model = check.model;
    let mut known: BTreeMap<&TransitGatewayId, Vec<(&TransitGatewayAttachmentId, &VpcId, AddressSet)>> =
        BTreeMap::new();
    for (id, attachment) in &model.transit_gateway_attachments {
        let Some((vpc, described)) = attachment
            .vpc
            .as_ref()
            .and_then(|id| model.vpcs.get_key_value(id))
        else {
            continue;
        };
        let own = AddressSet::from_cidrs(described.cidr.iter().map(|cidr| cidr.net()));
        let earlier = known.entry(&attachment.transit_gateway).or_default();
        if let Some((first, other, _)) = earlier
            .iter()
            .find(|(_, other, set)| *other != vpc && set.overlaps(&own))
        {
            let place = |id: &TransitGatewayAttachmentId| Place::item("transit_gateway_attachments", id);
            let message =
                format!("{vpc} and {other} have addresses in common: the routes of one are not propagated");
            check.both(
                "MODEL_TGW_OVERLAP",
                &place(id),
                message,
                &place(first),
                "the other one",
            );
        }
        earlier.push((id, vpc, own));
    }
}

/// V35: a route to a transit gateway from a zone in which it has no subnet.
fn zones(check: &mut Check<'_>) {
    let model = check.model;
    for (id, subnet) in &model.subnets {
        let main = model
            .route_tables
            .iter()
            .find(|(_, table)| table.main && table.vpc == subnet.vpc);
        let table = match &subnet.route_table {
            Some(table) => model.route_tables.get_key_value(table),
            None => main,
        };
        let (Some((table_id, table)), Some(zone)) = (table, &subnet.az) else {
            continue;
        };
        for (index, route) in table.routes.iter().enumerate() {
            let attachments = model.transit_gateway_attachments.values();
            let mut own = attachments.filter(|one| {
                one.transit_gateway.as_str() == route.target.as_str() && one.vpc.as_ref() == Some(&subnet.vpc)
            });
            let Some(attachment) = own.next() else {
                continue;
            };
            let mut zoned = attachment.subnets.iter().filter_map(|one| model.subnets.get(one));
            if !attachment.subnets.is_empty() && !zoned.any(|one| one.az.as_ref() == Some(zone)) {
                let message = format!(
                    "{} has no subnet in {zone}, so {id} does not reach it",
                    route.target
                );
                let place = Place::item("route_tables", table_id).field("routes").index(index);
                check.say("MODEL_TGW_ZONE", &place.key("target"), message);
            }
        }
    }
}

/// V22 for transit gateways: a VPC to which packets come and from which none go back.
fn one_sided(check: &mut Check<'_>) {
    let model = check.model;
    for (id, attachment) in &model.transit_gateway_attachments {
        let Some(vpc) = &attachment.vpc else { continue };
        let mut tables = model.route_tables.values().filter(|table| &table.vpc == vpc);
        let back = |table: &crate::model::RouteTable| {
            let mut targets = table.routes.iter().map(|route| route.target.as_str());
            targets.any(|target| target == attachment.transit_gateway.as_str())
        };
        let others = model.transit_gateway_attachments.len() > 1;
        if others && !tables.any(back) {
            let message = format!(
                "no route table of {vpc} leads to {}: nothing comes back from it",
                attachment.transit_gateway
            );
            check.say(
                "MODEL_ROUTE_ONE_SIDED",
                &Place::item("transit_gateway_attachments", id),
                message,
            );
        }
    }
}
