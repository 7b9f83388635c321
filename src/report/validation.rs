//! What there is to say of a model before anybody asks: `whyhop.validate/1`.

use crate::model::{Census, Diagnostic, Loaded, Location};
use serde::Serialize;

#[derive(Serialize)]
struct Page<'a> {
    schema: &'static str,
    warnings: Vec<Warning<'a>>,
    notes: &'a [String],
    /// What became of the resources in other people's files.
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<Resources<'a>>,
}

#[derive(Serialize)]
struct Warning<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a Location>,
}

#[derive(Serialize)]
struct Resources<'a> {
    seen: usize,
    #[serde(flatten)]
    census: &'a Census,
}

/// Warnings, notes, and what became of the resources in other people's files.
pub fn validation(loaded: &Loaded) -> String {
    let page = Page {
        schema: "whyhop.validate/1",
        warnings: loaded.warnings.iter().map(warning).collect(),
        notes: &loaded.model.notes,
        resources: loaded.census.as_ref().map(|census| Resources {
            seen: census.seen(),
            census,
        }),
    };
    let mut text = serde_json::to_string_pretty(&page).unwrap_or_default();
    text.push('\n');
    text
}

fn warning(one: &Diagnostic) -> Warning<'_> {
    Warning {
        code: one.code,
        message: &one.message,
        hint: one.hint.as_deref(),
        at: one.at.as_ref().map(|at| &at.location),
    }
}
