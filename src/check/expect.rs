//! Expectations: a question, its answer, and the one that was expected.

use super::checking::{Checking, Said};
use super::file::Expectation;
use super::outcome::{Outcome, Question, Status, Wanted, told};
use super::words::{Because, Level, Picks, VerdictWord};
use crate::analysis::repair::Goal;
use crate::analysis::{Blocker, Finding, Options, Pair, Verdict, together};
use crate::code::ExplanationCode;
use crate::evidence::correlate;
use crate::model::{Part, near};
use crate::network::RuleRef;
use crate::packet::Space;

/// How many exceptions among the members of a set are named.
const EXCEPTIONS_MAX: usize = 10;

/// Asks what is expected.
pub fn all(checking: &mut Checking<'_>) {
    let checks = checking.checks;
    for (index, expectation) in checks.expect.iter().filter(|(_, one)| one.severity != Level::Off) {
        codes(checking, *index, expectation);
        if !checking.packets(("expect", *index), &expectation.packets) {
            continue;
        }
        for (from, source) in expectation.from.iter().enumerate() {
            for (to, destination) in expectation.to.iter().enumerate() {
                let ends = [(from, source.as_str()), (to, destination.as_str())];
                cell(checking, (*index, expectation), ends);
            }
        }
    }
}

/// Codes that there are not would never be found in the way.
fn codes(checking: &mut Checking<'_>, index: usize, expectation: &Expectation) {
    for (place, because) in expectation.because.iter().enumerate() {
        let looks_like_one =
            |word: &&String| word.contains('_') && word.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        let code = because.code.as_ref();
        let Some(code) = code.or_else(|| because.word.as_ref().filter(looks_like_one)) else {
            continue;
        };
        if ExplanationCode::parse(code).is_none() {
            let known = ExplanationCode::ALL.iter().map(|code| code.as_str());
            let error = crate::analysis::QuestionError {
                message: format!("there is no code `{code}`"),
                hint: Some(match near(code, known) {
                    Some(near) => format!("did you mean {near}?"),
                    None => "whyhop explain lists every code".to_owned(),
                }),
            };
            let way = [
                Part::Key("expect"),
                Part::Item(index),
                Part::Key("because"),
                Part::Item(place),
            ];
            checking.mistake(error, &way);
        }
    }
}

fn cell(checking: &mut Checking<'_>, (index, expectation): (usize, &Expectation), ends: [(usize, &str); 2]) {
    let element = [Part::Key("expect"), Part::Item(index)];
    let packets = expectation.packets.0.join(",");
    let [(from, source), (to, destination)] = ends;
    // What the words stand for is looked up apart, so that a wrong word is told where it is written.
    for (key, item, word) in [("from", from, source), ("to", to, destination)] {
        if !word.starts_with("new:")
            && let Err(error) = checking.job.answers.endpoints(word)
        {
            let way = [element[0], element[1], Part::Key(key), Part::Item(item)];
            return checking.mistake(error, &way);
        }
    }
    let options = Options {
        source_ports: expectation.source_port.as_ref().map(|ports| ports.0.clone()),
        one_way: expectation.one_way,
        through: expectation.through.0.clone(),
        avoid: expectation.avoid.0.clone(),
        ..Options::default()
    };
    let words = [source, destination, packets.as_str()];
    match checking.job.answers.path(words, &options) {
        Err(error) => checking.mistake(error, &element),
        Ok(finding) => {
            let mut outcome = judge(checking, (index, expectation), finding);
            outcome.wanted = goal(expectation).map(|goal| Wanted {
                words: words.map(str::to_owned),
                options,
                goal,
            });
            checking.outcomes.push(outcome);
        }
    }
}

/// What edits of the model should bring about.
fn goal(expectation: &Expectation) -> Option<Goal> {
    match expectation.verdict.verdict() {
        Verdict::Reachable => Some(Goal::Open),
        Verdict::Blocked => Some(Goal::Close),
        Verdict::PartlyReachable | Verdict::Unknown => None,
    }
}

fn judge(checking: &Checking<'_>, (index, expectation): (usize, &Expectation), finding: Finding) -> Outcome {
    let asked = &finding.asked;
    let question = format!("{} → {} {}", asked.from, asked.to, asked.packets);
    let several = expectation.from.0.len() * expectation.to.0.len() > 1;
    let name = match &expectation.name {
        Some(name) if several => format!("{name}: {question}"),
        Some(name) => name.clone(),
        None => format!("{question} is {}", expectation.verdict.verdict().as_str()),
    };
    let said = Said {
        list: "expect",
        name,
        level: expectation.severity,
        why: expectation.why.as_ref(),
    };
    let mut outcome = checking.outcome("expect", index, said);
    outcome.question = Some(Question {
        from: asked.from.clone(),
        to: asked.to.clone(),
        packets: asked.packets.clone(),
    });
    outcome.subjects = vec![asked.from.clone(), asked.to.clone()];
    let wrong = complaints(checking, expectation, &finding, &mut outcome);
    if let [first, rest @ ..] = wrong.as_slice() {
        outcome.status = match got(expectation, &finding) {
            Verdict::Unknown => Status::Unknown,
            _ => Status::Fail,
        };
        outcome.message = first.clone();
        outcome.in_the_way =
            expectation.verdict == VerdictWord::Reachable && got(expectation, &finding) != Verdict::Reachable;
        outcome.details.splice(0..0, rest.iter().cloned());
        outcome.explain(finding);
    }
    checking.expire(expectation.until, &mut outcome);
    outcome
}

/// What is not as expected, the verdict first.
fn complaints(
    checking: &Checking<'_>,
    expectation: &Expectation,
    finding: &Finding,
    outcome: &mut Outcome,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let (wanted, got) = (expectation.verdict.verdict(), got(expectation, finding));
    if wanted != got {
        wrong.push(format!("expected {}, is {}", wanted.as_str(), got.as_str()));
        outcome.details.extend(exceptions(expectation, finding, wanted));
        outcome.details.extend(finding.blockers.first().map(told));
    }
    let missing = |because: &&Because| !finding.blockers.iter().any(|blocker| fits(because, blocker));
    for because in expectation.because.iter().filter(missing) {
        let found: Vec<String> = finding.blockers.iter().map(told).collect();
        let found = match found.is_empty() {
            true => "nothing".to_owned(),
            false => found.join("; "),
        };
        wrong.push(format!(
            "expected {} to be in the way; what is: {found}",
            word(because)
        ));
    }
    if let (Some(leg), first) = (expectation.leg, finding.blockers.first()) {
        match first {
            Some(first) if first.leg == leg.leg() => {}
            Some(first) => wrong.push(format!(
                "expected the first blocker on the {} leg, it is {}",
                leg.leg().as_str(),
                told(first)
            )),
            None => wrong.push(format!(
                "expected a blocker on the {} leg, there is none",
                leg.leg().as_str()
            )),
        }
    }
    if !expectation.evidence.is_empty() {
        let evidence = correlate(
            finding,
            checking.job.answers.model(),
            checking.job.flow_logs,
            checking.job.how,
        );
        let state = evidence.state;
        if !expectation.evidence.0.contains(&state) {
            let wanted: Vec<&str> = expectation.evidence.iter().map(|one| one.as_str()).collect();
            wrong.push(format!(
                "expected the flow logs to be {}; they are {}: {}",
                wanted.join(" or "),
                state.as_str(),
                evidence.reason
            ));
        }
    }
    wrong
}

/// The verdict, for all of AWS's picks or for any.
fn got(expectation: &Expectation, finding: &Finding) -> Verdict {
    match expectation.picks {
        Picks::All => finding.verdict,
        Picks::Any => {
            let space = &finding.work.space;
            let any: Vec<Verdict> = finding
                .pairs
                .iter()
                .map(|pair| for_some(space, pair, expectation.verdict.verdict()))
                .collect();
            together(&any)
        }
    }
}

/// The verdict that some pick would give: that one that is expected, where one does.
fn for_some(space: &Space, pair: &Pair, wanted: Verdict) -> Verdict {
    let some = space.union(pair.works, pair.depends);
    match wanted {
        Verdict::Reachable if some == pair.asked => Verdict::Reachable,
        Verdict::Blocked if pair.works.is_empty() && pair.unknown.is_empty() => Verdict::Blocked,
        _ => pair.verdict,
    }
}

/// The members of a set for which the answer is another.
fn exceptions(expectation: &Expectation, finding: &Finding, wanted: Verdict) -> Vec<String> {
    if finding.pairs.len() < 2 {
        return Vec::new();
    }
    let verdict = |pair: &Pair| match expectation.picks {
        Picks::All => pair.verdict,
        Picks::Any => for_some(&finding.work.space, pair, wanted),
    };
    let others: Vec<&Pair> = finding
        .pairs
        .iter()
        .filter(|pair| verdict(pair) != wanted)
        .collect();
    let named = |pair: &&Pair| {
        format!(
            "{} → {} is {}",
            pair.from.resource.id,
            pair.to.resource.id,
            verdict(pair).as_str()
        )
    };
    let mut lines: Vec<String> = others.iter().take(EXCEPTIONS_MAX).map(named).collect();
    if others.len() > EXCEPTIONS_MAX {
        lines.push(format!("… and {} more pairs", others.len() - EXCEPTIONS_MAX));
    }
    lines
}

fn fits(because: &Because, blocker: &Blocker) -> bool {
    let code = |word: &String| blocker.code.as_str() == word;
    let at = |word: &String| {
        blocker.component.id.as_str() == word
            || blocker.name.as_ref() == Some(word)
            || blocker
                .interface
                .as_ref()
                .is_some_and(|interface| interface.id.as_str() == word)
    };
    because.word.as_ref().is_none_or(|word| code(word) || at(word))
        && because.code.as_ref().is_none_or(code)
        && because.at.as_ref().is_none_or(at)
        && because.leg.is_none_or(|leg| leg.leg() == blocker.leg)
        && because
            .rule
            .as_ref()
            .is_none_or(|word| *word == rule(&blocker.rule))
}

fn rule(rule: &RuleRef) -> String {
    match rule {
        RuleRef::Number(number) => number.to_string(),
        RuleRef::Route(destination) => destination.to_string(),
        RuleRef::Default => "default".to_owned(),
        RuleRef::Implicit(what) => (*what).to_owned(),
    }
}

fn word(because: &Because) -> String {
    let words = [&because.word, &because.code];
    let mut text: Vec<String> = words.into_iter().flatten().cloned().collect();
    text.extend(because.at.as_ref().map(|at| format!("at {at}")));
    text.extend(because.rule.as_ref().map(|rule| format!("rule {rule}")));
    text.extend(because.leg.map(|leg| format!("({})", leg.leg().as_str())));
    text.join(" ")
}
