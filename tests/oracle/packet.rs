//! One packet, and the one packet that answers it.

use std::fmt;
use std::net::IpAddr;

pub const TCP: u8 = 6;
pub const UDP: u8 = 17;
pub const ICMP: u8 = 1;
pub const ICMP6: u8 = 58;

/// For ICMP the destination port is type·256 + code and the source port means nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Packet {
    pub protocol: u8,
    pub source: IpAddr,
    pub destination: IpAddr,
    pub source_port: u16,
    pub destination_port: u16,
}

impl Packet {
    pub fn is_v4(&self) -> bool {
        self.source.is_ipv4()
    }

    pub fn icmp_type(&self) -> u8 {
        self.destination_port.to_be_bytes()[0]
    }

    pub fn icmp_code(&self) -> u8 {
        self.destination_port.to_be_bytes()[1]
    }

    /// ICMP inside the other family's IP does not exist; rules about it say nothing (see `Traffic::matches`).
    pub fn exists(&self) -> bool {
        match self.protocol {
            ICMP => self.is_v4(),
            ICMP6 => !self.is_v4(),
            _ => true,
        }
    }

    /// What a host that got this packet sends back. An echo is answered with the type changed and the rest
    /// kept (RFC 792, RFC 4443); other ICMP messages are not answered.
    pub fn reply(&self) -> Option<Self> {
        let swapped = Self {
            source: self.destination,
            destination: self.source,
            ..*self
        };
        match (self.protocol, self.icmp_type()) {
            (TCP | UDP, _) => Some(Self {
                source_port: self.destination_port,
                destination_port: self.source_port,
                ..swapped
            }),
            (ICMP, 8) => Some(swapped.with_icmp_type(0)),
            // RFC 792: timestamp and information; RFC 950: address mask.
            (ICMP, request @ (13 | 15 | 17)) => Some(swapped.with_icmp_type(request + 1)),
            (ICMP6, 128) => Some(swapped.with_icmp_type(129)),
            (ICMP | ICMP6, _) => None,
            _ => Some(swapped),
        }
    }

    fn with_icmp_type(self, kind: u8) -> Self {
        Self {
            destination_port: u16::from_be_bytes([kind, self.icmp_code()]),
            ..self
        }
    }
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            protocol,
            source,
            destination,
            source_port,
            destination_port,
        } = self;
        match *protocol {
            ICMP | ICMP6 => write!(
                f,
                "protocol {protocol} {source} -> {destination} type {} code {}",
                self.icmp_type(),
                self.icmp_code()
            ),
            _ => write!(
                f,
                "protocol {protocol} {source}:{source_port} -> {destination}:{destination_port}"
            ),
        }
    }
}
