//! The arena in which packet sets live.

mod apply;
mod arena;
mod decode;
mod reply;
mod sweep;
mod translate;
mod witness;

pub use translate::PREFIX as NAT64_PREFIX;

use super::{AddressSet, Cube, Family, Header, PortSet, Protocol, ProtocolSet};
use apply::{Memo, Op};
use arena::{Arena, Id, NO_RULE, level};
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::net::IpAddr;

/// A set of packets: a canonical node of its [`Space`]. Equal ids are equal sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PacketSet(Id);

/// A map from packets to the index of the rule that matches first; a canonical node of its [`Space`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleMap(Id);

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

impl Field {
    fn level(self) -> u8 {
        match self {
            Self::Protocol => level::PROTOCOL,
            Self::DestinationPort => level::DESTINATION_PORT,
            Self::SourcePort => level::SOURCE_PORT,
            Self::Source => level::SOURCE,
            Self::Destination => level::DESTINATION,
        }
    }
}

impl PacketSet {
    /// No packet.
    pub const EMPTY: Self = Self(arena::EMPTY);
    /// Every packet of both families.
    pub const ALL: Self = Self(arena::ALL);

    /// Whether no packet is in it.
    pub fn is_empty(self) -> bool {
        self == Self::EMPTY
    }
}

/// Where packet sets live: the nodes, the tables that keep them canonical, and the memos of the operations.
/// A space is for one thread and one piece of work; dropping it drops every set of it.
#[derive(Debug, Default)]
pub struct Space {
    inner: RefCell<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    arena: Arena,
    memo: Memo,
    replies: FxHashMap<(Id, bool), Id>,
}

impl Inner {
    fn apply(&mut self, op: Op, a: Id, b: Id) -> Id {
        apply::apply(&mut self.arena, &mut self.memo, op, a, b)
    }

    /// The packets that some cube holds.
    fn any(&mut self, cubes: Vec<Cube>) -> Id {
        let map = sweep::first_match(&mut self.arena, &[cubes]);
        apply::relabel(&mut self.arena, &mut FxHashMap::default(), map, &|leaf| {
            if leaf == NO_RULE { arena::EMPTY } else { arena::ALL }
        })
    }

    /// The packets whose addresses in one field are among these.
    fn addressed(&mut self, at: u8, addresses: &AddressSet) -> Id {
        let (all, none) = (arena::ALL, arena::EMPTY);
        let v4 = self
            .arena
            .ranges(at, &sweep::wide(&addresses.v4), u32::MAX.into(), all, none);
        let v6 = self
            .arena
            .ranges(at, &sweep::wide(&addresses.v6), u128::MAX, all, none);
        self.arena.node(level::FAMILY, &mut vec![(0, v4), (1, v6)])
    }

    /// The packets whose port in one field is among these.
    fn ported(&mut self, at: u8, ports: &PortSet) -> Id {
        self.arena
            .ranges(at, &sweep::wide(ports), u16::MAX.into(), arena::ALL, arena::EMPTY)
    }

    /// TCP and UDP.
    fn with_ports(&mut self) -> Id {
        let numbers = [Protocol::TCP, Protocol::UDP].map(|protocol| (protocol.0.into(), protocol.0.into()));
        self.arena.ranges(
            level::PROTOCOL,
            &numbers,
            u8::MAX.into(),
            arena::ALL,
            arena::EMPTY,
        )
    }

    fn forget(&mut self, set: Id, at: u8) -> Id {
        apply::forget(
            &mut self.arena,
            &mut self.memo,
            &mut FxHashMap::default(),
            set,
            at,
        )
    }

    fn assign_ports(&mut self, set: Id, at: u8, ports: &PortSet) -> Id {
        let with = self.with_ports();
        let changed = self.apply(Op::Mask, set, with);
        let kept = self.apply(Op::Subtract, set, with);
        let open = self.forget(changed, at);
        // Forgetting the port of TCP and UDP alone leaves other protocols out, as they were.
        let to = self.ported(at, ports);
        let assigned = self.apply(Op::Mask, open, to);
        self.apply(Op::Union, assigned, kept)
    }
}

impl Space {
    /// A space with nothing but the empty and the full set.
    pub fn new() -> Self {
        Self::default()
    }
    /// The packets of a product.
    pub fn cube(&self, cube: &Cube) -> PacketSet {
        PacketSet(self.inner.borrow_mut().any(vec![cube.clone()]))
    }
    /// The packets of any of several products.
    pub fn cubes_of(&self, cubes: Vec<Cube>) -> PacketSet {
        PacketSet(self.inner.borrow_mut().any(cubes))
    }
    /// What is in either.
    pub fn union(&self, a: PacketSet, b: PacketSet) -> PacketSet {
        PacketSet(self.inner.borrow_mut().apply(Op::Union, a.0, b.0))
    }
    /// What is in both.
    pub fn intersect(&self, a: PacketSet, b: PacketSet) -> PacketSet {
        PacketSet(self.inner.borrow_mut().apply(Op::Mask, a.0, b.0))
    }
    /// What is in `a` and not in `b`.
    pub fn subtract(&self, a: PacketSet, b: PacketSet) -> PacketSet {
        PacketSet(self.inner.borrow_mut().apply(Op::Subtract, a.0, b.0))
    }
    /// Everything else.
    pub fn complement(&self, a: PacketSet) -> PacketSet {
        self.subtract(PacketSet::ALL, a)
    }
    /// Whether all of `a` is in `b`.
    pub fn is_subset(&self, a: PacketSet, b: PacketSet) -> bool {
        self.subtract(a, b).is_empty()
    }
    /// Whether one packet is in the set.
    pub fn contains(&self, set: PacketSet, packet: &Header) -> bool {
        let arena = &self.inner.borrow().arena;
        let address = |address: IpAddr| match address {
            IpAddr::V4(address) => u128::from(u32::from(address)),
            IpAddr::V6(address) => u128::from(address),
        };
        let values = [
            u128::from(packet.source.is_ipv6()),
            packet.protocol.0.into(),
            packet.destination_port.into(),
            packet.source_port.into(),
            address(packet.source),
            address(packet.destination),
        ];
        let mut id = set.0;
        while !arena::is_leaf(id) {
            id = arena.child(id, values[usize::from(arena.level(id))]);
        }
        id == arena::ALL
    }
    /// One packet of the set, always the same one, as ordinary as the set allows (an ephemeral source port, ICMP
    /// echo, a well-known port); `None` when the set is empty.
    pub fn witness(&self, set: PacketSet) -> Option<Header> {
        witness::of(&mut self.inner.borrow_mut(), set.0)
    }
    /// The set as few disjoint products, sorted; exact.
    pub fn cubes(&self, set: PacketSet) -> Vec<Cube> {
        decode::cubes(&self.inner.borrow().arena, set.0)
    }
    /// The packets of `set` whose source is in `addresses`.
    pub fn from_sources(&self, set: PacketSet, addresses: &AddressSet) -> PacketSet {
        self.addressed(set, level::SOURCE, addresses)
    }
    /// The packets of `set` whose destination is in `addresses`.
    pub fn to_destinations(&self, set: PacketSet, addresses: &AddressSet) -> PacketSet {
        self.addressed(set, level::DESTINATION, addresses)
    }
    fn addressed(&self, set: PacketSet, at: u8, addresses: &AddressSet) -> PacketSet {
        let mut inner = self.inner.borrow_mut();
        let those = inner.addressed(at, addresses);
        PacketSet(inner.apply(Op::Mask, set.0, those))
    }
    /// The source addresses that occur in the set.
    pub fn sources(&self, set: PacketSet) -> AddressSet {
        decode::addresses(&self.inner.borrow().arena, set.0, level::SOURCE)
    }
    /// The destination addresses that occur in the set.
    pub fn destinations(&self, set: PacketSet) -> AddressSet {
        decode::addresses(&self.inner.borrow().arena, set.0, level::DESTINATION)
    }
    /// The destination ports that occur among packets of the set (of every protocol in it).
    pub fn destination_ports(&self, set: PacketSet) -> PortSet {
        decode::ports(&self.inner.borrow().arena, set.0, level::DESTINATION_PORT)
    }
    /// The protocols that occur in the set.
    pub fn protocols(&self, set: PacketSet) -> ProtocolSet {
        decode::protocols(&self.inner.borrow().arena, set.0)
    }
    /// The set with `field` made arbitrary: packets that differ from one of the set in that field at most.
    pub fn forget(&self, set: PacketSet, field: Field) -> PacketSet {
        PacketSet(self.inner.borrow_mut().forget(set.0, field.level()))
    }
    /// Every packet's source address replaced by each of `addresses` (of the same family).
    pub fn assign_source(&self, set: PacketSet, addresses: &AddressSet) -> PacketSet {
        self.from_sources(self.forget(set, Field::Source), addresses)
    }
    /// Every packet's destination address replaced by each of `addresses` (of the same family).
    pub fn assign_destination(&self, set: PacketSet, addresses: &AddressSet) -> PacketSet {
        self.to_destinations(self.forget(set, Field::Destination), addresses)
    }
    /// The source port of TCP and UDP packets replaced by each of `ports`; other packets unchanged.
    pub fn assign_source_ports(&self, set: PacketSet, ports: &PortSet) -> PacketSet {
        PacketSet(
            self.inner
                .borrow_mut()
                .assign_ports(set.0, level::SOURCE_PORT, ports),
        )
    }
    /// The destination port of TCP and UDP packets replaced by each of `ports`; other packets unchanged.
    pub fn assign_destination_ports(&self, set: PacketSet, ports: &PortSet) -> PacketSet {
        PacketSet(
            self.inner
                .borrow_mut()
                .assign_ports(set.0, level::DESTINATION_PORT, ports),
        )
    }
    /// The replies to a set of requests: addresses and ports swapped, ICMP echo (8, 128) turned into echo reply
    /// (0, 129), timestamp 13 into 14, information 15 into 16, address mask 17 into 18. ICMP messages that nobody
    /// answers are left out (see [`Space::unanswered`]); protocols without ports just swap addresses.
    pub fn replies(&self, requests: PacketSet) -> PacketSet {
        PacketSet(reply::turn(&mut self.inner.borrow_mut(), requests.0, true))
    }
    /// The requests that a set of replies answers: the inverse of [`Space::replies`].
    pub fn requests(&self, replies: PacketSet) -> PacketSet {
        PacketSet(reply::turn(&mut self.inner.borrow_mut(), replies.0, false))
    }
    /// IPv6 packets to 64:ff9b::/96 as IPv4 ones to the address in the last 32 bits, from any source.
    pub fn to_v4(&self, set: PacketSet) -> PacketSet {
        PacketSet(translate::to_v4(&mut self.inner.borrow_mut(), set.0))
    }
    /// The IPv6 packets that become these: the inverse of [`Space::to_v4`].
    pub fn to_v6(&self, set: PacketSet) -> PacketSet {
        PacketSet(translate::to_v6(&mut self.inner.borrow_mut(), set.0))
    }
    /// The packets of the set that by their nature get no reply: ICMP errors, replies and the like.
    pub fn unanswered(&self, set: PacketSet) -> PacketSet {
        PacketSet(reply::unanswered(&mut self.inner.borrow_mut(), set.0))
    }
    /// Compiles a rule list by one sweep: each packet is mapped to the index of the first rule with a cube that
    /// holds it. A rule is a list of cubes, because one rule may name several protocols or peers.
    pub fn first_match(&self, rules: &[Vec<Cube>]) -> RuleMap {
        RuleMap(sweep::first_match(&mut self.inner.borrow_mut().arena, rules))
    }
    /// Splits `set` by the rule that decides: `(Some(index), part)` in index order, then `(None, rest)` for what no
    /// rule matches. Empty parts are left out; the parts are disjoint and cover the set.
    pub fn split(&self, map: RuleMap, set: PacketSet) -> Vec<(Option<usize>, PacketSet)> {
        let mut inner = self.inner.borrow_mut();
        let masked = inner.apply(Op::Mask, map.0, set.0);
        let leaves = apply::leaves(&inner.arena, masked);
        let rule = |leaf: Id| (leaf != NO_RULE).then(|| arena::leaf_rule(leaf));
        if let [leaf] = leaves.as_slice() {
            return vec![(rule(*leaf), set)];
        }
        let part = |leaf: &Id| {
            let only = |other: Id| if other == *leaf { arena::ALL } else { arena::EMPTY };
            let set = apply::relabel(&mut inner.arena, &mut FxHashMap::default(), masked, &only);
            (rule(*leaf), PacketSet(set))
        };
        leaves.iter().map(part).collect()
    }
    /// The packets that some rule matches.
    pub fn matched(&self, map: RuleMap) -> PacketSet {
        let matched = |leaf: Id| if leaf == NO_RULE { arena::EMPTY } else { arena::ALL };
        let arena = &mut self.inner.borrow_mut().arena;
        PacketSet(apply::relabel(arena, &mut FxHashMap::default(), map.0, &matched))
    }
    /// How many nodes and edges the space holds: (nodes, edges).
    pub fn size(&self) -> (usize, usize) {
        self.inner.borrow().arena.size()
    }
    /// The packets of one family.
    pub fn plane(&self, set: PacketSet, family: Family) -> PacketSet {
        self.from_sources(set, &AddressSet::family(family))
    }
}
