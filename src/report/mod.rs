//! Findings, outcomes of checks and mistakes as bytes: text for people, JSON, AWS's own shape, what forges read.

mod aws;
pub mod check;
mod diagnostic;
pub mod diff;
mod fix;
mod flow;
mod json;
pub mod logs;
pub mod matrix;
mod members;
pub mod mirror;
pub mod repair;
pub mod review;
mod slice;
mod text;
mod validation;
mod view;

pub use aws::aws;
pub use diagnostic::diagnostic;
pub use fix::fix;
pub use json::json;
pub use text::{Style, text};
pub use validation::validation as validation_json;

use crate::analysis::Finding;
use crate::analysis::mirror::Mirror;
use crate::analysis::repair::Repair;
use crate::evidence::Evidence;
use crate::model::Model;

/// What a report is about.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The answer.
    pub finding: &'a Finding,
    /// What flow logs say to it, when there are any.
    pub evidence: Option<&'a Evidence>,
    /// What would have to be changed, where that was asked for.
    pub repair: Option<&'a Repair>,
    /// What Traffic Mirroring copies, where that was asked for.
    pub mirror: Option<&'a Mirror>,
    /// The model, for the details of rules.
    pub model: &'a Model,
}
