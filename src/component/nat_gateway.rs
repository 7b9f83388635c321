//! NAT gateways: many private addresses behind one.
//!
//! - TCP, UDP and ICMP alone. The source becomes the gateway's private address, the source port one of 1024-65535 that
//!   AWS picks; the destination stays (VPC guide, "NAT gateways"; `NGW_SOURCE_ADDRESS_REASSIGN`, `REMAP_EPHEMERAL_PORT`).
//!   A public one's private address becomes its Elastic IP address at the internet gateway.
//! - It stands in its subnet without security group: the subnet's network ACL is met four times a round trip, and the
//!   subnet's route table leads on.
//! - What comes to it without a session is dropped (same page).
//! - It gives no service to its own subnet: the table would lead back to it, which the walk finds as a loop.
//!
//! Read 2026-11-23; `reference` section 4.3.

use crate::code::ExplanationCode;
use crate::model::{Model, NatConnectivity, NatGateway, NatGatewayId, NatState, Place};
use crate::network::{
    Arrival, Association, Builder, Cause, Component, Direction, Kind, Leg, LinkId, NodeId, Owner, Passage,
    Resident, ResourceRef, Rewrite, Step, Target, Workspace,
};
use crate::packet::{AddressSet, Cube, Family, PacketSet, PortSet, Protocol, ProtocolSet};
use std::net::IpAddr;

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
            ExplanationCode::WhyhopNoSession,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &[
            "regional NAT gateways",
            "NAT64",
            "secondary addresses",
            "fragments",
            "the limit of flows per destination",
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
            let subnet = builder.place("subnet", &nat.subnet);
            let out = builder.link(node, subnet, Direction::Egress);
            let (address, _) = address(nat, builder);
            let unusable = match nat.state {
                NatState::Available | NatState::Deleting => None,
                NatState::Pending => Some("pending"),
                NatState::Failed => Some("failed"),
                NatState::Deleted => Some("deleted"),
            };
            let resource = ResourceRef::new(NAME, id);
            let interface = nat
                .eni
                .as_ref()
                .map(|eni| ResourceRef::new("network-interface", eni));
            builder.set(
                node,
                Gateway {
                    node,
                    resource,
                    interface,
                    address,
                    out,
                    unusable,
                },
            );
        }
    }
}

fn declare_one(id: &NatGatewayId, nat: &NatGateway, model: &Model, builder: &mut Builder<'_>) {
    let node = builder.place(NAME, id);
    let (addresses, known) = address(nat, builder);
    // A gateway that is gone has left its addresses; routes to it are blackholes.
    let there = !matches!(nat.state, NatState::Deleted | NatState::Failed);
    if !there {
        let blackhole = Some(format!("{id} is gone"));
        builder.offer_target(id, Target::inside(node, &nat.subnet).unless(blackhole));
        return;
    }
    builder.reside(
        &nat.subnet,
        Resident {
            node,
            owner: node,
            addresses: addresses.clone(),
            known,
        },
    );
    builder.offer_target(id, Target::inside(node, &nat.subnet));
    if let Some(eni) = &nat.eni {
        builder.stand_in(eni, node);
    }
    let vpc = model.subnets.get(&nat.subnet).map(|subnet| subnet.vpc.clone());
    if let (NatConnectivity::Public, Some(vpc)) = (nat.connectivity, &vpc) {
        for public in nat.public_ip.into_iter().chain(elastic(id, model)) {
            builder.associate(
                vpc,
                Association {
                    public,
                    private: addresses.clone(),
                    owner: id.into(),
                    unassigned: (!known).then_some(node),
                },
            );
        }
    }
    builder.own(
        node,
        Owner {
            resource: ResourceRef::new(NAME, id),
            vpc,
            addresses,
            public: AddressSet::from_addresses(nat.public_ip.map(IpAddr::V4)),
        },
    );
}

fn address(nat: &NatGateway, builder: &Builder<'_>) -> (AddressSet, bool) {
    match nat.ip {
        Some(address) => (AddressSet::one(IpAddr::V4(address)), true),
        None => (builder.free_addresses(&nat.subnet, None), false),
    }
}

fn elastic(id: &NatGatewayId, model: &Model) -> Option<std::net::Ipv4Addr> {
    let own = model
        .nat_gateways
        .get(id)
        .is_some_and(|nat| nat.public_ip.is_some());
    let mut elastic = model
        .elastic_ips
        .values()
        .filter(|ip| ip.nat_gateway.as_ref() == Some(id));
    if own {
        None
    } else {
        elastic.next().map(|ip| ip.public_ip)
    }
}

struct Gateway {
    resource: ResourceRef,
    node: NodeId,
    /// Its own network interface, when the model names it.
    interface: Option<ResourceRef>,
    address: AddressSet,
    out: LinkId,
    unusable: Option<&'static str>,
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
                let message = format!("{} is {state}", self.resource.id);
                let because = self
                    .refuses(ExplanationCode::BadState, message)
                    .at(self.place().field("state"));
                vec![Step::drop(arrival.packets, self.translated(), because)]
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

    fn translated(&self) -> Passage {
        let rewrite = Rewrite {
            source: Some(self.address.clone()),
            source_ports: Some(PortSet::range(1024, u16::MAX)),
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
        let carried = space.intersect(rest, space.cube(&carried()));
        let other = space.subtract(rest, carried);
        let message = format!("{id} drops what comes to its address without a session");
        let restriction = self.refuses(
            ExplanationCode::ProtocolRestriction,
            format!("{id} carries TCP, UDP and ICMP over IPv4"),
        );
        let mut steps = vec![
            Step::lose(unasked, self.refuses(ExplanationCode::WhyhopNoSession, message)),
            Step::drop(other, self.translated(), restriction),
        ];
        let picked = format!("{id} sends as its own address, from a port of 1024-65535 that AWS picks");
        if arrival.leg == Leg::Return {
            let message = format!("{id} gives the reply another source: {picked}");
            let because = self.refuses(ExplanationCode::NgwSourceAddressReassign, message);
            steps.push(Step::drop(carried, Passage::over(self.out).anonymous(), because));
        } else {
            steps.push(Step::forward(
                carried,
                self.translated(),
                self.says("source translation", picked),
            ));
        }
        steps
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
