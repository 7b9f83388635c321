//! Network Firewall, from `describe-firewall`, `describe-firewall-policy` and `describe-rule-group`: calls about one object
//! each, whose answers say themselves what they are about. Ids are ARNs, as policies and analyzers name them.

use super::collect::{Dump, Found};
use super::{Import, firewall_shape as shape, name, tags};
use crate::model::{
    Addresses, Cidr, DomainInspection, DomainList, DomainListKind, FirewallEndpoint, FirewallEndpointState,
    FirewallPolicy, NetworkFirewall, OneOrMany, PortWords, Ports, ProtocolSpec, RuleDirection, RuleGroup,
    RuleGroupUse, RuleOrder, StatefulAction, StatefulDefault, StatefulRule, StatelessAction, StatelessRule,
    StreamException, Tags,
};
use crate::packet::{PortSet, Protocol, parse_ports};
use std::collections::BTreeMap;

/// Brings the firewalls, their policies and their rule groups.
pub(super) fn bring(dump: &Dump, import: &mut Import) {
    for found in &dump.firewalls {
        let firewall = &found.item.firewall;
        let item = NetworkFirewall {
            name: firewall.firewall_name.clone().or(name(&firewall.tags)),
            vpc: firewall.vpc_id.as_deref().map(Into::into),
            policy: firewall.firewall_policy_arn.as_str().into(),
            endpoints: endpoints(found, dump),
            tags: tags(&firewall.tags),
        };
        import.add(
            "network_firewalls",
            &found.file,
            &firewall.firewall_arn,
            item,
            |model| &mut model.network_firewalls,
        );
    }
    for found in &dump.firewall_policies {
        let response = &found.item.firewall_policy_response;
        let item = policy(&found.item);
        managed(&item, found, import);
        import.add(
            "firewall_policies",
            &found.file,
            &response.firewall_policy_arn,
            item,
            |model| &mut model.firewall_policies,
        );
    }
    for found in &dump.rule_groups {
        let arn = &found.item.rule_group_response.rule_group_arn;
        let item = group(&found.item);
        import.add("rule_groups", &found.file, arn, item, |model| {
            &mut model.rule_groups
        });
    }
}

/// A policy in the shape of `describe-firewall-policy`, if that is what it is.
pub(in crate::import) fn policy_from(value: serde_json::Value) -> Option<FirewallPolicy> {
    serde_json::from_value(value)
        .ok()
        .map(|described| policy(&described))
}

/// A rule group in the shape of `describe-rule-group`, if that is what it is.
pub(in crate::import) fn rule_group_from(value: serde_json::Value) -> Option<RuleGroup> {
    serde_json::from_value(value)
        .ok()
        .map(|described| group(&described))
}

/// A rule group without rules.
pub(in crate::import) fn blank_group() -> RuleGroup {
    blank(None)
}

/// The endpoints of a firewall: its own, and those of endpoint associations in other VPCs.
fn endpoints(
    found: &Found<shape::DescribedFirewall>,
    dump: &Dump,
) -> BTreeMap<crate::model::ResourceId, FirewallEndpoint> {
    let own = found.item.firewall_status.sync_states.values();
    let associated = dump
        .firewall_associations
        .iter()
        .filter(|one| one.item.vpc_endpoint_association.firewall_arn == found.item.firewall.firewall_arn);
    let associated = associated.flat_map(|one| {
        let status = &one.item.vpc_endpoint_association_status;
        status.association_sync_state.values()
    });
    let endpoint = |state: &shape::FirewallSyncState| {
        let attachment = state.attachment.as_ref()?;
        let endpoint = FirewallEndpoint {
            subnet: attachment.subnet_id.as_deref()?.into(),
            state: match attachment.status.as_deref() {
                None | Some("READY") => FirewallEndpointState::Ready,
                Some("FAILED" | "ERROR" | "DELETING") => FirewallEndpointState::Failed,
                Some(_) => FirewallEndpointState::Pending,
            },
        };
        Some((attachment.endpoint_id.as_deref()?.into(), endpoint))
    };
    own.chain(associated).filter_map(endpoint).collect()
}

fn used(reference: &shape::RuleGroupReference) -> RuleGroupUse {
    let action = reference
        .r#override
        .as_ref()
        .and_then(|one| one.action.as_deref());
    RuleGroupUse {
        group: reference.resource_arn.as_str().into(),
        priority: reference.priority,
        alert_only: action == Some("DROP_TO_ALERT"),
    }
}

/// The managed rule groups of a policy, whose rules no call tells.
fn managed(policy: &FirewallPolicy, found: &Found<shape::DescribedFirewallPolicy>, import: &mut Import) {
    for used in policy.stateless.iter().chain(&policy.stateful) {
        let arn = used.group.as_str();
        if arn.contains(":aws-managed:") {
            let item = RuleGroup {
                managed: true,
                ..blank(arn.rsplit('/').next().map(str::to_owned))
            };
            import.add("rule_groups", &found.file, arn, item, |model| {
                &mut model.rule_groups
            });
        }
    }
}

/// The first of some actions that decides; custom actions do not. AWS wants one that does.
fn stateless_action(actions: &[String]) -> Option<StatelessAction> {
    actions.iter().find_map(|action| match action.as_str() {
        "aws:pass" => Some(StatelessAction::Pass),
        "aws:drop" => Some(StatelessAction::Drop),
        "aws:forward_to_sfe" => Some(StatelessAction::Forward),
        _ => None,
    })
}

fn stateful_default(action: &str) -> Option<StatefulDefault> {
    Some(match action {
        "aws:drop_strict" => StatefulDefault::DropStrict,
        "aws:drop_established" => StatefulDefault::DropEstablished,
        "aws:drop_established_app_layer" => StatefulDefault::DropEstablishedAppLayer,
        "aws:drop_established_app_layer_to_server" => StatefulDefault::DropEstablishedAppLayerToServer,
        "aws:alert_strict" => StatefulDefault::AlertStrict,
        "aws:alert_established" => StatefulDefault::AlertEstablished,
        "aws:alert_established_app_layer" => StatefulDefault::AlertEstablishedAppLayer,
        "aws:alert_established_app_layer_to_server" => StatefulDefault::AlertEstablishedAppLayerToServer,
        _ => return None,
    })
}

fn order(options: &shape::StatefulOptions) -> Option<RuleOrder> {
    match options.rule_order.as_deref() {
        Some("STRICT_ORDER") => Some(RuleOrder::Strict),
        Some(_) => Some(RuleOrder::Action),
        None => None,
    }
}

fn policy(described: &shape::DescribedFirewallPolicy) -> FirewallPolicy {
    let response = &described.firewall_policy_response;
    let policy = &described.firewall_policy;
    let options = &policy.stateful_engine_options;
    let home = policy.policy_variables.rule_variables.get("HOME_NET");
    FirewallPolicy {
        name: response.firewall_policy_name.clone(),
        stateless: policy.stateless_rule_group_references.iter().map(used).collect(),
        stateless_default: stateless_action(&policy.stateless_default_actions)
            .unwrap_or(StatelessAction::Forward),
        stateless_fragment_default: stateless_action(&policy.stateless_fragment_default_actions),
        stateful: policy.stateful_rule_group_references.iter().map(used).collect(),
        rule_order: order(options).unwrap_or_default(),
        stateful_default: OneOrMany(
            policy
                .stateful_default_actions
                .iter()
                .filter_map(|action| stateful_default(action))
                .collect(),
        ),
        stream_exception: match options.stream_exception_policy.as_deref() {
            Some("CONTINUE") => StreamException::Continue,
            Some("REJECT") => StreamException::Reject,
            _ => StreamException::Drop,
        },
        home_net: OneOrMany(home.and_then(cidrs).unwrap_or_default()),
        tls_inspection: policy.tls_inspection_configuration_arn.is_some(),
        tags: tags(&response.tags),
    }
}

/// The CIDRs of a definition, if every word is one.
fn cidrs(set: &shape::FirewallSet) -> Option<Vec<Cidr>> {
    set.definition.iter().map(|text| cidr(text)).collect()
}

fn cidr(text: &str) -> Option<Cidr> {
    let parsed = Cidr::parse(text).ok();
    parsed.or_else(|| crate::model::parse_address(text).ok().map(|one| Cidr(one.into())))
}

fn blank(name: Option<String>) -> RuleGroup {
    RuleGroup {
        name,
        stateless: Vec::new(),
        stateful: Vec::new(),
        suricata: None,
        domains: None,
        managed: false,
        rule_order: None,
        ip_sets: BTreeMap::new(),
        port_sets: BTreeMap::new(),
        references: BTreeMap::new(),
        tags: Tags::new(),
    }
}

fn group(described: &shape::DescribedRuleGroup) -> RuleGroup {
    let response = &described.rule_group_response;
    let group = &described.rule_group;
    let source = &group.rules_source;
    let stateless: Option<Vec<StatelessRule>> = source
        .stateless_rules_and_custom_actions
        .iter()
        .flat_map(|rules| rules.stateless_rules.iter().map(stateless))
        .collect();
    let stateful: Option<Vec<StatefulRule>> = source.stateful_rules.iter().map(stateful).collect();
    let read = stateless.is_some() && stateful.is_some();
    let sets = |sets: &BTreeMap<String, shape::FirewallSet>| -> BTreeMap<String, Vec<Cidr>> {
        let known = sets
            .iter()
            .filter_map(|(name, set)| Some((name.clone(), cidrs(set)?)));
        known.collect()
    };
    let ports = group.rule_variables.port_sets.iter();
    let references = group.reference_sets.ip_set_references.iter();
    RuleGroup {
        stateless: stateless.unwrap_or_default(),
        stateful: stateful.unwrap_or_default(),
        suricata: source.rules_string.clone(),
        domains: source.rules_source_list.as_ref().and_then(domains),
        // What cannot be read is as good as hidden.
        managed: !read,
        rule_order: order(&group.stateful_rule_options),
        ip_sets: sets(&group.rule_variables.ip_sets),
        port_sets: ports
            .filter_map(|(name, set)| Some((name.clone(), port_set(set)?)))
            .collect(),
        references: references
            .filter_map(|(name, reference)| {
                let id = reference.reference_arn.as_deref()?.rsplit('/').next()?;
                Some((name.clone(), id.into()))
            })
            .collect(),
        tags: tags(&response.tags),
        ..blank(response.rule_group_name.clone())
    }
}

fn port_set(set: &shape::FirewallSet) -> Option<Ports> {
    let one = |text: &String| parse_ports(&text.replace(':', "-")).ok();
    let sets: Option<Vec<PortSet>> = set.definition.iter().map(one).collect();
    let all = sets?.iter().fold(PortSet::empty(), |all, set| all.union(set));
    Some(Ports(all))
}

fn domains(list: &shape::RulesSourceList) -> Option<DomainList> {
    let inspect = list.target_types.iter().filter_map(|kind| match kind.as_str() {
        "HTTP_HOST" => Some(DomainInspection::Http),
        "TLS_SNI" => Some(DomainInspection::Tls),
        _ => None,
    });
    Some(DomainList {
        list: match list.generated_rules_type.as_deref() {
            Some("ALLOWLIST") => DomainListKind::Allow,
            // A list that only writes logs decides nothing.
            Some("ALERTLIST") => return None,
            _ => DomainListKind::Deny,
        },
        targets: list.targets.clone(),
        inspect: OneOrMany(inspect.collect()),
    })
}

/// A stateless rule; none if it holds a word that is not understood.
fn stateless(rule: &shape::StatelessRule) -> Option<StatelessRule> {
    let definition = &rule.rule_definition;
    let wanted = &definition.match_attributes;
    let addresses = |list: &[shape::FirewallAddress]| -> Option<OneOrMany<Cidr>> {
        let all: Option<Vec<Cidr>> = list.iter().map(|one| cidr(&one.address_definition)).collect();
        all.map(OneOrMany)
    };
    let ports = |list: &[shape::FirewallPortRange]| {
        let ranges = list.iter().map(|range| (range.from_port, range.to_port));
        (!list.is_empty()).then(|| Ports(PortSet::from_ranges(ranges)))
    };
    let protocols = wanted.protocols.iter();
    Some(StatelessRule {
        priority: rule.priority,
        action: stateless_action(&definition.actions)?,
        protocol: OneOrMany(
            protocols
                .map(|number| ProtocolSpec::One(Protocol(*number)))
                .collect(),
        ),
        source: addresses(&wanted.sources)?,
        destination: addresses(&wanted.destinations)?,
        source_ports: ports(&wanted.source_ports),
        ports: ports(&wanted.destination_ports),
        tcp_flags: !wanted.tcp_flags.is_empty(),
    })
}

/// A stateful rule; none if its header is not understood.
fn stateful(rule: &shape::FirewallStatefulRule) -> Option<StatefulRule> {
    let header = &rule.header;
    let option = |option: &shape::FirewallRuleOption| {
        if option.settings.is_empty() {
            option.keyword.clone()
        } else {
            format!("{}:{}", option.keyword, option.settings.join(","))
        }
    };
    let options: Vec<String> = rule.rule_options.iter().map(option).collect();
    Some(StatefulRule {
        action: match rule.action.as_str() {
            "PASS" => StatefulAction::Pass,
            "DROP" => StatefulAction::Drop,
            "REJECT" => StatefulAction::Reject,
            "ALERT" => StatefulAction::Alert,
            _ => return None,
        },
        protocol: header.protocol.to_ascii_lowercase(),
        source: Addresses::parse(&header.source).ok()?,
        source_ports: PortWords::parse(&header.source_port).ok()?,
        direction: match header.direction.as_str() {
            "ANY" => RuleDirection::Any,
            _ => RuleDirection::Forward,
        },
        destination: Addresses::parse(&header.destination).ok()?,
        ports: PortWords::parse(&header.destination_port).ok()?,
        options: (!options.is_empty()).then(|| options.join("; ")),
    })
}
