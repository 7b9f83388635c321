//! Sets of IP addresses of both families.

use super::range::RangeSet;
use ipnet::{IpNet, Ipv4Net, Ipv4Subnets, Ipv6Net, Ipv6Subnets};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// IPv4 or IPv6: two forwarding planes that never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// Internet Protocol version 4.
    V4,
    /// Internet Protocol version 6.
    V6,
}

/// A canonical set of addresses of both families. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressSet {
    /// The IPv4 part.
    pub v4: RangeSet<u32>,
    /// The IPv6 part.
    pub v6: RangeSet<u128>,
}

impl AddressSet {
    /// No address.
    pub fn empty() -> Self {
        Self {
            v4: RangeSet::empty(),
            v6: RangeSet::empty(),
        }
    }
    /// Every address of both families.
    pub fn all() -> Self {
        Self {
            v4: RangeSet::all(),
            v6: RangeSet::all(),
        }
    }
    /// Every address of one family.
    pub fn family(family: Family) -> Self {
        match family {
            Family::V4 => Self {
                v4: RangeSet::all(),
                v6: RangeSet::empty(),
            },
            Family::V6 => Self {
                v4: RangeSet::empty(),
                v6: RangeSet::all(),
            },
        }
    }
    /// One address.
    pub fn one(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self {
                v4: RangeSet::one(address.into()),
                v6: RangeSet::empty(),
            },
            IpAddr::V6(address) => Self {
                v4: RangeSet::empty(),
                v6: RangeSet::one(address.into()),
            },
        }
    }
    /// The addresses of a prefix (host bits are ignored).
    pub fn cidr(cidr: IpNet) -> Self {
        match cidr {
            IpNet::V4(net) => Self {
                v4: RangeSet::range(net.network().into(), net.broadcast().into()),
                v6: RangeSet::empty(),
            },
            IpNet::V6(net) => Self {
                v4: RangeSet::empty(),
                v6: RangeSet::range(net.network().into(), net.broadcast().into()),
            },
        }
    }
    /// The union of prefixes in any order.
    pub fn from_cidrs(cidrs: impl IntoIterator<Item = IpNet>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for cidr in cidrs {
            match cidr {
                IpNet::V4(net) => v4.push((net.network().into(), net.broadcast().into())),
                IpNet::V6(net) => v6.push((net.network().into(), net.broadcast().into())),
            }
        }
        Self {
            v4: RangeSet::from_ranges(v4),
            v6: RangeSet::from_ranges(v6),
        }
    }
    /// The union of single addresses in any order.
    pub fn from_addresses(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        Self::from_cidrs(addresses.into_iter().map(IpNet::from))
    }
    /// What is in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            v4: self.v4.union(&other.v4),
            v6: self.v6.union(&other.v6),
        }
    }
    /// What is in both.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        Self {
            v4: self.v4.intersect(&other.v4),
            v6: self.v6.intersect(&other.v6),
        }
    }
    /// What is in `self` and not in `other`.
    #[must_use]
    pub fn subtract(&self, other: &Self) -> Self {
        Self {
            v4: self.v4.subtract(&other.v4),
            v6: self.v6.subtract(&other.v6),
        }
    }
    /// Its IPv4 part.
    pub fn v4_alone(&self) -> Self {
        Self {
            v4: self.v4.clone(),
            v6: RangeSet::empty(),
        }
    }
    /// The IPv4 addresses; if there are none, those of IPv6.
    pub fn v4_first(&self) -> Self {
        if self.v4.is_empty() {
            self.clone()
        } else {
            self.v4_alone()
        }
    }
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }
    /// Whether `address` is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.v4.contains(address.into()),
            IpAddr::V6(address) => self.v6.contains(address.into()),
        }
    }
    /// Whether all of `self` is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.v4.is_subset(&other.v4) && self.v6.is_subset(&other.v6)
    }
    /// Whether the two have an address in common.
    pub fn overlaps(&self, other: &Self) -> bool {
        !self.intersect(other).is_empty()
    }
    /// The single address, when the set holds exactly one.
    pub fn as_single(&self) -> Option<IpAddr> {
        match (self.v4.ranges(), self.v6.ranges()) {
            ([(low, high)], []) if low == high => Some(Ipv4Addr::from(*low).into()),
            ([], [(low, high)]) if low == high => Some(Ipv6Addr::from(*low).into()),
            _ => None,
        }
    }
    /// The smallest address, IPv4 before IPv6.
    pub fn first(&self) -> Option<IpAddr> {
        let v4 = self.v4.first().map(|low| Ipv4Addr::from(low).into());
        v4.or_else(|| self.v6.first().map(|low| Ipv6Addr::from(low).into()))
    }
    /// The fewest prefixes that cover exactly this set, sorted, IPv4 before IPv6.
    pub fn to_cidrs(&self) -> Vec<IpNet> {
        let v4 = self
            .v4
            .ranges()
            .iter()
            .flat_map(|&(low, high)| Ipv4Subnets::new(low.into(), high.into(), 0));
        let v6 = self
            .v6
            .ranges()
            .iter()
            .flat_map(|&(low, high)| Ipv6Subnets::new(low.into(), high.into(), 0));
        v4.map(|net: Ipv4Net| IpNet::V4(net))
            .chain(v6.map(|net: Ipv6Net| IpNet::V6(net)))
            .collect()
    }
}
