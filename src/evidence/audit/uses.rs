//! For what the rules were used: the records of an audit are read once more, now that it is known by whose word each class of them
//! passed, and their ports and addresses are put down to those rules.

use super::super::gather::{Gather, Logs, Spot};
use super::super::read::read;
use super::super::row::Row;
use super::alike::Alike;
use super::tally::{Class, class};
use super::traffic::Traffic;
use super::{Ask, Audit, Author, judged};
use crate::analysis::EndpointClass;
use crate::model::Model;
use crate::network::{Direction, Leg, RuleRef};
use crate::packet::Protocol;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

/// A rule: its list, which way, and which of them.
pub type Key = (String, Direction, RuleRef);

/// What the rules were used for that let something through.
#[derive(Debug, Clone, Default)]
pub struct Uses {
    /// By rule.
    pub rules: BTreeMap<Key, Traffic>,
    /// Whether the records were there once more; those of a pipe are not.
    pub is_whole: bool,
}

/// An audit, and what the rules were used for.
pub fn uses(
    model: &Model,
    classes: &[EndpointClass],
    ask: Ask<'_>,
    logs: &[PathBuf],
    how: &Logs,
) -> (Audit, Uses) {
    let alike = Alike::of(model, classes);
    let mut index = Index::default();
    let audit = judged((model, &alike), ask, logs, how, &mut |class, said| {
        index.put(class, said)
    });
    let begin = || Gathering {
        alike: &alike,
        index: &index,
        traffic: FxHashMap::default(),
        records: 0,
    };
    let (again, _) = read(logs, &how.reading(model, None), begin);
    let rule = |(place, traffic): (u32, Traffic)| Some((index.rules.get(place as usize)?.clone(), traffic));
    let uses = Uses {
        is_whole: again.records == audit.records,
        rules: again.traffic.into_iter().filter_map(rule).collect(),
    };
    (audit, uses)
}

/// By which rules each class passed.
#[derive(Default)]
struct Index {
    rules: Vec<Key>,
    places: BTreeMap<Key, u32>,
    classes: FxHashMap<Class, Box<[(u32, Leg)]>>,
}

impl Index {
    fn put(&mut self, class: &Class, said: &[(&Author, Leg)]) {
        let passed = said.iter().filter(|(author, _)| author.code.is_none());
        let mut uses: Vec<(u32, Leg)> = passed
            .map(|(author, leg)| {
                let key = (
                    author.component.id.to_string(),
                    author.direction,
                    author.rule.clone(),
                );
                (self.place(key), *leg)
            })
            .collect();
        uses.sort_unstable();
        uses.dedup();
        self.classes.insert(*class, uses.into());
    }

    fn place(&mut self, key: Key) -> u32 {
        let next = self.rules.len() as u32;
        let place = *self.places.entry(key.clone()).or_insert(next);
        if place == next {
            self.rules.push(key);
        }
        place
    }
}

struct Gathering<'f> {
    alike: &'f Alike<'f>,
    index: &'f Index,
    traffic: FxHashMap<u32, Traffic>,
    records: u64,
}

impl Gather for Gathering<'_> {
    fn take(&mut self, row: &Row<'_>, _: Spot<'_>) {
        self.records += 1;
        let class = class(row, self.alike);
        let uses = class.and_then(|class| self.index.classes.get(&class));
        let (Some(uses), Some(protocol)) = (uses, row.protocol) else {
            return;
        };
        let source = row.packet_source.or(row.source);
        let destination = row.packet_destination.or(row.destination);
        let port = match row.destination_port {
            Some(port) if Protocol(protocol).has_ports() => (port, port),
            _ => (0, u16::MAX),
        };
        for (place, leg) in uses {
            let Some((_, direction, rule)) = self.index.rules.get(*place as usize) else {
                continue;
            };
            let peer: Option<IpAddr> = match (rule, direction) {
                (RuleRef::Route(_), _) | (_, Direction::Egress) => destination,
                (_, Direction::Ingress) => source,
            };
            if let Some(peer) = peer {
                let port = (*leg == Leg::Forward).then_some(port);
                let traffic = self.traffic.entry(*place).or_default();
                traffic.take(protocol, port, peer);
            }
        }
    }

    fn join(&mut self, later: Self) {
        self.records += later.records;
        for (place, traffic) in later.traffic {
            self.traffic.entry(place).or_default().join(traffic);
        }
    }
}
