//! What exclusions from VPC Block Public Access name.

use super::References;
use crate::model::Place;

impl References<'_> {
    pub(super) fn public_access(&mut self) {
        let model = self.model;
        for (id, exclusion) in &model.block_public_access_exclusions {
            let named = exclusion.resource.as_str();
            if !model.vpcs.contains_key(named) && !model.subnets.contains_key(named) {
                let known = ids!(model, vpcs).chain(ids!(model, subnets));
                let place = Place::item("block_public_access_exclusions", id).field("resource");
                self.missing("excluded-resource", named, known, place);
            }
        }
    }
}
