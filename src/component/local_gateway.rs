//! Local gateways: from the subnets of an Outpost to the network on premises.
//!
//! - Only a VPC that is associated with the local gateway's route table uses it, and only for IPv4 (Outposts guide, "Local
//!   gateways"; EC2 API, `CreateRoute`).
//! - With direct VPC routing, addresses are on premises what they are in the VPC; with customer-owned IP addresses an
//!   interface is known there by its own one, translated like a public address at an internet gateway (same guide).
//! - Its route table says which prefixes are on premises. What the routes of a subnet lead to it from outside of an Outpost
//!   AWS does not accept; the model does not say which subnets are on one, so that is not checked.
//!
//! Read 2026-11-25.

use crate::code::ExplanationCode;
use crate::model::{LocalGateway, LocalGatewayId, LocalGatewayMode, Model, Place, VpcId};
use crate::network::{
    Arrival, Association, Builder, Cause, Component, Direction, Kind, LinkId, Passage, ResourceRef, Rewrite,
    Step, Target, Workspace, behind,
};
use crate::packet::{AddressSet, Family, PacketSet};
use std::net::IpAddr;

/// EC2's word for it.
pub const NAME: &str = "local-gateway";

/// The kind.
pub struct LocalGateways;

impl Kind for LocalGateways {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("local_gateways")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::NoPossibleDestination,
            ExplanationCode::ProtocolRestriction,
            ExplanationCode::UnknownResource,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &[
            "which subnets are on the Outpost",
            "load balancers with customer-owned IP addresses",
        ]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, gateway) in &model.local_gateways {
            let node = builder.place(NAME, id);
            let foreign = format!("the VPC is not associated with the route table of {id}");
            builder.offer_target(id, Target::at(node).unless(Some(foreign)));
            let subnets = model.subnets.iter();
            let own = |vpc: &VpcId| gateway.vpcs.iter().any(|one| one == vpc);
            for (subnet, _) in subnets.filter(|(_, subnet)| own(&subnet.vpc)) {
                builder.offer_target_from(subnet, id, Target::at(node));
            }
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, gateway) in &model.local_gateways {
            connect_one(id, gateway, model, builder);
        }
    }
}

fn connect_one(id: &LocalGatewayId, gateway: &LocalGateway, model: &Model, builder: &mut Builder<'_>) {
    let node = builder.place(NAME, id);
    let premises = builder.place("on-premises", "on-premises");
    let outwards = builder.link(node, premises, Direction::Egress);
    let mut inwards = Vec::new();
    for vpc in gateway.vpcs.iter() {
        let router = builder.place("vpc", vpc);
        let cidrs = model.vpcs.get(vpc).into_iter().flat_map(|vpc| vpc.cidr.iter());
        let addresses = AddressSet::from_cidrs(cidrs.map(|cidr| cidr.net()));
        inwards.push((addresses, builder.link(node, router, Direction::Ingress)));
    }
    let behind = behind(&id.into(), model).unwrap_or_default();
    let component = Gateway {
        resource: ResourceRef::new(NAME, id),
        translated: (gateway.mode == LocalGatewayMode::Coip)
            .then(|| builder.translations(&gateway.addresses)),
        routes: AddressSet::from_cidrs(behind.prefixes),
        known: behind.known,
        outwards,
        inwards,
    };
    builder.set(node, component);
}

struct Gateway {
    resource: ResourceRef,
    /// Private addresses and customer-owned ones; none: direct VPC routing.
    translated: Option<Vec<Association>>,
    routes: AddressSet,
    known: bool,
    outwards: LinkId,
    inwards: Vec<(AddressSet, LinkId)>,
}

impl Component for Gateway {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let v4 = work
            .space
            .from_sources(arrival.packets, &AddressSet::family(Family::V4));
        let v6 = work.space.subtract(arrival.packets, v4);
        let message = format!("{} carries IPv4 alone", self.resource.id);
        let mut steps = vec![Step::lose(
            v6,
            self.refuses(ExplanationCode::ProtocolRestriction, message),
        )];
        match arrival.direction() {
            Direction::Egress => self.leave(arrival, v4, work, &mut steps),
            Direction::Ingress => self.enter(arrival, v4, work, &mut steps),
        }
        steps.retain(|step| !step.packets().is_empty());
        steps
    }
}

impl Gateway {
    fn says(&self, message: String) -> Cause {
        let place = Place::item("local_gateways", self.resource.id.clone());
        Cause::implicit(&self.resource, "local gateway", message).at(place)
    }

    fn refuses(&self, code: ExplanationCode, message: String) -> Cause {
        Cause {
            code: Some(code),
            ..self.says(message)
        }
    }

    fn leave(&self, arrival: &Arrival<'_>, packets: PacketSet, work: &Workspace, steps: &mut Vec<Step>) {
        let id = &self.resource.id;
        let there = work.space.to_destinations(packets, &self.routes);
        let rest = work.space.subtract(packets, there);
        if self.known {
            let message = format!("the route table of {id} has no route to the destination");
            steps.push(Step::lose(
                rest,
                self.refuses(ExplanationCode::NoPossibleDestination, message),
            ));
        } else {
            let message = format!("the model does not say what the route table of {id} leads to (`routes`)");
            let because = self.refuses(ExplanationCode::UnknownResource, message);
            steps.push(Step::Unknown {
                packets: rest,
                because,
            });
        }
        let passage = Passage::over(self.outwards).anonymous();
        let Some(pairs) = &self.translated else {
            let because = self.says(format!("{id} carries it to the network on premises"));
            steps.push(Step::forward(there, passage, because));
            return;
        };
        if arrival.undoes().is_some() {
            let because = self.says(format!("{id} gives the reply its customer-owned source address"));
            steps.push(Step::Restore {
                packets: there,
                passage,
                because,
            });
            return;
        }
        let mut rest = there;
        let party = arrival.parties.from;
        for association in pairs.iter().filter(|one| one.is_for(party)) {
            let theirs = work.space.from_sources(rest, &association.private);
            rest = work.space.subtract(rest, theirs);
            let rewrite = Rewrite {
                source: Some(AddressSet::one(IpAddr::V4(association.public))),
                ..Rewrite::default()
            };
            let because = self.says(format!("{id} sends by the customer-owned address"));
            steps.push(Step::forward(theirs, passage.clone().rewriting(rewrite), because));
        }
        let message = format!("the source has no customer-owned address at {id}");
        let because = self.refuses(ExplanationCode::NoPossibleDestination, message);
        steps.push(Step::drop(rest, passage.remembered(), because));
    }

    fn enter(&self, arrival: &Arrival<'_>, packets: PacketSet, work: &Workspace, steps: &mut Vec<Step>) {
        let id = &self.resource.id;
        let mut rest = packets;
        if let Some(pairs) = &self.translated {
            let undone = arrival.undoes().is_some();
            for association in pairs {
                let private = &association.private;
                let owned = AddressSet::one(IpAddr::V4(association.public));
                let theirs = work.space.to_destinations(rest, &owned);
                rest = work.space.subtract(rest, theirs);
                let inside = self
                    .inwards
                    .iter()
                    .find(|(addresses, _)| private.is_subset(addresses));
                let Some((_, link)) = inside else { continue };
                let passage = Passage::over(*link).anonymous();
                let because = self.says(format!("{id} delivers by the customer-owned address"));
                let rewrite = Rewrite {
                    destination: Some(private.clone()),
                    ..Rewrite::default()
                };
                steps.push(match undone {
                    true => Step::Restore {
                        packets: theirs,
                        passage,
                        because,
                    },
                    false => {
                        let passage = passage.rewriting(rewrite).meant_for(association.unassigned);
                        Step::forward(theirs, passage, because)
                    }
                });
            }
        } else {
            for (addresses, link) in &self.inwards {
                let theirs = work.space.to_destinations(rest, addresses);
                rest = work.space.subtract(rest, theirs);
                let because = self.says(format!("{id} delivers into the VPC"));
                steps.push(Step::forward(theirs, Passage::over(*link).anonymous(), because));
            }
        }
        let message = format!("no VPC of {id} has the destination");
        let because = self.refuses(ExplanationCode::NoPossibleDestination, message);
        steps.push(Step::lose(rest, because));
    }
}
