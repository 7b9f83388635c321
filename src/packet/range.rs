//! Canonical sets of integers: sorted, disjoint, maximal inclusive ranges.

use std::sync::Arc;

/// A canonical set of integers: sorted inclusive ranges that neither overlap nor touch. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RangeSet<T>(Arc<[(T, T)]>);

/// Destination or source ports; for ICMP the destination "port" is `type * 256 + code`.
pub type PortSet = RangeSet<u16>;
/// IP protocol numbers.
pub type ProtocolSet = RangeSet<u8>;

/// An unsigned integer that can be counted up and down.
pub trait Bound: Copy + Ord + std::fmt::Debug + std::hash::Hash {
    /// The smallest value.
    const MIN: Self;
    /// The largest value.
    const MAX: Self;
    /// The next value up, unless there is none.
    fn up(self) -> Option<Self>;
    /// The next value down, unless there is none.
    fn down(self) -> Option<Self>;
}

macro_rules! bounds { ($($t:ty)*) => {$(impl Bound for $t { const MIN: Self = <$t>::MIN; const MAX: Self = <$t>::MAX; fn up(self) -> Option<Self> { self.checked_add(1) } fn down(self) -> Option<Self> { self.checked_sub(1) } })*}; }
bounds!(u8 u16 u32 u128);

impl<T: Bound> RangeSet<T> {
    /// The empty set.
    pub fn empty() -> Self {
        todo!()
    }
    /// Every value.
    pub fn all() -> Self {
        todo!()
    }
    /// One value.
    pub fn one(_value: T) -> Self {
        todo!()
    }
    /// One inclusive range; empty when `low > high`.
    pub fn range(_low: T, _high: T) -> Self {
        todo!()
    }
    /// The union of inclusive ranges in any order.
    pub fn from_ranges(_ranges: impl IntoIterator<Item = (T, T)>) -> Self {
        todo!()
    }
    /// The ranges, sorted.
    pub fn ranges(&self) -> &[(T, T)] {
        &self.0
    }
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// Whether everything is in it.
    pub fn is_all(&self) -> bool {
        todo!()
    }
    /// Whether `value` is in it.
    pub fn contains(&self, _value: T) -> bool {
        todo!()
    }
    /// What is in either.
    #[must_use]
    pub fn union(&self, _other: &Self) -> Self {
        todo!()
    }
    /// What is in both.
    #[must_use]
    pub fn intersect(&self, _other: &Self) -> Self {
        todo!()
    }
    /// What is in `self` and not in `other`.
    #[must_use]
    pub fn subtract(&self, _other: &Self) -> Self {
        todo!()
    }
    /// Whether all of `self` is in `other`.
    pub fn is_subset(&self, _other: &Self) -> bool {
        todo!()
    }
    /// The smallest value, if any.
    pub fn first(&self) -> Option<T> {
        todo!()
    }
}
