//! What stands at the edges of a VPC: textbook cases with the answer written by hand.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::oracle::edges::{
    BlockMode, Exclusion, GatewayEndpoint, InterfaceEndpoint, Leads, Line, LineKind, LocalGateway,
};
use crate::oracle::network::{Network, RouteTable, Target};
use crate::oracle::packet::{ICMP6, Packet, TCP, UDP};
use crate::oracle::simulate::{Host, Outcome, simulate};
use crate::oracle::textbook::{
    OUTSIDE, add_nat, add_public, add_route, address, admit_only, assert_blocked, assert_forward_only,
    assert_reachable, base, change_eni, cidr, internet, rule, send, set_nacl, tcp,
};

const SITE: &str = "172.30.1.9";

/// A virtual private gateway with a VPN connection and a private virtual interface behind a Direct Connect gateway.
fn hybrid() -> Network {
    let mut network = base();
    network.vpn_gateways.insert("vgw".to_owned(), "vpc".to_owned());
    let line = |kind, routes: &[&str], allowed| Line {
        kind,
        gateway: "vgw".to_owned(),
        attachment: None,
        routes: routes.iter().map(|one| cidr(one)).collect(),
        up: true,
        allowed,
        selectors: [None, None],
        ipv6: false,
    };
    let vpn = line(LineKind::Vpn, &["172.30.0.0/16"], None);
    let other = line(LineKind::StaticVpn, &["172.31.0.0/16"], None);
    let direct = line(
        LineKind::DirectConnect,
        &["172.29.0.0/16"],
        Some(vec![cidr("10.0.0.0/16")]),
    );
    for (id, line) in [("vpn", vpn), ("vpn-static", other), ("dxvif", direct)] {
        network.lines.insert(id.to_owned(), line);
    }
    add_route(
        &mut network,
        "sa",
        "172.16.0.0/12",
        Target::VpnGateway("vgw".to_owned()),
    );
    network
}

fn ask(network: &Network, from: &Host, to: &Host, source: &str, destination: &str) -> Outcome {
    let packet = Packet {
        protocol: TCP,
        source: address(source),
        destination: address(destination),
        source_port: 40_000,
        destination_port: 443,
    };
    simulate(network, from, to, &packet)
}

fn a() -> Host {
    Host::Eni("a".to_owned())
}

fn to_site(network: &Network, site: &str) -> Outcome {
    ask(network, &a(), &Host::Premises(address(site)), "10.0.1.10", site)
}

fn from_site(network: &Network, site: &str) -> Outcome {
    ask(network, &Host::Premises(address(site)), &a(), site, "10.0.1.10")
}

#[test]
fn a_virtual_private_gateway_leads_where_it_knows_a_way() {
    let mut network = hybrid();
    assert_reachable(&to_site(&network, SITE));
    assert_reachable(&from_site(&network, SITE));
    assert_reachable(&to_site(&network, "172.29.0.9"));
    assert_blocked(&to_site(&network, "172.20.0.9"), "knows nobody");
    if let Some(line) = network.lines.get_mut("vpn") {
        line.up = false;
    }
    assert_blocked(&to_site(&network, SITE), "vpn is down");
    if let Some(line) = network.lines.get_mut("dxvif") {
        line.allowed = Some(vec![cidr("10.0.0.0/24")]);
    }
    assert_forward_only(&to_site(&network, "172.29.0.9"), "not announced");
}

#[test]
fn two_vpn_connections_are_a_hub_and_a_direct_connect_gateway_is_not() {
    let network = hybrid();
    let between = |to: &str| {
        let hosts = [SITE, to].map(|host| Host::Premises(address(host)));
        ask(&network, &hosts[0], &hosts[1], SITE, to)
    };
    assert_reachable(&between("172.31.0.9"));
    assert_blocked(&between("172.29.0.9"), "nothing leads");
}

/// T30.
#[test]
fn an_endpoint_in_the_edge_table_of_a_virtual_private_gateway_loses_everything() {
    let mut network = hybrid();
    network.inspections.insert("gwlbe".to_owned(), "sm".to_owned());
    let table = RouteTable {
        vpc: "vpc".to_owned(),
        main: false,
        gateway: Some("vgw".to_owned()),
        learns: false,
        routes: Vec::new(),
    };
    network.tables.insert("rtb-edge".to_owned(), table);
    add_route(
        &mut network,
        "edge",
        "10.0.1.0/24",
        Target::Endpoint("gwlbe".to_owned()),
    );
    assert_blocked(&from_site(&network, SITE), "gwlbe");
}

#[test]
fn a_local_gateway_shows_customer_owned_addresses() {
    let mut network = base();
    let local = LocalGateway {
        vpc: "vpc".to_owned(),
        routes: vec![cidr("172.30.0.0/16")],
        customer_owned: Some(BTreeMap::from([("a".to_owned(), Ipv4Addr::new(172, 29, 0, 10))])),
    };
    network.local_gateways.insert("lgw".to_owned(), local);
    add_route(
        &mut network,
        "sa",
        "172.30.0.0/16",
        Target::LocalGateway("lgw".to_owned()),
    );
    assert_reachable(&to_site(&network, SITE));
    let from = Host::Premises(address(SITE));
    assert_reachable(&ask(&network, &from, &a(), SITE, "172.29.0.10"));
    assert_blocked(&from_site(&network, SITE), "nothing leads");
}

#[test]
fn nat64_reaches_the_internet_of_ipv4() {
    let mut network = base();
    add_nat(&mut network, "sb", "10.0.2.200");
    add_route(&mut network, "sa", "64:ff9b::/96", Target::Nat("nat".to_owned()));
    add_route(&mut network, "sb", "0.0.0.0/0", internet());
    let packet = |protocol, destination_port| Packet {
        protocol,
        source: address("2001:db8:1:1::10"),
        destination: address("64:ff9b::198.51.100.7"),
        source_port: 40_000,
        destination_port,
    };
    let to = Host::Internet(address(OUTSIDE));
    assert_reachable(&simulate(&network, &a(), &to, &packet(TCP, 443)));
    assert_reachable(&simulate(&network, &a(), &to, &packet(ICMP6, 128 * 256)));
    assert_blocked(
        &simulate(&network, &a(), &to, &packet(47, 0)),
        "does not translate",
    );
}

#[test]
fn a_regional_nat_gateway_stands_in_no_subnet() {
    let mut network = base();
    add_nat(&mut network, "sb", "10.0.2.200");
    add_route(&mut network, "sa", "0.0.0.0/0", Target::Nat("nat".to_owned()));
    assert_blocked(&send(&network, "a", OUTSIDE, TCP, 443), "no route from sb");
    let nat = network
        .nat_gateways
        .get_mut("nat")
        .unwrap_or_else(|| panic!("no nat"));
    let public = Ipv4Addr::new(203, 0, 113, 99);
    nat.subnet = None;
    nat.addresses = vec![(public, Some(public))];
    assert_reachable(&send(&network, "a", OUTSIDE, TCP, 443));
}

/// T29.
#[test]
fn block_public_access_lets_out_what_goes_through_nat() {
    let mut network = base();
    add_public(&mut network, "b", "203.0.113.1");
    add_nat(&mut network, "sm", "10.0.3.200");
    add_route(&mut network, "sa", "0.0.0.0/0", Target::Nat("nat".to_owned()));
    add_route(&mut network, "sb", "0.0.0.0/0", internet());
    add_route(&mut network, "sm", "0.0.0.0/0", internet());
    network
        .block_public_access
        .insert("eu-west-1".to_owned(), BlockMode::Ingress);
    assert_reachable(&send(&network, "a", OUTSIDE, TCP, 443));
    assert_blocked(&send(&network, "b", OUTSIDE, TCP, 443), "Block Public Access");
    network
        .block_public_access
        .insert("eu-west-1".to_owned(), BlockMode::Bidirectional);
    assert_blocked(&send(&network, "a", OUTSIDE, TCP, 443), "Block Public Access");
    network.exclusions.insert("sm".to_owned(), Exclusion::Egress);
    assert_reachable(&send(&network, "a", OUTSIDE, TCP, 443));
    network
        .exclusions
        .insert("sb".to_owned(), Exclusion::Bidirectional);
    assert_reachable(&send(&network, OUTSIDE, "b", TCP, 443));
}

#[test]
fn a_gateway_endpoint_is_for_the_tables_that_it_names() {
    let mut network = base();
    let endpoint = GatewayEndpoint {
        vpc: "vpc".to_owned(),
        tables: vec!["rtb-sa".to_owned()],
        available: true,
    };
    network.gateway_endpoints.insert("vpce".to_owned(), endpoint);
    add_route(&mut network, "sa", "198.51.100.0/24", internet());
    let s3 = "52.216.1.1";
    let to = Host::S3(address(s3));
    assert_reachable(&ask(&network, &a(), &to, "10.0.1.10", s3));
    let b = Host::Eni("b".to_owned());
    assert_blocked(&ask(&network, &b, &to, "10.0.2.10", s3), "no route");
}

#[test]
fn an_interface_endpoint_takes_what_its_service_takes() {
    let mut network = base();
    let endpoint = InterfaceEndpoint {
        listens: vec![(TCP, 443)],
        available: true,
        leads: None,
    };
    network.interface_endpoints.insert("b".to_owned(), endpoint);
    assert_reachable(&send(&network, "a", "b", TCP, 443));
    assert_blocked(&send(&network, "a", "b", UDP, 443), "does not listen");
    change_eni(&mut network, "b", |eni| eni.groups.clear());
    assert_blocked(&send(&network, "a", "b", TCP, 443), "security groups of b");
}

/// The endpoint at `b`, the gateway at `m`, the resource beside it.
#[test]
fn a_resource_sees_the_gateway() {
    let mut network = base();
    let mut resource = network.enis["m"].clone();
    resource.addresses = vec![address("10.0.3.20")];
    network.enis.insert("r".to_owned(), resource);
    let endpoint = InterfaceEndpoint {
        listens: vec![(TCP, 443)],
        available: true,
        leads: Some(Leads {
            gateway: "m".to_owned(),
            resource: "r".to_owned(),
        }),
    };
    network.interface_endpoints.insert("b".to_owned(), endpoint);
    admit_only(&mut network, "r", rule(tcp(443, 443), "10.0.3.10/32"));
    assert_reachable(&send(&network, "a", "b", TCP, 443));
    assert_blocked(&send(&network, "a", "b", TCP, 80), "does not listen");
    assert_blocked(&send(&network, "a", "m", TCP, 443), "by endpoints alone");
    assert_blocked(&send(&network, "a", "r", TCP, 443), "security groups of r");
    // The gateway needs a rule to send, and none to take the reply.
    let mut shut = network.clone();
    admit_only(&mut shut, "m", rule(tcp(443, 443), "0.0.0.0/0"));
    assert_blocked(&send(&shut, "a", "b", TCP, 443), "security groups of m, Out");
    let mut apart = network.clone();
    change_eni(&mut apart, "r", |eni| eni.subnet = "sa".to_owned());
    change_eni(&mut apart, "r", |eni| eni.addresses = vec![address("10.0.1.20")]);
    set_nacl(&mut apart, "sm", None, Some(tcp(443, 443)));
    assert_forward_only(&send(&apart, "a", "b", TCP, 443), "network ACL of sm, In");
}
