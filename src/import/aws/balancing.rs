//! Load balancers, from the calls of both ELB APIs.

use super::collect::Dump;
use super::{Import, shape};
use crate::import::balancer::{classic_group, listener_protocol};
use crate::model::{
    Listener, ListenerProtocol, LoadBalancer, LoadBalancerState, LoadBalancerType, NetworkInterfaceId,
    OneOrMany, TargetDescription, TargetGroup, TargetHealth, TargetType,
};
use std::collections::BTreeSet;

/// The port of GENEVE (RFC 8926).
const GENEVE_PORT: u16 = 6081;

/// Brings the load balancers and their target groups.
pub(super) fn bring(dump: &Dump, import: &mut Import) {
    for found in &dump.balancers {
        let item = balancer(&found.item, dump, import);
        import.add(
            "load_balancers",
            &found.file,
            &found.item.load_balancer_arn,
            item,
            |model| &mut model.load_balancers,
        );
    }
    for found in &dump.target_groups {
        // Who its targets are is told by another call: without that the group is not known.
        let Some(item) = target_group(&found.item, dump) else {
            continue;
        };
        import.add(
            "target_groups",
            &found.file,
            &found.item.target_group_arn,
            item,
            |model| &mut model.target_groups,
        );
    }
    classic(dump, import);
}

fn balancer(balancer: &shape::LoadBalancer, dump: &Dump, import: &Import) -> LoadBalancer {
    let arn = balancer.load_balancer_arn.as_str();
    let listed = dump
        .balancer_listeners
        .iter()
        .filter(|found| found.item.load_balancer_arn == arn);
    let listed = listed.flat_map(|found| &found.item.listeners);
    let called = dump
        .listeners
        .iter()
        .map(|found| &found.item)
        .filter(|one| one.load_balancer_arn == arn);
    let subnets = balancer
        .availability_zones
        .iter()
        .filter_map(|zone| zone.subnet_id.as_deref());
    LoadBalancer {
        name: balancer.load_balancer_name.clone(),
        kind: match balancer.kind.as_deref() {
            Some("network") => LoadBalancerType::Network,
            Some("gateway") => LoadBalancerType::Gateway,
            _ => LoadBalancerType::Application,
        },
        subnets: OneOrMany(subnets.map(Into::into).collect()),
        internet_facing: balancer.scheme.as_deref() == Some("internet-facing"),
        enis: OneOrMany(nodes(
            arn.split_once("loadbalancer/").map_or(arn, |(_, tail)| tail),
            import,
        )),
        security_groups: balancer
            .security_groups
            .iter()
            .map(|id| id.as_str().into())
            .collect(),
        filters_private_link: balancer
            .enforce_security_group_inbound_rules_on_private_link_traffic
            .as_deref()
            != Some("off"),
        cross_zone: attribute("load_balancing.cross_zone.enabled", arn, dump).map(|value| value == "true"),
        state: match balancer.state.code.as_deref() {
            None | Some("active") => LoadBalancerState::Active,
            Some("active_impaired") => LoadBalancerState::ActiveImpaired,
            Some("failed") => LoadBalancerState::Failed,
            Some(_) => LoadBalancerState::Provisioning,
        },
        listeners: listed
            .chain(called)
            .filter_map(|one| listener(one, dump))
            .collect(),
        tags: crate::model::Tags::new(),
    }
}

/// The interfaces of a load balancer say whose they are in their description.
fn nodes(tail: &str, import: &Import) -> Vec<NetworkInterfaceId> {
    let described = format!("ELB {tail}");
    let enis = import.model.enis.iter();
    enis.filter(|(_, eni)| eni.description.as_deref() == Some(described.as_str()))
        .map(|(id, _)| id.clone())
        .collect()
}

fn attribute<'d>(key: &str, arn: &str, dump: &'d Dump) -> Option<&'d str> {
    let listed = dump
        .balancer_attributes
        .iter()
        .filter(|found| found.item.load_balancer_arn == arn);
    let listed = listed.map(|found| found.item.attributes.as_slice());
    let called = dump
        .attributes
        .iter()
        .filter(|(whose, _)| whose.is(arn))
        .map(|(_, all)| all.as_slice());
    let mut all = listed.chain(called).flatten();
    all.find(|attribute| attribute.key == key)
        .map(|attribute| attribute.value.as_str())
}

/// A listener with the groups of its default action and of its rules.
fn listener(listener: &shape::Listener, dump: &Dump) -> Option<Listener> {
    // A rule's ARN continues its listener's: .../listener/... and .../listener-rule/...
    let own = listener.listener_arn.replacen(":listener/", ":listener-rule/", 1);
    let rules = dump.listener_rules.iter().map(|found| &found.item);
    let rules = rules.filter(|rule| {
        !rule.is_default
            && rule
                .rule_arn
                .strip_prefix(&own)
                .is_some_and(|rest| rest.starts_with('/'))
    });
    let actions: Vec<&shape::ListenerAction> = listener
        .default_actions
        .iter()
        .chain(rules.flat_map(|rule| &rule.actions))
        .collect();
    let groups: BTreeSet<&str> = actions.iter().flat_map(|action| groups(action)).collect();
    let answers = |action: &&shape::ListenerAction| {
        matches!(action.kind.as_deref(), Some("redirect" | "fixed-response"))
    };
    // A Gateway Load Balancer's listener takes everything, and names neither protocol nor port.
    let gateway = listener.load_balancer_arn.contains(":loadbalancer/gwy/");
    let everything = gateway.then_some((ListenerProtocol::Geneve, GENEVE_PORT));
    let (protocol, port) = match everything {
        Some(both) => both,
        None => (listener_protocol(listener.protocol.as_deref())?, listener.port?),
    };
    Some(Listener {
        protocol,
        port,
        target_groups: OneOrMany(groups.into_iter().map(Into::into).collect()),
        answers: actions.iter().any(answers),
    })
}

fn groups(action: &shape::ListenerAction) -> impl Iterator<Item = &str> {
    let weighted = action.forward_config.target_groups.iter();
    action
        .target_group_arn
        .as_deref()
        .into_iter()
        .chain(weighted.filter_map(|one| one.target_group_arn.as_deref()))
}

fn target_group(group: &shape::TargetGroup, dump: &Dump) -> Option<TargetGroup> {
    let arn = group.target_group_arn.as_str();
    let listed = dump
        .balancer_health
        .iter()
        .filter(|found| found.item.target_group_arn == arn);
    let listed = listed.map(|found| found.item.target_health_descriptions.as_slice());
    // An answer that does not say whose it is belongs to the only group there is.
    let only = dump.target_groups.len() == 1;
    let called = dump
        .health
        .iter()
        .filter(|(whose, _)| whose.is(arn) || only && whose.is_nobody());
    let mut answers = listed.chain(called.map(|(_, all)| all.as_slice())).peekable();
    answers.peek()?;
    let targets = answers.flatten();
    Some(TargetGroup {
        name: group.target_group_name.clone(),
        kind: match group.target_type.as_deref() {
            Some("ip") => TargetType::Ip,
            Some("lambda") => TargetType::Lambda,
            Some("alb") => TargetType::Alb,
            _ => TargetType::Instance,
        },
        protocol: listener_protocol(group.protocol.as_deref()).unwrap_or(ListenerProtocol::Https),
        port: group.port,
        health_check_port: group
            .health_check_port
            .as_deref()
            .and_then(|port| port.parse().ok()),
        preserve_client_ip: attribute("preserve_client_ip.enabled", arn, dump).map(|value| value == "true"),
        cross_zone: match attribute("load_balancing.cross_zone.enabled", arn, dump) {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        },
        targets: targets.map(target).collect(),
        tags: crate::model::Tags::new(),
    })
}

fn target(found: &shape::TargetHealthDescription) -> TargetDescription {
    let address = found.target.id.parse().ok();
    TargetDescription {
        id: address.is_none().then(|| found.target.id.as_str().into()),
        ip: address,
        port: found.target.port,
        health: match found.target_health.state.as_deref() {
            Some("healthy") => TargetHealth::Healthy,
            Some("unhealthy" | "initial" | "unavailable") => TargetHealth::Unhealthy,
            Some("unused") => TargetHealth::Unused,
            Some("draining") => TargetHealth::Draining,
            _ => TargetHealth::Unchecked,
        },
    }
}

/// Classic Load Balancers have no target groups: each listener gets one of its own.
fn classic(dump: &Dump, import: &mut Import) {
    for found in &dump.classic_balancers {
        let balancer = &found.item;
        let name = balancer.load_balancer_name.as_str();
        let mut listeners = Vec::new();
        for described in &balancer.listener_descriptions {
            let Some((listener, group)) = classic_listener(name, &described.listener, &balancer.instances)
            else {
                continue;
            };
            let id = format!("{name}:{}", listener.port);
            listeners.push(Listener {
                target_groups: OneOrMany(vec![id.as_str().into()]),
                ..listener
            });
            import.add("target_groups", &found.file, &id, group, |model| {
                &mut model.target_groups
            });
        }
        let item = LoadBalancer {
            name: None,
            kind: LoadBalancerType::Classic,
            subnets: OneOrMany(balancer.subnets.iter().map(|id| id.as_str().into()).collect()),
            internet_facing: balancer.scheme.as_deref() == Some("internet-facing"),
            enis: OneOrMany(nodes(name, import)),
            security_groups: balancer
                .security_groups
                .iter()
                .map(|id| id.as_str().into())
                .collect(),
            filters_private_link: true,
            cross_zone: None,
            state: LoadBalancerState::Active,
            listeners,
            tags: crate::model::Tags::new(),
        };
        import.add("load_balancers", &found.file, name, item, |model| {
            &mut model.load_balancers
        });
    }
}

fn classic_listener(
    name: &str,
    listener: &shape::ClassicListener,
    instances: &[shape::ClassicInstance],
) -> Option<(Listener, TargetGroup)> {
    let port = listener.load_balancer_port?;
    let heard = listener_protocol(listener.protocol.as_deref())?;
    let instances: Vec<String> = instances.iter().map(|one| one.instance_id.clone()).collect();
    let protocol = listener_protocol(listener.instance_protocol.as_deref()).unwrap_or(heard);
    let group = TargetGroup {
        name: Some(format!("{name} port {port}")),
        ..classic_group(protocol, listener.instance_port, &instances)
    };
    let listener = Listener {
        protocol: heard,
        port,
        target_groups: OneOrMany(Vec::new()),
        answers: false,
    };
    Some((listener, group))
}
