//! IPv6 prefixes that AWS assigns when a network is made: a prefix for documents (RFC 3849, 2001:db8::/32) stands for each, so
//! that what a plan opens over IPv6 is seen before it is made. No rule that names a real prefix can mean one of them.

use super::Build;
use super::view::View;
use crate::model::{Cidr, OneOrMany};
use ipnet::{IpNet, Ipv6Net};
use std::collections::BTreeSet;
use std::net::Ipv6Addr;

const FIRST: u128 = 0x2001_0db8 << 96;

/// The prefix that stands for the one which AWS will assign to a VPC: a /56, as AWS gives them (VPC guide, "IPv6 VPC CIDR
/// blocks").
pub fn of_vpc(build: &Build<'_>, view: &View<'_>) -> Option<Cidr> {
    let wanted = view.truth("assign_generated_ipv6_cidr_block") == Some(true)
        || view.text("ipv6_ipam_pool_id").is_some()
        || view.is_open("ipv6_cidr_block")
        || view.is_open("ipv6_ipam_pool_id");
    if !wanted || view.text("ipv6_cidr_block").is_some() {
        return None;
    }
    let vpcs = build.model.vpcs.values();
    let taken: BTreeSet<u128> = vpcs.flat_map(|vpc| v6(&vpc.cidr)).map(start).collect();
    free(FIRST, 56, 1 << 24, &taken)
}

/// The prefix that stands for a subnet's: a /64 of its VPC's.
pub fn of_subnet(build: &Build<'_>, view: &View<'_>, vpc: &str) -> Option<Cidr> {
    if view.text("ipv6_cidr_block").is_some() || !view.is_open("ipv6_cidr_block") {
        return None;
    }
    let own = v6(&build.model.vpcs.get(vpc)?.cidr).next()?;
    let subnets = build.model.subnets.values();
    let here = subnets.filter(|subnet| subnet.vpc.as_str() == vpc);
    let taken: BTreeSet<u128> = here.flat_map(|subnet| v6(&subnet.cidr)).map(start).collect();
    let count = 1_u64 << 64_u8.saturating_sub(own.prefix_len()).min(16);
    free(start(own), 64, count, &taken)
}

/// The IPv6 prefixes of the VPCs and subnets whose own an argument is, where it is nothing else.
pub fn meant<'a>(build: &Build<'a>, view: &View<'a>, argument: &str) -> Vec<Cidr> {
    let mut all = Vec::new();
    for owner in build.links.whose(view, argument, "ipv6_cidr_block") {
        let vpc = build.model.vpcs.get(owner.as_str()).map(|vpc| &vpc.cidr);
        let subnet = build.model.subnets.get(owner.as_str());
        let Some(own) = vpc.or(subnet.map(|subnet| &subnet.cidr)) else {
            return Vec::new();
        };
        all.extend(own.iter().filter(|cidr| cidr.net().addr().is_ipv6()).copied());
    }
    all
}

fn free(first: u128, length: u8, count: u64, taken: &BTreeSet<u128>) -> Option<Cidr> {
    let step = 1_u128 << (128 - length);
    let start = (0..count)
        .map(|index| first + u128::from(index) * step)
        .find(|start| !taken.contains(start))?;
    Cidr::parse(&format!("{}/{length}", Ipv6Addr::from(start))).ok()
}

fn v6(cidrs: &OneOrMany<Cidr>) -> impl Iterator<Item = Ipv6Net> {
    cidrs.iter().filter_map(|cidr| match cidr.net() {
        IpNet::V6(net) => Some(net),
        IpNet::V4(_) => None,
    })
}

fn start(net: Ipv6Net) -> u128 {
    u128::from(net.network())
}
