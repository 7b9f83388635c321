//! `whyhop logs`.

use super::args::{LogsArgs, LogsAudit, LogsCommand, LogsFormat, LogsShow};
use super::output::Screen;
use super::{Exit, Failure};
use crate::evidence::{self, Shown};
use crate::model::{Loaded, Origin};
use crate::report::logs as report;
use crate::{Analysis, Options};
use std::path::PathBuf;

/// Tells what flow logs hold.
pub fn run(args: &LogsArgs, screen: &Screen) -> Result<Exit, Failure> {
    match &args.command {
        LogsCommand::Show(args) => show(args, screen),
        LogsCommand::Audit(args) => audit(args, screen),
    }
}

fn load(paths: &[PathBuf], screen: &Screen) -> Result<Analysis, Failure> {
    let Loaded { model, warnings, .. } = crate::load(paths)?;
    if model.origin == Origin::Written {
        screen.diagnostics(&warnings);
    }
    model.notes.iter().for_each(|note| screen.note(note));
    Ok(Analysis::new(model))
}

fn show(args: &LogsShow, screen: &Screen) -> Result<Exit, Failure> {
    let logs = args.reading.logs();
    let analysis = match args.model.is_empty() {
        true => Analysis::new(crate::model::Model::default()),
        false => load(&args.model, screen)?,
    };
    let mut whose: Vec<String> = args.of.clone();
    if let [from, to] = args.path.as_slice() {
        let finding = analysis.path(from, to, &args.packets, &Options::default())?;
        let evidence = evidence::correlate(&finding, analysis.model(), &args.logs, &logs);
        let shown = Shown {
            all: evidence.kept.len() as u64,
            records: evidence.kept.into_iter().take(args.limit).collect(),
            scan: evidence.scan,
        };
        return tell(&shown, args.format, screen);
    }
    whose.sort();
    let whose: Vec<&str> = whose.iter().map(String::as_str).collect();
    let shown = evidence::show(analysis.model(), &whose, &args.logs, &logs, args.limit);
    tell(&shown, args.format, screen)
}

fn tell(shown: &Shown, format: LogsFormat, screen: &Screen) -> Result<Exit, Failure> {
    screen.data(&match format {
        LogsFormat::Text => report::show_text(shown),
        LogsFormat::Json => report::show_json(shown),
    })?;
    Ok(if shown.all > 0 {
        Exit::Expected
    } else {
        Exit::Unexpected
    })
}

fn audit(args: &LogsAudit, screen: &Screen) -> Result<Exit, Failure> {
    let analysis = load(&args.model.model, screen)?;
    let audit = analysis.audit(&args.logs, &args.reading.logs());
    screen.data(&match args.format {
        LogsFormat::Text => report::audit_text(&audit),
        LogsFormat::Json => report::audit_json(&audit),
    })?;
    Ok(match (audit.agrees(), audit.says_something()) {
        (false, _) => Exit::Unexpected,
        (true, true) => Exit::Expected,
        (true, false) => Exit::Unknown,
    })
}
