//! What a network has to be: expectations, promises that nobody else gets somewhere, hygiene; and what became of them.
//!
//! A check file says what is expected; [`run`] asks, and answers with one [`Outcome`] for each thing that was expected or
//! found. Nothing here knows how an outcome is shown. Nothing here reads a clock: today's date is a value.

mod access;
mod checking;
mod expect;
mod file;
mod hygiene;
mod mend;
mod mistakes;
mod outcome;
mod promise;
mod run;
mod scope;
mod suppress;
mod words;

pub use access::access;
pub use checking::{Answers, Job};
pub use file::{CheckFile, Checks, Expectation, Isolation, KEYS, Only, Suppression};
pub use mend::mend;
pub use outcome::{Outcome, Question, RULES, Report, Rule, Status, Step, Wanted};
pub use run::run;
pub use scope::{LIBRARY, Library, Scopes};
pub use words::{Because, Day, HygieneRule, LegWord, Level, Picks, VerdictWord};
