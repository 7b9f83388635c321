//! The arena in which packet sets live.

use super::{AddressSet, Cube, Header, PortSet};

/// A set of packets: a canonical node of its [`Space`]. Equal ids are equal sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PacketSet(u32);

/// A map from packets to the index of the rule that matches first; a canonical node of its [`Space`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleMap(u32);

/// A field of the packet header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// IP protocol number.
    Protocol,
    /// Destination port, or ICMP type and code.
    DestinationPort,
    /// Source port.
    SourcePort,
    /// Source address.
    Source,
    /// Destination address.
    Destination,
}

impl PacketSet {
    /// No packet.
    pub const EMPTY: Self = Self(0);
    /// Every packet of both families.
    pub const ALL: Self = Self(1);

    /// Whether no packet is in it.
    pub fn is_empty(self) -> bool {
        self == Self::EMPTY
    }
}

/// Where packet sets live: the nodes, the tables that keep them canonical, and the memos of the operations.
/// A space is for one thread and one piece of work; dropping it drops every set of it.
#[derive(Debug, Default)]
pub struct Space {}

impl Space {
    /// A space with nothing but the empty and the full set.
    pub fn new() -> Self {
        Self::default()
    }
    /// The packets of a product.
    pub fn cube(&self, _cube: &Cube) -> PacketSet {
        todo!()
    }
    /// What is in either.
    pub fn union(&self, _a: PacketSet, _b: PacketSet) -> PacketSet {
        todo!()
    }
    /// What is in both.
    pub fn intersect(&self, _a: PacketSet, _b: PacketSet) -> PacketSet {
        todo!()
    }
    /// What is in `a` and not in `b`.
    pub fn subtract(&self, _a: PacketSet, _b: PacketSet) -> PacketSet {
        todo!()
    }
    /// Everything else.
    pub fn complement(&self, _a: PacketSet) -> PacketSet {
        todo!()
    }
    /// Whether all of `a` is in `b`.
    pub fn is_subset(&self, _a: PacketSet, _b: PacketSet) -> bool {
        todo!()
    }
    /// Whether one packet is in the set.
    pub fn contains(&self, _set: PacketSet, _packet: &Header) -> bool {
        todo!()
    }
    /// One packet of the set, always the same one, as ordinary as the set allows (an ephemeral source port, ICMP
    /// echo, a well-known port); `None` when the set is empty.
    pub fn witness(&self, _set: PacketSet) -> Option<Header> {
        todo!()
    }
    /// The set as few disjoint products, sorted; exact.
    pub fn cubes(&self, _set: PacketSet) -> Vec<Cube> {
        todo!()
    }
    /// The packets of `set` whose source is in `addresses`.
    pub fn from_sources(&self, _set: PacketSet, _addresses: &AddressSet) -> PacketSet {
        todo!()
    }
    /// The packets of `set` whose destination is in `addresses`.
    pub fn to_destinations(&self, _set: PacketSet, _addresses: &AddressSet) -> PacketSet {
        todo!()
    }
    /// The source addresses that occur in the set.
    pub fn sources(&self, _set: PacketSet) -> AddressSet {
        todo!()
    }
    /// The destination addresses that occur in the set.
    pub fn destinations(&self, _set: PacketSet) -> AddressSet {
        todo!()
    }
    /// The destination ports that occur among packets of the set (of every protocol in it).
    pub fn destination_ports(&self, _set: PacketSet) -> PortSet {
        todo!()
    }
    /// The set with `field` made arbitrary: packets that differ from one of the set in that field at most.
    pub fn forget(&self, _set: PacketSet, _field: Field) -> PacketSet {
        todo!()
    }
    /// Every packet's source address replaced by each of `addresses` (of the same family).
    pub fn assign_source(&self, _set: PacketSet, _addresses: &AddressSet) -> PacketSet {
        todo!()
    }
    /// Every packet's destination address replaced by each of `addresses` (of the same family).
    pub fn assign_destination(&self, _set: PacketSet, _addresses: &AddressSet) -> PacketSet {
        todo!()
    }
    /// The source port of TCP and UDP packets replaced by each of `ports`; other packets unchanged.
    pub fn assign_source_ports(&self, _set: PacketSet, _ports: &PortSet) -> PacketSet {
        todo!()
    }
    /// The destination port of TCP and UDP packets replaced by each of `ports`; other packets unchanged.
    pub fn assign_destination_ports(&self, _set: PacketSet, _ports: &PortSet) -> PacketSet {
        todo!()
    }
    /// The replies to a set of requests: addresses and ports swapped, ICMP echo (8, 128) turned into echo reply
    /// (0, 129), timestamp 13 into 14, information 15 into 16, address mask 17 into 18. ICMP messages that nobody
    /// answers are left out (see [`Space::unanswered`]); protocols without ports just swap addresses.
    pub fn replies(&self, _requests: PacketSet) -> PacketSet {
        todo!()
    }
    /// The requests that a set of replies answers: the inverse of [`Space::replies`].
    pub fn requests(&self, _replies: PacketSet) -> PacketSet {
        todo!()
    }
    /// The packets of the set that by their nature get no reply: ICMP errors, replies and the like.
    pub fn unanswered(&self, _set: PacketSet) -> PacketSet {
        todo!()
    }
    /// Compiles a rule list by one sweep: each packet is mapped to the index of the first rule with a cube that
    /// holds it. A rule is a list of cubes, because one rule may name several protocols or peers.
    pub fn first_match(&self, _rules: &[Vec<Cube>]) -> RuleMap {
        todo!()
    }
    /// Splits `set` by the rule that decides: `(Some(index), part)` in index order, then `(None, rest)` for what no
    /// rule matches. Empty parts are left out; the parts are disjoint and cover the set.
    pub fn split(&self, _map: RuleMap, _set: PacketSet) -> Vec<(Option<usize>, PacketSet)> {
        todo!()
    }
    /// The packets that some rule matches.
    pub fn matched(&self, _map: RuleMap) -> PacketSet {
        todo!()
    }
    /// How many nodes and edges the space holds: (nodes, edges).
    pub fn size(&self) -> (usize, usize) {
        todo!()
    }
}
