//! The answer to a question.

use crate::code::ExplanationCode;
use crate::model::Location;
use crate::network::{Direction, Leg, LinkId, ResourceRef, Rewrite, RuleRef, Trace, Workspace};
use crate::packet::{Cube, Header, PacketSet};

/// Can A reach B?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// Every packet asked about arrives and its reply returns.
    Reachable,
    /// Some do.
    PartlyReachable,
    /// None does.
    Blocked,
    /// Something that the model does not decide stands on the way.
    Unknown,
}

impl Verdict {
    /// `reachable`, `partly_reachable`, `blocked` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reachable => "reachable",
            Self::PartlyReachable => "partly_reachable",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
        }
    }
}

/// What was asked, resolved, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The source as it was named.
    pub from: String,
    /// The destination as it was named.
    pub to: String,
    /// The packets, in the packet notation.
    pub packets: String,
    /// The source ports, in the port notation.
    pub source_ports: String,
    /// Whether only the arrival was asked for.
    pub one_way: bool,
    /// What the source stands for: the resources at which the packets begin.
    pub sources: Vec<ResourceRef>,
    /// What the destination stands for: the resources at which they should arrive.
    pub destinations: Vec<ResourceRef>,
}

/// A member of an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The resource.
    pub resource: ResourceRef,
    /// Its `name`.
    pub name: Option<String>,
}

/// The answer for one member of each end, where an end is a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Where the packets begin.
    pub from: Member,
    /// Where they should arrive.
    pub to: Member,
    /// The answer in a word.
    pub verdict: Verdict,
    /// The packets asked about.
    pub asked: PacketSet,
    /// Those that work whatever AWS picks.
    pub works: PacketSet,
    /// Those that work for some of its picks.
    pub depends: PacketSet,
    /// Those of which the model does not say.
    pub unknown: PacketSet,
}

/// What happened to packets at a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// A filter let them pass, or a component handed them on.
    Permit,
    /// They were dropped.
    Drop,
    /// A route table chose their way.
    Route,
    /// Their header was changed.
    Translate,
    /// They arrived.
    Deliver,
    /// The model does not say.
    Unknown,
}

impl Action {
    /// `permit`, `drop`, `route`, `translate`, `deliver` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permit => "permit",
            Self::Drop => "drop",
            Self::Route => "route",
            Self::Translate => "translate",
            Self::Deliver => "deliver",
            Self::Unknown => "unknown",
        }
    }
}

/// One decision on the way. A component that treats parts of the packets differently stands there once a part.
#[derive(Debug, Clone)]
pub struct Hop {
    /// The component that the packets are at. Security groups of one interface are one component; `author` says
    /// which of them decided.
    pub component: ResourceRef,
    /// The `name` that the model gives the component.
    pub name: Option<String>,
    /// The network interface that these packets cross here, which is what a flow log records: set on the hops of an
    /// interface itself, of its security groups, and of the network ACL next to it.
    pub interface: Option<ResourceRef>,
    /// Whether this is a subnet's boundary, told by the record of the interface next to it.
    pub boundary: bool,
    /// Which way they go.
    pub direction: Direction,
    /// What happened.
    pub action: Action,
    /// Why not.
    pub code: Option<ExplanationCode>,
    /// What flow logs show of packets that are dropped here.
    pub trace: Trace,
    /// Whose rule decided.
    pub author: ResourceRef,
    /// The rule.
    pub rule: RuleRef,
    /// Where it is written.
    pub at: Option<Location>,
    /// One sentence for people.
    pub message: String,
    /// Whether the message says what is taken for granted here.
    pub assumed: bool,
    /// The packets, as they arrived here.
    pub packets: PacketSet,
    /// What was changed in their headers.
    pub rewrite: Rewrite,
}

/// How one way ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// At the destination; for some of the packets at least.
    Delivered,
    /// Nowhere: every packet was dropped.
    Dropped,
    /// At something that the model does not decide.
    Unknown,
}

impl Outcome {
    /// `delivered`, `dropped` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Dropped => "dropped",
            Self::Unknown => "unknown",
        }
    }
}

/// One way through the network, hop by hop. After a drop the hops go on as if the packets had passed.
#[derive(Debug, Clone)]
pub struct Way {
    /// How it ended.
    pub outcome: Outcome,
    /// The hops in order.
    pub hops: Vec<Hop>,
    /// The links taken, by which two ways are told apart.
    pub links: Vec<LinkId>,
}

/// One way there, and one way back.
#[derive(Debug, Clone)]
pub struct Path {
    /// The request.
    pub forward: Way,
    /// The reply; none where nothing arrived even if nothing had been dropped, or where only arrival was asked for.
    pub reply: Option<Way>,
}

/// A component and rule that would have to change.
#[derive(Debug, Clone)]
pub struct Blocker {
    /// Why.
    pub code: ExplanationCode,
    /// On the request, or on the reply.
    pub leg: Leg,
    /// Whether it is the first on the way.
    pub first: bool,
    /// The component.
    pub component: ResourceRef,
    /// Its `name`.
    pub name: Option<String>,
    /// The interface concerned, where one is.
    pub interface: Option<ResourceRef>,
    /// Which way the packets went there.
    pub direction: Direction,
    /// The rule.
    pub rule: RuleRef,
    /// Where it is written.
    pub at: Option<Location>,
    /// One sentence for people.
    pub message: String,
    /// What flow logs show of it.
    pub trace: Trace,
    /// The packets that it drops, as they arrive there.
    pub packets: PacketSet,
}

/// The answer.
#[derive(Debug)]
pub struct Finding {
    /// What was asked.
    pub asked: Asked,
    /// The answer in a word.
    pub verdict: Verdict,
    /// The answer for every member of the ends, in the order of the ends.
    pub pairs: Vec<Pair>,
    /// The packets asked about, as the source sends them.
    pub packets: Vec<Cube>,
    /// Those that arrive.
    pub arrives: Vec<Cube>,
    /// Those that arrive and whose reply returns, whatever AWS picks on the way.
    pub works: Vec<Cube>,
    /// Those of `fails` that work for some of AWS's picks.
    pub depends: Vec<Cube>,
    /// Those that do not, for some pick at least.
    pub fails: Vec<Cube>,
    /// Those of which the model does not say.
    pub unknown: Vec<Cube>,
    /// Every way there and back.
    pub paths: Vec<Path>,
    /// Everything that would have to change, in path order.
    pub blockers: Vec<Blocker>,
    /// What else to know: assumptions, picks.
    pub notes: Vec<String>,
    /// The space in which the packet sets of hops and blockers live.
    pub work: std::rc::Rc<Workspace>,
}

impl Finding {
    /// A set of a hop or blocker as few disjoint products.
    pub fn cubes(&self, packets: PacketSet) -> Vec<Cube> {
        self.work.space.cubes(packets)
    }
    /// One packet of a set.
    pub fn witness(&self, packets: PacketSet) -> Option<Header> {
        self.work.space.witness(packets)
    }
}
