//! From a check file to its report.

use super::checking::{Checking, Job};
use super::file::Checks;
use super::mistakes::told;
use super::outcome::Report;
use super::{access, expect, hygiene, promise, suppress};
use crate::model::{Diagnostic, Diagnostics};

/// Asks everything that a check file expects. A check file that asks what the model does not know is a mistake, and so is
/// one that expects nothing: that nothing failed is no news then.
pub fn run(job: Job<'_>, checks: &Checks) -> Result<Report, Diagnostics> {
    let mut checking = Checking {
        job,
        checks,
        outcomes: Vec::new(),
        mistakes: Vec::new(),
    };
    expect::all(&mut checking);
    promise::only(&mut checking);
    promise::isolate(&mut checking);
    access::all(&mut checking);
    hygiene::all(&mut checking);
    let Checking {
        mut outcomes,
        mistakes,
        ..
    } = checking;
    if !mistakes.is_empty() {
        return Err(told(mistakes));
    }
    if outcomes.is_empty() {
        let error = Diagnostic::error("CHECK_NOTHING", "nothing is expected here, so nothing is checked");
        let hint = "write what you expect: `expect:`, `only:`, `isolate:`, `scopes:` or `hygiene:`";
        let error = error.at(Some(checks.document.excerpt(&[]))).hint(hint);
        return Err(Diagnostics(vec![error]));
    }
    let warnings = suppress::all(checks, job.today, &mut outcomes);
    Ok(Report {
        name: checks.name().to_owned(),
        outcomes,
        warnings,
    })
}
