//! Transit gateways, their attachments, route tables, associations and propagations.

use super::gateways::VPN_GATEWAY;
use super::hybrid::{ASSOCIATION, CONNECTION, DIRECT};
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
    "aws_ec2_transit_gateway_connect",
    LOOKED_UP[0],
    LOOKED_UP[1],
];
/// Attachments that come with something else, looked up by what it is.
const LOOKED_UP: [&str; 2] = [
    "aws_ec2_transit_gateway_vpn_attachment",
    "aws_ec2_transit_gateway_dx_gateway_attachment",
];
const TABLE: &[&str] = &["aws_ec2_transit_gateway_route_table", "aws_ec2_transit_gateway"];

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    gateways(build);
    tables(build);
    attachments(build);
    connects(build);
    brought(build);
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
        let accepted = peer.is_none() || accepted(build, &links::id(view.owner));
        let item = TransitGatewayAttachment {
            vpc: vpc.as_deref().map(Into::into),
            subnets: OneOrMany(subnets),
            peer: peer.as_deref().map(Into::into),
            state: if accepted {
                AttachmentState::Available
            } else {
                AttachmentState::PendingAcceptance
            },
            ..blank(build, &view, &gateway, peer.is_none())
        };
        build.add("transit_gateway_attachments", &view, item, |model| {
            &mut model.transit_gateway_attachments
        });
    }
}

/// An attachment of which no more is said yet. `defaults`: whether the default tables take it in.
fn blank(build: &Build<'_>, view: &View<'_>, gateway: &str, defaults: bool) -> TransitGatewayAttachment {
    let (name, tags) = named(view);
    let wanted = |argument| defaults && view.truth(argument).unwrap_or(true);
    let takes =
        wanted("transit_gateway_default_route_table_association") && has_default(build, gateway, true);
    let gives =
        wanted("transit_gateway_default_route_table_propagation") && has_default(build, gateway, false);
    TransitGatewayAttachment {
        name,
        transit_gateway: gateway.into(),
        vpc: None,
        subnets: OneOrMany::default(),
        peer: None,
        resource: None,
        route_table: None,
        peer_route_table: None,
        unassociated: !takes,
        propagates_to: (!gives).then(Vec::new),
        appliance_mode: on(view, "appliance_mode_support", false),
        ipv6: on(view, "ipv6_support", false),
        security_group_referencing: on(view, "security_group_referencing_support", true),
        state: AttachmentState::Available,
        tags,
    }
}

/// Connect attachments, on top of others.
fn connects(build: &mut Build<'_>) {
    for view in build.links.made(&["aws_ec2_transit_gateway_connect"]) {
        let ends = (
            build.one(&view, "transit_gateway_id", GATEWAY),
            build.one(&view, "transport_attachment_id", ATTACHMENT),
        );
        let (Some(gateway), Some(carrier)) = ends else {
            build.lost(&view, "the plan does not tell what carries it");
            continue;
        };
        let item = TransitGatewayAttachment {
            resource: Some(carrier.as_str().into()),
            ..blank(build, &view, &gateway, true)
        };
        build.add("transit_gateway_attachments", &view, item, |model| {
            &mut model.transit_gateway_attachments
        });
    }
}

/// The attachments that AWS makes with a VPN connection and with the association of a Direct Connect gateway.
fn brought(build: &mut Build<'_>) {
    let sources = [
        (CONNECTION[0], "transit_gateway_id", None),
        (ASSOCIATION, "associated_gateway_id", Some("dx_gateway_id")),
    ];
    let either: Vec<&str> = GATEWAY.iter().chain(VPN_GATEWAY).copied().collect();
    for (kind, argument, of) in sources {
        for view in build.links.made(&[kind]) {
            let gateway = build.one(&view, argument, &either);
            let resource = match of {
                None => Some(links::id(view.owner)),
                Some(argument) => build.one(&view, argument, DIRECT),
            };
            let (Some(gateway), Some(resource)) = (gateway, resource) else {
                continue;
            };
            if !build.model.transit_gateways.contains_key(gateway.as_str()) {
                continue;
            }
            let id = looked_up(build, &gateway, &resource)
                .or(view.text("transit_gateway_attachment_id").map(str::to_owned))
                .unwrap_or_else(|| format!("{}.attachment", links::id(view.owner)));
            let item = TransitGatewayAttachment {
                name: None,
                resource: Some(resource.as_str().into()),
                tags: std::collections::BTreeMap::new(),
                ..blank(build, &view, &gateway, true)
            };
            build.add_as("transit_gateway_attachments", &id, item, |model| {
                &mut model.transit_gateway_attachments
            });
        }
    }
}

/// The id under which such an attachment is looked up.
fn looked_up(build: &mut Build<'_>, gateway: &str, resource: &str) -> Option<String> {
    for view in build.links.of(&LOOKED_UP) {
        let of = build.one(&view, "transit_gateway_id", GATEWAY);
        let what = build
            .one(&view, "vpn_connection_id", CONNECTION)
            .or_else(|| build.one(&view, "dx_gateway_id", DIRECT));
        if of.as_deref() == Some(gateway) && what.as_deref() == Some(resource) {
            return Some(links::id(view.owner));
        }
    }
    None
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
