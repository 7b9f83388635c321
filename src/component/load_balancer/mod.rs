//! Load balancers: what a node does with the packets that its interface takes.
//!
//! - A listener of the port and protocol takes them; without one they are refused (`ELBV2_LISTENERS_MISMATCH`).
//! - They go to a target of the listener's groups, in the node's own zone unless cross-zone load balancing is on: by
//!   default it is for Application Load Balancers, not for the others (ELB API, `LoadBalancerAttribute`; that the API leaves
//!   it off for Classic ones is from memory). Targets in zones without a node are not used.
//! - AWS picks targets whose health checks succeed; when none does, all (Network Load Balancer guide, "Target groups": fail
//!   open). Where the model says nothing of their health, the flow of the check is followed: from the node's own address to the port
//!   of the check. Of those that pass one that works is picked.
//! - The target sees the node's own address and a port of 1024-65535; from a Network Load Balancer that preserves client
//!   addresses it sees the client. By default that is so for instances, and for addresses when the group speaks UDP. The
//!   reply then goes back by the state of the flow, past the target's route table, but not past the network ACLs (same
//!   guide). What the node's network ACL sees of that reply is not documented; we take it to be the target's address.
//! - A node that has addresses of both families turns what comes in one into the other where the target has that alone; the target then
//!   sees the node (same guide, "Client IP preservation"; Application Load Balancer guide, "IP address type").
//! - What comes by an interface endpoint (AWS PrivateLink) reaches the targets from the node's address, and goes back to the
//!   endpoint by the state of the flow.
//! - A target that is its own client gets no answer when its address is preserved (same guide, "Troubleshoot").
//! - A group of a Network Load Balancer counts as the sender's behind it, whatever the source address is (same guide,
//!   "Security groups").
//!
//! Read 2026-11-24.

mod inspector;
mod node;
mod spread;
mod targets;

use crate::code::ExplanationCode;
use crate::model::{
    LoadBalancer, LoadBalancerId, LoadBalancerType, Model, NetworkInterface, NetworkInterfaceId, SubnetId,
    TargetHealth,
};
use crate::network::{
    Builder, Direction, Kind, NodeId, Refusal, Tunnel, TunnelId, balancer_node, endpoints_inspected,
    endpoints_served, inspector_node,
};
use crate::packet::{AddressSet, Cube, PortSet, Protocol, ProtocolSet};
use inspector::{GENEVE, Inspector, tunnel};
use node::Node;
use spread::Spread;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::rc::Rc;
use targets::{Target, targets};

/// ELB's word for it.
pub const NAME: &str = "load-balancer";

/// What stands for the public address of a node that nobody knows yet (RFC 5737).
const STAND_INS: u32 = 0xc000_0280;

/// The port to which a Gateway Load Balancer's health checks go where nothing else is written (Gateway Load Balancer guide, "Target
/// groups").
const HEALTH_CHECK: u16 = 80;

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
            ExplanationCode::GwlbDestinationPortRestriction,
            ExplanationCode::GwlbProtocolRestriction,
            ExplanationCode::UnknownResource,
            ExplanationCode::WhyhopNoSession,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["which requests the rules of a listener match", "sticky sessions"]
    }

    /// A node without an interface in the model gets one, at any free address of its subnet.
    fn expand(&self, model: &mut Model) {
        let mut made: Vec<(NetworkInterfaceId, NetworkInterface)> = Vec::new();
        for (id, balancer) in &mut model.load_balancers {
            if balancer.enis.is_empty() {
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
                if balancer.kind == LoadBalancerType::Gateway {
                    restrict(balancer, eni, builder);
                }
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
    let gateway = balancer.kind == LoadBalancerType::Gateway;
    let public = Ipv4Addr::from(STAND_INS.saturating_add(number % 127));
    NetworkInterface {
        public_ip: balancer.internet_facing.then_some(public),
        interface_type: gateway.then(|| "gateway_load_balancer".to_owned()),
        description: Some("ELB node".to_owned()),
        ..NetworkInterface::unassigned(subnet.clone(), balancer.security_groups.clone())
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
    let mut spread = Spread::of((id, balancer), &described.subnet, builder);
    let (addresses, _) = builder.addresses_of(described);
    check_health(&mut spread, (interface, &addresses), &described.subnet, builder);
    let served = endpoints_served(eni, builder.model, builder).into_iter();
    let endpoints = served
        .map(|endpoint| (endpoint, builder.link(node, endpoint, Direction::Egress)))
        .collect();
    if balancer.kind == LoadBalancerType::Gateway {
        inspect((id, balancer), (eni, &described.subnet), builder);
    }
    let component = Node {
        spread,
        addresses,
        vpc,
        eni: eni.clone(),
        interface,
        entrance: builder.place("security-group", eni),
        out: builder.link(node, interface, Direction::Egress),
        endpoints,
    };
    builder.set(node, component);
}

/// Gives every target whose health nobody told the flow of its check: from the node's own address to the port of the target, or to
/// the one that the group says (Network Load Balancer guide, "Health checks").
fn check_health(
    spread: &mut Spread,
    (interface, node): (NodeId, &AddressSet),
    subnet: &SubnetId,
    builder: &mut Builder<'_>,
) {
    let unchecked = |target: &&mut Target| target.health == TargetHealth::Unchecked && !target.function;
    for target in spread.targets.iter_mut().filter(unchecked) {
        let port = target.health_check_port.or(target.port);
        let to = target.node.or_else(|| neighbour(target, subnet, builder));
        let (Some(to), Some(address), Some(port)) = (to, &target.address, port) else {
            continue;
        };
        let there = Cube {
            protocols: ProtocolSet::one(Protocol::TCP.0),
            destination_ports: PortSet::one(port),
            source_ports: PortSet::range(1024, u16::MAX),
            sources: node.clone(),
            destinations: address.clone(),
        };
        target.check = Some(builder.tunnel(Tunnel {
            name: format!("health check of target {} of {}", target.index + 1, target.group),
            from: interface,
            to,
            there,
            back: None,
            mutual: false,
        }));
    }
}

/// Meets every endpoint that this node of a Gateway Load Balancer serves.
fn inspect(
    (id, balancer): (&LoadBalancerId, &LoadBalancer),
    (eni, subnet): (&NetworkInterfaceId, &SubnetId),
    builder: &mut Builder<'_>,
) {
    let interface = builder.place("network-interface", eni);
    let own = builder.model.enis.get(eni);
    let own = own.map_or_else(AddressSet::empty, |eni| builder.addresses_of(eni).0);
    let spread = Spread::of((id, balancer), subnet, builder);
    let mut tunnels: BTreeMap<usize, TunnelId> = BTreeMap::new();
    for (number, target) in spread.targets.iter().enumerate() {
        let appliance = target.node.or_else(|| neighbour(target, subnet, builder));
        let made = appliance.and_then(|appliance| tunnel((interface, &own), target, appliance));
        tunnels.extend(made.map(|made| (number, builder.tunnel(made))));
    }
    for endpoint in endpoints_inspected(eni, builder.model) {
        let node = inspector_node(&endpoint, eni, builder);
        let back = builder.place("vpc-endpoint", &endpoint);
        let component = Inspector {
            spread: Spread::of((id, balancer), subnet, builder),
            tunnels: tunnels.clone(),
            back: builder.link(node, back, Direction::Egress),
        };
        builder.set(node, component);
    }
}

/// Who has the address of a target in the VPC of a node, if exactly one has.
fn neighbour(target: &Target, subnet: &SubnetId, builder: &mut Builder<'_>) -> Option<NodeId> {
    let tenants = Rc::clone(&builder.tenants);
    let vpc = |subnet: &SubnetId| builder.model.subnets.get(subnet).map(|subnet| &subnet.vpc);
    let own = vpc(subnet)?;
    let mut found = tenants
        .at_address(target.ip?)
        .iter()
        .filter(|(_, eni)| vpc(&eni.subnet) == Some(own));
    let (eni, _) = found.next()?;
    found
        .next()
        .is_none()
        .then(|| builder.place("network-interface", *eni))
}

/// A node of a Gateway Load Balancer sends GENEVE to its targets, and health checks, which are TCP (Gateway Load Balancer guide,
/// "Target groups").
fn restrict(balancer: &LoadBalancer, eni: &NetworkInterfaceId, builder: &mut Builder<'_>) {
    let checks = PortSet::from_ranges(health_check_ports(balancer, builder.model).map(|port| (port, port)));
    let of = |protocols: ProtocolSet, destination_ports: PortSet| Cube {
        protocols,
        destination_ports,
        ..Cube::all()
    };
    let (tcp, udp) = (Protocol::TCP.0, Protocol::UDP.0);
    let carried = ProtocolSet::from_ranges([(tcp, tcp), (udp, udp)]);
    let message = "sends UDP to the port of GENEVE and health checks, nothing else";
    let refused = [
        (
            of(carried.complement(), PortSet::all()),
            ExplanationCode::GwlbProtocolRestriction,
        ),
        (
            of(ProtocolSet::one(tcp), checks.complement()),
            ExplanationCode::GwlbProtocolRestriction,
        ),
        (
            of(ProtocolSet::one(udp), PortSet::one(GENEVE).complement()),
            ExplanationCode::GwlbDestinationPortRestriction,
        ),
    ];
    for (packets, code) in refused {
        let message = message.to_owned();
        builder.never_begins(
            eni,
            Refusal {
                packets,
                code,
                message,
            },
        );
    }
}

/// The ports of the health checks of a Gateway Load Balancer's groups.
fn health_check_ports<'m>(balancer: &'m LoadBalancer, model: &'m Model) -> impl Iterator<Item = u16> + 'm {
    let groups = balancer
        .listeners
        .iter()
        .flat_map(|listener| listener.target_groups.iter());
    let groups = groups.filter_map(|id| model.target_groups.get(id));
    groups.map(|group| group.health_check_port.unwrap_or(HEALTH_CHECK))
}
