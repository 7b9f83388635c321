//! The packet notation, the same everywhere: `all`, `tcp/443`, `tcp/8000-8100`, `icmp/8`, `icmp/3.4`,
//! `icmp6/128`, `proto/47`, and comma lists of these.

use super::{PortSet, Protocol};

/// One item of the notation: a protocol (none: every protocol) and the destination ports, or ICMP types and codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacketPattern {
    /// The protocol; `None` is every protocol.
    pub protocol: Option<Protocol>,
    /// Destination ports, or ICMP `type * 256 + code`; all where the item names none.
    pub destination_ports: PortSet,
}

/// A text that is not packet notation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NotationError {
    /// What is wrong, naming the part that is.
    pub message: String,
    /// What would be right.
    pub hint: String,
}

/// Reads the packet notation.
pub fn parse_packets(_text: &str) -> Result<Vec<PacketPattern>, NotationError> {
    todo!()
}

/// Reads ports: `443`, `1024-65535`, or a comma list of these.
pub fn parse_ports(_text: &str) -> Result<PortSet, NotationError> {
    todo!()
}
