//! Flow logs in every form in which AWS delivers them, and in none.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

#[path = "logs/forms.rs"]
mod forms;

#[path = "logs/audit.rs"]
mod audit;
