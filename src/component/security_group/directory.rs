//! Who carries which security group, and which VPCs' groups a rule may name.

use crate::model::{
    AddressSpec, Model, NetworkInterfaceId, Peer, PeeringStatus, PrefixListId, SecurityGroup,
    SecurityGroupId, VpcId,
};
use crate::network::{Builder, NodeId, Sender};
use crate::packet::AddressSet;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What the rules of every group are read against.
pub(super) struct Directory {
    pub groups: BTreeMap<SecurityGroupId, SecurityGroup>,
    /// The addresses that members of each group have for certain, by VPC.
    pub members: BTreeMap<SecurityGroupId, BTreeMap<VpcId, AddressSet>>,
    pub prefix_lists: BTreeMap<PrefixListId, AddressSet>,
    /// For each VPC those whose groups its rules may name: itself, and its active peers in the same Region.
    pub neighbours: BTreeMap<VpcId, BTreeSet<VpcId>>,
    /// What groups that the model does not describe may be.
    pub perhaps: BTreeMap<SecurityGroupId, BTreeSet<SecurityGroupId>>,
    numbers: BTreeMap<VpcId, u32>,
    /// The interfaces that may vouch for senders, with their groups.
    vouchers: BTreeMap<NetworkInterfaceId, (u32, Vec<SecurityGroupId>)>,
    /// The interfaces whose addresses are not assigned yet. An address that one of them may have says nothing of whose it
    /// is: what counts is between whom the packets are.
    unassigned: BTreeMap<NodeId, Unassigned>,
}

/// An interface that may have any of several addresses.
pub(super) struct Unassigned {
    pub number: u32,
    pub vpc: VpcId,
    pub groups: Vec<SecurityGroupId>,
    pub addresses: AddressSet,
}

impl Directory {
    pub fn of(model: &Model, builder: &Builder<'_>) -> Self {
        Self {
            groups: model.security_groups.clone(),
            members: members(model),
            prefix_lists: model
                .prefix_lists
                .iter()
                .map(|(id, list)| {
                    (
                        id.clone(),
                        AddressSet::from_cidrs(list.entries.iter().map(|cidr| cidr.net())),
                    )
                })
                .collect(),
            neighbours: neighbours(model),
            perhaps: perhaps(model),
            numbers: model.vpcs.keys().cloned().zip(1..).collect(),
            vouchers: vouchers(model, builder),
            unassigned: unassigned(model, builder),
        }
    }
}

impl Directory {
    pub fn vouches(&self, eni: &NetworkInterfaceId, group: &str) -> bool {
        let groups = self.vouchers.get(eni).map(|(_, groups)| groups.as_slice());
        groups.is_some_and(|groups| groups.iter().any(|own| own.as_str() == group))
    }

    /// The groups that are not described and may be this one.
    pub fn stand_ins(&self, group: &str) -> impl Iterator<Item = &SecurityGroupId> {
        let all = self.perhaps.iter();
        all.filter(move |(_, among)| among.contains(group))
            .map(|(id, _)| id)
    }

    /// The interface at the other end, when its address is not assigned yet.
    pub fn unassigned(&self, party: Option<NodeId>) -> Option<&Unassigned> {
        self.unassigned.get(&party?)
    }

    /// A number for what is known of a sender.
    pub fn number(&self, sender: &Sender) -> u32 {
        let vpc = sender.vpc.as_ref().and_then(|vpc| self.numbers.get(vpc));
        let voucher = sender.voucher.as_ref().and_then(|eni| self.vouchers.get(eni));
        let vpcs = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        let voucher = voucher.map_or(0, |(number, _)| *number);
        vpc.copied().unwrap_or(0) + voucher.saturating_mul(vpcs.saturating_add(1))
    }
}

fn perhaps(model: &Model) -> BTreeMap<SecurityGroupId, BTreeSet<SecurityGroupId>> {
    let open = model.unknown.iter().filter(|(_, item)| !item.may_be.is_empty());
    open.map(|(id, item)| {
        let among = item.may_be.iter().map(|id| id.as_str().into());
        (id.as_str().into(), among.collect())
    })
    .collect()
}

/// The interfaces behind which something hands packets on, and their groups.
fn vouchers(
    model: &Model,
    builder: &Builder<'_>,
) -> BTreeMap<NetworkInterfaceId, (u32, Vec<SecurityGroupId>)> {
    let behind = model.enis.iter().filter(|(id, _)| builder.behind(id).is_some());
    let numbered = behind.zip(1..);
    numbered
        .map(|((id, eni), number)| (id.clone(), (number, eni.security_groups.clone())))
        .collect()
}

/// The private addresses that the interfaces of each group have for certain, by VPC. Only groups that some rule names
/// matter.
fn members(model: &Model) -> BTreeMap<SecurityGroupId, BTreeMap<VpcId, AddressSet>> {
    let mut named: BTreeSet<&str> = model.security_groups.values().flat_map(peers).collect();
    let open = model.unknown.iter().filter(|(_, item)| !item.may_be.is_empty());
    named.extend(open.map(|(id, _)| id.as_str()));
    let mut lists: BTreeMap<(&SecurityGroupId, &VpcId), (Vec<IpAddr>, AddressSet)> = BTreeMap::new();
    for eni in model.enis.values() {
        let Some(subnet) = model.subnets.get(&eni.subnet) else {
            continue;
        };
        let groups = eni.security_groups.iter();
        for group in groups.filter(|group| named.contains(group.as_str())) {
            let (single, delegated) = lists
                .entry((group, &subnet.vpc))
                .or_insert_with(|| (Vec::new(), AddressSet::empty()));
            single.extend(eni.ip.iter().filter_map(|spec| match spec {
                AddressSpec::Known(address) => Some(*address),
                AddressSpec::OneOf(_) => None,
            }));
            if !eni.prefixes.is_empty() {
                let prefixes = eni.prefixes.iter().map(|cidr| cidr.net());
                *delegated = delegated.union(&AddressSet::from_cidrs(prefixes));
            }
        }
    }
    let mut members: BTreeMap<SecurityGroupId, BTreeMap<VpcId, AddressSet>> = BTreeMap::new();
    for ((group, vpc), (single, delegated)) in lists {
        let set = AddressSet::from_addresses(single).union(&delegated);
        members.entry(group.clone()).or_default().insert(vpc.clone(), set);
    }
    members
}

fn unassigned(model: &Model, builder: &Builder<'_>) -> BTreeMap<NodeId, Unassigned> {
    let mut found = BTreeMap::new();
    for (id, eni) in &model.enis {
        let all_known = |spec: &AddressSpec| matches!(spec, AddressSpec::Known(_));
        if !eni.ip.is_empty() && eni.ip.iter().all(all_known) {
            continue;
        }
        let place = builder.find("network-interface", id);
        if let (Some(node), Some(subnet)) = (place, model.subnets.get(&eni.subnet)) {
            let number = u32::try_from(found.len() + 1).unwrap_or(u32::MAX);
            let one = Unassigned {
                number,
                vpc: subnet.vpc.clone(),
                groups: eni.security_groups.clone(),
                addresses: builder.addresses_of(eni).0,
            };
            found.insert(node, one);
        }
    }
    found
}

/// The ids that a group's rules name.
pub(super) fn peers(group: &SecurityGroup) -> impl Iterator<Item = &str> {
    let egress = group
        .egress
        .iter()
        .flatten()
        .flat_map(|rule| rule.destination.iter());
    group
        .ingress
        .iter()
        .flat_map(|rule| rule.source.iter())
        .chain(egress)
        .filter_map(|peer| match peer {
            Peer::Resource(id) => Some(id.as_str()),
            Peer::Cidr(_) => None,
        })
}

fn neighbours(model: &Model) -> BTreeMap<VpcId, BTreeSet<VpcId>> {
    let mut neighbours: BTreeMap<VpcId, BTreeSet<VpcId>> = model
        .vpcs
        .keys()
        .map(|vpc| (vpc.clone(), BTreeSet::from([vpc.clone()])))
        .collect();
    let region = |vpc: &VpcId| model.vpcs.get(vpc).and_then(|vpc| vpc.region.as_deref());
    for peering in model.peering_connections.values() {
        let (one, other) = (&peering.requester, &peering.accepter);
        if peering.status == PeeringStatus::Active && region(one) == region(other) {
            neighbours.entry(one.clone()).or_default().insert(other.clone());
            neighbours.entry(other.clone()).or_default().insert(one.clone());
        }
    }
    neighbours
}
