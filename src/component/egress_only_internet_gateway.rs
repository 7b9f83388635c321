//! Egress-only internet gateways: IPv6 out, and the replies in. Stateful; what the internet begins is dropped.
//!
//! VPC guide, "Egress-only internet gateways". Read 2026-11-23.

use crate::code::ExplanationCode;
use crate::model::{Model, Place};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, Kind, Leg, LinkId, Passage, ResourceRef, Step, Target,
    Workspace,
};
use crate::packet::{AddressSet, Family};

/// EC2's word for it.
pub const NAME: &str = "egress-only-internet-gateway";

/// The kind.
pub struct EgressOnlyInternetGateways;

impl Kind for EgressOnlyInternetGateways {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("egress_only_internet_gateways")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::ProtocolRestriction,
            ExplanationCode::WhyhopNoSession,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &[]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, gateway) in &model.egress_only_internet_gateways {
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
        for (id, gateway) in &model.egress_only_internet_gateways {
            let Some(vpc) = &gateway.vpc else { continue };
            let node = builder.place(NAME, id);
            let internet = builder.place("internet", "internet");
            let router = builder.before(id).unwrap_or_else(|| builder.place("vpc", vpc));
            let outwards = builder.link_from(node, internet, Direction::Egress, vpc);
            let inwards = builder.link(node, router, Direction::Ingress);
            builder.set(
                node,
                Gateway {
                    resource: ResourceRef::new(NAME, id),
                    outwards,
                    inwards,
                },
            );
        }
    }
}

struct Gateway {
    resource: ResourceRef,
    outwards: LinkId,
    inwards: LinkId,
}

impl Component for Gateway {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        // A reply needs the session of its request here, whichever way it goes.
        let begins = arrival.direction() == Direction::Egress && arrival.leg == Leg::Forward;
        let known = if begins {
            arrival.packets
        } else {
            arrival.tracked(work)
        };
        let link = match arrival.direction() {
            Direction::Egress => self.outwards,
            Direction::Ingress => self.inwards,
        };
        let passage = Passage::over(link).anonymous().remembered();
        let v6 = work.space.from_sources(known, &AddressSet::family(Family::V6));
        let v4 = work.space.subtract(known, v6);
        let unasked = work.space.subtract(arrival.packets, known);
        let id = &self.resource.id;
        let steps = [
            Step::forward(
                v6,
                passage.clone(),
                self.says("stateful", format!("{id} lets flows out and their replies in")),
            ),
            Step::drop(
                v4,
                passage.clone(),
                self.refuses(
                    ExplanationCode::ProtocolRestriction,
                    format!("{id} carries IPv6 alone"),
                ),
            ),
            Step::drop(
                unasked,
                passage,
                self.refuses(
                    ExplanationCode::WhyhopNoSession,
                    format!("{id} knows only flows that were begun inside"),
                ),
            ),
        ];
        steps
            .into_iter()
            .filter(|step| !step.packets().is_empty())
            .collect()
    }
}

impl Gateway {
    fn says(&self, rule: &'static str, message: String) -> Cause {
        let place = Place::item("egress_only_internet_gateways", self.resource.id.clone());
        Cause::implicit(&self.resource, rule, message).at(place)
    }
    fn refuses(&self, code: ExplanationCode, message: String) -> Cause {
        Cause {
            code: Some(code),
            ..self.says("egress only", message)
        }
    }
}
