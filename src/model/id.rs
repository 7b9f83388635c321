//! Identifiers, one type a kind, so that no part above confuses a subnet with a route table.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text of the identifier.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<&ResourceId> for $name {
            fn from(id: &ResourceId) -> Self {
                Self(id.shared())
            }
        }

        impl From<&$name> for ResourceId {
            fn from(id: &$name) -> Self {
                Self(Arc::clone(&id.0))
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A VPC.
    VpcId
    /// A subnet.
    SubnetId
    /// A network interface (ENI).
    NetworkInterfaceId
    /// An instance.
    InstanceId
    /// A security group.
    SecurityGroupId
    /// A network ACL.
    NetworkAclId
    /// A route table.
    RouteTableId
    /// A managed prefix list.
    PrefixListId
    /// An internet gateway.
    InternetGatewayId
    /// An egress-only internet gateway.
    EgressOnlyInternetGatewayId
    /// A NAT gateway.
    NatGatewayId
    /// A VPC peering connection.
    PeeringConnectionId
    /// A load balancer.
    LoadBalancerId
    /// A target group.
    TargetGroupId
    /// A transit gateway.
    TransitGatewayId
    /// An attachment of a transit gateway.
    TransitGatewayAttachmentId
    /// A route table of a transit gateway.
    TransitGatewayRouteTableId
    /// A firewall of Network Firewall.
    FirewallId
    /// Its policy.
    FirewallPolicyId
    /// A rule group of a policy.
    RuleGroupId
    /// A VPC endpoint.
    VpcEndpointId
    /// An endpoint service.
    VpcEndpointServiceId
    /// A resource gateway of VPC Lattice.
    ResourceGatewayId
    /// A resource configuration of VPC Lattice.
    ResourceConfigurationId
    /// A service network of VPC Lattice.
    ServiceNetworkId
    /// A peer of a transit gateway's Connect attachment.
    TransitGatewayConnectPeerId
    /// A virtual private gateway.
    VpnGatewayId
    /// A customer gateway.
    CustomerGatewayId
    /// A Site-to-Site VPN connection.
    VpnConnectionId
    /// A Direct Connect gateway.
    DirectConnectGatewayId
    /// A Direct Connect virtual interface.
    VirtualInterfaceId
    /// A local gateway of an Outpost.
    LocalGatewayId
    /// A carrier gateway.
    CarrierGatewayId
    /// A core network of AWS Cloud WAN.
    CoreNetworkId
    /// An attachment of a core network.
    CoreNetworkAttachmentId
    /// A service that has interfaces.
    ServiceId
    /// An Elastic IP address's allocation.
    AllocationId
    /// A setting of VPC Block Public Access: an account's in a Region.
    BlockPublicAccessId
    /// An exclusion from VPC Block Public Access.
    ExclusionId
    /// A flow log.
    FlowLogId
    /// A traffic mirror session.
    TrafficMirrorSessionId
    /// A traffic mirror filter.
    TrafficMirrorFilterId
    /// A traffic mirror target.
    TrafficMirrorTargetId
}

/// An identifier of any kind, as a route's target or a rule's peer names it before it is resolved.
#[derive(
    Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct ResourceId(Arc<str>);

impl ResourceId {
    /// The text of the identifier.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    fn shared(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }
}

impl From<&str> for ResourceId {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl Borrow<str> for ResourceId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
