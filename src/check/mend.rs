//! What would have to be changed for an outcome to be as expected. Asked for apart, since it costs as many questions as a check.

use super::checking::Answers;
use super::outcome::{Report, Status};

/// Looks for the repair of everything that is not as expected.
pub fn mend(answers: &dyn Answers, report: &mut Report) {
    let failed = report
        .outcomes
        .iter_mut()
        .filter(|outcome| outcome.status == Status::Fail);
    for outcome in failed {
        let Some(wanted) = &outcome.wanted else { continue };
        let words = [0, 1, 2].map(|word| wanted.words[word].as_str());
        // What could be asked once can be asked again; if not, there is nothing to be told.
        outcome.repair = answers.repair(words, &wanted.options, wanted.goal).ok();
    }
}
