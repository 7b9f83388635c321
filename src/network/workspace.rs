//! Where one thread works: its packet space, the rule lists that it has compiled there, and the tunnels that it has tried.

use super::tunnel::{Carriage, TunnelId};
use crate::packet::{Cube, RuleMap, Space};
use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// The name of a rule list: who holds it, and which of its variants. Unique within a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FilterId {
    /// Handed out by the builder.
    pub owner: u32,
    /// Which list of the owner's.
    pub variant: u64,
}

/// One thread's packet space and compiled rule lists.
#[derive(Debug, Default)]
pub struct Workspace {
    /// The packet space.
    pub space: Space,
    filters: RefCell<FxHashMap<FilterId, RuleMap>>,
    tunnels: RefCell<FxHashMap<TunnelId, Carriage>>,
}

impl Workspace {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// The compiled rule list of this name; `rules` is asked the first time only.
    pub fn filter(&self, id: FilterId, rules: impl FnOnce() -> Vec<Vec<Cube>>) -> RuleMap {
        if let Some(map) = self.filters.borrow().get(&id) {
            return *map;
        }
        let map = self.space.first_match(&rules());
        self.filters.borrow_mut().insert(id, map);
        map
    }

    /// Whether a tunnel carries what is put into it; `walk` is asked the first time only.
    pub fn carriage(&self, id: TunnelId, walk: impl FnOnce() -> Carriage) -> Carriage {
        if let Some(known) = self.tunnels.borrow().get(&id) {
            return *known;
        }
        let found = walk();
        self.tunnels.borrow_mut().insert(id, found);
        found
    }
}
