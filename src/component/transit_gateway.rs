//! Transit gateways, as the route tables of VPCs see them: a target that each subnet reaches in its own way.
//!
//! - A subnet may use a transit gateway when its VPC is attached to it; the packets enter by the attachment's interface in
//!   the subnet's own Availability Zone (transit gateway guide, "How transit gateways work"). The 2026 page says in one
//!   place that only the attachment's own subnets may; its rule of the zones, and what is established, say otherwise, and
//!   that is what we follow.
//! - They meet the network ACL of the attachment's subnet on the way in, even when they come from that very subnet
//!   (transit gateway guide, "Network ACLs for transit gateways").
//! - Without an interface in the zone they are lost (`TGW_ROUTE_AZ_RESTRICTION`).
//!
//! Read 2026-11-24.

use crate::code::ExplanationCode;
use crate::model::{
    Model, Place, Subnet, SubnetId, TransitGatewayAttachment, TransitGatewayAttachmentId, TransitGatewayId,
};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, Kind, LinkId, Passage, ResourceRef, Step, Target,
    TransitTable, Workspace, transit_attachments, transit_words, zone_of,
};

/// EC2's word for it.
pub const NAME: &str = "transit-gateway";

/// The kind.
pub struct TransitGateways;

impl Kind for TransitGateways {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("transit_gateways")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::TgwRouteAzRestriction,
            ExplanationCode::UnknownResource,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["multicast", "policy tables"]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for gateway in model.transit_gateways.keys() {
            let node = builder.place(NAME, gateway);
            let detached = format!("the VPC is not attached to {gateway}");
            builder.offer_target(
                gateway,
                Target {
                    blackhole: Some(detached),
                    ..Target::at(node)
                },
            );
            for (id, attachment) in transit_attachments(gateway, model) {
                let vpc = attachment.vpc.as_ref();
                let subnets = model
                    .subnets
                    .iter()
                    .filter(|(_, subnet)| Some(&subnet.vpc) == vpc);
                for (subnet, described) in subnets {
                    let target = door((id, attachment), (subnet, described), builder);
                    builder.offer_target_from(subnet, gateway, target);
                }
            }
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, attachment) in &model.transit_gateway_attachments {
            connect_closed(id, attachment, model, builder);
        }
    }
}

/// How a subnet's packets get into an attachment.
fn door(
    (id, attachment): (&TransitGatewayAttachmentId, &TransitGatewayAttachment),
    (subnet, described): (&SubnetId, &Subnet),
    builder: &mut Builder<'_>,
) -> Target {
    let serves = |port: &&SubnetId| *port == subnet || zone_of(port, builder.model) == described.az;
    match attachment.subnets.iter().find(serves).cloned() {
        Some(port) => Target {
            subnet: Some(port.clone()),
            filtered_inside: true,
            ..Target::at(builder.transit_port(id, &port))
        },
        None => Target::at(builder.place(NAME, closed_place(id, described.az.is_some()).as_str())),
    }
}

fn closed_place(attachment: &TransitGatewayAttachmentId, zoned: bool) -> String {
    format!(
        "{attachment} from {}",
        if zoned { "another zone" } else { "no zone" }
    )
}

/// What packets of zones meet in which the attachment has no interface.
fn connect_closed(
    id: &TransitGatewayAttachmentId,
    attachment: &TransitGatewayAttachment,
    model: &Model,
    builder: &mut Builder<'_>,
) {
    let gateway = &attachment.transit_gateway;
    for zoned in [true, false] {
        let Some(node) = builder.find(NAME, closed_place(id, zoned).as_str()) else {
            continue;
        };
        let table = TransitTable::of(attachment, gateway, model);
        let onward = table.map(|table| {
            let lookup = builder.transit_lookup(&table, &None);
            builder.link(node, lookup, Direction::Ingress)
        });
        let resource = ResourceRef::new(transit_words(gateway, model).attachment, id);
        let gateway = gateway.clone();
        builder.set(
            node,
            Closed {
                resource,
                gateway,
                onward,
                zoned,
            },
        );
    }
}

struct Closed {
    resource: ResourceRef,
    gateway: TransitGatewayId,
    onward: Option<LinkId>,
    /// Whether the model says in which zone the packets begin.
    zoned: bool,
}

impl Component for Closed {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, _: &Workspace) -> Vec<Step> {
        let place = Place::item("transit_gateway_attachments", self.resource.id.clone()).field("subnets");
        let packets = arrival.packets;
        if !self.zoned {
            let message = "the model does not say in which Availability Zone the subnet is (`az`)";
            let code = ExplanationCode::UnknownResource;
            let because = Cause::refusal(code, &self.resource, "zone", message).at(place);
            return vec![Step::Unknown { packets, because }];
        }
        let (id, gateway) = (&self.resource.id, &self.gateway);
        let message =
            format!("{id} has no subnet in the zone of the sender, so {gateway} is not reached from there");
        let code = ExplanationCode::TgwRouteAzRestriction;
        let because = Cause::refusal(code, &self.resource, "zone", message).at(place);
        vec![match self.onward {
            Some(link) => Step::drop(packets, Passage::over(link), because),
            None => Step::lose(packets, because),
        }]
    }
}
