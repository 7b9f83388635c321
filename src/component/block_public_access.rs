//! VPC Block Public Access: what may cross an account's internet gateways in a Region, whatever route tables and groups say.
//!
//! - The mode is the account's in a Region: `block-bidirectional` stops everything, `block-ingress` lets out only what goes
//!   through a NAT gateway or an egress-only internet gateway, and lets nobody in (VPC guide, "Block public access to VPCs and
//!   subnets").
//! - An exclusion of a VPC or subnet lets through both ways (`allow-bidirectional`) or out alone (`allow-egress`, which means
//!   something in the mode `block-bidirectional` only).
//! - The subnet that counts is the one of the interface that talks to the gateway: the instance's, the NAT gateway's, the
//!   load balancer node's, the appliance's (same guide). In a shared subnet the owner's setting counts.
//! - It stops who begins; the replies of what was let through pass.
//! - It stands between the VPC and its gateway, so it sees private addresses, in and out.
//!
//! - On the way in it is the subnet of whatever the gateway's edge table leads to: an appliance's subnet must be excluded, the
//!   subnets behind it need not be (same guide).
//! - So it is for the endpoint of a Gateway Load Balancer. What an endpoint of Network Firewall hands on is stopped even where its
//!   subnet is excluded (same guide; an earlier text of it said so of both).
//!
//! Ours where the guide is silent: what nobody in a subnet of the model sends or takes is unknown where the mode would stop it.
//!
//! Read 2026-11-26.

use crate::code::ExplanationCode;
use crate::model::{
    BlockPublicAccess, BlockPublicAccessId, BlockPublicAccessMode, ExclusionMode, Model, Peer, Place,
    ResourceId, RouteTable, SubnetId, VpcId,
};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, Kind, Leg, LinkId, NodeId, Passage, ResourceRef, Step,
    Workspace, inspected_subnet,
};
use crate::packet::{AddressSet, PacketSet};
use ipnet::IpNet;
use rustc_hash::FxHashMap;

/// Our word for it, in EC2's manner.
pub const NAME: &str = "vpc-block-public-access";

/// The kind.
pub struct BlockPublicAccesses;

impl Kind for BlockPublicAccesses {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("block_public_access")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::VpcBlockPublicAccessEnabled,
            ExplanationCode::UnknownResource,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["public virtual interfaces of Direct Connect"]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for site in sites(model) {
            let node = site.place(builder);
            builder.stand_before(site.gateway, node);
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for site in sites(model) {
            let node = site.place(builder);
            let outside = builder.place(site.kind, site.gateway.clone());
            let edge = builder.find("route-table", site.gateway.clone());
            let inside = edge.unwrap_or_else(|| builder.place("vpc", site.vpc));
            let guard = Guard {
                resource: ResourceRef::new(NAME, site.id),
                mode: site.setting.mode,
                egress_only: site.kind == EGRESS_ONLY,
                of_vpc: of_vpc(site.vpc, model),
                subnets: subnets(&site, model),
                hosts: hosts(site.vpc, model, builder),
                out: builder.link(node, outside, Direction::Egress),
                inwards: builder.link(node, inside, Direction::Ingress),
            };
            builder.set(node, guard);
        }
    }
}

const EGRESS_ONLY: &str = "egress-only-internet-gateway";

/// A gateway before which a setting stands.
struct Site<'m> {
    gateway: ResourceId,
    kind: &'static str,
    vpc: &'m VpcId,
    id: &'m BlockPublicAccessId,
    setting: &'m BlockPublicAccess,
}

impl Site<'_> {
    fn place(&self, builder: &mut Builder<'_>) -> NodeId {
        builder.place(NAME, format!("{} at {}", self.id, self.gateway).as_str())
    }
}

fn sites(model: &Model) -> Vec<Site<'_>> {
    let internet = model.internet_gateways.iter();
    let internet = internet.map(|(id, gateway)| (ResourceId::from(id), "internet-gateway", &gateway.vpc));
    let egress = model.egress_only_internet_gateways.iter();
    let egress = egress.map(|(id, gateway)| (ResourceId::from(id), EGRESS_ONLY, &gateway.vpc));
    let carrier = model.carrier_gateways.iter();
    let carrier = carrier.map(|(id, gateway)| (ResourceId::from(id), "carrier-gateway", &gateway.vpc));
    let site = |(gateway, kind, vpc): (ResourceId, &'static str, &Option<VpcId>)| {
        let (vpc, described) = model.vpcs.get_key_value(vpc.as_ref()?)?;
        let mut settings = model.block_public_access.iter();
        let (id, setting) = settings.find(|(_, setting)| setting.governs(described))?;
        let site = Site {
            gateway,
            kind,
            vpc,
            id,
            setting,
        };
        (setting.mode != BlockPublicAccessMode::Off).then_some(site)
    };
    internet.chain(egress).chain(carrier).filter_map(site).collect()
}

/// A CIDR of a subnet, and what is excluded: of the subnet, and of where the gateway's edge table leads what is for it.
struct Zone {
    id: SubnetId,
    addresses: AddressSet,
    exclusion: Option<ExclusionMode>,
    entrance: Entrance,
}

/// What the gateway hands packets for a subnet to.
#[derive(Clone, Copy)]
enum Entrance {
    /// Something in a subnet that is excluded so: the destination itself, an appliance, a Gateway Load Balancer's endpoint.
    In(Option<ExclusionMode>),
    /// An endpoint of Network Firewall.
    Firewall,
    /// Something that the model does not describe.
    Strange,
}

fn subnets(site: &Site<'_>, model: &Model) -> Vec<Zone> {
    let mine = model.subnets.iter().filter(|(_, subnet)| &subnet.vpc == site.vpc);
    let cidrs = mine.flat_map(|(id, subnet)| subnet.cidr.iter().map(move |cidr| (id, cidr.net())));
    cidrs
        .map(|(id, cidr)| {
            let exclusion = model.public_access_exclusion(id, site.vpc);
            let led = edge_route(site, &cidr, model).filter(|target| target.as_str() != "local");
            Zone {
                id: id.clone(),
                addresses: AddressSet::cidr(cidr),
                exclusion,
                entrance: led.map_or(Entrance::In(exclusion), |target| {
                    entrance(target, site.vpc, model)
                }),
            }
        })
        .collect()
}

fn of_vpc(vpc: &VpcId, model: &Model) -> Option<ExclusionMode> {
    let exclusions = model.block_public_access_exclusions.values();
    let own = exclusions.filter(|one| one.resource.as_str() == vpc.as_str());
    own.map(|one| one.mode).max()
}

/// Where the edge table of a gateway leads what is for a subnet's CIDR: by the longest prefix that holds it.
fn edge_route<'m>(site: &Site<'m>, cidr: &IpNet, model: &'m Model) -> Option<&'m ResourceId> {
    let is_edge = |table: &&RouteTable| table.gateway.iter().any(|id| *id == site.gateway);
    let tables = model.route_tables.values().filter(is_edge);
    let routes = tables.flat_map(|table| &table.routes);
    let fitting = routes.filter_map(|route| match &route.destination {
        Peer::Cidr(wide) if wide.net().contains(cidr) => Some((wide.net().prefix_len(), &route.target)),
        _ => None,
    });
    fitting
        .max_by_key(|(length, _)| *length)
        .map(|(_, target)| target)
}

fn entrance(target: &ResourceId, vpc: &VpcId, model: &Model) -> Entrance {
    let id = target.as_str();
    if firewall_endpoints(model).any(|endpoint| endpoint.as_str() == id) {
        return Entrance::Firewall;
    }
    let mut of_instance = model.enis.values().filter(|eni| {
        let instance = eni.instance.as_ref();
        instance.is_some_and(|instance| instance.as_str() == id)
    });
    let interface = model.enis.get(id).or_else(|| of_instance.next());
    let endpoint = model.vpc_endpoints.get(id);
    let endpoint = endpoint.and_then(|endpoint| inspected_subnet(endpoint, model));
    let subnet = interface.map(|eni| &eni.subnet).or(endpoint);
    subnet.map_or(Entrance::Strange, |subnet| {
        Entrance::In(model.public_access_exclusion(subnet, vpc))
    })
}

fn firewall_endpoints(model: &Model) -> impl Iterator<Item = &ResourceId> {
    model
        .network_firewalls
        .values()
        .flat_map(|firewall| firewall.endpoints.keys())
}

/// Who in the VPC may have sent packets into the network, by the place that sends, with the subnet; and NAT gateways.
fn hosts(vpc: &VpcId, model: &Model, builder: &mut Builder<'_>) -> FxHashMap<NodeId, Host> {
    let mut hosts = FxHashMap::default();
    let subnets = model.subnets.iter().filter(|(_, subnet)| &subnet.vpc == vpc);
    for (id, _) in subnets {
        for resident in builder.residents(id) {
            let subnet = Some(id.clone());
            let role = Role::Host;
            hosts.insert(resident.node, Host { subnet, role });
        }
    }
    for (id, nat) in &model.nat_gateways {
        if model.vpc_of_nat(nat).as_ref() == Some(vpc) {
            let subnet = nat.subnet.clone();
            let role = Role::Nat;
            hosts.insert(builder.place("natgateway", id), Host { subnet, role });
        }
    }
    for id in firewall_endpoints(model) {
        let node = builder.find("network-firewall", format!("endpoint {id}").as_str());
        if let Some(host) = node.and_then(|node| hosts.get_mut(&node)) {
            host.role = Role::Firewall;
        }
    }
    hosts
}

struct Host {
    /// Its subnet; a regional NAT gateway stands in none, and the VPC's exclusion is its own.
    subnet: Option<SubnetId>,
    role: Role,
}

/// What a host is to the setting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Host,
    Nat,
    /// An endpoint of Network Firewall.
    Firewall,
}

struct Guard {
    resource: ResourceRef,
    mode: BlockPublicAccessMode,
    /// Whether the gateway lets nobody in anyway.
    egress_only: bool,
    /// How the VPC itself is excluded.
    of_vpc: Option<ExclusionMode>,
    subnets: Vec<Zone>,
    hosts: FxHashMap<NodeId, Host>,
    out: LinkId,
    inwards: LinkId,
}

/// What the setting says of packets that begin.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ruling {
    Pass,
    Block,
    /// It depends on whether AWS counts the subnet of something between.
    Unsure,
}

impl Component for Guard {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let link = match arrival.direction() {
            Direction::Egress => self.out,
            Direction::Ingress => self.inwards,
        };
        if arrival.leg == Leg::Return {
            let because = self.says("the flow was let through");
            return vec![Step::forward(arrival.packets, Passage::over(link), because)];
        }
        let parts = match arrival.direction() {
            Direction::Egress => self.leaving(arrival, work),
            Direction::Ingress => self.entering(arrival.packets, work),
        };
        let step = |(ruling, packets)| self.step(ruling, packets, link, arrival.direction());
        let parts = parts.into_iter().filter(|(_, packets)| !packets.is_empty());
        parts.map(step).collect()
    }
}

impl Guard {
    fn says(&self, message: &str) -> Cause {
        let place = Place::item("block_public_access", self.resource.id.clone());
        Cause::implicit(&self.resource, self.mode.as_str(), message).at(place)
    }

    fn step(&self, ruling: Ruling, packets: PacketSet, link: LinkId, direction: Direction) -> Step {
        let passage = Passage::over(link);
        let mode = self.mode.as_str();
        let way = match direction {
            Direction::Egress => "to",
            Direction::Ingress => "from",
        };
        let refusal = |code, message: String| Cause {
            code: Some(code),
            ..self.says(&message)
        };
        match ruling {
            Ruling::Pass => Step::forward(
                packets,
                passage,
                self.says("an exclusion, or the mode, lets this pass"),
            ),
            Ruling::Block => {
                let message = format!("VPC Block Public Access ({mode}) stops what goes {way} the internet");
                let code = ExplanationCode::VpcBlockPublicAccessEnabled;
                Step::drop(packets, passage, refusal(code, message))
            }
            Ruling::Unsure => {
                let message = format!(
                    "whether {mode} stops packets {way} the internet that something between hands on is not documented"
                );
                let because = refusal(ExplanationCode::UnknownResource, message);
                Step::Unknown { packets, because }
            }
        }
    }

    /// By the subnet of whoever sent them to the gateway.
    fn leaving(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<(Ruling, PacketSet)> {
        let host = arrival.sender.and_then(|sender| self.hosts.get(&sender));
        if let Some(host) = host {
            let zone = self
                .subnets
                .iter()
                .find(|zone| Some(&zone.id) == host.subnet.as_ref());
            let exclusion = zone.map_or(self.of_vpc, |zone| zone.exclusion);
            return vec![(self.out(exclusion, host.role), arrival.packets)];
        }
        let by_zone = |zone: &Zone| match self.out(zone.exclusion, Role::Host) {
            Ruling::Block => Ruling::Unsure,
            other => other,
        };
        self.by_zone(arrival.packets, work, AddressSide::Source, by_zone)
    }

    /// By the subnet of the destination, or of what the edge table leads to.
    fn entering(&self, packets: PacketSet, work: &Workspace) -> Vec<(Ruling, PacketSet)> {
        let by_zone = |zone: &Zone| match zone.entrance {
            Entrance::In(Some(ExclusionMode::AllowBidirectional)) => Ruling::Pass,
            Entrance::In(_) | Entrance::Firewall => Ruling::Block,
            Entrance::Strange => Ruling::Unsure,
        };
        self.by_zone(packets, work, AddressSide::Destination, by_zone)
    }

    fn out(&self, exclusion: Option<ExclusionMode>, role: Role) -> Ruling {
        match (self.mode, exclusion) {
            (BlockPublicAccessMode::Off, _) => Ruling::Pass,
            (BlockPublicAccessMode::BlockIngress, _) if self.egress_only => Ruling::Pass,
            _ if role == Role::Firewall => Ruling::Block,
            (_, Some(ExclusionMode::AllowBidirectional)) => Ruling::Pass,
            (BlockPublicAccessMode::BlockBidirectional, Some(ExclusionMode::AllowEgress)) => Ruling::Pass,
            (BlockPublicAccessMode::BlockIngress, _) if role == Role::Nat => Ruling::Pass,
            _ => Ruling::Block,
        }
    }

    fn by_zone(
        &self,
        packets: PacketSet,
        work: &Workspace,
        side: AddressSide,
        ruling: impl Fn(&Zone) -> Ruling,
    ) -> Vec<(Ruling, PacketSet)> {
        let mut rest = packets;
        let mut parts: Vec<(Ruling, PacketSet)> = Vec::new();
        for zone in &self.subnets {
            let theirs = match side {
                AddressSide::Source => work.space.from_sources(rest, &zone.addresses),
                AddressSide::Destination => work.space.to_destinations(rest, &zone.addresses),
            };
            rest = work.space.subtract(rest, theirs);
            parts.push((ruling(zone), theirs));
        }
        parts.push((Ruling::Unsure, rest));
        let together = |wanted| {
            let some = parts.iter().filter(|(ruling, _)| *ruling == wanted);
            some.fold(PacketSet::EMPTY, |all, (_, packets)| {
                work.space.union(all, *packets)
            })
        };
        [Ruling::Pass, Ruling::Block, Ruling::Unsure]
            .map(|ruling| (ruling, together(ruling)))
            .into()
    }
}

#[derive(Clone, Copy)]
enum AddressSide {
    Source,
    Destination,
}
