//! Operations on two diagrams, and on one.

use super::arena::{ALL, Arena, EMPTY, Id, NO_RULE, is_leaf};
use rustc_hash::FxHashMap;

/// An operation on two diagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// What is in either set.
    Union,
    /// What is in the first and not in the second set.
    Subtract,
    /// The first diagram (a set or a rule map) where the second (a set) holds, and nothing elsewhere.
    Mask,
}

impl Op {
    /// The result where it follows without looking further.
    fn settled(self, a: Id, b: Id) -> Option<Id> {
        match self {
            Self::Union if a == b || b == EMPTY => Some(a),
            Self::Union if a == EMPTY => Some(b),
            Self::Union if a == ALL || b == ALL => Some(ALL),
            Self::Subtract if a == EMPTY || b == ALL || a == b => Some(EMPTY),
            Self::Subtract if b == EMPTY => Some(a),
            Self::Mask if a == EMPTY || b == EMPTY => Some(EMPTY),
            Self::Mask if b == ALL || a == b => Some(a),
            Self::Mask if a == ALL => Some(b),
            _ => None,
        }
    }

    /// The pair under which the result is remembered.
    fn key(self, a: Id, b: Id) -> (Self, Id, Id) {
        if self == Self::Union && b < a {
            (self, b, a)
        } else {
            (self, a, b)
        }
    }
}

/// Results already worked out.
pub type Memo = FxHashMap<(Op, Id, Id), Id>;

/// Applies an operation.
pub fn apply(arena: &mut Arena, memo: &mut Memo, op: Op, a: Id, b: Id) -> Id {
    if let Some(id) = op.settled(a, b) {
        return id;
    }
    let key = op.key(a, b);
    if let Some(id) = memo.get(&key) {
        return *id;
    }
    let level = arena.level(a).min(arena.level(b));
    let mut edges = Vec::new();
    let mut cursors = [Cursor::new(arena, a, level), Cursor::new(arena, b, level)];
    loop {
        let (left, right) = (cursors[0].edge(arena), cursors[1].edge(arena));
        let last = left.0.min(right.0);
        edges.push((last, apply(arena, memo, op, left.1, right.1)));
        let mut done = true;
        for (cursor, edge) in cursors.iter_mut().zip([left, right]) {
            done &= !cursor.pass(arena, edge.0 == last);
        }
        if done {
            break;
        }
    }
    let id = arena.node(level, &mut edges);
    memo.insert(key, id);
    id
}

/// A place among the edges of a node; of a node of a lower field, its one edge that is the whole domain.
struct Cursor {
    id: Id,
    branches: bool,
    at: usize,
}

impl Cursor {
    fn new(arena: &Arena, id: Id, level: u8) -> Self {
        Self {
            id,
            branches: arena.level(id) == level,
            at: 0,
        }
    }
    fn edge(&self, arena: &Arena) -> (u128, Id) {
        if self.branches {
            arena.edges(self.id)[self.at]
        } else {
            (u128::MAX, self.id)
        }
    }
    /// Steps on when the edge is used up; whether there is more.
    fn pass(&mut self, arena: &Arena, used: bool) -> bool {
        self.at += usize::from(used && self.branches);
        self.branches && self.at < arena.edges(self.id).len()
    }
}

/// Replaces the leaves of a diagram.
pub fn relabel(arena: &mut Arena, memo: &mut FxHashMap<Id, Id>, id: Id, leaf: &impl Fn(Id) -> Id) -> Id {
    if is_leaf(id) {
        return leaf(id);
    }
    if let Some(done) = memo.get(&id) {
        return *done;
    }
    let mut edges: Vec<_> = arena.edges(id).to_vec();
    for edge in &mut edges {
        edge.1 = relabel(arena, memo, edge.1, leaf);
    }
    let level = arena.level(id);
    let done = arena.node(level, &mut edges);
    memo.insert(id, done);
    done
}

/// The set with one field made arbitrary.
pub fn forget(arena: &mut Arena, memo: &mut Memo, done: &mut FxHashMap<Id, Id>, id: Id, level: u8) -> Id {
    let here = arena.level(id);
    if here > level {
        return id;
    }
    if let Some(known) = done.get(&id) {
        return *known;
    }
    let edges: Vec<_> = arena.edges(id).to_vec();
    let result = if here == level {
        edges
            .into_iter()
            .fold(EMPTY, |all, (_, child)| apply(arena, memo, Op::Union, all, child))
    } else {
        let mut edges: Vec<_> = edges
            .into_iter()
            .map(|(last, child)| (last, forget(arena, memo, done, child, level)))
            .collect();
        arena.node(here, &mut edges)
    };
    done.insert(id, result);
    result
}

/// The leaves of a diagram other than the empty one, rules in order, [`NO_RULE`] last.
pub fn leaves(arena: &Arena, id: Id) -> Vec<Id> {
    let mut seen = rustc_hash::FxHashSet::default();
    let mut found = Vec::new();
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        if is_leaf(id) {
            found.push(id);
        }
        open.extend(arena.edges(id).iter().map(|&(_, child)| child));
    }
    found.retain(|leaf| *leaf != EMPTY);
    found.sort_unstable();
    debug_assert!(
        found.iter().rev().skip(1).all(|leaf| *leaf != NO_RULE),
        "no rule sorts last"
    );
    found
}
