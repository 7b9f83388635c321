//! Interface endpoints (AWS PrivateLink), and resource and service network endpoints (VPC Lattice).
//!
//! - Hosts reach the interface as any other, from other networks too; its security groups are asked (PrivateLink guide,
//!   "Interface endpoints").
//! - PrivateLink carries TCP and UDP, nothing else (same guide, "Share your services": Network Load Balancers). A ping has no
//!   answer: so it was measured.
//! - Behind it is a service of AWS (`listens.rs`), or one that the model offers. That must be in the interface's zone
//!   (`VPCE_SERVICE_NOT_INSTALLED_IN_AZ`), and a node of its Network Load Balancer there takes the packets on to a target. No route
//!   leads from one VPC to the other, and their addresses may overlap; the reply comes back by the state of the flow. The load
//!   balancer's security groups see the client's private address, if they are asked at all (`filters_private_link`; Network Load
//!   Balancer guide, "Security groups"). No group that names another sees the client (VPC guide, "Security group rules").
//! - Where `listens` says what is taken, that is believed.
//! - A resource or service network endpoint carries TCP alone, to the interface of a resource gateway in the zone (`resource.rs`).

use super::listens::Listens;
use super::resource::Led;
use super::{NAME, closed};
use crate::code::ExplanationCode;
use crate::model::{Model, Place, SubnetId, VpcEndpoint, VpcEndpointId, VpcEndpointType};
use crate::network::{
    Arrival, Builder, Cause, Choice, Component, Direction, LinkId, NodeId, Passage, Refusal, ResourceRef,
    Rewrite, ServingNode, Step, Workspace, balancer_node, endpoint_node, offered_service, serving_nodes,
};
use crate::packet::{AddressSet, Cube, Family, PacketSet, Protocol, ProtocolSet};

/// Puts itself behind its interfaces.
pub(super) fn declare(id: &VpcEndpointId, endpoint: &VpcEndpoint, builder: &mut Builder<'_>) {
    for eni in endpoint.enis.iter() {
        let node = endpoint_node(id, eni, builder);
        builder.put_behind(eni, node);
        let refusal = Refusal {
            packets: Cube::all(),
            code: ExplanationCode::VpceIntraVpcTraffic,
            message: "answers, and begins nothing by itself".to_owned(),
        };
        builder.never_begins(eni, refusal);
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
        let node = endpoint_node(id, eni, builder);
        let interface = builder.place("network-interface", eni);
        let behind = behind(endpoint, (node, &subnet), model, builder);
        let component = Endpoint {
            node,
            resource: ResourceRef::new(NAME, id),
            closed: closed(id, endpoint, model),
            carried: carried(endpoint.kind),
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
    /// A service that the model offers: the nodes of its load balancers in the zone.
    Offered(Onto),
    /// Resources.
    Resources(Led),
}

/// Who takes what comes to an endpoint.
pub(super) struct Onto {
    /// In words.
    pub(super) name: String,
    /// Its interfaces in the zone.
    pub(super) ways: Vec<Way>,
}

/// To an interface of who takes it.
pub(super) struct Way {
    pub(super) link: LinkId,
    pub(super) addresses: AddressSet,
    pub(super) interface: NodeId,
}

fn behind(
    endpoint: &VpcEndpoint,
    (node, subnet): (NodeId, &SubnetId),
    model: &Model,
    builder: &mut Builder<'_>,
) -> Behind {
    let offered = offered_service(endpoint, model).filter(|_| endpoint.kind == VpcEndpointType::Interface);
    let described = offered.filter(|(_, service)| {
        let mut balancers = service.load_balancers.iter();
        balancers.any(|id| model.load_balancers.contains_key(id))
    });
    let in_zone = |service| !serving_nodes(service, subnet, model).is_empty();
    // What the model says in so many words is believed, as long as the service is there at all.
    let open = described.filter(|(_, service)| endpoint.listens.is_none() || !in_zone(service));
    if endpoint.listens.is_none()
        && let Some(led) = Led::of(endpoint, (node, subnet), model, builder)
    {
        return Behind::Resources(led);
    }
    let Some((id, service)) = open else {
        let name = endpoint
            .service
            .clone()
            .unwrap_or_else(|| "its service".to_owned());
        return Behind::Listener(Listens::of(endpoint), name);
    };
    let nodes = serving_nodes(service, subnet, model).into_iter();
    Behind::Offered(Onto {
        name: format!("the load balancer of {id}"),
        ways: nodes.filter_map(|to| way(node, &to, model, builder)).collect(),
    })
}

/// Past the security groups of the load balancer, or straight to what is behind them.
fn way(node: NodeId, to: &ServingNode, model: &Model, builder: &mut Builder<'_>) -> Option<Way> {
    let balancer = model.load_balancers.get(&to.balancer)?;
    let described = model.enis.get(&to.eni)?;
    let asked = balancer.filters_private_link && !described.security_groups.is_empty();
    let entrance = match asked {
        true => builder.place("security-group", &to.eni),
        false => balancer_node(&to.balancer, &to.eni, builder),
    };
    Some(Way {
        link: builder.link(node, entrance, Direction::Ingress),
        addresses: builder.addresses_of(described).0,
        interface: builder.place("network-interface", &to.eni),
    })
}

struct Endpoint {
    node: NodeId,
    resource: ResourceRef,
    closed: Option<String>,
    /// What it carries, and in words.
    carried: (Cube, &'static str),
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
            Some(_) if arrival.undoes().is_some() => vec![self.give_back(arrival.packets)],
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
        let carried = space.intersect(packets, space.cube(&self.carried.0));
        let rest = space.subtract(packets, carried);
        let message = format!("{} carries {}", self.resource.id, self.carried.1);
        let refused = self.refuses(ExplanationCode::ProtocolRestriction, message);
        let mut steps = match &self.behind {
            Behind::Listener(listens, service) => self.listen(listens, service, carried, work),
            Behind::Offered(onto) => self.hand_on(onto, carried, work),
            Behind::Resources(led) => {
                let mut steps = Vec::new();
                let taken = led.ask(&self.resource, carried, work, &mut steps);
                steps.extend(led.onto.iter().flat_map(|onto| self.hand_on(onto, taken, work)));
                steps
            }
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

    /// To the load balancer or the resource gateway, in each family in which an interface of it has an address.
    fn hand_on(&self, Onto { name, ways }: &Onto, packets: PacketSet, work: &Workspace) -> Vec<Step> {
        let id = &self.resource.id;
        if ways.is_empty() {
            let message = format!("{name} is not in the zone of this interface of {id}");
            let because = self.refuses(ExplanationCode::VpceServiceNotInstalledInAz, message);
            return vec![Step::lose(packets, because)];
        }
        let families = [Family::V4, Family::V6].into_iter();
        families
            .map(|family| {
                let packets = work.space.plane(packets, family);
                let passages = ways.iter().filter_map(|way| self.passage(way, family));
                let picks: Vec<Passage> = passages.collect();
                if picks.is_empty() {
                    let message = format!("{name} has no address of this family in the model");
                    let because = self.refuses(ExplanationCode::UnknownResource, message);
                    return Step::Unknown { packets, because };
                }
                let message = format!("{id} hands them to {name}");
                Step::Forward {
                    packets,
                    picks,
                    choice: Choice::Any,
                    because: self.says("PrivateLink", message),
                }
            })
            .collect()
    }

    /// Under the node's address; the source stays the client's until the node sends them on.
    fn passage(&self, way: &Way, family: Family) -> Option<Passage> {
        let addresses = way.addresses.intersect(&AddressSet::family(family));
        let rewrite = Rewrite {
            destination: (!addresses.is_empty()).then_some(addresses),
            ..Rewrite::default()
        };
        rewrite.destination.as_ref()?;
        let passage = Passage::over(way.link).anonymous().rewriting(rewrite);
        Some(passage.sent_by(self.node).meant_for(Some(way.interface)))
    }

    /// A reply, by the state of the flow.
    fn give_back(&self, packets: PacketSet) -> Step {
        let message = format!("{} gives the reply to the client", self.resource.id);
        Step::Restore {
            packets,
            passage: Passage::over(self.out),
            because: self.says("PrivateLink", message),
        }
    }
}

/// What PrivateLink carries, and VPC Lattice.
fn carried(kind: VpcEndpointType) -> (Cube, &'static str) {
    let (protocols, told) = match kind {
        VpcEndpointType::Interface => (vec![Protocol::TCP, Protocol::UDP], "TCP and UDP"),
        _ => (vec![Protocol::TCP], "TCP"),
    };
    let protocols = protocols.into_iter().map(|protocol| (protocol.0, protocol.0));
    let cube = Cube {
        protocols: ProtocolSet::from_ranges(protocols),
        ..Cube::all()
    };
    (cube, told)
}
