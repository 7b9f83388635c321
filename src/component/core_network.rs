//! AWS Cloud WAN core networks.
//!
//! - A core network has an edge in each of its Regions, which works as a transit gateway does: an interface a zone in the subnets of
//!   each attachment, appliance mode, the same rules for network ACLs. So every edge is made into one, and every segment at an edge
//!   into a route table of its own (Cloud WAN guide, "Core network edges").
//! - A segment is one routing domain across Regions. An attachment belongs to one segment; the CIDRs of an attached VPC are
//!   propagated to it, unless its attachments are isolated, and to the segments that share with it (same guide, "Segments"). Between
//!   two edges each segment keeps to itself, as if it had a peering of its own; the routes over it lead to the edge of the
//!   attachment.
//! - A static route leads to an attachment of the same edge, else over to the edge that has one; without attachments it is a blackhole
//!   (same guide, "Segment actions").
//! - Security groups may name each other at one edge only, where the core network and the attachments allow it.
//! - A route of a VPC's table to the core network leads to the edge to which the VPC is attached.
//!
//! Mostly from memory of the guide; `reference` section 6.8 has what was read.

use crate::code::ExplanationCode;
use crate::model::{
    Cidr, CoreNetwork, CoreNetworkAttachment, CoreNetworkAttachmentId, CoreNetworkId, CoreNetworkRoute,
    CoreNetworkSegment, ItemFiles, Model, OneOrMany, Peer, Place, ResourceId, Tags, TransitGateway,
    TransitGatewayAttachment, TransitGatewayId, TransitGatewayRoute, TransitGatewayRouteTable,
    TransitGatewayRouteTableId,
};
use crate::network::{Builder, Kind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Network Manager's word for it.
pub const NAME: &str = "core-network";

/// The kind.
pub struct CoreNetworks;

impl Kind for CoreNetworks {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("core_networks")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &[
            "network function groups and service insertion",
            "attachments of transit gateway route tables",
            "filters of segments (allow-filter, deny-filter)",
            "routing policies",
        ]
    }

    fn expand(&self, model: &mut Model) {
        let networks = model.core_networks.clone();
        for (id, network) in &networks {
            Wan::of(id, network, model).build(model);
        }
    }
    fn declare(&self, _: &Model, _: &mut Builder<'_>) {}
    fn connect(&self, _: &Model, _: &mut Builder<'_>) {}
}

/// A core network, and what is attached to it.
struct Wan<'m> {
    id: &'m CoreNetworkId,
    network: &'m CoreNetwork,
    attachments: BTreeMap<CoreNetworkAttachmentId, CoreNetworkAttachment>,
    edges: BTreeSet<String>,
}

impl<'m> Wan<'m> {
    fn of(id: &'m CoreNetworkId, network: &'m CoreNetwork, model: &Model) -> Self {
        let own = model
            .core_network_attachments
            .iter()
            .filter(|(_, one)| one.core_network == *id);
        let attachments: BTreeMap<_, _> = own.map(|(id, one)| (id.clone(), one.clone())).collect();
        Self {
            id,
            network,
            edges: attachments.values().map(|one| one.edge.clone()).collect(),
            attachments,
        }
    }

    fn edge(&self, edge: &str) -> TransitGatewayId {
        format!("{}/{edge}", self.id).as_str().into()
    }

    fn table(&self, segment: &str, edge: &str) -> TransitGatewayRouteTableId {
        format!("{}/{segment}/{edge}", self.id).as_str().into()
    }

    /// What carries a segment from one edge to another, whichever is asked first.
    fn span(&self, segment: &str, edges: [&str; 2]) -> String {
        let [one, other] = if edges[0] < edges[1] {
            edges
        } else {
            [edges[1], edges[0]]
        };
        format!("{}/{segment}/{one}-{other}", self.id)
    }

    fn build(&self, model: &mut Model) {
        let mut files = ItemFiles::default();
        let place = Place::item("core_networks", self.id);
        for edge in &self.edges {
            self.note(
                &mut files,
                model,
                ("transit_gateways", self.edge(edge).as_str()),
                &place,
            );
            model.transit_gateways.insert(self.edge(edge), self.gateway(edge));
        }
        let at = place.field("segments");
        for (name, segment) in &self.network.segments {
            for edge in &self.edges {
                let id = self.table(name, edge);
                self.note(
                    &mut files,
                    model,
                    ("transit_gateway_route_tables", id.as_str()),
                    &at,
                );
                let table = self.segment((name, segment), edge, model);
                model.transit_gateway_route_tables.insert(id, table);
            }
            self.spans(name, model);
        }
        for (id, attachment) in &self.attachments {
            let own = Place::item("core_network_attachments", id);
            self.note(
                &mut files,
                model,
                ("transit_gateway_attachments", id.as_str()),
                &own,
            );
            let item = self.attachment(attachment);
            model.transit_gateway_attachments.insert(id.as_str().into(), item);
        }
        self.lead(model);
        model.sources.add(Arc::new(files));
    }

    /// Where something that was made is written.
    fn note(&self, files: &mut ItemFiles, model: &Model, made: (&'static str, &str), written: &Place) {
        let location = model.sources.locate(written);
        files
            .0
            .extend(location.map(|location| ((made.0, ResourceId::from(made.1)), location)));
    }

    fn gateway(&self, edge: &str) -> TransitGateway {
        TransitGateway {
            name: None,
            region: Some(edge.to_owned()),
            account: None,
            security_group_referencing: self.network.security_group_referencing,
            vpn_ecmp: self.network.vpn_ecmp,
            tags: Tags::new(),
        }
    }

    /// The segments whose attachments have routes in this one.
    fn seen_from(&self, segment: &str) -> BTreeSet<&str> {
        let shares = |one: &str, other: &str| {
            let of = |name: &str| self.network.segments.get(name);
            of(one).is_some_and(|it| it.shared_with.iter().any(|name| name == other))
        };
        let others = self.network.segments.iter().filter(|(name, described)| {
            let own = name.as_str() == segment && !described.isolated;
            own || shares(segment, name) || shares(name, segment)
        });
        others.map(|(name, _)| name.as_str()).collect()
    }

    fn segment(
        &self,
        (name, segment): (&str, &CoreNetworkSegment),
        edge: &str,
        model: &Model,
    ) -> TransitGatewayRouteTable {
        let mut routes: Vec<TransitGatewayRoute> = segment
            .routes
            .iter()
            .map(|route| self.static_route(name, route, edge))
            .collect();
        routes.extend(self.remote(name, edge, model));
        TransitGatewayRouteTable {
            name: None,
            transit_gateway: self.edge(edge),
            default_association: false,
            default_propagation: false,
            routes,
            unread: segment.unread,
            tags: Tags::new(),
        }
    }

    fn static_route(&self, segment: &str, route: &CoreNetworkRoute, edge: &str) -> TransitGatewayRoute {
        let at = |id: &CoreNetworkAttachmentId| self.attachments.get(id).map(|one| one.edge.as_str());
        let mut all = route.attachment.iter();
        let near = all.find(|id| at(id) == Some(edge)).map(|id| id.to_string());
        let far = || {
            let other = route.attachment.iter().find_map(at)?;
            Some(self.span(segment, [edge, other]))
        };
        let attachment = near.or_else(far).map(|id| id.as_str().into());
        TransitGatewayRoute {
            destination: Peer::Cidr(route.destination),
            blackhole: attachment.is_none(),
            attachment: attachment.into_iter().collect::<Vec<_>>().into(),
            propagated: false,
        }
    }

    /// The routes to the VPCs of other edges.
    fn remote(&self, segment: &str, edge: &str, model: &Model) -> Vec<TransitGatewayRoute> {
        let seen = self.seen_from(segment);
        let visible = |one: &&CoreNetworkAttachment| {
            one.segment.as_deref().is_some_and(|name| seen.contains(name)) && one.state.works()
        };
        let cidrs = |one: &CoreNetworkAttachment| -> Vec<Cidr> {
            let vpc = one.vpc.as_ref().and_then(|vpc| model.vpcs.get(vpc));
            let all = vpc.into_iter().flat_map(|vpc| vpc.cidr.iter());
            let carried = all.filter(|cidr| one.ipv6 || cidr.net().addr().is_ipv4());
            carried.cloned().collect()
        };
        let near: BTreeSet<_> = self
            .attachments
            .values()
            .filter(visible)
            .filter(|one| one.edge == edge)
            .flat_map(cidrs)
            .map(|cidr| cidr.net())
            .collect();
        let mut routes: BTreeMap<_, TransitGatewayRoute> = BTreeMap::new();
        for one in self
            .attachments
            .values()
            .filter(visible)
            .filter(|one| one.edge != edge)
        {
            for cidr in cidrs(one).into_iter().filter(|cidr| !near.contains(&cidr.net())) {
                routes.entry(cidr.net()).or_insert_with(|| TransitGatewayRoute {
                    destination: Peer::Cidr(cidr),
                    attachment: vec![self.span(segment, [edge, &one.edge]).as_str().into()].into(),
                    propagated: true,
                    blackhole: false,
                });
            }
        }
        routes.into_values().collect()
    }

    /// What carries a segment between every two edges.
    fn spans(&self, segment: &str, model: &mut Model) {
        for one in &self.edges {
            for other in self.edges.range(one.clone()..).skip(1) {
                let id = self.span(segment, [one, other]);
                let item = TransitGatewayAttachment {
                    peer: Some(self.edge(other)),
                    route_table: Some(self.table(segment, one)),
                    peer_route_table: Some(self.table(segment, other)),
                    propagates_to: Some(Vec::new()),
                    ..self.bare(one)
                };
                model.transit_gateway_attachments.insert(id.as_str().into(), item);
            }
        }
    }

    fn bare(&self, edge: &str) -> TransitGatewayAttachment {
        TransitGatewayAttachment {
            name: None,
            transit_gateway: self.edge(edge),
            vpc: None,
            subnets: OneOrMany::default(),
            peer: None,
            resource: None,
            route_table: None,
            peer_route_table: None,
            unassociated: false,
            propagates_to: None,
            appliance_mode: false,
            ipv6: false,
            security_group_referencing: true,
            state: crate::model::AttachmentState::Available,
            tags: Tags::new(),
        }
    }

    fn attachment(&self, attachment: &CoreNetworkAttachment) -> TransitGatewayAttachment {
        let segment = attachment.segment.as_deref();
        let reached = self.network.segments.keys().filter(|name| {
            let seen = self.seen_from(name);
            segment.is_some_and(|segment| seen.contains(segment))
        });
        TransitGatewayAttachment {
            name: attachment.name.clone(),
            vpc: attachment.vpc.clone(),
            subnets: attachment.subnets.clone(),
            resource: attachment.resource.clone(),
            route_table: segment.map(|segment| self.table(segment, &attachment.edge)),
            unassociated: segment.is_none(),
            propagates_to: Some(reached.map(|name| self.table(name, &attachment.edge)).collect()),
            appliance_mode: attachment.appliance_mode,
            ipv6: attachment.ipv6,
            security_group_referencing: attachment.security_group_referencing,
            state: attachment.state,
            ..self.bare(&attachment.edge)
        }
    }

    /// Leads the routes of VPCs to the edge to which they are attached; those of others to any, where nothing takes them.
    fn lead(&self, model: &mut Model) {
        let mut edges = BTreeMap::new();
        for one in self.attachments.values() {
            edges.extend(one.vpc.clone().map(|vpc| (vpc, self.edge(&one.edge))));
        }
        let any = self.edges.first().map(|edge| self.edge(edge));
        for table in model.route_tables.values_mut() {
            let own = edges.get(&table.vpc).or(any.as_ref());
            for route in &mut table.routes {
                if let Some(edge) = own.filter(|_| route.target.as_str() == self.id.as_str()) {
                    route.target = edge.into();
                }
            }
        }
    }
}
