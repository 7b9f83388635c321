//! What the model says to a class of records: who may have sent such packets is asked as a question, its ways cross
//! interfaces, and what is recorded there must be what the model does there.
//!
//! A record is explained when some connection of the model, on its way there or back, is recorded so. Where nobody's
//! is, the model is wrong about the network, or the network is not what was designed.

use super::super::coverage::home;
use super::super::predict::predict;
use super::super::record::Record;
use super::super::seen::Own;
use super::super::watch::Watched;
use super::DriftKind;
use super::authors::Authors;
use super::case::{Case, Judgement, Site};
use super::crossing::Crossing;
use super::tally::Part;
use crate::analysis::Finding;
use crate::model::{Model, NetworkInterfaceId, Tenants, VpcEndpointType};
use crate::network::{Direction, private_addresses};
use crate::packet::AddressSet;
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

/// Asks, and holds each answer against all classes before it is forgotten.
pub struct Judge<'a> {
    model: &'a Model,
    tenants: Tenants<'a>,
    public: FxHashMap<Ipv4Addr, &'a NetworkInterfaceId>,
    gateways: FxHashMap<Ipv4Addr, Vec<Ipv4Addr>>,
    private: AddressSet,
    has_gateway_endpoints: bool,
    ask: Ask<'a>,
    /// Who was asked about, by number.
    ends: FxHashMap<End, u32>,
    /// Which pairs were, and whether there was an answer.
    asked: FxHashMap<(u32, u32), bool>,
    authors: Authors,
    sites: Vec<Site>,
    places: FxHashMap<String, u32>,
    cases: Vec<Case>,
    /// The classes by interface and direction.
    recorded: FxHashMap<(u32, Direction), Vec<u32>>,
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
            ends: FxHashMap::default(),
            asked: FxHashMap::default(),
            authors: Authors::default(),
            sites: Vec::new(),
            places: FxHashMap::default(),
            cases: Vec::new(),
            recorded: FxHashMap::default(),
        }
    }

    /// The rules that judgements name.
    pub fn authors(&self) -> &Authors {
        &self.authors
    }

    /// How many questions were asked.
    pub fn questions(&self) -> usize {
        self.asked.len()
    }

    /// Takes one record of a class; false if it tells of no packets.
    pub fn take(&mut self, record: &Record, part: Part) -> bool {
        let interface = record.interface.as_deref().unwrap_or_default();
        let place = self.site(interface);
        let Some(case) = Case::new(record, part, (place, &self.sites[place as usize])) else {
            return false;
        };
        if let (Some(direction), None) = (case.direction, case.foregone()) {
            let key = (place, direction);
            self.recorded
                .entry(key)
                .or_default()
                .push(self.cases.len() as u32);
        }
        self.cases.push(case);
        true
    }

    /// What the model says to each class, in the order in which they were taken. All are asked for before any is judged: what
    /// crosses the interface of one may be found for another.
    pub fn judge(&mut self, watched: &Watched) -> Vec<Judgement> {
        let all = self.cases.len();
        for at in 0..all {
            watched.tell(|watch| watch.judged(at as u64, all as u64));
            self.prepare(at);
        }
        watched.tell(|watch| watch.ends());
        let mut cases = std::mem::take(&mut self.cases);
        let judgement = |case: &mut Case| case.judgement().unwrap_or_else(|| self.unmatched(case));
        cases.iter_mut().map(judgement).collect()
    }

    /// Asks for the connections to which records like these might belong.
    fn prepare(&mut self, at: usize) {
        let case = &self.cases[at];
        if case.direction.is_none() {
            return;
        }
        let ((source, destination), part) = (case.ends(), case.part);
        let vpc = self.sites[case.site as usize].vpc.clone();
        if part != Part::Answers {
            self.ask_between(source, destination, vpc.as_deref());
        }
        if part != Part::Opens {
            self.ask_between(destination, source, vpc.as_deref());
        }
    }

    fn site(&mut self, interface: &str) -> u32 {
        if let Some(known) = self.places.get(interface) {
            return *known;
        }
        let place = self.sites.len() as u32;
        let subnet = home(self.model, interface).and_then(|subnet| self.model.subnets.get(subnet));
        self.sites.push(Site {
            id: interface.to_owned(),
            own: Own::of(self.model, interface),
            vpc: subnet.map(|subnet| subnet.vpc.to_string()),
        });
        self.places.insert(interface.to_owned(), place);
        place
    }

    fn number(&mut self, end: &End) -> u32 {
        let next = self.ends.len() as u32;
        match self.ends.get(end) {
            Some(known) => *known,
            None => *self.ends.entry(end.clone()).or_insert(next),
        }
    }

    fn ask_between(&mut self, from: IpAddr, to: IpAddr, vpc: Option<&str>) {
        for sender in self.senders(from, vpc) {
            for receiver in self.receivers(to, vpc) {
                let pair = (self.number(&sender), self.number(&receiver));
                if self.asked.contains_key(&pair) || self.asked.len() >= QUESTIONS_MAX {
                    continue;
                }
                let finding = (self.ask)(&sender, &receiver);
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
            let Some(site) = self.places.get(&prediction.interface) else {
                continue;
            };
            let Some(recorded) = self.recorded.get(&(*site, prediction.direction)) else {
                continue;
            };
            let crossing = Crossing::new(&prediction, finding, &mut self.authors);
            let own = &self.sites[*site as usize].own;
            for at in recorded {
                self.cases[*at as usize].meet(own, &crossing);
            }
        }
    }

    /// No connection that was asked for crosses the interface with such packets.
    fn unmatched(&self, case: &Case) -> Judgement {
        let site = &self.sites[case.site as usize];
        let eni = self.model.enis.get(site.id.as_str());
        let forwards = eni.is_none_or(|eni| !eni.source_dest_check || eni.interface_type.is_some());
        if forwards {
            return Judgement::Unexplained;
        }
        let (source, destination) = case.ends();
        let number = |end: &End| self.ends.get(end).copied();
        let answered = |(from, to): (IpAddr, IpAddr)| {
            let senders = self.senders(from, site.vpc.as_deref());
            let receivers = self.receivers(to, site.vpc.as_deref());
            let senders = senders.iter().filter_map(number);
            let receivers: Vec<u32> = receivers.iter().filter_map(number).collect();
            let mut pairs = senders.flat_map(|from| receivers.iter().map(move |to| (from, *to)));
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
