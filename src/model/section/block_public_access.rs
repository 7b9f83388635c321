//! The sections of VPC Block Public Access.

use super::super::sections::{Model, items};
use super::Vpc;
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

impl BlockPublicAccess {
    /// Whether it is for the account and Region of a VPC. What either does not say is taken to be the same.
    pub fn governs(&self, vpc: &Vpc) -> bool {
        let same =
            |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
        same(&self.account, &vpc.account) && same(&self.region, &vpc.region)
    }
}

impl Model {
    /// How a subnet is excluded from VPC Block Public Access. An exclusion of a VPC covers its subnets; the more generous of the two
    /// holds.
    pub fn public_access_exclusion(&self, id: &SubnetId, vpc: &VpcId) -> Option<ExclusionMode> {
        let of = |id: &str| {
            let mut exclusions = self.block_public_access_exclusions.values();
            exclusions
                .find(|one| one.resource.as_str() == id)
                .map(|one| one.mode)
        };
        of(vpc.as_str()).max(of(id.as_str()))
    }
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
