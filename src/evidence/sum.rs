//! What the crossings of an answer say together.

use super::crossing::{Crossing, State};
use super::predict::is_unrecorded;
use crate::analysis::{Finding, Outcome, Verdict};
use crate::network::{Leg, Trace};

/// What the crossings say together.
pub fn sum(finding: &Finding, crossings: &[Crossing]) -> (State, String) {
    let of = |state: State| crossings.iter().filter(move |crossing| crossing.state == state);
    if let Some(crossing) = of(State::Contradicted).next() {
        return (State::Contradicted, told(crossing));
    }
    if crossings.is_empty() {
        let reason = match finding.paths.iter().any(is_unrecorded) {
            true => "AWS never records what its own services in the VPC are asked and answer",
            false => "no network interface on the way records anything",
        };
        return (State::NotObservable, reason.to_owned());
    }
    if let Some(crossing) = crossings.iter().find(|crossing| crossing.is_mixed) {
        return (State::Inconclusive, told(crossing));
    }
    if let Some(crossing) = of(State::Corroborated).find(|crossing| crossing.is_proof) {
        let reason = match crossing.predicted {
            "REJECT" => format!(
                "{} {} ({}) is recorded as REJECT, where the model drops it",
                crossing.interface,
                crossing.direction.as_str(),
                crossing.leg.as_str()
            ),
            _ => told(crossing),
        };
        return (State::Corroborated, reason);
    }
    let recorded = |crossing: &&Crossing| crossing.predicted == "ACCEPT" || crossing.predicted == "REJECT";
    let seen = of(State::Corroborated).filter(recorded).count();
    let total = crossings.iter().filter(recorded).count();
    let works = matches!(finding.verdict, Verdict::Reachable | Verdict::PartlyReachable);
    if works && seen == total && total > 0 {
        let reset = match crossings.iter().any(|crossing| crossing.is_reset) {
            true => "; the answer is a reset, so nothing listens there, or the host itself refuses",
            false => "",
        };
        return (
            State::Corroborated,
            format!("all {total} crossings are recorded as ACCEPT{reset}"),
        );
    }
    if let Some(reason) = lost_in_transit(crossings) {
        return (State::Weak, reason);
    }
    let unseen = of(State::NotObservable).find(|crossing| crossing.predicted == "REJECT");
    if let (true, Some(crossing)) = (!works && seen > 0, unseen) {
        return (State::Inconclusive, told(crossing));
    }
    if !works && seen > 0 {
        return (State::Inconclusive, lost_out_of_sight(finding));
    }
    if works && let Some(server) = unanswered(crossings) {
        let reason = format!(
            "the request is recorded up to {server}, which does not answer: a firewall on the host, or nothing that listens"
        );
        return (State::Weak, reason);
    }
    if works && seen > 0 {
        return (
            State::Weak,
            format!("{seen} of {total} crossings are recorded as ACCEPT, the others are not seen"),
        );
    }
    without_a_yes(finding, crossings)
}

/// What a transit gateway lost for a reason that is in no model.
fn lost_in_transit(crossings: &[Crossing]) -> Option<String> {
    let lost = |crossing: &&Crossing| crossing.predicted == "passed" && crossing.state == State::Weak;
    crossings.iter().find(lost).map(told)
}

/// The interface that the whole request came to, and of which no reply is recorded, though it would be.
fn unanswered(crossings: &[Crossing]) -> Option<&str> {
    let of = |leg: Leg| crossings.iter().filter(move |crossing| crossing.leg == leg);
    let came = of(Leg::Forward).all(|crossing| crossing.state == State::Corroborated);
    let silent = of(Leg::Return).all(|crossing| crossing.state == State::Silent);
    let last = of(Leg::Forward).next_back()?.interface.as_str();
    let first = of(Leg::Return).next()?.interface.as_str();
    (came && silent && first == last).then_some(last)
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
            Trace::Rejected | Trace::Unrecorded => {}
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
