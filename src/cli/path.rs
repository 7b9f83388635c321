//! `whyhop path`.

use super::args::{Format, PathArgs};
use super::output::Screen;
use super::{Exit, Failure};
use crate::analysis::Verdict;
use crate::evidence::correlate;
use crate::model::{Loaded, Origin};
use crate::packet::parse_ports;
use crate::report::{self, Style, Subject};
use crate::{Analysis, Options};
use clap::ValueEnum;
use std::mem::ManuallyDrop;
use std::path::PathBuf;

/// Asks, and tells the answer.
pub fn run(args: &PathArgs, screen: &Screen) -> Result<Exit, Failure> {
    let outputs = args
        .output
        .iter()
        .map(|text| output(text))
        .collect::<Result<Vec<_>, _>>()?;
    let options = options(args)?;
    if args.flow_logs.is_empty() && args.reading.is_given() {
        return Err(Failure::question(
            "--since, --until and --log-format are about --flow-logs, which is not given",
        ));
    }
    let loaded = args.model.load()?;
    warn(&loaded, args, screen);
    loaded.model.notes.iter().for_each(|note| screen.note(note));
    // The process ends with the answer: nobody takes a large network apart before.
    let analysis = ManuallyDrop::new(Analysis::new(loaded.model));
    let finding = analysis.path(&args.from, &args.to, &args.packets, &options)?;
    let model = analysis.model();
    let logs = args.reading.logs();
    let evidence = (!args.flow_logs.is_empty()).then(|| correlate(&finding, model, &args.flow_logs, &logs));
    let subject = Subject {
        finding: &finding,
        evidence: evidence.as_ref(),
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
    let source_ports = args.source_port.as_deref().map(parse_ports).transpose();
    let source_ports = source_ports.map_err(|error| Failure::Question {
        message: error.message,
        hint: Some(error.hint),
    })?;
    Ok(Options {
        source_ports,
        one_way: args.one_way,
        through: args.through.clone(),
        avoid: args.avoid.clone(),
    })
}

fn render(format: Format, subject: Subject<'_>, color: bool) -> String {
    match format {
        Format::Text => report::text(subject, Style { color }),
        Format::Json => report::json(subject),
        Format::Aws => report::aws(subject),
    }
}

/// `FORMAT:FILE`.
fn output(text: &str) -> Result<(Format, PathBuf), Failure> {
    let parsed = text
        .split_once(':')
        .and_then(|(format, file)| Some((Format::from_str(format, true).ok()?, file)));
    match parsed {
        Some((format, file)) if !file.is_empty() => Ok((format, file.into())),
        _ => Err(Failure::Question {
            message: format!("`{text}` is not FORMAT:FILE"),
            hint: Some("write --output json:answer.json; the formats are text, json and aws".to_owned()),
        }),
    }
}
