//! The shapes of Network Firewall's describe calls, as far as they are read.

use super::collect::{Dump, Source};
use super::shape::{Tag, shapes};
use serde::Deserialize;
use serde::de::MapAccess;
use std::collections::BTreeMap;

shapes! {
    struct FirewallAttachment {
        subnet_id: Option<String>,
        endpoint_id: Option<String>,
        status: Option<String>,
    }
    struct FirewallSyncState { attachment: Option<FirewallAttachment>, }
    struct FirewallStatus { sync_states: BTreeMap<String, FirewallSyncState>, }
    struct Firewall {
        firewall_name: Option<String>,
        firewall_arn: String,
        firewall_policy_arn: String,
        vpc_id: Option<String>,
        tags: Vec<Tag>,
    }
    struct DescribedFirewall { firewall: Firewall, firewall_status: FirewallStatus, }
    struct VpcEndpointAssociation { firewall_arn: String, }
    struct VpcEndpointAssociationStatus {
        association_sync_state: BTreeMap<String, FirewallSyncState>,
    }
    struct DescribedAssociation {
        vpc_endpoint_association: VpcEndpointAssociation,
        vpc_endpoint_association_status: VpcEndpointAssociationStatus,
    }
    struct RuleGroupOverride { action: Option<String>, }
    struct RuleGroupReference {
        resource_arn: String,
        priority: Option<u32>,
        r#override: Option<RuleGroupOverride>,
    }
    struct StatefulOptions { rule_order: Option<String>, stream_exception_policy: Option<String>, }
    struct FirewallSet { definition: Vec<String>, }
    struct PolicyVariables { rule_variables: BTreeMap<String, FirewallSet>, }
    struct FirewallPolicy {
        stateless_rule_group_references: Vec<RuleGroupReference>,
        stateless_default_actions: Vec<String>,
        stateless_fragment_default_actions: Vec<String>,
        stateful_rule_group_references: Vec<RuleGroupReference>,
        stateful_default_actions: Vec<String>,
        stateful_engine_options: StatefulOptions,
        #[serde(rename = "TLSInspectionConfigurationArn")]
        tls_inspection_configuration_arn: Option<String>,
        policy_variables: PolicyVariables,
    }
    struct FirewallPolicyResponse {
        firewall_policy_name: Option<String>,
        firewall_policy_arn: String,
        tags: Vec<Tag>,
    }
    struct DescribedFirewallPolicy {
        firewall_policy_response: FirewallPolicyResponse,
        firewall_policy: FirewallPolicy,
    }
    struct RuleVariables {
        #[serde(rename = "IPSets")]
        ip_sets: BTreeMap<String, FirewallSet>,
        port_sets: BTreeMap<String, FirewallSet>,
    }
    struct IpSetReference { reference_arn: Option<String>, }
    struct ReferenceSets {
        #[serde(rename = "IPSetReferences")]
        ip_set_references: BTreeMap<String, IpSetReference>,
    }
    struct RulesSourceList {
        targets: Vec<String>,
        target_types: Vec<String>,
        generated_rules_type: Option<String>,
    }
    struct FirewallHeader {
        protocol: String,
        source: String,
        source_port: String,
        direction: String,
        destination: String,
        destination_port: String,
    }
    struct FirewallRuleOption { keyword: String, settings: Vec<String>, }
    struct FirewallStatefulRule {
        action: String,
        header: FirewallHeader,
        rule_options: Vec<FirewallRuleOption>,
    }
    struct FirewallAddress { address_definition: String, }
    struct FirewallPortRange { from_port: u16, to_port: u16, }
    struct TcpFlags { flags: Vec<String>, masks: Vec<String>, }
    struct MatchAttributes {
        sources: Vec<FirewallAddress>,
        destinations: Vec<FirewallAddress>,
        source_ports: Vec<FirewallPortRange>,
        destination_ports: Vec<FirewallPortRange>,
        protocols: Vec<u8>,
        #[serde(rename = "TCPFlags")]
        tcp_flags: Vec<TcpFlags>,
    }
    struct RuleDefinition { match_attributes: MatchAttributes, actions: Vec<String>, }
    struct StatelessRule { rule_definition: RuleDefinition, priority: u32, }
    struct StatelessRules { stateless_rules: Vec<StatelessRule>, }
    struct RulesSource {
        rules_string: Option<String>,
        rules_source_list: Option<RulesSourceList>,
        stateful_rules: Vec<FirewallStatefulRule>,
        stateless_rules_and_custom_actions: Option<StatelessRules>,
    }
    struct RuleGroup {
        rule_variables: RuleVariables,
        reference_sets: ReferenceSets,
        rules_source: RulesSource,
        stateful_rule_options: StatefulOptions,
    }
    struct RuleGroupResponse {
        rule_group_arn: String,
        rule_group_name: Option<String>,
        tags: Vec<Tag>,
    }
    struct DescribedRuleGroup { rule_group: RuleGroup, rule_group_response: RuleGroupResponse, }
}

/// An answer about one object, part by part.
#[derive(Debug, Default)]
pub struct Answer {
    firewall: DescribedFirewall,
    association: DescribedAssociation,
    policy: DescribedFirewallPolicy,
    group: DescribedRuleGroup,
}

impl Answer {
    /// Reads the value of a key, if it is of such an answer.
    pub fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        match key {
            "Firewall" => self.firewall.firewall = map.next_value()?,
            "FirewallStatus" => self.firewall.firewall_status = map.next_value()?,
            "VpcEndpointAssociation" => self.association.vpc_endpoint_association = map.next_value()?,
            "VpcEndpointAssociationStatus" => {
                self.association.vpc_endpoint_association_status = map.next_value()?;
            }
            "FirewallPolicyResponse" => self.policy.firewall_policy_response = map.next_value()?,
            "FirewallPolicy" => self.policy.firewall_policy = map.next_value()?,
            "RuleGroupResponse" => self.group.rule_group_response = map.next_value()?,
            "RuleGroup" => self.group.rule_group = map.next_value()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Keeps what was read; an answer that does not say what it is about is of no use.
    pub fn add_to(self, dump: &mut Dump, source: &Source) {
        if !self.firewall.firewall.firewall_arn.is_empty() {
            dump.firewalls.push(source.found(self.firewall));
        }
        if !self.association.vpc_endpoint_association.firewall_arn.is_empty() {
            dump.firewall_associations.push(source.found(self.association));
        }
        if !self
            .policy
            .firewall_policy_response
            .firewall_policy_arn
            .is_empty()
        {
            dump.firewall_policies.push(source.found(self.policy));
        }
        if !self.group.rule_group_response.rule_group_arn.is_empty() {
            dump.rule_groups.push(source.found(self.group));
        }
    }
}
