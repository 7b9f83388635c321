//! What load balancers are made of, which every importer meets alike: listeners, and targets.

use super::service::{any_of, public_address};
use crate::model::{
    Listener, ListenerProtocol, LoadBalancerType, Model, NetworkInterface, NetworkInterfaceId, OneOrMany,
    SubnetId, Tags, TargetDescription, TargetGroup, TargetGroupId, TargetHealth, TargetType, parse_address,
};

/// Gives a balancer that takes IPv6 besides the interfaces of its nodes, with any free address of their subnets. One that is
/// internal takes none from the internet, whatever its routes say (Application Load Balancer guide, "Load balancer attributes",
/// `ipv6.deny_all_igw_traffic`): that no interface can say, so it keeps its IPv4 addresses alone.
pub fn dual_stack(model: &mut Model, id: &str, kind: Option<&str>) {
    let Some(kind) = kind.filter(|kind| kind.starts_with("dualstack")) else {
        return;
    };
    let Some(balancer) = model.load_balancers.get(id) else {
        return;
    };
    let described = |subnet: &SubnetId| model.subnets.contains_key(subnet);
    if !balancer.internet_facing || !balancer.enis.is_empty() || !balancer.subnets.iter().all(described) {
        return;
    }
    let (subnets, groups) = (balancer.subnets.clone(), balancer.security_groups.clone());
    let mut nodes = Vec::new();
    for subnet in subnets.0 {
        let node = NetworkInterfaceId::from(format!("{id}/{subnet}").as_str());
        let eni = NetworkInterface {
            ip: any_of(model, &subnet),
            public_ip: public_address(model).filter(|_| kind == "dualstack"),
            description: Some("ELB node".to_owned()),
            ..NetworkInterface::unassigned(subnet, groups.clone())
        };
        model.enis.insert(node.clone(), eni);
        nodes.push(node);
    }
    if let Some(balancer) = model.load_balancers.get_mut(id) {
        balancer.enis = OneOrMany(nodes);
    }
}

/// The protocol of a listener or a target group.
pub fn listener_protocol(text: Option<&str>) -> Option<ListenerProtocol> {
    Some(match text?.to_ascii_uppercase().as_str() {
        "HTTP" => ListenerProtocol::Http,
        "HTTPS" => ListenerProtocol::Https,
        "TCP" => ListenerProtocol::Tcp,
        "UDP" => ListenerProtocol::Udp,
        "TCP_UDP" => ListenerProtocol::TcpUdp,
        "TLS" => ListenerProtocol::Tls,
        "SSL" => ListenerProtocol::Ssl,
        "QUIC" => ListenerProtocol::Quic,
        "TCP_QUIC" => ListenerProtocol::TcpQuic,
        "GENEVE" => ListenerProtocol::Geneve,
        _ => return None,
    })
}

/// A listener, where it is told what it takes. A Gateway Load Balancer's takes GENEVE (Gateway Load Balancer guide,
/// "Listeners"), an Application Load Balancer's HTTP where nothing else is written (AWS provider, `aws_lb_listener`).
pub fn listener(
    kind: LoadBalancerType,
    (protocol, port): (Option<ListenerProtocol>, Option<u16>),
    (mut groups, answers): (Vec<TargetGroupId>, bool),
) -> Option<Listener> {
    groups.sort();
    groups.dedup();
    let (protocol, port) = match kind {
        LoadBalancerType::Gateway => (protocol.or(Some(ListenerProtocol::Geneve)), port.or(Some(6081))),
        LoadBalancerType::Application => (protocol.or(Some(ListenerProtocol::Http)), port),
        _ => (protocol, port),
    };
    Some(Listener {
        protocol: protocol?,
        port: port?,
        target_groups: OneOrMany(groups),
        answers,
    })
}

/// A Classic Load Balancer has no target groups: each listener gets one of its own.
pub fn classic_group(protocol: ListenerProtocol, port: Option<u16>, instances: &[String]) -> TargetGroup {
    TargetGroup {
        name: None,
        kind: TargetType::Instance,
        protocol,
        port,
        health_check_port: None,
        preserve_client_ip: None,
        cross_zone: None,
        targets: instances.iter().map(|id| target(id, None)).collect(),
        tags: Tags::new(),
    }
}

/// A target by its id, or by its address.
pub fn target(id: &str, port: Option<u16>) -> TargetDescription {
    let ip = parse_address(id).ok();
    TargetDescription {
        id: ip.is_none().then(|| id.into()),
        ip,
        port,
        health: TargetHealth::Unchecked,
    }
}

/// Adds a target to a group. A target by address that is not known yet is its interface.
pub fn aim(model: &mut Model, group: &str, target: TargetDescription) {
    let instance = target
        .id
        .as_ref()
        .is_some_and(|id| model.instances.contains_key(id.as_str()) || model.enis.contains_key(id.as_str()));
    if let Some(group) = model.target_groups.get_mut(&TargetGroupId::from(group)) {
        if instance && group.kind == TargetType::Ip {
            group.kind = TargetType::Instance;
        }
        if !group.targets.contains(&target) {
            group.targets.push(target);
        }
    }
}
