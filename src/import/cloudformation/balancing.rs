//! Load balancers of both APIs, their listeners, target groups and targets.

use super::resource::{Block, Resource};
use super::{Build, hosts, labels};
use crate::import::balancer::{aim, classic_group, dual_stack, listener, listener_protocol, target};
use crate::model::{
    Listener, ListenerProtocol, LoadBalancer, LoadBalancerId, LoadBalancerState, LoadBalancerType, OneOrMany,
    SubnetId, TargetGroup, TargetGroupId, TargetType,
};
use std::collections::BTreeMap;

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    for resource in build.of("AWS::ElasticLoadBalancingV2::LoadBalancer") {
        balancer(build, resource);
    }
    for resource in build.of("AWS::ElasticLoadBalancingV2::TargetGroup") {
        target_group(build, resource);
    }
    listeners(build);
    for resource in build.of("AWS::ElasticLoadBalancing::LoadBalancer") {
        classic(build, resource);
    }
}

/// An attribute of a load balancer or a target group that is on or off.
fn switch(block: Block<'_>, list: &str, key: &str) -> Option<bool> {
    let all = block.blocks(list);
    let found = all.into_iter().find(|one| one.text("Key") == Some(key))?;
    found.truth("Value")
}

fn balancer(build: &mut Build<'_>, resource: &Resource) {
    let block = resource.block();
    if !build.decided(resource, &["Scheme", "Type"]) {
        return;
    }
    let mut subnets = build.many(block, "Subnets");
    for mapping in block.blocks("SubnetMappings") {
        subnets.extend(build.one(mapping, "SubnetId"));
    }
    let kind = match block.text("Type") {
        Some("network") => LoadBalancerType::Network,
        Some("gateway") => LoadBalancerType::Gateway,
        _ => LoadBalancerType::Application,
    };
    let Some(first) = subnets.first().cloned() else {
        build.lost(resource, "its subnets are not told");
        return;
    };
    let groups = match kind {
        LoadBalancerType::Application => hosts::groups(build, &[block], &["SecurityGroups"], &first),
        _ => build
            .many(block, "SecurityGroups")
            .iter()
            .map(|id| id.as_str().into())
            .collect(),
    };
    let (name, tags) = labels(resource);
    let cross_zone = switch(
        block,
        "LoadBalancerAttributes",
        "load_balancing.cross_zone.enabled",
    );
    let item = LoadBalancer {
        name: name.or_else(|| block.text("Name").map(str::to_owned)),
        kind,
        subnets: OneOrMany(subnets.iter().map(|id| SubnetId::from(id.as_str())).collect()),
        internet_facing: block.text("Scheme") != Some("internal") && kind != LoadBalancerType::Gateway,
        enis: OneOrMany::default(),
        security_groups: groups,
        filters_private_link: block.text("EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic")
            != Some("off"),
        // An Application Load Balancer's is always on (Application Load Balancer guide, "Cross-zone load balancing").
        cross_zone: cross_zone.filter(|_| kind != LoadBalancerType::Application),
        state: LoadBalancerState::Active,
        listeners: Vec::new(),
        tags,
    };
    build.add("load_balancers", resource, item, |model| {
        &mut model.load_balancers
    });
    dual_stack(&mut build.model, &resource.id, block.text("IpAddressType"));
}

fn target_group(build: &mut Build<'_>, resource: &Resource) {
    let block = resource.block();
    if !build.decided(resource, &["TargetType", "Protocol", "Port"]) {
        return;
    }
    let (name, tags) = labels(resource);
    let attributes = "TargetGroupAttributes";
    let item = TargetGroup {
        name: name.or_else(|| block.text("Name").map(str::to_owned)),
        kind: match block.text("TargetType") {
            Some("ip") => TargetType::Ip,
            Some("lambda") => TargetType::Lambda,
            Some("alb") => TargetType::Alb,
            _ => TargetType::Instance,
        },
        protocol: listener_protocol(block.text("Protocol")).unwrap_or(ListenerProtocol::Https),
        port: block.number("Port"),
        health_check_port: block.number("HealthCheckPort"),
        preserve_client_ip: switch(block, attributes, "preserve_client_ip.enabled"),
        cross_zone: switch(block, attributes, "load_balancing.cross_zone.enabled"),
        targets: Vec::new(),
        tags,
    };
    build.add("target_groups", resource, item, |model| &mut model.target_groups);
    if let Some(name) = block
        .get("Targets")
        .filter(|all| all.entries().is_empty())
        .and_then(|all| match all.kind {
            super::value::Known::List(_) => None,
            _ => all.open(),
        })
    {
        build.open(&name);
        aim(&mut build.model, &resource.id, target(&name, None));
    }
    for one in block.blocks("Targets") {
        let Some(id) = build.one(one, "Id") else {
            continue;
        };
        aim(&mut build.model, &resource.id, target(&id, one.number("Port")));
    }
}

/// Where actions lead, and whether the load balancer answers itself.
fn actions(build: &mut Build<'_>, block: Block<'_>, key: &str) -> (Vec<TargetGroupId>, bool) {
    let mut groups: Vec<TargetGroupId> = Vec::new();
    let mut answers = false;
    for action in block.blocks(key) {
        answers |= matches!(action.text("Type"), Some("redirect" | "fixed-response"));
        let own = build.one(action, "TargetGroupArn");
        groups.extend(own.map(|id| TargetGroupId::from(id.as_str())));
        for forward in action.blocks("ForwardConfig") {
            for target in forward.blocks("TargetGroups") {
                let id = build.one(target, "TargetGroupArn");
                groups.extend(id.map(|id| TargetGroupId::from(id.as_str())));
            }
        }
    }
    (groups, answers)
}

/// What the rules of listeners add to them: target groups, answers of its own, and what is not known.
#[derive(Default)]
struct Added {
    groups: Vec<TargetGroupId>,
    answers: bool,
    open: Option<String>,
}

fn listener_rules(build: &mut Build<'_>) -> BTreeMap<String, Added> {
    let mut rules: BTreeMap<String, Added> = BTreeMap::new();
    for resource in build.of("AWS::ElasticLoadBalancingV2::ListenerRule") {
        let Some(listener) = build.one(resource.block(), "ListenerArn") else {
            continue;
        };
        let (groups, answers) = actions(build, resource.block(), "Actions");
        let rule = rules.entry(listener).or_default();
        rule.groups.extend(groups);
        rule.answers |= answers;
        rule.open = rule.open.take().or(resource.doubt.clone());
    }
    rules
}

fn listeners(build: &mut Build<'_>) {
    let mut rules = listener_rules(build);
    for resource in build.of("AWS::ElasticLoadBalancingV2::Listener") {
        let block = resource.block();
        let Some(id) = build.one(block, "LoadBalancerArn") else {
            continue;
        };
        let more = rules.remove(&resource.id).unwrap_or_default();
        let doubt = resource.doubt.clone().or(more.open);
        if let Some(name) = doubt.or_else(|| block.open(&["Port", "Protocol"])) {
            hidden(build, &id, resource, &name);
            continue;
        }
        let (mut groups, answers) = actions(build, block, "DefaultActions");
        groups.extend(more.groups);
        let balancers = &mut build.model.load_balancers;
        let Some(found) = balancers.get_mut(&LoadBalancerId::from(id.as_str())) else {
            continue;
        };
        let told = (listener_protocol(block.text("Protocol")), block.number("Port"));
        let Some(listener) = listener(found.kind, told, (groups, answers || more.answers)) else {
            hidden(build, &id, resource, "its protocol or port");
            continue;
        };
        found.listeners.push(listener);
        let place = (
            "load_balancers",
            id.as_str(),
            "listeners",
            found.listeners.len() - 1,
        );
        build.element(place, &resource.file, resource.span);
    }
}

/// A load balancer of whose listeners one is not known: so is what it takes.
fn hidden(build: &mut Build<'_>, balancer: &str, listener: &Resource, name: &str) {
    build.model.load_balancers.remove(balancer);
    if let Some(resource) = build.by_id.get(balancer).copied() {
        build.lost(
            resource,
            &format!("its listener {} hangs on {name}, which is not known", listener.id),
        );
    }
}

/// A Classic Load Balancer has no target groups: each listener gets one of its own.
fn classic(build: &mut Build<'_>, resource: &Resource) {
    let block = resource.block();
    if !build.decided(resource, &["Scheme", "Listeners"]) {
        return;
    }
    let mut subnets = build.many(block, "Subnets");
    if subnets.is_empty() {
        subnets.push(hosts::default_subnet(build));
    }
    let first = subnets[0].clone();
    let instances = build.many(block, "Instances");
    let Some(listeners) = classic_listeners(build, resource, &instances) else {
        return build.lost(resource, "what one of its listeners takes is not told");
    };
    let groups = hosts::groups(build, &[block], &["SecurityGroups"], &first);
    let (name, tags) = labels(resource);
    let item = LoadBalancer {
        name: name.or_else(|| block.text("LoadBalancerName").map(str::to_owned)),
        kind: LoadBalancerType::Classic,
        subnets: OneOrMany(subnets.iter().map(|id| SubnetId::from(id.as_str())).collect()),
        internet_facing: block.text("Scheme") != Some("internal"),
        enis: OneOrMany::default(),
        security_groups: groups,
        filters_private_link: true,
        cross_zone: block.truth("CrossZone"),
        state: LoadBalancerState::Active,
        listeners,
        tags,
    };
    build.add("load_balancers", resource, item, |model| {
        &mut model.load_balancers
    });
}

/// The listeners of a Classic Load Balancer, each with a target group of its own; none if one is not known.
fn classic_listeners(
    build: &mut Build<'_>,
    resource: &Resource,
    instances: &[String],
) -> Option<Vec<Listener>> {
    let mut listeners = Vec::new();
    for one in resource.block().blocks("Listeners") {
        let heard = listener_protocol(one.text("Protocol"))?;
        let number: u16 = one.number("LoadBalancerPort")?;
        let group = format!("{}:{number}", resource.id);
        let inside = listener_protocol(one.text("InstanceProtocol")).unwrap_or(heard);
        let item = classic_group(inside, one.number("InstancePort"), instances);
        build.add_as("target_groups", &group, resource, item, |model| {
            &mut model.target_groups
        });
        let led = (vec![group.as_str().into()], false);
        listeners.extend(listener(
            LoadBalancerType::Classic,
            (Some(heard), Some(number)),
            led,
        ));
    }
    Some(listeners)
}
