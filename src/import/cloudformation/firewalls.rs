//! Network Firewall. A template writes policies and rule groups in the shapes of the API, so the reader of its describe calls
//! reads them here, too.

use super::resource::{Named, Resource, named};
use super::{Build, functions, labels};
use crate::import::aws::{blank_group, policy_from, rule_group_from};
use crate::model::{FirewallEndpoint, FirewallEndpointState, NetworkFirewall, ResourceId, RuleGroup};
use serde_json::json;
use std::collections::BTreeMap;

/// The keys of these shapes whose values are numbers.
fn is_number(key: &str) -> bool {
    matches!(key, "Priority" | "FromPort" | "ToPort" | "Protocols" | "Capacity")
}

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    for resource in build.of("AWS::NetworkFirewall::RuleGroup") {
        group(build, resource);
    }
    for resource in build.of("AWS::NetworkFirewall::FirewallPolicy") {
        policy(build, resource);
    }
    for resource in build.of("AWS::NetworkFirewall::Firewall") {
        firewall(build, resource);
    }
}

/// The endpoint of a firewall in a subnet.
pub fn endpoint(firewall: &str, subnet: &str) -> String {
    format!("{firewall}@{subnet}")
}

fn firewall(build: &mut Build<'_>, resource: &Resource) {
    let block = resource.block();
    let vpc = build.one(block, "VpcId");
    let Some(policy) = build.one(block, "FirewallPolicyArn") else {
        build.lost(resource, "its policy is not told");
        return;
    };
    let mut endpoints: BTreeMap<ResourceId, FirewallEndpoint> = BTreeMap::new();
    for mapping in block.blocks("SubnetMappings") {
        let Some(subnet) = build.one(mapping, "SubnetId") else {
            continue;
        };
        let item = FirewallEndpoint {
            subnet: subnet.as_str().into(),
            state: FirewallEndpointState::Ready,
        };
        endpoints.insert(endpoint(&resource.id, &subnet).as_str().into(), item);
    }
    let (name, tags) = labels(resource);
    let item = NetworkFirewall {
        name: name.or_else(|| block.text("FirewallName").map(str::to_owned)),
        vpc: vpc.as_deref().map(Into::into),
        policy: policy.as_str().into(),
        endpoints,
        tags,
    };
    build.add("network_firewalls", resource, item, |model| {
        &mut model.network_firewalls
    });
}

fn group(build: &mut Build<'_>, resource: &Resource) {
    let block = resource.block();
    let given = block.text("RuleGroupName").map(str::to_owned);
    let body = block.get("RuleGroup");
    let read = body
        .filter(|body| references_alone(body))
        .map(|body| functions::json(body, &is_number))
        .and_then(|body| {
            rule_group_from(json!({
                "RuleGroupResponse": { "RuleGroupArn": resource.id },
                "RuleGroup": body,
            }))
        });
    let (name, tags) = labels(resource);
    let item = RuleGroup {
        name: name.or(given),
        tags,
        // What is not known is as good as hidden.
        ..read.unwrap_or_else(|| RuleGroup {
            managed: true,
            ..blank_group()
        })
    };
    build.add("rule_groups", resource, item, |model| &mut model.rule_groups);
}

/// Whether all is known but which resources are named.
pub fn references_alone(value: &super::value::Value) -> bool {
    use super::value::Known;
    match &value.kind {
        Known::Nothing | Known::Text(_) => true,
        Known::Attribute(attribute) => attribute.name.is_none(),
        Known::Unknown(_) => false,
        Known::List(items) => items.iter().all(references_alone),
        Known::Map(entries) => entries.iter().all(|(_, value)| references_alone(value)),
    }
}

fn policy(build: &mut Build<'_>, resource: &Resource) {
    let block = resource.block();
    let body = block.get("FirewallPolicy").filter(|body| references_alone(body));
    let read = body
        .map(|body| functions::json(body, &is_number))
        .and_then(|body| {
            policy_from(json!({
                "FirewallPolicyResponse": { "FirewallPolicyArn": resource.id },
                "FirewallPolicy": body,
            }))
        });
    let Some(mut item) = read else {
        build.lost(resource, "what it says is not known");
        return;
    };
    for used in item.stateless.iter().chain(&item.stateful) {
        let id = used.group.clone();
        // Rules of AWS's and of others, which no template tells.
        build.model.rule_groups.entry(id).or_insert_with(|| RuleGroup {
            managed: true,
            ..blank_group()
        });
    }
    let (name, tags) = labels(resource);
    item.name = name.or_else(|| block.text("FirewallPolicyName").map(str::to_owned));
    item.tags = tags;
    build.add("firewall_policies", resource, item, |model| {
        &mut model.firewall_policies
    });
}

/// The id of a subnet that a mapping names.
pub fn subnet_of(mapping: &super::value::Value) -> Option<String> {
    match named(mapping.get("SubnetId")?)? {
        Named::Id(id) | Named::Unknown(id) => Some(id),
    }
}
