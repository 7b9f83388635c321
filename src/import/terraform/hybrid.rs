//! What leads on premises: virtual private gateways, VPN connections, Direct Connect, Connect attachments of transit gateways.
//!
//! No plan and no state tells what the other side announces by BGP: `routes` is written for static VPN connections alone, and
//! what else is learned is unknown to who meets it. A state tells which tunnels are up; those of a plan will be.

use super::gateways::VPN_GATEWAY;
use super::links;
use super::places::VPC;
use super::transit::{ATTACHMENT, GATEWAY};
use super::view::View;
use super::{Build, named};
use crate::model::{
    AssociationState, Cidr, CustomerGateway, DirectConnectAssociation, DirectConnectGateway, LinkStatus,
    OneOrMany, ResourceId, TransitGatewayConnectPeer, VirtualInterface, VirtualInterfaceState,
    VirtualInterfaceType, VpnConnection, VpnGateway, VpnState,
};
use std::collections::BTreeMap;

/// A VPN connection.
pub const CONNECTION: &[&str] = &["aws_vpn_connection"];
/// A Direct Connect gateway.
pub const DIRECT: &[&str] = &["aws_dx_gateway"];
/// What associates one with a gateway of AWS's side.
pub const ASSOCIATION: &str = "aws_dx_gateway_association";
const CUSTOMER: &[&str] = &["aws_customer_gateway"];
const INTERFACES: &[&str] = &[
    "aws_dx_private_virtual_interface",
    "aws_dx_public_virtual_interface",
    "aws_dx_transit_virtual_interface",
];
/// Interfaces that another account made for this one: where they lead says who accepts them.
const ACCEPTERS: &[&str] = &[
    "aws_dx_hosted_private_virtual_interface_accepter",
    "aws_dx_hosted_public_virtual_interface_accepter",
    "aws_dx_hosted_transit_virtual_interface_accepter",
];

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    vpn_gateways(build);
    customer_gateways(build);
    for view in build.links.made(CONNECTION) {
        connection(build, &view);
    }
    direct_connect_gateways(build);
    virtual_interfaces(build);
    connect_peers(build);
}

fn vpn_gateways(build: &mut Build<'_>) {
    let mut attached: BTreeMap<String, String> = BTreeMap::new();
    for view in build.links.of(&["aws_vpn_gateway_attachment"]) {
        let ends = (
            build.one(&view, "vpn_gateway_id", VPN_GATEWAY),
            build.one(&view, "vpc_id", VPC),
        );
        attached.extend(ends.0.zip(ends.1));
    }
    for view in build.links.made(VPN_GATEWAY) {
        let vpc = build
            .one(&view, "vpc_id", VPC)
            .or_else(|| attached.remove(&links::id(view.owner)));
        let (name, tags) = named(&view);
        let item = VpnGateway {
            name,
            vpc: vpc.as_deref().map(Into::into),
            tags,
        };
        build.add("vpn_gateways", &view, item, |model| &mut model.vpn_gateways);
    }
}

fn customer_gateways(build: &mut Build<'_>) {
    for view in build.links.made(CUSTOMER) {
        let (name, tags) = named(&view);
        let item = CustomerGateway {
            name,
            ip: view.text("ip_address").and_then(|ip| ip.parse().ok()),
            tags,
        };
        build.add("customer_gateways", &view, item, |model| {
            &mut model.customer_gateways
        });
    }
}

fn connection<'a>(build: &mut Build<'a>, view: &View<'a>) {
    let keys = [
        "static_routes_only",
        "local_ipv4_network_cidr",
        "remote_ipv4_network_cidr",
    ];
    if keys.iter().any(|key| view.is_open(key)) {
        build.lost(view, "the plan does not tell what it carries");
        return;
    }
    let gateway = build.one(view, "vpn_gateway_id", VPN_GATEWAY);
    let transit = build.one(view, "transit_gateway_id", GATEWAY);
    let customer = build.one(view, "customer_gateway_id", CUSTOMER);
    let fixed = view.truth("static_routes_only") == Some(true);
    let routes = match fixed && gateway.is_some() {
        true => static_routes(build, view),
        false => None,
    };
    let ipv6 = view.text("tunnel_inside_ip_version") == Some("ipv6");
    let [local, remote] = match ipv6 {
        true => ["local_ipv6_network_cidr", "remote_ipv6_network_cidr"],
        false => ["local_ipv4_network_cidr", "remote_ipv4_network_cidr"],
    };
    let telemetry = view.blocks("vgw_telemetry");
    let tunnels = telemetry.iter().filter_map(|tunnel| tunnel.text("status"));
    let (name, tags) = named(view);
    let item = VpnConnection {
        name,
        vpn_gateway: gateway.as_deref().map(Into::into),
        transit_gateway: transit.as_deref().map(Into::into),
        customer_gateway: customer.as_deref().map(Into::into),
        static_routes: fixed,
        routes,
        tunnels: OneOrMany(tunnels.map(up).collect()),
        state: VpnState::Available,
        ipv6,
        local_cidr: selector(view, local),
        remote_cidr: selector(view, remote),
        tags,
    };
    build.add("vpn_connections", view, item, |model| &mut model.vpn_connections);
}

fn up(status: &str) -> LinkStatus {
    match status {
        "DOWN" | "down" => LinkStatus::Down,
        _ => LinkStatus::Up,
    }
}

/// The whole of the addresses selects nothing.
fn selector(view: &View<'_>, argument: &str) -> Option<Cidr> {
    let cidr = Cidr::parse(view.text(argument)?).ok()?;
    (cidr.net().prefix_len() > 0).then_some(cidr)
}

/// The static routes of a connection, if all of them are known: those of the state, and those that are written apart.
fn static_routes<'a>(build: &mut Build<'a>, view: &View<'a>) -> Option<OneOrMany<Cidr>> {
    let own = links::id(view.owner);
    let mut routes: Vec<Cidr> = Vec::new();
    let told = view.blocks("routes").into_iter();
    routes.extend(told.filter_map(|route| Cidr::parse(route.text("destination_cidr_block")?).ok()));
    for apart in build.links.made(&["aws_vpn_connection_route"]) {
        if build.one(&apart, "vpn_connection_id", CONNECTION).as_ref() == Some(&own) {
            let cidr = Cidr::parse(apart.text("destination_cidr_block")?).ok()?;
            routes.push(cidr);
        }
    }
    routes.sort();
    routes.dedup();
    Some(OneOrMany(routes))
}

fn direct_connect_gateways(build: &mut Build<'_>) {
    for view in build.links.made(DIRECT) {
        let associations = associations(build, &links::id(view.owner));
        let (name, tags) = named(&view);
        let item = DirectConnectGateway {
            name: view.text("name").map(str::to_owned).or(name),
            associations,
            tags,
        };
        build.add("direct_connect_gateways", &view, item, |model| {
            &mut model.direct_connect_gateways
        });
    }
}

fn associations(build: &mut Build<'_>, direct: &str) -> Vec<DirectConnectAssociation> {
    let kinds: Vec<&str> = VPN_GATEWAY.iter().chain(GATEWAY).copied().collect();
    let mut all = Vec::new();
    for view in build.links.made(&[ASSOCIATION]) {
        if build.one(&view, "dx_gateway_id", DIRECT).as_deref() != Some(direct) {
            continue;
        }
        let gateway = build
            .one(&view, "associated_gateway_id", &kinds)
            .or_else(|| build.one(&view, "vpn_gateway_id", VPN_GATEWAY));
        let Some(gateway) = gateway else {
            build.lost(&view, "the plan does not tell what it associates");
            continue;
        };
        let prefixes = view.texts("allowed_prefixes").into_iter();
        let mut allowed: Vec<Cidr> = prefixes.filter_map(|text| Cidr::parse(text).ok()).collect();
        allowed.sort();
        all.push(DirectConnectAssociation {
            gateway: ResourceId::from(gateway.as_str()),
            allowed_prefixes: OneOrMany(allowed),
            state: AssociationState::Associated,
        });
    }
    all
}

fn virtual_interfaces(build: &mut Build<'_>) {
    let all: Vec<&str> = INTERFACES.iter().chain(ACCEPTERS).copied().collect();
    for view in build.links.made(&all) {
        let end = build
            .one(&view, "dx_gateway_id", DIRECT)
            .or_else(|| build.one(&view, "vpn_gateway_id", VPN_GATEWAY));
        let (name, tags) = named(&view);
        let item = VirtualInterface {
            name: view.text("name").map(str::to_owned).or(name),
            kind: match view.owner.kind.as_str() {
                kind if kind.contains("_public_") => VirtualInterfaceType::Public,
                kind if kind.contains("_transit_") => VirtualInterfaceType::Transit,
                _ => VirtualInterfaceType::Private,
            },
            gateway: end.as_deref().map(Into::into),
            routes: None,
            state: VirtualInterfaceState::Available,
            bgp: LinkStatus::Up,
            tags,
        };
        build.add("virtual_interfaces", &view, item, |model| {
            &mut model.virtual_interfaces
        });
    }
}

fn connect_peers(build: &mut Build<'_>) {
    for view in build.links.made(&["aws_ec2_transit_gateway_connect_peer"]) {
        let Some(attachment) = build.one(&view, "transit_gateway_attachment_id", ATTACHMENT) else {
            build.lost(&view, "the plan does not tell its attachment");
            continue;
        };
        let (name, tags) = named(&view);
        let item = TransitGatewayConnectPeer {
            name,
            attachment: attachment.as_str().into(),
            transit_gateway_ip: view
                .text("transit_gateway_address")
                .and_then(|ip| ip.parse().ok()),
            ip: view.text("peer_address").and_then(|ip| ip.parse().ok()),
            routes: None,
            bgp: LinkStatus::Up,
            tags,
        };
        build.add("transit_gateway_connect_peers", &view, item, |model| {
            &mut model.transit_gateway_connect_peers
        });
    }
}
