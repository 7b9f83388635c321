//! NAT gateways: many private addresses behind one.
//!
//! - TCP, UDP and ICMP alone. The source becomes the gateway's private address, the source port one of 1024-65535 that
//!   AWS picks; the destination stays (VPC guide, "NAT gateways"; `NGW_SOURCE_ADDRESS_REASSIGN`, `REMAP_EPHEMERAL_PORT`).
//!   A public one's private address becomes its Elastic IP address at the internet gateway.
//! - It stands in its subnet without security group: the subnet's network ACL is met four times a round trip, and the
//!   subnet's route table leads on.
//! - It may have several addresses: AWS picks one for each connection, and we explore all.
//! - What comes to it without a session is dropped (same page).
//! - It gives no service to its own subnet: the table would lead back to it, which the walk finds as a loop.
//! - NAT64: IPv6 packets to 64:ff9b::/96 become IPv4 ones to the address in the last 32 bits; of ICMPv6 the echo. DNS64 is
//!   no matter of packets (VPC guide, "DNS64 and NAT64"). The client has to be in another subnet (same page); what happens to one
//!   in the same, where no route leads in circles, is not said, and unknown.
//! - A regional one stands in no subnet: it serves every zone of its VPC, its own route table leads on, and of the network
//!   ACLs only the client's subnet's is met (VPC guide, "Regional NAT gateways"; that no other is met is from memory). It
//!   sends with its public addresses, as it has no private ones; what it does with them towards anything but the internet
//!   gateway is not documented, and unknown.
//!
//! Read 2026-11-25.

use crate::code::ExplanationCode;
use crate::model::{Model, NatConnectivity, NatGateway, NatGatewayId, NatState, Place, SubnetId, VpcId};
use crate::network::{
    Arrival, Association, Builder, Cause, Choice, Component, Direction, Kind, Leg, LinkId, NodeId, Owner,
    Passage, Resident, ResourceRef, Rewrite, Step, Target, Workspace, nat64,
};
use crate::packet::{AddressSet, Cube, Family, PacketSet, PortSet, Protocol, ProtocolSet};
use std::net::{IpAddr, Ipv4Addr};

/// EC2's word for it.
pub const NAME: &str = "natgateway";

/// The kind.
pub struct NatGateways;

impl Kind for NatGateways {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("nat_gateways")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::BadState,
            ExplanationCode::NgwSourceAddressReassign,
            ExplanationCode::ProtocolRestriction,
            ExplanationCode::UnknownResource,
            ExplanationCode::WhyhopNoSession,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &[
            "fragments",
            "the limit of flows per destination",
            "the zones in which a regional one has no address yet",
            "ICMPv6 other than echo through NAT64",
        ]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, nat) in &model.nat_gateways {
            declare_one(id, nat, model, builder);
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, nat) in &model.nat_gateways {
            let node = builder.place(NAME, id);
            // A regional one has a route table to itself.
            let next = match &nat.subnet {
                Some(subnet) => builder.place("subnet", subnet),
                None => builder.place("route-table", id),
            };
            let out = builder.link(node, next, Direction::Egress);
            let (address, known) = address(nat, id, builder);
            let pending = (nat.state == NatState::Pending).then_some("is pending");
            let interface = nat.eni.as_ref();
            let gateway = Gateway {
                node,
                resource: ResourceRef::new(NAME, id),
                interface: match nat.is_regional() {
                    true => Some(ResourceRef::new(NAME, id)),
                    false => interface.map(|eni| ResourceRef::new("network-interface", eni)),
                },
                picks: picks(&address, known),
                address,
                neighbours: neighbours(nat, model),
                out,
                unusable: pending.or(gone(nat)),
                gone: gone(nat).is_some(),
            };
            builder.set(node, gateway);
        }
    }
}

/// Why there is no gateway any more, if there is none.
fn gone(nat: &NatGateway) -> Option<&'static str> {
    match nat.state {
        NatState::Deleted => Some("is deleted"),
        NatState::Failed => Some("has failed"),
        NatState::Pending | NatState::Available | NatState::Deleting => None,
    }
}

fn declare_one(id: &NatGatewayId, nat: &NatGateway, model: &Model, builder: &mut Builder<'_>) {
    let node = builder.place(NAME, id);
    let (addresses, known) = address(nat, id, builder);
    // A gateway that is gone has left its addresses; routes to it are blackholes.
    if let Some(why) = gone(nat) {
        builder.offer_target(id, Target::at(node).unless(Some(format!("{id} {why}"))));
        return;
    }
    let target = Target {
        subnet: nat.subnet.clone(),
        ..Target::at(node)
    };
    builder.offer_target(id, target);
    if let Some(subnet) = &nat.subnet {
        let resident = Resident {
            node,
            owner: node,
            addresses: addresses.clone(),
            known,
        };
        builder.reside(subnet, resident);
    }
    if let Some(eni) = &nat.eni {
        builder.stand_in(eni, node);
    }
    let vpc = model.vpc_of_nat(nat);
    if let (NatConnectivity::Public, Some(vpc)) = (nat.connectivity, &vpc) {
        publish((id, nat), vpc, (&addresses, known), builder);
    }
    let owner = Owner {
        resource: ResourceRef::new(NAME, id),
        vpc,
        addresses,
        public: AddressSet::from_addresses(nat.public_ip.iter().map(|public| IpAddr::V4(*public))),
    };
    builder.own(node, owner);
}

/// The public addresses, at the internet gateway.
fn publish(
    (id, nat): (&NatGatewayId, &NatGateway),
    vpc: &VpcId,
    (addresses, known): (&AddressSet, bool),
    builder: &mut Builder<'_>,
) {
    let node = builder.place(NAME, id);
    let written = nat
        .pairs()
        .map(|(public, private)| (public, private.map(IpAddr::V4)));
    let elastic = elastic(id, nat, builder.model).into_iter();
    let all: Vec<_> = written.chain(elastic.map(|public| (public, None))).collect();
    for (public, private) in all {
        let private = match private {
            _ if nat.is_regional() => AddressSet::one(IpAddr::V4(public)),
            Some(address) => AddressSet::one(address),
            None => addresses.clone(),
        };
        let association = Association {
            public,
            private,
            owner: id.into(),
            entrance: nat.is_regional().then_some(node),
            unassigned: (!known).then_some(node),
        };
        builder.associate(vpc, association);
    }
}

/// The addresses with which it sends, and whether they are known.
fn address(nat: &NatGateway, id: &NatGatewayId, builder: &Builder<'_>) -> (AddressSet, bool) {
    let all = |list: &[Ipv4Addr]| AddressSet::from_addresses(list.iter().copied().map(IpAddr::V4));
    let free = |subnet: &SubnetId| (builder.free_addresses(subnet, None), false);
    match &nat.subnet {
        None => {
            let elastic = elastic(id, nat, builder.model);
            (all(&nat.public_ip.0).union(&all(&elastic)), true)
        }
        Some(_) if !nat.ip.is_empty() => (all(&nat.ip.0), true),
        Some(subnet) => free(subnet),
    }
}

/// Among what AWS picks: each address by itself; where none is known yet, whichever it will have.
fn picks(addresses: &AddressSet, known: bool) -> Vec<AddressSet> {
    if !known {
        return vec![addresses.clone()];
    }
    let each = addresses.v4.ranges().iter().flat_map(|&(low, high)| low..=high);
    each.map(|address| AddressSet::one(IpAddr::V4(address.into())))
        .collect()
}

/// The Elastic IP addresses that name it, where it names none itself.
fn elastic(id: &NatGatewayId, nat: &NatGateway, model: &Model) -> Vec<Ipv4Addr> {
    let elastic = model.elastic_ips.values();
    let own = elastic.filter(|ip| nat.public_ip.is_empty() && ip.nat_gateway.as_ref() == Some(id));
    own.map(|ip| ip.public_ip).collect()
}

/// The IPv6 addresses of its subnet.
fn neighbours(nat: &NatGateway, model: &Model) -> AddressSet {
    let subnet = nat.subnet.as_ref().and_then(|subnet| model.subnets.get(subnet));
    let cidrs = subnet
        .into_iter()
        .flat_map(|subnet| subnet.cidr.iter().map(|cidr| cidr.net()));
    AddressSet::from_cidrs(cidrs.filter(|cidr| cidr.addr().is_ipv6()))
}

struct Gateway {
    resource: ResourceRef,
    node: NodeId,
    /// Its own network interface, when the model names it. A regional one has none, and is named by its records itself
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>, `resource-id`, read 2026-11-26).
    interface: Option<ResourceRef>,
    address: AddressSet,
    /// Its addresses, one of which is picked for each connection.
    picks: Vec<AddressSet>,
    /// Whom NAT64 is not said to serve.
    neighbours: AddressSet,
    out: LinkId,
    unusable: Option<&'static str>,
    /// Whether nothing is left of it that could go on.
    gone: bool,
}

impl Component for Gateway {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn interface(&self) -> Option<ResourceRef> {
        self.interface.clone()
    }

    fn is_host(&self) -> bool {
        true
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let mut steps = match self.unusable {
            Some(state) => {
                let message = format!("{} {state}", self.resource.id);
                let because = self
                    .refuses(ExplanationCode::BadState, message)
                    .at(self.place().field("state"));
                vec![match self.gone {
                    true => Step::lose(arrival.packets, because),
                    false => Step::drop(arrival.packets, self.translated(&self.address, false), because),
                }]
            }
            None if arrival.undoes().is_some() => self.reply(arrival, work),
            None => self.request(arrival, work),
        };
        steps.retain(|step| !step.packets().is_empty());
        steps
    }
}

impl Gateway {
    fn place(&self) -> Place {
        Place::item("nat_gateways", self.resource.id.clone())
    }

    fn says(&self, rule: &'static str, message: String) -> Cause {
        Cause::implicit(&self.resource, rule, message).at(self.place())
    }

    fn refuses(&self, code: ExplanationCode, message: String) -> Cause {
        Cause {
            code: Some(code),
            ..self.says("NAT gateway", message)
        }
    }

    fn translated(&self, address: &AddressSet, nat64: bool) -> Passage {
        let rewrite = Rewrite {
            source: Some(address.clone()),
            source_ports: Some(PortSet::range(1024, u16::MAX)),
            nat64,
            ..Rewrite::default()
        };
        Passage::over(self.out)
            .anonymous()
            .rewriting(rewrite)
            .sent_by(self.node)
    }

    /// The packets that are a reply to what this gateway sent; the walk undoes the translation.
    fn reply(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let known = arrival
            .undoes()
            .map_or(PacketSet::EMPTY, |memory| work.space.replies(memory.after));
        let known = work.space.intersect(arrival.packets, known);
        let rest = work.space.subtract(arrival.packets, known);
        let id = &self.resource.id;
        let because = self.says(
            "session",
            format!("{id} gives the reply back to the address and port that asked"),
        );
        let message = format!("{id} has no session for these packets");
        let unasked = self.refuses(ExplanationCode::WhyhopNoSession, message);
        vec![
            Step::Restore {
                packets: known,
                passage: Passage::over(self.out).anonymous(),
                because,
            },
            Step::lose(rest, unasked),
        ]
    }

    fn request(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let space = &work.space;
        let id = &self.resource.id;
        let unasked = space.to_destinations(arrival.packets, &self.address);
        let rest = space.subtract(arrival.packets, unasked);
        let v4 = space.intersect(rest, space.cube(&carried()));
        let v6 = space.intersect(rest, space.cubes_of(carried_as_v6()));
        let other = space.subtract(rest, space.union(v4, v6));
        let message = format!("{id} drops what comes to its address without a session");
        let restriction = self.refuses(
            ExplanationCode::ProtocolRestriction,
            format!("{id} carries TCP, UDP and ICMP over IPv4, and to 64:ff9b::/96 over IPv6"),
        );
        let mut steps = vec![
            Step::lose(unasked, self.refuses(ExplanationCode::WhyhopNoSession, message)),
            Step::drop(
                space.plane(other, Family::V4),
                self.translated(&self.address, false),
                restriction.clone(),
            ),
            Step::lose(space.plane(other, Family::V6), restriction),
        ];
        if self.address.is_empty() {
            let message = format!("the addresses with which {id} sends are not known");
            let because = self.refuses(ExplanationCode::UnknownResource, message);
            let packets = space.union(v4, v6);
            steps.push(Step::Unknown { packets, because });
            return steps;
        }
        let near = space.from_sources(v6, &self.neighbours);
        let message =
            format!("the client is in the subnet of {id}: whether NAT64 serves it is not documented");
        steps.push(Step::Unknown {
            packets: near,
            because: self.refuses(ExplanationCode::UnknownResource, message),
        });
        for (packets, nat64) in [(v4, false), (space.subtract(v6, near), true)] {
            steps.push(self.translate(arrival.leg, packets, nat64));
        }
        steps
    }

    fn translate(&self, leg: Leg, packets: PacketSet, nat64: bool) -> Step {
        let id = &self.resource.id;
        let picked = format!("{id} sends as its own address, from a port of 1024-65535 that AWS picks");
        if leg == Leg::Return {
            let message = format!("{id} gives the reply another source: {picked}");
            let because = self.refuses(ExplanationCode::NgwSourceAddressReassign, message);
            return Step::drop(packets, Passage::over(self.out).anonymous(), because);
        }
        let message = if nat64 {
            format!("{picked}, to the IPv4 address in the last 32 bits (NAT64)")
        } else {
            picked
        };
        let because = self.says("source translation", message);
        let picks = self.picks.iter();
        Step::Forward {
            packets,
            picks: picks.map(|address| self.translated(address, nat64)).collect(),
            choice: Choice::Any,
            because,
        }
    }
}

fn carried() -> Cube {
    let protocols = [Protocol::TCP, Protocol::UDP, Protocol::ICMP].map(|protocol| (protocol.0, protocol.0));
    let v4 = AddressSet::family(Family::V4);
    Cube {
        protocols: ProtocolSet::from_ranges(protocols),
        sources: v4.clone(),
        destinations: v4,
        ..Cube::all()
    }
}

/// What NAT64 makes IPv4 of.
fn carried_as_v6() -> Vec<Cube> {
    let whole = Cube {
        sources: AddressSet::family(Family::V6),
        destinations: nat64(),
        ..Cube::all()
    };
    let ported = [Protocol::TCP, Protocol::UDP].map(|protocol| (protocol.0, protocol.0));
    let echo = [128, 129].map(|kind| (kind * 256, kind * 256 + 255));
    vec![
        Cube {
            protocols: ProtocolSet::from_ranges(ported),
            ..whole.clone()
        },
        Cube {
            protocols: ProtocolSet::one(Protocol::ICMPV6.0),
            destination_ports: PortSet::from_ranges(echo),
            ..whole
        },
    ]
}
