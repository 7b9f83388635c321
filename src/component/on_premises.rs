//! What is on premises: one end for everything behind VPN connections, Direct Connect, Connect and local gateways.
//!
//! - Handed to something that works counts as delivered; nothing behind it is modelled.
//! - What begins here goes in by what announces the longest prefix of the destination here, of those that the source is
//!   behind; of equal ones any may be picked, for the customer's routers decide. Behind something is what it is known to lead
//!   to, and what a VPC's routes lead to it. What is down is taken only where nothing else is there, to say so.
//! - A reply goes back in by what its request came out of.
//! - What is for the internet and comes out here would have to be carried on by the network on premises: unknown.
//!
//! Our reading throughout; AWS's guides say where a connection ends ("Your customer gateway device").

use crate::code::ExplanationCode;
use crate::model::{Model, ResourceId, VirtualInterfaceType};
use crate::network::{
    Arrival, Builder, Cause, Choice, Component, Direction, Kind, LinkId, NodeId, Owner, Passage, ResourceRef,
    RuleRef, Step, Workspace, announced, behind, internet_addresses, private_addresses,
};
use crate::packet::{AddressSet, PacketSet, Space};
use ipnet::IpNet;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Our word for it; EC2 has none.
pub const NAME: &str = "on-premises";

const LINK_LOCAL: &str = "169.254.0.0/16";

/// The kind.
pub struct OnPremises;

impl Kind for OnPremises {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        None
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::NoPossibleDestination,
            ExplanationCode::UnknownResource,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["the network on premises: its firewalls, its routes, its way to the internet"]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        let node = builder.place(NAME, NAME);
        let addresses = addresses(model);
        let owner = Owner {
            resource: ResourceRef::new(NAME, NAME),
            vpc: None,
            public: addresses.clone(),
            addresses,
        };
        builder.own(node, owner);
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        let node = builder.place(NAME, NAME);
        let mut doors = Vec::new();
        let mut back = BTreeMap::new();
        let mut routes: BTreeMap<(Reverse<u8>, IpNet), [BTreeSet<usize>; 2]> = BTreeMap::new();
        for (id, place) in lines(model, builder) {
            let link = builder.link(node, place, Direction::Ingress);
            let index = doors.len();
            back.insert(place, index);
            let lost = is_down(&id, model);
            for (tier, prefixes) in announced(&id, model).into_iter().enumerate() {
                for cidr in prefixes.into_iter().filter(|_| tier == 1 || !lost) {
                    let entry = routes.entry((Reverse(cidr.prefix_len()), cidr)).or_default();
                    entry[tier].insert(index);
                }
            }
            let behind = behind(&id, model).unwrap_or_default();
            let everything = AddressSet::from_cidrs(possible(&id, model).into_iter().chain(behind.prefixes));
            doors.push(Door {
                id,
                link,
                behind: everything,
            });
        }
        let premises = Premises {
            resource: ResourceRef::new(NAME, NAME),
            internet: builder.place("internet", "internet"),
            routes: routes
                .into_iter()
                .map(|((_, cidr), doors)| (cidr, doors))
                .collect(),
            doors,
            back,
        };
        builder.set(node, premises);
    }
}

/// Whether it carries nothing, so that nobody on premises hears of what it leads to.
fn is_down(id: &ResourceId, model: &Model) -> bool {
    let vpn = model.vpn_connections.get(id.as_str());
    let interface = model.virtual_interfaces.get(id.as_str());
    vpn.is_some_and(|vpn| vpn.idle().is_some()) || interface.is_some_and(|one| one.idle().is_some())
}

/// What leads on premises, and the last place on the way.
fn lines(model: &Model, builder: &mut Builder<'_>) -> Vec<(ResourceId, NodeId)> {
    let mut lines = Vec::new();
    for (id, vpn) in &model.vpn_connections {
        let place = match &vpn.customer_gateway {
            Some(customer) => builder.place("customer-gateway", format!("{customer} of {id}").as_str()),
            None => builder.place("vpn-connection", id),
        };
        lines.push((id.into(), place));
    }
    let carrying = model
        .virtual_interfaces
        .iter()
        .filter(|(_, one)| one.kind != VirtualInterfaceType::Public);
    for (id, _) in carrying {
        lines.push((id.into(), builder.place("virtual-interface", id)));
    }
    for id in model.transit_gateway_attachments.keys() {
        if let Some(place) = builder.find("transit-gateway-connect", id) {
            lines.push((id.into(), place));
        }
    }
    for id in model.local_gateways.keys() {
        lines.push((id.into(), builder.place("local-gateway", id)));
    }
    lines
}

/// The destinations of routes that lead to a line, of which the model may not say that anybody is there.
fn possible(id: &ResourceId, model: &Model) -> BTreeSet<IpNet> {
    let gateways = gateways(id, model);
    let tables = model.route_tables.values();
    let routes = tables.flat_map(|table| table.routes.iter());
    let leading = routes.filter(|route| gateways.contains(&route.target));
    leading
        .filter_map(|route| match &route.destination {
            crate::model::Peer::Cidr(cidr) => Some(cidr.net()),
            crate::model::Peer::Resource(_) => None,
        })
        .collect()
}

/// The gateways to which routes lead that mean a line.
fn gateways(id: &ResourceId, model: &Model) -> BTreeSet<ResourceId> {
    let mut found = BTreeSet::from([id.clone()]);
    if let Some(vpn) = model.vpn_connections.get(id.as_str()) {
        found.extend(vpn.vpn_gateway.as_ref().map(ResourceId::from));
    }
    let end = model
        .virtual_interfaces
        .get(id.as_str())
        .and_then(|one| one.gateway.as_ref());
    if let Some(end) = end {
        found.insert(end.clone());
        // Most of what a VPC sends to a transit gateway is for other VPCs.
        let silent = model
            .virtual_interfaces
            .get(id.as_str())
            .is_some_and(|one| one.routes.is_none());
        let direct = model.direct_connect_gateways.get(end.as_str());
        let associations = direct.into_iter().flat_map(|direct| direct.associations.iter());
        let own = associations.filter(|one| silent || model.vpn_gateways.contains_key(one.gateway.as_str()));
        found.extend(own.map(|one| one.gateway.clone()));
    }
    found
}

/// The addresses that are on premises: what is known to be behind something, and what routes lead to. Behind a default
/// route are all private addresses, for the internet's are on the internet.
fn addresses(model: &Model) -> AddressSet {
    let vpns = model.vpn_connections.keys().map(ResourceId::from);
    let interfaces = model.virtual_interfaces.keys().map(ResourceId::from);
    let attachments = model.transit_gateway_attachments.keys().map(ResourceId::from);
    let locals = model.local_gateways.keys().map(ResourceId::from);
    let all = vpns.chain(interfaces).chain(attachments).chain(locals);
    let mut prefixes = BTreeSet::new();
    for id in all {
        if let Some(behind) = behind(&id, model) {
            prefixes.extend(behind.prefixes);
            prefixes.extend(possible(&id, model));
        }
    }
    let default = prefixes.iter().any(|cidr| cidr.prefix_len() == 0);
    let written = AddressSet::from_cidrs(prefixes.into_iter().filter(|cidr| cidr.prefix_len() > 0));
    if default {
        // What hosts reach in their own VPC, if anywhere, is not there.
        let vpcs = model
            .vpcs
            .values()
            .flat_map(|vpc| vpc.cidr.iter().map(|cidr| cidr.net()));
        let local = AddressSet::from_cidrs(vpcs.chain(LINK_LOCAL.parse::<IpNet>()));
        written.union(&private_addresses().subtract(&local))
    } else {
        written
    }
}

/// Something that leads to AWS.
struct Door {
    id: ResourceId,
    link: LinkId,
    /// What is behind it here.
    behind: AddressSet,
}

struct Premises {
    resource: ResourceRef,
    internet: NodeId,
    doors: Vec<Door>,
    back: BTreeMap<NodeId, usize>,
    /// By prefix, the longest first: the doors that announce it, and those that would if nothing were withheld or down.
    routes: Vec<(IpNet, [BTreeSet<usize>; 2])>,
}

impl Component for Premises {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let mut steps = match arrival.link {
            Some(_) => self.take(arrival, work),
            None => self.send(arrival, &work.space),
        };
        steps.retain(|step| !step.packets().is_empty());
        steps
    }
}

impl Premises {
    fn says(&self, rule: &'static str, message: impl Into<String>) -> Cause {
        Cause::implicit(&self.resource, rule, message)
    }

    fn take(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let public = match arrival.parties.to == Some(self.internet) {
            true => work.space.to_destinations(arrival.packets, &internet_addresses()),
            false => PacketSet::EMPTY,
        };
        let message = "whether the network on premises carries it on to the internet is not modelled";
        let onward = Cause::refusal(
            ExplanationCode::UnknownResource,
            &self.resource,
            "on premises",
            message,
        );
        let arrived = self.says("on premises", "on premises; nothing there is modelled");
        vec![
            Step::Unknown {
                packets: public,
                because: onward,
            },
            Step::Deliver {
                packets: work.space.subtract(arrival.packets, public),
                answered: false,
                because: arrived,
            },
        ]
    }

    fn send(&self, arrival: &Arrival<'_>, space: &Space) -> Vec<Step> {
        let door = arrival.answering.and_then(|node| self.back.get(&node));
        if let Some(door) = door.and_then(|index| self.doors.get(*index)) {
            let because = self.says("reply", format!("the reply goes back by {}", door.id));
            return vec![Step::forward(arrival.packets, Passage::over(door.link), because)];
        }
        let mut steps = Vec::new();
        let mut rest = arrival.packets;
        for tier in [0, 1] {
            for (cidr, doors) in &self.routes {
                let theirs = space.to_destinations(rest, &AddressSet::cidr(*cidr));
                if !theirs.is_empty() {
                    rest = space.subtract(rest, self.enter(theirs, (*cidr, &doors[tier]), space, &mut steps));
                }
            }
        }
        let message = "nothing that the source is behind announces the destination on premises";
        let code = ExplanationCode::NoPossibleDestination;
        steps.push(Step::lose(
            rest,
            Cause::refusal(code, &self.resource, "no route", message),
        ));
        steps
    }

    /// By the doors of one prefix that the sources are behind; what went.
    fn enter(
        &self,
        packets: PacketSet,
        (cidr, doors): (IpNet, &BTreeSet<usize>),
        space: &Space,
        steps: &mut Vec<Step>,
    ) -> PacketSet {
        let mut parts: Vec<(PacketSet, Vec<&Door>)> = vec![(packets, Vec::new())];
        for door in doors.iter().filter_map(|index| self.doors.get(*index)) {
            let mut split = Vec::new();
            for (part, before) in parts {
                let mine = space.from_sources(part, &door.behind);
                let with = before.iter().copied().chain([door]).collect();
                split.push((space.subtract(part, mine), before));
                split.push((mine, with));
            }
            split.retain(|(part, _)| !part.is_empty());
            parts = split;
        }
        let mut gone = PacketSet::EMPTY;
        for (part, through) in parts.into_iter().filter(|(_, through)| !through.is_empty()) {
            gone = space.union(gone, part);
            let names: Vec<&str> = through.iter().map(|door| door.id.as_str()).collect();
            let message = format!("{cidr} is announced over {}", names.join(" and "));
            steps.push(Step::Forward {
                packets: part,
                picks: through.iter().map(|door| Passage::over(door.link)).collect(),
                choice: Choice::Any,
                because: self
                    .says("announced", message)
                    .by(RuleRef::Route(cidr.to_string().into())),
            });
        }
        gone
    }
}
