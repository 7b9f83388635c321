//! The two traits that a component kind implements, and what arrives at a component.

use super::build::Builder;
use super::edit::{Proposal, Trouble};
use super::graph::{Link, NodeId};
use super::step::{Direction, Identity, Leg, Passage, ResourceRef, Rewrite, Step};
use super::workspace::Workspace;
use crate::code::ExplanationCode;
use crate::model::{Model, NetworkInterfaceId, ResourceId, VpcId};
use crate::packet::PacketSet;

/// What flow logs show of packets that a component drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    /// The interface that they cross here records them as REJECT.
    Rejected,
    /// An interface has recorded them as ACCEPT before, and nothing here records anything.
    Passed,
    /// The interface itself refuses them, and AWS does not say what it records.
    Refused,
    /// Routing loses them, and AWS does not say whether the interface that sent them records anything.
    Unrouted,
    /// No interface ever records what goes here, whatever becomes of it.
    Unrecorded,
}

/// A component on a path, as AWS's path components are.
pub trait Component: Send + Sync {
    /// What it is.
    fn resource(&self) -> &ResourceRef;
    /// Splits what arrives among what leaves. The parts are disjoint and cover the whole.
    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step>;
    /// The network interface whose flow-log record tells of packets here, if one's does.
    fn interface(&self) -> Option<ResourceRef> {
        None
    }
    /// Whether what happens here is told by the record of the interface next to it: before it on the way out, behind it
    /// on the way in. So it is with a network ACL.
    fn at_boundary(&self) -> bool {
        false
    }
    /// Whether it is a host of a subnet, so that what leaves it into the network was last sent by it.
    fn is_host(&self) -> bool {
        false
    }
    /// What flow logs show of packets that it drops for this reason, or would drop for any.
    fn trace(&self, _: Option<ExplanationCode>) -> Trace {
        Trace::Passed
    }
    /// What it is a part of, where questions may demand or avoid that by its own name: a transit gateway, of its tables.
    fn part_of(&self) -> Option<&ResourceId> {
        None
    }
    /// Whether a question that demands or avoids this id means it.
    fn is_called(&self, id: &str) -> bool {
        self.resource().id.as_str() == id || self.part_of().is_some_and(|whole| whole.as_str() == id)
    }
    /// Whether an answer names it even where it just hands packets on.
    fn shown(&self) -> bool {
        true
    }
}

/// A kind of component: how its items in the model become components and links. One implementation a file.
pub trait Kind: Sync {
    /// EC2's resource-type word, such as `network-acl`.
    fn name(&self) -> &'static str;
    /// The section of the model that describes it; none for what nobody writes, such as the internet.
    fn section(&self) -> Option<&'static str>;
    /// The codes with which it may drop packets.
    fn codes(&self) -> &'static [ExplanationCode];
    /// What of it is not modelled, each in a short phrase.
    fn gaps(&self) -> &'static [&'static str];
    /// Adds what AWS makes by itself for its items, such as the interfaces of a load balancer.
    fn expand(&self, _: &mut Model) {}
    /// Reserves places for its items and says what others may want to know of them.
    fn declare(&self, model: &Model, builder: &mut Builder<'_>);
    /// Makes the components and their links. Every kind has declared by now.
    fn connect(&self, model: &Model, builder: &mut Builder<'_>);
    /// How packets that are dropped might be let pass: by a component of this kind, or because of one.
    fn opening(&self, _: &Trouble<'_>) -> Vec<Proposal> {
        Vec::new()
    }
    /// How packets that pass might be stopped by a component of this kind that lets them.
    fn closing(&self, _: &Trouble<'_>) -> Vec<Proposal> {
        Vec::new()
    }
}

/// What a component on the way of the request will know again on the way of the reply.
#[derive(Debug, Clone)]
pub struct Memory {
    /// The component.
    pub node: NodeId,
    /// Which way the request passed it.
    pub direction: Direction,
    /// The request as it arrived there.
    pub before: PacketSet,
    /// The request as it left.
    pub after: PacketSet,
    /// What was changed.
    pub rewrite: Rewrite,
    /// Whether the component must see the reply too.
    pub awaits: bool,
    /// Where the reply is taken back to, whatever the route tables say.
    pub recall: Option<NodeId>,
    /// Between whom the request was, before.
    pub parties: Parties,
}

/// Between whom packets are: the ends of the question, or of a translation. An address that several interfaces might have is
/// taken to be theirs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parties {
    /// Whose the source addresses are.
    pub from: Option<NodeId>,
    /// Whose the destination addresses are.
    pub to: Option<NodeId>,
    /// Whether the question says that one of its ends is the internet, which is none of AWS's services.
    pub internet: bool,
}

impl Parties {
    /// As the reply knows them.
    #[must_use]
    pub fn turned(self) -> Self {
        Self {
            from: self.to,
            to: self.from,
            ..self
        }
    }
    /// Behind a component that may put others in their place.
    #[must_use]
    pub fn behind(self, passage: &Passage) -> Self {
        Self {
            from: passage.source_of.or(self.from),
            to: passage.destination_of.or(self.to),
            ..self
        }
    }
}

/// What security groups know of the sender of packets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sender {
    /// The VPC whose interfaces the source addresses name; none: nobody knows any more.
    pub vpc: Option<VpcId>,
    /// An interface that handed the packets on without changing their source: its groups count as the sender's too.
    pub voucher: Option<NetworkInterfaceId>,
    /// Whether it is not known because a setting on the way does not allow it.
    pub unsupported: bool,
    /// Whether a transit gateway made it known.
    pub transit: bool,
}

impl Sender {
    /// As it is known behind a component.
    #[must_use]
    pub fn behind(&self, identity: &Identity) -> Self {
        match identity {
            Identity::Kept => self.clone(),
            Identity::Carried => Self {
                transit: self.is_known(),
                ..self.clone()
            },
            Identity::Lost => Self::default(),
            Identity::Unsupported => Self {
                unsupported: self.unsupported || self.is_known(),
                ..Self::default()
            },
            Identity::Own(vpc) => Self {
                vpc: Some(vpc.clone()),
                ..Self::default()
            },
            Identity::Vouched(eni) => Self {
                vpc: self.vpc.clone(),
                voucher: Some(eni.clone()),
                transit: self.transit,
                ..Self::default()
            },
        }
    }

    /// Whether anything is known.
    pub fn is_known(&self) -> bool {
        self.vpc.is_some() || self.voucher.is_some()
    }
}

/// Packets at a component.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// The packets.
    pub packets: PacketSet,
    /// Where they are.
    pub node: NodeId,
    /// The link they came over; none where they begin.
    pub link: Option<&'a Link>,
    /// Request or reply.
    pub leg: Leg,
    /// The interface that a router addressed them to, when it is not the owner of the destination address.
    pub next_hop: Option<NodeId>,
    /// The host that sent them into the network last, as route targets know it.
    pub sender: Option<NodeId>,
    /// What security groups still know of the sender.
    pub identity: &'a Sender,
    /// Where a reply begins: the component from which the request came here.
    pub answering: Option<NodeId>,
    /// Between whom they are.
    pub parties: Parties,
    /// What the request left behind on its way, in order. Empty on the way forward.
    pub memories: &'a [Memory],
}

impl Arrival<'_> {
    /// Which way the packets go; out, where they begin.
    pub fn direction(&self) -> Direction {
        self.link.map_or(Direction::Egress, |link| link.direction)
    }

    /// The packets among these that answer a request which passed this component the other way.
    pub fn tracked(&self, work: &Workspace) -> PacketSet {
        let opposite = self.direction().opposite();
        self.memories
            .iter()
            .filter(|memory| memory.node == self.node && memory.direction == opposite)
            .fold(PacketSet::EMPTY, |known, memory| {
                let replies = work.space.replies(memory.after);
                work.space
                    .union(known, work.space.intersect(self.packets, replies))
            })
    }

    /// The packets among these that answer a request which passed this component, whichever way it did.
    pub fn answers(&self, work: &Workspace) -> PacketSet {
        let own = self.memories.iter().filter(|memory| memory.node == self.node);
        own.fold(PacketSet::EMPTY, |known, memory| {
            let replies = work.space.replies(memory.after);
            work.space
                .union(known, work.space.intersect(self.packets, replies))
        })
    }

    /// The packets among these that flow state takes back to a component, whatever the route tables say, and where to.
    pub fn recalled(&self, work: &Workspace) -> Option<(NodeId, PacketSet)> {
        let mut translations = self
            .memories
            .iter()
            .rev()
            .filter(|memory| !memory.rewrite.is_none());
        let last = translations.next().filter(|_| self.leg == Leg::Return)?;
        let to = last.recall?;
        let replies = work.space.replies(last.after);
        let packets = work.space.intersect(self.packets, replies);
        (!packets.is_empty()).then_some((to, packets))
    }

    /// Whether the last translation on the way of the request was this component's, so that it is due to be undone.
    pub fn undoes(&self) -> Option<&Memory> {
        let last = self
            .memories
            .iter()
            .rev()
            .find(|memory| !memory.rewrite.is_none())?;
        (self.leg == Leg::Return && last.node == self.node).then_some(last)
    }
}
