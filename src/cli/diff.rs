//! `whyhop diff`.

use super::args::AskArgs;
use super::opening::told;
use super::output::Screen;
use super::reports::{self, ReportArgs, ReportFormat};
use super::{Exit, Failure};
use crate::analysis::diff::Diff;
use crate::check::Report;
use crate::model::Model;
use crate::packet::parse_packets;
use crate::report::{Style, diff};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

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
    #[command(flatten)]
    pub ask: AskArgs,
    /// Exit with 1 when something became possible, ceased, or either.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub fail_on: Option<FailOn>,
    #[command(flatten)]
    pub report: ReportArgs,
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
    pub fn meaning(self) -> diff::FailOn {
        match self {
            Self::Opened => diff::FailOn::Opened,
            Self::Closed => diff::FailOn::Closed,
            Self::Any => diff::FailOn::Any,
        }
    }
}

/// Asks all pairs of two models, and tells what fares differently.
pub fn run(args: &DiffArgs, screen: &Screen) -> Result<Exit, Failure> {
    let outputs = reports::outputs(&args.report)?;
    let options = args.ask.options()?;
    let (new, packets) = asked(args);
    let ((old, new), name) = match new {
        Some(new) => (
            (load(&args.old, screen)?, load(new, screen)?),
            format!("{} → {}", args.old.display(), new.display()),
        ),
        None => (planned(&args.old, screen)?, args.old.display().to_string()),
    };
    let found = crate::diff(old, new, packets, &options)?;
    let report = diff::report(&found, &name, args.fail_on.map(FailOn::meaning));
    for (format, file) in outputs {
        screen.file(&file, &render(format, &found, &report, false))?;
    }
    screen.data(&render(args.report.format, &found, &report, screen.color()))?;
    Ok(if report.failed() {
        Exit::Unexpected
    } else if found.undecided() && !args.fail_on.is_some_and(|on| on == FailOn::Closed) {
        Exit::Unknown
    } else {
        Exit::Expected
    })
}

/// The new model, if there is one, and the packets. What stands alone after a plan and is no file is what packets are asked of.
fn asked(args: &DiffArgs) -> (Option<&PathBuf>, &str) {
    let word = args.new.as_ref().and_then(|new| new.to_str());
    match (word, &args.packets) {
        (Some(word), None) if !Path::new(word).exists() && parse_packets(word).is_ok() => (None, word),
        (_, packets) => (args.new.as_ref(), packets.as_deref().unwrap_or("all")),
    }
}

/// What was before a plan, and what will be.
fn planned(path: &Path, screen: &Screen) -> Result<(Model, Model), Failure> {
    let Some(both) = crate::load_changes(path)? else {
        return Err(Failure::Question {
            message: format!(
                "{} is no Terraform plan, and no new model is given",
                path.display()
            ),
            hint: Some(
                "whyhop diff OLD NEW; a plan alone is written with `terraform show -json plan.out`"
                    .to_owned(),
            ),
        });
    };
    both.after.model.notes.iter().for_each(|note| screen.note(note));
    Ok((both.before.model, both.after.model))
}

fn load(path: &PathBuf, screen: &Screen) -> Result<Model, Failure> {
    Ok(told(crate::load(std::slice::from_ref(path))?, screen))
}

/// Text and JSON tell differences in a shape of their own; the others tell outcomes.
fn render(format: ReportFormat, found: &Diff, report: &Report, color: bool) -> String {
    match format {
        ReportFormat::Text => diff::text(found, Style { color }),
        ReportFormat::Json => diff::json(found),
        other => reports::render(other, std::slice::from_ref(report), color),
    }
}
