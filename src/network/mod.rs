//! What the model means: components joined by links, every name resolved.

mod addresses;
mod build;
mod component;
pub mod edit;
mod graph;
mod on_premises;
mod resource;
mod routing;
mod rule;
mod service;
mod step;
mod transit;
mod tunnel;
mod workspace;

pub use addresses::{
    certain_addresses, internet_addresses, lattice, nat64, private_addresses, reserved, resolvers, rfc1918,
    rfc6598,
};
pub use build::{Association, Builder, Refusal, Resident, Target};
pub use component::{Arrival, Component, Kind, Memory, Parties, Sender, Trace};
pub use graph::{Graph, Link, LinkId, NodeId};
pub use on_premises::{
    Behind, Knowledge, Known, Learned, announced, announced_by, behind, knowledge, standing,
};
pub use resource::{
    Resource, Whom, endpoints_led, gateway_interfaces, gateway_node, resource_behind, resource_gateway,
    resources_behind, whom,
};
pub use routing::{Entry, Routes};
pub use rule::Service;
pub use service::{
    ServingNode, aws_services, balancer_node, endpoint_families, endpoint_node, endpoints_inspected,
    endpoints_served, inspected_subnet, inspector_node, last_word, offered_service, service_addresses,
    serving_nodes,
};
pub use step::{
    Cause, Choice, Direction, Identity, Leg, Onward, Passage, ResourceRef, Rewrite, RuleRef, Step,
};
pub use transit::{
    TransitTable, TransitWords, Zone, transit_attachments, transit_prefixes, transit_words, transit_zones,
    zone_of,
};
pub use tunnel::{Carriage, Tunnel, TunnelId};
pub use workspace::{FilterId, Workspace};

use crate::model::{Location, Place, ResourceId, Sources, VpcId};
use crate::packet::AddressSet;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Somebody at whom a question may begin or end.
#[derive(Debug, Clone)]
pub struct Owner {
    /// The resource, by whose id questions call it.
    pub resource: ResourceRef,
    /// Its VPC.
    pub vpc: Option<VpcId>,
    /// The addresses that are its own.
    pub addresses: AddressSet,
    /// Those by which the internet knows it, where they are others.
    pub public: AddressSet,
}

/// The data-plane graph of a model.
#[derive(Debug)]
pub struct Network {
    graph: Graph,
    places: FxHashMap<(&'static str, ResourceId), NodeId>,
    owners: BTreeMap<NodeId, Owner>,
    ends: FxHashMap<ResourceId, Vec<NodeId>>,
    served: BTreeMap<VpcId, Vec<(NodeId, AddressSet)>>,
    tunnels: Vec<Tunnel>,
    names: FxHashMap<ResourceId, String>,
    sources: Sources,
}

impl Network {
    /// The components and links.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }
    /// The place of a kind's component for an item.
    pub fn find(&self, kind: &'static str, id: &ResourceId) -> Option<NodeId> {
        self.places.get(&(kind, id.clone())).copied()
    }
    /// Who is at a place, where questions may begin or end.
    pub fn owner(&self, node: NodeId) -> Option<&Owner> {
        self.owners.get(&node)
    }
    /// The places that a question means by an id, in the order in which they were declared.
    pub fn ends(&self, id: &str) -> &[NodeId] {
        self.ends.get(id).map_or(&[], Vec::as_slice)
    }
    /// The ids by which questions may call somebody.
    pub fn called(&self) -> impl Iterator<Item = &str> {
        self.ends.keys().map(ResourceId::as_str)
    }
    /// Who answers at addresses that Amazon itself serves inside a VPC.
    pub fn server(&self, vpc: &VpcId, addresses: &AddressSet) -> Option<NodeId> {
        let served = self.served.get(vpc)?;
        let of = served.iter().find(|(_, served)| addresses.is_subset(served));
        of.map(|(node, _)| *node)
    }
    /// The services with public addresses that are not in any VPC, and where they are.
    pub fn services(&self) -> impl Iterator<Item = (NodeId, &Owner)> {
        let outside = self.owners.iter().filter(|(_, owner)| owner.vpc.is_none());
        outside
            .filter(|(_, owner)| owner.resource.kind != "internet")
            .map(|(node, owner)| (*node, owner))
    }
    /// A tunnel, by its number.
    pub fn tunnel(&self, id: TunnelId) -> Option<&Tunnel> {
        self.tunnels.get(usize::try_from(id.0).ok()?)
    }
    /// The `name` that the model gives a resource.
    pub fn name(&self, id: &ResourceId) -> Option<String> {
        self.names.get(id).cloned()
    }
    /// Where something of the model is written.
    pub fn locate(&self, place: &Place) -> Option<Location> {
        self.sources.locate(place)
    }
}
