//! `whyhop diff`.

use super::args::{DiffArgs, FailOn, ReportFormat};
use super::output::Screen;
use super::reports::{self, ports};
use super::{Exit, Failure};
use crate::Options;
use crate::analysis::diff::Diff;
use crate::check::Report;
use crate::model::{Model, Origin};
use crate::report::{Style, diff};
use std::path::PathBuf;

/// Asks all pairs of two models, and tells what fares differently.
pub fn run(args: &DiffArgs, screen: &Screen) -> Result<Exit, Failure> {
    let outputs = reports::outputs(&args.report)?;
    let options = Options {
        source_ports: ports(args.source_port.as_deref())?,
        one_way: args.one_way,
        ..Options::default()
    };
    let (old, new) = (load(&args.old, screen)?, load(&args.new, screen)?);
    let found = crate::diff(old, new, &args.packets, &options)?;
    let name = format!("{} → {}", args.old.display(), args.new.display());
    let report = diff::report(&found, &name, args.fail_on.map(FailOn::meaning));
    for (format, file) in outputs {
        screen.file(&file, &render(format, &found, &report, false))?;
    }
    screen.data(&render(args.report.format, &found, &report, screen.color()))?;
    Ok(if report.failed() {
        Exit::Unexpected
    } else if found.undecided() && !args.fail_on.is_some_and(|on| on == FailOn::Closed) {
        Exit::Unknown
    } else {
        Exit::Expected
    })
}

fn load(path: &PathBuf, screen: &Screen) -> Result<Model, Failure> {
    let loaded = crate::load(std::slice::from_ref(path))?;
    if loaded.model.origin == Origin::Written {
        screen.diagnostics(&loaded.warnings);
    }
    loaded.model.notes.iter().for_each(|note| screen.note(note));
    Ok(loaded.model)
}

/// Text and JSON tell differences in a shape of their own; the others tell outcomes.
fn render(format: ReportFormat, found: &Diff, report: &Report, color: bool) -> String {
    match format {
        ReportFormat::Text => diff::text(found, Style { color }),
        ReportFormat::Json => diff::json(found),
        other => reports::render(other, std::slice::from_ref(report), color),
    }
}
