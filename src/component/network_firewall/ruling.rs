//! Rule lists of which some rules may match or not: what they decide for certain, and what only may be.
//!
//! A rule that looks at more than a header (a domain, a TCP flag, a Suricata option) is unsure. Packets are decided all the
//! same when every unsure rule that might come first would do to them what the first sure one does. That is asked with one
//! compiled list for each outcome: the sure rules, and the unsure ones that would do something else.

use crate::network::{Cause, FilterId, Workspace};
use crate::packet::{Cube, PacketSet};

/// What becomes of packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// They pass.
    Pass,
    /// They are lost.
    Drop,
    /// The next stage decides.
    Forward,
}

/// A rule, in its place.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What it matches; if it is unsure, what it can match at most.
    pub cubes: Vec<Cube>,
    /// Whether it matches all of that.
    pub sure: bool,
    /// What becomes of what it matches.
    pub outcome: Outcome,
    /// Whether it lets the whole flow go, replies and all.
    pub releases: bool,
    /// Who says so.
    pub because: Cause,
}

impl Rule {
    /// What becomes of everything that no rule before it decides.
    pub fn default(outcome: Outcome, because: Cause) -> Self {
        Self {
            cubes: vec![Cube::all()],
            sure: true,
            outcome,
            releases: false,
            because,
        }
    }
}

/// Rules in the order in which they are asked; the last one is sure and matches everything.
pub struct Ruling {
    owner: u32,
    rules: Vec<Rule>,
}

/// What a list says of packets.
pub enum Decision<'a> {
    /// This rule decides.
    Sure(&'a Rule),
    /// This rule may, and would do something else than the first sure one.
    Unsure(&'a Rule),
}

impl Ruling {
    /// A list with a name of its own.
    pub fn new(owner: u32, rules: Vec<Rule>) -> Self {
        Self { owner, rules }
    }

    /// Splits packets by what decides them.
    pub fn decide(&self, packets: PacketSet, work: &Workspace) -> Vec<(Decision<'_>, PacketSet)> {
        let mut decided = Vec::new();
        for (first, part) in self.split(None, packets, work) {
            for (before, part) in self.split(Some(first.outcome), part, work) {
                let decision = if before.sure {
                    Decision::Sure(first)
                } else {
                    Decision::Unsure(before)
                };
                decided.push((decision, part));
            }
        }
        decided
    }

    /// Splits packets by the first rule that is sure, or is unsure and has another outcome than this one.
    fn split(&self, but: Option<Outcome>, packets: PacketSet, work: &Workspace) -> Vec<(&Rule, PacketSet)> {
        if packets.is_empty() {
            return Vec::new();
        }
        let asked = |rule: &Rule| rule.sure || but.is_some_and(|outcome| rule.outcome != outcome);
        let cubes = |rule: &Rule| {
            if asked(rule) {
                rule.cubes.clone()
            } else {
                Vec::new()
            }
        };
        let id = FilterId {
            owner: self.owner,
            variant: match but {
                None => 0,
                Some(Outcome::Pass) => 1,
                Some(Outcome::Drop) => 2,
                Some(Outcome::Forward) => 3,
            },
        };
        let map = work.filter(id, || self.rules.iter().map(cubes).collect());
        let parts = work.space.split(map, packets).into_iter();
        parts
            .filter_map(|(index, part)| Some((self.rules.get(index?)?, part)))
            .collect()
    }
}
