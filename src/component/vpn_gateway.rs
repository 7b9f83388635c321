//! Virtual private gateways: the VPC's side of VPN connections and of private virtual interfaces.
//!
//! - It carries only what it knows: the static routes of its VPN connections, what BGP taught it, its VPC's CIDRs. The longest
//!   prefix wins; of equal ones Direct Connect's before a static VPN route before a VPN's BGP (VPN guide, "Route priority").
//!   Then AS path and MED decide, which the model does not have: any of those that are left may be picked. It does not share
//!   load among equal routes (same guide).
//!   What BGP taught of a line that is down is withdrawn; of static connections with the same route, those are used that are up.
//! - Out of the VPC the source must be the private address of an interface of it (`VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS`);
//!   into it the destination must be, or the gateway's edge table must lead it through an interface
//!   (`VGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS`). So nobody goes through the VPC to somewhere else.
//! - Then the edge table, if there is one, else local delivery: the subnet's own table is not asked on the way in.
//! - From one VPN connection to another it leads as well, and to and from its own virtual interfaces (VPN guide, "VPN CloudHub");
//!   never to or from a Direct Connect gateway (Direct Connect guide, "Direct Connect gateways").
//! - IPv6 only over Direct Connect (VPN guide, "IPv4 and IPv6 traffic").
//!
//! Codes: <https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html>. Read 2026-11-25.

use crate::code::ExplanationCode;
use crate::model::{Model, Place, ResourceId, RouteState, RouteTable, VpcId, VpnGatewayId};
use crate::network::{
    Arrival, Builder, Cause, Choice, Component, Direction, FilterId, Kind, Knowledge, Learned, LinkId,
    NodeId, Passage, ResourceRef, Routes, RuleRef, Step, Target, Workspace, knowledge, standing,
};
use crate::packet::{AddressSet, Cube, PacketSet};
use ipnet::IpNet;
use std::collections::BTreeMap;

/// EC2's word for it.
pub const NAME: &str = "vpn-gateway";

/// The kind.
pub struct VpnGateways;

impl Kind for VpnGateways {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("vpn_gateways")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::NoPossibleDestination,
            ExplanationCode::UnknownResource,
            ExplanationCode::VgwPrivateIpAssociationForEgress,
            ExplanationCode::VgwPrivateIpAssociationForIngress,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["AS paths and MED: of routes that are equal otherwise any may be picked"]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, gateway) in &model.vpn_gateways {
            let node = builder.place(NAME, id);
            let detached = gateway
                .vpc
                .is_none()
                .then(|| format!("{id} is attached to no VPC"));
            builder.offer_target(id, Target::at(node).unless(detached));
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, gateway) in &model.vpn_gateways {
            if let Some(vpc) = &gateway.vpc {
                connect_one(id, vpc, model, builder);
            }
        }
    }
}

fn connect_one(id: &VpnGatewayId, vpc: &VpcId, model: &Model, builder: &mut Builder<'_>) {
    let node = builder.place(NAME, id);
    let edge = builder.find("route-table", id);
    let inside = edge.unwrap_or_else(|| builder.place("vpc", vpc));
    let inwards = builder.link(node, inside, Direction::Ingress);
    let Knowledge { known, open, .. } = knowledge(id, model);
    let mut routes: BTreeMap<IpNet, Vec<Way>> = BTreeMap::new();
    for one in standing(known.into_iter().collect(), |one| (one.cidr, one.withdrawn)) {
        let link = way(node, &one.via, vpc, builder);
        let hub = one.is_hub(model);
        let ways = routes.entry(one.cidr).or_default();
        // In the order of their ranks: worse ones than the first lose.
        if ways.first().is_none_or(|first| first.rank == one.rank) {
            ways.push(Way {
                rank: one.rank,
                hub,
                via: one.via,
                down: one.down,
                link,
            });
        }
    }
    for ways in routes.values_mut() {
        if ways.iter().any(|way| !way.down) {
            ways.retain(|way| !way.down);
        }
    }
    let mut entries: Vec<Entry> = routes.into_iter().collect();
    entries.sort_by_key(|(cidr, _)| (std::cmp::Reverse(cidr.prefix_len()), *cidr));
    let gateway = Gateway {
        resource: ResourceRef::new(NAME, id),
        vpc: vpc.clone(),
        owner: builder.filter_owner(),
        entries,
        open: open.into_iter().collect(),
        private: private(vpc, model, builder),
        diverted: diverted(id, model, builder),
        inwards,
    };
    builder.set(node, gateway);
}

/// The way to what leads on premises.
fn way(node: NodeId, via: &ResourceId, vpc: &VpcId, builder: &mut Builder<'_>) -> LinkId {
    let kind = if builder.model.vpn_connections.contains_key(via.as_str()) {
        "vpn-connection"
    } else if builder.model.virtual_interfaces.contains_key(via.as_str()) {
        "virtual-interface"
    } else {
        "direct-connect-gateway"
    };
    let to = builder.place(kind, via.clone());
    builder.link_from(node, to, Direction::Egress, vpc)
}

/// The private addresses of a VPC's interfaces.
fn private(vpc: &VpcId, model: &Model, builder: &Builder<'_>) -> AddressSet {
    let subnets = model.subnets.iter().filter(|(_, subnet)| &subnet.vpc == vpc);
    let residents = subnets.flat_map(|(id, _)| builder.residents(id));
    residents.fold(AddressSet::empty(), |all, resident| {
        all.union(&resident.addresses)
    })
}

/// What the gateway's edge table leads through interfaces.
fn diverted(id: &VpnGatewayId, model: &Model, builder: &Builder<'_>) -> AddressSet {
    let edge = |table: &&RouteTable| {
        table
            .gateway
            .iter()
            .any(|gateway| gateway.as_str() == id.as_str())
    };
    let Some(table) = model.route_tables.values().find(edge) else {
        return AddressSet::empty();
    };
    let leads = |index: &usize| {
        let route = table.routes.get(*index);
        let route = route.filter(|route| route.state == RouteState::Active);
        let target = route.and_then(|route| builder.target(&route.target));
        target.is_some_and(|target| target.subnet.is_some())
    };
    Routes::in_table(table, model).reaching(|entry| entry.routes.iter().any(leads))
}

/// One of the ways to a prefix.
struct Way {
    rank: Learned,
    /// Whether others of the gateway's may get there.
    hub: bool,
    via: ResourceId,
    down: bool,
    link: LinkId,
}

/// A prefix, and the ways there.
type Entry = (IpNet, Vec<Way>);

struct Gateway {
    resource: ResourceRef,
    vpc: VpcId,
    owner: u32,
    /// What it knows, the longest prefix first, and the ways of the best rank there.
    entries: Vec<Entry>,
    /// What may have announced more than the model says.
    open: Vec<ResourceId>,
    private: AddressSet,
    diverted: AddressSet,
    inwards: LinkId,
}

impl Component for Gateway {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let mut steps = match arrival.direction() {
            Direction::Egress => self.leave(arrival, work),
            Direction::Ingress => self.enter(arrival, work),
        };
        steps.retain(|step| !step.packets().is_empty());
        steps
    }
}

impl Gateway {
    fn says(&self, rule: &'static str, message: String) -> Cause {
        let place = Place::item("vpn_gateways", self.resource.id.clone());
        Cause::implicit(&self.resource, rule, message).at(place)
    }

    fn refuses(&self, code: ExplanationCode, message: String) -> Cause {
        Cause {
            code: Some(code),
            ..self.says("virtual private gateway", message)
        }
    }

    fn leave(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let own = work.space.from_sources(arrival.packets, &self.private);
        let foreign = work.space.subtract(arrival.packets, own);
        let message = format!("the source is no private address of an interface of {}", self.vpc);
        let code = ExplanationCode::VgwPrivateIpAssociationForEgress;
        let mut steps = Vec::new();
        for (entry, packets) in self.lookup(foreign, work) {
            let because = self.refuses(code, message.clone());
            steps.push(match entry.and_then(|entry| entry.1.first()) {
                Some(way) => Step::drop(packets, Passage::over(way.link).anonymous(), because),
                None => Step::lose(packets, because),
            });
        }
        for (entry, packets) in self.lookup(own, work) {
            steps.push(match entry {
                Some(entry) => self.follow(entry, packets),
                None => self.astray(packets),
            });
        }
        steps
    }

    /// The packets by the prefix that they are for.
    fn lookup(&self, packets: PacketSet, work: &Workspace) -> Vec<(Option<&Entry>, PacketSet)> {
        let id = FilterId {
            owner: self.owner,
            variant: 0,
        };
        let map = work.filter(id, || {
            let cube = |(cidr, _): &Entry| Cube {
                destinations: AddressSet::cidr(*cidr),
                ..Cube::all()
            };
            self.entries.iter().map(|entry| vec![cube(entry)]).collect()
        });
        let parts = work.space.split(map, packets).into_iter();
        parts
            .map(|(index, packets)| (index.and_then(|index| self.entries.get(index)), packets))
            .collect()
    }

    fn follow(&self, (cidr, ways): &Entry, packets: PacketSet) -> Step {
        let names: Vec<&str> = ways.iter().map(|way| way.via.as_str()).collect();
        let message = format!("{cidr} is behind {}", names.join(" or "));
        let because = self.says("route", message);
        Step::Forward {
            packets,
            picks: ways
                .iter()
                .map(|way| Passage::over(way.link).anonymous())
                .collect(),
            choice: Choice::Any,
            because: because.by(RuleRef::Route(cidr.to_string().into())),
        }
    }

    /// What it knows no way for.
    fn astray(&self, packets: PacketSet) -> Step {
        let id = &self.resource.id;
        if let Some(open) = self.open.first() {
            let message = format!(
                "the model does not say what {open} announced to {id} (`routes`), so who is behind it is not known"
            );
            let because = self.refuses(ExplanationCode::UnknownResource, message);
            return Step::Unknown { packets, because };
        }
        let message =
            format!("{id} knows no way to the destination: no connection of it has or announced a route");
        Step::lose(
            packets,
            self.refuses(ExplanationCode::NoPossibleDestination, message),
        )
    }

    fn enter(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let space = &work.space;
        let id = &self.resource.id;
        let diverted = space.to_destinations(arrival.packets, &self.diverted);
        let rest = space.subtract(arrival.packets, diverted);
        let own = space.to_destinations(rest, &self.private);
        let rest = space.subtract(rest, own);
        let passage = Passage::over(self.inwards).anonymous();
        let message = format!("{id} lets in what is for interfaces of {}", self.vpc);
        let mut steps = vec![Step::forward(
            space.union(diverted, own),
            passage.clone(),
            self.says("into the VPC", message),
        )];
        for (entry, packets) in self.lookup(rest, work) {
            let hub = entry.filter(|(_, ways)| ways.iter().all(|way| way.hub));
            if let Some(entry) = hub {
                steps.push(self.follow(entry, packets));
                continue;
            }
            let message = format!(
                "the destination is no private address of an interface of {}",
                self.vpc
            );
            let code = ExplanationCode::VgwPrivateIpAssociationForIngress;
            steps.push(Step::lose(packets, self.refuses(code, message)));
        }
        steps
    }
}
