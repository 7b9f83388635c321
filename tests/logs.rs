//! Flow logs in every form in which AWS delivers them, and in none.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

#[path = "logs/forms.rs"]
mod forms;

#[path = "logs/audit.rs"]
mod audit;

mod oracle;

#[path = "logs/deliver.rs"]
mod deliver;

#[path = "logs/generate.rs"]
mod generate;

#[path = "logs/kernel.rs"]
mod kernel;

#[path = "logs/hostile.rs"]
mod hostile;

#[path = "logs/bombs.rs"]
mod bombs;

#[path = "logs/unused.rs"]
mod unused;

#[path = "logs/scale.rs"]
mod scale;
