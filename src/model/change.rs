//! Changes of a model, each as small as somebody would make it: an item more or less, a field of an item, one rule, route or
//! entry of a list; and a model with some of them made.

use super::{Location, Model, ResourceId};
use serde_json::{Map, Value};

/// Something that is written differently.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The section of the item.
    pub section: &'static str,
    /// The item.
    pub id: ResourceId,
    /// Its field; none: the item itself.
    pub field: Option<String>,
    /// What is there before; none: it is new.
    pub before: Option<Value>,
    /// What is there afterwards; none: it is gone.
    pub after: Option<Value>,
    /// Whether it is one element of the field's list.
    pub element: bool,
    /// Where it is written: afterwards, else before.
    pub at: Option<Location>,
}

impl Change {
    /// In a line: `security_groups.sg-db.ingress: { protocol: tcp, ports: 22 } is new`.
    pub fn told(&self) -> String {
        let place = match &self.field {
            Some(field) => format!("{}.{}.{field}", self.section, self.id),
            None => format!("{}.{}", self.section, self.id),
        };
        match (&self.field, &self.before, &self.after) {
            (None, None, _) => format!("{place} is new"),
            (None, ..) => format!("{place} is gone"),
            (_, Some(before), Some(after)) => format!("{place}: {} is now {}", flow(before), flow(after)),
            (_, None, Some(after)) => format!("{place}: {} is new", flow(after)),
            (_, Some(before), None) => format!("{place}: {} is gone", flow(before)),
            (_, None, None) => place,
        }
    }
}

/// The longest value that is told in full.
const TOLD_MAX: usize = 160;

/// A value as a model file has it, in one line.
fn flow(value: &Value) -> String {
    let text = whole(value);
    match text.char_indices().nth(TOLD_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn whole(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(whole).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| format!("{key}: {}", whole(value));
            format!(
                "{{ {} }}",
                fields.iter().map(field).collect::<Vec<_>>().join(", ")
            )
        }
        other => other.to_string(),
    }
}

/// A model as its sections, items and fields.
pub fn tree(model: &Model) -> Map<String, Value> {
    match serde_json::to_value(model) {
        Ok(Value::Object(sections)) => sections,
        _ => Map::new(),
    }
}

/// A model with some changes made; none where one changes what is not there.
pub fn with_changes<'a>(
    base: &Map<String, Value>,
    changes: impl IntoIterator<Item = &'a Change>,
) -> Option<Model> {
    let mut tree = base.clone();
    for change in changes {
        make(&mut tree, change)?;
    }
    serde_json::from_value(Value::Object(tree)).ok()
}

fn make(tree: &mut Map<String, Value>, change: &Change) -> Option<()> {
    let section = tree
        .entry(change.section)
        .or_insert_with(|| Value::Object(Map::new()));
    let items = section.as_object_mut()?;
    let id = change.id.as_str();
    let Some(field) = &change.field else {
        set(items, id, change.after.as_ref());
        return Some(());
    };
    let fields = items.get_mut(id)?.as_object_mut()?;
    match fields.get_mut(field) {
        Some(Value::Array(list)) if change.element => element(list, change)?,
        None if change.element && change.before.is_none() => {
            let list = change.after.clone().into_iter().collect();
            fields.insert(field.clone(), Value::Array(list));
        }
        None if change.element => return None,
        _ => set(fields, field, change.after.as_ref()),
    }
    Some(())
}

fn element(list: &mut Vec<Value>, change: &Change) -> Option<()> {
    let place = |before: &Value| list.iter().position(|value| value == before);
    match (change.before.as_ref().map(place), &change.after) {
        (Some(place), Some(after)) => list[place?] = after.clone(),
        (Some(place), None) => _ = list.remove(place?),
        (None, Some(after)) => list.push(after.clone()),
        (None, None) => {}
    }
    Some(())
}

fn set(fields: &mut Map<String, Value>, key: &str, value: Option<&Value>) {
    match value {
        Some(value) => _ = fields.insert(key.to_owned(), value.clone()),
        None => _ = fields.remove(key),
    }
}
