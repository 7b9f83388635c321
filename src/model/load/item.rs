//! Reads the items of the sections, each on its own.

use super::de::{From, Unfit, What};
use super::locate::Trees;
use super::text::{File, Span};
use super::tree::{Node, NodeKind};
use crate::model::diagnostic::{Diagnostic, MISTAKES_MAX, Severity};
use crate::model::sections::Visit;
use crate::model::{Model, Origin, ResourceId, near};
use serde::de::DeserializeOwned;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The most mistakes that are told of one item.
const OF_ITEM_MAX: usize = 20;

/// A model as far as it is read, and the mistakes so far.
#[derive(Default)]
pub struct Reading {
    /// What could be read.
    pub model: Model,
    /// The mistakes.
    pub found: Vec<Diagnostic>,
    /// The ids of items that are written and could not be read.
    pub broken: BTreeSet<ResourceId>,
    /// Whether items are written whose very ids could not be read.
    pub lost: bool,
    /// The files' trees, to find lines in.
    pub trees: Trees,
}

impl Reading {
    /// Whether so many mistakes are told that no more are looked for.
    pub fn is_full(&self) -> bool {
        is_full(&self.found)
    }

    /// One more mistake.
    pub fn say(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// A file says that AWS already holds this network.
    pub fn imported(&mut self) {
        self.model.origin = Origin::Imported;
    }

    /// Keeps a file's tree, to find lines in.
    pub fn remember(&mut self, file: &Arc<File>, root: Node) {
        self.trees.add(Arc::clone(file), root);
    }

    /// A mistake that hides items.
    pub fn lost(&mut self, diagnostic: Diagnostic) {
        self.lost = true;
        self.found.push(diagnostic);
    }

    /// Notes the ids of a section that could not be read.
    pub fn broken(&mut self, section: &Node) {
        match &section.kind {
            NodeKind::Map(entries) => {
                let ids = entries.iter().filter_map(|(key, _)| key.text());
                self.broken.extend(ids.map(ResourceId::from));
            }
            _ => self.lost = true,
        }
    }
}

/// Reads a section; false when there is none of this name.
pub fn section(reading: &mut Reading, file: &Arc<File>, name: &str, node: &Node) -> bool {
    let mut model = std::mem::take(&mut reading.model);
    let known = model.visit(name, &mut Reader { reading, file, node });
    reading.model = model;
    known
}

struct Reader<'a> {
    reading: &'a mut Reading,
    file: &'a Arc<File>,
    node: &'a Node,
}

impl Visit for Reader<'_> {
    fn section<K, T>(&mut self, name: &'static str, into: &mut BTreeMap<K, T>)
    where
        K: for<'a> std::convert::From<&'a str> + Ord,
        T: DeserializeOwned,
    {
        items(self.reading, self.file, name, self.node, into);
    }
}

fn items<K, T>(reading: &mut Reading, file: &Arc<File>, section: &str, node: &Node, into: &mut BTreeMap<K, T>)
where
    K: for<'a> std::convert::From<&'a str> + Ord,
    T: DeserializeOwned,
{
    let entries = match &node.kind {
        NodeKind::Map(entries) => entries,
        NodeKind::Scalar(text, true) if text.is_empty() || &**text == "null" || &**text == "~" => return,
        _ => {
            let message = format!("`{section}` is a map by id, and this is none");
            let error = Diagnostic::error("MODEL_WRONG_TYPE", message).at(Some(file.excerpt(node.span)));
            return reading.lost(error.hint("write one key for each id: `ID: { … }`"));
        }
    };
    for (key, value) in entries {
        let id = key.text().unwrap_or_default();
        match into.entry(K::from(id)) {
            Entry::Occupied(_) if reading.is_full() => reading.lost = true,
            Entry::Occupied(_) => reading.lost(twice(reading, file, section, id, key.span)),
            Entry::Vacant(place) => match one(&mut reading.found, file, value, key.span) {
                Some(item) => _ = place.insert(item),
                None => _ = reading.broken.insert(id.into()),
            },
        }
    }
}

fn twice(reading: &Reading, file: &File, section: &str, id: &str, key: Span) -> Diagnostic {
    let first = reading
        .trees
        .find(section, id)
        .map(|(file, span)| file.excerpt(span));
    Diagnostic::error("MODEL_DUPLICATE_ID", format!("`{id}` is in `{section}` twice"))
        .at(Some(file.excerpt(key)))
        .related(first, "first given here")
}

/// Whether so many mistakes are told, an error among them, that no more are looked for.
fn is_full(found: &[Diagnostic]) -> bool {
    let error = |one: &Diagnostic| one.severity == Severity::Error;
    found.len() >= MISTAKES_MAX && found.iter().any(error)
}

/// Reads one item. Its mistakes are taken out one by one, so that each is told.
pub fn one<T: DeserializeOwned>(
    found: &mut Vec<Diagnostic>,
    file: &File,
    node: &Node,
    key: Span,
) -> Option<T> {
    let mut error = match T::deserialize(From(node)) {
        Ok(item) => return Some(item),
        Err(_) if is_full(found) => return None,
        Err(error) => error,
    };
    let mut rest = node.clone();
    let mut mended: Vec<Span> = Vec::new();
    for _ in 0..OF_ITEM_MAX {
        // What is missing only because it was bad is told already.
        let missing = matches!(error.what, What::MissingKey(_));
        if !(missing && error.span.is_some_and(|span| mended.contains(&span))) {
            found.push(told(file, &error, node, key));
        }
        let Some(span) = error.span else { break };
        match take_out(&mut rest, span) {
            Some(around) => mended.push(around),
            None => break,
        }
        match T::deserialize(From(&rest)) {
            Ok(_) => break,
            Err(next) => error = next,
        }
    }
    None
}

/// Takes out the smallest entry or list element around a place; answers what it was taken out of.
fn take_out(node: &mut Node, span: Span) -> Option<Span> {
    let around =
        |node: &Node| node.span.start <= span.start && span.start < node.span.end.max(node.span.start + 1);
    match &mut node.kind {
        NodeKind::Scalar(..) => None,
        NodeKind::List(items) => {
            let place = items.iter().position(around)?;
            // A mistake inside an element spoils the element: half a rule would be another rule.
            items.remove(place);
            Some(node.span)
        }
        NodeKind::Map(entries) => {
            let whole = |(key, value): &(Node, Node)| around(key) || around(value);
            let place = entries.iter().position(whole)?;
            let value = &mut entries[place].1;
            let inner = if value.span == span {
                None
            } else {
                take_out(value, span)
            };
            if inner.is_none() {
                entries.remove(place);
            }
            inner.or(Some(node.span))
        }
    }
}

fn told(file: &File, error: &Unfit, item: &Node, key: Span) -> Diagnostic {
    let span = match error.what {
        What::MissingKey(_) if error.span == Some(item.span) => key,
        _ => error.span.unwrap_or(key),
    };
    let (code, hint) = match &error.what {
        What::UnknownKey(key, known) => ("MODEL_UNKNOWN_KEY", suggestion(key, known, "keys")),
        What::UnknownWord(word, known) => ("MODEL_UNKNOWN_WORD", suggestion(word, known, "words")),
        What::MissingKey(_) => ("MODEL_MISSING_KEY", None),
        What::Other(_) => ("MODEL_BAD_VALUE", None),
    };
    let diagnostic = Diagnostic::error(code, error.to_string()).at(Some(file.excerpt(span)));
    match hint {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

fn suggestion(word: &str, known: &'static [&'static str], what: &str) -> Option<String> {
    match near(word, known.iter().copied()) {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None => Some(format!("the {what} here are {}", known.join(", "))),
    }
}
