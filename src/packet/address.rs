//! Sets of IP addresses of both families.

use super::range::RangeSet;
use ipnet::IpNet;
use std::net::IpAddr;

/// IPv4 or IPv6: two forwarding planes that never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Internet Protocol version 4.
    V4,
    /// Internet Protocol version 6.
    V6,
}

/// A canonical set of addresses of both families. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AddressSet {
    /// The IPv4 part.
    pub v4: RangeSet<u32>,
    /// The IPv6 part.
    pub v6: RangeSet<u128>,
}

impl AddressSet {
    /// No address.
    pub fn empty() -> Self {
        todo!()
    }
    /// Every address of both families.
    pub fn all() -> Self {
        todo!()
    }
    /// Every address of one family.
    pub fn family(_family: Family) -> Self {
        todo!()
    }
    /// One address.
    pub fn one(_address: IpAddr) -> Self {
        todo!()
    }
    /// The addresses of a prefix (host bits are ignored).
    pub fn cidr(_cidr: IpNet) -> Self {
        todo!()
    }
    /// The union of prefixes in any order.
    pub fn from_cidrs(_cidrs: impl IntoIterator<Item = IpNet>) -> Self {
        todo!()
    }
    /// The union of single addresses in any order.
    pub fn from_addresses(_addresses: impl IntoIterator<Item = IpAddr>) -> Self {
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
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        todo!()
    }
    /// Whether `address` is in it.
    pub fn contains(&self, _address: IpAddr) -> bool {
        todo!()
    }
    /// Whether all of `self` is in `other`.
    pub fn is_subset(&self, _other: &Self) -> bool {
        todo!()
    }
    /// Whether the two have an address in common.
    pub fn overlaps(&self, _other: &Self) -> bool {
        todo!()
    }
    /// The single address, when the set holds exactly one.
    pub fn as_single(&self) -> Option<IpAddr> {
        todo!()
    }
    /// The smallest address, IPv4 before IPv6.
    pub fn first(&self) -> Option<IpAddr> {
        todo!()
    }
    /// The fewest prefixes that cover exactly this set, sorted, IPv4 before IPv6.
    pub fn to_cidrs(&self) -> Vec<IpNet> {
        todo!()
    }
}
