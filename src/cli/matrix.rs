//! `whyhop matrix`.

use super::args::{AskArgs, ModelArgs, Shape};
use super::opening::opened;
use super::output::Screen;
use super::reports::to_files;
use super::{Exit, Failure};
use crate::analysis::Matrix;
use crate::report::matrix;
use clap::Args;
use std::mem::ManuallyDrop;

/// `whyhop matrix`.
#[derive(Debug, Args)]
pub struct MatrixArgs {
    /// Which packets: `all`, `tcp/443`, `udp/53`, `icmp/8`, `proto/47`, or a comma list.
    #[arg(default_value = "all")]
    pub packets: String,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub ask: AskArgs,
    /// What goes to standard output.
    #[arg(long, value_enum, default_value_t = Shape::Text)]
    pub format: Shape,
    /// Writes the answer to a file as well: `json:matrix.json`.
    #[arg(long, value_name = "FORMAT:FILE")]
    pub output: Vec<String>,
}

/// Asks all pairs. Nothing is expected of them, so only what the model does not decide is no success.
pub fn run(args: &MatrixArgs, screen: &Screen) -> Result<Exit, Failure> {
    let outputs = to_files::<Shape>(&args.output, "json:matrix.json")?;
    let options = args.ask.options()?;
    let analysis = opened(&args.model, screen)?;
    let found = ManuallyDrop::new(analysis.matrix(&args.packets, &options)?);
    for (format, file) in outputs {
        screen.file(&file, &render(format, &found))?;
    }
    screen.data(&render(args.format, &found))?;
    Ok(match found.flows.iter().all(|flow| flow.unknown.is_empty()) {
        true => Exit::Expected,
        false => Exit::Unknown,
    })
}

fn render(format: Shape, found: &Matrix) -> String {
    match format {
        Shape::Text => matrix::text(found),
        Shape::Json => matrix::json(found),
    }
}
