//! The values of parameters: given or by default, checked as CloudFormation checks them (User Guide, "Parameters section").

use super::template::{Template, Trouble};
use super::value::Known;
use crate::model::{Node, NodeKind};
use std::collections::BTreeMap;

/// The value of a parameter: given, its default, or a reason why it has none.
pub fn value(
    template: &Template<'_>,
    name: &str,
    given: &BTreeMap<String, String>,
) -> Result<Result<Known, String>, Trouble> {
    let Some(parameter) = template.parameters.get(name) else {
        return Err(template.no_such(template.root.span, "parameter", name, std::iter::empty()));
    };
    let kind = parameter.get("Type").and_then(Node::text).unwrap_or("String");
    let stored = kind.starts_with("AWS::SSM::Parameter::");
    let default = parameter.get("Default");
    let text = match (given.get(name), default) {
        // What is given for a stored parameter is taken for its value, unless it is the path under which it is stored.
        (Some(text), _) if !stored || !text.starts_with('/') => text.clone(),
        _ if stored => {
            return Ok(Err(format!(
                "the parameter {name} is kept in Systems Manager: give its value with --parameter {name}=…"
            )));
        }
        (_, Some(default)) => written(default),
        (_, None) => {
            return Ok(Err(format!(
                "the parameter {name} has no default: give it with --parameter {name}=…"
            )));
        }
    };
    check(template, name, parameter, kind, &text)?;
    Ok(Ok(typed(parameter, kind, &text)))
}

/// A default may be written as a list where the parameter is one.
fn written(default: &Node) -> String {
    match &default.kind {
        NodeKind::List(items) => {
            let texts: Vec<&str> = items.iter().filter_map(Node::text).collect();
            texts.join(",")
        }
        _ => default.text().unwrap_or_default().to_owned(),
    }
}

fn is_list(kind: &str) -> bool {
    kind == "CommaDelimitedList" || kind.contains("List<")
}

fn typed(parameter: &Node, kind: &str, text: &str) -> Known {
    if is_list(kind) {
        let parts = text.split(',').map(|part| part.trim().to_owned());
        return Known::texts(parameter.span, parts.filter(|part| !part.is_empty()));
    }
    Known::text(text)
}

fn check(
    template: &Template<'_>,
    name: &str,
    parameter: &Node,
    kind: &str,
    text: &str,
) -> Result<(), Trouble> {
    let parts: Vec<&str> = match is_list(kind) {
        true => text.split(',').map(str::trim).collect(),
        false => vec![text],
    };
    for part in parts {
        if let Some((span, why)) = wrong(parameter, kind, part) {
            let told = template.fail(span, format!("the parameter {name} is `{part}`, and {why}"));
            let described = parameter.get("ConstraintDescription").and_then(Node::text);
            return Err(match described {
                Some(hint) => Box::new(told.hint(hint)),
                None => told,
            });
        }
    }
    Ok(())
}

/// What of a parameter's constraints a value does not meet.
fn wrong(parameter: &Node, kind: &str, text: &str) -> Option<(crate::model::Span, String)> {
    if let Some(allowed) = parameter.get("AllowedValues") {
        let NodeKind::List(items) = &allowed.kind else {
            return Some((allowed.span, "its AllowedValues are no list".to_owned()));
        };
        let words: Vec<&str> = items.iter().filter_map(Node::text).collect();
        if !words.contains(&text) {
            let shown = words.iter().take(20).copied().collect::<Vec<_>>().join(", ");
            return Some((allowed.span, format!("has to be one of {shown}")));
        }
    }
    if let Some(pattern) = parameter.get("AllowedPattern") {
        // The whole value has to match. What this engine does not read is not checked.
        let whole = pattern.text().map(|pattern| format!("^(?:{pattern})$"));
        let compiled = whole.and_then(|whole| regex_lite::Regex::new(&whole).ok());
        if compiled.is_some_and(|pattern| !pattern.is_match(text)) {
            let pattern = pattern.text().unwrap_or_default();
            return Some((
                parameter.get("AllowedPattern")?.span,
                format!("does not match {pattern}"),
            ));
        }
    }
    let number: Option<f64> = text.parse().ok();
    if kind.contains("Number") && number.is_none() {
        return Some((parameter.span, "is no number".to_owned()));
    }
    let length = text.chars().count() as f64;
    let bounds = [
        ("MinValue", number, false),
        ("MaxValue", number, true),
        ("MinLength", Some(length), false),
        ("MaxLength", Some(length), true),
    ];
    bounds.into_iter().find_map(|(key, value, most)| {
        let bound = parameter.get(key)?;
        let limit: f64 = bound.text()?.parse().ok()?;
        let value = value?;
        let bad = if most { value > limit } else { value < limit };
        bad.then(|| (bound.span, format!("its {key} is {limit}")))
    })
}
