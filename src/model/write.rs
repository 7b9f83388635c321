//! A model as the YAML that a person would have written: sections in order, ids sorted, short things on one line.

use super::Model;
use serde_yaml::{Mapping, Value};
use std::fmt::Write;

/// The longest line on which an item is written.
const LINE_MAX: usize = 150;

/// Fields that hold rules and routes: one line each.
const LISTS: [&str; 6] = ["ingress", "egress", "routes", "entries", "listeners", "targets"];

impl Model {
    /// The model as YAML that loads to the same model.
    pub fn to_yaml(&self) -> Result<String, serde_yaml::Error> {
        let mut text = format!("version: {}\n", self.version);
        if let Value::Mapping(sections) = serde_yaml::to_value(self)? {
            for (name, items) in sections {
                match (name, items) {
                    (Value::String(name), Value::Mapping(items)) => section(&mut text, &name, &items)?,
                    (Value::String(name), Value::String(word)) => text.push_str(&format!("{name}: {word}\n")),
                    _ => {}
                }
            }
        }
        Ok(text)
    }
}

fn section(text: &mut String, name: &str, items: &Mapping) -> Result<(), serde_yaml::Error> {
    // Writing to a string cannot fail, here and below.
    _ = writeln!(text, "\n{name}:");
    for (id, item) in items {
        let id = flow(id)?;
        let line = flow(item)?;
        let Value::Mapping(fields) = item else {
            _ = writeln!(text, "  {id}: {line}");
            continue;
        };
        let lists = fields.iter().any(|(key, value)| is_list(key, value));
        if !lists && line.len() + id.len() <= LINE_MAX {
            _ = writeln!(text, "  {id}: {line}");
            continue;
        }
        _ = writeln!(text, "  {id}:");
        for (key, value) in fields {
            field(text, key, value)?;
        }
    }
    Ok(())
}

/// A list of which each element has a line of its own.
fn is_list(key: &Value, value: &Value) -> bool {
    let named = key.as_str().is_some_and(|key| LISTS.contains(&key));
    named && value.as_sequence().is_some_and(|list| !list.is_empty())
}

fn field(text: &mut String, key: &Value, value: &Value) -> Result<(), serde_yaml::Error> {
    let name = flow(key)?;
    if !is_list(key, value) {
        _ = writeln!(text, "    {name}: {}", flow(value)?);
        return Ok(());
    }
    _ = writeln!(text, "    {name}:");
    for element in value.as_sequence().into_iter().flatten() {
        _ = writeln!(text, "      - {}", flow(element)?);
    }
    Ok(())
}

/// A value as a model file has it, on one line.
pub fn one_line(value: &serde_json::Value) -> String {
    let yaml = serde_yaml::to_value(value).and_then(|value| flow(&value));
    yaml.unwrap_or_else(|_| value.to_string())
}

/// A value on one line.
fn flow(value: &Value) -> Result<String, serde_yaml::Error> {
    match value {
        Value::Sequence(items) => {
            let items = items.iter().map(flow).collect::<Result<Vec<_>, _>>()?;
            Ok(format!("[{}]", items.join(", ")))
        }
        Value::Mapping(fields) if fields.is_empty() => Ok("{}".to_owned()),
        Value::Mapping(fields) => {
            let field = |(key, value): (&Value, &Value)| Ok(format!("{}: {}", flow(key)?, flow(value)?));
            let fields = fields
                .iter()
                .map(field)
                .collect::<Result<Vec<_>, serde_yaml::Error>>()?;
            Ok(format!("{{ {} }}", fields.join(", ")))
        }
        Value::String(text) => Ok(scalar(text)),
        other => Ok(serde_yaml::to_string(other)?.trim_end().to_owned()),
    }
}

/// Text, quoted where YAML would read something else, or where it would end the line's structure.
fn scalar(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./:@+=".contains(character);
    let begins = text.starts_with(|first: char| first.is_ascii_alphanumeric());
    let colon = text.ends_with(':') || text.starts_with("::") || text.contains("::");
    let spaced = |character: char| plain(character) || character == ' ';
    let safe = begins && text.chars().all(spaced) && !text.ends_with(' ') && !text.contains(": ") && !colon;
    let word = matches!(
        text,
        "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "True" | "False" | "Null"
    );
    let number = text.parse::<f64>().is_ok();
    // A JSON string is a YAML one; text is never anything that JSON cannot write.
    if safe && !word && !number {
        text.to_owned()
    } else {
        serde_json::Value::from(text).to_string()
    }
}
