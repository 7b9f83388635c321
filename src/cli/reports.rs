//! What commands do alike: formats, files, ports; of those that report outcomes, the exit code too.

use super::output::Screen;
use super::{Exit, Failure};
use crate::check::Report;
use crate::report::{Style, check};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// The shape of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people.
    Text,
    /// Versioned JSON.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit's XML.
    Junit,
    /// GitHub's annotations.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// Markdown, for a job's summary or a comment.
    Markdown,
}

/// Where reports go.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// What goes to standard output.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
    /// Writes the report to a file as well, as often as you like: `sarif:whyhop.sarif`.
    #[arg(long, value_name = "FORMAT:FILE")]
    pub output: Vec<String>,
}

/// The files to write besides, in the order given. A word that makes no sense is refused before anything is asked.
pub fn outputs(args: &ReportArgs) -> Result<Vec<(ReportFormat, PathBuf)>, Failure> {
    to_files(&args.output, "sarif:whyhop.sarif")
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

/// The outcomes in a shape.
pub fn render(format: ReportFormat, reports: &[Report], color: bool) -> String {
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

/// What `--output` names, in the order given: `FORMAT:FILE` each.
pub fn to_files<F: ValueEnum>(texts: &[String], example: &str) -> Result<Vec<(F, PathBuf)>, Failure> {
    texts.iter().map(|text| to_file(text, example)).collect()
}

fn to_file<F: ValueEnum>(text: &str, example: &str) -> Result<(F, PathBuf), Failure> {
    let parsed = text
        .split_once(':')
        .and_then(|(format, file)| Some((F::from_str(format, true).ok()?, file)));
    match parsed {
        Some((format, file)) if !file.is_empty() => Ok((format, file.into())),
        _ => {
            let formats = F::value_variants().iter();
            let names: Vec<String> = formats
                .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
                .collect();
            Err(Failure::Question {
                message: format!("`{text}` is not FORMAT:FILE"),
                hint: Some(format!(
                    "write --output {example}; the formats are {}",
                    names.join(", ")
                )),
            })
        }
    }
}

/// Whether everything that the command line names is there: what is not was meant to be something else.
pub fn there(paths: &[PathBuf]) -> Result<(), Failure> {
    match paths.iter().find(|path| !path.exists()) {
        Some(path) => Err(Failure::question(format!("there is no {}", path.display()))),
        None => Ok(()),
    }
}
