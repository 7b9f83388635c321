//! `--format json`: versioned and stable; fields are added, never changed.

use super::super::slice::{Slice, slices};
use crate::analysis::diff::{Change, Diff, Difference, Group, Part, Standings};
use crate::model::Location;
use serde::Serialize;
use serde_json::Value;

/// The version of the shape.
const SCHEMA: &str = "whyhop.diff/1";

#[derive(Serialize)]
struct View<'a> {
    schema: &'static str,
    question: Question<'a>,
    opened: bool,
    closed: bool,
    groups: Vec<GroupView<'a>>,
    changes: Vec<ChangeView<'a>>,
    differences: Vec<DifferenceView<'a>>,
    causes: Vec<CauseView<'a>>,
}

#[derive(Serialize)]
struct Question<'a> {
    packets: &'a str,
    source_ports: &'a str,
    one_way: bool,
}

#[derive(Serialize)]
struct GroupView<'a> {
    members: Vec<Member<'a>>,
    before: bool,
    after: bool,
}

#[derive(Serialize)]
struct Member<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct ChangeView<'a> {
    section: &'static str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a Location>,
    message: String,
}

/// `from` and `to` count groups from 0; the slices are as the two members of `between` send them.
#[derive(Serialize)]
struct DifferenceView<'a> {
    from: usize,
    to: usize,
    between: [&'a str; 2],
    opened: Sets,
    closed: Sets,
}

/// `changes` counts the changes from 0; none where the cause was not worked out.
#[derive(Serialize)]
struct CauseView<'a> {
    changes: &'a [usize],
    opened: Vec<PartView>,
    closed: Vec<PartView>,
}

#[derive(Serialize)]
struct PartView {
    difference: usize,
    #[serde(flatten)]
    packets: Sets,
}

#[derive(Serialize)]
struct Sets {
    works: Vec<Slice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends: Vec<Slice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<Slice>,
}

/// The differences as JSON.
pub fn json(diff: &Diff) -> String {
    let parts = |parts: &[Part]| parts.iter().map(|part| part_view(diff, part)).collect();
    let view = View {
        schema: SCHEMA,
        question: Question {
            packets: &diff.packets,
            source_ports: &diff.source_ports,
            one_way: diff.one_way,
        },
        opened: diff.opened(),
        closed: diff.closed(),
        groups: diff.groups.iter().map(|group| group_view(diff, group)).collect(),
        changes: diff.changes.iter().map(change_view).collect(),
        differences: diff
            .differences
            .iter()
            .map(|one| difference_view(diff, one))
            .collect(),
        causes: diff
            .causes
            .iter()
            .map(|cause| CauseView {
                changes: &cause.changes,
                opened: parts(&cause.opened),
                closed: parts(&cause.closed),
            })
            .collect(),
    };
    // What is written here has no map with keys that are no text, so it cannot fail.
    let mut text = serde_json::to_string_pretty(&view).unwrap_or_default();
    text.push('\n');
    text
}

fn group_view<'a>(diff: &'a Diff, group: &'a Group) -> GroupView<'a> {
    let member = |end: &'a crate::network::ResourceRef| Member {
        id: end.id.as_str(),
        kind: end.kind,
        name: diff.names.get(&end.id).map(String::as_str),
    };
    GroupView {
        members: group.members.iter().map(member).collect(),
        before: group.before,
        after: group.after,
    }
}

fn change_view(change: &Change) -> ChangeView<'_> {
    ChangeView {
        section: change.section,
        id: change.id.as_str(),
        field: change.field.as_deref(),
        before: change.before.as_ref(),
        after: change.after.as_ref(),
        at: change.at.as_ref(),
        message: change.told(),
    }
}

fn difference_view<'a>(diff: &Diff, one: &'a Difference) -> DifferenceView<'a> {
    let [from, to] = &one.between;
    DifferenceView {
        from: one.from,
        to: one.to,
        between: [from.as_str(), to.as_str()],
        opened: sets(diff, &one.opened),
        closed: sets(diff, &one.closed),
    }
}

fn part_view(diff: &Diff, part: &Part) -> PartView {
    PartView {
        difference: part.difference,
        packets: sets(diff, &part.packets),
    }
}

fn sets(diff: &Diff, sets: &Standings) -> Sets {
    let space = &diff.work.space;
    Sets {
        works: slices(space, &sets.works),
        depends: slices(space, &sets.depends),
        unknown: slices(space, &sets.unknown),
    }
}
