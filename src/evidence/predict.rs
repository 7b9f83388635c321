//! What flow logs should show, if an answer is right: the records of every interface that the packets cross.
//!
//! A record tells of security groups and network ACL together, at one interface, in one direction. After a drop nothing is
//! recorded further on. What a route table drops is the reference's open question: AWS does not say whether the sender's
//! record is an ACCEPT or missing, so it stays undecided.

use super::record::LogAction;
use crate::analysis::{Action, Finding, Hop, Outcome, Path, Way};
use crate::code::ExplanationCode;
use crate::network::{Direction, Leg, ResourceRef, Trace};
use crate::packet::{PacketSet, Space};

/// What a record of a crossing should say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The packets are recorded so.
    Recorded(LogAction),
    /// They are recorded as accepted, or not at all: nobody says.
    Undecided,
    /// They do not get here.
    Nothing,
}

/// Packets that cross an interface.
#[derive(Debug, Clone)]
pub struct Prediction {
    /// The way that they are on.
    pub path: usize,
    /// There or back.
    pub leg: Leg,
    /// The hops of the way that are told by the record: first, and the one behind the last.
    pub hops: (usize, usize),
    /// The interface.
    pub interface: String,
    /// Into it, or out of it.
    pub direction: Direction,
    /// The packets, as the interface sees them.
    pub packets: PacketSet,
    /// What the record should say.
    pub expected: Expected,
}

/// The crossings of every way.
pub fn predict(finding: &Finding) -> Vec<Prediction> {
    let mut predictions = Vec::new();
    let recorded = |(_, path): &(usize, &Path)| !is_unrecorded(path);
    for (index, path) in finding.paths.iter().enumerate().filter(recorded) {
        let mut along = Along {
            space: &finding.work.space,
            path: index,
            lost: Lost::Nothing,
            answering: None,
            answered: false,
            astray: false,
            found: Vec::new(),
        };
        along.way(Leg::Forward, &path.forward);
        if let Some(reply) = &path.reply {
            // Nothing answers what was lost on the way; the rest is answered.
            along.lost = match along.lost {
                Lost::Some(lost) => Lost::Some(along.space.replies(lost)),
                other => other,
            };
            along.way(Leg::Return, reply);
        }
        along.beyond(path, finding);
        predictions.extend(along.found);
    }
    unless_met(predictions, &finding.work.space)
}

/// What does not get to an end on one way may get there on another.
fn unless_met(predictions: Vec<Prediction>, space: &Space) -> Vec<Prediction> {
    let is_end = |one: &Prediction| one.hops.0 == one.hops.1;
    let (ends, mut met): (Vec<_>, Vec<_>) = predictions.into_iter().partition(is_end);
    for mut end in ends {
        let same = |one: &&Prediction| {
            (one.leg, one.direction) == (end.leg, end.direction) && one.interface == end.interface
        };
        let others = met
            .iter()
            .filter(same)
            .fold(PacketSet::EMPTY, |all, one| space.union(all, one.packets));
        end.packets = space.subtract(end.packets, others);
        if !end.packets.is_empty() {
            met.push(end);
        }
    }
    met
}

/// Whether the packets go to what no flow log ever records.
pub fn is_unrecorded(path: &Path) -> bool {
    path.forward.hops.iter().any(|hop| hop.trace == Trace::Unrecorded)
}

/// What was dropped on the way so far.
enum Lost {
    Nothing,
    Some(PacketSet),
    Everything,
}

struct Along<'a> {
    space: &'a Space,
    path: usize,
    lost: Lost,
    /// Who sends requests on in its own name, and may answer those that it cannot deliver itself, as an Application Load
    /// Balancer does (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html>,
    /// 502 to 504, read 2026-11-26).
    answering: Option<ResourceRef>,
    /// Whether the way back is on this side of it.
    answered: bool,
    /// Whether they went on under another address, and are no answer any more: what is recorded of them AWS does not say.
    astray: bool,
    found: Vec<Prediction>,
}

impl Along<'_> {
    fn way(&mut self, leg: Leg, way: &Way) {
        let mut at = 0;
        while let Some(hop) = way.hops.get(at) {
            let end = crossing(&way.hops, at);
            if hop.interface.is_some() {
                self.cross(leg, way, at, end);
            }
            for hop in &way.hops[at..end] {
                self.pass(hop);
                match leg {
                    Leg::Forward if stands_between(hop) && matches!(self.lost, Lost::Nothing) => {
                        self.answering = Some(hop.component.clone());
                    }
                    Leg::Forward => {}
                    Leg::Return => self.answered |= self.answering.as_ref() == Some(&hop.component),
                }
            }
            at = end;
        }
    }

    /// Where a way ends before its end there are no hops beyond: nothing is recorded at the interface where the request
    /// should arrive, no reply leaves it, and none comes to the one that asked.
    fn beyond(&mut self, path: &Path, finding: &Finding) {
        let Some((first, last)) = path.forward.hops.first().zip(path.forward.hops.last()) else {
            return;
        };
        let is_lost = |way: &Way| way.outcome == Outcome::Dropped;
        if let ([destination], true) = (finding.asked.destinations.as_slice(), is_lost(&path.forward)) {
            let packets = last.rewrite.apply(self.space, last.packets);
            let (hops, replies) = (path.forward.hops.len(), self.space.replies(packets));
            self.nothing((Leg::Forward, Direction::Ingress), destination, packets, hops);
            // Who takes it in and drops it is a gateway, which sends for others, from any port.
            let is_gateway = last.interface.as_ref() == Some(destination) && is_absorbed(last);
            if !(finding.asked.one_way || path.reply.is_some() || is_gateway) {
                self.nothing((Leg::Return, Direction::Egress), destination, replies, hops);
            }
        }
        let way = path.reply.as_ref().unwrap_or(&path.forward);
        if self.answering.is_some() {
            return;
        }
        if let (Some(source), false, true) = (&first.interface, finding.asked.one_way, is_lost(way)) {
            let replies = self.space.replies(first.packets);
            self.nothing((Leg::Return, Direction::Ingress), source, replies, way.hops.len());
        }
    }

    /// Nothing gets to an interface, unless it is on the way.
    fn nothing(
        &mut self,
        (leg, direction): (Leg, Direction),
        interface: &ResourceRef,
        packets: PacketSet,
        hops: usize,
    ) {
        let is_met = |met: &Prediction| {
            (met.leg, met.direction) == (leg, direction) && met.interface == interface.id.as_str()
        };
        if interface.kind != "network-interface" || packets.is_empty() || self.found.iter().any(is_met) {
            return;
        }
        self.found.push(Prediction {
            path: self.path,
            leg,
            hops: (hops, hops),
            interface: interface.id.to_string(),
            direction,
            packets,
            expected: Expected::Nothing,
        });
    }

    /// Keeps account of what is dropped, through translations.
    fn pass(&mut self, hop: &Hop) {
        self.astray |= hop.code == Some(ExplanationCode::NgwSourceAddressReassign);
        if hop.action == Action::Drop || hop.action == Action::Unknown {
            let before = match self.lost {
                Lost::Nothing => PacketSet::EMPTY,
                Lost::Some(lost) => lost,
                Lost::Everything => return,
            };
            self.lost = Lost::Some(self.space.union(before, hop.packets));
        }
        if let (Lost::Some(lost), false) = (&self.lost, hop.rewrite.is_none()) {
            self.lost = Lost::Some(hop.rewrite.apply(self.space, *lost));
        }
    }

    fn cross(&mut self, leg: Leg, way: &Way, begin: usize, end: usize) {
        let hops = &way.hops[begin..end];
        let Some(interface) = hops.first().and_then(|hop| hop.interface.as_ref()) else {
            return;
        };
        let dropped = |why: fn(&Hop) -> bool| {
            let lost = hops.iter().filter(|hop| hop.action == Action::Drop && why(hop));
            lost.fold(PacketSet::EMPTY, |lost, hop| self.space.union(lost, hop.packets))
        };
        let (filtered, refused, absorbed) = (dropped(is_filtered), dropped(is_refused), dropped(is_absorbed));
        let all = hops
            .iter()
            .fold(PacketSet::EMPTY, |all, hop| self.space.union(all, hop.packets));
        let here = match self.lost {
            Lost::Nothing => all,
            Lost::Some(lost) => self.space.subtract(all, lost),
            Lost::Everything => PacketSet::EMPTY,
        };
        let known = self.space.subtract(here, refused);
        let by_groups = self
            .space
            .intersect(known, dropped(|hop| is_filtered(hop) && !hop.boundary));
        let by_acl = self
            .space
            .subtract(self.space.intersect(known, filtered), by_groups);
        let accepted = self.space.subtract(known, filtered);
        let gone = self.space.subtract(all, here);
        // Security groups are asked at the interface; whether the ACL or the route table is asked first is not documented.
        let unrouted = unrouted(&way.hops[end..]);
        let said = |action| {
            if unrouted {
                Expected::Undecided
            } else {
                Expected::Recorded(action)
            }
        };
        let parts = [
            (by_groups, Expected::Recorded(LogAction::Reject)),
            (by_acl, said(LogAction::Reject)),
            (accepted, said(LogAction::Accept)),
            (self.space.intersect(here, refused), Expected::Undecided),
            (
                gone,
                if self.answered || self.astray {
                    Expected::Undecided
                } else {
                    Expected::Nothing
                },
            ),
        ];
        for (packets, expected) in parts.into_iter().filter(|(packets, _)| !packets.is_empty()) {
            self.found.push(Prediction {
                path: self.path,
                leg,
                hops: (begin, end),
                interface: interface.id.to_string(),
                direction: direction(hops),
                packets,
                expected,
            });
        }
        let through = self.space.subtract(accepted, absorbed);
        if through.is_empty() && !here.is_empty() {
            self.lost = Lost::Everything;
        }
    }
}

/// Whether it opens a connection of its own for each that it takes.
fn stands_between(hop: &Hop) -> bool {
    hop.rewrite.source.is_some() && hop.rewrite.destination.is_some()
}

/// Whether it is a filter's doing, which is what REJECT means.
fn is_filtered(hop: &Hop) -> bool {
    hop.trace == Trace::Rejected
}

/// Whether the interface itself does: its source/destination check, or its instance that does not run.
fn is_refused(hop: &Hop) -> bool {
    hop.trace == Trace::Refused
}

/// Whether it is taken in and goes no further, as at a NAT gateway without a session: that is an ACCEPT (row 27).
fn is_absorbed(hop: &Hop) -> bool {
    !is_filtered(hop) && !is_refused(hop)
}

/// Whether routing loses what comes next.
fn unrouted(hops: &[Hop]) -> bool {
    let routing = |hop: &&Hop| hop.interface.is_none() && hop.trace == Trace::Unrouted;
    hops.iter()
        .take_while(routing)
        .any(|hop| hop.action == Action::Drop)
}

/// The end of the run of hops that one record tells of.
fn crossing(hops: &[Hop], begin: usize) -> usize {
    let first = &hops[begin];
    if first.interface.is_none() {
        return begin + 1;
    }
    let same = |hop: &&Hop| hop.interface == first.interface && (hop.direction == first.direction);
    begin + hops[begin..].iter().take_while(same).count()
}

fn direction(hops: &[Hop]) -> Direction {
    hops.first().map_or(Direction::Egress, |hop| hop.direction)
}
