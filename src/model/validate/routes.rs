//! Route tables: rules V11 to V18, V42 and V43 of the reference.

use super::{Check, Place};
use crate::model::{
    InstanceState, Model, NatState, NetworkInterfaceId, Peer, PeeringStatus, ResourceId, Route, RouteTable,
    VpcEndpointType, VpcId,
};
use crate::packet::AddressSet;
use ipnet::IpNet;
use std::collections::BTreeMap;

/// Checks them.
pub fn check(check: &mut Check<'_>) {
    main_tables(check);
    for (id, table) in &check.model.route_tables {
        let place = Place::item("route_tables", id);
        duplicates(check, table, &place);
        for (index, route) in table.routes.iter().enumerate() {
            let place = place.clone().field("routes").index(index);
            destination(check, route, &place);
            inside_vpc(check, table, route, &place);
            target(check, table, route, &place);
        }
    }
    associations(check);
    shortcuts(check);
}

/// V11.
fn main_tables(check: &mut Check<'_>) {
    let mut main: BTreeMap<&VpcId, Place> = BTreeMap::new();
    for (id, table) in check.model.route_tables.iter().filter(|(_, table)| table.main) {
        let place = Place::item("route_tables", id).field("main");
        if let Some(first) = main.insert(&table.vpc, place.clone()) {
            let message = format!("{} has a main route table already", table.vpc);
            check.both("MODEL_MAIN_TWICE", &place, message, &first, "this one");
        }
        if !table.gateway.is_empty() {
            check.say(
                "MODEL_EDGE_ROUTE",
                &place,
                "a gateway's route table cannot be the main one".to_owned(),
            );
        }
    }
    let mut default: BTreeMap<&VpcId, Place> = BTreeMap::new();
    for (id, acl) in check.model.nacls.iter().filter(|(_, acl)| acl.default) {
        let place = Place::item("nacls", id).field("default");
        if let Some(first) = default.insert(&acl.vpc, place.clone()) {
            let message = format!("{} has a default network ACL already", acl.vpc);
            check.both("MODEL_MAIN_TWICE", &place, message, &first, "this one");
        }
    }
}

/// V13.
fn duplicates(check: &mut Check<'_>, table: &RouteTable, place: &Place) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (index, route) in table
        .routes
        .iter()
        .enumerate()
        .filter(|(_, route)| !route.propagated)
    {
        let destination = match &route.destination {
            Peer::Cidr(cidr) => cidr.net().to_string(),
            Peer::Resource(id) => id.to_string(),
        };
        let here = place.clone().field("routes").index(index).key("destination");
        if let Some(first) = seen.insert(destination.clone(), index) {
            let other = place.clone().field("routes").index(first).key("destination");
            let message = format!("there is a route for {destination} already");
            check.both("MODEL_ROUTE_DUPLICATE", &here, message, &other, "this one");
        }
    }
}

/// V7, V12.
fn destination(check: &mut Check<'_>, route: &Route, place: &Place) {
    let Peer::Cidr(cidr) = &route.destination else {
        return;
    };
    let place = place.clone().key("destination");
    if cidr.0 != cidr.net() {
        let hint = format!("write {}", cidr.net());
        check.hint(
            "MODEL_CIDR_HOST_BITS",
            &place,
            format!("{} has host bits", cidr.0),
            &hint,
        );
    }
    let never = AddressSet::from_cidrs(
        ["169.254.168.0/22", "fd00:ec2::/32"]
            .iter()
            .filter_map(|text| text.parse().ok()),
    );
    if AddressSet::cidr(cidr.net()).is_subset(&never) {
        check.say(
            "MODEL_ROUTE_LINK_LOCAL",
            &place,
            format!("{} is never routed", cidr.0),
        );
    }
}

/// V14, and the rules of edge tables (1.5).
fn inside_vpc(check: &mut Check<'_>, table: &RouteTable, route: &Route, place: &Place) {
    let (Peer::Cidr(cidr), false) = (&route.destination, route.propagated) else {
        return;
    };
    let Some(vpc) = check.model.vpcs.get(&table.vpc) else {
        return;
    };
    let whole = vpc.cidr.iter().any(|whole| whole.net() == cidr.net());
    let inside = vpc.cidr.iter().any(|whole| whole.net().contains(&cidr.net()));
    let subnets = check
        .model
        .subnets
        .values()
        .filter(|subnet| subnet.vpc == table.vpc);
    let subnet = subnets
        .flat_map(|subnet| subnet.cidr.iter())
        .any(|other| other.net() == cidr.net());
    let local = route.target.as_str() == "local";
    let host = local || is_host(check, &route.target);
    let edge = !table.gateway.is_empty();
    let key = place.clone().key("destination");
    if edge && !(whole || subnet) {
        let message = format!("{} is neither a CIDR of the VPC nor a whole subnet's", cidr.0);
        check.say("MODEL_EDGE_ROUTE", &key, message);
    } else if inside && !whole && !subnet {
        let message = format!("{} is inside the VPC's CIDR and is not a whole subnet's", cidr.0);
        check.hint(
            "MODEL_MORE_SPECIFIC_THAN_LOCAL",
            &key,
            message,
            "such a route is for exactly one subnet's CIDR",
        );
    } else if (edge || inside) && !host {
        let code = if edge {
            "MODEL_EDGE_ROUTE"
        } else {
            "MODEL_MORE_SPECIFIC_THAN_LOCAL"
        };
        let hint = "AWS allows an interface, an instance, a NAT gateway or a Gateway Load Balancer endpoint";
        let message = format!(
            "{} cannot be the target of a route inside the VPC's CIDR",
            route.target
        );
        check.hint(code, &place.clone().key("target"), message, hint);
    }
}

fn is_host(check: &Check<'_>, id: &ResourceId) -> bool {
    let id = id.as_str();
    let model = check.model;
    model.enis.contains_key(id)
        || model.nat_gateways.contains_key(id)
        || !check.tenants.of_instance(id).is_empty()
        || inspects(model, id)
        || model.unknown.contains_key(id)
}

/// Whether it is an endpoint of a Gateway Load Balancer or a firewall; AWS's ids say no more than that it is some endpoint.
fn inspects(model: &Model, id: &str) -> bool {
    let mut firewalls = model.network_firewalls.values();
    match model.vpc_endpoints.get(id) {
        Some(endpoint) => endpoint.kind == VpcEndpointType::GatewayLoadBalancer,
        None => id.starts_with("vpce-") || firewalls.any(|firewall| firewall.endpoints.contains_key(id)),
    }
}

/// V13, V16, V21, V42, V43, V46.
fn target(check: &mut Check<'_>, table: &RouteTable, route: &Route, place: &Place) {
    let place = place.clone().key("target");
    let id = route.target.as_str();
    let model = check.model;
    let v4 = matches!(&route.destination, Peer::Cidr(cidr) if cidr.0.addr().is_ipv4());
    if v4 && model.egress_only_internet_gateways.contains_key(id) {
        check.say(
            "MODEL_EIGW_IPV4",
            &place,
            format!("{id} carries IPv6 alone, and the route is for IPv4"),
        );
    }
    family(check, route, &place);
    instance(check, id, &place);
    if let Some(vpc) = home(check, id).filter(|vpc| *vpc != table.vpc) {
        check.say(
            "MODEL_WRONG_VPC",
            &place,
            format!("{id} is in {vpc}, and the route table in {}", table.vpc),
        );
    }
    if let Some(why) = idle(check, id) {
        check.say(
            "MODEL_TARGET_IDLE",
            &place,
            format!("{id} {why}, so the route is a blackhole"),
        );
    }
    if let Some((eni_id, eni)) = model.enis.get_key_value(id) {
        let id = NetworkInterfaceId::from(id);
        if eni.source_dest_check {
            let hint = "an interface that forwards needs `source_dest_check: false`";
            check.hint(
                "MODEL_FORWARDER_CHECKED",
                &place,
                format!("the source/destination check of {id} is on"),
                hint,
            );
        }
        let public = eni.public_ip.is_some()
            || model
                .elastic_ips
                .values()
                .any(|ip| ip.eni.as_ref() == Some(eni_id));
        if !table.gateway.is_empty() && !public {
            check.say(
                "MODEL_EDGE_ROUTE_NO_PUBLIC_IP",
                &place,
                format!("{id} has no public IPv4 address"),
            );
        }
    }
    peering(check, table, route, &place);
}

/// V15: an instance is meant only where it has one interface.
fn instance(check: &mut Check<'_>, id: &str, place: &Place) {
    if id == "local" || check.model.is_target(id) {
        return;
    }
    let interfaces = check.tenants.of_instance(id).len();
    if interfaces > 1 {
        let message =
            format!("{id} has {interfaces} interfaces, and AWS takes a route to an instance that has one");
        let hint = "write the id of the interface that is meant";
        check.hint("MODEL_INSTANCE_TARGET", place, message, hint);
    }
}

/// V13: what carries IPv4 alone; a NAT gateway takes IPv6 for NAT64's prefix (VPC guide, "DNS64 and NAT64").
fn family(check: &mut Check<'_>, route: &Route, place: &Place) {
    let Peer::Cidr(cidr) = &route.destination else {
        return;
    };
    let translated: Option<IpNet> = "64:ff9b::/96".parse().ok();
    let nat64 = translated.is_some_and(|prefix| prefix.contains(&cidr.net()));
    let nat = check.model.nat_gateways.contains_key(route.target.as_str());
    if cidr.0.addr().is_ipv6() && nat && !nat64 {
        let message = format!("{} carries IPv4, and IPv6 for 64:ff9b::/96 alone", route.target);
        check.say("MODEL_TARGET_FAMILY", place, message);
    }
}

/// V42: what comes in for a subnet is diverted, and what it sends goes past the diversion.
fn shortcuts(check: &mut Check<'_>) {
    let model = check.model;
    let edges = model
        .route_tables
        .values()
        .filter(|table| !table.gateway.is_empty());
    let diverted: Vec<(&ResourceId, &Route)> = edges
        .flat_map(|table| {
            table
                .gateway
                .iter()
                .flat_map(|gateway| table.routes.iter().map(move |route| (gateway, route)))
        })
        .filter(|(_, route)| route.target.as_str() != "local")
        .collect();
    for (id, subnet) in &model.subnets {
        let Some((table_id, table)) = subnet
            .route_table
            .as_ref()
            .and_then(|id| model.route_tables.get_key_value(id))
        else {
            continue;
        };
        let own = |route: &Route| matches!(&route.destination, Peer::Cidr(cidr) if subnet.cidr.iter().any(|own| cidr.net() == own.net()));
        for (gateway, route) in diverted.iter().filter(|(_, route)| own(route)) {
            let direct = table.routes.iter().position(|route| route.target == **gateway);
            if let Some(index) = direct {
                let message = format!(
                    "what comes in for {id} is led through {}, so it cannot answer past it",
                    route.target
                );
                let place = Place::item("route_tables", table_id)
                    .field("routes")
                    .index(index)
                    .key("target");
                check.say("MODEL_EDGE_SHORTCUT", &place, message);
            }
        }
    }
}

/// The VPC of a target that has one.
fn home(check: &Check<'_>, id: &str) -> Option<VpcId> {
    let model = check.model;
    if let Some(eni) = model.enis.get(id) {
        return model.subnets.get(&eni.subnet).map(|subnet| subnet.vpc.clone());
    }
    if let Some(nat) = model.nat_gateways.get(id) {
        return model.vpc_of_nat(nat);
    }
    if let Some(gateway) = model.vpn_gateways.get(id) {
        return gateway.vpc.clone();
    }
    let igw = model
        .internet_gateways
        .get(id)
        .and_then(|gateway| gateway.vpc.clone());
    igw.or_else(|| {
        model
            .egress_only_internet_gateways
            .get(id)
            .and_then(|gateway| gateway.vpc.clone())
    })
}

fn idle(check: &Check<'_>, id: &str) -> Option<&'static str> {
    let model = check.model;
    if model
        .internet_gateways
        .get(id)
        .is_some_and(|gateway| gateway.vpc.is_none())
    {
        return Some("is attached to no VPC");
    }
    let detached = |vpc: Option<&Option<VpcId>>| vpc.is_some_and(Option::is_none);
    if detached(model.vpn_gateways.get(id).map(|gateway| &gateway.vpc)) {
        return Some("is attached to no VPC");
    }
    if model
        .peering_connections
        .get(id)
        .is_some_and(|peering| peering.status != PeeringStatus::Active)
    {
        return Some("is not active");
    }
    if model
        .nat_gateways
        .get(id)
        .is_some_and(|nat| nat.state != NatState::Available)
    {
        return Some("is not available");
    }
    let instance = model
        .enis
        .get(id)
        .and_then(|eni| model.instances.get(eni.instance.as_ref()?));
    instance
        .filter(|instance| instance.state != InstanceState::Running)
        .map(|_| "belongs to an instance that does not run")
}

fn peering(check: &mut Check<'_>, table: &RouteTable, route: &Route, place: &Place) {
    let Some(peering) = check.model.peering_connections.get(route.target.as_str()) else {
        return;
    };
    let (Peer::Cidr(cidr), id) = (&route.destination, &route.target) else {
        return;
    };
    if table.vpc != peering.requester && table.vpc != peering.accepter {
        check.say(
            "MODEL_WRONG_VPC",
            place,
            format!("{} is no side of {id}", table.vpc),
        );
        return;
    }
    let far = if table.vpc == peering.requester {
        &peering.accepter
    } else {
        &peering.requester
    };
    let theirs: Vec<IpNet> = check
        .model
        .vpcs
        .get(far)
        .into_iter()
        .flat_map(|vpc| vpc.cidr.iter().map(|cidr| cidr.net()))
        .collect();
    if !AddressSet::cidr(cidr.net()).overlaps(&AddressSet::from_cidrs(theirs)) {
        let message = format!("{far}, at the other end of {id}, has no address of {}", cidr.0);
        check.say("MODEL_PEERING_ROUTE", &place.clone().key("destination"), message);
    }
}

/// V46 for subnets: their route table and ACL are of their VPC.
fn associations(check: &mut Check<'_>) {
    for (id, subnet) in &check.model.subnets {
        let table = subnet
            .route_table
            .as_ref()
            .and_then(|table| Some((table.as_str(), &check.model.route_tables.get(table)?.vpc)));
        let acl = subnet
            .nacl
            .as_ref()
            .and_then(|acl| Some((acl.as_str(), &check.model.nacls.get(acl)?.vpc)));
        for (field, (other, vpc)) in [("route_table", table), ("nacl", acl)]
            .into_iter()
            .filter_map(|(field, one)| Some((field, one?)))
        {
            if *vpc != subnet.vpc {
                let message = format!("{other} is in {vpc}, and the subnet in {}", subnet.vpc);
                check.say(
                    "MODEL_WRONG_VPC",
                    &Place::item("subnets", id).field(field),
                    message,
                );
            }
        }
    }
}
