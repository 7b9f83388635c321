//! Traffic Mirroring.

use super::hosts::interface_of;
use super::resource::{Block, Resource};
use super::{Build, labels};
use crate::import::mirror::{RuleWords, rule};
use crate::model::{
    MirroredService, OneOrMany, TrafficMirrorFilter, TrafficMirrorFilterRule, TrafficMirrorSession,
    TrafficMirrorTarget,
};

/// Brings it.
pub fn bring(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::TrafficMirrorFilter") {
        filter(build, resource);
    }
    for resource in build.of("AWS::EC2::TrafficMirrorTarget") {
        target(build, resource);
    }
    for resource in build.of("AWS::EC2::TrafficMirrorSession") {
        session(build, resource);
    }
}

/// A filter with its rules, which are resources of their own. One rule that is not known makes the whole unknown.
fn filter(build: &mut Build<'_>, resource: &Resource) {
    let block = resource.block();
    let (mut ingress, mut egress) = (Vec::new(), Vec::new());
    for apart in build.of("AWS::EC2::TrafficMirrorFilterRule") {
        let own = apart.block();
        if build.one(own, "TrafficMirrorFilterId").as_deref() != Some(resource.id.as_str()) {
            continue;
        }
        let list = match own.text("TrafficDirection") {
            Some("ingress") => &mut ingress,
            Some("egress") => &mut egress,
            _ => return build.lost(resource, "the direction of one of its rules is not known"),
        };
        match rule_of(own) {
            Some(rule) if apart.doubt.is_none() => list.push(rule),
            _ => return build.lost(resource, "one of its rules is not known"),
        }
    }
    let by_number = |list: &mut Vec<TrafficMirrorFilterRule>| list.sort_by_key(|rule| rule.rule);
    by_number(&mut ingress);
    by_number(&mut egress);
    let dns = build
        .many(block, "NetworkServices")
        .iter()
        .any(|service| service == "amazon-dns");
    let (name, tags) = labels(resource);
    let item = TrafficMirrorFilter {
        name,
        ingress,
        egress,
        network_services: OneOrMany(dns.then_some(MirroredService::AmazonDns).into_iter().collect()),
        tags,
    };
    build.add("traffic_mirror_filters", resource, item, |model| {
        &mut model.traffic_mirror_filters
    });
}

fn rule_of(block: Block<'_>) -> Option<TrafficMirrorFilterRule> {
    let ranges = ["DestinationPortRange", "SourcePortRange"].map(|key| block.block(key));
    let inside = ranges.iter().flatten();
    let ports = ["FromPort", "ToPort"];
    if block
        .open(&["Protocol", "DestinationPortRange", "SourcePortRange"])
        .is_some()
        || inside.into_iter().any(|range| range.open(&ports).is_some())
    {
        return None;
    }
    let [to, from] = ranges.map(|range| match range {
        Some(range) => (range.number("FromPort"), range.number("ToPort")),
        None => (None, None),
    });
    rule(RuleWords {
        number: block.number("RuleNumber"),
        action: block.text("RuleAction"),
        protocol: block.text("Protocol"),
        ports: to,
        source_ports: from,
        source: block.text("SourceCidrBlock"),
        destination: block.text("DestinationCidrBlock"),
        description: block.text("Description"),
    })
}

/// The interface that a property names.
fn interface(build: &mut Build<'_>, block: Block<'_>) -> Option<String> {
    let id = build.one(block, "NetworkInterfaceId")?;
    Some(interface_of(build, &id).map_or(id, |eni| eni.to_string()))
}

fn target(build: &mut Build<'_>, resource: &Resource) {
    let block = resource.block();
    let eni = interface(build, block);
    let balancer = build.one(block, "NetworkLoadBalancerArn");
    let endpoint = build.one(block, "GatewayLoadBalancerEndpointId");
    let (name, tags) = labels(resource);
    let item = TrafficMirrorTarget {
        name,
        eni: eni.as_deref().map(Into::into),
        load_balancer: balancer.as_deref().map(Into::into),
        endpoint: endpoint.as_deref().map(Into::into),
        tags,
    };
    if item.taker().is_none() {
        return build.lost(resource, "who takes the copies is not known");
    }
    build.add("traffic_mirror_targets", resource, item, |model| {
        &mut model.traffic_mirror_targets
    });
}

fn session(build: &mut Build<'_>, resource: &Resource) {
    let block = resource.block();
    let source = interface(build, block);
    let target = build.one(block, "TrafficMirrorTargetId");
    let filter = build.one(block, "TrafficMirrorFilterId");
    let number = block.number("SessionNumber");
    let (Some(source), Some(target), Some(filter), Some(number)) = (source, target, filter, number) else {
        return build.lost(
            resource,
            "whose packets it copies, by which filter or in which order, is not known",
        );
    };
    if !build.decided(resource, &["PacketLength", "VirtualNetworkId"]) {
        return;
    }
    let (name, tags) = labels(resource);
    let item = TrafficMirrorSession {
        name,
        source: source.as_str().into(),
        target: target.as_str().into(),
        filter: filter.as_str().into(),
        number,
        vni: block.number("VirtualNetworkId"),
        packet_length: block.number("PacketLength"),
        tags,
    };
    build.add("traffic_mirror_sessions", resource, item, |model| {
        &mut model.traffic_mirror_sessions
    });
}
