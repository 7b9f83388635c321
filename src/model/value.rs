//! The small values of the model file, each read from and written to the form that a person writes.

use super::suricata::{Addresses, PortWords};
use crate::packet::{PacketPattern, PortSet, Protocol, parse_packets, parse_ports};
use ipnet::IpNet;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::ser::{SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::net::IpAddr;

/// One value or a list of them; one is written without the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> OneOrMany<T> {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The values in the order written.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

impl<T> From<Vec<T>> for OneOrMany<T> {
    fn from(values: Vec<T>) -> Self {
        Self(values)
    }
}

impl<T: Serialize> Serialize for OneOrMany<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let [one] = self.0.as_slice() {
            return one.serialize(serializer);
        }
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for value in &self.0 {
            list.serialize_element(value)?;
        }
        list.end()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Values<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Values<T> {
            type Value = OneOrMany<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one value or a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                Ok(OneOrMany(values))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(de::value::StrDeserializer::new(text)).map(|one| OneOrMany(vec![one]))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map)).map(|one| OneOrMany(vec![one]))
            }
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                T::deserialize(de::value::U64Deserializer::new(number)).map(|one| OneOrMany(vec![one]))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                T::deserialize(de::value::I64Deserializer::new(number)).map(|one| OneOrMany(vec![one]))
            }
        }
        deserializer.deserialize_any(Values(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany_{}", T::schema_name()).into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

/// A prefix such as `10.0.0.0/16` or `2001:db8::/56`. Host bits are kept as written; AWS zeroes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cidr(pub IpNet);

impl Cidr {
    /// Reads a prefix, refusing what AWS would: no length, leading zeros.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((address, length)) = text.split_once('/') else {
            return Err(match parse_address(text) {
                Ok(IpAddr::V4(_)) => {
                    format!("`{text}` has no prefix length: a single address is written `{text}/32`")
                }
                Ok(IpAddr::V6(_)) => {
                    format!("`{text}` has no prefix length: a single address is written `{text}/128`")
                }
                Err(_) => format!("`{text}` is not a CIDR such as 10.0.0.0/16"),
            });
        };
        let address =
            parse_address(address).map_err(|_| format!("`{address}` in `{text}` is not an IP address"))?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = match length.parse::<u8>() {
            Ok(value) if value <= most && value.to_string() == length => value,
            _ => {
                return Err(format!(
                    "`/{length}` in `{text}` is not a prefix length from 0 to {most}"
                ));
            }
        };
        IpNet::new(address, length)
            .map(Self)
            .map_err(|error| format!("`{text}`: {error}"))
    }
    /// The prefix with its host bits zeroed, as AWS stores it.
    pub fn net(self) -> IpNet {
        self.0.trunc()
    }
}

/// Reads an address as Rust does: no leading zeros, no zone.
pub fn parse_address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| format!("`{text}` is not an IP address"))
}

/// An interface's address: a known one, or "one of this prefix, not known yet".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AddressSpec {
    /// This address.
    Known(IpAddr),
    /// Some address of this prefix, not known yet.
    OneOf(Cidr),
}

/// Who a security group rule lets in or out to: a prefix, or the id of a group or a prefix list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Peer {
    /// Addresses.
    Cidr(Cidr),
    /// A security group or a prefix list, resolved when the network is built.
    Resource(super::ResourceId),
}

/// Where a route leads, as written: a prefix, or the id of a prefix list.
pub type Destination = Peer;

/// A rule's protocol: one number, or every protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProtocolSpec {
    /// Every protocol (`all`, AWS's -1).
    All,
    /// One protocol.
    One(Protocol),
}

/// A rule's ports: `443`, `1024-65535`, `[80, 443]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ports(pub PortSet);

/// Packets in the packet notation, such as `tcp/443`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacketSpec {
    /// As written.
    pub text: String,
    /// What it stands for.
    pub patterns: Vec<PacketPattern>,
}

impl PacketSpec {
    /// Reads the packet notation.
    pub fn parse(text: &str) -> Result<Self, String> {
        let patterns = parse_packets(text).map_err(|error| format!("{}; {}", error.message, error.hint))?;
        Ok(Self {
            text: text.to_owned(),
            patterns,
        })
    }
}

/// Implements the three serde faces of a value that is written as one scalar.
macro_rules! scalar {
    ($name:ident, $expecting:literal, $parse:expr, $print:expr, $schema:tt) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Scalar;
                impl Visitor<'_> for Scalar {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        let parse: fn(&str) -> Result<$name, String> = $parse;
                        parse(text).map_err(E::custom)
                    }
                    fn visit_u64<E: de::Error>(self, number: u64) -> Result<$name, E> {
                        self.visit_str(&number.to_string())
                    }
                    fn visit_i64<E: de::Error>(self, number: i64) -> Result<$name, E> {
                        self.visit_str(&number.to_string())
                    }
                }
                deserializer.deserialize_any(Scalar)
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let print: fn(&$name, S) -> Result<S::Ok, S::Error> = $print;
                print(self, serializer)
            }
        }
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

scalar!(Cidr, "a CIDR such as 10.0.0.0/16", Cidr::parse, |cidr, s| s.collect_str(&cidr.0), {
    "type": "string", "description": "a CIDR such as 10.0.0.0/16 or 2001:db8::/56"
});

scalar!(PacketSpec, "packets such as tcp/443", PacketSpec::parse, |spec, s| s.collect_str(&spec.text), {
    "type": "string", "description": "packets, in the notation of questions: tcp/443, tcp/8000-8100, udp/53, icmp"
});

scalar!(
    AddressSpec,
    "an IP address, or a CIDR for one that is not known yet",
    |text| {
        if text.contains('/') { Cidr::parse(text).map(AddressSpec::OneOf) } else { parse_address(text).map(AddressSpec::Known) }
    },
    |spec, s| match spec {
        AddressSpec::Known(address) => s.collect_str(address),
        AddressSpec::OneOf(cidr) => s.collect_str(&cidr.0),
    },
    { "type": "string", "description": "an IP address, or a CIDR: one of its addresses, not known yet" }
);

scalar!(
    Peer,
    "a CIDR, or the id of a security group or prefix list",
    |text| {
        // An id never holds a slash or begins like an address; what does is meant as a CIDR and judged as one.
        if text.contains('/') || parse_address(text).is_ok() {
            return Cidr::parse(text).map(Peer::Cidr);
        }
        Ok(Peer::Resource(text.into()))
    },
    |peer, s| match peer {
        Peer::Cidr(cidr) => s.collect_str(&cidr.0),
        Peer::Resource(id) => s.collect_str(id),
    },
    { "type": "string", "description": "a CIDR, or the id of a security group or prefix list" }
);

scalar!(
    ProtocolSpec,
    "a protocol: tcp, udp, icmp, icmpv6, all, or a number",
    |text| match text {
        "all" | "-1" => Ok(ProtocolSpec::All),
        _ => Protocol::parse(text)
            .map(ProtocolSpec::One)
            .ok_or_else(|| format!("`{text}` is not a protocol: tcp, udp, icmp, icmpv6, all, or a number from 0 to 255")),
    },
    |protocol, s| match protocol {
        ProtocolSpec::All => s.serialize_str("all"),
        ProtocolSpec::One(Protocol::ICMPV6) => s.serialize_str("icmpv6"),
        ProtocolSpec::One(protocol @ (Protocol::TCP | Protocol::UDP | Protocol::ICMP)) => s.collect_str(protocol),
        ProtocolSpec::One(Protocol(number)) => s.serialize_u8(*number),
    },
    { "type": ["string", "integer"], "description": "tcp, udp, icmp, icmpv6, all, or a number from 0 to 255" }
);

impl<'de> Deserialize<'de> for Ports {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = OneOrMany::<PortItem>::deserialize(deserializer)?;
        Ok(Self(PortSet::from_ranges(
            items.iter().flat_map(|item| item.0.ranges().iter().copied()),
        )))
    }
}

scalar!(
    Addresses,
    "addresses: any, an address, a CIDR, $NAME, !… or [a,b]",
    Addresses::parse,
    |addresses, s| s.collect_str(addresses),
    { "type": "string", "description": "addresses as in a Suricata header: any, an address, a CIDR, $NAME, !… or [a,b]" }
);

scalar!(
    PortWords,
    "ports: any, a port, a range such as 1024:65535, $NAME, !… or [a,b]",
    PortWords::parse,
    |ports, s| s.collect_str(ports),
    { "type": ["string", "integer"], "description": "ports as in a Suricata header: any, a port, 1024:65535, $NAME, !… or [a,b]" }
);

/// One item of a port list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PortItem(PortSet);

scalar!(
    PortItem,
    "a port or a range such as 1024-65535",
    |text| parse_ports(text).map(PortItem).map_err(|error| format!("{}; {}", error.message, error.hint)),
    |ports, s| s.collect_str(&PortText(&ports.0)),
    { "type": ["string", "integer"], "description": "a port, or a range such as 1024-65535" }
);

struct PortText<'a>(&'a PortSet);

impl fmt::Display for PortText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (low, high)) in self.0.ranges().iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            if low == high {
                write!(f, "{comma}{low}")?
            } else {
                write!(f, "{comma}{low}-{high}")?
            }
        }
        Ok(())
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        PortText(&self.0).fmt(f)
    }
}

impl Serialize for Ports {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let [(low, high)] = self.0.ranges() {
            return if low == high {
                serializer.serialize_u16(*low)
            } else {
                serializer.collect_str(self)
            };
        }
        let mut list = serializer.serialize_seq(None)?;
        for (low, high) in self.0.ranges() {
            if low == high {
                list.serialize_element(low)?
            } else {
                list.serialize_element(&format!("{low}-{high}"))?
            }
        }
        list.end()
    }
}

impl JsonSchema for Ports {
    fn schema_name() -> Cow<'static, str> {
        "Ports".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        OneOrMany::<PortItem>::json_schema(generator)
    }
}
