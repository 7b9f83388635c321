//! What a network has to be: expectations, promises that nobody else gets somewhere, hygiene; and what became of them.
//!
//! A check file says what is expected; [`run`] asks, and answers with one [`Outcome`] for each thing that was expected or
//! found. Nothing here knows how an outcome is shown. Nothing here reads a clock: today's date is a value.

mod access;
mod expect;
mod file;
mod hygiene;
mod mend;
mod outcome;
mod promise;
mod run;
mod scope;
mod suppress;

pub use access::access;
pub use file::{
    Because, CheckFile, Checks, Day, EvidenceWord, Expectation, Isolation, KEYS, LegWord, Level, Only, Picks,
    Suppression, VerdictWord,
};
pub use hygiene::HygieneRule;
pub use mend::{Wanted, mend};
pub use outcome::{Outcome, Question, RULES, Report, Rule, Status, Step};
pub use run::{Answers, Job, run};
pub use scope::{LIBRARY, Library, Scopes};
