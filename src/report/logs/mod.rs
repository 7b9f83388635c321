//! What `whyhop logs` tells, as text and JSON.

mod audit;
mod coverage;
mod show;
mod unused;

pub use audit::{audit_json, audit_text};
pub use coverage::{coverage_json, coverage_text};
pub use show::{show_json, show_text};
pub use unused::{unused_json, unused_text};

use std::fmt::Write;

/// What could not be read.
fn problems(out: &mut String, problems: &[String]) {
    if !problems.is_empty() {
        line(out, "\nNot read");
        problems
            .iter()
            .for_each(|problem| line(out, &format!("  {problem}")));
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    _ = writeln!(out, "{}", text.trim_end());
}

/// `1 record`, `2 records`.
fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
