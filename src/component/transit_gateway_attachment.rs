//! Transit gateway attachments: the interfaces in the VPCs, and the ways out of the transit gateway.
//!
//! - Only `available` ones (and `modifying`) carry packets; what comes in is routed by the table that the attachment is
//!   associated with, and lost without one (`TGW_ATTACH_MISSING_TGW_RTB_ASSOCIATION`).
//! - Into a VPC the packets leave by the attachment's interface in the zone that they came from, where it has one; else by
//!   any. With appliance mode AWS picks one zone for a flow, and the reply keeps to it: the source's, where the destination is in
//!   it too or in no VPC, else any (transit gateway guide, "VPC attachments", "Appliance scenario").
//! - From there the subnet's route table leads on. Inside the attachment's own subnet no network ACL is asked; into
//!   another one the ACL of the attachment's subnet on the way out, not on the way in (guide, "Network ACLs").
//! - What came from a VPN, a Direct Connect gateway or a peering has no zone: any is picked (from memory).
//! - What is for the transit gateway's own end of a Connect peer's tunnel it takes itself (guide, "Connect attachments").
//! - A security group knows the sender behind a transit gateway only if that and both attachments say so, and only in
//!   ingress rules; never across a peering (guide, "Security group referencing").
//!
//! Read 2026-11-24.

mod departure;
mod repair;

use crate::code::ExplanationCode;
use crate::model::{
    AddressSpec, Model, NetworkInterfaceId, Place, SubnetId, Tenants, TransitGatewayAttachment,
    TransitGatewayAttachmentId, TransitGatewayId,
};
use crate::network::edit::{Proposal, Trouble};
use crate::network::{
    Arrival, Builder, Cause, Choice, Component, Direction, Kind, LinkId, NodeId, Passage, Resident,
    ResourceRef, Step, TransitTable, TransitWords, Workspace, Zone, transit_words, transit_zones, zone_of,
};
use crate::packet::{AddressSet, Cube};
use departure::{Departure, far_from};

/// EC2's word for it.
pub const NAME: &str = "transit-gateway-attachment";

/// The kind.
pub struct TransitGatewayAttachments;

impl Kind for TransitGatewayAttachments {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("transit_gateway_attachments")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::BadStateAttachment,
            ExplanationCode::NoPossibleDestination,
            ExplanationCode::TgwAttachMissingTgwRtbAssociation,
            ExplanationCode::UnknownResource,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["which zone the hash of appliance mode picks"]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, attachment) in &model.transit_gateway_attachments {
            for subnet in attachment.subnets.iter() {
                let node = builder.transit_port(id, subnet);
                let eni = interface(id, subnet, &builder.tenants);
                let addresses = eni.map_or_else(AddressSet::empty, |eni| addresses(eni, model));
                builder.reside(
                    subnet,
                    Resident {
                        node,
                        owner: node,
                        addresses,
                        known: true,
                    },
                );
                if let Some(eni) = eni {
                    builder.stand_in(eni, node);
                }
            }
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, attachment) in &model.transit_gateway_attachments {
            connect_ports(id, attachment, builder);
            connect_arrival(id, attachment, builder);
            connect_departures(id, attachment, &attachment.transit_gateway, builder);
            if let Some(peer) = &attachment.peer {
                connect_departures(id, attachment, peer, builder);
            }
        }
    }

    fn opening(&self, trouble: &Trouble<'_>) -> Vec<Proposal> {
        repair::opening(trouble)
    }
}

/// The interface that AWS made for an attachment in a subnet: it says so in its description. Where it has none, the only one of
/// a transit gateway in the subnet is meant.
fn interface<'m>(
    attachment: &TransitGatewayAttachmentId,
    subnet: &SubnetId,
    tenants: &Tenants<'m>,
) -> Option<&'m NetworkInterfaceId> {
    let describes = |eni: &crate::model::NetworkInterface| {
        let described = eni.description.as_deref().unwrap_or_default();
        described
            .split_whitespace()
            .any(|word| word == attachment.as_str())
    };
    let made =
        |eni: &crate::model::NetworkInterface| eni.interface_type.as_deref() == Some("transit_gateway");
    let here = tenants.of_subnet(subnet.as_str()).iter();
    let here: Vec<_> = here.filter(|(_, eni)| made(eni)).collect();
    match here.as_slice() {
        [(id, eni)] if eni.description.as_deref().unwrap_or_default().is_empty() => Some(*id),
        several => several.iter().find(|(_, eni)| describes(eni)).map(|(id, _)| *id),
    }
}

fn addresses(eni: &NetworkInterfaceId, model: &Model) -> AddressSet {
    let specs = model.enis.get(eni).into_iter().flat_map(|eni| eni.ip.iter());
    AddressSet::from_addresses(specs.filter_map(|spec| match spec {
        AddressSpec::Known(address) => Some(*address),
        AddressSpec::OneOf(_) => None,
    }))
}

/// What the components of an attachment share.
#[derive(Clone)]
struct Side {
    resource: ResourceRef,
    words: TransitWords,
    works: bool,
    /// Whether security groups know senders across it.
    identity: bool,
    /// Whether that is because the settings of the two do not allow it.
    refused: bool,
}

impl Side {
    fn of(id: &TransitGatewayAttachmentId, attachment: &TransitGatewayAttachment, model: &Model) -> Self {
        let gateway = model.transit_gateways.get(&attachment.transit_gateway);
        let allowed = gateway.is_some_and(|gateway| gateway.security_group_referencing);
        let words = transit_words(&attachment.transit_gateway, model);
        Self {
            resource: ResourceRef::new(words.attachment, id),
            words,
            works: attachment.state.works(),
            identity: allowed && attachment.security_group_referencing && attachment.vpc.is_some(),
            refused: attachment.vpc.is_some(),
        }
    }

    fn place(&self) -> Place {
        Place::item("transit_gateway_attachments", self.resource.id.clone())
    }

    fn says(&self, message: String) -> Cause {
        Cause::implicit(&self.resource, "attachment", message).at(self.place())
    }

    fn refuses(&self, code: ExplanationCode, field: &'static str, message: String) -> Cause {
        let because = Cause::refusal(code, &self.resource, "attachment", message);
        because.at(self.place().field(field))
    }

    /// On over a link, if the attachment carries packets.
    fn pass(&self, arrival: &Arrival<'_>, picks: Vec<Passage>, message: String) -> Vec<Step> {
        let known = |passage: Passage| {
            if self.identity {
                passage.making_known()
            } else if self.refused {
                passage.unsupporting()
            } else {
                passage.anonymous()
            }
        };
        let picks: Vec<Passage> = picks.into_iter().map(known).collect();
        let packets = arrival.packets;
        if self.works {
            let because = self.says(message);
            return vec![Step::Forward {
                packets,
                picks,
                choice: Choice::Any,
                because,
            }];
        }
        let message = format!("{} is not available", self.resource.id);
        let because = self.refuses(ExplanationCode::BadStateAttachment, "state", message);
        vec![match picks.into_iter().next() {
            Some(passage) => Step::drop(packets, passage, because),
            None => Step::lose(packets, because),
        }]
    }

    /// Into the table that the attachment is associated with.
    fn route(&self, arrival: &Arrival<'_>, lookup: Option<LinkId>) -> Vec<Step> {
        let id = &self.resource.id;
        let Some(lookup) = lookup else {
            let message = format!("{id} {}", self.words.unassociated);
            let code = ExplanationCode::TgwAttachMissingTgwRtbAssociation;
            let because = self.refuses(code, "route_table", message);
            return vec![Step::lose(arrival.packets, because)];
        };
        self.pass(
            arrival,
            vec![Passage::over(lookup)],
            format!("into the {} by {id}", self.words.gateway),
        )
    }
}

fn lookup(
    node: NodeId,
    attachment: &TransitGatewayAttachment,
    (gateway, zone): (&TransitGatewayId, &Zone),
    builder: &mut Builder<'_>,
) -> Option<LinkId> {
    let table = TransitTable::of(attachment, gateway, builder.model)?;
    let lookup = builder.transit_lookup(&table, zone);
    Some(builder.link(node, lookup, Direction::Ingress))
}

fn connect_ports(
    id: &TransitGatewayAttachmentId,
    attachment: &TransitGatewayAttachment,
    builder: &mut Builder<'_>,
) {
    let gateway = &attachment.transit_gateway;
    for subnet in attachment.subnets.iter() {
        let node = builder.transit_port(id, subnet);
        let segment = builder.place("subnet", subnet);
        let eni = interface(id, subnet, &builder.tenants);
        let zone = zone_of(subnet, builder.model);
        let ends = builder.ends_in_transit(gateway).into_iter();
        let ends = ends
            .map(|(end, packets)| (builder.link(node, end, Direction::Ingress), packets))
            .collect();
        let port = Port {
            ends,
            side: Side::of(id, attachment, builder.model),
            interface: eni.map(|eni| ResourceRef::new("network-interface", eni)),
            addresses: eni.map_or_else(AddressSet::empty, |eni| addresses(eni, builder.model)),
            keeps: attachment.appliance_mode,
            inwards: lookup(node, attachment, (gateway, &zone), builder),
            out: builder.link(node, segment, Direction::Egress),
        };
        builder.set(node, port);
    }
}

/// An attachment's interface in a subnet.
struct Port {
    side: Side,
    interface: Option<ResourceRef>,
    addresses: AddressSet,
    /// Whether the reply keeps to this zone.
    keeps: bool,
    inwards: Option<LinkId>,
    /// What the transit gateway takes itself.
    ends: Vec<(LinkId, Cube)>,
    out: LinkId,
}

impl Component for Port {
    fn resource(&self) -> &ResourceRef {
        &self.side.resource
    }

    fn interface(&self) -> Option<ResourceRef> {
        self.interface.clone()
    }

    fn is_host(&self) -> bool {
        true
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        if arrival.direction() == Direction::Egress {
            let passage = Passage::over(self.out);
            let passage = if self.keeps { passage.remembered() } else { passage };
            let message = format!("into the VPC by {}", self.side.resource.id);
            return self.side.pass(arrival, vec![passage], message);
        }
        let own = work.space.to_destinations(arrival.packets, &self.addresses);
        let mut rest = work.space.subtract(arrival.packets, own);
        let mut steps = Vec::new();
        for (link, packets) in &self.ends {
            let taken = work.space.intersect(rest, work.space.cube(packets));
            rest = work.space.subtract(rest, taken);
            if !taken.is_empty() {
                let because = self.side.says("the transit gateway takes them itself".to_owned());
                steps.push(Step::forward(taken, Passage::over(*link), because));
            }
        }
        if !own.is_empty() {
            let message = format!("the interface of a {} answers to nobody", self.side.words.gateway);
            let because = self
                .side
                .refuses(ExplanationCode::NoPossibleDestination, "subnets", message);
            steps.push(Step::lose(own, because));
        }
        if !rest.is_empty() {
            let arrival = Arrival {
                packets: rest,
                ..*arrival
            };
            steps.extend(self.side.route(&arrival, self.inwards));
        }
        steps
    }
}

fn connect_arrival(
    id: &TransitGatewayAttachmentId,
    attachment: &TransitGatewayAttachment,
    builder: &mut Builder<'_>,
) {
    let node = builder.transit_arrival(id);
    let side = Side::of(id, attachment, builder.model);
    let inwards = lookup(node, attachment, (&attachment.transit_gateway, &None), builder);
    builder.set(node, Outside { side, inwards });
}

/// Where something that is no VPC comes in.
struct Outside {
    side: Side,
    inwards: Option<LinkId>,
}

impl Component for Outside {
    fn resource(&self) -> &ResourceRef {
        &self.side.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, _: &Workspace) -> Vec<Step> {
        self.side.route(arrival, self.inwards)
    }
}

/// One way out of a transit gateway for each zone from which packets come.
fn connect_departures(
    id: &TransitGatewayAttachmentId,
    attachment: &TransitGatewayAttachment,
    gateway: &TransitGatewayId,
    builder: &mut Builder<'_>,
) {
    for zone in transit_zones(gateway, builder.model) {
        let node = builder.transit_departure(id, gateway, &zone);
        let side = Side::of(id, attachment, builder.model);
        let ports = ports(node, id, attachment, builder);
        let beyond = if ports.is_empty() {
            beyond(node, (id, attachment), gateway, builder)
        } else {
            None
        };
        let far = match attachment.appliance_mode {
            true => far_from(&zone, gateway, builder.model),
            false => AddressSet::empty(),
        };
        builder.set(
            node,
            Departure {
                side,
                zone,
                far,
                ports,
                beyond,
                appliance_mode: attachment.appliance_mode,
            },
        );
    }
}

fn ports(
    node: NodeId,
    id: &TransitGatewayAttachmentId,
    attachment: &TransitGatewayAttachment,
    builder: &mut Builder<'_>,
) -> Vec<Exit> {
    let mut ports = Vec::new();
    for subnet in attachment.subnets.iter() {
        let port = builder.transit_port(id, subnet);
        let link = builder.link(node, port, Direction::Egress);
        ports.push(Exit {
            zone: zone_of(subnet, builder.model),
            port,
            link,
        });
    }
    ports
}

/// Where packets go that leave for something other than a VPC.
fn beyond(
    node: NodeId,
    (id, attachment): (&TransitGatewayAttachmentId, &TransitGatewayAttachment),
    gateway: &TransitGatewayId,
    builder: &mut Builder<'_>,
) -> Option<Beyond> {
    if let Some(peer) = &attachment.peer {
        let other = if peer == gateway {
            &attachment.transit_gateway
        } else {
            peer
        };
        if !builder.model.transit_gateways.contains_key(other) {
            return None;
        }
        let lookup = lookup(node, attachment, (other, &None), builder);
        return Some(Beyond::Peer(lookup));
    }
    // A Connect attachment has something of its own behind it; its `resource` is what carries it.
    let own = builder.target(&id.into());
    let target = own
        .or_else(|| builder.target(attachment.resource.as_ref()?))?
        .node;
    Some(Beyond::Resource(builder.link(node, target, Direction::Egress)))
}

/// An interface by which packets may leave, and its zone.
struct Exit {
    zone: Zone,
    port: NodeId,
    link: LinkId,
}

enum Beyond {
    /// The other transit gateway's table; none: it is associated with none.
    Peer(Option<LinkId>),
    Resource(LinkId),
}
