//! `whyhop schema`.

use super::output::Screen;
use super::{Exit, Failure};
use crate::check::CheckFile;
use crate::model::Model;
use clap::{Args, ValueEnum};

/// `whyhop schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Of what.
    #[arg(value_enum)]
    pub of: SchemaOf,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// The model file.
    Model,
    /// The check file.
    Check,
}

/// Prints a schema, for editors.
pub fn run(args: &SchemaArgs, screen: &Screen) -> Result<Exit, Failure> {
    let schema = match args.of {
        SchemaOf::Model => schemars::schema_for!(Model),
        SchemaOf::Check => schemars::schema_for!(CheckFile),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(|error| Failure::World(error.to_string()))?;
    screen.data(&format!("{text}\n"))
}
