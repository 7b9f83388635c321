//! Direct Connect virtual interfaces: the BGP session between the customer's router and a gateway.
//!
//! - A private one ends at a virtual private gateway or at a Direct Connect gateway, a transit one at a Direct Connect gateway
//!   in front of transit gateways (Direct Connect guide, "Virtual interfaces").
//! - It carries packets while it is available and BGP is up.
//! - A public one leads to AWS's public addresses, of which the model knows too little: it leads nowhere here.
//!
//! Read 2026-11-25.

use crate::code::ExplanationCode;
use crate::model::{Model, Place, VirtualInterfaceType};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, Kind, LinkId, Passage, ResourceRef, Step, Workspace,
};

/// Direct Connect's word for it, without the prefix of its service.
pub const NAME: &str = "virtual-interface";

/// The kind.
pub struct VirtualInterfaces;

impl Kind for VirtualInterfaces {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("virtual_interfaces")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[ExplanationCode::BadState, ExplanationCode::UnknownResource]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &[
            "public virtual interfaces",
            "the customer's router, and the link between two sites (SiteLink)",
        ]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for id in model.virtual_interfaces.keys() {
            builder.place(NAME, id);
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, interface) in &model.virtual_interfaces {
            let node = builder.place(NAME, id);
            let premises = builder.place("on-premises", "on-premises");
            let outwards = builder.link(node, premises, Direction::Egress);
            let public = interface.kind == VirtualInterfaceType::Public;
            let end = interface.gateway.as_ref().filter(|_| !public);
            let place = end.and_then(|end| match () {
                () if model.vpn_gateways.contains_key(end.as_str()) => {
                    Some(builder.place("vpn-gateway", end.clone()))
                }
                () if model.direct_connect_gateways.contains_key(end.as_str()) => {
                    Some(builder.place("direct-connect-gateway", end.clone()))
                }
                () => None,
            });
            let session = Session {
                resource: ResourceRef::new(NAME, id),
                idle: interface.idle(),
                outwards,
                inwards: place.map(|place| builder.link(node, place, Direction::Ingress)),
            };
            builder.set(node, session);
        }
    }
}

struct Session {
    resource: ResourceRef,
    idle: Option<&'static str>,
    outwards: LinkId,
    inwards: Option<LinkId>,
}

impl Component for Session {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, _: &Workspace) -> Vec<Step> {
        let packets = arrival.packets;
        let id = &self.resource.id;
        let place = Place::item("virtual_interfaces", id.clone());
        let link = match arrival.direction() {
            Direction::Egress => Some(self.outwards),
            Direction::Ingress => self.inwards,
        };
        let Some(link) = link else {
            let message = format!("the model does not describe the gateway at AWS's end of {id}");
            let code = ExplanationCode::UnknownResource;
            let because = Cause::refusal(code, &self.resource, "virtual interface", message);
            let because = because.at(place.field("gateway"));
            return vec![Step::Unknown { packets, because }];
        };
        let passage = Passage::over(link).anonymous();
        if let Some(why) = self.idle {
            let message = format!("{id} {why}");
            let code = ExplanationCode::BadState;
            let because = Cause::refusal(code, &self.resource, "virtual interface", message);
            return vec![Step::drop(packets, passage, because.at(place.field("state")))];
        }
        let message = match arrival.direction() {
            Direction::Egress => {
                format!("{id} carries it to the customer's router; what is behind it is not modelled")
            }
            Direction::Ingress => format!("{id} carries it to AWS"),
        };
        let because = Cause::implicit(&self.resource, "virtual interface", message).at(place);
        vec![Step::forward(packets, passage, because)]
    }
}
