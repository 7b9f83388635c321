//! What the model names and does not describe: packets that meet it are neither blocked nor let through.

use crate::code::ExplanationCode;
use crate::model::{Model, Place, ResourceId, UnknownResource};
use crate::network::{Arrival, Builder, Cause, Component, Kind, ResourceRef, Step, Target, Workspace};

/// Our word for it; EC2 has none.
pub const NAME: &str = "unknown";

/// The kind.
pub struct Unknowns;

impl Kind for Unknowns {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("unknown")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[ExplanationCode::UnknownResource]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["everything about it"]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for id in model.unknown.keys() {
            let node = builder.place(NAME, id.clone());
            builder.offer_target(id.clone(), Target::at(node));
            // A question may ask for it: nobody owns the place, so the answer is unknown.
            builder.call(id.clone(), node);
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, unknown) in &model.unknown {
            let node = builder.place(NAME, id.clone());
            builder.set(
                node,
                Somewhere {
                    resource: ResourceRef::new(NAME, id.clone()),
                    message: message(id, unknown),
                },
            );
        }
    }
}

fn message(id: &ResourceId, unknown: &UnknownResource) -> String {
    let why = unknown.why.as_deref().unwrap_or("the model does not describe it");
    format!("{id} ({}): {why}", unknown.kind)
}

struct Somewhere {
    resource: ResourceRef,
    message: String,
}

impl Component for Somewhere {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, _: &Workspace) -> Vec<Step> {
        let code = ExplanationCode::UnknownResource;
        let because = Cause::refusal(code, &self.resource, "unknown", self.message.clone());
        let because = because.at(Place::item("unknown", self.resource.id.clone()));
        vec![Step::Unknown {
            packets: arrival.packets,
            because,
        }]
    }
}
