//! IP protocol numbers and their names.

use std::fmt;

/// An IP protocol number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Protocol(pub u8);

impl Protocol {
    /// ICMP for IPv4.
    pub const ICMP: Self = Self(1);
    /// TCP.
    pub const TCP: Self = Self(6);
    /// UDP.
    pub const UDP: Self = Self(17);
    /// ICMP for IPv6.
    pub const ICMPV6: Self = Self(58);

    /// Reads `tcp`, `udp`, `icmp`, `icmpv6` (also `icmp6`), in any case, or a number.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "tcp" => Some(Self::TCP),
            "udp" => Some(Self::UDP),
            "icmp" => Some(Self::ICMP),
            "icmpv6" | "icmp6" => Some(Self::ICMPV6),
            number if number.bytes().all(|byte| byte.is_ascii_digit()) => number.parse().ok().map(Self),
            _ => None,
        }
    }
    /// Whether packets of this protocol carry ports.
    pub fn has_ports(self) -> bool {
        matches!(self, Self::TCP | Self::UDP)
    }
    /// Whether packets of this protocol carry an ICMP type and code.
    pub fn is_icmp(self) -> bool {
        matches!(self, Self::ICMP | Self::ICMPV6)
    }
}

impl fmt::Display for Protocol {
    /// `tcp`, `udp`, `icmp`, `icmp6`, else the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TCP => f.pad("tcp"),
            Self::UDP => f.pad("udp"),
            Self::ICMP => f.pad("icmp"),
            Self::ICMPV6 => f.pad("icmp6"),
            Self(number) => number.fmt(f),
        }
    }
}
