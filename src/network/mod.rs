//! What the model means: components joined by links, every name resolved.

mod addresses;
mod build;
mod component;
mod graph;
mod routing;
mod rule;
mod step;
mod transit;
mod workspace;

pub use addresses::{internet_addresses, private_addresses, reserved, rfc1918, rfc6598};
pub use build::{Association, Builder, Resident, Target};
pub use component::{Arrival, Component, Kind, Memory, Sender};
pub use graph::{Graph, Link, LinkId, NodeId};
pub use routing::{Entry, Routes};
pub use rule::Service;
pub use step::{
    Cause, Choice, Direction, Identity, Leg, Onward, Passage, ResourceRef, Rewrite, RuleRef, Step,
};
pub use transit::{TransitTable, Zone, transit_attachments, transit_zones, zone_of};
pub use workspace::{FilterId, Workspace};

use crate::model::{Location, Place, ResourceId, Sources, VpcId};
use crate::packet::AddressSet;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Somebody at whom a question may begin or end.
#[derive(Debug, Clone)]
pub struct Owner {
    /// The resource.
    pub resource: ResourceId,
    /// Its VPC.
    pub vpc: Option<VpcId>,
    /// The addresses that are its own.
    pub addresses: AddressSet,
}

/// The data-plane graph of a model.
#[derive(Debug)]
pub struct Network {
    graph: Graph,
    places: FxHashMap<(&'static str, ResourceId), NodeId>,
    owners: BTreeMap<NodeId, Owner>,
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
    /// The `name` that the model gives a resource.
    pub fn name(&self, id: &ResourceId) -> Option<String> {
        self.names.get(id).cloned()
    }
    /// Where something of the model is written.
    pub fn locate(&self, place: &Place) -> Option<Location> {
        self.sources.locate(place)
    }
}
