//! Transit gateways, from EC2's calls.
//!
//! `search-transit-gateway-routes` tells every route of a table, the propagated ones too. Where only the static routes and
//! the propagations were collected, the propagated routes are implied; where neither was, the table's routes are not known.

use super::collect::{Dump, Found};
use super::{Import, name, shape, tags};
use crate::model::{
    AttachmentState, Cidr, OneOrMany, Peer, TransitGateway, TransitGatewayAttachment,
    TransitGatewayAttachmentId, TransitGatewayRoute, TransitGatewayRouteTable, TransitGatewayRouteTableId,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Brings everything about transit gateways.
pub(super) fn bring(dump: &Dump, import: &mut Import) {
    gateways(dump, import);
    tables(dump, import);
    attachments(dump, import);
    propagations(dump, import);
}

fn on(option: &Option<String>) -> bool {
    option.as_deref() == Some("enable")
}

fn gateways(dump: &Dump, import: &mut Import) {
    for found in &dump.transit_gateways {
        let gateway = &found.item;
        let item = TransitGateway {
            name: name(&gateway.tags),
            region: found.region.as_deref().map(str::to_owned),
            account: gateway.owner_id.clone(),
            security_group_referencing: on(&gateway.options.security_group_referencing_support),
            vpn_ecmp: gateway.options.vpn_ecmp_support.as_deref() != Some("disable"),
            tags: tags(&gateway.tags),
        };
        import.add(
            "transit_gateways",
            &found.file,
            &gateway.transit_gateway_id,
            item,
            |model| &mut model.transit_gateways,
        );
    }
}

fn tables(dump: &Dump, import: &mut Import) {
    let fixed: BTreeMap<&str, &[shape::TransitGatewayRoute]> = dump
        .transit_static_routes
        .iter()
        .map(|found| {
            (
                found.item.transit_gateway_route_table_id.as_str(),
                found.item.routes.as_slice(),
            )
        })
        .collect();
    for found in &dump.transit_tables {
        let table = &found.item;
        let id = table.transit_gateway_route_table_id.as_str();
        let routes = dump
            .transit_routes
            .get(id)
            .map(Vec::as_slice)
            .or(fixed.get(id).copied());
        let item = TransitGatewayRouteTable {
            name: name(&table.tags),
            transit_gateway: table.transit_gateway_id.as_str().into(),
            default_association: table.default_association_route_table,
            default_propagation: table.default_propagation_route_table,
            routes: routes.into_iter().flatten().filter_map(route).collect(),
            unread: routes.is_none(),
            tags: tags(&table.tags),
        };
        import.add("transit_gateway_route_tables", &found.file, id, item, |model| {
            &mut model.transit_gateway_route_tables
        });
    }
}

fn route(route: &shape::TransitGatewayRoute) -> Option<TransitGatewayRoute> {
    let list = route
        .prefix_list_id
        .as_deref()
        .map(|id| Peer::Resource(id.into()));
    let cidr = route
        .destination_cidr_block
        .as_deref()
        .and_then(|text| Cidr::parse(text).ok());
    let attachments = route.transit_gateway_attachments.iter();
    let attachments =
        attachments.filter_map(|one| Some(one.transit_gateway_attachment_id.as_deref()?.into()));
    Some(TransitGatewayRoute {
        destination: list.or(cidr.map(Peer::Cidr))?,
        attachment: OneOrMany(attachments.collect()),
        propagated: route.kind.as_deref() == Some("propagated"),
        blackhole: route.state.as_deref() == Some("blackhole"),
    })
}

fn state(state: Option<&str>) -> AttachmentState {
    match state {
        None | Some("available") => AttachmentState::Available,
        Some("modifying") => AttachmentState::Modifying,
        Some("pendingAcceptance") => AttachmentState::PendingAcceptance,
        Some("rejected" | "rejecting") => AttachmentState::Rejected,
        Some("failed" | "failing") => AttachmentState::Failed,
        Some("deleted" | "deleting") => AttachmentState::Deleted,
        Some(_) => AttachmentState::Pending,
    }
}

fn attachments(dump: &Dump, import: &mut Import) {
    let mut all: BTreeMap<&str, (TransitGatewayAttachment, Arc<str>)> = BTreeMap::new();
    for found in &dump.transit_attachments {
        let id = found.item.transit_gateway_attachment_id.as_str();
        match all.get_mut(id) {
            // Each end of a peering lists it as its own.
            Some((known, _)) if known.transit_gateway.as_str() != found.item.transit_gateway_id => {
                known.peer_route_table = association(&found.item);
            }
            Some(_) => {}
            None => {
                all.insert(id, (listed(&found.item), Arc::clone(&found.file)));
            }
        }
    }
    for found in &dump.transit_vpc_attachments {
        let id = found.item.transit_gateway_attachment_id.as_str();
        let (known, _) = all
            .entry(id)
            .or_insert_with(|| (of_vpc(&found.item), Arc::clone(&found.file)));
        describe(known, &found.item);
    }
    for found in &dump.transit_peerings {
        let id = found.item.transit_gateway_attachment_id.as_str();
        if let (false, Some(peering)) = (all.contains_key(id), peering(found)) {
            all.insert(id, (peering, Arc::clone(&found.file)));
        }
    }
    for found in &dump.transit_connects {
        let connect = &found.item;
        let blank = || {
            blank(
                &connect.transit_gateway_id,
                state(connect.state.as_deref()),
                &connect.tags,
            )
        };
        let id = connect.transit_gateway_attachment_id.as_str();
        let (known, _) = all
            .entry(id)
            .or_insert_with(|| (blank(), Arc::clone(&found.file)));
        // What carries it.
        let carrier = connect.transport_transit_gateway_attachment_id.as_deref();
        known.resource = carrier.map(Into::into).or(known.resource.take());
    }
    for (id, (item, file)) in all {
        import.add("transit_gateway_attachments", &file, id, item, |model| {
            &mut model.transit_gateway_attachments
        });
    }
}

fn association(attachment: &shape::TransitGatewayAttachment) -> Option<TransitGatewayRouteTableId> {
    let association = attachment.association.as_ref()?;
    let works = matches!(association.state.as_deref(), None | Some("associated"));
    association
        .transit_gateway_route_table_id
        .as_deref()
        .filter(|_| works)
        .map(Into::into)
}

fn blank(gateway: &str, state: AttachmentState, own: &[shape::Tag]) -> TransitGatewayAttachment {
    TransitGatewayAttachment {
        name: name(own),
        transit_gateway: gateway.into(),
        vpc: None,
        subnets: OneOrMany(Vec::new()),
        peer: None,
        resource: None,
        route_table: None,
        peer_route_table: None,
        unassociated: false,
        propagates_to: None,
        appliance_mode: false,
        ipv6: false,
        security_group_referencing: true,
        state,
        tags: tags(own),
    }
}

fn listed(attachment: &shape::TransitGatewayAttachment) -> TransitGatewayAttachment {
    let table = association(attachment);
    let mut item = blank(
        &attachment.transit_gateway_id,
        state(attachment.state.as_deref()),
        &attachment.tags,
    );
    let resource = attachment.resource_id.as_deref();
    match attachment.resource_type.as_deref() {
        Some("vpc") => item.vpc = resource.map(Into::into),
        Some("peering" | "tgw-peering") => item.peer = resource.map(Into::into),
        _ => item.resource = resource.map(Into::into),
    }
    item.unassociated = table.is_none();
    item.route_table = table;
    item
}

fn of_vpc(attachment: &shape::TransitGatewayVpcAttachment) -> TransitGatewayAttachment {
    blank(
        &attachment.transit_gateway_id,
        state(attachment.state.as_deref()),
        &attachment.tags,
    )
}

fn describe(item: &mut TransitGatewayAttachment, attachment: &shape::TransitGatewayVpcAttachment) {
    let options = &attachment.options;
    item.vpc = Some(attachment.vpc_id.as_str().into());
    item.resource = None;
    item.subnets = OneOrMany(
        attachment
            .subnet_ids
            .iter()
            .map(|id| id.as_str().into())
            .collect(),
    );
    item.appliance_mode = on(&options.appliance_mode_support);
    item.ipv6 = on(&options.ipv6_support);
    item.security_group_referencing =
        options.security_group_referencing_support.as_deref() != Some("disable");
}

fn peering(found: &Found<shape::TransitGatewayPeeringAttachment>) -> Option<TransitGatewayAttachment> {
    let peering = &found.item;
    let gateway = peering.requester_tgw_info.transit_gateway_id.as_deref()?;
    let mut item = blank(gateway, state(peering.state.as_deref()), &peering.tags);
    item.peer = Some(peering.accepter_tgw_info.transit_gateway_id.as_deref()?.into());
    Some(item)
}

/// Which tables learn what. A table whose every route was collected learns nothing more.
fn propagations(dump: &Dump, import: &mut Import) {
    let listed = dump.transit_propagations.iter().map(|found| {
        let item = &found.item;
        (
            item.transit_gateway_route_table_id.as_str(),
            item.transit_gateway_route_table_propagations.as_slice(),
        )
    });
    let asked = dump
        .transit_learned
        .iter()
        .map(|(id, learned)| (id.as_str(), learned.as_slice()));
    let mut learned: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (table, propagations) in listed
        .chain(asked)
        .filter(|(table, _)| !dump.transit_routes.contains_key(*table))
    {
        let enabled = propagations
            .iter()
            .filter(|one| matches!(one.state.as_deref(), None | Some("enabled")));
        learned
            .extend(enabled.filter_map(|one| Some((one.transit_gateway_attachment_id.as_deref()?, table))));
    }
    for (id, attachment) in &mut import.model.transit_gateway_attachments {
        let own = |id: &TransitGatewayAttachmentId| -> Vec<TransitGatewayRouteTableId> {
            let tables = learned
                .iter()
                .filter(|(attachment, _)| *attachment == id.as_str());
            tables.map(|(_, table)| (*table).into()).collect()
        };
        attachment.propagates_to = Some(own(id));
    }
}
