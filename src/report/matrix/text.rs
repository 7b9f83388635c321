//! For people: a table of what passes, and who is alike.

use super::super::flow::lines;
use super::{Counts, called};
use crate::analysis::{Flow, Matrix};
use comfy_table::Table;
use comfy_table::presets::NOTHING;
use std::fmt::Write;

/// The most members of a class that are named.
const MEMBERS_SHOWN: usize = 12;

/// The matrix as text.
pub fn text(matrix: &Matrix) -> String {
    let Counts {
        ends,
        classes,
        pairs,
        connected,
        unknown,
    } = Counts::of(matrix);
    let way = if matrix.one_way { " (one way)" } else { "" };
    let mut out = String::new();
    // Writing to a string cannot fail, here and below.
    _ = writeln!(
        out,
        "{}{way} between {ends} ends in {classes} classes",
        matrix.packets
    );
    alike(&mut out, matrix);
    if !matrix.flows.is_empty() {
        _ = writeln!(out, "\n{}", table(matrix).trim_fmt());
    }
    let undecided = match unknown {
        0 => String::new(),
        count => format!(", {count} are unknown"),
    };
    _ = writeln!(
        out,
        "\n{connected} of {pairs} pairs connect{undecided}; all others are blocked"
    );
    out
}

/// Who is of one class, where there are several.
fn alike(out: &mut String, matrix: &Matrix) {
    let several = matrix.classes.iter().filter(|class| class.members.len() > 1);
    for (index, class) in several.enumerate() {
        if index == 0 {
            _ = writeln!(out, "\nTreated alike");
        }
        let shown = class.members.iter().take(MEMBERS_SHOWN);
        let names: Vec<&str> = shown.map(|end| called(matrix, end)).collect();
        let more = match class.members.len().saturating_sub(MEMBERS_SHOWN) {
            0 => String::new(),
            more => format!(", … {more} more"),
        };
        _ = writeln!(out, "  {}{more}", names.join(", "));
    }
}

fn table(matrix: &Matrix) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(["from", "to", "packets"]);
    for flow in &matrix.flows {
        let to = match flow.from == flow.to {
            true => "one another".to_owned(),
            false => label(matrix, flow.to),
        };
        table.add_row([label(matrix, flow.from), to, packets(flow)]);
    }
    table
}

fn label(matrix: &Matrix, class: usize) -> String {
    let members = matrix.classes.get(class).map_or(&[][..], |class| &class.members);
    match members {
        [] => String::new(),
        [one] => called(matrix, one).to_owned(),
        [one, more @ ..] => format!("{} (and {} alike)", called(matrix, one), more.len()),
    }
}

fn packets(flow: &Flow) -> String {
    let told = |cubes, suffix: &'static str| {
        let lines = lines(cubes, &flow.asked).into_iter();
        lines.map(move |line| format!("{line}{suffix}"))
    };
    let works = told(&flow.works, "");
    let depends = told(&flow.depends, " (for some of AWS's picks)");
    let unknown = told(&flow.unknown, " (unknown)");
    works.chain(depends).chain(unknown).collect::<Vec<_>>().join("\n")
}
