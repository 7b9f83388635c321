//! A repair in JSON: a part of other reports.

use super::super::view::{Component, Sets};
use crate::analysis::diff::{Diff, Difference, Standings};
use crate::analysis::repair::{Goal, Repair, Set};
use crate::model::{Change, Location, one_line};
use crate::network::edit::Edit;
use serde::Serialize;
use serde_json::Value;

/// What would have to be changed.
#[derive(Serialize)]
pub struct RepairView {
    goal: &'static str,
    sets: Vec<SetView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why_none: Option<String>,
    complete: bool,
}

#[derive(Serialize)]
struct SetView {
    edits: Vec<EditView>,
    opened: Vec<EffectView>,
    closed: Vec<EffectView>,
    besides: usize,
}

#[derive(Serialize)]
struct EditView {
    changes: Vec<ChangeView>,
    aws: Vec<String>,
    terraform: String,
}

/// A change of the model: `before` is replaced by `after`; with no `field` it is the item itself, with `element` one element of
/// the field's list. `yaml` is what a model file has there afterwards.
#[derive(Serialize)]
struct ChangeView {
    section: &'static str,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    element: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    yaml: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<Location>,
}

/// What becomes of packets from each of `from` to each of `to`, as the two of `between` send them.
#[derive(Serialize)]
struct EffectView {
    from: Vec<Component>,
    to: Vec<Component>,
    between: [String; 2],
    #[serde(flatten)]
    packets: Sets,
}

/// A repair as JSON shows it.
pub fn view(repair: &Repair) -> RepairView {
    RepairView {
        goal: match repair.goal {
            Goal::Open => "open",
            Goal::Close => "close",
        },
        sets: repair.sets.iter().map(set).collect(),
        why_none: repair.why_none.clone(),
        complete: !repair.cut_short,
    }
}

fn set(set: &Set) -> SetView {
    let effects = |side: fn(&Difference) -> &Standings| {
        let concerned = set.effect.differences.iter().filter(|one| !side(one).is_empty());
        concerned.map(|one| effect(&set.effect, one, side(one))).collect()
    };
    SetView {
        edits: set.edits.iter().map(edit).collect(),
        opened: effects(|one| &one.opened),
        closed: effects(|one| &one.closed),
        besides: set.besides,
    }
}

fn edit(edit: &Edit) -> EditView {
    EditView {
        changes: edit.changes.iter().map(change).collect(),
        aws: edit.aws.clone(),
        terraform: edit.terraform.clone(),
    }
}

fn change(change: &Change) -> ChangeView {
    ChangeView {
        section: change.section,
        id: change.id.to_string(),
        field: change.field.clone(),
        element: change.element,
        before: change.before.clone(),
        after: change.after.clone(),
        yaml: change.after.as_ref().map(one_line),
        at: change.at.clone(),
    }
}

fn effect(diff: &Diff, one: &Difference, sets: &Standings) -> EffectView {
    let members = |group: usize| {
        let members = diff.groups.get(group).map_or(&[][..], |group| &group.members);
        let member = |end| Component::of(end, diff.names.get(&end.id));
        members.iter().map(member).collect()
    };
    EffectView {
        from: members(one.from),
        to: members(one.to),
        between: [0, 1].map(|end| one.between[end].to_string()),
        packets: Sets::of(&diff.work.space, sets),
    }
}
