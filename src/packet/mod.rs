//! Sets of packets and their algebra. This floor has never heard of AWS.
//!
//! A [`PacketSet`] is a canonical node of a hash-consed interval decision diagram that lives in a [`Space`]:
//! two sets of one space are equal exactly when their ids are. IPv4 and IPv6 are two disjoint planes of one set.
//! A [`RuleMap`] is the same diagram with rule numbers in its leaves, so that asking which rule decided costs
//! nothing beyond asking whether one did.

mod address;
mod cube;
mod header;
mod notation;
mod protocol;
mod range;
mod space;

pub use address::{AddressSet, Family};
pub use cube::Cube;
pub use header::Header;
pub use notation::{NotationError, PacketPattern, parse_packets, parse_ports};
pub use protocol::Protocol;
pub use range::{PortSet, ProtocolSet, RangeSet};
pub use space::{Field, NAT64_PREFIX, PacketSet, RuleMap, Space};
