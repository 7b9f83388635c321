//! For people: each cause, and what it opened and closed.

use super::super::Style;
use super::{Side, at, changes, flows, pairs};
use crate::analysis::diff::Diff;
use anstyle::{AnsiColor, Style as Ansi};
use std::fmt::Write;

/// The differences as text.
pub fn text(diff: &Diff, style: Style) -> String {
    let way = if diff.one_way { " (one way)" } else { "" };
    let mut out = String::new();
    // Writing to a string cannot fail, here and below.
    _ = writeln!(out, "{}{way}: {} changes", diff.packets, diff.changes.len());
    for cause in &diff.causes {
        for side in Side::BOTH {
            let parts = side.parts(cause);
            if parts.is_empty() {
                continue;
            }
            let place = at(diff, cause).map_or_else(String::new, |at| format!(" [{at}]"));
            let changes = changes(diff, cause).join("\n    and ");
            _ = writeln!(out, "\n{} by {changes}{place}", word(side, style));
            for line in parts.iter().flat_map(|part| flows(diff, part)) {
                _ = writeln!(out, "  {line}");
            }
        }
    }
    for (index, change) in diff.idle().enumerate() {
        if index == 0 {
            _ = writeln!(out, "\nNo difference by");
        }
        let place = change
            .at
            .as_ref()
            .map_or_else(String::new, |at| format!(" [{at}]"));
        _ = writeln!(out, "  {}{place}", change.told());
    }
    let [opened, closed] = Side::BOTH.map(|side| pairs(diff, side));
    _ = writeln!(out, "\n{opened} pairs opened, {closed} closed");
    out
}

fn word(side: Side, style: Style) -> String {
    let (word, color) = match side {
        Side::Opened => ("OPENED", AnsiColor::Red),
        Side::Closed => ("CLOSED", AnsiColor::Yellow),
    };
    let ansi = Ansi::new().bold().fg_color(Some(color.into()));
    match style.color {
        true => format!("{ansi}{word}{ansi:#}"),
        false => word.to_owned(),
    }
}
