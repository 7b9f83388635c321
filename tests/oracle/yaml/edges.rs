//! What stands at the edges of a VPC, as a model file.

use super::super::edges::{BlockMode, Exclusion, Line, LineKind, S3, S3_LIST, S3_REGION};
use super::super::network::Network;
use super::super::packet::{TCP, UDP};
use super::{line, one_or_list, quoted_list, section};

pub fn edges(text: &mut String, network: &Network) {
    vpn_gateways(text, network);
    vpn_connections(text, network);
    direct_connect(text, network);
    connect_peers(text, network);
    section(text, "local_gateways", &network.local_gateways, |one| {
        let mode = one.customer_owned.as_ref().map_or_else(String::new, |pairs| {
            let pairs: Vec<String> = pairs.iter().map(|(eni, own)| format!("{eni}: {own}")).collect();
            format!(", mode: coip, addresses: {{ {} }}", pairs.join(", "))
        });
        format!("vpcs: {}, routes: {}{mode}", one.vpc, one_or_list(&one.routes))
    });
    endpoints(text, network);
    resources(text, network);
    public_access(text, network);
}

/// One without lines is not described: what a packet would meet there does not matter.
fn vpn_gateways(text: &mut String, network: &Network) {
    let (with, without): (Vec<_>, Vec<_>) = network
        .vpn_gateways
        .iter()
        .partition(|(id, _)| network.lines_of(id).next().is_some());
    if !without.is_empty() {
        line(text, 0, "unknown:");
    }
    for (id, vpc) in without {
        line(
            text,
            1,
            format_args!("{id}: {{ type: vpn-gateway, why: \"of {vpc}\" }}"),
        );
    }
    if !with.is_empty() {
        line(text, 0, "vpn_gateways:");
    }
    for (id, vpc) in with {
        line(text, 1, format_args!("{id}: {{ vpc: {vpc} }}"));
    }
}

fn vpn_connections(text: &mut String, network: &Network) {
    let vpns: Vec<_> = network.lines.iter().filter(|(_, one)| one.is_vpn()).collect();
    if vpns.is_empty() {
        return;
    }
    line(text, 0, "vpn_connections:");
    for (id, one) in vpns {
        line(text, 1, format_args!("{id}: {{ {} }}", vpn_fields(one)));
    }
}

fn vpn_fields(one: &Line) -> String {
    let gateway = match one.attachment {
        Some(_) => "transit_gateway",
        None => "vpn_gateway",
    };
    let mut fields = format!(
        "{gateway}: {}, static_routes: {}, routes: {}",
        one.gateway,
        one.kind == LineKind::StaticVpn,
        quoted_list(&one.routes)
    );
    fields += if one.up {
        ", tunnels: [down, up]"
    } else {
        ", tunnels: [down, down]"
    };
    for (key, cidr) in ["local_cidr", "remote_cidr"].into_iter().zip(one.selectors) {
        if let Some(cidr) = cidr {
            fields += &format!(", {key}: {cidr}");
        }
    }
    if one.ipv6 {
        fields += ", ipv6: true";
    }
    fields
}

/// Each has a virtual interface and, mostly, a Direct Connect gateway of its own.
fn direct_connect(text: &mut String, network: &Network) {
    let lines = network.lines.iter();
    let lines: Vec<_> = lines
        .filter(|(_, one)| one.kind == LineKind::DirectConnect)
        .collect();
    if lines.is_empty() {
        return;
    }
    line(text, 0, "virtual_interfaces:");
    for (id, one) in &lines {
        let kind = if one.attachment.is_some() {
            "transit"
        } else {
            "private"
        };
        let gateway = match one.allowed {
            Some(_) => format!("dxgw-{id}"),
            None => one.gateway.clone(),
        };
        let bgp = if one.up { "up" } else { "down" };
        let routes = quoted_list(&one.routes);
        line(
            text,
            1,
            format_args!("{id}: {{ type: {kind}, gateway: {gateway}, routes: {routes}, bgp: {bgp} }}"),
        );
    }
    let behind: Vec<_> = lines
        .iter()
        .filter_map(|(id, one)| Some((id, &one.gateway, one.allowed.as_ref()?)))
        .collect();
    if behind.is_empty() {
        return;
    }
    line(text, 0, "direct_connect_gateways:");
    for (id, gateway, allowed) in behind {
        let allowed = quoted_list(allowed);
        line(
            text,
            1,
            format_args!(
                "dxgw-{id}: {{ associations: [{{ gateway: {gateway}, allowed_prefixes: {allowed} }}] }}"
            ),
        );
    }
}

fn connect_peers(text: &mut String, network: &Network) {
    let lines = network.lines.iter();
    let lines: Vec<_> = lines.filter(|(_, one)| one.kind == LineKind::Connect).collect();
    if lines.is_empty() {
        return;
    }
    line(text, 0, "transit_gateway_connect_peers:");
    for (id, one) in lines {
        let Some(attachment) = &one.attachment else {
            continue;
        };
        let bgp = if one.up { "up" } else { "down" };
        line(
            text,
            1,
            format_args!(
                "{id}: {{ attachment: {}, routes: {}, bgp: {bgp} }}",
                attachment.id,
                quoted_list(&one.routes)
            ),
        );
    }
}

/// The attachments of what leads on premises from a transit gateway, as further items of that section.
pub fn attachments(text: &mut String, network: &Network) {
    let mut lines = network.lines.values();
    if network.attachments.is_empty() && lines.any(|one| one.attachment.is_some()) {
        line(text, 0, "transit_gateway_attachments:");
    }
    for (id, one) in &network.lines {
        let Some(attachment) = &one.attachment else {
            continue;
        };
        let resource = match (&attachment.carrier, one.kind) {
            (Some(carrier), _) => carrier.clone(),
            (None, LineKind::DirectConnect) => format!("dxgw-{id}"),
            (None, _) => id.clone(),
        };
        let table = match &attachment.table {
            Some(table) => format!("route_table: {table}"),
            None => "unassociated: true".to_owned(),
        };
        line(
            text,
            1,
            format_args!(
                "{}: {{ transit_gateway: {}, resource: {resource}, {table}, propagates_to: [{}] }}",
                attachment.id,
                one.gateway,
                attachment.propagates_to.join(", ")
            ),
        );
    }
}

/// The prefix list by which routes know S3, as one more item of that section.
pub fn s3_list(text: &mut String, network: &Network) {
    if network.gateway_endpoints.is_empty() {
        return;
    }
    if network.prefix_lists.is_empty() {
        line(text, 0, "prefix_lists:");
    }
    line(
        text,
        1,
        format_args!("{S3_LIST}: {{ name: com.amazonaws.{S3_REGION}.s3, entries: [{S3}] }}"),
    );
}

fn endpoints(text: &mut String, network: &Network) {
    let none = network.gateway_endpoints.is_empty() && network.interface_endpoints.is_empty();
    if none && network.inspections.is_empty() {
        return;
    }
    let state = |available: bool| if available { "" } else { ", state: failed" };
    line(text, 0, "vpc_endpoints:");
    for (id, one) in &network.gateway_endpoints {
        let tables = one.tables.join(", ");
        line(
            text,
            1,
            format_args!(
                "{id}: {{ type: gateway, vpc: {}, service: com.amazonaws.{S3_REGION}.s3, route_tables: [{tables}]{} }}",
                one.vpc,
                state(one.available)
            ),
        );
    }
    for (eni, one) in network
        .interface_endpoints
        .iter()
        .filter(|(_, one)| one.leads.is_none())
    {
        let listens: Vec<String> = one.listens.iter().map(listener).collect();
        line(
            text,
            1,
            format_args!(
                "vpce-of-{eni}: {{ type: interface, vpc: {}, service: com.amazonaws.vpce.{S3_REGION}.vpce-svc-1, subnets: {}, enis: {eni}, listens: \"{}\"{} }}",
                network.vpc_of_eni(eni),
                network.enis[eni].subnet,
                listens.join(", "),
                state(one.available)
            ),
        );
    }
    for (eni, one) in network
        .interface_endpoints
        .iter()
        .filter(|(_, one)| one.leads.is_some())
    {
        line(
            text,
            1,
            format_args!(
                "vpce-of-{eni}: {{ type: resource, vpc: {}, subnets: {}, enis: {eni}, resource_configuration: rcfg-1{} }}",
                network.vpc_of_eni(eni),
                network.enis[eni].subnet,
                state(one.available)
            ),
        );
    }
    for (id, subnet) in &network.inspections {
        let vpc = network.vpc_of_subnet(subnet);
        line(
            text,
            1,
            format_args!("{id}: {{ type: gateway_load_balancer, vpc: {vpc}, subnets: {subnet} }}"),
        );
    }
}

/// The gateway behind a resource endpoint, and the resource by its address.
fn resources(text: &mut String, network: &Network) {
    for one in network.interface_endpoints.values() {
        let Some(leads) = &one.leads else { continue };
        let gateway = &leads.gateway;
        let ports: Vec<String> = one.listens.iter().map(|(_, port)| port.to_string()).collect();
        let address = network.enis[&leads.resource]
            .addresses
            .iter()
            .find(|one| one.is_ipv4());
        let (Some(address), vpc) = (address, network.vpc_of_eni(gateway)) else {
            continue;
        };
        line(text, 0, "resource_gateways:");
        let subnet = &network.enis[gateway].subnet;
        line(
            text,
            1,
            format_args!("rgw-1: {{ vpc: {vpc}, subnets: {subnet}, enis: {gateway} }}"),
        );
        line(text, 0, "resource_configurations:");
        let ports = ports.join(", ");
        line(
            text,
            1,
            format_args!("rcfg-1: {{ gateway: rgw-1, ports: [{ports}], resource: {address} }}"),
        );
    }
}

fn listener((protocol, port): &(u8, u16)) -> String {
    match *protocol {
        TCP => format!("tcp/{port}"),
        UDP => format!("udp/{port}"),
        other => format!("proto/{other}"),
    }
}

fn public_access(text: &mut String, network: &Network) {
    if !network.block_public_access.is_empty() {
        line(text, 0, "block_public_access:");
    }
    for (region, mode) in &network.block_public_access {
        let mode = match mode {
            BlockMode::Bidirectional => "block-bidirectional",
            BlockMode::Ingress => "block-ingress",
        };
        line(
            text,
            1,
            format_args!("bpa-{region}: {{ region: {region}, mode: {mode} }}"),
        );
    }
    if !network.exclusions.is_empty() {
        line(text, 0, "block_public_access_exclusions:");
    }
    for (resource, mode) in &network.exclusions {
        let mode = match mode {
            Exclusion::Bidirectional => "allow-bidirectional",
            Exclusion::Egress => "allow-egress",
        };
        line(
            text,
            1,
            format_args!("exclude-{resource}: {{ resource: {resource}, mode: {mode} }}"),
        );
    }
}
