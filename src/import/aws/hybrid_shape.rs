//! The shapes of the calls about what leads on premises, EC2's and Direct Connect's, as far as they are read.

use super::shape::{Tag, shapes};
use serde::Deserialize;

shapes! {
    struct VpnGatewayAttachment { vpc_id: Option<String>, state: Option<String>, }
    struct VpnGateway {
        vpn_gateway_id: String,
        state: Option<String>,
        vpc_attachments: Vec<VpnGatewayAttachment>,
        tags: Vec<Tag>,
    }
    struct CarrierGateway {
        carrier_gateway_id: String,
        state: Option<String>,
        vpc_id: Option<String>,
        tags: Vec<Tag>,
    }
    struct CustomerGateway {
        customer_gateway_id: String,
        state: Option<String>,
        ip_address: Option<String>,
        tags: Vec<Tag>,
    }
    struct VpnOptions {
        static_routes_only: bool,
        local_ipv4_network_cidr: Option<String>,
        remote_ipv4_network_cidr: Option<String>,
        local_ipv6_network_cidr: Option<String>,
        remote_ipv6_network_cidr: Option<String>,
        tunnel_inside_ip_version: Option<String>,
    }
    struct VpnStaticRoute { destination_cidr_block: Option<String>, state: Option<String>, }
    struct VgwTelemetry { status: Option<String>, }
    struct VpnConnection {
        vpn_connection_id: String,
        state: Option<String>,
        customer_gateway_id: Option<String>,
        vpn_gateway_id: Option<String>,
        transit_gateway_id: Option<String>,
        options: VpnOptions,
        routes: Vec<VpnStaticRoute>,
        vgw_telemetry: Vec<VgwTelemetry>,
        tags: Vec<Tag>,
    }
    struct TransitGatewayConnect {
        transit_gateway_attachment_id: String,
        transport_transit_gateway_attachment_id: Option<String>,
        transit_gateway_id: String,
        state: Option<String>,
        tags: Vec<Tag>,
    }
    struct ConnectBgp { bgp_status: Option<String>, }
    struct ConnectPeerConfiguration {
        transit_gateway_address: Option<String>,
        peer_address: Option<String>,
        bgp_configurations: Vec<ConnectBgp>,
    }
    struct TransitGatewayConnectPeer {
        transit_gateway_connect_peer_id: String,
        transit_gateway_attachment_id: String,
        state: Option<String>,
        connect_peer_configuration: ConnectPeerConfiguration,
        tags: Vec<Tag>,
    }
    struct LocalGateway {
        local_gateway_id: String,
        state: Option<String>,
        tags: Vec<Tag>,
    }
    struct LocalGatewayRouteTable {
        local_gateway_route_table_id: String,
        local_gateway_id: String,
        mode: Option<String>,
        state: Option<String>,
    }
    struct LocalGatewayVpcAssociation {
        local_gateway_id: String,
        vpc_id: Option<String>,
        state: Option<String>,
    }

    // Direct Connect's API begins its words with small letters.
    struct DirectConnectGateway {
        #[serde(rename = "directConnectGatewayId")]
        id: String,
        #[serde(rename = "directConnectGatewayName")]
        name: Option<String>,
        #[serde(rename = "directConnectGatewayState")]
        state: Option<String>,
    }
    struct DirectConnectPrefix {
        #[serde(rename = "cidr")]
        cidr: Option<String>,
    }
    struct AssociatedGateway {
        #[serde(rename = "id")]
        id: Option<String>,
    }
    struct DirectConnectAssociation {
        #[serde(rename = "directConnectGatewayId")]
        direct_connect_gateway: Option<String>,
        #[serde(rename = "associationState")]
        state: Option<String>,
        #[serde(rename = "associatedGateway")]
        gateway: AssociatedGateway,
        #[serde(rename = "virtualGatewayId")]
        virtual_gateway: Option<String>,
        #[serde(rename = "allowedPrefixesToDirectConnectGateway")]
        allowed: Vec<DirectConnectPrefix>,
    }
    struct DirectConnectBgpPeer {
        #[serde(rename = "bgpStatus")]
        status: Option<String>,
    }
    struct DirectConnectTag {
        #[serde(rename = "key")]
        key: String,
        #[serde(rename = "value")]
        value: Option<String>,
    }
    struct VirtualInterface {
        #[serde(rename = "virtualInterfaceId")]
        id: String,
        #[serde(rename = "virtualInterfaceName")]
        name: Option<String>,
        #[serde(rename = "virtualInterfaceType")]
        kind: Option<String>,
        #[serde(rename = "virtualInterfaceState")]
        state: Option<String>,
        #[serde(rename = "virtualGatewayId")]
        virtual_gateway: Option<String>,
        #[serde(rename = "directConnectGatewayId")]
        direct_connect_gateway: Option<String>,
        #[serde(rename = "bgpPeers")]
        peers: Vec<DirectConnectBgpPeer>,
        #[serde(rename = "tags")]
        tags: Vec<DirectConnectTag>,
    }
}
