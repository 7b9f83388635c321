//! Be the packet: questions, the walk, the reply, the blame, the verdict.

mod finding;

pub use finding::{Action, Asked, Blocker, Finding, Hop, Outcome, Path, Verdict, Way};
