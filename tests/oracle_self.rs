//! The oracle, tested on its own: textbook cases with the answer written by hand, and the random networks.

#[path = "oracle_self/edges.rs"]
mod edges;
mod oracle;

use ipnet::IpNet;
use oracle::generate::generate;
use oracle::network::{
    Attachment, Destination, Eni, Firewall, Group, Network, Owner, Peering, RouteTable, StatefulRule,
    StatelessRule, Subnet, Target, Traffic, TransitTable, Verdict, Vpc,
};
use oracle::packet::{ICMP, Packet, TCP, UDP};
use oracle::random::Random;
use oracle::sample::{packets, questions};
use oracle::simulate::{Host, reachable_for_some_pick, simulate, story};
use oracle::textbook::{
    OUTSIDE, add_nat, add_public, add_route, address, admit_only, assert_blocked, assert_forward_only,
    assert_reachable, base, change_eni, cidr, internet, rule, send, send_v6, set_nacl, tcp,
};
use oracle::yaml::to_yaml;

#[test]
fn neighbours_meet_no_network_acl() {
    let mut network = base();
    change_eni(&mut network, "b", |eni| {
        eni.subnet = "sa".to_owned();
        eni.addresses = vec![address("10.0.1.11")];
    });
    set_nacl(&mut network, "sa", None, None);
    assert_reachable(&send(&network, "a", "b", TCP, 80));
}

#[test]
fn a_network_acl_without_ephemeral_ports_stops_the_reply() {
    let mut network = base();
    set_nacl(&mut network, "sb", Some(Traffic::all()), Some(tcp(80, 80)));
    assert_forward_only(&send(&network, "a", "b", TCP, 80), "network ACL of sb, Out");
    set_nacl(
        &mut network,
        "sb",
        Some(Traffic::all()),
        Some(tcp(40_000, 40_000)),
    );
    assert_reachable(&send(&network, "a", "b", TCP, 80));
}

#[test]
fn a_group_without_egress_lets_replies_out() {
    let mut network = base();
    admit_only(&mut network, "b", rule(Traffic::all(), "10.0.1.0/24"));
    assert_reachable(&send(&network, "a", "b", TCP, 80));
    assert_blocked(&send(&network, "b", "a", TCP, 80), "security groups of b, Out");
}

#[test]
fn a_group_reference_does_not_survive_an_appliance() {
    let mut network = base();
    network.groups.insert(
        "sg-a".to_owned(),
        Group {
            ingress: Vec::new(),
            ..network.groups["open"].clone()
        },
    );
    change_eni(&mut network, "a", |eni| eni.groups.push("sg-a".to_owned()));
    admit_only(&mut network, "b", rule(tcp(80, 80), "sg-a"));
    assert_reachable(&send(&network, "a", "b", TCP, 80));
    change_eni(&mut network, "m", |eni| eni.source_dest_check = false);
    add_route(&mut network, "sa", "10.0.2.0/24", Target::Eni("m".to_owned()));
    assert_blocked(&send(&network, "a", "b", TCP, 80), "security groups of b, In");
}

#[test]
fn an_appliance_forwards_only_without_the_check_and_while_it_runs() {
    let mut network = base();
    add_route(&mut network, "sa", "10.0.2.0/24", Target::Eni("m".to_owned()));
    add_route(&mut network, "sb", "10.0.1.0/24", Target::Eni("m".to_owned()));
    assert_blocked(&send(&network, "a", "b", TCP, 80), "source/dest check of m");
    change_eni(&mut network, "m", |eni| eni.source_dest_check = false);
    assert_reachable(&send(&network, "a", "b", TCP, 80));
    network.instances.insert("i-m".to_owned(), false);
    change_eni(&mut network, "m", |eni| eni.instance = Some("i-m".to_owned()));
    assert_blocked(&send(&network, "a", "b", TCP, 80), "stopped");
}

#[test]
fn a_propagated_route_inside_the_vpc_loses() {
    let mut network = base();
    add_route(
        &mut network,
        "sa",
        "10.0.2.0/24",
        Target::VpnGateway("vgw".to_owned()),
    );
    network.vpn_gateways.insert("vgw".to_owned(), "vpc".to_owned());
    assert_blocked(&send(&network, "a", "b", TCP, 80), "vgw");
    let table = network.tables.get_mut("rtb-sa").unwrap();
    table.routes[0].propagated = true;
    assert_reachable(&send(&network, "a", "b", TCP, 80));
}

#[test]
fn a_route_beats_a_prefix_list_with_the_same_prefix() {
    let mut network = base();
    add_public(&mut network, "a", "203.0.113.1");
    network
        .prefix_lists
        .insert("pl".to_owned(), vec![cidr("198.51.100.0/24")]);
    add_route(&mut network, "sa", "pl", Target::Eni("m".to_owned()));
    assert_blocked(&send(&network, "a", OUTSIDE, TCP, 80), "source/dest check of m");
    add_route(&mut network, "sa", "198.51.100.0/24", internet());
    assert_reachable(&send(&network, "a", OUTSIDE, TCP, 80));
}

#[test]
fn a_blackhole_has_no_fallback() {
    let mut network = base();
    add_public(&mut network, "a", "203.0.113.1");
    add_route(&mut network, "sa", "0.0.0.0/0", internet());
    assert_reachable(&send(&network, "a", OUTSIDE, TCP, 80));
    add_route(&mut network, "sa", "198.51.100.0/24", internet());
    network.tables.get_mut("rtb-sa").unwrap().routes[1].blackhole = true;
    assert_blocked(&send(&network, "a", OUTSIDE, TCP, 80), "blackhole");
}

#[test]
fn the_internet_gateway_wants_a_public_address() {
    let mut network = base();
    add_route(&mut network, "sa", "0.0.0.0/0", internet());
    assert_blocked(&send(&network, "a", OUTSIDE, TCP, 80), "no public address");
    add_public(&mut network, "a", "203.0.113.1");
    assert_reachable(&send(&network, "a", OUTSIDE, TCP, 80));
    assert_blocked(&send(&network, "a", "100.64.0.1", TCP, 80), "private address");
}

#[test]
fn a_public_address_behind_a_nat_route_cannot_answer() {
    let mut network = base();
    add_public(&mut network, "a", "203.0.113.1");
    assert_forward_only(&send(&network, OUTSIDE, "a", TCP, 80), "no route");
    add_nat(&mut network, "sm", "10.0.3.99");
    add_route(&mut network, "sm", "0.0.0.0/0", internet());
    add_route(&mut network, "sa", "0.0.0.0/0", Target::Nat("nat".to_owned()));
    assert_forward_only(&send(&network, OUTSIDE, "a", TCP, 80), "foreign");
}

fn behind_nat() -> Network {
    let mut network = base();
    add_nat(&mut network, "sm", "10.0.3.99");
    add_route(&mut network, "sm", "0.0.0.0/0", internet());
    add_route(&mut network, "sa", "0.0.0.0/0", Target::Nat("nat".to_owned()));
    network
}

#[test]
fn a_nat_gateway_translates_three_protocols() {
    let network = behind_nat();
    assert_reachable(&send(&network, "a", OUTSIDE, TCP, 80));
    assert_reachable(&send(&network, "a", OUTSIDE, UDP, 53));
    assert_reachable(&send(&network, "a", OUTSIDE, ICMP, 8 << 8));
    assert_blocked(&send(&network, "a", OUTSIDE, 47, 0), "does not translate");
}

#[test]
fn the_nat_subnet_needs_every_port_the_gateway_may_pick() {
    let mut network = behind_nat();
    set_nacl(&mut network, "sm", Some(tcp(80, 80)), Some(Traffic::all()));
    assert_forward_only(&send(&network, "a", OUTSIDE, TCP, 80), "network ACL of sm, In");
    let (from, to) = (Host::Eni("a".to_owned()), Host::Internet(address(OUTSIDE)));
    let packet = Packet {
        protocol: TCP,
        source: address("10.0.1.10"),
        destination: address(OUTSIDE),
        source_port: 5,
        destination_port: 80,
    };
    assert!(!reachable_for_some_pick(&network, &from, &to, &packet));
    set_nacl(&mut network, "sm", Some(tcp(80, 65_534)), Some(Traffic::all()));
    assert!(
        !simulate(&network, &from, &to, &packet).returned,
        "65535 is missing"
    );
    assert!(reachable_for_some_pick(&network, &from, &to, &packet));
    set_nacl(&mut network, "sm", Some(tcp(80, 65_535)), Some(Traffic::all()));
    assert_reachable(&simulate(&network, &from, &to, &packet));
}

/// A second VPC with a host.
fn far_vpc(network: &mut Network) {
    let far = Vpc {
        cidrs: vec![cidr("10.9.0.0/16")],
        region: "eu-west-1".to_owned(),
    };
    network.vpcs.insert("far".to_owned(), far);
    network.groups.insert(
        "far-open".to_owned(),
        Group {
            vpc: "far".to_owned(),
            ..network.groups["open"].clone()
        },
    );
    let subnet = Subnet {
        vpc: "far".to_owned(),
        zone: "a".to_owned(),
        cidrs: vec![cidr("10.9.1.0/24")],
        table: None,
        nacl: None,
    };
    network.subnets.insert("sf".to_owned(), subnet);
    let eni = Eni {
        subnet: "sf".to_owned(),
        addresses: vec![address("10.9.1.10")],
        groups: vec!["far-open".to_owned()],
        ..network.enis["a"].clone()
    };
    network.enis.insert("f".to_owned(), eni);
}

#[test]
fn a_peering_leads_to_hosts_and_no_further() {
    let mut network = base();
    far_vpc(&mut network);
    let peering = Peering {
        requester: "vpc".to_owned(),
        accepter: "far".to_owned(),
        status: "active".to_owned(),
    };
    network.peerings.insert("pcx".to_owned(), peering);
    let pcx = Target::Peering("pcx".to_owned());
    add_route(&mut network, "sa", "0.0.0.0/0", pcx.clone());
    assert_forward_only(&send(&network, "a", "f", TCP, 80), "no route");
    add_route(&mut network, "sf", "10.0.0.0/16", pcx);
    assert_reachable(&send(&network, "a", "f", TCP, 80));
    assert_blocked(&send(&network, "a", OUTSIDE, TCP, 80), "is not of far");
    admit_only(&mut network, "a", rule(tcp(80, 80), "far-open"));
    assert_reachable(&send(&network, "f", "a", TCP, 80));
    network.vpcs.get_mut("far").unwrap().region = "us-east-1".to_owned();
    assert_blocked(&send(&network, "f", "a", TCP, 80), "security groups of a, In");
    network.peerings.get_mut("pcx").unwrap().status = "pending-acceptance".to_owned();
    assert_blocked(&send(&network, "f", "a", TCP, 80), "pending-acceptance");
}

#[test]
fn a_ping_needs_both_types_where_nothing_is_remembered() {
    let mut network = base();
    let echo = |kind| Traffic {
        protocol: Some(ICMP),
        ports: Vec::new(),
        icmp: Some((kind, None)),
    };
    set_nacl(&mut network, "sb", Some(echo(8)), Some(echo(8)));
    assert_forward_only(&send(&network, "a", "b", ICMP, 8 << 8), "type 0");
    set_nacl(&mut network, "sb", Some(echo(8)), Some(echo(0)));
    assert_reachable(&send(&network, "a", "b", ICMP, 8 << 8));
}

#[test]
fn dns_is_never_filtered() {
    let mut network = base();
    admit_only(&mut network, "a", rule(tcp(1, 1), "10.0.9.9/32"));
    set_nacl(&mut network, "sa", None, None);
    for name in ["10.0.0.2", "169.254.169.253"] {
        let packet = Packet {
            protocol: UDP,
            source: address("10.0.1.10"),
            destination: address(name),
            source_port: 40_000,
            destination_port: 53,
        };
        assert_reachable(&simulate(
            &network,
            &Host::Eni("a".to_owned()),
            &Host::Service,
            &packet,
        ));
    }
}

#[test]
fn icmpv6_rules_say_nothing_about_ipv4() {
    let mut network = base();
    let six = Traffic {
        protocol: Some(58),
        ports: Vec::new(),
        icmp: None,
    };
    set_nacl(&mut network, "sb", Some(six), Some(Traffic::all()));
    assert_blocked(&send(&network, "a", "b", ICMP, 8 << 8), "network ACL of sb, In");
    assert_blocked(&send(&network, "a", "b", 58, 128 << 8), "network ACL of sb, In");
}

#[test]
fn an_address_of_the_vpc_that_nobody_has_goes_nowhere() {
    let mut network = base();
    add_public(&mut network, "a", "203.0.113.1");
    add_route(&mut network, "sa", "0.0.0.0/0", internet());
    assert_blocked(&send(&network, "a", "10.0.7.7", TCP, 80), "nobody");
}

#[test]
fn an_egress_only_gateway_lets_nothing_begin_outside() {
    let mut network = base();
    let outside = "2606:4700:4700::1111";
    add_route(&mut network, "sa", "::/0", Target::EgressOnly("eigw".to_owned()));
    assert_reachable(&send_v6(&network, "a", outside));
    assert_forward_only(&send_v6(&network, outside, "a"), "began outside");
    network.internet_gateways.clear();
    assert_reachable(&send_v6(&network, "a", outside));
    assert_blocked(&send_v6(&network, outside, "a"), "lets nothing in");
}

#[test]
fn an_edge_table_takes_both_directions_through_the_appliance() {
    let mut network = base();
    add_public(&mut network, "b", "203.0.113.1");
    add_public(&mut network, "m", "203.0.113.2");
    change_eni(&mut network, "m", |eni| eni.source_dest_check = false);
    add_route(&mut network, "sb", "0.0.0.0/0", internet());
    add_route(&mut network, "sm", "0.0.0.0/0", internet());
    assert_reachable(&send(&network, OUTSIDE, "b", TCP, 80));
    add_route(&mut network, "edge", "10.0.2.0/24", Target::Eni("m".to_owned()));
    network.tables.get_mut("rtb-edge").unwrap().gateway = Some("igw".to_owned());
    assert_forward_only(&send(&network, OUTSIDE, "b", TCP, 80), "cannot go past it");
    network.tables.get_mut("rtb-sb").unwrap().routes[0].target = Target::Eni("m".to_owned());
    assert_reachable(&send(&network, OUTSIDE, "b", TCP, 80));
    change_eni(&mut network, "m", |eni| eni.public.clear());
    assert_blocked(&send(&network, OUTSIDE, "b", TCP, 80), "m has no public address");
}

#[test]
fn a_neighbours_public_address_is_reached_by_way_of_the_internet() {
    let mut network = base();
    add_route(&mut network, "sa", "0.0.0.0/0", internet());
    add_route(&mut network, "sb", "0.0.0.0/0", internet());
    add_public(&mut network, "a", "203.0.113.1");
    add_public(&mut network, "b", "203.0.113.2");
    admit_only(&mut network, "b", rule(tcp(80, 80), "203.0.113.1/32"));
    let packet = Packet {
        protocol: TCP,
        source: address("10.0.1.10"),
        destination: address("203.0.113.2"),
        source_port: 40_000,
        destination_port: 80,
    };
    let (from, to) = (Host::Eni("a".to_owned()), Host::Eni("b".to_owned()));
    assert_reachable(&simulate(&network, &from, &to, &packet));
    admit_only(&mut network, "b", rule(tcp(80, 80), "open"));
    assert_blocked(
        &simulate(&network, &from, &to, &packet),
        "security groups of b, In",
    );
}

#[test]
fn the_same_seed_gives_the_same_network() {
    for seed in 0..50 {
        assert_eq!(to_yaml(&generate(seed)), to_yaml(&generate(seed)));
    }
    assert_ne!(to_yaml(&generate(1)), to_yaml(&generate(2)));
}

#[test]
fn generated_networks_are_valid() {
    for seed in 0..2000 {
        let network = generate(seed);
        for (id, subnet) in &network.subnets {
            let vpc = &network.vpcs[&subnet.vpc];
            assert!(
                subnet
                    .cidrs
                    .iter()
                    .all(|part| vpc.cidrs.iter().any(|cidr| cidr.contains(part))),
                "{seed} {id}"
            );
            let others = network
                .subnets
                .iter()
                .filter(|(other, of)| *other != id && of.vpc == subnet.vpc);
            let theirs: Vec<IpNet> = others.flat_map(|(_, of)| of.cidrs.clone()).collect();
            assert!(
                subnet
                    .cidrs
                    .iter()
                    .all(|part| theirs.iter().all(|cidr| !cidr.contains(&part.addr()))),
                "{seed} {id}"
            );
        }
        for (id, eni) in &network.enis {
            let vpc = network.vpc_of_eni(id);
            for address in &eni.addresses {
                assert!(
                    network.subnets[&eni.subnet].contains(*address),
                    "{seed} {id} {address}"
                );
                assert_eq!(
                    network.owner(vpc, *address),
                    Some(Owner::Eni(id)),
                    "{seed} {id} {address}"
                );
            }
            assert!(
                eni.groups.iter().all(|group| network.groups[group].vpc == vpc),
                "{seed} {id}"
            );
        }
        for table in network.tables.values() {
            more_specific_routes_are_whole_subnets(&network, table);
        }
    }
}

#[track_caller]
fn more_specific_routes_are_whole_subnets(network: &Network, table: &RouteTable) {
    let vpc = &network.vpcs[&table.vpc];
    let subnets: Vec<IpNet> = network
        .subnets
        .values()
        .flat_map(|subnet| subnet.cidrs.clone())
        .collect();
    for route in table.routes.iter().filter(|route| !route.propagated) {
        let Destination::Cidr(cidr) = route.destination else {
            continue;
        };
        let inside = vpc
            .cidrs
            .iter()
            .any(|range| range.contains(&cidr) && range != &cidr);
        assert!(!inside || subnets.contains(&cidr), "{cidr}");
        assert!(
            !inside
                || matches!(
                    route.target,
                    Target::Eni(_) | Target::Nat(_) | Target::Endpoint(_)
                ),
            "{cidr}"
        );
        assert!(
            table.gateway.is_none() || inside || vpc.cidrs.contains(&cidr),
            "{cidr}"
        );
    }
}

#[test]
fn a_fair_share_of_the_packets_arrives() {
    let (mut asked, mut arrived, mut returned) = (0, 0, 0);
    for seed in 0..400 {
        let network = generate(seed);
        let mut random = Random::new(seed);
        for question in questions(&network, &mut random, 5) {
            for packet in packets(&network, &mut random, &question, 10) {
                let outcome = simulate(&network, &question.sender, &question.receiver, &packet);
                asked += 1;
                arrived += u32::from(outcome.arrived);
                returned += u32::from(outcome.returned);
            }
        }
    }
    assert!(asked > 15_000, "{asked}");
    assert!(
        (30..=50).contains(&(arrived * 100 / asked)),
        "{arrived} of {asked}"
    );
    assert!(returned > arrived / 2, "{returned} of {arrived}");
}

/// A firewall in the subnet of `m`, between `a` and `b`.
fn inspected(firewall: Firewall) -> Network {
    let mut network = base();
    network.firewalls.insert("vpce".to_owned(), firewall);
    add_route(
        &mut network,
        "sa",
        "10.0.2.0/24",
        Target::Endpoint("vpce".to_owned()),
    );
    add_route(
        &mut network,
        "sb",
        "10.0.1.0/24",
        Target::Endpoint("vpce".to_owned()),
    );
    network
}

fn firewall() -> Firewall {
    Firewall {
        subnet: "sm".to_owned(),
        stateless: Vec::new(),
        stateless_default: Verdict::Forward,
        strict: true,
        drop_strict: true,
        stateful: vec![StatefulRule {
            pass: true,
            protocol: "tcp",
            ports: (80, 80),
            source: Some(cidr("10.0.1.0/24")),
            destination: None,
            any_direction: false,
        }],
    }
}

#[test]
fn a_stateful_pass_lets_the_reply_back_and_a_stateless_one_does_not() {
    let network = inspected(firewall());
    assert_reachable(&send(&network, "a", "b", TCP, 80));
    assert_blocked(&send(&network, "a", "b", TCP, 443), "a stateful rule or default");
    assert_blocked(&send(&network, "b", "a", TCP, 80), "a stateful rule or default");
    let rule = StatelessRule {
        priority: 1,
        verdict: Verdict::Pass,
        traffic: tcp(80, 80),
        source: None,
        destination: None,
    };
    let network = inspected(Firewall {
        stateless: vec![rule],
        stateless_default: Verdict::Drop,
        ..firewall()
    });
    assert_forward_only(&send(&network, "a", "b", TCP, 80), "a stateless rule or default");
}

#[test]
fn a_connection_of_which_a_firewall_sees_one_direction_is_lost() {
    let mut network = inspected(firewall());
    if let Some(subnet) = network.subnets.get_mut("sb") {
        subnet.table = None;
    }
    assert_forward_only(&send(&network, "a", "b", TCP, 80), "does not see the reply");
}

#[test]
fn a_transit_gateway_needs_a_subnet_in_the_zone_and_a_way_back() {
    let mut network = base();
    far_vpc(&mut network);
    let attachment = |vpc: &str, subnet: &str| Attachment {
        gateway: "tgw".to_owned(),
        vpc: vpc.to_owned(),
        subnets: vec![subnet.to_owned()],
        table: Some("table".to_owned()),
        propagates_to: vec!["table".to_owned()],
        available: true,
        referencing: true,
        ipv6: false,
    };
    network.transit_gateways.insert("tgw".to_owned(), false);
    network
        .attachments
        .insert("attach-1".to_owned(), attachment("vpc", "sm"));
    network
        .attachments
        .insert("attach-2".to_owned(), attachment("far", "sf"));
    network.transit_tables.insert(
        "table".to_owned(),
        TransitTable {
            gateway: "tgw".to_owned(),
            routes: Vec::new(),
        },
    );
    add_route(
        &mut network,
        "sa",
        "10.9.0.0/16",
        Target::Transit("tgw".to_owned()),
    );
    assert_forward_only(&send(&network, "a", "f", TCP, 80), "no route from sf");
    add_route(
        &mut network,
        "sf",
        "10.0.0.0/16",
        Target::Transit("tgw".to_owned()),
    );
    assert_reachable(&send(&network, "a", "f", TCP, 80));
    if let Some(subnet) = network.subnets.get_mut("sa") {
        subnet.zone = "c".to_owned();
    }
    assert_blocked(&send(&network, "a", "f", TCP, 80), "no subnet in c");
}

/// What the story of a packet says when it meets a kind.
const MET: [&str; 16] = [
    "tgw-1: by",
    "stateless:",
    "hands it to",
    "vpn-1",
    "dxvif-1",
    "vpn-t",
    "dxvif-t",
    "peer-t",
    "by lgw-1",
    "hub",
    "Via(Service(",
    "endpoint takes",
    "vpce-gwlb",
    "64:ff9b",
    "regional",
    "Public Access lets",
];

/// The later kinds are met by packets, and not only there.
#[test]
fn every_kind_is_met() {
    let mut met = [0; MET.len()];
    for seed in 0..700 {
        let network = generate(seed);
        let mut random = Random::new(seed);
        for question in questions(&network, &mut random, 5) {
            for packet in packets(&network, &mut random, &question, 10) {
                if !simulate(&network, &question.sender, &question.receiver, &packet).returned {
                    continue;
                }
                let told = story(&network, &question.sender, &question.receiver, &packet);
                for (count, words) in met.iter_mut().zip(MET) {
                    *count += u32::from(told.contains(words));
                }
            }
        }
    }
    let rare: Vec<_> = MET
        .into_iter()
        .zip(met)
        .filter(|(_, count)| *count < 10)
        .collect();
    assert!(rare.is_empty(), "{rare:?} of {met:?}");
}
