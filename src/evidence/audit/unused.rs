//! Rules by whose word nothing of what was recorded passed, or was stopped; routes that nothing took.
//!
//! A route that is a blackhole takes nothing and is not listed; nor are those of edge tables and transit gateways.
//! Where several rules of a group match, the first of them counts as used, so one that is shadowed shows as unused. A rule of
//! which no interface has a record is not unused: nothing was seen there.

use super::super::coverage::home;
use super::Audit;
use crate::model::{Location, Model, NetworkAclId, Peer, Place, ResourceId, RouteState, SecurityGroupId};
use crate::network::{Direction, RuleRef};

/// A rule that nothing used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusedRule {
    /// EC2's resource-type word of the list that it is in.
    pub kind: &'static str,
    /// The list.
    pub id: ResourceId,
    /// In or out.
    pub direction: Direction,
    /// Its number; a security group's are counted from 1. Of a route its destination.
    pub rule: RuleRef,
    /// Where it is written.
    pub at: Option<Location>,
}

/// What became of the rules.
#[derive(Debug, Clone, Default)]
pub struct Unused {
    /// Those that nothing used.
    pub rules: Vec<UnusedRule>,
    /// How many were used.
    pub used: usize,
    /// Lists of which no interface has a record.
    pub unseen: Vec<ResourceId>,
}

/// The rules of security groups and network ACLs that the records of an audit did not need.
pub fn unused(audit: &Audit, model: &Model, locate: &dyn Fn(&Place) -> Option<Location>) -> Unused {
    let mut unused = Unused::default();
    for (id, group) in &model.security_groups {
        let ingress = (1..)
            .zip(&group.ingress)
            .map(|(rule, _)| RuleRef::Number(rule))
            .collect();
        let egress = group.egress.iter().flatten();
        let egress = (1..).zip(egress).map(|(rule, _)| RuleRef::Number(rule)).collect();
        let list = List {
            kind: "security-group",
            section: "security_groups",
            id: id.into(),
            rules: [ingress, egress],
        };
        list.judge(audit, carried(id, audit, model), locate, &mut unused);
    }
    for (id, acl) in &model.nacls {
        let list = List {
            kind: "network-acl",
            section: "nacls",
            id: id.into(),
            rules: [
                acl.ingress
                    .iter()
                    .map(|rule| RuleRef::Number(rule.rule))
                    .collect(),
                acl.egress.iter().map(|rule| RuleRef::Number(rule.rule)).collect(),
            ],
        };
        let seen = subnets_seen(id, acl.default.then_some(acl.vpc.as_str()), audit, model);
        list.judge(audit, seen, locate, &mut unused);
    }
    routes(audit, model, locate, &mut unused);
    unused
}

/// The routes of the tables that route what leaves a subnet.
fn routes(audit: &Audit, model: &Model, locate: &dyn Fn(&Place) -> Option<Location>, unused: &mut Unused) {
    for (id, table) in model
        .route_tables
        .iter()
        .filter(|(_, table)| table.gateway.is_empty())
    {
        let subnets = audit.interfaces.iter().filter_map(|eni| home(model, eni));
        let mut subnets = subnets.filter_map(|subnet| model.subnets.get(subnet));
        let seen = subnets.any(|subnet| match &subnet.route_table {
            Some(own) => own == id,
            None => table.main && subnet.vpc == table.vpc,
        });
        if !seen {
            if !table.routes.is_empty() {
                unused.unseen.push(id.into());
            }
            continue;
        }
        for (index, route) in table.routes.iter().enumerate() {
            let to = match &route.destination {
                Peer::Cidr(cidr) => cidr.net().to_string(),
                Peer::Resource(id) => id.to_string(),
            };
            let rule = RuleRef::Route(to.into());
            let is_used = audit
                .used
                .contains(&(id.to_string(), Direction::Egress, rule.clone()));
            unused.used += usize::from(is_used);
            if is_used || route.state == RouteState::Blackhole {
                continue;
            }
            let place = Place::item("route_tables", id).field("routes").index(index);
            unused.rules.push(UnusedRule {
                kind: "route-table",
                id: id.into(),
                direction: Direction::Egress,
                rule,
                at: locate(&place),
            });
        }
    }
}

/// A list of rules, in and out.
struct List {
    kind: &'static str,
    section: &'static str,
    id: ResourceId,
    rules: [Vec<RuleRef>; 2],
}

impl List {
    fn judge(
        self,
        audit: &Audit,
        seen: bool,
        locate: &dyn Fn(&Place) -> Option<Location>,
        unused: &mut Unused,
    ) {
        if !seen {
            if self.rules.iter().any(|rules| !rules.is_empty()) {
                unused.unseen.push(self.id);
            }
            return;
        }
        for (direction, rules) in [Direction::Ingress, Direction::Egress]
            .into_iter()
            .zip(&self.rules)
        {
            for (index, rule) in rules.iter().enumerate() {
                let key = (self.id.to_string(), direction, rule.clone());
                if audit.used.contains(&key) {
                    unused.used += 1;
                    continue;
                }
                let place = Place::item(self.section, self.id.clone()).field(direction.as_str());
                unused.rules.push(UnusedRule {
                    kind: self.kind,
                    id: self.id.clone(),
                    direction,
                    rule: rule.clone(),
                    at: locate(&place.index(index)),
                });
            }
        }
    }
}

/// Whether an interface that carries it has a record.
fn carried(group: &SecurityGroupId, audit: &Audit, model: &Model) -> bool {
    let mut enis = audit
        .interfaces
        .iter()
        .filter_map(|id| model.enis.get(id.as_str()));
    enis.any(|eni| eni.security_groups.contains(group))
}

/// Whether an interface in one of its subnets has a record.
fn subnets_seen(acl: &NetworkAclId, default_of: Option<&str>, audit: &Audit, model: &Model) -> bool {
    let subnets = audit.interfaces.iter().filter_map(|id| home(model, id));
    let mut subnets = subnets.filter_map(|subnet| model.subnets.get(subnet));
    subnets.any(|subnet| match &subnet.nacl {
        Some(own) => own == acl,
        None => default_of == Some(subnet.vpc.as_str()),
    })
}
