//! The sections of route tables.

use super::super::sections::items;
use super::{Tags, is_default, is_false};
use crate::model::id::*;
use crate::model::value::{Destination, OneOrMany};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

items! {
    RouteTable: named;
}

sections! {
    /// A route table.
    struct RouteTable {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// Its VPC.
        pub vpc: VpcId,
        /// Whether subnets without one use it.
        #[serde(default, skip_serializing_if = "is_false")]
        pub main: bool,
        /// The gateways whose incoming packets it routes (an edge table).
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub gateway: OneOrMany<ResourceId>,
        /// The virtual private gateways whose routes it learns; what they know need not be written again.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub propagating: OneOrMany<VpnGatewayId>,
        /// Its routes; local ones are implied.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub routes: Vec<Route>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A route.
    struct Route {
        /// The destinations it is for: a CIDR or a prefix list.
        pub destination: Destination,
        /// Where it leads: the id of a gateway, an interface, an instance, a connection, or `local`.
        pub target: ResourceId,
        /// Whether it was learned from a virtual private gateway instead of written.
        #[serde(default, skip_serializing_if = "is_false")]
        pub propagated: bool,
        /// Whether AWS says that it cannot be used.
        #[serde(default, skip_serializing_if = "is_default")]
        pub state: RouteState,
    }
}

words! {
    /// Whether a route can be used.
    enum RouteState {
        /// Yes.
        #[default]
        Active,
        /// No: its target is gone or does not work.
        Blackhole,
        /// Not installed.
        Filtered,
    }
}
