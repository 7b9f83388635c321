//! Customer gateways: the routers at the other end of VPN connections.
//!
//! What a working tunnel hands to one counts as delivered on premises: nothing of it or behind it is modelled (its own
//! firewall, its routes back). One place for each connection that ends at it, so that a reply goes back into the tunnel that
//! the request came out of.
//!
//! VPN guide, "Your customer gateway device". Read 2026-11-25.

use crate::code::ExplanationCode;
use crate::model::{Model, Place};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, Kind, LinkId, Passage, ResourceRef, Step, Workspace,
};

/// EC2's word for it.
pub const NAME: &str = "customer-gateway";

/// The kind.
pub struct CustomerGateways;

impl Kind for CustomerGateways {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("customer_gateways")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["the device's own firewall, routes and address translation"]
    }

    fn declare(&self, _: &Model, _: &mut Builder<'_>) {}

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        let connections = model.vpn_connections.iter();
        for (id, customer) in connections.filter_map(|(id, vpn)| Some((id, vpn.customer_gateway.as_ref()?))) {
            let node = builder.place(NAME, format!("{customer} of {id}").as_str());
            let premises = builder.place("on-premises", "on-premises");
            let connection = builder.place("vpn-connection", id);
            let router = Router {
                resource: ResourceRef::new(NAME, customer),
                outwards: builder.link(node, premises, Direction::Egress),
                inwards: builder.link(node, connection, Direction::Ingress),
            };
            builder.set(node, router);
        }
    }
}

struct Router {
    resource: ResourceRef,
    outwards: LinkId,
    inwards: LinkId,
}

impl Component for Router {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, _: &Workspace) -> Vec<Step> {
        let id = &self.resource.id;
        let (link, message) = match arrival.direction() {
            Direction::Egress => (
                self.outwards,
                format!("{id} takes it out of the tunnel; the device itself is not modelled"),
            ),
            Direction::Ingress => (self.inwards, format!("{id} puts it into the tunnel")),
        };
        let because = Cause::implicit(&self.resource, "customer gateway", message);
        let because = because.at(Place::item("customer_gateways", id.clone()));
        vec![Step::forward(arrival.packets, Passage::over(link), because)]
    }
}
