//! What is known and put up with: with a reason, for a time, and told when it is no longer needed.

use super::file::{Checks, Suppression};
use super::outcome::{Outcome, RULES, Status};
use crate::model::{Diagnostic, Part, near};
use jiff::civil::Date;

/// Marks what is put up with; answers with what is odd about the list.
pub fn all(checks: &Checks, today: Date, outcomes: &mut [Outcome]) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    for (index, suppression) in &checks.suppress {
        let expired = suppression.until.filter(|until| until.0 < today);
        let mut used = false;
        for outcome in outcomes.iter_mut().filter(|outcome| meant(suppression, outcome)) {
            used = true;
            if expired.is_none() {
                outcome.status = Status::Suppressed;
                outcome.reason = Some(suppression.reason.clone());
            }
        }
        let (code, message) = match (used, expired) {
            (true, None) => continue,
            (true, Some(until)) => (
                "CHECK_SUPPRESSION_EXPIRED",
                format!("`{}` was put up with until {}", suppression.of, until.0),
            ),
            (false, _) => (
                "CHECK_SUPPRESSION_UNUSED",
                format!("nothing of `{}` is wrong here any more", told(suppression)),
            ),
        };
        let way = [Part::Key("suppress"), Part::Item(*index)];
        let warning = Diagnostic::warning(code, message).at(Some(checks.document.excerpt(&way)));
        warnings.push(warning.hint(hint(suppression, used, outcomes)));
    }
    warnings
}

fn meant(suppression: &Suppression, outcome: &Outcome) -> bool {
    let wrong = matches!(outcome.status, Status::Fail | Status::Unknown);
    let of = suppression.of == outcome.rule || suppression.of == outcome.name;
    let at = |at: &String| outcome.subjects.contains(at);
    wrong && of && suppression.at.as_ref().is_none_or(at)
}

fn told(suppression: &Suppression) -> String {
    match &suppression.at {
        Some(at) => format!("{} at {at}", suppression.of),
        None => suppression.of.clone(),
    }
}

fn hint(suppression: &Suppression, used: bool, outcomes: &[Outcome]) -> String {
    if used {
        return "remove it, or give it a later day".to_owned();
    }
    let of = suppression.of.as_str();
    let known = || {
        let names = outcomes.iter().map(|outcome| outcome.name.as_str());
        names.chain(RULES.iter().map(|rule| rule.id))
    };
    match known().any(|known| known == of).then_some(of) {
        Some(_) => "remove it".to_owned(),
        None => match near(of, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "it is the id of a rule, or the name of an expectation".to_owned(),
        },
    }
}
