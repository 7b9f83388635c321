//! Route tables: a subnet's, and the edge table of a gateway.
//!
//! - A subnet without an association uses the VPC's main table (VPC guide, "Route tables"); a main table that nobody
//!   wrote holds the local routes alone. Which route wins is `network::Routes`.
//! - A route whose target is gone, detached or does not run is a blackhole: the packets are lost, and no other route is
//!   tried (EC2 API, `Route.State`).
//! - A route to an interface addresses the packets to it, whatever their destination; they meet the network ACL of its
//!   subnet, unless that is the subnet they come from.
//! - An edge table routes what an internet or virtual private gateway lets in; a target of an internet gateway's must
//!   have a public IPv4 address (VPC guide, "Gateway route tables"; `INGRESS_RTB_NO_PUBLIC_IP`), if it is an interface. Endpoints
//!   that inspect may stand in an internet gateway's alone: a virtual private gateway loses what its table leads to one
//!   (same page; vector T30).
//!
//! Read 2026-11-23; `reference` section 1.

use crate::code::ExplanationCode;
use crate::model::{Model, Peer, Place, ResourceId, RouteState, RouteTable, RouteTableId, SubnetId, VpcId};
use crate::network::{
    Arrival, Builder, Cause, Choice, Component, Direction, Entry, FilterId, Kind, LinkId, NodeId, Onward,
    Passage, ResourceRef, Routes, RuleRef, Step, Workspace, endpoint_families, internet_addresses,
};
use crate::packet::{AddressSet, PacketSet};
use std::collections::BTreeMap;
use std::sync::Arc;

/// EC2's word for it.
pub const NAME: &str = "route-table";

/// The kind.
pub struct RouteTables;

impl Kind for RouteTables {
    fn name(&self) -> &'static str {
        NAME
    }
    fn section(&self) -> Option<&'static str> {
        Some("route_tables")
    }
    fn codes(&self) -> &'static [ExplanationCode] {
        &[
            ExplanationCode::NoRouteToDestination,
            ExplanationCode::BadStateRoute,
            ExplanationCode::IngressRtbNoPublicIp,
            ExplanationCode::UnknownResource,
        ]
    }
    fn gaps(&self) -> &'static [&'static str] {
        &["routes that a VPC route server advertises, unless the model writes them"]
    }

    /// One place a subnet, and one a gateway with an edge table.
    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for subnet in model.subnets.keys() {
            builder.place(NAME, subnet);
        }
        for table in model.route_tables.values() {
            for gateway in table.gateway.iter() {
                builder.place(NAME, gateway.clone());
            }
        }
    }

    fn connect(&self, model: &Model, builder: &mut Builder<'_>) {
        let mut lists: BTreeMap<RouteTableId, Arc<List>> = BTreeMap::new();
        for (id, subnet) in &model.subnets {
            let list = match builder.table_of(id) {
                Some(table) => shared(&table, &mut lists, builder),
                None => Arc::new(List::main(id, &subnet.vpc, builder)),
            };
            let site = Site {
                node: builder.place(NAME, id),
                subnet: Some(id),
                vpc: &subnet.vpc,
                edge: None,
            };
            connect_one(list, site, builder);
        }
        for (id, table) in &model.route_tables {
            for gateway in table.gateway.iter() {
                let list = shared(id, &mut lists, builder);
                let site = Site {
                    node: builder.place(NAME, gateway.clone()),
                    subnet: None,
                    vpc: &table.vpc,
                    edge: Some(edge(gateway, model)),
                };
                connect_one(list, site, builder);
            }
        }
    }
}

fn shared(
    id: &RouteTableId,
    lists: &mut BTreeMap<RouteTableId, Arc<List>>,
    builder: &mut Builder<'_>,
) -> Arc<List> {
    let made = lists.entry(id.clone());
    Arc::clone(made.or_insert_with(|| Arc::new(List::of(id, builder))))
}

/// A table's routes, shared by the subnets that use it.
struct List {
    owner: u32,
    id: ResourceId,
    table: Option<RouteTable>,
    routes: Routes,
    described: bool,
    /// The addresses that the prefix lists may hold that the model does not describe.
    perhaps: AddressSet,
}

impl List {
    fn of(id: &RouteTableId, builder: &mut Builder<'_>) -> Self {
        let table = builder.model.route_tables.get(id).cloned();
        let routes = table
            .as_ref()
            .map(|table| Routes::in_table(table, builder.model))
            .unwrap_or_default();
        Self {
            owner: builder.filter_owner(),
            id: id.into(),
            described: table.is_some(),
            perhaps: perhaps(&routes, table.as_ref(), builder.model),
            table,
            routes,
        }
    }

    fn main(subnet: &SubnetId, vpc: &VpcId, builder: &mut Builder<'_>) -> Self {
        let routes = Routes::of(subnet, builder);
        let id = format!("main route table of {vpc}");
        Self {
            owner: builder.filter_owner(),
            id: id.as_str().into(),
            described: true,
            perhaps: AddressSet::empty(),
            table: None,
            routes,
        }
    }

    /// The route of an entry, as written.
    fn route(&self, index: usize) -> Option<&crate::model::Route> {
        self.table.as_ref()?.routes.get(index)
    }
}

/// The addresses that undescribed prefix lists may hold: any; those that lead to a gateway endpoint are AWS's own, and hold
/// public addresses alone (VPC guide, "AWS-managed prefix lists").
fn perhaps(routes: &Routes, table: Option<&RouteTable>, model: &Model) -> AddressSet {
    let route = |index: &usize| table.and_then(|table| table.routes.get(*index));
    let targets = routes
        .undescribed()
        .iter()
        .filter_map(route)
        .map(|route| &route.target);
    targets.fold(AddressSet::empty(), |all, target| {
        all.union(&leading_to(target, model))
    })
}

fn leading_to(target: &ResourceId, model: &Model) -> AddressSet {
    match model.vpc_endpoints.get(target.as_str()) {
        Some(endpoint) => endpoint_families(endpoint).intersect(&internet_addresses()),
        None if target.as_str().starts_with("vpce-") => internet_addresses(),
        None => AddressSet::all(),
    }
}

/// Where a table is used.
struct Site<'a> {
    node: NodeId,
    /// The subnet whose packets it routes; none for an edge table.
    subnet: Option<&'a SubnetId>,
    vpc: &'a VpcId,
    /// The gateway whose edge table it is.
    edge: Option<Edge>,
}

/// A gateway with an edge table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Internet,
    /// A virtual private gateway.
    Private,
}

/// What a route leads to from here.
#[derive(Debug, Clone)]
enum Way {
    /// On.
    On(Passage),
    /// Lost, and where they would have gone.
    Blackhole(Option<Passage>, ExplanationCode, String),
}

fn connect_one(list: Arc<List>, site: Site<'_>, builder: &mut Builder<'_>) {
    let router = builder.place("vpc", site.vpc);
    let local = builder.link(site.node, router, Direction::Ingress);
    let routes = list.table.as_ref().map_or(&[][..], |table| &table.routes);
    let gateways = list.routes.undescribed().iter().filter_map(|index| {
        let target = builder.target_from(site.subnet, &routes.get(*index)?.target)?;
        Some((*index, target.node))
    });
    let gateways = gateways.collect();
    let ways = routes
        .iter()
        .map(|route| way(route, local, &site, builder))
        .collect();
    let resource = ResourceRef::new(NAME, list.id.clone());
    let recalls = site
        .subnet
        .map_or_else(Vec::new, |subnet| builder.recalls(subnet));
    let recalls = recalls.into_iter().map(|(entrance, subnet)| {
        let acl = builder.place("network-acl", &subnet);
        (entrance, builder.link(site.node, acl, Direction::Ingress))
    });
    let recalls = recalls.collect();
    builder.set(
        site.node,
        Table {
            resource,
            list,
            local,
            ways,
            gateways,
            recalls,
        },
    );
}

fn way(route: &crate::model::Route, local: LinkId, site: &Site<'_>, builder: &mut Builder<'_>) -> Way {
    if route.target.as_str() == "local" {
        return Way::On(Passage::over(local));
    }
    let id = &route.target;
    let Some(target) = builder.target_from(site.subnet, id).cloned() else {
        let message = format!("the target {id} does not exist");
        return Way::Blackhole(None, ExplanationCode::BadStateRoute, message);
    };
    let passage = match &target.subnet {
        // The next hop stands in the same subnet: nothing is crossed on the way to it.
        Some(subnet) if Some(subnet) == site.subnet && !target.filtered_inside => {
            let segment = builder.place("subnet", subnet);
            Passage::over(builder.link(site.node, segment, Direction::Ingress)).to(Some(target.node))
        }
        Some(subnet) => {
            let acl = builder.place("network-acl", subnet);
            Passage::over(builder.link(site.node, acl, Direction::Ingress)).to(Some(target.node))
        }
        None => Passage::over(builder.link_from(site.node, target.node, Direction::Egress, site.vpc)),
    };
    let no_public =
        site.edge == Some(Edge::Internet) && !target.transparent && !has_public(id, site.vpc, builder);
    match (target.blackhole, route.state) {
        (Some(why), _) => Way::Blackhole(Some(passage), ExplanationCode::BadStateRoute, why),
        (None, RouteState::Blackhole) => {
            let message = "AWS says that the route is a blackhole".to_owned();
            Way::Blackhole(Some(passage), ExplanationCode::BadStateRoute, message)
        }
        _ if target.transparent && site.edge == Some(Edge::Private) => {
            let message =
                format!("what a virtual private gateway's edge table sends to the endpoint {id} is lost");
            Way::Blackhole(Some(passage), ExplanationCode::BadStateRoute, message)
        }
        _ if no_public => {
            let message = format!("{id} has no public IPv4 address, so an edge route cannot lead to it");
            Way::Blackhole(Some(passage), ExplanationCode::IngressRtbNoPublicIp, message)
        }
        _ => Way::On(passage),
    }
}

fn edge(gateway: &ResourceId, model: &Model) -> Edge {
    if model.internet_gateways.contains_key(gateway.as_str()) {
        Edge::Internet
    } else {
        Edge::Private
    }
}

fn has_public(id: &ResourceId, vpc: &VpcId, builder: &Builder<'_>) -> bool {
    builder
        .associations(vpc)
        .iter()
        .any(|association| &association.owner == id)
}

struct Table {
    resource: ResourceRef,
    list: Arc<List>,
    local: LinkId,
    ways: Vec<Way>,
    /// Routes for prefix lists that the model does not describe, and the gateways to which they lead.
    gateways: Vec<(usize, NodeId)>,
    /// The ways back to interfaces whose flow state takes replies past this table.
    recalls: BTreeMap<NodeId, LinkId>,
}

impl Component for Table {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        if !self.list.described {
            let message = format!("the model does not describe {}", self.list.id);
            return vec![Step::Unknown {
                packets: arrival.packets,
                because: self.unknown(message),
            }];
        }
        let id = FilterId {
            owner: self.list.owner,
            variant: 0,
        };
        let map = work.filter(id, || self.list.routes.cubes());
        let mut steps = Vec::new();
        let recalled = self.recall(arrival, work, &mut steps);
        let rest = work.space.subtract(arrival.packets, recalled);
        for (entry, packets) in self.by_route(work.space.split(map, rest), work) {
            let unsure = self.unsure(entry, packets, work);
            let sure = work.space.subtract(packets, unsure);
            if !unsure.is_empty() {
                steps.push(self.perhaps(unsure, arrival));
            }
            if !sure.is_empty() {
                steps.push(self.step(entry, sure));
            }
        }
        steps
    }
}

impl Table {
    /// What flow state takes back to where the request came from, past the routes.
    fn recall(&self, arrival: &Arrival<'_>, work: &Workspace, steps: &mut Vec<Step>) -> PacketSet {
        let recalled = arrival.recalled(work);
        let way = recalled.and_then(|(to, packets)| Some((to, *self.recalls.get(&to)?, packets)));
        let Some((to, link, packets)) = way else {
            return PacketSet::EMPTY;
        };
        let message = "the flow goes back to the load balancer, whatever the routes say";
        let because = Cause::implicit(&self.resource, "flow state", message);
        steps.push(Step::forward(packets, Passage::over(link).to(Some(to)), because));
        packets
    }

    /// The parts of one route together: a prefix list is one route for many prefixes.
    fn by_route(
        &self,
        parts: Vec<(Option<usize>, PacketSet)>,
        work: &Workspace,
    ) -> Vec<(Option<&Entry>, PacketSet)> {
        let mut together: Vec<(Option<&Entry>, PacketSet)> = Vec::new();
        for (index, packets) in parts {
            let entry = index.and_then(|index| self.list.routes.entries().get(index));
            let routes = entry
                .map(|entry| &entry.routes)
                .filter(|routes| !routes.is_empty());
            let same = together
                .iter_mut()
                .find(|(other, _)| routes.is_some() && other.map(|entry| &entry.routes) == routes);
            match same {
                Some((_, all)) => *all = work.space.union(*all, packets),
                None => together.push((entry, packets)),
            }
        }
        together
    }

    fn place(&self) -> Place {
        Place::item("route_tables", self.list.id.clone())
    }

    fn unknown(&self, message: String) -> Cause {
        Cause::refusal(
            ExplanationCode::UnknownResource,
            &self.resource,
            "unknown",
            message,
        )
        .at(self.place())
    }

    /// The packets for which a route through a prefix list that the model does not describe may win instead. Local
    /// routes are as long as such a list may get.
    fn unsure(&self, entry: Option<&Entry>, packets: PacketSet, work: &Workspace) -> PacketSet {
        if self.list.perhaps.is_empty() || entry.is_some_and(|entry| entry.routes.is_empty()) {
            return PacketSet::EMPTY;
        }
        work.space.to_destinations(packets, &self.list.perhaps)
    }

    /// An address that may be on such a list is taken to be, if the question is about the gateway to which the list leads.
    fn perhaps(&self, packets: PacketSet, arrival: &Arrival<'_>) -> Step {
        let mut meant = self
            .gateways
            .iter()
            .filter(|(_, node)| arrival.parties.to == Some(*node));
        match meant.next() {
            Some((index, _)) => self.follow(*index, packets),
            None => Step::Unknown {
                packets,
                because: self.undescribed(),
            },
        }
    }

    fn undescribed(&self) -> Cause {
        let index = self
            .list
            .routes
            .undescribed()
            .first()
            .copied()
            .unwrap_or_default();
        let list = self
            .list
            .route(index)
            .map_or_else(String::new, |route| destination(&route.destination));
        let because = self.unknown(format!(
            "a route is for {list}, which the model does not describe"
        ));
        because.at(self.place().field("routes").index(index))
    }

    fn step(&self, entry: Option<&Entry>, packets: PacketSet) -> Step {
        let Some(entry) = entry else {
            let message = format!("{} has no route to the destination", self.resource.id);
            let code = ExplanationCode::NoRouteToDestination;
            let because = Cause::refusal(code, &self.resource, "no route", message).by(RuleRef::Default);
            return Step::lose(packets, because.at(self.place().field("routes")));
        };
        match entry.routes.as_slice() {
            [] => Step::forward(packets, Passage::over(self.local), self.local(entry)),
            [route] => self.follow(*route, packets),
            several => self.pick(several, packets),
        }
    }

    fn local(&self, entry: &Entry) -> Cause {
        let message = format!("{} is local", entry.cidr);
        let rule = RuleRef::Route(entry.cidr.to_string().into());
        let because = Cause::implicit(&self.resource, "local", message).by(rule);
        if self.list.table.is_some() {
            because.at(self.place())
        } else {
            because
        }
    }

    fn cause(&self, index: usize, code: Option<ExplanationCode>, why: &str) -> Cause {
        let Some(route) = self.list.route(index) else {
            return self.unknown(why.to_owned());
        };
        let to = destination(&route.destination);
        let message = match why {
            "" => format!("{to} leads to {}", route.target),
            _ => format!("{to} leads to {}: {why}", route.target),
        };
        let because = Cause::implicit(&self.resource, "route", message).by(RuleRef::Route(to.into()));
        Cause { code, ..because }.at(self.place().field("routes").index(index))
    }

    fn follow(&self, index: usize, packets: PacketSet) -> Step {
        match self.ways.get(index) {
            Some(Way::On(passage)) => Step::forward(packets, passage.clone(), self.cause(index, None, "")),
            Some(Way::Blackhole(onward, code, why)) => {
                let onward = onward.clone().map_or(Onward::Nowhere, Onward::Passage);
                Step::Drop {
                    packets,
                    onward,
                    because: self.cause(index, Some(*code), why),
                }
            }
            None => Step::lose(
                packets,
                self.cause(index, Some(ExplanationCode::BadStateRoute), ""),
            ),
        }
    }

    /// AWS picks one of several routes that tie. Any blackhole among them may be the one it picks.
    fn pick(&self, routes: &[usize], packets: PacketSet) -> Step {
        let picks: Option<Vec<Passage>> = routes
            .iter()
            .map(|route| match self.ways.get(*route) {
                Some(Way::On(passage)) => Some(passage.clone()),
                _ => None,
            })
            .collect();
        let first = routes.first().copied().unwrap_or_default();
        match picks {
            Some(picks) => {
                let why = "several prefix lists name this prefix, and AWS picks one of their routes";
                Step::Forward {
                    packets,
                    picks,
                    choice: Choice::Any,
                    because: self.cause(first, None, why),
                }
            }
            None => {
                let because =
                    self.unknown("one of the routes that tie for this prefix is a blackhole".to_owned());
                Step::Unknown {
                    packets,
                    because: because.at(self.place().field("routes").index(first)),
                }
            }
        }
    }
}

fn destination(destination: &Peer) -> String {
    match destination {
        Peer::Cidr(cidr) => cidr.net().to_string(),
        Peer::Resource(id) => id.to_string(),
    }
}
