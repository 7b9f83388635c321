//! Load balancers of both APIs, their listeners, target groups and targets.

use super::filters::GROUP;
use super::hosts::{INSTANCE, INTERFACE};
use super::links;
use super::places::SUBNET;
use super::view::View;
use super::{Build, named};
use crate::model::{
    Listener, ListenerProtocol, LoadBalancer, LoadBalancerId, LoadBalancerState, LoadBalancerType, OneOrMany,
    SubnetId, TargetDescription, TargetGroup, TargetGroupId, TargetHealth, TargetType, parse_address,
};
use std::collections::BTreeMap;

/// A load balancer.
pub const BALANCER: &[&str] = &["aws_lb", "aws_alb"];
/// A target group.
pub const TARGETS: &[&str] = &["aws_lb_target_group", "aws_alb_target_group"];
const LISTENER: &[&str] = &["aws_lb_listener", "aws_alb_listener"];

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    balancers(build);
    target_groups(build);
    attachments(build);
    listeners(build);
    classic(build);
}

fn protocol(text: Option<&str>) -> Option<ListenerProtocol> {
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

fn port(view: &View<'_>, argument: &str) -> Option<u16> {
    view.number(argument).and_then(|port| u16::try_from(port).ok())
}

fn balancers(build: &mut Build<'_>) {
    for view in build.links.made(BALANCER) {
        let mut subnets: Vec<SubnetId> = build.many(&view, "subnets", SUBNET);
        for mapping in view.blocks("subnet_mapping") {
            subnets.extend(
                build
                    .one(&mapping, "subnet_id", SUBNET)
                    .map(|id| SubnetId::from(id.as_str())),
            );
        }
        subnets.sort();
        subnets.dedup();
        let kind = match view.text("load_balancer_type") {
            Some("network") => LoadBalancerType::Network,
            Some("gateway") => LoadBalancerType::Gateway,
            _ => LoadBalancerType::Application,
        };
        let groups = match (kind, subnets.first()) {
            (LoadBalancerType::Application, Some(subnet)) => {
                let subnet = subnet.to_string();
                super::hosts::groups(build, &view, &["security_groups"], &subnet)
            }
            _ => build.many(&view, "security_groups", GROUP),
        };
        let (name, tags) = named(&view);
        let item = LoadBalancer {
            name: name.or(view.text("name").map(str::to_owned)),
            kind,
            subnets: OneOrMany(subnets),
            internet_facing: view.truth("internal") != Some(true) && kind != LoadBalancerType::Gateway,
            enis: OneOrMany::default(),
            security_groups: groups,
            filters_private_link: true,
            // An Application Load Balancer's is on whatever the argument says (provider, `enable_cross_zone_load_balancing`).
            cross_zone: view
                .truth("enable_cross_zone_load_balancing")
                .filter(|_| kind != LoadBalancerType::Application),
            state: LoadBalancerState::Active,
            listeners: Vec::new(),
            tags,
        };
        build.add("load_balancers", &view, item, |model| &mut model.load_balancers);
    }
}

fn target_groups(build: &mut Build<'_>) {
    for view in build.links.made(TARGETS) {
        let kind = match view.text("target_type") {
            Some("ip") => TargetType::Ip,
            Some("lambda") => TargetType::Lambda,
            Some("alb") => TargetType::Alb,
            _ => TargetType::Instance,
        };
        let (name, tags) = named(&view);
        let item = TargetGroup {
            name: name.or(view.text("name").map(str::to_owned)),
            kind,
            protocol: protocol(view.text("protocol")).unwrap_or(ListenerProtocol::Https),
            port: port(&view, "port"),
            preserve_client_ip: view.truth("preserve_client_ip"),
            cross_zone: view.truth("load_balancing_cross_zone_enabled"),
            targets: Vec::new(),
            tags,
        };
        build.add("target_groups", &view, item, |model| &mut model.target_groups);
    }
}

fn attachments(build: &mut Build<'_>) {
    let any: Vec<&str> = INSTANCE
        .iter()
        .chain(INTERFACE)
        .chain(BALANCER)
        .copied()
        .chain(["aws_lambda_function"])
        .collect();
    for view in build.links.of(&[
        "aws_lb_target_group_attachment",
        "aws_alb_target_group_attachment",
    ]) {
        let Some(group) = build.one(&view, "target_group_arn", TARGETS) else {
            continue;
        };
        let target = build.one(&view, "target_id", &any).unwrap_or_else(|| {
            let id = format!("{}.target_id", view.owner.address);
            build.unknown(&id, "target", "the plan does not tell this target");
            id
        });
        let ip = parse_address(&target).ok();
        let description = TargetDescription {
            id: ip.is_none().then(|| target.as_str().into()),
            ip,
            port: port(&view, "port"),
            health: TargetHealth::Unchecked,
        };
        aim(build, &group, description);
    }
}

/// Adds a target to a group. A target by address that is not known yet is its interface.
pub fn aim(build: &mut Build<'_>, group: &str, target: TargetDescription) {
    let instance = target.id.as_ref().is_some_and(|id| {
        build.model.instances.contains_key(id.as_str()) || build.model.enis.contains_key(id.as_str())
    });
    if let Some(group) = build.model.target_groups.get_mut(&TargetGroupId::from(group)) {
        if instance && group.kind == TargetType::Ip {
            group.kind = TargetType::Instance;
        }
        if !group.targets.contains(&target) {
            group.targets.push(target);
        }
    }
}

/// Where an action leads, and whether the load balancer answers itself.
fn actions<'a>(build: &mut Build<'a>, view: &View<'a>, argument: &str) -> (Vec<TargetGroupId>, bool) {
    let mut groups: Vec<TargetGroupId> = Vec::new();
    let mut answers = false;
    for action in view.blocks(argument) {
        answers |= matches!(action.text("type"), Some("redirect" | "fixed-response"));
        groups.extend(
            build
                .one(&action, "target_group_arn", TARGETS)
                .map(|id| TargetGroupId::from(id.as_str())),
        );
        for forward in action.blocks("forward") {
            for target in forward.blocks("target_group") {
                groups.extend(
                    build
                        .one(&target, "arn", TARGETS)
                        .map(|id| TargetGroupId::from(id.as_str())),
                );
            }
        }
    }
    (groups, answers)
}

fn listeners(build: &mut Build<'_>) {
    let mut rules: BTreeMap<String, (Vec<TargetGroupId>, bool)> = BTreeMap::new();
    for view in build.links.of(&["aws_lb_listener_rule", "aws_alb_listener_rule"]) {
        let Some(listener) = build.one(&view, "listener_arn", LISTENER) else {
            continue;
        };
        let (groups, answers) = actions(build, &view, "action");
        let rule = rules.entry(listener).or_default();
        rule.0.extend(groups);
        rule.1 |= answers;
    }
    for view in build.links.made(LISTENER) {
        let Some(balancer) = build.one(&view, "load_balancer_arn", BALANCER) else {
            continue;
        };
        let (mut groups, mut answers) = actions(build, &view, "default_action");
        if let Some(more) = rules.remove(&links::id(view.owner)) {
            groups.extend(more.0);
            answers |= more.1;
        }
        groups.sort();
        groups.dedup();
        let balancers = &mut build.model.load_balancers;
        let Some(balancer) = balancers.get_mut(&LoadBalancerId::from(balancer.as_str())) else {
            continue;
        };
        let default = match balancer.kind {
            LoadBalancerType::Gateway => (Some(ListenerProtocol::Geneve), Some(6081)),
            _ => (Some(ListenerProtocol::Http), None),
        };
        let heard = protocol(view.text("protocol"))
            .or(default.0)
            .zip(port(&view, "port").or(default.1));
        let Some((protocol, port)) = heard else { continue };
        balancer.listeners.push(Listener {
            protocol,
            port,
            target_groups: OneOrMany(groups),
            answers,
        });
    }
}

/// Classic Load Balancers have no target groups: each listener gets one of its own.
fn classic(build: &mut Build<'_>) {
    let mut attached: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for view in build.links.of(&["aws_elb_attachment"]) {
        let (balancer, instance) = (
            build.one(&view, "elb", &["aws_elb"]),
            build.one(&view, "instance", INSTANCE),
        );
        if let (Some(balancer), Some(instance)) = (balancer, instance) {
            attached.entry(balancer).or_default().push(instance);
        }
    }
    for view in build.links.made(&["aws_elb"]) {
        let id = links::id(view.owner);
        let subnets: Vec<SubnetId> = build.many(&view, "subnets", SUBNET);
        let Some(first) = subnets.first().map(ToString::to_string) else {
            build.lost(&view, "its subnets are not known");
            continue;
        };
        let mut instances = build.texts(&view, "instances", INSTANCE);
        instances.extend(attached.remove(&id).unwrap_or_default());
        let mut listeners = Vec::new();
        for block in view.blocks("listener") {
            let heard = protocol(block.text("lb_protocol")).zip(port(&block, "lb_port"));
            let Some((protocol, number)) = heard else { continue };
            let group = format!("{id}:{number}");
            let item = classic_group(&block, protocol, &instances);
            build.add_as("target_groups", &group, item, |model| &mut model.target_groups);
            let target_groups = OneOrMany(vec![group.as_str().into()]);
            listeners.push(Listener {
                protocol,
                port: number,
                target_groups,
                answers: false,
            });
        }
        let groups = super::hosts::groups(build, &view, &["security_groups"], &first);
        let (name, tags) = named(&view);
        let item = LoadBalancer {
            name: name.or(view.text("name").map(str::to_owned)),
            kind: LoadBalancerType::Classic,
            subnets: OneOrMany(subnets),
            internet_facing: view.truth("internal") != Some(true),
            enis: OneOrMany::default(),
            security_groups: groups,
            filters_private_link: true,
            cross_zone: view.truth("cross_zone_load_balancing"),
            state: LoadBalancerState::Active,
            listeners,
            tags,
        };
        build.add("load_balancers", &view, item, |model| &mut model.load_balancers);
    }
}

fn classic_group(view: &View<'_>, heard: ListenerProtocol, instances: &[String]) -> TargetGroup {
    let target = |instance: &String| TargetDescription {
        id: Some(instance.as_str().into()),
        ip: None,
        port: None,
        health: TargetHealth::Unchecked,
    };
    TargetGroup {
        name: None,
        kind: TargetType::Instance,
        protocol: protocol(view.text("instance_protocol")).unwrap_or(heard),
        port: port(view, "instance_port"),
        preserve_client_ip: None,
        cross_zone: None,
        targets: instances.iter().map(target).collect(),
        tags: BTreeMap::new(),
    }
}
