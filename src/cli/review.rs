//! `whyhop review`.
//!
//! A folder of models and check files: every model gets a report that is held against the one that was reviewed. A check
//! file is about the models that it names.

use super::check::{meant, scopes};
use super::opening;
use super::output::Screen;
use super::{Exit, Failure};
use crate::check::{CheckFile, Checks, HygieneRule, Report};
use crate::evidence::Logs;
use crate::report::review::{Review, review};
use crate::{Analysis, Options};
use clap::Args;
use jiff::civil::Date;
use similar::TextDiff;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// `whyhop review`.
#[derive(Debug, Args)]
pub struct ReviewArgs {
    /// The folder of models and check files.
    #[arg(default_value = "models")]
    pub dir: PathBuf,
    /// The folder of the reports that were reviewed.
    #[arg(long, value_name = "DIR", default_value = "snapshots/review")]
    pub snapshots: PathBuf,
    /// Write the reports: they are reviewed.
    #[arg(long)]
    pub accept: bool,
}

/// What became of a report.
enum Found {
    Same,
    New,
    Changed(String),
}

/// Makes the report of every model, and compares it with the one that is stored.
pub fn run(args: &ReviewArgs, screen: &Screen) -> Result<Exit, Failure> {
    let reports = reports(&args.dir, screen)?;
    let mut unreviewed = 0;
    let mut told = String::new();
    for (name, text) in &reports {
        let path = args.snapshots.join(format!("{name}.md"));
        let found = match std::fs::read_to_string(&path) {
            Ok(stored) if stored.replace("\r\n", "\n") == *text => Found::Same,
            Ok(stored) => Found::Changed(stored),
            Err(_) => Found::New,
        };
        if args.accept && !matches!(found, Found::Same) {
            make(&args.snapshots)?;
            screen.file(&path, text)?;
        }
        unreviewed += usize::from(!matches!(found, Found::Same));
        told.push_str(&tell(&path, text, &found, args.accept));
    }
    for gone in gone(&args.snapshots, &reports) {
        unreviewed += 1;
        told.push_str(&match args.accept {
            true => format!("removed  {}\n", gone.display()),
            false => format!("GONE  {}: its model is not there any more\n", gone.display()),
        });
        if args.accept {
            std::fs::remove_file(&gone).map_err(|error| world(&gone, &error))?;
        }
    }
    screen.data(&told)?;
    Ok(match unreviewed == 0 || args.accept {
        true => Exit::Expected,
        false => Exit::Unexpected,
    })
}

fn tell(path: &Path, text: &str, found: &Found, accept: bool) -> String {
    let path = path.display();
    match (found, accept) {
        (Found::Same, _) => format!("ok  {path}\n"),
        (_, true) => format!("accepted  {path}\n"),
        (Found::New, false) => format!("NEW  {path}: nobody has reviewed it; --accept writes it\n"),
        (Found::Changed(stored), false) => {
            let diff = TextDiff::from_lines(stored.as_str(), text);
            let lines = diff.unified_diff().context_radius(2).to_string();
            format!("CHANGED  {path}\n{lines}")
        }
    }
}

/// The report of every model of a folder, by its name.
fn reports(dir: &Path, screen: &Screen) -> Result<BTreeMap<String, String>, Failure> {
    let (mut models, mut checks) = (Vec::new(), Vec::new());
    for path in files(dir)? {
        match is_check(&path)? {
            true => checks.push(read(path)?),
            false => models.push(path),
        }
    }
    if models.is_empty() {
        return Err(Failure::Question {
            message: format!("there is no model in {}", dir.display()),
            hint: Some("a model is a .yaml or .json file in the folder".to_owned()),
        });
    }
    let mut reports = BTreeMap::new();
    let how = Logs {
        watched: screen.watch(true),
        ..Logs::default()
    };
    for path in models {
        let inner = path.strip_prefix(dir).unwrap_or(&path).with_extension("");
        let parts = inner.iter().map(|part| part.to_string_lossy().into_owned());
        let name = parts.collect::<Vec<_>>().join("--");
        let analysis = opening::analysis(std::slice::from_ref(&path), &BTreeMap::new(), screen)?;
        let text = report((&name, &path), &analysis, &checks, &how)?;
        reports.insert(name, text);
    }
    Ok(reports)
}

fn report(
    (name, path): (&str, &Path),
    analysis: &Analysis,
    checks: &[(PathBuf, Checks)],
    how: &Logs,
) -> Result<String, Failure> {
    // A review is of the design: what has an `until` is asked as if there were none.
    let today = Date::MIN;
    let mut expected: Vec<Report> = Vec::new();
    for (file, checks) in checks {
        let models = meant(&[], &checks.model, file);
        if models.iter().any(|model| model == path) {
            let logs = meant(&[], &checks.flow_logs, file);
            let report = analysis
                .check(checks, &logs, how, today)
                .map_err(Failure::Checks)?;
            expected.push(report);
        }
    }
    let hygiene = HygieneRule::ALL
        .iter()
        .map(|rule| format!("  {}: warn\n", rule.id()));
    let text = format!("version: 1\nhygiene:\n{}", hygiene.collect::<String>());
    let hygiene = CheckFile::read("hygiene", text.into_bytes()).map_err(Failure::Checks)?;
    let mut hygiene = analysis
        .check(&hygiene, &[], how, today)
        .map_err(Failure::Checks)?;
    // Nobody wrote that file.
    hygiene.outcomes.iter_mut().for_each(|one| one.expected_at = None);
    let matrix = analysis.matrix("all", &Options::default())?;
    Ok(review(&Review {
        name,
        model: analysis.model(),
        matrix: &matrix,
        hygiene: &hygiene,
        checks: &expected,
    }))
}

/// The files of a folder that may be models or check files, in the order of their names. Flow logs lie in `logs/`.
fn files(dir: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = std::fs::read_dir(dir).map_err(|error| world(dir, &error))?;
    let entries = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| world(dir, &error))?;
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml")
        {
            files.push(path);
        }
    }
    Ok(files)
}

/// Whether a file expects something of a model, and is none.
fn is_check(path: &Path) -> Result<bool, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| world(path, &error))?;
    let keys = ["expect:", "only:", "isolate:", "scopes:", "hygiene:"];
    Ok(text
        .lines()
        .any(|line| keys.iter().any(|key| line.starts_with(key))))
}

fn read(path: PathBuf) -> Result<(PathBuf, Checks), Failure> {
    let name = path.display().to_string();
    let bytes = std::fs::read(&path).map_err(|error| world(&path, &error))?;
    let mut checks = CheckFile::read(&name, bytes).map_err(Failure::Checks)?;
    scopes(&path, &mut checks)?;
    Ok((path, checks))
}

/// The stored reports of models that are gone.
fn gone(snapshots: &Path, reports: &BTreeMap<String, String>) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(snapshots) else {
        return Vec::new();
    };
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let stored = paths.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let known = |path: &PathBuf| {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        stem.is_some_and(|stem| reports.contains_key(&stem))
    };
    let mut gone: Vec<PathBuf> = stored.filter(|path| !known(path)).collect();
    gone.sort();
    gone
}

fn make(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| world(folder, &error))
}

fn world(path: &Path, error: &std::io::Error) -> Failure {
    Failure::World(format!("{}: {error}", path.display()))
}
