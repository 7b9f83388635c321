//! Services of AWS with public addresses: Amazon S3, DynamoDB.
//!
//! - Their addresses are those of AWS's prefix list of the same name (VPC guide, "AWS-managed prefix lists"). Hosts reach them
//!   through a gateway endpoint, or as any other address of the internet.
//! - They take HTTP and HTTPS (AWS General Reference, "Amazon S3 endpoints", "DynamoDB endpoints"). Those of S3 answer pings: so
//!   it was measured, through a gateway endpoint and through an internet gateway; for the others it is taken to be so.
//! - They begin no conversation.
//!
//! Read 2026-11-25.

use crate::code::ExplanationCode;
use crate::model::{Model, VpcEndpointType};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, Kind, LinkId, NodeId, Owner, Passage, ResourceRef, Step,
    Workspace, aws_services, service_addresses,
};
use crate::packet::{AddressSet, Cube, PacketSet, PortSet, Protocol, ProtocolSet};
use std::collections::BTreeMap;

/// Our word for it; EC2 has none.
pub const NAME: &str = "aws-service";

/// HTTP and HTTPS.
const PORTS: [u16; 2] = [80, 443];

/// The kind.
pub struct AwsServices;

impl Kind for AwsServices {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        None
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::NoPossibleDestination,
            ExplanationCode::WhyhopServicePortRestriction,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &[
            "endpoint policies and the service's own permissions",
            "services that have no gateway endpoints: their public addresses are the internet's",
        ]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for service in aws_services(model) {
            let node = builder.place(NAME, service);
            let addresses = service_addresses(service, model).unwrap_or_else(AddressSet::empty);
            builder.settle_outside(node, addresses.clone());
            builder.own(
                node,
                Owner {
                    resource: ResourceRef::new(NAME, service),
                    vpc: None,
                    public: addresses.clone(),
                    addresses,
                },
            );
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for service in aws_services(model) {
            let node = builder.place(NAME, service);
            let internet = builder.place("internet", "internet");
            let by_internet = builder.link(node, internet, Direction::Ingress);
            let endpoints = model.vpc_endpoints.iter().filter(|(_, endpoint)| {
                endpoint.kind == VpcEndpointType::Gateway && endpoint.service.as_deref() == Some(service)
            });
            let mut back = BTreeMap::new();
            for (id, _) in endpoints {
                let endpoint = builder.place("vpc-endpoint", id);
                back.insert(endpoint, builder.link(node, endpoint, Direction::Ingress));
            }
            let resource = ResourceRef::new(NAME, service);
            builder.set(
                node,
                Service {
                    resource,
                    by_internet,
                    back,
                },
            );
        }
    }
}

struct Service {
    resource: ResourceRef,
    by_internet: LinkId,
    /// The ways back through the endpoints.
    back: BTreeMap<NodeId, LinkId>,
}

impl Component for Service {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let mut steps = match (arrival.link, arrival.answering) {
            (Some(_), _) => self.take(arrival.packets, work),
            (None, Some(from)) => {
                let link = self.back.get(&from).copied().unwrap_or(self.by_internet);
                let because = self.says("reply", format!("{} answers", self.resource.id));
                vec![Step::forward(arrival.packets, Passage::over(link), because)]
            }
            (None, None) => {
                let message = format!("{} begins no conversation", self.resource.id);
                let code = ExplanationCode::NoPossibleDestination;
                let because = Cause::refusal(code, &self.resource, "service", message);
                vec![Step::drop(
                    arrival.packets,
                    Passage::over(self.by_internet),
                    because,
                )]
            }
        };
        steps.retain(|step| !step.packets().is_empty());
        steps
    }
}

impl Service {
    fn says(&self, rule: &'static str, message: String) -> Cause {
        Cause::implicit(&self.resource, rule, message)
    }

    fn take(&self, packets: PacketSet, work: &Workspace) -> Vec<Step> {
        let space = &work.space;
        let heard = space.intersect(packets, space.cubes_of(heard()));
        let rest = space.subtract(packets, heard);
        let id = &self.resource.id;
        let message = format!("{id} takes HTTP and HTTPS, and answers pings");
        let code = ExplanationCode::WhyhopServicePortRestriction;
        let refused = Cause::refusal(code, &self.resource, "service", message);
        vec![
            Step::Deliver {
                packets: heard,
                answered: false,
                because: self.says("service", format!("{id} takes the packets")),
            },
            Step::Drop {
                packets: rest,
                onward: crate::network::Onward::Delivered,
                because: refused,
            },
        ]
    }
}

/// What the service takes.
fn heard() -> Vec<Cube> {
    let ports = PORTS.iter().map(|port| (*port, *port));
    let cube = |protocol: Protocol, ports: PortSet| Cube {
        protocols: ProtocolSet::one(protocol.0),
        destination_ports: ports,
        ..Cube::all()
    };
    vec![
        cube(Protocol::TCP, PortSet::from_ranges(ports)),
        cube(Protocol::ICMP, PortSet::one(8 * 256)),
        cube(Protocol::ICMPV6, PortSet::one(128 * 256)),
    ]
}
