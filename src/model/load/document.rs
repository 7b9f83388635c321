//! Files of ours that are no models, read as models are: with spans, within limits, every mistake in one run.

use super::item;
use super::text::{File, Span};
use super::tree::{self, Node, NodeKind};
use super::version;
use crate::model::diagnostic::{Diagnostic, Excerpt};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A file that is a map of values and lists.
#[derive(Debug)]
pub struct Document {
    file: Arc<File>,
    root: Node,
}

/// One step from the whole of a file towards a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// The value of a key.
    Key(&'a str),
    /// The element of a list. What is written without a list is its own first element.
    Item(usize),
}

impl Document {
    /// Reads a file; nothing where there is no map to read.
    pub fn read(name: &str, bytes: Vec<u8>, found: &mut Vec<Diagnostic>) -> Option<Self> {
        let read = File::new(name.into(), bytes).and_then(|file| Ok((tree::parse(&file, found)?, file)));
        let (root, file) = match read {
            Ok((Some(root), file)) => (root, file),
            Ok((None, file)) => {
                let start = Span {
                    line: 1,
                    column: 1,
                    ..Span::default()
                };
                let error = Diagnostic::error("MODEL_EMPTY", format!("{} holds nothing", file.name));
                let error = error.at(Some(file.excerpt(start)));
                found.push(error.hint("begin with `version: 1`"));
                return None;
            }
            Err(error) => {
                found.push(*error);
                return None;
            }
        };
        if !matches!(root.kind, NodeKind::Map(_)) {
            let error = Diagnostic::error("MODEL_NOT_A_MAP", "this file is a map of keys, and this is none");
            found.push(
                error
                    .at(Some(file.excerpt(root.span)))
                    .hint("begin with `version: 1`"),
            );
            return None;
        }
        found.extend(version(&file, &root));
        let file = Arc::new(file);
        Some(Self { file, root })
    }

    /// The file's name as given.
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// The keys of the file, in the order written.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.root.entries().iter().filter_map(|(key, _)| key.text())
    }

    /// Where a key of the file is written.
    pub fn key(&self, key: &str) -> Option<Excerpt> {
        let (key, _) = self.root.entry(key)?;
        Some(self.file.excerpt(key.span))
    }

    /// The value of a key; nothing where it is not there, or is not what is wanted.
    pub fn value<T: DeserializeOwned>(&self, key: &str, found: &mut Vec<Diagnostic>) -> Option<T> {
        let (key, value) = self.root.entry(key)?;
        item::one(found, &self.file, value, key.span)
    }

    /// The elements of a list that could be read, each with its place in the list.
    pub fn list<T: DeserializeOwned>(&self, key: &str, found: &mut Vec<Diagnostic>) -> Vec<(usize, T)> {
        let Some((name, value)) = self.root.entry(key) else {
            return Vec::new();
        };
        let NodeKind::List(items) = &value.kind else {
            let error = Diagnostic::error("MODEL_WRONG_TYPE", format!("`{key}` is a list, and this is none"));
            let error = error.at(Some(self.file.excerpt(name.span)));
            found.push(error.hint("begin each element with `- `"));
            return Vec::new();
        };
        let read = |(index, node): (usize, &Node)| {
            item::one(found, &self.file, node, node.span).map(|item| (index, item))
        };
        items.iter().enumerate().filter_map(read).collect()
    }

    /// The line of a value: of the deepest part of the way to it that is written.
    pub fn excerpt(&self, way: &[Part<'_>]) -> Excerpt {
        let mut node = &self.root;
        for part in way {
            let next = match (part, &node.kind) {
                (Part::Key(key), _) => node.get(key),
                (Part::Item(index), NodeKind::List(items)) => items.get(*index),
                (Part::Item(0), _) => Some(node),
                (Part::Item(_), _) => None,
            };
            let Some(next) = next else { break };
            node = next;
        }
        self.file.excerpt(node.span)
    }
}
