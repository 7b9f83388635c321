//! What every command that reports outcomes does alike: formats, files, the exit code.

use super::args::{ReportArgs, ReportFormat};
use super::output::Screen;
use super::{Exit, Failure};
use crate::check::Report;
use crate::report::{Style, check};
use clap::ValueEnum;
use std::path::PathBuf;

/// The files to write besides, in the order given. A word that makes no sense is refused before anything is asked.
pub fn outputs(args: &ReportArgs) -> Result<Vec<(ReportFormat, PathBuf)>, Failure> {
    args.output.iter().map(|text| output(text)).collect()
}

/// Tells the reports in every shape that is wanted.
pub fn tell(
    reports: &[Report],
    args: &ReportArgs,
    outputs: &[(ReportFormat, PathBuf)],
    screen: &Screen,
) -> Result<Exit, Failure> {
    for warning in reports.iter().flat_map(|report| &report.warnings) {
        screen.diagnostic(warning);
    }
    for (format, file) in outputs {
        screen.file(file, &render(*format, reports, false))?;
    }
    screen.data(&render(args.format, reports, screen.color()))?;
    Ok(if reports.iter().any(Report::failed) {
        Exit::Unexpected
    } else if reports.iter().any(Report::undecided) {
        Exit::Unknown
    } else {
        Exit::Expected
    })
}

fn render(format: ReportFormat, reports: &[Report], color: bool) -> String {
    match format {
        ReportFormat::Text => check::text(reports, Style { color }),
        ReportFormat::Json => check::json(reports),
        ReportFormat::Sarif => check::sarif(reports),
        ReportFormat::Junit => check::junit(reports),
        ReportFormat::Github => check::github(reports),
        ReportFormat::Gitlab => check::gitlab(reports),
        ReportFormat::Markdown => check::markdown(reports),
    }
}

/// `FORMAT:FILE`.
fn output(text: &str) -> Result<(ReportFormat, PathBuf), Failure> {
    let parsed = text
        .split_once(':')
        .and_then(|(format, file)| Some((ReportFormat::from_str(format, true).ok()?, file)));
    match parsed {
        Some((format, file)) if !file.is_empty() => Ok((format, file.into())),
        _ => {
            let formats = ReportFormat::value_variants().iter();
            let names: Vec<String> = formats
                .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
                .collect();
            Err(Failure::Question {
                message: format!("`{text}` is not FORMAT:FILE"),
                hint: Some(format!(
                    "write --output sarif:whyhop.sarif; the formats are {}",
                    names.join(", ")
                )),
            })
        }
    }
}
