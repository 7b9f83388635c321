//! The rules of the groups that an interface carries, as one list: which of them allows which packets.

use super::directory::{Directory, Unassigned};
use crate::model::{OneOrMany, Peer, ResourceId, SecurityGroupId, SecurityGroupRule, VpcId};
use crate::network::{Direction, FilterId, NodeId, Sender, Service, Workspace};
use crate::packet::{AddressSet, Cube, PacketSet};
use std::sync::Arc;

/// The groups that an interface carries, shared by all that carry the same.
pub(super) struct GroupSet {
    pub owner: u32,
    pub vpc: VpcId,
    pub groups: Vec<SecurityGroupId>,
    pub directory: Arc<Directory>,
}

/// Whose interfaces a group's name stands for.
#[derive(Clone, Copy)]
pub(super) enum Scope<'a> {
    /// Nobody's: the sender is not known any more.
    Nobody,
    /// Everybody's: what the rule would match if the sender were known.
    Everybody,
    /// Those of the VPC from which the packets come, and the groups that were vouched for.
    From(&'a Sender),
    /// Those of the VPCs that egress rules may name.
    Neighbours,
}

/// The question that a rule list is asked.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub direction: Direction,
    pub scope: Scope<'a>,
    /// The interface at the other end, when its address is not assigned yet and the rules may mean it.
    pub party: Option<&'a Unassigned>,
}

/// One rule in the order of the list, and where it is written. No index: AWS's default egress rule.
pub(super) struct Listed<'a> {
    pub group: &'a SecurityGroupId,
    pub rule: Option<(usize, &'a SecurityGroupRule)>,
}

impl GroupSet {
    /// The rules of one direction, in order.
    pub fn rules(&self, direction: Direction) -> Vec<Listed<'_>> {
        self.rules_of(self.groups.iter(), direction)
    }

    fn rules_of<'g>(
        &self,
        groups: impl Iterator<Item = &'g SecurityGroupId>,
        direction: Direction,
    ) -> Vec<Listed<'_>> {
        let mut rules = Vec::new();
        for id in groups {
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

    /// The groups and prefix lists that a rule names and the model does not describe.
    pub fn undescribed(&self, rule: &SecurityGroupRule) -> Vec<String> {
        let known =
            |id: &str| self.directory.groups.contains_key(id) || self.directory.prefix_lists.contains_key(id);
        let peers = rule.source.iter().chain(rule.destination.iter());
        let ids = peers.filter_map(|peer| match peer {
            Peer::Resource(id) if !known(id.as_str()) => Some(vec![id.to_string()]),
            Peer::Resource(id) => {
                let own = self.directory.stand_ins(id.as_str());
                Some(own.map(ToString::to_string).collect())
            }
            Peer::Cidr(_) => None,
        });
        ids.flatten().collect()
    }

    /// The groups among these that the model does not describe.
    pub fn undescribed_groups(&self) -> Vec<String> {
        let known = |id: &&SecurityGroupId| !self.directory.groups.contains_key(*id);
        self.groups
            .iter()
            .filter(known)
            .map(ToString::to_string)
            .collect()
    }

    /// What each rule allows for certain (`known`), or may allow if the unknown groups and lists that it names say so.
    fn cubes(&self, asked: Asked<'_>, known: bool) -> Vec<Vec<Cube>> {
        let mut cubes: Vec<Vec<Cube>> = self
            .rules(asked.direction)
            .iter()
            .map(|listed| self.rule_cubes(listed, asked, known))
            .collect();
        let mut open = self
            .groups
            .iter()
            .filter(|id| !self.directory.groups.contains_key(*id))
            .peekable();
        if open.peek().is_some() {
            let held = open.filter(|_| !known).flat_map(|id| self.held(id, asked));
            cubes.push(held.collect());
        }
        cubes
    }

    /// What a group that is not described may allow: anything, or what those do that it may be.
    fn held(&self, group: &SecurityGroupId, asked: Asked<'_>) -> Vec<Cube> {
        let Some(among) = self.directory.perhaps.get(group) else {
            return vec![Cube::all()];
        };
        let rules = self.rules_of(among.iter(), asked.direction);
        let both = rules
            .iter()
            .flat_map(|listed| [true, false].map(|known| self.rule_cubes(listed, asked, known)));
        both.flatten().collect()
    }

    fn rule_cubes(&self, listed: &Listed<'_>, asked: Asked<'_>, known: bool) -> Vec<Cube> {
        let Some((_, rule)) = listed.rule else {
            return if known { vec![Cube::all()] } else { Vec::new() };
        };
        let peers = match asked.direction {
            Direction::Ingress => &rule.source,
            Direction::Egress => &rule.destination,
        };
        let addresses = self.addresses(peers, asked, known);
        if addresses.is_empty() {
            return Vec::new();
        }
        let service = Service {
            protocol: rule.protocol,
            ports: rule.ports.as_ref(),
            icmp_type: rule.icmp_type,
            icmp_code: rule.icmp_code,
        };
        vec![match asked.direction {
            Direction::Ingress => service.between(addresses, AddressSet::all()),
            Direction::Egress => service.between(AddressSet::all(), addresses),
        }]
    }

    fn addresses(&self, peers: &OneOrMany<Peer>, asked: Asked<'_>, known: bool) -> AddressSet {
        let mut all = AddressSet::empty();
        for peer in peers.iter() {
            let one = match peer {
                Peer::Cidr(cidr) if known => AddressSet::cidr(cidr.net()),
                Peer::Cidr(_) => continue,
                Peer::Resource(id) => match (self.named(id.as_str(), asked), known) {
                    (Some(addresses), true) => addresses,
                    (Some(_), false) => self.perhaps(id.as_str(), asked),
                    (None, false) => self.among(id.as_str(), asked),
                    (None, true) => continue,
                },
            };
            all = all.union(&one);
        }
        all
    }

    /// The addresses that an id stands for; none when the model does not describe it.
    fn named(&self, id: &str, asked: Asked<'_>) -> Option<AddressSet> {
        if let Some(list) = self.directory.prefix_lists.get(id) {
            return Some(list.clone());
        }
        self.directory.groups.get(id)?;
        Some(self.carriers(id, asked))
    }

    /// The addresses of those of which nobody knows whether they carry a group.
    fn perhaps(&self, id: &str, asked: Asked<'_>) -> AddressSet {
        let all = self.directory.stand_ins(id);
        all.fold(AddressSet::empty(), |all, own| {
            all.union(&self.carriers(own.as_str(), asked))
        })
    }

    /// The addresses for which a group may stand that is not described.
    fn among(&self, id: &str, asked: Asked<'_>) -> AddressSet {
        let Some(among) = self.directory.perhaps.get(id) else {
            return AddressSet::all();
        };
        among.iter().fold(AddressSet::empty(), |all, one| {
            let carried = self.named(one.as_str(), asked);
            all.union(&carried.unwrap_or_else(AddressSet::all))
                .union(&self.perhaps(one.as_str(), asked))
        })
    }

    /// The addresses of those that carry a group.
    fn carriers(&self, id: &str, asked: Asked<'_>) -> AddressSet {
        if let Scope::From(Sender {
            voucher: Some(eni), ..
        }) = asked.scope
            && self.directory.vouches(eni, id)
        {
            return AddressSet::all();
        }
        let neighbours = self.directory.neighbours.get(&self.vpc);
        let counts = |vpc: &VpcId| match asked.scope {
            Scope::Nobody => false,
            Scope::Everybody => true,
            Scope::From(origin) => origin.vpc.as_ref() == Some(vpc),
            Scope::Neighbours => neighbours.is_some_and(|neighbours| neighbours.contains(vpc)),
        };
        let members = self.directory.members.get(id).into_iter().flatten();
        let members = members
            .filter(|(vpc, _)| counts(vpc))
            .map(|(_, addresses)| addresses);
        let carries = |party: &&Unassigned| party.groups.iter().any(|group| group.as_str() == id);
        let party = asked.party.filter(carries).filter(|party| counts(&party.vpc));
        let all = members.chain(party.map(|party| &party.addresses));
        all.fold(AddressSet::empty(), |all, addresses| all.union(addresses))
    }

    /// The interface at the other end, when its address is not assigned yet and some rule names a group of it.
    pub fn party(&self, direction: Direction, party: Option<NodeId>) -> Option<&Unassigned> {
        let unassigned = self.directory.unassigned(party)?;
        let carried = |peer: &Peer| {
            let carries = |id: &ResourceId| {
                unassigned
                    .groups
                    .iter()
                    .any(|group| self.may_name(group, id.as_str()))
            };
            matches!(peer, Peer::Resource(id) if carries(id))
        };
        let named = self.rules(direction).into_iter().filter_map(|listed| listed.rule);
        let mut peers = named.flat_map(|(_, rule)| rule.source.iter().chain(rule.destination.iter()));
        peers.any(carried).then_some(unassigned)
    }

    /// Whether a rule that names a group may mean one that is carried.
    fn may_name(&self, carried: &SecurityGroupId, named: &str) -> bool {
        let among = |id: &str| self.directory.perhaps.get(id);
        let own = carried.as_str() == named;
        own || among(carried.as_str()).is_some_and(|among| among.contains(named))
            || among(named).is_some_and(|named| {
                named.contains(carried)
                    || among(carried.as_str()).is_some_and(|carried| !carried.is_disjoint(named))
            })
    }

    /// The name under which a compiled list is kept.
    fn filter(&self, asked: Asked<'_>, known: bool) -> FilterId {
        let list = match (asked.direction, asked.scope) {
            (Direction::Egress, _) => 0,
            (Direction::Ingress, Scope::Nobody) => 1,
            (Direction::Ingress, Scope::Everybody | Scope::Neighbours) => 2,
            (Direction::Ingress, Scope::From(sender)) => 3 + self.directory.number(sender),
        };
        let party = asked.party.map_or(0, |party| party.number);
        FilterId {
            owner: self.owner,
            variant: u64::from(party) << 33 | u64::from(list) << 1 | u64::from(known),
        }
    }

    /// Splits packets by the rule that allows them.
    pub fn split(
        &self,
        work: &Workspace,
        asked: Asked<'_>,
        known: bool,
        packets: PacketSet,
    ) -> Vec<(Option<usize>, PacketSet)> {
        let map = work.filter(self.filter(asked, known), || self.cubes(asked, known));
        work.space.split(map, packets)
    }
}
