//! How sure it is that packets work, and what is surer or less sure elsewhere.

use crate::packet::{Cube, PacketSet, Space};

/// The packets of a pair by what becomes of them; what is in none of the sets fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Those that work whatever AWS picks.
    pub works: PacketSet,
    /// Those that work for some of its picks only.
    pub depends: PacketSet,
    /// Those of which the model does not say.
    pub unknown: PacketSet,
}

/// The same as few disjoint products.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Standings {
    /// Those that work whatever AWS picks.
    pub works: Vec<Cube>,
    /// Those that work for some of its picks only.
    pub depends: Vec<Cube>,
    /// Those of which the model does not say.
    pub unknown: Vec<Cube>,
}

impl Standings {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.works.is_empty() && self.depends.is_empty() && self.unknown.is_empty()
    }
    /// Whether all there is, is unknown.
    pub fn is_undecided(&self) -> bool {
        self.works.is_empty() && self.depends.is_empty() && !self.unknown.is_empty()
    }
}

impl Standing {
    /// Everything fails.
    pub const NONE: Self = Self {
        works: PacketSet::EMPTY,
        depends: PacketSet::EMPTY,
        unknown: PacketSet::EMPTY,
    };

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// All in one set.
    pub fn all(self, space: &Space) -> PacketSet {
        space.union(self.works, space.union(self.depends, self.unknown))
    }

    /// Those that are at a level or above, from the surest down: works, depends, unknown.
    fn at_least(self, space: &Space) -> [PacketSet; 3] {
        let depends = space.union(self.works, self.depends);
        [self.works, depends, space.union(depends, self.unknown)]
    }

    /// What is surer here than it is there, by how sure it is here.
    pub fn above(self, space: &Space, there: Self) -> Self {
        let [works, depends, unknown] = there.at_least(space);
        Self {
            works: space.subtract(self.works, works),
            depends: space.subtract(self.depends, depends),
            unknown: space.subtract(self.unknown, unknown),
        }
    }

    /// What is in both, by how sure it is here.
    pub fn within(self, space: &Space, packets: PacketSet) -> Self {
        Self {
            works: space.intersect(self.works, packets),
            depends: space.intersect(self.depends, packets),
            unknown: space.intersect(self.unknown, packets),
        }
    }

    /// What is not among these, by how sure it is here.
    pub fn without(self, space: &Space, packets: PacketSet) -> Self {
        Self {
            works: space.subtract(self.works, packets),
            depends: space.subtract(self.depends, packets),
            unknown: space.subtract(self.unknown, packets),
        }
    }

    /// Of some packets, those that are here at least as sure as they are there.
    pub fn reaches(self, space: &Space, packets: PacketSet, there: Self) -> PacketSet {
        space.subtract(packets, there.above(space, self).all(space))
    }

    /// As few disjoint products.
    pub fn cubes(self, space: &Space) -> Standings {
        Standings {
            works: space.cubes(self.works),
            depends: space.cubes(self.depends),
            unknown: space.cubes(self.unknown),
        }
    }
}
