//! Load balancers of both APIs, their listeners, target groups and targets.

use super::filters::GROUP;
use super::hosts::{INSTANCE, INTERFACE};
use super::links;
use super::places::SUBNET;
use super::view::View;
use super::{Build, named};
use crate::import::balancer::{self, aim, classic_group, listener_protocol};
use crate::model::{
    Listener, ListenerProtocol, LoadBalancer, LoadBalancerId, LoadBalancerState, LoadBalancerType, OneOrMany,
    SecurityGroupId, SubnetId, TargetGroup, TargetGroupId, TargetType,
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

fn port(view: &View<'_>, argument: &str) -> Option<u16> {
    view.number(argument).and_then(|port| u16::try_from(port).ok())
}

fn balancers(build: &mut Build<'_>) {
    for view in build.links.made(BALANCER) {
        let mut subnets: Vec<SubnetId> = build.many(&view, "subnets", SUBNET);
        let mapped = mapped(build, &view);
        subnets.extend(mapped.iter().map(|id| SubnetId::from(id.as_str())));
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
            filters_private_link: view.text("enforce_security_group_inbound_rules_on_private_link_traffic")
                != Some("off"),
            // An Application Load Balancer's is on whatever the argument says (provider, `enable_cross_zone_load_balancing`).
            cross_zone: view
                .truth("enable_cross_zone_load_balancing")
                .filter(|_| kind != LoadBalancerType::Application),
            state: LoadBalancerState::Active,
            listeners: Vec::new(),
            tags,
        };
        let id = build.add("load_balancers", &view, item, |model| &mut model.load_balancers);
        balancer::dual_stack(&mut build.model, &id, view.text("ip_address_type"));
    }
}

/// The subnets of a load balancer's zones, of which a dynamic block tells nothing but the number: all of its VPC, if that has as
/// many.
fn mapped<'a>(build: &mut Build<'a>, view: &View<'a>) -> Vec<String> {
    let ids = build.spread(view, "subnet_mapping", "subnet_id", SUBNET);
    let told = ids.iter().any(|id| build.model.subnets.contains_key(id.as_str()));
    let groups: Vec<SecurityGroupId> = build.many(view, "security_groups", GROUP);
    let group = groups.first().and_then(|id| build.model.security_groups.get(id));
    let (Some(vpc), false) = (group.map(|group| group.vpc.clone()), told) else {
        return ids;
    };
    let all = build.model.subnets.iter();
    let own: Vec<String> = all
        .filter(|(_, subnet)| subnet.vpc == vpc)
        .map(|(id, _)| id.to_string())
        .collect();
    if own.len() == view.blocks("subnet_mapping").len() {
        build.note(format!(
            "{}: its subnets are taken to be all of {vpc}",
            view.owner.address
        ));
        return own;
    }
    ids
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
            protocol: listener_protocol(view.text("protocol")).unwrap_or(ListenerProtocol::Https),
            port: port(&view, "port"),
            health_check_port: health_check_port(&view),
            preserve_client_ip: view.truth("preserve_client_ip"),
            cross_zone: view.truth("load_balancing_cross_zone_enabled"),
            targets: Vec::new(),
            tags,
        };
        build.add("target_groups", &view, item, |model| &mut model.target_groups);
    }
}

fn health_check_port(view: &View<'_>) -> Option<u16> {
    let checks = view.blocks("health_check");
    checks.iter().find_map(|check| port(check, "port"))
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
        aim(
            &mut build.model,
            &group,
            balancer::target(&target, port(&view, "port")),
        );
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
        let Some(id) = build.one(&view, "load_balancer_arn", BALANCER) else {
            build.lost(&view, "the plan does not tell its load balancer");
            continue;
        };
        let (mut groups, mut answers) = actions(build, &view, "default_action");
        if let Some(more) = rules.remove(&links::id(view.owner)) {
            groups.extend(more.0);
            answers |= more.1;
        }
        let Some(found) = build
            .model
            .load_balancers
            .get_mut(&LoadBalancerId::from(id.as_str()))
        else {
            continue;
        };
        let told = (listener_protocol(view.text("protocol")), port(&view, "port"));
        let open = ["protocol", "port"].iter().any(|argument| view.is_open(argument));
        let listener = balancer::listener(found.kind, told, (groups, answers));
        match listener.filter(|_| !open) {
            Some(listener) => found.listeners.push(listener),
            None => hidden(build, &id, &view),
        }
    }
}

/// A load balancer of whose listeners one is not known: so is what it takes.
fn hidden(build: &mut Build<'_>, id: &str, listener: &View<'_>) {
    build.model.load_balancers.remove(id);
    let why = format!(
        "the plan does not tell what its listener {} takes",
        listener.owner.address
    );
    build.unknown(id, "load-balancer", &why);
    build.note(format!("{id}: {why}"));
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
        let Some(listeners) = classic_listeners(build, &view, &instances) else {
            build.lost(&view, "the plan does not tell what one of its listeners takes");
            continue;
        };
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

/// The listeners of a Classic Load Balancer, each with a target group of its own; none if one is not known.
fn classic_listeners<'a>(
    build: &mut Build<'a>,
    view: &View<'a>,
    instances: &[String],
) -> Option<Vec<Listener>> {
    let id = links::id(view.owner);
    let mut listeners = Vec::new();
    for block in view.blocks("listener") {
        let heard = listener_protocol(block.text("lb_protocol"))?;
        let number = port(&block, "lb_port")?;
        let group = format!("{id}:{number}");
        let inside = listener_protocol(block.text("instance_protocol")).unwrap_or(heard);
        let item = classic_group(inside, port(&block, "instance_port"), instances);
        build.add_as("target_groups", &group, item, |model| &mut model.target_groups);
        let led = (vec![group.as_str().into()], false);
        listeners.extend(balancer::listener(
            LoadBalancerType::Classic,
            (Some(heard), Some(number)),
            led,
        ));
    }
    Some(listeners)
}
