//! Subnets: where interfaces meet without a router between them.
//!
//! - Two interfaces of one subnet reach each other directly: no route table, no network ACL (VPC guide, "Route tables",
//!   "Network ACLs"). Everything else leaves through the ACL to the route table.
//! - What the route table sends to a next hop in the same subnet does not cross the boundary either.
//! - An address that nobody in the subnet has is nobody's: there is no broadcast, no ARP, no learning.
//!
//! Read 2026-11-23.

use crate::code::ExplanationCode;
use crate::model::{Model, Place, ResourceId, Subnet, SubnetId};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, Kind, Leg, LinkId, NodeId, Parties, Passage, Resident,
    ResourceRef, Routes, Step, Workspace,
};
use crate::packet::{AddressSet, PacketSet};
use std::collections::BTreeSet;

/// EC2's word for it.
pub const NAME: &str = "subnet";

/// The kind.
pub struct Subnets;

impl Kind for Subnets {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("subnets")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[ExplanationCode::NoPossibleDestination]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["which interface an address moves to while a service fails over"]
    }

    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for id in model.subnets.keys() {
            builder.place(NAME, id);
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        for (id, subnet) in &model.subnets {
            connect_one(id, subnet, builder);
        }
    }
}

fn connect_one(id: &SubnetId, subnet: &Subnet, builder: &mut Builder<'_>) {
    let node = builder.place(NAME, id);
    let acl = builder.place("network-acl", id);
    let table = builder.place("route-table", id);
    let out = builder.link(node, acl, Direction::Egress);
    let beside = builder.link(node, table, Direction::Egress);
    let checked = builder.checked_inside(id);
    let inner = (!checked.is_empty()).then(|| {
        let acl = builder.inner_acl(id);
        (checked, builder.link(node, acl, Direction::Egress))
    });
    let residents: Vec<Resident> = builder.residents(id).to_vec();
    let inside = |target: &ResourceId| {
        builder
            .target_from(Some(id), target)
            .is_some_and(|target| target.subnet.as_ref() == Some(id) && !target.filtered_inside)
    };
    let bypass = Routes::of(id, builder).reaching(|entry| entry.targets.iter().any(inside));
    let hosts = Hosts::of(residents, node, builder);
    let cidr = AddressSet::from_cidrs(subnet.cidr.iter().map(|cidr| cidr.net()));
    builder.set(
        node,
        Segment {
            resource: ResourceRef::new(NAME, id),
            cidr,
            bypass,
            out,
            beside,
            inner,
            hosts,
        },
    );
}

/// Who takes packets in the subnet, found by address.
struct Hosts {
    /// Known addresses: first, last, and whose; sorted.
    v4: Vec<(u32, u32, usize)>,
    v6: Vec<(u128, u128, usize)>,
    /// Those whose address is not known yet.
    unplaced: Vec<usize>,
    all: Vec<Host>,
}

/// One of them: where packets for it go, who it is, and its addresses.
struct Host {
    node: NodeId,
    owner: NodeId,
    link: LinkId,
    addresses: AddressSet,
}

impl Hosts {
    fn of(residents: Vec<Resident>, node: NodeId, builder: &mut Builder<'_>) -> Self {
        let mut hosts = Self {
            v4: Vec::new(),
            v6: Vec::new(),
            unplaced: Vec::new(),
            all: Vec::new(),
        };
        for (index, resident) in residents.into_iter().enumerate() {
            let link = builder.link(node, resident.node, Direction::Ingress);
            if resident.known {
                hosts.v4.extend(
                    resident
                        .addresses
                        .v4
                        .ranges()
                        .iter()
                        .map(|&(low, high)| (low, high, index)),
                );
                hosts.v6.extend(
                    resident
                        .addresses
                        .v6
                        .ranges()
                        .iter()
                        .map(|&(low, high)| (low, high, index)),
                );
            } else {
                hosts.unplaced.push(index);
            }
            hosts.all.push(Host {
                node: resident.node,
                owner: resident.owner,
                link,
                addresses: resident.addresses,
            });
        }
        hosts.v4.sort_unstable();
        hosts.v6.sort_unstable();
        hosts
    }

    /// The known hosts that have one of these addresses, in address order.
    fn known(&self, wanted: &AddressSet) -> Vec<usize> {
        let mut found = Vec::new();
        for &(low, high) in wanted.v4.ranges() {
            found.extend(overlapping(&self.v4, low, high));
        }
        for &(low, high) in wanted.v6.ranges() {
            found.extend(overlapping(&self.v6, low, high));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    fn link_to(&self, node: NodeId) -> Option<LinkId> {
        self.all
            .iter()
            .find(|host| host.node == node)
            .map(|host| host.link)
    }
}

/// Hosts of a sorted list of disjoint ranges that overlap one range.
fn overlapping<T: Ord + Copy>(list: &[(T, T, usize)], low: T, high: T) -> impl Iterator<Item = usize> {
    let first = list.partition_point(|&(_, last, _)| last < low);
    list[first..]
        .iter()
        .take_while(move |&&(begin, ..)| begin <= high)
        .map(|&(.., index)| index)
}

struct Segment {
    resource: ResourceRef,
    cidr: AddressSet,
    bypass: AddressSet,
    out: LinkId,
    beside: LinkId,
    /// The hosts whose packets meet the network ACL on their way to neighbours too, and the way there.
    inner: Option<(BTreeSet<NodeId>, LinkId)>,
    hosts: Hosts,
}

impl Component for Segment {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn shown(&self) -> bool {
        false
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        if arrival.direction() == Direction::Egress {
            return self.leave(arrival, work);
        }
        let addressed = arrival.next_hop.and_then(|node| self.hosts.link_to(node));
        match addressed {
            Some(link) => {
                let because = self.says("next hop", "the router addressed it to this interface");
                vec![Step::forward(arrival.packets, Passage::over(link), because)]
            }
            None => self.deliver(arrival, arrival.packets, work),
        }
    }
}

impl Segment {
    fn says(&self, rule: &'static str, message: &str) -> Cause {
        Cause::implicit(&self.resource, rule, message).at(Place::item("subnets", self.resource.id.clone()))
    }

    fn leave(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let mut steps = Vec::new();
        let recalled = self.recall(arrival, work, &mut steps);
        let rest = work.space.subtract(arrival.packets, recalled);
        let inside = work.space.to_destinations(rest, &self.cidr);
        let outside = work.space.subtract(rest, inside);
        let beside = work.space.to_destinations(outside, &self.bypass);
        let away = work.space.subtract(outside, beside);
        let checked = self.inner.as_ref().filter(|(hosts, _)| {
            let sender = arrival.sender;
            sender.is_some_and(|sender| hosts.contains(&sender)) && arrival.leg == Leg::Forward
        });
        match checked {
            Some((_, link)) if !inside.is_empty() => {
                let because = self.says(
                    "inside",
                    "the network ACL is asked of this sender inside the subnet too",
                );
                steps.push(Step::forward(inside, Passage::over(*link), because));
            }
            _ => steps.extend(self.deliver(arrival, inside, work)),
        }
        let to_router = [
            (
                beside,
                self.beside,
                "the next hop is in the same subnet: no network ACL",
            ),
            (away, self.out, "leaves the subnet"),
        ];
        for (packets, link, message) in to_router {
            if !packets.is_empty() {
                steps.push(Step::forward(
                    packets,
                    Passage::over(link),
                    self.says("subnet boundary", message),
                ));
            }
        }
        steps
    }

    /// What flow state takes back to where the request came from.
    fn recall(&self, arrival: &Arrival<'_>, work: &Workspace, steps: &mut Vec<Step>) -> PacketSet {
        let Some((to, packets)) = arrival.recalled(work) else {
            return PacketSet::EMPTY;
        };
        let link = self.hosts.link_to(to).unwrap_or(self.out);
        let because = self.says("flow state", "the flow goes back the way that it came");
        steps.push(Step::forward(packets, Passage::over(link), because));
        packets
    }

    /// To whoever in the subnet has the destination address.
    fn deliver(&self, arrival: &Arrival<'_>, packets: PacketSet, work: &Workspace) -> Vec<Step> {
        if packets.is_empty() {
            return Vec::new();
        }
        let mut steps = Vec::new();
        let mut rest = packets;
        let known = self.hosts.known(&work.space.destinations(packets));
        for index in known.into_iter().chain(self.unplaced(arrival)) {
            let host = &self.hosts.all[index];
            let theirs = work.space.to_destinations(rest, &host.addresses);
            if !theirs.is_empty() {
                let because = self.says("direct", "delivered inside the subnet");
                steps.push(Step::forward(theirs, Passage::over(host.link), because));
                rest = work.space.subtract(rest, theirs);
            }
        }
        if !rest.is_empty() {
            let id = &self.resource.id;
            let message = format!("nobody in {id} has the destination address");
            let code = ExplanationCode::NoPossibleDestination;
            let because = Cause::refusal(code, &self.resource, "no owner", message);
            steps.push(Step::lose(rest, because.at(Place::item("subnets", id.clone()))));
        }
        steps
    }

    /// An address that several interfaces may have is taken to be the one's whom the packets are for, and never the
    /// sender's own: no two of them have the same.
    fn unplaced(&self, arrival: &Arrival<'_>) -> Vec<usize> {
        let owner = |index: &usize| Some(self.hosts.all[*index].owner);
        let Parties { from, to, .. } = arrival.parties;
        let possible = self.hosts.unplaced.iter().copied();
        let mut unplaced: Vec<usize> = possible
            .filter(|index| owner(index) == to || owner(index) != from)
            .collect();
        unplaced.sort_by_key(|index| owner(index) != to);
        unplaced
    }
}
