//! What leads on premises, from the calls of EC2 and Direct Connect.
//!
//! No call tells what BGP learned over a connection; it stands in the route tables to which it was propagated. So `routes` is
//! written for static VPN connections of virtual private gateways alone.

use super::collect::Dump;
use super::{Import, cidrs, name, shape, tags};
use crate::model::{
    AssociationState, CarrierGateway, Cidr, CustomerGateway, DirectConnectAssociation, DirectConnectGateway,
    LinkStatus, LocalGateway, LocalGatewayMode, Model, OneOrMany, ResourceId, Tags,
    TransitGatewayConnectPeer, VirtualInterface, VirtualInterfaceState, VirtualInterfaceType, VpnConnection,
    VpnGateway, VpnState,
};

/// Brings them over.
pub(super) fn bring(dump: &Dump, import: &mut Import) {
    vpn_gateways(dump, import);
    customer_gateways(dump, import);
    vpn_connections(dump, import);
    direct_connect_gateways(dump, import);
    virtual_interfaces(dump, import);
    connect_peers(dump, import);
    local_gateways(dump, import);
    carrier_gateways(dump, import);
}

/// AWS lists what is gone for a while.
fn is_gone(state: Option<&str>) -> bool {
    matches!(state, Some("deleted" | "deleting"))
}

fn vpn_gateways(dump: &Dump, import: &mut Import) {
    for found in &dump.vpn_gateways {
        let gateway = &found.item;
        if is_gone(gateway.state.as_deref()) {
            continue;
        }
        let attached = |one: &&shape::VpnGatewayAttachment| one.state.as_deref() == Some("attached");
        let vpc = gateway.vpc_attachments.iter().find(attached);
        let item = VpnGateway {
            name: name(&gateway.tags),
            vpc: vpc.and_then(|one| Some(one.vpc_id.as_deref()?.into())),
            tags: tags(&gateway.tags),
        };
        import.add(
            "vpn_gateways",
            &found.file,
            &gateway.vpn_gateway_id,
            item,
            |model| &mut model.vpn_gateways,
        );
    }
}

fn customer_gateways(dump: &Dump, import: &mut Import) {
    for found in &dump.customer_gateways {
        let gateway = &found.item;
        if is_gone(gateway.state.as_deref()) {
            continue;
        }
        let item = CustomerGateway {
            name: name(&gateway.tags),
            ip: gateway.ip_address.as_deref().and_then(|ip| ip.parse().ok()),
            tags: tags(&gateway.tags),
        };
        import.add(
            "customer_gateways",
            &found.file,
            &gateway.customer_gateway_id,
            item,
            |model| &mut model.customer_gateways,
        );
    }
}

fn vpn_connections(dump: &Dump, import: &mut Import) {
    for found in &dump.vpn_connections {
        let vpn = &found.item;
        if vpn.state.as_deref() == Some("deleted") {
            continue;
        }
        import.add(
            "vpn_connections",
            &found.file,
            &vpn.vpn_connection_id,
            vpn_connection(vpn),
            |model| &mut model.vpn_connections,
        );
    }
}

fn vpn_connection(vpn: &shape::VpnConnection) -> VpnConnection {
    let options = &vpn.options;
    let ipv6 = options.tunnel_inside_ip_version.as_deref() == Some("ipv6");
    let [local, remote] = match ipv6 {
        true => [
            &options.local_ipv6_network_cidr,
            &options.remote_ipv6_network_cidr,
        ],
        false => [
            &options.local_ipv4_network_cidr,
            &options.remote_ipv4_network_cidr,
        ],
    };
    // A transit gateway's static routes stand in its tables.
    let own = options.static_routes_only && vpn.vpn_gateway_id.is_some();
    let written = vpn.routes.iter().filter(|one| !is_gone(one.state.as_deref()));
    let routes = cidrs(written.map(|one| one.destination_cidr_block.as_deref()));
    let tunnels = vpn
        .vgw_telemetry
        .iter()
        .map(|tunnel| up(tunnel.status.as_deref()));
    VpnConnection {
        name: name(&vpn.tags),
        vpn_gateway: vpn.vpn_gateway_id.as_deref().map(Into::into),
        transit_gateway: vpn.transit_gateway_id.as_deref().map(Into::into),
        customer_gateway: vpn.customer_gateway_id.as_deref().map(Into::into),
        static_routes: options.static_routes_only,
        routes: own.then_some(OneOrMany(routes)),
        tunnels: OneOrMany(tunnels.collect()),
        state: match vpn.state.as_deref() {
            Some("pending") => VpnState::Pending,
            Some("deleting") => VpnState::Deleting,
            _ => VpnState::Available,
        },
        ipv6,
        local_cidr: selector(local),
        remote_cidr: selector(remote),
        tags: tags(&vpn.tags),
    }
}

fn up(status: Option<&str>) -> LinkStatus {
    match status {
        Some("DOWN" | "down") => LinkStatus::Down,
        _ => LinkStatus::Up,
    }
}

/// AWS writes `0.0.0.0/0` where nothing is selected.
fn selector(cidr: &Option<String>) -> Option<Cidr> {
    let cidr = Cidr::parse(cidr.as_deref()?).ok()?;
    (cidr.net().prefix_len() > 0).then_some(cidr)
}

fn direct_connect_gateways(dump: &Dump, import: &mut Import) {
    for found in &dump.direct_connect_gateways {
        let gateway = &found.item;
        if is_gone(gateway.state.as_deref()) {
            continue;
        }
        let own = dump.direct_connect_associations.iter().map(|found| &found.item);
        let own = own.filter(|one| one.direct_connect_gateway.as_deref() == Some(gateway.id.as_str()));
        let item = DirectConnectGateway {
            name: gateway.name.clone().filter(|name| !name.is_empty()),
            associations: own.filter_map(association).collect(),
            tags: Tags::new(),
        };
        import.add(
            "direct_connect_gateways",
            &found.file,
            &gateway.id,
            item,
            |model| &mut model.direct_connect_gateways,
        );
    }
}

fn association(association: &shape::DirectConnectAssociation) -> Option<DirectConnectAssociation> {
    let gateway = association
        .gateway
        .id
        .as_deref()
        .or(association.virtual_gateway.as_deref())?;
    let state = match association.state.as_deref() {
        Some("disassociated") => return None,
        Some("associating") => AssociationState::Associating,
        Some("updating") => AssociationState::Updating,
        Some("disassociating") => AssociationState::Disassociating,
        _ => AssociationState::Associated,
    };
    Some(DirectConnectAssociation {
        gateway: gateway.into(),
        allowed_prefixes: OneOrMany(cidrs(association.allowed.iter().map(|one| one.cidr.as_deref()))),
        state,
    })
}

fn virtual_interfaces(dump: &Dump, import: &mut Import) {
    for found in &dump.virtual_interfaces {
        let interface = &found.item;
        if is_gone(interface.state.as_deref()) {
            continue;
        }
        let ends = [&interface.virtual_gateway, &interface.direct_connect_gateway];
        let end = ends.into_iter().flatten().find(|id| !id.is_empty());
        let down = interface
            .peers
            .iter()
            .all(|peer| peer.status.as_deref() == Some("down"));
        let own = interface.tags.iter();
        let item = VirtualInterface {
            name: interface.name.clone().filter(|name| !name.is_empty()),
            kind: match interface.kind.as_deref() {
                Some("public") => VirtualInterfaceType::Public,
                Some("transit") => VirtualInterfaceType::Transit,
                _ => VirtualInterfaceType::Private,
            },
            gateway: end.map(|id| ResourceId::from(id.as_str())),
            routes: None,
            state: interface_state(interface.state.as_deref()),
            bgp: match down && !interface.peers.is_empty() {
                true => LinkStatus::Down,
                false => LinkStatus::Up,
            },
            tags: own
                .map(|tag| (tag.key.clone(), tag.value.clone().unwrap_or_default()))
                .collect(),
        };
        import.add("virtual_interfaces", &found.file, &interface.id, item, |model| {
            &mut model.virtual_interfaces
        });
    }
}

fn interface_state(state: Option<&str>) -> VirtualInterfaceState {
    match state {
        None | Some("available") => VirtualInterfaceState::Available,
        Some("down") => VirtualInterfaceState::Down,
        Some("confirming") => VirtualInterfaceState::Confirming,
        Some("verifying") => VirtualInterfaceState::Verifying,
        Some("pending") => VirtualInterfaceState::Pending,
        Some("rejected") => VirtualInterfaceState::Rejected,
        Some("testing") => VirtualInterfaceState::Testing,
        Some(_) => VirtualInterfaceState::Unknown,
    }
}

fn connect_peers(dump: &Dump, import: &mut Import) {
    for found in &dump.transit_connect_peers {
        let peer = &found.item;
        if is_gone(peer.state.as_deref()) {
            continue;
        }
        let configuration = &peer.connect_peer_configuration;
        let sessions = &configuration.bgp_configurations;
        let down = sessions
            .iter()
            .all(|one| one.bgp_status.as_deref() == Some("down"));
        let item = TransitGatewayConnectPeer {
            name: name(&peer.tags),
            attachment: peer.transit_gateway_attachment_id.as_str().into(),
            transit_gateway_ip: configuration
                .transit_gateway_address
                .as_deref()
                .and_then(|ip| ip.parse().ok()),
            ip: configuration
                .peer_address
                .as_deref()
                .and_then(|ip| ip.parse().ok()),
            routes: None,
            bgp: match down && !sessions.is_empty() {
                true => LinkStatus::Down,
                false => LinkStatus::Up,
            },
            tags: tags(&peer.tags),
        };
        import.add(
            "transit_gateway_connect_peers",
            &found.file,
            &peer.transit_gateway_connect_peer_id,
            item,
            |model| &mut model.transit_gateway_connect_peers,
        );
    }
}

/// A local gateway with its route tables, of which an Outpost has one.
fn local_gateways(dump: &Dump, import: &mut Import) {
    for found in &dump.local_gateways {
        let gateway = &found.item;
        if is_gone(gateway.state.as_deref()) {
            continue;
        }
        let id = gateway.local_gateway_id.as_str();
        let tables = dump.local_tables.iter().map(|found| &found.item);
        let tables = tables.filter(|one| one.local_gateway_id == id && !is_gone(one.state.as_deref()));
        let coip = tables.clone().any(|one| one.mode.as_deref() == Some("coip"));
        let associations = dump.local_associations.iter().map(|found| &found.item);
        let vpcs = associations.filter(|one| {
            let works = matches!(one.state.as_deref(), None | Some("associated"));
            one.local_gateway_id == id && works
        });
        let mut item = LocalGateway {
            name: name(&gateway.tags),
            vpcs: OneOrMany(
                vpcs.filter_map(|one| Some(one.vpc_id.as_deref()?.into()))
                    .collect(),
            ),
            mode: LocalGatewayMode::default(),
            routes: local_routes(dump, tables.map(|one| one.local_gateway_route_table_id.as_str())),
            addresses: std::collections::BTreeMap::new(),
            tags: tags(&gateway.tags),
        };
        if coip {
            item.mode = LocalGatewayMode::Coip;
            customer_owned(dump, &import.model, &mut item);
        }
        import.add("local_gateways", &found.file, id, item, |model| {
            &mut model.local_gateways
        });
    }
}

fn carrier_gateways(dump: &Dump, import: &mut Import) {
    for found in &dump.carrier_gateways {
        let gateway = &found.item;
        if is_gone(gateway.state.as_deref()) {
            continue;
        }
        let vpc = gateway.vpc_id.as_deref();
        let enis = dump.enis.iter().map(|found| &found.item);
        let own = enis.filter(|eni| {
            let subnet = import.model.subnets.get(eni.subnet_id.as_str());
            subnet.is_some_and(|subnet| Some(subnet.vpc.as_str()) == vpc)
        });
        let address = |eni: &shape::NetworkInterface| {
            let carrier = eni.association.as_ref()?.carrier_ip?;
            Some((eni.network_interface_id.as_str().into(), carrier))
        };
        let item = CarrierGateway {
            name: name(&gateway.tags),
            vpc: vpc.map(Into::into),
            addresses: own.filter_map(address).collect(),
            tags: tags(&gateway.tags),
        };
        let id = &gateway.carrier_gateway_id;
        import.add("carrier_gateways", &found.file, id, item, |model| {
            &mut model.carrier_gateways
        });
    }
}

/// What leads to the network on premises; none where nobody searched a table.
fn local_routes<'a>(dump: &Dump, tables: impl Iterator<Item = &'a str>) -> Option<OneOrMany<Cidr>> {
    let found: Vec<_> = tables.filter_map(|table| dump.local_routes.get(table)).collect();
    let leads = |route: &&shape::TransitGatewayRoute| {
        route.local_gateway_virtual_interface_group_id.is_some()
            && route.state.as_deref() != Some("blackhole")
    };
    let routes = found.iter().flat_map(|routes| routes.iter()).filter(leads);
    let routes = cidrs(routes.map(|route| route.destination_cidr_block.as_deref()));
    (!found.is_empty()).then_some(OneOrMany(routes))
}

fn customer_owned(dump: &Dump, model: &Model, gateway: &mut LocalGateway) {
    for eni in dump.enis.iter().map(|found| &found.item) {
        let subnet = model.subnets.get(eni.subnet_id.as_str());
        let here = subnet.is_some_and(|subnet| gateway.vpcs.iter().any(|vpc| *vpc == subnet.vpc));
        let association = eni.association.as_ref();
        if let (true, Some(own)) = (here, association.and_then(|one| one.customer_owned_ip)) {
            gateway
                .addresses
                .insert(eni.network_interface_id.as_str().into(), own);
        }
    }
}
