//! One concrete packet: the witness that we show people.

use super::Protocol;
use std::net::IpAddr;

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

impl std::fmt::Display for Header {
    /// `tcp 10.0.1.10:40000 > 10.0.2.20:443`, `icmp 10.0.1.10 > 10.0.2.20 type 8 code 0`, `[2001:db8::1]:443` for v6.
    fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}
