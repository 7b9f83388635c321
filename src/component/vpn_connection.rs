//! Site-to-Site VPN connections, between a customer gateway and a virtual private gateway or a transit gateway.
//!
//! - It carries packets while it is available and one of its two tunnels is up (`BAD_STATE_VPN`, `TGW_BAD_STATE_VPN`).
//! - Its tunnels carry IPv4; a transit gateway's may carry IPv6 instead (VPN guide, "IPv4 and IPv6 traffic").
//! - It may be limited to addresses on either side (EC2 API, `VpnConnectionOptions`: LocalIpv4NetworkCidr is the customer's,
//!   RemoteIpv4NetworkCidr is AWS's). That others are lost is from memory; AWS has no code for it.
//! - A model that says nothing of the tunnels has them up.
//!
//! Read 2026-11-25.

use crate::code::ExplanationCode;
use crate::model::{Cidr, Model, Place, VpnConnection, VpnConnectionId};
use crate::network::{
    Arrival, Builder, Cause, Choice, Component, Direction, Kind, LinkId, Passage, ResourceRef, Step, Target,
    Workspace,
};
use crate::packet::{AddressSet, Family, PacketSet};

/// EC2's word for it.
pub const NAME: &str = "vpn-connection";

/// The kind.
pub struct VpnConnections;

impl Kind for VpnConnections {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("vpn_connections")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::BadStateVpn,
            ExplanationCode::TgwBadStateVpn,
            ExplanationCode::UnknownResource,
            ExplanationCode::WhyhopVpnTrafficSelector,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &[
            "the customer gateway's own firewall and routes",
            "which of its tunnels carries a packet",
            "accelerated connections and VPN concentrators",
        ]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for id in model.vpn_connections.keys() {
            let node = builder.place(NAME, id);
            // The attachment of a transit gateway names it as what is behind it.
            builder.offer_target(id, Target::at(node));
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, vpn) in &model.vpn_connections {
            connect_one(id, vpn, model, builder);
        }
    }
}

fn connect_one(id: &VpnConnectionId, vpn: &VpnConnection, model: &Model, builder: &mut Builder<'_>) {
    let node = builder.place(NAME, id);
    let beyond = match &vpn.customer_gateway {
        Some(customer) => builder.place("customer-gateway", format!("{customer} of {id}").as_str()),
        None => builder.place("on-premises", "on-premises"),
    };
    let outwards = builder.link(node, beyond, Direction::Egress);
    let mut inwards = Vec::new();
    if let Some(gateway) = &vpn.vpn_gateway {
        let place = builder.place("vpn-gateway", gateway);
        inwards.push(builder.link(node, place, Direction::Ingress));
    }
    inwards.extend(builder.transit_entrances(node, &id.into()));
    let side = |cidr: &Option<Cidr>| {
        let family = if vpn.ipv6 { Family::V6 } else { Family::V4 };
        cidr.map_or_else(|| AddressSet::family(family), |cidr| AddressSet::cidr(cidr.net()))
    };
    let idle = match vpn.vpn_gateway {
        Some(_) => ExplanationCode::BadStateVpn,
        None => ExplanationCode::TgwBadStateVpn,
    };
    let connection = Connection {
        resource: ResourceRef::new(NAME, id),
        idle: vpn.idle().map(|why| (idle, format!("{id} {why}"))),
        theirs: side(&vpn.local_cidr),
        ours: side(&vpn.remote_cidr),
        attached: vpn.vpn_gateway.is_none()
            || model
                .vpn_gateways
                .contains_key(vpn.vpn_gateway.as_ref().map_or("", |id| id.as_str())),
        outwards,
        inwards,
    };
    builder.set(node, connection);
}

struct Connection {
    resource: ResourceRef,
    idle: Option<(ExplanationCode, String)>,
    /// The addresses on the customer's side that it carries.
    theirs: AddressSet,
    /// Those on AWS's side.
    ours: AddressSet,
    /// Whether the model describes the gateway at its end.
    attached: bool,
    outwards: LinkId,
    /// To the gateway at its end. Several attachments of one connection are not possible, but not this file's to forbid.
    inwards: Vec<LinkId>,
}

impl Component for Connection {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let egress = arrival.direction() == Direction::Egress;
        let links = if egress {
            vec![self.outwards]
        } else {
            self.inwards.clone()
        };
        let picks: Vec<Passage> = links
            .into_iter()
            .map(|link| Passage::over(link).anonymous())
            .collect();
        if picks.is_empty() || !self.attached {
            return vec![self.nowhere(arrival.packets)];
        }
        if let Some((code, message)) = &self.idle {
            let because = self.refuses(*code, "state", message.clone());
            return vec![lost(arrival.packets, &picks, because)];
        }
        let (from, to) = if egress {
            (&self.ours, &self.theirs)
        } else {
            (&self.theirs, &self.ours)
        };
        let carried = work.space.from_sources(arrival.packets, from);
        let carried = work.space.to_destinations(carried, to);
        let rest = work.space.subtract(arrival.packets, carried);
        let id = &self.resource.id;
        let message = format!("the tunnels of {id} do not carry these addresses");
        let because = self.refuses(ExplanationCode::WhyhopVpnTrafficSelector, "local_cidr", message);
        let mut steps = vec![lost(rest, &picks, because)];
        let way = if egress { "to the customer" } else { "to AWS" };
        steps.push(Step::Forward {
            packets: carried,
            picks,
            choice: Choice::Any,
            because: self.says(format!("{id} carries it {way}")),
        });
        steps.retain(|step| !step.packets().is_empty());
        steps
    }
}

fn lost(packets: PacketSet, picks: &[Passage], because: Cause) -> Step {
    match picks.first() {
        Some(passage) => Step::drop(packets, passage.clone(), because),
        None => Step::lose(packets, because),
    }
}

impl Connection {
    fn place(&self) -> Place {
        Place::item("vpn_connections", self.resource.id.clone())
    }

    fn says(&self, message: String) -> Cause {
        Cause::implicit(&self.resource, "tunnel", message).at(self.place())
    }

    fn refuses(&self, code: ExplanationCode, field: &'static str, message: String) -> Cause {
        let because = Cause::refusal(code, &self.resource, "tunnel", message);
        because.at(self.place().field(field))
    }

    fn nowhere(&self, packets: PacketSet) -> Step {
        let message = format!(
            "the model does not describe the gateway at AWS's end of {}",
            self.resource.id
        );
        let because = self.refuses(ExplanationCode::UnknownResource, "vpn_gateway", message);
        Step::Unknown { packets, because }
    }
}
