//! The sections of the gateways of a VPC, peering connections and Elastic IP addresses.

use super::super::sections::items;
use super::{Tags, is_default};
use crate::model::id::*;
use crate::model::value::OneOrMany;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

items! {
    InternetGateway: named target;
    EgressOnlyInternetGateway: named target;
    NatGateway: named target logged;
    PeeringConnection: named target;
    ElasticIp: named;
}

sections! {
    /// An internet gateway.
    struct InternetGateway {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The VPC it is attached to; none: detached.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub vpc: Option<VpcId>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// An egress-only internet gateway.
    struct EgressOnlyInternetGateway {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The VPC it is attached to; none: detached.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub vpc: Option<VpcId>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A NAT gateway.
    struct NatGateway {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// Its subnet; a regional one stands in none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub subnet: Option<SubnetId>,
        /// The VPC of a regional one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub vpc: Option<VpcId>,
        /// The route table of a regional one. None: the one that AWS makes, which leads to the internet gateway.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub route_table: Option<RouteTableId>,
        /// Its private addresses; none: any free address of its subnet.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub ip: OneOrMany<Ipv4Addr>,
        /// Its public addresses, in the order of the private ones.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub public_ip: OneOrMany<Ipv4Addr>,
        /// Public or private.
        #[serde(default, skip_serializing_if = "is_default")]
        pub connectivity: NatConnectivity,
        /// Its state.
        #[serde(default, skip_serializing_if = "is_default")]
        pub state: NatState,
        /// The network interface through which it speaks, which is what flow logs name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub eni: Option<NetworkInterfaceId>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A VPC peering connection.
    struct PeeringConnection {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The VPC that asked for it.
        pub requester: VpcId,
        /// The VPC that was asked.
        pub accepter: VpcId,
        /// AWS's status code.
        #[serde(default, skip_serializing_if = "is_default")]
        pub status: PeeringStatus,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// An Elastic IP address.
    struct ElasticIp {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The public address.
        pub public_ip: Ipv4Addr,
        /// The interface it is associated with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub eni: Option<NetworkInterfaceId>,
        /// The private address it stands for; the interface's primary one where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub private_ip: Option<Ipv4Addr>,
        /// The NAT gateway that uses it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub nat_gateway: Option<NatGatewayId>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }
}

words! {
    /// What a NAT gateway is for.
    enum NatConnectivity {
        /// The internet, through an Elastic IP address.
        #[default]
        Public,
        /// Other networks, with its private address.
        Private,
    }

    /// AWS's NAT gateway states.
    enum NatState {
        /// Being made.
        Pending,
        /// Could not be made.
        Failed,
        /// Works.
        #[default]
        Available,
        /// Being deleted; may still pass traffic.
        Deleting,
        /// Gone.
        Deleted,
    }

    /// AWS's peering connection status codes.
    enum PeeringStatus {
        /// Being asked for.
        InitiatingRequest,
        /// Not yet accepted.
        PendingAcceptance,
        /// Works.
        #[default]
        Active,
        /// Gone.
        Deleted,
        /// Turned down.
        Rejected,
        /// Could not be made.
        Failed,
        /// Not accepted in time.
        Expired,
        /// Being made.
        Provisioning,
        /// Being deleted.
        Deleting,
    }
}

impl NatGateway {
    /// Whether it stands in no subnet and serves every zone of its VPC.
    pub fn is_regional(&self) -> bool {
        self.subnet.is_none()
    }

    /// Its public addresses, each with the private one that it stands for.
    pub fn pairs(&self) -> impl Iterator<Item = (Ipv4Addr, Option<Ipv4Addr>)> {
        let private = self.ip.iter().copied().map(Some).chain(std::iter::repeat(None));
        self.public_ip.iter().copied().zip(private)
    }
}
