//! Network Firewall: rules V38 and V41 of the reference.

use super::{Check, Place};
use crate::model::{
    FirewallPolicy, RuleGroup, RuleGroupUse, RuleOrder, StatefulDefault, SubnetId, VpcId, parse_rules,
};
use std::collections::BTreeMap;

/// Checks them.
pub fn check(check: &mut Check<'_>) {
    for (id, policy) in &check.model.firewall_policies {
        let place = Place::item("firewall_policies", id);
        orders(check, policy, &place);
        for (field, groups) in [("stateless", &policy.stateless), ("stateful", &policy.stateful)] {
            priorities(check, groups, &place.clone().field(field));
        }
        stateful_groups(check, policy, &place);
    }
    for (id, group) in &check.model.rule_groups {
        rules(check, group, &Place::item("rule_groups", id));
    }
    endpoints(check);
    edges(check);
}

/// V41: priorities are given once.
fn priorities(check: &mut Check<'_>, groups: &[RuleGroupUse], list: &Place) {
    let mut seen: BTreeMap<u32, Place> = BTreeMap::new();
    for (index, used) in groups.iter().enumerate() {
        let place = list.clone().index(index).key("priority");
        let Some(priority) = used.priority else { continue };
        if let Some(first) = seen.insert(priority, place.clone()) {
            let message = format!("priority {priority} is there already");
            check.both(
                "MODEL_FIREWALL_PRIORITY",
                &place,
                message,
                &first,
                "the other one",
            );
        }
    }
}

/// V41: default actions are for strict order, and the two families of them do not mix.
fn orders(check: &mut Check<'_>, policy: &FirewallPolicy, place: &Place) {
    let at = place.clone().field("stateful_default");
    if policy.rule_order == RuleOrder::Action && !policy.stateful_default.is_empty() {
        let message = "default actions are for strict order, and this policy has action order".to_owned();
        check.hint("MODEL_FIREWALL_ORDER", &at, message, "write `rule_order: strict`");
    }
    let has = |wanted: StatefulDefault| policy.stateful_default.iter().any(|one| *one == wanted);
    let by_application = has(StatefulDefault::DropEstablishedAppLayer)
        || has(StatefulDefault::DropEstablishedAppLayerToServer);
    if has(StatefulDefault::DropEstablished) && by_application {
        let message = "drop_established does not go with its application-layer twins".to_owned();
        check.say("MODEL_FIREWALL_ORDER", &at, message);
    }
}

/// V41: groups are made for the policy's order, and ordered where that is strict.
fn stateful_groups(check: &mut Check<'_>, policy: &FirewallPolicy, place: &Place) {
    for (index, used) in policy.stateful.iter().enumerate() {
        let at = place.clone().field("stateful").index(index);
        if policy.rule_order == RuleOrder::Strict && used.priority.is_none() {
            let message = format!("{} has no priority, and the order is strict", used.group);
            check.hint("MODEL_FIREWALL_PRIORITY", &at, message, "write `priority: 100`");
        }
        let Some(group) = check.model.rule_groups.get(&used.group) else {
            continue;
        };
        if group.rule_order.is_some_and(|order| order != policy.rule_order) {
            let message = format!("{} was made for the other order than the policy's", used.group);
            let other = Place::item("rule_groups", &used.group).field("rule_order");
            check.both(
                "MODEL_FIREWALL_ORDER",
                &at.clone().key("group"),
                message,
                &other,
                "the group's order",
            );
        }
        if !group.stateless.is_empty() {
            let message = format!("{} holds stateless rules", used.group);
            check.say("MODEL_FIREWALL_GROUP", &at.key("group"), message);
        }
    }
    for (index, used) in policy.stateless.iter().enumerate() {
        let at = place.clone().field("stateless").index(index);
        if used.priority.is_none() {
            let message = format!("{} has no priority", used.group);
            check.hint("MODEL_FIREWALL_PRIORITY", &at, message, "write `priority: 10`");
        }
        let group = check.model.rule_groups.get(&used.group);
        if group.is_some_and(|group| manners(group).iter().skip(1).any(|manner| *manner)) {
            let message = format!("{} holds stateful rules", used.group);
            check.say("MODEL_FIREWALL_GROUP", &at.key("group"), message);
        }
    }
}

/// Which manners of rules a group holds: stateless first.
fn manners(group: &RuleGroup) -> [bool; 4] {
    [
        !group.stateless.is_empty(),
        !group.stateful.is_empty(),
        group.suricata.is_some(),
        group.domains.is_some(),
    ]
}

/// V41: a group has one manner of rules, unique priorities, and headers that can be read.
fn rules(check: &mut Check<'_>, group: &RuleGroup, place: &Place) {
    if manners(group).into_iter().filter(|manner| *manner).count() > 1 {
        let message =
            "a rule group holds one manner of rules: stateless, stateful, suricata or domains".to_owned();
        check.say("MODEL_FIREWALL_GROUP", place, message);
    }
    let mut seen: BTreeMap<u32, Place> = BTreeMap::new();
    for (index, rule) in group.stateless.iter().enumerate() {
        let at = place.clone().field("stateless").index(index).key("priority");
        if let Some(first) = seen.insert(rule.priority, at.clone()) {
            let message = format!("priority {} is there already", rule.priority);
            check.both("MODEL_FIREWALL_PRIORITY", &at, message, &first, "the other one");
        }
    }
    let (_, bad) = group.suricata.as_deref().map(parse_rules).unwrap_or_default();
    for bad in bad {
        let message = format!("line {} of the rules: {}", bad.line, bad.message);
        check.say("MODEL_SURICATA_RULE", &place.clone().field("suricata"), message);
    }
}

/// V38: what stands beside an endpoint is not inspected.
fn endpoints(check: &mut Check<'_>) {
    let model = check.model;
    for (id, firewall) in &model.network_firewalls {
        for (endpoint, described) in &firewall.endpoints {
            let mut enis = check.tenants.of_subnet(described.subnet.as_str()).iter();
            let beside = enis.find(|(_, eni)| eni.instance.is_some());
            if let Some((eni, _)) = beside {
                let message = format!("{eni} is in {}, the subnet of {endpoint}", described.subnet);
                let place = Place::item("network_firewalls", id).field("endpoints");
                let hint = "what stands beside an endpoint cannot be led through it: give the endpoint a subnet of its own";
                check.hint("MODEL_ENDPOINT_NEIGHBOUR", &place, message, hint);
            }
        }
    }
}

/// V38: a subnet that goes out through an endpoint and an internet gateway behind it needs the gateway's edge table to lead
/// its replies the same way.
fn edges(check: &mut Check<'_>) {
    let model = check.model;
    for (id, subnet) in &model.subnets {
        let Some((table, index, endpoint)) = through(check, id) else {
            continue;
        };
        let Some(gateway) = behind(check, &endpoint) else {
            continue;
        };
        let mut enis = check.tenants.of_subnet(id.as_str()).iter();
        let edge = model.route_tables.values().any(|table| {
            let own = table.gateway.iter().any(|one| one.as_str() == gateway);
            own && table.routes.iter().any(|route| route.target.as_str() == endpoint)
        });
        if !edge && enis.any(|(_, eni)| eni.public_ip.is_some()) {
            let message = format!(
                "{id} goes out through {endpoint}, and no edge table of {gateway} leads what comes back for {} through it",
                cidr(&subnet.vpc, subnet)
            );
            let place = Place::item("route_tables", table).field("routes").index(index);
            check.say("MODEL_ENDPOINT_ONE_WAY", &place.key("target"), message);
        }
    }
}

fn cidr(vpc: &VpcId, subnet: &crate::model::Subnet) -> String {
    let first = subnet.cidr.iter().next();
    first.map_or_else(|| vpc.to_string(), |cidr| cidr.net().to_string())
}

/// The default route of a subnet, where it leads to an endpoint of a firewall.
fn through<'m>(check: &Check<'m>, id: &SubnetId) -> Option<(&'m crate::model::RouteTableId, usize, String)> {
    let (table_id, table) = table_of(check, id)?;
    let (index, route) = table.routes.iter().enumerate().find(
        |(_, route)| matches!(&route.destination, crate::model::Peer::Cidr(cidr) if cidr.0.prefix_len() == 0),
    )?;
    subnet_of(check, route.target.as_str())?;
    Some((table_id, index, route.target.to_string()))
}

fn table_of<'m>(
    check: &Check<'m>,
    id: &SubnetId,
) -> Option<(&'m crate::model::RouteTableId, &'m crate::model::RouteTable)> {
    let model = check.model;
    let subnet = model.subnets.get(id)?;
    match &subnet.route_table {
        Some(table) => model.route_tables.get_key_value(table),
        None => model
            .route_tables
            .iter()
            .find(|(_, table)| table.main && table.vpc == subnet.vpc),
    }
}

/// The subnet of a firewall's endpoint.
fn subnet_of<'m>(check: &Check<'m>, endpoint: &str) -> Option<&'m SubnetId> {
    let mut firewalls = check.model.network_firewalls.values();
    firewalls.find_map(|firewall| firewall.endpoints.get(endpoint).map(|one| &one.subnet))
}

/// The internet gateway to which the subnet of an endpoint leads.
fn behind(check: &Check<'_>, endpoint: &str) -> Option<String> {
    let (_, table) = table_of(check, subnet_of(check, endpoint)?)?;
    let mut targets = table.routes.iter().map(|route| route.target.as_str());
    let gateway = targets.find(|target| check.model.internet_gateways.contains_key(*target));
    gateway.map(str::to_owned)
}
