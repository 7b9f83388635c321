//! Finds the line where something of a model is written.

use super::text::{File, Span};
use super::tree::{Node, NodeKind};
use crate::model::diagnostic::Excerpt;
use crate::model::source::{Locate, Location, Place};
use std::sync::Arc;

/// The trees of a model's files.
#[derive(Debug, Default)]
pub struct Trees(Vec<(Arc<File>, Node)>);

impl Trees {
    /// One more file.
    pub fn add(&mut self, file: Arc<File>, root: Node) {
        self.0.push((file, root));
    }

    /// Where an item's id is written.
    pub fn find(&self, section: &str, id: &str) -> Option<(&File, Span)> {
        self.0
            .iter()
            .find_map(|(file, root)| Some((&**file, root.get(section)?.entry(id)?.0.span)))
    }

    fn span(&self, place: &Place) -> Option<(&File, Span)> {
        self.0.iter().find_map(|(file, root)| {
            let (key, item) = root.get(place.section)?.entry(place.id.as_str())?;
            Some((&**file, within(item, place).unwrap_or(key.span)))
        })
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
