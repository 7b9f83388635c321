//! Rules of hygiene: what no question asks about and a review would find. Each reads the model, and asks where it must.
//!
//! A rule says what is odd and where; whether that is an error is for the check file to say.

mod groups;
mod networks;
mod rules;

use super::checking::Checking;
use super::outcome::{Outcome, Status};
use super::words::{HygieneRule, Level};
use crate::model::{Part, Place};

/// Something odd.
pub struct Odd {
    /// What it concerns, the first one first.
    pub subjects: Vec<String>,
    /// Where it is written.
    pub place: Place,
    /// What is odd.
    pub message: String,
    /// What else there is to say.
    pub details: Vec<String>,
}

/// Looks for what the check file asks for. A rule that finds nothing is an outcome, too.
pub fn all(checking: &mut Checking<'_>) {
    let checks = checking.checks;
    for (rule, level) in checks.hygiene.iter().filter(|(_, level)| **level != Level::Off) {
        let model = checking.job.answers.model();
        let odd = match rule {
            HygieneRule::ShadowedRule => rules::shadowed(model),
            HygieneRule::EphemeralGap => rules::ephemeral_gaps(model),
            HygieneRule::UnusedGroup => groups::unused(model),
            HygieneRule::WorldOpenPort => groups::world_open(model, checking.job.answers),
            HygieneRule::AsymmetricRoute => networks::asymmetric(model),
            HygieneRule::OverlappingCidr => networks::overlapping(model),
        };
        let place = [Part::Key("hygiene"), Part::Key(rule.id())];
        let sort = || Outcome {
            error: *level == Level::Error,
            expected_at: Some(checks.document.excerpt(&place).location),
            ..Outcome::new(rule.id(), rule.id())
        };
        if odd.is_empty() {
            checking.outcomes.push(sort());
        }
        let failed = odd.into_iter().map(|odd| Outcome {
            name: format!("{}: {}", rule.id(), odd.subjects.join(", ")),
            status: Status::Fail,
            message: odd.message,
            details: odd.details,
            at: model.sources.locate(&odd.place),
            subjects: odd.subjects,
            ..sort()
        });
        checking.outcomes.extend(failed);
    }
}

/// An element of a list of a model's item.
fn element(section: &'static str, id: &str, list: &'static str, index: usize) -> Place {
    Place::item(section, id).field(list).index(index)
}
