//! The sections of where things stand: VPCs, subnets, interfaces, instances.

use super::super::sections::items;
use super::{Tags, is_default, is_false, is_true, yes};
use crate::model::id::*;
use crate::model::value::{AddressSpec, Cidr, OneOrMany};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr};

items! {
    Vpc: named logged;
    Subnet: named logged;
    NetworkInterface: named target logged;
    Instance: named;
}

sections! {
    /// A virtual private cloud.
    struct Vpc {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// Its CIDRs, IPv4 and IPv6; the first IPv4 one is the primary.
        pub cidr: OneOrMany<Cidr>,
        /// The Region it is in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub region: Option<String>,
        /// The account that owns it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub account: Option<String>,
        /// Whether the Amazon-provided DNS server answers (enableDnsSupport).
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        pub dns_support: bool,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A subnet.
    struct Subnet {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// Its VPC.
        pub vpc: VpcId,
        /// Its CIDRs.
        pub cidr: OneOrMany<Cidr>,
        /// Its Availability Zone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub az: Option<String>,
        /// Its route table; the VPC's main one where none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub route_table: Option<RouteTableId>,
        /// Its network ACL; the VPC's default one where none is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub nacl: Option<NetworkAclId>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// A network interface (ENI).
    struct NetworkInterface {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// Its subnet.
        pub subnet: SubnetId,
        /// Its private addresses, the first of each family the primary one. None: any free address of its subnet.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub ip: OneOrMany<AddressSpec>,
        /// Prefixes delegated to it.
        #[serde(default, skip_serializing_if = "OneOrMany::is_empty")]
        pub prefixes: OneOrMany<Cidr>,
        /// The public IPv4 address associated with its primary private one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub public_ip: Option<Ipv4Addr>,
        /// Its security groups.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub security_groups: Vec<SecurityGroupId>,
        /// Whether it takes and sends only packets of its own addresses.
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        pub source_dest_check: bool,
        /// Whether what it forwards of IPv4 leaves with its own address and comes back by it, as at a NAT instance.
        #[serde(default, skip_serializing_if = "is_false")]
        pub source_nat: bool,
        /// Whether IPv6 packets from an internet gateway are refused (DenyAllIgwTraffic).
        #[serde(default, skip_serializing_if = "is_false")]
        pub deny_all_igw_traffic: bool,
        /// The instance it is attached to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub instance: Option<InstanceId>,
        /// Its place among the instance's interfaces; 0 is the primary one.
        #[serde(default, skip_serializing_if = "is_default")]
        pub device_index: u32,
        /// AWS's interface type, such as `nat_gateway` or `lambda`; none for an ordinary one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub interface_type: Option<String>,
        /// What it is for, as its owner or AWS wrote it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub description: Option<String>,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }

    /// An instance.
    struct Instance {
        /// A name by which questions may call it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub name: Option<String>,
        /// Whether it runs.
        #[serde(default, skip_serializing_if = "is_default")]
        pub state: InstanceState,
        /// Tags.
        #[serde(default, skip_serializing_if = "Tags::is_empty")]
        pub tags: Tags,
    }
}

words! {
    /// AWS's instance states.
    enum InstanceState {
        /// Starting.
        Pending,
        /// Sends and receives.
        #[default]
        Running,
        /// Stopping.
        Stopping,
        /// Stopped: its interfaces and addresses stay.
        Stopped,
        /// Terminating.
        ShuttingDown,
        /// Gone.
        Terminated,
    }
}

impl Subnet {
    /// Whether `address` is in one of the subnet's CIDRs.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.cidr.iter().any(|cidr| cidr.net().contains(&address))
    }
}

impl NetworkInterface {
    /// One at any free address of its subnet.
    pub fn unassigned(subnet: SubnetId, security_groups: Vec<SecurityGroupId>) -> Self {
        Self {
            name: None,
            subnet,
            ip: OneOrMany::default(),
            prefixes: OneOrMany::default(),
            public_ip: None,
            security_groups,
            source_dest_check: true,
            source_nat: false,
            deny_all_igw_traffic: false,
            instance: None,
            device_index: 0,
            interface_type: None,
            description: None,
            tags: Tags::new(),
        }
    }
}
