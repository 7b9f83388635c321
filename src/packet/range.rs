//! Canonical sets of integers: sorted, disjoint, maximal inclusive ranges.

use std::sync::Arc;

/// A canonical set of integers: sorted inclusive ranges that neither overlap nor touch. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

macro_rules! bounds {
    ($($number:ty)*) => {$(
        impl Bound for $number {
            const MIN: Self = <$number>::MIN;
            const MAX: Self = <$number>::MAX;
            fn up(self) -> Option<Self> {
                self.checked_add(1)
            }
            fn down(self) -> Option<Self> {
                self.checked_sub(1)
            }
        }
    )*};
}

bounds!(u8 u16 u32 u128);

impl<T: Bound> RangeSet<T> {
    /// The empty set.
    pub fn empty() -> Self {
        // One that all share: empty sets are everywhere.
        Self(Arc::default())
    }
    /// Every value.
    pub fn all() -> Self {
        Self(Arc::from([(T::MIN, T::MAX)]))
    }
    /// One value.
    pub fn one(value: T) -> Self {
        Self(Arc::from([(value, value)]))
    }
    /// One inclusive range; empty when `low > high`.
    pub fn range(low: T, high: T) -> Self {
        if low > high {
            Self::empty()
        } else {
            Self(Arc::from([(low, high)]))
        }
    }
    /// The union of inclusive ranges in any order; those with `low > high` are empty.
    pub fn from_ranges(ranges: impl IntoIterator<Item = (T, T)>) -> Self {
        let mut ranges: Vec<(T, T)> = ranges.into_iter().filter(|(low, high)| low <= high).collect();
        ranges.sort_unstable();
        let mut merged: Vec<(T, T)> = Vec::with_capacity(ranges.len());
        for (low, high) in ranges {
            match merged.last_mut() {
                // Overlapping or touching: the one before reaches to just before this one at least.
                Some(last) if last.1.up().is_none_or(|next| low <= next) => last.1 = last.1.max(high),
                _ => merged.push((low, high)),
            }
        }
        Self(merged.into())
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
        *self.0 == [(T::MIN, T::MAX)]
    }
    /// Whether `value` is in it.
    pub fn contains(&self, value: T) -> bool {
        let index = self.0.partition_point(|&(_, high)| high < value);
        self.0.get(index).is_some_and(|&(low, _)| low <= value)
    }
    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if self.is_empty() {
            return other.clone();
        }
        if other.is_empty() {
            return self.clone();
        }
        Self::from_ranges(self.0.iter().chain(other.0.iter()).copied())
    }
    /// What is in both.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut both = Vec::new();
        while let (Some(&&(a, b)), Some(&&(c, d))) = (left.peek(), right.peek()) {
            if a.max(c) <= b.min(d) {
                both.push((a.max(c), b.min(d)));
            }
            if b < d {
                left.next()
            } else {
                right.next()
            };
        }
        Self(both.into())
    }
    /// Everything else.
    #[must_use]
    pub fn complement(&self) -> Self {
        let mut gaps = Vec::with_capacity(self.0.len() + 1);
        let mut next = Some(T::MIN);
        for &(low, high) in self.0.iter() {
            if let (Some(from), Some(to)) = (next, low.down())
                && from <= to
            {
                gaps.push((from, to));
            }
            next = high.up();
        }
        gaps.extend(next.map(|from| (from, T::MAX)));
        Self(gaps.into())
    }
    /// What is in `self` and not in `other`.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        self.intersect(&other.complement())
    }
    /// Whether all of `self` is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.intersect(other) == *self
    }
    /// The smallest value, if any.
    pub fn first(&self) -> Option<T> {
        self.0.first().map(|&(low, _)| low)
    }
}
