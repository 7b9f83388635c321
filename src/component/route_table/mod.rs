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
//! Read 2026-11-25.

mod list;
mod repair;
mod table;

use crate::code::ExplanationCode;
use crate::model::{Model, NatGateway, NatGatewayId, ResourceId, RouteState, RouteTableId, SubnetId, VpcId};
use crate::network::edit::{Proposal, Trouble};
use crate::network::{
    Arrival, Builder, Cause, Component, Direction, Kind, LinkId, NodeId, Passage, ResourceRef, Step, Trace,
    Workspace,
};
use list::List;
use std::collections::BTreeMap;
use std::sync::Arc;
use table::{Table, cause};

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
                nat: None,
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
                    nat: None,
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
                nat: Some(id),
            };
            connect_one(list, site, builder);
        }
    }

    fn opening(&self, trouble: &Trouble<'_>) -> Vec<Proposal> {
        repair::opening(trouble)
    }

    fn closing(&self, trouble: &Trouble<'_>) -> Vec<Proposal> {
        repair::closing(trouble)
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

/// Where a table is used.
struct Site<'a> {
    node: NodeId,
    /// The subnet whose packets it routes; none for an edge table.
    subnet: Option<&'a SubnetId>,
    vpc: &'a VpcId,
    /// The gateway whose edge table it is.
    edge: Option<Edge>,
    /// The regional NAT gateway whose table it is: its own record tells what leaves here.
    nat: Option<&'a NatGatewayId>,
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
    let internet = builder.place("internet", "internet");
    builder.set(
        site.node,
        Table {
            resource,
            interface: site.nat.map(|nat| ResourceRef::new("nat-gateway", nat)),
            list,
            local,
            internet,
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

    fn trace(&self, _: Option<ExplanationCode>) -> Trace {
        Trace::Unrouted
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
    // What nobody describes may be an endpoint: who meets it says so.
    if builder.model.unknown.contains_key(id) {
        return None;
    }
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
