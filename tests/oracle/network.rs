//! An AWS network written down as plainly as possible: maps of small structs, nothing resolved, nothing
//! indexed. Every look-up is a linear search, so that there is nothing in here to get wrong twice.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::edges::{BlockMode, Exclusion, GatewayEndpoint, InterfaceEndpoint, Line, LocalGateway};
use super::packet::Packet;

pub type Id = String;

#[derive(Debug, Clone, Default)]
pub struct Network {
    pub vpcs: BTreeMap<Id, Vpc>,
    pub subnets: BTreeMap<Id, Subnet>,
    pub enis: BTreeMap<Id, Eni>,
    /// Whether the instance runs.
    pub instances: BTreeMap<Id, bool>,
    pub groups: BTreeMap<Id, Group>,
    pub nacls: BTreeMap<Id, Nacl>,
    pub tables: BTreeMap<Id, RouteTable>,
    pub prefix_lists: BTreeMap<Id, Vec<IpNet>>,
    /// Gateway to VPC.
    pub internet_gateways: BTreeMap<Id, Id>,
    /// Gateway to VPC.
    pub egress_only_gateways: BTreeMap<Id, Id>,
    /// Gateway to VPC. One without lines only lends its name to propagated routes that always lose.
    pub vpn_gateways: BTreeMap<Id, Id>,
    pub lines: BTreeMap<Id, Line>,
    pub local_gateways: BTreeMap<Id, LocalGateway>,
    pub gateway_endpoints: BTreeMap<Id, GatewayEndpoint>,
    /// By the interface.
    pub interface_endpoints: BTreeMap<Id, InterfaceEndpoint>,
    /// Gateway Load Balancer endpoints, and their subnets.
    pub inspections: BTreeMap<Id, Id>,
    /// VPC Block Public Access by Region; a Region without is off.
    pub block_public_access: BTreeMap<String, BlockMode>,
    /// VPCs and subnets.
    pub exclusions: BTreeMap<Id, Exclusion>,
    pub nat_gateways: BTreeMap<Id, Nat>,
    pub peerings: BTreeMap<Id, Peering>,
    /// Whether groups may be referenced across it.
    pub transit_gateways: BTreeMap<Id, bool>,
    pub attachments: BTreeMap<Id, Attachment>,
    pub transit_tables: BTreeMap<Id, TransitTable>,
    /// Between transit gateways, by the attachment that both have of it.
    pub transit_peerings: BTreeMap<Id, TransitPeering>,
    /// By endpoint: each has a firewall and a policy of its own.
    pub firewalls: BTreeMap<Id, Firewall>,
    pub balancers: BTreeMap<Id, Balancer>,
}

/// With one listener and one target group.
#[derive(Debug, Clone)]
pub struct Balancer {
    pub kind: &'static str,
    pub classic: bool,
    /// The interfaces of its nodes, one in each of its zones.
    pub nodes: Vec<Id>,
    /// Protocol and port.
    pub listener: (u8, u16),
    pub cross_zone: bool,
    /// Whether targets see the client.
    pub preserves: bool,
    /// Interfaces.
    pub targets: Vec<Id>,
    pub target_port: u16,
}

/// A VPC on a transit gateway.
#[derive(Debug, Clone)]
pub struct Attachment {
    pub gateway: Id,
    pub vpc: Id,
    /// One in each zone that it has.
    pub subnets: Vec<Id>,
    /// The table that routes what comes in over it; `None` is none at all.
    pub table: Option<Id>,
    pub propagates_to: Vec<Id>,
    pub available: bool,
    pub referencing: bool,
    pub ipv6: bool,
}

/// The written routes; `None` is a blackhole.
#[derive(Debug, Clone)]
pub struct TransitTable {
    pub gateway: Id,
    pub routes: Vec<(IpNet, Option<Id>)>,
}

/// Two transit gateways, each with the table that routes what comes from the other.
#[derive(Debug, Clone)]
pub struct TransitPeering {
    pub ends: [(Id, Id); 2],
    pub available: bool,
}

impl TransitPeering {
    /// The other gateway, and its table.
    pub fn far_side(&self, here: &str) -> Option<&(Id, Id)> {
        let [one, other] = &self.ends;
        match here {
            _ if one.0 == here => Some(other),
            _ if other.0 == here => Some(one),
            _ => None,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Firewall {
    pub subnet: Id,
    pub stateless: Vec<StatelessRule>,
    pub stateless_default: Verdict,
    pub strict: bool,
    pub drop_strict: bool,
    pub stateful: Vec<StatefulRule>,
}

#[derive(Debug, Clone)]
pub struct StatelessRule {
    pub priority: u16,
    pub verdict: Verdict,
    pub traffic: Traffic,
    pub source: Option<IpNet>,
    pub destination: Option<IpNet>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    Drop,
    Forward,
}

#[derive(Debug, Clone)]
pub struct StatefulRule {
    /// Or else drop.
    pub pass: bool,
    /// `ip`, `tcp`, `udp` or `icmp`.
    pub protocol: &'static str,
    pub ports: (u16, u16),
    pub source: Option<IpNet>,
    pub destination: Option<IpNet>,
    pub any_direction: bool,
}

#[derive(Debug, Clone)]
pub struct Vpc {
    /// The first IPv4 one is the primary.
    pub cidrs: Vec<IpNet>,
    pub region: String,
}

#[derive(Debug, Clone)]
pub struct Subnet {
    pub vpc: Id,
    pub cidrs: Vec<IpNet>,
    /// The last letter of its Availability Zone.
    pub zone: String,
    pub table: Option<Id>,
    pub nacl: Option<Id>,
}

#[derive(Debug, Clone)]
pub struct Eni {
    pub subnet: Id,
    /// The first of each family is the primary.
    pub addresses: Vec<IpAddr>,
    pub public: Vec<Association>,
    pub groups: Vec<Id>,
    pub source_dest_check: bool,
    pub instance: Option<Id>,
}

#[derive(Debug, Clone)]
pub struct Association {
    pub public: Ipv4Addr,
    pub private: Ipv4Addr,
    /// Written as an Elastic IP of its own rather than as the interface's `public_ip`.
    pub elastic: bool,
}

#[derive(Debug, Clone)]
pub struct Group {
    pub vpc: Id,
    pub ingress: Vec<GroupRule>,
    /// `None` is a group whose egress nobody touched: everything is allowed.
    pub egress: Option<Vec<GroupRule>>,
}

#[derive(Debug, Clone)]
pub struct GroupRule {
    pub traffic: Traffic,
    pub peers: Vec<Peer>,
}

#[derive(Debug, Clone)]
pub enum Peer {
    Cidr(IpNet),
    Group(Id),
    List(Id),
}

#[derive(Debug, Clone)]
pub struct Nacl {
    pub vpc: Id,
    pub default: bool,
    pub ingress: Vec<NaclRule>,
    pub egress: Vec<NaclRule>,
}

#[derive(Debug, Clone)]
pub struct NaclRule {
    pub number: u16,
    pub allow: bool,
    pub traffic: Traffic,
    pub cidr: IpNet,
}

/// Protocol and ports of a rule; the same words in security groups and network ACLs.
#[derive(Debug, Clone)]
pub struct Traffic {
    /// `None` is every protocol.
    pub protocol: Option<u8>,
    /// For TCP and UDP; empty is every port.
    pub ports: Vec<(u16, u16)>,
    /// For ICMP; `None` is every type, a type without code is every code of it.
    pub icmp: Option<(u8, Option<u8>)>,
}

#[derive(Debug, Clone)]
pub struct RouteTable {
    pub vpc: Id,
    pub main: bool,
    /// The gateway whose arriving traffic it routes (an edge table).
    pub gateway: Option<Id>,
    /// Whether the virtual private gateway of the VPC tells it its routes.
    pub learns: bool,
    pub routes: Vec<Route>,
}

#[derive(Debug, Clone)]
pub struct Route {
    pub destination: Destination,
    pub target: Target,
    pub propagated: bool,
    pub blackhole: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    Cidr(IpNet),
    List(Id),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Local,
    InternetGateway(Id),
    EgressOnly(Id),
    Nat(Id),
    Eni(Id),
    Peering(Id),
    VpnGateway(Id),
    Transit(Id),
    LocalGateway(Id),
    /// A gateway endpoint, to which only implied routes lead.
    Service(Id),
    /// Of a firewall, or of a Gateway Load Balancer.
    Endpoint(Id),
}

#[derive(Debug, Clone)]
pub struct Nat {
    pub vpc: Id,
    /// `None` is a regional one.
    pub subnet: Option<Id>,
    /// The private ones, each with the public one that stands for it; none with a private NAT gateway. A regional one has no
    /// private addresses: it sends with the public ones.
    pub addresses: Vec<(Ipv4Addr, Option<Ipv4Addr>)>,
    pub available: bool,
}

impl Nat {
    pub fn owns(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|(one, _)| IpAddr::V4(*one) == address)
    }
}

#[derive(Debug, Clone)]
pub struct Peering {
    pub requester: Id,
    pub accepter: Id,
    pub status: String,
}

/// What answers to a private address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    Eni(&'a str),
    Nat(&'a str),
}

impl Traffic {
    pub fn all() -> Self {
        Self {
            protocol: None,
            ports: Vec::new(),
            icmp: None,
        }
    }

    /// A rule's port is the packet's destination port, in both directions (VPC guide, "Network ACLs").
    pub fn matches(&self, packet: &Packet) -> bool {
        let Some(protocol) = self.protocol else {
            return true;
        };
        if protocol != packet.protocol {
            return false;
        }
        match protocol {
            // ICMP rules are of one family: 1 never matches IPv6 and 58 never matches IPv4.
            1 => packet.is_v4() && self.matches_icmp(packet),
            58 => !packet.is_v4() && self.matches_icmp(packet),
            6 | 17 => {
                let port = packet.destination_port;
                self.ports.is_empty() || self.ports.iter().any(|&(low, high)| low <= port && port <= high)
            }
            // Every other protocol has no ports to look at (EC2 API, CreateNetworkAclEntry).
            _ => true,
        }
    }

    fn matches_icmp(&self, packet: &Packet) -> bool {
        match self.icmp {
            None => true,
            Some((kind, None)) => packet.icmp_type() == kind,
            Some((kind, Some(code))) => packet.icmp_type() == kind && packet.icmp_code() == code,
        }
    }
}

impl Subnet {
    pub fn contains(&self, address: IpAddr) -> bool {
        self.cidrs.iter().any(|cidr| cidr.contains(&address))
    }
}

impl Vpc {
    pub fn contains(&self, address: IpAddr) -> bool {
        self.cidrs.iter().any(|cidr| cidr.contains(&address))
    }
}

impl Eni {
    pub fn owns(&self, address: IpAddr) -> bool {
        self.addresses.contains(&address)
    }

    /// The primary address of the family of `like`.
    pub fn primary(&self, like: IpAddr) -> Option<IpAddr> {
        self.addresses
            .iter()
            .copied()
            .find(|address| address.is_ipv4() == like.is_ipv4())
    }

    pub fn primary_v4(&self) -> Option<IpAddr> {
        self.addresses.iter().copied().find(IpAddr::is_ipv4)
    }

    pub fn primary_v6(&self) -> Option<IpAddr> {
        self.addresses.iter().copied().find(IpAddr::is_ipv6)
    }

    /// The public address of the primary IPv4 address: what the internet calls this interface.
    pub fn public_of_primary(&self) -> Option<Ipv4Addr> {
        let primary = self.primary_v4()?;
        self.public
            .iter()
            .find(|pair| IpAddr::V4(pair.private) == primary)
            .map(|pair| pair.public)
    }
}

impl Network {
    /// Whether an interface is a resource gateway's.
    pub fn is_resource_gateway(&self, eni: &str) -> bool {
        let leads = self
            .interface_endpoints
            .values()
            .filter_map(|one| one.leads.as_ref());
        leads.into_iter().any(|leads| leads.gateway == eni)
    }

    /// The Availability Zone of an interface.
    pub fn zone_of(&self, eni: &str) -> (&str, &str) {
        let subnet = &self.subnets[&self.enis[eni].subnet];
        (&self.vpcs[&subnet.vpc].region, &subnet.zone)
    }

    pub fn vpc_of_subnet(&self, subnet: &str) -> &str {
        &self.subnets[subnet].vpc
    }

    pub fn vpc_of_eni(&self, eni: &str) -> &str {
        self.vpc_of_subnet(&self.enis[eni].subnet)
    }

    /// Only an interface of a running instance sends and receives; one without an instance is taken to be in
    /// use (EC2 API, InstanceStateName).
    pub fn is_running(&self, eni: &str) -> bool {
        match &self.enis[eni].instance {
            Some(instance) => self.instances[instance],
            None => true,
        }
    }

    /// A subnet without a network ACL of its own has the VPC's default one. `None`: nobody wrote that one
    /// down, and AWS creates it with "allow all" (VPC guide, "Default network ACL").
    pub fn nacl_of(&self, subnet: &str) -> Option<(&str, &Nacl)> {
        let subnet = &self.subnets[subnet];
        match &subnet.nacl {
            Some(id) => Some((id, &self.nacls[id])),
            None => self
                .nacls
                .iter()
                .find(|(_, nacl)| nacl.default && nacl.vpc == subnet.vpc)
                .map(|(id, nacl)| (id.as_str(), nacl)),
        }
    }

    /// A subnet without a route table of its own has the VPC's main one (VPC guide, "Route tables"). `None`:
    /// nobody wrote that one down, and it holds the local routes only.
    pub fn table_of(&self, subnet: &str) -> Option<&RouteTable> {
        let subnet = &self.subnets[subnet];
        match &subnet.table {
            Some(id) => Some(&self.tables[id]),
            None => self
                .tables
                .values()
                .find(|table| table.main && table.vpc == subnet.vpc),
        }
    }

    pub fn edge_table_of(&self, gateway: &str) -> Option<&RouteTable> {
        self.tables
            .values()
            .find(|table| table.gateway.as_deref() == Some(gateway))
    }

    pub fn internet_gateway_of(&self, vpc: &str) -> Option<&str> {
        self.internet_gateways
            .iter()
            .find(|(_, of)| *of == vpc)
            .map(|(id, _)| id.as_str())
    }

    pub fn egress_only_gateway_of(&self, vpc: &str) -> Option<&str> {
        self.egress_only_gateways
            .iter()
            .find(|(_, of)| *of == vpc)
            .map(|(id, _)| id.as_str())
    }

    pub fn owner(&self, vpc: &str, address: IpAddr) -> Option<Owner<'_>> {
        for (id, eni) in &self.enis {
            if eni.owns(address) && self.vpc_of_eni(id) == vpc {
                return Some(Owner::Eni(id));
            }
        }
        for (id, nat) in &self.nat_gateways {
            if nat.owns(address) && nat.vpc == vpc {
                return Some(Owner::Nat(id));
            }
        }
        None
    }

    /// A regional NAT gateway stands in none.
    pub fn subnet_of(&self, owner: Owner<'_>) -> Option<&str> {
        match owner {
            Owner::Eni(id) => Some(&self.enis[id].subnet),
            Owner::Nat(id) => self.nat_gateways[id].subnet.as_deref(),
        }
    }

    /// Every public address in use: itself, its VPC, the private address behind it.
    fn public_addresses(&self) -> Vec<(Ipv4Addr, &str, Ipv4Addr)> {
        let mut all = Vec::new();
        for (id, eni) in &self.enis {
            all.extend(
                eni.public
                    .iter()
                    .map(|pair| (pair.public, self.vpc_of_eni(id), pair.private)),
            );
        }
        for nat in self.nat_gateways.values() {
            let pairs = nat.addresses.iter();
            all.extend(pairs.filter_map(|&(private, public)| Some((public?, nat.vpc.as_str(), private))));
        }
        all
    }

    pub fn public_of(&self, vpc: &str, private: IpAddr) -> Option<IpAddr> {
        self.public_addresses()
            .into_iter()
            .find(|(_, of, address)| *of == vpc && IpAddr::V4(*address) == private)
            .map(|(public, ..)| IpAddr::V4(public))
    }

    pub fn private_of(&self, public: IpAddr) -> Option<(&str, IpAddr)> {
        self.public_addresses()
            .into_iter()
            .find(|(address, ..)| IpAddr::V4(*address) == public)
            .map(|(_, vpc, private)| (vpc, IpAddr::V4(private)))
    }

    pub fn balancer_of(&self, node: &str) -> Option<&Balancer> {
        let mut balancers = self.balancers.values();
        balancers.find(|one| one.nodes.iter().any(|id| id == node))
    }

    pub fn attachment_of(&self, gateway: &str, vpc: &str) -> Option<(&str, &Attachment)> {
        let mut attachments = self.attachments.iter();
        let found = attachments.find(|(_, one)| one.gateway == gateway && one.vpc == vpc);
        found.map(|(id, one)| (id.as_str(), one))
    }

    /// Whether an ingress rule in `here` may name groups of `there` across a transit gateway: it and both attachments
    /// have to support it (transit gateway guide, "Security group referencing").
    pub fn shares_groups_in_transit(&self, here: &str, there: &str) -> bool {
        self.transit_gateways.iter().any(|(gateway, referencing)| {
            let supports = |vpc| {
                self.attachment_of(gateway, vpc)
                    .is_some_and(|(_, one)| one.referencing)
            };
            *referencing && supports(here) && supports(there)
        })
    }

    /// Whether a rule of a group in `here` may name groups of `there`: the same VPC, or one in the same
    /// Region behind an active peering connection (peering guide, "Update your security groups to reference
    /// peer security groups").
    pub fn shares_groups(&self, here: &str, there: &str) -> bool {
        here == there
            || self.vpcs[here].region == self.vpcs[there].region
                && self
                    .peerings
                    .values()
                    .any(|peering| peering.is_active() && peering.joins(here, there))
    }
}

impl Peering {
    /// Of the nine states only one forwards (peering guide, "Peering connection lifecycle").
    pub fn is_active(&self) -> bool {
        self.status == "active"
    }

    pub fn joins(&self, here: &str, there: &str) -> bool {
        self.far_side(here) == Some(there)
    }

    pub fn far_side(&self, here: &str) -> Option<&str> {
        if self.requester == here {
            Some(&self.accepter)
        } else if self.accepter == here {
            Some(&self.requester)
        } else {
            None
        }
    }
}
