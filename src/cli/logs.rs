//! `whyhop logs`.

use super::args::{
    LogsArgs, LogsAudit, LogsCommand, LogsCoverage, LogsFormat, LogsShow, LogsSql, SqlDialect, SqlPartitions,
};
use super::output::Screen;
use super::reports::there;
use super::{Exit, Failure};
use crate::evidence::{self, Dialect, Partitions, Query, Shown, Sight, Window};
use crate::model::{Loaded, Origin, Place};
use crate::report::logs as report;
use crate::{Analysis, Options};

/// Tells what flow logs hold.
pub fn run(args: &LogsArgs, screen: &Screen) -> Result<Exit, Failure> {
    match &args.command {
        LogsCommand::Show(LogsShow { logs, .. })
        | LogsCommand::Audit(LogsAudit { logs, .. })
        | LogsCommand::Unused(LogsAudit { logs, .. }) => there(logs)?,
        LogsCommand::Coverage(_) | LogsCommand::Sql(_) => {}
    }
    match &args.command {
        LogsCommand::Show(args) => show(args, screen),
        LogsCommand::Audit(args) => audit(args, screen),
        LogsCommand::Unused(args) => unused(args, screen),
        LogsCommand::Coverage(args) => coverage(args, screen),
        LogsCommand::Sql(args) => sql(args, screen),
    }
}

fn built(loaded: Loaded, screen: &Screen) -> Analysis {
    let Loaded { model, warnings, .. } = loaded;
    if model.origin == Origin::Written {
        screen.diagnostics(&warnings);
    }
    model.notes.iter().for_each(|note| screen.note(note));
    Analysis::new(model)
}

fn show(args: &LogsShow, screen: &Screen) -> Result<Exit, Failure> {
    let logs = args.reading.logs();
    let analysis = match args.model.is_empty() {
        true => Analysis::new(crate::model::Model::default()),
        false => built(crate::load(&args.model)?, screen),
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
    let analysis = built(args.model.load()?, screen);
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

fn unused(args: &LogsAudit, screen: &Screen) -> Result<Exit, Failure> {
    let analysis = built(args.model.load()?, screen);
    let audit = analysis.audit(&args.logs, &args.reading.logs());
    let locate = |place: &Place| analysis.network().locate(place);
    let unused = evidence::unused(&audit, analysis.model(), &locate);
    screen.data(&match args.format {
        LogsFormat::Text => report::unused_text(&unused, &audit),
        LogsFormat::Json => report::unused_json(&unused, &audit),
    })?;
    Ok(match (audit.fit, unused.rules.is_empty()) {
        (0, _) => Exit::Unknown,
        (_, true) => Exit::Expected,
        (_, false) => Exit::Unexpected,
    })
}

fn coverage(args: &LogsCoverage, screen: &Screen) -> Result<Exit, Failure> {
    let analysis = built(args.model.load()?, screen);
    let window = Window {
        since: None,
        until: args.until,
    };
    let sights = evidence::sights(analysis.model(), window);
    screen.data(&match args.format {
        LogsFormat::Text => report::coverage_text(&sights),
        LogsFormat::Json => report::coverage_json(&sights),
    })?;
    Ok(match sights.iter().all(Sight::is_whole) {
        true => Exit::Expected,
        false => Exit::Unexpected,
    })
}

fn sql(args: &LogsSql, screen: &Screen) -> Result<Exit, Failure> {
    let analysis = built(args.model.load()?, screen);
    let mut whose = args.of.clone();
    if let [from, to] = args.path.as_slice() {
        let finding = analysis.path(from, to, &args.packets, &Options::default())?;
        whose.extend(evidence::recorders(&finding));
    }
    if whose.is_empty() {
        return Err(Failure::Question {
            message: "whose records?".to_owned(),
            hint: Some("name interfaces with --of, or a path with --path FROM TO".to_owned()),
        });
    }
    let interfaces: Vec<&str> = whose.iter().map(String::as_str).collect();
    let more: Vec<&str> = args.columns.iter().map(String::as_str).collect();
    let query = Query {
        dialect: match args.dialect {
            SqlDialect::Athena => Dialect::Athena,
            SqlDialect::Trino => Dialect::Trino,
            SqlDialect::Spark => Dialect::Spark,
            SqlDialect::Duckdb => Dialect::DuckDb,
        },
        table: &args.table,
        partitions: match args.partitions {
            SqlPartitions::None => Partitions::None,
            SqlPartitions::Hive => Partitions::Hive,
            SqlPartitions::Date => Partitions::Date,
        },
        interfaces: &interfaces,
        window: Window {
            since: args.since,
            until: args.until,
        },
    };
    screen.data(&evidence::sql(&query, &more, analysis.model()))
}
