//! The sections of load balancers.

use super::super::sections::items;
use super::{Tags, is_default, is_false, is_true, yes};
use crate::model::id::*;
use crate::model::value::OneOrMany;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

items! {
    LoadBalancer: named;
    TargetGroup: named;
}

sections! {
    /// A load balancer.
    struct LoadBalancer {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// What it is.
        #[serde(rename = "type")]
        pub kind: LoadBalancerType,
        /// The subnets, one an Availability Zone, in which it has a node.
        pub subnets: OneOrMany<SubnetId>,
        /// Whether its nodes have public addresses.
        #[serde(default, skip_serializing_if = "is_false")]
        pub internet_facing: bool,
        /// The interfaces of its nodes. None: one a subnet, at any free address.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub enis: OneOrMany<NetworkInterfaceId>,
        /// Its security groups.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub security_groups: Vec<SecurityGroupId>,
        /// Whether its security groups are asked of what comes through AWS PrivateLink.
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        pub filters_private_link: bool,
        /// Whether a node sends to targets in every zone. None: AWS's default for its type.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub cross_zone: Option<bool>,
        /// Whether it works.
        #[serde(default, skip_serializing_if = "is_default")]
        pub state: LoadBalancerState,
        /// What it listens to.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub listeners: Vec<Listener>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// What a load balancer listens to, and where it sends that.
    struct Listener {
        /// The protocol.
        pub protocol: ListenerProtocol,
        /// The port.
        pub port: u16,
        /// The target groups, of its default action and of its rules.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub target_groups: OneOrMany<TargetGroupId>,
        /// Whether it answers some requests itself: a redirect, a fixed response.
        #[serde(default, skip_serializing_if = "is_false")]
        pub answers: bool,
    }

    /// A target group.
    struct TargetGroup {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// What its targets are.
        #[serde(default, rename = "type", skip_serializing_if = "is_default")]
        pub kind: TargetType,
        /// The protocol in which it speaks to them.
        pub protocol: ListenerProtocol,
        /// The port that they listen to, unless a target says otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub port: Option<u16>,
        /// The port of the health checks. None: AWS's default, the port of each target, or 80 for GENEVE.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub health_check_port: Option<u16>,
        /// Whether targets see the client's address (a Network Load Balancer's). None: AWS's default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub preserve_client_ip: Option<bool>,
        /// Whether targets in every zone are used. None: as the load balancer says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub cross_zone: Option<bool>,
        /// Its targets.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub targets: Vec<TargetDescription>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A target.
    struct TargetDescription {
        /// An instance, an interface, another load balancer, a function.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub id: Option<ResourceId>,
        /// An address.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub ip: Option<IpAddr>,
        /// The port that it listens to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub port: Option<u16>,
        /// What the health checks say, if that is known.
        #[serde(default, skip_serializing_if = "is_default")]
        pub health: TargetHealth,
    }
}

/// What a load balancer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoadBalancerType {
    /// An Application Load Balancer.
    Application,
    /// A Network Load Balancer.
    Network,
    /// A Gateway Load Balancer.
    Gateway,
    /// A Classic Load Balancer.
    Classic,
}

/// Whether a load balancer works.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoadBalancerState {
    /// It works.
    #[default]
    Active,
    /// It works with fewer resources than it needs.
    ActiveImpaired,
    /// It is being made.
    Provisioning,
    /// It could not be made.
    Failed,
}

impl LoadBalancerState {
    /// Whether it takes packets.
    pub fn works(self) -> bool {
        matches!(self, Self::Active | Self::ActiveImpaired)
    }
}

/// What a target group's targets are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetType {
    /// Instances, by their primary interface.
    #[default]
    Instance,
    /// Addresses.
    Ip,
    /// A function.
    Lambda,
    /// An Application Load Balancer.
    Alb,
}

/// What the health checks of a target say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetHealth {
    /// Nothing is known of it.
    #[default]
    Unchecked,
    /// It answers.
    Healthy,
    /// It does not.
    Unhealthy,
    /// It is not asked: its zone is off, or its group is not used.
    Unused,
    /// It is going.
    Draining,
}

/// The protocol of a listener or a target group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListenerProtocol {
    /// HTTP.
    Http,
    /// HTTPS.
    Https,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// TCP and UDP.
    TcpUdp,
    /// TLS.
    Tls,
    /// SSL, a Classic Load Balancer's TLS.
    Ssl,
    /// QUIC.
    Quic,
    /// TCP and QUIC.
    TcpQuic,
    /// GENEVE, a Gateway Load Balancer's.
    Geneve,
}

impl ListenerProtocol {
    /// Whether it takes TCP, and whether it takes UDP.
    pub fn transports(self) -> (bool, bool) {
        match self {
            Self::Http | Self::Https | Self::Tcp | Self::Tls | Self::Ssl => (true, false),
            Self::Udp | Self::Quic | Self::Geneve => (false, true),
            Self::TcpUdp | Self::TcpQuic => (true, true),
        }
    }
}
