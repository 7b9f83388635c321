//! The routes of a table as one list, shared by the subnets that use it.

use crate::model::{
    Cidr, Model, NatGatewayId, OneOrMany, Peer, ResourceId, RouteState, RouteTable, RouteTableId, SubnetId,
    Tags, VpcEndpointType, VpcId,
};
use crate::network::{Builder, Routes, endpoint_families, internet_addresses};
use crate::packet::AddressSet;

/// A table's routes, shared by the subnets that use it.
pub(super) struct List {
    pub(super) owner: u32,
    pub(super) id: ResourceId,
    pub(super) table: Option<RouteTable>,
    pub(super) routes: Routes,
    pub(super) described: bool,
    /// The addresses that the prefix lists may hold that the model does not describe.
    pub(super) perhaps: AddressSet,
    /// Those of them that may be the internet's: AWS's own lists, which lead to gateway endpoints, hold services' alone.
    pub(super) elsewhere: AddressSet,
}

impl List {
    pub(super) fn of(id: &RouteTableId, builder: &mut Builder<'_>) -> Self {
        let table = builder.model.route_tables.get(id).cloned();
        let routes = table
            .as_ref()
            .map(|table| Routes::in_table(table, builder.model))
            .unwrap_or_default();
        Self {
            owner: builder.filter_owner(),
            id: id.into(),
            described: table.is_some(),
            perhaps: perhaps(&routes, table.as_ref(), builder.model, |_| true),
            elsewhere: perhaps(&routes, table.as_ref(), builder.model, |target| {
                !is_gateway_endpoint(target, builder.model)
            }),
            table,
            routes,
        }
    }

    pub(super) fn main(subnet: &SubnetId, vpc: &VpcId, builder: &mut Builder<'_>) -> Self {
        let routes = Routes::of(subnet, builder);
        Self {
            owner: builder.filter_owner(),
            id: implied(vpc).as_str().into(),
            described: true,
            perhaps: AddressSet::empty(),
            elsewhere: AddressSet::empty(),
            table: None,
            routes,
        }
    }

    /// What AWS makes for a regional NAT gateway: local routes, and one to the VPC's internet gateway.
    pub(super) fn of_nat(nat: &NatGatewayId, vpc: &VpcId, builder: &mut Builder<'_>) -> Self {
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
            elsewhere: AddressSet::empty(),
            routes: Routes::in_table(&table, builder.model),
            table: Some(table),
        }
    }

    /// The route of an entry, as written.
    pub(super) fn route(&self, index: usize) -> Option<&crate::model::Route> {
        self.table.as_ref()?.routes.get(index)
    }
}

/// The main table of a VPC, of which the model says nothing.
pub(super) fn implied(vpc: &VpcId) -> String {
    format!("main route table of {vpc}")
}

/// The addresses that undescribed prefix lists may hold: any; those that lead to a gateway endpoint are AWS's own, and hold
/// public addresses alone (VPC guide, "AWS-managed prefix lists").
fn perhaps(
    routes: &Routes,
    table: Option<&RouteTable>,
    model: &Model,
    counts: impl Fn(&ResourceId) -> bool,
) -> AddressSet {
    let route = |index: &usize| table.and_then(|table| table.routes.get(*index));
    let targets = routes
        .undescribed()
        .iter()
        .filter_map(route)
        .map(|route| &route.target)
        .filter(|target| counts(target));
    targets.fold(AddressSet::empty(), |all, target| {
        all.union(&leading_to(target, model))
    })
}

fn is_gateway_endpoint(target: &ResourceId, model: &Model) -> bool {
    let endpoint = model.vpc_endpoints.get(target.as_str());
    endpoint.is_some_and(|endpoint| endpoint.kind == VpcEndpointType::Gateway)
}

fn leading_to(target: &ResourceId, model: &Model) -> AddressSet {
    match model.vpc_endpoints.get(target.as_str()) {
        Some(endpoint) => endpoint_families(endpoint).intersect(&internet_addresses()),
        None if target.as_str().starts_with("vpce-") => internet_addresses(),
        None => AddressSet::all(),
    }
}
