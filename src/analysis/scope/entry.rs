//! An entry of a scope, read for a network: ends, headers as sets, and what is crossed.

use super::ends::{End, Ends};
use super::{HeaderStatement, PathRule, PathStatement};
use crate::analysis::question::QuestionError;
use crate::packet::{AddressSet, Cube, PortSet, Protocol, ProtocolSet};

/// An entry.
pub(super) struct Read {
    /// Where paths begin.
    pub sources: Vec<End>,
    /// Where they end.
    pub destinations: Vec<End>,
    /// Packets as they are sent.
    pub sent: Vec<Cube>,
    /// Packets as they arrive.
    pub arriving: Vec<Cube>,
    /// What is crossed: one of each.
    pub through: Vec<Vec<String>>,
}

/// What an entry of `ExcludePaths` takes away between two ends.
pub(super) struct Exclusion {
    pub sent: Vec<Cube>,
    pub arriving: Vec<Cube>,
    /// What a path crosses that is excluded: all of one of these.
    pub crossed: Vec<Vec<String>>,
}

impl Read {
    pub fn of(ends: &Ends<'_>, rule: &PathRule) -> Result<Self, QuestionError> {
        let side = |statement: &Option<PathStatement>| match statement {
            Some(PathStatement {
                resources: Some(resources),
                ..
            }) => ends.named(resources),
            _ => Ok(ends.everybody()),
        };
        let header = |statement: &Option<PathStatement>| match statement {
            Some(PathStatement {
                header: Some(header), ..
            }) => Ok(vec![cube(ends, header)?]),
            _ => Ok(vec![Cube::all()]),
        };
        Ok(Self {
            // Nothing begins at an address that nobody has.
            sources: side(&rule.source)?
                .into_iter()
                .filter(|end| end.endpoint.node.is_some())
                .collect(),
            destinations: side(&rule.destination)?,
            sent: header(&rule.source)?,
            arriving: header(&rule.destination)?,
            through: rule
                .through
                .iter()
                .map(|statement| ends.crossed(statement))
                .collect::<Result<_, _>>()?,
        })
    }

    /// What this takes away from paths between two ends; none: it is about others.
    pub fn between(&self, from: &End, to: &End) -> Option<Exclusion> {
        let own: Vec<&String> = [from, to].iter().filter_map(|end| end.via.as_ref()).collect();
        let mine = |ends: &[End], end: &End| -> Vec<Option<String>> {
            let same = ends.iter().filter(|other| other.covers(end));
            same.map(|other| other.via.clone()).collect()
        };
        let (sources, destinations) = (mine(&self.sources, from), mine(&self.destinations, to));
        if sources.is_empty() || destinations.is_empty() {
            return None;
        }
        let mut crossed: Vec<Vec<String>> = vec![Vec::new()];
        let any = |vias: &[Option<String>]| -> Vec<Vec<String>> {
            vias.iter().map(|via| via.iter().cloned().collect()).collect()
        };
        let through = self
            .through
            .iter()
            .map(|any| any.iter().map(|id| vec![id.clone()]).collect());
        for alternatives in [any(&sources), any(&destinations)].into_iter().chain(through) {
            crossed = product(&crossed, &alternatives);
        }
        // What the ends cross anyway is no condition.
        for way in &mut crossed {
            way.retain(|id| !own.contains(&id));
            way.sort();
            way.dedup();
        }
        crossed.sort();
        crossed.dedup();
        if crossed.iter().any(Vec::is_empty) {
            crossed = vec![Vec::new()];
        }
        (!crossed.is_empty()).then(|| Exclusion {
            sent: self.sent.clone(),
            arriving: self.arriving.clone(),
            crossed,
        })
    }
}

impl Exclusion {
    /// The ways not to be excluded: one thing of each crossing is avoided. None where paths are excluded whatever they cross.
    pub fn ways_round(&self) -> Vec<Vec<String>> {
        let alternatives = self.crossed.iter();
        let ways = alternatives.fold(vec![Vec::new()], |ways, crossing| {
            let one: Vec<Vec<String>> = crossing.iter().map(|id| vec![id.clone()]).collect();
            product(&ways, &one)
        });
        let mut ways: Vec<Vec<String>> = ways
            .into_iter()
            .map(|mut way| {
                way.sort();
                way.dedup();
                way
            })
            .collect();
        ways.sort();
        ways.dedup();
        ways
    }
}

fn product(ways: &[Vec<String>], alternatives: &[Vec<String>]) -> Vec<Vec<String>> {
    let longer = |way: &Vec<String>| {
        let way = way.clone();
        alternatives
            .iter()
            .map(move |other| [way.clone(), other.clone()].concat())
    };
    ways.iter().flat_map(longer).collect()
}

/// A header statement as a product of sets. Ports are TCP's and UDP's.
fn cube(ends: &Ends<'_>, header: &HeaderStatement) -> Result<Cube, QuestionError> {
    let ported = || ProtocolSet::from_ranges([Protocol::TCP, Protocol::UDP].map(|one| (one.0, one.0)));
    let has_ports = header.source_ports.is_some() || header.destination_ports.is_some();
    let protocols = header.protocols.clone().unwrap_or_else(ProtocolSet::all);
    let addresses = |own: &Option<AddressSet>, lists: &[String]| -> Result<AddressSet, QuestionError> {
        if own.is_none() && lists.is_empty() {
            return Ok(AddressSet::all());
        }
        let own = own.clone().unwrap_or_else(AddressSet::empty);
        lists
            .iter()
            .try_fold(own, |all, list| Ok(all.union(&ends.prefixes(list)?)))
    };
    Ok(Cube {
        protocols: match has_ports {
            true => protocols.intersect(&ported()),
            false => protocols,
        },
        sources: addresses(&header.sources, &header.source_lists)?,
        destinations: addresses(&header.destinations, &header.destination_lists)?,
        source_ports: header.source_ports.clone().unwrap_or_else(PortSet::all),
        destination_ports: header.destination_ports.clone().unwrap_or_else(PortSet::all),
    })
}
