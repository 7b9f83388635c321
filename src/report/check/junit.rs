//! JUnit's XML, for the test tabs of forges. A warning and what is put up with are skipped tests that say why; what the
//! model does not decide is an error, which is neither passed nor failed.

use super::{Loudness, details, headline, place};
use crate::check::{Outcome, Report, Status};
use quick_junit::{NonSuccessKind, TestCase, TestCaseStatus, TestSuite};

/// The outcomes as test cases, a suite for each report.
pub fn junit(reports: &[Report]) -> String {
    let mut all = quick_junit::Report::new("whyhop");
    for report in reports {
        let mut suite = TestSuite::new(report.name.as_str());
        suite.add_test_cases(report.outcomes.iter().map(case));
        all.add_test_suite(suite);
    }
    // It writes to a string, which cannot fail.
    let mut text = all.to_string().unwrap_or_default();
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn case(outcome: &Outcome) -> TestCase {
    let mut status = match (outcome.status, Loudness::of(outcome)) {
        (Status::Pass, _) => TestCaseStatus::success(),
        (Status::Unknown, Loudness::Error) => TestCaseStatus::non_success(NonSuccessKind::Error),
        (_, Loudness::Error) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        _ => TestCaseStatus::skipped(),
    };
    if outcome.status != Status::Pass {
        let message = match (&outcome.reason, Loudness::of(outcome)) {
            (Some(reason), _) => format!("put up with: {reason}"),
            (None, Loudness::Warning) => format!("warning: {}", outcome.message),
            (None, _) => outcome.message.clone(),
        };
        let at = place(outcome).map(|at| format!("at {at}"));
        let lines: Vec<String> = std::iter::once(headline(outcome))
            .chain(at)
            .chain(details(outcome))
            .collect();
        status.set_message(message);
        status.set_type(outcome.rule);
        status.set_description(lines.join("\n"));
    }
    let mut case = TestCase::new(outcome.name.as_str(), status);
    case.set_classname(outcome.rule);
    case
}
