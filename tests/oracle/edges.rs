//! What stands at the edges of a VPC besides gateways to the internet: lines to networks on premises, endpoints, VPC Block
//! Public Access. Written down as plainly as the rest of the network.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::network::{Id, Network};

/// What leads on premises: a VPN connection, a virtual interface, a Connect attachment. A local gateway is described apart.
#[derive(Debug, Clone)]
pub struct Line {
    pub kind: LineKind,
    /// A virtual private gateway or a transit gateway.
    pub gateway: Id,
    /// Its attachment, where the gateway is a transit gateway.
    pub attachment: Option<LineAttachment>,
    /// What the customer's router announces, or the static routes of a VPN connection of a virtual private gateway.
    pub routes: Vec<IpNet>,
    pub up: bool,
    /// What a Direct Connect gateway in front may announce; none: no such gateway.
    pub allowed: Option<Vec<IpNet>>,
    /// What the tunnels carry: addresses on the customer's side, and on AWS's.
    pub selectors: [Option<IpNet>; 2],
    /// Whether the tunnels of a VPN connection carry IPv6 instead of IPv4.
    pub ipv6: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    StaticVpn,
    Vpn,
    DirectConnect,
    Connect,
}

#[derive(Debug, Clone)]
pub struct LineAttachment {
    pub id: Id,
    pub table: Option<Id>,
    pub propagates_to: Vec<Id>,
    /// The VPC attachment that carries a Connect one.
    pub carrier: Option<Id>,
}

/// Of an Outpost.
#[derive(Debug, Clone)]
pub struct LocalGateway {
    pub vpc: Id,
    pub routes: Vec<IpNet>,
    /// By interface; none: addresses are on premises what they are in the VPC.
    pub customer_owned: Option<BTreeMap<Id, Ipv4Addr>>,
}

/// For S3.
#[derive(Debug, Clone)]
pub struct GatewayEndpoint {
    pub vpc: Id,
    pub tables: Vec<Id>,
    pub available: bool,
}

/// What a resource endpoint leads to: the interface of a resource gateway, and that of the resource.
#[derive(Debug, Clone)]
pub struct Leads {
    pub gateway: Id,
    pub resource: Id,
}

/// The interface of an endpoint for some service.
#[derive(Debug, Clone)]
pub struct InterfaceEndpoint {
    /// Protocol and port.
    pub listens: Vec<(u8, u16)>,
    pub available: bool,
    /// Of a resource endpoint.
    pub leads: Option<Leads>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockMode {
    Bidirectional,
    Ingress,
}

/// What is excluded: both ways, or outwards alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exclusion {
    Bidirectional,
    Egress,
}

/// Where S3 is, and how its prefix list is called.
pub const S3: &str = "52.216.0.0/15";
pub const S3_REGION: &str = "eu-west-1";
pub const S3_LIST: &str = "pl-s3";

impl Line {
    /// Whether its routes are there: what BGP told is withdrawn while the line is down.
    pub fn stands(&self) -> bool {
        self.up || self.kind == LineKind::StaticVpn
    }

    /// What a VPN connection's tunnels carry is of one family (VPN guide, "IPv4 and IPv6 traffic").
    pub fn carries(&self, address: IpAddr) -> bool {
        match self.kind {
            LineKind::StaticVpn | LineKind::Vpn => self.ipv6 == address.is_ipv6(),
            LineKind::DirectConnect | LineKind::Connect => true,
        }
    }

    pub fn is_vpn(&self) -> bool {
        matches!(self.kind, LineKind::StaticVpn | LineKind::Vpn)
    }
}

impl Network {
    pub fn line_of_attachment(&self, attachment: &str) -> Option<(&str, &Line)> {
        let has = |line: &Line| line.attachment.as_ref().is_some_and(|one| one.id == attachment);
        let found = self.lines.iter().find(|(_, line)| has(line));
        found.map(|(id, line)| (id.as_str(), line))
    }

    /// The lines of a virtual private gateway.
    pub fn lines_of<'a>(&'a self, gateway: &'a str) -> impl Iterator<Item = (&'a str, &'a Line)> {
        let of = self.lines.iter().filter(move |(_, line)| line.gateway == gateway);
        of.map(|(id, line)| (id.as_str(), line))
    }

    /// The service that has an address: S3, where the model knows its addresses.
    pub fn is_s3(&self, address: IpAddr) -> bool {
        !self.gateway_endpoints.is_empty() && S3.parse::<IpNet>().is_ok_and(|cidr| cidr.contains(&address))
    }
}
