//! The data-plane graph: components joined by links. The only file that names petgraph.

use super::component::Component;
use super::step::Direction;
use crate::model::VpcId;
use petgraph::stable_graph::{EdgeIndex, NodeIndex, StableDiGraph};
use petgraph::visit::EdgeRef;

/// A component's place in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(NodeIndex<u32>);

/// A link's place in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LinkId(EdgeIndex<u32>);

/// A way from one component to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Which way packets go over it.
    pub direction: Direction,
    /// The VPC that they leave over it, for components that stand between VPCs.
    pub from: Option<VpcId>,
}

/// The components and the links between them.
#[derive(Default)]
pub struct Graph {
    graph: StableDiGraph<Option<Box<dyn Component>>, Link, u32>,
}

impl Graph {
    /// Reserves a place for a component that is set later.
    pub(super) fn reserve(&mut self) -> NodeId {
        NodeId(self.graph.add_node(None))
    }
    /// Puts the component in its place.
    pub(super) fn set(&mut self, node: NodeId, component: Box<dyn Component>) {
        if let Some(weight) = self.graph.node_weight_mut(node.0) {
            *weight = Some(component);
        }
    }
    /// Joins two components.
    pub(super) fn link(&mut self, from: NodeId, to: NodeId, link: Link) -> LinkId {
        LinkId(self.graph.add_edge(from.0, to.0, link))
    }
    /// The component at a place; a place that nothing was put in has none.
    pub fn component(&self, node: NodeId) -> Option<&dyn Component> {
        self.graph.node_weight(node.0)?.as_deref()
    }
    /// Where a link leads.
    pub fn target(&self, link: LinkId) -> Option<NodeId> {
        self.graph.edge_endpoints(link.0).map(|(_, to)| NodeId(to))
    }
    /// What is known of a link.
    pub fn weight(&self, link: LinkId) -> Option<&Link> {
        self.graph.edge_weight(link.0)
    }
    /// Every component, in the order it was made.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.graph.node_indices().map(NodeId)
    }
    /// The links that leave a component, in the order they were made.
    pub fn links(&self, node: NodeId) -> Vec<(LinkId, NodeId)> {
        let mut links: Vec<_> = self
            .graph
            .edges(node.0)
            .map(|edge| (LinkId(edge.id()), NodeId(edge.target())))
            .collect();
        links.sort_unstable();
        links
    }
    /// How many components and links there are.
    pub fn size(&self) -> (usize, usize) {
        (self.graph.node_count(), self.graph.edge_count())
    }
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Graph{:?}", self.size())
    }
}
