//! A class of records, what was found to cross its interface, and what that makes of it. There may be hundreds of thousands, so
//! each is small: what an interface's classes have in common is at its [`Site`].

use super::super::predict::Expected;
use super::super::record::{LogAction, Record};
use super::super::seen::{Own, Tuple};
use super::DriftKind;
use super::authors::By;
use super::crossing::Crossing;
use super::tally::Part;
use crate::network::{Direction, Leg};
use crate::packet::PacketSet;
use std::net::IpAddr;

/// The most lists of rules that a class may be put down to, on each leg: it may tell of several connections, of which one is
/// as good as another until it is seen which list explains the most.
const LISTS_MAX: usize = 8;

/// What the model says to a class.
#[derive(Debug)]
pub enum Judgement {
    /// What is recorded is what the model does, by these rules.
    Fits(Vec<(By, Leg)>),
    /// The model, or AWS, does not say what should be recorded.
    Undecided,
    /// Packets of a connection that is older than the rules, or over.
    Late,
    /// It was rejected for a reason that is not in the model.
    OtherReason,
    /// The other end is nobody that the model knows.
    Nobody,
    /// A gateway's interface: whose packets these are is not recorded.
    Unexplained,
    /// The model says something else: of what the record may tell, the likeliest first.
    Drift(Vec<Differing>),
}

/// How a record differs, from which rules, on which leg.
pub type Differing = (DriftKind, Vec<By>, Option<Leg>);

/// An interface that recorded something.
pub struct Site {
    /// The interface.
    pub id: String,
    /// Under which addresses it is recorded.
    pub own: Own,
    /// Its VPC.
    pub vpc: Option<String>,
}

/// A class of records, and what was found to cross its interface so far.
pub struct Case {
    /// Where among the sites it was recorded.
    pub site: u32,
    /// Which packets it tells of.
    pub tuple: Tuple,
    /// Into the interface, or out of it, where that is known.
    pub direction: Option<Direction>,
    /// What its flags tell.
    pub part: Part,
    action: LogAction,
    is_other_reason: bool,
    met: Met,
}

/// What crosses the interface with such packets. What fits is all that is asked for; else what differs, on each leg.
#[derive(Default)]
struct Met {
    any: bool,
    is_undecided: bool,
    fits: Option<Vec<(By, Leg)>>,
    opposite: [Vec<Vec<By>>; 2],
    behind: [Vec<Vec<By>>; 2],
}

/// Notes whose rules it may be, each list once.
fn note(lists: &mut Vec<Vec<By>>, crossing: &Crossing<'_>, packets: PacketSet) {
    if lists.len() < LISTS_MAX {
        let by = crossing.blamed(packets);
        if !lists.contains(&by) {
            lists.push(by);
        }
    }
}

impl Case {
    /// Of one of its records, with nothing found yet. None: it tells of no packets.
    pub fn new(record: &Record, part: Part, (place, site): (u32, &Site)) -> Option<Self> {
        let tuple = Tuple::of(record)?;
        let reason = record.reject_reason.as_deref();
        Some(Self {
            site: place,
            tuple,
            direction: tuple.direction(&site.own),
            part,
            action: record.action.unwrap_or(LogAction::Accept),
            is_other_reason: reason.is_some_and(|reason| reason != "BPA"),
            met: Met::default(),
        })
    }

    /// Between whom the packets went, by their own headers where those are recorded.
    pub fn ends(&self) -> (IpAddr, IpAddr) {
        let Tuple {
            source, destination, ..
        } = self.tuple;
        (
            self.tuple.packet_source.unwrap_or(source),
            self.tuple.packet_destination.unwrap_or(destination),
        )
    }

    /// What is said of it without a look at the model.
    pub fn foregone(&self) -> Option<Judgement> {
        if self.is_other_reason {
            return Some(Judgement::OtherReason);
        }
        let is_late = self.action == LogAction::Reject && self.part == Part::Later;
        is_late.then_some(Judgement::Late)
    }

    /// Whether it may tell of packets on this leg.
    fn may_tell(&self, leg: Leg) -> bool {
        match self.part {
            Part::Opens => leg == Leg::Forward,
            Part::Answers => leg == Leg::Return,
            Part::Later | Part::Unsaid => true,
        }
    }

    /// Takes notice of what crosses here.
    pub fn meet(&mut self, own: &Own, crossing: &Crossing<'_>) {
        let Some(direction) = self.direction.filter(|_| self.may_tell(crossing.leg)) else {
            return;
        };
        let mut cubes = crossing.cubes.iter();
        if !cubes.any(|cube| self.tuple.meets(cube, direction, own)) {
            return;
        }
        let space = crossing.space;
        let packets = self.tuple.packets(direction, Some(own));
        let packets = space.intersect(space.cube(&packets), crossing.packets);
        if packets.is_empty() {
            return;
        }
        let met = &mut self.met;
        met.any = true;
        let leg = usize::from(crossing.leg == Leg::Return);
        match crossing.expected {
            Expected::Recorded(said) if said == self.action => {
                let authors = met.fits.get_or_insert_default();
                for by in [crossing.blamed(packets), crossing.taken(packets)].concat() {
                    let said = (by, crossing.leg);
                    if !authors.contains(&said) {
                        authors.push(said);
                    }
                }
            }
            Expected::Undecided => met.is_undecided = true,
            Expected::Recorded(_) => note(&mut met.opposite[leg], crossing, packets),
            Expected::Nothing => note(&mut met.behind[leg], crossing, packets),
        }
    }

    /// What is said of it, when everything was asked. None: no connection that was asked for crosses the interface with such
    /// packets.
    pub fn judgement(&mut self) -> Option<Judgement> {
        if let Some(foregone) = self.foregone() {
            return Some(foregone);
        }
        if self.direction.is_none() {
            return Some(Judgement::Unexplained);
        }
        let met = std::mem::take(&mut self.met);
        if !met.any {
            return None;
        }
        Some(match (met.fits, self.part) {
            (Some(authors), _) => Judgement::Fits(authors),
            _ if met.is_undecided => Judgement::Undecided,
            (None, Part::Later) => Judgement::Late,
            _ => self.drift(met.opposite, met.behind),
        })
    }

    /// Nothing that the model does explains it: what of the model is in the way. What fits the likelier leg comes first.
    fn drift(&self, mut opposite: [Vec<Vec<By>>; 2], mut behind: [Vec<Vec<By>>; 2]) -> Judgement {
        let kind = match self.action {
            LogAction::Accept => DriftKind::AcceptedButBlocked,
            LogAction::Reject => DriftKind::RejectedButAllowed,
        };
        let legs = match self.likely() {
            Leg::Forward => [Leg::Forward, Leg::Return],
            Leg::Return => [Leg::Return, Leg::Forward],
        };
        let on = |leg: Leg| {
            let at = usize::from(leg == Leg::Return);
            let here = std::mem::take(&mut opposite[at]);
            let before = std::mem::take(&mut behind[at]);
            let here = here.into_iter().map(move |by| (kind, by, Some(leg)));
            here.chain(
                before
                    .into_iter()
                    .map(move |by| (DriftKind::SeenBehind, by, Some(leg))),
            )
        };
        Judgement::Drift(legs.into_iter().flat_map(on).collect())
    }

    /// Whether a record without flags tells of a request or of a reply: servers mostly have the lower port.
    fn likely(&self) -> Leg {
        match self.part {
            Part::Answers => Leg::Return,
            Part::Opens | Part::Later => Leg::Forward,
            Part::Unsaid if self.tuple.source_port < self.tuple.destination_port => Leg::Return,
            Part::Unsaid => Leg::Forward,
        }
    }
}
