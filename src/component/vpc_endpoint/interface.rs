//! Interface endpoints (AWS PrivateLink), and resource and service network endpoints (VPC Lattice).
//!
//! - Hosts reach the interface as any other, from other networks too; its security groups are asked (PrivateLink guide,
//!   "Interface endpoints").
//! - PrivateLink carries TCP and UDP, nothing else (same guide, "Share your services": Network Load Balancers). A ping has no
//!   answer: so it was measured.
//! - Behind it is a service of AWS (`listens.rs`), or one that the model offers. That must be in the interface's zone
//!   (`VPCE_SERVICE_NOT_INSTALLED_IN_AZ`); the way on to the targets of its load balancer is not modelled yet, so that the answer
//!   is unknown, unless `listens` says what is taken.
//! - What a resource gateway or a service network lets through is not described: it is unknown, unless `listens` says it.

use super::listens::Listens;
use super::{NAME, closed};
use crate::code::ExplanationCode;
use crate::model::{Model, NetworkInterfaceId, Place, SubnetId, VpcEndpoint, VpcEndpointId, VpcEndpointType};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, LinkId, NodeId, Passage, ResourceRef, Step, Workspace,
    offered_service, serving_nodes,
};
use crate::packet::{Cube, PacketSet, Protocol, ProtocolSet};

fn place(id: &VpcEndpointId, eni: &NetworkInterfaceId, builder: &mut Builder<'_>) -> NodeId {
    builder.place(NAME, format!("{id} at {eni}").as_str())
}

/// Puts itself behind its interfaces.
pub(super) fn declare(id: &VpcEndpointId, endpoint: &VpcEndpoint, builder: &mut Builder<'_>) {
    for eni in endpoint.enis.iter() {
        let node = place(id, eni, builder);
        builder.put_behind(eni, node);
        builder.only_answers(eni, ExplanationCode::VpceIntraVpcTraffic);
        let interface = builder.place("network-interface", eni);
        builder.call(id, interface);
    }
}

/// Joins its interfaces to what serves.
pub(super) fn connect(id: &VpcEndpointId, endpoint: &VpcEndpoint, model: &Model, builder: &mut Builder<'_>) {
    for eni in endpoint.enis.iter() {
        let Some(subnet) = model.enis.get(eni).map(|eni| eni.subnet.clone()) else {
            continue;
        };
        let node = place(id, eni, builder);
        let interface = builder.place("network-interface", eni);
        let behind = behind(endpoint, &subnet, model);
        let component = Endpoint {
            resource: ResourceRef::new(NAME, id),
            closed: closed(id, endpoint, model),
            behind,
            out: builder.link(node, interface, Direction::Egress),
        };
        builder.set(node, component);
    }
}

/// What an endpoint stands for.
enum Behind {
    /// Somebody out of the model's sight.
    Listener(Listens, String),
    /// A service that the model offers, and whether it has a load balancer in the zone.
    Offered { id: String, in_zone: bool },
}

fn behind(endpoint: &VpcEndpoint, subnet: &SubnetId, model: &Model) -> Behind {
    let offered = offered_service(endpoint, model).filter(|_| endpoint.kind == VpcEndpointType::Interface);
    let described = offered.filter(|(_, service)| {
        let mut balancers = service.load_balancers.iter();
        balancers.any(|id| model.load_balancers.contains_key(id))
    });
    let in_zone = |service| !serving_nodes(service, subnet, model).is_empty();
    // What the model says in so many words is believed, as long as the service is there at all.
    let open = described.filter(|(_, service)| endpoint.listens.is_none() || !in_zone(service));
    let Some((id, service)) = open else {
        let name = endpoint
            .service
            .clone()
            .unwrap_or_else(|| "its service".to_owned());
        return Behind::Listener(Listens::of(endpoint), name);
    };
    Behind::Offered {
        id: id.to_string(),
        in_zone: in_zone(service),
    }
}

struct Endpoint {
    resource: ResourceRef,
    closed: Option<String>,
    behind: Behind,
    /// Back to its interface.
    out: LinkId,
}

impl Component for Endpoint {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let mut steps = match arrival.link {
            None => {
                let because = self.says(
                    "answer",
                    format!("the service behind {} answers", self.resource.id),
                );
                vec![Step::forward(arrival.packets, Passage::over(self.out), because)]
            }
            Some(_) => self.take(arrival.packets, work),
        };
        steps.retain(|step| !step.packets().is_empty());
        steps
    }
}

impl Endpoint {
    fn place(&self) -> Place {
        Place::item("vpc_endpoints", self.resource.id.clone())
    }

    fn says(&self, rule: &'static str, message: String) -> Cause {
        Cause::implicit(&self.resource, rule, message).at(self.place())
    }

    fn refuses(&self, code: ExplanationCode, message: String) -> Cause {
        Cause {
            code: Some(code),
            ..self.says("interface endpoint", message)
        }
    }

    fn take(&self, packets: PacketSet, work: &Workspace) -> Vec<Step> {
        if let Some(why) = &self.closed {
            let because = self.refuses(ExplanationCode::BadState, why.clone());
            return vec![Step::lose(packets, because.at(self.place().field("state")))];
        }
        let space = &work.space;
        let carried = space.intersect(packets, space.cube(&carried()));
        let rest = space.subtract(packets, carried);
        let message = format!("{} carries TCP and UDP", self.resource.id);
        let refused = self.refuses(ExplanationCode::ProtocolRestriction, message);
        let mut steps = match &self.behind {
            Behind::Listener(listens, service) => self.listen(listens, service, carried, work),
            Behind::Offered { id, in_zone } => vec![self.hand_on(id, *in_zone, carried)],
        };
        steps.push(Step::lose(rest, refused));
        steps
    }

    fn listen(&self, listens: &Listens, service: &str, packets: PacketSet, work: &Workspace) -> Vec<Step> {
        let space = &work.space;
        let heard = space.intersect(packets, space.cubes_of(listens.heard.clone()));
        let rest = space.subtract(packets, heard);
        let perhaps = space.intersect(rest, space.cubes_of(listens.perhaps.clone()));
        let refused = space.subtract(rest, perhaps);
        let message = format!(
            "the model does not say whether {service} takes these packets: write `listens` at {}",
            self.resource.id
        );
        let unsure = self.refuses(ExplanationCode::UnknownResource, message);
        let message = format!("{service} does not take these packets");
        let refusal = self.refuses(ExplanationCode::WhyhopServicePortRestriction, message);
        vec![
            Step::Deliver {
                packets: heard,
                answered: false,
                because: self.says("service", format!("{service} takes the packets")),
            },
            Step::Unknown {
                packets: perhaps,
                because: unsure,
            },
            Step::lose(refused, refusal),
        ]
    }

    /// To the load balancer of the service, which is not followed yet.
    fn hand_on(&self, service: &str, in_zone: bool, packets: PacketSet) -> Step {
        let id = &self.resource.id;
        if !in_zone {
            let message = format!("{service} has no load balancer in the zone of this interface of {id}");
            let because = self.refuses(ExplanationCode::VpceServiceNotInstalledInAz, message);
            return Step::lose(packets, because);
        }
        let message = format!("the way from {id} to the load balancer of {service} is not modelled yet");
        let because = self.refuses(ExplanationCode::UnknownResource, message);
        Step::Unknown { packets, because }
    }
}

/// What PrivateLink carries.
fn carried() -> Cube {
    let protocols = [Protocol::TCP, Protocol::UDP].map(|protocol| (protocol.0, protocol.0));
    Cube {
        protocols: ProtocolSet::from_ranges(protocols),
        ..Cube::all()
    }
}
