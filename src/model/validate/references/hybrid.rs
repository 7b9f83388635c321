//! What the sections of gateways at the edge, of what leads on premises name.

use super::References;
use crate::model::{NetworkInterfaceId, Place, ResourceId, VpnConnection, VpnConnectionId};

impl References<'_> {
    pub(super) fn hybrid(&mut self) {
        for (id, gateway) in &self.model.vpn_gateways {
            if let Some(vpc) = &gateway.vpc {
                need!(
                    self,
                    vpcs,
                    "vpc",
                    vpc,
                    Place::item("vpn_gateways", id).field("vpc")
                );
            }
        }
        for (id, vpn) in &self.model.vpn_connections {
            self.vpn(id, vpn);
        }
        self.direct_connect();
        for (id, peer) in &self.model.transit_gateway_connect_peers {
            let place = Place::item("transit_gateway_connect_peers", id).field("attachment");
            need!(
                self,
                transit_gateway_attachments,
                "transit-gateway-attachment",
                peer.attachment,
                place
            );
        }
        self.edges();
    }

    fn vpn(&mut self, id: &VpnConnectionId, vpn: &VpnConnection) {
        let place = Place::item("vpn_connections", id);
        if let Some(gateway) = &vpn.vpn_gateway {
            let at = place.clone().field("vpn_gateway");
            need!(self, vpn_gateways, "vpn-gateway", gateway, at);
        }
        if let Some(gateway) = &vpn.transit_gateway {
            let at = place.clone().field("transit_gateway");
            need!(self, transit_gateways, "transit-gateway", gateway, at);
        }
        if let Some(gateway) = &vpn.customer_gateway {
            let at = place.field("customer_gateway");
            need!(self, customer_gateways, "customer-gateway", gateway, at);
        }
    }

    fn direct_connect(&mut self) {
        let model = self.model;
        for (id, gateway) in &model.direct_connect_gateways {
            for (index, association) in gateway.associations.iter().enumerate() {
                let place = Place::item("direct_connect_gateways", id).field("associations");
                let place = place.index(index).key("gateway");
                let end = &association.gateway;
                let known = model.vpn_gateways.contains_key(end.as_str())
                    || model.transit_gateways.contains_key(end.as_str());
                if !known {
                    let near = ids!(model, vpn_gateways).chain(ids!(model, transit_gateways));
                    self.missing("gateway", end.as_str(), near, place);
                }
            }
        }
        for (id, interface) in &model.virtual_interfaces {
            let Some(end) = &interface.gateway else { continue };
            let known = model.vpn_gateways.contains_key(end.as_str())
                || model.direct_connect_gateways.contains_key(end.as_str());
            if !known {
                let near = ids!(model, vpn_gateways).chain(ids!(model, direct_connect_gateways));
                let place = Place::item("virtual_interfaces", id).field("gateway");
                self.missing("direct-connect-gateway", end.as_str(), near, place);
            }
        }
    }

    fn edges(&mut self) {
        let model = self.model;
        for (id, gateway) in &model.local_gateways {
            let place = Place::item("local_gateways", id);
            for vpc in gateway.vpcs.iter() {
                need!(self, vpcs, "vpc", vpc, place.clone().field("vpcs"));
            }
            self.owners(gateway.addresses.keys(), &place);
        }
        for (id, table) in &model.route_tables {
            for gateway in table.propagating.iter() {
                let place = Place::item("route_tables", id).field("propagating");
                need!(self, vpn_gateways, "vpn-gateway", gateway, place);
            }
        }
    }

    /// The interfaces to which a gateway gives addresses.
    pub(super) fn owners<'m>(&mut self, enis: impl Iterator<Item = &'m NetworkInterfaceId>, place: &Place) {
        for eni in enis {
            let id: ResourceId = eni.into();
            need!(
                self,
                enis,
                "network-interface",
                id,
                place.clone().field("addresses")
            );
        }
    }
}
