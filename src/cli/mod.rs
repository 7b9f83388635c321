//! The command line: arguments, files, colours, exit codes. One file a command.

mod access;
mod args;
mod check;
mod diff;
mod explain;
mod import;
mod logs;
mod matrix;
mod mirror;
mod opening;
mod output;
mod path;
mod progress;
mod reports;
mod review;
mod schema;
mod validate;

use crate::model::Diagnostics;
use clap::{CommandFactory, Parser, Subcommand};
use output::{Color, Screen};
use std::ffi::OsString;

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
    /// No notes and no progress on standard error.
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Ask whether FROM can reach TO, and why not.
    Path(path::PathArgs),
    /// Ask everything that check files expect; made for CI.
    Check(check::CheckArgs),
    /// Flow logs on their own: their records decoded, and held against a model.
    Logs(logs::LogsArgs),
    /// Ask access scopes: every way that one matches and does not exclude.
    Access(access::AccessArgs),
    /// Ask all pairs: what gets from whom to whom, by class.
    Matrix(matrix::MatrixArgs),
    /// What newly connects between two models, what is newly cut, and by which change.
    Diff(diff::DiffArgs),
    /// Hold the report of every model of a folder against the one that was reviewed.
    Review(review::ReviewArgs),
    /// Ask which mirror sessions copy a path's packets, and whether the copies arrive.
    Mirror(mirror::MirrorArgs),
    /// Check a model: exit 0 where nothing is odd, 1 with warnings, 2 with errors.
    Validate(validate::ValidateArgs),
    /// Turn other people's files into a model.
    Import(import::ImportArgs),
    /// Explain a code.
    Explain(explain::ExplainArgs),
    /// Print a JSON schema.
    Schema(schema::SchemaArgs),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

/// How a command ended. Public, and the same for every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// As expected.
    Expected = 0,
    /// Not as expected: not reachable, an expectation failed, a warning.
    Unexpected = 1,
    /// Bad usage, or a bad model.
    Usage = 2,
    /// The model does not decide it.
    Unknown = 3,
    /// A bug.
    Bug = 101,
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The model is wrong.
    #[error(transparent)]
    Model(#[from] Diagnostics),
    /// A check file is wrong.
    #[error("{0}")]
    Checks(Diagnostics),
    /// The question, or another argument, is wrong.
    #[error("{message}")]
    Question {
        /// What is wrong.
        message: String,
        /// What would be right.
        hint: Option<String>,
    },
    /// The world failed: a file, a pipe.
    #[error("{0}")]
    World(String),
}

impl From<crate::QuestionError> for Failure {
    fn from(error: crate::QuestionError) -> Self {
        Self::Question {
            message: error.message,
            hint: error.hint,
        }
    }
}

impl Failure {
    fn question(message: impl Into<String>) -> Self {
        Self::Question {
            message: message.into(),
            hint: None,
        }
    }
}

/// Runs the command line.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    announce_bugs();
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no mistake. A closed pipe is no mistake either.
            _ = error.print();
            return if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Expected
            };
        }
    };
    let screen = Screen::new(cli.color, cli.quiet);
    match dispatch(&cli, &screen) {
        Ok(exit) => exit,
        Err(failure) => {
            screen.failure(&failure);
            Exit::Usage
        }
    }
}

fn dispatch(cli: &Cli, screen: &Screen) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Path(args) => path::run(args, screen),
        Command::Check(args) => check::run(args, screen),
        Command::Logs(args) => logs::run(args, screen),
        Command::Access(args) => access::run(args, screen),
        Command::Matrix(args) => matrix::run(args, screen),
        Command::Diff(args) => diff::run(args, screen),
        Command::Review(args) => review::run(args, screen),
        Command::Mirror(args) => mirror::run(args, screen),
        Command::Validate(args) => validate::run(args, screen),
        Command::Import(args) => import::run(args, screen),
        Command::Explain(args) => explain::run(args, screen),
        Command::Schema(args) => schema::run(args, screen),
        Command::Completions { shell } => {
            let mut bytes = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "whyhop", &mut bytes);
            screen.data_bytes(&bytes)
        }
        Command::Man => {
            let mut bytes = Vec::new();
            let page = clap_mangen::Man::new(Cli::command()).render(&mut bytes);
            page.map_err(|error| Failure::World(error.to_string()))?;
            screen.data_bytes(&bytes)
        }
    }
}

/// A panic is a bug of ours: it says so, and what helps to mend it.
fn announce_bugs() {
    std::panic::set_hook(Box::new(|panic| {
        if crate::evidence::is_guarded() {
            return;
        }
        let version = env!("CARGO_PKG_VERSION");
        let text = format!(
            "whyhop {version}: this is a bug, please report it with the model and the command.\n{panic}\n"
        );
        output::complain(&text);
    }));
}
