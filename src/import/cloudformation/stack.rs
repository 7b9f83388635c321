//! From templates to resources: each stack's conditions and properties are worked out, and what one stack exports another
//! may import.

use super::Mistakes;
use super::evaluate::{Evaluator, Reason, Scope};
use super::functions::at;
use super::repeat::LOOP;
use super::resource::Resource;
use super::serverless;
use super::template::{self, Template, Trouble, Written};
use super::value::{Known, Value};
use crate::import::File;
use crate::model::census::{Counts, count};
use crate::model::{Diagnostic, Node, Span, near};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// How many rounds exports are followed from stack to stack.
const ROUNDS_MAX: usize = 8;

/// The macros whose work is done here, or changes no network.
const MACROS: [&str; 5] = [
    "AWS::LanguageExtensions",
    "AWS::Serverless-2016-10-31",
    "AWS::CodeDeployBlueGreen",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
];

/// Properties that are labels: nothing is matched with what they say of the Region.
const LABELS: [&str; 3] = ["AvailabilityZone", "ServiceName", "FirewallPolicy"];

/// Everything that the stacks make.
#[derive(Debug, Default)]
pub struct Stacks {
    /// The resources.
    pub resources: Vec<Resource>,
    /// Why each unknown is unknown.
    pub reasons: BTreeMap<String, Reason>,
    /// How many are not made because their condition does not hold, by type.
    pub unmade: Counts,
    /// The Region, if it is told.
    pub region: Option<String>,
    /// The account, if it is told.
    pub account: Option<String>,
    /// What there is to say besides.
    pub notes: Vec<String>,
}

/// Reads templates; what is wrong with them comes beside.
pub fn read(files: &[File], given: &BTreeMap<String, String>) -> (Stacks, Mistakes) {
    let mut mistakes = Vec::new();
    let read = files
        .iter()
        .map(|(name, bytes)| template::read(name, bytes, given));
    let read = read.filter_map(|one| one.map_err(|found| mistakes.extend(found)).ok());
    let written: Vec<Written> = read.collect();
    let templates: Vec<Template<'_>> = written
        .iter()
        .filter_map(|one: &Written| Template::new(one).map_err(|error| mistakes.push(*error)).ok())
        .collect();
    if mistakes.is_empty() {
        mistakes.extend(strangers(&templates, given));
    }
    let mut stacks = Stacks {
        region: given.get("AWS::Region").cloned(),
        account: given.get("AWS::AccountId").cloned(),
        ..Stacks::default()
    };
    if !mistakes.is_empty() {
        return (stacks, mistakes);
    }
    let names = names(&templates);
    let exports = exports(&templates, &names, given);
    for (template, (name, prefix)) in templates.iter().zip(&names) {
        let scope = scope(given, &exports, name.as_deref(), prefix);
        if let Err(error) = bring(template, scope, &mut stacks) {
            mistakes.push(*error);
        }
    }
    (stacks, mistakes)
}

fn scope<'s>(
    given: &'s BTreeMap<String, String>,
    exports: &'s BTreeMap<String, Value>,
    stack: Option<&'s str>,
    prefix: &'s str,
) -> Scope<'s> {
    Scope {
        given,
        exports,
        stack,
        prefix,
    }
}

/// Given parameters that no template has.
fn strangers(templates: &[Template<'_>], given: &BTreeMap<String, String>) -> Vec<Diagnostic> {
    let known: BTreeSet<&str> = templates
        .iter()
        .flat_map(|one| one.parameters.keys().copied())
        .collect();
    let unheard = given
        .keys()
        .filter(|name| !name.starts_with("AWS::") && !known.contains(name.as_str()));
    let told = unheard.map(|name| {
        let message = format!("no template has a parameter `{name}`");
        let told = Diagnostic::error("IMPORT_PARAMETER", message);
        match near(name, known.iter().copied()) {
            Some(near) => told.hint(format!("did you mean `{near}`?")),
            None => told,
        }
    });
    told.collect()
}

/// The name of each stack and what stands before its ids: nothing where there is one stack, else the name of its file.
fn names(templates: &[Template<'_>]) -> Vec<(Option<String>, String)> {
    if templates.len() == 1 {
        return vec![(None, String::new())];
    }
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut names = Vec::new();
    for template in templates {
        let path = Path::new(&*template.file.name);
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let mut name = stem.unwrap_or_default();
        if let Some(short) = name.strip_suffix(".template") {
            name = short.to_owned();
        }
        while !taken.insert(name.clone()) {
            name.push('+');
        }
        let prefix = format!("{name}.");
        names.push((Some(name), prefix));
    }
    names
}

/// What the stacks export, which may hang on what others do.
fn exports(
    templates: &[Template<'_>],
    names: &[(Option<String>, String)],
    given: &BTreeMap<String, String>,
) -> BTreeMap<String, Value> {
    let mut exports = BTreeMap::new();
    for _ in 0..templates.len().min(ROUNDS_MAX) {
        let mut found = BTreeMap::new();
        for (template, (name, prefix)) in templates.iter().zip(names) {
            let mut evaluator = Evaluator::new(template, scope(given, &exports, name.as_deref(), prefix));
            let outputs = template
                .root
                .get("Outputs")
                .map(Node::entries)
                .unwrap_or_default();
            for (_, output) in outputs {
                // What is wrong with an output changes no network.
                if let Ok(Some((name, value))) = export(&mut evaluator, output) {
                    found.insert(name, value);
                }
            }
        }
        if found == exports {
            break;
        }
        exports = found;
    }
    exports
}

fn export(evaluator: &mut Evaluator<'_>, output: &Node) -> Result<Option<(String, Value)>, Trouble> {
    if let Some(condition) = output.get("Condition")
        && evaluator.condition(condition.text().unwrap_or_default(), condition.span)? != Some(true)
    {
        return Ok(None);
    }
    let (Some(name), Some(value)) = (
        output.get("Export").and_then(|export| export.get("Name")),
        output.get("Value"),
    ) else {
        return Ok(None);
    };
    let (name, value) = (evaluator.value(name)?, evaluator.value(value)?);
    Ok(name.text().map(|name| (name.to_owned(), value)))
}

fn bring(template: &Template<'_>, scope: Scope<'_>, stacks: &mut Stacks) -> Result<(), Trouble> {
    let mut evaluator = Evaluator::new(template, scope);
    let mut edges: BTreeMap<String, (BTreeSet<String>, Span)> = BTreeMap::new();
    let entries = template
        .root
        .get("Resources")
        .map(Node::entries)
        .unwrap_or_default();
    for (key, node) in entries {
        let id = key.text().unwrap_or_default();
        if id.starts_with(LOOP) {
            stacks.notes.push(format!(
                "{id}: it goes through a list that is not known, and what it makes is left out"
            ));
            continue;
        }
        evaluator.named.clear();
        match resource(&mut evaluator, id, key.span, node)? {
            Some(resource) => {
                stacks.resources.push(resource);
                edges.insert(id.to_owned(), (std::mem::take(&mut evaluator.named), key.span));
            }
            None => count(
                &mut stacks.unmade,
                node.get("Type").and_then(Node::text).unwrap_or_default(),
            ),
        }
    }
    circle(template, &edges)?;
    stacks.notes.extend(not_run(template));
    stacks.reasons.append(&mut evaluator.reasons);
    Ok(())
}

/// The macros of a template that are not run here.
fn not_run(template: &Template<'_>) -> Vec<String> {
    let macros = template.macros.iter().filter(|name| !MACROS.contains(name));
    let told = macros.map(|name| {
        format!(
            "{}: the macro {name} may change this template when it is deployed, and is not run here",
            template.file.name
        )
    });
    told.collect()
}

/// A resource that will be made; none where its condition does not hold.
fn resource(
    evaluator: &mut Evaluator<'_>,
    id: &str,
    span: Span,
    node: &Node,
) -> Result<Option<Resource>, Trouble> {
    let template = evaluator.template;
    let Some(kind) = node.get("Type").and_then(Node::text) else {
        return Err(template.fail(span, format!("the resource `{id}` has no Type")));
    };
    let mut doubt = None;
    if let Some(condition) = node.get("Condition") {
        let name = condition.text().unwrap_or_default();
        match evaluator.condition(name, condition.span)? {
            Some(false) => return Ok(None),
            Some(true) => {}
            None => {
                evaluator.undecided(name);
                doubt = Some(format!("Conditions.{name}"));
            }
        }
    }
    if let Some(waits) = node.get("DependsOn") {
        let waits = evaluator.value(waits)?;
        for one in waits.items().iter().filter_map(Value::text) {
            evaluator.resource(one, waits.span)?;
        }
    }
    let properties = match node.get("Properties") {
        Some(properties) => evaluator.value(properties)?,
        None => at(span, Known::Map(Vec::new())),
    };
    let properties = spelled(evaluator, properties, node.get("Properties"))?;
    let properties = match kind {
        "AWS::Serverless::Function" => serverless::function(evaluator, properties)?,
        // What AWS assigns has a stand-in, the same that its attribute has.
        "AWS::EC2::VPCCidrBlock" => assigned(evaluator, id, properties)?,
        _ => properties,
    };
    let metadata = node
        .get("Metadata")
        .and_then(|metadata| metadata.get("aws:cdk:path"));
    let path = metadata.and_then(Node::text);
    let path = path.map(|path| construct(path, kind).to_owned());
    Ok(Some(Resource {
        id: evaluator.id(id),
        kind: kind.to_owned(),
        span,
        file: Arc::clone(template.file),
        properties,
        path,
        doubt,
    }))
}

/// The construct that people wrote, of CDK's path to what it makes of it: `Shop/Web/Service/Service` is their `Shop/Web/Service`.
fn construct<'a>(path: &'a str, kind: &str) -> &'a str {
    let own = match kind {
        "AWS::EC2::Subnet" => "/Subnet",
        "AWS::AutoScaling::AutoScalingGroup" => "/ASG",
        _ => "/Resource",
    };
    let mut path = path;
    while let Some(above) = path.strip_suffix("/Resource").or(path.strip_suffix(own)) {
        path = above;
    }
    let doubled = path.rsplit_once('/').filter(|(above, last)| {
        let end = above.strip_suffix(last);
        end.is_some_and(|rest| rest.ends_with('/'))
    });
    doubled.map_or(path, |(above, _)| above)
}

/// Labels in which a Region that is not known may be spelled out: two of them are the same, or are not, whatever it is.
fn spelled(
    evaluator: &mut Evaluator<'_>,
    mut properties: Value,
    written: Option<&Node>,
) -> Result<Value, Trouble> {
    let Known::Map(entries) = &mut properties.kind else {
        return Ok(properties);
    };
    for (key, value) in entries {
        if !LABELS.contains(&key.as_str()) || value.open().is_none() {
            continue;
        }
        if let Some(node) = written.and_then(|written| written.get(key)) {
            evaluator.spelled = true;
            let again = evaluator.value(node);
            evaluator.spelled = false;
            *value = again?;
        }
    }
    Ok(properties)
}

fn assigned(evaluator: &mut Evaluator<'_>, id: &str, properties: Value) -> Result<Value, Trouble> {
    let Known::Map(mut entries) = properties.kind else {
        return Ok(properties);
    };
    if let Some(prefix) = super::attributes::prefix(evaluator, id)? {
        entries.retain(|(key, _)| key != "Ipv6CidrBlock");
        entries.push(("Ipv6CidrBlock".to_owned(), at(properties.span, prefix)));
    }
    Ok(at(properties.span, Known::Map(entries)))
}

/// CloudFormation makes no resources that wait for each other.
fn circle(
    template: &Template<'_>,
    edges: &BTreeMap<String, (BTreeSet<String>, Span)>,
) -> Result<(), Trouble> {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for (start, (first, span)) in edges {
        if done.contains(start.as_str()) {
            continue;
        }
        let mut way: Vec<(&str, std::collections::btree_set::Iter<'_, String>)> = vec![(start, first.iter())];
        while let Some((_, rest)) = way.last_mut() {
            let Some(next) = rest.next() else {
                done.extend(way.pop().map(|(id, _)| id));
                continue;
            };
            if let Some(place) = way.iter().position(|(id, _)| id == next) {
                let ids: Vec<&str> = way[place..].iter().take(12).map(|(id, _)| *id).collect();
                let span = edges.get(next).map_or(*span, |(_, span)| *span);
                let message = format!("these resources wait for each other: {}, {next}", ids.join(", "));
                return Err(template.fail(span, message));
            }
            if let (false, Some((more, _))) = (done.contains(next.as_str()), edges.get(next)) {
                way.push((next, more.iter()));
            }
        }
    }
    Ok(())
}
