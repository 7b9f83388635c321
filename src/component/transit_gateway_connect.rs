//! Connect attachments of transit gateways: GRE and BGP to an appliance, on top of another attachment.
//!
//! - It works while its own attachment and the one that carries it do, and BGP is up with one of its peers (transit gateway
//!   guide, "Connect attachments").
//! - Several peers that announce a prefix share the load; who of them gets a packet does not matter here, because what is
//!   behind them is on premises, or a network that nobody described: handed to a peer counts as delivered.
//! - The GRE packets themselves (protocol 47, between an address of the transit gateway's own CIDR blocks and the appliance's) have a
//!   way of their own, through the attachment that carries them: past the groups and the network ACL of the appliance, and back by the
//!   routes of its subnet for the transit gateway's address (same guide, "Transit gateway Connect peers"). Either end may begin. What
//!   stops both stops what is inside. Where the model does not say who has the addresses, or a Direct Connect gateway carries it, it is
//!   taken for granted, and said so. AWS's analyzer does not follow Connect attachments at all.
//!
//! Read 2026-11-25.

use crate::code::ExplanationCode;
use crate::model::{
    LinkStatus, Model, NetworkInterface, Place, TransitGatewayAttachmentId, TransitGatewayConnectPeer,
    TransitGatewayConnectPeerId,
};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, Kind, LinkId, NodeId, Passage, ResourceRef, Step, Target,
    Tunnel, TunnelId, Workspace,
};
use crate::packet::{AddressSet, Cube, ProtocolSet};
use std::net::IpAddr;
use std::rc::Rc;

/// Our word for it; EC2 calls its attachments `connect`.
pub const NAME: &str = "transit-gateway-connect";

/// The place of the transit gateway's end of a tunnel.
const END: &str = "transit-gateway-connect-peer";

/// Generic Routing Encapsulation.
const GRE: u8 = 47;

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
        &["the GRE packets of a Connect attachment that Direct Connect carries"]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, _) in connects(model) {
            let node = builder.place(NAME, id);
            // One attachment may carry several of these: what is behind each goes by its own id.
            builder.offer_target(id, Target::at(node));
            for (peer, described) in peers(id, model) {
                let gateway = model.transit_gateway_attachments.get(id);
                if let (Some(attachment), Some((own, theirs))) = (gateway, ends(described)) {
                    let end = builder.place(END, peer);
                    builder.end_in_transit(&attachment.transit_gateway, end, gre(theirs, own));
                }
            }
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, carrier) in connects(model) {
            let node = builder.place(NAME, id);
            let premises = builder.place("on-premises", "on-premises");
            let entrance = builder.transit_arrival(id);
            let tunnels = connect_ends(id, carrier, model, builder);
            let tunnel = Connect {
                resource: ResourceRef::new("transit-gateway-attachment", id),
                carrier: carrier.to_string(),
                idle: idle(id, carrier, model),
                tunnels,
                outwards: builder.link(node, premises, Direction::Egress),
                inwards: builder.link(node, entrance, Direction::Ingress),
            };
            builder.set(node, tunnel);
        }
    }
}

fn peers<'m>(
    id: &'m TransitGatewayAttachmentId,
    model: &'m Model,
) -> impl Iterator<Item = (&'m TransitGatewayConnectPeerId, &'m TransitGatewayConnectPeer)> {
    let all = model.transit_gateway_connect_peers.iter();
    all.filter(move |(_, peer)| &peer.attachment == id)
}

/// Why a Connect attachment carries nothing.
fn idle(
    id: &TransitGatewayAttachmentId,
    carrier: &TransitGatewayAttachmentId,
    model: &Model,
) -> Option<String> {
    let mut all = peers(id, model).peekable();
    if all.peek().is_some() && all.all(|(_, peer)| peer.bgp == LinkStatus::Down) {
        return Some(format!("BGP is up with no peer of {id}"));
    }
    let carrier_works = model
        .transit_gateway_attachments
        .get(carrier)
        .is_some_and(|carrier| carrier.state.works());
    (!carrier_works).then(|| format!("{carrier}, which carries {id}, is not available"))
}

/// The two ends of a peer's tunnel: the transit gateway's, and the appliance's.
fn ends(peer: &TransitGatewayConnectPeer) -> Option<(IpAddr, IpAddr)> {
    peer.transit_gateway_ip.zip(peer.ip)
}

/// GRE from one address to another (IANA, protocol 47).
fn gre(from: IpAddr, to: IpAddr) -> Cube {
    Cube {
        protocols: ProtocolSet::one(GRE),
        sources: AddressSet::one(from),
        destinations: AddressSet::one(to),
        ..Cube::all()
    }
}

/// Puts the transit gateway's ends of the tunnels into their places; answers the flows of those peers that are up, one of which must get
/// through. None: of one of them the model does not say where it is.
fn connect_ends(
    id: &TransitGatewayAttachmentId,
    carrier: &TransitGatewayAttachmentId,
    model: &Model,
    builder: &mut Builder<'_>,
) -> Option<Vec<TunnelId>> {
    let mut tunnels = Vec::new();
    let mut known = true;
    for (peer, described) in peers(id, model) {
        let Some((own, theirs)) = ends(described) else {
            known &= described.bgp == LinkStatus::Down;
            continue;
        };
        let end = builder.place(END, peer);
        let gateway = model
            .transit_gateway_attachments
            .get(carrier)?
            .transit_gateway
            .clone();
        let departure = builder.transit_departure(carrier, &gateway, &None);
        let component = End {
            resource: ResourceRef::new("transit-gateway-connect-peer", peer),
            out: builder.link(end, departure, Direction::Egress),
        };
        builder.set(end, component);
        if described.bgp == LinkStatus::Down {
            continue;
        }
        match appliance(theirs, carrier, model, builder) {
            Some(appliance) => {
                tunnels.push(builder.tunnel(flow(peer, (end, own), (appliance, theirs))));
            }
            None => known = false,
        }
    }
    (known && !tunnels.is_empty()).then_some(tunnels)
}

/// The interface of the appliance, in the VPC that carries the tunnel.
fn appliance(
    address: IpAddr,
    carrier: &TransitGatewayAttachmentId,
    model: &Model,
    builder: &mut Builder<'_>,
) -> Option<NodeId> {
    let vpc = model.transit_gateway_attachments.get(carrier)?.vpc.as_ref()?;
    let tenants = Rc::clone(&builder.tenants);
    let inside = |eni: &NetworkInterface| model.subnets.get(&eni.subnet).map(|subnet| &subnet.vpc);
    let mut found = tenants.at_address(address).iter();
    let (eni, _) = found.find(|(_, eni)| inside(eni) == Some(vpc))?;
    Some(builder.place("network-interface", *eni))
}

/// The flow of a tunnel, whichever of the two began it.
fn flow(
    peer: &TransitGatewayConnectPeerId,
    (end, own): (NodeId, IpAddr),
    (appliance, theirs): (NodeId, IpAddr),
) -> Tunnel {
    Tunnel {
        name: format!("GRE of {peer}"),
        from: end,
        to: appliance,
        there: gre(own, theirs),
        back: Some(gre(theirs, own)),
        mutual: true,
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

struct Connect {
    resource: ResourceRef,
    carrier: String,
    idle: Option<String>,
    tunnels: Option<Vec<TunnelId>>,
    outwards: LinkId,
    inwards: LinkId,
}

impl Component for Connect {
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
        let (id, carrier) = (&self.resource.id, &self.carrier);
        if let Some(why) = &self.idle {
            let code = ExplanationCode::BadStateAttachment;
            let because = Cause::refusal(code, &self.resource, "Connect", why.clone()).at(place);
            return vec![Step::drop(arrival.packets, passage, because)];
        }
        let says = |message| Cause::implicit(&self.resource, "Connect", message).at(place.clone());
        let (passage, because) = match &self.tunnels {
            Some(tunnels) => {
                let message = format!("{id} carries them in GRE, through {carrier}");
                (passage.carried_by(tunnels.clone()), says(message))
            }
            None => {
                let message = format!("the GRE packets of {id} are taken to get through {carrier}");
                (passage, says(message).assumed())
            }
        };
        vec![Step::forward(arrival.packets, passage, because)]
    }
}

/// The transit gateway's end of a tunnel.
struct End {
    resource: ResourceRef,
    out: LinkId,
}

impl Component for End {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, _: &Workspace) -> Vec<Step> {
        let place = Place::item("transit_gateway_connect_peers", self.resource.id.clone());
        let says = |message| Cause::implicit(&self.resource, "GRE", message).at(place.clone());
        vec![match arrival.link {
            None => Step::forward(
                arrival.packets,
                Passage::over(self.out),
                says(format!(
                    "the transit gateway sends from its end of {}",
                    self.resource.id
                )),
            ),
            Some(_) => Step::Deliver {
                packets: arrival.packets,
                answered: false,
                because: says(format!(
                    "the transit gateway has its end of {} here",
                    self.resource.id
                )),
            },
        }]
    }
}
