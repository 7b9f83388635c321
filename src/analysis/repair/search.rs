//! The search: models with ever more edits, each asked the question.

use super::super::answer::{Ground, ask};
use super::super::diff::{Build, carry, located};
use super::super::finding::{Action, Blocker, Finding, Hop, Outcome};
use super::super::{Options, QuestionError};
use super::Goal;
use crate::model::{Change, Model, Origin, Severity, tree, validate, with_changes};
use crate::network::edit::{Edit, Proposal, Trouble};
use crate::network::{Kind, Leg};
use crate::packet::{Cube, Field, PacketSet};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The most decisions that are changed in one set, and the most edits.
const DECISIONS_MAX: usize = 6;
const EDITS_MAX: usize = 16;
/// The most models that are asked.
const TRIES_MAX: usize = 200;
/// So many sets are found before the best of them are told.
const SOLUTIONS_MAX: usize = 8;

/// What is looked for, and what came of it so far.
pub(super) struct Search<'a> {
    model: &'a Model,
    base: Map<String, Value>,
    words: [&'a str; 3],
    options: &'a Options,
    goal: Goal,
    kinds: &'a [&'a dyn Kind],
    build: &'a Build<'a>,
    /// The mistakes that the model has already.
    mistakes: BTreeSet<String>,
    tries: usize,
    /// Whether something was left untried.
    pub cut_short: bool,
    /// The farthest dead end: how many edits it has, and why it is one.
    dead_end: Option<(usize, String)>,
}

/// A model with edits, and its answer.
struct State {
    edits: Vec<Edit>,
    decisions: usize,
    finding: Finding,
}

impl<'a> Search<'a> {
    pub fn new(
        model: &'a Model,
        words: [&'a str; 3],
        options: &'a Options,
        goal: Goal,
        (kinds, build): (&'a [&'a dyn Kind], &'a Build<'a>),
    ) -> Self {
        Self {
            model,
            base: tree(model),
            words,
            options,
            goal,
            kinds,
            build,
            mistakes: mistakes(model.clone()),
            tries: 0,
            cut_short: false,
            dead_end: None,
        }
    }

    /// The answer as things are.
    pub fn ask_base(&self) -> Result<Finding, QuestionError> {
        self.ask(self.model.clone())
    }

    fn ask(&self, model: Model) -> Result<Finding, QuestionError> {
        let mut answer = None;
        (self.build)(model, &mut |ground: Ground<'_>| {
            answer = Some(ask(ground, self.words, self.options));
        });
        answer.unwrap_or_else(|| {
            Err(QuestionError {
                message: "the question was not asked".to_owned(),
                hint: None,
            })
        })
    }

    /// The model with edits.
    pub fn patched(&self, edits: &[Edit]) -> Option<Model> {
        with_changes(&self.base, edits.iter().flat_map(|edit| &edit.changes))
    }

    /// The answer with edits; none where AWS would not take them.
    fn try_out(&mut self, edits: &[Edit]) -> Option<Finding> {
        if self.tries >= TRIES_MAX {
            self.cut_short = true;
            return None;
        }
        self.tries += 1;
        let model = self.patched(edits)?;
        if !mistakes(model.clone()).is_subset(&self.mistakes) {
            return None;
        }
        self.ask(model).ok()
    }

    /// The smallest sets of edits that do it.
    pub fn solutions(&mut self, base: Finding) -> Vec<Vec<Edit>> {
        let mut solutions: Vec<Vec<Edit>> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut waiting: BTreeMap<usize, VecDeque<State>> = BTreeMap::new();
        waiting.entry(0).or_default().push_back(State {
            edits: Vec::new(),
            decisions: 0,
            finding: base,
        });
        while let Some((size, state)) = next(&mut waiting) {
            let smallest = solutions.iter().map(Vec::len).min();
            if smallest.is_some_and(|smallest| size > smallest) || solutions.len() >= SOLUTIONS_MAX {
                break;
            }
            if self.goal.is_met(&state.finding) {
                let edits = self.without_needless(state.edits);
                if !solutions.iter().any(|known| key(known) == key(&edits)) {
                    solutions.push(edits);
                }
                continue;
            }
            if state.decisions >= DECISIONS_MAX {
                self.cut_short = true;
                continue;
            }
            for child in self.children(&state) {
                if child.edits.len() > EDITS_MAX {
                    self.cut_short = true;
                } else if seen.insert(key(&child.edits)) {
                    waiting.entry(child.edits.len()).or_default().push_back(child);
                }
            }
        }
        let smallest = solutions.iter().map(Vec::len).min().unwrap_or(0);
        solutions.retain(|edits| edits.len() == smallest);
        solutions.into_iter().map(|edits| self.placed(edits)).collect()
    }

    /// Leaves out one edit after the other, as long as the rest still does it.
    fn without_needless(&mut self, edits: Vec<Edit>) -> Vec<Edit> {
        let mut needed = edits;
        let mut place = 0;
        while place < needed.len() && needed.len() > 1 {
            let mut without = needed.clone();
            without.remove(place);
            // Not counted as a try: what is told has been checked.
            let finding = self.patched(&without).and_then(|model| self.ask(model).ok());
            match finding.is_some_and(|finding| self.goal.is_met(&finding)) {
                true => {
                    needed = without;
                    place = 0;
                }
                false => place += 1,
            }
        }
        needed
    }

    /// The edits with the places where they are to be written.
    fn placed(&self, mut edits: Vec<Edit>) -> Vec<Edit> {
        for change in edits.iter_mut().flat_map(|edit| &mut edit.changes) {
            change.at = located(self.model, change);
        }
        edits
    }

    /// Each with one decision changed more.
    fn children(&mut self, state: &State) -> Vec<State> {
        let mut children = match self.goal {
            Goal::Open => self.opened(state),
            Goal::Close => self.closed(state),
        };
        children.retain(|child| !child.edits.is_empty());
        let farther = self
            .dead_end
            .as_ref()
            .is_none_or(|(edits, _)| state.edits.len() >= *edits);
        if children.is_empty() && farther {
            self.dead_end = Some((state.edits.len(), in_the_way(&state.finding, self.goal)));
        }
        children
    }

    /// The first blocker against which anything helps, done away with in every way that does.
    fn opened(&mut self, state: &State) -> Vec<State> {
        for blocker in &state.finding.blockers {
            let proposals = self.against(state, blocker);
            let shrinks = |finding: &Finding| smaller(&state.finding, finding, blocker);
            let children = self.tried(state, proposals, &shrinks);
            if !children.is_empty() {
                return children;
            }
        }
        Vec::new()
    }

    fn against(&self, state: &State, blocker: &Blocker) -> Vec<Proposal> {
        let finding = &state.finding;
        let packets = finding.cubes(blocker.packets);
        let Some(model) = self.patched(&state.edits) else {
            return Vec::new();
        };
        let asked = [&finding.asked.sources, &finding.asked.destinations];
        let [from, to] = turned(asked, blocker.leg);
        let trouble = Trouble {
            model: &model,
            code: Some(blocker.code),
            leg: blocker.leg,
            author: &blocker.component,
            interface: blocker.interface.as_ref(),
            direction: blocker.direction,
            rule: &blocker.rule,
            packets: &packets,
            from,
            to,
        };
        let kinds = self.kinds.iter();
        kinds.flat_map(|kind| kind.opening(&trouble)).collect()
    }

    /// Whoever lets packets pass on a way that arrives, in every way that lets fewer pass.
    fn closed(&mut self, state: &State) -> Vec<State> {
        let finding = &state.finding;
        let Some(model) = self.patched(&state.edits) else {
            return Vec::new();
        };
        let arrives = finding.paths.iter().find(|path| {
            let back = path.reply.as_ref();
            path.forward.outcome == Outcome::Delivered
                && back.is_none_or(|reply| reply.outcome == Outcome::Delivered)
        });
        let hops = arrives.into_iter().flat_map(|path| &path.forward.hops);
        let mut proposals = Vec::new();
        for hop in hops.filter(|hop| hop.action != Action::Deliver) {
            proposals.extend(self.on_the_way(finding, hop, &model));
        }
        let fewer = |then: &Finding| passes_fewer(finding, then);
        self.tried(state, proposals, &fewer)
    }

    fn on_the_way(&self, finding: &Finding, hop: &Hop, model: &Model) -> Vec<Proposal> {
        let packets = finding.cubes(passing_here(finding, hop));
        let trouble = Trouble {
            model,
            code: None,
            leg: Leg::Forward,
            author: &hop.author,
            interface: hop.interface.as_ref(),
            direction: hop.direction,
            rule: &hop.rule,
            packets: &packets,
            from: &finding.asked.sources,
            to: &finding.asked.destinations,
        };
        let kinds = self.kinds.iter();
        kinds.flat_map(|kind| kind.closing(&trouble)).collect()
    }

    /// Of each proposal the first way that helps.
    fn tried(
        &mut self,
        state: &State,
        proposals: Vec<Proposal>,
        helps: &dyn Fn(&Finding) -> bool,
    ) -> Vec<State> {
        let mut children = Vec::new();
        for proposal in proposals {
            for way in proposal.ways {
                let decisions = state.decisions + 1;
                let edits = [state.edits.as_slice(), way.as_slice()].concat();
                let finding = self.try_out(&edits).filter(helps);
                if let Some(finding) = finding.filter(|_| !way.is_empty()) {
                    children.push(State {
                        edits,
                        decisions,
                        finding,
                    });
                    break;
                }
            }
        }
        children
    }

    /// Why nothing was found.
    pub fn why_none(&self) -> String {
        let tried = match self.cut_short {
            true => "no repair was found within the limits of the search",
            false => "no repair",
        };
        match &self.dead_end {
            Some((0, why)) => format!("{tried}: no edit of the model helps against {why}"),
            Some((edits, why)) => {
                let edits = if *edits == 1 {
                    "1 edit".to_owned()
                } else {
                    format!("{edits} edits")
                };
                format!("{tried}: after {edits} there is still {why}")
            }
            None => tried.to_owned(),
        }
    }
}

/// What AWS would not take about a model, whoever wrote it.
fn mistakes(mut model: Model) -> BTreeSet<String> {
    model.origin = Origin::Written;
    let found = validate(&mut model);
    let errors = found.into_iter().filter(|one| one.severity == Severity::Error);
    errors
        .map(|one| format!("{} {}", one.code, one.message))
        .collect()
}

/// The state with the fewest edits that waits longest.
fn next(waiting: &mut BTreeMap<usize, VecDeque<State>>) -> Option<(usize, State)> {
    loop {
        let mut first = waiting.first_entry()?;
        let size = *first.key();
        match first.get_mut().pop_front() {
            Some(state) => return Some((size, state)),
            None => _ = first.remove(),
        }
    }
}

/// What a set of edits is, whatever their order.
fn key(edits: &[Edit]) -> Vec<String> {
    let told = |change: &Change| change.told();
    let mut changes: Vec<String> = edits.iter().flat_map(|edit| &edit.changes).map(told).collect();
    changes.sort();
    changes
}

fn turned<T>([from, to]: [&T; 2], leg: Leg) -> [&T; 2] {
    match leg {
        Leg::Forward => [from, to],
        Leg::Return => [to, from],
    }
}

/// Whether a blocker drops less in another answer than in its own.
fn smaller(own: &Finding, other: &Finding, blocker: &Blocker) -> bool {
    let same = |one: &&Blocker| {
        one.leg == blocker.leg
            && one.component.id == blocker.component.id
            && one.interface == blocker.interface
            && one.direction == blocker.direction
    };
    let whole = |finding: &Finding| {
        let space = &finding.work.space;
        let same = finding.blockers.iter().filter(same);
        same.fold(PacketSet::EMPTY, |all, one| space.union(all, one.packets))
    };
    let before = whole(own);
    let space = &own.work.space;
    let after = carry(&other.work.space, space, whole(other));
    after != before && space.is_subset(after, before)
}

/// What gets through, for some of AWS's picks at least, or may.
fn passing(finding: &Finding) -> Vec<Cube> {
    [finding.works.as_slice(), &finding.depends, &finding.unknown].concat()
}

/// Of the packets at a hop those that get through to the end. Addresses are translated on the way, protocols are not, and
/// ports seldom: where they are, all that is there counts.
fn passing_here(finding: &Finding, hop: &Hop) -> PacketSet {
    let space = &finding.work.space;
    let sent = space.cubes_of(passing(finding));
    let anywhere = space.forget(space.forget(sent, Field::Source), Field::Destination);
    match space.intersect(hop.packets, anywhere) {
        PacketSet::EMPTY => hop.packets,
        some => some,
    }
}

/// Whether fewer packets pass in another answer, and no others.
fn passes_fewer(own: &Finding, other: &Finding) -> bool {
    let space = &own.work.space;
    let passing = |finding: &Finding| space.cubes_of(passing(finding));
    let (before, after) = (passing(own), passing(other));
    after != before && space.is_subset(after, before)
}

/// What is in the way of what is wanted, in words.
fn in_the_way(finding: &Finding, goal: Goal) -> String {
    if goal == Goal::Close {
        return match finding.unknown.is_empty() {
            true => "what lets the packets pass, for no rule that decides it can be changed".to_owned(),
            false => "what the model does not decide".to_owned(),
        };
    }
    if let Some(blocker) = finding.blockers.first() {
        return format!(
            "{} at {}: {}",
            blocker.code, blocker.component.id, blocker.message
        );
    }
    let ways = finding.paths.iter().map(|path| &path.forward);
    let replies = finding.paths.iter().filter_map(|path| path.reply.as_ref());
    let unknown = ways
        .chain(replies)
        .flat_map(|way| &way.hops)
        .find(|hop| hop.action == Action::Unknown);
    match unknown {
        Some(hop) => format!("what the model does not decide: {}", hop.message),
        None => "what depends on AWS's picks".to_owned(),
    }
}
