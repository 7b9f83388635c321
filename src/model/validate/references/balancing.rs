//! What load balancers and target groups name.

use super::References;
use crate::model::{Place, TargetType};

impl References<'_> {
    pub(super) fn load_balancers(&mut self) {
        for (id, balancer) in &self.model.load_balancers {
            let place = Place::item("load_balancers", id);
            let at = |field: &'static str| place.clone().field(field);
            for subnet in balancer.subnets.iter() {
                need!(self, subnets, "subnet", subnet, at("subnets"));
            }
            for eni in balancer.enis.iter() {
                need!(self, enis, "network-interface", eni, at("enis"));
            }
            for (index, group) in balancer.security_groups.iter().enumerate() {
                need!(
                    self,
                    security_groups,
                    "security-group",
                    group,
                    at("security_groups").index(index)
                );
            }
            for (index, listener) in balancer.listeners.iter().enumerate() {
                for group in listener.target_groups.iter() {
                    let at = at("listeners").index(index).key("target_groups");
                    need!(self, target_groups, "target-group", group, at);
                }
            }
        }
        self.targets();
    }

    fn targets(&mut self) {
        for (id, group) in &self.model.target_groups {
            for (index, target) in group.targets.iter().enumerate() {
                let Some(id_of_target) = &target.id else { continue };
                let place = Place::item("target_groups", id)
                    .field("targets")
                    .index(index)
                    .field("id");
                let text = id_of_target.as_str();
                match group.kind {
                    TargetType::Lambda | TargetType::Ip => {}
                    TargetType::Alb => {
                        need!(self, load_balancers, "load-balancer", id_of_target, place);
                    }
                    TargetType::Instance
                        if self.instances.contains(text) || self.model.enis.contains_key(text) => {}
                    TargetType::Instance => {
                        need!(self, instances, "instance", id_of_target, place);
                    }
                }
            }
        }
    }
}
