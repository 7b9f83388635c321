//! Load balancers: what a node does with the packets that its interface takes.
//!
//! - A listener of the port and protocol takes them; without one they are refused (`ELBV2_LISTENERS_MISMATCH`).
//! - They go to a target of the listener's groups, in the node's own zone unless cross-zone load balancing is on: by
//!   default it is for Application Load Balancers, not for the others (ELB API, `LoadBalancerAttribute`; that the API leaves
//!   it off for Classic ones is from memory). Targets in zones without a node are not used.
//! - AWS picks targets whose health checks succeed; when none does, all (Network Load Balancer guide, "Target groups": fail
//!   open). Where the model says nothing of their health, one that works is picked.
//! - The target sees the node's own address and a port of 1024-65535; from a Network Load Balancer that preserves client
//!   addresses it sees the client. By default that is so for instances, and for addresses when the group speaks UDP. The
//!   reply then goes back by the state of the flow, past the target's route table, but not past the network ACLs (same
//!   guide). What the node's network ACL sees of that reply is not documented; we take it to be the target's address.
//! - What comes by an interface endpoint (AWS PrivateLink) reaches the targets from the node's address, and goes back to the
//!   endpoint by the state of the flow.
//! - A target that is its own client gets no answer when its address is preserved (same guide, "Troubleshoot").
//! - A group of a Network Load Balancer counts as the sender's behind it, whatever the source address is (same guide,
//!   "Security groups").
//!
//! Read 2026-11-24; `reference` section 7.

mod targets;

use crate::code::ExplanationCode;
use crate::model::{
    Listener, LoadBalancer, LoadBalancerId, LoadBalancerType, Model, NetworkInterface, NetworkInterfaceId,
    Place, SubnetId, TargetHealth, VpcId,
};
use crate::network::{
    Arrival, Builder, Cause, Choice, Component, Direction, Kind, Leg, LinkId, NodeId, Passage, ResourceRef,
    Rewrite, Step, Workspace, Zone, balancer_node, endpoints_served, zone_of,
};
use crate::packet::{AddressSet, Cube, PacketSet, PortSet, Protocol, ProtocolSet};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::rc::Rc;
use targets::{Target, targets};

/// ELB's word for it.
pub const NAME: &str = "load-balancer";

/// What stands for the public address of a node that nobody knows yet (RFC 5737).
const STAND_INS: u32 = 0xc000_0280;

/// The kind.
pub struct LoadBalancers;

impl Kind for LoadBalancers {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("load_balancers")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::BadState,
            ExplanationCode::ElbInstalledAzRestriction,
            ExplanationCode::ElbListenersMismatch,
            ExplanationCode::ElbNotCrosszone,
            ExplanationCode::Elbv2ListenerHasNoTg,
            ExplanationCode::Elbv2ListenersMismatch,
            ExplanationCode::Elbv2NoTargetsInAz,
            ExplanationCode::Elbv2SourceAddressPreservation,
            ExplanationCode::UnknownResource,
            ExplanationCode::WhyhopNoSession,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &[
            "which requests the rules of a listener match",
            "health checks as packets of their own",
            "sticky sessions",
        ]
    }

    /// A node without an interface in the model gets one, at any free address of its subnet.
    fn expand(&self, model: &mut Model) {
        let mut made: Vec<(NetworkInterfaceId, NetworkInterface)> = Vec::new();
        for (id, balancer) in &mut model.load_balancers {
            if balancer.enis.is_empty() && balancer.kind != LoadBalancerType::Gateway {
                for subnet in balancer.subnets.iter() {
                    let eni = NetworkInterfaceId::from(format!("{id}/{subnet}").as_str());
                    let number = u32::try_from(made.len()).unwrap_or(u32::MAX);
                    made.push((eni.clone(), node_interface(balancer, subnet, number)));
                    balancer.enis.0.push(eni);
                }
            }
        }
        model.enis.extend(made);
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        let tenants = Rc::clone(&builder.tenants);
        for (id, balancer) in &model.load_balancers {
            for eni in balancer.enis.iter() {
                let node = balancer_node(id, eni, builder);
                builder.put_behind(eni, node);
                let interface = builder.place("network-interface", eni);
                builder.call(id, interface);
                let entrance = builder.place("security-group", eni);
                let Some(described) = model.enis.get(eni) else {
                    continue;
                };
                if balancer.kind == LoadBalancerType::Classic {
                    builder.check_inside(&described.subnet, entrance);
                }
                for target in targets(balancer, model, &tenants).filter(|target| target.preserved) {
                    if let Some(subnet) = &target.subnet {
                        builder.recall(subnet, entrance, &described.subnet);
                    }
                }
            }
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, balancer) in &model.load_balancers {
            for eni in balancer.enis.iter() {
                if let Some(described) = model.enis.get(eni) {
                    connect_one((id, balancer), (eni, described), builder);
                }
            }
        }
    }
}

fn node_interface(balancer: &LoadBalancer, subnet: &SubnetId, number: u32) -> NetworkInterface {
    let public = Ipv4Addr::from(STAND_INS.saturating_add(number % 127));
    NetworkInterface {
        name: None,
        subnet: subnet.clone(),
        ip: Vec::new().into(),
        prefixes: Vec::new().into(),
        public_ip: balancer.internet_facing.then_some(public),
        security_groups: balancer.security_groups.clone(),
        source_dest_check: true,
        deny_all_igw_traffic: false,
        instance: None,
        device_index: 0,
        interface_type: None,
        description: Some("ELB node".to_owned()),
        tags: crate::model::Tags::new(),
    }
}

fn connect_one(
    (id, balancer): (&LoadBalancerId, &LoadBalancer),
    (eni, described): (&NetworkInterfaceId, &NetworkInterface),
    builder: &mut Builder<'_>,
) {
    let node = balancer_node(id, eni, builder);
    let interface = builder.place("network-interface", eni);
    let vpc = builder
        .model
        .subnets
        .get(&described.subnet)
        .map(|subnet| subnet.vpc.clone());
    let zone = zone_of(&described.subnet, builder.model);
    let enabled: Vec<Zone> = balancer
        .subnets
        .iter()
        .map(|subnet| zone_of(subnet, builder.model))
        .collect();
    let mut all: Vec<Target> = targets(balancer, builder.model, &builder.tenants).collect();
    for target in all.iter_mut().filter(|target| target.address.is_none()) {
        let eni = target.eni.as_ref().and_then(|eni| builder.model.enis.get(eni));
        target.address = eni.map(|eni| builder.addresses_of(eni).0);
    }
    for target in &mut all {
        target.node = target
            .eni
            .as_ref()
            .map(|eni| builder.place("network-interface", eni));
    }
    let undescribed = |listener: &Listener| {
        listener
            .target_groups
            .iter()
            .any(|group| !builder.model.target_groups.contains_key(group.as_str()))
    };
    let undescribed = balancer.listeners.iter().map(undescribed).collect();
    let (addresses, _) = builder.addresses_of(described);
    let served = endpoints_served(eni, builder.model, builder).into_iter();
    let endpoints = served
        .map(|endpoint| (endpoint, builder.link(node, endpoint, Direction::Egress)))
        .collect();
    let component = Node {
        resource: ResourceRef::new(NAME, id),
        kind: balancer.kind,
        works: balancer.state.works(),
        listeners: balancer.listeners.clone(),
        undescribed,
        targets: all,
        addresses,
        zone,
        enabled,
        vpc,
        eni: eni.clone(),
        interface,
        entrance: builder.place("security-group", eni),
        out: builder.link(node, interface, Direction::Egress),
        endpoints,
    };
    builder.set(node, component);
}

struct Node {
    resource: ResourceRef,
    kind: LoadBalancerType,
    works: bool,
    listeners: Vec<Listener>,
    /// The listeners that name a target group which the model does not describe.
    undescribed: Vec<bool>,
    targets: Vec<Target>,
    addresses: AddressSet,
    zone: Zone,
    enabled: Vec<Zone>,
    vpc: Option<VpcId>,
    eni: NetworkInterfaceId,
    interface: NodeId,
    /// Where the interface takes packets.
    entrance: NodeId,
    out: LinkId,
    /// The interface endpoints that hand packets to this node, and the ways back to them.
    endpoints: BTreeMap<NodeId, LinkId>,
}

impl Component for Node {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let mut steps = Vec::new();
        let fresh = self.reply(arrival, work, &mut steps);
        if arrival.leg == Leg::Return && arrival.link.is_none() {
            // What the load balancer answers itself.
            let because = self.says("answer", format!("{} answers", self.resource.id), None);
            let back = self.back_to(arrival.parties.to);
            steps.push(Step::forward(fresh, Passage::over(back), because));
        } else if arrival.leg == Leg::Return {
            self.come_back(fresh, work, &mut steps);
        } else {
            // A client's address is never preserved behind AWS PrivateLink (Network Load Balancer guide, "Client IP preservation").
            let from = arrival.parties.from;
            let hidden = from.is_some_and(|from| self.endpoints.contains_key(&from));
            self.request((fresh, hidden), work, &mut steps);
        }
        steps.retain(|step| !step.packets().is_empty());
        steps
    }
}

impl Node {
    fn place(&self) -> Place {
        Place::item("load_balancers", self.resource.id.clone())
    }

    fn says(&self, rule: &'static str, message: String, listener: Option<usize>) -> Cause {
        let place = match listener {
            Some(index) => self.place().field("listeners").index(index),
            None => self.place(),
        };
        Cause::implicit(&self.resource, rule, message).at(place)
    }

    fn refuses(&self, code: ExplanationCode, message: String, listener: Option<usize>) -> Cause {
        Cause {
            code: Some(code),
            ..self.says("load balancer", message, listener)
        }
    }

    /// Undoes the translation for the replies of a target; gives back the others.
    fn reply(&self, arrival: &Arrival<'_>, work: &Workspace, steps: &mut Vec<Step>) -> PacketSet {
        let Some(memory) = arrival.undoes() else {
            return arrival.packets;
        };
        let known = work
            .space
            .intersect(arrival.packets, work.space.replies(memory.after));
        let because = self.says(
            "flow state",
            "the target's reply goes back to the client".to_owned(),
            None,
        );
        steps.push(Step::Restore {
            packets: known,
            passage: Passage::over(self.back_to(memory.parties.from)),
            because,
        });
        work.space.subtract(arrival.packets, known)
    }

    /// The reply to what this node began itself, a health check or a request that it sends on.
    fn come_back(&self, packets: PacketSet, work: &Workspace, steps: &mut Vec<Step>) {
        let own = work.space.to_destinations(packets, &self.addresses);
        let message = format!("the reply comes back to {}", self.resource.id);
        steps.push(Step::Deliver {
            packets: own,
            answered: false,
            because: self.says("flow state", message, None),
        });
        self.lose_strange(work.space.subtract(packets, own), steps);
    }

    fn lose_strange(&self, packets: PacketSet, steps: &mut Vec<Step>) {
        let message = format!("{} has no flow for these packets", self.resource.id);
        let because = self.refuses(ExplanationCode::WhyhopNoSession, message, None);
        steps.push(Step::lose(packets, because));
    }

    /// The way to a client: its endpoint, or out through the interface.
    fn back_to(&self, client: Option<NodeId>) -> LinkId {
        let endpoint = client.and_then(|client| self.endpoints.get(&client));
        endpoint.copied().unwrap_or(self.out)
    }

    fn request(&self, (packets, hidden): (PacketSet, bool), work: &Workspace, steps: &mut Vec<Step>) {
        let id = &self.resource.id;
        let space = &work.space;
        let own = space.to_destinations(packets, &self.addresses);
        self.lose_strange(space.subtract(packets, own), steps);
        if !self.works {
            let because = self.refuses(ExplanationCode::BadState, format!("{id} is not active"), None);
            steps.push(Step::lose(own, because.at(self.place().field("state"))));
            return;
        }
        let mut rest = own;
        for (index, listener) in self.listeners.iter().enumerate() {
            let heard = space.intersect(rest, space.cube(&takes(listener)));
            rest = space.subtract(rest, heard);
            if !heard.is_empty() {
                self.distribute((index, hidden), heard, work, steps);
            }
        }
        let code = match self.kind {
            LoadBalancerType::Classic => ExplanationCode::ElbListenersMismatch,
            _ => ExplanationCode::Elbv2ListenersMismatch,
        };
        let message = format!("no listener of {id} takes these packets");
        let because = self.refuses(code, message, None);
        steps.push(Step::lose(rest, because.at(self.place().field("listeners"))));
    }

    /// To the targets of a listener.
    fn distribute(
        &self,
        (listener, hidden): (usize, bool),
        packets: PacketSet,
        work: &Workspace,
        steps: &mut Vec<Step>,
    ) {
        let id = &self.resource.id;
        let described = &self.listeners[listener];
        let port = described.port;
        let function = self
            .targets
            .iter()
            .any(|target| target.listener == listener && target.function);
        if described.answers || function {
            let message = format!("{id} answers at port {port} itself");
            let because = self.says("listener", message, Some(listener));
            steps.push(Step::Deliver {
                packets,
                answered: false,
                because,
            });
            return;
        }
        let usable = self.usable(listener);
        if usable.is_empty() {
            steps.push(self.nobody(listener, packets));
            return;
        }
        let mut rest = packets;
        for (index, target) in usable.iter().enumerate().filter(|_| !hidden) {
            let own = self.own_packets(target, rest, work);
            rest = work.space.subtract(rest, own);
            if !own.is_empty() {
                let others: Vec<&Target> = usable[..index]
                    .iter()
                    .chain(&usable[index + 1..])
                    .copied()
                    .collect();
                steps.push(self.send((listener, hidden), &others, own));
            }
        }
        steps.push(self.send((listener, hidden), &usable, rest));
    }

    /// One of the targets takes them. With none to choose from they come from the only target itself.
    fn send(&self, (listener, hidden): (usize, bool), targets: &[&Target], packets: PacketSet) -> Step {
        let id = &self.resource.id;
        let port = self.listeners[listener].port;
        if targets.is_empty() {
            let message = "the target is its own client, and sees its own address as the source".to_owned();
            let code = ExplanationCode::Elbv2SourceAddressPreservation;
            return Step::lose(packets, self.refuses(code, message, Some(listener)));
        }
        let passages: Option<Vec<Passage>> = targets
            .iter()
            .map(|target| self.passage(target, hidden))
            .collect();
        let Some(picks) = passages.filter(|_| !self.undescribed[listener]) else {
            let message = format!("the model does not describe every target of port {port}");
            let because = self.refuses(ExplanationCode::UnknownResource, message, Some(listener));
            return Step::Unknown { packets, because };
        };
        let message = format!("{id} sends port {port} to {}", self.names(targets));
        let because = self.says("listener", message, Some(listener));
        Step::Forward {
            packets,
            picks,
            choice: Choice::Working,
            because,
        }
    }

    fn names(&self, usable: &[&Target]) -> String {
        let mut names: Vec<String> = usable
            .iter()
            .map(|target| format!("target {} of {}", target.index + 1, target.group))
            .collect();
        names.dedup();
        match names.len() {
            0..=3 => names.join(" or "),
            count => format!("one of {count} targets"),
        }
    }

    /// The targets among which AWS picks: in reach, and healthy unless none is.
    fn usable(&self, listener: usize) -> Vec<&Target> {
        let in_reach = |target: &&Target| {
            let near = target.cross_zone || target.zone == self.zone || target.zone.is_none();
            let enabled = target.zone.is_none() || self.enabled.contains(&target.zone);
            target.listener == listener && near && enabled
        };
        let all: Vec<&Target> = self.targets.iter().filter(in_reach).collect();
        let good =
            |target: &&&Target| matches!(target.health, TargetHealth::Healthy | TargetHealth::Unchecked);
        let healthy: Vec<&Target> = all.iter().filter(good).copied().collect();
        if healthy.is_empty() { all } else { healthy }
    }

    /// Whether a listener has a target in a zone with a node.
    fn enabled_anywhere(&self, listener: usize) -> bool {
        let mut own = self.targets.iter().filter(|target| target.listener == listener);
        own.any(|target| target.zone.is_none() || self.enabled.contains(&target.zone))
    }

    /// Why there is no target to send to.
    fn nobody(&self, listener: usize, packets: PacketSet) -> Step {
        let id = &self.resource.id;
        if self.undescribed[listener] {
            let message = "the model does not describe the target group of the listener".to_owned();
            let because = self.refuses(ExplanationCode::UnknownResource, message, Some(listener));
            return Step::Unknown { packets, because };
        }
        let any = self.targets.iter().any(|target| target.listener == listener);
        let (code, message) = match (any, self.kind) {
            (false, _) => (
                ExplanationCode::Elbv2ListenerHasNoTg,
                format!("the listener of {id} at this port has no target"),
            ),
            (true, LoadBalancerType::Classic) if !self.enabled_anywhere(listener) => (
                ExplanationCode::ElbInstalledAzRestriction,
                format!("every target of {id} is in a zone in which it has no node"),
            ),
            (true, LoadBalancerType::Classic) => (
                ExplanationCode::ElbNotCrosszone,
                format!("{id} has no target in the node's zone, and cross-zone load balancing is off"),
            ),
            (true, _) => (
                ExplanationCode::Elbv2NoTargetsInAz,
                format!("{id} has no target in the zones that this node sends to"),
            ),
        };
        Step::lose(packets, self.refuses(code, message, Some(listener)))
    }

    /// The packets that come from a target itself, its address preserved.
    fn own_packets(&self, target: &Target, packets: PacketSet, work: &Workspace) -> PacketSet {
        match &target.address {
            Some(address) if target.preserved => work.space.from_sources(packets, address),
            _ => PacketSet::EMPTY,
        }
    }

    fn passage(&self, target: &Target, hidden: bool) -> Option<Passage> {
        let rewrite = Rewrite {
            destination: Some(target.address.clone()?),
            destination_ports: target.port.map(PortSet::one),
            ..Rewrite::default()
        };
        let passage = Passage::over(self.out).meant_for(target.node);
        if target.preserved && !hidden {
            return Some(
                passage
                    .rewriting(rewrite)
                    .vouched_by(self.eni.clone())
                    .recalling(self.entrance),
            );
        }
        let rewrite = Rewrite {
            source: Some(self.addresses.clone()),
            source_ports: Some(PortSet::range(1024, u16::MAX)),
            ..rewrite
        };
        let vpc = self.vpc.clone()?;
        Some(passage.rewriting(rewrite).sent_from(vpc).sent_by(self.interface))
    }
}

/// What a listener takes.
fn takes(listener: &Listener) -> Cube {
    let (tcp, udp) = listener.protocol.transports();
    let protocols = [(tcp, Protocol::TCP), (udp, Protocol::UDP)];
    let protocols = protocols
        .into_iter()
        .filter(|(taken, _)| *taken)
        .map(|(_, one)| (one.0, one.0));
    Cube {
        protocols: ProtocolSet::from_ranges(protocols),
        destination_ports: PortSet::one(listener.port),
        ..Cube::all()
    }
}
