//! CIDRs and addresses: rules V1 to V9 of the reference.

use super::{Check, Place};
use crate::model::{AddressSpec, Cidr, Subnet, SubnetId, VpcId};
use crate::packet::AddressSet;
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Checks them.
pub fn check(check: &mut Check<'_>) {
    vpcs(check);
    subnets(check);
    interfaces(check);
}

fn set(cidr: IpNet) -> AddressSet {
    AddressSet::cidr(cidr)
}

fn parse(text: &str) -> AddressSet {
    AddressSet::from_cidrs(text.parse())
}

fn host_bits(check: &mut Check<'_>, cidr: Cidr, place: &Place) {
    if cidr.0 != cidr.net() {
        let hint = format!("write {}", cidr.net());
        check.hint(
            "MODEL_CIDR_HOST_BITS",
            place,
            format!("{} has host bits", cidr.0),
            &hint,
        );
    }
}

/// V1, V3, V4, V8.
fn vpcs(check: &mut Check<'_>) {
    for (id, vpc) in &check.model.vpcs {
        let place = Place::item("vpcs", id).field("cidr");
        if !vpc.cidr.iter().any(|cidr| cidr.0.addr().is_ipv4()) {
            let message = format!("{id} has no IPv4 CIDR");
            check.say("MODEL_CIDR_MISSING", &place, message);
        }
        mixed(check, vpc, &place);
        for (index, cidr) in vpc.cidr.iter().enumerate() {
            host_bits(check, *cidr, &place.clone().index(index));
            size(check, *cidr, [(16, 28), (44, 60)], &place.clone().index(index));
            unusual(check, *cidr, &place.clone().index(index));
            let earlier = vpc
                .cidr
                .iter()
                .take(index)
                .find(|other| other.net().contains(&cidr.net()) || cidr.net().contains(&other.net()));
            if let Some(other) = earlier {
                let message = format!("{} overlaps {} of the same VPC", cidr.0, other.0);
                check.say("MODEL_SUBNET_OVERLAP", &place.clone().index(index), message);
            }
        }
    }
}

fn size(check: &mut Check<'_>, cidr: Cidr, [v4, v6]: [(u8, u8); 2], place: &Place) {
    let (least, most) = if cidr.0.addr().is_ipv4() { v4 } else { v6 };
    let length = cidr.0.prefix_len();
    let v6 = cidr.0.addr().is_ipv6();
    if v6 && (least..=most).contains(&length) && !length.is_multiple_of(4) {
        let message = format!(
            "/{length} is none of AWS's lengths for IPv6: they go from /{least} to /{most} in steps of 4"
        );
        check.say("MODEL_CIDR_SIZE", place, message);
    } else if length < least || length > most {
        let message = format!("/{length} is out of AWS's range for this, /{least} to /{most}");
        check.say("MODEL_CIDR_SIZE", place, message);
    }
}

fn unusual(check: &mut Check<'_>, cidr: Cidr, place: &Place) {
    let own = set(cidr.net());
    if own.overlaps(&parse("169.254.0.0/16")) {
        check.say(
            "MODEL_CIDR_LINK_LOCAL",
            place,
            format!("{} is link-local", cidr.0),
        );
    } else if own.overlaps(&parse("172.17.0.0/16")) {
        let message = format!(
            "{} overlaps 172.17.0.0/16, which Docker uses inside instances",
            cidr.0
        );
        check.say("MODEL_CIDR_UNUSUAL", place, message);
    } else if cidr.0.addr().is_ipv4() && !own.is_subset(&private()) {
        let message = format!(
            "{} holds public addresses: those of others cannot be reached from the VPC",
            cidr.0
        );
        check.say("MODEL_CIDR_UNUSUAL", place, message);
    }
}

/// Ranges that nobody on the internet has (RFC 1918, RFC 6598, RFC 2544).
fn private() -> AddressSet {
    let ranges = [
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "198.18.0.0/15",
    ];
    ranges
        .iter()
        .fold(AddressSet::empty(), |all, text| all.union(&parse(text)))
}

/// V9: which secondary CIDRs go with the primary one (VPC guide, "VPC CIDR blocks", association restrictions).
fn mixed(check: &mut Check<'_>, vpc: &crate::model::Vpc, place: &Place) {
    let ten = parse("10.0.0.0/8");
    let families = [ten.clone(), parse("172.16.0.0/12"), parse("192.168.0.0/16")];
    let shared = parse("198.19.0.0/16");
    let mut v4 = vpc
        .cidr
        .iter()
        .enumerate()
        .filter(|(_, cidr)| cidr.0.addr().is_ipv4());
    let Some((_, primary)) = v4.next() else { return };
    let first = set(primary.net());
    let family = families.iter().find(|family| first.is_subset(family));
    for (index, cidr) in v4 {
        let own = set(cidr.net());
        let stranger = families
            .iter()
            .any(|other| own.overlaps(other) && Some(other) != family);
        let restricted = match family {
            Some(_) if own.overlaps(&shared) => true,
            Some(_) => stranger,
            None => first.overlaps(&shared) && stranger,
        };
        let earlier = vpc.cidr.iter().take(index).map(|cidr| set(cidr.net()));
        let low = own.is_subset(&parse("10.0.0.0/16"))
            && earlier
                .into_iter()
                .any(|other| other.is_subset(&parse("10.0.0.0/15")));
        let kept = first.is_subset(&families[1]) && own.is_subset(&parse("172.31.0.0/16"));
        if restricted || low || kept {
            let message = format!("{} does not go with the primary CIDR {}", cidr.0, primary.0);
            check.say("MODEL_CIDR_MIXED", &place.clone().index(index), message);
        }
    }
}

/// V1, V2, V4.
fn subnets(check: &mut Check<'_>) {
    let mut by_vpc: BTreeMap<&VpcId, Vec<(&SubnetId, usize, Cidr)>> = BTreeMap::new();
    for (id, subnet) in &check.model.subnets {
        if subnet.cidr.is_empty() {
            let place = Place::item("subnets", id).field("cidr");
            check.say("MODEL_CIDR_MISSING", &place, format!("{id} has no CIDR"));
        }
        for (index, cidr) in subnet.cidr.iter().enumerate() {
            let place = Place::item("subnets", id).field("cidr").index(index);
            host_bits(check, *cidr, &place);
            size(check, *cidr, [(16, 28), (44, 64)], &place);
            outside(check, subnet, *cidr, &place);
            by_vpc.entry(&subnet.vpc).or_default().push((id, index, *cidr));
        }
    }
    by_vpc.into_values().for_each(|subnets| overlaps(check, subnets));
}

fn outside(check: &mut Check<'_>, subnet: &Subnet, cidr: Cidr, place: &Place) {
    let Some(vpc) = check.model.vpcs.get(&subnet.vpc) else {
        return;
    };
    if !vpc.cidr.iter().any(|whole| whole.net().contains(&cidr.net())) {
        let all: Vec<String> = vpc.cidr.iter().map(|cidr| cidr.0.to_string()).collect();
        let message = format!(
            "{} is not inside a CIDR of {} ({})",
            cidr.0,
            subnet.vpc,
            all.join(", ")
        );
        check.both(
            "MODEL_SUBNET_OUTSIDE_VPC",
            place,
            message,
            &Place::item("vpcs", &subnet.vpc).field("cidr"),
            "the VPC's",
        );
    }
}

/// Two subnets overlap exactly when one of two neighbours in address order does.
fn overlaps(check: &mut Check<'_>, mut subnets: Vec<(&SubnetId, usize, Cidr)>) {
    subnets.sort_by_key(|(_, _, cidr)| (cidr.net().network(), cidr.net().prefix_len()));
    let mut widest: Option<(&SubnetId, usize, Cidr)> = None;
    for (id, index, cidr) in subnets {
        match widest {
            Some((other, at, wide)) if wide.net().contains(&cidr.net()) => {
                let place = |id: &SubnetId, index| Place::item("subnets", id).field("cidr").index(index);
                let message = format!("{} of {id} overlaps {} of {other}", cidr.0, wide.0);
                check.both(
                    "MODEL_SUBNET_OVERLAP",
                    &place(id, index),
                    message,
                    &place(other, at),
                    "the other one",
                );
            }
            _ => widest = Some((id, index, cidr)),
        }
    }
}

/// V5, V6.
fn interfaces(check: &mut Check<'_>) {
    let mut taken: BTreeMap<(&VpcId, IpAddr), Place> = BTreeMap::new();
    for (id, eni) in &check.model.enis {
        let Some(subnet) = check.model.subnets.get(&eni.subnet) else {
            continue;
        };
        for (index, spec) in eni.ip.iter().enumerate() {
            let AddressSpec::Known(address) = *spec else {
                continue;
            };
            let place = Place::item("enis", id).field("ip").index(index);
            match subnet.cidr.iter().find(|cidr| cidr.net().contains(&address)) {
                None => {
                    let message = format!("{address} is not in {}", eni.subnet);
                    let other = Place::item("subnets", &eni.subnet).field("cidr");
                    check.both(
                        "MODEL_ADDRESS_OUTSIDE_SUBNET",
                        &place,
                        message,
                        &other,
                        "the subnet's",
                    );
                }
                Some(cidr) if reserved(cidr.net(), address) => {
                    let message = format!(
                        "{address} is one of the five addresses that AWS keeps in {}",
                        eni.subnet
                    );
                    check.say("MODEL_ADDRESS_RESERVED", &place, message);
                }
                Some(_) => {}
            }
            if let Some(first) = taken.insert((&subnet.vpc, address), place.clone()) {
                let message = format!("{address} is taken in {}", subnet.vpc);
                check.both("MODEL_ADDRESS_TAKEN", &place, message, &first, "by this one");
            }
        }
    }
}

fn reserved(cidr: IpNet, address: IpAddr) -> bool {
    let offset = match (cidr.network(), address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => u128::from(u32::from(address) - u32::from(network)),
        (IpAddr::V6(network), IpAddr::V6(address)) => u128::from(address) - u128::from(network),
        _ => return false,
    };
    offset < 4 || address == cidr.broadcast()
}
