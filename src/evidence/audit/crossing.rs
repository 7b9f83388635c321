//! Packets that cross an interface in the model, what a record of them should say, and by whose rules.

use super::super::predict::{Expected, Prediction};
use super::super::record::LogAction;
use super::super::sought::cubes;
use super::authors::{Authors, By};
use crate::analysis::{Action, Finding, Hop, Path, Way};
use crate::network::{Leg, Trace};
use crate::packet::{Cube, PacketSet, Space};

/// Whose rules are about which packets.
type Said = Vec<(PacketSet, By)>;

/// Packets that cross an interface in the model.
pub struct Crossing<'a> {
    /// There or back.
    pub leg: Leg,
    /// Which packets.
    pub packets: PacketSet,
    /// The packets, or more than them: most classes are passed over by these.
    pub cubes: Vec<Cube>,
    /// What a record of them should say.
    pub expected: Expected,
    /// Where the sets are kept.
    pub space: &'a Space,
    authors: Said,
    /// The routes by which they go on from here.
    routes: Said,
}

impl<'a> Crossing<'a> {
    /// What is predicted of an answer's packets.
    pub fn new(prediction: &Prediction, finding: &'a Finding, authors: &mut Authors) -> Self {
        let space = &finding.work.space;
        let mut telling = Telling {
            prediction,
            path: &finding.paths[prediction.path],
            space,
            authors,
        };
        let (expected, said) = telling.told();
        Self {
            leg: prediction.leg,
            packets: prediction.packets,
            cubes: cubes(space, prediction.packets),
            expected,
            space,
            authors: said,
            routes: telling.routes(),
        }
    }

    /// Whose rules are about these packets. Before a translation they looked otherwise.
    pub fn blamed(&self, packets: PacketSet) -> Vec<By> {
        let mut authors = self.about(&self.authors, packets);
        if self.expected == Expected::Nothing {
            if authors.is_empty() {
                // Of the addresses and ports a translation leaves nothing; the protocol stays.
                let protocols = self.space.protocols(packets);
                let same =
                    |(of, _): &&(PacketSet, By)| !self.space.protocols(*of).intersect(&protocols).is_empty();
                authors = self.authors.iter().filter(same).map(|(_, by)| *by).collect();
            }
            authors.truncate(1);
        }
        let mut all: Vec<By> = Vec::new();
        for by in authors {
            if !all.contains(&by) {
                all.push(by);
            }
        }
        all
    }

    /// The routes that these packets take.
    pub fn taken(&self, packets: PacketSet) -> Vec<By> {
        self.about(&self.routes, packets)
    }

    fn about(&self, said: &Said, packets: PacketSet) -> Vec<By> {
        let about = |(of, _): &&(PacketSet, By)| !self.space.intersect(*of, packets).is_empty();
        said.iter().filter(about).map(|(_, by)| *by).collect()
    }
}

/// What one prediction says.
struct Telling<'t> {
    prediction: &'t Prediction,
    path: &'t Path,
    space: &'t Space,
    authors: &'t mut Authors,
}

impl<'t> Telling<'t> {
    fn way(&self) -> &'t Way {
        match (self.prediction.leg, &self.path.reply) {
            (Leg::Return, Some(reply)) => reply,
            _ => &self.path.forward,
        }
    }

    fn by(&mut self, hops: impl Iterator<Item = &'t Hop>) -> Said {
        hops.map(|hop| (hop.packets, self.authors.of(hop))).collect()
    }

    /// The routes between this crossing and the next, and those by which packets came here from the one before or from a
    /// gateway.
    fn routes(&mut self) -> Said {
        let way = self.way();
        let (begin, end) = self.prediction.hops;
        let on_the_way = |hop: &&Hop| hop.interface.is_none();
        let before = way.hops.get(..begin).unwrap_or_default();
        let before = before.iter().rev().take_while(on_the_way);
        let next = way.hops.get(end..).unwrap_or_default();
        let next = next.iter().take_while(on_the_way);
        let chosen = before.chain(next).filter(|hop| hop.action == Action::Route);
        self.by(chosen)
    }

    /// What should be recorded, and whose rules say so.
    fn told(&mut self) -> (Expected, Said) {
        let way = self.way();
        let Prediction {
            packets, expected, ..
        } = *self.prediction;
        let (begin, end) = self.prediction.hops;
        let here = way.hops[begin..end.min(way.hops.len())].iter();
        let space = self.space;
        let concerns = |hop: &&Hop| !space.intersect(hop.packets, packets).is_empty();
        match expected {
            Expected::Recorded(LogAction::Reject) => {
                let drops = here.filter(|hop| hop.action == Action::Drop).filter(concerns);
                (expected, self.by(drops))
            }
            Expected::Recorded(LogAction::Accept) => {
                let rules = here.filter(|hop| hop.trace == Trace::Rejected);
                let rules = rules.filter(concerns).filter(|hop| hop.action == Action::Permit);
                (expected, self.by(rules))
            }
            Expected::Undecided => (expected, Vec::new()),
            Expected::Nothing => self.behind(),
        }
    }

    /// Who keeps the packets from getting here. Where the model does not say what becomes of them, they may get here.
    fn behind(&mut self) -> (Expected, Said) {
        let begin = self.prediction.hops.0;
        let returns = self.prediction.leg == Leg::Return;
        let (there, back): (&[Hop], &[Hop]) = match (returns, &self.path.reply) {
            (true, Some(reply)) => (&self.path.forward.hops, &reply.hops[..begin]),
            (true, None) => (&self.path.forward.hops, &[]),
            (false, _) => (&self.path.forward.hops[..begin], &[]),
        };
        if there.iter().chain(back).any(|hop| hop.action == Action::Unknown) {
            return (Expected::Undecided, Vec::new());
        }
        let is_drop = |hop: &&Hop| hop.action == Action::Drop;
        let mut said = self.by(there.iter().filter(is_drop));
        if returns {
            // What was dropped on the way there was to be answered by these replies.
            said.iter_mut()
                .for_each(|(packets, _)| *packets = self.space.replies(*packets));
        }
        said.extend(self.by(back.iter().filter(is_drop)));
        (Expected::Nothing, said)
    }
}
