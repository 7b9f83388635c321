//! Network Firewall: rule V41 of the reference.

use super::{Check, Place};
use crate::model::{FirewallPolicy, RuleGroup, RuleGroupUse, RuleOrder, StatefulDefault, parse_rules};
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
