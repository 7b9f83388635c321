//! `whyhop logs`.

use super::args::{ModelArgs, ReadingArgs, Shape, time};
use super::opening::{self, opened};
use super::output::Screen;
use super::reports::there;
use super::{Exit, Failure};
use crate::evidence::{self, Dialect, Partitions, Query, Shown, Sight, Window};
use crate::model::{Model, Place};
use crate::report::logs as report;
use crate::{Analysis, Options};
use clap::{Args, Subcommand, ValueEnum};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// `whyhop logs`.
#[derive(Debug, Args)]
pub struct LogsArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: LogsCommand,
}

/// What can be done with flow logs.
#[derive(Debug, Subcommand)]
pub enum LogsCommand {
    /// Print records, decoded: of interfaces, or of a path. Exit 1 where there is none.
    Show(LogsShow),
    /// Hold every record against a model: what was accepted though the model blocks it, rejected though it allows it, or
    /// recorded by interfaces that it does not have. Exit 0 where they agree, 1 where they do not.
    Audit(LogsAudit),
    /// Rules of security groups and network ACLs, and routes, that no recorded traffic used, exit 1 where there are some; and
    /// tighter ones for those that it used in part.
    Unused(LogsAudit),
    /// Which interfaces no flow log sees, or sees in part. Exit 1 where there are some.
    Coverage(LogsCoverage),
    /// Print the SQL query that finds the records of a path, or of interfaces, in a table of flow logs. Its result, as CSV
    /// with a header, JSON or Parquet, is read back with --flow-logs.
    Sql(LogsSql),
}

/// `whyhop logs show`.
#[derive(Debug, Args)]
pub struct LogsShow {
    /// Flow logs: files, or folders of them.
    #[arg(required = true, value_name = "LOGS")]
    pub logs: Vec<PathBuf>,
    /// Whose records: a network interface, a transit gateway attachment, a regional NAT gateway; with a model, their names too.
    #[arg(long, value_name = "ID", conflicts_with = "path")]
    pub of: Vec<String>,
    /// The records of a path: `--path web db`. Needs a model.
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"], requires = "model")]
    pub path: Vec<String>,
    /// The packets of the path.
    #[arg(long, value_name = "PACKETS", default_value = "all", requires = "path")]
    pub packets: String,
    /// A model: for paths, and for the formats of its flow logs.
    #[arg(short, long = "model", value_name = "PATH", num_args = 1..)]
    pub model: Vec<PathBuf>,
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// The most records that are printed.
    #[arg(long, value_name = "COUNT", default_value_t = 1000)]
    pub limit: usize,
    /// What goes to standard output.
    #[arg(long, value_enum, default_value_t = Shape::Text)]
    pub format: Shape,
}

/// `whyhop logs audit` and `unused`.
#[derive(Debug, Args)]
pub struct LogsAudit {
    /// Flow logs: files, or folders of them.
    #[arg(required = true, value_name = "LOGS")]
    pub logs: Vec<PathBuf>,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// What goes to standard output.
    #[arg(long, value_enum, default_value_t = Shape::Text)]
    pub format: Shape,
}

/// `whyhop logs coverage`.
#[derive(Debug, Args)]
pub struct LogsCoverage {
    #[command(flatten)]
    pub model: ModelArgs,
    /// Flow logs that were created after this time do not count.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub until: Option<u64>,
    /// What goes to standard output.
    #[arg(long, value_enum, default_value_t = Shape::Text)]
    pub format: Shape,
}

/// An SQL engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SqlDialect {
    /// Amazon Athena.
    Athena,
    /// Trino.
    Trino,
    /// Spark SQL.
    Spark,
    /// DuckDB.
    Duckdb,
}

/// How a table is partitioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SqlPartitions {
    /// Not at all.
    None,
    /// By account, Region, year, month and day, as Hive-compatible paths are.
    Hive,
    /// By `date`, written 2026/11/23.
    Date,
}

/// `whyhop logs sql`.
#[derive(Debug, Args)]
pub struct LogsSql {
    /// The engine.
    #[arg(long, value_enum)]
    pub dialect: SqlDialect,
    /// The table, or what stands for one: `read_parquet('logs/*.parquet')`.
    #[arg(long, value_name = "TABLE", default_value = "vpc_flow_logs")]
    pub table: String,
    /// Its partitions.
    #[arg(long, value_enum, default_value_t = SqlPartitions::None)]
    pub partitions: SqlPartitions,
    /// Columns that the table has besides those of the default format: `tcp_flags`.
    #[arg(long, value_name = "COLUMN", num_args = 1.., value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Whose records.
    #[arg(long, value_name = "ID", num_args = 1..)]
    pub of: Vec<String>,
    /// The records of a path: `--path web db`.
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"])]
    pub path: Vec<String>,
    /// The packets of the path.
    #[arg(long, value_name = "PACKETS", default_value = "all", requires = "path")]
    pub packets: String,
    #[command(flatten)]
    pub model: ModelArgs,
    /// Only records that end at this time or later.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<u64>,
    /// Only records that begin at this time or earlier.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub until: Option<u64>,
}

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

fn show(args: &LogsShow, screen: &Screen) -> Result<Exit, Failure> {
    let logs = args.reading.logs(screen.watch(args.format == Shape::Text));
    let analysis = match args.model.is_empty() {
        true => Analysis::new(Model::default()),
        false => opening::analysis(&args.model, &BTreeMap::new(), screen)?,
    };
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
    let (whose, strangers) = whose(analysis.model(), &args.of);
    let whose: Vec<&str> = whose.iter().map(String::as_str).collect();
    let shown = evidence::show(analysis.model(), &whose, &args.logs, &logs, args.limit);
    // Logs may hold records of who is not in the model; who is in neither is mistyped.
    let met = |word: &str| shown.records.iter().any(|record| record.names(word));
    let whole = shown.all == shown.records.len() as u64;
    if let Some(word) = strangers.iter().find(|word| whole && !met(word))
        && !args.model.is_empty()
    {
        return Err(unheard_of(analysis.model(), word));
    }
    tell(&shown, args.format, screen)
}

/// Those who record what some words name, and the words that name nobody in the model: these may be ids.
fn whose<'w>(model: &Model, words: &'w [String]) -> (BTreeSet<String>, Vec<&'w str>) {
    let (mut all, mut strangers) = (BTreeSet::new(), Vec::new());
    for word in words {
        let known = evidence::whose(model, word);
        if known.is_empty() {
            strangers.push(word.as_str());
            all.insert(word.clone());
        }
        all.extend(known);
    }
    (all, strangers)
}

fn unheard_of(model: &Model, word: &str) -> Failure {
    Failure::Question {
        message: format!("no record and nothing in the model is of `{word}`"),
        hint: Some(match evidence::recorder_like(model, word) {
            Some(near) => format!("did you mean {near}?"),
            None => {
                "network interfaces, transit gateway attachments and NAT gateways have records".to_owned()
            }
        }),
    }
}

fn tell(shown: &Shown, format: Shape, screen: &Screen) -> Result<Exit, Failure> {
    screen.data(&match format {
        Shape::Text => report::show_text(shown),
        Shape::Json => report::show_json(shown),
    })?;
    Ok(if shown.all > 0 {
        Exit::Expected
    } else {
        Exit::Unexpected
    })
}

fn audit(args: &LogsAudit, screen: &Screen) -> Result<Exit, Failure> {
    let analysis = opened(&args.model, screen)?;
    let audit = analysis.audit(
        &args.logs,
        &args.reading.logs(screen.watch(args.format == Shape::Text)),
    );
    screen.data(&match args.format {
        Shape::Text => report::audit_text(&audit),
        Shape::Json => report::audit_json(&audit),
    })?;
    Ok(match (audit.agrees(), audit.says_something()) {
        (false, _) => Exit::Unexpected,
        (true, true) => Exit::Expected,
        (true, false) => Exit::Unknown,
    })
}

fn unused(args: &LogsAudit, screen: &Screen) -> Result<Exit, Failure> {
    let analysis = opened(&args.model, screen)?;
    let logs = args.reading.logs(screen.watch(args.format == Shape::Text));
    let (audit, uses) = analysis.uses(&args.logs, &logs);
    if !uses.is_whole {
        screen.note("records of a pipe cannot be read twice: tighter rules are not told");
    }
    let locate = |place: &Place| analysis.network().locate(place);
    let unused = evidence::unused(&audit, &uses, analysis.model(), &locate);
    screen.data(&match args.format {
        Shape::Text => report::unused_text(&unused, &audit),
        Shape::Json => report::unused_json(&unused, &audit),
    })?;
    Ok(match (audit.fit, unused.rules.is_empty()) {
        (0, _) => Exit::Unknown,
        (_, true) => Exit::Expected,
        (_, false) => Exit::Unexpected,
    })
}

fn coverage(args: &LogsCoverage, screen: &Screen) -> Result<Exit, Failure> {
    let analysis = opened(&args.model, screen)?;
    let window = Window {
        since: None,
        until: args.until,
    };
    let sights = evidence::sights(analysis.model(), window);
    screen.data(&match args.format {
        Shape::Text => report::coverage_text(&sights),
        Shape::Json => report::coverage_json(&sights),
    })?;
    Ok(match sights.iter().all(Sight::is_whole) {
        true => Exit::Expected,
        false => Exit::Unexpected,
    })
}

fn sql(args: &LogsSql, screen: &Screen) -> Result<Exit, Failure> {
    let analysis = opened(&args.model, screen)?;
    let (mut whose, strangers) = whose(analysis.model(), &args.of);
    for word in strangers {
        let near = evidence::recorder_like(analysis.model(), word);
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        screen.note(&format!(
            "nothing that records is called `{word}` in the model{near}"
        ));
    }
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
