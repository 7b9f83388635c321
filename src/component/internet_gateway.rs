//! Internet gateways: stateless one-to-one translation between private and public IPv4 addresses; IPv6 as it is.
//!
//! - Out: the source must be a private address with a public one, of an interface of the attached VPC
//!   (`IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS`); the destination must not be in RFC 1918 or RFC 6598
//!   (`IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS` and `…RFC6598…`).
//! - In: the source must not be private; the destination must be a public address of the attached VPC
//!   (`IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS`). Then the edge table, if there is one, else local delivery: the subnet's
//!   own route table is not asked on the way in (VPC guide, "Internet gateways").
//! - Who gets its packets through an appliance, because the edge table says so, cannot go past it on the way out (VPC
//!   guide, "Gateway route tables"; `INGRESS_RTB_TRAFFIC_REDIRECTION`).
//! - IPv6 sources outside the VPC's own are spoofed (`GATEWAY_REJECTS_SPOOFED_TRAFFIC`); an interface may refuse IPv6
//!   from the gateway (EC2 API, `DenyAllIgwTraffic`).
//! - A private NAT gateway has no public address, so what it sends here is dropped.
//!
//! Codes: <https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html>. Read 2026-11-23.

mod repair;

use crate::code::ExplanationCode;
use crate::model::{AddressSpec, InternetGatewayId, Model, Place, ResourceId, RouteState, RouteTable, VpcId};
use crate::network::edit::{Proposal, Trouble};
use crate::network::{
    Arrival, Association, Builder, Cause, Component, Direction, Kind, LinkId, NodeId, Passage, ResourceRef,
    Rewrite, Routes, Step, Target, Workspace, rfc1918, rfc6598,
};
use crate::packet::{AddressSet, Family, PacketSet};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

/// EC2's word for it.
pub const NAME: &str = "internet-gateway";

/// The kind.
pub struct InternetGateways;

impl Kind for InternetGateways {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("internet_gateways")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::GatewayRejectsSpoofedTraffic,
            ExplanationCode::IgwDestinationAddressNotInRfc1918Egress,
            ExplanationCode::IgwDestinationAddressNotInRfc6598Egress,
            ExplanationCode::IgwPrivateIpAssociationForIngress,
            ExplanationCode::IgwPublicIpAssociationForEgress,
            ExplanationCode::IgwSourceAddressNotInRfc1918Ingress,
            ExplanationCode::IgwSourceAddressNotInRfc6598Ingress,
            ExplanationCode::IngressRtbTrafficRedirection,
            ExplanationCode::WhyhopDenyAllIgwTraffic,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["whether a bring-your-own address range is advertised"]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, gateway) in &model.internet_gateways {
            let node = builder.place(NAME, id);
            let detached = gateway
                .vpc
                .is_none()
                .then(|| format!("{id} is attached to no VPC"));
            let door = builder.before(id).unwrap_or(node);
            builder.offer_target(id, Target::at(door).unless(detached));
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, gateway) in &model.internet_gateways {
            if let Some(vpc) = &gateway.vpc {
                connect_one(id, vpc, model, builder);
            }
        }
    }

    fn opening(&self, trouble: &Trouble<'_>) -> Vec<Proposal> {
        repair::opening(trouble)
    }
}

fn connect_one(id: &InternetGatewayId, vpc: &VpcId, model: &Model, builder: &mut Builder<'_>) {
    let node = builder.place(NAME, id);
    let internet = builder.place("internet", "internet");
    let outwards = builder.link_from(node, internet, Direction::Egress, vpc);
    let edge = builder.find("route-table", id);
    let inside = builder
        .before(id)
        .or(edge)
        .unwrap_or_else(|| builder.place("vpc", vpc));
    let inwards = builder.link(node, inside, Direction::Ingress);
    let associations = builder.associations(vpc).to_vec();
    let component = Gateway {
        resource: ResourceRef::new(NAME, id),
        vpc: vpc.clone(),
        by_public: associations.iter().map(|one| (one.public, one.clone())).collect(),
        entrances: entrances(node, &associations, builder),
        by_private: associations,
        diverted: diverted(id, model, builder),
        interfaces: v6_interfaces(vpc, builder, false),
        closed: v6_interfaces(vpc, builder, true),
        outwards,
        inwards,
    };
    builder.set(node, component);
}

/// The ways to those who stand in no subnet, by their addresses.
fn entrances(
    node: NodeId,
    associations: &[Association],
    builder: &mut Builder<'_>,
) -> Vec<(AddressSet, LinkId)> {
    let standing = associations
        .iter()
        .filter_map(|one| Some((one.private.clone(), one.entrance?)));
    let link = |(addresses, to)| (addresses, builder.link(node, to, Direction::Ingress));
    standing.map(link).collect()
}

/// What the gateway's edge table leads through hosts.
fn diverted(
    id: &InternetGatewayId,
    model: &Model,
    builder: &Builder<'_>,
) -> Vec<(AddressSet, ResourceId, NodeId)> {
    let edge = |table: &&RouteTable| {
        table
            .gateway
            .iter()
            .any(|gateway| gateway.as_str() == id.as_str())
    };
    let Some(table) = model.route_tables.values().find(edge) else {
        return Vec::new();
    };
    let routes = Routes::in_table(table, model);
    // A blackhole diverts nothing: what it is for is lost where it comes in.
    let leading = |index: &usize| {
        table
            .routes
            .get(*index)
            .filter(|route| route.state == RouteState::Active)
    };
    let targets: BTreeSet<&ResourceId> = table.routes.iter().map(|route| &route.target).collect();
    let hosts = targets.into_iter().filter_map(|id| {
        let target = builder.target(id).filter(|target| target.subnet.is_some())?;
        let led = routes.reaching(|entry| {
            entry
                .routes
                .iter()
                .filter_map(leading)
                .any(|route| &route.target == id)
        });
        Some((led, id.clone(), target.node))
    });
    hosts.collect()
}

/// The IPv6 addresses of a VPC's interfaces: of those that refuse what comes from the gateway, or of the others. An
/// interface whose address is not known may have any of its subnet's.
fn v6_interfaces(vpc: &VpcId, builder: &Builder<'_>, closed: bool) -> AddressSet {
    let enis = builder.tenants.of_vpc(vpc.as_str()).map(|(_, eni)| eni);
    let enis = enis.filter(|eni| eni.deny_all_igw_traffic == closed);
    let (mut addresses, mut cidrs) = (Vec::new(), Vec::new());
    for eni in enis {
        for spec in eni.ip.iter() {
            match spec {
                AddressSpec::Known(address) => addresses.push(*address),
                AddressSpec::OneOf(cidr) => cidrs.push(cidr.net()),
            }
        }
        cidrs.extend(eni.prefixes.iter().map(|cidr| cidr.net()));
        if eni.ip.is_empty() {
            let subnet = builder.model.subnets.get(&eni.subnet);
            cidrs.extend(
                subnet
                    .into_iter()
                    .flat_map(|subnet| subnet.cidr.iter().map(|cidr| cidr.net())),
            );
        }
    }
    let all = AddressSet::from_addresses(addresses).union(&AddressSet::from_cidrs(cidrs));
    all.intersect(&AddressSet::family(Family::V6))
}

struct Gateway {
    resource: ResourceRef,
    vpc: VpcId,
    by_public: BTreeMap<Ipv4Addr, Association>,
    by_private: Vec<Association>,
    /// The addresses whose packets the edge table leads through a host, and that host.
    diverted: Vec<(AddressSet, ResourceId, NodeId)>,
    /// The ways to those who stand in no subnet.
    entrances: Vec<(AddressSet, LinkId)>,
    interfaces: AddressSet,
    closed: AddressSet,
    outwards: LinkId,
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
    fn refuses(&self, code: ExplanationCode, message: String) -> Cause {
        let place = Place::item("internet_gateways", self.resource.id.clone());
        Cause::refusal(code, &self.resource, "internet gateway", message).at(place)
    }

    fn says(&self, rule: &'static str, message: String) -> Cause {
        let place = Place::item("internet_gateways", self.resource.id.clone());
        Cause::implicit(&self.resource, rule, message).at(place)
    }

    /// Takes out of `rest` what goes to or comes from private addresses, as drops.
    fn refuse_private(
        &self,
        rest: PacketSet,
        codes: [ExplanationCode; 2],
        part: impl Fn(PacketSet, &AddressSet) -> PacketSet,
        passage: Option<&Passage>,
        work: &Workspace,
        steps: &mut Vec<Step>,
    ) -> PacketSet {
        let mut rest = rest;
        let words = [(rfc1918(), "RFC 1918"), (rfc6598(), "RFC 6598")];
        for ((addresses, word), code) in words.into_iter().zip(codes) {
            let private = part(rest, &addresses);
            rest = work.space.subtract(rest, private);
            let message = format!(
                "{} carries nothing to or from the private addresses of {word}",
                self.resource.id
            );
            let because = self.refuses(code, message);
            steps.push(match passage {
                Some(passage) => Step::drop(private, passage.clone(), because),
                None => Step::lose(private, because),
            });
        }
        rest
    }

    fn leave(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let space = &work.space;
        let passage = Passage::over(self.outwards).anonymous();
        let mut steps = Vec::new();
        let codes = [
            ExplanationCode::IgwDestinationAddressNotInRfc1918Egress,
            ExplanationCode::IgwDestinationAddressNotInRfc6598Egress,
        ];
        let part = |packets, addresses: &AddressSet| space.to_destinations(packets, addresses);
        let rest = self.refuse_private(arrival.packets, codes, part, Some(&passage), work, &mut steps);
        let rest = self.refuse_shortcuts(arrival, rest, &passage, work, &mut steps);
        let v6 = space.from_sources(rest, &AddressSet::family(Family::V6));
        self.leave_v6(v6, &passage, work, &mut steps);
        let v4 = space.subtract(rest, v6);
        if arrival.undoes().is_some() {
            let message = format!("{} gives the reply its public source address", self.resource.id);
            let because = self.says("public address", message);
            steps.push(Step::Restore {
                packets: v4,
                passage,
                because,
            });
        } else {
            self.leave_v4(v4, arrival, &passage, work, &mut steps);
        }
        steps
    }

    /// Takes out of `rest` what goes past the host that its answers would have to come through, as drops.
    fn refuse_shortcuts(
        &self,
        arrival: &Arrival<'_>,
        rest: PacketSet,
        passage: &Passage,
        work: &Workspace,
        steps: &mut Vec<Step>,
    ) -> PacketSet {
        let mut rest = rest;
        for (addresses, id, _) in self
            .diverted
            .iter()
            .filter(|(.., host)| arrival.sender != Some(*host))
        {
            let past = work.space.from_sources(rest, addresses);
            rest = work.space.subtract(rest, past);
            let message = format!(
                "the edge route table leads what comes in for the source through {id}, so it cannot go past it"
            );
            let because = self.refuses(ExplanationCode::IngressRtbTrafficRedirection, message);
            steps.push(Step::drop(past, passage.clone().remembered(), because));
        }
        rest
    }

    fn leave_v6(&self, packets: PacketSet, passage: &Passage, work: &Workspace, steps: &mut Vec<Step>) {
        let own = work
            .space
            .from_sources(packets, &self.interfaces.union(&self.closed));
        let spoofed = work.space.subtract(packets, own);
        let message = format!("the IPv6 source is no interface's of {}", self.vpc);
        let code = ExplanationCode::GatewayRejectsSpoofedTraffic;
        steps.push(Step::drop(spoofed, passage.clone(), self.refuses(code, message)));
        let because = self.says("IPv6", format!("{} carries IPv6 as it is", self.resource.id));
        steps.push(Step::forward(own, passage.clone(), because));
    }

    fn leave_v4(
        &self,
        packets: PacketSet,
        arrival: &Arrival<'_>,
        passage: &Passage,
        work: &Workspace,
        steps: &mut Vec<Step>,
    ) {
        let mut rest = packets;
        let sources = work.space.sources(packets);
        for association in self
            .by_private
            .iter()
            .filter(|one| one.is_for(arrival.parties.from) && one.private.overlaps(&sources))
        {
            let theirs = work.space.from_sources(rest, &association.private);
            rest = work.space.subtract(rest, theirs);
            let public = AddressSet::one(IpAddr::V4(association.public));
            let rewrite = Rewrite {
                source: Some(public),
                ..Rewrite::default()
            };
            let message = format!("{} sends as {}", association.owner, association.public);
            let because = self.says("public address", message);
            steps.push(Step::forward(theirs, passage.clone().rewriting(rewrite), because));
        }
        let message = format!("the source has no public IPv4 address in {}", self.vpc);
        let code = ExplanationCode::IgwPublicIpAssociationForEgress;
        // As if it had one that stands for itself, so that the reply finds its way back through here.
        let as_if = passage.clone().remembered();
        steps.push(Step::drop(rest, as_if, self.refuses(code, message)));
    }

    fn enter(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let space = &work.space;
        let passage = Passage::over(self.inwards).anonymous();
        let mut steps = Vec::new();
        let codes = [
            ExplanationCode::IgwSourceAddressNotInRfc1918Ingress,
            ExplanationCode::IgwSourceAddressNotInRfc6598Ingress,
        ];
        let part = |packets, addresses: &AddressSet| space.from_sources(packets, addresses);
        // What would become of packets from nowhere, nobody can say.
        let rest = self.refuse_private(arrival.packets, codes, part, None, work, &mut steps);
        let v6 = space.from_sources(rest, &AddressSet::family(Family::V6));
        self.enter_v6(v6, &passage, work, &mut steps);
        let v4 = space.subtract(rest, v6);
        if arrival.undoes().is_some() {
            self.restore(v4, &passage, work, &mut steps);
        } else {
            self.enter_v4(v4, arrival, &passage, work, &mut steps);
        }
        steps
    }

    /// The destination of replies is made private again; who stands in no subnet gets them directly.
    fn restore(&self, packets: PacketSet, passage: &Passage, work: &Workspace, steps: &mut Vec<Step>) {
        let id = &self.resource.id;
        let mut rest = packets;
        let inwards = (AddressSet::all(), passage.over);
        for (addresses, over) in self.entrances.iter().chain([&inwards]) {
            let theirs = work.space.to_destinations(rest, addresses);
            rest = work.space.subtract(rest, theirs);
            let message = format!("{id} gives the reply its private destination address");
            steps.push(Step::Restore {
                packets: theirs,
                passage: Passage {
                    over: *over,
                    ..passage.clone()
                },
                because: self.says("public address", message),
            });
        }
    }

    /// The way in for what is addressed to somebody.
    fn way_to(&self, association: &Association, passage: &Passage) -> Passage {
        let mut entrances = self.entrances.iter();
        let entrance = entrances
            .find(|(addresses, _)| association.entrance.is_some() && *addresses == association.private);
        Passage {
            over: entrance.map_or(passage.over, |(_, link)| *link),
            ..passage.clone()
        }
    }

    fn enter_v6(&self, packets: PacketSet, passage: &Passage, work: &Workspace, steps: &mut Vec<Step>) {
        let own = work.space.to_destinations(packets, &self.interfaces);
        let rest = work.space.subtract(packets, own);
        let closed = work.space.to_destinations(rest, &self.closed);
        let nobody = work.space.subtract(rest, closed);
        let because = self.says("IPv6", format!("{} carries IPv6 as it is", self.resource.id));
        steps.push(Step::forward(own, passage.clone(), because));
        let message = "the interface refuses IPv6 from internet gateways (DenyAllIgwTraffic)".to_owned();
        let because = self.refuses(ExplanationCode::WhyhopDenyAllIgwTraffic, message);
        steps.push(Step::drop(closed, passage.clone(), because));
        let message = format!("the IPv6 destination is no interface's of {}", self.vpc);
        let because = self.refuses(ExplanationCode::IgwPrivateIpAssociationForIngress, message);
        steps.push(Step::drop(nobody, passage.clone(), because));
    }

    fn enter_v4(
        &self,
        packets: PacketSet,
        arrival: &Arrival<'_>,
        passage: &Passage,
        work: &Workspace,
        steps: &mut Vec<Step>,
    ) {
        let mut rest = packets;
        for &(low, high) in work.space.destinations(packets).v4.ranges() {
            for association in self
                .by_public
                .range(Ipv4Addr::from(low)..=Ipv4Addr::from(high))
                .map(|(_, one)| one)
            {
                let theirs = work
                    .space
                    .to_destinations(rest, &AddressSet::one(IpAddr::V4(association.public)));
                rest = work.space.subtract(rest, theirs);
                let rewrite = Rewrite {
                    destination: Some(association.private.clone()),
                    ..Rewrite::default()
                };
                let message = format!("{} stands for {}", association.public, association.owner);
                let because = self.says("public address", message);
                let passage = self
                    .way_to(association, passage)
                    .rewriting(rewrite)
                    .meant_for(association.unassigned);
                steps.push(Step::forward(theirs, passage, because));
            }
        }
        let code = ExplanationCode::IgwPrivateIpAssociationForIngress;
        let because = self.refuses(
            code,
            format!("the destination is no public address of {}", self.vpc),
        );
        // The reply to a source whose missing public address is a blocker already: as if it had one.
        let supposed = work.space.intersect(rest, arrival.tracked(work));
        let as_if = self.says("supposed", "as if the source had a public address".to_owned());
        steps.push(Step::forward(supposed, passage.clone(), as_if));
        steps.push(Step::lose(work.space.subtract(rest, supposed), because));
    }
}
