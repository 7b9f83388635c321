//! What to change in a transit gateway route table: an attachment that propagates to it, or a static route.
//!
//! - A VPC's attachment propagates its CIDRs; a peering propagates nothing, so it needs a static route (transit gateway guide,
//!   "Route propagation" and "Peering attachments").
//! - A static route is for the subnets in which the destinations are.
//!
//! Read 2026-11-26.

use super::NAME;
use crate::code::ExplanationCode as Code;
use crate::model::{
    Cidr, Model, OneOrMany, Peer, TransitGatewayAttachment, TransitGatewayAttachmentId, TransitGatewayRoute,
    TransitGatewayRouteTable, TransitGatewayRouteTableId,
};
use crate::network::edit::{Block, Edit, Proposal, Trouble, added, aws, reference, replaced, set, ticks};
use crate::network::{RuleRef, transit_attachments};
use crate::packet::AddressSet;
use serde_json::json;

pub(super) fn opening(trouble: &Trouble<'_>) -> Vec<Proposal> {
    let model = trouble.model;
    let entry = model
        .transit_gateway_route_tables
        .get_key_value(trouble.author.id.as_str());
    let Some((id, table)) = entry.filter(|_| trouble.author.kind == NAME) else {
        return Vec::new();
    };
    match trouble.code {
        Some(Code::TgwRtbCannotRoute | Code::TgwRtbNoRouteToTgwAttachment) => missing(id, table, trouble),
        Some(Code::TgwRtbBadStateRoute) => blackhole(id, table, trouble),
        _ => Vec::new(),
    }
}

/// The attachments that may lead to the destinations: those of VPCs that have them; of what else is attached anybody's.
fn leading<'m>(
    table: &'m TransitGatewayRouteTable,
    trouble: &Trouble<'m>,
) -> Vec<(&'m TransitGatewayAttachmentId, &'m TransitGatewayAttachment)> {
    let to = trouble.destinations();
    let leads =
        |attachment: &TransitGatewayAttachment| match &attachment.vpc {
            Some(vpc) => trouble.model.vpcs.get(vpc).is_some_and(|vpc| {
                AddressSet::from_cidrs(vpc.cidr.iter().map(|cidr| cidr.net())).overlaps(&to)
            }),
            None => true,
        };
    let attachments = transit_attachments(&table.transit_gateway, trouble.model);
    attachments.filter(|(_, attachment)| leads(attachment)).collect()
}

fn missing(
    id: &TransitGatewayRouteTableId,
    table: &TransitGatewayRouteTable,
    trouble: &Trouble<'_>,
) -> Vec<Proposal> {
    let mut proposals = Vec::new();
    for (attachment, described) in leading(table, trouble) {
        if described.vpc.is_some() {
            let edit = propagation(id, attachment, described, trouble.model);
            proposals.push(Proposal::one(edit));
        }
        let routes = trouble.prefixes().into_iter().map(|prefix| {
            let route = TransitGatewayRoute {
                destination: Peer::Cidr(Cidr(prefix)),
                attachment: OneOrMany(vec![attachment.clone()]),
                propagated: false,
                blackhole: false,
            };
            let change = added("transit_gateway_route_tables", id, "routes", &route);
            Edit::new(
                change,
                vec![command("create", id, &route, Some(attachment))],
                block(id, &route, attachment),
            )
        });
        proposals.push(Proposal {
            ways: vec![routes.collect()],
        });
    }
    proposals
}

fn blackhole(
    id: &TransitGatewayRouteTableId,
    table: &TransitGatewayRouteTable,
    trouble: &Trouble<'_>,
) -> Vec<Proposal> {
    let RuleRef::Route(text) = trouble.rule else {
        return Vec::new();
    };
    let own = |route: &&TransitGatewayRoute| matches!(&route.destination, Peer::Cidr(cidr) if cidr.net().to_string() == **text);
    let Some(was) = table.routes.iter().find(own) else {
        return Vec::new();
    };
    let section = "transit_gateway_route_tables";
    let other = |attachment: &TransitGatewayAttachmentId| {
        let is = TransitGatewayRoute {
            attachment: OneOrMany(vec![attachment.clone()]),
            propagated: false,
            blackhole: false,
            ..was.clone()
        };
        let change = replaced(section, id, "routes", [Some(was), Some(&is)]);
        let commands = vec![command("replace", id, &is, Some(attachment))];
        Proposal::one(Edit::new(change, commands, block(id, &is, attachment)))
    };
    let leading = leading(table, trouble).into_iter();
    let mut proposals: Vec<Proposal> = leading.map(|(attachment, _)| other(attachment)).collect();
    let change = replaced(section, id, "routes", [Some(was), None]);
    let terraform = format!("# take out of {id}: the route for {text}");
    let commands = vec![command("delete", id, was, None)];
    proposals.push(Proposal::one(Edit::new(change, commands, terraform)));
    proposals
}

/// The tables to which an attachment propagates: where nothing is written, the default one.
fn learning(attachment: &TransitGatewayAttachment, model: &Model) -> Vec<TransitGatewayRouteTableId> {
    let default = || {
        let tables = model.transit_gateway_route_tables.iter();
        let own = tables.filter(|(_, table)| table.transit_gateway == attachment.transit_gateway);
        own.filter(|(_, table)| table.default_propagation)
            .take(1)
            .map(|(id, _)| id.clone())
            .collect()
    };
    attachment.propagates_to.clone().unwrap_or_else(default)
}

fn propagation(
    table: &TransitGatewayRouteTableId,
    id: &TransitGatewayAttachmentId,
    attachment: &TransitGatewayAttachment,
    model: &Model,
) -> Edit {
    let mut tables = learning(attachment, model);
    tables.push(table.clone());
    let before = attachment.propagates_to.as_ref().map(|tables| json!(tables));
    let change = set(
        "transit_gateway_attachments",
        id,
        "propagates_to",
        [before, Some(json!(tables))],
    );
    let call = "enable-transit-gateway-route-table-propagation";
    let words = [
        "ec2",
        call,
        "--transit-gateway-route-table-id",
        table.as_str(),
        "--transit-gateway-attachment-id",
        id.as_str(),
    ];
    let kind = "aws_ec2_transit_gateway_route_table_propagation";
    let block = Block::new(kind, &[id.as_str(), table.as_str()])
        .with("transit_gateway_attachment_id", reference(id.as_str()))
        .with("transit_gateway_route_table_id", reference(table.as_str()));
    Edit::new(change, vec![aws(words)], block.to_string())
}

fn destination(route: &TransitGatewayRoute) -> String {
    match &route.destination {
        Peer::Cidr(cidr) => cidr.net().to_string(),
        Peer::Resource(id) => id.to_string(),
    }
}

fn command(
    verb: &str,
    table: &TransitGatewayRouteTableId,
    route: &TransitGatewayRoute,
    attachment: Option<&TransitGatewayAttachmentId>,
) -> String {
    let (call, to) = (format!("{verb}-transit-gateway-route"), destination(route));
    let mut words = vec![
        "ec2",
        &call,
        "--transit-gateway-route-table-id",
        table.as_str(),
        "--destination-cidr-block",
        &to,
    ];
    if let Some(attachment) = attachment {
        words.extend(["--transit-gateway-attachment-id", attachment.as_str()]);
    }
    aws(words)
}

fn block(
    table: &TransitGatewayRouteTableId,
    route: &TransitGatewayRoute,
    attachment: &TransitGatewayAttachmentId,
) -> String {
    let to = destination(route);
    Block::new("aws_ec2_transit_gateway_route", &[table.as_str(), &to])
        .with("transit_gateway_route_table_id", reference(table.as_str()))
        .with("destination_cidr_block", ticks(&to))
        .with("transit_gateway_attachment_id", reference(attachment.as_str()))
        .to_string()
}
