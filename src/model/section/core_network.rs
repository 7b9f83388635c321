//! The sections of AWS Cloud WAN.

use super::super::sections::items;
use super::{AttachmentState, Tags, is_default, is_false, is_true, yes};
use crate::model::id::*;
use crate::model::value::{Cidr, OneOrMany};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

items! {
    CoreNetwork: named target;
    CoreNetworkAttachment: named;
}

sections! {
    /// A core network of AWS Cloud WAN: an edge a Region, and segments that span them.
    struct CoreNetwork {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// Whether security groups may name those of other VPCs at the same edge.
        #[serde(default, skip_serializing_if = "is_false")]
        pub security_group_referencing: bool,
        /// Whether equal routes over VPN connections share the load.
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        pub vpn_ecmp: bool,
        /// Its segments, by name.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub segments: BTreeMap<String, CoreNetworkSegment>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A segment: what is attached to it reaches what it has routes for.
    struct CoreNetworkSegment {
        /// Whether its attachments do not reach each other (`isolate-attachments`).
        #[serde(default, skip_serializing_if = "is_false")]
        pub isolated: bool,
        /// The segments whose attachments reach those of this one, and the other way (segment action `share`).
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub shared_with: OneOrMany<String>,
        /// Segments that never share with this one, whatever is shared (`deny-filter`).
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub deny_filter: OneOrMany<String>,
        /// The only segments that may share with this one, where any are given (`allow-filter`).
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub allow_filter: OneOrMany<String>,
        /// What goes to other segments goes through network functions (segment action `send-via`).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub send_via: Vec<CoreNetworkInspection>,
        /// The network function groups to which all else goes (segment action `send-to`).
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub send_to: OneOrMany<String>,
        /// Its static routes (segment action `create-route`).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub routes: Vec<CoreNetworkRoute>,
        /// Whether its routes are not all known, so that answers which meet it are unknown.
        #[serde(default, skip_serializing_if = "is_false")]
        pub unread: bool,
    }

    /// Network functions between two segments, both ways.
    struct CoreNetworkInspection {
        /// The network function groups.
        pub groups: OneOrMany<String>,
        /// The other segments; none: every one.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub segments: OneOrMany<String>,
    }

    /// A static route of a segment.
    struct CoreNetworkRoute {
        /// The addresses it is for.
        pub destination: Cidr,
        /// The attachments that it leads to, one an edge; none: a blackhole.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub attachment: OneOrMany<CoreNetworkAttachmentId>,
    }

    /// What is attached to a core network: a VPC, or what leads further.
    struct CoreNetworkAttachment {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// Its core network.
        pub core_network: CoreNetworkId,
        /// The Region of the edge it is attached to.
        pub edge: String,
        /// Its segment; with neither segment nor network function group nothing passes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub segment: Option<String>,
        /// Its network function group, where it is of one instead of a segment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub network_function_group: Option<String>,
        /// The VPC that is attached.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub vpc: Option<VpcId>,
        /// The subnets, one an Availability Zone, in which the edge has an interface.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub subnets: OneOrMany<SubnetId>,
        /// What else is attached: a VPN connection, a Direct Connect gateway, a transit gateway route table.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub resource: Option<ResourceId>,
        /// Whether a flow keeps to one Availability Zone there and back.
        #[serde(default, skip_serializing_if = "is_false")]
        pub appliance_mode: bool,
        /// Whether IPv6 routes are propagated.
        #[serde(default, skip_serializing_if = "is_false")]
        pub ipv6: bool,
        /// Whether security groups of this VPC may be named across the edge, where the core network allows it.
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        pub security_group_referencing: bool,
        /// Its state.
        #[serde(default, skip_serializing_if = "is_default")]
        pub state: AttachmentState,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }
}
