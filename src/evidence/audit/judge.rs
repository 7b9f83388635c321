//! What the model says to a class of records: who may have sent such packets is asked as a question, its ways cross
//! interfaces, and what is recorded there must be what the model does there.
//!
//! A record is explained when some connection of the model, on its way there or back, is recorded so. Where nobody's
//! is, the model is wrong about the network, or the network is not what was designed.

use super::super::predict::{Expected, Prediction, predict};
use super::super::record::LogAction;
use super::super::seen::{Own, Tuple};
use super::tally::{Count, Part};
use super::{Author, DriftKind};
use crate::analysis::{Action, Finding, Hop, Path, Way};
use crate::model::{Model, NetworkInterfaceId, Tenants, VpcEndpointType};
use crate::network::{Direction, Leg, Trace, Workspace, private_addresses};
use crate::packet::{AddressSet, PacketSet, Space};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;

/// The most interfaces in other VPCs that an address may mean.
const TWINS_MAX: usize = 4;
/// The most questions of one run.
const QUESTIONS_MAX: usize = 200_000;

/// One end of a connection that a record might belong to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct End {
    /// Who: an interface, or an address as questions call it.
    pub whom: String,
    /// The address of the interface that is meant.
    pub address: Option<IpAddr>,
}

impl End {
    fn of(id: &NetworkInterfaceId, address: IpAddr) -> Self {
        Self {
            whom: id.to_string(),
            address: Some(address),
        }
    }

    fn at(whom: impl ToString) -> Self {
        Self {
            whom: whom.to_string(),
            address: None,
        }
    }
}

/// Asks for everything between two ends, from every source port; none where an end is nobody.
pub type Ask<'a> = &'a dyn Fn(&End, &End) -> Option<Finding>;

/// What the model says to a class.
#[derive(Debug)]
pub enum Judgement {
    /// What is recorded is what the model does, by these rules.
    Fits(Vec<(Author, Leg)>),
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
pub type Differing = (DriftKind, Vec<Author>, Option<Leg>);

/// Packets that cross an interface in the model.
struct Crossing {
    leg: Leg,
    packets: PacketSet,
    expected: Expected,
    /// Whose rules say so, and of which packets.
    authors: Vec<(PacketSet, Author)>,
    /// The routes by which they go on from here.
    routes: Vec<(PacketSet, Author)>,
    work: Rc<Workspace>,
}

/// A crossing, and the packets of a record among those that cross.
type Match<'c> = (&'c Crossing, PacketSet);

/// Asks, and remembers the answers.
pub struct Judge<'a> {
    model: &'a Model,
    tenants: Tenants<'a>,
    public: FxHashMap<Ipv4Addr, &'a NetworkInterfaceId>,
    gateways: FxHashMap<Ipv4Addr, Vec<Ipv4Addr>>,
    private: AddressSet,
    has_gateway_endpoints: bool,
    ask: Ask<'a>,
    asked: FxHashMap<(End, End), bool>,
    crossings: BTreeMap<(String, Direction), Vec<Crossing>>,
}

impl<'a> Judge<'a> {
    /// Nothing asked yet.
    pub fn new(model: &'a Model, ask: Ask<'a>) -> Self {
        let public = model.enis.iter();
        let public = public.filter_map(|(id, eni)| Some((eni.public_ip?, id)));
        let nat = model.nat_gateways.values().flat_map(|nat| {
            let outside: Vec<Ipv4Addr> = nat.public_ip.iter().copied().collect();
            nat.ip.iter().map(move |ip| (*ip, outside.clone()))
        });
        Self {
            model,
            tenants: Tenants::of(model),
            public: public.collect(),
            gateways: nat.collect(),
            private: private_addresses(),
            has_gateway_endpoints: model
                .vpc_endpoints
                .values()
                .any(|endpoint| endpoint.kind == VpcEndpointType::Gateway),
            ask,
            asked: FxHashMap::default(),
            crossings: BTreeMap::new(),
        }
    }

    /// How many questions were asked.
    pub fn questions(&self) -> usize {
        self.asked.len()
    }

    /// Asks for the connections to which records like these might belong, so that [`Self::judge`] knows all of them.
    pub fn prepare(&mut self, count: &Count) {
        let Some((tuple, _, vpc)) = self.place(count) else {
            return;
        };
        let source = tuple.packet_source.unwrap_or(tuple.source);
        let destination = tuple.packet_destination.unwrap_or(tuple.destination);
        if count.part != Part::Answers {
            self.ask_between(source, destination, vpc.as_deref());
        }
        if count.part != Part::Opens {
            self.ask_between(destination, source, vpc.as_deref());
        }
    }

    fn place(&self, count: &Count) -> Option<(Tuple, Direction, Option<String>)> {
        let interface = count.first.interface.as_deref()?;
        let tuple = Tuple::of(&count.first)?;
        let direction = tuple.direction(&Own::of(self.model, interface))?;
        let subnet = super::super::coverage::home(self.model, interface);
        let vpc = subnet.and_then(|subnet| self.model.subnets.get(subnet));
        Some((tuple, direction, vpc.map(|subnet| subnet.vpc.to_string())))
    }

    fn ask_between(&mut self, from: IpAddr, to: IpAddr, vpc: Option<&str>) {
        for sender in self.senders(from, vpc) {
            for receiver in self.receivers(to, vpc) {
                let pair = (sender.clone(), receiver);
                if self.asked.contains_key(&pair) || self.asked.len() >= QUESTIONS_MAX {
                    continue;
                }
                let finding = (self.ask)(&pair.0, &pair.1);
                if let Some(finding) = &finding {
                    self.remember(finding);
                }
                self.asked.insert(pair, finding.is_some());
            }
        }
    }

    /// The interfaces that have an address: those of this VPC, else those of others.
    fn owners(&self, address: IpAddr, vpc: Option<&str>) -> Vec<&'a NetworkInterfaceId> {
        let here = |eni: &crate::model::NetworkInterface| {
            let subnet = self.model.subnets.get(&eni.subnet);
            subnet.is_some_and(|subnet| Some(subnet.vpc.as_str()) == vpc)
        };
        let all = self.tenants.at_address(address);
        let own: Vec<_> = all
            .iter()
            .filter(|(_, eni)| here(eni))
            .map(|(id, _)| *id)
            .collect();
        match own.is_empty() {
            true => all.iter().map(|(id, _)| *id).take(TWINS_MAX).collect(),
            false => own,
        }
    }

    fn senders(&self, address: IpAddr, vpc: Option<&str>) -> Vec<End> {
        let owners = self.owners(address, vpc);
        if !owners.is_empty() {
            return owners.into_iter().map(|id| End::of(id, address)).collect();
        }
        if let IpAddr::V4(address) = address {
            if let Some(owner) = self.public.get(&address) {
                return vec![End::at(owner)];
            }
            if self.gateways.contains_key(&address) {
                return Vec::new();
            }
        }
        vec![self.outside(address)]
    }

    /// An interface is meant by its own address, or by its public one.
    fn receivers(&self, address: IpAddr, vpc: Option<&str>) -> Vec<End> {
        let owners = self.owners(address, vpc);
        let mut ends: Vec<End> = owners.iter().map(|id| End::of(id, address)).collect();
        let public = owners.iter().filter_map(|id| self.model.enis.get(*id)?.public_ip);
        ends.extend(public.map(End::at));
        if let IpAddr::V4(address) = address {
            let behind = self.gateways.get(&address).into_iter().flatten();
            ends.extend(behind.map(End::at));
        }
        if ends.is_empty() {
            ends.push(self.outside(address));
            // A gateway endpoint leads to addresses of the internet by another way.
            if self.has_gateway_endpoints && !self.private.contains(address) {
                ends.push(End::at(address));
            }
        }
        ends
    }

    fn outside(&self, address: IpAddr) -> End {
        match self.private.contains(address) {
            true => End::at(address),
            false => End::at(format!("internet:{address}")),
        }
    }

    fn remember(&mut self, finding: &Finding) {
        for prediction in predict(finding) {
            let path = &finding.paths[prediction.path];
            let (expected, authors) = told(&prediction, path, finding);
            let routes = routes(&prediction, path);
            let known = self
                .crossings
                .entry((prediction.interface, prediction.direction))
                .or_default();
            known.push(Crossing {
                leg: prediction.leg,
                packets: prediction.packets,
                expected,
                authors,
                routes,
                work: Rc::clone(&finding.work),
            });
        }
    }

    /// What the model says.
    pub fn judge(&self, count: &Count) -> Judgement {
        let record = &count.first;
        if record
            .reject_reason
            .as_deref()
            .is_some_and(|reason| reason != "BPA")
        {
            return Judgement::OtherReason;
        }
        let rejected = record.action == Some(LogAction::Reject);
        if rejected && count.part == Part::Later {
            return Judgement::Late;
        }
        let Some((tuple, direction, vpc)) = self.place(count) else {
            return Judgement::Unexplained;
        };
        let matching = self.matching(count, &tuple, direction);
        if matching.is_empty() {
            return self.unmatched(count, &tuple, vpc.as_deref());
        }
        let action = record.action.unwrap_or(LogAction::Accept);
        let any = |wanted: Expected| matching.iter().any(|(crossing, _)| crossing.expected == wanted);
        if any(Expected::Recorded(action)) {
            let said = matching.iter();
            let said = said.filter(|(crossing, _)| crossing.expected == Expected::Recorded(action));
            let by = |met: &Match<'_>| {
                let leg = met.0.leg;
                let all = [blamed(*met), taken(*met)].concat();
                all.into_iter().map(move |author| (author, leg))
            };
            Judgement::Fits(said.flat_map(by).collect())
        } else if any(Expected::Undecided) {
            Judgement::Undecided
        } else if count.part == Part::Later {
            Judgement::Late
        } else {
            drift(action, &matching, likely(count.part, &tuple))
        }
    }

    fn matching(&self, count: &Count, tuple: &Tuple, direction: Direction) -> Vec<Match<'_>> {
        let interface = count.first.interface.clone().unwrap_or_default();
        let cube = tuple.packets(direction, Some(&Own::of(self.model, &interface)));
        let known = self.crossings.get(&(interface, direction));
        let told = |crossing: &Crossing| match count.part {
            Part::Opens => crossing.leg == Leg::Forward,
            Part::Answers => crossing.leg == Leg::Return,
            Part::Later | Part::Unsaid => true,
        };
        let known = known.into_iter().flatten().filter(|crossing| told(crossing));
        let met = known.map(|crossing| {
            let space = &crossing.work.space;
            (crossing, space.intersect(space.cube(&cube), crossing.packets))
        });
        met.filter(|(_, packets)| !packets.is_empty()).collect()
    }

    /// No connection that was asked for crosses the interface with such packets.
    fn unmatched(&self, count: &Count, tuple: &Tuple, vpc: Option<&str>) -> Judgement {
        let interface = count.first.interface.as_deref().unwrap_or_default();
        let eni = self.model.enis.get(interface);
        let forwards = eni.is_none_or(|eni| !eni.source_dest_check || eni.interface_type.is_some());
        if forwards {
            return Judgement::Unexplained;
        }
        let source = tuple.packet_source.unwrap_or(tuple.source);
        let destination = tuple.packet_destination.unwrap_or(tuple.destination);
        let answered = |(from, to): (IpAddr, IpAddr)| {
            let senders = self.senders(from, vpc);
            let receivers = self.receivers(to, vpc);
            let mut pairs = senders
                .iter()
                .flat_map(|from| receivers.iter().map(move |to| (from.clone(), to.clone())));
            pairs.any(|pair| self.asked.get(&pair) == Some(&true))
        };
        let ways = match count.part {
            Part::Opens => vec![(source, destination)],
            Part::Answers => vec![(destination, source)],
            Part::Later | Part::Unsaid => vec![(source, destination), (destination, source)],
        };
        match (ways.into_iter().any(answered), count.part) {
            (false, _) => Judgement::Nobody,
            (true, Part::Later) => Judgement::Late,
            (true, _) => Judgement::Drift(vec![(DriftKind::Elsewhere, Vec::new(), None)]),
        }
    }
}

/// Nothing that the model does explains it: what of the model is in the way. What fits the likelier leg comes first.
fn drift(action: LogAction, matching: &[Match<'_>], likely: Leg) -> Judgement {
    let of = |leg: Leg, wanted: Expected| {
        let mut all = matching.iter();
        all.find(|(crossing, _)| crossing.leg == leg && crossing.expected == wanted)
    };
    let found = |kind, of: &Match<'_>| (kind, blamed(*of), Some(of.0.leg));
    let (opposite, kind) = match action {
        LogAction::Accept => (LogAction::Reject, DriftKind::AcceptedButBlocked),
        LogAction::Reject => (LogAction::Accept, DriftKind::RejectedButAllowed),
    };
    let other = if likely == Leg::Forward {
        Leg::Return
    } else {
        Leg::Forward
    };
    let on = |leg: Leg| {
        let here = of(leg, Expected::Recorded(opposite)).map(|met| found(kind, met));
        let before = of(leg, Expected::Nothing).map(|met| found(DriftKind::SeenBehind, met));
        here.into_iter().chain(before)
    };
    Judgement::Drift(on(likely).chain(on(other)).collect())
}

/// Whether a record without flags tells of a request or of a reply: servers mostly have the lower port.
fn likely(part: Part, tuple: &Tuple) -> Leg {
    match part {
        Part::Answers => Leg::Return,
        Part::Opens | Part::Later => Leg::Forward,
        Part::Unsaid if tuple.source_port < tuple.destination_port => Leg::Return,
        Part::Unsaid => Leg::Forward,
    }
}

/// Whose rules are about these packets. Before a translation they looked otherwise.
fn blamed((crossing, packets): Match<'_>) -> Vec<Author> {
    let space = &crossing.work.space;
    let about = |(of, _): &&(PacketSet, Author)| !space.intersect(*of, packets).is_empty();
    let mut authors: Vec<&(PacketSet, Author)> = crossing.authors.iter().filter(about).collect();
    if authors.is_empty() && crossing.expected == Expected::Nothing {
        // Of the addresses and ports a translation leaves nothing; the protocol stays.
        let protocols = space.protocols(packets);
        let same = |(of, _): &&(PacketSet, Author)| !space.protocols(*of).intersect(&protocols).is_empty();
        authors = crossing.authors.iter().filter(same).collect();
    }
    if crossing.expected == Expected::Nothing {
        authors.truncate(1);
    }
    let mut all: Vec<Author> = Vec::new();
    for (_, author) in authors {
        if !all.contains(author) {
            all.push(author.clone());
        }
    }
    all
}

/// The routes that these packets take.
fn taken((crossing, packets): Match<'_>) -> Vec<Author> {
    let space = &crossing.work.space;
    let about = |(of, _): &&(PacketSet, Author)| !space.intersect(*of, packets).is_empty();
    let routes = crossing.routes.iter().filter(about);
    routes.map(|(_, author)| author.clone()).collect()
}

/// The routes between this crossing and the next, and those by which packets came here from the one before or from a gateway.
fn routes(prediction: &Prediction, path: &Path) -> Vec<(PacketSet, Author)> {
    let way = way(prediction, path);
    let (begin, end) = prediction.hops;
    let on_the_way = |hop: &&Hop| hop.interface.is_none();
    let before = way.hops.get(..begin).unwrap_or_default();
    let before = before.iter().rev().take_while(on_the_way);
    let next = way.hops.get(end..).unwrap_or_default();
    let next = next.iter().take_while(on_the_way);
    let chosen = before.chain(next).filter(|hop| hop.action == Action::Route);
    chosen.map(author).collect()
}

fn way<'p>(prediction: &Prediction, path: &'p Path) -> &'p Way {
    match (prediction.leg, &path.reply) {
        (Leg::Return, Some(reply)) => reply,
        _ => &path.forward,
    }
}

/// What a prediction says, and whose rules say so.
fn told(prediction: &Prediction, path: &Path, finding: &Finding) -> (Expected, Vec<(PacketSet, Author)>) {
    let way = way(prediction, path);
    let (begin, end) = prediction.hops;
    let here = &way.hops[begin..end.min(way.hops.len())];
    let space = &finding.work.space;
    let concerns = |hop: &&Hop| !space.intersect(hop.packets, prediction.packets).is_empty();
    match prediction.expected {
        Expected::Recorded(LogAction::Reject) => {
            let drops = here
                .iter()
                .filter(|hop| hop.action == Action::Drop)
                .filter(concerns);
            (prediction.expected, drops.map(author).collect())
        }
        Expected::Recorded(LogAction::Accept) => {
            let rules = here.iter().filter(|hop| hop.trace == Trace::Rejected);
            let rules = rules.filter(concerns).filter(|hop| hop.action == Action::Permit);
            (prediction.expected, rules.map(author).collect())
        }
        Expected::Undecided => (Expected::Undecided, Vec::new()),
        Expected::Nothing => behind(prediction, path, begin, space),
    }
}

fn author(hop: &Hop) -> (PacketSet, Author) {
    (hop.packets, Author::of(hop))
}

/// Who keeps the packets from getting here. Where the model does not say what becomes of them, they may get here.
fn behind(
    prediction: &Prediction,
    path: &Path,
    begin: usize,
    space: &Space,
) -> (Expected, Vec<(PacketSet, Author)>) {
    let returns = prediction.leg == Leg::Return;
    let (there, back): (&[Hop], &[Hop]) = match (returns, &path.reply) {
        (true, Some(reply)) => (&path.forward.hops, &reply.hops[..begin]),
        (true, None) => (&path.forward.hops, &[]),
        (false, _) => (&path.forward.hops[..begin], &[]),
    };
    if there.iter().chain(back).any(|hop| hop.action == Action::Unknown) {
        return (Expected::Undecided, Vec::new());
    }
    let is_drop = |hop: &&Hop| hop.action == Action::Drop;
    // What was dropped on the way there was to be answered by these replies.
    let there = there.iter().filter(is_drop).map(|hop| match returns {
        true => (space.replies(hop.packets), Author::of(hop)),
        false => author(hop),
    });
    let back = back.iter().filter(is_drop).map(author);
    (Expected::Nothing, there.chain(back).collect())
}
