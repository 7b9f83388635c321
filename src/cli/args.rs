//! What can be typed.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Can A reach B in an AWS network, hop by hop; what blocks it; and which flow-log records prove it.
#[derive(Debug, Parser)]
#[command(name = "whyhop", version, about, long_about = None, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 as expected (reachable), 1 not as expected (blocked, partly reachable, a check failed), \
                        2 bad usage or a bad model, 3 unknown, 101 a bug."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask whether FROM can reach TO, and why not.
    Path(PathArgs),
    /// Ask everything that check files expect; made for CI.
    Check(CheckArgs),
    /// Flow logs on their own: their records decoded, and held against a model.
    Logs(LogsArgs),
    /// Ask access scopes: every way that one matches and does not exclude.
    Access(AccessArgs),
    /// Ask all pairs: what gets from whom to whom, by class.
    Matrix(MatrixArgs),
    /// What newly connects between two models, what is newly cut, and by which change.
    Diff(DiffArgs),
    /// Hold the report of every model of a folder against the one that was reviewed.
    Review(ReviewArgs),
    /// Ask which mirror sessions copy a path's packets, and whether the copies arrive.
    Mirror(MirrorArgs),
    /// Check a model: exit 0 without a word, 1 with warnings, 2 with errors.
    Validate(ModelArgs),
    /// Turn other people's files into a model.
    Import(ImportArgs),
    /// Explain a code.
    Explain(ExplainArgs),
    /// Print a JSON schema.
    Schema(SchemaArgs),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

/// Where the model is.
#[derive(Debug, Args)]
pub struct ModelArgs {
    /// A model file or a folder of them, a folder of `aws … describe-*` JSON, a Terraform plan or state, or a CloudFormation
    /// template.
    #[arg(short, long = "model", value_name = "PATH", required = true, num_args = 1..)]
    pub model: Vec<PathBuf>,
    #[command(flatten)]
    pub parameters: ParameterArgs,
}

/// With what CloudFormation templates are deployed.
#[derive(Debug, Args)]
pub struct ParameterArgs {
    /// A parameter of a CloudFormation template, as often as you like: `Environment=prod`, `AWS::Region=eu-west-1`.
    #[arg(long, value_name = "KEY=VALUE", value_parser = parameter)]
    pub parameter: Vec<(String, String)>,
}

impl ParameterArgs {
    /// The parameters; of one that is given twice the last counts.
    pub fn all(&self) -> BTreeMap<String, String> {
        self.parameter.iter().cloned().collect()
    }
}

impl ModelArgs {
    /// Reads the model.
    pub fn load(&self) -> Result<crate::model::Loaded, crate::model::Diagnostics> {
        crate::load_with(&self.model, &self.parameters.all())
    }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("a parameter is written KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// The shape of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// Versioned JSON.
    Json,
    /// AWS's NetworkInsightsAnalysis.
    Aws,
}

/// What a repair is to bring about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RepairGoal {
    /// Every packet gets through, there and back.
    Open,
    /// No packet does.
    Close,
}

impl RepairGoal {
    /// For the library.
    pub fn meaning(self) -> crate::analysis::repair::Goal {
        match self {
            Self::Open => crate::analysis::repair::Goal::Open,
            Self::Close => crate::analysis::repair::Goal::Close,
        }
    }
}

/// How flow logs are read.
#[derive(Debug, Args)]
pub struct ReadingArgs {
    /// Pass over records that end before this time: RFC 3339, a day (UTC), or Unix seconds.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub since: Option<u64>,
    /// Pass over records that begin after this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub until: Option<u64>,
    /// What the fields of flow logs without a header line are: `${version} ${srcaddr} …`, as AWS calls them.
    #[arg(long, value_name = "FIELDS", value_parser = log_format)]
    pub log_format: Option<crate::evidence::Format>,
}

impl ReadingArgs {
    /// As the library takes it.
    pub fn logs(&self) -> crate::evidence::Logs {
        crate::evidence::Logs {
            window: crate::evidence::Window {
                since: self.since,
                until: self.until,
            },
            format: self.log_format.clone(),
        }
    }

    /// Whether anything was said.
    pub fn is_given(&self) -> bool {
        self.since.is_some() || self.until.is_some() || self.log_format.is_some()
    }
}

/// `whyhop path`.
#[derive(Debug, Args)]
pub struct PathArgs {
    /// Where packets begin: an id, a name, an address, a CIDR, `internet`, `internet:ADDRESS`, a subnet, VPC or security
    /// group, `tag:KEY=VALUE`, `new:SUBNET/GROUP`, or a comma list.
    pub from: String,
    /// Where they should arrive.
    pub to: String,
    /// Which packets: `all`, `tcp/443`, `udp/53`, `icmp/8`, `proto/47`, or a comma list.
    #[arg(default_value = "all")]
    pub packets: String,
    #[command(flatten)]
    pub model: ModelArgs,
    /// Flow logs to hold the answer against: a file or a folder.
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub flow_logs: Vec<PathBuf>,
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Ask for arrival only.
    #[arg(long)]
    pub one_way: bool,
    /// The source ports of TCP and UDP; 1024-65535 where left out.
    #[arg(long, value_name = "P")]
    pub source_port: Option<String>,
    /// A component that the way there must pass.
    #[arg(long, value_name = "ID")]
    pub through: Vec<String>,
    /// A component that no way may pass.
    #[arg(long, value_name = "ID")]
    pub avoid: Vec<String>,
    /// Say what would have to be changed for the packets to get through; `--repair=close`: for none to.
    #[arg(long, value_enum, value_name = "GOAL", num_args = 0..=1, require_equals = true, default_missing_value = "open")]
    pub repair: Option<RepairGoal>,
    /// Say which traffic mirror sessions copy the packets, and whether the copies arrive.
    #[arg(long)]
    pub mirror: bool,
    /// What goes to standard output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Writes the answer to a file as well: `json:answer.json`.
    #[arg(long, value_name = "FORMAT:FILE")]
    pub output: Vec<String>,
}

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
    /// Rules of security groups and network ACLs, and routes, that no recorded traffic used. Exit 1 where there are some.
    Unused(LogsAudit),
    /// Which interfaces no flow log sees, or sees in part. Exit 1 where there are some.
    Coverage(LogsCoverage),
    /// Print the SQL query that finds the records of a path, or of interfaces, in a table of flow logs. Its result, as CSV
    /// with a header, JSON or Parquet, is read back with --flow-logs.
    Sql(LogsSql),
}

/// The shape of what is told of flow logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogsFormat {
    /// For people.
    Text,
    /// Versioned JSON.
    Json,
}

/// `whyhop logs show`.
#[derive(Debug, Args)]
pub struct LogsShow {
    /// Flow logs: files, or folders of them.
    #[arg(required = true, value_name = "LOGS")]
    pub logs: Vec<PathBuf>,
    /// Whose records: a network interface, a transit gateway attachment, a regional NAT gateway.
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
    #[arg(long, value_enum, default_value_t = LogsFormat::Text)]
    pub format: LogsFormat,
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
    #[arg(long, value_enum, default_value_t = LogsFormat::Text)]
    pub format: LogsFormat,
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
    #[arg(long, value_enum, default_value_t = LogsFormat::Text)]
    pub format: LogsFormat,
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

/// The shape of a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MatrixFormat {
    /// For people.
    Text,
    /// Versioned JSON.
    Json,
}

/// `whyhop matrix`.
#[derive(Debug, Args)]
pub struct MatrixArgs {
    /// Which packets: `all`, `tcp/443`, `udp/53`, `icmp/8`, `proto/47`, or a comma list.
    #[arg(default_value = "all")]
    pub packets: String,
    #[command(flatten)]
    pub model: ModelArgs,
    /// Ask for arrival only.
    #[arg(long)]
    pub one_way: bool,
    /// The source ports of TCP and UDP; 1024-65535 where left out.
    #[arg(long, value_name = "P")]
    pub source_port: Option<String>,
    /// What goes to standard output.
    #[arg(long, value_enum, default_value_t = MatrixFormat::Text)]
    pub format: MatrixFormat,
    /// Writes the answer to a file as well: `json:matrix.json`.
    #[arg(long, value_name = "FORMAT:FILE")]
    pub output: Vec<String>,
}

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

/// `whyhop mirror`.
#[derive(Debug, Args)]
pub struct MirrorArgs {
    /// Where packets begin, as for `whyhop path`.
    pub from: String,
    /// Where they should arrive.
    pub to: String,
    /// Which packets: `all`, `tcp/443`, `udp/53`, `icmp/8`, `proto/47`, or a comma list.
    #[arg(default_value = "all")]
    pub packets: String,
    #[command(flatten)]
    pub model: ModelArgs,
    /// Leave the replies out.
    #[arg(long)]
    pub one_way: bool,
    /// The source ports of TCP and UDP; 1024-65535 where left out.
    #[arg(long, value_name = "P")]
    pub source_port: Option<String>,
    /// What goes to standard output.
    #[arg(long, value_enum, default_value_t = MatrixFormat::Text)]
    pub format: MatrixFormat,
    /// Writes the answer to a file as well: `json:mirror.json`.
    #[arg(long, value_name = "FORMAT:FILE")]
    pub output: Vec<String>,
}

/// Which differences fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// What became possible.
    Opened,
    /// What ceased.
    Closed,
    /// Either.
    Any,
}

impl FailOn {
    /// For the report.
    pub fn meaning(self) -> crate::report::diff::FailOn {
        match self {
            Self::Opened => crate::report::diff::FailOn::Opened,
            Self::Closed => crate::report::diff::FailOn::Closed,
            Self::Any => crate::report::diff::FailOn::Any,
        }
    }
}

/// `whyhop diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The old model: a file or folder of any kind that `-m` takes. A Terraform plan alone is both: what was before it, and
    /// what will be.
    pub old: PathBuf,
    /// The new model; it may be of another kind. What has another id is found by its name.
    pub new: Option<PathBuf>,
    /// Which packets: `all` (the default), `tcp/443`, `udp/53`, `icmp/8`, `proto/47`, or a comma list.
    pub packets: Option<String>,
    /// Ask for arrival only.
    #[arg(long)]
    pub one_way: bool,
    /// The source ports of TCP and UDP; 1024-65535 where left out.
    #[arg(long, value_name = "P")]
    pub source_port: Option<String>,
    /// Exit with 1 when something became possible, ceased, or either.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub fail_on: Option<FailOn>,
    #[command(flatten)]
    pub report: ReportArgs,
}

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

/// `whyhop import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// From what.
    #[command(subcommand)]
    pub from: ImportFrom,
}

/// What can be imported.
#[derive(Debug, Subcommand)]
pub enum ImportFrom {
    /// A folder of `aws … describe-*` JSON.
    Aws {
        /// The folder.
        #[arg(required_unless_present = "script")]
        dir: Option<PathBuf>,
        /// Write the model here instead of standard output.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Print the read-only commands that collect such a folder.
        #[arg(long)]
        script: bool,
    },
    /// A Terraform or OpenTofu plan or state: `terraform show -json`, or a terraform.tfstate.
    Terraform {
        /// The file.
        file: PathBuf,
        /// Write the model here instead of standard output.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// CloudFormation templates, in YAML or JSON; CDK's and SAM's are such, too.
    Cloudformation {
        /// The templates: of several, one imports what another exports.
        #[arg(required = true)]
        templates: Vec<PathBuf>,
        #[command(flatten)]
        parameters: ParameterArgs,
        /// Write the model here instead of standard output.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

/// `whyhop explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The code; all of them where left out.
    pub code: Option<String>,
}

/// `whyhop schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Of what.
    #[arg(value_enum)]
    pub of: SchemaOf,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// The model file.
    Model,
    /// The check file.
    Check,
}

fn time(text: &str) -> Result<u64, String> {
    crate::evidence::parse_time(text)
        .ok_or_else(|| "not a time; write 2026-11-23T14:00:00Z, 2026-11-23 or Unix seconds".to_owned())
}

fn log_format(text: &str) -> Result<crate::evidence::Format, String> {
    crate::evidence::Format::from_log_format(text).ok_or_else(|| {
        "no field of a flow log is in it; write '${version} ${interface-id} ${srcaddr} …'".to_owned()
    })
}
