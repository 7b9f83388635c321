//! Access scopes as files: AWS's JSON, read with every mistake in one run, and the scopes that are built in.
//!
//! The grammar is that of `CreateNetworkInsightsAccessScope` (EC2 API reference, read 2026-11-23); what
//! `get-network-insights-access-scope-content` prints is taken too, and so are names without their plural and in lower
//! camel case, which AWS's other forms have.

mod library;
mod read;

pub use library::{LIBRARY, Library};

use super::mistakes::told;
use crate::analysis::scope::Scope;
use crate::model::{Diagnostic, Diagnostics};
use serde_json::Value;

/// The scopes of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Scopes {
    /// The file, or the name of what is built in.
    pub name: String,
    /// The scopes.
    pub scopes: Vec<Scope>,
}

impl Scopes {
    /// A scope that is built in.
    pub fn built_in(name: &str) -> Option<Self> {
        let found = LIBRARY
            .iter()
            .find(|scope| scope.name.eq_ignore_ascii_case(name))?;
        // What is built in is read by a test.
        Self::read(found.name, found.json.as_bytes()).ok()
    }

    /// Reads a file: one scope, or several by their names.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, Diagnostics> {
        let value: Value = serde_json::from_slice(bytes).map_err(|error| {
            let message = format!("{name}:{}:{}: {error}", error.line(), error.column());
            Diagnostics(vec![Diagnostic::error("SCOPE_SYNTAX", message)])
        })?;
        let stem = name.rsplit(['/', '\\']).next().unwrap_or(name);
        let stem = stem.strip_suffix(".json").unwrap_or(stem);
        let mut reading = read::Reading::new(name);
        let scopes = reading.scopes(stem, &value);
        match reading.mistakes.is_empty() {
            true => Ok(Self {
                name: name.to_owned(),
                scopes,
            }),
            false => Err(told(reading.mistakes)),
        }
    }
}
