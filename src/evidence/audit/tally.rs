//! Counts records by class while they are read: what the model cannot tell apart is one class ([`Alike`]), with its first
//! records as examples. Memory grows with the model and what it tells apart, not with the number of records.

use super::super::format::Format;
use super::super::read::{Gather, Spot};
use super::super::record::{LogAction, Record};
use super::super::row::Row;
use super::EXAMPLES_MAX;
use super::alike::{Alike, Looks, Place};
use super::atoms::Atom;
use crate::network::Direction;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::collections::BTreeMap;
use std::hash::BuildHasher;
use std::sync::Arc;

/// The most classes of one run; records of further ones are counted and not judged.
const CLASSES_MAX: usize = 250_000;
/// With more classes than this, each has one example.
const CLASSES_FEW: usize = 50_000;
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

/// What records have in common that get the same answer: whose interface, what was done, ports, and the addresses.
pub type Class = [u64; 6];

/// What records of one class do not have in common: the interface itself, and the atoms of its addresses.
type Kin = (Place, [Atom; 4]);

/// Records of one class.
pub struct Count {
    /// How many there are.
    pub records: u64,
    /// How many packets they tell of.
    pub packets: u64,
    /// What their flags tell.
    pub part: Part,
    /// Which interfaces of the class recorded them, a bit for each.
    recorders: Box<[u64]>,
    /// The first of them, and the first of others.
    examples: Vec<Example>,
}

/// A record that is kept.
struct Example {
    kin: Kin,
    text: Box<[u8]>,
    format: Arc<Format>,
    file: Arc<str>,
    line: u64,
}

impl Example {
    fn new(row: &Row<'_>, at: Spot<'_>, kin: Kin) -> Self {
        Self {
            kin,
            text: row.text.into(),
            format: Arc::clone(at.format),
            file: Arc::clone(at.file),
            line: at.line,
        }
    }

    fn place(&self) -> (&str, u64) {
        (&self.file, self.line)
    }

    fn record(&self) -> Option<Record> {
        let row = Row::parse(&self.format, &self.text)?;
        Some(Record::of(&row, &self.format, &self.file, self.line))
    }
}

impl Count {
    fn first(row: &Row<'_>, at: Spot<'_>, kin: Kin, size: usize) -> Self {
        Self {
            records: 0,
            packets: 0,
            part: Part::of(row),
            recorders: vec![0; size.div_ceil(64)].into(),
            examples: vec![Example::new(row, at, kin)],
        }
    }

    #[inline]
    fn add(&mut self, row: &Row<'_>, member: u32) {
        self.records += 1;
        self.packets += row.packets.unwrap_or_default();
        if let Some(word) = self.recorders.get_mut(member as usize / 64) {
            *word |= 1 << (member % 64);
        }
    }

    fn join(&mut self, later: Self) {
        self.records += later.records;
        self.packets += later.packets;
        for (word, later) in self.recorders.iter_mut().zip(&later.recorders) {
            *word |= later;
        }
        for example in later.examples {
            if self.examples.len() < EXAMPLES_MAX && self.examples.iter().all(|one| one.kin != example.kin) {
                self.examples.push(example);
            }
        }
    }

    /// Where the first record is.
    pub fn place(&self) -> (&str, u64) {
        self.examples.first().map_or(("", 0), Example::place)
    }

    /// The first records of those that are not quite the same.
    pub fn examples(&self) -> impl Iterator<Item = Record> + '_ {
        self.examples.iter().filter_map(Example::record)
    }

    /// The interfaces that recorded them.
    pub fn interfaces<'a>(&'a self, alike: &'a Alike<'_>) -> impl Iterator<Item = &'a str> {
        let class = self.examples.first().map(|one| alike.class(one.kin.0).0);
        let places = class.map_or(&[][..], |class| alike.of_class(class));
        let members = (0..).zip(places).filter(|(member, _)| {
            let word = self.recorders.get(member / 64).copied().unwrap_or_default();
            word >> (member % 64) & 1 == 1
        });
        members.map(|(_, place)| alike.id(*place))
    }
}

/// Records of an interface that is not in the model.
pub struct Stranger {
    /// How many there are.
    pub records: u64,
    /// The first.
    pub first: Record,
}

/// What was counted.
pub struct Tallies<'a> {
    alike: &'a Alike<'a>,
    /// Where in the lists a class is.
    index: HashTable<u32>,
    classes: Vec<Class>,
    counts: Vec<Count>,
    /// The records of interfaces that are not in the model.
    pub strangers: BTreeMap<String, Stranger>,
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

impl<'a> Tallies<'a> {
    /// Nothing yet.
    pub fn new(alike: &'a Alike<'a>) -> Self {
        Self {
            alike,
            index: HashTable::new(),
            classes: Vec::new(),
            counts: Vec::new(),
            strangers: BTreeMap::new(),
            records: 0,
            empty: 0,
            skipped: 0,
            unjudged: 0,
            over: 0,
        }
    }

    /// The classes, in the order of their first records.
    pub fn counts(&mut self) -> Vec<(Class, Count)> {
        let classes = std::mem::take(&mut self.classes).into_iter();
        let mut counts: Vec<(Class, Count)> = classes.zip(std::mem::take(&mut self.counts)).collect();
        counts.sort_by(|(_, one), (_, other)| one.place().cmp(&other.place()));
        counts
    }

    fn find(&self, class: &Class) -> Option<usize> {
        // Word by word: as arrays they would be compared by a call.
        let is_it = |at: &u32| {
            let known = self.classes[*at as usize].iter().zip(class);
            known.fold(0, |differs, (one, other)| differs | (one ^ other)) == 0
        };
        let found = self.index.find(FxBuildHasher.hash_one(class), is_it)?;
        Some(*found as usize)
    }

    /// A class that was not there. None: there are too many.
    fn enter(&mut self, class: Class, count: Count) -> Option<usize> {
        let at = self.counts.len();
        if at >= CLASSES_MAX {
            return None;
        }
        self.counts.push(count);
        self.classes.push(class);
        let classes = &self.classes;
        let hash = |at: &u32| FxBuildHasher.hash_one(classes[*at as usize]);
        self.index
            .insert_unique(FxBuildHasher.hash_one(class), at as u32, hash);
        Some(at)
    }

    /// Keeps a record as a further example, where it is not quite the same.
    fn example(&mut self, at: usize, row: &Row<'_>, spot: Spot<'_>, kin: Kin) {
        if self.counts.len() <= CLASSES_FEW {
            let examples = &mut self.counts[at].examples;
            if examples.iter().all(|one| one.kin != kin) {
                examples.push(Example::new(row, spot, kin));
            }
        }
    }

    fn stranger(&mut self, row: &Row<'_>, at: Spot<'_>) {
        let name = row.interface.map(String::from_utf8_lossy).unwrap_or_default();
        if let Some(known) = self.strangers.get_mut(name.as_ref()) {
            known.records += 1;
        } else if self.strangers.len() < UNKNOWN_MAX {
            let first = Record::of(row, at.format, at.file, at.line);
            let stranger = Stranger { records: 1, first };
            self.strangers.insert(name.into_owned(), stranger);
        } else {
            self.over += 1;
        }
    }
}

/// The class of a record of an interface of the model, if it is one of traffic.
pub fn class(row: &Row<'_>, alike: &Alike<'_>) -> Option<Class> {
    let name = row.interface.filter(|_| !(row.empty || row.skipped))?;
    let (class, _) = class_at(row, alike, alike.place(name)?, row.action?)?;
    Some(class)
}

/// None: it has no addresses or no protocol.
#[inline]
fn class_at(row: &Row<'_>, alike: &Alike<'_>, recorder: Place, action: LogAction) -> Option<(Class, Kin)> {
    // Who asks for packets takes the packet's own address where the other one is missing.
    row.source.or(row.packet_source)?;
    row.destination.or(row.packet_destination)?;
    let port = |port: Option<u16>| u64::from(port.map_or(0, |port| alike.port(port)));
    let direction = match row.direction {
        None => 0,
        Some(Direction::Ingress) => 1,
        Some(Direction::Egress) => 2_u64,
    };
    let is_rejected = action == LogAction::Reject;
    let other_reason = row.reject_reason.is_some_and(|reason| reason != b"BPA");
    let what = u64::from(row.protocol?)
        | direction << 8
        | (Part::of(row) as u64) << 16
        | u64::from(is_rejected) << 24
        | u64::from(other_reason) << 25;
    let ports = port(row.source_port) << 16 | port(row.destination_port);
    let addresses = [
        row.source,
        row.destination,
        row.packet_source,
        row.packet_destination,
    ];
    let Looks { atoms, seats } = alike.looks(recorder, addresses);
    let [a, b, c, d] = seats;
    let who = u64::from(alike.class(recorder).0) << 32 | what;
    Some(([who, ports, a, b, c, d], (recorder, atoms)))
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
        let Some(recorder) = self.alike.place(name) else {
            return self.stranger(row, at);
        };
        let Some((class, kin)) = class_at(row, self.alike, recorder, action) else {
            self.unjudged += 1;
            return;
        };
        let (of, member) = self.alike.class(recorder);
        let found = self.find(&class).or_else(|| {
            let count = Count::first(row, at, kin, self.alike.of_class(of).len());
            self.enter(class, count)
        });
        let Some(place) = found else {
            self.over += 1;
            return;
        };
        self.counts[place].add(row, member);
        if self.counts[place].examples.len() < EXAMPLES_MAX {
            self.example(place, row, at, kin);
        }
    }

    fn join(&mut self, later: Self) {
        self.records += later.records;
        self.empty += later.empty;
        self.skipped += later.skipped;
        self.unjudged += later.unjudged;
        self.over += later.over;
        for (class, count) in later.classes.into_iter().zip(later.counts) {
            let records = count.records;
            if let Some(at) = self.find(&class) {
                self.counts[at].join(count);
            } else if self.enter(class, count).is_none() {
                self.over += records;
            }
        }
        for (name, stranger) in later.strangers {
            match self.strangers.get_mut(&name) {
                Some(known) => known.records += stranger.records,
                None => _ = self.strangers.insert(name, stranger),
            }
        }
    }
}
