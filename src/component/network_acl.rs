//! Network ACLs: the stateless filter at a subnet's boundary.
//!
//! - Two lists, asked in the order of the rule numbers; the first match decides; what none matches is denied by the rule
//!   `*` (VPC guide, "Network ACL basics").
//! - Stateless: requests and replies are judged alike.
//! - Only at the boundary: never between two interfaces of one subnet; the subnet decides who comes here.
//! - Except for a Classic Load Balancer: what its nodes send meets the ACL's egress rules on the way to a target in their own
//!   subnet too (Reachability Analyzer, `ELB_ACL_RESTRICTION`; vector T22).
//! - Ingress rules match the source, egress rules the destination; ports are destination ports in both.
//! - A subnet without an association uses the VPC's default ACL; a default ACL that nobody wrote allows everything.
//!
//! Read 2026-11-23.

mod repair;

use crate::code::ExplanationCode;
use crate::model::{Model, NetworkAcl, NetworkAclId, NetworkAclRule, Place, RuleAction, SubnetId, VpcId};
use crate::network::edit::{Proposal, Trouble};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, FilterId, Kind, LinkId, Passage, ResourceRef, RuleRef,
    Service, Step, Trace, Workspace,
};
use crate::packet::{AddressSet, Cube, PacketSet};
use std::collections::BTreeMap;
use std::sync::Arc;

/// EC2's word for it.
pub const NAME: &str = "network-acl";

/// The kind.
pub struct NetworkAcls;

impl Kind for NetworkAcls {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("nacls")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::ElbAclRestriction,
            ExplanationCode::SubnetAclRestriction,
            ExplanationCode::UnknownResource,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["the ICMP messages that path MTU discovery needs"]
    }

    /// One place a subnet, for the ACL that it uses.
    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for subnet in model.subnets.keys() {
            builder.place(NAME, subnet);
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        let mut lists: BTreeMap<NetworkAclId, Arc<List>> = BTreeMap::new();
        let default: BTreeMap<&VpcId, &NetworkAclId> = model
            .nacls
            .iter()
            .filter(|(_, acl)| acl.default)
            .map(|(id, acl)| (&acl.vpc, id))
            .collect();
        for (id, subnet) in &model.subnets {
            let acl = subnet.nacl.as_ref().or_else(|| default.get(&subnet.vpc).copied());
            let list = acl.map(|acl| {
                let made = lists.entry(acl.clone());
                Arc::clone(made.or_insert_with(|| Arc::new(List::of(acl, model.nacls.get(acl), builder))))
            });
            connect_one(id, &subnet.vpc, list, builder);
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

/// The default network ACL of a VPC, of which the model says nothing.
fn implied(vpc: &VpcId) -> String {
    format!("default network ACL of {vpc}")
}

fn connect_one(subnet: &SubnetId, vpc: &VpcId, list: Option<Arc<List>>, builder: &mut Builder<'_>) {
    let node = builder.place(NAME, subnet);
    let table = builder.place("route-table", subnet);
    let inside = builder.place("subnet", subnet);
    let out = builder.link(node, table, Direction::Egress);
    let inwards = builder.link(node, inside, Direction::Ingress);
    let resource = match &list {
        Some(list) => ResourceRef::new(NAME, &list.id),
        None => ResourceRef::new(NAME, implied(vpc).as_str()),
    };
    if !builder.checked_inside(subnet).is_empty() {
        let inner = builder.inner_acl(subnet);
        let back = builder.link(inner, inside, Direction::Ingress);
        let acl = Acl {
            resource: resource.clone(),
            list: list.clone(),
            out: back,
            inwards: back,
            code: ExplanationCode::ElbAclRestriction,
        };
        builder.set(inner, acl);
    }
    builder.set(
        node,
        Acl {
            resource,
            list,
            out,
            inwards,
            code: ExplanationCode::SubnetAclRestriction,
        },
    );
}

/// An ACL's two lists, shared by the subnets that use it.
struct List {
    owner: u32,
    id: NetworkAclId,
    /// Ingress and egress, each in the order in which AWS asks, with the place in the model's list. None: the model
    /// names the ACL and does not describe it.
    rules: Option<[Vec<(usize, NetworkAclRule)>; 2]>,
}

impl List {
    fn of(id: &NetworkAclId, acl: Option<&NetworkAcl>, builder: &mut Builder<'_>) -> Self {
        let sorted = |rules: &[NetworkAclRule]| {
            let mut rules: Vec<_> = rules.iter().cloned().enumerate().collect();
            rules.sort_by_key(|(index, rule)| (rule.rule, *index));
            rules
        };
        let rules = acl.map(|acl| [sorted(&acl.ingress), sorted(&acl.egress)]);
        Self {
            owner: builder.filter_owner(),
            id: id.clone(),
            rules,
        }
    }

    fn cubes(rules: &[(usize, NetworkAclRule)], direction: Direction) -> Vec<Vec<Cube>> {
        rules
            .iter()
            .map(|(_, rule)| rule_cube(rule, direction).into_iter().collect())
            .collect()
    }
}

fn rule_cube(rule: &NetworkAclRule, direction: Direction) -> Option<Cube> {
    let service = Service {
        protocol: rule.protocol,
        ports: rule.ports.as_ref(),
        icmp_type: rule.icmp_type,
        icmp_code: rule.icmp_code,
    };
    Some(match direction {
        Direction::Ingress => service.between(AddressSet::cidr(rule.source?.net()), AddressSet::all()),
        Direction::Egress => service.between(AddressSet::all(), AddressSet::cidr(rule.destination?.net())),
    })
}

struct Acl {
    resource: ResourceRef,
    list: Option<Arc<List>>,
    out: LinkId,
    inwards: LinkId,
    /// What a denial is called.
    code: ExplanationCode,
}

impl Component for Acl {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn at_boundary(&self) -> bool {
        true
    }

    fn trace(&self, _: Option<ExplanationCode>) -> Trace {
        Trace::Rejected
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let direction = arrival.direction();
        let passage = match direction {
            Direction::Egress => Passage::over(self.out),
            Direction::Ingress => Passage::over(self.inwards),
        };
        let passage = passage.to(arrival.next_hop);
        let Some(list) = &self.list else {
            let message = "the default network ACL of a VPC allows everything";
            let because = Cause::implicit(&self.resource, "default network ACL", message);
            return vec![Step::forward(arrival.packets, passage, because)];
        };
        let Some(rules) = &list.rules else {
            let message = format!("the model does not describe {}", list.id);
            let because = Cause::refusal(
                ExplanationCode::UnknownResource,
                &self.resource,
                "unknown",
                message,
            );
            return vec![Step::Unknown {
                packets: arrival.packets,
                because,
            }];
        };
        let rules = &rules[usize::from(direction == Direction::Egress)];
        let id = FilterId {
            owner: list.owner,
            variant: u64::from(direction == Direction::Egress),
        };
        let map = work.filter(id, || List::cubes(rules, direction));
        let parts = work.space.split(map, arrival.packets);
        parts
            .into_iter()
            .map(|(index, packets)| self.step(index, rules, direction, packets, &passage))
            .collect()
    }
}

impl Acl {
    fn step(
        &self,
        index: Option<usize>,
        rules: &[(usize, NetworkAclRule)],
        direction: Direction,
        packets: PacketSet,
        passage: &Passage,
    ) -> Step {
        let id = &self.resource.id;
        let way = direction.as_str();
        let Some((place, rule)) = index.and_then(|index| rules.get(index)) else {
            let message = format!("no {way} rule of {id} matches these packets; its rule * denies");
            let because = Cause::refusal(self.code, &self.resource, "*", message);
            let place = Place::item("nacls", id.clone()).field(way);
            return Step::drop(packets, passage.clone(), because.by(RuleRef::Default).at(place));
        };
        let place = Place::item("nacls", id.clone()).field(way).index(*place);
        let number = RuleRef::Number(rule.rule);
        match rule.action {
            RuleAction::Allow => {
                let message = format!("{way} rule {} of {id} allows", rule.rule);
                let because = Cause::implicit(&self.resource, "allow", message)
                    .by(number)
                    .at(place);
                Step::forward(packets, passage.clone(), because)
            }
            RuleAction::Deny => {
                let message = format!("{way} rule {} of {id} denies", rule.rule);
                let because = Cause::refusal(self.code, &self.resource, "deny", message)
                    .by(number)
                    .at(place);
                Step::drop(packets, passage.clone(), because)
            }
        }
    }
}
