//! The words of rules, which every importer meets alike: protocols, and the two numbers that are ports or an ICMP type and code.

use crate::model::{Ports, ProtocolSpec};
use crate::packet::{PortSet, Protocol};

/// Ports, an ICMP type and an ICMP code.
pub type ServiceWords = (Option<Ports>, Option<u8>, Option<u8>);

/// A protocol, by name or number; -1 and nothing are all. None: nobody knows the word.
pub fn protocol(text: Option<&str>) -> Option<ProtocolSpec> {
    match text.map(str::to_ascii_lowercase).as_deref() {
        None | Some("-1" | "all") => Some(ProtocolSpec::All),
        Some(text) => Protocol::parse(text).map(ProtocolSpec::One),
    }
}

/// Ports, ICMP type and code, as the two numbers mean them for the protocol (EC2 API, `IpPermission`, `FromPort` and `ToPort`).
pub fn service(protocol: ProtocolSpec, from: Option<i64>, to: Option<i64>) -> ServiceWords {
    let ProtocolSpec::One(protocol) = protocol else {
        return (None, None, None);
    };
    if protocol.is_icmp() {
        let byte = |value: Option<i64>| value.and_then(|value| u8::try_from(value).ok());
        return (None, byte(from), byte(from).and(byte(to)));
    }
    let port = |value: Option<i64>| value.and_then(|value| u16::try_from(value).ok());
    let ports = match (port(from), port(to)) {
        (Some(low), Some(high)) if protocol.has_ports() && low <= high && (low, high) != (0, u16::MAX) => {
            Some(Ports(PortSet::range(low, high)))
        }
        _ => None,
    };
    (ports, None, None)
}
