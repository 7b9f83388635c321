//! The rules that an audit names, each kept once: a hundred thousand classes of records pass by the word of a few rules.

use super::Author;
use crate::analysis::Hop;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// A rule, by its place among [`Authors`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct By(pub u32);

/// The rules, in the order in which they were first met.
#[derive(Default)]
pub struct Authors {
    all: Vec<Rc<Author>>,
    places: FxHashMap<Rc<Author>, By>,
}

impl Authors {
    /// The author of a hop.
    pub fn of(&mut self, hop: &Hop) -> By {
        let author = Author::of(hop);
        if let Some(known) = self.places.get(&author) {
            return *known;
        }
        let (author, by) = (Rc::new(author), By(self.all.len() as u32));
        self.all.push(Rc::clone(&author));
        self.places.insert(author, by);
        by
    }

    /// The rule that is meant.
    pub fn get(&self, by: By) -> &Author {
        &self.all[by.0 as usize]
    }

    /// The rules that are meant.
    pub fn list(&self, all: &[By]) -> Vec<Author> {
        all.iter().map(|by| self.get(*by).clone()).collect()
    }
}
