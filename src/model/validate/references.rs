//! Every id that the model names must be there, unless it is known to be unknown.

use super::{Diagnostic, MISTAKES_MAX, Model, Origin, Place, diagnostic, near};
use crate::model::{OneOrMany, Peer, ResourceId, UnknownResource};
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, BTreeSet};

/// Kinds that are not modelled yet, by the beginning of their ids.
const NOT_MODELLED: [(&str, &str); 5] = [
    ("cagw-", "carrier-gateway"),
    ("arn:aws:networkmanager:", "core-network"),
    ("core-network-", "core-network"),
    ("arn:aws:odb:", "odb-network"),
    ("odb-", "odb-network"),
];

/// The most mistakes for which a near name is looked for.
const NEAR_MAX: usize = 200;

/// EC2's word for a kind, as people write it.
fn words(kind: &str) -> String {
    match kind {
        "vpc" => "VPC".to_owned(),
        "network-acl" => "network ACL".to_owned(),
        "natgateway" => "NAT gateway".to_owned(),
        other => other.replace('-', " "),
    }
}

/// What a route may lead to, and what else may be named where.
struct References<'m> {
    model: &'m Model,
    /// The items that are written, and could not be read.
    unread: Option<&'m BTreeSet<ResourceId>>,
    /// The instances to which interfaces are attached: routes may lead to them.
    instances: FxHashSet<&'m str>,
    /// The endpoints of firewalls: to them too.
    endpoints: BTreeSet<&'m str>,
    /// How many names mean nothing.
    lost: usize,
    found: Vec<Diagnostic>,
    unknown: BTreeMap<ResourceId, UnknownResource>,
}

/// The unknown resources that the model names, and the mistakes.
pub fn check(
    model: &Model,
    unread: Option<&BTreeSet<ResourceId>>,
) -> (BTreeMap<ResourceId, UnknownResource>, Vec<Diagnostic>) {
    let mut references = References {
        model,
        unread,
        instances: attached(model).collect(),
        endpoints: endpoints(model).collect(),
        lost: 0,
        found: Vec::new(),
        unknown: BTreeMap::new(),
    };
    references.places();
    references.interfaces();
    references.services();
    references.groups();
    references.tables();
    references.gateways();
    references.load_balancers();
    references.transit_gateways();
    references.firewalls();
    references.vpc_endpoints();
    references.lattice();
    references.core_networks();
    references.hybrid();
    references.public_access();
    references.flow_logs();
    references.traffic_mirrors();
    (references.unknown, references.found)
}

fn attached(model: &Model) -> impl Iterator<Item = &str> {
    let instances = model.enis.values().filter_map(|eni| eni.instance.as_ref());
    instances.map(|id| id.as_str())
}

fn endpoints(model: &Model) -> impl Iterator<Item = &str> {
    let firewalls = model.network_firewalls.values();
    let endpoints = firewalls.flat_map(|firewall| firewall.endpoints.keys());
    endpoints.map(|id| id.as_str())
}

/// The ids of a section.
macro_rules! ids {
    ($model:expr, $section:ident) => {
        $model.$section.keys().map(|id| id.as_str())
    };
}

/// Checks that an id is in a section.
macro_rules! need {
    ($self:ident, $section:ident, $kind:literal, $id:expr, $place:expr) => {
        if !$self.model.$section.contains_key($id.as_str()) {
            $self.missing($kind, $id.as_str(), ids!($self.model, $section), $place);
        }
    };
}

mod balancing;
mod core_network;
mod endpoints;
mod firewalls;
mod hybrid;
mod lattice;
mod public_access;
mod traffic_mirrors;
mod transit;

impl<'m> References<'m> {
    fn missing(&mut self, kind: &'static str, id: &str, known: impl Iterator<Item = &'m str>, place: Place) {
        if self.model.unknown.contains_key(id) || self.broken(id) {
            return;
        }
        if self.model.origin == Origin::Imported {
            let why = Some("named, and not in what was collected".to_owned());
            self.unknown.insert(
                id.into(),
                UnknownResource {
                    kind: kind.to_owned(),
                    why,
                    may_be: OneOrMany::default(),
                },
            );
            return;
        }
        self.lost += 1;
        if self.lost > MISTAKES_MAX {
            return;
        }
        let message = format!("there is no {} `{id}`", words(kind));
        let error = diagnostic(self.model, "MODEL_UNKNOWN_ID", &place, message);
        // To look for a near name takes time for each that is known.
        let look = self.found.len() < NEAR_MAX;
        let near = look.then(|| near(id, known.chain(self.broken_ids()))).flatten();
        self.found.push(match near {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint(format!(
                "describe it, or add it to `unknown:` as {{ type: {kind} }}"
            )),
        });
    }

    fn broken_ids(&self) -> impl Iterator<Item = &'m str> {
        self.unread.into_iter().flatten().map(|id| id.as_str())
    }

    /// Whether an item of this id is written, and could not be read.
    fn broken(&self, id: &str) -> bool {
        self.unread.is_some_and(|ids| ids.contains(id))
    }

    fn places(&mut self) {
        for (id, subnet) in &self.model.subnets {
            let place = Place::item("subnets", id);
            need!(self, vpcs, "vpc", subnet.vpc, place.clone().field("vpc"));
            if let Some(table) = &subnet.route_table {
                need!(
                    self,
                    route_tables,
                    "route-table",
                    table,
                    place.clone().field("route_table")
                );
            }
            if let Some(acl) = &subnet.nacl {
                need!(self, nacls, "network-acl", acl, place.field("nacl"));
            }
        }
    }

    fn interfaces(&mut self) {
        for (id, eni) in &self.model.enis {
            let place = Place::item("enis", id);
            need!(self, subnets, "subnet", eni.subnet, place.clone().field("subnet"));
            for (index, group) in eni.security_groups.iter().enumerate() {
                let place = place.clone().field("security_groups").index(index);
                need!(self, security_groups, "security-group", group, place);
            }
        }
        for (id, ip) in &self.model.elastic_ips {
            let place = Place::item("elastic_ips", id);
            if let Some(eni) = &ip.eni {
                need!(self, enis, "network-interface", eni, place.clone().field("eni"));
            }
            if let Some(nat) = &ip.nat_gateway {
                need!(self, nat_gateways, "natgateway", nat, place.field("nat_gateway"));
            }
        }
    }

    fn services(&mut self) {
        for (id, service) in &self.model.services {
            for eni in service.enis.iter() {
                let place = Place::item("services", id).field("enis");
                need!(self, enis, "network-interface", eni, place);
            }
        }
    }

    fn groups(&mut self) {
        for (id, group) in &self.model.security_groups {
            need!(
                self,
                vpcs,
                "vpc",
                group.vpc,
                Place::item("security_groups", id).field("vpc")
            );
            let ingress = group
                .ingress
                .iter()
                .enumerate()
                .map(|(index, rule)| ("ingress", index, "source", &rule.source));
            let egress = group.egress.iter().flatten().enumerate();
            let egress = egress.map(|(index, rule)| ("egress", index, "destination", &rule.destination));
            for (field, index, key, peers) in ingress.chain(egress) {
                for peer in peers.iter() {
                    let place = Place::item("security_groups", id)
                        .field(field)
                        .index(index)
                        .key(key);
                    self.peer(peer, place);
                }
            }
        }
        for (id, acl) in &self.model.nacls {
            need!(self, vpcs, "vpc", acl.vpc, Place::item("nacls", id).field("vpc"));
        }
    }

    fn peer(&mut self, peer: &Peer, place: Place) {
        let Peer::Resource(id) = peer else { return };
        let (groups, lists) = (&self.model.security_groups, &self.model.prefix_lists);
        if groups.contains_key(id.as_str()) || lists.contains_key(id.as_str()) {
            return;
        }
        let known = ids!(self.model, security_groups).chain(ids!(self.model, prefix_lists));
        let kind = if id.as_str().starts_with("pl-") {
            "prefix-list"
        } else {
            "security-group"
        };
        self.missing(kind, id.as_str(), known, place);
    }

    fn tables(&mut self) {
        for (id, table) in &self.model.route_tables {
            let place = Place::item("route_tables", id);
            need!(self, vpcs, "vpc", table.vpc, place.clone().field("vpc"));
            for gateway in table.gateway.iter() {
                self.gateway(gateway, place.clone().field("gateway"));
            }
            for (index, route) in table.routes.iter().enumerate() {
                let place = place.clone().field("routes").index(index);
                if let Peer::Resource(list) = &route.destination {
                    need!(
                        self,
                        prefix_lists,
                        "prefix-list",
                        list,
                        place.clone().key("destination")
                    );
                }
                self.target(&route.target, place.key("target"));
            }
        }
    }

    fn gateway(&mut self, id: &ResourceId, place: Place) {
        let described = self.model.internet_gateways.contains_key(id.as_str())
            || self.model.vpn_gateways.contains_key(id.as_str());
        if !described && !self.not_modelled(id, &place) {
            let known = ids!(self.model, internet_gateways).chain(ids!(self.model, vpn_gateways));
            self.missing("internet-gateway", id.as_str(), known, place);
        }
    }

    fn target(&mut self, id: &ResourceId, place: Place) {
        let model = self.model;
        let text = id.as_str();
        if text == "local" || self.is_target(text) || self.not_modelled(id, &place) {
            return;
        }
        let known = model.targets().chain(attached(model)).chain(endpoints(model));
        self.missing("route-target", text, known, place);
    }

    /// Whether a route may lead to it.
    fn is_target(&self, id: &str) -> bool {
        self.model.is_target(id) || self.instances.contains(id) || self.endpoints.contains(id)
    }

    /// Whether this is of a kind that is not modelled yet. It exists, so it is unknown.
    fn not_modelled(&mut self, id: &ResourceId, place: &Place) -> bool {
        if self.model.unknown.contains_key(id) {
            return true;
        }
        let Some((_, kind)) = NOT_MODELLED
            .into_iter()
            .find(|(prefix, _)| id.as_str().starts_with(prefix))
        else {
            return false;
        };
        let why = Some("this kind is not modelled yet".to_owned());
        let first = self
            .unknown
            .insert(
                id.clone(),
                UnknownResource {
                    kind: kind.to_owned(),
                    why,
                    may_be: OneOrMany::default(),
                },
            )
            .is_none();
        if first && self.model.origin == Origin::Written {
            let message = format!("{id} is a {}, which is not modelled yet", kind.replace('-', " "));
            let warning = diagnostic(self.model, "MODEL_NOT_MODELLED", place, message);
            self.found
                .push(warning.hint("answers that meet it are `unknown`"));
        }
        true
    }

    fn gateways(&mut self) {
        for (id, gateway) in &self.model.internet_gateways {
            if let Some(vpc) = &gateway.vpc {
                need!(
                    self,
                    vpcs,
                    "vpc",
                    vpc,
                    Place::item("internet_gateways", id).field("vpc")
                );
            }
        }
        for (id, gateway) in &self.model.egress_only_internet_gateways {
            if let Some(vpc) = &gateway.vpc {
                need!(
                    self,
                    vpcs,
                    "vpc",
                    vpc,
                    Place::item("egress_only_internet_gateways", id).field("vpc")
                );
            }
        }
        for (id, gateway) in &self.model.carrier_gateways {
            let place = Place::item("carrier_gateways", id);
            if let Some(vpc) = &gateway.vpc {
                need!(self, vpcs, "vpc", vpc, place.clone().field("vpc"));
            }
            self.owners(gateway.addresses.keys(), &place);
        }
        for (id, nat) in &self.model.nat_gateways {
            let place = Place::item("nat_gateways", id);
            if let Some(subnet) = &nat.subnet {
                need!(self, subnets, "subnet", subnet, place.clone().field("subnet"));
            }
            if let Some(vpc) = &nat.vpc {
                need!(self, vpcs, "vpc", vpc, place.clone().field("vpc"));
            }
            if let Some(table) = &nat.route_table {
                need!(
                    self,
                    route_tables,
                    "route-table",
                    table,
                    place.field("route_table")
                );
            }
        }
        for (id, peering) in &self.model.peering_connections {
            let place = Place::item("peering_connections", id);
            need!(
                self,
                vpcs,
                "vpc",
                peering.requester,
                place.clone().field("requester")
            );
            need!(self, vpcs, "vpc", peering.accepter, place.field("accepter"));
        }
    }

    fn flow_logs(&mut self) {
        for (id, log) in &self.model.flow_logs {
            let text = log.resource.as_str();
            let place = Place::item("flow_logs", id).field("resource");
            let model = self.model;
            let known = model.is_logged(text);
            if !known && !self.not_modelled(&log.resource, &place) {
                let near = model.logged();
                self.missing("flow-log-resource", text, near, place);
            }
        }
    }
}
