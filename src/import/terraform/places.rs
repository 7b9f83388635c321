//! VPCs and subnets.

use super::view::View;
use super::{Build, assigned, named};
use crate::model::{Cidr, OneOrMany, Subnet, Vpc};

/// What a VPC is described by.
pub const VPC: &[&str] = &["aws_vpc", "aws_default_vpc"];
/// What a subnet is described by.
pub const SUBNET: &[&str] = &["aws_subnet", "aws_default_subnet"];
/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    vpcs(build);
    more(build);
    subnets(build);
}

/// The CIDRs that are known among these.
pub fn cidrs(texts: &[Option<&str>]) -> Vec<Cidr> {
    texts
        .iter()
        .flatten()
        .filter_map(|text| Cidr::parse(text).ok())
        .collect()
}

fn vpcs(build: &mut Build<'_>) {
    for view in build.links.of(VPC) {
        let (name, tags) = named(&view);
        let mut cidr = cidrs(&[view.text("cidr_block"), view.text("ipv6_cidr_block")]);
        for block in view.blocks("cidr_block_associations") {
            cidr.extend(cidrs(&[block.text("cidr_block")]));
        }
        cidr.extend(stand_in(build, &view));
        cidr.sort();
        cidr.dedup();
        let item = Vpc {
            name,
            cidr: OneOrMany(cidr),
            region: view.text("region").map(str::to_owned).or(build.region.clone()),
            account: view.text("owner_id").map(str::to_owned),
            dns_support: view.truth("enable_dns_support").unwrap_or(true),
            tags,
        };
        if item.cidr.iter().all(|cidr| cidr.net().addr().is_ipv6()) {
            build.lost(&view, "its IPv4 CIDR is not known before it is made");
            continue;
        }
        build.add("vpcs", &view, item, |model| &mut model.vpcs);
    }
}

/// The prefix that stands for the IPv6 one that AWS will assign, told in a note.
fn stand_in(build: &mut Build<'_>, view: &View<'_>) -> Option<Cidr> {
    let cidr = assigned::of_vpc(build, view)?;
    build.note(format!(
        "{}: AWS assigns its IPv6 CIDR when it is made; {} stands for it",
        view.owner.address,
        cidr.net()
    ));
    Some(cidr)
}

/// Further CIDRs of a VPC.
fn more(build: &mut Build<'_>) {
    for view in build.links.of(&[
        "aws_vpc_ipv4_cidr_block_association",
        "aws_vpc_ipv6_cidr_block_association",
    ]) {
        let Some(id) = build.one(&view, "vpc_id", VPC) else {
            build.lost(&view, "the plan does not tell its VPC");
            continue;
        };
        let mut more = cidrs(&[view.text("cidr_block"), view.text("ipv6_cidr_block")]);
        if view.owner.kind.contains("ipv6") {
            more.extend(stand_in(build, &view));
        }
        if more.is_empty() {
            build.note(format!(
                "{}: this CIDR is not known before it is made, and left out here",
                view.owner.address
            ));
        }
        if let Some(vpc) = build.model.vpcs.get_mut(id.as_str()) {
            let fresh: Vec<Cidr> = more
                .into_iter()
                .filter(|cidr| !vpc.cidr.0.contains(cidr))
                .collect();
            vpc.cidr.0.extend(fresh);
        }
    }
}

fn subnets(build: &mut Build<'_>) {
    for view in build.links.of(SUBNET) {
        let (name, tags) = named(&view);
        let Some(vpc) = build.one(&view, "vpc_id", VPC) else {
            build.lost(&view, "the plan does not tell its VPC");
            continue;
        };
        let mut cidr = cidrs(&[view.text("cidr_block"), view.text("ipv6_cidr_block")]);
        cidr.extend(assigned::of_subnet(build, &view, &vpc));
        if cidr.is_empty() {
            build.lost(&view, "its CIDR is not known before it is made");
            continue;
        }
        let item = Subnet {
            name,
            vpc: vpc.as_str().into(),
            cidr: OneOrMany(cidr),
            az: view.text("availability_zone").map(str::to_owned),
            route_table: None,
            nacl: None,
            tags,
        };
        build.add("subnets", &view, item, |model| &mut model.subnets);
    }
}
