//! One file a component kind, and the registry. Siblings never import each other; what they must know of each other they
//! ask the builder.

mod aws_service;
mod block_public_access;
mod carrier_gateway;
mod core_network;
mod customer_gateway;
mod direct_connect_gateway;
mod egress_only_internet_gateway;
mod elastic_ip;
mod internet;
mod internet_gateway;
mod load_balancer;
mod local_gateway;
mod nat_gateway;
mod network_acl;
mod network_firewall;
mod network_interface;
mod on_premises;
mod resource_gateway;
mod route_table;
mod security_group;
mod service;
mod subnet;
mod traffic_mirror_session;
mod transit_gateway;
mod transit_gateway_attachment;
mod transit_gateway_connect;
mod transit_gateway_route_table;
mod unknown;
mod virtual_interface;
mod vpc;
mod vpc_endpoint;
mod vpc_peering_connection;
mod vpc_services;
mod vpn_connection;
mod vpn_gateway;

use crate::network::Kind;

/// Every kind, in the order in which they declare themselves: what stands in for an interface comes before interfaces.
pub const KINDS: &[&dyn Kind] = &[
    &core_network::CoreNetworks,
    &vpc::Vpcs,
    &vpc_services::VpcServices,
    &subnet::Subnets,
    &network_acl::NetworkAcls,
    &nat_gateway::NatGateways,
    &transit_gateway_attachment::TransitGatewayAttachments,
    &load_balancer::LoadBalancers,
    &network_firewall::NetworkFirewalls,
    &resource_gateway::ResourceGateways,
    &vpc_endpoint::VpcEndpoints,
    &network_interface::NetworkInterfaces,
    &service::Services,
    &security_group::SecurityGroups,
    &elastic_ip::ElasticIps,
    &route_table::RouteTables,
    &block_public_access::BlockPublicAccesses,
    &internet_gateway::InternetGateways,
    &egress_only_internet_gateway::EgressOnlyInternetGateways,
    &carrier_gateway::CarrierGateways,
    &vpc_peering_connection::PeeringConnections,
    &transit_gateway::TransitGateways,
    &transit_gateway_route_table::TransitGatewayRouteTables,
    &aws_service::AwsServices,
    &transit_gateway_connect::TransitGatewayConnects,
    &vpn_gateway::VpnGateways,
    &vpn_connection::VpnConnections,
    &customer_gateway::CustomerGateways,
    &direct_connect_gateway::DirectConnectGateways,
    &virtual_interface::VirtualInterfaces,
    &local_gateway::LocalGateways,
    &on_premises::OnPremises,
    &internet::Internet,
    &traffic_mirror_session::TrafficMirrorSessions,
    &unknown::Unknowns,
];
