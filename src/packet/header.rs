//! One concrete packet: the witness that we show people.

use super::Protocol;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The header of one concrete packet. Both addresses are of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Header {
    /// IP protocol number.
    pub protocol: Protocol,
    /// Source address.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// Source port; 0 where the protocol has none.
    pub source_port: u16,
    /// Destination port; for ICMP `type * 256 + code`; 0 where the protocol has neither.
    pub destination_port: u16,
}

impl fmt::Display for Header {
    /// `tcp 10.0.1.10:40000 > 10.0.2.20:443`, `icmp 10.0.1.10 > 10.0.2.20 type 8 code 0`, `[2001:db8::1]:443` for IPv6.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            protocol,
            source,
            destination,
            ..
        } = self;
        if protocol.has_ports() {
            let from = SocketAddr::new(*source, self.source_port);
            let to = SocketAddr::new(*destination, self.destination_port);
            return write!(f, "{protocol} {from} > {to}");
        }
        if protocol.is_icmp() {
            let [kind, code] = self.destination_port.to_be_bytes();
            return write!(f, "{protocol} {source} > {destination} type {kind} code {code}");
        }
        write!(f, "proto/{protocol} {source} > {destination}")
    }
}
