//! From a component to the next: the steps that leave it the same way go on together.

use super::{There, Walk};
use crate::analysis::finding::{Action, Hop, Outcome};
use crate::analysis::quant::Fate;
use crate::analysis::trail::{Position, Trail};
use crate::code::ExplanationCode;
use crate::network::{Carriage, Choice, Component, Direction, Leg, Memory, Parties, Passage};
use crate::packet::{PacketSet, Space};

/// The steps at a component that go on together.
pub(super) struct Group {
    pub passage: Passage,
    pub undo: bool,
    pub packets: PacketSet,
    pub hops: Vec<Hop>,
    pub pick: Option<(usize, Choice)>,
}

impl Group {
    /// Packets that take a passage.
    pub fn of(passage: Passage, packets: PacketSet, hop: Hop) -> Self {
        Self {
            passage,
            undo: false,
            packets,
            hops: vec![hop],
            pick: None,
        }
    }

    /// Of these AWS picks one: a passage of several.
    pub fn picked(self, pick: Option<(usize, Choice)>) -> Self {
        Self { pick, ..self }
    }

    /// What was done to them on the way there is undone.
    pub fn undone(self) -> Self {
        Self { undo: true, ..self }
    }
}

impl Walk<'_> {
    /// Sends each group on; those of one pick are alternatives.
    pub(super) fn go_on(
        &mut self,
        component: &dyn Component,
        at: &Position,
        groups: Vec<Group>,
        trail: &Trail,
        there: Option<There<'_>>,
    ) -> Fate {
        let mut fate = Fate::LOST;
        let mut picked: Vec<(usize, Fate)> = Vec::new();
        for group in groups {
            let pick = group.pick;
            let one = self.send(component, at, group, trail, there);
            match pick {
                None => fate = fate.union(&self.work.space, one),
                Some((index, choice)) => match picked.iter_mut().find(|(pick, _)| *pick == index) {
                    Some((_, so_far)) => {
                        *so_far = match choice {
                            Choice::Any => so_far.either(&self.work.space, one),
                            Choice::Working => so_far.union(&self.work.space, one),
                        };
                    }
                    None => picked.push((index, one)),
                },
            }
        }
        picked
            .into_iter()
            .fold(fate, |fate, (_, one)| fate.union(&self.work.space, one))
    }

    fn send(
        &mut self,
        component: &dyn Component,
        at: &Position,
        group: Group,
        trail: &Trail,
        there: Option<There<'_>>,
    ) -> Fate {
        let Some(node) = self.network.graph().target(group.passage.over) else {
            return Fate::LOST;
        };
        let mut trail = trail.clone();
        trail.links.push(group.passage.over);
        let shown = |hop: &Hop| component.shown() || hop.code.is_some();
        let said = group.hops.last().cloned();
        trail.hops.extend(group.hops.into_iter().filter(shown));
        match self.carriage(&group.passage.inside) {
            Carriage::Carries => {}
            Carriage::Unsure => return self.uncarried(group.packets, said, trail, there),
            Carriage::Fails => {
                self.lossy = true;
                let obstacles = self.obstacles(&group.passage.inside);
                if !self.past_drops {
                    self.end(Outcome::Dropped, obstacles, &trail, there);
                    return Fate::LOST;
                }
                trail.hops.extend(obstacles);
            }
        }
        let carried = self.carry(at, &group.passage, group.undo, group.packets, &mut trail);
        let Some((packets, parties)) = carried.filter(|(packets, _)| !packets.is_empty()) else {
            return Fate::LOST;
        };
        let leaves = component.is_host()
            && self
                .network
                .graph()
                .weight(group.passage.over)
                .is_some_and(|link| link.direction == Direction::Egress);
        let identity = at.identity.behind(&group.passage.identity);
        let position = Position {
            node,
            link: Some(group.passage.over),
            packets,
            next_hop: group.passage.next_hop,
            sender: if leaves { Some(at.node) } else { at.sender },
            identity,
            answering: None,
            parties,
        };
        self.visit(position, trail, there)
    }

    /// Packets of which nobody knows whether they are carried.
    fn uncarried(
        &mut self,
        packets: PacketSet,
        said: Option<Hop>,
        mut trail: Trail,
        there: Option<There<'_>>,
    ) -> Fate {
        trail.hops.extend(said.map(|hop| Hop {
            action: Action::Unknown,
            code: Some(ExplanationCode::UnknownResource),
            message: format!(
                "{}: the model does not say whether its own packets get through",
                hop.message
            ),
            ..hop
        }));
        self.unknown(packets, trail, there)
    }

    /// The packets as they leave, and between whom they are then; what they leave behind goes into the trail.
    fn carry(
        &self,
        at: &Position,
        passage: &Passage,
        undo: bool,
        packets: PacketSet,
        trail: &mut Trail,
    ) -> Option<(PacketSet, Parties)> {
        let space = &self.work.space;
        if undo {
            return trail.undo(space, packets);
        }
        let after = passage.rewrite.apply(space, packets);
        if passage.remembers && trail.leg == Leg::Forward {
            let rewrite = passage.rewrite.clone();
            trail.memories.push(Memory {
                node: at.node,
                direction: self.direction(at),
                before: packets,
                after,
                rewrite,
                awaits: passage.awaits,
                recall: passage.recalls,
                parties: at.parties,
            });
        }
        Some((after, at.parties.behind(passage)))
    }
}

/// Adds a part to those that go the same way.
pub(super) fn join(groups: &mut Vec<Group>, part: Group, space: &Space) {
    let same = |group: &&mut Group| {
        group.undo == part.undo && group.pick == part.pick && group.passage == part.passage
    };
    match groups.iter_mut().find(same) {
        Some(group) => {
            group.packets = space.union(group.packets, part.packets);
            group.hops.extend(part.hops);
        }
        None => groups.push(part),
    }
}
