//! The design review of a model: what it holds, what its check files expect, what gets from whom to whom, what is odd.

use super::{Style, check, matrix};
use crate::analysis::Matrix;
use crate::check::Report;
use crate::model::Model;
use std::fmt::Write;

/// What a review is made of.
pub struct Review<'a> {
    /// The model's name.
    pub name: &'a str,
    /// What was written.
    pub model: &'a Model,
    /// All pairs.
    pub matrix: &'a Matrix,
    /// The rules of hygiene.
    pub hygiene: &'a Report,
    /// What check files expect of it.
    pub checks: &'a [Report],
}

/// The review as Markdown. Same model, same bytes.
pub fn review(review: &Review<'_>) -> String {
    let mut out = format!("# {}\n\n## Design\n\n", review.name);
    for (section, count) in sections(review.model) {
        // Writing to a string cannot fail, here and below.
        _ = writeln!(out, "- {}: {count}", section.replace('_', " "));
    }
    block(&mut out, "What connects", &matrix::text(review.matrix));
    if !review.checks.is_empty() {
        block(
            &mut out,
            "Expected",
            &check::text(review.checks, Style { color: false }),
        );
    }
    let hygiene = check::text(std::slice::from_ref(review.hygiene), Style { color: false });
    block(&mut out, "Hygiene", &hygiene);
    out
}

fn block(out: &mut String, title: &str, text: &str) {
    let lines: Vec<&str> = text.trim_matches('\n').lines().map(str::trim_end).collect();
    _ = writeln!(out, "\n## {title}\n\n```text\n{}\n```", lines.join("\n"));
}

/// The sections that hold anything, and how much.
fn sections(model: &Model) -> Vec<(&'static str, usize)> {
    let value = serde_json::to_value(model).unwrap_or_default();
    let count = |section: &&'static str| {
        let items = value.get(section)?.as_object()?;
        Some((*section, items.len()))
    };
    Model::SECTIONS.iter().filter_map(count).collect()
}
