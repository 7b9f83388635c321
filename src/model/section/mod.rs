//! The sections of the model file, as typed data. What they mean is written in the component of the same name.

use super::id::*;
use super::sections::{Model, items};
use super::value::{AddressSpec, Cidr, Destination, OneOrMany, Peer, Ports, ProtocolSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

/// Key and value tags.
pub type Tags = BTreeMap<String, String>;

fn yes() -> bool {
    true
}

fn is_true(value: &bool) -> bool {
    *value
}

fn is_false(value: &bool) -> bool {
    !*value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Declares the structs of the sections with the serde attributes that they all share.
macro_rules! sections {
    ($($(#[$doc:meta])* struct $name:ident { $($body:tt)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($body)* }
    )*};
}

/// Declares the closed sets of words, written in kebab case.
macro_rules! words {
    ($($(#[$doc:meta])* enum $name:ident { $($body:tt)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($body)* }
    )*};
}

items! {
    Vpc: named logged;
    Subnet: named logged;
    NetworkInterface: named target logged;
    Instance: named;
    SecurityGroup: named;
    NetworkAcl: named;
    RouteTable: named;
    PrefixList: named;
    InternetGateway: named target;
    EgressOnlyInternetGateway: named target;
    NatGateway: named target logged;
    PeeringConnection: named target;
    ElasticIp: named;
    FlowLog: ;
    UnknownResource: ;
}

mod edge_gateway;
mod load_balancer;
mod network_firewall;
mod on_premises;
mod transit_gateway;
mod vpc_endpoint;

pub use edge_gateway::*;
pub use load_balancer::*;
pub use network_firewall::*;
pub use on_premises::*;
pub use transit_gateway::*;
pub use vpc_endpoint::*;

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

    /// A flow log.
    struct FlowLog {
        /// What it watches: a VPC, a subnet, a network interface, a transit gateway, …
        pub resource: ResourceId,
        /// Which traffic it records.
        #[serde(default, skip_serializing_if = "is_default")]
        pub traffic: TrafficType,
        /// Where it is delivered: s3, cloudwatch, firehose.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub destination: Option<String>,
        /// `default`, or AWS's LogFormat string.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub format: Option<String>,
        /// The longest aggregation interval in seconds: 60 or 600.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub aggregation: Option<u32>,
        /// When it was created (RFC 3339).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub created: Option<String>,
        /// Whether delivery works, as AWS says (SUCCESS, FAILED).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub delivery: Option<String>,
    }

    /// Something that exists but is not described: a packet that meets it is neither blocked nor let through.
    struct UnknownResource {
        /// EC2's resource-type word where it is known, such as `transit-gateway`.
        #[serde(rename = "type")]
        pub kind: String,
        /// Why it is unknown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub why: Option<String>,
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

    /// What a network ACL rule does.
    enum RuleAction {
        /// Lets the packet pass.
        Allow,
        /// Drops the packet.
        #[default]
        Deny,
    }

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

    /// Which traffic a flow log records.
    enum TrafficType {
        /// Everything.
        #[default]
        All,
        /// What was let through.
        Accept,
        /// What was not.
        Reject,
    }
}

impl Subnet {
    /// Whether `address` is in one of the subnet's CIDRs.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.cidr.iter().any(|cidr| cidr.net().contains(&address))
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

impl Model {
    /// The VPC of a NAT gateway.
    pub fn vpc_of_nat(&self, nat: &NatGateway) -> Option<VpcId> {
        let of = |subnet: &SubnetId| self.subnets.get(subnet).map(|subnet| subnet.vpc.clone());
        nat.subnet.as_ref().map_or_else(|| nat.vpc.clone(), of)
    }
}
