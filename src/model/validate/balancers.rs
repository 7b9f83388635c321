//! Load balancers: rules V39 and V40 of the reference.

use super::{Check, Place};
use crate::model::{
    ListenerProtocol, LoadBalancer, LoadBalancerId, LoadBalancerType, Subnet, SubnetId, TargetGroup,
    TargetType,
};
use crate::packet::AddressSet;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// Checks them.
pub fn check(check: &mut Check<'_>) {
    for (id, balancer) in &check.model.load_balancers {
        let place = Place::item("load_balancers", id);
        zones(check, id, balancer, &place);
        unrouted(check, id, balancer, &place);
        listeners(check, balancer, &place);
        targets(check, balancer);
    }
    for (id, group) in &check.model.target_groups {
        addresses(check, group, &Place::item("target_groups", id));
    }
}

fn described<'m>(check: &Check<'m>, balancer: &LoadBalancer) -> Vec<(SubnetId, &'m Subnet)> {
    let model = check.model;
    let known = balancer
        .subnets
        .iter()
        .filter_map(|id| Some((id.clone(), model.subnets.get(id)?)));
    known.collect()
}

/// V39: one subnet a zone; an Application Load Balancer has two zones at least.
fn zones(check: &mut Check<'_>, id: &LoadBalancerId, balancer: &LoadBalancer, place: &Place) {
    let place = place.clone().field("subnets");
    let mut first: BTreeMap<&str, SubnetId> = BTreeMap::new();
    let subnets = described(check, balancer);
    for (subnet, described) in &subnets {
        let Some(zone) = described.az.as_deref() else {
            continue;
        };
        if let Some(other) = first.insert(zone, subnet.clone()) {
            let message = format!("{other} and {subnet} are both in {zone}");
            check.say("MODEL_LB_ZONES", &place, message);
        }
    }
    let zoned = !subnets.is_empty() && subnets.iter().all(|(_, one)| one.az.is_some());
    if balancer.kind == LoadBalancerType::Application && zoned && first.len() < 2 {
        let message = format!("{id} is in one zone, and an Application Load Balancer needs two");
        check.say("MODEL_LB_ZONES", &place, message);
    }
}

/// V39: what faces the internet needs a way to it.
fn unrouted(check: &mut Check<'_>, id: &LoadBalancerId, balancer: &LoadBalancer, place: &Place) {
    if !balancer.internet_facing {
        return;
    }
    for (index, subnet) in balancer.subnets.iter().enumerate() {
        if !super::gateways::has_way_out(check, subnet) {
            let message = format!(
                "{id} faces the internet, and the route table of {subnet} leads to no internet gateway"
            );
            check.say(
                "MODEL_LB_UNROUTED",
                &place.clone().field("subnets").index(index),
                message,
            );
        }
    }
}

/// V40: a listener's protocol is of the balancer's kind, and its groups speak one that goes with it (Network Load Balancer
/// guide, "Target groups", routing configuration).
fn listeners(check: &mut Check<'_>, balancer: &LoadBalancer, place: &Place) {
    use ListenerProtocol as P;
    for (index, listener) in balancer.listeners.iter().enumerate() {
        let place = place.clone().field("listeners").index(index);
        let fits = match balancer.kind {
            LoadBalancerType::Application => matches!(listener.protocol, P::Http | P::Https),
            LoadBalancerType::Network => {
                !matches!(listener.protocol, P::Http | P::Https | P::Ssl | P::Geneve)
            }
            LoadBalancerType::Classic => matches!(listener.protocol, P::Http | P::Https | P::Tcp | P::Ssl),
            LoadBalancerType::Gateway => true,
        };
        if !fits {
            let message = format!(
                "no {} Load Balancer listens for this protocol",
                word(balancer.kind)
            );
            check.say("MODEL_LB_PROTOCOL", &place.clone().key("protocol"), message);
        }
        for id in listener.target_groups.iter() {
            let Some(group) = check.model.target_groups.get(id) else {
                continue;
            };
            if balancer.kind == LoadBalancerType::Network && !goes_with(listener.protocol, group.protocol) {
                let message = format!("{id} speaks a protocol to which this listener does not forward");
                check.say("MODEL_LB_PROTOCOL", &place.clone().key("target_groups"), message);
            }
        }
    }
}

fn word(kind: LoadBalancerType) -> &'static str {
    match kind {
        LoadBalancerType::Application => "Application",
        LoadBalancerType::Network => "Network",
        LoadBalancerType::Gateway => "Gateway",
        LoadBalancerType::Classic => "Classic",
    }
}

fn goes_with(listener: ListenerProtocol, group: ListenerProtocol) -> bool {
    use ListenerProtocol as P;
    match listener {
        P::Tcp => matches!(group, P::Tcp | P::TcpUdp),
        P::Tls => matches!(group, P::Tcp | P::Tls),
        P::Udp => matches!(group, P::Udp | P::TcpUdp),
        P::TcpUdp => matches!(group, P::TcpUdp),
        P::Quic => matches!(group, P::Quic | P::TcpQuic),
        P::TcpQuic => matches!(group, P::TcpQuic),
        _ => true,
    }
}

/// V40: targets stand in zones of the balancer; without cross-zone load balancing every zone needs one.
fn targets(check: &mut Check<'_>, balancer: &LoadBalancer) {
    let zones: BTreeSet<String> = described(check, balancer)
        .into_iter()
        .filter_map(|(_, subnet)| subnet.az.clone())
        .collect();
    if zones.is_empty() {
        return;
    }
    let groups = balancer
        .listeners
        .iter()
        .flat_map(|listener| listener.target_groups.iter());
    let groups: BTreeSet<_> = groups.collect();
    for id in groups {
        let Some(group) = check.model.target_groups.get(id) else {
            continue;
        };
        let place = Place::item("target_groups", id).field("targets");
        let found: Option<Vec<String>> = group.targets.iter().map(|target| zone(check, target)).collect();
        // Of targets that the model does not describe nobody knows the zone.
        let Some(found) = found else { continue };
        for (index, zone) in found
            .iter()
            .enumerate()
            .filter(|(_, zone)| !zones.contains(*zone))
        {
            let message =
                format!("the target is in {zone}, where the load balancer has no node: it is not used");
            check.say("MODEL_TARGET_ZONE", &place.clone().index(index), message);
        }
        let spread = group
            .cross_zone
            .or(balancer.cross_zone)
            .unwrap_or(balancer.kind == LoadBalancerType::Application);
        let alone = zones.iter().find(|zone| !found.contains(zone));
        if let Some(zone) = alone.filter(|_| !spread && !group.targets.is_empty()) {
            let message = format!(
                "no target in {zone}, and cross-zone load balancing is off: the node there serves nobody"
            );
            check.say("MODEL_TARGET_ZONE", &place, message);
        }
    }
}

/// The zone of a target whose interface the model describes.
fn zone(check: &Check<'_>, target: &crate::model::TargetDescription) -> Option<String> {
    let model = check.model;
    let named = target.id.as_ref().and_then(|wanted| {
        let attached = check.tenants.of_instance(wanted.as_str()).first().copied();
        model.enis.get_key_value(wanted.as_str()).or(attached)
    });
    let addressed = || check.tenants.at_address(target.ip?).first().copied();
    let (_, eni) = named.or_else(addressed)?;
    model.subnets.get(&eni.subnet)?.az.clone()
}

/// V40: a target given by address has a private one.
fn addresses(check: &mut Check<'_>, group: &TargetGroup, place: &Place) {
    if group.kind != TargetType::Ip {
        return;
    }
    let private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];
    let private = AddressSet::from_cidrs(private.iter().filter_map(|text| text.parse().ok()));
    for (index, target) in group.targets.iter().enumerate() {
        let Some(IpAddr::V4(ip)) = target.ip else { continue };
        let in_vpc = check
            .model
            .vpcs
            .values()
            .flat_map(|vpc| vpc.cidr.iter())
            .any(|cidr| cidr.net().contains(&IpAddr::V4(ip)));
        if !private.contains(IpAddr::V4(ip)) && !in_vpc {
            let message = format!("{ip} is a public address, which no target may have");
            check.say(
                "MODEL_TARGET_PUBLIC",
                &place.clone().field("targets").index(index),
                message,
            );
        }
    }
}
