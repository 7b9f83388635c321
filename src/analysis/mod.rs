//! Be the packet: questions, the walk, the reply, the blame, the verdict.

mod answer;
mod assumption;
mod blame;
pub mod diff;
mod finding;
mod hop;
mod index;
mod matrix;
pub mod mirror;
mod quant;
mod question;
pub mod repair;
pub mod scope;
mod trail;
mod walk;

pub use answer::{Ground, Members, Options, ask, ask_between, reach, together};
pub use finding::{Action, Asked, Blocker, Finding, Hop, Member, Outcome, Pair, Path, Verdict, Way};
pub use index::Index;
pub use matrix::{EndpointClass, Flow, Matrix, classes, matrix};
pub use question::{Endpoint, QuestionError, Resolver, with_hypothetical};
