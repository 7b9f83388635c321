//! `whyhop path`.

use super::args::{AskArgs, ModelArgs, ReadingArgs};
use super::output::Screen;
use super::reports::{there, to_files};
use super::{Exit, Failure};
use crate::analysis::Verdict;
use crate::analysis::repair::Goal;
use crate::evidence::correlate;
use crate::model::{Loaded, Origin};
use crate::report::{self, Style, Subject};
use crate::{Analysis, Options};
use clap::{Args, ValueEnum};
use std::mem::ManuallyDrop;
use std::path::PathBuf;

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
    #[command(flatten)]
    pub ask: AskArgs,
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
    pub fn meaning(self) -> Goal {
        match self {
            Self::Open => Goal::Open,
            Self::Close => Goal::Close,
        }
    }
}

/// Asks, and tells the answer.
pub fn run(args: &PathArgs, screen: &Screen) -> Result<Exit, Failure> {
    let outputs = to_files::<Format>(&args.output, "json:answer.json")?;
    let options = options(args)?;
    if args.flow_logs.is_empty() && args.reading.is_given() {
        return Err(Failure::question(
            "--since, --until and --log-format are about --flow-logs, which is not given",
        ));
    }
    there(&args.flow_logs)?;
    let loaded = args.model.load()?;
    warn(&loaded, args, screen);
    loaded.model.notes.iter().for_each(|note| screen.note(note));
    // The process ends with the answer: nobody takes a large network apart before.
    let analysis = ManuallyDrop::new(Analysis::new(loaded.model));
    let finding = analysis.path(&args.from, &args.to, &args.packets, &options)?;
    let model = analysis.model();
    let logs = args.reading.logs(screen.watch(args.format == Format::Text));
    let evidence = (!args.flow_logs.is_empty()).then(|| correlate(&finding, model, &args.flow_logs, &logs));
    let words = [args.from.as_str(), &args.to, &args.packets];
    let repair = args
        .repair
        .map(|goal| analysis.repair(words, &options, goal.meaning()));
    let repair = repair.transpose()?;
    let mirror = args
        .mirror
        .then(|| analysis.mirror(&args.from, &args.to, &args.packets, &options))
        .transpose()?;
    let subject = Subject {
        finding: &finding,
        evidence: evidence.as_ref(),
        repair: repair.as_ref(),
        mirror: mirror.as_ref(),
        model,
    };
    for (format, file) in outputs {
        screen.file(&file, &render(format, subject, false))?;
    }
    screen.data(&render(args.format, subject, screen.color()))?;
    Ok(match finding.verdict {
        Verdict::Reachable => Exit::Expected,
        Verdict::PartlyReachable | Verdict::Blocked => Exit::Unexpected,
        Verdict::Unknown => Exit::Unknown,
    })
}

/// What is probably not meant is told in full where somebody is writing the model, and counted where AWS holds it.
fn warn(loaded: &Loaded, args: &PathArgs, screen: &Screen) {
    if loaded.model.origin == Origin::Written {
        return screen.diagnostics(&loaded.warnings);
    }
    if let (count @ 1.., Some(model)) = (loaded.warnings.len(), args.model.model.first()) {
        let things = if count == 1 { "thing is" } else { "things are" };
        screen.note(&format!(
            "{count} {things} odd here: whyhop validate -m {}",
            model.display()
        ));
    }
}

fn options(args: &PathArgs) -> Result<Options, Failure> {
    Ok(Options {
        through: args.through.clone(),
        avoid: args.avoid.clone(),
        ..args.ask.options()?
    })
}

fn render(format: Format, subject: Subject<'_>, color: bool) -> String {
    match format {
        Format::Text => report::text(subject, Style { color }),
        Format::Json => report::json(subject),
        Format::Aws => report::aws(subject),
    }
}
