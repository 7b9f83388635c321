//! `whyhop import`.

use super::args::ParameterArgs;
use super::output::Screen;
use super::{Exit, Failure};
use crate::import::aws::collection_script;
use crate::model::Origin;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `whyhop import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// From what.
    #[command(subcommand)]
    pub from: ImportFrom,
}

/// What can be imported.
#[derive(Debug, Subcommand)]
pub enum ImportFrom {
    /// A folder of `aws … describe-*` JSON.
    Aws {
        /// The folder.
        #[arg(required_unless_present = "script")]
        dir: Option<PathBuf>,
        /// Write the model here instead of standard output.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Print the read-only commands that collect such a folder.
        #[arg(long)]
        script: bool,
    },
    /// A Terraform or OpenTofu plan or state: `terraform show -json`, or a terraform.tfstate.
    Terraform {
        /// The file.
        file: PathBuf,
        /// Write the model here instead of standard output.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// CloudFormation templates, in YAML or JSON; CDK's and SAM's are such, too.
    Cloudformation {
        /// The templates: of several, one imports what another exports.
        #[arg(required = true)]
        templates: Vec<PathBuf>,
        #[command(flatten)]
        parameters: ParameterArgs,
        /// Write the model here instead of standard output.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// Turns other people's files into a model.
pub fn run(args: &ImportArgs, screen: &Screen) -> Result<Exit, Failure> {
    let (loaded, output) = match &args.from {
        ImportFrom::Aws { script: true, .. } => return screen.data(&collection_script()),
        ImportFrom::Aws { dir: None, .. } => return Err(Failure::question("which folder?")),
        ImportFrom::Aws {
            dir: Some(from),
            output,
            ..
        }
        | ImportFrom::Terraform { file: from, output } => (crate::load(std::slice::from_ref(from))?, output),
        ImportFrom::Cloudformation {
            templates,
            parameters,
            output,
        } => (crate::load_templates(templates, &parameters.all())?, output),
    };
    if loaded.model.origin == Origin::Written {
        return Err(Failure::Question {
            message: "this is a model already: there is nothing to import".to_owned(),
            hint: Some("whyhop validate -m FILE checks it".to_owned()),
        });
    }
    loaded.model.notes.iter().for_each(|note| screen.note(note));
    if let Some(census) = &loaded.census {
        screen.note(&census.to_string());
    }
    let yaml = loaded
        .model
        .to_yaml()
        .map_err(|error| Failure::World(error.to_string()))?;
    match output {
        Some(file) => screen.file(file, &yaml).map(|()| Exit::Expected),
        None => screen.data(&yaml),
    }
}
