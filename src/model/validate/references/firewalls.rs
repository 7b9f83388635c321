//! What firewalls, their policies and rule groups name.

use super::References;
use crate::model::Place;

impl References<'_> {
    pub(super) fn firewalls(&mut self) {
        for (id, firewall) in &self.model.network_firewalls {
            let place = Place::item("network_firewalls", id);
            let at = |field: &'static str| place.clone().field(field);
            if let Some(vpc) = &firewall.vpc {
                need!(self, vpcs, "vpc", vpc, at("vpc"));
            }
            need!(
                self,
                firewall_policies,
                "firewall-policy",
                firewall.policy,
                at("policy")
            );
            for endpoint in firewall.endpoints.values() {
                need!(self, subnets, "subnet", endpoint.subnet, at("endpoints"));
            }
        }
        for (id, policy) in &self.model.firewall_policies {
            for (field, groups) in [("stateless", &policy.stateless), ("stateful", &policy.stateful)] {
                for (index, used) in groups.iter().enumerate() {
                    let at = Place::item("firewall_policies", id)
                        .field(field)
                        .index(index)
                        .key("group");
                    need!(self, rule_groups, "rule-group", used.group, at);
                }
            }
        }
    }
}
