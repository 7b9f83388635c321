//! Network interfaces (ENIs), the ends of every path inside a VPC.
//!
//! - An interface takes and sends only packets of its own private addresses, unless its source/destination check is
//!   off; then it may forward others (EC2 guide, "Elastic network interfaces";
//!   <https://docs.aws.amazon.com/vpc/latest/reachability/explanation-codes.html>, `ENI_SOURCE_DEST_CHECK_RESTRICTION`).
//! - The interface of a service takes its own addresses alone, even where AWS has its check off (`ENI_ADDRESS_RESTRICTION`).
//! - Its own are the primary and secondary IPv4 addresses, the IPv6 addresses and the delegated prefixes.
//! - Only a running instance sends and receives (EC2 API, `InstanceStateName`); a route to the interface of one
//!   that does not run is a blackhole (EC2 API, `Route.State`).
//! - What forwards is taken to forward everything unchanged through the same interface; security groups behind it
//!   no longer know the sender (VPC guide, "Security group rules": references through a middlebox).
//! - Where the model says so, it gives IPv4 its own address as the source instead, from any port that is not reserved, and undoes that
//!   for the replies: a NAT instance (VPC guide, "NAT instances"; Linux, `MASQUERADE`).
//!
//! Read 2026-11-23.

mod forwarding;
mod repair;

use crate::code::ExplanationCode;
use crate::model::{
    AddressSpec, InstanceState, Model, NetworkInterface, NetworkInterfaceId, Place, ResourceId, VpcId,
};
use crate::network::edit::{Proposal, Trouble};
use crate::network::{
    Arrival, Association, Builder, Cause, Component, Direction, Kind, Leg, LinkId, NodeId, Onward, Owner,
    Passage, Refusal, Resident, ResourceRef, Step, Target, Trace, Workspace, certain_addresses,
};
use crate::packet::{AddressSet, PacketSet};

/// EC2's word for it.
pub const NAME: &str = "network-interface";

/// The kind.
pub struct NetworkInterfaces;

impl Kind for NetworkInterfaces {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("enis")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::BadState,
            ExplanationCode::EniAddressRestriction,
            ExplanationCode::EniSourceDestCheckRestriction,
            ExplanationCode::UnknownResource,
            ExplanationCode::WhyhopNoSession,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &[
            "the guest's own firewall and routes",
            "an appliance that changes what it forwards otherwise than by source translation",
            "which of several interfaces a guest sends from: packets leave by the one that owns their source",
        ]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, eni) in &model.enis {
            if builder.stands_for(id).is_none() {
                declare_one(id, eni, model, builder);
            }
        }
        // Only what some route leads to.
        let routes = model.route_tables.values().flat_map(|table| &table.routes);
        routes.for_each(|route| offer_instance(&route.target, builder));
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, eni) in &model.enis {
            if builder.stands_for(id).is_none() {
                connect_one(id, eni, model, builder);
            }
        }
    }

    fn opening(&self, trouble: &Trouble<'_>) -> Vec<Proposal> {
        repair::opening(trouble)
    }
}

fn declare_one(id: &NetworkInterfaceId, eni: &NetworkInterface, model: &Model, builder: &mut Builder<'_>) {
    let node = builder.place(NAME, id);
    let entrance = builder.place("security-group", id);
    let (addresses, known) = builder.addresses_of(eni);
    builder.reside(
        &eni.subnet,
        Resident {
            node: entrance,
            owner: node,
            addresses: addresses.clone(),
            known,
        },
    );
    let vpc = model.subnets.get(&eni.subnet).map(|subnet| subnet.vpc.clone());
    let blackhole = stopped(eni, model).map(|state| format!("the instance of {id} is {state}"));
    builder.offer_target(id, Target::inside(entrance, &eni.subnet).unless(blackhole));
    if let (Some(public), Some(vpc)) = (eni.public_ip, &vpc) {
        let private = primary(eni).unwrap_or_else(|| addresses.v4_alone());
        builder.associate(
            vpc,
            Association {
                public,
                private,
                owner: id.into(),
                unassigned: (!known).then_some(node),
                entrance: None,
            },
        );
    }
    builder.own(
        node,
        Owner {
            resource: ResourceRef::new(NAME, id),
            vpc,
            addresses,
            public: AddressSet::empty(),
        },
    );
}

/// The primary private IPv4 address, when it is known.
fn primary(eni: &NetworkInterface) -> Option<AddressSet> {
    eni.ip.iter().find_map(|spec| match spec {
        AddressSpec::Known(address) if address.is_ipv4() => Some(AddressSet::one(*address)),
        _ => None,
    })
}

/// Services whose own interfaces answer by rules that are not modelled yet (EC2 API, `NetworkInterfaceType`).
const SERVICES: [&str; 10] = [
    "network_load_balancer",
    "load_balancer",
    "gateway_load_balancer",
    "gateway_load_balancer_endpoint",
    "vpc_endpoint",
    "transit_gateway",
    "global_accelerator_managed",
    "api_gateway_managed",
    "nat_gateway",
    FUNCTION,
];

/// The interface of a NAT gateway that the model does not describe, or that is gone.
const NAT: &str = "nat gateway";

/// The interface of a Lambda function.
const FUNCTION: &str = "lambda";

/// The service behind an interface, if its answers are not modelled. The interfaces of Application and Classic Load Balancers
/// have no type of their own; their description begins with `ELB`.
fn unmodelled(eni: &NetworkInterface) -> Option<String> {
    let kind = eni.interface_type.as_deref();
    let typed = kind.filter(|kind| SERVICES.contains(kind));
    let described = eni.description.as_deref().filter(|text| text.starts_with("ELB "));
    typed
        .or(described.map(|_| "load_balancer"))
        .map(|kind| kind.replace('_', " "))
}

/// The state of the interface's instance, when that is not `running`.
fn stopped(eni: &NetworkInterface, model: &Model) -> Option<&'static str> {
    match model.instances.get(eni.instance.as_ref()?)?.state {
        InstanceState::Running => None,
        InstanceState::Pending => Some("pending"),
        InstanceState::Stopping => Some("stopping"),
        InstanceState::Stopped => Some("stopped"),
        InstanceState::ShuttingDown => Some("shutting down"),
        InstanceState::Terminated => Some("terminated"),
    }
}

/// A route to an instance means its interface; AWS takes such a route only while there is exactly one (EC2 API,
/// `CreateRoute`, `InstanceId`), so the primary one is meant.
fn offer_instance(instance: &ResourceId, builder: &mut Builder<'_>) {
    let attached = builder.tenants.of_instance(instance.as_str()).iter();
    let primary = attached.min_by_key(|(_, eni)| eni.device_index);
    let target = primary.and_then(|(id, _)| builder.target(&(*id).into()).cloned());
    if let Some(target) = target {
        builder.offer_target(instance.clone(), target);
    }
}

fn connect_one(id: &NetworkInterfaceId, eni: &NetworkInterface, model: &Model, builder: &mut Builder<'_>) {
    let node = builder.place(NAME, id);
    let groups = builder.place("security-group", id);
    let out = builder.link(node, groups, Direction::Egress);
    let vpc: Option<VpcId> = model.subnets.get(&eni.subnet).map(|subnet| subnet.vpc.clone());
    let served = vpc
        .as_ref()
        .map_or_else(AddressSet::empty, |vpc| builder.served(vpc));
    let services = vpc.as_ref().and_then(|vpc| builder.find("vpc-services", vpc));
    let services = services.map(|services| builder.link(node, services, Direction::Egress));
    let (addresses, _) = builder.addresses_of(eni);
    let behind = builder
        .behind(id)
        .map(|behind| builder.link(node, behind, Direction::Ingress));
    let component = Interface {
        resource: ResourceRef::new(NAME, id),
        certain: certain_addresses(eni),
        addresses,
        out,
        services,
        served,
        check: eni.source_dest_check,
        node,
        translates: eni.source_nat.then(|| primary(eni)).flatten(),
        vpc,
        stopped: stopped(eni, model),
        behind,
        unmodelled: unmodelled(eni).filter(|_| behind.is_none()),
        refusals: builder.refusals(id),
    };
    builder.set(node, component);
}

struct Interface {
    resource: ResourceRef,
    /// The addresses that it has, or may have.
    addresses: AddressSet,
    certain: AddressSet,
    out: LinkId,
    services: Option<LinkId>,
    served: AddressSet,
    check: bool,
    node: NodeId,
    vpc: Option<VpcId>,
    /// The source of what it forwards, if it is a NAT instance.
    translates: Option<AddressSet>,
    stopped: Option<&'static str>,
    /// What takes the packets instead of a host, and sends through this interface.
    behind: Option<LinkId>,
    unmodelled: Option<String>,
    /// What never begins here.
    refusals: Vec<Refusal>,
}

impl Component for Interface {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn interface(&self) -> Option<ResourceRef> {
        Some(self.resource.clone())
    }

    fn trace(&self, code: Option<ExplanationCode>) -> Trace {
        match code {
            Some(ExplanationCode::EniSourceDestCheckRestriction | ExplanationCode::BadState) => {
                Trace::Refused
            }
            _ => Trace::Passed,
        }
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let steps = match (arrival.link, self.behind) {
            (None, _) => self.send(arrival, work),
            (Some(link), Some(behind)) => vec![self.hand(arrival.packets, link.direction, behind)],
            (Some(_), None) => self.receive(arrival, work),
        };
        steps
            .into_iter()
            .filter(|step| !step.packets().is_empty())
            .collect()
    }
}

impl Interface {
    fn place(&self) -> Place {
        Place::item("enis", self.resource.id.clone())
    }

    fn says(&self, message: String) -> Cause {
        Cause::implicit(&self.resource, "interface", message).at(self.place())
    }

    fn refuses(&self, code: ExplanationCode, message: String) -> Cause {
        let place = if code == ExplanationCode::EniSourceDestCheckRestriction {
            self.place().field("source_dest_check")
        } else {
            self.place()
        };
        Cause::refusal(code, &self.resource, "interface", message).at(place)
    }

    fn not_running(&self) -> Option<Cause> {
        let state = self.stopped?;
        let message = format!(
            "the instance of {} is {state}: it neither sends nor receives",
            self.resource.id
        );
        Some(self.refuses(ExplanationCode::BadState, message))
    }

    /// Refuses what never begins here; gives back the rest.
    fn begins(&self, arrival: &Arrival<'_>, work: &Workspace, steps: &mut Vec<Step>) -> PacketSet {
        let mut rest = arrival.packets;
        for refusal in self.refusals.iter().filter(|_| arrival.leg == Leg::Forward) {
            let refused = work.space.intersect(rest, work.space.cube(&refusal.packets));
            rest = work.space.subtract(rest, refused);
            let message = format!("{} {}", self.resource.id, refusal.message);
            let because = self.refuses(refusal.code, message);
            steps.push(Step::drop(refused, Passage::over(self.out), because));
        }
        rest
    }

    /// To the component behind this interface, or from it.
    fn hand(&self, packets: PacketSet, direction: Direction, behind: LinkId) -> Step {
        let id = &self.resource.id;
        match direction {
            Direction::Ingress => {
                let because = self.says(format!("{id} takes the packets for what is behind it"));
                Step::forward(packets, Passage::over(behind), because)
            }
            Direction::Egress => {
                let because = self.says(format!("{id} sends"));
                Step::forward(packets, Passage::over(self.out), because)
            }
        }
    }

    /// Packets begin here, or the reply does.
    fn send(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let onward = Passage::over(self.out);
        if let Some(because) = self.not_running() {
            return vec![Step::drop(arrival.packets, onward, because)];
        }
        let mut steps = Vec::new();
        let begun = self.begins(arrival, work, &mut steps);
        let own = work.space.from_sources(begun, &self.addresses);
        let foreign = work.space.subtract(begun, own);
        // An address that it only may have is not its own where the packets are for somebody else.
        let others = arrival.parties.to.is_some_and(|to| to != arrival.node);
        let mine = if others { &self.certain } else { &self.addresses };
        let itself = work.space.to_destinations(own, mine);
        let away = work.space.subtract(own, itself);
        let served = work.space.to_destinations(away, &self.served);
        let routed = work.space.subtract(away, served);
        let id = &self.resource.id;
        steps.extend([
            Step::forward(routed, onward.clone(), self.says(format!("{id} sends"))),
            self.foreign(foreign, onward, "source"),
            Step::Deliver {
                packets: itself,
                answered: true,
                because: self.says(format!("{id} talks to itself")),
            },
        ]);
        if let Some(link) = self.services {
            let because = self.says(format!("{id} asks a service that Amazon answers inside the VPC"));
            steps.push(Step::forward(served, Passage::over(link), because));
        }
        steps
    }

    /// Packets come out of the network.
    fn receive(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let answers = self.answers(arrival, work);
        let packets = work.space.subtract(arrival.packets, answers);
        let own = work.space.to_destinations(packets, &self.addresses);
        let foreign = work.space.subtract(packets, own);
        if let Some(because) = self.not_running() {
            let forwarded = Step::drop(foreign, Passage::over(self.out).anonymous(), because.clone());
            return vec![
                Step::Drop {
                    packets: own,
                    onward: Onward::Delivered,
                    because,
                },
                forwarded,
            ];
        }
        let arrives = match self.unmodelled.as_deref() {
            None => self.deliver(own),
            Some(FUNCTION) if arrival.leg == Leg::Return => self.deliver(own),
            Some(service) => self.receive_for(service, own),
        };
        let mut steps = vec![arrives];
        steps.extend(self.forwarded(foreign, answers, work));
        steps
    }

    fn deliver(&self, packets: PacketSet) -> Step {
        Step::Deliver {
            packets,
            answered: false,
            because: self.says(format!("{} owns the destination address", self.resource.id)),
        }
    }

    /// What is for a service of AWS. Whatever became of a NAT gateway, its interface takes nothing without a session (VPC guide, "NAT
    /// gateways"); a function begins connections alone (Lambda guide, "Giving Lambda functions access to resources in a VPC").
    fn receive_for(&self, service: &str, packets: PacketSet) -> Step {
        let id = &self.resource.id;
        let (code, what) = match service {
            NAT => (
                ExplanationCode::WhyhopNoSession,
                "a NAT gateway, which drops what nobody behind it asked for".to_owned(),
            ),
            FUNCTION => (
                ExplanationCode::WhyhopNoSession,
                "a Lambda function, which takes nothing that it did not ask for".to_owned(),
            ),
            service => (
                ExplanationCode::UnknownResource,
                format!("a {service}, which is not modelled yet"),
            ),
        };
        let because = self.refuses(code, format!("{id} is the interface of {what}"));
        match code {
            ExplanationCode::UnknownResource => Step::Unknown { packets, because },
            _ => Step::lose(packets, because),
        }
    }
}
