//! Which addresses are whose: what several kinds need to know alike.

use super::build::{Association, Builder};
use crate::model::{AddressSpec, NetworkInterface, NetworkInterfaceId, Subnet, SubnetId, Vpc};
use crate::packet::{AddressSet, RangeSet};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

/// The link-local addresses of the DNS server that answers in every VPC (VPC guide, "Amazon DNS server").
const RESOLVERS: [&str; 2] = ["169.254.169.253", "fd00:ec2::253"];

/// The addresses of a VPC's DNS server: link-local ones, and the VPC's base address plus two.
pub fn resolvers(vpc: &Vpc) -> AddressSet {
    let fixed = RESOLVERS.iter().filter_map(|text| text.parse::<IpAddr>().ok());
    let mut cidrs = vpc.cidr.iter().map(|cidr| cidr.net());
    let base = cidrs.find_map(|cidr| match cidr.addr() {
        IpAddr::V4(base) => Some(IpAddr::V4(u32::from(base).saturating_add(2).into())),
        IpAddr::V6(_) => None,
    });
    AddressSet::from_addresses(fixed.chain(base))
}

/// RFC 1918: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16.
pub fn rfc1918() -> AddressSet {
    v4(&[
        (0x0a00_0000, 0x0aff_ffff),
        (0xac10_0000, 0xac1f_ffff),
        (0xc0a8_0000, 0xc0a8_ffff),
    ])
}

/// RFC 6598: 100.64.0.0/10.
pub fn rfc6598() -> AddressSet {
    v4(&[(0x6440_0000, 0x647f_ffff)])
}

/// The IPv6 addresses that stand for IPv4 ones: 64:ff9b::/96 (RFC 6052).
pub fn nat64() -> AddressSet {
    let prefix = crate::packet::NAT64_PREFIX;
    AddressSet {
        v4: RangeSet::empty(),
        v6: RangeSet::range(prefix, prefix + u128::from(u32::MAX)),
    }
}

/// The addresses at which VPC Lattice answers in a VPC that is associated with a service network (VPC Lattice guide, "Control traffic
/// to services"; from memory).
pub fn lattice() -> AddressSet {
    let prefix = 0xfd00_0ec2_0080_0000_u128 << 64;
    AddressSet {
        v4: RangeSet::range(0xa9fe_ab00, 0xa9fe_abff),
        v6: RangeSet::range(prefix, prefix + u128::from(u64::MAX)),
    }
}

/// The addresses that no host of the internet has: RFC 1918, RFC 6598, this network, loopback, link-local, multicast and
/// reserved ones of IPv4; of IPv6 everything outside 2000::/3 (IANA's special-purpose registries).
pub fn private_addresses() -> AddressSet {
    AddressSet::all().subtract(&internet_addresses())
}

/// The addresses that hosts of the internet may have.
pub fn internet_addresses() -> AddressSet {
    let special = v4(&[
        (0x0000_0000, 0x00ff_ffff),
        (0x7f00_0000, 0x7fff_ffff),
        (0xa9fe_0000, 0xa9fe_ffff),
        (0xe000_0000, 0xffff_ffff),
    ]);
    let v4 = AddressSet {
        v4: RangeSet::all(),
        v6: RangeSet::empty(),
    };
    let unicast = RangeSet::range(0x2000 << 112, (0x4000_u128 << 112) - 1);
    let v6 = AddressSet {
        v4: RangeSet::empty(),
        v6: unicast,
    };
    v4.subtract(&special)
        .subtract(&rfc1918())
        .subtract(&rfc6598())
        .union(&v6)
}

fn v4(ranges: &[(u32, u32)]) -> AddressSet {
    AddressSet {
        v4: RangeSet::from_ranges(ranges.iter().copied()),
        v6: RangeSet::empty(),
    }
}

/// The addresses of a subnet that AWS keeps for itself: the first four and the last
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html>; the same for IPv6).
pub fn reserved(cidr: IpNet) -> AddressSet {
    let set = AddressSet::cidr(cidr);
    let (low4, low6) = (set.v4.ranges().first().copied(), set.v6.ranges().first().copied());
    let v4 = low4
        .into_iter()
        .flat_map(|(low, high)| [(low, low.saturating_add(3).min(high)), (high, high)]);
    let v6 = low6
        .into_iter()
        .flat_map(|(low, high)| [(low, low.saturating_add(3).min(high)), (high, high)]);
    AddressSet {
        v4: RangeSet::from_ranges(v4),
        v6: RangeSet::from_ranges(v6),
    }
}

/// The addresses that an interface has for certain.
pub fn certain_addresses(eni: &NetworkInterface) -> AddressSet {
    let known = eni.ip.iter().filter_map(|spec| match spec {
        AddressSpec::Known(address) => Some(*address),
        AddressSpec::OneOf(_) => None,
    });
    let delegated = eni.prefixes.iter().map(|cidr| cidr.net());
    AddressSet::from_addresses(known).union(&AddressSet::from_cidrs(delegated))
}

impl Builder<'_> {
    /// The private addresses of interfaces, and those that a gateway puts in their place.
    pub fn translations(&self, addresses: &BTreeMap<NetworkInterfaceId, Ipv4Addr>) -> Vec<Association> {
        let pair = |(id, owned): (&NetworkInterfaceId, &Ipv4Addr)| {
            let eni = self.model.enis.get(id)?;
            let first = eni.ip.iter().find_map(|spec| match spec {
                AddressSpec::Known(address) if address.is_ipv4() => Some(AddressSet::one(*address)),
                _ => None,
            });
            let unassigned = first
                .is_none()
                .then(|| self.find("network-interface", id))
                .flatten();
            let private = first.unwrap_or_else(|| self.addresses_of(eni).0.v4_alone());
            Some(Association {
                public: *owned,
                private,
                owner: id.into(),
                entrance: None,
                unassigned,
            })
        };
        addresses.iter().filter_map(pair).collect()
    }

    /// The addresses of an interface, and whether it has them all; otherwise it has one of them that is not known.
    pub fn addresses_of(&self, eni: &NetworkInterface) -> (AddressSet, bool) {
        let own = certain_addresses(eni);
        let open: Vec<IpNet> = eni
            .ip
            .iter()
            .filter_map(|spec| match spec {
                AddressSpec::OneOf(cidr) => Some(cidr.net()),
                AddressSpec::Known(_) => None,
            })
            .collect();
        if !eni.ip.is_empty() && open.is_empty() {
            return (own, true);
        }
        let within = if open.is_empty() {
            None
        } else {
            Some(AddressSet::from_cidrs(open))
        };
        (own.union(&self.free_addresses(&eni.subnet, within)), false)
    }

    /// The addresses of a subnet that an interface without one may get: those of its IPv4 CIDRs (of its IPv6 ones if it
    /// has no other) that are neither reserved nor taken.
    pub fn free_addresses(&self, id: &SubnetId, within: Option<AddressSet>) -> AddressSet {
        let Some(subnet) = self.model.subnets.get(id) else {
            return AddressSet::empty();
        };
        let all = within.unwrap_or_else(|| usual(subnet));
        let kept = subnet.cidr.iter().fold(AddressSet::empty(), |kept, cidr| {
            kept.union(&reserved(cidr.net()))
        });
        all.subtract(&kept).subtract(&self.taken(id))
    }

    fn taken(&self, id: &SubnetId) -> AddressSet {
        let here = self.tenants.of_subnet(id.as_str()).iter();
        let addresses = here
            .flat_map(|(_, eni)| eni.ip.iter())
            .filter_map(|spec| match spec {
                AddressSpec::Known(address) => Some(*address),
                AddressSpec::OneOf(_) => None,
            });
        let gateways = self.model.nat_gateways.values();
        let gateways = gateways.filter(|nat| nat.subnet.as_ref() == Some(id));
        let gateways = gateways.flat_map(|nat| nat.ip.iter().copied().map(IpAddr::V4));
        AddressSet::from_addresses(addresses.chain(gateways))
    }
}

fn usual(subnet: &Subnet) -> AddressSet {
    AddressSet::from_cidrs(subnet.cidr.iter().map(|cidr| cidr.net())).v4_first()
}
