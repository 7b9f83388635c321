//! Every record against the model: accepted, though the model blocks; rejected, though the model allows; seen where the
//! model sends nothing; of interfaces that the model does not have. That is drift between model and network.
//!
//! Records are counted by class while they are read ([`tally`]), and each class is judged once ([`judge`]): classes are as
//! many as the model tells apart ([`alike`]), and so are the questions, however many records there are.

mod alike;
mod atoms;
mod authors;
mod case;
mod cause;
mod crossing;
mod doubles;
mod judge;
mod names;
mod tally;
mod tight;
mod traffic;
mod unused;
mod uses;

use super::correlate::RecordView;
use super::read::{Logs, Scan, read};
use crate::analysis::{EndpointClass, Hop};
use crate::code::ExplanationCode;
use crate::model::{Location, Model};
use crate::network::{Direction, Leg, ResourceRef, RuleRef};
use alike::Alike;
use authors::Authors;
use case::{Differing, Judgement};
use cause::causes;
use doubles::Doubles;
use judge::Judge;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use tally::{Class, Count, Tallies};

pub use judge::{Ask, End};
pub use tight::Needed;
pub use unused::{Partly, Unused, UnusedRule, unused};
pub use uses::{Uses, uses};

/// The most examples of a drift.
const EXAMPLES_MAX: usize = 3;

/// How records and model differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftKind {
    /// Recorded as ACCEPT where the model's rules drop it.
    AcceptedButBlocked,
    /// Recorded as REJECT where the model's rules let it pass.
    RejectedButAllowed,
    /// Recorded behind the place where the model loses it.
    SeenBehind,
    /// Recorded at an interface to which the model sends no such packets.
    Elsewhere,
}

/// A rule of the model, and where it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Author {
    /// The component: a group, a network ACL, a route table, a gateway.
    pub component: ResourceRef,
    /// The rule.
    pub rule: RuleRef,
    /// Which way the packets go there.
    pub direction: Direction,
    /// Why it drops, where it does.
    pub code: Option<ExplanationCode>,
    /// Where it is written.
    pub at: Option<Location>,
    /// One sentence for people.
    pub message: String,
}

impl Author {
    fn of(hop: &Hop) -> Self {
        Self {
            component: hop.author.clone(),
            rule: hop.rule.clone(),
            direction: hop.direction,
            code: hop.code,
            at: hop.at.clone(),
            message: hop.message.clone(),
        }
    }
}

/// Records that differ from the model in the same way, by the same rules.
#[derive(Debug, Clone)]
pub struct Drift {
    /// How.
    pub kind: DriftKind,
    /// The model's rules in question.
    pub authors: Vec<Author>,
    /// On the way there or back, where that is known.
    pub leg: Option<Leg>,
    /// How many records.
    pub records: u64,
    /// How many packets they tell of.
    pub packets: u64,
    /// The interfaces that recorded them.
    pub interfaces: BTreeSet<String>,
    /// The first records.
    pub examples: Vec<RecordView>,
}

/// Records that cannot be judged, and why.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// How many.
    pub records: u64,
    /// The first of them.
    pub examples: Vec<RecordView>,
}

/// What became of an audit.
#[derive(Debug, Clone, Default)]
pub struct Audit {
    /// What differs.
    pub drifts: Vec<Drift>,
    /// Interfaces that are not in the model.
    pub strangers: BTreeMap<String, Group>,
    /// How many records there are.
    pub records: u64,
    /// How many are as the model has it.
    pub fit: u64,
    /// How many are where neither model nor AWS says what is to be recorded.
    pub undecided: u64,
    /// How many are of connections that are over, or older than the rules.
    pub late: u64,
    /// How many were rejected for a reason that is not in the model.
    pub other_reason: u64,
    /// Records whose other end nobody in the model is.
    pub nobody: Group,
    /// Records of gateways that do not tell whose packets they are.
    pub unexplained: Group,
    /// How many records have neither an interface nor an action.
    pub unjudged: u64,
    /// How many records say that nothing was seen.
    pub empty: u64,
    /// How many records say that some were lost.
    pub skipped: u64,
    /// How many records were too many to be judged.
    pub over: u64,
    /// The rules by whose word something recorded passed or was stopped.
    pub used: BTreeSet<(String, Direction, RuleRef)>,
    /// The interfaces of the model that have records.
    pub interfaces: BTreeSet<String>,
    /// How many classes of records there are.
    pub classes: u64,
    /// How many questions were asked for them.
    pub questions: u64,
    /// What was read.
    pub scan: Scan,
}

impl Audit {
    /// Whether records and model agree.
    pub fn agrees(&self) -> bool {
        self.drifts.is_empty() && self.strangers.is_empty()
    }
    /// Whether anything was compared at all.
    pub fn says_something(&self) -> bool {
        self.fit > 0 || !self.agrees()
    }
}

/// Holds every record in files and folders against the model, whose interfaces are of these classes.
pub fn audit(model: &Model, classes: &[EndpointClass], ask: Ask<'_>, logs: &[PathBuf], how: &Logs) -> Audit {
    judged(
        (model, &Alike::of(model, classes)),
        ask,
        logs,
        how,
        &mut |_, _| {},
    )
}

/// Is told of each class that fits by whose rules it does.
type Fits<'f> = &'f mut dyn FnMut(&Class, &[(&Author, Leg)]);

fn judged(
    (model, alike): (&Model, &Alike<'_>),
    ask: Ask<'_>,
    logs: &[PathBuf],
    how: &Logs,
    fits: Fits<'_>,
) -> Audit {
    let (mut tallies, scan) = read(logs, &how.reading(model, None), || Tallies::new(alike));
    let (mut doubles, mut judge) = (Doubles::new(alike), Judge::new(model, ask));
    let mut taken = |(_, count): &(Class, Count)| {
        count.examples().next().is_some_and(|mut record| {
            doubles.play(&mut record);
            judge.take(&record, count.part)
        })
    };
    let mut counts = tallies.counts();
    counts.retain(&mut taken);
    let mut audit = Audit {
        records: tallies.records,
        unjudged: tallies.unjudged,
        empty: tallies.empty,
        skipped: tallies.skipped,
        over: tallies.over,
        classes: counts.len() as u64,
        scan,
        ..Audit::default()
    };
    for (name, stranger) in &tallies.strangers {
        let group = audit.strangers.entry(name.clone()).or_default();
        group.add(stranger.records, [RecordView::of(&stranger.first)]);
    }
    let judgements = judge.judge(&how.watched);
    let authors = judge.authors();
    let mut differing: Vec<(&Count, Vec<Differing>)> = Vec::new();
    for ((class, count), judgement) in counts.iter().zip(judgements) {
        audit
            .interfaces
            .extend(count.interfaces(alike).map(str::to_owned));
        match judgement {
            Judgement::Fits(said) => {
                let said: Vec<_> = said.iter().map(|(by, leg)| (authors.get(*by), *leg)).collect();
                fits(class, &said);
                audit.fits(count, &said);
            }
            Judgement::Drift(alternatives) => differing.push((count, alternatives)),
            other => audit.unsettled(count, &other),
        }
    }
    audit.differ(&differing, alike, authors);
    audit.questions = judge.questions() as u64;
    audit.unite();
    audit
        .drifts
        .sort_by(|a, b| (a.kind, b.records).cmp(&(b.kind, a.records)));
    audit
}

impl Audit {
    /// Takes a class that neither fits nor differs.
    fn unsettled(&mut self, count: &Count, judgement: &Judgement) {
        let views = count.examples().map(|record| RecordView::of(&record));
        match judgement {
            Judgement::Undecided => self.undecided += count.records,
            Judgement::Late => self.late += count.records,
            Judgement::OtherReason => self.other_reason += count.records,
            Judgement::Nobody => self.nobody.add(count.records, views),
            Judgement::Unexplained => self.unexplained.add(count.records, views),
            Judgement::Fits(_) | Judgement::Drift(_) => {}
        }
    }

    /// Takes a class that fits by the word of these rules.
    fn fits(&mut self, count: &Count, said: &[(&Author, Leg)]) {
        self.fit += count.records;
        for (author, _) in said {
            let rule = (
                author.component.id.to_string(),
                author.direction,
                author.rule.clone(),
            );
            self.used.insert(rule);
        }
    }

    /// Puts what differs down to what explains the most of it.
    fn differ(&mut self, differing: &[(&Count, Vec<Differing>)], alike: &Alike<'_>, authors: &Authors) {
        let alternatives: Vec<&[Differing]> = differing.iter().map(|(_, all)| all.as_slice()).collect();
        let mut places = FxHashMap::default();
        for ((count, all), cause) in differing.iter().zip(causes(&alternatives)) {
            let Some((kind, by, leg)) = all.get(cause) else {
                continue;
            };
            let place = *places.entry((*kind, by)).or_insert_with(|| {
                self.drifts.push(Drift::new(*kind, authors.list(by), *leg));
                self.drifts.len() - 1
            });
            self.drifts[place].add(count, alike);
        }
    }

    /// What was seen behind a place at which the model blocks what was accepted is no drift of its own.
    fn unite(&mut self) {
        let (behind, mut drifts): (Vec<Drift>, Vec<Drift>) = std::mem::take(&mut self.drifts)
            .into_iter()
            .partition(|drift| drift.kind == DriftKind::SeenBehind);
        for follower in behind {
            let causes = |drift: &&mut Drift| {
                drift.kind == DriftKind::AcceptedButBlocked
                    && follower
                        .authors
                        .iter()
                        .all(|author| drift.authors.contains(author))
            };
            match drifts.iter_mut().find(causes) {
                Some(cause) => {
                    cause.records += follower.records;
                    cause.packets += follower.packets;
                    cause.interfaces.extend(follower.interfaces);
                }
                None => drifts.push(follower),
            }
        }
        self.drifts = drifts;
    }
}

impl Drift {
    fn new(kind: DriftKind, authors: Vec<Author>, leg: Option<Leg>) -> Self {
        Self {
            kind,
            authors,
            leg,
            records: 0,
            packets: 0,
            interfaces: BTreeSet::new(),
            examples: Vec::new(),
        }
    }

    fn add(&mut self, count: &Count, alike: &Alike<'_>) {
        self.records += count.records;
        self.packets += count.packets;
        self.interfaces.extend(count.interfaces(alike).map(str::to_owned));
        let views = count.examples().map(|record| RecordView::of(&record));
        first(&mut self.examples, views);
    }
}

impl Group {
    fn add(&mut self, records: u64, examples: impl IntoIterator<Item = RecordView>) {
        self.records += records;
        first(&mut self.examples, examples);
    }
}

/// The first of all examples, in the order of files and lines.
fn first(known: &mut Vec<RecordView>, more: impl IntoIterator<Item = RecordView>) {
    known.extend(more);
    known.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
    known.truncate(EXAMPLES_MAX);
}
