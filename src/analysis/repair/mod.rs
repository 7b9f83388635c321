//! The smallest sets of edits that let packets pass, or stop them.
//!
//! The component that is in the way (or, to stop packets, on the way) says by its kind what might be changed; nothing here
//! knows what that is. Each edit is made to a copy of the model and the question is asked again: an edit is kept if it takes
//! something out of the way, a set of edits if the answer is the wanted one. Of a set no edit can be left out: that is tried
//! for each. What else a set opens or closes is a difference of two models like any other.
//!
//! The search goes by the number of edits, so the first sets found are the smallest, and it is bounded: what it did not
//! try it says.

mod search;

use super::diff::{self, Build, Diff};
use super::finding::Verdict;
use super::question::QuestionError;
use super::{Finding, Options};
use crate::model::Model;
use crate::network::edit::Edit;
use crate::network::{Kind, ResourceRef};
use crate::packet::PortSet;
use search::Search;

/// The most sets that are told.
pub const SETS_MAX: usize = 3;

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Every packet asked about arrives, and its reply returns.
    Open,
    /// None does.
    Close,
}

impl Goal {
    /// Whether an answer is the wanted one.
    pub fn is_met(self, finding: &Finding) -> bool {
        match self {
            Self::Open => finding.verdict == Verdict::Reachable,
            Self::Close => finding.verdict == Verdict::Blocked,
        }
    }
}

/// Edits that together do it, and of which none is needless.
#[derive(Debug)]
pub struct Set {
    /// The edits, in the order in which they were found to be needed.
    pub edits: Vec<Edit>,
    /// Everything that they open and close, what was asked about among it.
    pub effect: Diff,
    /// How many pairs of ends besides those asked about fare differently.
    pub besides: usize,
}

/// The answer to: what would have to be changed?
#[derive(Debug)]
pub struct Repair {
    /// What is wanted.
    pub goal: Goal,
    /// The smallest sets, the one that changes least besides first. None where nothing has to be changed, or nothing helps.
    pub sets: Vec<Set>,
    /// Why there is none.
    pub why_none: Option<String>,
    /// Whether there may be others, that were not tried.
    pub cut_short: bool,
    /// The ends that were asked about.
    pub ends: [Vec<ResourceRef>; 2],
}

/// Looks for what would have to be changed in a model for a question to have the wanted answer.
pub fn repair(
    model: &Model,
    words: [&str; 3],
    options: &Options,
    goal: Goal,
    (kinds, build): (&[&dyn Kind], &Build<'_>),
) -> Result<Repair, QuestionError> {
    let mut search = Search::new(model, words, options, goal, (kinds, build));
    let base = search.ask_base()?;
    let ends = [base.asked.sources.clone(), base.asked.destinations.clone()];
    let mut repair = Repair {
        goal,
        sets: Vec::new(),
        why_none: None,
        cut_short: false,
        ends,
    };
    if goal.is_met(&base) {
        return Ok(repair);
    }
    let asked = base.packets.clone();
    let solutions = search.solutions(base);
    repair.cut_short = search.cut_short;
    if solutions.is_empty() {
        repair.why_none = Some(search.why_none());
        return Ok(repair);
    }
    let clients = PortSet::range(1024, u16::MAX);
    let options = Options {
        source_ports: options.source_ports.as_ref().map(|ports| ports.union(&clients)),
        one_way: options.one_way,
        ..Options::default()
    };
    for edits in solutions {
        let Some(patched) = search.patched(&edits) else {
            continue;
        };
        let effect = diff::effect([model.clone(), patched], "all", &options, build)?;
        repair.sets.push(Set {
            besides: effect.besides([&repair.ends[0], &repair.ends[1]], &asked),
            effect,
            edits,
        });
    }
    // Of two that change as much, the one that makes less new: a rule that is gone is seen by who reads the others.
    let new = |set: &Set| {
        let changes = set.edits.iter().flat_map(|edit| &edit.changes);
        changes.filter(|change| change.before.is_none()).count()
    };
    repair
        .sets
        .sort_by_key(|set| (set.edits.len(), set.besides, new(set)));
    repair.sets.truncate(SETS_MAX);
    Ok(repair)
}
