//! Carrier gateways: from the subnets of a Wavelength Zone to the network of a telecommunication carrier, and through it to the
//! internet.
//!
//! - IPv4 alone; an interface is known outside by its carrier IP address, translated one to one (VPC guide, "Carrier gateways").
//! - What the internet begins does not come in: "There is no inbound connection configuration from the internet to a Wavelength Zone
//!   through the carrier gateway" (same guide; from memory).
//! - TCP and pings that begin inside get out to the internet, and their replies in. What becomes of other protocols the guide did not
//!   say where we read it: it is unknown.
//! - The devices of the carrier's own network are not modelled as an end of questions.
//!
//! Mostly from memory.

use crate::code::ExplanationCode;
use crate::model::{CarrierGateway, CarrierGatewayId, Model, Place};
use crate::network::{
    Arrival, Association, Builder, Cause, Component, Direction, Kind, LinkId, Passage, ResourceRef, Rewrite,
    Step, Target, Workspace,
};
use crate::packet::{AddressSet, Cube, Family, PacketSet, Protocol, ProtocolSet};
use std::net::IpAddr;

/// EC2's word for it.
pub const NAME: &str = "carrier-gateway";

/// The kind.
pub struct CarrierGateways;

impl Kind for CarrierGateways {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("carrier_gateways")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::NoPossibleDestination,
            ExplanationCode::ProtocolRestriction,
            ExplanationCode::UnknownResource,
            ExplanationCode::WhyhopNoSession,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &[
            "the carrier's own network and its devices",
            "what of UDP reaches the internet",
            "which subnets are in a Wavelength Zone",
        ]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, gateway) in &model.carrier_gateways {
            let node = builder.place(NAME, id);
            let detached = gateway.vpc.is_none();
            let detached = detached.then(|| format!("{id} is attached to no VPC"));
            let door = builder.before(id).unwrap_or(node);
            builder.offer_target(id, Target::at(door).unless(detached));
            let owned = gateway.addresses.values().map(|address| IpAddr::V4(*address));
            builder.settle_outside(node, AddressSet::from_addresses(owned));
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, gateway) in &model.carrier_gateways {
            connect_one(id, gateway, builder);
        }
    }
}

fn connect_one(id: &CarrierGatewayId, gateway: &CarrierGateway, builder: &mut Builder<'_>) {
    let Some(vpc) = &gateway.vpc else { return };
    let node = builder.place(NAME, id);
    let internet = builder.place("internet", "internet");
    let router = builder.before(id).unwrap_or_else(|| builder.place("vpc", vpc));
    let component = Gateway {
        resource: ResourceRef::new(NAME, id),
        addresses: builder.translations(&gateway.addresses),
        outwards: builder.link_from(node, internet, Direction::Egress, vpc),
        inwards: builder.link(node, router, Direction::Ingress),
    };
    builder.set(node, component);
}

struct Gateway {
    resource: ResourceRef,
    /// Private addresses and carrier IP addresses.
    addresses: Vec<Association>,
    outwards: LinkId,
    inwards: LinkId,
}

impl Component for Gateway {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let mut steps = Vec::new();
        match arrival.direction() {
            Direction::Egress => self.leave(arrival, work, &mut steps),
            Direction::Ingress => self.enter(arrival, work, &mut steps),
        }
        steps.retain(|step| !step.packets().is_empty());
        steps
    }
}

impl Gateway {
    fn says(&self, message: String) -> Cause {
        let place = Place::item("carrier_gateways", self.resource.id.clone());
        Cause::implicit(&self.resource, "carrier gateway", message).at(place)
    }

    fn refuses(&self, code: ExplanationCode, message: String) -> Cause {
        Cause {
            code: Some(code),
            ..self.says(message)
        }
    }

    fn leave(&self, arrival: &Arrival<'_>, work: &Workspace, steps: &mut Vec<Step>) {
        let id = &self.resource.id;
        let packets = arrival.packets;
        let v4 = work.space.from_sources(packets, &AddressSet::family(Family::V4));
        let message = format!("{id} carries IPv4 alone");
        let because = self.refuses(ExplanationCode::ProtocolRestriction, message);
        steps.push(Step::lose(work.space.subtract(packets, v4), because));
        let mut rest = v4;
        let party = arrival.parties.from;
        for association in self.addresses.iter().filter(|one| one.is_for(party)) {
            let theirs = work.space.from_sources(rest, &association.private);
            rest = work.space.subtract(rest, theirs);
            let carried = [
                (Protocol::TCP.0, Protocol::TCP.0),
                (Protocol::ICMP.0, Protocol::ICMP.0),
            ];
            let cube = Cube {
                protocols: ProtocolSet::from_ranges(carried),
                ..Cube::all()
            };
            let known = work.space.intersect(theirs, work.space.cube(&cube));
            let rewrite = Rewrite {
                source: Some(AddressSet::one(IpAddr::V4(association.public))),
                ..Rewrite::default()
            };
            let passage = Passage::over(self.outwards).anonymous().rewriting(rewrite);
            let because = self.says(format!("{id} sends by the carrier IP address"));
            steps.push(Step::forward(known, passage, because));
            let message = format!("what {id} lets out to the internet besides TCP and ICMP is not known");
            let because = self.refuses(ExplanationCode::UnknownResource, message);
            steps.push(Step::Unknown {
                packets: work.space.subtract(theirs, known),
                because,
            });
        }
        let message = format!("the source has no carrier IP address at {id}");
        let because = self.refuses(ExplanationCode::NoPossibleDestination, message);
        steps.push(Step::lose(rest, because));
    }

    fn enter(&self, arrival: &Arrival<'_>, work: &Workspace, steps: &mut Vec<Step>) {
        let id = &self.resource.id;
        let known = match arrival.undoes() {
            Some(memory) => work
                .space
                .intersect(arrival.packets, work.space.replies(memory.after)),
            None => PacketSet::EMPTY,
        };
        let because = self.says(format!("{id} gives the reply its private destination address"));
        steps.push(Step::Restore {
            packets: known,
            passage: Passage::over(self.inwards).anonymous(),
            because,
        });
        let message = format!("{id} lets in nothing that the internet begins");
        let because = self.refuses(ExplanationCode::WhyhopNoSession, message);
        steps.push(Step::lose(work.space.subtract(arrival.packets, known), because));
    }
}
