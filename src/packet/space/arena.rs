//! Nodes and the table that keeps them canonical.

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};

/// A node, or a leaf.
pub type Id = u32;

/// The leaf of no packet.
pub const EMPTY: Id = 0;
/// The leaf of every packet.
pub const ALL: Id = 1;
/// Leaves of rule maps have this bit; the rest is the rule.
const LEAF: Id = 1 << 31;
/// The leaf of packets that no rule matches.
pub const NO_RULE: Id = Id::MAX;

/// The leaf of a rule.
pub fn rule_leaf(rule: usize) -> Id {
    LEAF | u32::try_from(rule).unwrap_or(LEAF - 2)
}

/// The rule of a leaf.
pub fn leaf_rule(id: Id) -> usize {
    (id & !LEAF) as usize
}

/// Whether this is a leaf.
pub fn is_leaf(id: Id) -> bool {
    id <= ALL || id & LEAF != 0
}

/// The fields in the order of the diagram. The family comes first, so that the planes are apart.
pub mod level {
    /// IPv4 (0) or IPv6 (1).
    pub const FAMILY: u8 = 0;
    /// Protocol.
    pub const PROTOCOL: u8 = 1;
    /// Destination port, or ICMP type and code.
    pub const DESTINATION_PORT: u8 = 2;
    /// Source port.
    pub const SOURCE_PORT: u8 = 3;
    /// Source address.
    pub const SOURCE: u8 = 4;
    /// Destination address.
    pub const DESTINATION: u8 = 5;
    /// Leaves.
    pub const LEAF: u8 = 6;
}

/// The last value of an edge, and where it leads.
pub type Edge = (u128, Id);

#[derive(Debug, Clone, Copy)]
struct Node {
    level: u8,
    start: u32,
    end: u32,
}

/// The nodes of a space. A node's edges cover its field's whole domain in order; edges that touch lead to different
/// children; a node has two edges at least. So equal sets are one node.
#[derive(Debug)]
pub struct Arena {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    table: HashTable<Id>,
}

impl Default for Arena {
    fn default() -> Self {
        let leaf = Node {
            level: level::LEAF,
            start: 0,
            end: 0,
        };
        Self {
            nodes: vec![leaf, leaf],
            edges: Vec::new(),
            table: HashTable::new(),
        }
    }
}

impl Arena {
    /// The field that a node branches on.
    pub fn level(&self, id: Id) -> u8 {
        if is_leaf(id) {
            level::LEAF
        } else {
            self.nodes[id as usize].level
        }
    }

    /// A node's edges; none of a leaf.
    pub fn edges(&self, id: Id) -> &[Edge] {
        if is_leaf(id) {
            return &[];
        }
        let node = self.nodes[id as usize];
        &self.edges[node.start as usize..node.end as usize]
    }

    /// Where one value leads.
    pub fn child(&self, id: Id, value: u128) -> Id {
        let edges = self.edges(id);
        let index = edges.partition_point(|&(last, _)| last < value);
        edges.get(index).map_or(EMPTY, |&(_, child)| child)
    }

    /// The node with these edges, which cover the domain in order; touching ones may lead to the same child.
    pub fn node(&mut self, level: u8, edges: &mut Vec<Edge>) -> Id {
        edges.dedup_by(|next, last| {
            let same = next.1 == last.1;
            if same {
                last.0 = next.0;
            }
            same
        });
        if let [(_, child)] = edges.as_slice() {
            return *child;
        }
        let hash = hash(level, edges);
        let same = |id: &Id| {
            let node = self.nodes[*id as usize];
            node.level == level && self.edges[node.start as usize..node.end as usize] == **edges
        };
        if let Some(id) = self.table.find(hash, same) {
            return *id;
        }
        let id = index(self.nodes.len());
        let start = index(self.edges.len());
        self.edges.extend_from_slice(edges);
        self.nodes.push(Node {
            level,
            start,
            end: index(self.edges.len()),
        });
        let (nodes, all) = (&self.nodes, &self.edges);
        self.table.insert_unique(hash, id, |id| {
            let node = nodes[*id as usize];
            self::hash(node.level, &all[node.start as usize..node.end as usize])
        });
        id
    }

    /// The node that leads to `inside` from the ranges and to `outside` from the rest of a domain.
    pub fn ranges(&mut self, level: u8, ranges: &[(u128, u128)], top: u128, inside: Id, outside: Id) -> Id {
        let mut edges = Vec::with_capacity(ranges.len() * 2 + 1);
        let mut next = Some(0);
        for &(low, high) in ranges {
            if next.is_some_and(|next| next < low) {
                edges.push((low - 1, outside));
            }
            edges.push((high, inside));
            next = if high == top { None } else { Some(high + 1) };
        }
        if next.is_some() {
            edges.push((top, outside));
        }
        self.node(level, &mut edges)
    }

    /// How many nodes and edges there are.
    pub fn size(&self) -> (usize, usize) {
        (self.nodes.len(), self.edges.len())
    }
}

/// An index of the arena. Four thousand million edges are seventy gigabytes: memory ends first.
fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(LEAF - 1)
}

fn hash(level: u8, edges: &[Edge]) -> u64 {
    let mut hasher = FxHasher::default();
    level.hash(&mut hasher);
    edges.hash(&mut hasher);
    hasher.finish()
}
