//! What can happen to packets at a component: the closed vocabulary between the components and the walk.

use super::addresses::nat64;
use super::graph::{LinkId, NodeId};
use super::tunnel::TunnelId;
use crate::code::ExplanationCode;
use crate::model::{NetworkInterfaceId, Place, ResourceId, VpcId};
use crate::packet::{AddressSet, Family, Field, PacketSet, PortSet, Space};
use std::sync::Arc;

/// Which way a packet goes, seen from the interface: out of it into the network, or from the network into it. At a
/// gateway: out of the VPC, or into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// From the network towards the interface; into the VPC.
    Ingress,
    /// From the interface into the network; out of the VPC.
    Egress,
}

impl Direction {
    /// The other way.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Ingress => Self::Egress,
            Self::Egress => Self::Ingress,
        }
    }
    /// `ingress` or `egress`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }
}

/// The request, or its reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Leg {
    /// From the source to the destination.
    Forward,
    /// From the destination back to the source.
    Return,
}

impl Leg {
    /// `forward` or `return`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Return => "return",
        }
    }
}

/// A resource as an answer names it: EC2's resource-type word, and the id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceRef {
    /// EC2's resource-type word, such as `network-acl`.
    pub kind: &'static str,
    /// The id.
    pub id: ResourceId,
}

impl ResourceRef {
    /// A resource of a kind.
    pub fn new(kind: &'static str, id: impl Into<ResourceId>) -> Self {
        Self { kind, id: id.into() }
    }
}

/// The rule that decided.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RuleRef {
    /// A rule with a number: a network ACL's, or a security group's counted from 1.
    Number(u32),
    /// A route, by its destination as written.
    Route(Arc<str>),
    /// The rule that AWS puts at the end of the list.
    Default,
    /// Nothing that anyone wrote: how the component works.
    Implicit(&'static str),
}

/// Who decided, by which rule, and where it is written. A yes has one as well as a no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Why not; `None` where the packets get on.
    pub code: Option<ExplanationCode>,
    /// The author of the decision.
    pub author: ResourceRef,
    /// The rule.
    pub rule: RuleRef,
    /// Where the rule, or else the author, is written.
    pub place: Option<Place>,
    /// One sentence for people.
    pub message: String,
    /// Whether the message says what is taken for granted here, so that the answer notes it.
    pub assumed: bool,
}

/// What a component changes in the headers. Each field given is replaced by every value of its set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rewrite {
    /// The new source addresses.
    pub source: Option<AddressSet>,
    /// The new destination addresses.
    pub destination: Option<AddressSet>,
    /// The new source ports, of TCP and UDP.
    pub source_ports: Option<PortSet>,
    /// The new destination ports, of TCP and UDP.
    pub destination_ports: Option<PortSet>,
    /// Whether IPv6 becomes IPv4 first, to the address in the last 32 bits of the destination (NAT64, RFC 6052).
    pub nat64: bool,
    /// The family into which they are turned first, where a proxy speaks another one behind it than before. Addresses have to be given.
    pub family: Option<Family>,
}

impl Cause {
    /// How a component works lets the packets on.
    pub fn implicit(author: &ResourceRef, rule: &'static str, message: impl Into<String>) -> Self {
        Self {
            code: None,
            author: author.clone(),
            rule: RuleRef::Implicit(rule),
            place: None,
            message: message.into(),
            assumed: false,
        }
    }
    /// How a component works stops the packets.
    pub fn refusal(
        code: ExplanationCode,
        author: &ResourceRef,
        rule: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code: Some(code),
            ..Self::implicit(author, rule, message)
        }
    }
    /// With the rule that decided.
    #[must_use]
    pub fn by(mut self, rule: RuleRef) -> Self {
        self.rule = rule;
        self
    }
    /// As an assumption.
    #[must_use]
    pub fn assumed(mut self) -> Self {
        self.assumed = true;
        self
    }
    /// With the place where it is written.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }
}

impl Rewrite {
    /// Whether nothing changes.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// The packets as they leave.
    pub fn apply(&self, space: &Space, packets: PacketSet) -> PacketSet {
        let mut out = match (self.nat64, self.family) {
            (true, _) => space.to_v4(packets),
            (false, Some(Family::V4)) => turned_to_v4(space, packets),
            (false, Some(Family::V6)) => space.to_v6(packets),
            (false, None) => packets,
        };
        if let Some(addresses) = &self.source {
            out = space.assign_source(out, addresses);
        }
        if let Some(addresses) = &self.destination {
            out = space.assign_destination(out, addresses);
        }
        if let Some(ports) = &self.source_ports {
            out = space.assign_source_ports(out, ports);
        }
        if let Some(ports) = &self.destination_ports {
            out = space.assign_destination_ports(out, ports);
        }
        out
    }

    /// The packets of `before` that have some image in `after`.
    pub fn preimage(&self, space: &Space, before: PacketSet, after: PacketSet) -> PacketSet {
        let mut out = after;
        for (changed, field) in [
            (self.source.is_some(), Field::Source),
            (self.destination.is_some(), Field::Destination),
            (self.source_ports.is_some(), Field::SourcePort),
            (self.destination_ports.is_some(), Field::DestinationPort),
        ] {
            if changed {
                out = space.forget(out, field);
            }
        }
        out = match (self.nat64, self.family) {
            (true, _) => space.to_v6(out),
            (false, Some(Family::V4)) => space.forget(space.to_v6(out), Field::Destination),
            (false, Some(Family::V6)) => space.forget(turned_to_v4(space, out), Field::Destination),
            (false, None) => out,
        };
        space.intersect(before, out)
    }
}

/// IPv6 packets as IPv4, for whatever destination.
fn turned_to_v4(space: &Space, packets: PacketSet) -> PacketSet {
    space.to_v4(space.assign_destination(packets, &nat64()))
}

/// Whether a security group behind a component still knows whose packets these are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// As before it.
    Kept,
    /// As before it, as far as a transit gateway makes it known.
    Carried,
    /// No longer; once lost, lost.
    Lost,
    /// No longer, and it would be if a setting of the component's allowed it.
    Unsupported,
    /// The component's own: it sends them from its own interface in this VPC.
    Own(VpcId),
    /// As before it, and its own interface's groups count as the sender's too.
    Vouched(NetworkInterfaceId),
}

/// How packets go on from a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The link they leave over.
    pub over: LinkId,
    /// What changes in their headers.
    pub rewrite: Rewrite,
    /// The interface that the router addressed them to, when it is not the owner of the destination address.
    pub next_hop: Option<NodeId>,
    /// Whether a security group behind this component still knows which interface sent them.
    pub identity: Identity,
    /// Whether the component will know the reply again: a session, or a translation to undo.
    pub remembers: bool,
    /// Whether the component must see the reply too, because it follows connections.
    pub awaits: bool,
    /// Where the reply is taken back to, whatever the route tables say: the state of a flow does that.
    pub recalls: Option<NodeId>,
    /// Whose the new source addresses of a rewrite are, when they are somebody else's than the old ones.
    pub source_of: Option<NodeId>,
    /// Whose the new destination addresses are.
    pub destination_of: Option<NodeId>,
    /// The tunnels one of which must carry them; none: they go as they are.
    pub inside: Vec<TunnelId>,
    /// The health check of what is behind it.
    pub health: Option<TunnelId>,
}

impl Passage {
    /// On over one link, unchanged.
    pub fn over(link: LinkId) -> Self {
        Self {
            over: link,
            rewrite: Rewrite::default(),
            next_hop: None,
            identity: Identity::Kept,
            remembers: false,
            awaits: false,
            recalls: None,
            source_of: None,
            destination_of: None,
            inside: Vec::new(),
            health: None,
        }
    }
    /// Addressed to this interface.
    #[must_use]
    pub fn to(mut self, next_hop: Option<NodeId>) -> Self {
        self.next_hop = next_hop;
        self
    }
    /// With the headers changed, and the change remembered for the reply.
    #[must_use]
    pub fn rewriting(mut self, rewrite: Rewrite) -> Self {
        self.rewrite = rewrite;
        self.remembers = true;
        self
    }
    /// Remembered, so that the reply is known again.
    #[must_use]
    pub fn remembered(mut self) -> Self {
        self.remembers = true;
        self
    }
    /// Remembered, and lost if the reply does not come by: the component follows connections.
    #[must_use]
    pub fn awaited(mut self) -> Self {
        self.awaits = true;
        self.remembered()
    }
    /// With the sender's identity lost to security groups behind.
    #[must_use]
    pub fn anonymous(mut self) -> Self {
        self.identity = Identity::Lost;
        self
    }
    /// With the sender's identity made known by a transit gateway.
    #[must_use]
    pub fn making_known(mut self) -> Self {
        self.identity = Identity::Carried;
        self
    }
    /// With it lost because a setting of the component's does not allow it.
    #[must_use]
    pub fn unsupporting(mut self) -> Self {
        self.identity = Identity::Unsupported;
        self
    }
    /// Sent by the component itself, from its interface in this VPC.
    #[must_use]
    pub fn sent_from(mut self, vpc: VpcId) -> Self {
        self.identity = Identity::Own(vpc);
        self
    }
    /// With the sender's address kept, and this interface's security groups counting as the sender's too.
    #[must_use]
    pub fn vouched_by(mut self, eni: NetworkInterfaceId) -> Self {
        self.identity = Identity::Vouched(eni);
        self
    }
    /// With the new source addresses being this one's.
    #[must_use]
    pub fn sent_by(mut self, whom: NodeId) -> Self {
        self.source_of = Some(whom);
        self
    }
    /// With the new destination addresses being this one's.
    #[must_use]
    pub fn meant_for(mut self, whom: Option<NodeId>) -> Self {
        self.destination_of = whom;
        self
    }
    /// Carried by one of these tunnels.
    #[must_use]
    pub fn carried_by(mut self, tunnels: Vec<TunnelId>) -> Self {
        self.inside = tunnels;
        self
    }
    /// To somebody whose health is checked by this flow.
    #[must_use]
    pub fn checked_by(mut self, health: Option<TunnelId>) -> Self {
        self.health = health;
        self
    }
    /// With the reply taken back to this interface, past the route tables.
    #[must_use]
    pub fn recalling(mut self, to: NodeId) -> Self {
        self.recalls = Some(to);
        self
    }
}

/// How AWS picks one of several ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Any of them: what holds must hold for each.
    Any,
    /// One that works: it watches the health of what is behind them.
    Working,
}

/// Where dropped packets would have gone, had they not been dropped: the walk goes on there to find every blocker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Onward {
    /// On.
    Passage(Passage),
    /// They would have been delivered here.
    Delivered,
    /// Nobody can say.
    Nowhere,
}

impl Step {
    /// They go on one way.
    pub fn forward(packets: PacketSet, passage: Passage, because: Cause) -> Self {
        Self::Forward {
            packets,
            picks: vec![passage],
            choice: Choice::Any,
            because,
        }
    }
    /// They are lost, and would have gone on this way.
    pub fn drop(packets: PacketSet, passage: Passage, because: Cause) -> Self {
        Self::Drop {
            packets,
            onward: Onward::Passage(passage),
            because,
        }
    }
    /// They are lost, and nobody can say where they would have gone.
    pub fn lose(packets: PacketSet, because: Cause) -> Self {
        Self::Drop {
            packets,
            onward: Onward::Nowhere,
            because,
        }
    }
    /// The part of the packets that this step is about.
    pub fn packets(&self) -> PacketSet {
        match self {
            Self::Forward { packets, .. }
            | Self::Restore { packets, .. }
            | Self::Deliver { packets, .. }
            | Self::Drop { packets, .. }
            | Self::Unknown { packets, .. } => *packets,
        }
    }
}

/// What becomes of a part of the packets that arrive at a component. The parts cover what arrived and are disjoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// They go on.
    Forward {
        /// The part, as it arrived.
        packets: PacketSet,
        /// How: one way, or several among which AWS itself picks.
        picks: Vec<Passage>,
        /// How it picks among several.
        choice: Choice,
        /// By whose word.
        because: Cause,
    },
    /// The translation that this component remembers is undone, and they go on.
    Restore {
        /// The part, as it arrived.
        packets: PacketSet,
        /// How; its rewrite is ignored.
        passage: Passage,
        /// By whose word.
        because: Cause,
    },
    /// They have arrived.
    Deliver {
        /// The part, as it arrived.
        packets: PacketSet,
        /// Whether the answer comes back by itself, past every filter: what Amazon serves inside every VPC.
        answered: bool,
        /// By whose word.
        because: Cause,
    },
    /// They are lost.
    Drop {
        /// The part, as it arrived.
        packets: PacketSet,
        /// Where they would have gone.
        onward: Onward,
        /// By whose word.
        because: Cause,
    },
    /// The model does not say.
    Unknown {
        /// The part, as it arrived.
        packets: PacketSet,
        /// What would have to be known.
        because: Cause,
    },
}
