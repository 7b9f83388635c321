//! Traffic Mirroring, from EC2's calls.

use super::collect::{Dump, Found};
use super::{Import, name, shape, tags};
use crate::import::mirror::{RuleWords, rule};
use crate::model::{
    MirroredService, OneOrMany, TrafficMirrorFilter, TrafficMirrorFilterRule, TrafficMirrorSession,
    TrafficMirrorTarget,
};

/// Brings it over.
pub(super) fn bring(dump: &Dump, import: &mut Import) {
    for found in &dump.mirror_filters {
        filter(found, import);
    }
    for found in &dump.mirror_targets {
        target(found, import);
    }
    for found in &dump.mirror_sessions {
        session(found, import);
    }
}

fn rules(id: &str, rules: &[shape::TrafficMirrorRule], import: &mut Import) -> Vec<TrafficMirrorFilterRule> {
    let mut list: Vec<TrafficMirrorFilterRule> = Vec::new();
    for one in rules {
        let number = one.protocol.map(|number| number.to_string());
        let range = |range: &Option<shape::MirrorPorts>| {
            let range = range.as_ref();
            range.map_or((None, None), |range| (range.from_port, range.to_port))
        };
        let words = RuleWords {
            number: one.rule_number,
            action: one.rule_action.as_deref(),
            protocol: number.as_deref(),
            ports: range(&one.destination_port_range),
            source_ports: range(&one.source_port_range),
            source: one.source_cidr_block.as_deref(),
            destination: one.destination_cidr_block.as_deref(),
            description: one.description.as_deref(),
        };
        match rule(words) {
            Some(rule) => list.push(rule),
            None => import.note(format!("{id} has a rule that makes no sense, which is left out")),
        }
    }
    list.sort_by_key(|rule| rule.rule);
    list
}

fn filter(found: &Found<shape::TrafficMirrorFilter>, import: &mut Import) {
    let filter = &found.item;
    let id = filter.traffic_mirror_filter_id.as_str();
    let dns = filter
        .network_services
        .iter()
        .any(|service| service == "amazon-dns");
    let item = TrafficMirrorFilter {
        name: name(&filter.tags),
        ingress: rules(id, &filter.ingress_filter_rules, import),
        egress: rules(id, &filter.egress_filter_rules, import),
        network_services: OneOrMany(dns.then_some(MirroredService::AmazonDns).into_iter().collect()),
        tags: tags(&filter.tags),
    };
    import.add("traffic_mirror_filters", &found.file, id, item, |model| {
        &mut model.traffic_mirror_filters
    });
}

fn target(found: &Found<shape::TrafficMirrorTarget>, import: &mut Import) {
    let target = &found.item;
    let item = TrafficMirrorTarget {
        name: name(&target.tags),
        eni: target.network_interface_id.as_deref().map(Into::into),
        load_balancer: target.network_load_balancer_arn.as_deref().map(Into::into),
        endpoint: target
            .gateway_load_balancer_endpoint_id
            .as_deref()
            .map(Into::into),
        tags: tags(&target.tags),
    };
    let id = &target.traffic_mirror_target_id;
    import.add("traffic_mirror_targets", &found.file, id, item, |model| {
        &mut model.traffic_mirror_targets
    });
}

fn session(found: &Found<shape::TrafficMirrorSession>, import: &mut Import) {
    let session = &found.item;
    let id = &session.traffic_mirror_session_id;
    let ends = (
        session.network_interface_id.as_deref(),
        session.traffic_mirror_target_id.as_deref(),
        session.traffic_mirror_filter_id.as_deref(),
    );
    let ((Some(source), Some(target), Some(filter)), Some(number)) = (ends, session.session_number) else {
        import.note(format!(
            "{id} does not say whose packets it copies by which filter, or where to, and is left out"
        ));
        return;
    };
    let item = TrafficMirrorSession {
        name: name(&session.tags),
        source: source.into(),
        target: target.into(),
        filter: filter.into(),
        number,
        vni: session.virtual_network_id,
        packet_length: session.packet_length,
        tags: tags(&session.tags),
    };
    import.add("traffic_mirror_sessions", &found.file, id, item, |model| {
        &mut model.traffic_mirror_sessions
    });
}
