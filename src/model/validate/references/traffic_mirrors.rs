//! What Traffic Mirroring names.

use super::References;
use crate::model::Place;

impl References<'_> {
    pub(super) fn traffic_mirrors(&mut self) {
        for (id, session) in &self.model.traffic_mirror_sessions {
            let place = Place::item("traffic_mirror_sessions", id);
            let at = |field: &'static str| place.clone().field(field);
            need!(self, enis, "network-interface", session.source, at("source"));
            let (target, filter) = (&session.target, &session.filter);
            need!(
                self,
                traffic_mirror_targets,
                "traffic-mirror-target",
                target,
                at("target")
            );
            need!(
                self,
                traffic_mirror_filters,
                "traffic-mirror-filter",
                filter,
                at("filter")
            );
        }
        for (id, target) in &self.model.traffic_mirror_targets {
            let place = Place::item("traffic_mirror_targets", id);
            let at = |field: &'static str| place.clone().field(field);
            if let Some(eni) = &target.eni {
                need!(self, enis, "network-interface", eni, at("eni"));
            }
            if let Some(balancer) = &target.load_balancer {
                need!(
                    self,
                    load_balancers,
                    "load-balancer",
                    balancer,
                    at("load_balancer")
                );
            }
            if let Some(endpoint) = &target.endpoint {
                need!(self, vpc_endpoints, "vpc-endpoint", endpoint, at("endpoint"));
            }
        }
    }
}
