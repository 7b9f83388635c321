//! What to change so that packets get through an internet gateway: a public address for who sends, the gateway's attachment.
//!
//! - An Elastic IP address that is there and nobody uses is taken; else AWS gives one, and nobody knows which before. In the
//!   model an address of 192.0.2.0/24 stands for it, which RFC 5737 keeps for such uses.
//!
//! Commands: EC2 API, `AllocateAddress`, `AssociateAddress`, `AttachInternetGateway`. Read 2026-11-26.

use super::NAME;
use crate::code::ExplanationCode as Code;
use crate::model::{AllocationId, Model, NetworkInterface, NetworkInterfaceId, VpcId};
use crate::network::edit::{Block, Edit, Proposal, Trouble, aws, reference, set};
use serde_json::json;
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// What stands for addresses that AWS has not given yet, counted down from here.
const STAND_IN_LAST: u32 = 0xc000_02fe;
const STAND_INS: u32 = 200;
/// More interfaces than this are not given public addresses.
const SENDERS_MAX: usize = 4;

pub(super) fn opening(trouble: &Trouble<'_>) -> Vec<Proposal> {
    match trouble.code {
        Some(Code::IgwPublicIpAssociationForEgress) if trouble.author.kind == NAME => {
            let gateway = trouble.model.internet_gateways.get(trouble.author.id.as_str());
            let vpc = gateway.and_then(|gateway| gateway.vpc.as_ref());
            let senders = vpc.map_or_else(Vec::new, |vpc| trouble.senders(vpc));
            published(senders, trouble.model)
        }
        // The internet knows nobody by a private address.
        Some(Code::NoPossibleDestination) if trouble.author.kind == "internet" => {
            let ends = trouble.to.iter();
            let meant = ends.filter_map(|end| trouble.model.enis.get_key_value(end.id.as_str()));
            published(meant.collect(), trouble.model)
        }
        Some(Code::BadStateRoute) => attached(trouble).into_iter().map(Proposal::one).collect(),
        _ => Vec::new(),
    }
}

/// A public address for each interface that has none.
fn published(interfaces: Vec<(&NetworkInterfaceId, &NetworkInterface)>, model: &Model) -> Vec<Proposal> {
    let senders: Vec<&NetworkInterfaceId> = interfaces
        .into_iter()
        .filter(|(_, eni)| eni.public_ip.is_none())
        .map(|(id, _)| id)
        .collect();
    if senders.is_empty() || senders.len() > SENDERS_MAX {
        return Vec::new();
    }
    let free = model.elastic_ips.iter();
    let free = free.filter(|(_, address)| address.eni.is_none() && address.nat_gateway.is_none());
    let free: Vec<&AllocationId> = free.map(|(id, _)| id).take(senders.len()).collect();
    let new = senders.iter().zip(stand_ins(model));
    let given = new.map(|(eni, address)| allocated(eni, address)).collect();
    let mut ways = vec![given];
    if free.len() == senders.len() {
        let there = senders.iter().zip(free);
        ways.insert(0, there.map(|(eni, address)| associated(eni, address)).collect());
    }
    vec![Proposal { ways }]
}

fn stand_ins(model: &Model) -> impl Iterator<Item = Ipv4Addr> {
    let used: BTreeSet<Ipv4Addr> = model.enis.values().filter_map(|eni| eni.public_ip).collect();
    let all = (0..STAND_INS).map(|place| Ipv4Addr::from(STAND_IN_LAST - place));
    all.filter(move |address| !used.contains(address))
}

fn associated(eni: &NetworkInterfaceId, address: &AllocationId) -> Edit {
    let change = set("elastic_ips", address, "eni", [None, Some(json!(eni))]);
    let words = [
        "ec2",
        "associate-address",
        "--allocation-id",
        address.as_str(),
        "--network-interface-id",
        eni.as_str(),
    ];
    let block = Block::new("aws_eip_association", &[eni.as_str()])
        .with("allocation_id", reference(address.as_str()))
        .with("network_interface_id", reference(eni.as_str()));
    Edit::new(change, vec![aws(words)], block.to_string())
}

fn allocated(eni: &NetworkInterfaceId, address: Ipv4Addr) -> Edit {
    let change = set("enis", eni, "public_ip", [None, Some(json!(address))]);
    let allocate = aws(["ec2", "allocate-address", "--domain", "vpc"]);
    let associate = aws([
        "ec2",
        "associate-address",
        "--allocation-id",
        "<AllocationId>",
        "--network-interface-id",
        eni.as_str(),
    ]);
    let block = Block::new("aws_eip", &[eni.as_str()])
        .with("domain", "\"vpc\"")
        .with("network_interface", reference(eni.as_str()));
    Edit::new(change, vec![allocate, associate], block.to_string())
}

/// The gateway to which a route leads, attached to the table's VPC, if it is attached to none and the VPC has no other.
fn attached(trouble: &Trouble<'_>) -> Option<Edit> {
    let model = trouble.model;
    let (id, gateway) = model
        .internet_gateways
        .get_key_value(trouble.lost_by()?.as_str())?;
    let (table, ..) = trouble.route()?;
    let vpc: &VpcId = &model.route_tables.get(table)?.vpc;
    let taken = model
        .internet_gateways
        .values()
        .any(|other| other.vpc.as_ref() == Some(vpc));
    if gateway.vpc.is_some() || taken {
        return None;
    }
    let words = [
        "ec2",
        "attach-internet-gateway",
        "--internet-gateway-id",
        id.as_str(),
        "--vpc-id",
        vpc.as_str(),
    ];
    let block = Block::new("aws_internet_gateway_attachment", &[id.as_str()])
        .with("internet_gateway_id", reference(id.as_str()))
        .with("vpc_id", reference(vpc.as_str()));
    let change = set("internet_gateways", id, "vpc", [None, Some(json!(vpc))]);
    Some(Edit::new(change, vec![aws(words)], block.to_string()))
}
