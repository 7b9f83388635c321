//! Traffic Mirroring: what a session, a filter and a target may be.

use super::{Check, Place};
use crate::model::{
    ListenerProtocol, LoadBalancerType, MirrorAction, NetworkInterfaceId, TrafficMirrorFilter,
    TrafficMirrorFilterRule, TrafficMirrorSession, TrafficMirrorSessionId, VXLAN, VpcEndpointType,
};
use crate::model::{ProtocolSpec, TrafficMirrorTarget};
use crate::packet::{AddressSet, PortSet};
use std::collections::BTreeMap;

/// Numbers of sessions (EC2 API, `CreateTrafficMirrorSession`, `SessionNumber`).
const NUMBERS: std::ops::RangeInclusive<u32> = 1..=32766;
/// Lengths of what is copied of a packet (same page, `PacketLength`).
const LENGTHS: std::ops::RangeInclusive<u32> = 1..=8500;
/// The largest network identifier (RFC 7348: 24 bits).
const VNI_MAX: u32 = 0x00ff_ffff;
/// How many sessions an interface has and how many rules a filter, at most (Traffic Mirroring guide, "Quotas").
const SESSIONS_MAX: usize = 3;
const RULES_MAX: usize = 10;
/// The types of interfaces that instances have; others belong to services of AWS, and cannot be sources (same page,
/// "Considerations"; EC2 API, `NetworkInterfaceType`).
const TYPES: [&str; 5] = ["interface", "efa", "efa-only", "branch", "trunk"];

/// Checks it.
pub fn check(check: &mut Check<'_>) {
    let model = check.model;
    let mut sources: BTreeMap<&NetworkInterfaceId, Vec<(u32, Place)>> = BTreeMap::new();
    for (id, session) in &model.traffic_mirror_sessions {
        let place = Place::item("traffic_mirror_sessions", id);
        numbers(check, session, &place);
        source(check, session, &place);
        idle(check, (id, session), &place);
        let others = sources.entry(&session.source).or_default();
        others.push((session.number, place));
    }
    for (eni, sessions) in sources {
        crowd(check, eni, &sessions);
    }
    for (id, filter) in &model.traffic_mirror_filters {
        let place = Place::item("traffic_mirror_filters", id);
        rules(check, &filter.ingress, &place.clone().field("ingress"));
        rules(check, &filter.egress, &place.clone().field("egress"));
        let count = filter.ingress.len() + filter.egress.len();
        if count > RULES_MAX {
            let message = format!("{count} rules in a traffic mirror filter; AWS allows {RULES_MAX}");
            check.say("MODEL_QUOTA", &place, message);
        }
    }
    for (id, target) in &model.traffic_mirror_targets {
        one_taker(check, target, &Place::item("traffic_mirror_targets", id));
    }
}

fn numbers(check: &mut Check<'_>, session: &TrafficMirrorSession, place: &Place) {
    let mut refuse = |field, message: String| {
        check.say("MODEL_MIRROR_SESSION", &place.clone().field(field), message);
    };
    if !NUMBERS.contains(&session.number) {
        refuse(
            "number",
            format!("{} is not a session number from 1 to 32766", session.number),
        );
    }
    if let Some(vni) = session.vni.filter(|vni| *vni > VNI_MAX) {
        refuse(
            "vni",
            format!("{vni} is not a VXLAN network identifier: it has 24 bits"),
        );
    }
    if let Some(length) = session.packet_length.filter(|length| !LENGTHS.contains(length)) {
        refuse(
            "packet_length",
            format!("{length} is not a packet length from 1 to 8500"),
        );
    }
}

/// A source is an instance's interface (or a database's) with IPv4, and no target.
fn source(check: &mut Check<'_>, session: &TrafficMirrorSession, place: &Place) {
    let model = check.model;
    let place = place.clone().field("source");
    let id = &session.source;
    let mut targets = model.traffic_mirror_targets.iter();
    if let Some((target, _)) = targets.find(|(_, target)| target.eni.as_ref() == Some(id)) {
        let message = format!("{id} takes copies itself, so its own packets cannot be copied");
        let other = Place::item("traffic_mirror_targets", target).field("eni");
        check.both("MODEL_MIRROR_SOURCE", &place, message, &other, "the target");
    }
    let Some(eni) = model.enis.get(id) else { return };
    if let Some(kind) = eni.interface_type.as_deref().filter(|kind| !TYPES.contains(kind)) {
        let message = format!(
            "{id} is a {}, whose packets cannot be copied",
            kind.replace('_', " ")
        );
        check.say("MODEL_MIRROR_SOURCE", &place, message);
    }
    let subnet = model.subnets.get(&eni.subnet);
    if subnet.is_some_and(|subnet| subnet.cidr.iter().all(|cidr| cidr.0.addr().is_ipv6())) {
        let message = format!(
            "{} has no IPv4, without which nothing in it can be mirrored",
            eni.subnet
        );
        check.say("MODEL_MIRROR_SOURCE", &place, message);
    }
}

fn accepts(filter: &TrafficMirrorFilter) -> bool {
    let mut rules = filter.ingress.iter().chain(&filter.egress);
    rules.any(|rule| rule.action == MirrorAction::Accept) || !filter.network_services.is_empty()
}

fn idle(
    check: &mut Check<'_>,
    (id, session): (&TrafficMirrorSessionId, &TrafficMirrorSession),
    place: &Place,
) {
    let filter = check.model.traffic_mirror_filters.get(&session.filter);
    if filter.is_some_and(|filter| !accepts(filter)) {
        let message = format!("{} accepts nothing, so {id} copies nothing", session.filter);
        let hint = "what no rule of a filter accepts is not copied: add one with `action: accept`";
        check.hint("MODEL_MIRROR_IDLE", &place.clone().field("filter"), message, hint);
    }
}

/// The sessions of one interface: each has a number of its own, and they are few.
fn crowd(check: &mut Check<'_>, eni: &NetworkInterfaceId, sessions: &[(u32, Place)]) {
    let mut first: BTreeMap<u32, &Place> = BTreeMap::new();
    for (number, place) in sessions {
        if let Some(other) = first.insert(*number, place) {
            let message = format!("{eni} has a session {number} already");
            let (place, other) = (place.clone().field("number"), other.clone().field("number"));
            check.both("MODEL_MIRROR_SESSION", &place, message, &other, "the other one");
        }
    }
    if let Some((_, place)) = sessions.get(SESSIONS_MAX) {
        let message = format!(
            "{} sessions copy the packets of {eni}; AWS allows {SESSIONS_MAX}",
            sessions.len()
        );
        check.say("MODEL_QUOTA", &place.clone().field("source"), message);
    }
}

fn rules(check: &mut Check<'_>, rules: &[TrafficMirrorFilterRule], list: &Place) {
    let mut numbers: BTreeMap<u32, usize> = BTreeMap::new();
    for (index, rule) in rules.iter().enumerate() {
        let place = list.clone().index(index);
        if let Some(first) = numbers.insert(rule.rule, index) {
            let message = format!("rule {} is there already", rule.rule);
            let other = list.clone().index(first).key("rule");
            check.both(
                "MODEL_MIRROR_RULE",
                &place.clone().key("rule"),
                message,
                &other,
                "the other one",
            );
        }
        if rule.source.0.addr().is_ipv4() != rule.destination.0.addr().is_ipv4() {
            let message = "the source is of one address family and the destination of the other".to_owned();
            check.say("MODEL_MIRROR_RULE", &place.clone().key("destination"), message);
        }
        let ported = matches!(rule.protocol, Some(ProtocolSpec::One(protocol)) if protocol.has_ports());
        let key = match (&rule.ports, &rule.source_ports) {
            (Some(_), _) => Some("ports"),
            (None, Some(_)) => Some("source_ports"),
            (None, None) => None,
        };
        if let (Some(key), false) = (key, ported) {
            let message = "ports in a rule for a protocol that has none".to_owned();
            check.hint(
                "MODEL_RULE_PORTS",
                &place.clone().key(key),
                message,
                "they go with `protocol: tcp` or `udp`",
            );
        }
    }
    shadowed(check, rules, list);
}

/// A rule is shadowed when one earlier rule alone takes all that it is for.
fn shadowed(check: &mut Check<'_>, rules: &[TrafficMirrorFilterRule], list: &Place) {
    let mut sorted: Vec<(usize, &TrafficMirrorFilterRule)> = rules.iter().enumerate().collect();
    sorted.sort_by_key(|(index, rule)| (rule.rule, *index));
    // A filter has ten rules; of a hostile one no more are compared.
    sorted.truncate(RULES_MAX * 10);
    for (place, (index, rule)) in sorted.iter().enumerate() {
        let earlier = sorted[..place].iter().find(|(_, earlier)| covers(earlier, rule));
        if let Some((first, earlier)) = earlier {
            let message = format!(
                "rule {} never matches: rule {} takes all that it is for",
                rule.rule, earlier.rule
            );
            let other = list.clone().index(*first);
            let place = list.clone().index(*index);
            check.both("MODEL_MIRROR_SHADOWED", &place, message, &other, "asked first");
        }
    }
}

fn covers(wide: &TrafficMirrorFilterRule, rule: &TrafficMirrorFilterRule) -> bool {
    let inside = |part: crate::model::Cidr, whole: crate::model::Cidr| {
        AddressSet::cidr(part.net()).is_subset(&AddressSet::cidr(whole.net()))
    };
    let ports = |rule: &Option<crate::model::Ports>| match rule {
        Some(ports) => ports.0.clone(),
        None => PortSet::all(),
    };
    let any = matches!(wide.protocol, None | Some(ProtocolSpec::All));
    let service = wide.protocol == rule.protocol
        && ports(&rule.ports).is_subset(&ports(&wide.ports))
        && ports(&rule.source_ports).is_subset(&ports(&wide.source_ports));
    inside(rule.source, wide.source) && inside(rule.destination, wide.destination) && (any || service)
}

/// A target is one thing: an interface, a Network Load Balancer that listens to VXLAN, a Gateway Load Balancer endpoint.
fn one_taker(check: &mut Check<'_>, target: &TrafficMirrorTarget, place: &Place) {
    let model = check.model;
    if target.taker().is_none() {
        let message = "a target is one interface, load balancer or endpoint".to_owned();
        let hint = "write one of `eni`, `load_balancer` and `endpoint`";
        check.hint("MODEL_MIRROR_TARGET", place, message, hint);
    }
    if let Some((id, balancer)) = target
        .load_balancer
        .as_ref()
        .and_then(|id| Some((id, model.load_balancers.get(id)?)))
    {
        let place = place.clone().field("load_balancer");
        let listens = |protocol, port| {
            matches!(protocol, ListenerProtocol::Udp | ListenerProtocol::TcpUdp) && port == VXLAN
        };
        let mut listeners = balancer.listeners.iter();
        if balancer.kind != LoadBalancerType::Network {
            let message = format!("{id} is no Network Load Balancer");
            check.say("MODEL_MIRROR_TARGET", &place, message);
        } else if !listeners.any(|listener| listens(listener.protocol, listener.port)) {
            let message = format!("{id} has no listener for UDP {VXLAN}, so the copies are lost");
            check.say("MODEL_MIRROR_LISTENER", &place, message);
        }
    }
    let endpoint = target.endpoint.as_ref();
    if let Some((id, endpoint)) = endpoint.and_then(|id| Some((id, model.vpc_endpoints.get(id)?)))
        && endpoint.kind != VpcEndpointType::GatewayLoadBalancer
    {
        let message = format!("{id} is no Gateway Load Balancer endpoint");
        check.say("MODEL_MIRROR_TARGET", &place.clone().field("endpoint"), message);
    }
}
