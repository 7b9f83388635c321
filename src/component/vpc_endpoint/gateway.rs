//! Gateway endpoints: the way to S3 or DynamoDB by a route.
//!
//! - It carries TCP and pings, and nothing else (`VPCE_GATEWAY_PROTOCOL_RESTRICTION`); IPv6 only where its address type says so.
//! - It serves the hosts of its own VPC: what comes from elsewhere, by a peering, a transit gateway or a VPN, does not get
//!   through (PrivateLink guide, "Gateway endpoints", considerations).
//! - The source keeps its private address, and needs no public one. The answer is delivered inside the VPC, where the network
//!   ACL of the subnet is asked as of anything else; there are no security groups at the endpoint (same page).
//! - A question about the endpoint means the service's addresses. Where the model does not describe AWS's prefix list, they may be
//!   any of the internet, and the route that is for the list is taken to be for them.

use super::{NAME, closed};
use crate::code::ExplanationCode;
use crate::model::{Model, Place, VpcEndpoint, VpcEndpointId};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, LinkId, Owner, Passage, ResourceRef, Step, Target,
    Workspace, endpoint_families, internet_addresses, service_addresses,
};
use crate::packet::{AddressSet, Cube, Family, PacketSet, PortSet, Protocol, ProtocolSet};

/// Offers itself to route tables and questions.
pub(super) fn declare(id: &VpcEndpointId, endpoint: &VpcEndpoint, model: &Model, builder: &mut Builder<'_>) {
    let node = builder.place(NAME, id);
    builder.offer_target(id, Target::at(node));
    let known = endpoint
        .service
        .as_deref()
        .and_then(|service| service_addresses(service, model));
    let addresses = known
        .unwrap_or_else(internet_addresses)
        .intersect(&endpoint_families(endpoint));
    builder.own(
        node,
        Owner {
            resource: ResourceRef::new(NAME, id),
            vpc: Some(endpoint.vpc.clone()),
            public: addresses.clone(),
            addresses,
        },
    );
}

/// Puts itself between the VPC and the service.
pub(super) fn connect(id: &VpcEndpointId, endpoint: &VpcEndpoint, model: &Model, builder: &mut Builder<'_>) {
    let node = builder.place(NAME, id);
    let router = builder.place("vpc", &endpoint.vpc);
    let inwards = builder.link(node, router, Direction::Ingress);
    let service = endpoint.service.as_deref();
    let service = service.and_then(|service| builder.find("aws-service", service));
    let service = service.map(|service| builder.link(node, service, Direction::Egress));
    let cidrs = model
        .vpcs
        .get(&endpoint.vpc)
        .into_iter()
        .flat_map(|vpc| vpc.cidr.iter().map(|cidr| cidr.net()));
    let component = Gateway {
        resource: ResourceRef::new(NAME, id),
        closed: closed(id, endpoint, model),
        inside: AddressSet::from_cidrs(cidrs),
        families: endpoint_families(endpoint),
        service,
        inwards,
    };
    builder.set(node, component);
}

struct Gateway {
    resource: ResourceRef,
    closed: Option<String>,
    /// The addresses of its VPC.
    inside: AddressSet,
    families: AddressSet,
    service: Option<LinkId>,
    inwards: LinkId,
}

impl Component for Gateway {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let mut steps = match arrival.link.map(|link| link.direction) {
            None => vec![self.begin(arrival.packets)],
            Some(Direction::Ingress) => {
                let because = self.says("reply", format!("{} brings the answer", self.resource.id));
                vec![Step::forward(
                    arrival.packets,
                    Passage::over(self.inwards),
                    because,
                )]
            }
            Some(Direction::Egress) => self.leave(arrival.packets, work),
        };
        steps.retain(|step| !step.packets().is_empty());
        steps
    }
}

impl Gateway {
    fn place(&self) -> Place {
        Place::item("vpc_endpoints", self.resource.id.clone())
    }

    fn says(&self, rule: &'static str, message: String) -> Cause {
        Cause::implicit(&self.resource, rule, message).at(self.place())
    }

    fn refuses(&self, code: ExplanationCode, message: String) -> Cause {
        Cause {
            code: Some(code),
            ..self.says("gateway endpoint", message)
        }
    }

    fn begin(&self, packets: PacketSet) -> Step {
        let message = format!("{} answers, and begins nothing by itself", self.resource.id);
        let because = self.refuses(ExplanationCode::VpceIntraVpcTraffic, message);
        Step::drop(packets, Passage::over(self.inwards), because)
    }

    fn leave(&self, packets: PacketSet, work: &Workspace) -> Vec<Step> {
        let id = &self.resource.id;
        let Some(service) = self.service else {
            let message = format!("the model does not say which service is behind {id}");
            let because = self.refuses(ExplanationCode::UnknownResource, message);
            return vec![Step::Unknown { packets, because }];
        };
        let passage = Passage::over(service).anonymous();
        if let Some(why) = &self.closed {
            let because = self.refuses(ExplanationCode::BadState, why.clone());
            return vec![Step::drop(
                packets,
                passage,
                because.at(self.place().field("state")),
            )];
        }
        let space = &work.space;
        let own = space.from_sources(packets, &self.inside);
        let strange = space.subtract(packets, own);
        let family = space.to_destinations(own, &self.families);
        let carried = space.intersect(family, space.cubes_of(carried()));
        let message = format!("{id} serves the hosts of its own VPC alone");
        let strangers = self.refuses(ExplanationCode::GatewayRejectsSpoofedTraffic, message);
        let message = format!("{id} carries TCP and pings over IPv4");
        let message = match self.families == AddressSet::family(Family::V4) {
            true => message,
            false => format!("{id} carries TCP and pings, in the families of its address type"),
        };
        let others = self.refuses(ExplanationCode::VpceGatewayProtocolRestriction, message);
        let because = self.says("gateway endpoint", format!("{id} leads to the service"));
        vec![
            Step::forward(carried, passage.clone(), because),
            Step::drop(space.subtract(own, carried), passage.clone(), others),
            Step::drop(strange, passage, strangers),
        ]
    }
}

/// What gateway endpoints carry.
fn carried() -> Vec<Cube> {
    let cube = |protocol: Protocol, ports: PortSet| Cube {
        protocols: ProtocolSet::one(protocol.0),
        destination_ports: ports,
        ..Cube::all()
    };
    vec![
        cube(Protocol::TCP, PortSet::all()),
        cube(Protocol::ICMP, PortSet::one(8 * 256)),
        cube(Protocol::ICMPV6, PortSet::one(128 * 256)),
    ]
}
