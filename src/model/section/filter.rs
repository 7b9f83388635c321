//! The sections of what filters: security groups, network ACLs, and the prefix lists that their rules name.

use super::super::sections::items;
use super::{Tags, is_false};
use crate::model::id::*;
use crate::model::value::{Cidr, OneOrMany, Peer, Ports, ProtocolSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

items! {
    SecurityGroup: named;
    NetworkAcl: named;
    PrefixList: named;
}

sections! {
    /// A security group.
    struct SecurityGroup {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// The VPC it belongs to.
        pub vpc: VpcId,
        /// Other VPCs whose interfaces may carry it: security group VPC associations.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub associated_vpcs: Vec<VpcId>,
        /// What it lets in; nothing where left out.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub ingress: Vec<SecurityGroupRule>,
        /// What it lets out; left out is AWS's default for a new group, everything.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub egress: Option<Vec<SecurityGroupRule>>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A rule of a security group: allow.
    struct SecurityGroupRule {
        /// The protocol.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub protocol: Option<ProtocolSpec>,
        /// Destination ports, for TCP and UDP; all where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub ports: Option<Ports>,
        /// ICMP type; any where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub icmp_type: Option<u8>,
        /// ICMP code; any where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub icmp_code: Option<u8>,
        /// Ingress: whom it lets in.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub source: OneOrMany<Peer>,
        /// Egress: to whom it lets out.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub destination: OneOrMany<Peer>,
        /// What it is for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub description: Option<String>,
    }

    /// A network ACL.
    struct NetworkAcl {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// Its VPC.
        pub vpc: VpcId,
        /// Whether subnets without one use it.
        #[serde(default, skip_serializing_if = "is_false")]
        pub default: bool,
        /// Rules for packets that enter the subnet.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub ingress: Vec<NetworkAclRule>,
        /// Rules for packets that leave the subnet.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub egress: Vec<NetworkAclRule>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A rule of a network ACL.
    struct NetworkAclRule {
        /// Its number: lower ones are asked first.
        pub rule: u32,
        /// Allow or deny.
        pub action: RuleAction,
        /// The protocol.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub protocol: Option<ProtocolSpec>,
        /// Destination ports, for TCP and UDP; all where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub ports: Option<Ports>,
        /// ICMP type; any where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub icmp_type: Option<u8>,
        /// ICMP code; any where left out.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub icmp_code: Option<u8>,
        /// Ingress: the source addresses.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub source: Option<Cidr>,
        /// Egress: the destination addresses.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub destination: Option<Cidr>,
    }

    /// A managed prefix list.
    struct PrefixList {
        /// A name by which questions may call it, such as `com.amazonaws.eu-west-1.s3`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// Its prefixes.
        #[serde(default)]
        pub entries: Vec<Cidr>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }
}

words! {
    /// What a network ACL rule does.
    enum RuleAction {
        /// Lets the packet pass.
        Allow,
        /// Drops the packet.
        #[default]
        Deny,
    }
}
