//! `whyhop mirror`.

use super::args::{MatrixFormat, MirrorArgs};
use super::output::Screen;
use super::reports::{opened, ports, to_files};
use super::{Exit, Failure};
use crate::Options;
use crate::analysis::mirror::{Mirror, Mirrored};
use crate::report::{Style, mirror};

/// Asks what is copied, and tells the answer.
pub fn run(args: &MirrorArgs, screen: &Screen) -> Result<Exit, Failure> {
    let outputs = to_files::<MatrixFormat>(&args.output, "json:mirror.json")?;
    let options = Options {
        source_ports: ports(args.source_port.as_deref())?,
        one_way: args.one_way,
        ..Options::default()
    };
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

fn render(format: MatrixFormat, found: &Mirror, color: bool) -> String {
    match format {
        MatrixFormat::Text => mirror::text(found, Style { color }),
        MatrixFormat::Json => mirror::json(found),
    }
}
