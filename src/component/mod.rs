//! One file a component kind, and the registry. Siblings never import each other; what they must know of each other they
//! ask the builder.

mod aws_service;
mod egress_only_internet_gateway;
mod elastic_ip;
mod internet;
mod internet_gateway;
mod load_balancer;
mod nat_gateway;
mod network_acl;
mod network_firewall;
mod network_interface;
mod route_table;
mod security_group;
mod subnet;
mod transit_gateway;
mod transit_gateway_attachment;
mod transit_gateway_route_table;
mod unknown;
mod vpc;
mod vpc_endpoint;
mod vpc_peering_connection;
mod vpc_services;

use crate::network::Kind;

/// Every kind, in the order in which they declare themselves: what stands in for an interface comes before interfaces.
pub const KINDS: &[&dyn Kind] = &[
    &vpc::Vpcs,
    &vpc_services::VpcServices,
    &subnet::Subnets,
    &network_acl::NetworkAcls,
    &nat_gateway::NatGateways,
    &transit_gateway_attachment::TransitGatewayAttachments,
    &load_balancer::LoadBalancers,
    &network_firewall::NetworkFirewalls,
    &vpc_endpoint::VpcEndpoints,
    &network_interface::NetworkInterfaces,
    &security_group::SecurityGroups,
    &elastic_ip::ElasticIps,
    &route_table::RouteTables,
    &internet_gateway::InternetGateways,
    &egress_only_internet_gateway::EgressOnlyInternetGateways,
    &vpc_peering_connection::PeeringConnections,
    &transit_gateway::TransitGateways,
    &transit_gateway_route_table::TransitGatewayRouteTables,
    &aws_service::AwsServices,
    &internet::Internet,
    &unknown::Unknowns,
];
