//! Counts records by class while they are read: what the model cannot tell apart is one class, with its first record as
//! example. Memory grows with the model and who talks to whom, not with the number of records.

use super::super::read::{Gather, Spot};
use super::super::record::{LogAction, Record};
use super::super::row::Row;
use super::super::seen::Tuple;
use super::atoms::{Atom, Atoms};
use crate::model::{Model, NetworkInterfaceId};
use crate::network::Direction;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// The most classes of one run; records of further ones are counted and not judged.
const CLASSES_MAX: usize = 1_000_000;
/// The most unknown interfaces that are named.
const UNKNOWN_MAX: usize = 10_000;

/// What a record's flags tell of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Its first packet is among them: a SYN without an ACK.
    Opens,
    /// The answer to that is: a SYN with an ACK.
    Answers,
    /// Neither: it began before.
    Later,
    /// No flags, or no TCP.
    Unsaid,
}

impl Part {
    fn of(row: &Row<'_>) -> Self {
        match row.tcp_flags {
            Some(flags) if row.protocol == Some(6) => match (flags & 2 != 0, flags & 16 != 0) {
                (true, false) => Self::Opens,
                (true, true) => Self::Answers,
                (false, _) => Self::Later,
            },
            _ => Self::Unsaid,
        }
    }
}

/// What records have in common that get the same answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Class {
    interface: u32,
    direction: Option<Direction>,
    action: LogAction,
    part: Part,
    protocol: u8,
    ports: (u16, u16),
    addresses: (Atom, Atom),
    packet_addresses: (Option<Atom>, Option<Atom>),
    other_reason: bool,
}

/// How many records, and the first of them.
#[derive(Debug, Clone)]
pub struct Count {
    /// How many records.
    pub records: u64,
    /// How many packets they tell of.
    pub packets: u64,
    /// The first.
    pub first: Record,
    /// What its flags tell.
    pub part: Part,
    /// When the last of them ended.
    pub last: Option<u64>,
}

/// What is the same for every file: the interfaces and atoms of the model.
pub struct Frame {
    interfaces: FxHashMap<Box<[u8]>, u32>,
    atoms: Atoms,
}

impl Frame {
    /// That of a model.
    pub fn of(model: &Model) -> Self {
        let nat = model.nat_gateways.values().filter_map(|nat| nat.eni.as_ref());
        let enis = model.enis.keys().chain(nat).map(NetworkInterfaceId::as_str);
        let names = enis.map(|id| Box::from(id.as_bytes()));
        Self {
            interfaces: names.zip(0..).collect(),
            atoms: Atoms::of(model),
        }
    }

    /// The class of a record of an interface of the model.
    pub fn class(&self, row: &Row<'_>) -> Option<Class> {
        let is_traffic = !(row.empty || row.skipped);
        let interface = self.interfaces.get(row.interface.filter(|_| is_traffic)?)?;
        self.class_at(row, *interface, row.action?)
    }

    fn class_at(&self, row: &Row<'_>, interface: u32, action: LogAction) -> Option<Class> {
        let tuple = Tuple::of_row(row)?;
        let atoms = &self.atoms;
        let port = |port: Option<u16>| port.map_or(0, |port| atoms.port(port));
        Some(Class {
            interface,
            direction: row.direction,
            action,
            part: Part::of(row),
            protocol: tuple.protocol?,
            ports: (port(tuple.source_port), port(tuple.destination_port)),
            addresses: (atoms.address(tuple.source), atoms.address(tuple.destination)),
            packet_addresses: (
                tuple.packet_source.map(|address| atoms.address(address)),
                tuple.packet_destination.map(|address| atoms.address(address)),
            ),
            other_reason: row.reject_reason.is_some_and(|reason| reason != b"BPA"),
        })
    }
}

/// What was counted.
pub struct Tallies<'f> {
    frame: &'f Frame,
    /// The classes.
    pub classes: FxHashMap<Class, Count>,
    /// The records of interfaces that are not in the model.
    pub strangers: BTreeMap<String, Count>,
    /// How many records there are.
    pub records: u64,
    /// How many say that nothing was seen.
    pub empty: u64,
    /// How many say that records were lost.
    pub skipped: u64,
    /// How many have neither an interface nor what was done: a transit gateway's, a regional NAT gateway's.
    pub unjudged: u64,
    /// How many were too many.
    pub over: u64,
}

impl<'f> Tallies<'f> {
    /// Nothing yet.
    pub fn new(frame: &'f Frame) -> Self {
        Self {
            frame,
            classes: FxHashMap::default(),
            strangers: BTreeMap::new(),
            records: 0,
            empty: 0,
            skipped: 0,
            unjudged: 0,
            over: 0,
        }
    }

    fn stranger(&mut self, row: &Row<'_>, at: Spot<'_>) {
        let name = row.interface.map(String::from_utf8_lossy).unwrap_or_default();
        if let Some(count) = self.strangers.get_mut(name.as_ref()) {
            count.add(row);
        } else if self.strangers.len() < UNKNOWN_MAX {
            self.strangers.insert(name.into_owned(), Count::first(row, at));
        } else {
            self.over += 1;
        }
    }
}

impl Count {
    fn first(row: &Row<'_>, at: Spot<'_>) -> Self {
        Self {
            records: 1,
            packets: row.packets.unwrap_or_default(),
            first: Record::of(row, at.format, at.file, at.line),
            part: Part::of(row),
            last: row.end,
        }
    }

    #[inline]
    fn add(&mut self, row: &Row<'_>) {
        self.records += 1;
        self.packets += row.packets.unwrap_or_default();
        self.last = self.last.max(row.end);
    }

    fn join(&mut self, later: &Self) {
        self.records += later.records;
        self.packets += later.packets;
        self.last = self.last.max(later.last);
    }
}

impl Gather for Tallies<'_> {
    #[inline]
    fn take(&mut self, row: &Row<'_>, at: Spot<'_>) {
        self.records += 1;
        if row.empty || row.skipped {
            self.empty += u64::from(row.empty);
            self.skipped += u64::from(row.skipped);
            return;
        }
        let (Some(name), Some(action)) = (row.interface, row.action) else {
            self.unjudged += 1;
            return;
        };
        let Some(interface) = self.frame.interfaces.get(name).copied() else {
            return self.stranger(row, at);
        };
        let Some(class) = self.frame.class_at(row, interface, action) else {
            self.unjudged += 1;
            return;
        };
        let room = self.classes.len() < CLASSES_MAX;
        match self.classes.get_mut(&class) {
            Some(count) => count.add(row),
            None if room => _ = self.classes.insert(class, Count::first(row, at)),
            None => self.over += 1,
        }
    }

    fn join(&mut self, later: Self) {
        self.records += later.records;
        self.empty += later.empty;
        self.skipped += later.skipped;
        self.unjudged += later.unjudged;
        self.over += later.over;
        for (class, count) in later.classes {
            let room = self.classes.len() < CLASSES_MAX;
            match self.classes.get_mut(&class) {
                Some(known) => known.join(&count),
                None if room => _ = self.classes.insert(class, count),
                None => self.over += count.records,
            }
        }
        for (name, count) in later.strangers {
            match self.strangers.get_mut(&name) {
                Some(known) => known.join(&count),
                None => _ = self.strangers.insert(name, count),
            }
        }
    }
}
