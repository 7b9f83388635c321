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
//! Read 2026-11-23.

mod directory;
mod repair;
mod rules;

use crate::code::ExplanationCode;
use crate::model::{Model, NetworkInterfaceId, Place, SecurityGroupId, VpcId};
use crate::network::edit::{Proposal, Trouble};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, Kind, LinkId, NodeId, Passage, ResourceRef, RuleRef,
    Sender, Step, Trace, Workspace,
};
use crate::packet::PacketSet;
use directory::Directory;
use rules::{Asked, GroupSet, Listed, Scope};
use std::borrow::Cow;
use std::collections::BTreeMap;
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
            ExplanationCode::SgReferencingSupport,
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

    fn opening(&self, trouble: &Trouble<'_>) -> Vec<Proposal> {
        if trouble.author.kind == NAME {
            repair::opening(trouble)
        } else {
            Vec::new()
        }
    }

    fn closing(&self, trouble: &Trouble<'_>) -> Vec<Proposal> {
        if trouble.author.kind == NAME {
            repair::closing(trouble)
        } else {
            Vec::new()
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
            endpoint: is_endpoint(id, builder.model),
            set,
            out,
            inwards,
        },
    );
}

/// Whether it is an interface of a VPC endpoint.
fn is_endpoint(id: &NetworkInterfaceId, model: &Model) -> bool {
    let endpoints = model.vpc_endpoints.values();
    let mut answering = endpoints.filter(|endpoint| endpoint.kind.has_address());
    answering.any(|endpoint| endpoint.enis.iter().any(|eni| eni == id))
}

struct Groups {
    resource: ResourceRef,
    interface: NetworkInterfaceId,
    /// Whether it is a VPC endpoint's, to which no transit gateway makes groups known (transit gateway guide, "Security group
    /// referencing").
    endpoint: bool,
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

    fn trace(&self, _: Option<ExplanationCode>) -> Trace {
        Trace::Rejected
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
        let sender = self.sender(arrival);
        let scope = match direction {
            Direction::Egress => Scope::Neighbours,
            Direction::Ingress if !sender.is_known() => Scope::Nobody,
            Direction::Ingress => Scope::From(&sender),
        };
        let other = match direction {
            Direction::Egress => arrival.parties.to,
            Direction::Ingress => arrival.parties.from,
        };
        let party = self.set.party(direction, other);
        let asked = Asked {
            direction,
            scope,
            party,
        };
        let rules = self.set.rules(direction);
        for (rule, packets) in self.set.split(work, asked, true, fresh) {
            match rule.and_then(|index| rules.get(index)) {
                Some(listed) => {
                    let passage = self.onward(direction);
                    steps.push(Step::forward(packets, passage, self.allowed(listed, direction)));
                }
                None => self.unmatched(&sender, asked, packets, work, steps),
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

    /// What is known of the sender here.
    fn sender<'a>(&self, arrival: &Arrival<'a>) -> Cow<'a, Sender> {
        if self.endpoint && arrival.identity.transit {
            return Cow::Owned(Sender {
                unsupported: true,
                ..Sender::default()
            });
        }
        Cow::Borrowed(arrival.identity)
    }

    /// No rule allows these for certain.
    fn unmatched(
        &self,
        sender: &Sender,
        asked: Asked<'_>,
        packets: PacketSet,
        work: &Workspace,
        steps: &mut Vec<Step>,
    ) {
        for (maybe, packets) in self.set.split(work, asked, false, packets) {
            if let Some(index) = maybe {
                let because = self.unsure(asked.direction, index);
                steps.push(Step::Unknown { packets, because });
            } else {
                self.deny(sender, asked, packets, work, steps);
            }
        }
    }

    /// Why nobody knows whether a rule allows: whom it names, the model does not describe.
    fn unsure(&self, direction: Direction, index: usize) -> Cause {
        let rules = self.set.rules(direction);
        let listed = rules
            .get(index)
            .and_then(|listed| Some((listed.group, listed.rule?)));
        let names = match listed {
            Some((_, (_, rule))) => self.set.undescribed(rule),
            None => self.set.undescribed_groups(),
        };
        let names = names.join(" and ");
        let code = ExplanationCode::UnknownPeeredSgs;
        let Some((group, (place, _))) = listed else {
            let message = format!("{names} may allow these packets, and the model does not describe it");
            return self.denied(code, direction, message);
        };
        let (way, number) = (direction.as_str(), place + 1);
        let message =
            format!("{way} rule {number} of {group} names {names}, which the model does not describe");
        let place = Place::item("security_groups", group).field(way).index(place);
        self.denied(code, direction, message).at(place)
    }

    fn deny(
        &self,
        sender: &Sender,
        asked: Asked<'_>,
        packets: PacketSet,
        work: &Workspace,
        steps: &mut Vec<Step>,
    ) {
        let direction = asked.direction;
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
        let lost_identity = direction == Direction::Ingress && sender.vpc.is_none();
        let parts = match lost_identity {
            true => {
                let scope = Scope::Everybody;
                self.set.split(work, Asked { scope, ..asked }, true, packets)
            }
            false => vec![(None, packets)],
        };
        for (by_reference, packets) in parts {
            let named = by_reference.and_then(|index| rules.get(index));
            let because = if let Some(listed) = named {
                let (code, why) = lost(sender, self.endpoint);
                Cause {
                    code: Some(code),
                    message: format!("{} names the sender's group, and {why}", listed.group),
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

/// Why nobody knows the sender any more.
fn lost(sender: &Sender, endpoint: bool) -> (ExplanationCode, &'static str) {
    if sender.unsupported && endpoint {
        (
            ExplanationCode::SgReferencingSupport,
            "a transit gateway makes groups known to no VPC endpoint",
        )
    } else if sender.unsupported {
        (
            ExplanationCode::SgReferencingSupport,
            "a transit gateway on the way or its attachment does not make groups known",
        )
    } else {
        (
            ExplanationCode::SgReferencesNotPreserved,
            "packets that were forwarded on the way do not count as the group's",
        )
    }
}
