//! What resource gateways, resource configurations and service networks name.

use super::References;
use crate::model::Place;

impl References<'_> {
    pub(super) fn lattice(&mut self) {
        let model = self.model;
        for (id, gateway) in &model.resource_gateways {
            let place = Place::item("resource_gateways", id);
            let at = |field: &'static str| place.clone().field(field);
            need!(self, vpcs, "vpc", gateway.vpc, at("vpc"));
            for subnet in gateway.subnets.iter() {
                need!(self, subnets, "subnet", subnet, at("subnets"));
            }
            for eni in gateway.enis.iter() {
                need!(self, enis, "network-interface", eni, at("enis"));
            }
            for (index, group) in gateway.security_groups.iter().enumerate() {
                let at = at("security_groups").index(index);
                need!(self, security_groups, "security-group", group, at);
            }
        }
        for (id, configuration) in &model.resource_configurations {
            let place = Place::item("resource_configurations", id);
            let at = |field: &'static str| place.clone().field(field);
            if let Some(gateway) = &configuration.gateway {
                need!(
                    self,
                    resource_gateways,
                    "resource-gateway",
                    gateway,
                    at("gateway")
                );
            }
            if let Some(group) = &configuration.group {
                need!(
                    self,
                    resource_configurations,
                    "resource-configuration",
                    group,
                    at("group")
                );
            }
        }
        for (id, network) in &model.service_networks {
            let place = Place::item("service_networks", id).field("resource_configurations");
            for configuration in network.resource_configurations.iter() {
                need!(
                    self,
                    resource_configurations,
                    "resource-configuration",
                    configuration,
                    place.clone()
                );
            }
        }
    }
}
