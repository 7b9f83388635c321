//! What transit gateways, their attachments and their route tables name.

use super::References;
use crate::model::{Peer, Place, TransitGatewayAttachment, TransitGatewayAttachmentId};

impl References<'_> {
    pub(super) fn transit_gateways(&mut self) {
        for (id, attachment) in &self.model.transit_gateway_attachments {
            self.attachment(id, attachment);
        }
        for (id, table) in &self.model.transit_gateway_route_tables {
            let place = Place::item("transit_gateway_route_tables", id);
            let gateway = &table.transit_gateway;
            need!(
                self,
                transit_gateways,
                "transit-gateway",
                gateway,
                place.clone().field("transit_gateway")
            );
            for (index, route) in table.routes.iter().enumerate() {
                let place = place.clone().field("routes").index(index);
                for attachment in route.attachment.iter() {
                    let at = place.clone().key("attachment");
                    need!(
                        self,
                        transit_gateway_attachments,
                        "transit-gateway-attachment",
                        attachment,
                        at
                    );
                }
                if let Peer::Resource(list) = &route.destination {
                    need!(self, prefix_lists, "prefix-list", list, place.key("destination"));
                }
            }
        }
    }

    fn attachment(&mut self, id: &TransitGatewayAttachmentId, attachment: &TransitGatewayAttachment) {
        let place = Place::item("transit_gateway_attachments", id);
        let at = |field: &'static str| place.clone().field(field);
        let gateway = &attachment.transit_gateway;
        need!(
            self,
            transit_gateways,
            "transit-gateway",
            gateway,
            at("transit_gateway")
        );
        if let Some(vpc) = &attachment.vpc {
            need!(self, vpcs, "vpc", vpc, at("vpc"));
        }
        for subnet in attachment.subnets.iter() {
            need!(self, subnets, "subnet", subnet, at("subnets"));
        }
        if let Some(peer) = &attachment.peer {
            need!(self, transit_gateways, "transit-gateway", peer, at("peer"));
        }
        let tables = [
            ("route_table", &attachment.route_table),
            ("peer_route_table", &attachment.peer_route_table),
        ];
        for (field, table) in tables {
            if let Some(table) = table {
                need!(
                    self,
                    transit_gateway_route_tables,
                    "transit-gateway-route-table",
                    table,
                    at(field)
                );
            }
        }
        for (index, table) in attachment.propagates_to.iter().flatten().enumerate() {
            let at = at("propagates_to").index(index);
            need!(
                self,
                transit_gateway_route_tables,
                "transit-gateway-route-table",
                table,
                at
            );
        }
    }
}
