//! Addresses and references as Terraform writes them: `module.a["x.y"].aws_subnet.web[0].id`.

use super::document::Instance;
use serde_json::Value;

/// `aws_subnet.web` of `module.a.aws_subnet.web[0]`; the same for a data source.
pub fn own_address(instance: &Instance) -> &str {
    let address = instance.address.as_str();
    let rest = address
        .strip_prefix(&instance.module)
        .unwrap_or(address)
        .trim_start_matches('.');
    let rest = rest.strip_prefix("data.").unwrap_or(rest);
    let length = instance.kind.len() + 1 + instance.name.len();
    rest.get(..length).unwrap_or(rest)
}

/// A module's parent, and its own name without a key.
pub fn split_module(module: &str) -> Option<(&str, String)> {
    let steps = steps(module);
    let (start, name) = steps.last()?;
    Some((module[..*start].trim_end_matches('.'), (*name).to_owned()))
}

/// A module's path without keys: `a.b`.
pub fn plain(module: &str) -> String {
    let names: Vec<&str> = steps(module).into_iter().map(|(_, name)| name).collect();
    names.join(".")
}

/// The steps of `module.a["x.y"].module.b`: where each begins, and its name.
pub fn steps(module: &str) -> Vec<(usize, &str)> {
    let mut steps = Vec::new();
    let mut at = 0;
    while let Some(rest) = module.get(at..).and_then(|rest| rest.strip_prefix("module.")) {
        let name = word(rest);
        let (_, after) = bracket(&rest[name.len()..]);
        steps.push((at, name));
        at = module.len() - after.len() + usize::from(after.starts_with('.'));
        if after.is_empty() || name.is_empty() {
            break;
        }
    }
    steps
}

/// The key of the last step of a module's address: `"a"` of `module.x["a"]`.
pub fn step_key(module: &str) -> Option<Value> {
    let (start, name) = *steps(module).last()?;
    let (key, _) = bracket(module.get(start + "module.".len() + name.len()..)?);
    serde_json::from_str(key?).ok()
}

/// The keys of all steps of a module's address.
pub fn step_keys(module: &str) -> Vec<Value> {
    let keys = steps(module).into_iter().filter_map(|(start, name)| {
        let (key, _) = bracket(module.get(start + "module.".len() + name.len()..)?);
        serde_json::from_str(key?).ok()
    });
    keys.collect()
}

/// A word up to the next dot or bracket.
pub fn word(text: &str) -> &str {
    text.split(['.', '[']).next().unwrap_or_default()
}

/// The key in the brackets with which a text begins, and the rest.
pub fn bracket(text: &str) -> (Option<&str>, &str) {
    let Some(inner) = text.strip_prefix('[') else {
        return (None, text);
    };
    let mut quoted = false;
    let mut escaped = false;
    for (place, character) in inner.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return (Some(&inner[..place]), &inner[place + 1..]),
            _ => {}
        }
    }
    (None, "")
}

/// What an expression refers to, most precise first: the prefixes that Terraform lists besides are left out.
pub fn references(expression: &Value) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    let mut open = vec![expression];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(list) => open.extend(list),
            Value::Object(map) => match map.get("references") {
                Some(Value::Array(list)) => all.extend(list.iter().filter_map(Value::as_str)),
                _ => open.extend(map.values().filter(|value| value.is_array() || value.is_object())),
            },
            _ => {}
        }
    }
    let mut kept: Vec<&str> = Vec::new();
    for name in all {
        let longer = |other: &&str| {
            other
                .strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        // The prefixes of a reference follow it directly.
        if !kept.last().is_some_and(longer) {
            kept.push(name);
        }
    }
    kept
}
