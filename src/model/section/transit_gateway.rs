//! The sections of transit gateways.

use super::super::sections::items;
use super::{Tags, is_default, is_false, is_true, yes};
use crate::model::id::*;
use crate::model::value::{Destination, OneOrMany};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

items! {
    TransitGateway: named target logged;
    TransitGatewayAttachment: named logged;
    TransitGatewayRouteTable: named;
}

sections! {
    /// A transit gateway.
    struct TransitGateway {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The Region it is in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub region: Option<String>,
        /// The account that owns it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub account: Option<String>,
        /// Whether security groups may name those of other attached VPCs (SecurityGroupReferencingSupport).
        #[serde(default, skip_serializing_if = "is_false")]
        pub security_group_referencing: bool,
        /// Whether equal routes over VPN connections share the load (VpnEcmpSupport).
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        pub vpn_ecmp: bool,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// What is attached to a transit gateway: a VPC, or what leads further.
    struct TransitGatewayAttachment {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// Its transit gateway.
        pub transit_gateway: TransitGatewayId,
        /// The VPC that is attached.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub vpc: Option<VpcId>,
        /// The subnets, one an Availability Zone, in which the transit gateway has an interface.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub subnets: OneOrMany<SubnetId>,
        /// The other transit gateway of a peering.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub peer: Option<TransitGatewayId>,
        /// What else is attached: a VPN connection, a Direct Connect gateway, the attachment that carries a Connect one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub resource: Option<ResourceId>,
        /// The route table that routes what comes in over it. None: the transit gateway's default one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub route_table: Option<TransitGatewayRouteTableId>,
        /// The same for the other side of a peering.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub peer_route_table: Option<TransitGatewayRouteTableId>,
        /// Whether it is associated with no route table at all.
        #[serde(default, skip_serializing_if = "is_false")]
        pub unassociated: bool,
        /// The route tables that learn its routes. None: the default one; empty: no table.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub propagates_to: Option<Vec<TransitGatewayRouteTableId>>,
        /// Whether a flow keeps to one Availability Zone there and back (ApplianceModeSupport).
        #[serde(default, skip_serializing_if = "is_false")]
        pub appliance_mode: bool,
        /// Whether IPv6 routes are propagated (Ipv6Support).
        #[serde(default, skip_serializing_if = "is_false")]
        pub ipv6: bool,
        /// Whether security groups of this VPC may be named across the transit gateway, where that allows it.
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        pub security_group_referencing: bool,
        /// Its state.
        #[serde(default, skip_serializing_if = "is_default")]
        pub state: AttachmentState,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A route table of a transit gateway.
    struct TransitGatewayRouteTable {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// Its transit gateway.
        pub transit_gateway: TransitGatewayId,
        /// Whether attachments that name no table are associated with it.
        #[serde(default, skip_serializing_if = "is_false")]
        pub default_association: bool,
        /// Whether attachments that name no tables propagate to it.
        #[serde(default, skip_serializing_if = "is_false")]
        pub default_propagation: bool,
        /// Its routes; those that attachments propagate are implied.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub routes: Vec<TransitGatewayRoute>,
        /// Whether its routes could not be read, so that answers which meet it are unknown.
        #[serde(default, skip_serializing_if = "is_false")]
        pub unread: bool,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A route of a transit gateway route table.
    struct TransitGatewayRoute {
        /// The destinations it is for: a CIDR or a prefix list.
        pub destination: Destination,
        /// The attachments it leads to, one of which is picked; none: a blackhole.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub attachment: OneOrMany<TransitGatewayAttachmentId>,
        /// Whether an attachment propagated it instead of somebody writing it.
        #[serde(default, skip_serializing_if = "is_false")]
        pub propagated: bool,
        /// Whether packets for it are dropped.
        #[serde(default, skip_serializing_if = "is_false")]
        pub blackhole: bool,
    }
}

/// The state of a transit gateway attachment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentState {
    /// It carries packets.
    #[default]
    Available,
    /// It is changed, and carries packets.
    Modifying,
    /// It does not carry packets yet.
    Pending,
    /// Nobody has accepted it.
    PendingAcceptance,
    /// It was refused.
    Rejected,
    /// It failed.
    Failed,
    /// It is going, or gone.
    Deleted,
}

impl AttachmentState {
    /// Whether it carries packets (API, `TransitGatewayAttachmentState`).
    pub fn works(self) -> bool {
        matches!(self, Self::Available | Self::Modifying)
    }
}
