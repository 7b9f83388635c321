//! Finds the line where something of a model is written.

use super::text::{File, Span};
use super::tree::{Node, NodeKind};
use crate::model::diagnostic::Excerpt;
use crate::model::source::{Locate, Location, Place};
use rustc_hash::FxHashMap;
use std::sync::{Arc, OnceLock};

/// The trees of a model's files.
#[derive(Debug, Default)]
pub struct Trees {
    files: Vec<(Arc<File>, Node)>,
    /// Where each id is written: file, section, item, counted. Made when the first is looked for.
    index: OnceLock<FxHashMap<Box<str>, Vec<[usize; 3]>>>,
}

impl Trees {
    /// One more file.
    pub fn add(&mut self, file: Arc<File>, root: Node) {
        self.files.push((file, root));
    }

    /// Where an item's id is written.
    pub fn find(&self, section: &str, id: &str) -> Option<(&File, Span)> {
        self.files
            .iter()
            .find_map(|(file, root)| Some((&**file, root.get(section)?.entry(id)?.0.span)))
    }

    fn span(&self, place: &Place) -> Option<(&File, Span)> {
        let index = self.index.get_or_init(|| self.index());
        let places = index.get(place.id.as_str())?;
        places.iter().find_map(|&[file, section, item]| {
            let (file, root) = self.files.get(file)?;
            let (name, items) = root.entries().get(section)?;
            let (key, item) = items.entries().get(item)?;
            let found = name.text() == Some(place.section);
            found.then(|| (&**file, within(item, place).unwrap_or(key.span)))
        })
    }

    fn index(&self) -> FxHashMap<Box<str>, Vec<[usize; 3]>> {
        let mut index: FxHashMap<Box<str>, Vec<[usize; 3]>> = FxHashMap::default();
        for (file, (_, root)) in self.files.iter().enumerate() {
            for (section, (_, items)) in root.entries().iter().enumerate() {
                for (item, (key, _)) in items.entries().iter().enumerate() {
                    let id = key.text().unwrap_or_default();
                    index.entry(id.into()).or_default().push([file, section, item]);
                }
            }
        }
        index
    }
}

/// The most precise span that is written: the element's field, else the element, the field.
fn within(item: &Node, place: &Place) -> Option<Span> {
    let (key, value) = item.entry(place.field?)?;
    let Some(index) = place.index else {
        // Of a list or a map the key says enough.
        return Some(match value.kind {
            NodeKind::Scalar(..) => value.span,
            _ => key.span,
        });
    };
    let element = match &value.kind {
        NodeKind::List(items) => items.get(index)?,
        _ => value,
    };
    let field = place.key.and_then(|key| element.get(key));
    Some(field.unwrap_or(element).span)
}

impl Locate for Trees {
    fn locate(&self, place: &Place) -> Option<Location> {
        self.span(place).map(|(file, span)| file.location(span))
    }
    fn excerpt(&self, place: &Place) -> Option<Excerpt> {
        self.span(place).map(|(file, span)| file.excerpt(span))
    }
}
