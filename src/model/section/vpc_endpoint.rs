//! The sections of VPC endpoints and of the services behind them.

use super::super::sections::items;
use super::{Tags, is_default};
use crate::model::id::*;
use crate::model::value::{OneOrMany, PacketSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

items! {
    VpcEndpoint: named target;
    VpcEndpointService: named;
}

sections! {
    /// A VPC endpoint.
    struct VpcEndpoint {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// What it is.
        #[serde(rename = "type")]
        pub kind: VpcEndpointType,
        /// Its VPC.
        pub vpc: VpcId,
        /// The service behind it: AWS's name such as `com.amazonaws.eu-west-1.s3`, or the id of an endpoint service.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub service: Option<String>,
        /// A resource endpoint's: what it leads to, or the group of that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub resource_configuration: Option<ResourceConfigurationId>,
        /// A service network endpoint's: the network.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub service_network: Option<ServiceNetworkId>,
        /// A gateway endpoint's: the route tables in which AWS puts a route to it.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub route_tables: OneOrMany<RouteTableId>,
        /// The subnets, one an Availability Zone, in which it has an interface.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub subnets: OneOrMany<SubnetId>,
        /// Its interfaces. None: one a subnet, at any free address.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub enis: OneOrMany<NetworkInterfaceId>,
        /// The security groups of its interfaces.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub security_groups: Vec<SecurityGroupId>,
        /// What the service takes, such as `tcp/443`, where the model does not say it otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub listens: Option<PacketSpec>,
        /// The families of a gateway endpoint; IPv4 alone where left out.
        #[serde(default, skip_serializing_if = "is_default")]
        pub ip_address_type: IpAddressType,
        /// Whether it works.
        #[serde(default, skip_serializing_if = "is_default")]
        pub state: VpcEndpointState,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// An endpoint service: what its owner offers to endpoints of other VPCs (AWS PrivateLink).
    struct VpcEndpointService {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The Network or Gateway Load Balancers that take its traffic.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub load_balancers: OneOrMany<LoadBalancerId>,
        /// The endpoints that its owner has accepted. None: it accepts all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub accepted: Option<Vec<VpcEndpointId>>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }
}

/// What a VPC endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VpcEndpointType {
    /// A route target for S3 or DynamoDB.
    Gateway,
    /// Interfaces that stand for a service.
    Interface,
    /// A route target that has traffic inspected behind a Gateway Load Balancer.
    GatewayLoadBalancer,
    /// Interfaces that stand for a resource of another VPC (VPC Lattice).
    Resource,
    /// Interfaces that stand for the services of a service network (VPC Lattice).
    ServiceNetwork,
}

impl VpcEndpointType {
    /// Whether hosts talk to its interfaces.
    pub fn has_address(self) -> bool {
        matches!(self, Self::Interface | Self::Resource | Self::ServiceNetwork)
    }
}

/// The address families of an endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IpAddressType {
    /// IPv4.
    #[default]
    Ipv4,
    /// IPv6.
    Ipv6,
    /// Both.
    Dualstack,
}

/// The state of a VPC endpoint (EC2 API, `State`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VpcEndpointState {
    /// It works.
    #[default]
    Available,
    /// It works, though not in all of its subnets.
    Partial,
    /// It is being made.
    Pending,
    /// The owner of the service has not accepted it.
    PendingAcceptance,
    /// The owner of the service refused it.
    Rejected,
    /// It could not be made.
    Failed,
    /// Nobody accepted it in time.
    Expired,
    /// It is going.
    Deleting,
    /// It is gone.
    Deleted,
}

impl VpcEndpointState {
    /// Whether it carries packets.
    pub fn works(self) -> bool {
        matches!(self, Self::Available | Self::Partial)
    }
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Partial => "partly available",
            Self::Pending => "pending",
            Self::PendingAcceptance => "waiting to be accepted",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Deleting => "being deleted",
            Self::Deleted => "deleted",
        }
    }
}
