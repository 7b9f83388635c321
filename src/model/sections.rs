//! The one table of the sections: what a model is made of, and in which order it is written.

use super::id::*;
use super::section::*;
use super::{Origin, Sources};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is asked of an item of any section.
pub trait Item {
    /// Whether routes may lead to it by its id.
    const TARGET: bool = false;
    /// Whether a flow log may watch it.
    const LOGGED: bool = false;
    /// The `name` that its author gave it.
    fn name(&self) -> Option<&str> {
        None
    }
}

/// Says of each kind of item what [`Item`] asks: `named`, `target`, `logged`.
macro_rules! items {
    (@ named) => {
        fn name(&self) -> Option<&str> {
            self.name.as_deref()
        }
    };
    (@ target) => {
        const TARGET: bool = true;
    };
    (@ logged) => {
        const LOGGED: bool = true;
    };
    ($($item:ident: $($fact:ident)*;)*) => {$(
        impl $crate::model::sections::Item for $item {
            $(items!(@ $fact);)*
        }
    )*};
}
pub(super) use items;

/// Does something with a section whose name was only read.
pub(super) trait Visit {
    /// The section.
    fn section<K, T>(&mut self, name: &'static str, items: &mut BTreeMap<K, T>)
    where
        K: for<'a> From<&'a str> + Ord,
        T: DeserializeOwned;
}

macro_rules! model {
    ($($(#[$doc:meta])* $section:ident: $id:ident => $item:ident,)*) => {
        /// A model: every section a map by id. It may name what it does not hold; a [`crate::network::Network`] cannot.
        #[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct Model {
            /// The version of the format: 1.
            pub version: u32,
            /// Where it comes from.
            #[serde(default, skip_serializing_if = "Origin::is_written")]
            pub origin: Origin,
            $(
                $(#[$doc])*
                #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
                pub $section: BTreeMap<$id, $item>,
            )*
            /// Where each thing is written.
            #[serde(skip)]
            pub sources: Sources,
            /// What the loader or an importer has to say besides: once each, in order.
            #[serde(skip)]
            pub notes: Vec<String>,
        }

        impl Model {
            /// The names of the sections, in the order in which they are written.
            pub const SECTIONS: &[&str] = &[$(stringify!($section)),*];

            /// The items that have a `name`, section by section.
            pub fn names(&self) -> impl Iterator<Item = (ResourceId, &str)> {
                std::iter::empty()
                    $(.chain(self.$section.iter().filter_map(|(id, item)| Some((ResourceId::from(id.as_str()), Item::name(item)?)))))*
            }

            /// Whether some section has an item of this id.
            pub fn contains(&self, id: &str) -> bool {
                false $(|| self.$section.contains_key(id))*
            }

            /// Whether a route may lead to this id.
            pub fn is_target(&self, id: &str) -> bool {
                false $(|| <$item as Item>::TARGET && self.$section.contains_key(id))*
            }

            /// The ids to which routes may lead.
            pub fn targets(&self) -> impl Iterator<Item = &str> {
                std::iter::empty()
                    $(.chain(self.$section.keys().take_while(|_| <$item as Item>::TARGET).map(|id| id.as_str())))*
            }

            /// Whether a flow log may watch this id.
            pub fn is_logged(&self, id: &str) -> bool {
                false $(|| <$item as Item>::LOGGED && self.$section.contains_key(id))*
            }

            /// The ids that flow logs may watch.
            pub fn logged(&self) -> impl Iterator<Item = &str> {
                std::iter::empty()
                    $(.chain(self.$section.keys().take_while(|_| <$item as Item>::LOGGED).map(|id| id.as_str())))*
            }

            /// Shows a section to a visitor; false when there is none of this name.
            pub(super) fn visit(&mut self, name: &str, visitor: &mut impl Visit) -> bool {
                match name {
                    $(stringify!($section) => visitor.section(stringify!($section), &mut self.$section),)*
                    _ => return false,
                }
                true
            }
        }
    };
}

model! {
    /// Virtual private clouds.
    vpcs: VpcId => Vpc,
    /// Subnets.
    subnets: SubnetId => Subnet,
    /// Network interfaces.
    enis: NetworkInterfaceId => NetworkInterface,
    /// Instances.
    instances: InstanceId => Instance,
    /// Security groups.
    security_groups: SecurityGroupId => SecurityGroup,
    /// Network ACLs.
    nacls: NetworkAclId => NetworkAcl,
    /// Route tables.
    route_tables: RouteTableId => RouteTable,
    /// Managed prefix lists.
    prefix_lists: PrefixListId => PrefixList,
    /// Internet gateways.
    internet_gateways: InternetGatewayId => InternetGateway,
    /// Egress-only internet gateways.
    egress_only_internet_gateways: EgressOnlyInternetGatewayId => EgressOnlyInternetGateway,
    /// Carrier gateways of Wavelength Zones.
    carrier_gateways: CarrierGatewayId => CarrierGateway,
    /// NAT gateways.
    nat_gateways: NatGatewayId => NatGateway,
    /// VPC peering connections.
    peering_connections: PeeringConnectionId => PeeringConnection,
    /// Load balancers.
    load_balancers: LoadBalancerId => LoadBalancer,
    /// Their target groups.
    target_groups: TargetGroupId => TargetGroup,
    /// Transit gateways.
    transit_gateways: TransitGatewayId => TransitGateway,
    /// What is attached to them.
    transit_gateway_attachments: TransitGatewayAttachmentId => TransitGatewayAttachment,
    /// Their route tables.
    transit_gateway_route_tables: TransitGatewayRouteTableId => TransitGatewayRouteTable,
    /// Firewalls of Network Firewall.
    network_firewalls: FirewallId => NetworkFirewall,
    /// Their policies.
    firewall_policies: FirewallPolicyId => FirewallPolicy,
    /// The rule groups of the policies.
    rule_groups: RuleGroupId => RuleGroup,
    /// VPC endpoints.
    vpc_endpoints: VpcEndpointId => VpcEndpoint,
    /// Endpoint services.
    vpc_endpoint_services: VpcEndpointServiceId => VpcEndpointService,
    /// Resource gateways of VPC Lattice.
    resource_gateways: ResourceGatewayId => ResourceGateway,
    /// The resources behind them.
    resource_configurations: ResourceConfigurationId => ResourceConfiguration,
    /// Service networks of VPC Lattice.
    service_networks: ServiceNetworkId => ServiceNetwork,
    /// The BGP peers of their Connect attachments.
    transit_gateway_connect_peers: TransitGatewayConnectPeerId => TransitGatewayConnectPeer,
    /// Virtual private gateways.
    vpn_gateways: VpnGatewayId => VpnGateway,
    /// Customer gateways: the other ends of VPN connections.
    customer_gateways: CustomerGatewayId => CustomerGateway,
    /// Site-to-Site VPN connections.
    vpn_connections: VpnConnectionId => VpnConnection,
    /// Direct Connect gateways.
    direct_connect_gateways: DirectConnectGatewayId => DirectConnectGateway,
    /// Direct Connect virtual interfaces.
    virtual_interfaces: VirtualInterfaceId => VirtualInterface,
    /// Local gateways of Outposts.
    local_gateways: LocalGatewayId => LocalGateway,
    /// Core networks of AWS Cloud WAN.
    core_networks: CoreNetworkId => CoreNetwork,
    /// What is attached to them.
    core_network_attachments: CoreNetworkAttachmentId => CoreNetworkAttachment,
    /// Services that have interfaces of their own: databases, functions, groups of instances.
    services: ServiceId => Service,
    /// Elastic IP addresses, by allocation id.
    elastic_ips: AllocationId => ElasticIp,
    /// VPC Block Public Access, one for an account and Region.
    block_public_access: BlockPublicAccessId => BlockPublicAccess,
    /// What is excluded from it.
    block_public_access_exclusions: ExclusionId => BlockPublicAccessExclusion,
    /// Flow logs.
    flow_logs: FlowLogId => FlowLog,
    /// Traffic mirror sessions: which interfaces have packets copied.
    traffic_mirror_sessions: TrafficMirrorSessionId => TrafficMirrorSession,
    /// Traffic mirror filters: which packets are copied.
    traffic_mirror_filters: TrafficMirrorFilterId => TrafficMirrorFilter,
    /// Traffic mirror targets: who gets the copies.
    traffic_mirror_targets: TrafficMirrorTargetId => TrafficMirrorTarget,
    /// What is named but not described, by id: an import writes here what it cannot model yet.
    unknown: ResourceId => UnknownResource,
}
