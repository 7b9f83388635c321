//! The walk: a set of packets goes from component to component and is split on the way.
//!
//! The walk never asks what kind of component it stands on. It keeps three laws: the parts that leave a component cover
//! what arrived (checked in debug builds), a component that meets the same packets again is a loop, and a way has an end.
//!
//! Two walks answer a question. The first stops at every drop: it says what works. The second, made only if the first lost
//! anything, goes on past drops as if the packets had passed: it says everything that is in the way.

mod arrive;
mod onward;
mod underlay;

use super::finding::{Hop, Outcome, Path, Way};
use super::hop;
use super::quant::Fate;
use super::trail::{Position, Trail};
use crate::code::ExplanationCode;
use crate::network::{
    Arrival, Cause, Choice, Component, Direction, Leg, LinkId, Network, NodeId, Onward, Parties, ResourceRef,
    Sender, Step, Workspace,
};
use crate::packet::PacketSet;
use onward::{Group, join};
use rustc_hash::FxHashSet;

/// The most components on one leg. AWS's route analyzer gives up after 64 hops (Network Manager API,
/// `RouteAnalysisCompletion`), each of which is several components here.
const COMPONENTS_MAX: usize = 320;

/// The most ways that are kept for the answer; the sets are exact all the same.
pub const PATHS_MAX: usize = 1000;

/// One end of a question: somebody, and the addresses asked about.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    /// Where the packets begin.
    pub source: NodeId,
    /// Where they should arrive; none: wherever the destination address is taken.
    pub destination: Option<NodeId>,
    /// Whether the question says that one of them is the internet.
    pub internet: bool,
}

/// What the question demands of the way.
#[derive(Debug, Clone, Default)]
pub struct Demands {
    /// Whether the reply does not matter.
    pub one_way: bool,
    /// Components that the request must pass.
    pub through: Vec<String>,
    /// Components that neither leg may pass.
    pub avoid: Vec<String>,
    /// The only requests that count, as they arrive.
    pub arriving: Option<PacketSet>,
}

/// A way that was taken to its end: the links there, and the links back.
pub type Ways = FxHashSet<(Vec<LinkId>, Option<Vec<LinkId>>)>;

/// One walk.
pub struct Walk<'a> {
    network: &'a Network,
    work: &'a Workspace,
    ends: Ends,
    demands: &'a Demands,
    past_drops: bool,
    asked: PacketSet,
    /// Every way, there and back.
    pub paths: Vec<Path>,
    /// The ways on which something arrived, and those on which its reply came back.
    pub taken: Ways,
    /// The ways that end at something which the model does not decide.
    pub doubtful: Ways,
    /// Whether anything was lost or met something unknown.
    pub lossy: bool,
    /// Whether more than [`PATHS_MAX`] ways were found.
    pub truncated: bool,
    /// Whether these are the packets of a tunnel.
    underlay: bool,
}

/// The request's way, while its reply is under way.
#[derive(Clone, Copy)]
struct There<'a> {
    trail: &'a Trail,
}

impl<'a> Walk<'a> {
    /// A walk that stops at drops, or goes past them.
    pub fn new(
        network: &'a Network,
        work: &'a Workspace,
        ends: Ends,
        demands: &'a Demands,
        past_drops: bool,
    ) -> Self {
        Self {
            network,
            work,
            ends,
            demands,
            past_drops,
            asked: PacketSet::EMPTY,
            paths: Vec::new(),
            taken: Ways::default(),
            doubtful: Ways::default(),
            lossy: false,
            truncated: false,
            underlay: false,
        }
    }

    /// Sends packets from the source.
    pub fn run(&mut self, packets: PacketSet) -> Fate {
        self.asked = packets;
        let identity = self.known(self.ends.source);
        let position = Position {
            node: self.ends.source,
            link: None,
            packets,
            next_hop: None,
            sender: None,
            identity,
            answering: None,
            parties: Parties {
                from: Some(self.ends.source),
                to: self.ends.destination,
                internet: self.ends.internet,
            },
        };
        self.visit(position, Trail::new(Leg::Forward, Vec::new()), None)
    }

    /// What security groups know of somebody who sends from here.
    fn known(&self, node: NodeId) -> Sender {
        let owner = self.network.owner(node);
        Sender {
            vpc: owner.and_then(|owner| owner.vpc.clone()),
            ..Sender::default()
        }
    }

    /// Packets at a component: splits them, follows every part.
    fn visit(&mut self, at: Position, mut trail: Trail, there: Option<There<'_>>) -> Fate {
        let Some(component) = self.network.graph().component(at.node) else {
            return self.nobody(&at, trail, there);
        };
        let looped = self.met_again(&at, &trail);
        if !looped.is_empty() || trail.met.len() >= COMPONENTS_MAX {
            return self.loops(component, at, looped, trail, there);
        }
        trail.met.push((at.node, at.link, at.packets, at.next_hop));
        let steps = self.transfer(component, &at, &trail);
        debug_assert!(
            self.covers(&at, &steps),
            "the steps of {:?} cover what arrives",
            component.resource()
        );
        self.follow(component, &at, steps, &trail, there)
    }

    fn transfer(&self, component: &dyn Component, at: &Position, trail: &Trail) -> Vec<Step> {
        if self.demands.avoid.iter().any(|id| component.is_called(id)) {
            let message = format!("the question avoids {}", component.resource().id);
            let code = ExplanationCode::ComponentFilterRestriction;
            return vec![Step::lose(
                at.packets,
                Cause::refusal(code, component.resource(), "--avoid", message),
            )];
        }
        let arrival = Arrival {
            packets: at.packets,
            node: at.node,
            link: at.link.and_then(|link| self.network.graph().weight(link)),
            leg: trail.leg,
            next_hop: at.next_hop,
            sender: at.sender,
            identity: &at.identity,
            answering: at.answering,
            parties: at.parties,
            memories: if trail.leg == Leg::Return {
                &trail.memories
            } else {
                &[]
            },
        };
        component.transfer(&arrival, self.work)
    }

    /// The law of conservation.
    fn covers(&self, at: &Position, steps: &[Step]) -> bool {
        let space = &self.work.space;
        let mut seen = PacketSet::EMPTY;
        for step in steps {
            if !space.intersect(seen, step.packets()).is_empty() {
                return false;
            }
            seen = space.union(seen, step.packets());
        }
        seen == at.packets
    }

    fn met_again(&self, at: &Position, trail: &Trail) -> PacketSet {
        let space = &self.work.space;
        let before = trail.met.iter().filter(|(node, link, _, next_hop)| {
            *node == at.node && *link == at.link && *next_hop == at.next_hop
        });
        before.fold(PacketSet::EMPTY, |met, (_, _, packets, _)| {
            space.union(met, space.intersect(*packets, at.packets))
        })
    }

    /// Packets that came round again are lost; the others go on.
    fn loops(
        &mut self,
        component: &dyn Component,
        at: Position,
        looped: PacketSet,
        trail: Trail,
        there: Option<There<'_>>,
    ) -> Fate {
        let lost = if looped.is_empty() { at.packets } else { looped };
        let message = format!("the packets come back to {} without end", component.resource().id);
        let because = Cause::refusal(
            ExplanationCode::WhyhopRoutingLoop,
            component.resource(),
            "loop",
            message,
        );
        let rest = self.work.space.subtract(at.packets, lost);
        let mut fate = self.follow(component, &at, vec![Step::lose(lost, because)], &trail, there);
        if !rest.is_empty() {
            let onward = self.visit(Position { packets: rest, ..at }, trail, there);
            fate = fate.union(&self.work.space, onward);
        }
        fate
    }

    /// A place without a component: a link into what the model names and nothing describes.
    fn nobody(&mut self, at: &Position, trail: Trail, there: Option<There<'_>>) -> Fate {
        let author = ResourceRef::new("unknown", "unknown");
        let because = Cause::refusal(
            ExplanationCode::UnknownResource,
            &author,
            "unknown",
            "the model does not describe what the packets meet here",
        );
        let mut trail = trail;
        trail.hops.push(hop::bare(&author, at.packets, because));
        self.unknown(at.packets, trail, there)
    }

    /// Follows the parts: those that go on the same way go on together.
    fn follow(
        &mut self,
        component: &dyn Component,
        at: &Position,
        steps: Vec<Step>,
        trail: &Trail,
        there: Option<There<'_>>,
    ) -> Fate {
        let direction = self.direction(at);
        let mut groups: Vec<Group> = Vec::new();
        let mut fate = Fate::LOST;
        let mut arrived: Vec<(PacketSet, bool, Hop, bool)> = Vec::new();
        for (index, step) in steps.into_iter().enumerate() {
            let mut hop = hop::of(self.network, component, direction, &step);
            match step {
                Step::Forward {
                    packets,
                    picks,
                    choice,
                    ..
                } => {
                    let picks = match choice {
                        Choice::Any => picks,
                        Choice::Working => self.healthy(picks, &mut hop),
                    };
                    let several = (picks.len() > 1).then_some((index, choice));
                    for passage in picks {
                        let part = Group::of(passage, packets, hop.clone()).picked(several);
                        join(&mut groups, part, &self.work.space);
                    }
                }
                Step::Restore { packets, passage, .. } => {
                    join(
                        &mut groups,
                        Group::of(passage, packets, hop).undone(),
                        &self.work.space,
                    );
                }
                Step::Deliver {
                    packets, answered, ..
                } => arrived.push((packets, answered, hop, true)),
                Step::Drop { packets, onward, .. } => {
                    self.lossy = true;
                    match onward {
                        Onward::Passage(passage) if self.past_drops => {
                            join(&mut groups, Group::of(passage, packets, hop), &self.work.space);
                        }
                        Onward::Delivered if self.past_drops => arrived.push((packets, false, hop, false)),
                        _ => self.end(Outcome::Dropped, vec![hop], trail, there),
                    }
                }
                Step::Unknown { packets, .. } => {
                    let mut trail = trail.clone();
                    trail.hops.push(hop);
                    let unknown = self.unknown(packets, trail, there);
                    fate = fate.union(&self.work.space, unknown);
                }
            }
        }
        if !arrived.is_empty() {
            let delivered = self.deliver(component, at, arrived, trail, there);
            fate = fate.union(&self.work.space, delivered);
        }
        let onward = self.go_on(component, at, groups, trail, there);
        fate.union(&self.work.space, onward)
    }

    fn direction(&self, at: &Position) -> Direction {
        let link = at.link.and_then(|link| self.network.graph().weight(link));
        link.map_or(Direction::Egress, |link| link.direction)
    }

    /// Packets that met something which the model does not decide.
    fn unknown(&mut self, packets: PacketSet, trail: Trail, there: Option<There<'_>>) -> Fate {
        self.lossy = true;
        let space = &self.work.space;
        let here = if trail.leg == Leg::Return {
            space.requests(packets)
        } else {
            packets
        };
        let unknown = trail.at_source(space, here).some;
        self.end(Outcome::Unknown, Vec::new(), &trail, there);
        Fate {
            unknown,
            ..Fate::LOST
        }
    }

    /// The end of a way that came to nothing.
    fn end(&mut self, outcome: Outcome, hops: Vec<Hop>, trail: &Trail, there: Option<There<'_>>) {
        let mut trail = trail.clone();
        trail.hops.extend(hops);
        let way = way(outcome, &trail);
        if outcome == Outcome::Unknown {
            self.doubtful.insert(match there {
                None => (trail.links.clone(), None),
                Some(there) => (there.trail.links.clone(), Some(trail.links.clone())),
            });
        }
        self.keep(match there {
            None => Path {
                forward: way,
                reply: None,
            },
            Some(there) => Path {
                forward: self::way(Outcome::Delivered, there.trail),
                reply: Some(way),
            },
        });
    }

    fn keep(&mut self, path: Path) {
        if self.paths.len() < PATHS_MAX {
            self.paths.push(path);
        } else {
            self.truncated = true;
        }
    }
}

fn way(outcome: Outcome, trail: &Trail) -> Way {
    let mut hops = trail.hops.clone();
    hop::name_boundaries(&mut hops);
    Way {
        outcome,
        hops,
        links: trail.links.clone(),
    }
}
