//! Direct Connect gateways: virtual interfaces on one side, virtual private gateways or transit gateways on the other.
//!
//! - Towards the customer the longest prefix that a virtual interface announced wins; equal ones share the load, so any may
//!   be picked (Direct Connect guide, "Routing policies").
//! - Towards AWS only what is announced on premises is carried (guide, "Allowed prefixes interactions"): of a virtual private
//!   gateway's VPC the CIDRs inside an allowed prefix, for a transit gateway exactly the allowed prefixes. AWS has no code
//!   for what is not: `WHYHOP_DIRECT_CONNECT_PREFIX`.
//! - From one of its gateways to another it never leads (guide, "Direct Connect gateways").
//!
//! Read 2026-11-25.

use crate::code::ExplanationCode;
use crate::model::{
    DirectConnectAssociation, DirectConnectGateway, DirectConnectGatewayId, Model, Place, ResourceId,
};
use crate::network::{
    Arrival, Builder, Cause, Choice, Component, Direction, Kind, LinkId, NodeId, Passage, ResourceRef,
    RuleRef, Step, Target, Workspace, announced_by, behind, standing,
};
use crate::packet::{AddressSet, PacketSet};
use ipnet::IpNet;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Direct Connect's word for it.
pub const NAME: &str = "direct-connect-gateway";

/// The kind.
pub struct DirectConnectGateways;

impl Kind for DirectConnectGateways {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("direct_connect_gateways")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::BadStateAttachment,
            ExplanationCode::NoPossibleDestination,
            ExplanationCode::UnknownResource,
            ExplanationCode::WhyhopDirectConnectPrefix,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &[
            "AS paths and the local preference communities",
            "VPCs that reach each other through the customer's router by a wider prefix",
        ]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for id in model.direct_connect_gateways.keys() {
            let node = builder.place(NAME, id);
            // The attachment of a transit gateway names it as what is behind it.
            builder.offer_target(id, Target::at(node));
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, gateway) in &model.direct_connect_gateways {
            connect_one(id, gateway, model, builder);
        }
    }
}

fn connect_one(
    id: &DirectConnectGatewayId,
    gateway: &DirectConnectGateway,
    model: &Model,
    builder: &mut Builder<'_>,
) {
    let node = builder.place(NAME, id);
    let (outwards, open) = outwards(node, &id.into(), model, builder);
    let inwards = gateway.associations.iter().enumerate();
    let inwards = inwards.map(|(index, association)| side(node, (id, index, association), builder));
    let inwards = inwards.collect();
    let resource = ResourceRef::new(NAME, id);
    builder.set(
        node,
        Gateway {
            resource,
            outwards,
            open,
            inwards,
        },
    );
}

/// The ways to the customer by prefix, the longest first; and a virtual interface whose announcements are not known.
fn outwards(
    node: NodeId,
    id: &ResourceId,
    model: &Model,
    builder: &mut Builder<'_>,
) -> (Vec<(IpNet, Vec<LinkId>)>, Option<ResourceId>) {
    let mut learned: Vec<(IpNet, bool, LinkId)> = Vec::new();
    let mut open = None;
    let own = model
        .virtual_interfaces
        .iter()
        .filter(|(_, one)| one.gateway.as_ref() == Some(id));
    for (interface, _) in own {
        let place = builder.place("virtual-interface", interface);
        let link = builder.link(node, place, Direction::Egress);
        let interface = ResourceId::from(interface);
        let behind = behind(&interface, model).unwrap_or_default();
        let own = behind.prefixes.iter();
        learned.extend(own.map(|cidr| (*cidr, behind.withdrawn.contains(cidr), link)));
        if !behind.known {
            open = open.or(Some(interface));
        }
    }
    let mut routes: BTreeMap<IpNet, Vec<LinkId>> = BTreeMap::new();
    for (cidr, _, link) in standing(learned, |(cidr, withdrawn, _)| (*cidr, *withdrawn)) {
        routes.entry(cidr).or_default().push(link);
    }
    let mut routes: Vec<_> = routes.into_iter().collect();
    routes.sort_by_key(|(cidr, _)| (Reverse(cidr.prefix_len()), *cidr));
    (routes, open)
}

/// A gateway of AWS's side.
fn side(
    node: NodeId,
    (id, index, association): (&DirectConnectGatewayId, usize, &DirectConnectAssociation),
    builder: &mut Builder<'_>,
) -> Side {
    let gateway = &association.gateway;
    let link = if builder.model.vpn_gateways.contains_key(gateway.as_str()) {
        let place = builder.place("vpn-gateway", gateway.clone());
        Some(builder.link(node, place, Direction::Ingress))
    } else {
        let mine = builder.model.transit_gateway_attachments.iter();
        let mine: Vec<_> = mine
            .filter(|(_, one)| {
                one.transit_gateway.as_str() == gateway.as_str()
                    && one
                        .resource
                        .as_ref()
                        .is_some_and(|end| end.as_str() == id.as_str())
            })
            .map(|(attachment, _)| attachment.clone())
            .collect();
        mine.first().map(|attachment| {
            let place = builder.transit_arrival(attachment);
            builder.link(node, place, Direction::Ingress)
        })
    };
    let [announced, all] = announced_by(association, builder.model);
    Side {
        index,
        gateway: gateway.clone(),
        works: association.state.works(),
        announced: AddressSet::from_cidrs(announced),
        all: AddressSet::from_cidrs(all),
        link,
    }
}

struct Side {
    index: usize,
    gateway: ResourceId,
    works: bool,
    announced: AddressSet,
    all: AddressSet,
    link: Option<LinkId>,
}

struct Gateway {
    resource: ResourceRef,
    outwards: Vec<(IpNet, Vec<LinkId>)>,
    open: Option<ResourceId>,
    inwards: Vec<Side>,
}

impl Component for Gateway {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let mut steps = match arrival.direction() {
            Direction::Egress => self.leave(arrival.packets, work),
            Direction::Ingress => self.enter(arrival.packets, work),
        };
        steps.retain(|step| !step.packets().is_empty());
        steps
    }
}

impl Gateway {
    fn place(&self) -> Place {
        Place::item("direct_connect_gateways", self.resource.id.clone())
    }

    fn says(&self, message: String) -> Cause {
        Cause::implicit(&self.resource, "Direct Connect", message).at(self.place())
    }

    fn refuses(&self, code: ExplanationCode, message: String) -> Cause {
        Cause {
            code: Some(code),
            ..self.says(message)
        }
    }

    fn leave(&self, packets: PacketSet, work: &Workspace) -> Vec<Step> {
        let mut rest = packets;
        let mut steps = Vec::new();
        for (cidr, links) in &self.outwards {
            let theirs = work.space.to_destinations(rest, &AddressSet::cidr(*cidr));
            rest = work.space.subtract(rest, theirs);
            let because = self.says(format!("{cidr} was announced by the customer's router"));
            steps.push(Step::Forward {
                packets: theirs,
                picks: links.iter().map(|link| Passage::over(*link)).collect(),
                choice: Choice::Any,
                because: because.by(RuleRef::Route(cidr.to_string().into())),
            });
        }
        let id = &self.resource.id;
        steps.push(match &self.open {
            Some(open) => {
                let message = format!("the model does not say what was announced over {open} (`routes`)");
                let because = self.refuses(ExplanationCode::UnknownResource, message);
                Step::Unknown {
                    packets: rest,
                    because,
                }
            }
            None => {
                let message = format!("no virtual interface of {id} announced a route to the destination");
                Step::lose(
                    rest,
                    self.refuses(ExplanationCode::NoPossibleDestination, message),
                )
            }
        });
        steps
    }

    fn enter(&self, packets: PacketSet, work: &Workspace) -> Vec<Step> {
        let mut rest = packets;
        let mut steps = Vec::new();
        for side in &self.inwards {
            let theirs = work.space.to_destinations(rest, &side.announced);
            rest = work.space.subtract(rest, theirs);
            steps.push(self.into(side, theirs));
        }
        for side in &self.inwards {
            let withheld = work.space.to_destinations(rest, &side.all);
            rest = work.space.subtract(rest, withheld);
            let gateway = &side.gateway;
            let message = format!(
                "the allowed prefixes of {gateway} do not hold the destination, so nobody on premises is told of it"
            );
            let because = self.refuses(ExplanationCode::WhyhopDirectConnectPrefix, message);
            let place = self.place().field("associations").index(side.index);
            let because = because.at(place.key("allowed_prefixes"));
            steps.push(match side.link {
                Some(link) => Step::drop(withheld, Passage::over(link), because),
                None => Step::lose(withheld, because),
            });
        }
        let message = format!(
            "no gateway that is associated with {} announces the destination",
            self.resource.id
        );
        let because = self.refuses(ExplanationCode::NoPossibleDestination, message);
        steps.push(Step::lose(rest, because));
        steps
    }

    fn into(&self, side: &Side, packets: PacketSet) -> Step {
        let gateway = &side.gateway;
        let Some(link) = side.link else {
            let message = format!("the model does not describe {gateway}, or its attachment");
            let because = self.refuses(ExplanationCode::UnknownResource, message);
            return Step::Unknown { packets, because };
        };
        if !side.works {
            let message = format!(
                "{gateway} is not associated with {} any more or yet",
                self.resource.id
            );
            let because = self.refuses(ExplanationCode::BadStateAttachment, message);
            return Step::drop(packets, Passage::over(link), because);
        }
        let because = self.says(format!("{gateway} announces the destination"));
        Step::forward(packets, Passage::over(link), because)
    }
}
