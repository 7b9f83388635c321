//! Textbook networks to build by hand, a line at a time, and packets to send through them.

use std::net::IpAddr;

use ipnet::IpNet;

use super::network::{
    Association, Destination, Eni, Group, GroupRule, Nacl, NaclRule, Nat, Network, Peer, Route, RouteTable,
    Subnet, Target, Traffic, Vpc,
};
use super::packet::{Packet, TCP};
use super::simulate::{Host, Outcome, simulate};

pub const OUTSIDE: &str = "198.51.100.7";

/// A VPC with interfaces `a`, `b` and `m` in the subnets `sa`, `sb` and `sm`, all in a group that lets
/// everything through; an internet gateway; no routes but the local ones.
pub fn base() -> Network {
    let mut network = Network::default();
    let cidrs = vec![cidr("10.0.0.0/16"), cidr("2001:db8:1::/56")];
    network.vpcs.insert(
        "vpc".to_owned(),
        Vpc {
            cidrs,
            region: "eu-west-1".to_owned(),
        },
    );
    network
        .internet_gateways
        .insert("igw".to_owned(), "vpc".to_owned());
    network
        .egress_only_gateways
        .insert("eigw".to_owned(), "vpc".to_owned());
    let everything = || vec![rule(Traffic::all(), "0.0.0.0/0"), rule(Traffic::all(), "::/0")];
    let open = Group {
        vpc: "vpc".to_owned(),
        ingress: everything(),
        egress: None,
    };
    network.groups.insert("open".to_owned(), open);
    for (number, name) in [(1, "a"), (2, "b"), (3, "m")] {
        let cidrs = vec![
            cidr(&format!("10.0.{number}.0/24")),
            cidr(&format!("2001:db8:1:{number}::/64")),
        ];
        let subnet = Subnet {
            vpc: "vpc".to_owned(),
            zone: "a".to_owned(),
            cidrs,
            table: None,
            nacl: None,
        };
        network.subnets.insert(format!("s{name}"), subnet);
        let addresses = vec![
            address(&format!("10.0.{number}.10")),
            address(&format!("2001:db8:1:{number}::10")),
        ];
        let eni = Eni {
            subnet: format!("s{name}"),
            addresses,
            public: Vec::new(),
            groups: vec!["open".to_owned()],
            source_dest_check: true,
            instance: None,
        };
        network.enis.insert(name.to_owned(), eni);
    }
    network
}

pub fn cidr(text: &str) -> IpNet {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub fn address(text: &str) -> IpAddr {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub fn peer(text: &str) -> Peer {
    match text.parse() {
        Ok(cidr) => Peer::Cidr(cidr),
        Err(_) => Peer::Group(text.to_owned()),
    }
}

pub fn rule(traffic: Traffic, from: &str) -> GroupRule {
    GroupRule {
        traffic,
        peers: vec![peer(from)],
    }
}

pub fn tcp(low: u16, high: u16) -> Traffic {
    Traffic {
        protocol: Some(TCP),
        ports: vec![(low, high)],
        icmp: None,
    }
}

pub fn change_eni(network: &mut Network, id: &str, change: impl FnOnce(&mut Eni)) {
    change(network.enis.get_mut(id).unwrap_or_else(|| panic!("no {id}")));
}

/// Gives an interface a group of its own with this one ingress rule and no egress.
pub fn admit_only(network: &mut Network, id: &str, ingress: GroupRule) {
    let group = Group {
        vpc: "vpc".to_owned(),
        ingress: vec![ingress],
        egress: Some(Vec::new()),
    };
    network.groups.insert(format!("sg-{id}"), group);
    change_eni(network, id, |eni| eni.groups = vec![format!("sg-{id}")]);
}

pub fn add_public(network: &mut Network, id: &str, public: &str) {
    change_eni(network, id, |eni| {
        if let (Some(IpAddr::V4(private)), IpAddr::V4(public)) = (eni.primary_v4(), address(public)) {
            eni.public.push(Association {
                public,
                private,
                elastic: false,
            });
        }
    });
}

/// A network ACL of one allow rule in each direction.
pub fn set_nacl(network: &mut Network, subnet: &str, ingress: Option<Traffic>, egress: Option<Traffic>) {
    let rules = |traffic: Option<Traffic>| {
        let rule = |traffic| NaclRule {
            number: 100,
            allow: true,
            traffic,
            cidr: cidr("0.0.0.0/0"),
        };
        traffic.map(rule).into_iter().collect::<Vec<_>>()
    };
    let id = format!("acl-{subnet}");
    let nacl = Nacl {
        vpc: "vpc".to_owned(),
        default: false,
        ingress: rules(ingress),
        egress: rules(egress),
    };
    network.nacls.insert(id.clone(), nacl);
    network
        .subnets
        .get_mut(subnet)
        .unwrap_or_else(|| panic!("no {subnet}"))
        .nacl = Some(id);
}

pub fn add_route(network: &mut Network, subnet: &str, destination: &str, target: Target) {
    let id = format!("rtb-{subnet}");
    let empty = || RouteTable {
        vpc: "vpc".to_owned(),
        main: false,
        gateway: None,
        learns: false,
        routes: Vec::new(),
    };
    let table = network.tables.entry(id.clone()).or_insert_with(empty);
    let destination = destination
        .parse()
        .map_or(Destination::List(destination.to_owned()), Destination::Cidr);
    table.routes.push(Route {
        destination,
        target,
        propagated: false,
        blackhole: false,
    });
    if let Some(subnet) = network.subnets.get_mut(subnet) {
        subnet.table = Some(id);
    }
}

pub fn internet() -> Target {
    Target::InternetGateway("igw".to_owned())
}

pub fn add_nat(network: &mut Network, subnet: &str, ip: &str) {
    let (IpAddr::V4(address), IpAddr::V4(public)) = (address(ip), address("203.0.113.99")) else {
        return;
    };
    let nat = Nat {
        vpc: "vpc".to_owned(),
        subnet: Some(subnet.to_owned()),
        addresses: vec![(address, Some(public))],
        available: true,
    };
    network.nat_gateways.insert("nat".to_owned(), nat);
}

pub fn host(network: &Network, name: &str) -> Host {
    match name.parse() {
        Ok(address) => Host::Internet(address),
        Err(_) if network.enis.contains_key(name) => Host::Eni(name.to_owned()),
        Err(_) => Host::Service,
    }
}

/// Sends from interface or internet host to interface or internet host, by their primary IPv4 addresses.
pub fn send(network: &Network, from: &str, to: &str, protocol: u8, port: u16) -> Outcome {
    let of = |name: &str, inside: bool| match network.enis.get(name) {
        Some(eni) if inside => eni.primary_v4().unwrap_or(address("0.0.0.0")),
        Some(eni) => eni.public_of_primary().map_or(address("0.0.0.0"), IpAddr::V4),
        None => address(name),
    };
    let inside = network.enis.contains_key(from);
    let packet = Packet {
        protocol,
        source: of(from, true),
        destination: of(to, inside),
        source_port: 40_000,
        destination_port: port,
    };
    simulate(network, &host(network, from), &host(network, to), &packet)
}

pub fn send_v6(network: &Network, from: &str, to: &str) -> Outcome {
    let of = |name: &str| {
        network
            .enis
            .get(name)
            .and_then(Eni::primary_v6)
            .unwrap_or_else(|| address(name))
    };
    let packet = Packet {
        protocol: TCP,
        source: of(from),
        destination: of(to),
        source_port: 40_000,
        destination_port: 443,
    };
    simulate(network, &host(network, from), &host(network, to), &packet)
}

#[track_caller]
pub fn assert_reachable(outcome: &Outcome) {
    assert!(outcome.arrived && outcome.returned, "{outcome:?}");
}

#[track_caller]
pub fn assert_forward_only(outcome: &Outcome, why: &str) {
    assert!(outcome.arrived && !outcome.returned, "{outcome:?}");
    assert!(
        outcome.drop.as_ref().is_some_and(|drop| drop.contains(why)),
        "{outcome:?}"
    );
}

#[track_caller]
pub fn assert_blocked(outcome: &Outcome, why: &str) {
    assert!(!outcome.arrived && !outcome.returned, "{outcome:?}");
    assert!(
        outcome.drop.as_ref().is_some_and(|drop| drop.contains(why)),
        "{outcome:?}"
    );
}
