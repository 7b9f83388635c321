//! Connect attachments of transit gateways: GRE and BGP to an appliance, on top of another attachment.
//!
//! - It works while its own attachment and the one that carries it do, and BGP is up with one of its peers (transit gateway
//!   guide, "Connect attachments").
//! - Several peers that announce a prefix share the load; who of them gets a packet does not matter here, because what is
//!   behind them is on premises, or a network that nobody described: handed to a peer counts as delivered.
//! - That the GRE packets themselves get from the transit gateway to the appliance, through the other attachment's VPC, is
//!   taken for granted, and said so (AWS's analyzer does not follow Connect attachments at all).
//!
//! Read 2026-11-25; `reference` sections 6.1, 6.3.

use crate::code::ExplanationCode;
use crate::model::{LinkStatus, Model, Place, TransitGatewayAttachmentId};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, Kind, LinkId, Passage, ResourceRef, Step, Target,
    Workspace,
};

/// Our word for it; EC2 calls its attachments `connect`.
pub const NAME: &str = "transit-gateway-connect";

/// The kind.
pub struct TransitGatewayConnects;

impl Kind for TransitGatewayConnects {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("transit_gateway_connect_peers")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[ExplanationCode::BadStateAttachment]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["whether the GRE packets of a Connect attachment get to the appliance"]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, _) in connects(model) {
            let node = builder.place(NAME, id);
            // One attachment may carry several of these: what is behind each goes by its own id.
            builder.offer_target(id, Target::at(node));
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, carrier) in connects(model) {
            let node = builder.place(NAME, id);
            let premises = builder.place("on-premises", "on-premises");
            let entrance = builder.transit_arrival(id);
            let peers = model.transit_gateway_connect_peers.values();
            let peers: Vec<_> = peers.filter(|peer| &peer.attachment == id).collect();
            let down = !peers.is_empty() && peers.iter().all(|peer| peer.bgp == LinkStatus::Down);
            let idle = if down {
                Some(format!("BGP is up with no peer of {id}"))
            } else {
                let works = model
                    .transit_gateway_attachments
                    .get(carrier)
                    .is_some_and(|carrier| carrier.state.works());
                (!works).then(|| format!("{carrier}, which carries {id}, is not available"))
            };
            let tunnel = Tunnel {
                resource: ResourceRef::new("transit-gateway-attachment", id),
                carrier: carrier.to_string(),
                idle,
                outwards: builder.link(node, premises, Direction::Egress),
                inwards: builder.link(node, entrance, Direction::Ingress),
            };
            builder.set(node, tunnel);
        }
    }
}

/// The Connect attachments, and the attachments that carry them.
fn connects(
    model: &Model,
) -> impl Iterator<Item = (&TransitGatewayAttachmentId, &TransitGatewayAttachmentId)> {
    model
        .transit_gateway_attachments
        .iter()
        .filter_map(|(id, attachment)| {
            let carrier = attachment.resource.as_ref()?.as_str();
            let (carrier, _) = model.transit_gateway_attachments.get_key_value(carrier)?;
            Some((id, carrier))
        })
}

struct Tunnel {
    resource: ResourceRef,
    carrier: String,
    idle: Option<String>,
    outwards: LinkId,
    inwards: LinkId,
}

impl Component for Tunnel {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, _: &Workspace) -> Vec<Step> {
        let link = match arrival.direction() {
            Direction::Egress => self.outwards,
            Direction::Ingress => self.inwards,
        };
        let passage = Passage::over(link).anonymous();
        let place = Place::item("transit_gateway_attachments", self.resource.id.clone());
        if let Some(why) = &self.idle {
            let code = ExplanationCode::BadStateAttachment;
            let because = Cause::refusal(code, &self.resource, "Connect", why.clone()).at(place);
            return vec![Step::drop(arrival.packets, passage, because)];
        }
        let message = format!(
            "the GRE packets of {} are taken to get through {}",
            self.resource.id, self.carrier
        );
        let because = Cause::implicit(&self.resource, "Connect", message);
        vec![Step::forward(
            arrival.packets,
            passage,
            because.at(place).assumed(),
        )]
    }
}
