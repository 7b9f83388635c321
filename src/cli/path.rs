//! `whyhop path`.

use super::args::{Format, PathArgs};
use super::output::Screen;
use super::reports::{ports, there, to_files};
use super::{Exit, Failure};
use crate::analysis::Verdict;
use crate::evidence::correlate;
use crate::model::{Loaded, Origin};
use crate::report::{self, Style, Subject};
use crate::{Analysis, Options};
use std::mem::ManuallyDrop;

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
    let logs = args.reading.logs();
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
        source_ports: ports(args.source_port.as_deref())?,
        one_way: args.one_way,
        through: args.through.clone(),
        avoid: args.avoid.clone(),
        ..Options::default()
    })
}

fn render(format: Format, subject: Subject<'_>, color: bool) -> String {
    match format {
        Format::Text => report::text(subject, Style { color }),
        Format::Json => report::json(subject),
        Format::Aws => report::aws(subject),
    }
}
