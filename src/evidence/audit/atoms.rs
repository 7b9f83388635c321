//! Which addresses and ports a model cannot tell apart: those between two numbers that it mentions. Records of the same atoms
//! get the same answer, so millions of them are judged by one question each.
//!
//! Everything in the model that looks like an address or a port counts as mentioned, so that a new section needs no line
//! here. A number too many makes more atoms, and no answer wrong.

use crate::model::Model;
use crate::network::{internet_addresses, private_addresses};
use crate::packet::AddressSet;
use ipnet::IpNet;
use serde_json::Value;
use std::net::IpAddr;

/// The atom of an address, counted from 0; those of IPv6 come behind the others.
pub type Atom = u32;
/// Marks the place of a block among atoms of IPv4.
const BLOCK: u32 = 1 << 31;

/// The atoms of a model.
pub struct Atoms {
    ports: Vec<u16>,
    v4: Steps,
    v4_count: u32,
    v6: Vec<u128>,
}

/// The atom of each IPv4 address in three steps at the most: by its first two bytes, by the third, by the fourth. Where all
/// of a range is one atom, its place has that; else where the block of 256 begins that parts it further. A search by halves
/// would go another way for each address, which no processor foresees.
struct Steps(Vec<u32>);

/// Where atoms begin, as they are collected.
#[derive(Default)]
struct Begins {
    ports: Vec<u32>,
    v4: Vec<u64>,
    v6: Vec<u128>,
}

impl Atoms {
    /// Those of a model.
    pub fn of(model: &Model) -> Self {
        let mut begins = Begins::default();
        begins.ports.extend([1024, 32768]);
        for set in [&private_addresses(), &internet_addresses()] {
            begins.set(set);
        }
        // A model can always be written: it has been read.
        let written = serde_json::to_value(model).unwrap_or_default();
        begins.value(&written, false);
        let Begins {
            mut ports,
            mut v4,
            mut v6,
        } = begins;
        ports.sort_unstable();
        v4.sort_unstable();
        v4.dedup();
        v6.sort_unstable();
        v6.dedup();
        let atom = |port: u32| ports.partition_point(|begin| *begin <= port) as u16;
        let v4: Vec<u32> = v4.into_iter().filter_map(|begin| begin.try_into().ok()).collect();
        Self {
            ports: (0..=u32::from(u16::MAX)).map(atom).collect(),
            v4: Steps::of(&v4),
            v4_count: v4.len() as u32 + 1,
            v6,
        }
    }

    /// The atom of a port.
    #[inline]
    pub fn port(&self, port: u16) -> u16 {
        self.ports[usize::from(port)]
    }

    /// The atom of an address.
    #[inline]
    pub fn address(&self, address: IpAddr) -> Atom {
        match address {
            IpAddr::V4(address) => self.v4.atom(address.into()),
            IpAddr::V6(address) => {
                let address = u128::from(address);
                self.v4_count + self.v6.partition_point(|begin| *begin <= address) as Atom
            }
        }
    }

    /// How many atoms of addresses there are.
    pub fn count(&self) -> usize {
        self.v4_count as usize + self.v6.len() + 1
    }
}

impl Steps {
    /// Of the sorted addresses with which atoms begin.
    fn of(begins: &[u32]) -> Self {
        let mut steps = Self(Vec::new());
        steps.part((begins, 0), 0, 16, 16);
        steps
    }

    /// Adds the parts of a range, which are as many as so many bits tell apart, each of so many bits itself. `before` atoms
    /// begin before it.
    fn part(&mut self, (mut begins, mut before): (&[u32], u32), base: u32, parts: u32, bits: u32) {
        let block = self.0.len();
        self.0.resize(block + (1 << parts), 0);
        for part in 0..1 << parts {
            let first = base + (part << bits);
            let within = begins.partition_point(|begin| (begin - first) >> bits == 0);
            let (here, later) = begins.split_at(within);
            self.0[block + part as usize] = match here {
                [] => before,
                [begin] if *begin == first => before + 1,
                _ => {
                    let inner = self.0.len() as u32;
                    self.part((here, before), first, 8, bits - 8);
                    BLOCK | inner
                }
            };
            before += within as u32;
            begins = later;
        }
    }

    #[inline]
    fn atom(&self, address: u32) -> Atom {
        let mut found = self.0[(address >> 16) as usize];
        for bits in [8, 0] {
            if found & BLOCK == 0 {
                break;
            }
            found = self.0[(found & !BLOCK) as usize + (address >> bits & 255) as usize];
        }
        found
    }
}

impl Begins {
    fn value(&mut self, value: &Value, of_ports: bool) {
        match value {
            Value::String(text) => self.text(text, of_ports),
            Value::Number(number) if of_ports => {
                let port = number.as_u64().and_then(|port| u16::try_from(port).ok());
                port.into_iter().for_each(|port| self.port(port));
            }
            Value::Array(list) => list.iter().for_each(|one| self.value(one, of_ports)),
            Value::Object(map) => {
                for (key, value) in map {
                    let key_of_ports =
                        key.contains("port") || key.contains("rule") || key == "type" || key == "code";
                    self.value(value, of_ports || key_of_ports);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str, of_ports: bool) {
        let part = |byte: char| byte.is_whitespace() || ",[]!()\"';".contains(byte);
        for word in text.split(part) {
            if let Ok(net) = word.parse::<IpNet>() {
                self.net(net);
            } else if let Ok(address) = word.parse::<IpAddr>() {
                self.net(address.into());
            } else if of_ports {
                self.ports_of(word);
            }
        }
    }

    /// `443`, `1024-65535`, or ports in other words.
    fn ports_of(&mut self, word: &str) {
        let ends = word.split_once('-');
        let ends = ends.and_then(|(low, high)| Some((low.parse::<u16>().ok()?, high.parse::<u16>().ok()?)));
        if let Some((low, high)) = ends {
            self.ports.extend([u32::from(low), u32::from(high) + 1]);
            return;
        }
        let numbers = word.split(|byte: char| !byte.is_ascii_digit());
        numbers
            .filter_map(|number| number.parse().ok())
            .for_each(|port| self.port(port));
    }

    fn port(&mut self, port: u16) {
        self.ports.extend([u32::from(port), u32::from(port) + 1]);
    }

    fn set(&mut self, set: &AddressSet) {
        set.to_cidrs().into_iter().for_each(|net| self.net(net));
    }

    fn net(&mut self, net: IpNet) {
        match net {
            IpNet::V4(net) => {
                let (first, last) = (u32::from(net.network()), u32::from(net.broadcast()));
                self.v4.extend([u64::from(first), u64::from(last) + 1]);
            }
            IpNet::V6(net) => {
                self.v6.push(u128::from(net.network()));
                self.v6.extend(u128::from(net.broadcast()).checked_add(1));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Atoms, Steps};
    use crate::model::load_text;

    #[test]
    fn steps_lead_where_a_search_does() {
        let begins = [
            0,
            5,
            256,
            257,
            65_535,
            65_536,
            0x0a00_0000,
            0x0a00_0101,
            0x0aff_ff00,
            u32::MAX,
        ];
        for kept in 0..1 << begins.len() {
            let some = begins.iter().enumerate().filter(|(at, _)| kept >> at & 1 == 1);
            let some: Vec<u32> = some.map(|(_, begin)| *begin).collect();
            let steps = Steps::of(&some);
            for near in begins {
                for address in [near.saturating_sub(1), near, near.saturating_add(1), near ^ 0x100] {
                    let before = some.partition_point(|begin| *begin <= address) as u32;
                    assert_eq!(steps.atom(address), before, "{some:?} {address}");
                }
            }
        }
    }

    #[test]
    fn what_the_model_mentions_is_told_apart() -> Result<(), Box<dyn std::error::Error>> {
        let text = "version: 1\nvpcs: { vpc: { cidr: [10.0.0.0/16, 10.1.0.0/16] } }\n\
            subnets: { subnet: { vpc: vpc, cidr: 10.0.1.0/24 } }\n\
            enis: { eni: { subnet: subnet, ip: 10.0.1.10, security_groups: [sg] } }\n\
            security_groups: { sg: { vpc: vpc, ingress: [{ protocol: tcp, ports: 5000-5010, source: 203.0.113.0/24 }] } }\n";
        let atoms = Atoms::of(&load_text("model.yaml", text)?.model);
        let address = |text: &str| text.parse().map(|address| atoms.address(address));
        assert_eq!(address("10.0.1.11")?, address("10.0.1.200")?);
        assert_eq!(address("8.8.8.8")?, address("8.8.4.4")?);
        for (one, other) in [
            ("10.0.1.10", "10.0.1.11"),
            ("10.0.1.9", "10.0.0.255"),
            ("203.0.113.255", "203.0.114.0"),
            ("8.8.8.8", "10.2.0.1"),
            ("8.8.8.8", "2001:db8::1"),
        ] {
            assert_ne!(address(one)?, address(other)?, "{one} {other}");
        }
        assert_eq!(atoms.port(5000), atoms.port(5010));
        assert_eq!(atoms.port(40000), atoms.port(65535));
        assert!(atoms.port(4999) != atoms.port(5000) && atoms.port(5010) != atoms.port(5011));
        Ok(())
    }
}
