//! Access scopes: every way through a network that a scope matches and does not exclude.
//!
//! The semantics are Network Access Analyzer's: a finding is a path that satisfies one entry of `MatchPaths` and none of
//! `ExcludePaths`; a path is one way there, and its reply does not matter (Network Access Analyzer guide, "How Network
//! Access Analyzer works", read 2026-11-23). Headers are tested as they leave the source and as they arrive at the
//! destination. Our reading where the guide is silent: a statement about headers takes away the packets that it names, not
//! the path; of several statements in `ThroughResources` each must be met, of several resources in one any.
//!
//! Not AWS's: every packet is meant, of every protocol and both families, and every finding is told, not a sample.
//! A gateway or connection between networks is no place where a packet begins here: a path that begins or ends at one is
//! a path of somebody's that crosses it.

mod ends;
mod entry;

use super::answer::{Ground, Members, Options, ask_between, reach};
use super::finding::Finding;
use super::question::QuestionError;
use crate::packet::{AddressSet, Cube, PacketSet, PortSet, ProtocolSet, Space};
use ends::{End, Ends};
use entry::{Exclusion, Read};
use std::collections::BTreeMap;

/// What a scope is about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scope {
    /// What it is called.
    pub name: String,
    /// The paths that are findings.
    pub matches: Vec<PathRule>,
    /// Those that are none.
    pub excludes: Vec<PathRule>,
}

/// Which paths.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PathRule {
    /// Where they begin; anywhere where left out.
    pub source: Option<PathStatement>,
    /// Where they end.
    pub destination: Option<PathStatement>,
    /// What they cross: one of each.
    pub through: Vec<ResourceStatement>,
}

/// One end of a path.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PathStatement {
    /// Which resources.
    pub resources: Option<ResourceStatement>,
    /// Which packets, as they are there.
    pub header: Option<HeaderStatement>,
}

/// Resources by id, ARN or name, or by type.
#[derive(Debug, Clone, PartialEq)]
pub enum ResourceStatement {
    /// These.
    Resources(Vec<String>),
    /// All of these types, such as `AWS::EC2::InternetGateway`.
    Types(Vec<String>),
}

/// Packets. What is left out may be anything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeaderStatement {
    /// Protocols.
    pub protocols: Option<ProtocolSet>,
    /// Source addresses.
    pub sources: Option<AddressSet>,
    /// Prefix lists with source addresses.
    pub source_lists: Vec<String>,
    /// Destination addresses.
    pub destinations: Option<AddressSet>,
    /// Prefix lists with destination addresses.
    pub destination_lists: Vec<String>,
    /// Source ports.
    pub source_ports: Option<PortSet>,
    /// Destination ports.
    pub destination_ports: Option<PortSet>,
}

/// A finding: who gets what to whom. Its answer holds the packets that are found, as the source sends them.
#[derive(Debug)]
pub struct Access {
    /// The first entry of `MatchPaths` that it satisfies, counted from 0.
    pub entry: usize,
    /// Where it begins: an end, or a gateway or connection that it crosses.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// The answer.
    pub finding: Finding,
}

/// The most ways to avoid what excludes a path that are tried between two ends.
const WAYS_MAX: usize = 4096;

/// Every finding of a scope, in the order of the ends; `replies`: only what is answered counts.
pub fn access(ground: Ground<'_>, scope: &Scope, replies: bool) -> Result<Vec<Access>, QuestionError> {
    let ends = Ends::of(ground);
    let read = |rules: &[PathRule]| -> Result<Vec<Read>, QuestionError> {
        rules.iter().map(|rule| Read::of(&ends, rule)).collect()
    };
    let (matches, excludes) = (read(&scope.matches)?, read(&scope.excludes)?);
    let mut found: BTreeMap<[End; 2], Access> = BTreeMap::new();
    for (index, entry) in matches.iter().enumerate() {
        for from in &entry.sources {
            for to in entry
                .destinations
                .iter()
                .filter(|to| to.resource() != from.resource())
            {
                let searching = Searching {
                    ground,
                    from,
                    to,
                    replies,
                    exclusions: excludes
                        .iter()
                        .filter_map(|exclude| exclude.between(from, to))
                        .collect(),
                };
                let Some(finding) = searching.finding(entry)? else {
                    continue;
                };
                let key = [from.clone(), to.clone()];
                match found.get_mut(&key) {
                    Some(known) => unite(&mut known.finding, &finding),
                    None => {
                        let access = Access {
                            entry: index,
                            from: from.called().to_owned(),
                            to: to.called().to_owned(),
                            finding,
                        };
                        found.insert(key, access);
                    }
                }
            }
        }
    }
    Ok(found.into_values().collect())
}

/// One pair of ends, and what excludes paths between them.
struct Searching<'a> {
    ground: Ground<'a>,
    from: &'a End,
    to: &'a End,
    replies: bool,
    exclusions: Vec<Exclusion>,
}

/// A part of what is asked: packets as they are sent and as they arrive, and what their way avoids.
#[derive(Clone)]
struct Region {
    sent: PacketSet,
    arriving: PacketSet,
    avoid: Vec<String>,
}

impl Searching<'_> {
    /// What of an entry's packets is found between the ends.
    fn finding(&self, entry: &Read) -> Result<Option<Finding>, QuestionError> {
        let space = &self.ground.work.space;
        let everything = Region {
            sent: space.cubes_of(entry.sent.clone()),
            arriving: space.cubes_of(entry.arriving.clone()),
            avoid: Vec::new(),
        };
        let mut regions = Vec::new();
        self.split(everything, &self.exclusions, &mut regions)?;
        let mut whole: Option<Finding> = None;
        for through in self.crossings(entry) {
            for region in &regions {
                let Some(part) = self.ask(region, through.clone())? else {
                    continue;
                };
                match &mut whole {
                    Some(whole) => unite(whole, &part),
                    None => whole = Some(part),
                }
            }
        }
        Ok(whole)
    }

    /// What a way must cross: the ends' own gateways, and one of each statement.
    fn crossings(&self, entry: &Read) -> Vec<Vec<String>> {
        let own: Vec<String> = [self.from, self.to]
            .iter()
            .filter_map(|end| end.via.clone())
            .collect();
        entry.through.iter().fold(vec![own], |ways, any| {
            let longer = |way: &Vec<String>| {
                let way = way.clone();
                any.iter()
                    .map(move |id| [way.clone(), vec![id.clone()]].concat())
                    .collect::<Vec<_>>()
            };
            ways.iter().flat_map(longer).collect()
        })
    }

    /// The parts that no exclusion takes away: outside its headers, or on ways that lack something of what it crosses.
    fn split(
        &self,
        region: Region,
        exclusions: &[Exclusion],
        regions: &mut Vec<Region>,
    ) -> Result<(), QuestionError> {
        if region.sent.is_empty() || region.arriving.is_empty() {
            return Ok(());
        }
        let Some((exclusion, others)) = exclusions.split_first() else {
            if regions.len() >= WAYS_MAX {
                return Err(QuestionError {
                    message: format!(
                        "the excluded paths between {} and {} overlap in too many ways",
                        self.from.called(),
                        self.to.called()
                    ),
                    hint: Some("name fewer resources in `ThroughResources`, or split the scope".to_owned()),
                });
            }
            regions.push(region);
            return Ok(());
        };
        let space: &Space = &self.ground.work.space;
        let (sent, arriving) = (
            space.cubes_of(exclusion.sent.clone()),
            space.cubes_of(exclusion.arriving.clone()),
        );
        let inside = space.intersect(region.sent, sent);
        let other = |sent, arriving| Region {
            sent,
            arriving,
            avoid: region.avoid.clone(),
        };
        let outside = other(space.subtract(region.sent, sent), region.arriving);
        self.split(outside, others, regions)?;
        let elsewhere = other(inside, space.subtract(region.arriving, arriving));
        self.split(elsewhere, others, regions)?;
        let both = other(inside, space.intersect(region.arriving, arriving));
        for avoid in exclusion.ways_round() {
            let mut part = both.clone();
            part.avoid.extend(avoid);
            self.split(part, others, regions)?;
        }
        Ok(())
    }

    fn ask(&self, region: &Region, through: Vec<String>) -> Result<Option<Finding>, QuestionError> {
        if through.iter().any(|id| region.avoid.contains(id)) {
            return Ok(None);
        }
        let space = &self.ground.work.space;
        let mut avoid = region.avoid.clone();
        avoid.sort();
        avoid.dedup();
        let options = Options {
            live: false,
            source_ports: Some(PortSet::all()),
            one_way: !self.replies,
            through,
            avoid,
            both_families: true,
            sent: Some(space.cubes(region.sent)),
            arriving: Some(space.cubes(region.arriving)),
        };
        let ends = Members {
            words: [self.from.called(), self.to.called()],
            sources: std::slice::from_ref(&self.from.endpoint),
            destinations: std::slice::from_ref(&self.to.endpoint),
        };
        // Most ways lead nowhere, and why not is no matter here.
        let pairs = reach(self.ground, ends, "all", &options)?;
        let nothing = |pair: &super::finding::Pair| {
            pair.works.is_empty() && pair.depends.is_empty() && pair.unknown.is_empty()
        };
        if pairs.iter().all(nothing) {
            return Ok(None);
        }
        ask_between(self.ground, ends, "all", &options).map(Some)
    }
}

/// Adds another answer about the same two ends.
fn unite(whole: &mut Finding, part: &Finding) {
    let work = std::rc::Rc::clone(&whole.work);
    let space = &work.space;
    let both = |a: &[Cube], b: &[Cube]| {
        let set = space.union(space.cubes_of(a.to_vec()), space.cubes_of(b.to_vec()));
        space.cubes(set)
    };
    let less = |a: &[Cube], b: &[Cube]| {
        let set = space.subtract(space.cubes_of(a.to_vec()), space.cubes_of(b.to_vec()));
        space.cubes(set)
    };
    whole.arrives = both(&whole.arrives, &part.arrives);
    whole.works = both(&whole.works, &part.works);
    whole.depends = less(&both(&whole.depends, &part.depends), &whole.works);
    let known = both(&whole.works, &whole.depends);
    whole.unknown = less(&both(&whole.unknown, &part.unknown), &known);
    whole.packets = both(&whole.packets, &part.packets);
    whole.fails = less(&whole.packets, &both(&whole.works, &whole.unknown));
    for note in &part.notes {
        if !whole.notes.contains(note) {
            whole.notes.push(note.clone());
        }
    }
}
