//! The sections of VPC Lattice, as far as VPC endpoints lead to them: resource gateways, what is reached through them, and service
//! networks.

use super::super::sections::items;
use super::{Tags, is_default};
use crate::model::id::*;
use crate::model::value::{OneOrMany, Ports};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

items! {
    ResourceGateway: named;
    ResourceConfiguration: named;
    ServiceNetwork: named;
}

sections! {
    /// A resource gateway of VPC Lattice: interfaces from which what comes to resource endpoints goes on to resources.
    struct ResourceGateway {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// Its VPC.
        pub vpc: VpcId,
        /// The subnets in which it has an interface.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub subnets: OneOrMany<SubnetId>,
        /// Its interfaces. None: one a subnet, at any free address.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub enis: OneOrMany<NetworkInterfaceId>,
        /// The security groups of its interfaces.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub security_groups: Vec<SecurityGroupId>,
        /// Whether it works.
        #[serde(default, skip_serializing_if = "is_default")]
        pub state: LatticeState,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A resource configuration of VPC Lattice: a resource, and the TCP ports at which others may reach it.
    struct ResourceConfiguration {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The gateway from which the resource is reached; a child's is that of its group.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub gateway: Option<ResourceGatewayId>,
        /// The group that it is a child of.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub group: Option<ResourceConfigurationId>,
        /// The TCP ports at which consumers may reach it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub ports: Option<Ports>,
        /// The resource: an address, the id of an interface, an instance, a load balancer or a service of the model, a domain name,
        /// or an ARN. A group has none of its own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub resource: Option<String>,
        /// The addresses that a domain name or an ARN stands for, where the model does not describe who has it.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub addresses: OneOrMany<IpAddr>,
        /// Whether it works.
        #[serde(default, skip_serializing_if = "is_default")]
        pub state: LatticeState,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A service network of VPC Lattice: the resources, and services, that its endpoints lead to.
    struct ServiceNetwork {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The resource configurations that are associated with it.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub resource_configurations: OneOrMany<ResourceConfigurationId>,
        /// How many services of VPC Lattice are associated with it. What they answer is not modelled.
        #[serde(default, skip_serializing_if = "is_default")]
        pub services: u32,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }
}

/// Whether something of VPC Lattice works (VPC Lattice API, `status`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LatticeState {
    /// It works.
    #[default]
    Active,
    /// It is being made.
    Pending,
    /// It could not be made.
    Failed,
    /// It is going.
    Deleting,
}

impl LatticeState {
    /// Whether it carries packets.
    pub fn works(self) -> bool {
        self == Self::Active
    }
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Failed => "failed",
            Self::Deleting => "being deleted",
        }
    }
}
