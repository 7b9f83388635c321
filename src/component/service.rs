//! Services: what people ask about instead of the interfaces that AWS makes for it. A database, a function in a VPC, an Auto
//! Scaling group is asked for by its own name, and means each of its interfaces; everything else is theirs.

use crate::code::ExplanationCode;
use crate::model::Model;
use crate::network::{Builder, Kind};

/// The kind.
pub struct Services;

impl Kind for Services {
    fn name(&self) -> &'static str {
        "service"
    }
    fn section(&self) -> Option<&'static str> {
        Some("services")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["which of its interfaces serves a given request"]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, service) in &model.services {
            for eni in service.enis.iter() {
                if let Some(node) = builder.find("network-interface", eni) {
                    builder.call(id, node);
                }
            }
        }
    }

    fn connect(&self, _: &Model, _: &mut Builder<'_>) {}
}
