//! Records against predictions: what corroborates an answer, what contradicts it, what could not be seen.
//!
//! The states are the reference's (`flow-logs-and-mirroring` 4.3). A record names an interface and a direction, never a
//! rule: it cannot tell a security group from a network ACL, and no more is claimed.

use super::coverage::{covering, home};
use super::crossing::{Crossing, State};
use super::gather::{Logs, Scan};
use super::predict::{Expected, Prediction, predict};
use super::read::read;
use super::record::{LogAction, Record};
use super::seen::{Own, Tuple};
use super::sought::{Records, Sought};
use super::sum::sum;
use super::transit;
use super::window::Window;
use crate::analysis::Finding;
use crate::code::ExplanationCode;
use crate::model::Model;
use crate::network::Leg;
use crate::packet::Space;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::PathBuf;

pub use super::crossing::RecordView;

/// The most records that are shown for one crossing.
const SHOWN_MAX: usize = 5;

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
    let attachments = transit::attachments(finding);
    let names: Vec<&str> = interfaces
        .iter()
        .copied()
        .chain(attachments.iter().map(String::as_str))
        .collect();
    let reading = how.reading(model, Some(&names));
    let sought = Sought::of(&predictions, model, &finding.work.space);
    let (found, scan) = read(logs, &reading, || Records::new(&sought));
    let judge = Judge {
        model,
        finding,
        space: &finding.work.space,
        found: &found,
        window: how.window,
    };
    let mut crossings: Vec<Crossing> = predictions
        .iter()
        .map(|prediction| judge.crossing(prediction))
        .collect();
    crossings.extend(transit::crossings(finding, &found));
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

struct Judge<'a> {
    model: &'a Model,
    finding: &'a Finding,
    space: &'a Space,
    found: &'a Records<'a>,
    window: Window,
}

impl Judge<'_> {
    fn crossing(&self, prediction: &Prediction) -> Crossing {
        let all = self.found.of(&prediction.interface);
        let own: Vec<&Record> = all
            .iter()
            .filter(|record| self.tells(record, prediction))
            .collect();
        let (state, reason) = self.state(prediction, &own, self.found.is_skipped(&prediction.interface));
        let view = |record: &&Record| RecordView::of(record);
        let has = |action| {
            own.iter()
                .any(|record| record.action == Some(action) && record.begins())
        };
        let reset = |record: &&Record| record.tcp_flags.is_some_and(|flags| flags & 6 == 4);
        let by_access = own.iter().any(|record| self.is_public_access(record));
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
            is_proof: state == State::Corroborated
                && (prediction.expected == Expected::Recorded(LogAction::Reject) || by_access),
            is_mixed: has(LogAction::Accept) && has(LogAction::Reject),
            is_reset: prediction.leg == Leg::Return && !own.is_empty() && own.iter().all(reset),
        }
    }

    /// The records that tell of any of the crossings.
    fn kept(&self, predictions: &[Prediction]) -> Vec<Record> {
        let told = self.found.all().flat_map(|(recorder, records)| {
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
        let Some(tuple) = Tuple::of(record) else {
            return false;
        };
        let own = Own::of(self.model, &prediction.interface);
        let elsewhere = |way| way != prediction.direction;
        if tuple.direction(&own).is_some_and(elsewhere) {
            return false;
        }
        let packets = self.space.cube(&tuple.packets(prediction.direction, Some(&own)));
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
        if let Some(said) = self.given_reason(&rejected) {
            return said;
        }
        match prediction.expected {
            _ if own.is_empty() => self.nothing(prediction, skipped),
            _ if accepted.is_empty() && rejected.is_empty() => {
                let reason = "recorded, and the records have no `action` in their format";
                (State::Inconclusive, reason.to_owned())
            }
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

    /// Whether a record says that VPC Block Public Access rejected it, and the model has that in the way.
    fn is_public_access(&self, record: &Record) -> bool {
        let code = ExplanationCode::VpcBlockPublicAccessEnabled;
        record.reject_reason.as_deref() == Some("BPA")
            && self.finding.blockers.iter().any(|blocker| blocker.code == code)
    }

    /// What a record says that names its reason
    /// (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>, `reject-reason`).
    fn given_reason(&self, rejected: &[&Record]) -> Option<(State, String)> {
        let record = rejected.iter().find(|record| record.reject_reason.is_some())?;
        let reason = record.reject_reason.as_deref()?;
        let (state, said) = match reason {
            "BPA" if self.is_public_access(record) => (
                State::Corroborated,
                "recorded as rejected by VPC Block Public Access".to_owned(),
            ),
            "BPA" => (
                State::Contradicted,
                "recorded as rejected by VPC Block Public Access, which does not block it in the model"
                    .to_owned(),
            ),
            other => (
                State::Inconclusive,
                format!("recorded as rejected for a reason that is not in the model ({other})"),
            ),
        };
        Some((state, said))
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
