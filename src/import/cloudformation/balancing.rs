//! Load balancers of both APIs, their listeners, target groups and targets.

use super::resource::{Block, Resource};
use super::{Build, hosts, labels};
use crate::model::{
    Listener, ListenerProtocol, LoadBalancer, LoadBalancerId, LoadBalancerState, LoadBalancerType, OneOrMany,
    SubnetId, TargetDescription, TargetGroup, TargetGroupId, TargetHealth, TargetType, parse_address,
};
use std::collections::BTreeMap;

/// The types that are read here.
pub const KINDS: &[&str] = &[
    "AWS::ElasticLoadBalancingV2::LoadBalancer",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::ElasticLoadBalancing::LoadBalancer",
];

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
        protocol: protocol(block.text("Protocol")).unwrap_or(ListenerProtocol::Https),
        port: block.number("Port"),
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
        aim(build, &resource.id, described(&name, None));
    }
    for target in block.blocks("Targets") {
        let Some(id) = build.one(target, "Id") else {
            continue;
        };
        aim(build, &resource.id, described(&id, target.number("Port")));
    }
}

/// A target by its id, or by its address.
pub fn described(id: &str, port: Option<u16>) -> TargetDescription {
    let ip = parse_address(id).ok();
    TargetDescription {
        id: ip.is_none().then(|| id.into()),
        ip,
        port,
        health: TargetHealth::Unchecked,
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

fn listeners(build: &mut Build<'_>) {
    let mut rules: BTreeMap<String, (Vec<TargetGroupId>, bool)> = BTreeMap::new();
    for resource in build.of("AWS::ElasticLoadBalancingV2::ListenerRule") {
        let Some(listener) = build.one(resource.block(), "ListenerArn") else {
            continue;
        };
        let (groups, answers) = actions(build, resource.block(), "Actions");
        let rule = rules.entry(listener).or_default();
        rule.0.extend(groups);
        rule.1 |= answers;
    }
    for resource in build.of("AWS::ElasticLoadBalancingV2::Listener") {
        let block = resource.block();
        let Some(id) = build.one(block, "LoadBalancerArn") else {
            continue;
        };
        let open = resource
            .doubt
            .clone()
            .or_else(|| block.open(&["Port", "Protocol"]));
        if let Some(name) = open {
            hidden(build, &id, resource, &name);
            continue;
        }
        let (mut groups, mut answers) = actions(build, block, "DefaultActions");
        if let Some(more) = rules.remove(&resource.id) {
            groups.extend(more.0);
            answers |= more.1;
        }
        groups.sort();
        groups.dedup();
        let Some(balancer) = build
            .model
            .load_balancers
            .get_mut(&LoadBalancerId::from(id.as_str()))
        else {
            continue;
        };
        let default = match balancer.kind {
            LoadBalancerType::Gateway => (Some(ListenerProtocol::Geneve), Some(6081)),
            _ => (Some(ListenerProtocol::Http), None),
        };
        let heard = protocol(block.text("Protocol"))
            .or(default.0)
            .zip(block.number("Port").or(default.1));
        let Some((protocol, port)) = heard else { continue };
        balancer.listeners.push(Listener {
            protocol,
            port,
            target_groups: OneOrMany(groups),
            answers,
        });
        let place = (
            "load_balancers",
            id.as_str(),
            "listeners",
            balancer.listeners.len() - 1,
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
    let mut listeners = Vec::new();
    for one in block.blocks("Listeners") {
        let heard = protocol(one.text("Protocol")).zip(one.number::<u16>("LoadBalancerPort"));
        let Some((heard, number)) = heard else { continue };
        let group = format!("{}:{number}", resource.id);
        let item = TargetGroup {
            name: None,
            kind: TargetType::Instance,
            protocol: protocol(one.text("InstanceProtocol")).unwrap_or(heard),
            port: one.number("InstancePort"),
            preserve_client_ip: None,
            cross_zone: None,
            targets: instances.iter().map(|id| described(id, None)).collect(),
            tags: BTreeMap::new(),
        };
        build.add_as("target_groups", &group, resource, item, |model| {
            &mut model.target_groups
        });
        listeners.push(Listener {
            protocol: heard,
            port: number,
            target_groups: OneOrMany(vec![group.as_str().into()]),
            answers: false,
        });
    }
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
