//! `whyhop matrix`.

use super::args::{MatrixArgs, MatrixFormat};
use super::output::Screen;
use super::reports::{opened, ports, to_files};
use super::{Exit, Failure};
use crate::Options;
use crate::analysis::Matrix;
use crate::report::matrix;
use std::mem::ManuallyDrop;

/// Asks all pairs. Nothing is expected of them, so only what the model does not decide is no success.
pub fn run(args: &MatrixArgs, screen: &Screen) -> Result<Exit, Failure> {
    let outputs = to_files::<MatrixFormat>(&args.output, "json:matrix.json")?;
    let options = Options {
        source_ports: ports(args.source_port.as_deref())?,
        one_way: args.one_way,
        ..Options::default()
    };
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

fn render(format: MatrixFormat, found: &Matrix) -> String {
    match format {
        MatrixFormat::Text => matrix::text(found),
        MatrixFormat::Json => matrix::json(found),
    }
}
