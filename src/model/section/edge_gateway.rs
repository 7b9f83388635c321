//! The sections of gateways at the edge of a VPC that are not the internet's or a VPN's.

use super::super::sections::items;
use super::{Tags, is_default};
use crate::model::id::*;
use crate::model::value::{Cidr, OneOrMany};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

items! {
    LocalGateway: named target;
    CarrierGateway: named target;
}

sections! {
    /// A carrier gateway: the way from a Wavelength Zone's subnets to a carrier's network and the internet.
    struct CarrierGateway {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The VPC it is attached to; none: detached.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub vpc: Option<VpcId>,
        /// The carrier IP address of each interface that has one.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub addresses: BTreeMap<NetworkInterfaceId, Ipv4Addr>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A local gateway: the way from an Outpost's subnets to the network on premises.
    struct LocalGateway {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The VPCs that are associated with its route table.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub vpcs: OneOrMany<VpcId>,
        /// How addresses are seen on premises.
        #[serde(default, skip_serializing_if = "is_default")]
        pub mode: LocalGatewayMode,
        /// The prefixes that its route table sends to the network on premises. None: not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub routes: Option<OneOrMany<Cidr>>,
        /// The customer-owned IP address of each interface that has one.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub addresses: BTreeMap<NetworkInterfaceId, Ipv4Addr>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }
}

words! {
    /// How a local gateway shows addresses on premises.
    enum LocalGatewayMode {
        /// As they are in the VPC.
        #[default]
        DirectVpcRouting,
        /// By customer-owned IP addresses.
        Coip,
    }

}
