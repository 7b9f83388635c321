//! `whyhop import`.

use super::args::{ImportArgs, ImportFrom};
use super::output::Screen;
use super::{Exit, Failure};
use crate::import::aws::collection_script;
use crate::model::Origin;

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
    let yaml = loaded
        .model
        .to_yaml()
        .map_err(|error| Failure::World(error.to_string()))?;
    match output {
        Some(file) => screen.file(file, &yaml).map(|()| Exit::Expected),
        None => screen.data(&yaml),
    }
}
