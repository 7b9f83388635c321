//! Whether what travels is copied as a whole: every way of a leg is looked at, and on each the interfaces that copy.

use super::Mirrored;
use super::delivery::{Delivered, Delivery};
use super::share::Share;
use super::tap::{Tap, runs};
use crate::analysis::finding::{Finding, Outcome, Path, Way};
use crate::network::Leg;
use crate::packet::{PacketSet, Space};

/// What a set of copies comes to.
#[derive(Debug, Clone, Copy)]
struct Copies {
    /// Surely arriving.
    sure: PacketSet,
    /// Perhaps.
    maybe: PacketSet,
}

/// The request, and the reply if it travels. Ways that do not arrive count where none does.
pub fn legs(space: &Space, finding: &Finding, taps: &[Tap], deliveries: &[Delivery]) -> Vec<(Leg, Mirrored)> {
    let arrived = |path: &&Path| path.forward.outcome == Outcome::Delivered;
    let any = finding.paths.iter().any(|path| arrived(&path));
    let paths: Vec<&Path> = finding
        .paths
        .iter()
        .filter(|path| !any || arrived(path))
        .collect();
    let looked = Looked {
        space,
        taps,
        deliveries,
    };
    let forward = paths.iter().map(|path| &path.forward).collect::<Vec<_>>();
    let back = paths.iter().filter_map(|path| path.reply.as_ref());
    let back = back
        .filter(|way| way.outcome == Outcome::Delivered)
        .collect::<Vec<_>>();
    let mut legs = vec![(Leg::Forward, looked.leg(Leg::Forward, &forward))];
    if !back.is_empty() {
        legs.push((Leg::Return, looked.leg(Leg::Return, &back)));
    }
    legs
}

/// Both legs in one word.
pub fn together(legs: &[(Leg, Mirrored)]) -> Mirrored {
    all_of(legs.iter().map(|(_, mirrored)| *mirrored))
}

fn all_of(parts: impl Iterator<Item = Mirrored>) -> Mirrored {
    let parts: Vec<Mirrored> = parts.collect();
    let every = |wanted| parts.iter().all(|part| *part == wanted);
    if every(Mirrored::Not) {
        Mirrored::Not
    } else if every(Mirrored::Wholly) {
        Mirrored::Wholly
    } else if parts.contains(&Mirrored::Wholly) || parts.contains(&Mirrored::Partly) {
        Mirrored::Partly
    } else {
        Mirrored::Unknown
    }
}

struct Looked<'a> {
    space: &'a Space,
    taps: &'a [Tap],
    deliveries: &'a [Delivery],
}

impl Looked<'_> {
    fn leg(&self, leg: Leg, ways: &[&Way]) -> Mirrored {
        all_of(ways.iter().map(|way| self.way(leg, way)))
    }

    /// On one way the copies of several interfaces add up, where these see the same packets.
    fn way(&self, leg: Leg, way: &Way) -> Mirrored {
        let mut seen: Vec<(PacketSet, Copies)> = Vec::new();
        for run in runs(way) {
            let same = |tap: &&Tap| {
                tap.leg == leg && tap.direction == run.direction && tap.interface == *run.interface
            };
            let Some(tap) = self.taps.iter().find(same) else {
                continue;
            };
            let all = run.packets(self.space);
            let copies = self.copies(tap, all);
            let packets = self.space.subtract(all, tap.doubtful(self.space));
            match seen.iter_mut().find(|(known, _)| *known == packets) {
                Some((_, all)) => {
                    all.sure = self.space.union(all.sure, copies.sure);
                    all.maybe = self.space.union(all.maybe, copies.maybe);
                }
                None => seen.push((packets, copies)),
            }
        }
        self.judge(&seen)
    }

    fn judge(&self, seen: &[(PacketSet, Copies)]) -> Mirrored {
        let whole = |(packets, copies): &(PacketSet, Copies)| {
            !packets.is_empty() && self.space.is_subset(*packets, copies.sure)
        };
        let some = |copies: fn(&Copies) -> PacketSet| seen.iter().any(|(_, of)| !copies(of).is_empty());
        if seen.iter().any(whole) {
            Mirrored::Wholly
        } else if some(|of| of.sure) {
            Mirrored::Partly
        } else if some(|of| of.maybe) {
            Mirrored::Unknown
        } else {
            Mirrored::Not
        }
    }

    /// What is copied of packets at a tap, as far as the copies arrive.
    fn copies(&self, tap: &Tap, packets: PacketSet) -> Copies {
        let mut copies = Copies {
            sure: PacketSet::EMPTY,
            maybe: PacketSet::EMPTY,
        };
        for share in &tap.shares {
            let state = self.state(share);
            let copied = self.space.intersect(packets, share.copied);
            let unsure = self.space.intersect(packets, share.unsure);
            match state {
                Delivered::Arrive => {
                    copies.sure = self.space.union(copies.sure, copied);
                    copies.maybe = self.space.union(copies.maybe, unsure);
                }
                Delivered::Partly | Delivered::Unknown => {
                    let both = self.space.union(copied, unsure);
                    copies.maybe = self.space.union(copies.maybe, both);
                }
                Delivered::Lost => {}
            }
        }
        let perhaps = self.space.intersect(packets, tap.perhaps);
        copies.maybe = self.space.union(copies.maybe, perhaps);
        copies
    }

    fn state(&self, share: &Share) -> Delivered {
        let of = self
            .deliveries
            .iter()
            .find(|delivery| delivery.session == share.session);
        of.map_or(Delivered::Lost, |delivery| delivery.state)
    }
}
