//! Where packets cross an interface whose packets are copied, and what of them is there to be copied.

use super::share::Share;
use crate::analysis::finding::{Action, Finding, Hop, Way};
use crate::code::ExplanationCode;
use crate::model::{Location, Model};
use crate::network::{Direction, Leg, ResourceRef, RuleRef};
use crate::packet::{PacketSet, Space};
use std::collections::BTreeSet;

/// Packets that a filter takes away, and who does.
#[derive(Debug, Clone)]
pub struct Loss {
    /// The component.
    pub component: ResourceRef,
    /// Why.
    pub code: Option<ExplanationCode>,
    /// The rule.
    pub rule: RuleRef,
    /// Where it is written.
    pub at: Option<Location>,
    /// One sentence for people.
    pub message: String,
    /// The packets.
    pub packets: PacketSet,
}

/// An interface that some session names, crossed one way on one leg.
#[derive(Debug)]
pub struct Tap {
    /// The interface.
    pub interface: ResourceRef,
    /// Its `name`.
    pub name: Option<String>,
    /// Request or reply.
    pub leg: Leg,
    /// Out of the interface, or into it.
    pub direction: Direction,
    /// The packets that are there to be copied.
    pub packets: PacketSet,
    /// What was dropped before the tap: it is not copied.
    pub dropped: Vec<Loss>,
    /// What is dropped behind it at the same interface, on the way out: whether that is copied AWS does not say.
    pub undecided: Vec<Loss>,
    /// What of that some session would copy.
    pub perhaps: PacketSet,
    /// What Traffic Mirroring never copies.
    pub never: PacketSet,
    /// What each session copies, in the order in which they are asked.
    pub shares: Vec<Share>,
    /// What no session copies.
    pub rest: PacketSet,
}

/// A run of hops that cross one interface one way.
pub struct Run<'f> {
    /// The interface.
    pub interface: &'f ResourceRef,
    /// Out of it or into it.
    pub direction: Direction,
    hops: &'f [Hop],
}

/// The runs of a way.
pub fn runs(way: &Way) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let mut at = 0;
    while let Some(first) = way.hops.get(at) {
        let same = |hop: &&Hop| hop.interface == first.interface && hop.direction == first.direction;
        let end = at + way.hops[at..].iter().take_while(same).count();
        if let Some(interface) = &first.interface {
            runs.push(Run {
                interface,
                direction: first.direction,
                hops: &way.hops[at..end],
            });
        }
        at = end;
    }
    runs
}

impl<'f> Run<'f> {
    /// The hops at the tap itself. On the way out it is the first component of the run, be it the interface or, where that
    /// forwards, its groups; on the way in it is the interface.
    fn tapped(&self) -> impl Iterator<Item = &'f Hop> {
        let first = self.hops.first().map(|hop| &hop.component);
        let (out, interface) = (self.direction == Direction::Egress, self.interface);
        let there = move |hop: &&Hop| match out {
            true => Some(&hop.component) == first,
            false => hop.component == *interface,
        };
        self.hops.iter().filter(there)
    }

    /// The packets at the tap, the undecided ones with them.
    pub fn packets(&self, space: &Space) -> PacketSet {
        let sent = self.tapped().filter(|hop| !is_idle(hop));
        sent.fold(PacketSet::EMPTY, |all, hop| space.union(all, hop.packets))
    }

    /// What is taken away in the run, apart from what an idle instance never sends.
    fn lost(&self) -> impl Iterator<Item = &'f Hop> {
        let lost = self
            .hops
            .iter()
            .filter(|hop| matches!(hop.action, Action::Drop | Action::Unknown));
        lost.filter(|hop| !is_idle(hop))
    }

    /// Whether a loss is before the tap.
    fn is_before(&self, hop: &Hop) -> bool {
        self.direction == Direction::Ingress && hop.component != *self.interface
    }
}

/// Whether it is the interface of an instance that does not run: nothing is there.
fn is_idle(hop: &Hop) -> bool {
    hop.code == Some(ExplanationCode::BadState)
}

/// The taps of a finding, in path order: requests first. `supposed` is the same answer with what lies behind drops: it knows
/// before whose interface a network ACL stands that let nothing through.
pub fn taps(model: &Model, space: &Space, finding: &Finding, supposed: &Finding) -> Vec<Tap> {
    let sessions = model.traffic_mirror_sessions.values();
    let sources: BTreeSet<&str> = sessions.map(|session| session.source.as_str()).collect();
    let mut taps = Vec::new();
    let forward = finding.paths.iter().map(|path| (Leg::Forward, &path.forward));
    let back = finding
        .paths
        .iter()
        .filter_map(|path| Some((Leg::Return, path.reply.as_ref()?)));
    for (leg, way) in forward.chain(back) {
        for run in runs(way)
            .into_iter()
            .filter(|run| sources.contains(run.interface.id.as_str()))
        {
            cross(&mut taps, space, leg, &run);
        }
    }
    for (leg, hop) in turned_away(finding) {
        let interface = before_whom(supposed, leg, hop).filter(|id| sources.contains(id.id.as_str()));
        if let Some(interface) = interface {
            let place = place_of(&mut taps, leg, Direction::Ingress, interface);
            lose(&mut taps[place].dropped, space, hop);
        }
    }
    for tap in &mut taps {
        let name = model.enis.get(tap.interface.id.as_str());
        tap.name = name.and_then(|eni| eni.name.clone());
        tap.packets = space.subtract(tap.packets, tap.doubtful(space));
    }
    taps
}

impl Tap {
    /// All of what is undecided.
    pub fn doubtful(&self, space: &Space) -> PacketSet {
        let losses = self.undecided.iter();
        losses.fold(PacketSet::EMPTY, |all, loss| space.union(all, loss.packets))
    }
}

/// The drops at the boundary of a subnet, on the way in, behind which nothing came.
fn turned_away(finding: &Finding) -> impl Iterator<Item = (Leg, &Hop)> {
    let ways = finding.paths.iter().flat_map(|path| {
        let back = path.reply.iter().map(|way| (Leg::Return, way));
        std::iter::once((Leg::Forward, &path.forward)).chain(back)
    });
    let hops = ways.flat_map(|(leg, way)| way.hops.iter().map(move |hop| (leg, hop)));
    hops.filter(|(_, hop)| {
        hop.action == Action::Drop
            && hop.boundary
            && hop.interface.is_none()
            && hop.direction == Direction::Ingress
    })
}

/// The interface that packets would have come to, had they not been dropped.
fn before_whom<'f>(supposed: &'f Finding, leg: Leg, hop: &Hop) -> Option<&'f ResourceRef> {
    let ways = supposed.paths.iter().filter_map(|path| match leg {
        Leg::Forward => Some(&path.forward),
        Leg::Return => path.reply.as_ref(),
    });
    let mut hops = ways.flat_map(|way| &way.hops);
    let same = |other: &&Hop| {
        other.boundary
            && other.direction == hop.direction
            && other.action == hop.action
            && other.component == hop.component
            && other.rule == hop.rule
            && other.interface.is_some()
    };
    hops.find(same)?.interface.as_ref()
}

fn place_of(taps: &mut Vec<Tap>, leg: Leg, direction: Direction, interface: &ResourceRef) -> usize {
    let same = |tap: &Tap| tap.leg == leg && tap.direction == direction && tap.interface == *interface;
    taps.iter().position(same).unwrap_or_else(|| {
        taps.push(Tap {
            interface: interface.clone(),
            name: None,
            leg,
            direction,
            packets: PacketSet::EMPTY,
            dropped: Vec::new(),
            undecided: Vec::new(),
            perhaps: PacketSet::EMPTY,
            never: PacketSet::EMPTY,
            shares: Vec::new(),
            rest: PacketSet::EMPTY,
        });
        taps.len() - 1
    })
}

fn cross(taps: &mut Vec<Tap>, space: &Space, leg: Leg, run: &Run<'_>) {
    let place = place_of(taps, leg, run.direction, run.interface);
    let tap = &mut taps[place];
    tap.packets = space.union(tap.packets, run.packets(space));
    for hop in run.lost() {
        let losses = match run.is_before(hop) {
            true => &mut tap.dropped,
            false => &mut tap.undecided,
        };
        lose(losses, space, hop);
    }
}

fn lose(losses: &mut Vec<Loss>, space: &Space, hop: &Hop) {
    let same = |loss: &&mut Loss| {
        loss.component == hop.component && loss.rule == hop.rule && loss.message == hop.message
    };
    match losses.iter_mut().find(same) {
        Some(loss) => loss.packets = space.union(loss.packets, hop.packets),
        None => losses.push(Loss {
            component: hop.component.clone(),
            code: hop.code,
            rule: hop.rule.clone(),
            at: hop.at.clone(),
            message: hop.message.clone(),
            packets: hop.packets,
        }),
    }
}
