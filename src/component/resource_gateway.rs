//! Resource gateways of VPC Lattice: the way into the VPC of a resource that endpoints of other VPCs stand for.
//!
//! - A gateway has an interface in each of its subnets, with security groups of its VPC (VPC Lattice API, `CreateResourceGateway`). What
//!   comes to an endpoint goes on from the interface in the endpoint's zone; from a zone in which the gateway has none a resource is
//!   not to be reached (same page: "to be accessible from all Availability Zones, span as many as possible").
//! - The two legs are separate: no route leads from the endpoint's VPC to the gateway's, and their addresses may overlap. The resource
//!   sees the gateway's own address and groups, and answers to it (VPC Lattice guide, "Resource gateways"; from memory). So the groups of
//!   the gateway decide by their egress rules what reaches the resource, its subnet's table routes it, and the network ACLs and groups
//!   on the way to the resource are met; the reply goes back to the endpoint by the state of the flow.
//! - A resource is an address of the gateway's VPC, a name, or an ARN such as a database's (same API, `ResourceConfigurationDefinition`).
//!   What a name or an ARN stands for is known where the model describes it, or writes its addresses; else the answer is unknown.
//! - Nobody begins anything with a gateway: it takes what comes by endpoints alone (from memory).
//!
//! Which ports a consumer may reach is told at the endpoint (`vpc_endpoint/resource.rs`). Read 2026-11-26.

use crate::code::ExplanationCode;
use crate::model::{
    Model, NetworkInterface, NetworkInterfaceId, Place, ResourceGateway, ResourceGatewayId, SubnetId, VpcId,
};
use crate::network::{
    Arrival, Builder, Cause, Choice, Component, Direction, Kind, Leg, LinkId, NodeId, Passage, Refusal,
    ResourceRef, Rewrite, Step, Whom, Workspace, endpoints_led, gateway_node, whom,
};
use crate::packet::{AddressSet, Cube, Family, PacketSet, PortSet, Protocol, ProtocolSet};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

/// VPC Lattice's word for it.
pub const NAME: &str = "resource-gateway";

/// The kind.
pub struct ResourceGateways;

impl Kind for ResourceGateways {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("resource_gateways")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::BadState,
            ExplanationCode::ProtocolRestriction,
            ExplanationCode::UnknownResource,
            ExplanationCode::WhyhopNoSession,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &[
            "what a domain name resolves to",
            "IPv6 of a client to a resource that has IPv4 alone, and the other way",
        ]
    }

    /// An interface a subnet, where the model has none.
    fn expand(&self, model: &mut Model) {
        let mut made: Vec<(NetworkInterfaceId, NetworkInterface)> = Vec::new();
        for (id, gateway) in &mut model.resource_gateways {
            if gateway.enis.is_empty() {
                for subnet in gateway.subnets.iter() {
                    let eni = NetworkInterfaceId::from(format!("{id}/{subnet}").as_str());
                    made.push((eni.clone(), own_interface(gateway, subnet)));
                    gateway.enis.0.push(eni);
                }
            }
        }
        model.enis.extend(made);
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, gateway) in &model.resource_gateways {
            for eni in gateway.enis.iter() {
                let node = gateway_node(id, eni, builder);
                builder.put_behind(eni, node);
                let refusal = Refusal {
                    packets: Cube {
                        protocols: ProtocolSet::one(Protocol::TCP.0).complement(),
                        ..Cube::all()
                    },
                    code: ExplanationCode::ProtocolRestriction,
                    message: "sends TCP, nothing else".to_owned(),
                };
                builder.never_begins(eni, refusal);
                let interface = builder.place("network-interface", eni);
                builder.call(id, interface);
            }
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, gateway) in &model.resource_gateways {
            for eni in gateway.enis.iter() {
                if let Some(described) = model.enis.get(eni) {
                    connect_one((id, gateway), (eni, described), model, builder);
                }
            }
        }
    }
}

fn own_interface(gateway: &ResourceGateway, subnet: &SubnetId) -> NetworkInterface {
    NetworkInterface {
        description: Some("VPC Lattice resource gateway".to_owned()),
        ..NetworkInterface::unassigned(subnet.clone(), gateway.security_groups.clone())
    }
}

fn connect_one(
    (id, gateway): (&ResourceGatewayId, &ResourceGateway),
    (eni, described): (&NetworkInterfaceId, &NetworkInterface),
    model: &Model,
    builder: &mut Builder<'_>,
) {
    let node = gateway_node(id, eni, builder);
    let interface = builder.place("network-interface", eni);
    let vpc = model
        .subnets
        .get(&described.subnet)
        .map(|subnet| subnet.vpc.clone());
    let mut endpoints = BTreeMap::new();
    for (endpoint, name, (configuration, resource)) in endpoints_led(id, eni, model, builder) {
        let errand = Errand {
            back: builder.link(node, endpoint, Direction::Egress),
            endpoint: name.to_string(),
            configuration: configuration.to_string(),
            places: places(&whom(resource, builder), vpc.as_ref(), builder),
        };
        endpoints.insert(endpoint, errand);
    }
    let component = Gateway {
        resource: ResourceRef::new(NAME, id),
        closed: (!gateway.state.works()).then(|| format!("{id} is {}", gateway.state.as_str())),
        addresses: builder.addresses_of(described).0,
        vpc,
        interface,
        out: builder.link(node, interface, Direction::Egress),
        endpoints,
    };
    builder.set(node, component);
}

/// Where a resource is.
struct Spot {
    node: Option<NodeId>,
    addresses: AddressSet,
}

/// Where a resource is; none: the model does not say.
fn places(whom: &Whom, vpc: Option<&VpcId>, builder: &mut Builder<'_>) -> Vec<Spot> {
    match whom {
        Whom::Nobody => Vec::new(),
        Whom::Addresses(all) => all
            .iter()
            .map(|address| Spot {
                node: neighbour(*address, vpc, builder),
                addresses: AddressSet::one(*address),
            })
            .collect(),
        Whom::Interfaces(enis) => enis
            .iter()
            .filter_map(|eni| {
                let described = builder.model.enis.get(eni)?;
                Some(Spot {
                    node: Some(builder.place("network-interface", eni)),
                    addresses: builder.addresses_of(described).0,
                })
            })
            .collect(),
    }
}

/// Who has an address in the gateway's VPC.
fn neighbour(address: IpAddr, vpc: Option<&VpcId>, builder: &mut Builder<'_>) -> Option<NodeId> {
    let tenants = Rc::clone(&builder.tenants);
    let of = |subnet: &SubnetId| builder.model.subnets.get(subnet).map(|subnet| &subnet.vpc);
    let mut found = tenants
        .at_address(address)
        .iter()
        .filter(|(_, eni)| of(&eni.subnet) == vpc);
    let (eni, _) = found.next()?;
    Some(builder.place("network-interface", *eni))
}

/// What an endpoint has a gateway do.
struct Errand {
    back: LinkId,
    endpoint: String,
    configuration: String,
    places: Vec<Spot>,
}

struct Gateway {
    resource: ResourceRef,
    closed: Option<String>,
    addresses: AddressSet,
    vpc: Option<VpcId>,
    interface: NodeId,
    out: LinkId,
    endpoints: BTreeMap<NodeId, Errand>,
}

impl Component for Gateway {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let mut steps = Vec::new();
        let fresh = self.reply(arrival, work, &mut steps);
        if arrival.leg == Leg::Return {
            self.come_back(fresh, work, &mut steps);
        } else if let Some(errand) = arrival.parties.from.and_then(|from| self.endpoints.get(&from)) {
            self.run(errand, fresh, work, &mut steps);
        } else {
            self.lose_strange(fresh, &mut steps);
        }
        steps.retain(|step| !step.packets().is_empty());
        steps
    }
}

impl Gateway {
    fn says(&self, rule: &'static str, message: String) -> Cause {
        let place = Place::item("resource_gateways", self.resource.id.clone());
        Cause::implicit(&self.resource, rule, message).at(place)
    }

    fn refuses(&self, code: ExplanationCode, message: String) -> Cause {
        Cause {
            code: Some(code),
            ..self.says("resource gateway", message)
        }
    }

    /// Undoes the translation for the replies of a resource; gives back the others.
    fn reply(&self, arrival: &Arrival<'_>, work: &Workspace, steps: &mut Vec<Step>) -> PacketSet {
        let memory = arrival.undoes();
        let back = memory.and_then(|memory| self.endpoints.get(&memory.parties.from?));
        let (Some(memory), Some(errand)) = (memory, back) else {
            return arrival.packets;
        };
        let known = work
            .space
            .intersect(arrival.packets, work.space.replies(memory.after));
        let message = format!("the reply goes back to {}", errand.endpoint);
        steps.push(Step::Restore {
            packets: known,
            passage: Passage::over(errand.back),
            because: self.says("flow state", message),
        });
        work.space.subtract(arrival.packets, known)
    }

    /// The reply to what this gateway began itself.
    fn come_back(&self, packets: PacketSet, work: &Workspace, steps: &mut Vec<Step>) {
        let own = work.space.to_destinations(packets, &self.addresses);
        steps.push(Step::Deliver {
            packets: own,
            answered: false,
            because: self.says(
                "flow state",
                format!("the reply comes back to {}", self.resource.id),
            ),
        });
        self.lose_strange(work.space.subtract(packets, own), steps);
    }

    fn lose_strange(&self, packets: PacketSet, steps: &mut Vec<Step>) {
        let message = format!("{} takes what comes by endpoints, nothing else", self.resource.id);
        let because = self.refuses(ExplanationCode::WhyhopNoSession, message);
        steps.push(Step::lose(packets, because));
    }

    /// On to the resource, from the gateway's own address.
    fn run(&self, errand: &Errand, packets: PacketSet, work: &Workspace, steps: &mut Vec<Step>) {
        if let Some(why) = &self.closed {
            let because = self.refuses(ExplanationCode::BadState, why.clone());
            steps.push(Step::lose(packets, because));
            return;
        }
        let configuration = &errand.configuration;
        for family in [Family::V4, Family::V6] {
            let packets = work.space.plane(packets, family);
            let picks: Vec<Passage> = errand
                .places
                .iter()
                .filter_map(|spot| self.passage(spot, family))
                .collect();
            let message = match (errand.places.is_empty(), picks.is_empty()) {
                (true, _) => format!(
                    "the model does not say who the resource of {configuration} is: write its `addresses`"
                ),
                (false, true) => format!("the resource of {configuration} has no address of this family"),
                (false, false) => {
                    let because = self.says(
                        "resource gateway",
                        format!(
                            "{} sends them to the resource of {configuration}",
                            self.resource.id
                        ),
                    );
                    steps.push(Step::Forward {
                        packets,
                        picks,
                        choice: Choice::Any,
                        because,
                    });
                    continue;
                }
            };
            let because = self.refuses(ExplanationCode::UnknownResource, message);
            steps.push(Step::Unknown { packets, because });
        }
    }

    fn passage(&self, spot: &Spot, family: Family) -> Option<Passage> {
        let of = |addresses: &AddressSet| {
            let addresses = addresses.intersect(&AddressSet::family(family));
            (!addresses.is_empty()).then_some(addresses)
        };
        let rewrite = Rewrite {
            source: Some(of(&self.addresses)?),
            source_ports: Some(PortSet::range(1024, u16::MAX)),
            destination: Some(of(&spot.addresses)?),
            ..Rewrite::default()
        };
        let passage = Passage::over(self.out).meant_for(spot.node).rewriting(rewrite);
        let vpc = self.vpc.clone()?;
        Some(passage.sent_from(vpc).sent_by(self.interface))
    }
}
