//! `whyhop access`.

use super::args::AccessArgs;
use super::check::load;
use super::output::Screen;
use super::{Exit, Failure, reports};
use crate::check::{LIBRARY, Scopes, access, mend};
use crate::model::near;
use std::path::Path;

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
    let analysis = load(&args.model, &args.parameters, screen)?;
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
