//! The network as a model file.

mod edges;

use std::fmt::{Display, Write};
use std::net::Ipv4Addr;

use super::network::{
    Balancer, Destination, Eni, GroupRule, NaclRule, Nat, Network, Peer, Route, RouteTable, StatefulRule,
    Subnet, Target, Traffic, Verdict,
};
use super::packet::{ICMP, ICMP6, TCP, UDP};

pub fn to_yaml(network: &Network) -> String {
    let mut text = "version: 1\n".to_owned();
    section(&mut text, "vpcs", &network.vpcs, |vpc| {
        format!(
            "cidr: {}, region: {}, account: \"111122223333\"",
            one_or_list(&vpc.cidrs),
            vpc.region
        )
    });
    section(&mut text, "subnets", &network.subnets, |subnet| {
        subnet_fields(network, subnet)
    });
    section(&mut text, "instances", &network.instances, |running| {
        format!("state: {}", if *running { "running" } else { "stopped" })
    });
    section(&mut text, "enis", &network.enis, eni_fields);
    elastic_ips(&mut text, network);
    section(&mut text, "prefix_lists", &network.prefix_lists, |entries| {
        format!("entries: {}", quoted_list(entries))
    });
    edges::s3_list(&mut text, network);
    section(
        &mut text,
        "internet_gateways",
        &network.internet_gateways,
        |vpc| format!("vpc: {vpc}"),
    );
    section(
        &mut text,
        "egress_only_internet_gateways",
        &network.egress_only_gateways,
        |vpc| format!("vpc: {vpc}"),
    );
    section(&mut text, "nat_gateways", &network.nat_gateways, nat_fields);
    section(&mut text, "peering_connections", &network.peerings, |peering| {
        format!(
            "requester: {}, accepter: {}, status: {}",
            peering.requester, peering.accepter, peering.status
        )
    });
    transit(&mut text, network);
    edges::edges(&mut text, network);
    firewalls(&mut text, network);
    balancers(&mut text, network);
    groups(&mut text, network);
    nacls(&mut text, network);
    tables(&mut text, network);
    text
}

fn section<T>(
    text: &mut String,
    name: &str,
    items: &std::collections::BTreeMap<String, T>,
    fields: impl Fn(&T) -> String,
) {
    if items.is_empty() {
        return;
    }
    line(text, 0, format_args!("{name}:"));
    for (id, item) in items {
        line(text, 1, format_args!("{id}: {{ {} }}", fields(item)));
    }
}

fn line(text: &mut String, indent: usize, content: impl Display) {
    // Writing to a string cannot fail.
    _ = writeln!(text, "{:width$}{content}", "", width = indent * 2);
}

fn quoted_list<T: Display>(items: &[T]) -> String {
    let quoted: Vec<String> = items.iter().map(|item| format!("\"{item}\"")).collect();
    format!("[{}]", quoted.join(", "))
}

fn one_or_list<T: Display>(items: &[T]) -> String {
    match items {
        [one] => format!("\"{one}\""),
        _ => quoted_list(items),
    }
}

fn subnet_fields(network: &Network, subnet: &Subnet) -> String {
    let region = &network.vpcs[&subnet.vpc].region;
    let mut fields = format!(
        "vpc: {}, cidr: {}, az: {region}{}",
        subnet.vpc,
        one_or_list(&subnet.cidrs),
        subnet.zone
    );
    for (key, value) in [("route_table", &subnet.table), ("nacl", &subnet.nacl)] {
        if let Some(value) = value {
            _ = write!(fields, ", {key}: {value}");
        }
    }
    fields
}

fn eni_fields(eni: &Eni) -> String {
    let mut fields = format!("subnet: {}, ip: {}", eni.subnet, one_or_list(&eni.addresses));
    for pair in eni.public.iter().filter(|pair| !pair.elastic) {
        _ = write!(fields, ", public_ip: {}", pair.public);
    }
    _ = write!(fields, ", security_groups: [{}]", eni.groups.join(", "));
    if !eni.source_dest_check {
        fields += ", source_dest_check: false";
    }
    if let Some(instance) = &eni.instance {
        _ = write!(fields, ", instance: {instance}");
    }
    fields
}

fn nat_fields(nat: &Nat) -> String {
    let public: Vec<Ipv4Addr> = nat.addresses.iter().filter_map(|(_, public)| *public).collect();
    let private: Vec<Ipv4Addr> = nat.addresses.iter().map(|(private, _)| *private).collect();
    let place = match &nat.subnet {
        Some(subnet) => format!("subnet: {subnet}, ip: {}", one_or_list(&private)),
        None => format!("vpc: {}", nat.vpc),
    };
    let public = match &public[..] {
        [] => "connectivity: private".to_owned(),
        _ => format!("public_ip: {}, connectivity: public", one_or_list(&public)),
    };
    let state = if nat.available { "" } else { ", state: failed" };
    format!("{place}, {public}{state}")
}

fn elastic_ips(text: &mut String, network: &Network) {
    let pairs = network
        .enis
        .iter()
        .flat_map(|(id, eni)| eni.public.iter().map(move |pair| (id, eni, pair)));
    let elastic: Vec<_> = pairs.filter(|(.., pair)| pair.elastic).collect();
    if elastic.is_empty() {
        return;
    }
    line(text, 0, "elastic_ips:");
    for (number, (id, eni, pair)) in elastic.into_iter().enumerate() {
        // Without `private_ip` it belongs to the primary address.
        let private = match eni.primary_v4() {
            Some(primary) if primary == pair.private => String::new(),
            _ => format!(", private_ip: {}", pair.private),
        };
        line(
            text,
            1,
            format_args!(
                "eipalloc-{number}: {{ public_ip: {}, eni: {id}{private} }}",
                pair.public
            ),
        );
    }
}

fn groups(text: &mut String, network: &Network) {
    line(text, 0, "security_groups:");
    for (id, group) in &network.groups {
        line(text, 1, format_args!("{id}:"));
        line(text, 2, format_args!("vpc: {}", group.vpc));
        rules(
            text,
            "ingress",
            group.ingress.iter().map(|rule| group_rule(rule, "source")),
        );
        if let Some(egress) = &group.egress {
            rules(
                text,
                "egress",
                egress.iter().map(|rule| group_rule(rule, "destination")),
            );
        }
    }
}

fn rules(text: &mut String, name: &str, rules: impl ExactSizeIterator<Item = String>) {
    if rules.len() == 0 {
        return line(text, 2, format_args!("{name}: []"));
    }
    line(text, 2, format_args!("{name}:"));
    for rule in rules {
        line(text, 3, format_args!("- {{ {rule} }}"));
    }
}

fn group_rule(rule: &GroupRule, end: &str) -> String {
    let peers: Vec<String> = rule
        .peers
        .iter()
        .map(|peer| match peer {
            Peer::Cidr(cidr) => cidr.to_string(),
            Peer::Group(id) | Peer::List(id) => id.clone(),
        })
        .collect();
    format!("{}, {end}: {}", traffic(&rule.traffic), one_or_list(&peers))
}

fn traffic(traffic: &Traffic) -> String {
    let mut fields = match traffic.protocol {
        None => "protocol: all".to_owned(),
        Some(TCP) => "protocol: tcp".to_owned(),
        Some(UDP) => "protocol: udp".to_owned(),
        Some(ICMP) => "protocol: icmp".to_owned(),
        Some(ICMP6) => "protocol: icmpv6".to_owned(),
        Some(number) => format!("protocol: {number}"),
    };
    if !traffic.ports.is_empty() {
        _ = write!(fields, ", ports: {}", ports(&traffic.ports));
    }
    if let Some((kind, code)) = traffic.icmp {
        _ = write!(fields, ", icmp_type: {kind}");
        if let Some(code) = code {
            _ = write!(fields, ", icmp_code: {code}");
        }
    }
    fields
}

fn ports(ranges: &[(u16, u16)]) -> String {
    let written: Vec<String> = ranges
        .iter()
        .map(|(low, high)| {
            if low == high {
                low.to_string()
            } else {
                format!("\"{low}-{high}\"")
            }
        })
        .collect();
    match &written[..] {
        [one] => one.clone(),
        _ => format!("[{}]", written.join(", ")),
    }
}

fn nacls(text: &mut String, network: &Network) {
    if network.nacls.is_empty() {
        return;
    }
    line(text, 0, "nacls:");
    for (id, nacl) in &network.nacls {
        line(text, 1, format_args!("{id}:"));
        line(text, 2, format_args!("vpc: {}", nacl.vpc));
        if nacl.default {
            line(text, 2, "default: true");
        }
        rules(
            text,
            "ingress",
            nacl.ingress.iter().map(|rule| nacl_rule(rule, "source")),
        );
        rules(
            text,
            "egress",
            nacl.egress.iter().map(|rule| nacl_rule(rule, "destination")),
        );
    }
}

fn nacl_rule(rule: &NaclRule, end: &str) -> String {
    let action = if rule.allow { "allow" } else { "deny" };
    format!(
        "rule: {}, action: {action}, {}, {end}: \"{}\"",
        rule.number,
        traffic(&rule.traffic),
        rule.cidr
    )
}

fn tables(text: &mut String, network: &Network) {
    if network.tables.is_empty() {
        return;
    }
    line(text, 0, "route_tables:");
    for (id, table) in &network.tables {
        line(text, 1, format_args!("{id}:"));
        line(text, 2, format_args!("vpc: {}", table.vpc));
        table_fields(text, table);
    }
}

fn table_fields(text: &mut String, table: &RouteTable) {
    if table.main {
        line(text, 2, "main: true");
    }
    if table.learns {
        line(text, 2, format_args!("propagating: vgw-{}", &table.vpc[4..]));
    }
    if let Some(gateway) = &table.gateway {
        line(text, 2, format_args!("gateway: {gateway}"));
    }
    rules(text, "routes", table.routes.iter().map(route));
}

fn route(route: &Route) -> String {
    let destination = match &route.destination {
        Destination::Cidr(cidr) => cidr.to_string(),
        Destination::List(id) => id.clone(),
    };
    let target = match &route.target {
        Target::Local => "local",
        Target::InternetGateway(id)
        | Target::EgressOnly(id)
        | Target::Nat(id)
        | Target::Eni(id)
        | Target::Peering(id)
        | Target::VpnGateway(id)
        | Target::Transit(id)
        | Target::LocalGateway(id)
        | Target::Service(id)
        | Target::Endpoint(id) => id,
    };
    let propagated = if route.propagated {
        ", propagated: true"
    } else {
        ""
    };
    let state = if route.blackhole { ", state: blackhole" } else { "" };
    format!("destination: \"{destination}\", target: {target}{propagated}{state}")
}

fn transit(text: &mut String, network: &Network) {
    section(
        text,
        "transit_gateways",
        &network.transit_gateways,
        |referencing| format!("security_group_referencing: {referencing}"),
    );
    section(text, "transit_gateway_attachments", &network.attachments, |one| {
        let table = match &one.table {
            Some(table) => format!("route_table: {table}"),
            None => "unassociated: true".to_owned(),
        };
        let state = if one.available { "" } else { ", state: failed" };
        format!(
            "transit_gateway: {}, vpc: {}, subnets: [{}], {table}, propagates_to: [{}], ipv6: {}, security_group_referencing: {}{state}",
            one.gateway,
            one.vpc,
            one.subnets.join(", "),
            one.propagates_to.join(", "),
            one.ipv6,
            one.referencing
        )
    });
    edges::attachments(text, network);
    for (id, peering) in &network.transit_peerings {
        let [(one, table), (other, other_table)] = &peering.ends;
        let state = if peering.available { "" } else { ", state: failed" };
        line(
            text,
            1,
            format_args!(
                "{id}: {{ transit_gateway: {one}, peer: {other}, route_table: {table}, peer_route_table: {other_table}{state} }}"
            ),
        );
    }
    section(
        text,
        "transit_gateway_route_tables",
        &network.transit_tables,
        |table| {
            let routes: Vec<String> = table
                .routes
                .iter()
                .map(|(cidr, attachment)| match attachment {
                    Some(attachment) => format!("{{ destination: \"{cidr}\", attachment: {attachment} }}"),
                    None => format!("{{ destination: \"{cidr}\", blackhole: true }}"),
                })
                .collect();
            format!(
                "transit_gateway: {}, routes: [{}]",
                table.gateway,
                routes.join(", ")
            )
        },
    );
}

fn firewalls(text: &mut String, network: &Network) {
    if network.firewalls.is_empty() {
        return;
    }
    // Each endpoint has a firewall, a policy and two rule groups of its own.
    line(text, 0, "network_firewalls:");
    for (id, firewall) in &network.firewalls {
        let endpoint = format!("endpoints: {{ {id}: {{ subnet: {} }} }}", firewall.subnet);
        line(
            text,
            1,
            format_args!("fw-{id}: {{ policy: policy-{id}, {endpoint} }}"),
        );
    }
    line(text, 0, "firewall_policies:");
    for (id, firewall) in &network.firewalls {
        let order = if firewall.strict { "strict" } else { "action" };
        let default = if firewall.drop_strict {
            ", stateful_default: drop_strict"
        } else {
            ""
        };
        line(
            text,
            1,
            format_args!(
                "policy-{id}: {{ stateless: [{{ group: less-{id}, priority: 1 }}], stateless_default: {}, rule_order: {order}, stateful: [{{ group: full-{id}, priority: 1 }}]{default} }}",
                verdict(firewall.stateless_default)
            ),
        );
    }
    line(text, 0, "rule_groups:");
    for (id, firewall) in &network.firewalls {
        let addresses = |name: &str, cidr: &Option<ipnet::IpNet>| {
            cidr.map_or_else(String::new, |cidr| format!(", {name}: \"{cidr}\""))
        };
        let less: Vec<String> = firewall
            .stateless
            .iter()
            .map(|rule| {
                let from = addresses("source", &rule.source);
                let to = addresses("destination", &rule.destination);
                format!(
                    "{{ priority: {}, action: {}, {}{from}{to} }}",
                    rule.priority,
                    verdict(rule.verdict),
                    traffic(&rule.traffic)
                )
            })
            .collect();
        line(
            text,
            1,
            format_args!("less-{id}: {{ stateless: [{}] }}", less.join(", ")),
        );
        let full: Vec<String> = firewall.stateful.iter().map(stateful).collect();
        line(
            text,
            1,
            format_args!("full-{id}: {{ stateful: [{}] }}", full.join(", ")),
        );
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Drop => "drop",
        Verdict::Forward => "forward",
    }
}

fn stateful(rule: &StatefulRule) -> String {
    let action = if rule.pass { "pass" } else { "drop" };
    let words = |cidr: &Option<ipnet::IpNet>| cidr.map_or_else(|| "any".to_owned(), |cidr| cidr.to_string());
    let ports = match rule.protocol {
        "tcp" | "udp" => format!(", ports: \"{}:{}\"", rule.ports.0, rule.ports.1),
        _ => String::new(),
    };
    let direction = if rule.any_direction { "any" } else { "forward" };
    format!(
        "{{ action: {action}, protocol: {}, source: \"{}\", destination: \"{}\", direction: {direction}{ports} }}",
        rule.protocol,
        words(&rule.source),
        words(&rule.destination)
    )
}

fn balancers(text: &mut String, network: &Network) {
    let protocol = |one: &Balancer| match (one.kind, one.listener.0) {
        ("application", _) => "http",
        (_, UDP) => "udp",
        _ => "tcp",
    };
    section(text, "load_balancers", &network.balancers, |one| {
        let subnets: Vec<&str> = one
            .nodes
            .iter()
            .map(|node| network.enis[node].subnet.as_str())
            .collect();
        format!(
            "type: {}, subnets: [{}], enis: [{}], cross_zone: {}, listeners: [{{ protocol: {}, port: {}, target_groups: tg-1 }}]",
            one.kind,
            subnets.join(", "),
            one.nodes.join(", "),
            one.cross_zone,
            protocol(one),
            one.listener.1
        )
    });
    if let Some(one) = network.balancers.values().next() {
        let addresses = one
            .targets
            .iter()
            .filter_map(|target| network.enis[target].primary_v4());
        let targets: Vec<String> = addresses.map(|address| format!("{{ ip: {address} }}")).collect();
        line(text, 0, "target_groups:");
        line(
            text,
            1,
            format_args!(
                "tg-1: {{ type: ip, protocol: {}, port: {}, preserve_client_ip: {}, targets: [{}] }}",
                protocol(one),
                one.target_port,
                one.preserves,
                targets.join(", ")
            ),
        );
    }
}
