//! `whyhop schema`.

use super::args::{SchemaArgs, SchemaOf};
use super::output::Screen;
use super::{Exit, Failure};
use crate::check::CheckFile;
use crate::model::Model;

/// Prints a schema, for editors.
pub fn run(args: &SchemaArgs, screen: &Screen) -> Result<Exit, Failure> {
    let schema = match args.of {
        SchemaOf::Model => schemars::schema_for!(Model),
        SchemaOf::Check => schemars::schema_for!(CheckFile),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(|error| Failure::World(error.to_string()))?;
    screen.data(&format!("{text}\n"))
}
