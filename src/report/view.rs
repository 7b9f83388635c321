//! What several JSON reports show alike.

use super::slice::{Slice, slices};
use crate::analysis::diff::Standings;
use crate::network::ResourceRef;
use crate::packet::Space;
use serde::Serialize;

/// A resource, as every report names one.
#[derive(Serialize)]
pub struct Component {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl Component {
    /// With the `name` that the model gives it.
    pub fn of(resource: &ResourceRef, name: Option<&String>) -> Self {
        Self {
            id: resource.id.to_string(),
            kind: resource.kind,
            name: name.cloned(),
        }
    }
}

/// What was asked of all pairs.
#[derive(Serialize)]
pub struct Everybody<'a> {
    /// The packets, in the packet notation.
    pub packets: &'a str,
    /// The source ports, in the port notation.
    pub source_ports: &'a str,
    /// Whether only the arrival was asked for.
    pub one_way: bool,
}

/// Packets by how sure they are.
#[derive(Serialize)]
pub struct Sets {
    works: Vec<Slice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends: Vec<Slice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<Slice>,
}

impl Sets {
    /// As slices.
    pub fn of(space: &Space, sets: &Standings) -> Self {
        Self {
            works: slices(space, &sets.works),
            depends: slices(space, &sets.depends),
            unknown: slices(space, &sets.unknown),
        }
    }
}

/// A report as text. None of them has a map with keys that are no text, so it cannot fail.
pub fn pretty(report: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    text
}
