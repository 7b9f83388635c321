//! Traffic Mirroring.

use super::balancing::BALANCER;
use super::hosts::{INTERFACE, interface_of};
use super::view::View;
use super::{Build, links, named};
use crate::import::mirror::{RuleWords, rule};
use crate::model::{
    MirroredService, OneOrMany, TrafficMirrorFilter, TrafficMirrorFilterRule, TrafficMirrorSession,
    TrafficMirrorTarget,
};

const FILTER: &[&str] = &["aws_ec2_traffic_mirror_filter"];
const RULE: &[&str] = &["aws_ec2_traffic_mirror_filter_rule"];
const TARGET: &[&str] = &["aws_ec2_traffic_mirror_target"];
const SESSION: &[&str] = &["aws_ec2_traffic_mirror_session"];

/// Brings it.
pub fn bring(build: &mut Build<'_>) {
    for view in build.links.made(FILTER) {
        filter(build, &view);
    }
    for view in build.links.made(TARGET) {
        target(build, &view);
    }
    for view in build.links.made(SESSION) {
        session(build, &view);
    }
}

/// A filter with its rules, which are resources of their own. One rule that is not known makes the whole unknown.
fn filter<'a>(build: &mut Build<'a>, view: &View<'a>) {
    let id = links::id(view.owner);
    let (mut ingress, mut egress) = (Vec::new(), Vec::new());
    for apart in build.links.made(RULE) {
        if build.one(&apart, "traffic_mirror_filter_id", FILTER).as_ref() != Some(&id) {
            continue;
        }
        let list = match apart.text("traffic_direction") {
            Some("ingress") => &mut ingress,
            Some("egress") => &mut egress,
            _ => return build.lost(view, "the plan does not tell the direction of one of its rules"),
        };
        match rule_of(&apart) {
            Some(rule) => list.push(rule),
            None => return build.lost(view, "the plan does not tell one of its rules"),
        }
    }
    let by_number = |list: &mut Vec<TrafficMirrorFilterRule>| list.sort_by_key(|rule| rule.rule);
    by_number(&mut ingress);
    by_number(&mut egress);
    let dns = view.texts("network_services").contains(&"amazon-dns");
    let (name, tags) = named(view);
    let item = TrafficMirrorFilter {
        name,
        ingress,
        egress,
        network_services: OneOrMany(dns.then_some(MirroredService::AmazonDns).into_iter().collect()),
        tags,
    };
    build.add("traffic_mirror_filters", view, item, |model| {
        &mut model.traffic_mirror_filters
    });
}

fn rule_of(view: &View<'_>) -> Option<TrafficMirrorFilterRule> {
    let open = ["protocol", "destination_port_range", "source_port_range"];
    if open.iter().any(|argument| view.is_open(argument)) {
        return None;
    }
    let range = |name: &str| {
        let blocks = view.blocks(name);
        let block = blocks.first();
        block.map_or((None, None), |block| {
            (block.number("from_port"), block.number("to_port"))
        })
    };
    // The provider writes 0 where there is no protocol.
    let number = view.number("protocol").filter(|number| *number != 0);
    let protocol = number.map(|number| number.to_string());
    rule(RuleWords {
        number: view
            .number("rule_number")
            .and_then(|number| u32::try_from(number).ok()),
        action: view.text("rule_action"),
        protocol: protocol.as_deref(),
        ports: range("destination_port_range"),
        source_ports: range("source_port_range"),
        source: view.text("source_cidr_block"),
        destination: view.text("destination_cidr_block"),
        description: view.text("description"),
    })
}

/// The interface that an argument names, be it by its instance.
fn interface<'a>(build: &mut Build<'a>, view: &View<'a>) -> Option<String> {
    let id = build.one(view, "network_interface_id", INTERFACE)?;
    Some(interface_of(build, &id).map_or(id, |eni| eni.to_string()))
}

fn target<'a>(build: &mut Build<'a>, view: &View<'a>) {
    let eni = interface(build, view);
    let balancer = build.one(view, "network_load_balancer_arn", BALANCER);
    let endpoint = build.one(view, "gateway_load_balancer_endpoint_id", &["aws_vpc_endpoint"]);
    let (name, tags) = named(view);
    let item = TrafficMirrorTarget {
        name,
        eni: eni.as_deref().map(Into::into),
        load_balancer: balancer.as_deref().map(Into::into),
        endpoint: endpoint.as_deref().map(Into::into),
        tags,
    };
    if item.taker().is_none() {
        return build.lost(view, "the plan does not tell who takes the copies");
    }
    build.add("traffic_mirror_targets", view, item, |model| {
        &mut model.traffic_mirror_targets
    });
}

fn session<'a>(build: &mut Build<'a>, view: &View<'a>) {
    let source = interface(build, view);
    let target = build.one(view, "traffic_mirror_target_id", TARGET);
    let filter = build.one(view, "traffic_mirror_filter_id", FILTER);
    let short = |argument: &str| {
        view.number(argument)
            .and_then(|number| u32::try_from(number).ok())
    };
    let number = short("session_number");
    let (Some(source), Some(target), Some(filter), Some(number)) = (source, target, filter, number) else {
        return build.lost(
            view,
            "the plan does not tell whose packets it copies, by which filter or in which order",
        );
    };
    let (name, tags) = named(view);
    let item = TrafficMirrorSession {
        name,
        source: source.as_str().into(),
        target: target.as_str().into(),
        filter: filter.as_str().into(),
        number,
        vni: short("virtual_network_id"),
        // The provider writes 0 for the whole packet.
        packet_length: short("packet_length").filter(|length| *length != 0),
        tags,
    };
    build.add("traffic_mirror_sessions", view, item, |model| {
        &mut model.traffic_mirror_sessions
    });
}
