//! What core networks and their attachments name.

use super::References;
use crate::model::Place;

impl References<'_> {
    pub(super) fn core_networks(&mut self) {
        let model = self.model;
        for (id, network) in &model.core_networks {
            let place = Place::item("core_networks", id).field("segments");
            for segment in network.segments.values() {
                let known = || network.segments.keys().map(String::as_str);
                let lists = [&segment.shared_with, &segment.deny_filter, &segment.allow_filter];
                let inspected = segment.send_via.iter().flat_map(|one| one.segments.iter());
                let named = lists.into_iter().flat_map(|list| list.iter()).chain(inspected);
                for other in named {
                    if !network.segments.contains_key(other) {
                        self.missing("segment", other, known(), place.clone());
                    }
                }
                let routes = segment.routes.iter();
                for attachment in routes.flat_map(|route| route.attachment.iter()) {
                    need!(
                        self,
                        core_network_attachments,
                        "core-network-attachment",
                        attachment,
                        place.clone()
                    );
                }
            }
        }
        for (id, attachment) in &model.core_network_attachments {
            let place = Place::item("core_network_attachments", id);
            let at = |field: &'static str| place.clone().field(field);
            let network = &attachment.core_network;
            need!(self, core_networks, "core-network", network, at("core_network"));
            let segments = model.core_networks.get(network).map(|network| &network.segments);
            if let (Some(segment), Some(segments)) = (&attachment.segment, segments)
                && !segments.contains_key(segment)
            {
                let known = segments.keys().map(String::as_str);
                self.missing("segment", segment, known, at("segment"));
            }
            if let Some(vpc) = &attachment.vpc {
                need!(self, vpcs, "vpc", vpc, at("vpc"));
            }
            for subnet in attachment.subnets.iter() {
                need!(self, subnets, "subnet", subnet, at("subnets"));
            }
        }
    }
}
