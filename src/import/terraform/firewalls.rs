//! Network Firewall. Terraform's blocks are the shapes of the API in other spelling, so they are put into that spelling and read
//! by the reader of its describe calls.

use super::links;
use super::picks::chosen;
use super::places::{SUBNET, VPC};
use super::view::View;
use super::{Build, named};
use crate::import::aws::{blank_group, policy_from, rule_group_from};
use crate::model::{FirewallEndpoint, FirewallEndpointState, NetworkFirewall, ResourceId, RuleGroup};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A firewall.
pub const FIREWALL: &[&str] = &["aws_networkfirewall_firewall"];
const POLICY: &[&str] = &["aws_networkfirewall_firewall_policy"];
const GROUP: &[&str] = &["aws_networkfirewall_rule_group"];
const REFERENCES: [(&str, &str); 2] = [
    ("stateful_rule_group_reference", "StatefulRuleGroupReferences"),
    ("stateless_rule_group_reference", "StatelessRuleGroupReferences"),
];

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    for view in build.links.made(GROUP) {
        group(build, &view);
    }
    for view in build.links.made(POLICY) {
        policy(build, &view);
    }
    for view in build.links.made(FIREWALL) {
        firewall(build, &view);
    }
}

fn firewall<'a>(build: &mut Build<'a>, view: &View<'a>) {
    let Some(policy) = build.one(view, "firewall_policy_arn", POLICY) else {
        build.lost(view, "the plan does not tell its policy");
        return;
    };
    let vpc = build.one(view, "vpc_id", VPC);
    let mut endpoints = known_endpoints(view, "firewall_status", "sync_states");
    if endpoints.is_empty() {
        endpoints = planned_endpoints(build, view);
    }
    let own = links::id(view.owner);
    for apart in build
        .links
        .made(&["aws_networkfirewall_vpc_endpoint_association"])
    {
        if build.one(&apart, "firewall_arn", FIREWALL).as_ref() == Some(&own) {
            let status = "vpc_endpoint_association_status";
            let told = known_endpoints(&apart, status, "association_sync_state");
            endpoints.extend(match told.is_empty() {
                true => planned_endpoints(build, &apart),
                false => told,
            });
        }
    }
    let (name, tags) = named(view);
    let item = NetworkFirewall {
        name: view.text("name").map(str::to_owned).or(name),
        vpc: vpc.as_deref().map(Into::into),
        policy: policy.as_str().into(),
        endpoints,
        tags,
    };
    build.add("network_firewalls", view, item, |model| {
        &mut model.network_firewalls
    });
}

type Endpoints = BTreeMap<ResourceId, FirewallEndpoint>;

fn ready(subnet: &str) -> FirewallEndpoint {
    FirewallEndpoint {
        subnet: subnet.into(),
        state: FirewallEndpointState::Ready,
    }
}

/// The endpoints that a state tells of.
fn known_endpoints(view: &View<'_>, status: &str, states: &str) -> Endpoints {
    let states = view.blocks(status).into_iter().flat_map(|one| one.blocks(states));
    let attached = states.flat_map(|one| one.blocks("attachment"));
    let told =
        attached.filter_map(|one| Some((one.text("endpoint_id")?.into(), ready(one.text("subnet_id")?))));
    told.collect()
}

/// The endpoints that there will be: one in each of its subnets.
fn planned_endpoints<'a>(build: &mut Build<'a>, view: &View<'a>) -> Endpoints {
    let mut endpoints = Endpoints::new();
    for subnet in subnets(build, view) {
        let id = format!("{}@{subnet}", view.owner.address);
        endpoints.insert(id.as_str().into(), ready(&subnet));
    }
    endpoints
}

fn subnets<'a>(build: &mut Build<'a>, view: &View<'a>) -> Vec<String> {
    build.spread(view, "subnet_mapping", "subnet_id", SUBNET)
}

/// The endpoint of a firewall that an argument names through `firewall_status`: the only one, that of the subnet which the
/// expression names, too, or that of the zone by which it picks. Which of several is meant otherwise, a plan does not tell.
pub fn endpoint<'a>(
    build: &mut Build<'a>,
    view: &View<'a>,
    argument: &str,
    firewall: &str,
) -> Option<String> {
    let all = build.links.made(FIREWALL);
    let firewall = all.into_iter().find(|one| links::id(one.owner) == firewall)?;
    let mut own = subnets(build, &firewall);
    if own.len() > 1 {
        let named = build.links.named(view, argument, SUBNET);
        match named.is_empty() {
            true => own = in_zone(build, view, argument, &own),
            false => own.retain(|subnet| named.contains(subnet)),
        }
    }
    match own.as_slice() {
        [one] => Some(format!("{}@{one}", firewall.owner.address)),
        _ => {
            let id = format!("{}.{argument}", view.owner.address);
            build.unknown(
                &id,
                "vpc-endpoint",
                "the plan does not tell which endpoint of the firewall this is",
            );
            Some(id)
        }
    }
}

/// Those of some subnets that have a key by which an argument picks, or are in the zone that it is; where nothing is written of
/// it, the key of its owner.
fn in_zone<'a>(build: &Build<'a>, view: &View<'a>, argument: &str, subnets: &[String]) -> Vec<String> {
    let mut keys = build.links.keys(view, argument);
    if keys.is_empty() {
        keys.extend(view.owner.key.clone());
    }
    let all = build.links.of(SUBNET);
    let own = |subnet: &str| all.iter().find(|one| links::id(one.owner) == subnet);
    let keyed = subnets.iter().filter_map(|subnet| {
        let one = own(subnet)?;
        let zone = one.text("availability_zone").map(Value::from);
        Some((subnet, one.owner.key.iter().cloned().chain(zone).collect()))
    });
    let keyed: Vec<(&String, Vec<Value>)> = keyed.collect();
    let chosen = chosen(&keyed, &keys).unwrap_or_default();
    chosen.into_iter().cloned().collect()
}

fn group<'a>(build: &mut Build<'a>, view: &View<'a>) {
    let rules = view.text("rules");
    let body = match (rules, view.values.get("rule_group").and_then(|list| list.get(0))) {
        (Some(rules), _) => Some(json!({ "RulesSource": { "RulesString": rules } })),
        (None, Some(body)) if !is_open(view, "rule_group") => Some(api(body)),
        _ => None,
    };
    let read = body.and_then(|body| {
        let response = json!({ "RuleGroupArn": view.owner.address });
        rule_group_from(json!({ "RuleGroupResponse": response, "RuleGroup": body }))
    });
    let (name, tags) = named(view);
    let item = RuleGroup {
        name: view.text("name").map(str::to_owned).or(name),
        tags,
        // What is not known is as good as hidden.
        ..read.unwrap_or_else(|| RuleGroup {
            managed: true,
            ..blank_group()
        })
    };
    build.add("rule_groups", view, item, |model| &mut model.rule_groups);
}

/// Whether something in a block is not known yet.
fn is_open(view: &View<'_>, block: &str) -> bool {
    fn any(value: &Value) -> bool {
        match value {
            Value::Bool(unknown) => *unknown,
            Value::Array(list) => list.iter().any(any),
            Value::Object(map) => map.values().any(any),
            _ => false,
        }
    }
    view.owner.unknown.get(block).is_some_and(any)
}

fn policy<'a>(build: &mut Build<'a>, view: &View<'a>) {
    let Some(block) = view.blocks("firewall_policy").into_iter().next() else {
        build.lost(view, "the plan does not tell what it says");
        return;
    };
    let mut body = api(&Value::Object(block.values.clone()));
    for (argument, key) in REFERENCES {
        let blocks = block.blocks(argument).into_iter();
        let used: Vec<Value> = blocks
            .filter_map(|one| {
                let mut used = api(&Value::Object(one.values.clone()));
                used["ResourceArn"] = build.one(&one, "resource_arn", GROUP)?.into();
                Some(used)
            })
            .collect();
        body[key] = used.into();
    }
    let response = json!({ "FirewallPolicyArn": view.owner.address });
    let read = policy_from(json!({ "FirewallPolicyResponse": response, "FirewallPolicy": body }));
    let Some(mut item) = read else {
        build.lost(view, "what it says is not understood");
        return;
    };
    for used in item.stateless.iter().chain(&item.stateful) {
        let id = used.group.clone();
        // Rules of AWS's and of others, of which nothing is told.
        build.model.rule_groups.entry(id).or_insert_with(|| RuleGroup {
            managed: true,
            ..blank_group()
        });
    }
    let (name, tags) = named(view);
    item.name = view.text("name").map(str::to_owned).or(name);
    item.tags = tags;
    build.add("firewall_policies", view, item, |model| {
        &mut model.firewall_policies
    });
}

/// Blocks of which there is one at most, which the API has without a list around it.
const SINGLE: [&str; 15] = [
    "rule_variables",
    "reference_sets",
    "rules_source",
    "rules_source_list",
    "header",
    "stateless_rules_and_custom_actions",
    "rule_definition",
    "match_attributes",
    "stateful_rule_options",
    "stateful_engine_options",
    "policy_variables",
    "override",
    "ip_set",
    "port_set",
    "ip_set_reference",
];

/// Names that are not only spelled another way, as lists.
const PLURALS: [(&str, &str); 10] = [
    ("stateful_rule", "StatefulRules"),
    ("stateless_rule", "StatelessRules"),
    ("rule_option", "RuleOptions"),
    ("source", "Sources"),
    ("destination", "Destinations"),
    ("source_port", "SourcePorts"),
    ("destination_port", "DestinationPorts"),
    ("tcp_flag", "TCPFlags"),
    ("ip_sets", "IPSets"),
    ("ip_set_references", "IPSetReferences"),
];

/// A block in the API's spelling. What Terraform does not set is left out.
fn api(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let known = map.iter().filter(|(_, value)| !value.is_null());
            let mut all: Map<String, Value> = Map::new();
            for (key, value) in known {
                if let Some(value) = entry(key, value) {
                    all.insert(spelled(key, &value), value);
                }
            }
            Value::Object(all)
        }
        Value::Array(list) => list.iter().map(api).collect(),
        other => other.clone(),
    }
}

fn entry(key: &str, value: &Value) -> Option<Value> {
    let list = value.as_array();
    // Sets of addresses and ports are lists with keys, those of a policy too, which are called rule variables.
    let keyed = list.is_some_and(|list| !list.is_empty() && list.iter().all(|one| one.get("key").is_some()));
    if let (true, Some(list)) = (keyed, list) {
        let named = list.iter().filter_map(|one| {
            let parts = one.as_object()?.iter().filter(|(key, _)| *key != "key");
            let set = parts.filter_map(|(_, set)| set.get(0)).next()?;
            Some((one.get("key")?.as_str()?.to_owned(), api(set)))
        });
        return Some(Value::Object(named.collect()));
    }
    match list.map(Vec::as_slice) {
        Some(list) if SINGLE.contains(&key) => list.first().map(api),
        // No sets: a map without entries, which is left out.
        Some([]) => None,
        _ => Some(api(value)),
    }
}

fn spelled(key: &str, value: &Value) -> String {
    let many = value.is_array() || value.is_object();
    if let Some((_, plural)) = PLURALS.iter().find(|(own, _)| *own == key && many) {
        return (*plural).to_owned();
    }
    if key == "tls_inspection_configuration_arn" {
        return "TLSInspectionConfigurationArn".to_owned();
    }
    let words = key.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    words.collect()
}
