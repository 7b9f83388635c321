//! Gateway Load Balancer endpoints: a bump in the wire.
//!
//! - One interface in one subnet, without security group. Routes lead to it; the network ACL of its subnet is asked of what comes
//!   from another subnet, and of what leaves for one (Gateway Load Balancer guide, "Getting started"; that the ACL is asked is
//!   from memory).
//! - What is sent to it goes to the Gateway Load Balancer, from there to an appliance, and comes out of the same endpoint as it went
//!   in; then the table of its subnet routes it (VPC guide, "Middlebox routing").
//! - Only the route leads there: the interface answers to nobody. It serves no client of its own subnet, whose table would lead
//!   back to it, which the walk finds as a loop.
//! - Request and reply have to pass the same endpoint, or the appliances see half of a connection (VPC guide, "Middlebox routing";
//!   transit gateway guide, "Appliance scenario"). We take them to follow connections: TCP of which they see one direction is lost.
//! - A Network Load Balancer cannot keep the client's address for targets that it reaches through an endpoint (Network Load Balancer
//!   guide, "Client IP preservation").
//! - Security groups behind it do not know the sender any more (VPC guide, "Security group rules").
//! - The load balancer is a hop of its own where the model describes it. Where it is somebody else's, the appliance is taken to get
//!   the packets and to pass them, and the answer says so, as AWS's own analyzer does (`PATH_THROUGH_GWLB_NOT_CHECKED`).
//! - Where it is a traffic mirror target, it takes UDP 4789 to its own address, and the appliance keeps those packets: they are
//!   copies (Traffic Mirroring guide, "Traffic mirror targets").
//! - The service must be in the endpoint's zone (`VPCE_SERVICE_NOT_INSTALLED_IN_AZ`).

use super::{NAME, closed};
use crate::code::ExplanationCode;
use crate::model::{
    Model, NetworkInterfaceId, Place, SubnetId, VXLAN, VpcEndpoint, VpcEndpointId, VpcEndpointService,
};
use crate::network::{
    Arrival, Builder, Cause, Choice, Component, Direction, Leg, LinkId, NodeId, Owner, Passage, Resident,
    ResourceRef, Step, Target, Workspace, inspected_subnet, inspector_node, offered_service, serving_nodes,
    zone_of,
};
use crate::packet::{AddressSet, Cube, PacketSet, PortSet, Protocol, ProtocolSet};

/// The interface and the subnet of an endpoint. AWS gives it exactly one.
fn site<'m>(
    endpoint: &'m VpcEndpoint,
    model: &'m Model,
) -> Option<(Option<&'m NetworkInterfaceId>, SubnetId)> {
    let subnet = inspected_subnet(endpoint, model)?;
    Some((endpoint.enis.iter().next(), subnet.clone()))
}

/// Offers itself to route tables.
pub(super) fn declare(id: &VpcEndpointId, endpoint: &VpcEndpoint, model: &Model, builder: &mut Builder<'_>) {
    let node = builder.place(NAME, id);
    let Some((eni, subnet)) = site(endpoint, model) else {
        builder.offer_target(id, Target::at(node).unless(Some(format!("{id} is in no subnet"))));
        return;
    };
    let described = eni.and_then(|eni| model.enis.get(eni));
    let addresses = described.map_or_else(AddressSet::empty, |eni| builder.addresses_of(eni).0);
    let known = described.is_some_and(|eni| builder.addresses_of(eni).1);
    builder.reside(
        &subnet,
        Resident {
            node,
            owner: node,
            addresses: addresses.clone(),
            known,
        },
    );
    if let Some(eni) = eni {
        builder.stand_in(eni, node);
    }
    let target = Target {
        transparent: true,
        ..Target::inside(node, &subnet)
    };
    builder.offer_target(id, target.unless(closed(id, endpoint, model)));
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

/// Joins itself to its subnet and to the load balancer.
pub(super) fn connect(id: &VpcEndpointId, endpoint: &VpcEndpoint, model: &Model, builder: &mut Builder<'_>) {
    let Some((eni, subnet)) = site(endpoint, model) else {
        return;
    };
    let node = builder.place(NAME, id);
    let segment = builder.place("subnet", &subnet);
    let described = eni.and_then(|eni| model.enis.get(eni));
    let component = Endpoint {
        resource: ResourceRef::new(NAME, id),
        interface: eni.map(|eni| ResourceRef::new("network-interface", eni)),
        addresses: described.map_or_else(AddressSet::empty, |eni| builder.addresses_of(eni).0),
        copies: model
            .traffic_mirror_targets
            .values()
            .any(|target| target.endpoint.as_ref() == Some(id)),
        closed: closed(id, endpoint, model),
        missing: missing(endpoint, &subnet, model),
        inspectors: inspectors((id, endpoint), (node, &subnet), model, builder),
        out: builder.link(node, segment, Direction::Egress),
    };
    builder.set(node, component);
}

/// The nodes that hand its packets to appliances, as far as the model describes them.
fn inspectors(
    (id, endpoint): (&VpcEndpointId, &VpcEndpoint),
    (node, subnet): (NodeId, &SubnetId),
    model: &Model,
    builder: &mut Builder<'_>,
) -> Vec<LinkId> {
    let service = offered_service(endpoint, model);
    let nodes = service.map_or_else(Vec::new, |(_, service)| serving_nodes(service, subnet, model));
    let mut links = Vec::new();
    for serving in nodes {
        let inspector = inspector_node(id, &serving.eni, builder);
        links.push(builder.link(node, inspector, Direction::Ingress));
    }
    links
}

/// The service that inspects, if the model offers it and it is not in the zone.
fn missing(endpoint: &VpcEndpoint, subnet: &SubnetId, model: &Model) -> Option<String> {
    let (id, service) = offered_service(endpoint, model)?;
    let mut balancers = service.load_balancers.iter();
    let described = balancers.any(|id| model.load_balancers.contains_key(id));
    (described && !inspected_in(service, subnet, model)).then(|| id.to_string())
}

/// Whether a service has a Gateway Load Balancer in the zone of a subnet, as far as the zones are known.
fn inspected_in(service: &VpcEndpointService, subnet: &SubnetId, model: &Model) -> bool {
    let zone = zone_of(subnet, model);
    let balancers = service
        .load_balancers
        .iter()
        .filter_map(|id| model.load_balancers.get(id));
    let mut zones =
        balancers.flat_map(|balancer| balancer.subnets.iter().map(|subnet| zone_of(subnet, model)));
    zone.is_none() || zones.any(|own| own.is_none() || own == zone)
}

struct Endpoint {
    resource: ResourceRef,
    interface: Option<ResourceRef>,
    addresses: AddressSet,
    /// Whether traffic mirroring sends it copies.
    copies: bool,
    closed: Option<String>,
    /// The service, where it is not in the zone.
    missing: Option<String>,
    /// The nodes that hand its packets to appliances; none where they are somebody else's.
    inspectors: Vec<LinkId>,
    /// Into its subnet.
    out: LinkId,
}

impl Component for Endpoint {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn interface(&self) -> Option<ResourceRef> {
        self.interface.clone()
    }

    fn is_host(&self) -> bool {
        true
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let mut steps = match arrival.link.map(|link| link.direction) {
            None => {
                let message = format!("{} begins nothing by itself", self.resource.id);
                let because = self.refuses(ExplanationCode::VpceIntraVpcTraffic, message);
                vec![Step::drop(arrival.packets, Passage::over(self.out), because)]
            }
            Some(Direction::Egress) => self.emit(arrival.packets, work),
            Some(_) if arrival.leg == Leg::Forward && arrival.identity.voucher.is_some() => {
                vec![self.preserved(arrival.packets)]
            }
            Some(_) => {
                let (fresh, mut steps) = self.unseen(arrival, work);
                steps.extend(self.take(work.space.subtract(arrival.packets, fresh), work));
                steps
            }
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
            ..self.says("Gateway Load Balancer endpoint", message)
        }
    }

    /// Out of the endpoint, as they came in.
    fn passage(&self) -> Passage {
        Passage::over(self.out).anonymous()
    }

    /// On to where they go; of a connection the reply has to come by.
    fn pass(&self, packets: PacketSet, because: &Cause, work: &Workspace) -> [Step; 2] {
        let tcp = work.space.intersect(packets, connections(work));
        let rest = work.space.subtract(packets, tcp);
        [
            Step::forward(tcp, self.passage().awaited(), because.clone()),
            Step::forward(rest, self.passage(), because.clone()),
        ]
    }

    /// Loses the replies of connections of which it has not seen the request.
    fn unseen(&self, arrival: &Arrival<'_>, work: &Workspace) -> (PacketSet, Vec<Step>) {
        if arrival.leg == Leg::Forward {
            return (PacketSet::EMPTY, Vec::new());
        }
        let tcp = work.space.intersect(arrival.packets, connections(work));
        let fresh = work.space.subtract(tcp, arrival.answers(work));
        let message = format!(
            "{} has not seen the request of the connection that this answers: it took a way past it",
            self.resource.id
        );
        let because = self.refuses(ExplanationCode::WhyhopAsymmetricRouting, message);
        (fresh, vec![Step::drop(fresh, self.passage(), because)])
    }

    fn take(&self, packets: PacketSet, work: &Workspace) -> Vec<Step> {
        let copies = work.space.intersect(packets, self.copies(work));
        let own = work.space.to_destinations(packets, &self.addresses);
        let own = work.space.subtract(own, copies);
        let rest = work.space.subtract(packets, own);
        let message = format!("the interface of {} answers to nobody", self.resource.id);
        let nobody = self.refuses(ExplanationCode::NoPossibleDestination, message);
        let mut steps = vec![Step::lose(own, nobody)];
        if self.works() && self.inspectors.is_empty() {
            steps.push(self.kept(copies));
            steps.extend(self.inspect(work.space.subtract(rest, copies), work));
        } else {
            steps.extend(self.inspect(rest, work));
        }
        steps
    }

    fn preserved(&self, packets: PacketSet) -> Step {
        let message = format!(
            "a load balancer keeps the client's address, and cannot on the way through {}",
            self.resource.id
        );
        let code = ExplanationCode::Elbv2SourceAddressPreservation;
        Step::drop(packets, self.passage(), self.refuses(code, message))
    }

    fn works(&self) -> bool {
        self.closed.is_none() && self.missing.is_none()
    }

    /// What comes back from the appliance. Copies do not: it keeps them.
    fn emit(&self, packets: PacketSet, work: &Workspace) -> Vec<Step> {
        let copies = work.space.intersect(packets, self.copies(work));
        let rest = work.space.subtract(packets, copies);
        let message = format!("the packets come out of {} again", self.resource.id);
        let because = self.says("inspection", message);
        let mut steps = vec![self.kept(copies)];
        steps.extend(self.pass(rest, &because, work));
        steps
    }

    /// The copies of traffic mirroring that are for it.
    fn copies(&self, work: &Workspace) -> PacketSet {
        if !self.copies {
            return PacketSet::EMPTY;
        }
        work.space.cube(&Cube {
            protocols: ProtocolSet::one(Protocol::UDP.0),
            destination_ports: PortSet::one(VXLAN),
            destinations: self.addresses.clone(),
            ..Cube::all()
        })
    }

    fn kept(&self, copies: PacketSet) -> Step {
        let message = format!("an appliance behind {} keeps the copies", self.resource.id);
        let because = self.says("copies", message);
        Step::Deliver {
            packets: copies,
            answered: false,
            because: if self.inspectors.is_empty() {
                because.assumed()
            } else {
                because
            },
        }
    }

    fn inspect(&self, packets: PacketSet, work: &Workspace) -> Vec<Step> {
        let id = &self.resource.id;
        if let Some(why) = &self.closed {
            let because = self.refuses(ExplanationCode::BadState, why.clone());
            let because = because.at(self.place().field("state"));
            return vec![Step::drop(packets, self.passage(), because)];
        }
        if let Some(service) = &self.missing {
            let message = format!("{service} has no load balancer in the zone of {id}");
            let code = ExplanationCode::VpceServiceNotInstalledInAz;
            return vec![Step::drop(packets, self.passage(), self.refuses(code, message))];
        }
        if !self.inspectors.is_empty() {
            let message = format!("{id} hands the packets to the load balancer of its zone");
            return vec![Step::Forward {
                packets,
                picks: self.inspectors.iter().map(|link| Passage::over(*link)).collect(),
                choice: Choice::Any,
                because: self.says("inspection", message),
            }];
        }
        let message = format!("what inspects behind {id} gets the packets, and passes them unchanged");
        let because = self.says("inspection", message).assumed();
        self.pass(packets, &because, work).into()
    }
}

/// TCP.
fn connections(work: &Workspace) -> PacketSet {
    work.space.cube(&Cube {
        protocols: ProtocolSet::one(Protocol::TCP.0),
        ..Cube::all()
    })
}
