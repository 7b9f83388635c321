//! What fares differently in two networks, told by its causes: as text and JSON of its own, and as outcomes for all that
//! reads the outcomes of checks.

mod json;
mod outcomes;
mod text;

pub use json::json;
pub use outcomes::{FailOn, report};
pub use text::text;

use super::flow::lines;
use crate::analysis::diff::{Cause, Diff, Difference, Part, Standings};
use crate::model::Location;

/// What a cause did to packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Opened,
    Closed,
}

impl Side {
    const BOTH: [Self; 2] = [Self::Opened, Self::Closed];

    /// `opened` or `closed`: the id of the rule, too.
    fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Closed => "closed",
        }
    }

    fn parts(self, cause: &Cause) -> &[Part] {
        match self {
            Self::Opened => &cause.opened,
            Self::Closed => &cause.closed,
        }
    }

    fn sets(self, difference: &Difference) -> &Standings {
        match self {
            Self::Opened => &difference.opened,
            Self::Closed => &difference.closed,
        }
    }
}

/// How many pairs of ends a side is about.
fn pairs(diff: &Diff, side: Side) -> usize {
    let concerned = diff.differences.iter().filter(|one| !side.sets(one).is_empty());
    let size = |group: usize| diff.groups.get(group).map_or(0, |group| group.members.len());
    let pairs = |one: &Difference| match one.from == one.to {
        true => size(one.from) * (size(one.from) - 1),
        false => size(one.from) * size(one.to),
    };
    concerned.map(pairs).sum()
}

/// A cause in words: its changes, a line each.
fn changes(diff: &Diff, cause: &Cause) -> Vec<String> {
    if cause.changes.is_empty() {
        return vec!["several changes together: which of them are needed was not worked out".to_owned()];
    }
    let told = cause.changes.iter().filter_map(|index| diff.changes.get(*index));
    told.map(|change| change.told()).collect()
}

/// Where the first change of a cause is written.
fn at<'a>(diff: &'a Diff, cause: &Cause) -> Option<&'a Location> {
    let changes = cause.changes.iter().filter_map(|index| diff.changes.get(*index));
    changes.filter_map(|change| change.at.as_ref()).next()
}

/// An end by its name, and how many are alike.
fn label(diff: &Diff, group: usize) -> String {
    let members = diff.groups.get(group).map_or(&[][..], |group| &group.members);
    let called = |id: &crate::model::ResourceId| match diff.names.get(id) {
        Some(name) => name.clone(),
        None => id.to_string(),
    };
    match members {
        [] => String::new(),
        [one] => called(&one.id),
        [one, more @ ..] => format!("{} (and {} alike)", called(&one.id), more.len()),
    }
}

/// The packets of a part, a line for each pair of ends and set of addresses.
fn flows(diff: &Diff, part: &Part) -> Vec<String> {
    told(diff, part.difference, &part.packets)
}

/// Packets of a difference, a line for each pair of ends and set of addresses.
pub(super) fn told(diff: &Diff, difference: usize, packets: &Standings) -> Vec<String> {
    let Some(difference) = diff.differences.get(difference) else {
        return Vec::new();
    };
    let to = match difference.from == difference.to {
        true => "one another".to_owned(),
        false => label(diff, difference.to),
    };
    let ends = format!("{} → {to}", label(diff, difference.from));
    let line = |cubes, suffix: &'static str| {
        let lines = lines(cubes, &difference.asked).into_iter();
        let ends = ends.clone();
        lines.map(move |line| format!("{ends}  {line}{suffix}"))
    };
    let works = line(&packets.works, "");
    let depends = line(&packets.depends, " (for some of AWS's picks)");
    let unknown = line(&packets.unknown, " (unknown)");
    works.chain(depends).chain(unknown).collect()
}
