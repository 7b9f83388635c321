//! Route tables: a subnet's, and the edge table of a gateway.
//!
//! - A subnet without an association uses the VPC's main table (VPC guide, "Route tables"); a main table that nobody
//!   wrote holds the local routes alone. Which route wins is `network::Routes`.
//! - A route whose target is gone, detached or does not run is a blackhole: the packets are lost, and no other route is
//!   tried (EC2 API, `Route.State`).
//! - A route to an interface addresses the packets to it, whatever their destination; they meet the network ACL of its
//!   subnet, unless that is the subnet they come from.
//! - Of several prefix lists that name one prefix AWS picks one: every one is explored, blackholes too.
//! - An edge table routes what an internet or virtual private gateway lets in; a target of an internet gateway's must
//!   have a public IPv4 address (VPC guide, "Gateway route tables"; `INGRESS_RTB_NO_PUBLIC_IP`), if it is an interface. Endpoints
//!   that inspect may stand in an internet gateway's alone: a virtual private gateway loses what its table leads to one
//!   (same page; vector T30). No edge table leads to a NAT gateway.
//! - A regional NAT gateway has a table of its own, with a route to the internet gateway where nobody wrote one (VPC guide,
//!   "Regional NAT gateways").
//!
//! Read 2026-11-25; `reference` section 1.

use crate::code::ExplanationCode;
use crate::model::{
    Cidr, Model, NatGateway, NatGatewayId, OneOrMany, Peer, Place, ResourceId, RouteState, RouteTable,
    RouteTableId, SubnetId, Tags, VpcId,
};
use crate::network::{
    Arrival, Builder, Cause, Choice, Component, Direction, Entry, FilterId, Kind, LinkId, NodeId, Onward,
    Passage, ResourceRef, Routes, RuleRef, Step, Workspace, endpoint_families, internet_addresses,
    private_addresses,
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

    /// One place a subnet, one a gateway with an edge table, and one a regional NAT gateway.
    fn declare(&self, model: &Model, builder: &mut Builder<'_>) {
        for subnet in model.subnets.keys() {
            builder.place(NAME, subnet);
        }
        for table in model.route_tables.values() {
            for gateway in table.gateway.iter() {
                builder.place(NAME, gateway.clone());
            }
        }
        for (id, _) in regional(model) {
            builder.place(NAME, id);
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
        for (id, nat) in regional(model) {
            let Some(vpc) = &nat.vpc else { continue };
            let list = match &nat.route_table {
                Some(table) => shared(table, &mut lists, builder),
                None => Arc::new(List::of_nat(id, vpc, builder)),
            };
            let site = Site {
                node: builder.place(NAME, id),
                subnet: None,
                vpc,
                edge: None,
            };
            connect_one(list, site, builder);
        }
    }
}

/// The NAT gateways that have a table to themselves.
fn regional(model: &Model) -> impl Iterator<Item = (&NatGatewayId, &NatGateway)> {
    model.nat_gateways.iter().filter(|(_, nat)| nat.is_regional())
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

    /// What AWS makes for a regional NAT gateway: local routes, and one to the VPC's internet gateway.
    fn of_nat(nat: &NatGatewayId, vpc: &VpcId, builder: &mut Builder<'_>) -> Self {
        let gateways = builder.model.internet_gateways.iter();
        let mut gateways = gateways.filter(|(_, gateway)| gateway.vpc.as_ref() == Some(vpc));
        let everywhere = Cidr::parse("0.0.0.0/0").ok();
        let route = everywhere
            .zip(gateways.next())
            .map(|(cidr, (id, _))| crate::model::Route {
                destination: Peer::Cidr(cidr),
                target: id.into(),
                propagated: false,
                state: RouteState::Active,
            });
        let table = RouteTable {
            name: None,
            vpc: vpc.clone(),
            main: false,
            gateway: OneOrMany::default(),
            propagating: OneOrMany::default(),
            routes: route.into_iter().collect(),
            tags: Tags::new(),
        };
        Self {
            owner: builder.filter_owner(),
            id: format!("route table of {nat}").as_str().into(),
            described: true,
            perhaps: AddressSet::empty(),
            routes: Routes::in_table(&table, builder.model),
            table: Some(table),
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
    let ways: Vec<Way> = routes
        .iter()
        .map(|route| way((&route.target, route.state), local, &site, builder))
        .collect();
    let propagating = list.table.iter().flat_map(|table| table.propagating.iter());
    let learned = propagating.map(|id| {
        let id = ResourceId::from(id);
        let way = way((&id, RouteState::Active), local, &site, builder);
        (id, way)
    });
    let learned = learned.collect();
    let holes = holes(&list, &ways, &site, builder);
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
            learned,
            holes,
            recalls,
        },
    );
}

/// Where routes that tie end that are blackholes: AWS may pick one of them, and then the packets are lost.
fn holes(
    list: &Arc<List>,
    ways: &[Way],
    site: &Site<'_>,
    builder: &mut Builder<'_>,
) -> BTreeMap<usize, Passage> {
    let entries = list.routes.entries().iter();
    let ties = entries.filter(|entry| entry.routes.len() > 1);
    let mut holes = BTreeMap::new();
    for index in ties.flat_map(|entry| entry.routes.iter().copied()) {
        let Some(Way::Blackhole(_, code, why)) = ways.get(index) else {
            continue;
        };
        let where_ = site.subnet.map_or(site.vpc.as_str(), |subnet| subnet.as_str());
        let node = builder.place(NAME, format!("{where_} {} route {index}", list.id).as_str());
        let link = builder.link(site.node, node, Direction::Egress);
        let resource = ResourceRef::new(NAME, list.id.clone());
        let because = cause(&resource, list, index, Some(*code), why);
        builder.set(node, Hole { resource, because });
        holes.insert(index, Passage::over(link));
    }
    holes
}

/// Where packets are lost when AWS picks a blackhole among routes that tie.
struct Hole {
    resource: ResourceRef,
    because: Cause,
}

impl Component for Hole {
    fn resource(&self) -> &ResourceRef {
        &self.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, _: &Workspace) -> Vec<Step> {
        vec![Step::lose(arrival.packets, self.because.clone())]
    }
}

fn way(
    (id, state): (&ResourceId, RouteState),
    local: LinkId,
    site: &Site<'_>,
    builder: &mut Builder<'_>,
) -> Way {
    if id.as_str() == "local" {
        return Way::On(Passage::over(local));
    }
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
    if let Some((code, why)) = refused(id, target.transparent, site, builder) {
        return Way::Blackhole(Some(passage), code, why);
    }
    match (target.blackhole, state) {
        (Some(why), _) => Way::Blackhole(Some(passage), ExplanationCode::BadStateRoute, why),
        (None, RouteState::Blackhole) => {
            let message = "AWS says that the route is a blackhole".to_owned();
            Way::Blackhole(Some(passage), ExplanationCode::BadStateRoute, message)
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

/// Why an edge table leads nowhere by a target that other tables may have.
fn refused(
    id: &ResourceId,
    transparent: bool,
    site: &Site<'_>,
    builder: &Builder<'_>,
) -> Option<(ExplanationCode, String)> {
    let edge = site.edge?;
    if builder.model.nat_gateways.contains_key(id.as_str()) {
        let message =
            format!("{id} serves what comes from the VPC's own subnets, not what comes in from outside");
        return Some((ExplanationCode::BadStateRoute, message));
    }
    if edge == Edge::Private {
        let message =
            format!("what a virtual private gateway's edge table sends to the endpoint {id} is lost");
        return transparent.then_some((ExplanationCode::BadStateRoute, message));
    }
    let public = transparent || has_public(id, site.vpc, builder);
    let message = format!("{id} has no public IPv4 address, so an edge route cannot lead to it");
    (!public).then_some((ExplanationCode::IngressRtbNoPublicIp, message))
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
    /// The ways to what propagates routes.
    learned: BTreeMap<ResourceId, Way>,
    /// Where blackholes end that tie with other routes.
    holes: BTreeMap<usize, Passage>,
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
            let unlearned = self.unlearned(entry, sure, work);
            let sure = work.space.subtract(sure, unlearned);
            if !unlearned.is_empty() {
                steps.push(Step::Unknown {
                    packets: unlearned,
                    because: self.open(),
                });
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

    /// The packets for which a route might win of which the model does not say whether a virtual private gateway
    /// propagates it: those that no route is for, and of a default route's those to private addresses.
    fn unlearned(&self, entry: Option<&Entry>, packets: PacketSet, work: &Workspace) -> PacketSet {
        let default = |entry: &Entry| entry.cidr.prefix_len() == 0;
        let routes = &self.list.routes;
        if routes.open().is_empty() {
            return PacketSet::EMPTY;
        }
        let packets = work.space.to_destinations(packets, routes.unclear());
        match entry {
            None => packets,
            Some(entry) if default(entry) => work.space.to_destinations(packets, &private_addresses()),
            Some(_) => PacketSet::EMPTY,
        }
    }

    fn open(&self) -> Cause {
        let open = self.list.routes.open().first();
        let gateway = open.map_or("a virtual private gateway", |id| id.as_str());
        let because = self.unknown(format!(
            "the model does not say what {gateway} learned by BGP (`routes` of its connections)"
        ));
        because.at(self.place().field("propagating"))
    }

    /// The packets for which a route through a prefix list that the model does not describe may win instead. Local
    /// routes are as long as such a list may get.
    fn unsure(&self, entry: Option<&Entry>, packets: PacketSet, work: &Workspace) -> PacketSet {
        if self.list.perhaps.is_empty() || entry.is_some_and(Entry::is_local) {
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
            [] if entry.is_local() => Step::forward(packets, Passage::over(self.local), self.local(entry)),
            [] => self.propagated(entry, packets),
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

    /// What a virtual private gateway told, and nobody wrote.
    fn propagated(&self, entry: &Entry, packets: PacketSet) -> Step {
        let because = |code: Option<ExplanationCode>, why: &str| {
            let target = entry.targets.first().map_or("", |target| target.as_str());
            let message = format!("{} is propagated by {target}{why}", entry.cidr);
            let rule = RuleRef::Route(entry.cidr.to_string().into());
            let because = Cause::implicit(&self.resource, "route", message).by(rule);
            Cause { code, ..because }.at(self.place().field("propagating"))
        };
        match entry.targets.first().and_then(|target| self.learned.get(target)) {
            Some(Way::On(passage)) => Step::forward(packets, passage.clone(), because(None, "")),
            Some(Way::Blackhole(_, code, why)) => {
                Step::lose(packets, because(Some(*code), &format!(": {why}")))
            }
            None => Step::lose(packets, because(Some(ExplanationCode::BadStateRoute), "")),
        }
    }

    fn cause(&self, index: usize, code: Option<ExplanationCode>, why: &str) -> Cause {
        cause(&self.resource, &self.list, index, code, why)
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

    /// AWS picks one of several routes that tie.
    fn pick(&self, routes: &[usize], packets: PacketSet) -> Step {
        let way = |route: &usize| match self.ways.get(*route) {
            Some(Way::On(passage)) => Some(passage.clone()),
            _ => self.holes.get(route).cloned(),
        };
        let picks = routes.iter().filter_map(way).collect();
        let first = routes.first().copied().unwrap_or_default();
        let why = "several prefix lists name this prefix, and AWS picks one of their routes";
        Step::Forward {
            packets,
            picks,
            choice: Choice::Any,
            because: self.cause(first, None, why),
        }
    }
}

/// By the word of a route.
fn cause(
    resource: &ResourceRef,
    list: &List,
    index: usize,
    code: Option<ExplanationCode>,
    why: &str,
) -> Cause {
    let place = Place::item("route_tables", list.id.clone())
        .field("routes")
        .index(index);
    let Some(route) = list.route(index) else {
        return Cause::refusal(
            ExplanationCode::UnknownResource,
            resource,
            "route",
            why.to_owned(),
        );
    };
    let to = destination(&route.destination);
    let message = match why {
        "" => format!("{to} leads to {}", route.target),
        _ => format!("{to} leads to {}: {why}", route.target),
    };
    let because = Cause::implicit(resource, "route", message).by(RuleRef::Route(to.into()));
    Cause { code, ..because }.at(place)
}

fn destination(destination: &Peer) -> String {
    match destination {
        Peer::Cidr(cidr) => cidr.net().to_string(),
        Peer::Resource(id) => id.to_string(),
    }
}
