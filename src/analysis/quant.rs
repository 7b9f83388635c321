//! Sets that hold whatever AWS picks, and sets that hold for some of its picks.

use crate::packet::{PacketSet, Space};

/// Where AWS itself picks (a translated port, one of several equal routes), what holds for all picks and for some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quant {
    /// Holds whatever is picked.
    pub all: PacketSet,
    /// Holds for some pick at least.
    pub some: PacketSet,
}

impl Quant {
    /// Nothing.
    pub const EMPTY: Self = Self {
        all: PacketSet::EMPTY,
        some: PacketSet::EMPTY,
    };

    /// What does not depend on a pick.
    pub fn sure(set: PacketSet) -> Self {
        Self { all: set, some: set }
    }
    /// Of packets that went different ways.
    pub fn union(self, space: &Space, other: Self) -> Self {
        Self {
            all: space.union(self.all, other.all),
            some: space.union(self.some, other.some),
        }
    }
    /// Of the same packets, when AWS picks one of two ways.
    pub fn either(self, space: &Space, other: Self) -> Self {
        Self {
            all: space.intersect(self.all, other.all),
            some: space.union(self.some, other.some),
        }
    }
}

/// What became of packets, in the coordinates in which their source sends them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fate {
    /// Those that arrive.
    pub arrives: Quant,
    /// Those that arrive and whose reply returns.
    pub works: Quant,
    /// Those that meet something which the model does not decide.
    pub unknown: PacketSet,
}

impl Fate {
    /// Lost.
    pub const LOST: Self = Self {
        arrives: Quant::EMPTY,
        works: Quant::EMPTY,
        unknown: PacketSet::EMPTY,
    };

    /// Of packets that went different ways.
    pub fn union(self, space: &Space, other: Self) -> Self {
        Self {
            arrives: self.arrives.union(space, other.arrives),
            works: self.works.union(space, other.works),
            unknown: space.union(self.unknown, other.unknown),
        }
    }
    /// Of the same packets, when AWS picks one of two ways.
    pub fn either(self, space: &Space, other: Self) -> Self {
        Self {
            arrives: self.arrives.either(space, other.arrives),
            works: self.works.either(space, other.works),
            unknown: space.union(self.unknown, other.unknown),
        }
    }
}
