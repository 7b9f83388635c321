//! Reads the items of the sections, each on its own.

use super::de::{From, Unfit, What};
use super::locate::Trees;
use super::tree::{File, Node, NodeKind, Span};
use crate::model::diagnostic::Diagnostic;
use crate::model::{Model, Origin, near};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// The most mistakes that are told of one item.
const MISTAKES_MAX: usize = 20;

/// A model as far as it is read, and the mistakes so far.
#[derive(Default)]
pub struct Reading {
    model: Model,
    found: Vec<Diagnostic>,
    trees: Trees,
}

impl Reading {
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

    /// The model and the mistakes.
    pub fn finish(mut self) -> (Model, Vec<Diagnostic>) {
        self.model.version = 1;
        self.model.sources.add(Arc::new(self.trees));
        (self.model, self.found)
    }
}

/// Declares the sections: their names, and how each is read into its map.
macro_rules! sections {
    ($($name:ident)*) => {
        /// The sections of a model.
        pub const SECTIONS: &[&str] = &[$(stringify!($name)),*];

        /// Reads a section; false when there is none of this name.
        pub fn section(reading: &mut Reading, file: &Arc<File>, name: &str, node: &Node) -> bool {
            match name {
                $(stringify!($name) => {
                    let mut into = std::mem::take(&mut reading.model.$name);
                    items(reading, file, name, node, &mut into);
                    reading.model.$name = into;
                })*
                _ => return false,
            }
            true
        }
    };
}

sections! {
    vpcs subnets enis instances security_groups nacls route_tables prefix_lists internet_gateways
    egress_only_internet_gateways nat_gateways peering_connections load_balancers target_groups transit_gateways transit_gateway_attachments
    transit_gateway_route_tables elastic_ips flow_logs unknown
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
            return reading.say(error.hint("write one key for each id"));
        }
    };
    for (key, value) in entries {
        let id = key.text().unwrap_or_default();
        match into.entry(K::from(id)) {
            Entry::Occupied(_) => reading.say(twice(reading, file, section, id, key.span)),
            Entry::Vacant(place) => {
                if let Some(item) = one(reading, file, value, key.span) {
                    place.insert(item);
                }
            }
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

/// Reads one item. Its mistakes are taken out one by one, so that each is told.
fn one<T: DeserializeOwned>(reading: &mut Reading, file: &File, node: &Node, key: Span) -> Option<T> {
    let mut error = match T::deserialize(From(node)) {
        Ok(item) => return Some(item),
        Err(error) => error,
    };
    let mut rest = node.clone();
    let mut mended = false;
    for _ in 0..MISTAKES_MAX {
        // What is missing only because it was bad is told already.
        if !(mended && matches!(error.what, What::MissingKey(_))) {
            reading.say(told(file, &error, node, key));
        }
        let Some(span) = error.span else { break };
        if !take_out(&mut rest, span) {
            break;
        }
        mended = true;
        match T::deserialize(From(&rest)) {
            Ok(_) => break,
            Err(next) => error = next,
        }
    }
    None
}

/// Takes out the smallest entry or list element around a place.
fn take_out(node: &mut Node, span: Span) -> bool {
    let around =
        |node: &Node| node.span.start <= span.start && span.start < node.span.end.max(node.span.start + 1);
    match &mut node.kind {
        NodeKind::Scalar(..) => false,
        NodeKind::List(items) => {
            let Some(place) = items.iter().position(around) else {
                return false;
            };
            // A mistake inside an element spoils the element: half a rule would be another rule.
            items.remove(place);
            true
        }
        NodeKind::Map(entries) => {
            let Some(place) = entries
                .iter()
                .position(|(key, value)| around(key) || around(value))
            else {
                return false;
            };
            if entries[place].1.span == span || !take_out(&mut entries[place].1, span) {
                entries.remove(place);
            }
            true
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
