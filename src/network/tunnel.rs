//! Flows on which a passage depends and which have a way of their own: the tunnel that carries packets inside other packets, the
//! health check of a target. The component says which they are; the walk asks whether they get through.

use super::graph::NodeId;
use crate::packet::Cube;

/// A tunnel of a network, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TunnelId(pub u32);

/// A flow that is not the question's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tunnel {
    /// What it is, in a few words.
    pub name: String,
    /// Who begins it.
    pub from: NodeId,
    /// Who takes it.
    pub to: NodeId,
    /// The packets on the way there.
    pub there: Cube,
    /// What comes back, where that may be a flow of its own as well as the reply.
    pub back: Option<Cube>,
    /// Whether who takes it may begin as well, by the packets that come back: security groups know the others as replies then.
    pub mutual: bool,
}

/// Whether such a flow gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carriage {
    /// There and back.
    Carries,
    /// Something on its way drops its packets, or the replies.
    Fails,
    /// The model does not say.
    Unsure,
}
