//! The shapes of EC2's describe calls, as far as they are read. Every field may be missing; others are no matter.

pub use super::hybrid_shape::*;
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr};

/// Declares shapes in AWS's spelling.
macro_rules! shapes {
    ($(struct $name:ident { $($(#[$attribute:meta])* $field:ident: $kind:ty,)* })*) => {$(
        #[doc = concat!("AWS's `", stringify!($name), "`.")]
        #[derive(Debug, Clone, Default, PartialEq, Deserialize)]
        #[serde(rename_all = "PascalCase", default)]
        pub struct $name { $(#[doc = stringify!($field)] $(#[$attribute])* pub $field: $kind,)* }
    )*};
}
pub(super) use shapes;

shapes! {
    struct Tag { key: String, value: String, }
    struct CidrState { state: Option<String>, }
    struct CidrAssociation { cidr_block: Option<String>, cidr_block_state: Option<CidrState>, }
    struct Ipv6CidrAssociation {
        ipv6_cidr_block: Option<String>,
        ipv6_cidr_block_state: Option<CidrState>,
    }
    struct Vpc {
        vpc_id: String,
        cidr_block: Option<String>,
        cidr_block_association_set: Vec<CidrAssociation>,
        ipv6_cidr_block_association_set: Vec<Ipv6CidrAssociation>,
        owner_id: Option<String>,
        tags: Vec<Tag>,
    }
    struct Subnet {
        subnet_id: String,
        vpc_id: String,
        cidr_block: Option<String>,
        ipv6_cidr_block_association_set: Vec<Ipv6CidrAssociation>,
        availability_zone: Option<String>,
        tags: Vec<Tag>,
    }
    struct PublicAccessOptions {
        aws_account_id: Option<String>,
        aws_region: Option<String>,
        internet_gateway_block_mode: Option<String>,
    }
    struct PublicAccessExclusion {
        exclusion_id: String,
        internet_gateway_exclusion_mode: Option<String>,
        resource_arn: Option<String>,
        state: Option<String>,
    }
    struct SecurityGroupVpcAssociation { group_id: String, vpc_id: String, state: Option<String>, }
    struct PublicAssociation {
        public_ip: Option<Ipv4Addr>,
        customer_owned_ip: Option<Ipv4Addr>,
        carrier_ip: Option<Ipv4Addr>,
        allocation_id: Option<String>,
    }
    struct PrivateAddress {
        private_ip_address: Option<Ipv4Addr>,
        primary: bool,
        association: Option<PublicAssociation>,
    }
    struct Ipv6Address { ipv6_address: Option<IpAddr>, }
    struct Ipv4Prefix { ipv4_prefix: Option<String>, }
    struct Ipv6Prefix { ipv6_prefix: Option<String>, }
    struct GroupIdentifier { group_id: String, }
    struct Attachment { instance_id: Option<String>, device_index: u32, }
    struct NetworkInterface {
        network_interface_id: String,
        subnet_id: String,
        private_ip_address: Option<Ipv4Addr>,
        private_ip_addresses: Vec<PrivateAddress>,
        ipv6_addresses: Vec<Ipv6Address>,
        ipv4_prefixes: Vec<Ipv4Prefix>,
        ipv6_prefixes: Vec<Ipv6Prefix>,
        association: Option<PublicAssociation>,
        groups: Vec<GroupIdentifier>,
        source_dest_check: Option<bool>,
        deny_all_igw_traffic: Option<bool>,
        attachment: Option<Attachment>,
        interface_type: Option<String>,
        description: Option<String>,
        tag_set: Vec<Tag>,
        tags: Vec<Tag>,
    }
    struct InstanceState { name: Option<String>, }
    struct Instance {
        instance_id: String,
        state: Option<InstanceState>,
        network_interfaces: Vec<NetworkInterface>,
        tags: Vec<Tag>,
    }
    struct Reservation { instances: Vec<Instance>, }
    struct IpRange { cidr_ip: Option<String>, description: Option<String>, }
    struct Ipv6Range { cidr_ipv6: Option<String>, description: Option<String>, }
    struct PrefixListPeer { prefix_list_id: Option<String>, description: Option<String>, }
    struct GroupPair { group_id: Option<String>, description: Option<String>, }
    struct IpPermission {
        ip_protocol: Option<String>,
        from_port: Option<i64>,
        to_port: Option<i64>,
        ip_ranges: Vec<IpRange>,
        ipv6_ranges: Vec<Ipv6Range>,
        prefix_list_ids: Vec<PrefixListPeer>,
        user_id_group_pairs: Vec<GroupPair>,
    }
    struct SecurityGroup {
        group_id: String,
        group_name: Option<String>,
        vpc_id: Option<String>,
        ip_permissions: Vec<IpPermission>,
        ip_permissions_egress: Vec<IpPermission>,
        tags: Vec<Tag>,
    }
    struct PortRange { from: Option<i64>, to: Option<i64>, }
    struct IcmpTypeCode {
        #[serde(rename = "Type")]
        kind: Option<i64>,
        code: Option<i64>,
    }
    struct AclEntry {
        rule_number: u32,
        egress: bool,
        rule_action: Option<String>,
        protocol: Option<String>,
        cidr_block: Option<String>,
        ipv6_cidr_block: Option<String>,
        port_range: Option<PortRange>,
        icmp_type_code: Option<IcmpTypeCode>,
    }
    struct AclAssociation { subnet_id: Option<String>, }
    struct NetworkAcl {
        network_acl_id: String,
        vpc_id: String,
        is_default: bool,
        entries: Vec<AclEntry>,
        associations: Vec<AclAssociation>,
        tags: Vec<Tag>,
    }
    struct AssociationState { state: Option<String>, }
    struct TableAssociation {
        main: bool,
        subnet_id: Option<String>,
        gateway_id: Option<String>,
        association_state: Option<AssociationState>,
    }
    struct Route {
        destination_cidr_block: Option<String>,
        destination_ipv6_cidr_block: Option<String>,
        destination_prefix_list_id: Option<String>,
        gateway_id: Option<String>,
        nat_gateway_id: Option<String>,
        network_interface_id: Option<String>,
        instance_id: Option<String>,
        vpc_peering_connection_id: Option<String>,
        transit_gateway_id: Option<String>,
        egress_only_internet_gateway_id: Option<String>,
        carrier_gateway_id: Option<String>,
        local_gateway_id: Option<String>,
        core_network_arn: Option<String>,
        odb_network_arn: Option<String>,
        origin: Option<String>,
        state: Option<String>,
    }
    struct RouteTable {
        route_table_id: String,
        vpc_id: String,
        associations: Vec<TableAssociation>,
        routes: Vec<Route>,
        tags: Vec<Tag>,
    }
    struct PrefixListEntry { cidr: Option<String>, }
    struct PrefixList {
        prefix_list_id: String,
        prefix_list_name: Option<String>,
        cidrs: Option<Vec<String>>,
        entries: Option<Vec<PrefixListEntry>>,
        tags: Vec<Tag>,
    }
    struct GatewayAttachment { state: Option<String>, vpc_id: Option<String>, }
    struct InternetGateway {
        internet_gateway_id: String,
        attachments: Vec<GatewayAttachment>,
        tags: Vec<Tag>,
    }
    struct EgressOnlyInternetGateway {
        egress_only_internet_gateway_id: String,
        attachments: Vec<GatewayAttachment>,
        tags: Vec<Tag>,
    }
    struct NatGatewayAddress {
        private_ip: Option<Ipv4Addr>,
        public_ip: Option<Ipv4Addr>,
        network_interface_id: Option<String>,
        is_primary: Option<bool>,
    }
    struct NatGateway {
        nat_gateway_id: String,
        subnet_id: Option<String>,
        vpc_id: Option<String>,
        route_table_id: Option<String>,
        connectivity_type: Option<String>,
        state: Option<String>,
        nat_gateway_addresses: Vec<NatGatewayAddress>,
        tags: Vec<Tag>,
    }
    struct PeeringSide { vpc_id: Option<String>, }
    struct PeeringStatus { code: Option<String>, }
    struct VpcPeeringConnection {
        vpc_peering_connection_id: String,
        requester_vpc_info: Option<PeeringSide>,
        accepter_vpc_info: Option<PeeringSide>,
        status: Option<PeeringStatus>,
        tags: Vec<Tag>,
    }
    struct Address {
        allocation_id: Option<String>,
        public_ip: Option<Ipv4Addr>,
        customer_owned_ip: Option<Ipv4Addr>,
        network_interface_id: Option<String>,
        private_ip_address: Option<Ipv4Addr>,
        tags: Vec<Tag>,
    }
    struct FlowLog {
        flow_log_id: String,
        resource_id: Option<String>,
        traffic_type: Option<String>,
        log_destination_type: Option<String>,
        log_format: Option<String>,
        max_aggregation_interval: Option<u32>,
        creation_time: Option<String>,
        deliver_logs_status: Option<String>,
    }
    struct MirrorPorts { from_port: Option<i64>, to_port: Option<i64>, }
    struct TrafficMirrorRule {
        rule_number: Option<u32>,
        rule_action: Option<String>,
        protocol: Option<i64>,
        destination_port_range: Option<MirrorPorts>,
        source_port_range: Option<MirrorPorts>,
        source_cidr_block: Option<String>,
        destination_cidr_block: Option<String>,
        description: Option<String>,
    }
    struct TrafficMirrorFilter {
        traffic_mirror_filter_id: String,
        ingress_filter_rules: Vec<TrafficMirrorRule>,
        egress_filter_rules: Vec<TrafficMirrorRule>,
        network_services: Vec<String>,
        tags: Vec<Tag>,
    }
    struct TrafficMirrorTarget {
        traffic_mirror_target_id: String,
        network_interface_id: Option<String>,
        network_load_balancer_arn: Option<String>,
        gateway_load_balancer_endpoint_id: Option<String>,
        tags: Vec<Tag>,
    }
    struct TrafficMirrorSession {
        traffic_mirror_session_id: String,
        traffic_mirror_target_id: Option<String>,
        traffic_mirror_filter_id: Option<String>,
        network_interface_id: Option<String>,
        session_number: Option<u32>,
        virtual_network_id: Option<u32>,
        packet_length: Option<u32>,
        tags: Vec<Tag>,
    }
    struct TransitGatewayOptions { security_group_referencing_support: Option<String>, vpn_ecmp_support: Option<String>, }
    struct TransitGateway {
        transit_gateway_id: String,
        owner_id: Option<String>,
        options: TransitGatewayOptions,
        tags: Vec<Tag>,
    }
    struct TransitGatewayAssociation { transit_gateway_route_table_id: Option<String>, state: Option<String>, }
    struct TransitGatewayAttachment {
        transit_gateway_attachment_id: String,
        transit_gateway_id: String,
        resource_type: Option<String>,
        resource_id: Option<String>,
        state: Option<String>,
        association: Option<TransitGatewayAssociation>,
        tags: Vec<Tag>,
    }
    struct TransitGatewayVpcOptions {
        appliance_mode_support: Option<String>,
        ipv6_support: Option<String>,
        security_group_referencing_support: Option<String>,
    }
    struct TransitGatewayVpcAttachment {
        transit_gateway_attachment_id: String,
        transit_gateway_id: String,
        vpc_id: String,
        subnet_ids: Vec<String>,
        state: Option<String>,
        options: TransitGatewayVpcOptions,
        tags: Vec<Tag>,
    }
    struct TransitGatewayInfo { transit_gateway_id: Option<String>, }
    struct TransitGatewayPeeringAttachment {
        transit_gateway_attachment_id: String,
        requester_tgw_info: TransitGatewayInfo,
        accepter_tgw_info: TransitGatewayInfo,
        state: Option<String>,
        tags: Vec<Tag>,
    }
    struct TransitGatewayRouteTable {
        transit_gateway_route_table_id: String,
        transit_gateway_id: String,
        default_association_route_table: bool,
        default_propagation_route_table: bool,
        tags: Vec<Tag>,
    }
    struct TransitGatewayRouteAttachment { transit_gateway_attachment_id: Option<String>, }
    struct TransitGatewayRoute {
        destination_cidr_block: Option<String>,
        prefix_list_id: Option<String>,
        transit_gateway_attachments: Vec<TransitGatewayRouteAttachment>,
        // The same call of local gateways has these instead.
        local_gateway_route_table_id: Option<String>,
        local_gateway_virtual_interface_group_id: Option<String>,
        #[serde(rename = "Type")]
        kind: Option<String>,
        state: Option<String>,
    }
    struct TransitGatewayPropagation { transit_gateway_attachment_id: Option<String>, state: Option<String>, }
    struct TransitGatewayRoutes { transit_gateway_route_table_id: String, routes: Vec<TransitGatewayRoute>, }
    struct TransitGatewayPropagations {
        transit_gateway_route_table_id: String,
        transit_gateway_route_table_propagations: Vec<TransitGatewayPropagation>,
    }
    struct LoadBalancerZone { subnet_id: Option<String>, }
    struct LoadBalancerCode { code: Option<String>, }
    struct LoadBalancer {
        load_balancer_arn: String,
        load_balancer_name: Option<String>,
        #[serde(rename = "Type")]
        kind: Option<String>,
        scheme: Option<String>,
        state: LoadBalancerCode,
        availability_zones: Vec<LoadBalancerZone>,
        security_groups: Vec<String>,
        enforce_security_group_inbound_rules_on_private_link_traffic: Option<String>,
    }
    struct TargetGroupTuple { target_group_arn: Option<String>, }
    struct ForwardConfig { target_groups: Vec<TargetGroupTuple>, }
    struct ListenerAction {
        #[serde(rename = "Type")]
        kind: Option<String>,
        target_group_arn: Option<String>,
        forward_config: ForwardConfig,
    }
    struct Listener {
        listener_arn: String,
        load_balancer_arn: String,
        port: Option<u16>,
        protocol: Option<String>,
        default_actions: Vec<ListenerAction>,
    }
    struct ListenerRule { rule_arn: String, is_default: bool, actions: Vec<ListenerAction>, }
    struct LoadBalancerListeners { load_balancer_arn: String, listeners: Vec<Listener>, }
    struct Attribute { key: String, value: String, }
    struct LoadBalancerAttributes { load_balancer_arn: String, attributes: Vec<Attribute>, }
    struct TargetGroup {
        target_group_arn: String,
        target_group_name: Option<String>,
        target_type: Option<String>,
        protocol: Option<String>,
        port: Option<u16>,
        health_check_port: Option<String>,
    }
    struct TargetId { id: String, port: Option<u16>, }
    struct TargetHealthState { state: Option<String>, }
    struct TargetHealthDescription { target: TargetId, target_health: TargetHealthState, }
    struct TargetGroupHealth {
        target_group_arn: String,
        target_health_descriptions: Vec<TargetHealthDescription>,
    }
    struct ClassicInstance { instance_id: String, }
    struct ClassicListener {
        protocol: Option<String>,
        load_balancer_port: Option<u16>,
        instance_protocol: Option<String>,
        instance_port: Option<u16>,
    }
    struct ClassicListenerDescription { listener: ClassicListener, }
    struct ClassicLoadBalancer {
        load_balancer_name: String,
        scheme: Option<String>,
        subnets: Vec<String>,
        security_groups: Vec<String>,
        instances: Vec<ClassicInstance>,
        listener_descriptions: Vec<ClassicListenerDescription>,
    }
    struct VpcEndpoint {
        vpc_endpoint_id: String,
        vpc_endpoint_type: Option<String>,
        vpc_id: String,
        service_name: Option<String>,
        state: Option<String>,
        ip_address_type: Option<String>,
        route_table_ids: Vec<String>,
        subnet_ids: Vec<String>,
        network_interface_ids: Vec<String>,
        groups: Vec<GroupIdentifier>,
        resource_configuration_arn: Option<String>,
        service_network_arn: Option<String>,
        tags: Vec<Tag>,
    }
    struct VpcEndpointConnection {
        service_id: String,
        vpc_endpoint_id: String,
        vpc_endpoint_state: Option<String>,
    }
    struct EndpointServiceConfiguration {
        service_id: String,
        acceptance_required: bool,
        network_load_balancer_arns: Vec<String>,
        gateway_load_balancer_arns: Vec<String>,
        tags: Vec<Tag>,
    }
    struct OfferedService {}
    struct DbGroup {
        #[serde(rename = "VpcSecurityGroupId")]
        id: Option<String>,
    }
    struct DbSubnet { subnet_identifier: Option<String>, }
    struct DbSubnetGroup { subnets: Vec<DbSubnet>, }
    struct DbInstance {
        #[serde(rename = "DBInstanceIdentifier")]
        identifier: String,
        #[serde(rename = "DBClusterIdentifier")]
        cluster: Option<String>,
        #[serde(rename = "DBSubnetGroup")]
        subnet_group: DbSubnetGroup,
        #[serde(rename = "VpcSecurityGroups")]
        groups: Vec<DbGroup>,
        availability_zone: Option<String>,
        secondary_availability_zone: Option<String>,
        endpoint: DbEndpoint,
    }
    struct DbEndpoint {
        port: Option<u16>,
    }
}
