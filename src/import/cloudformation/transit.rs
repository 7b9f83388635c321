//! Transit gateways, their attachments, route tables, associations and propagations.

use super::resource::{Block, Resource};
use super::{Build, labels};
use crate::model::{
    AttachmentState, LinkStatus, OneOrMany, Peer, SubnetId, TransitGateway, TransitGatewayAttachment,
    TransitGatewayAttachmentId, TransitGatewayConnectPeer, TransitGatewayRoute, TransitGatewayRouteTable,
    TransitGatewayRouteTableId,
};
use std::collections::BTreeMap;

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::TransitGateway") {
        gateway(build, resource);
    }
    tables(build);
    for kind in [
        "AWS::EC2::TransitGatewayAttachment",
        "AWS::EC2::TransitGatewayVpcAttachment",
        "AWS::EC2::TransitGatewayPeeringAttachment",
    ] {
        for resource in build.of(kind) {
            attachment(build, resource);
        }
    }
    connections(build);
    connects(build);
    connect_peers(build);
    associations(build);
    propagations(build);
    routes(build);
}

/// A feature that is enabled or disabled.
fn on(block: Option<Block<'_>>, key: &str, default: bool) -> bool {
    let word = block.and_then(|block| block.text(key));
    word.map_or(default, |word| word.eq_ignore_ascii_case("enable"))
}

fn gateway(build: &mut Build<'_>, resource: &Resource) {
    let block = resource.block();
    let keys = [
        "DefaultRouteTableAssociation",
        "DefaultRouteTablePropagation",
        "SecurityGroupReferencingSupport",
        "VpnEcmpSupport",
    ];
    if !build.decided(resource, &keys) {
        return;
    }
    let (name, tags) = labels(resource);
    let item = TransitGateway {
        name,
        region: build.region.map(str::to_owned),
        account: build.account.map(str::to_owned),
        security_group_referencing: on(Some(block), keys[2], false),
        vpn_ecmp: on(Some(block), keys[3], true),
        tags,
    };
    build.add("transit_gateways", resource, item, |model| {
        &mut model.transit_gateways
    });
    let (takes, learns) = (on(Some(block), keys[0], true), on(Some(block), keys[1], true));
    if takes || learns {
        default_table(build, resource, takes, learns);
    }
}

/// The table that comes with a transit gateway.
fn default_table(build: &mut Build<'_>, resource: &Resource, takes: bool, learns: bool) {
    let item = table(None, &resource.id, takes, learns);
    let id = format!("{}.default_route_table", resource.id);
    build.add_as("transit_gateway_route_tables", &id, resource, item, |model| {
        &mut model.transit_gateway_route_tables
    });
}

fn table(name: Option<String>, gateway: &str, takes: bool, learns: bool) -> TransitGatewayRouteTable {
    TransitGatewayRouteTable {
        name,
        transit_gateway: gateway.into(),
        default_association: takes,
        default_propagation: learns,
        routes: Vec::new(),
        unread: false,
        tags: BTreeMap::new(),
    }
}

fn tables(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::TransitGatewayRouteTable") {
        let Some(gateway) = build.one(resource.block(), "TransitGatewayId") else {
            build.lost(resource, "its transit gateway is not told");
            continue;
        };
        let (name, tags) = labels(resource);
        let item = TransitGatewayRouteTable {
            tags,
            ..table(name, &gateway, false, false)
        };
        build.add("transit_gateway_route_tables", resource, item, |model| {
            &mut model.transit_gateway_route_tables
        });
    }
}

/// Whether a transit gateway has a default table; of one that is not described, AWS's default holds.
fn has_default(build: &Build<'_>, gateway: &str, association: bool) -> bool {
    let mut tables = build.model.transit_gateway_route_tables.values();
    !build.model.transit_gateways.contains_key(gateway)
        || tables.any(|table| {
            let default = match association {
                true => table.default_association,
                false => table.default_propagation,
            };
            table.transit_gateway.as_str() == gateway && default
        })
}

fn attachment(build: &mut Build<'_>, resource: &Resource) {
    let block = resource.block();
    let Some(gateway) = build.one(block, "TransitGatewayId") else {
        build.lost(resource, "its transit gateway is not told");
        return;
    };
    let vpc = build.one(block, "VpcId");
    let peer = build.one(block, "PeerTransitGatewayId");
    let subnets = build.many(block, "SubnetIds");
    if let Some(name) = resource.doubt.clone().or_else(|| block.open(&["Options"])) {
        build.lost(resource, &format!("it hangs on {name}, which is not known"));
        return;
    }
    let item = TransitGatewayAttachment {
        vpc: vpc.as_deref().map(Into::into),
        subnets: OneOrMany(subnets.iter().map(|id| SubnetId::from(id.as_str())).collect()),
        peer: peer.as_deref().map(Into::into),
        // Who owns the other transit gateway has to accept a peering.
        state: match peer {
            None => AttachmentState::Available,
            Some(_) => AttachmentState::PendingAcceptance,
        },
        ..blank(build, resource, &gateway, peer.is_none())
    };
    build.add("transit_gateway_attachments", resource, item, |model| {
        &mut model.transit_gateway_attachments
    });
}

fn blank(build: &Build<'_>, resource: &Resource, gateway: &str, defaults: bool) -> TransitGatewayAttachment {
    let options = resource.block().block("Options");
    let (name, tags) = labels(resource);
    let learnt = defaults && has_default(build, gateway, false);
    TransitGatewayAttachment {
        name,
        transit_gateway: gateway.into(),
        vpc: None,
        subnets: OneOrMany::default(),
        peer: None,
        resource: None,
        route_table: None,
        peer_route_table: None,
        unassociated: !(defaults && has_default(build, gateway, true)),
        propagates_to: (!learnt).then(Vec::new),
        appliance_mode: on(options, "ApplianceModeSupport", false),
        ipv6: on(options, "Ipv6Support", false),
        security_group_referencing: on(options, "SecurityGroupReferencingSupport", true),
        state: AttachmentState::Available,
        tags,
    }
}

/// A VPN connection of a transit gateway is an attachment of its own.
fn connections(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::VPNConnection") {
        let Some(gateway) = build.one(resource.block(), "TransitGatewayId") else {
            continue;
        };
        let item = TransitGatewayAttachment {
            name: None,
            resource: Some(resource.id.as_str().into()),
            tags: BTreeMap::new(),
            ..blank(build, resource, &gateway, true)
        };
        let id = format!("{}.attachment", resource.id);
        build.add_as("transit_gateway_attachments", &id, resource, item, |model| {
            &mut model.transit_gateway_attachments
        });
    }
}

/// Connect attachments, on top of others, whose transit gateway is theirs, too.
fn connects(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::TransitGatewayConnect") {
        let carrier = build.one(resource.block(), "TransportTransitGatewayAttachmentId");
        let attachments = &build.model.transit_gateway_attachments;
        let found = carrier.and_then(|id| {
            let carrier = attachments.get(id.as_str())?;
            Some((id, carrier.transit_gateway.to_string()))
        });
        let Some((carrier, gateway)) = found else {
            build.lost(resource, "what carries it is not told");
            continue;
        };
        if let Some(condition) = &resource.doubt {
            build.lost(resource, &format!("it hangs on {condition}, which is not known"));
            continue;
        }
        let item = TransitGatewayAttachment {
            resource: Some(carrier.as_str().into()),
            ..blank(build, resource, &gateway, true)
        };
        build.add("transit_gateway_attachments", resource, item, |model| {
            &mut model.transit_gateway_attachments
        });
    }
}

/// The peers of Connect attachments. What they announce by BGP, no template tells.
fn connect_peers(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::TransitGatewayConnectPeer") {
        let block = resource.block();
        let Some(attachment) = build.one(block, "TransitGatewayAttachmentId") else {
            build.lost(resource, "its attachment is not told");
            continue;
        };
        let addresses = block.block("ConnectPeerConfiguration");
        let address = |key| addresses.and_then(|block| block.number(key));
        let (name, tags) = labels(resource);
        let item = TransitGatewayConnectPeer {
            name,
            attachment: attachment.as_str().into(),
            transit_gateway_ip: address("TransitGatewayAddress"),
            ip: address("PeerAddress"),
            routes: None,
            bgp: LinkStatus::Up,
            tags,
        };
        build.add("transit_gateway_connect_peers", resource, item, |model| {
            &mut model.transit_gateway_connect_peers
        });
    }
}

/// The attachment that is named, and the table; where it is not known whether this holds, the table is the condition.
fn ends(build: &mut Build<'_>, resource: &Resource) -> Option<(String, TransitGatewayRouteTableId)> {
    let block = resource.block();
    let attachment = build.one(block, "TransitGatewayAttachmentId")?;
    let table = build.one(block, "TransitGatewayRouteTableId")?;
    let table = match &resource.doubt {
        None => table,
        Some(condition) => {
            build.open(condition);
            condition.clone()
        }
    };
    Some((attachment, table.as_str().into()))
}

fn associations(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::TransitGatewayRouteTableAssociation") {
        let Some((attachment, table)) = ends(build, resource) else {
            continue;
        };
        let attachments = &mut build.model.transit_gateway_attachments;
        if let Some(item) = attachments.get_mut(&TransitGatewayAttachmentId::from(attachment.as_str())) {
            item.unassociated = false;
            item.route_table = Some(table);
        }
    }
}

fn propagations(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::TransitGatewayRouteTablePropagation") {
        let Some((attachment, table)) = ends(build, resource) else {
            continue;
        };
        if resource.doubt.is_some() {
            // Whether the table learns these routes is not known: so are its routes.
            let own = build
                .one(resource.block(), "TransitGatewayRouteTableId")
                .unwrap_or_default();
            if let Some(table) = build.model.transit_gateway_route_tables.get_mut(own.as_str()) {
                table.unread = true;
            }
            continue;
        }
        learn(build, &attachment, table);
    }
}

/// One more table learns the routes of an attachment, beside the default one.
fn learn(build: &mut Build<'_>, attachment: &str, table: TransitGatewayRouteTableId) {
    let Some(item) = build.model.transit_gateway_attachments.get(attachment) else {
        return;
    };
    let gateway = &item.transit_gateway;
    let mut learners = item.propagates_to.clone().unwrap_or_else(|| {
        let own = build.model.transit_gateway_route_tables.iter();
        let default = own.filter(|(_, one)| one.transit_gateway == *gateway && one.default_propagation);
        default.map(|(id, _)| id.clone()).collect()
    });
    learners.push(table);
    if let Some(item) = build.model.transit_gateway_attachments.get_mut(attachment) {
        item.propagates_to = Some(learners);
    }
}

fn routes(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::TransitGatewayRoute") {
        let block = resource.block();
        let Some(id) = build.one(block, "TransitGatewayRouteTableId") else {
            continue;
        };
        let attachment = build.one(block, "TransitGatewayAttachmentId");
        let Some(table) = build.model.transit_gateway_route_tables.get_mut(id.as_str()) else {
            continue;
        };
        let open = block.open(&["Blackhole"]).is_some() || resource.doubt.is_some();
        let Some(destination) = block.cidr("DestinationCidrBlock").filter(|_| !open) else {
            table.unread = true;
            continue;
        };
        table.routes.push(TransitGatewayRoute {
            destination: Peer::Cidr(destination),
            attachment: OneOrMany(
                attachment
                    .iter()
                    .map(|id| TransitGatewayAttachmentId::from(id.as_str()))
                    .collect(),
            ),
            propagated: false,
            blackhole: block.truth("Blackhole") == Some(true),
        });
        let place = (
            "transit_gateway_route_tables",
            id.as_str(),
            "routes",
            table.routes.len() - 1,
        );
        build.element(place, &resource.file, resource.span);
    }
}
