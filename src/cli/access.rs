//! `whyhop access`.

use super::args::ParameterArgs;
use super::opening;
use super::output::Screen;
use super::reports::{self, ReportArgs};
use super::{Exit, Failure};
use crate::check::{LIBRARY, Scopes, access, mend};
use crate::model::near;
use clap::Args;
use std::path::{Path, PathBuf};

/// `whyhop access`.
#[derive(Debug, Args)]
pub struct AccessArgs {
    /// Scopes: names of built-in ones (`--list`), or files with the JSON of AWS's Network Access Analyzer.
    #[arg(required_unless_present = "list", value_name = "SCOPE")]
    pub scopes: Vec<String>,
    /// A model file, a folder of them, or a folder of `aws … describe-*` JSON. Several are united.
    #[arg(short, long = "model", value_name = "PATH", required_unless_present = "list", num_args = 1..)]
    pub model: Vec<PathBuf>,
    #[command(flatten)]
    pub parameters: ParameterArgs,
    /// Only what is answered counts: both directions.
    #[arg(long)]
    pub replies: bool,
    /// Say for every finding what would have to be changed to close it.
    #[arg(long)]
    pub repair: bool,
    /// List the scopes that are built in.
    #[arg(long)]
    pub list: bool,
    #[command(flatten)]
    pub report: ReportArgs,
}

/// Asks for every finding of the scopes. A finding is not as expected.
pub fn run(args: &AccessArgs, screen: &Screen) -> Result<Exit, Failure> {
    if args.list {
        let width = LIBRARY
            .iter()
            .map(|scope| scope.name.len())
            .max()
            .unwrap_or_default();
        let line = |scope: &crate::check::Library| format!("{:width$}  {}\n", scope.name, scope.finds);
        return screen.data(&LIBRARY.iter().map(line).collect::<String>());
    }
    let outputs = reports::outputs(&args.report)?;
    let scopes = args.scopes.iter().map(|word| read(word, Path::new("")));
    let scopes = scopes.collect::<Result<Vec<_>, _>>()?;
    let analysis = opening::analysis(&args.model, &args.parameters.all(), screen)?;
    let mut told = Vec::new();
    for scope in &scopes {
        let mut report = access(&analysis, scope, args.replies)?;
        if args.repair {
            mend(&analysis, &mut report);
        }
        told.push(report);
    }
    reports::tell(&told, &args.report, &outputs, screen)
}

/// A scope by its built-in name, else from a file, relative to a folder.
pub fn read(word: &str, folder: &Path) -> Result<Scopes, Failure> {
    if let Some(scopes) = Scopes::built_in(word) {
        return Ok(scopes);
    }
    let path = folder.join(word);
    match std::fs::read(&path) {
        Ok(bytes) => Scopes::read(&path.display().to_string(), &bytes).map_err(Failure::Checks),
        Err(error) => {
            let hint = near(word, LIBRARY.iter().map(|scope| scope.name));
            Err(Failure::Question {
                message: format!(
                    "{} is neither a scope that is built in nor a file: {error}",
                    path.display()
                ),
                hint: Some(match hint {
                    Some(near) => format!("did you mean {near}?"),
                    None => "`whyhop access --list` names those that are built in".to_owned(),
                }),
            })
        }
    }
}
