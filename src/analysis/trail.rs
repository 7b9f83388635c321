//! What packets carry with them on their way: where they have been, what was changed, what will be known again.

use super::finding::Hop;
use super::quant::Quant;
use crate::network::{Leg, LinkId, Memory, NodeId, Parties, Sender};
use crate::packet::{PacketSet, Space};

/// Packets at a component.
#[derive(Debug, Clone)]
pub struct Position {
    /// The component.
    pub node: NodeId,
    /// The link they came over; none where they begin.
    pub link: Option<LinkId>,
    /// The packets.
    pub packets: PacketSet,
    /// The interface that a router addressed them to.
    pub next_hop: Option<NodeId>,
    /// The host that sent them into the network last.
    pub sender: Option<NodeId>,
    /// What security groups still know of the sender.
    pub identity: Sender,
    /// Where a reply begins: the component from which the request came.
    pub answering: Option<NodeId>,
    /// Between whom they are.
    pub parties: Parties,
}

/// The way so far, of one leg.
#[derive(Debug, Clone)]
pub struct Trail {
    /// Request or reply.
    pub leg: Leg,
    /// The decisions.
    pub hops: Vec<Hop>,
    /// The links taken.
    pub links: Vec<LinkId>,
    /// The components met, each time with the link, the packets, and the interface that these were addressed to: to find loops.
    pub met: Vec<(NodeId, Option<LinkId>, PacketSet, Option<NodeId>)>,
    /// Forward: what was left behind. Return: what of that is still to be undone.
    pub memories: Vec<Memory>,
    /// Source coordinates: packets whose reply is lost for some of AWS's picks.
    pub unsure: PacketSet,
}

impl Trail {
    /// The beginning of a leg.
    pub fn new(leg: Leg, memories: Vec<Memory>) -> Self {
        Self {
            leg,
            hops: Vec::new(),
            links: Vec::new(),
            met: Vec::new(),
            memories,
            unsure: PacketSet::EMPTY,
        }
    }

    /// Packets as they are here, told as their source sent them: for requests as they arrive here, for replies turned
    /// round first.
    pub fn at_source(&self, space: &Space, packets: PacketSet) -> Quant {
        let mut quant = Quant::sure(packets);
        for memory in self
            .memories
            .iter()
            .rev()
            .filter(|memory| !memory.rewrite.is_none())
        {
            let missing = space.subtract(memory.after, quant.all);
            let lost = memory.rewrite.preimage(space, memory.before, missing);
            quant.all = space.subtract(memory.before, lost);
            quant.some = memory.rewrite.preimage(space, memory.before, quant.some);
        }
        quant
    }

    /// Undoes the last translation for replies that arrive at its component. What is left of them for all picks is told
    /// apart from what is left for some: the difference is kept in `unsure`.
    pub fn undo(&mut self, space: &Space, replies: PacketSet) -> Option<(PacketSet, Parties)> {
        let index = self
            .memories
            .iter()
            .rposition(|memory| !memory.rewrite.is_none())?;
        let memory = self.memories.remove(index);
        let requests = space.requests(replies);
        let missing = space.subtract(memory.after, requests);
        let lost = memory.rewrite.preimage(space, memory.before, missing);
        let some = memory.rewrite.preimage(space, memory.before, requests);
        let unsure = self.at_source(space, space.intersect(some, lost)).some;
        self.unsure = space.union(self.unsure, unsure);
        Some((space.replies(some), memory.parties.turned()))
    }
}
