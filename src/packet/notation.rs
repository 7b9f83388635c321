//! The packet notation, the same everywhere: `all`, `tcp/443`, `tcp/8000-8100`, `icmp/8`, `icmp/3.4`,
//! `icmp6/128`, `proto/47`, and comma lists of these.

use super::{PortSet, Protocol};
use std::fmt;

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

/// ICMP types of which code 0 is the only one (RFC 792, RFC 950, RFC 1256), so that `icmp/8` is a ping and no more.
const ONE_CODE: [u8; 10] = [0, 4, 8, 10, 13, 14, 15, 16, 17, 18];
/// The same of ICMPv6 (RFC 4443, RFC 4861).
const ONE_CODE_V6: [u8; 8] = [2, 128, 129, 133, 134, 135, 136, 137];

const FORMS: &str =
    "write all, tcp/443, tcp/8000-8100, udp/53, icmp, icmp/8, icmp/3.4, icmp6/128 or proto/47";

fn error(message: impl Into<String>, hint: impl Into<String>) -> NotationError {
    NotationError {
        message: message.into(),
        hint: hint.into(),
    }
}

/// Reads the packet notation.
pub fn parse_packets(text: &str) -> Result<Vec<PacketPattern>, NotationError> {
    text.split(',').map(|item| parse_item(item.trim())).collect()
}

fn parse_item(item: &str) -> Result<PacketPattern, NotationError> {
    let (word, rest) = match item.split_once('/') {
        Some((word, rest)) => (word, Some(rest)),
        None => (item, None),
    };
    let word = word.to_ascii_lowercase();
    match (word.as_str(), rest) {
        ("", _) => Err(error(format!("`{item}` names no packets"), FORMS)),
        ("all", None) => Ok(PacketPattern {
            protocol: None,
            destination_ports: PortSet::all(),
        }),
        ("all", Some(_)) => Err(error(
            format!("`{item}`: `all` takes no ports"),
            "name the protocol: tcp/443",
        )),
        ("proto", Some(number)) => protocol_number(number),
        ("tcp" | "udp", Some(ports)) => {
            let protocol = Protocol::parse(&word);
            Ok(PacketPattern {
                protocol,
                destination_ports: one_range(ports)?,
            })
        }
        ("icmp", Some(kind)) => Ok(PacketPattern {
            protocol: Some(Protocol::ICMP),
            destination_ports: icmp(kind, &ONE_CODE)?,
        }),
        ("icmp6" | "icmpv6", Some(kind)) => Ok(PacketPattern {
            protocol: Some(Protocol::ICMPV6),
            destination_ports: icmp(kind, &ONE_CODE_V6)?,
        }),
        ("tcp" | "udp" | "icmp" | "icmp6" | "icmpv6", None) => Ok(PacketPattern {
            protocol: Protocol::parse(&word),
            destination_ports: PortSet::all(),
        }),
        _ => Err(unknown(&word)),
    }
}

fn unknown(word: &str) -> NotationError {
    let words = ["all", "tcp", "udp", "icmp", "icmp6", "proto"];
    let near = words
        .into_iter()
        .filter(|known| strsim::osa_distance(word, known) == 1)
        .min();
    let hint = near.map_or_else(|| FORMS.to_owned(), |near| format!("did you mean `{near}`?"));
    error(format!("`{word}` is not a protocol"), hint)
}

fn protocol_number(text: &str) -> Result<PacketPattern, NotationError> {
    match text.parse::<u8>() {
        Ok(number) => Ok(PacketPattern {
            protocol: Some(Protocol(number)),
            destination_ports: PortSet::all(),
        }),
        Err(_) => Err(error(
            format!("`{text}` is not a protocol number"),
            "protocol numbers go from 0 to 255",
        )),
    }
}

fn icmp(text: &str, one_code: &[u8]) -> Result<PortSet, NotationError> {
    let byte = |text: &str| {
        text.parse::<u8>().map_err(|_| {
            error(
                format!("`{text}` is not an ICMP type or code"),
                "write icmp/8, or icmp/3.4 for type and code",
            )
        })
    };
    match text.split_once('.') {
        Some((kind, code)) => Ok(PortSet::one(u16::from_be_bytes([byte(kind)?, byte(code)?]))),
        None => {
            let kind = byte(text)?;
            let last = if one_code.contains(&kind) { 0 } else { u8::MAX };
            Ok(PortSet::range(
                u16::from_be_bytes([kind, 0]),
                u16::from_be_bytes([kind, last]),
            ))
        }
    }
}

/// Reads ports: `443`, `1024-65535`, or a comma list of these.
pub fn parse_ports(text: &str) -> Result<PortSet, NotationError> {
    let mut all = PortSet::empty();
    for item in text.split(',') {
        all = all.union(&one_range(item.trim())?);
    }
    Ok(all)
}

fn one_range(text: &str) -> Result<PortSet, NotationError> {
    let port = |text: &str| {
        text.parse::<u16>().map_err(|_| {
            error(
                format!("`{text}` is not a port"),
                "ports go from 0 to 65535; a range is written 8000-8100",
            )
        })
    };
    let Some((low, high)) = text.split_once('-') else {
        return Ok(PortSet::one(port(text)?));
    };
    let (low, high) = (port(low)?, port(high)?);
    if low > high {
        return Err(error(
            format!("the range {low}-{high} is reversed"),
            format!("write {high}-{low}"),
        ));
    }
    Ok(PortSet::range(low, high))
}

impl fmt::Display for PacketPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(protocol) = self.protocol else {
            return f.write_str("all");
        };
        if self.destination_ports.is_all() {
            let prefix = if protocol.has_ports() || protocol.is_icmp() {
                ""
            } else {
                "proto/"
            };
            return write!(f, "{prefix}{protocol}");
        }
        for (index, &(low, high)) in self.destination_ports.ranges().iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let ([kind, first], [_, last]) = (low.to_be_bytes(), high.to_be_bytes());
            let one_code = if protocol == Protocol::ICMP {
                &ONE_CODE[..]
            } else {
                &ONE_CODE_V6[..]
            };
            match (protocol.is_icmp(), low == high) {
                (true, true) if first == 0 && one_code.contains(&kind) => {
                    write!(f, "{comma}{protocol}/{kind}")?
                }
                (true, true) => write!(f, "{comma}{protocol}/{kind}.{first}")?,
                (true, false) if (first, last) == (0, 255) => write!(f, "{comma}{protocol}/{kind}")?,
                (_, true) => write!(f, "{comma}{protocol}/{low}")?,
                (_, false) => write!(f, "{comma}{protocol}/{low}-{high}")?,
            }
        }
        Ok(())
    }
}
