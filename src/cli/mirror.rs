//! `whyhop mirror`.

use super::args::{AskArgs, ModelArgs, Shape};
use super::opening::opened;
use super::output::Screen;
use super::reports::to_files;
use super::{Exit, Failure};
use crate::analysis::mirror::{Mirror, Mirrored};
use crate::report::{Style, mirror};
use clap::Args;

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
    #[command(flatten)]
    pub ask: AskArgs,
    /// What goes to standard output.
    #[arg(long, value_enum, default_value_t = Shape::Text)]
    pub format: Shape,
    /// Writes the answer to a file as well: `json:mirror.json`.
    #[arg(long, value_name = "FORMAT:FILE")]
    pub output: Vec<String>,
}

/// Asks what is copied, and tells the answer.
pub fn run(args: &MirrorArgs, screen: &Screen) -> Result<Exit, Failure> {
    let outputs = to_files::<Shape>(&args.output, "json:mirror.json")?;
    let options = args.ask.options()?;
    let analysis = opened(&args.model, screen)?;
    let found = analysis.mirror(&args.from, &args.to, &args.packets, &options)?;
    for (format, file) in outputs {
        screen.file(&file, &render(format, &found, false))?;
    }
    screen.data(&render(args.format, &found, screen.color()))?;
    Ok(match found.verdict {
        Mirrored::Wholly => Exit::Expected,
        Mirrored::Partly | Mirrored::Not => Exit::Unexpected,
        Mirrored::Unknown => Exit::Unknown,
    })
}

fn render(format: Shape, found: &Mirror, color: bool) -> String {
    match format {
        Shape::Text => mirror::text(found, Style { color }),
        Shape::Json => mirror::json(found),
    }
}
