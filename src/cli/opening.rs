//! A model, ready for questions; what is odd in it is told.

use super::Failure;
use super::args::ModelArgs;
use super::output::Screen;
use crate::Analysis;
use crate::model::{Loaded, Model, Origin};
use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::path::PathBuf;

/// The model alone. What is probably not meant is told where somebody writes the model: nobody can mend what AWS holds by
/// reading a warning ahead of an answer.
pub fn told(loaded: Loaded, screen: &Screen) -> Model {
    let Loaded { model, warnings, .. } = loaded;
    if model.origin == Origin::Written {
        screen.diagnostics(&warnings);
    }
    model.notes.iter().for_each(|note| screen.note(note));
    model
}

/// The model that a command line names. The process ends with the answer: nobody takes a large network apart before.
pub fn opened(model: &ModelArgs, screen: &Screen) -> Result<ManuallyDrop<Analysis>, Failure> {
    analysis(&model.model, &model.parameters.all(), screen).map(ManuallyDrop::new)
}

/// The model of some paths.
pub fn analysis(
    model: &[PathBuf],
    parameters: &BTreeMap<String, String>,
    screen: &Screen,
) -> Result<Analysis, Failure> {
    Ok(Analysis::new(told(crate::load_with(model, parameters)?, screen)))
}
