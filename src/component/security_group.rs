//! Security groups: the stateful filter of a network interface.
//!
//! - The groups of one interface are one union of allow rules, whatever their order; what no rule allows is denied
//!   (VPC guide, "Security group rules"). So they are one component together, and it names the group that decided.
//! - A reply of an accepted flow is accepted whatever the rules say (EC2 guide, "Connection tracking").
//! - A rule that names a group matches the private addresses of the interfaces that carry it: in the same VPC, and in
//!   one peered with it in the same Region (VPC guide; peering guide, "Reference peer security groups").
//! - An ingress reference holds only while the packet still is its sender's: not behind an appliance, a NAT gateway, an
//!   internet gateway (`SG_REFERENCES_NOT_PRESERVED`).
//! - Group left without egress rules in the model: AWS's rule of a new group, everything out.
//! - What Amazon serves inside every VPC is never filtered; `vpc_services` takes it before it gets here.
//!
//! Read 2026-11-23; `reference` section 2.

use crate::code::ExplanationCode;
use crate::model::{
    AddressSpec, Model, NetworkInterfaceId, OneOrMany, Peer, PeeringStatus, Place, PrefixListId,
    SecurityGroup, SecurityGroupId, SecurityGroupRule, VpcId,
};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, FilterId, Kind, LinkId, NodeId, Passage, ResourceRef,
    RuleRef, Sender, Service, Step, Workspace,
};
use crate::packet::{AddressSet, Cube, PacketSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// EC2's word for it.
pub const NAME: &str = "security-group";

/// The kind.
pub struct SecurityGroups;

impl Kind for SecurityGroups {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("security_groups")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::EniSgRulesMismatch,
            ExplanationCode::SgHasNoRules,
            ExplanationCode::SgReferencesNotPreserved,
            ExplanationCode::UnknownPeeredSgs,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["what a rule change does to connections that are already tracked"]
    }

    /// Interfaces reserve the places, because each has one.
    fn declare(&self, _: &Model, _: &mut Builder<'_>) {}

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        let directory = Arc::new(Directory::of(model, builder));
        let mut sets: BTreeMap<(VpcId, Vec<SecurityGroupId>), Arc<GroupSet>> = BTreeMap::new();
        for (id, eni) in &model.enis {
            if builder.stands_for(id).is_some() {
                continue;
            }
            let Some(subnet) = model.subnets.get(&eni.subnet) else {
                continue;
            };
            let mut groups = eni.security_groups.clone();
            groups.sort_unstable();
            let set = sets
                .entry((subnet.vpc.clone(), groups))
                .or_insert_with_key(|(vpc, groups)| {
                    let owner = builder.filter_owner();
                    Arc::new(GroupSet {
                        owner,
                        vpc: vpc.clone(),
                        groups: groups.clone(),
                        directory: Arc::clone(&directory),
                    })
                });
            let set = Arc::clone(set);
            connect_one(id, builder.place("subnet", &eni.subnet), set, builder);
        }
    }
}

fn connect_one(id: &NetworkInterfaceId, subnet: NodeId, set: Arc<GroupSet>, builder: &mut Builder<'_>) {
    let node = builder.place(NAME, id);
    let interface = builder.place("network-interface", id);
    let out = builder.link(node, subnet, Direction::Egress);
    let inwards = builder.link(node, interface, Direction::Ingress);
    let names: Vec<&str> = set.groups.iter().map(SecurityGroupId::as_str).collect();
    let resource = ResourceRef::new(NAME, names.join(", ").as_str());
    builder.set(
        node,
        Groups {
            resource,
            interface: id.clone(),
            set,
            out,
            inwards,
        },
    );
}

/// What the rules of every group are read against.
struct Directory {
    groups: BTreeMap<SecurityGroupId, SecurityGroup>,
    members: BTreeMap<SecurityGroupId, BTreeMap<VpcId, AddressSet>>,
    prefix_lists: BTreeMap<PrefixListId, AddressSet>,
    /// For each VPC those whose groups its rules may name: itself, and its active peers in the same Region.
    neighbours: BTreeMap<VpcId, BTreeSet<VpcId>>,
    numbers: BTreeMap<VpcId, u32>,
    /// The interfaces that may vouch for senders, with their groups.
    vouchers: BTreeMap<NetworkInterfaceId, (u32, Vec<SecurityGroupId>)>,
}

impl Directory {
    fn of(model: &Model, builder: &Builder<'_>) -> Self {
        Self {
            groups: model.security_groups.clone(),
            members: members(model, builder),
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
            numbers: model.vpcs.keys().cloned().zip(1..).collect(),
            vouchers: vouchers(model, builder),
        }
    }
}

impl Directory {
    fn vouches(&self, eni: &NetworkInterfaceId, group: &str) -> bool {
        let groups = self.vouchers.get(eni).map(|(_, groups)| groups.as_slice());
        groups.is_some_and(|groups| groups.iter().any(|own| own.as_str() == group))
    }

    /// A number for what is known of a sender.
    fn number(&self, sender: &Sender) -> u32 {
        let vpc = sender.vpc.as_ref().and_then(|vpc| self.numbers.get(vpc));
        let voucher = sender.voucher.as_ref().and_then(|eni| self.vouchers.get(eni));
        let vpcs = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        let voucher = voucher.map_or(0, |(number, _)| *number);
        vpc.copied().unwrap_or(0) + voucher.saturating_mul(vpcs.saturating_add(1))
    }
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

/// The private addresses of the interfaces that carry each group, by VPC. Only groups that some rule names matter,
/// but collecting all is one pass.
fn members(model: &Model, builder: &Builder<'_>) -> BTreeMap<SecurityGroupId, BTreeMap<VpcId, AddressSet>> {
    let named: BTreeSet<&str> = model.security_groups.values().flat_map(peers).collect();
    let mut lists: BTreeMap<(&SecurityGroupId, &VpcId), (Vec<_>, AddressSet)> = BTreeMap::new();
    for eni in model.enis.values() {
        let Some(subnet) = model.subnets.get(&eni.subnet) else {
            continue;
        };
        for group in eni
            .security_groups
            .iter()
            .filter(|group| named.contains(group.as_str()))
        {
            let entry = lists
                .entry((group, &subnet.vpc))
                .or_insert_with(|| (Vec::new(), AddressSet::empty()));
            let single = |spec: &AddressSpec| matches!(spec, AddressSpec::Known(_));
            if eni.prefixes.is_empty() && !eni.ip.is_empty() && eni.ip.iter().all(single) {
                entry.0.extend(eni.ip.iter().filter_map(|spec| match spec {
                    AddressSpec::Known(address) => Some(*address),
                    AddressSpec::OneOf(_) => None,
                }));
            } else {
                entry.1 = entry.1.union(&builder.addresses_of(eni).0);
            }
        }
    }
    let mut members: BTreeMap<SecurityGroupId, BTreeMap<VpcId, AddressSet>> = BTreeMap::new();
    for ((group, vpc), (addresses, more)) in lists {
        let set = AddressSet::from_addresses(addresses).union(&more);
        members.entry(group.clone()).or_default().insert(vpc.clone(), set);
    }
    members
}

/// The ids that a group's rules name.
fn peers(group: &SecurityGroup) -> impl Iterator<Item = &str> {
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

/// The groups that an interface carries, shared by all that carry the same.
struct GroupSet {
    owner: u32,
    vpc: VpcId,
    groups: Vec<SecurityGroupId>,
    directory: Arc<Directory>,
}

/// Whose interfaces a group's name stands for.
#[derive(Clone, Copy)]
enum Scope<'a> {
    /// Nobody's: the sender is not known any more.
    Nobody,
    /// Everybody's: what the rule would match if the sender were known.
    Everybody,
    /// Those of the VPC from which the packets come, and the groups that were vouched for.
    From(&'a Sender),
    /// Those of the VPCs that egress rules may name.
    Neighbours,
}

/// One rule in the order of the list, and where it is written. No index: AWS's default egress rule.
struct Listed<'a> {
    group: &'a SecurityGroupId,
    rule: Option<(usize, &'a SecurityGroupRule)>,
}

impl GroupSet {
    /// The rules of one direction, in order.
    fn rules(&self, direction: Direction) -> Vec<Listed<'_>> {
        let mut rules = Vec::new();
        for id in &self.groups {
            let Some((group, body)) = self.directory.groups.get_key_value(id) else {
                continue;
            };
            let list = match direction {
                Direction::Ingress => Some(&body.ingress),
                Direction::Egress => body.egress.as_ref(),
            };
            match list {
                Some(list) => {
                    rules.extend(list.iter().enumerate().map(|rule| Listed {
                        group,
                        rule: Some(rule),
                    }));
                }
                None => rules.push(Listed { group, rule: None }),
            }
        }
        rules
    }

    /// What each rule allows for certain (`known`), or may allow if the unknown groups and lists that it names say so.
    fn cubes(&self, direction: Direction, scope: Scope<'_>, known: bool) -> Vec<Vec<Cube>> {
        let mut cubes: Vec<Vec<Cube>> = self
            .rules(direction)
            .iter()
            .map(|listed| self.rule_cubes(listed, direction, scope, known))
            .collect();
        // A group that is not described may hold any rule.
        if self
            .groups
            .iter()
            .any(|id| !self.directory.groups.contains_key(id))
        {
            cubes.push(if known { Vec::new() } else { vec![Cube::all()] });
        }
        cubes
    }

    fn rule_cubes(
        &self,
        listed: &Listed<'_>,
        direction: Direction,
        scope: Scope<'_>,
        known: bool,
    ) -> Vec<Cube> {
        let Some((_, rule)) = listed.rule else {
            return if known { vec![Cube::all()] } else { Vec::new() };
        };
        let peers = match direction {
            Direction::Ingress => &rule.source,
            Direction::Egress => &rule.destination,
        };
        let addresses = self.addresses(peers, scope, known);
        if addresses.is_empty() {
            return Vec::new();
        }
        let service = Service {
            protocol: rule.protocol,
            ports: rule.ports.as_ref(),
            icmp_type: rule.icmp_type,
            icmp_code: rule.icmp_code,
        };
        vec![match direction {
            Direction::Ingress => service.between(addresses, AddressSet::all()),
            Direction::Egress => service.between(AddressSet::all(), addresses),
        }]
    }

    fn addresses(&self, peers: &OneOrMany<Peer>, scope: Scope<'_>, known: bool) -> AddressSet {
        let mut all = AddressSet::empty();
        for peer in peers.iter() {
            let one = match peer {
                Peer::Cidr(cidr) if known => AddressSet::cidr(cidr.net()),
                Peer::Cidr(_) => continue,
                Peer::Resource(id) => match (self.named(id.as_str(), scope), known) {
                    (Some(addresses), true) => addresses,
                    (None, false) => AddressSet::all(),
                    _ => continue,
                },
            };
            all = all.union(&one);
        }
        all
    }

    /// The addresses that an id stands for; none when the model does not describe it.
    fn named(&self, id: &str, scope: Scope<'_>) -> Option<AddressSet> {
        if let Some(list) = self.directory.prefix_lists.get(id) {
            return Some(list.clone());
        }
        self.directory.groups.get(id)?;
        if let Scope::From(Sender {
            voucher: Some(eni), ..
        }) = scope
            && self.directory.vouches(eni, id)
        {
            return Some(AddressSet::all());
        }
        let Some(members) = self.directory.members.get(id) else {
            return Some(AddressSet::empty());
        };
        let neighbours = self.directory.neighbours.get(&self.vpc);
        let counts = |vpc: &VpcId| match scope {
            Scope::Nobody => false,
            Scope::Everybody => true,
            Scope::From(origin) => origin.vpc.as_ref() == Some(vpc),
            Scope::Neighbours => neighbours.is_some_and(|neighbours| neighbours.contains(vpc)),
        };
        let counted = members
            .iter()
            .filter(|(vpc, _)| counts(vpc))
            .map(|(_, addresses)| addresses);
        Some(counted.fold(AddressSet::empty(), |all, addresses| all.union(addresses)))
    }

    /// The name under which a compiled list is kept.
    fn filter(&self, direction: Direction, scope: Scope<'_>, known: bool) -> FilterId {
        let list = match (direction, scope) {
            (Direction::Egress, _) => 0,
            (Direction::Ingress, Scope::Nobody) => 1,
            (Direction::Ingress, Scope::Everybody | Scope::Neighbours) => 2,
            (Direction::Ingress, Scope::From(sender)) => 3 + self.directory.number(sender),
        };
        FilterId {
            owner: self.owner,
            variant: list * 2 + u32::from(known),
        }
    }

    /// Splits packets by the rule that allows them.
    fn split(
        &self,
        work: &Workspace,
        direction: Direction,
        scope: Scope<'_>,
        known: bool,
        packets: PacketSet,
    ) -> Vec<(Option<usize>, PacketSet)> {
        let map = work.filter(self.filter(direction, scope, known), || {
            self.cubes(direction, scope, known)
        });
        work.space.split(map, packets)
    }
}

struct Groups {
    resource: ResourceRef,
    interface: NetworkInterfaceId,
    set: Arc<GroupSet>,
    out: LinkId,
    inwards: LinkId,
}

impl Component for Groups {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn interface(&self) -> Option<ResourceRef> {
        Some(ResourceRef::new("network-interface", &self.interface))
    }

    fn is_host(&self) -> bool {
        true
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let direction = arrival.direction();
        let tracked = arrival.tracked(work);
        let fresh = work.space.subtract(arrival.packets, tracked);
        let mut steps = Vec::new();
        if !tracked.is_empty() {
            let because = self.says(
                "stateful",
                "the reply of a tracked connection passes without a rule".into(),
            );
            steps.push(Step::forward(tracked, self.onward(direction), because));
        }
        if self.set.groups.is_empty() && !fresh.is_empty() {
            let because = self.says(
                "no security group",
                format!("{} carries no security group", self.interface),
            );
            steps.push(Step::forward(fresh, self.onward(direction), because));
        } else if !fresh.is_empty() {
            self.judge(arrival, direction, fresh, work, &mut steps);
        }
        steps
    }
}

impl Groups {
    fn onward(&self, direction: Direction) -> Passage {
        let link = match direction {
            Direction::Egress => self.out,
            Direction::Ingress => self.inwards,
        };
        Passage::over(link).remembered()
    }

    fn says(&self, rule: &'static str, message: String) -> Cause {
        Cause::implicit(&self.resource, rule, message)
    }

    fn judge(
        &self,
        arrival: &Arrival<'_>,
        direction: Direction,
        fresh: PacketSet,
        work: &Workspace,
        steps: &mut Vec<Step>,
    ) {
        let scope = match direction {
            Direction::Egress => Scope::Neighbours,
            Direction::Ingress if *arrival.identity == Sender::default() => Scope::Nobody,
            Direction::Ingress => Scope::From(arrival.identity),
        };
        let rules = self.set.rules(direction);
        for (rule, packets) in self.set.split(work, direction, scope, true, fresh) {
            match rule.and_then(|index| rules.get(index)) {
                Some(listed) => {
                    let passage = self.onward(direction);
                    steps.push(Step::forward(packets, passage, self.allowed(listed, direction)));
                }
                None => self.unmatched(arrival, direction, scope, packets, work, steps),
            }
        }
    }

    fn allowed(&self, listed: &Listed<'_>, direction: Direction) -> Cause {
        let author = ResourceRef::new(NAME, listed.group);
        let Some((index, _)) = listed.rule else {
            let message = format!("the default egress rule of {} lets everything out", listed.group);
            return Cause::implicit(&author, "default egress rule", message)
                .at(Place::item("security_groups", listed.group));
        };
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let message = format!("{} rule {number} of {} allows", direction.as_str(), listed.group);
        let place = Place::item("security_groups", listed.group)
            .field(direction.as_str())
            .index(index);
        Cause::implicit(&author, "allow", message)
            .by(RuleRef::Number(number))
            .at(place)
    }

    /// No rule allows these for certain.
    fn unmatched(
        &self,
        arrival: &Arrival<'_>,
        direction: Direction,
        scope: Scope<'_>,
        packets: PacketSet,
        work: &Workspace,
        steps: &mut Vec<Step>,
    ) {
        for (maybe, packets) in self.set.split(work, direction, scope, false, packets) {
            if maybe.is_some() {
                let message = "a rule names a security group or prefix list that the model does not describe";
                let because = self.denied(ExplanationCode::UnknownPeeredSgs, direction, message.into());
                steps.push(Step::Unknown { packets, because });
            } else {
                self.deny(arrival, direction, packets, work, steps);
            }
        }
    }

    fn deny(
        &self,
        arrival: &Arrival<'_>,
        direction: Direction,
        packets: PacketSet,
        work: &Workspace,
        steps: &mut Vec<Step>,
    ) {
        let names = &self.resource.id;
        let way = direction.as_str();
        if self.set.rules(direction).is_empty() {
            let because = self.denied(
                ExplanationCode::SgHasNoRules,
                direction,
                format!("{names} has no {way} rules"),
            );
            steps.push(Step::drop(packets, self.onward(direction), because));
            return;
        }
        let rules = self.set.rules(direction);
        let lost_identity = direction == Direction::Ingress && arrival.identity.vpc.is_none();
        let parts = match lost_identity {
            true => self.set.split(work, direction, Scope::Everybody, true, packets),
            false => vec![(None, packets)],
        };
        for (by_reference, packets) in parts {
            let named = by_reference.and_then(|index| rules.get(index));
            let because = if let Some(listed) = named {
                let message = format!(
                    "{} names the sender's group, and packets that were forwarded on the way do not count as the group's",
                    listed.group
                );
                let code = Some(ExplanationCode::SgReferencesNotPreserved);
                Cause {
                    code,
                    message,
                    ..self.allowed(listed, direction)
                }
            } else {
                let message = format!("no {way} rule of {names} allows these packets");
                self.denied(ExplanationCode::EniSgRulesMismatch, direction, message)
            };
            steps.push(Step::drop(packets, self.onward(direction), because));
        }
    }

    fn denied(&self, code: ExplanationCode, direction: Direction, message: String) -> Cause {
        let cause = Cause::refusal(code, &self.resource, "deny", message).by(RuleRef::Default);
        match self.set.groups.as_slice() {
            [] => cause,
            [first, ..] => cause.at(Place::item("security_groups", first).field(direction.as_str())),
        }
    }
}
