//! What a rule was used for: protocols, ports and addresses, however many records tell of them.
//!
//! Laws: of a rule no more than some hundred addresses and some tens of ports are held; what is more becomes prefixes, and a range of
//! ports. What comes out depends on what was seen alone, and not on the order in which it was.

use crate::packet::{AddressSet, PortSet};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The most prefixes of one family that are held for a port.
const PREFIXES_MAX: usize = 256;
/// The most ports of a protocol that are told apart.
const PORTS_MAX: usize = 48;

/// What a rule was used for, by protocol.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traffic {
    /// How many records.
    pub records: u64,
    /// What of which protocol.
    pub protocols: BTreeMap<u8, Spread>,
}

/// What a rule was used for, of one protocol.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spread {
    /// Requests: to which ports, from or to which addresses.
    ports: BTreeMap<(u16, u16), Peers>,
    /// Whether there were so many ports that they are one range.
    is_range: bool,
    /// Replies: whoever asked chose their port.
    pub replies: Peers,
}

/// Addresses at the other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peers {
    /// How many records.
    pub records: u64,
    v4: Prefixes,
    v6: Prefixes,
}

/// Addresses of one family; of very many their prefixes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Prefixes {
    bits: u8,
    length: u8,
    begins: BTreeSet<u128>,
}

impl Traffic {
    /// Takes a record: the protocol, the port that was asked for, none for a reply, and the address at the other end.
    pub fn take(&mut self, protocol: u8, port: Option<(u16, u16)>, address: IpAddr) {
        self.records += 1;
        let spread = self.protocols.entry(protocol).or_default();
        match port {
            Some(port) => spread.at(port).take(address),
            None => spread.replies.take(address),
        }
        spread.settle();
    }

    /// Takes what others saw.
    pub fn join(&mut self, later: Self) {
        self.records += later.records;
        for (protocol, theirs) in later.protocols {
            let spread = self.protocols.entry(protocol).or_default();
            if theirs.is_range {
                spread.close();
            }
            for (port, peers) in theirs.ports {
                spread.at(port).join(peers);
                spread.settle();
            }
            spread.replies.join(theirs.replies);
        }
    }
}

impl Spread {
    /// The ports that were asked for, and by or of whom.
    pub fn requests(&self) -> impl Iterator<Item = (PortSet, &Peers)> {
        self.ports
            .iter()
            .map(|((low, high), peers)| (PortSet::range(*low, *high), peers))
    }

    fn at(&mut self, port: (u16, u16)) -> &mut Peers {
        let wider = |known: (u16, u16)| (known.0.min(port.0), known.1.max(port.1));
        let key = match self.ports.first_key_value() {
            Some((known, _)) if self.is_range => wider(*known),
            _ => port,
        };
        if self.is_range
            && let Some((known, peers)) = self.ports.pop_first()
        {
            self.ports.insert(wider(known), peers);
        }
        self.ports.entry(key).or_default()
    }

    /// So many ports are one range.
    fn settle(&mut self) {
        if self.ports.len() > PORTS_MAX {
            self.close();
        }
    }

    fn close(&mut self) {
        self.is_range = true;
        let mut range: Option<(u16, u16)> = None;
        let mut all = Peers::default();
        for (port, peers) in std::mem::take(&mut self.ports) {
            range = Some(range.map_or(port, |known| (known.0.min(port.0), known.1.max(port.1))));
            all.join(peers);
        }
        self.ports.extend(range.map(|range| (range, all)));
    }
}

impl Default for Peers {
    fn default() -> Self {
        Self {
            records: 0,
            v4: Prefixes::of(32),
            v6: Prefixes::of(128),
        }
    }
}

impl Peers {
    fn take(&mut self, address: IpAddr) {
        self.records += 1;
        match address {
            IpAddr::V4(address) => self.v4.take(u32::from(address).into()),
            IpAddr::V6(address) => self.v6.take(address.into()),
        }
    }

    /// Takes what others saw.
    pub fn join(&mut self, later: Self) {
        self.records += later.records;
        self.v4.join(later.v4);
        self.v6.join(later.v6);
    }

    /// The addresses, or prefixes of them.
    pub fn addresses(&self) -> AddressSet {
        AddressSet::from_cidrs(self.v4.nets().chain(self.v6.nets()))
    }

    /// How many addresses there were, and whether there were more.
    pub fn count(&self) -> (usize, bool) {
        let is_more = |of: &Prefixes| of.length < of.bits;
        (
            self.v4.begins.len() + self.v6.begins.len(),
            is_more(&self.v4) || is_more(&self.v6),
        )
    }
}

impl Prefixes {
    fn of(bits: u8) -> Self {
        Self {
            bits,
            length: bits,
            begins: BTreeSet::new(),
        }
    }

    fn take(&mut self, address: u128) {
        self.begins.insert(cut(address, self.bits - self.length));
        self.settle();
    }

    fn join(&mut self, later: Self) {
        self.shorten(later.length);
        let cut_off = self.bits - self.length;
        self.begins
            .extend(later.begins.into_iter().map(|begin| cut(begin, cut_off)));
        self.settle();
    }

    fn settle(&mut self) {
        while self.begins.len() > PREFIXES_MAX {
            self.shorten(self.length - 1);
        }
    }

    fn shorten(&mut self, length: u8) {
        if length < self.length {
            self.length = length;
            let cut_off = self.bits - length;
            self.begins = self.begins.iter().map(|begin| cut(*begin, cut_off)).collect();
        }
    }

    fn nets(&self) -> impl Iterator<Item = IpNet> {
        self.begins.iter().filter_map(|begin| match self.bits {
            32 => {
                let address = Ipv4Addr::from(u32::try_from(*begin).ok()?);
                Ipv4Net::new(address, self.length).ok().map(IpNet::V4)
            }
            _ => Ipv6Net::new(Ipv6Addr::from(*begin), self.length)
                .ok()
                .map(IpNet::V6),
        })
    }
}

/// An address without its last bits.
fn cut(address: u128, bits: u8) -> u128 {
    let bits = u32::from(bits);
    address
        .checked_shr(bits)
        .unwrap_or(0)
        .checked_shl(bits)
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{PREFIXES_MAX, Traffic};
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    fn v4(number: u32) -> IpAddr {
        Ipv4Addr::from(0x0a00_0000 + number).into()
    }

    /// Whoever saw what first, and in how many files: the same comes out.
    #[test]
    fn the_order_makes_no_difference() {
        let seen = |at: u32| match at % 3 {
            0 => (6, Some((at as u16, at as u16)), v4(at * 7)),
            1 => (6, None, v4(at)),
            _ => (17, Some((53, 53)), Ipv6Addr::from(u128::from(at) << 64).into()),
        };
        let mut forth = Traffic::default();
        (0..2000).for_each(|at| {
            let (protocol, port, address) = seen(at);
            forth.take(protocol, port, address);
        });
        let mut parts: Vec<Traffic> = vec![Traffic::default(); 7];
        (0..2000).rev().for_each(|at| {
            let (protocol, port, address) = seen(at);
            parts[at as usize % 7].take(protocol, port, address);
        });
        let mut back = Traffic::default();
        parts.into_iter().rev().for_each(|part| back.join(part));
        assert_eq!(forth, back);
        let ports: Vec<String> = forth.protocols[&6]
            .requests()
            .map(|(ports, _)| format!("{:?}", ports.ranges()))
            .collect();
        assert_eq!(ports, ["[(0, 1998)]"]);
    }

    #[test]
    fn few_addresses_are_kept_and_many_are_prefixes() {
        let mut traffic = Traffic::default();
        (0..256).for_each(|at| traffic.take(6, Some((443, 443)), v4(at)));
        let told = |traffic: &Traffic| {
            let (_, peers) = traffic.protocols[&6].requests().next()?;
            let nets: Vec<String> = peers
                .addresses()
                .to_cidrs()
                .iter()
                .map(ToString::to_string)
                .collect();
            Some((nets.join(" "), peers.count()))
        };
        assert_eq!(
            told(&traffic),
            Some(("10.0.0.0/24".to_owned(), (PREFIXES_MAX, false)))
        );
        traffic.take(6, Some((443, 443)), v4(1 << 16));
        assert_eq!(
            told(&traffic),
            Some(("10.0.0.0/24 10.1.0.0/31".to_owned(), (129, true)))
        );
    }
}
