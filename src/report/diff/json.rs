//! `--format json`: versioned and stable; fields are added, never changed.

use super::super::view::{Component, Everybody, Sets, pretty};
use crate::analysis::diff::{Diff, Difference, Group, Part};
use crate::model::{Change, Location};
use serde::Serialize;
use serde_json::Value;

/// The version of the shape.
const SCHEMA: &str = "whyhop.diff/1";

#[derive(Serialize)]
struct View<'a> {
    schema: &'static str,
    question: Everybody<'a>,
    opened: bool,
    closed: bool,
    groups: Vec<GroupView>,
    changes: Vec<ChangeView<'a>>,
    differences: Vec<DifferenceView<'a>>,
    causes: Vec<CauseView<'a>>,
}

#[derive(Serialize)]
struct GroupView {
    members: Vec<Component>,
    before: bool,
    after: bool,
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

/// The differences as JSON.
pub fn json(diff: &Diff) -> String {
    let parts = |parts: &[Part]| parts.iter().map(|part| part_view(diff, part)).collect();
    let view = View {
        schema: SCHEMA,
        question: Everybody {
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
    pretty(&view)
}

fn group_view(diff: &Diff, group: &Group) -> GroupView {
    let member = |end| Component::of(end, diff.names.get(&end.id));
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
        opened: Sets::of(&diff.work.space, &one.opened),
        closed: Sets::of(&diff.work.space, &one.closed),
    }
}

fn part_view(diff: &Diff, part: &Part) -> PartView {
    PartView {
        difference: part.difference,
        packets: Sets::of(&diff.work.space, &part.packets),
    }
}
