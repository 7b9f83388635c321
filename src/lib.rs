//! whyhop answers, offline: can A reach B in an AWS network; hop by hop; if not, which component and which rule
//! blocks it, forward or on the reply; and which VPC flow-log records prove it.

pub mod analysis;
mod api;
pub mod check;
pub mod cli;
pub mod code;
pub mod component;
pub mod evidence;
pub mod import;
mod load;
pub mod model;
pub mod network;
pub mod packet;
pub mod report;

pub use analysis::{Finding, Options, QuestionError};
pub use api::{Analysis, diff};
pub use load::{load, load_changes, load_templates, load_with};
