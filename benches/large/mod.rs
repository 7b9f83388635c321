//! Large networks for the benches, the same for ever: VPCs of three tiers in a row of peerings, two thousand interfaces each.

#![allow(dead_code, reason = "each bench asks its own part of it")]
#![allow(clippy::expect_used, reason = "what cannot set up measures nothing")]

use std::fmt::Write;

#[path = "../../tests/roundtrip/describe.rs"]
mod describe;

/// Interfaces of one VPC.
const VPC_SIZE: usize = 2_000;
/// Subnets of one VPC: two for the web, five for the application, three for data.
const SUBNETS: usize = 10;
/// Security groups of one VPC.
const GROUPS: usize = 20;

/// A question that crosses groups, network ACLs and route tables, and works: from an application's host to a database.
pub const INSIDE: [&str; 3] = ["host-0-2", "host-0-7", "tcp/5432"];
/// One that the other side's network ACL blocks.
pub const BLOCKED: [&str; 3] = ["host-0-0", "host-0-7", "tcp/22"];
/// One through a NAT gateway and an internet gateway.
pub const OUTSIDE: [&str; 3] = ["host-0-2", "internet:198.51.100.7", "tcp/443"];

/// A model file of this many interfaces.
pub fn yaml(enis: usize) -> String {
    let vpcs = enis.div_ceil(VPC_SIZE);
    let mut text = "version: 1\n".to_owned();
    let mut section = |name: &str, count: usize, item: &dyn Fn(usize) -> String| {
        // Writing to a string cannot fail, here and below.
        _ = writeln!(text, "\n{name}:");
        (0..count).for_each(|number| text.push_str(&item(number)));
    };
    section("vpcs", vpcs, &vpc);
    section("subnets", vpcs * SUBNETS, &subnet);
    section("enis", enis, &interface);
    section("instances", enis, &|number| {
        format!("  {}: {{}}\n", instance(number))
    });
    section("security_groups", vpcs * GROUPS, &group);
    section("nacls", vpcs * 2, &acl);
    section("route_tables", vpcs * 3, &|number| table(number, vpcs));
    section("internet_gateways", vpcs, &|vpc| {
        format!("  igw-{vpc:04}: {{ vpc: vpc-{vpc:04} }}\n")
    });
    section("nat_gateways", vpcs, &|vpc| {
        let public = format!("203.0.{}.{}", vpc / 250, vpc % 250 + 1);
        format!("  nat-{vpc:04}: {{ subnet: subnet-{vpc:04}-0, ip: 10.{vpc}.3.200, public_ip: {public} }}\n")
    });
    if vpcs > 1 {
        section("peering_connections", vpcs - 1, &|vpc| {
            format!(
                "  pcx-{vpc:04}: {{ requester: vpc-{vpc:04}, accepter: vpc-{:04} }}\n",
                vpc + 1
            )
        });
    }
    text
}

/// The same network as `aws … describe-*` prints it: the files of a dump.
pub fn dump(yaml: &str) -> Vec<(String, String)> {
    let model: serde_json::Value = serde_yaml::from_str(yaml).expect("the generator writes YAML");
    let files = describe::dump(&model).expect("describe calls tell of all of it");
    files
        .into_iter()
        .map(|(name, content)| (name, format!("{content:#}")))
        .collect()
}

fn vpc(vpc: usize) -> String {
    format!(
        "  vpc-{vpc:04}: {{ name: network-{vpc}, cidr: 10.{vpc}.0.0/16, region: eu-west-1, account: \"111122223333\" }}\n"
    )
}

fn tier(subnet: usize) -> &'static str {
    match subnet {
        0..2 => "web",
        2..7 => "app",
        _ => "data",
    }
}

fn subnet(number: usize) -> String {
    let (vpc, subnet) = (number / SUBNETS, number % SUBNETS);
    let acl = match tier(subnet) {
        "data" => "data",
        _ => "main",
    };
    let zone = if subnet % 2 == 0 { 'a' } else { 'b' };
    format!(
        "  subnet-{vpc:04}-{subnet}: {{ vpc: vpc-{vpc:04}, cidr: 10.{vpc}.{}.0/22, az: eu-west-1{zone}, route_table: rtb-{vpc:04}-{}, nacl: acl-{vpc:04}-{acl} }}\n",
        subnet * 4,
        tier(subnet)
    )
}

fn instance(number: usize) -> String {
    format!("i-{:017x}", number + 1)
}

/// Interfaces go round the subnets, and within a tier round its groups.
fn interface(number: usize) -> String {
    let (vpc, host) = (number / VPC_SIZE, number % VPC_SIZE);
    let (subnet, place) = (host % SUBNETS, host / SUBNETS + 10);
    let (third, fourth) = (subnet * 4 + place / 250, place % 250 + 4);
    let groups = match tier(subnet) {
        "web" => format!("sg-{vpc:04}-{}, sg-{vpc:04}-18", place % 4),
        "app" => format!("sg-{vpc:04}-{}, sg-{vpc:04}-18", 4 + place % 8),
        _ => format!("sg-{vpc:04}-{}", 12 + place % 6),
    };
    format!(
        "  eni-{:017x}: {{ name: host-{vpc}-{host}, subnet: subnet-{vpc:04}-{subnet}, ip: 10.{vpc}.{third}.{fourth}, security_groups: [{groups}], instance: {}, tags: {{ env: prod, team: team-{} }} }}\n",
        number + 1,
        instance(number),
        number % 37
    )
}

/// Web groups are open to the world, the application's to the web, databases to the application; all to a bastion.
fn group(number: usize) -> String {
    let (vpc, group) = (number / GROUPS, number % GROUPS);
    let mut text = format!("  sg-{vpc:04}-{group}:\n    vpc: vpc-{vpc:04}\n    ingress:\n");
    let mut rule = |protocol: &str, ports: &str, source: &str| {
        _ = writeln!(
            text,
            "      - {{ protocol: {protocol}, ports: {ports}, source: {source} }}"
        );
    };
    match group {
        0..4 => rule("tcp", "[80, 443]", "0.0.0.0/0"),
        4..12 => (0..4).for_each(|web| rule("tcp", "8000-8100", &format!("sg-{vpc:04}-{web}"))),
        _ => (4..12).for_each(|app| rule("tcp", "5432", &format!("sg-{vpc:04}-{app}"))),
    }
    for office in 0..4 {
        rule(
            "tcp",
            "22",
            &format!("192.168.{}.0/24", (group * 3 + office * 11) % 200),
        );
        rule("udp", "161-162", &format!("172.16.{}.0/22", office * 4));
    }
    rule("tcp", "9100", &format!("10.{}.0.0/16", (vpc + 1) % 256));
    text
}

fn acl(number: usize) -> String {
    let (vpc, data) = (number / 2, number % 2 == 1);
    let name = if data { "data" } else { "main" };
    let mut text = format!("  acl-{vpc:04}-{name}:\n    vpc: vpc-{vpc:04}\n");
    for (direction, peer) in [("ingress", "source"), ("egress", "destination")] {
        _ = writeln!(text, "    {direction}:");
        for bad in 0..6 {
            _ = writeln!(
                text,
                "      - {{ rule: {}, action: deny, protocol: all, {peer}: 192.0.{bad}.0/24 }}",
                bad + 1
            );
        }
        let inside = format!("10.{vpc}.0.0/16");
        let allowed: &[(&str, &str)] = if data {
            &[("tcp", "5432"), ("tcp", "1024-65535"), ("udp", "123")]
        } else {
            &[("tcp", "0-65535"), ("udp", "0-65535")]
        };
        for (place, (protocol, ports)) in allowed.iter().enumerate() {
            let peer_cidr = if data { inside.as_str() } else { "0.0.0.0/0" };
            _ = writeln!(
                text,
                "      - {{ rule: {}, action: allow, protocol: {protocol}, ports: {ports}, {peer}: {peer_cidr} }}",
                100 + place * 10
            );
        }
    }
    text
}

fn table(number: usize, vpcs: usize) -> String {
    let (vpc, tier) = (number / 3, ["web", "app", "data"][number % 3]);
    let mut text = format!("  rtb-{vpc:04}-{tier}:\n    vpc: vpc-{vpc:04}\n    routes:\n");
    let mut route = |destination: &str, target: &str| {
        _ = writeln!(text, "      - {{ destination: {destination}, target: {target} }}");
    };
    match tier {
        "web" => route("0.0.0.0/0", &format!("igw-{vpc:04}")),
        "app" => route("0.0.0.0/0", &format!("nat-{vpc:04}")),
        _ if vpcs == 1 => route("172.31.0.0/16", &format!("nat-{vpc:04}")),
        _ => {}
    }
    if vpc + 1 < vpcs {
        route(&format!("10.{}.0.0/16", vpc + 1), &format!("pcx-{vpc:04}"));
    }
    if vpc > 0 {
        route(&format!("10.{}.0.0/16", vpc - 1), &format!("pcx-{:04}", vpc - 1));
    }
    text
}
