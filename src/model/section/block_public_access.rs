//! The sections of VPC Block Public Access.

use super::super::sections::items;
use crate::model::id::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

items! {
    BlockPublicAccess: ;
    BlockPublicAccessExclusion: ;
}

sections! {
    /// VPC Block Public Access of an account in a Region.
    struct BlockPublicAccess {
        /// The account; every one of the model where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub account: Option<String>,
        /// The Region; every one of the model where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub region: Option<String>,
        /// What it stops (InternetGatewayBlockMode).
        pub mode: BlockPublicAccessMode,
    }

    /// An exclusion from VPC Block Public Access.
    struct BlockPublicAccessExclusion {
        /// The VPC or subnet.
        pub resource: ResourceId,
        /// What is let through (InternetGatewayExclusionMode).
        pub mode: ExclusionMode,
    }
}

words! {
    /// AWS's modes of VPC Block Public Access.
    enum BlockPublicAccessMode {
        /// Nothing is stopped.
        #[default]
        Off,
        /// Nobody begins, on either side.
        BlockBidirectional,
        /// Nobody begins outside; inside only what goes through NAT or an egress-only internet gateway.
        BlockIngress,
    }
}

/// What an exclusion lets through; the more generous is the greater.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ExclusionMode {
    /// What begins inside.
    #[default]
    AllowEgress,
    /// Everything.
    AllowBidirectional,
}

impl BlockPublicAccessMode {
    /// As AWS writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::BlockBidirectional => "block-bidirectional",
            Self::BlockIngress => "block-ingress",
        }
    }
}
