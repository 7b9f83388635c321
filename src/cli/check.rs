//! `whyhop check`.

use super::args::ParameterArgs;
use super::opening::analysis;
use super::output::Screen;
use super::reports::{self, ReportArgs, ReportFormat, there};
use super::{Exit, Failure};
use crate::Analysis;
use crate::check::{CheckFile, Checks, Scopes, mend};
use crate::evidence::Logs;
use crate::model::{Diagnostic, Diagnostics, Excerpt, Location};
use clap::Args;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// `whyhop check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Check files.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The model, in place of the one that the check files name.
    #[arg(short, long = "model", value_name = "PATH", num_args = 1..)]
    pub model: Vec<PathBuf>,
    #[command(flatten)]
    pub parameters: ParameterArgs,
    /// Flow logs, in place of those that the check files name.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub flow_logs: Vec<PathBuf>,
    /// Say for everything that is not as expected what would have to be changed.
    #[arg(long)]
    pub repair: bool,
    /// The day to check for, in place of today (UTC): what has an `until` depends on it.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub today: Option<String>,
    #[command(flatten)]
    pub report: ReportArgs,
}

/// Asks everything that the check files expect, and tells what became of it.
pub fn run(args: &CheckArgs, screen: &Screen) -> Result<Exit, Failure> {
    let outputs = reports::outputs(&args.report)?;
    let today = today(args.today.as_deref())?;
    let mut files = read(&args.files)?;
    for (path, checks) in &mut files {
        scopes(path, checks)?;
    }
    let how = Logs {
        watched: screen.watch(args.report.format == ReportFormat::Text),
        ..Logs::default()
    };
    let mut models: BTreeMap<Vec<PathBuf>, Analysis> = BTreeMap::new();
    let (mut told, mut mistakes) = (Vec::new(), Vec::new());
    for (path, checks) in &files {
        let model = meant(&args.model, &checks.model, path);
        if model.is_empty() {
            return Err(Failure::Question {
                message: format!("{} does not say which model it is about", path.display()),
                hint: Some("write `model: shop.yaml` in it, or give -m".to_owned()),
            });
        }
        if !models.contains_key(&model) {
            models.insert(model.clone(), analysis(&model, &args.parameters.all(), screen)?);
        }
        let logs = meant(&args.flow_logs, &checks.flow_logs, path);
        there(&logs)?;
        match models[&model].check(checks, &logs, &how, today) {
            Ok(mut report) => {
                if args.repair {
                    mend(&models[&model], &mut report);
                }
                told.push(report);
            }
            Err(wrong) => mistakes.extend(wrong.0),
        }
    }
    if !mistakes.is_empty() {
        return Err(Failure::Checks(Diagnostics(mistakes)));
    }
    reports::tell(&told, &args.report, &outputs, screen)
}

/// Reads the scopes that are files.
pub fn scopes(file: &Path, checks: &mut Checks) -> Result<(), Failure> {
    let folder = file.parent().unwrap_or(Path::new(""));
    for (index, name) in &checks.scopes {
        // A name that is neither built in nor a file is told with its line.
        if Scopes::built_in(name).is_none() && folder.join(name).is_file() {
            checks.access.push((*index, super::access::read(name, folder)?));
        }
    }
    Ok(())
}

/// What the command line names, else what the file does: its paths begin where it is.
pub fn meant(given: &[PathBuf], named: &[String], file: &Path) -> Vec<PathBuf> {
    if !given.is_empty() {
        return given.to_vec();
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    named.iter().map(|name| plain(&folder.join(name))).collect()
}

/// Without `..` where that is possible: forges know files by their plain paths.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match (part, plain.components().next_back()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => _ = plain.pop(),
            _ => plain.push(part),
        }
    }
    plain
}

fn read(files: &[PathBuf]) -> Result<Vec<(&PathBuf, Checks)>, Failure> {
    let (mut read, mut mistakes) = (Vec::new(), Vec::new());
    for path in files {
        let name = path.display().to_string();
        let checks = std::fs::read(path)
            .map_err(|error| unreadable(&name, &error))
            .and_then(|bytes| CheckFile::read(&name, bytes));
        match checks {
            Ok(checks) => read.push((path, checks)),
            Err(wrong) => mistakes.extend(wrong.0),
        }
    }
    match mistakes.is_empty() {
        true => Ok(read),
        false => Err(Failure::Checks(Diagnostics(mistakes))),
    }
}

fn unreadable(name: &str, error: &std::io::Error) -> Diagnostics {
    let location = Location::file(name);
    let at = Excerpt {
        location,
        text: String::new(),
        span: (0, 0),
    };
    let error = Diagnostic::error("CHECK_UNREADABLE", error.to_string());
    Diagnostics(vec![error.at(Some(at))])
}

/// The day that is given, else today's: the only place that reads a clock for a check.
fn today(given: Option<&str>) -> Result<Date, Failure> {
    match given {
        None => Ok(jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date()),
        Some(text) => text.parse().map_err(|_| Failure::Question {
            message: format!("`{text}` is not a day"),
            hint: Some("write --today 2027-03-31".to_owned()),
        }),
    }
}
