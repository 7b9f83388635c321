//! `--format json`: versioned and stable; fields are added, never changed.

use super::super::fix;
use super::super::repair::{RepairView, view};
use super::super::slice::{Slice, slices};
use super::super::view::pretty;
use crate::check::{Outcome, Question, Report, Status, Step};
use crate::model::{Diagnostic, Location};
use serde::Serialize;

/// The version of the shape.
const SCHEMA: &str = "whyhop.check/1";

#[derive(Serialize)]
struct Checked<'a> {
    schema: &'static str,
    verdict: &'static str,
    counts: Counts,
    reports: Vec<ReportView<'a>>,
}

#[derive(Serialize)]
struct Counts {
    pass: usize,
    fail: usize,
    warn: usize,
    unknown: usize,
    suppressed: usize,
}

#[derive(Serialize)]
struct ReportView<'a> {
    name: &'a str,
    outcomes: Vec<OutcomeView<'a>>,
    warnings: Vec<WarningView<'a>>,
}

#[derive(Serialize)]
struct OutcomeView<'a> {
    rule: &'static str,
    name: &'a str,
    status: &'static str,
    severity: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    details: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<QuestionView<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    subjects: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_at: Option<&'a Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    fingerprint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<AnswerView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<StepView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repair: Option<RepairView>,
}

#[derive(Serialize)]
struct QuestionView<'a> {
    from: &'a str,
    to: &'a str,
    packets: &'a str,
}

#[derive(Serialize)]
struct AnswerView {
    verdict: &'static str,
    works: Vec<Slice>,
    fails: Vec<Slice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends: Vec<Slice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<Slice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blockers: Vec<BlockerView>,
}

#[derive(Serialize)]
struct BlockerView {
    code: &'static str,
    leg: &'static str,
    component: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Location>,
    message: String,
    fix: String,
}

#[derive(Serialize)]
struct StepView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a Location>,
    message: &'a str,
}

#[derive(Serialize)]
struct WarningView<'a> {
    code: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a Location>,
}

/// The outcomes as JSON.
pub fn json(reports: &[Report]) -> String {
    let all = || reports.iter().flat_map(|report| &report.outcomes);
    let count = |status: Status| all().filter(|one| one.status == status).count();
    let warn = all()
        .filter(|one| one.status == Status::Fail && !one.error)
        .count();
    let checked = Checked {
        schema: SCHEMA,
        verdict: verdict(reports),
        counts: Counts {
            pass: count(Status::Pass),
            fail: count(Status::Fail) - warn,
            warn,
            unknown: count(Status::Unknown),
            suppressed: count(Status::Suppressed),
        },
        reports: reports.iter().map(report).collect(),
    };
    pretty(&checked)
}

fn verdict(reports: &[Report]) -> &'static str {
    if reports.iter().any(Report::failed) {
        "fail"
    } else if reports.iter().any(Report::undecided) {
        "unknown"
    } else {
        "pass"
    }
}

fn report(report: &Report) -> ReportView<'_> {
    ReportView {
        name: &report.name,
        outcomes: report.outcomes.iter().map(outcome).collect(),
        warnings: report.warnings.iter().map(warning).collect(),
    }
}

fn warning(warning: &Diagnostic) -> WarningView<'_> {
    WarningView {
        code: warning.code,
        message: &warning.message,
        hint: warning.hint.as_deref(),
        at: warning.at.as_ref().map(|at| &at.location),
    }
}

fn outcome(outcome: &Outcome) -> OutcomeView<'_> {
    OutcomeView {
        rule: outcome.rule,
        name: &outcome.name,
        status: outcome.status.as_str(),
        severity: if outcome.error { "error" } else { "warn" },
        message: &outcome.message,
        details: &outcome.details,
        question: outcome.question.as_ref().map(question),
        subjects: &outcome.subjects,
        at: outcome.at.as_ref(),
        expected_at: outcome.expected_at.as_ref(),
        why: outcome.why.as_deref(),
        reason: outcome.reason.as_deref(),
        fingerprint: super::fingerprint(outcome),
        answer: answer(outcome),
        steps: outcome.steps.iter().map(step).collect(),
        repair: outcome.repair.as_ref().map(view),
    }
}

fn question(question: &Question) -> QuestionView<'_> {
    QuestionView {
        from: &question.from,
        to: &question.to,
        packets: &question.packets,
    }
}

fn step(step: &Step) -> StepView<'_> {
    StepView {
        at: step.at.as_ref(),
        message: &step.message,
    }
}

fn answer(outcome: &Outcome) -> Option<AnswerView> {
    let finding = outcome.finding.as_ref()?;
    let space = &finding.work.space;
    let blocker = |blocker: &crate::analysis::Blocker| BlockerView {
        code: blocker.code.as_str(),
        leg: blocker.leg.as_str(),
        component: blocker.component.id.to_string(),
        at: blocker.at.clone(),
        message: blocker.message.clone(),
        fix: fix(finding, blocker),
    };
    Some(AnswerView {
        verdict: finding.verdict.as_str(),
        works: slices(space, &finding.works),
        fails: slices(space, &finding.fails),
        depends: slices(space, &finding.depends),
        unknown: slices(space, &finding.unknown),
        blockers: finding.blockers.iter().map(blocker).collect(),
    })
}
