//! The cases: a model, questions, and answers written by hand. One test a file under `tests/cases/`.
//!
//! `kernel/` holds networks that a Linux kernel was made to be, out of namespaces, conntrack and nftables; their verdicts are
//! what became of real packets there.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use serde_yaml::Value;
use std::path::{Path, PathBuf};
use whyhop::analysis::Action;
use whyhop::network::{Leg, RuleRef};
use whyhop::packet::{PacketSet, parse_ports};
use whyhop::{Analysis, Finding, Options};

/// A file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What it shows.
    about: String,
    /// Where that is written.
    source: String,
    /// A whole model, or a file beside.
    model: Value,
    /// What is different here: maps are united with the model's, all else is replaced.
    #[serde(default)]
    with: Value,
    #[serde(default)]
    ask: Vec<Ask>,
    /// The code of the mistake for which AWS would refuse it; then nothing can be asked.
    mistake: Option<String>,
    /// The same with one thing changed each time: a rule of the way, and what becomes of it.
    #[serde(default)]
    variants: Vec<Variant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    /// The rule that this is about.
    rule: String,
    #[serde(default)]
    with: Value,
    ask: Vec<Ask>,
}

/// A question, and its answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    from: String,
    to: String,
    packets: String,
    expect: String,
    /// Exactly these blockers, in path order.
    #[serde(default)]
    because: Because,
    /// Rules by whose word packets passed.
    #[serde(default)]
    by: Vec<By>,
    #[serde(default)]
    one_way: bool,
    source_port: Option<String>,
    through: Option<String>,
    avoid: Option<String>,
    /// The witness of the packets that work, and of those that fail.
    works: Option<String>,
    fails: Option<String>,
    /// The code of what makes it unknown.
    unknown: Option<String>,
    /// A sentence that the notes contain.
    note: Option<String>,
    /// Why the answer differs from its source.
    #[serde(rename = "why")]
    _why: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(untagged)]
enum Because {
    #[default]
    Unsaid,
    One(Blamed),
    All(Vec<Blamed>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Blamed {
    code: String,
    at: String,
    leg: Option<String>,
    rule: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct By {
    at: String,
    rule: Value,
}

fn main() {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files = Vec::new();
    collect(&root, &mut files);
    assert!(files.len() > 80, "the cases are gone");
    let trials = files.into_iter().map(|path| {
        let name = path.strip_prefix(&root).unwrap().with_extension("");
        Trial::test(name.to_string_lossy().into_owned(), move || run(&path))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}

fn run(path: &Path) -> Result<(), Failed> {
    let text = std::fs::read_to_string(path)?;
    let case: Case = serde_yaml::from_str(&text)?;
    let asks = case.ask.len() + case.variants.iter().map(|one| one.ask.len()).sum::<usize>();
    let something = asks > 0 || case.mistake.is_some();
    if case.about.is_empty() || case.source.is_empty() || !something {
        return Err("a case says what it is about, where that is written, and asks something".into());
    }
    let name = path.file_name().unwrap().to_string_lossy();
    let mut model = match &case.model {
        Value::String(file) => {
            let mut base: Value =
                serde_yaml::from_str(&std::fs::read_to_string(path.parent().unwrap().join(file))?)?;
            base.apply_merge()?;
            base
        }
        inline => inline.clone(),
    };
    overlay(&mut model, &case.with);
    if let Some(code) = &case.mistake {
        return refused(&name, &model, code);
    }
    let mut wrong = asked(&name, &model, &case.ask)?;
    for variant in &case.variants {
        let mut model = model.clone();
        overlay(&mut model, &variant.with);
        let errors = asked(&name, &model, &variant.ask)?;
        wrong.extend(
            errors
                .into_iter()
                .map(|error| format!("{}: {error}", variant.rule)),
        );
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.join("\n").into()),
    }
}

/// A model that has one mistake, of this code.
fn refused(name: &str, model: &Value, code: &str) -> Result<(), Failed> {
    match Analysis::from_text(name, &serde_yaml::to_string(model)?) {
        Ok(_) => Err(format!("the model loads: {code} expected").into()),
        Err(mistakes) => {
            let codes: Vec<&str> = mistakes.0.iter().map(|one| one.code).collect();
            same(name, "mistake", code, &codes.join(", ")).map_err(Failed::from)
        }
    }
}

/// What is answered otherwise than expected.
fn asked(name: &str, model: &Value, asks: &[Ask]) -> Result<Vec<String>, Failed> {
    if asks.is_empty() {
        return Ok(Vec::new());
    }
    let model = serde_yaml::to_string(model)?;
    let analysis = Analysis::from_text(name, &model).map_err(|mistakes| format!("{mistakes:?}"))?;
    Ok(asks
        .iter()
        .filter_map(|ask| check(&analysis, ask).err())
        .collect())
}

fn overlay(base: &mut Value, change: &Value) {
    match (base, change) {
        (_, Value::Null) => {}
        (Value::Mapping(base), Value::Mapping(change)) => {
            for (key, value) in change {
                match base.get_mut(key) {
                    Some(old) => overlay(old, value),
                    None => {
                        base.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (base, change) => *base = change.clone(),
    }
}

fn check(analysis: &Analysis, ask: &Ask) -> Result<(), String> {
    let question = format!("{} {} {}", ask.from, ask.to, ask.packets);
    let options = Options {
        source_ports: ask
            .source_port
            .as_deref()
            .map(|ports| parse_ports(ports).unwrap()),
        one_way: ask.one_way,
        through: ask.through.iter().cloned().collect(),
        avoid: ask.avoid.iter().cloned().collect(),
        ..Options::default()
    };
    let finding = analysis
        .path(&ask.from, &ask.to, &ask.packets, &options)
        .map_err(|error| format!("{question}: {error}"))?;
    same(&question, "verdict", &ask.expect, finding.verdict.as_str())?;
    blame(&question, &finding, &ask.because)?;
    for by in &ask.by {
        passed(&question, &finding, by)?;
    }
    for (what, wanted, set) in [
        ("works", &ask.works, &finding.works),
        ("fails", &ask.fails, &finding.fails),
    ] {
        let space = &finding.work.space;
        let all = set
            .iter()
            .fold(PacketSet::EMPTY, |all, cube| space.union(all, space.cube(cube)));
        let got = space
            .witness(all)
            .map(|header| header.to_string())
            .unwrap_or_default();
        if let Some(wanted) = wanted {
            same(&question, what, wanted, &got)?;
        }
    }
    let ways = finding.paths.iter();
    let ways = ways.flat_map(|path| std::iter::once(&path.forward).chain(&path.reply));
    let mut hops = ways.flat_map(|way| &way.hops);
    let unknown = hops.find(|hop| hop.action == Action::Unknown);
    if let Some(wanted) = &ask.unknown {
        let code = unknown.and_then(|hop| hop.code).map(|code| code.as_str());
        same(&question, "unknown", wanted, code.unwrap_or_default())?;
    }
    match &ask.note {
        Some(note) if !finding.notes.iter().any(|one| one.contains(note.as_str())) => {
            Err(format!("{question}: no note says {note:?}: {:?}", finding.notes))
        }
        _ => Ok(()),
    }
}

fn same(question: &str, what: &str, wanted: &str, got: &str) -> Result<(), String> {
    match wanted == got {
        true => Ok(()),
        false => Err(format!("{question}: {what}: expected {wanted}, got {got}")),
    }
}

fn blame(question: &str, finding: &Finding, because: &Because) -> Result<(), String> {
    let blamed = match because {
        Because::Unsaid => return Ok(()),
        Because::One(one) => vec![one],
        Because::All(all) => all.iter().collect(),
    };
    let got: Vec<[String; 4]> = finding
        .blockers
        .iter()
        .map(|one| {
            [
                one.code.to_string(),
                one.component.id.to_string(),
                leg(one.leg),
                rule(&one.rule),
            ]
        })
        .collect();
    let first_only = matches!(because, Because::One(_));
    let count = if first_only { got.len().min(1) } else { got.len() };
    let fits = |(wanted, got): (&&Blamed, &[String; 4])| {
        wanted.code == got[0]
            && wanted.at == got[1]
            && wanted.leg.as_ref().is_none_or(|leg| *leg == got[2])
            && wanted.rule.as_ref().is_none_or(|wanted| text(wanted) == got[3])
    };
    match count == blamed.len() && blamed.iter().zip(&got).all(fits) {
        true => Ok(()),
        false => Err(format!(
            "{question}: {} blockers expected, got {got:?}",
            blamed.len()
        )),
    }
}

fn passed(question: &str, finding: &Finding, by: &By) -> Result<(), String> {
    let ways = finding
        .paths
        .iter()
        .flat_map(|path| std::iter::once(&path.forward).chain(&path.reply));
    let mut hops = ways.flat_map(|way| &way.hops);
    let wanted = text(&by.rule);
    match hops.any(|hop| hop.code.is_none() && hop.author.id.as_str() == by.at && rule(&hop.rule) == wanted) {
        true => Ok(()),
        false => Err(format!(
            "{question}: nothing passes by rule {wanted} of {}",
            by.at
        )),
    }
}

fn leg(leg: Leg) -> String {
    leg.as_str().to_owned()
}

fn rule(rule: &RuleRef) -> String {
    match rule {
        RuleRef::Number(number) => number.to_string(),
        RuleRef::Route(destination) => destination.to_string(),
        RuleRef::Default => "default".to_owned(),
        RuleRef::Implicit(what) => (*what).to_owned(),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_yaml::to_string(other).unwrap().trim().to_owned(),
    }
}
