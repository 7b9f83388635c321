//! A route table at one subnet or gateway: which route wins, and where it leads.

use super::Way;
use super::list::List;
use crate::code::ExplanationCode;
use crate::model::{Peer, Place, ResourceId};
use crate::network::{
    Arrival, Cause, Choice, Component, Entry, FilterId, LinkId, NodeId, Onward, Passage, ResourceRef,
    RuleRef, Step, Trace, Workspace, lattice, private_addresses,
};
use crate::packet::{AddressSet, Cube, PacketSet};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) struct Table {
    pub(super) resource: ResourceRef,
    /// A regional NAT gateway, whose record tells of what leaves here.
    pub(super) interface: Option<ResourceRef>,
    pub(super) list: Arc<List>,
    pub(super) local: LinkId,
    /// The internet, which is none of AWS's services.
    pub(super) internet: NodeId,
    pub(super) ways: Vec<Way>,
    /// Routes for prefix lists that the model does not describe, and the gateways to which they lead.
    pub(super) gateways: Vec<(usize, NodeId)>,
    /// The ways to what propagates routes.
    pub(super) learned: BTreeMap<ResourceId, Way>,
    /// Where blackholes end that tie with other routes.
    pub(super) holes: BTreeMap<usize, Passage>,
    /// The ways back to interfaces whose flow state takes replies past this table.
    pub(super) recalls: BTreeMap<NodeId, LinkId>,
}

impl Component for Table {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn interface(&self) -> Option<ResourceRef> {
        self.interface.clone()
    }

    fn trace(&self, _: Option<ExplanationCode>) -> Trace {
        Trace::Unrouted
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        if !self.list.described {
            let message = format!("the model does not describe {}", self.list.id);
            return vec![Step::Unknown {
                packets: arrival.packets,
                because: self.unknown(message),
            }];
        }
        let id = FilterId {
            owner: self.list.owner,
            variant: 0,
        };
        let map = work.filter(id, || self.list.routes.cubes());
        let mut steps = Vec::new();
        let recalled = self.recall(arrival, work, &mut steps);
        let rest = work.space.subtract(arrival.packets, recalled);
        let rest = self.past_lattice(rest, work, &mut steps);
        for (entry, packets) in self.by_route(work.space.split(map, rest), work) {
            let perhaps = self.perhaps_listed(arrival);
            let unsure = self.unsure(entry, packets, perhaps, work);
            let sure = work.space.subtract(packets, unsure);
            if !unsure.is_empty() {
                steps.push(self.perhaps(unsure, arrival));
            }
            let unlearned = self.unlearned(entry, sure, work);
            let sure = work.space.subtract(sure, unlearned);
            if !unlearned.is_empty() {
                steps.push(Step::Unknown {
                    packets: unlearned,
                    because: self.open(),
                });
            }
            if !sure.is_empty() {
                steps.push(self.step(entry, sure));
            }
        }
        steps
    }
}

impl Table {
    /// What is for VPC Lattice meets no route; gives back the rest. Whether the VPC is associated with a service network, and what that
    /// lets through, the model does not say.
    fn past_lattice(&self, packets: PacketSet, work: &Workspace, steps: &mut Vec<Step>) -> PacketSet {
        let id = FilterId {
            owner: self.list.owner,
            variant: 1,
        };
        let addresses = || Cube {
            destinations: lattice(),
            ..Cube::all()
        };
        let map = work.filter(id, || vec![vec![addresses()]]);
        let parts = work.space.split(map, packets);
        let matched = parts.into_iter().filter(|(rule, _)| rule.is_some());
        let theirs = matched.fold(PacketSet::EMPTY, |all, (_, some)| work.space.union(all, some));
        if !theirs.is_empty() {
            let message = "the model does not say whether the VPC is associated with a service network, for which VPC Lattice \
                           answers at these addresses";
            steps.push(Step::Unknown {
                packets: theirs,
                because: self.unknown(message.to_owned()),
            });
        }
        work.space.subtract(packets, theirs)
    }

    /// What flow state takes back to where the request came from, past the routes.
    fn recall(&self, arrival: &Arrival<'_>, work: &Workspace, steps: &mut Vec<Step>) -> PacketSet {
        let recalled = arrival.recalled(work);
        let way = recalled.and_then(|(to, packets)| Some((to, *self.recalls.get(&to)?, packets)));
        let Some((to, link, packets)) = way else {
            return PacketSet::EMPTY;
        };
        let message = "the flow goes back to the load balancer, whatever the routes say";
        let because = Cause::implicit(&self.resource, "flow state", message);
        steps.push(Step::forward(packets, Passage::over(link).to(Some(to)), because));
        packets
    }

    /// The parts of one route together: a prefix list is one route for many prefixes.
    fn by_route(
        &self,
        parts: Vec<(Option<usize>, PacketSet)>,
        work: &Workspace,
    ) -> Vec<(Option<&Entry>, PacketSet)> {
        let mut together: Vec<(Option<&Entry>, PacketSet)> = Vec::new();
        for (index, packets) in parts {
            let entry = index.and_then(|index| self.list.routes.entries().get(index));
            let routes = entry
                .map(|entry| &entry.routes)
                .filter(|routes| !routes.is_empty());
            let same = together
                .iter_mut()
                .find(|(other, _)| routes.is_some() && other.map(|entry| &entry.routes) == routes);
            match same {
                Some((_, all)) => *all = work.space.union(*all, packets),
                None => together.push((entry, packets)),
            }
        }
        together
    }

    pub(super) fn place(&self) -> Place {
        Place::item("route_tables", self.list.id.clone())
    }

    fn unknown(&self, message: String) -> Cause {
        Cause::refusal(
            ExplanationCode::UnknownResource,
            &self.resource,
            "unknown",
            message,
        )
        .at(self.place())
    }

    /// The packets for which a route might win of which the model does not say whether a virtual private gateway
    /// propagates it: those that no route is for, and of a default route's those to private addresses.
    fn unlearned(&self, entry: Option<&Entry>, packets: PacketSet, work: &Workspace) -> PacketSet {
        let default = |entry: &Entry| entry.cidr.prefix_len() == 0;
        let routes = &self.list.routes;
        if routes.open().is_empty() {
            return PacketSet::EMPTY;
        }
        let packets = work.space.to_destinations(packets, routes.unclear());
        match entry {
            None => packets,
            Some(entry) if default(entry) => work.space.to_destinations(packets, &private_addresses()),
            Some(_) => PacketSet::EMPTY,
        }
    }

    fn open(&self) -> Cause {
        let open = self.list.routes.open().first();
        let gateway = open.map_or("a virtual private gateway", |id| id.as_str());
        let because = self.unknown(format!(
            "the model does not say what {gateway} learned by BGP (`routes` of its connections)"
        ));
        because.at(self.place().field("propagating"))
    }

    /// The packets for which a route through a prefix list that the model does not describe may win instead. Local
    /// routes are as long as such a list may get.
    fn unsure(
        &self,
        entry: Option<&Entry>,
        packets: PacketSet,
        perhaps: &AddressSet,
        work: &Workspace,
    ) -> PacketSet {
        if perhaps.is_empty() || entry.is_some_and(Entry::is_local) {
            return PacketSet::EMPTY;
        }
        work.space.to_destinations(packets, perhaps)
    }

    /// The addresses that undescribed prefix lists may hold. Who asks about the internet asks about no service of AWS: what is
    /// for it is on no list of AWS's own.
    fn perhaps_listed(&self, arrival: &Arrival<'_>) -> &AddressSet {
        match arrival.parties.internet && arrival.parties.to == Some(self.internet) {
            true => &self.list.elsewhere,
            false => &self.list.perhaps,
        }
    }

    /// An address that may be on such a list is taken to be, if the question is about the gateway to which the list leads.
    pub(super) fn perhaps(&self, packets: PacketSet, arrival: &Arrival<'_>) -> Step {
        let mut meant = self
            .gateways
            .iter()
            .filter(|(_, node)| arrival.parties.to == Some(*node));
        match meant.next() {
            Some((index, _)) => self.follow(*index, packets),
            None => Step::Unknown {
                packets,
                because: self.undescribed(),
            },
        }
    }

    pub(super) fn undescribed(&self) -> Cause {
        let index = self
            .list
            .routes
            .undescribed()
            .first()
            .copied()
            .unwrap_or_default();
        let list = self
            .list
            .route(index)
            .map_or_else(String::new, |route| destination(&route.destination));
        let because = self.unknown(format!(
            "a route is for {list}, which the model does not describe"
        ));
        because.at(self.place().field("routes").index(index))
    }

    fn step(&self, entry: Option<&Entry>, packets: PacketSet) -> Step {
        let Some(entry) = entry else {
            let message = format!("{} has no route to the destination", self.resource.id);
            let code = ExplanationCode::NoRouteToDestination;
            let because = Cause::refusal(code, &self.resource, "no route", message).by(RuleRef::Default);
            return Step::lose(packets, because.at(self.place().field("routes")));
        };
        match entry.routes.as_slice() {
            [] if entry.is_local() => Step::forward(packets, Passage::over(self.local), self.local(entry)),
            [] => self.propagated(entry, packets),
            [route] => self.follow(*route, packets),
            several => self.pick(several, packets),
        }
    }

    pub(super) fn local(&self, entry: &Entry) -> Cause {
        let message = format!("{} is local", entry.cidr);
        let rule = RuleRef::Route(entry.cidr.to_string().into());
        let because = Cause::implicit(&self.resource, "local", message).by(rule);
        if self.list.table.is_some() {
            because.at(self.place())
        } else {
            because
        }
    }

    /// What a virtual private gateway told, and nobody wrote.
    pub(super) fn propagated(&self, entry: &Entry, packets: PacketSet) -> Step {
        let because = |code: Option<ExplanationCode>, why: &str| {
            let target = entry.targets.first().map_or("", |target| target.as_str());
            let message = format!("{} is propagated by {target}{why}", entry.cidr);
            let rule = RuleRef::Route(entry.cidr.to_string().into());
            let because = Cause::implicit(&self.resource, "route", message).by(rule);
            Cause { code, ..because }.at(self.place().field("propagating"))
        };
        match entry.targets.first().and_then(|target| self.learned.get(target)) {
            Some(Way::On(passage)) => Step::forward(packets, passage.clone(), because(None, "")),
            Some(Way::Blackhole(_, code, why)) => {
                Step::lose(packets, because(Some(*code), &format!(": {why}")))
            }
            None => Step::lose(packets, because(Some(ExplanationCode::BadStateRoute), "")),
        }
    }

    pub(super) fn cause(&self, index: usize, code: Option<ExplanationCode>, why: &str) -> Cause {
        cause(&self.resource, &self.list, index, code, why)
    }

    fn follow(&self, index: usize, packets: PacketSet) -> Step {
        match self.ways.get(index) {
            Some(Way::On(passage)) => Step::forward(packets, passage.clone(), self.cause(index, None, "")),
            Some(Way::Blackhole(onward, code, why)) => {
                let onward = onward.clone().map_or(Onward::Nowhere, Onward::Passage);
                Step::Drop {
                    packets,
                    onward,
                    because: self.cause(index, Some(*code), why),
                }
            }
            None => Step::lose(
                packets,
                self.cause(index, Some(ExplanationCode::BadStateRoute), ""),
            ),
        }
    }

    /// AWS picks one of several routes that tie.
    pub(super) fn pick(&self, routes: &[usize], packets: PacketSet) -> Step {
        let way = |route: &usize| match self.ways.get(*route) {
            Some(Way::On(passage)) => Some(passage.clone()),
            _ => self.holes.get(route).cloned(),
        };
        let picks = routes.iter().filter_map(way).collect();
        let first = routes.first().copied().unwrap_or_default();
        let why = "several prefix lists name this prefix, and AWS picks one of their routes";
        Step::Forward {
            packets,
            picks,
            choice: Choice::Any,
            because: self.cause(first, None, why),
        }
    }
}

/// By the word of a route.
pub(super) fn cause(
    resource: &ResourceRef,
    list: &List,
    index: usize,
    code: Option<ExplanationCode>,
    why: &str,
) -> Cause {
    let place = Place::item("route_tables", list.id.clone())
        .field("routes")
        .index(index);
    let Some(route) = list.route(index) else {
        return Cause::refusal(
            ExplanationCode::UnknownResource,
            resource,
            "route",
            why.to_owned(),
        );
    };
    let to = destination(&route.destination);
    let message = match why {
        "" => format!("{to} leads to {}", route.target),
        _ => format!("{to} leads to {}: {why}", route.target),
    };
    let because = Cause::implicit(resource, "route", message).by(RuleRef::Route(to.into()));
    Cause { code, ..because }.at(place)
}

pub(super) fn destination(destination: &Peer) -> String {
    match destination {
        Peer::Cidr(cidr) => cidr.net().to_string(),
        Peer::Resource(id) => id.to_string(),
    }
}
