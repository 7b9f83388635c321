//! Promises that nobody else gets somewhere, and that sets of things never talk.
//!
//! A promise is asked of every pair apart, so that each who breaks it is named. Those who get in by one rule are told
//! together: what is to be changed is the rule.

use super::checking::{Checking, Said};
use super::file::{Isolation, Only};
use super::outcome::{Outcome, Question, Status, Wanted, opening};
use super::words::Level;
use crate::analysis::repair::Goal;
use crate::analysis::{Endpoint, Finding, Members, Options, QuestionError};
use crate::model::{Location, OneOrMany, Part};
use crate::packet::AddressSet;
use std::collections::BTreeMap;

/// How many of those who break a promise by one rule are named.
const NAMED_MAX: usize = 10;

/// What breaks a promise is told once for each rule that lets it happen: who decided, where, and on what way out.
type Breach = (Status, String, Option<Location>, String);

/// A promise, as far as both sorts are alike.
struct Promise<'a> {
    rule: &'static str,
    list: &'static str,
    index: usize,
    name: String,
    level: Level,
    why: Option<&'a String>,
    packets: String,
    options: Options,
}

/// Of everybody, only these reach it.
pub fn only(checking: &mut Checking<'_>) {
    let checks = checking.checks;
    for (index, only) in checks.only.iter().filter(|(_, one)| one.severity != Level::Off) {
        let targets = members(checking, ("only", *index), &[Part::Key("to")], &only.to);
        let allowed = members(checking, ("only", *index), &[Part::Key("from")], &only.from);
        let packets = checking.packets(("only", *index), &only.packets);
        let (Some(targets), Some(allowed), true) = (targets, allowed, packets) else {
            continue;
        };
        let others = others(checking.job.answers.everybody(), &allowed);
        let promise = promise_of_only(*index, only);
        let mut pairs = Vec::new();
        for target in &targets {
            pairs.extend(others.iter().map(|other| (other, target)));
        }
        let mut outcomes = keep(checking, &promise, &pairs);
        for outcome in &mut outcomes {
            checking.expire(only.until, outcome);
        }
        checking.outcomes.extend(outcomes);
    }
}

fn promise_of_only(index: usize, only: &Only) -> Promise<'_> {
    let packets = only.packets.0.join(",");
    let all = |words: &OneOrMany<String>| words.0.join(", ");
    let unnamed = || format!("only {} → {} {packets}", all(&only.from), all(&only.to));
    Promise {
        rule: "only",
        list: "only",
        index,
        name: only.name.clone().unwrap_or_else(unnamed),
        level: only.severity,
        why: only.why.as_ref(),
        options: Options {
            one_way: only.one_way,
            both_families: true,
            ..Options::default()
        },
        packets,
    }
}

/// No member of one set talks to one of another, in either direction.
pub fn isolate(checking: &mut Checking<'_>) {
    let checks = checking.checks;
    for (index, isolation) in checks
        .isolate
        .iter()
        .filter(|(_, one)| one.severity != Level::Off)
    {
        let sets: Vec<Option<Vec<Endpoint>>> = isolation
            .sets
            .iter()
            .enumerate()
            .map(|(set, words)| {
                let way = [Part::Key("sets"), Part::Item(set)];
                members(checking, ("isolate", *index), &way, words)
            })
            .collect();
        let packets = checking.packets(("isolate", *index), &isolation.packets);
        let (Some(sets), true) = (sets.into_iter().collect::<Option<Vec<_>>>(), packets) else {
            continue;
        };
        let mut pairs = Vec::new();
        for (one, from) in sets.iter().enumerate() {
            for (_, to) in sets.iter().enumerate().filter(|(other, _)| *other != one) {
                pairs.extend(from.iter().flat_map(|from| to.iter().map(move |to| (from, to))));
            }
        }
        let promise = promise_of_isolation(*index, isolation);
        let mut outcomes = keep(checking, &promise, &pairs);
        for outcome in &mut outcomes {
            checking.expire(isolation.until, outcome);
        }
        checking.outcomes.extend(outcomes);
    }
}

fn promise_of_isolation(index: usize, isolation: &Isolation) -> Promise<'_> {
    let sets: Vec<String> = isolation.sets.iter().map(|set| set.0.join(", ")).collect();
    let unnamed = || format!("{} never talk", sets.join(" and "));
    Promise {
        rule: "isolate",
        list: "isolate",
        index,
        name: isolation.name.clone().unwrap_or_else(unnamed),
        level: isolation.severity,
        why: isolation.why.as_ref(),
        packets: isolation.packets.0.join(","),
        options: Options {
            one_way: isolation.one_way,
            both_families: true,
            ..Options::default()
        },
    }
}

/// What words stand for; nothing where one stands for nothing.
fn members(
    checking: &mut Checking<'_>,
    (list, index): (&'static str, usize),
    way: &[Part<'_>],
    words: &OneOrMany<String>,
) -> Option<Vec<Endpoint>> {
    let mut members = Vec::new();
    let mut good = true;
    for (item, word) in words.iter().enumerate() {
        match checking.job.answers.endpoints(word) {
            Ok(found) => members.extend(found),
            Err(error) => {
                let mut whole = vec![Part::Key(list), Part::Item(index)];
                whole.extend(way);
                whole.push(Part::Item(item));
                checking.mistake(error, &whole);
                good = false;
            }
        }
    }
    good.then_some(members)
}

/// Everybody but these. Of somebody who was named by some addresses, the others stay.
fn others(everybody: Vec<Endpoint>, named: &[Endpoint]) -> Vec<Endpoint> {
    let mut others = Vec::new();
    for one in everybody {
        let mine = || named.iter().filter(|other| other.resource == one.resource);
        if mine().any(|other| !other.by_address) {
            continue;
        }
        let taken = mine().fold(AddressSet::empty(), |all, other| all.union(&other.private));
        let private = one.private.subtract(&taken);
        if !private.is_empty() {
            others.push(Endpoint { private, ..one });
        }
    }
    others
}

/// Asks every pair; one outcome for each rule by which the promise is broken, or one that says that it holds.
fn keep(
    checking: &mut Checking<'_>,
    promise: &Promise<'_>,
    pairs: &[(&Endpoint, &Endpoint)],
) -> Vec<Outcome> {
    let mut breaches: BTreeMap<Breach, (Vec<[String; 2]>, Finding)> = BTreeMap::new();
    let (mut asked, mut why_not) = (0, None);
    for (from, to) in pairs.iter().filter(|(from, to)| from.resource != to.resource) {
        let ends = Members {
            words: [from.resource.id.as_str(), to.resource.id.as_str()],
            sources: std::slice::from_ref(from),
            destinations: std::slice::from_ref(to),
        };
        let answers = checking.job.answers;
        let finding = match answers.between(ends, &promise.packets, &promise.options) {
            Ok(finding) => finding,
            Err(error) => {
                // They share no address family, or these packets are not between them.
                why_not = Some(error);
                continue;
            }
        };
        asked += 1;
        let Some(breach) = breach(&finding) else {
            continue;
        };
        let names = ends.words.map(str::to_owned);
        let (broken, _) = breaches.entry(breach).or_insert_with(|| (Vec::new(), finding));
        broken.push(names);
    }
    if asked == 0 {
        // A promise about nobody is kept by nobody.
        let error = why_not.unwrap_or_else(|| QuestionError {
            message: "there is nobody of whom this could be asked".to_owned(),
            hint: None,
        });
        checking.mistake(error, &[Part::Key(promise.list), Part::Item(promise.index)]);
        return Vec::new();
    }
    if breaches.is_empty() {
        let mut outcome = checking.outcome(promise.rule, promise.index, said(promise));
        outcome.details.push(format!("{asked} pairs were asked"));
        return vec![outcome];
    }
    breaches
        .into_iter()
        .map(|((status, ..), (broken, finding))| broken_by(checking, promise, status, &broken, finding))
        .collect()
}

/// How an answer breaks a promise, if it does.
fn breach(finding: &Finding) -> Option<Breach> {
    let reached = if finding.asked.one_way {
        !finding.arrives.is_empty()
    } else {
        !finding.works.is_empty()
    };
    let to = finding.asked.to.clone();
    if reached || !finding.depends.is_empty() {
        let by = opening(finding);
        let author = by.map_or_else(String::new, |hop| hop.author.id.to_string());
        return Some((Status::Fail, author, by.and_then(|hop| hop.at.clone()), to));
    }
    (!finding.unknown.is_empty()).then(|| (Status::Unknown, String::new(), None, to))
}

fn said<'a>(promise: &Promise<'a>) -> Said<'a> {
    Said {
        list: promise.list,
        name: promise.name.clone(),
        level: promise.level,
        why: promise.why,
    }
}

fn broken_by(
    checking: &Checking<'_>,
    promise: &Promise<'_>,
    status: Status,
    broken: &[[String; 2]],
    finding: Finding,
) -> Outcome {
    let mut outcome = checking.outcome(promise.rule, promise.index, said(promise));
    outcome.status = status;
    let to = &finding.asked.to;
    let mut from: Vec<&str> = broken.iter().map(|[from, _]| from.as_str()).collect();
    let more = from.len().saturating_sub(NAMED_MAX);
    from.truncate(NAMED_MAX);
    let from = match more {
        0 => from.join(", "),
        more => format!("{} and {more} more", from.join(", ")),
    };
    let arrive = match (promise.options.one_way, broken.len()) {
        (true, 1) => "gets packets to",
        (true, _) => "get packets to",
        (false, 1) => "reaches",
        (false, _) => "reach",
    };
    outcome.message = match (status, opening(&finding)) {
        (Status::Unknown, _) => format!("the model does not decide whether {from} {arrive} {to}"),
        (_, Some(hop)) => format!("{from} {arrive} {to}: {}", hop.message),
        (_, None) => format!("{from} {arrive} {to}"),
    };
    outcome.question = Some(Question {
        from: finding.asked.from.clone(),
        to: to.clone(),
        packets: promise.packets.clone(),
    });
    outcome.subjects = broken.iter().map(|[from, _]| from.clone()).collect();
    outcome.subjects.insert(0, to.clone());
    outcome.at = opening(&finding).and_then(|hop| hop.at.clone());
    let from: Vec<&str> = broken.iter().map(|[from, _]| from.as_str()).collect();
    outcome.wanted = Some(Wanted {
        words: [from.join(","), to.clone(), promise.packets.clone()],
        options: promise.options.clone(),
        goal: Goal::Close,
    });
    outcome.explain(finding);
    outcome
}
