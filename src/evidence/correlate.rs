//! Records against predictions: what corroborates an answer, what contradicts it, what could not be seen.
//!
//! The states are the reference's (`flow-logs-and-mirroring` 4.3). A record names an interface and a direction, never a
//! rule: it cannot tell a security group from a network ACL, and no more is claimed.

use super::coverage::{covering, home};
use super::predict::{Expected, Prediction, predict};
use super::read::{Gather, Logs, Scan, Spot, read};
use super::record::{LogAction, Record};
use super::row::Row;
use super::seen::{Tuple, primary};
use super::window::Window;
use crate::analysis::{Finding, Outcome, Verdict};
use crate::model::Model;
use crate::network::{Direction, Leg, Trace};
use crate::packet::Space;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The most records that are kept for one interface.
const RECORDS_MAX: usize = 10_000;
/// The most records that are shown for one crossing.
const SHOWN_MAX: usize = 5;

/// What records say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// They show what the answer says.
    Corroborated,
    /// They show something else.
    Contradicted,
    /// They fit, and would fit other answers too.
    Weak,
    /// They do not decide.
    Inconclusive,
    /// Nothing was recorded where something would have been.
    Silent,
    /// No flow log sees this.
    NotObservable,
}

/// A record that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordView {
    /// The file.
    pub file: String,
    /// The line.
    pub line: u64,
    /// The record.
    pub text: String,
}

impl RecordView {
    /// That of a kept record.
    pub fn of(record: &Record) -> Self {
        Self {
            file: record.file.to_string(),
            line: record.line,
            text: record.text.clone(),
        }
    }
}

/// What records say of one crossing of an interface.
#[derive(Debug, Clone, Serialize)]
pub struct Crossing {
    /// The way, counted from 0.
    pub path: usize,
    /// There or back.
    pub leg: Leg,
    /// The hops of the way that the record tells of: first, and the one behind the last.
    #[serde(skip)]
    pub hops: (usize, usize),
    /// The interface.
    pub interface: String,
    /// Into it, or out of it.
    pub direction: Direction,
    /// What should be recorded: `ACCEPT`, `REJECT`, `undecided`, `nothing`.
    pub predicted: &'static str,
    /// What the records say.
    pub state: State,
    /// Why.
    pub reason: String,
    /// The records.
    pub records: Vec<RecordView>,
}

/// A flow log, and what of the way it sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The interface.
    pub interface: String,
    /// The flow logs that see it.
    pub flow_logs: Vec<String>,
    /// The flow log that would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<String>,
}

/// What flow logs say to an answer.
#[derive(Debug, Clone, Serialize)]
pub struct Evidence {
    /// The sum.
    pub state: State,
    /// Why.
    pub reason: String,
    /// Every record that was found.
    pub records: Vec<RecordView>,
    /// Which flow logs see the interfaces on the way.
    pub coverage: Vec<Coverage>,
    /// What each crossing's records say.
    pub crossings: Vec<Crossing>,
    /// What of the logs could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// The records of the crossings, each once, all of them.
    #[serde(skip)]
    pub kept: Vec<Record>,
    /// What was read.
    #[serde(skip)]
    pub scan: Scan,
}

impl Evidence {
    /// What is said of a hop.
    pub fn at(&self, (path, leg, hop): (usize, Leg, usize)) -> Option<&Crossing> {
        self.crossings
            .iter()
            .find(|one| one.path == path && one.leg == leg && (one.hops.0..one.hops.1).contains(&hop))
    }
}

/// The interfaces whose records would tell of an answer, in the order of their ids.
pub fn recorders(finding: &Finding) -> BTreeSet<String> {
    predict(finding).into_iter().map(|one| one.interface).collect()
}

/// Holds an answer against the records in files and folders.
pub fn correlate(finding: &Finding, model: &Model, logs: &[PathBuf], how: &Logs) -> Evidence {
    let predictions = predict(finding);
    let interfaces: BTreeSet<&str> = predictions.iter().map(|one| one.interface.as_str()).collect();
    let wanted: Vec<&str> = interfaces.iter().copied().collect();
    let reading = how.reading(model, Some(&wanted));
    let (found, scan) = read(logs, &reading, Records::default);
    let judge = Judge {
        model,
        space: &finding.work.space,
        found: &found,
        window: how.window,
    };
    let crossings: Vec<Crossing> = predictions
        .iter()
        .map(|prediction| judge.crossing(prediction))
        .collect();
    let (state, reason) = sum(finding, &crossings);
    let mut records: Vec<RecordView> = Vec::new();
    for record in crossings.iter().flat_map(|crossing| &crossing.records) {
        if !records.contains(record) {
            records.push(record.clone());
        }
    }
    let coverage = wanted.iter().map(|interface| judge.coverage(interface)).collect();
    Evidence {
        state,
        reason,
        records,
        coverage,
        crossings,
        problems: scan.told(),
        kept: judge.kept(&predictions),
        scan,
    }
}

/// The records by who recorded them.
#[derive(Default)]
struct Records(BTreeMap<String, Vec<Record>>);

impl Gather for Records {
    fn take(&mut self, row: &Row<'_>, at: Spot<'_>) {
        let record = Record::of(row, at.format, at.file, at.line);
        if let Some(recorder) = record.recorder().map(str::to_owned) {
            self.keep(recorder, [record]);
        }
    }

    fn join(&mut self, later: Self) {
        for (recorder, records) in later.0 {
            self.keep(recorder, records);
        }
    }
}

impl Records {
    fn keep(&mut self, recorder: String, records: impl IntoIterator<Item = Record>) {
        let list = self.0.entry(recorder).or_default();
        let room = RECORDS_MAX - list.len();
        list.extend(records.into_iter().take(room));
    }
}

struct Judge<'a> {
    model: &'a Model,
    space: &'a Space,
    found: &'a Records,
    window: Window,
}

impl Judge<'_> {
    fn crossing(&self, prediction: &Prediction) -> Crossing {
        let all = self
            .found
            .0
            .get(&prediction.interface)
            .map_or(&[][..], Vec::as_slice);
        let own: Vec<&Record> = all
            .iter()
            .filter(|record| self.tells(record, prediction))
            .collect();
        let (state, reason) = self.state(prediction, &own, all.iter().any(|record| record.skipped));
        let view = |record: &&Record| RecordView::of(record);
        Crossing {
            path: prediction.path,
            leg: prediction.leg,
            hops: prediction.hops,
            interface: prediction.interface.clone(),
            direction: prediction.direction,
            predicted: match prediction.expected {
                Expected::Recorded(LogAction::Accept) => "ACCEPT",
                Expected::Recorded(LogAction::Reject) => "REJECT",
                Expected::Undecided => "undecided",
                Expected::Nothing => "nothing",
            },
            state,
            reason,
            records: own.iter().take(SHOWN_MAX).map(view).collect(),
        }
    }

    /// The records that tell of any of the crossings.
    fn kept(&self, predictions: &[Prediction]) -> Vec<Record> {
        let all = self.found.0.iter();
        let told = all.flat_map(|(recorder, records)| {
            let own: Vec<&Prediction> = predictions
                .iter()
                .filter(|one| one.interface == *recorder)
                .collect();
            records
                .iter()
                .filter(move |record| own.iter().any(|prediction| self.tells(record, prediction)))
        });
        told.cloned().collect()
    }

    /// Whether a record tells of these packets at this crossing.
    fn tells(&self, record: &Record, prediction: &Prediction) -> bool {
        let Some(tuple) = Tuple::of(record).filter(|_| record.action.is_some()) else {
            return false;
        };
        let primary = primary(self.model, &prediction.interface);
        let elsewhere = |way| way != prediction.direction;
        if tuple.direction(primary).is_some_and(elsewhere) {
            return false;
        }
        let packets = self.space.cube(&tuple.packets(prediction.direction, primary));
        !self.space.intersect(packets, prediction.packets).is_empty()
    }

    fn state(&self, prediction: &Prediction, own: &[&Record], skipped: bool) -> (State, String) {
        let of = |action: LogAction| {
            own.iter()
                .filter(|record| record.action == Some(action))
                .copied()
                .collect::<Vec<_>>()
        };
        let (accepted, rejected) = (of(LogAction::Accept), of(LogAction::Reject));
        let begun = |records: &[&Record]| records.iter().any(|record| record.begins());
        match prediction.expected {
            _ if accepted.is_empty() && rejected.is_empty() => self.nothing(prediction, skipped),
            _ if !accepted.is_empty() && begun(&rejected) => {
                let reason = "both ACCEPT and REJECT were recorded: the rules changed, or the records are of different times";
                (State::Inconclusive, reason.to_owned())
            }
            Expected::Recorded(LogAction::Accept) => accept(&accepted, begun(&rejected)),
            Expected::Recorded(LogAction::Reject) => reject(prediction.leg, &rejected, begun(&accepted)),
            Expected::Undecided if rejected.is_empty() => {
                let reason = "the record fits; AWS does not say what is logged when a route table or an interface's check loses a packet";
                (State::Inconclusive, reason.to_owned())
            }
            Expected::Undecided => (
                State::Inconclusive,
                "AWS does not say what is logged when a route table or an interface's check loses a packet"
                    .to_owned(),
            ),
            Expected::Nothing if begun(&accepted) || begun(&rejected) => (
                State::Contradicted,
                "the packets were seen here, behind the place where the model drops them".to_owned(),
            ),
            Expected::Nothing => (
                State::Weak,
                "only packets of connections that are already gone were seen here".to_owned(),
            ),
        }
    }

    /// No record: what that means depends on who would have recorded it.
    fn nothing(&self, prediction: &Prediction, skipped: bool) -> (State, String) {
        if skipped {
            return (
                State::Inconclusive,
                "records of this interface were lost (SKIPDATA)".to_owned(),
            );
        }
        let wanted = match prediction.expected {
            Expected::Recorded(action) => action,
            Expected::Undecided | Expected::Nothing => LogAction::Accept,
        };
        let covered = self.model.flow_logs.is_empty()
            || !covering(self.model, &prediction.interface, wanted, self.window).is_empty();
        match (covered, prediction.expected) {
            (false, _) => {
                let enable = self.enable(&prediction.interface);
                (
                    State::NotObservable,
                    format!("no flow log records this; enable {enable}"),
                )
            }
            (true, Expected::Nothing) => (
                State::Weak,
                "nothing was recorded here, as it should be".to_owned(),
            ),
            (true, _) => (
                State::Silent,
                "nothing was recorded: there was no such traffic, or it did not get here".to_owned(),
            ),
        }
    }

    /// The flow log that would see an interface.
    fn enable(&self, interface: &str) -> String {
        let subnet = home(self.model, interface);
        let vpc = subnet
            .and_then(|subnet| self.model.subnets.get(subnet))
            .map(|subnet| subnet.vpc.as_str());
        let resource = vpc.unwrap_or(interface);
        format!(
            "a flow log on {resource} with traffic `all` and pkt-srcaddr, pkt-dstaddr, flow-direction and tcp-flags in its format"
        )
    }

    fn coverage(&self, interface: &str) -> Coverage {
        let mut logs: Vec<String> = Vec::new();
        for action in [LogAction::Accept, LogAction::Reject] {
            logs.extend(
                covering(self.model, interface, action, self.window)
                    .into_iter()
                    .map(ToString::to_string),
            );
        }
        logs.sort();
        logs.dedup();
        let enable = logs.is_empty().then(|| self.enable(interface));
        Coverage {
            interface: interface.to_owned(),
            flow_logs: logs,
            enable,
        }
    }
}

fn accept(accepted: &[&Record], rejected_begun: bool) -> (State, String) {
    if !accepted.is_empty() {
        return (State::Corroborated, "recorded as ACCEPT".to_owned());
    }
    if rejected_begun {
        return (
            State::Contradicted,
            "recorded as REJECT, and the model lets it pass".to_owned(),
        );
    }
    (
        State::Inconclusive,
        "only late packets of a connection that is gone were rejected".to_owned(),
    )
}

fn reject(leg: Leg, rejected: &[&Record], accepted_begun: bool) -> (State, String) {
    // A reply has SYN and ACK set: its record shows both.
    if rejected.iter().any(|record| record.begins()) {
        return (State::Corroborated, "recorded as REJECT".to_owned());
    }
    if !rejected.is_empty() && leg == Leg::Return {
        return (
            State::Weak,
            "recorded as REJECT, of packets that may be late ones".to_owned(),
        );
    }
    if !rejected.is_empty() {
        return (
            State::Weak,
            "recorded as REJECT, without a SYN: these may be late packets".to_owned(),
        );
    }
    if accepted_begun {
        return (
            State::Contradicted,
            "recorded as ACCEPT, and the model drops it here".to_owned(),
        );
    }
    (
        State::Inconclusive,
        "only packets of older connections were accepted".to_owned(),
    )
}

/// What the crossings say together.
fn sum(finding: &Finding, crossings: &[Crossing]) -> (State, String) {
    let of = |state: State| crossings.iter().filter(move |crossing| crossing.state == state);
    if let Some(crossing) = of(State::Contradicted).next() {
        return (State::Contradicted, told(crossing));
    }
    if crossings.is_empty() {
        return (
            State::NotObservable,
            "no network interface on the way records anything".to_owned(),
        );
    }
    if let Some(crossing) = of(State::Corroborated).find(|crossing| crossing.predicted == "REJECT") {
        return (
            State::Corroborated,
            format!(
                "{} {} ({}) is recorded as REJECT, where the model drops it",
                crossing.interface,
                crossing.direction.as_str(),
                crossing.leg.as_str()
            ),
        );
    }
    let recorded = crossings
        .iter()
        .filter(|crossing| crossing.predicted == "ACCEPT" || crossing.predicted == "REJECT");
    let (seen, total) = (of(State::Corroborated).count(), recorded.count());
    let works = matches!(finding.verdict, Verdict::Reachable | Verdict::PartlyReachable);
    if works && seen == total && total > 0 {
        return (
            State::Corroborated,
            format!("all {total} crossings are recorded as ACCEPT"),
        );
    }
    let unseen = of(State::NotObservable).find(|crossing| crossing.predicted == "REJECT");
    if let (true, Some(crossing)) = (!works && seen > 0, unseen) {
        return (State::Inconclusive, told(crossing));
    }
    if !works && seen > 0 {
        return (State::Inconclusive, lost_out_of_sight(finding));
    }
    if works && seen > 0 {
        return (
            State::Weak,
            format!("{seen} of {total} crossings are recorded as ACCEPT, the others are not seen"),
        );
    }
    without_a_yes(finding, crossings)
}

/// A crossing, and what its records say.
fn told(crossing: &Crossing) -> String {
    let (direction, leg) = (crossing.direction.as_str(), crossing.leg.as_str());
    format!("{} {direction} ({leg}): {}", crossing.interface, crossing.reason)
}

/// The sum where no crossing is corroborated: the most telling of the others.
fn without_a_yes(finding: &Finding, crossings: &[Crossing]) -> (State, String) {
    let of = |state: State| crossings.iter().find(move |crossing| crossing.state == state);
    let late = crossings
        .iter()
        .find(|crossing| crossing.state == State::Weak && !crossing.records.is_empty());
    if let Some(crossing) = of(State::Inconclusive).or(late) {
        if crossing.predicted == "undecided" {
            return (State::Inconclusive, lost_out_of_sight(finding));
        }
        return (crossing.state, told(crossing));
    }
    if of(State::Silent).is_some() {
        return (State::Silent, "no record of such traffic".to_owned());
    }
    if of(State::Weak).is_some() {
        let reason = "nothing was recorded where the model lets nothing through";
        return (State::Weak, reason.to_owned());
    }
    let reason = "no flow log sees the interfaces on the way";
    (State::NotObservable, reason.to_owned())
}

/// Why records cannot decide a block that no interface's filter makes.
fn lost_out_of_sight(finding: &Finding) -> String {
    let arrived = finding
        .paths
        .iter()
        .any(|path| path.forward.outcome == Outcome::Delivered);
    let unsaid = "AWS does not say what is logged then";
    for blocker in &finding.blockers {
        let id = &blocker.component.id;
        match blocker.trace {
            Trace::Unrouted => return format!("{id} loses the packets, and {unsaid}"),
            Trace::Refused => return format!("{id} itself refuses the packets, and {unsaid}"),
            Trace::Rejected => {}
            Trace::Passed => {
                return format!(
                    "{id} loses the packets, and nothing there writes flow logs; the records up to it fit"
                );
            }
        }
    }
    if arrived {
        "the records fit as far as they go".to_owned()
    } else {
        "the records do not decide".to_owned()
    }
}
