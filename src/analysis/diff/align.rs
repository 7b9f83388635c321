//! The same thing under two ids: what the new model calls otherwise and has by the same name is renamed, so that a design
//! can be held against a dump of what was built from it.

use crate::model::{Locate, Location, Model, Place, ResourceId, Sources, tree};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The new model with the old one's ids where an item has no counterpart by its id and exactly one by its name, in the
/// same section.
pub fn align(old: &Model, new: Model) -> Model {
    let ids = renamed([&tree(old), &tree(&new)]);
    if ids.is_empty() {
        return new;
    }
    let renamed = rename(&Value::Object(tree(&new)), &ids);
    let Ok(mut model) = serde_json::from_value::<Model>(renamed) else {
        return new;
    };
    let back = ids
        .into_iter()
        .map(|(is, was)| (was.as_str().into(), is.as_str().into()))
        .collect();
    model.sources.add(Arc::new(Renamed {
        sources: new.sources.clone(),
        back,
    }));
    model.notes = new.notes;
    model
}

/// The old id of every new one.
fn renamed([old, new]: [&Map<String, Value>; 2]) -> BTreeMap<String, String> {
    let mut ids = BTreeMap::new();
    for section in Model::SECTIONS {
        let (old, new) = (items(old, section), items(new, section));
        let (was, is) = (names(old, new), names(new, old));
        for (name, theirs) in is {
            if let (Some(Some(mine)), Some(theirs)) = (was.get(name), theirs) {
                ids.insert(theirs.to_owned(), (*mine).to_owned());
            }
        }
    }
    ids
}

fn items<'a>(tree: &'a Map<String, Value>, section: &str) -> Option<&'a Map<String, Value>> {
    tree.get(section).and_then(Value::as_object)
}

/// The names of items that only one of two sections has, with their ids; none where several have it.
fn names<'a>(
    of: Option<&'a Map<String, Value>>,
    other: Option<&Map<String, Value>>,
) -> BTreeMap<&'a str, Option<&'a str>> {
    let mut names = BTreeMap::new();
    for (id, item) in of.into_iter().flatten() {
        let Some(name) = item.get("name").and_then(Value::as_str) else {
            continue;
        };
        let both = other.is_some_and(|other| other.contains_key(id));
        let id = (!both).then_some(id.as_str());
        names.entry(name).and_modify(|known| *known = None).or_insert(id);
    }
    names
}

fn rename(value: &Value, ids: &BTreeMap<String, String>) -> Value {
    let word = |text: &String| ids.get(text).unwrap_or(text).clone();
    match value {
        Value::String(text) => Value::String(word(text)),
        Value::Array(items) => items.iter().map(|item| rename(item, ids)).collect(),
        Value::Object(fields) => {
            let field = |(key, value): (&String, &Value)| (word(key), rename(value, ids));
            Value::Object(fields.iter().map(field).collect())
        }
        other => other.clone(),
    }
}

/// Finds what was renamed by the id that its file has.
#[derive(Debug)]
struct Renamed {
    sources: Sources,
    back: BTreeMap<ResourceId, ResourceId>,
}

impl Locate for Renamed {
    fn locate(&self, place: &Place) -> Option<Location> {
        let id = self.back.get(&place.id).unwrap_or(&place.id);
        self.sources.locate(&Place {
            id: id.clone(),
            ..place.clone()
        })
    }
}
