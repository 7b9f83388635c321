//! Route tables and what is associated with them, prefix lists.

use super::resource::Resource;
use super::{Build, labels};
use crate::import::core_network::id_of;
use crate::model::{
    OneOrMany, Peer, PrefixList, ResourceId, Route, RouteState, RouteTable, RouteTableId, SubnetId,
};

/// The properties of a route that say where it leads.
const TARGETS: [&str; 11] = [
    "GatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "InstanceId",
    "VpcPeeringConnectionId",
    "TransitGatewayId",
    "EgressOnlyInternetGatewayId",
    "VpcEndpointId",
    "CarrierGatewayId",
    "LocalGatewayId",
    "CoreNetworkArn",
];

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    lists(build);
    tables(build);
    routes(build);
    associations(build);
    propagations(build);
}

fn lists(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::PrefixList") {
        let block = resource.block();
        let entries = block.blocks("Entries");
        if !build.decided(resource, &["Entries"]) {
            continue;
        }
        let (name, tags) = labels(resource);
        let item = PrefixList {
            name: name.or_else(|| block.text("PrefixListName").map(str::to_owned)),
            entries: entries.iter().filter_map(|entry| entry.cidr("Cidr")).collect(),
            tags,
        };
        build.add("prefix_lists", resource, item, |model| &mut model.prefix_lists);
    }
}

fn tables(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::RouteTable") {
        let Some(vpc) = build.one(resource.block(), "VpcId") else {
            build.lost(resource, "its VPC is not told");
            continue;
        };
        let (name, tags) = labels(resource);
        let item = RouteTable {
            name,
            vpc: vpc.as_str().into(),
            main: false,
            gateway: OneOrMany::default(),
            propagating: OneOrMany::default(),
            routes: Vec::new(),
            tags,
        };
        build.add("route_tables", resource, item, |model| &mut model.route_tables);
    }
}

fn routes(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::Route") {
        let Some(id) = build.one(resource.block(), "RouteTableId") else {
            build.lost(resource, "its route table is not told");
            continue;
        };
        let destination = destination(build, resource);
        let target = target(build, resource);
        let Some(table) = build.model.route_tables.get_mut(id.as_str()) else {
            continue;
        };
        let own = build.model.vpcs.get(&table.vpc);
        let local = target == "local"
            && matches!(&destination, Peer::Cidr(cidr) if own.is_some_and(|vpc| vpc.cidr.0.contains(cidr)));
        if local {
            continue;
        }
        table.routes.push(Route {
            destination,
            target: target.as_str().into(),
            propagated: false,
            state: RouteState::Active,
        });
        let place = ("route_tables", id.as_str(), "routes", table.routes.len() - 1);
        build.element(place, &resource.file, resource.span);
    }
}

/// The destination of a route. One that is not known may be any, as a prefix list that nobody describes.
fn destination(build: &mut Build<'_>, resource: &Resource) -> Peer {
    let block = resource.block();
    let keys = ["DestinationCidrBlock", "DestinationIpv6CidrBlock"];
    if let Some(cidr) = keys.iter().find_map(|key| block.cidr(key)) {
        return Peer::Cidr(cidr);
    }
    if let Some(list) = build.one(block, "DestinationPrefixListId") {
        return Peer::Resource(list.as_str().into());
    }
    let name = block.open(&keys);
    let id = name.unwrap_or_else(|| format!("{}.destination", resource.id));
    build.open(&id);
    Peer::Resource(id.as_str().into())
}

fn target(build: &mut Build<'_>, resource: &Resource) -> String {
    if let Some(condition) = &resource.doubt {
        build.open(condition);
        return condition.clone();
    }
    let block = resource.block();
    let found = TARGETS.iter().find_map(|key| build.one(block, key));
    if let Some(condition) = found.as_deref().and_then(|id| doubtful(build, id)) {
        build.open(&condition);
        return condition;
    }
    found.map(|id| id_of(&id).to_owned()).unwrap_or_else(|| {
        let id = format!("{}.target", resource.id);
        build.unknown(
            &id,
            "route-target",
            "the template does not tell where this route leads",
        );
        id
    })
}

/// On which condition it hangs whether a target is there, or is attached, where nobody knows. A route to it leads there or
/// nowhere, as the condition has it.
fn doubtful(build: &mut Build<'_>, target: &str) -> Option<String> {
    let own = build
        .by_id
        .get(target)
        .and_then(|resource| resource.doubt.clone());
    let attachments = build.of("AWS::EC2::VPCGatewayAttachment");
    let mut open = attachments.filter(|resource| resource.doubt.is_some());
    own.or_else(|| {
        let of = |resource: &&Resource| {
            let keys = ["InternetGatewayId", "VpnGatewayId"].into_iter();
            keys.map(|key| build.one(resource.block(), key))
                .any(|id| id.as_deref() == Some(target))
        };
        open.find(of)?.doubt.clone()
    })
}

/// The table that an association names; whether it is made may not be known.
fn associated(build: &mut Build<'_>, resource: &Resource) -> Option<String> {
    let table = build.one(resource.block(), "RouteTableId")?;
    let Some(condition) = &resource.doubt else {
        return Some(table);
    };
    build.open(condition);
    Some(condition.clone())
}

fn associations(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::SubnetRouteTableAssociation") {
        let Some(table) = associated(build, resource) else {
            continue;
        };
        let subnet = build.one(resource.block(), "SubnetId").unwrap_or_default();
        if let Some(subnet) = build.model.subnets.get_mut(&SubnetId::from(subnet.as_str())) {
            subnet.route_table = Some(RouteTableId::from(table.as_str()));
        }
    }
    for resource in build.of("AWS::EC2::GatewayRouteTableAssociation") {
        let table = associated(build, resource);
        let gateway = build.one(resource.block(), "GatewayId");
        if let (Some(table), Some(gateway)) = (table, gateway)
            && let Some(table) = build.model.route_tables.get_mut(table.as_str())
        {
            table.gateway.0.push(ResourceId::from(gateway.as_str()));
        }
    }
}

/// Which tables learn routes of a virtual private gateway.
fn propagations(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::VPNGatewayRoutePropagation") {
        let block = resource.block();
        let Some(gateway) = build.one(block, "VpnGatewayId") else {
            continue;
        };
        let doubt = resource.doubt.clone().or_else(|| doubtful(build, &gateway));
        for table in build.many(block, "RouteTableIds") {
            let Some(table) = build.model.route_tables.get_mut(table.as_str()) else {
                continue;
            };
            match &doubt {
                // Which prefixes it would tell of, nobody knows either.
                Some(condition) => table.routes.push(Route {
                    destination: Peer::Resource(condition.as_str().into()),
                    target: condition.as_str().into(),
                    propagated: false,
                    state: RouteState::Active,
                }),
                None => table.propagating.0.push(gateway.as_str().into()),
            }
        }
        if let Some(condition) = doubt {
            build.open(&condition);
        }
    }
}
