//! What is known of the arguments of a resource, and what is written of those that are not known yet.

use super::document::Instance;
use super::names::references;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The arguments of a resource, or of a block in it.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The resource.
    pub owner: &'a Instance,
    /// What is known of it.
    pub values: &'a Map<String, Value>,
    /// What is written of it.
    pub expressions: Expressions<'a>,
    /// What the plan says is not known yet.
    pub unknown: &'a Value,
}

/// What is written of arguments.
#[derive(Debug, Clone, Copy)]
pub enum Expressions<'a> {
    /// Nothing.
    None,
    /// An expression for each argument.
    Known(&'a Map<String, Value>),
    /// The block is written as one expression: each of its arguments may be any of these.
    Whole(&'a Value),
}

impl<'a> View<'a> {
    /// A known text.
    pub fn text(&self, argument: &str) -> Option<&'a str> {
        self.values
            .get(argument)?
            .as_str()
            .filter(|text| !text.is_empty())
    }
    /// A known number.
    pub fn number(&self, argument: &str) -> Option<i64> {
        match self.values.get(argument)? {
            Value::String(text) => text.parse().ok(),
            value => value.as_i64(),
        }
    }
    /// A known truth.
    pub fn truth(&self, argument: &str) -> Option<bool> {
        match self.values.get(argument)? {
            Value::String(text) => text.parse().ok(),
            value => value.as_bool(),
        }
    }
    /// Whether an argument is known, be it that there is none.
    pub fn values_tell(&self, argument: &str) -> bool {
        self.values.contains_key(argument)
    }
    /// The known texts of a list.
    pub fn texts(&self, argument: &str) -> Vec<&'a str> {
        let list = self.values.get(argument).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }
    /// Tags, and the Name among them.
    pub fn tags(&self) -> BTreeMap<String, String> {
        let tags = ["tags", "tags_all"]
            .into_iter()
            .find_map(|key| self.values.get(key)?.as_object());
        let tags = tags.into_iter().flatten();
        tags.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect()
    }
    /// Whether an argument is written and its value is not known yet, wholly or in part.
    pub fn is_open(&self, argument: &str) -> bool {
        let open = match self.values.get(argument) {
            None => true,
            Some(Value::Array(list)) => list.iter().any(Value::is_null),
            Some(_) => false,
        };
        open && match self.expressions {
            Expressions::Known(map) => map.get(argument).is_some_and(refers),
            Expressions::Whole(all) if self.owner.unknown.is_null() => refers(all),
            _ => self.is_told_unknown(argument),
        }
    }
    /// Whether the plan says of an argument that it, or a part of it, is not known yet. This counts in blocks alone of which
    /// nothing is written by itself: elsewhere AWS picks what nobody writes.
    pub fn is_told_unknown(&self, argument: &str) -> bool {
        let block = !std::ptr::eq(self.values, &self.owner.values);
        if !block || matches!(self.expressions, Expressions::Known(_)) {
            return false;
        }
        match self.unknown.get(argument) {
            Some(Value::Bool(unknown)) => *unknown,
            Some(Value::Array(list)) => list.contains(&Value::Bool(true)),
            _ => false,
        }
    }
    /// Whether nothing at all is known of an argument, not even that it is not given.
    pub fn is_absent(&self, argument: &str) -> bool {
        !self.values.contains_key(argument)
    }

    /// The blocks of a name.
    pub fn blocks(&self, name: &str) -> Vec<View<'a>> {
        let list = match self.values.get(name) {
            Some(Value::Array(list)) => list.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            _ => &[],
        };
        let (written, unknown) = (self.written(name), self.unknown.get(name));
        let maps = list
            .iter()
            .enumerate()
            .filter_map(|(index, one)| Some((index, one.as_object()?)));
        maps.map(|(index, values)| View {
            owner: self.owner,
            values,
            expressions: block(written, index, list.len(), values),
            unknown: unknown
                .and_then(|all| all.get(index).or(Some(all).filter(|all| all.is_object())))
                .unwrap_or(&Value::Null),
        })
        .collect()
    }

    /// What an argument is made of, as written. Of a block that is one expression, only what is not known can be made of it.
    pub fn expression(&self, argument: &str) -> Option<&'a Value> {
        let told = || self.owner.unknown.is_null() || self.is_told_unknown(argument);
        let whole = matches!(self.expressions, Expressions::Whole(_));
        self.written(argument).filter(|_| !whole || told())
    }

    fn written(&self, argument: &str) -> Option<&'a Value> {
        match self.expressions {
            Expressions::None => None,
            Expressions::Known(map) => map.get(argument),
            Expressions::Whole(all) => Some(all),
        }
    }
}

/// What is written of one of several blocks. Sets have lost their order: there the constants tell which is which.
fn block<'a>(
    written: Option<&'a Value>,
    index: usize,
    count: usize,
    values: &Map<String, Value>,
) -> Expressions<'a> {
    let Some(written) = written else {
        return Expressions::None;
    };
    let Some(list) = written.as_array() else {
        let whole = written.get("references").is_some() || written.get("constant_value").is_some();
        return match written.as_object() {
            Some(map) if !whole => Expressions::Known(map),
            _ => Expressions::Whole(written),
        };
    };
    let agrees = |map: &Map<String, Value>| {
        map.iter().all(|(key, expression)| {
            let constant = expression.get("constant_value");
            constant.is_none_or(|constant| values.get(key).is_none_or(|value| alike(value, constant)))
        })
    };
    let mut fitting = list.iter().filter_map(Value::as_object).filter(|map| agrees(map));
    let (first, second) = (fitting.next(), fitting.next());
    match (first, second, list.get(index).and_then(Value::as_object)) {
        (Some(only), None, _) => Expressions::Known(only),
        (_, _, Some(same)) if list.len() == count => Expressions::Known(same),
        _ => Expressions::Whole(written),
    }
}

fn refers(expression: &Value) -> bool {
    !references(expression).is_empty()
}

fn alike(one: &Value, other: &Value) -> bool {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    one == other || text(one) == text(other)
}
