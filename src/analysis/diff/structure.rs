//! What is written differently in two models, change by change. Names, tags and descriptions lead no packet anywhere and are
//! left out.

use crate::model::{Change, Location, Model, Place, tree};
use serde_json::{Map, Value};

/// Fields that hold no traffic back and let none through.
const WORDS: &[&str] = &["name", "tags", "description"];

/// The lists whose elements are changed one by one, and in which nothing depends on the order: what asks a rule first
/// is its number.
const LISTS: &[&str] = &[
    "ingress",
    "egress",
    "routes",
    "entries",
    "security_groups",
    "associated_vpcs",
    "propagates_to",
    "targets",
];

/// The fields by which an element of a list is the same one, changed.
const KEYS: &[&str] = &["rule", "destination", "prefix_list"];

/// Every change that leads from one model to the other, in the order of the sections.
pub fn changes([old, new]: [&Model; 2], [before, after]: [&Map<String, Value>; 2]) -> Vec<Change> {
    let mut changes = Vec::new();
    for section in Model::SECTIONS.iter().copied() {
        let (was, is) = (items(before, section), items(after, section));
        for id in keys([was, is]) {
            let place = Place::item(section, id.as_str());
            let mut change = Change {
                section,
                id: id.as_str().into(),
                field: None,
                before: was.and_then(|items| items.get(&id)).cloned(),
                after: is.and_then(|items| items.get(&id)).cloned(),
                element: false,
                at: None,
            };
            match (&change.before, &change.after) {
                (Some(Value::Object(was)), Some(Value::Object(is))) => {
                    changes.extend(of_item([old, new], &change, [was, is]));
                }
                (before, after) if before != after => {
                    let side = if change.after.is_some() { new } else { old };
                    change.at = side.sources.locate(&place);
                    changes.push(change);
                }
                _ => {}
            }
        }
    }
    changes
}

fn items<'a>(tree: &'a Map<String, Value>, section: &str) -> Option<&'a Map<String, Value>> {
    tree.get(section).and_then(Value::as_object)
}

/// The keys of two maps, in order.
fn keys(maps: [Option<&Map<String, Value>>; 2]) -> Vec<String> {
    let keys = maps.into_iter().flatten().flat_map(Map::keys).cloned();
    let keys: std::collections::BTreeSet<String> = keys.collect();
    keys.into_iter().collect()
}

fn of_item(models: [&Model; 2], item: &Change, [was, is]: [&Map<String, Value>; 2]) -> Vec<Change> {
    let mut changes = Vec::new();
    let fields = keys([Some(was), Some(is)]);
    for field in fields.iter().filter(|field| !WORDS.contains(&field.as_str())) {
        let listed = LISTS.iter().find(|list| *list == field);
        let nothing = Value::Array(Vec::new());
        let empty = listed
            .filter(|list| absent_is_empty(item.section, list))
            .map(|_| &nothing);
        let (before, after) = (was.get(field).or(empty), is.get(field).or(empty));
        let found = match (before, after, listed) {
            (Some(Value::Array(before)), Some(Value::Array(after)), Some(list)) => {
                elements(models, item, list, [before, after])
            }
            _ if before.map(canonical) == after.map(canonical) => Vec::new(),
            _ => vec![Change {
                field: Some(field.clone()),
                before: before.cloned(),
                after: after.cloned(),
                at: at(models, item, listed.copied(), None, after.is_some()),
                ..item.clone()
            }],
        };
        changes.extend(found);
    }
    changes
}

/// Whether a list that is not written is an empty one. A group's egress is not: left out, it lets everything out.
fn absent_is_empty(section: &str, list: &str) -> bool {
    match list {
        "egress" => section == "nacls",
        "routes" => section.ends_with("route_tables"),
        "propagates_to" => false,
        _ => true,
    }
}

fn at(
    [old, new]: [&Model; 2],
    item: &Change,
    list: Option<&'static str>,
    index: Option<usize>,
    is_there: bool,
) -> Option<Location> {
    let mut place = Place::item(item.section, item.id.clone());
    if let Some(list) = list {
        place = place.field(list);
    }
    if let Some(index) = index {
        place = place.index(index);
    }
    let side = if is_there { new } else { old };
    side.sources.locate(&place)
}

/// Where a change of a model is to be made: at what it replaces, else at the list or item that it becomes a part of.
pub fn located(model: &Model, change: &Change) -> Option<Location> {
    let mut place = Place::item(change.section, change.id.clone());
    let list = LISTS.iter().find(|list| Some(**list) == change.field.as_deref());
    let element = |field: &str| {
        let tree = tree(model);
        let item = items(&tree, change.section)?.get(change.id.as_str())?;
        let list = item.get(field)?.as_array()?;
        list.iter()
            .position(|element| Some(element) == change.before.as_ref())
    };
    if let Some(list) = list {
        place = place.field(list);
        if let Some(index) = element(list) {
            place = place.index(index);
        }
    }
    model.sources.locate(&place)
}

/// The elements of a list that only one of two has; those of one key are one element, changed.
fn elements(
    models: [&Model; 2],
    item: &Change,
    list: &'static str,
    [before, after]: [&[Value]; 2],
) -> Vec<Change> {
    let (gone, mut come) = (missing(before, after), missing(after, before));
    let mut changes = Vec::new();
    let change = |before: Option<(usize, &Value)>, after: Option<(usize, &Value)>| Change {
        field: Some(list.to_owned()),
        before: before.map(|(_, value)| value.clone()),
        after: after.map(|(_, value)| value.clone()),
        element: true,
        at: at(
            models,
            item,
            Some(list),
            after.or(before).map(|(index, _)| index),
            after.is_some(),
        ),
        ..item.clone()
    };
    for (index, was) in gone {
        let same = come.iter().position(|(_, is)| same_element(was, is));
        let is = same.map(|place| come.remove(place));
        changes.push(change(Some((index, was)), is));
    }
    changes.extend(come.into_iter().map(|is| change(None, Some(is))));
    changes
}

/// The elements of one list that the other has not, each as often as it has not.
fn missing<'a>(of: &'a [Value], other: &[Value]) -> Vec<(usize, &'a Value)> {
    let mut others: Vec<Option<Value>> = other.iter().map(|value| Some(canonical(value))).collect();
    let mut missing = Vec::new();
    for (index, value) in of.iter().enumerate() {
        let plain = canonical(value);
        match others.iter_mut().find(|other| other.as_ref() == Some(&plain)) {
            Some(found) => *found = None,
            None => missing.push((index, value)),
        }
    }
    missing
}

/// Whether two elements of a list are one, changed: they have a key in common, and it is the same.
fn same_element(a: &Value, b: &Value) -> bool {
    // A group's rules have no key: `destination` in them is a peer, and several may have the same.
    let key = KEYS.iter().find(|key| a.get(**key).is_some());
    let is_rule = |value: &Value| value.get("protocol").is_some() && value.get("rule").is_none();
    key.is_some_and(|key| a.get(key) == b.get(key)) && !is_rule(a) && !is_rule(b)
}

/// A value without what is words only, and lists within it in a fixed order: of several sources, none is first.
fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(key, _)| !WORDS.contains(&key.as_str()));
            let inner = |value: &Value| match value {
                Value::Array(items) => {
                    let mut items = items.clone();
                    items.sort_by_key(Value::to_string);
                    Value::Array(items)
                }
                other => other.clone(),
            };
            Value::Object(fields.map(|(key, value)| (key.clone(), inner(value))).collect())
        }
        other => other.clone(),
    }
}
