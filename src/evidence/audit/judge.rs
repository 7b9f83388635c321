//! What the model says to a class of records: who may have sent such packets is asked as a question, its ways cross
//! interfaces, and what is recorded there must be what the model does there.
//!
//! A record is explained when some connection of the model, on its way there or back, is recorded so. Where nobody's
//! is, the model is wrong about the network, or the network is not what was designed.

use super::super::predict::{Expected, Prediction, predict};
use super::super::record::{LogAction, Record};
use super::super::seen::{Own, Tuple};
use super::super::sought::cubes;
use super::tally::Part;
use super::{Author, DriftKind};
use crate::analysis::{Action, Finding, Hop, Path, Way};
use crate::model::{Model, NetworkInterfaceId, Tenants, VpcEndpointType};
use crate::network::{Direction, Leg, Trace, private_addresses};
use crate::packet::{AddressSet, Cube, PacketSet, Space};
use rustc_hash::FxHashMap;
use std::net::{IpAddr, Ipv4Addr};

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

/// A class of records, and what was found to cross its interface so far.
pub struct Case {
    record: Record,
    part: Part,
    place: Option<Spot>,
    met: Met,
}

/// Where the packets of a class cross, which ones they are, and in which VPC.
struct Spot {
    tuple: Tuple,
    own: Own,
    direction: Direction,
    packets: Cube,
    vpc: Option<String>,
}

/// What crosses the interface with such packets. What fits is all that is asked for; else what differs, the first found on
/// each leg.
#[derive(Default)]
struct Met {
    any: bool,
    fits: Option<Vec<(Author, Leg)>>,
    is_undecided: bool,
    opposite: [Option<Vec<Author>>; 2],
    behind: [Option<Vec<Author>>; 2],
}

impl Case {
    /// Nothing found yet.
    pub fn new(record: Record, part: Part) -> Self {
        Self {
            record,
            part,
            place: None,
            met: Met::default(),
        }
    }

    fn action(&self) -> LogAction {
        self.record.action.unwrap_or(LogAction::Accept)
    }

    fn interface(&self) -> &str {
        self.record.interface.as_deref().unwrap_or_default()
    }

    /// What is said of it without a look at the model.
    fn foregone(&self) -> Option<Judgement> {
        let reason = self.record.reject_reason.as_deref();
        if reason.is_some_and(|reason| reason != "BPA") {
            return Some(Judgement::OtherReason);
        }
        let is_late = self.record.action == Some(LogAction::Reject) && self.part == Part::Later;
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
    fn meet(&mut self, crossing: &Crossing<'_>) {
        let Some(spot) = self.place.as_ref().filter(|_| self.may_tell(crossing.leg)) else {
            return;
        };
        let mut cubes = crossing.cubes.iter();
        if !cubes.any(|cube| spot.tuple.meets(cube, spot.direction, &spot.own)) {
            return;
        }
        let space = crossing.space;
        let packets = space.intersect(space.cube(&spot.packets), crossing.packets);
        if packets.is_empty() {
            return;
        }
        let action = self.action();
        let met = &mut self.met;
        met.any = true;
        let leg = usize::from(crossing.leg == Leg::Return);
        match crossing.expected {
            Expected::Recorded(said) if said == action => {
                let authors = met.fits.get_or_insert_default();
                for author in [blamed(crossing, packets), taken(crossing, packets)].concat() {
                    let said = (author, crossing.leg);
                    if !authors.contains(&said) {
                        authors.push(said);
                    }
                }
            }
            Expected::Undecided => met.is_undecided = true,
            Expected::Recorded(_) => _ = met.opposite[leg].get_or_insert_with(|| blamed(crossing, packets)),
            Expected::Nothing => _ = met.behind[leg].get_or_insert_with(|| blamed(crossing, packets)),
        }
    }
}

/// Packets that cross an interface in the model.
struct Crossing<'a> {
    leg: Leg,
    packets: PacketSet,
    /// The packets, or more than them: most classes are passed over by these.
    cubes: Vec<Cube>,
    expected: Expected,
    /// Whose rules say so, and of which packets.
    authors: Vec<(PacketSet, Author)>,
    /// The routes by which they go on from here.
    routes: Vec<(PacketSet, Author)>,
    space: &'a Space,
}

/// Asks, and holds each answer against all classes before it is forgotten.
pub struct Judge<'a> {
    model: &'a Model,
    tenants: Tenants<'a>,
    public: FxHashMap<Ipv4Addr, &'a NetworkInterfaceId>,
    gateways: FxHashMap<Ipv4Addr, Vec<Ipv4Addr>>,
    private: AddressSet,
    has_gateway_endpoints: bool,
    ask: Ask<'a>,
    asked: FxHashMap<(End, End), bool>,
    cases: Vec<Case>,
    /// The classes by interface and direction.
    recorded: FxHashMap<(String, Direction), Vec<usize>>,
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
            cases: Vec::new(),
            recorded: FxHashMap::default(),
        }
    }

    /// How many questions were asked.
    pub fn questions(&self) -> usize {
        self.asked.len()
    }

    /// What the model says to each class. All are asked for before any is judged: what crosses the interface of one may be
    /// found for another.
    pub fn judge(&mut self, cases: Vec<Case>) -> Vec<Judgement> {
        self.cases = cases;
        for at in 0..self.cases.len() {
            let case = &self.cases[at];
            let place = self.place(&case.record);
            if let (Some(spot), None) = (&place, case.foregone()) {
                let key = (case.interface().to_owned(), spot.direction);
                self.recorded.entry(key).or_default().push(at);
            }
            self.cases[at].place = place;
        }
        for at in 0..self.cases.len() {
            self.prepare(at);
        }
        self.cases.iter().map(|case| self.judgement(case)).collect()
    }

    /// Asks for the connections to which records like these might belong.
    fn prepare(&mut self, at: usize) {
        let Case { place, part, .. } = &self.cases[at];
        let (Some(spot), part) = (place, *part) else {
            return;
        };
        let (source, destination) = spot.ends();
        let vpc = spot.vpc.clone();
        if part != Part::Answers {
            self.ask_between(source, destination, vpc.as_deref());
        }
        if part != Part::Opens {
            self.ask_between(destination, source, vpc.as_deref());
        }
    }

    fn place(&self, record: &Record) -> Option<Spot> {
        let interface = record.interface.as_deref()?;
        let tuple = Tuple::of(record)?;
        let own = Own::of(self.model, interface);
        let direction = tuple.direction(&own)?;
        let subnet = super::super::coverage::home(self.model, interface);
        let vpc = subnet.and_then(|subnet| self.model.subnets.get(subnet));
        Some(Spot {
            tuple,
            direction,
            packets: tuple.packets(direction, Some(&own)),
            own,
            vpc: vpc.map(|subnet| subnet.vpc.to_string()),
        })
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
            let key = (prediction.interface.clone(), prediction.direction);
            let Some(recorded) = self.recorded.get(&key) else {
                continue;
            };
            let path = &finding.paths[prediction.path];
            let (expected, authors) = told(&prediction, path, finding);
            let crossing = Crossing {
                leg: prediction.leg,
                packets: prediction.packets,
                cubes: cubes(&finding.work.space, prediction.packets),
                expected,
                authors,
                routes: routes(&prediction, path),
                space: &finding.work.space,
            };
            recorded.iter().for_each(|at| self.cases[*at].meet(&crossing));
        }
    }

    /// What the model says, when everything was asked.
    fn judgement(&self, case: &Case) -> Judgement {
        if let Some(foregone) = case.foregone() {
            return foregone;
        }
        let Some(spot) = &case.place else {
            return Judgement::Unexplained;
        };
        let met = &case.met;
        if !met.any {
            self.unmatched(case, spot)
        } else if let Some(authors) = &met.fits {
            Judgement::Fits(authors.clone())
        } else if met.is_undecided {
            Judgement::Undecided
        } else if case.part == Part::Later {
            Judgement::Late
        } else {
            drift(case.action(), met, likely(case.part, &spot.tuple))
        }
    }

    /// No connection that was asked for crosses the interface with such packets.
    fn unmatched(&self, case: &Case, spot: &Spot) -> Judgement {
        let eni = self.model.enis.get(case.interface());
        let forwards = eni.is_none_or(|eni| !eni.source_dest_check || eni.interface_type.is_some());
        if forwards {
            return Judgement::Unexplained;
        }
        let (source, destination) = spot.ends();
        let answered = |(from, to): (IpAddr, IpAddr)| {
            let senders = self.senders(from, spot.vpc.as_deref());
            let receivers = self.receivers(to, spot.vpc.as_deref());
            let mut pairs = senders
                .iter()
                .flat_map(|from| receivers.iter().map(move |to| (from.clone(), to.clone())));
            pairs.any(|pair| self.asked.get(&pair) == Some(&true))
        };
        let ways = match case.part {
            Part::Opens => vec![(source, destination)],
            Part::Answers => vec![(destination, source)],
            Part::Later | Part::Unsaid => vec![(source, destination), (destination, source)],
        };
        match (ways.into_iter().any(answered), case.part) {
            (false, _) => Judgement::Nobody,
            (true, Part::Later) => Judgement::Late,
            (true, _) => Judgement::Drift(vec![(DriftKind::Elsewhere, Vec::new(), None)]),
        }
    }
}

impl Spot {
    /// Between whom the packets went, by their own headers where those are recorded.
    fn ends(&self) -> (IpAddr, IpAddr) {
        let Tuple {
            source, destination, ..
        } = self.tuple;
        (
            self.tuple.packet_source.unwrap_or(source),
            self.tuple.packet_destination.unwrap_or(destination),
        )
    }
}

/// Nothing that the model does explains it: what of the model is in the way. What fits the likelier leg comes first.
fn drift(action: LogAction, met: &Met, likely: Leg) -> Judgement {
    let kind = match action {
        LogAction::Accept => DriftKind::AcceptedButBlocked,
        LogAction::Reject => DriftKind::RejectedButAllowed,
    };
    let legs = match likely {
        Leg::Forward => [Leg::Forward, Leg::Return],
        Leg::Return => [Leg::Return, Leg::Forward],
    };
    let on = |leg: Leg| {
        let at = usize::from(leg == Leg::Return);
        let here = met.opposite[at].clone().map(|by| (kind, by, Some(leg)));
        let before = met.behind[at].clone();
        here.into_iter()
            .chain(before.map(|by| (DriftKind::SeenBehind, by, Some(leg))))
    };
    Judgement::Drift(legs.into_iter().flat_map(on).collect())
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
fn blamed(crossing: &Crossing<'_>, packets: PacketSet) -> Vec<Author> {
    let space = crossing.space;
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
fn taken(crossing: &Crossing<'_>, packets: PacketSet) -> Vec<Author> {
    let space = crossing.space;
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
