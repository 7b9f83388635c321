//! VPCs and subnets.

use super::{Build, labels};
use crate::model::{Cidr, OneOrMany, Subnet, Vpc};

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    vpcs(build);
    more(build);
    subnets(build);
}

fn vpcs(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::VPC") {
        let block = resource.block();
        let Some(cidr) = block.cidr("CidrBlock") else {
            if build.decided(resource, &["CidrBlock"]) {
                build.lost(resource, "its CIDR is assigned when it is made");
            }
            continue;
        };
        let (name, tags) = labels(resource);
        let item = Vpc {
            name,
            cidr: OneOrMany(vec![cidr]),
            region: build.region.map(str::to_owned),
            account: build.account.map(str::to_owned),
            dns_support: block.truth("EnableDnsSupport").unwrap_or(true),
            tags,
        };
        build.add("vpcs", resource, item, |model| &mut model.vpcs);
    }
}

/// Further CIDRs of a VPC, and those of a subnet.
fn more(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::VPCCidrBlock") {
        let block = resource.block();
        let Some(id) = build.one(block, "VpcId") else {
            continue;
        };
        let cidrs = [block.cidr("CidrBlock"), block.cidr("Ipv6CidrBlock")];
        if cidrs.iter().all(Option::is_none) || resource.doubt.is_some() {
            build.note(format!(
                "{}: this CIDR of {id} is not known, and left out here",
                resource.id
            ));
            continue;
        }
        if let Some(vpc) = build.model.vpcs.get_mut(id.as_str()) {
            vpc.cidr.0.extend(cidrs.into_iter().flatten());
        }
    }
}

fn subnets(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::Subnet") {
        let block = resource.block();
        let Some(vpc) = build.one(block, "VpcId") else {
            build.lost(resource, "its VPC is not told");
            continue;
        };
        let mut cidrs: Vec<Cidr> = Vec::new();
        cidrs.extend(block.cidr("CidrBlock"));
        cidrs.extend(block.cidr("Ipv6CidrBlock"));
        cidrs.extend(later(build, &resource.id));
        if !build.decided(resource, &["CidrBlock"]) {
            continue;
        }
        if cidrs.is_empty() {
            build.lost(resource, "its CIDR is assigned when it is made");
            continue;
        }
        if block.get("Ipv6CidrBlock").is_some() && block.cidr("Ipv6CidrBlock").is_none() {
            build.note(format!(
                "{}: its IPv6 CIDR is not known, and left out here",
                resource.id
            ));
        }
        let (name, tags) = labels(resource);
        let zone = block.text("AvailabilityZone").map(str::to_owned);
        let zone = zone.or_else(|| block.text("AvailabilityZoneId").map(str::to_owned));
        let item = Subnet {
            name,
            vpc: vpc.as_str().into(),
            cidr: OneOrMany(cidrs),
            // Zones of different parameters are taken to differ.
            az: zone.or_else(|| block.open(&["AvailabilityZone"])),
            route_table: None,
            nacl: None,
            tags,
        };
        build.add("subnets", resource, item, |model| &mut model.subnets);
    }
}

/// IPv6 CIDRs that a subnet is given apart.
fn later(build: &mut Build<'_>, subnet: &str) -> Vec<Cidr> {
    let mut found = Vec::new();
    for resource in build.of("AWS::EC2::SubnetCidrBlock") {
        if build.one(resource.block(), "SubnetId").as_deref() == Some(subnet) {
            found.extend(resource.block().cidr("Ipv6CidrBlock"));
        }
    }
    found
}
