//! Traffic mirror sessions, as senders of copies: what becomes of a copy is a question of its own, which begins here.
//!
//! - Copies leave in VXLAN, UDP to port 4789, from the primary address of the source interface (Traffic Mirroring guide, "Traffic
//!   mirroring packet format").
//! - The egress rules of the source's security groups are not asked; the route table of its subnet is, and the security groups of
//!   the target have to let UDP 4789 in (Traffic Mirroring guide, "How Traffic Mirroring works", "Traffic mirror targets").
//! - Whether the network ACL of the source's subnet is asked is not documented. It is asked here, and who tells the answer says so.
//!
//! Read 2026-11-24 (sessions, targets, packet format).

use crate::code::ExplanationCode;
use crate::model::{
    AddressSpec, Model, NetworkInterface, Place, TrafficMirrorSession, TrafficMirrorSessionId,
};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, Kind, LinkId, NodeId, Owner, Passage, ResourceRef, Step,
    Workspace,
};
use crate::packet::{AddressSet, Family};

/// EC2's word for it.
pub const NAME: &str = "traffic-mirror-session";

/// The kind.
pub struct TrafficMirrorSessions;

impl Kind for TrafficMirrorSessions {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("traffic_mirror_sessions")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &[
            "copies that are lost because the source or the network is busy",
            "truncation by the MTU of the target",
            "which instance types can be sources",
        ]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, session) in &model.traffic_mirror_sessions {
            let Some(eni) = model.enis.get(&session.source) else {
                continue;
            };
            let node = builder.place(NAME, id);
            let vpc = model.subnets.get(&eni.subnet).map(|subnet| subnet.vpc.clone());
            builder.own(
                node,
                Owner {
                    resource: ResourceRef::new(NAME, id),
                    vpc,
                    addresses: primary(eni, builder),
                    public: AddressSet::empty(),
                },
            );
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, session) in &model.traffic_mirror_sessions {
            if let Some(eni) = model.enis.get(&session.source) {
                connect_one(id, session, eni, builder);
            }
        }
    }
}

/// The primary IPv4 address of the source, or those that it may be: the address of every copy.
fn primary(eni: &NetworkInterface, builder: &Builder<'_>) -> AddressSet {
    let known = eni.ip.iter().find_map(|spec| match spec {
        AddressSpec::Known(address) if address.is_ipv4() => Some(AddressSet::one(*address)),
        _ => None,
    });
    let any = || builder.addresses_of(eni).0;
    known
        .unwrap_or_else(any)
        .intersect(&AddressSet::family(Family::V4))
}

fn connect_one(
    id: &TrafficMirrorSessionId,
    session: &TrafficMirrorSession,
    eni: &NetworkInterface,
    builder: &mut Builder<'_>,
) {
    let node = builder.place(NAME, id);
    let subnet = builder.place("subnet", &eni.subnet);
    let component = Session {
        resource: ResourceRef::new(NAME, id),
        source: ResourceRef::new("network-interface", &session.source),
        interface: builder.find("network-interface", &session.source),
        out: builder.link(node, subnet, Direction::Egress),
    };
    builder.set(node, component);
}

struct Session {
    resource: ResourceRef,
    source: ResourceRef,
    interface: Option<NodeId>,
    /// Into the subnet, past the security groups of the source.
    out: LinkId,
}

impl Component for Session {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, _: &Workspace) -> Vec<Step> {
        let message = format!("copies leave {}, past its security groups", self.source.id);
        let because = Cause::implicit(&self.resource, "copies", message)
            .at(Place::item("traffic_mirror_sessions", self.resource.id.clone()));
        let passage = Passage::over(self.out);
        let passage = match self.interface {
            Some(interface) => passage.sent_by(interface),
            None => passage,
        };
        vec![Step::forward(arrival.packets, passage, because)]
    }
}
