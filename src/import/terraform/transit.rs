//! Transit gateways, their attachments, route tables, associations and propagations.

use super::links;
use super::places::{SUBNET, VPC};
use super::routing::LIST;
use super::view::View;
use super::{Build, named};
use crate::model::{
    AttachmentState, Cidr, OneOrMany, Peer, SubnetId, TransitGateway, TransitGatewayAttachment,
    TransitGatewayAttachmentId, TransitGatewayRoute, TransitGatewayRouteTable, TransitGatewayRouteTableId,
};

/// A transit gateway.
pub const GATEWAY: &[&str] = &["aws_ec2_transit_gateway"];
/// What is attached to one.
pub const ATTACHMENT: &[&str] = &[
    "aws_ec2_transit_gateway_vpc_attachment",
    "aws_ec2_transit_gateway_peering_attachment",
    "aws_ec2_transit_gateway_vpc_attachment_accepter",
    "aws_ec2_transit_gateway_peering_attachment_accepter",
    "aws_vpn_connection",
];
const TABLE: &[&str] = &["aws_ec2_transit_gateway_route_table", "aws_ec2_transit_gateway"];

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    gateways(build);
    tables(build);
    attachments(build);
    associations(build);
    routes(build);
}

fn on(view: &View<'_>, argument: &str, default: bool) -> bool {
    view.text(argument).map_or(default, |word| word == "enable")
}

/// The id of the table that comes with a transit gateway.
fn default_table(view: &View<'_>) -> String {
    let known = view
        .text("association_default_route_table_id")
        .or(view.text("propagation_default_route_table_id"));
    known.map_or_else(
        || format!("{}.default_route_table", links::id(view.owner)),
        str::to_owned,
    )
}

fn gateways(build: &mut Build<'_>) {
    for view in build.links.made(GATEWAY) {
        let (name, tags) = named(&view);
        let item = TransitGateway {
            name,
            region: build.region.clone(),
            account: view.text("owner_id").map(str::to_owned),
            security_group_referencing: on(&view, "security_group_referencing_support", false),
            vpn_ecmp: on(&view, "vpn_ecmp_support", true),
            tags,
        };
        let id = build.add("transit_gateways", &view, item, |model| {
            &mut model.transit_gateways
        });
        let association = on(&view, "default_route_table_association", true);
        let propagation = on(&view, "default_route_table_propagation", true);
        if association || propagation {
            let item = table(None, &id, association, propagation);
            build.add_as(
                "transit_gateway_route_tables",
                &default_table(&view),
                item,
                |model| &mut model.transit_gateway_route_tables,
            );
        }
    }
}

fn table(
    name: Option<String>,
    gateway: &str,
    association: bool,
    propagation: bool,
) -> TransitGatewayRouteTable {
    TransitGatewayRouteTable {
        name,
        transit_gateway: gateway.into(),
        default_association: association,
        default_propagation: propagation,
        routes: Vec::new(),
        unread: false,
        tags: std::collections::BTreeMap::new(),
    }
}

fn tables(build: &mut Build<'_>) {
    for view in build.links.made(&["aws_ec2_transit_gateway_route_table"]) {
        let Some(gateway) = build.one(&view, "transit_gateway_id", GATEWAY) else {
            build.lost(&view, "the plan does not tell its transit gateway");
            continue;
        };
        let (name, tags) = named(&view);
        let item = TransitGatewayRouteTable {
            tags,
            ..table(name, &gateway, false, false)
        };
        build.add("transit_gateway_route_tables", &view, item, |model| {
            &mut model.transit_gateway_route_tables
        });
    }
}

fn attachments(build: &mut Build<'_>) {
    let kinds = [ATTACHMENT[0], ATTACHMENT[1]];
    for view in build.links.made(&kinds) {
        let Some(gateway) = build.one(&view, "transit_gateway_id", GATEWAY) else {
            build.lost(&view, "the plan does not tell its transit gateway");
            continue;
        };
        let (vpc, peer) = (
            build.one(&view, "vpc_id", VPC),
            build.one(&view, "peer_transit_gateway_id", GATEWAY),
        );
        let subnets: Vec<SubnetId> = build.many(&view, "subnet_ids", SUBNET);
        let (name, tags) = named(&view);
        let own = view.owner;
        let defaults = peer.is_none();
        let takes = view
            .truth("transit_gateway_default_route_table_association")
            .unwrap_or(true)
            && defaults;
        let gives = view
            .truth("transit_gateway_default_route_table_propagation")
            .unwrap_or(true)
            && defaults;
        let accepted = peer.is_none() || accepted(build, &links::id(own));
        let item = TransitGatewayAttachment {
            name,
            transit_gateway: gateway.as_str().into(),
            vpc: vpc.as_deref().map(Into::into),
            subnets: OneOrMany(subnets),
            peer: peer.as_deref().map(Into::into),
            resource: None,
            route_table: None,
            peer_route_table: None,
            unassociated: !takes || !has_default(build, &gateway, true),
            propagates_to: (!gives || !has_default(build, &gateway, false)).then(Vec::new),
            appliance_mode: on(&view, "appliance_mode_support", false),
            ipv6: on(&view, "ipv6_support", false),
            security_group_referencing: on(&view, "security_group_referencing_support", true),
            state: if accepted {
                AttachmentState::Available
            } else {
                AttachmentState::PendingAcceptance
            },
            tags,
        };
        build.add("transit_gateway_attachments", &view, item, |model| {
            &mut model.transit_gateway_attachments
        });
    }
}

/// Whether a transit gateway has a default table; of one that is not described, AWS's default holds.
fn has_default(build: &Build<'_>, gateway: &str, association: bool) -> bool {
    !build.model.transit_gateways.contains_key(gateway)
        || build.model.transit_gateway_route_tables.values().any(|table| {
            table.transit_gateway.as_str() == gateway
                && if association {
                    table.default_association
                } else {
                    table.default_propagation
                }
        })
}

fn accepted(build: &Build<'_>, attachment: &str) -> bool {
    let accepters = build
        .links
        .of(&["aws_ec2_transit_gateway_peering_attachment_accepter"]);
    let mut named = accepters
        .iter()
        .filter_map(|view| build.links.one(view, "transit_gateway_attachment_id", ATTACHMENT));
    named.any(|id| id.text() == attachment)
}

fn associations(build: &mut Build<'_>) {
    let kinds = [
        "aws_ec2_transit_gateway_route_table_association",
        "aws_ec2_transit_gateway_route_table_propagation",
    ];
    for view in build.links.of(&kinds) {
        let ends = (
            build.one(&view, "transit_gateway_attachment_id", ATTACHMENT),
            build.one(&view, "transit_gateway_route_table_id", TABLE),
        );
        let (Some(attachment), Some(table)) = ends else {
            continue;
        };
        let table = real_table(build, &table);
        let attachments = &mut build.model.transit_gateway_attachments;
        let Some(item) = attachments.get_mut(&TransitGatewayAttachmentId::from(attachment.as_str())) else {
            continue;
        };
        if view.owner.kind.ends_with("_association") {
            item.unassociated = false;
            item.route_table = Some(table);
            continue;
        }
        if let Some(learners) = &mut item.propagates_to {
            learners.push(table);
            continue;
        }
        let gateway = item.transit_gateway.clone();
        let own = build.model.transit_gateway_route_tables.iter();
        let default = own.filter(|(_, one)| one.transit_gateway == gateway && one.default_propagation);
        let mut learners: Vec<TransitGatewayRouteTableId> = default.map(|(id, _)| id.clone()).collect();
        learners.push(table);
        if let Some(item) = build
            .model
            .transit_gateway_attachments
            .get_mut(attachment.as_str())
        {
            item.propagates_to = Some(learners);
        }
    }
}

/// A reference to the default table of a transit gateway that has no id yet leads to the gateway.
fn real_table(build: &Build<'_>, id: &str) -> TransitGatewayRouteTableId {
    let all = build.links.of(GATEWAY);
    let gateway = all.iter().find(|view| links::id(view.owner) == id);
    gateway
        .map_or_else(|| id.to_owned(), default_table)
        .as_str()
        .into()
}

fn routes(build: &mut Build<'_>) {
    let kinds = [
        "aws_ec2_transit_gateway_route",
        "aws_ec2_transit_gateway_prefix_list_reference",
    ];
    for view in build.links.of(&kinds) {
        let Some(table) = build.one(&view, "transit_gateway_route_table_id", TABLE) else {
            continue;
        };
        let table = real_table(build, &table);
        let cidr = view
            .text("destination_cidr_block")
            .and_then(|text| Cidr::parse(text).ok())
            .map(Peer::Cidr);
        let list = build
            .one(&view, "prefix_list_id", LIST)
            .map(|id| Peer::Resource(id.as_str().into()));
        let attachment = build.one(&view, "transit_gateway_attachment_id", ATTACHMENT);
        let tables = &mut build.model.transit_gateway_route_tables;
        let Some(table) = tables.get_mut(&table) else {
            continue;
        };
        let Some(destination) = cidr.or(list) else {
            table.unread = true;
            continue;
        };
        table.routes.push(TransitGatewayRoute {
            destination,
            attachment: OneOrMany(
                attachment
                    .iter()
                    .map(|id| TransitGatewayAttachmentId::from(id.as_str()))
                    .collect(),
            ),
            propagated: false,
            blackhole: view.truth("blackhole") == Some(true),
        });
    }
}
