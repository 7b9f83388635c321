//! Transit gateways as several kinds see them: which tables their attachments use, and the places that they share.
//!
//! - What comes in over an attachment is routed by the one table that it is associated with (transit gateway guide, "How
//!   transit gateways work"); a transit gateway may have a default table for that, and one to which attachments propagate.
//! - A model that describes no table of a transit gateway has AWS's default: one table for all, to which all propagate.

use super::build::Builder;
use super::graph::{LinkId, NodeId};
use super::step::Direction;
use crate::model::{
    Model, Peer, ResourceId, SubnetId, TransitGatewayAttachment, TransitGatewayAttachmentId,
    TransitGatewayId, TransitGatewayRouteTableId,
};
use ipnet::IpNet;
use std::collections::BTreeSet;

/// An Availability Zone; none where packets come from outside of any.
pub type Zone = Option<String>;

/// The words for the parts of a transit gateway: a core network's edge works as one, and is called otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransitWords {
    /// The gateway.
    pub gateway: &'static str,
    /// AWS's resource-type word for what is attached.
    pub attachment: &'static str,
    /// AWS's resource-type word for what routes.
    pub table: &'static str,
    /// What an attachment lacks that nothing routes for.
    pub unassociated: &'static str,
}

const TRANSIT_GATEWAY: TransitWords = TransitWords {
    gateway: "transit gateway",
    attachment: "transit-gateway-attachment",
    table: "transit-gateway-route-table",
    unassociated: "is associated with no route table",
};

const CORE_NETWORK: TransitWords = TransitWords {
    gateway: "core network",
    attachment: "core-network-attachment",
    table: "core-network-segment",
    unassociated: "belongs to no segment",
};

/// How a gateway's parts are called. An edge has the name of its core network before its own.
pub fn transit_words(gateway: &TransitGatewayId, model: &Model) -> TransitWords {
    let network = gateway.as_str().rsplit_once('/').map(|(network, _)| network);
    match network.is_some_and(|network| model.core_networks.contains_key(network)) {
        true => CORE_NETWORK,
        false => TRANSIT_GATEWAY,
    }
}

/// A table that routes inside a transit gateway.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TransitTable {
    /// One that the model describes.
    Written(TransitGatewayRouteTableId),
    /// The one that AWS makes with the transit gateway, of which the model says nothing.
    Implied(TransitGatewayId),
}

impl TransitTable {
    /// As an answer names it.
    pub fn name(&self) -> String {
        match self {
            Self::Written(id) => id.to_string(),
            Self::Implied(gateway) => format!("default route table of {gateway}"),
        }
    }

    /// Every table of a transit gateway.
    pub fn all(gateway: &TransitGatewayId, model: &Model) -> Vec<Self> {
        let tables = model.transit_gateway_route_tables.iter();
        let own: Vec<Self> = tables
            .filter(|(_, table)| &table.transit_gateway == gateway)
            .map(|(id, _)| Self::Written(id.clone()))
            .collect();
        if own.is_empty() {
            return vec![Self::Implied(gateway.clone())];
        }
        own
    }

    /// The table that routes what comes into a transit gateway over an attachment; none: it is associated with none.
    pub fn of(
        attachment: &TransitGatewayAttachment,
        gateway: &TransitGatewayId,
        model: &Model,
    ) -> Option<Self> {
        let written = if &attachment.transit_gateway == gateway {
            &attachment.route_table
        } else {
            &attachment.peer_route_table
        };
        if attachment.unassociated {
            return None;
        }
        match written {
            Some(table) => Some(Self::Written(table.clone())),
            None => Self::default(gateway, model, |table| table.default_association),
        }
    }

    fn default(
        gateway: &TransitGatewayId,
        model: &Model,
        wanted: impl Fn(&crate::model::TransitGatewayRouteTable) -> bool,
    ) -> Option<Self> {
        let mut own = model
            .transit_gateway_route_tables
            .iter()
            .filter(|(_, table)| &table.transit_gateway == gateway)
            .peekable();
        if own.peek().is_none() {
            return Some(Self::Implied(gateway.clone()));
        }
        own.find(|(_, table)| wanted(table))
            .map(|(id, _)| Self::Written(id.clone()))
    }

    /// Whether an attachment propagates its routes to this table.
    pub fn learns(&self, attachment: &TransitGatewayAttachment, model: &Model) -> bool {
        if attachment.peer.is_some() {
            return false;
        }
        match (&attachment.propagates_to, self) {
            (Some(tables), Self::Written(id)) => tables.contains(id),
            (Some(_), Self::Implied(_)) => false,
            (None, _) => {
                let gateway = &attachment.transit_gateway;
                Self::default(gateway, model, |table| table.default_propagation).as_ref() == Some(self)
            }
        }
    }
}

/// The prefixes that a table routes: its written routes, and the CIDRs of the VPCs that propagate to it.
pub fn transit_prefixes(table: &TransitTable, model: &Model) -> BTreeSet<IpNet> {
    let (gateway, written) = match table {
        TransitTable::Written(id) => match model.transit_gateway_route_tables.get(id) {
            Some(table) => (&table.transit_gateway, Some(table)),
            None => return BTreeSet::new(),
        },
        TransitTable::Implied(gateway) => (gateway, None),
    };
    let mut prefixes = BTreeSet::new();
    let routes = written.into_iter().flat_map(|table| table.routes.iter());
    for route in routes.filter(|route| !route.blackhole) {
        match &route.destination {
            Peer::Cidr(cidr) => prefixes.extend([cidr.net()]),
            Peer::Resource(id) => {
                let list = model.prefix_lists.get(id.as_str()).into_iter();
                prefixes.extend(list.flat_map(|list| list.entries.iter().map(|cidr| cidr.net())));
            }
        }
    }
    let attachments = transit_attachments(gateway, model);
    for (_, attachment) in attachments.filter(|(_, one)| table.learns(one, model)) {
        let vpc = attachment.vpc.as_ref().and_then(|vpc| model.vpcs.get(vpc));
        prefixes.extend(
            vpc.into_iter()
                .flat_map(|vpc| vpc.cidr.iter().map(|cidr| cidr.net())),
        );
    }
    prefixes
}

/// The attachments of a transit gateway, peerings with others among them.
pub fn transit_attachments<'m>(
    gateway: &'m TransitGatewayId,
    model: &'m Model,
) -> impl Iterator<Item = (&'m TransitGatewayAttachmentId, &'m TransitGatewayAttachment)> {
    model
        .transit_gateway_attachments
        .iter()
        .filter(move |(_, one)| &one.transit_gateway == gateway || one.peer.as_ref() == Some(gateway))
}

/// The zones from which packets come into a transit gateway.
pub fn transit_zones(gateway: &TransitGatewayId, model: &Model) -> BTreeSet<Zone> {
    let subnets = transit_attachments(gateway, model).flat_map(|(_, one)| one.subnets.iter());
    let zones = subnets.map(|subnet| zone_of(subnet, model));
    zones.chain(std::iter::once(None)).collect()
}

/// The zone of a subnet.
pub fn zone_of(subnet: &SubnetId, model: &Model) -> Zone {
    model.subnets.get(subnet)?.az.clone()
}

impl Builder<'_> {
    /// Where a table routes what came in from a zone.
    pub fn transit_lookup(&mut self, table: &TransitTable, zone: &Zone) -> NodeId {
        let zone = zone.as_deref().unwrap_or_default();
        let place = format!("{}@{zone}", table.name());
        self.place("transit-gateway-route-table", place.as_str())
    }

    /// Where a transit gateway sends out over an attachment what came in from a zone.
    pub fn transit_departure(
        &mut self,
        attachment: &TransitGatewayAttachmentId,
        gateway: &TransitGatewayId,
        zone: &Zone,
    ) -> NodeId {
        let zone = zone.as_deref().unwrap_or_default();
        let place = format!("{attachment} from {gateway}@{zone}");
        self.place("transit-gateway-attachment", place.as_str())
    }

    /// The ways into the transit gateways to which something other than a VPC is attached.
    pub fn transit_entrances(&mut self, node: NodeId, resource: &ResourceId) -> Vec<LinkId> {
        let attachments = self.model.transit_gateway_attachments.iter();
        let own: Vec<_> = attachments
            .filter(|(_, attachment)| attachment.resource.as_ref() == Some(resource))
            .map(|(id, _)| id.clone())
            .collect();
        own.iter()
            .map(|id| {
                let entrance = self.transit_arrival(id);
                self.link(node, entrance, Direction::Ingress)
            })
            .collect()
    }

    /// The interface of an attachment in a subnet.
    pub fn transit_port(&mut self, attachment: &TransitGatewayAttachmentId, subnet: &SubnetId) -> NodeId {
        let place = format!("{attachment}/{subnet}");
        self.place("transit-gateway-attachment", place.as_str())
    }

    /// Where something that is no VPC comes into a transit gateway.
    pub fn transit_arrival(&mut self, attachment: &TransitGatewayAttachmentId) -> NodeId {
        self.place("transit-gateway-attachment", attachment)
    }
}
