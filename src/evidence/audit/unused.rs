//! Rules by whose word nothing of what was recorded passed, or was stopped; routes that nothing took; and for those that let
//! through more than was seen the rule that would do.
//!
//! A route that is a blackhole takes nothing and is not listed; nor is one that is propagated. Where several rules of a group
//! match, the first of them counts as used, so one that is shadowed shows as unused. A rule of which no interface has a record is
//! not unused: nothing was seen there; nor is a route of a gateway's table or a transit gateway's, unless a record shows that
//! packets came by that table.

use super::super::coverage::home;
use super::Audit;
use super::tight::{Extent, Needed};
use super::traffic::Traffic;
use super::uses::Uses;
use crate::model::{
    Location, Model, NetworkAclId, Peer, Place, ResourceId, RouteState, RouteTable, RuleAction,
    SecurityGroupId,
};
use crate::network::{Direction, RuleRef};
use crate::packet::AddressSet;
use ipnet::IpNet;

/// A rule of the model.
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

/// A rule that was used in part, and what would have been enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partly {
    /// The rule.
    pub rule: UnusedRule,
    /// How many records it let through.
    pub records: u64,
    /// The rules that would do.
    pub needed: Vec<Needed>,
}

/// What became of the rules.
#[derive(Debug, Clone, Default)]
pub struct Unused {
    /// Those that nothing used.
    pub rules: Vec<UnusedRule>,
    /// Those that let through more than was seen.
    pub partly: Vec<Partly>,
    /// How many were used.
    pub used: usize,
    /// Lists of which no interface has a record.
    pub unseen: Vec<ResourceId>,
}

/// The rules and routes that the records of an audit did not need, or not all of.
pub fn unused(
    audit: &Audit,
    uses: &Uses,
    model: &Model,
    locate: &dyn Fn(&Place) -> Option<Location>,
) -> Unused {
    let mut sorting = Sorting {
        audit,
        uses,
        model,
        locate,
        unused: Unused::default(),
    };
    sorting.groups();
    sorting.acls();
    sorting.routes();
    sorting.transit();
    sorting.unused
}

/// A rule in its list.
struct Entry {
    direction: Direction,
    rule: RuleRef,
    /// How else a walk may call it: a route to a prefix list by one of its prefixes.
    others: Vec<RuleRef>,
    place: Place,
    /// What it lets through, if it may be narrowed.
    extent: Option<Extent>,
}

struct Sorting<'a> {
    audit: &'a Audit,
    uses: &'a Uses,
    model: &'a Model,
    locate: &'a dyn Fn(&Place) -> Option<Location>,
    unused: Unused,
}

impl Sorting<'_> {
    fn groups(&mut self) {
        for (id, group) in &self.model.security_groups {
            let place = |direction: Direction, at| {
                let list = Place::item("security_groups", id).field(direction.as_str());
                list.index(at)
            };
            let lists = [
                (Direction::Ingress, group.ingress.as_slice()),
                (Direction::Egress, group.egress.as_deref().unwrap_or_default()),
            ];
            let entries = lists.into_iter().flat_map(|(direction, rules)| {
                rules.iter().enumerate().map(move |(at, rule)| Entry {
                    direction,
                    rule: RuleRef::Number(at as u32 + 1),
                    others: Vec::new(),
                    place: place(direction, at),
                    extent: Some(Extent::of_group(rule, direction)),
                })
            });
            let seen = carried(id, self.audit, self.model);
            self.sort("security-group", id.into(), seen, entries.collect());
        }
    }

    fn acls(&mut self) {
        for (id, acl) in &self.model.nacls {
            let lists = [
                (Direction::Ingress, acl.ingress.as_slice()),
                (Direction::Egress, acl.egress.as_slice()),
            ];
            let entries = lists.into_iter().flat_map(|(direction, rules)| {
                rules.iter().enumerate().map(move |(at, rule)| Entry {
                    direction,
                    rule: RuleRef::Number(rule.rule),
                    others: Vec::new(),
                    place: Place::item("nacls", id).field(direction.as_str()).index(at),
                    extent: (rule.action == RuleAction::Allow).then(|| Extent::of_acl(rule, direction)),
                })
            });
            let default_of = acl.default.then_some(acl.vpc.as_str());
            let seen = subnets_seen(id, default_of, self.audit, self.model);
            self.sort("network-acl", id.into(), seen, entries.collect());
        }
    }

    fn routes(&mut self) {
        for (id, table) in &self.model.route_tables {
            let whole = self.inside(table);
            let routes = table.routes.iter().enumerate();
            let entries = routes
                .filter(|(_, route)| route.state != RouteState::Blackhole)
                .map(|(at, route)| {
                    let place = Place::item("route_tables", id).field("routes").index(at);
                    self.route(&route.destination, place, &whole)
                });
            let entries = entries.collect();
            let of_subnets = table.gateway.is_empty();
            let seen = self.is_taken(id.as_str())
                || of_subnets && routes_seen(id.as_str(), table, self.audit, self.model);
            self.sort("route-table", id.into(), seen, entries);
        }
    }

    /// The static routes of transit gateways.
    fn transit(&mut self) {
        for (id, table) in &self.model.transit_gateway_route_tables {
            let routes = table.routes.iter().enumerate();
            let entries = routes
                .filter(|(_, route)| !route.propagated && !route.blackhole && !route.attachment.is_empty())
                .map(|(at, route)| {
                    let place = Place::item("transit_gateway_route_tables", id);
                    let place = place.field("routes").index(at);
                    self.route(&route.destination, place, &AddressSet::empty())
                });
            let entries = entries.collect();
            let seen = self.is_taken(id.as_str());
            self.sort("transit-gateway-route-table", id.into(), seen, entries);
        }
    }

    /// The VPC of a table: a route to a part of it has to be for a whole subnet (VPC guide, "Middlebox routing wizard" and
    /// "Gateway route tables"), however little of that was asked for.
    fn inside(&self, table: &RouteTable) -> AddressSet {
        let vpc = self.model.vpcs.get(&table.vpc);
        let cidrs = vpc.into_iter().flat_map(|vpc| vpc.cidr.iter());
        AddressSet::from_cidrs(cidrs.map(|cidr| cidr.net()))
    }

    fn route(&self, destination: &Peer, place: Place, whole: &AddressSet) -> Entry {
        let call = |net: IpNet| RuleRef::Route(net.to_string().into());
        let (rule, others, extent) = match destination {
            // A default route is for whatever comes up; that less did is no reason to write less.
            Peer::Cidr(cidr) => {
                let net = cidr.net();
                let is_open = net.prefix_len() > 0 && !AddressSet::cidr(net).is_subset(whole);
                (call(net), Vec::new(), is_open.then(|| Extent::of_route(net)))
            }
            Peer::Resource(id) => {
                let list = self.model.prefix_lists.get(id.as_str());
                let entries = list.into_iter().flat_map(|list| &list.entries);
                let others = entries.map(|cidr| call(cidr.net())).collect();
                (RuleRef::Route(id.as_str().into()), others, None)
            }
        };
        Entry {
            direction: Direction::Egress,
            rule,
            others,
            place,
            extent,
        }
    }

    /// Whether a record shows that packets came by a table, by whichever of its routes they went on.
    fn is_taken(&self, table: &str) -> bool {
        self.audit.used.iter().any(|(id, _, _)| id == table)
    }

    /// The rules of a list, each to where it belongs.
    fn sort(&mut self, kind: &'static str, id: ResourceId, seen: bool, entries: Vec<Entry>) {
        if !seen {
            if !entries.is_empty() {
                self.unused.unseen.push(id);
            }
            return;
        }
        for entry in entries {
            // A route is one, whichever way the packets go by it.
            let ways = match &entry.rule {
                RuleRef::Route(_) => vec![Direction::Ingress, Direction::Egress],
                _ => vec![entry.direction],
            };
            let called = || std::iter::once(&entry.rule).chain(&entry.others);
            let keys = ways
                .iter()
                .flat_map(|way| called().map(|rule| (id.to_string(), *way, rule.clone())));
            let keys: Vec<_> = keys.collect();
            let rule = UnusedRule {
                kind,
                id: id.clone(),
                direction: entry.direction,
                rule: entry.rule.clone(),
                at: (self.locate)(&entry.place),
            };
            if !keys.iter().any(|key| self.audit.used.contains(key)) {
                self.unused.rules.push(rule);
                continue;
            }
            self.unused.used += 1;
            let mut traffic = Traffic::default();
            let known = keys.iter().filter_map(|key| self.uses.rules.get(key));
            known.for_each(|of| traffic.join(of.clone()));
            let needed = entry.extent.map(|extent| match rule.rule {
                RuleRef::Route(_) => extent.narrowed(&traffic),
                _ => extent.tightened(&traffic),
            });
            if let Some(needed) = needed.filter(|needed| !needed.is_empty()) {
                self.unused.partly.push(Partly {
                    rule,
                    records: traffic.records,
                    needed,
                });
            }
        }
    }
}

/// Whether an interface in one of a table's subnets has a record.
fn routes_seen(id: &str, table: &RouteTable, audit: &Audit, model: &Model) -> bool {
    let subnets = audit.interfaces.iter().filter_map(|eni| home(model, eni));
    let mut subnets = subnets.filter_map(|subnet| model.subnets.get(subnet));
    subnets.any(|subnet| match &subnet.route_table {
        Some(own) => own.as_str() == id,
        None => table.main && subnet.vpc == table.vpc,
    })
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
