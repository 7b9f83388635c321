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
//! - What one segment shares with another its filters may take back, whichever of the two they are of (same guide, "Segments": a
//!   denied segment "will never have routes shared").
//! - Network functions: with `send-via`, what goes between two segments, or inside one, goes through an attachment of a network function
//!   group and from there by the group's own routes; with `send-to` the default route of a segment leads to one (same guide, "Service
//!   insertion"). At one edge with one attachment of the group that is decided; which functions AWS picks between two edges, or among
//!   several, is not: that is unknown.
//! - A transit gateway route table that is attached learns what its segment reaches, and the segment what the table routes (same guide,
//!   "Transit gateway route table attachments"). What comes from the transit gateway is the segment's, what goes to it the table's.
//! - What a VPN connection or a Direct Connect gateway of another edge announces is routed there; where the model does not say what
//!   that is, destinations for which nothing better is known are unknown.
//! - Security groups may name each other at one edge only, where the core network and the attachments allow it.
//! - A route of a VPC's table to the core network leads to the edge to which the VPC is attached.
//!
//! Mostly from memory of the guide.

mod segment;

use crate::code::ExplanationCode;
use crate::model::{
    Cidr, CoreNetwork, CoreNetworkAttachment, CoreNetworkAttachmentId, CoreNetworkId, CoreNetworkRoute,
    CoreNetworkSegment, ItemFiles, Model, OneOrMany, Peer, Place, ResourceId, Tags, TransitGateway,
    TransitGatewayAttachment, TransitGatewayId, TransitGatewayRoute, TransitGatewayRouteTable,
    TransitGatewayRouteTableId,
};
use crate::network::{Builder, Kind};
use ipnet::IpNet;
use segment::Lead;
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
            "network functions between two edges, or several of one group at an edge",
            "static routes of a segment towards transit gateway route tables",
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
        let at = place.clone().field("segments");
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
        for (group, edge) in self.functions() {
            let id = self.function_table(&group, &edge);
            self.note(
                &mut files,
                model,
                ("transit_gateway_route_tables", id.as_str()),
                &place,
            );
            let routes = self.function_routes(&group, &edge, model);
            let table = self.table_with(&edge, self.routes_of(routes, &edge, model), false);
            model.transit_gateway_route_tables.insert(id, table);
        }
        let tables = self.tables_attached(model);
        for (id, attachment) in &self.attachments {
            let own = Place::item("core_network_attachments", id);
            self.note(
                &mut files,
                model,
                ("transit_gateway_attachments", id.as_str()),
                &own,
            );
            let item = self.attachment(attachment, model);
            model.transit_gateway_attachments.insert(id.as_str().into(), item);
        }
        self.tell_tables(tables, model);
        self.lead(model);
        model.sources.add(Arc::new(files));
    }

    /// Where something that was made is written.
    fn note(&self, files: &mut ItemFiles, model: &Model, made: (&'static str, &str), written: &Place) {
        let location = model.sources.locate(written);
        files
            .items
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

    fn segment(
        &self,
        (name, segment): (&str, &CoreNetworkSegment),
        edge: &str,
        model: &mut Model,
    ) -> TransitGatewayRouteTable {
        let mut routes: Vec<TransitGatewayRoute> = segment
            .routes
            .iter()
            .map(|route| self.static_route(name, route, edge))
            .collect();
        let learned = self.segment_routes((name, segment), edge, model);
        routes.extend(self.routes_of(learned, edge, model));
        self.table_with(edge, routes, segment.unread)
    }

    fn table_with(
        &self,
        edge: &str,
        routes: Vec<TransitGatewayRoute>,
        unread: bool,
    ) -> TransitGatewayRouteTable {
        TransitGatewayRouteTable {
            name: None,
            transit_gateway: self.edge(edge),
            default_association: false,
            default_propagation: false,
            routes,
            unread,
            tags: Tags::new(),
        }
    }

    /// Routes to where they lead; to what is not decided by way of an attachment that nothing describes.
    fn routes_of(
        &self,
        learned: BTreeMap<IpNet, Lead>,
        edge: &str,
        model: &mut Model,
    ) -> Vec<TransitGatewayRoute> {
        let mut routes = Vec::new();
        for (cidr, lead) in learned {
            let attachment = match lead {
                Lead::Attachment(id) => id,
                Lead::Undecided(why) => {
                    let id = format!("{}/{why}/{edge}", self.id);
                    let item = TransitGatewayAttachment {
                        propagates_to: Some(Vec::new()),
                        unassociated: true,
                        ..self.bare(edge)
                    };
                    model.transit_gateway_attachments.insert(id.as_str().into(), item);
                    id
                }
            };
            routes.push(TransitGatewayRoute {
                destination: Peer::Cidr(Cidr(cidr)),
                attachment: vec![attachment.as_str().into()].into(),
                propagated: true,
                blackhole: false,
            });
        }
        routes
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

    fn attachment(&self, attachment: &CoreNetworkAttachment, model: &Model) -> TransitGatewayAttachment {
        let edge = attachment.edge.as_str();
        let segment = attachment.segment.as_deref();
        let group = attachment.network_function_group.as_deref();
        let table = segment.map(|segment| self.table(segment, edge));
        let table = table.or_else(|| group.map(|group| self.function_table(group, edge)));
        let attached = self.table_of(attachment, model);
        TransitGatewayAttachment {
            name: attachment.name.clone(),
            vpc: attachment.vpc.clone(),
            subnets: attachment.subnets.clone(),
            resource: attachment.resource.clone().filter(|_| attached.is_none()),
            peer: attached.map(|(_, table)| table.transit_gateway.clone()),
            peer_route_table: attached.map(|(id, _)| id.clone()),
            unassociated: table.is_none(),
            route_table: table,
            propagates_to: Some(segment.map_or_else(Vec::new, |segment| self.told(segment, edge))),
            appliance_mode: attachment.appliance_mode,
            ipv6: attachment.ipv6,
            security_group_referencing: attachment.security_group_referencing,
            state: attachment.state,
            ..self.bare(edge)
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
