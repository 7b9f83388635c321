//! One product of sets, one factor a field: what a rule matches, or one slice of an answer.

use super::{AddressSet, PortSet, ProtocolSet};

/// A product of sets. Ports constrain every protocol alike; for ICMP and ICMPv6 the destination port is
/// `type * 256 + code`. The two families never mix: a packet is in the cube when both its addresses are in the
/// factors of its own family.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cube {
    /// IP protocol numbers.
    pub protocols: ProtocolSet,
    /// Destination ports, or ICMP type and code.
    pub destination_ports: PortSet,
    /// Source ports.
    pub source_ports: PortSet,
    /// Source addresses.
    pub sources: AddressSet,
    /// Destination addresses.
    pub destinations: AddressSet,
}

impl Cube {
    /// Every packet.
    pub fn all() -> Self {
        Self {
            protocols: ProtocolSet::all(),
            destination_ports: PortSet::all(),
            source_ports: PortSet::all(),
            sources: AddressSet::all(),
            destinations: AddressSet::all(),
        }
    }
}
