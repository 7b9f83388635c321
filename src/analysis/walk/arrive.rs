//! What becomes of packets that a component takes for its own: whether it is who was meant, whether the way is one that the
//! question allows, and what answers. A request's reply sets out here, and ends here.

use super::{There, Walk, way};
use crate::analysis::finding::{Hop, Outcome, Path};
use crate::analysis::hop;
use crate::analysis::quant::{Fate, Quant};
use crate::analysis::trail::{Position, Trail};
use crate::code::ExplanationCode;
use crate::network::{Cause, Component, Leg, Memory, NodeId, RuleRef, Step};
use crate::packet::PacketSet;

impl<'a> Walk<'a> {
    /// Packets that some component takes for its own.
    pub(super) fn deliver(
        &mut self,
        component: &dyn Component,
        at: &Position,
        parts: Vec<(PacketSet, bool, Hop, bool)>,
        trail: &Trail,
        there: Option<There<'_>>,
    ) -> Fate {
        let wanted = match trail.leg {
            Leg::Forward => self
                .ends
                .destination
                .is_none_or(|node| node == at.node || behind(node, trail) || handed_on(node, trail)),
            Leg::Return => at.node == self.ends.source || behind(self.ends.source, trail),
        };
        let missed = if wanted {
            self.demand_missed(component, trail)
        } else {
            Some(elsewhere(component))
        };
        let space = &self.work.space;
        let all = parts
            .iter()
            .fold(PacketSet::EMPTY, |all, (packets, ..)| space.union(all, *packets));
        if let Some(because) = missed {
            self.lossy = true;
            let hop = hop::of(
                self.network,
                component,
                self.direction(at),
                &Step::lose(all, because),
            );
            let at = parts.first().and_then(|(.., hop, _)| hop.at.clone());
            self.end(
                Outcome::Dropped,
                vec![Hop {
                    at: hop.at.clone().or(at),
                    ..hop
                }],
                trail,
                there,
            );
            return Fate::LOST;
        }
        let answered = parts
            .iter()
            .filter(|part| part.1)
            .fold(PacketSet::EMPTY, |set, part| space.union(set, part.0));
        let hops: Vec<Hop> = parts.into_iter().map(|(_, _, hop, _)| hop).collect();
        match there {
            None => self.arrive(at, all, answered, hops, trail),
            Some(there) => self.come_home(component, at, all, hops, trail, there),
        }
    }

    fn demand_missed(&self, component: &dyn Component, trail: &Trail) -> Option<Cause> {
        if trail.leg == Leg::Return {
            return None;
        }
        let passed = |id: &String| {
            trail.met.iter().any(|(node, ..)| {
                self.network
                    .graph()
                    .component(*node)
                    .is_some_and(|met| met.is_called(id))
            }) || trail.hops.iter().any(|hop| hop.author.id.as_str() == id)
        };
        let missed = self.demands.through.iter().find(|id| !passed(id))?;
        let message = format!("the question demands a way through {missed}, and this is none");
        let code = ExplanationCode::ComponentFilterRestriction;
        Some(Cause::refusal(code, component.resource(), "--through", message))
    }

    /// The request has arrived; its reply sets out.
    fn arrive(
        &mut self,
        at: &Position,
        all: PacketSet,
        answered: PacketSet,
        hops: Vec<Hop>,
        trail: &Trail,
    ) -> Fate {
        let space = &self.work.space;
        let all = self
            .demands
            .arriving
            .map_or(all, |wanted| space.intersect(all, wanted));
        if all.is_empty() {
            return Fate::LOST;
        }
        let answered = space.intersect(answered, all);
        let mut trail = trail.clone();
        trail.hops.extend(hops);
        self.taken.insert((trail.links.clone(), None));
        let arrives = trail.at_source(space, all);
        let silent = space.union(answered, space.unanswered(all));
        let open = space.subtract(all, silent);
        if self.demands.one_way || open.is_empty() {
            self.keep(Path {
                forward: way(Outcome::Delivered, &trail),
                reply: None,
            });
            return Fate {
                arrives,
                works: arrives,
                unknown: PacketSet::EMPTY,
            };
        }
        let settled = Fate {
            arrives,
            works: trail.at_source(space, silent),
            unknown: PacketSet::EMPTY,
        };
        let back = Trail::new(Leg::Return, trail.memories.clone());
        let origin = trail.met.iter().rev().nth(1).map(|(node, ..)| *node);
        let position = Position {
            node: at.node,
            link: None,
            packets: space.replies(open),
            next_hop: None,
            sender: None,
            identity: self.known(at.node),
            answering: origin,
            parties: at.parties.turned(),
        };
        let fate = self.visit(position, back, Some(There { trail: &trail }));
        settled.union(space, fate)
    }

    /// The reply has come back to the source: if it is the reply to what was sent.
    fn come_home(
        &mut self,
        component: &dyn Component,
        at: &Position,
        all: PacketSet,
        hops: Vec<Hop>,
        trail: &Trail,
        there: There<'_>,
    ) -> Fate {
        let space = &self.work.space;
        let undone = trail.memories.iter().all(|memory| memory.rewrite.is_none());
        let answers = if undone {
            space.intersect(space.requests(all), self.asked)
        } else {
            PacketSet::EMPTY
        };
        let strangers = space.subtract(all, space.replies(answers));
        if !strangers.is_empty() {
            self.lossy = true;
            let message = "the reply does not come from the address and port that the request went to";
            let code = ExplanationCode::WhyhopReplyMismatch;
            let step = Step::lose(
                strangers,
                Cause::refusal(code, component.resource(), "reply", message),
            );
            let hop = hop::of(self.network, component, self.direction(at), &step);
            self.end(Outcome::Dropped, vec![hop], trail, Some(there));
        }
        if answers.is_empty() {
            return Fate::LOST;
        }
        if let Some(passed_by) = self.passed_by(trail, there) {
            self.lossy = true;
            let lost = one_sided(passed_by, all);
            let hop = hop::of(self.network, passed_by, self.direction(at), &lost);
            self.end(Outcome::Dropped, vec![hop], trail, Some(there));
            return Fate::LOST;
        }
        let mut trail = trail.clone();
        trail.hops.extend(hops);
        self.taken
            .insert((there.trail.links.clone(), Some(trail.links.clone())));
        let all = space.subtract(answers, trail.unsure);
        self.keep(Path {
            forward: way(Outcome::Delivered, there.trail),
            reply: Some(way(Outcome::Delivered, &trail)),
        });
        Fate {
            arrives: Quant::EMPTY,
            works: Quant { all, some: answers },
            unknown: PacketSet::EMPTY,
        }
    }

    /// A component that follows connections, saw the request, and did not see the reply.
    fn passed_by(&self, trail: &Trail, there: There<'_>) -> Option<&'a dyn Component> {
        let seen = |node: NodeId| trail.met.iter().any(|(met, ..)| *met == node);
        let mut waiting = there.trail.memories.iter().filter(|memory| memory.awaits);
        let memory = waiting.find(|memory| !seen(memory.node))?;
        self.network.graph().component(memory.node)
    }
}

fn one_sided(component: &dyn Component, packets: PacketSet) -> Step {
    let message = format!(
        "{} follows connections, and the reply takes a way past it",
        component.resource().id
    );
    let code = ExplanationCode::WhyhopAsymmetricRouting;
    Step::lose(
        packets,
        Cause::refusal(code, component.resource(), "one direction", message),
    )
}

/// Whether packets are at what stands behind a destination: the load balancer whose interface it is.
fn behind(destination: NodeId, trail: &Trail) -> bool {
    trail
        .met
        .iter()
        .rev()
        .nth(1)
        .is_some_and(|(node, ..)| *node == destination)
}

/// Whether a destination has handed the packets on under another address: a load balancer, to one of its targets.
fn handed_on(destination: NodeId, trail: &Trail) -> bool {
    let met = |wanted: NodeId| trail.met.iter().position(|(node, ..)| *node == wanted);
    let Some(passed) = met(destination) else {
        return false;
    };
    let translated =
        |memory: &Memory| memory.rewrite.destination.is_some() && met(memory.node) > Some(passed);
    trail.memories.iter().any(translated)
}

fn elsewhere(component: &dyn Component) -> Cause {
    let message = format!(
        "{} has this address too, and takes the packets",
        component.resource().id
    );
    Cause::refusal(
        ExplanationCode::WhyhopDeliveredElsewhere,
        component.resource(),
        "owner",
        message,
    )
    .by(RuleRef::Implicit("owner"))
}
