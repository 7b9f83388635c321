//! What VPC endpoints and endpoint services name.

use super::References;
use crate::model::{Place, VpcEndpoint, VpcEndpointId};

impl References<'_> {
    pub(super) fn vpc_endpoints(&mut self) {
        for (id, endpoint) in &self.model.vpc_endpoints {
            self.vpc_endpoint(id, endpoint);
        }
        for (id, service) in &self.model.vpc_endpoint_services {
            let place = Place::item("vpc_endpoint_services", id);
            for balancer in service.load_balancers.iter() {
                let at = place.clone().field("load_balancers");
                need!(self, load_balancers, "load-balancer", balancer, at);
            }
            // Endpoints of other accounts are seldom in the model.
        }
    }

    fn vpc_endpoint(&mut self, id: &VpcEndpointId, endpoint: &VpcEndpoint) {
        let place = Place::item("vpc_endpoints", id);
        let at = |field: &'static str| place.clone().field(field);
        need!(self, vpcs, "vpc", endpoint.vpc, at("vpc"));
        for table in endpoint.route_tables.iter() {
            need!(self, route_tables, "route-table", table, at("route_tables"));
        }
        for subnet in endpoint.subnets.iter() {
            need!(self, subnets, "subnet", subnet, at("subnets"));
        }
        for eni in endpoint.enis.iter() {
            need!(self, enis, "network-interface", eni, at("enis"));
        }
        for (index, group) in endpoint.security_groups.iter().enumerate() {
            let at = at("security_groups").index(index);
            need!(self, security_groups, "security-group", group, at);
        }
        if let Some(configuration) = &endpoint.resource_configuration {
            need!(
                self,
                resource_configurations,
                "resource-configuration",
                configuration,
                at("resource_configuration")
            );
        }
        if let Some(network) = &endpoint.service_network {
            need!(
                self,
                service_networks,
                "service-network",
                network,
                at("service_network")
            );
        }
        // AWS's names of services have dots: those are not in the model, unless it offers one of them.
        if let Some(service) = endpoint.service.as_deref().filter(|name| !name.contains('.'))
            && !self.model.vpc_endpoint_services.contains_key(service)
        {
            let known = ids!(self.model, vpc_endpoint_services);
            self.missing("vpc-endpoint-service", service, known, at("service"));
        }
    }
}
