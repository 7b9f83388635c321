//! Where in the templates each thing of the model is written: answers point there.

use crate::model::{Excerpt, Locate, Location, Place, ResourceId, Span, TextFile};
use std::collections::BTreeMap;
use std::sync::Arc;

type Spot = (Arc<TextFile>, Span);

/// The places of items, and of the elements of their lists.
#[derive(Debug, Default)]
pub struct Lines {
    items: BTreeMap<(&'static str, ResourceId), Spot>,
    elements: BTreeMap<(&'static str, ResourceId, &'static str, usize), Spot>,
}

impl Lines {
    /// Where an item is written.
    pub fn item(&mut self, section: &'static str, id: &str, file: &Arc<TextFile>, span: Span) {
        let spot = (Arc::clone(file), span);
        self.items.insert((section, ResourceId::from(id)), spot);
    }

    /// Where an element of one of its lists is written.
    pub fn element(
        &mut self,
        (section, id, field, index): (&'static str, &str, &'static str, usize),
        file: &Arc<TextFile>,
        span: Span,
    ) {
        let spot = (Arc::clone(file), span);
        self.elements
            .insert((section, ResourceId::from(id), field, index), spot);
    }

    fn find(&self, place: &Place) -> Option<&Spot> {
        let item = || self.items.get(&(place.section, place.id.clone()));
        let (Some(field), Some(index)) = (place.field, place.index) else {
            return item();
        };
        let element = (place.section, place.id.clone(), field, index);
        self.elements.get(&element).or_else(item)
    }
}

impl Locate for Lines {
    fn locate(&self, place: &Place) -> Option<Location> {
        self.find(place).map(|(file, span)| file.location(*span))
    }
    fn excerpt(&self, place: &Place) -> Option<Excerpt> {
        self.find(place).map(|(file, span)| file.excerpt(*span))
    }
}
