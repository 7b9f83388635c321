//! What a security group rule or a network ACL rule matches, apart from its peer: the two share one grammar.

use crate::model::{Ports, ProtocolSpec};
use crate::packet::{AddressSet, Cube, PortSet, Protocol, ProtocolSet, RangeSet};

/// The protocol and port part of a rule.
///
/// - Ports are the packet's destination ports, in both directions (aws-dataplane P4).
/// - For ICMP the pair is type and code; either left out is any.
/// - Any other protocol, and `all`, ignores ports
///   (<https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateNetworkAclEntry.html>,
///   <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_IpPermission.html>).
#[derive(Debug, Clone, Copy)]
pub struct Service<'a> {
    /// The protocol; none is every protocol.
    pub protocol: Option<ProtocolSpec>,
    /// The ports.
    pub ports: Option<&'a Ports>,
    /// The ICMP type.
    pub icmp_type: Option<u8>,
    /// The ICMP code.
    pub icmp_code: Option<u8>,
}

impl Service<'_> {
    /// The packets of this service between these addresses.
    ///
    /// ICMP is IPv4's and ICMPv6 is IPv6's: a rule for one never matches a packet of the other family, whatever
    /// its CIDR says (vector T31; Batfish's `IpPermissions` reads AWS the same way).
    pub fn between(self, sources: AddressSet, destinations: AddressSet) -> Cube {
        let Some(ProtocolSpec::One(protocol)) = self.protocol else {
            return Cube {
                sources,
                destinations,
                ..Cube::all()
            };
        };
        let (sources, destinations) = match protocol {
            Protocol::ICMP => (only_v4(sources), only_v4(destinations)),
            Protocol::ICMPV6 => (only_v6(sources), only_v6(destinations)),
            _ => (sources, destinations),
        };
        let destination_ports = self.destination_ports(protocol);
        Cube {
            protocols: ProtocolSet::one(protocol.0),
            destination_ports,
            source_ports: PortSet::all(),
            sources,
            destinations,
        }
    }

    fn destination_ports(self, protocol: Protocol) -> PortSet {
        if protocol.has_ports() {
            return self.ports.map_or_else(PortSet::all, |ports| ports.0.clone());
        }
        match (protocol.is_icmp(), self.icmp_type, self.icmp_code) {
            (true, Some(kind), Some(code)) => PortSet::one(u16::from(kind) * 256 + u16::from(code)),
            (true, Some(kind), None) => PortSet::range(u16::from(kind) * 256, u16::from(kind) * 256 + 255),
            _ => PortSet::all(),
        }
    }
}

fn only_v4(addresses: AddressSet) -> AddressSet {
    AddressSet {
        v4: addresses.v4,
        v6: RangeSet::empty(),
    }
}

fn only_v6(addresses: AddressSet) -> AddressSet {
    AddressSet {
        v4: RangeSet::empty(),
        v6: addresses.v6,
    }
}
