//! A repair for people.

use super::super::diff::told;
use crate::analysis::diff::{Difference, Standings};
use crate::analysis::repair::{Goal, Repair, Set};
use crate::model::{Change, one_line};
use crate::network::edit::Edit;

/// The most lines that are told of what a set opens, and of what it closes.
const EFFECTS_SHOWN: usize = 12;

/// A repair, a line each.
pub fn lines(repair: &Repair) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, set) in repair.sets.iter().enumerate() {
        if index > 0 {
            lines.push(String::new());
        }
        let edits = match set.edits.len() {
            1 => "1 edit".to_owned(),
            edits => format!("{edits} edits"),
        };
        let besides = match set.besides {
            0 => "nothing else changes".to_owned(),
            1 => "1 other pair changes".to_owned(),
            pairs => format!("{pairs} other pairs change"),
        };
        let number = match repair.sets.len() {
            1 => String::new(),
            all => format!(" {} of {all}", index + 1),
        };
        lines.push(format!("Repair{number}: {edits}, {besides}"));
        for (place, edit) in set.edits.iter().enumerate() {
            lines.extend(self::edit(place + 1, edit));
        }
        lines.extend(effects(repair, set, "opens", |one| &one.opened));
        lines.extend(effects(repair, set, "closes", |one| &one.closed));
    }
    if repair.sets.is_empty() {
        lines.push(match (&repair.why_none, repair.goal) {
            (Some(why), _) => format!("No repair: {}", why.trim_start_matches("no repair: ")),
            (None, Goal::Open) => "Nothing to repair: every packet gets through.".to_owned(),
            (None, Goal::Close) => "Nothing to close: no packet gets through.".to_owned(),
        });
    } else if repair.cut_short {
        lines.push("There may be other repairs of this size: not all were tried.".to_owned());
    }
    lines
}

/// The best set in a line; or why there is none.
pub fn short(repair: &Repair) -> Option<String> {
    let Some(best) = repair.sets.first() else {
        return repair.why_none.clone();
    };
    let changes = best.edits.iter().flat_map(|edit| &edit.changes);
    let changes: Vec<String> = changes.map(Change::told).collect();
    Some(format!("repair: {}", changes.join("; ")))
}

fn edit(number: usize, edit: &Edit) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, change) in edit.changes.iter().enumerate() {
        let number = match index {
            0 => format!("{number}."),
            _ => "  ".to_owned(),
        };
        let at = change
            .at
            .as_ref()
            .map_or_else(String::new, |at| format!(" [{at}]"));
        lines.push(format!("  {number} {}{at}", place(change)));
        let field = change.field.as_ref().filter(|_| !change.element);
        let key = field.map_or_else(String::new, |field| format!("{field}: "));
        let value = |verb: &str, value| format!("     {verb} {key}{}", one_line(value));
        match (&change.before, &change.after) {
            (Some(before), Some(after)) => {
                lines.extend([value("replace", before), value("with   ", after)]);
            }
            (None, Some(after)) => lines.push(value("add", after)),
            (Some(before), None) => lines.push(value("take out", before)),
            (None, None) => {}
        }
    }
    lines.extend(edit.aws.iter().map(|command| format!("     {command}")));
    lines.extend(
        edit.terraform
            .lines()
            .map(|line| format!("     {line}").trim_end().to_owned()),
    );
    lines
}

fn place(change: &Change) -> String {
    match &change.field {
        Some(field) if change.element => format!("{}.{}.{field}", change.section, change.id),
        _ => format!("{}.{}", change.section, change.id),
    }
}

fn effects(repair: &Repair, set: &Set, word: &str, side: fn(&Difference) -> &Standings) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, one) in set.effect.differences.iter().enumerate() {
        let asked = [one.from, one.to].iter().zip(&repair.ends).all(|(group, ends)| {
            let members = set.effect.groups.get(*group).map(|group| &group.members);
            members.is_some_and(|members| members.iter().all(|end| ends.contains(end)))
        });
        let asked = if asked { " (asked about)" } else { "" };
        let flows = told(&set.effect, index, side(one)).into_iter();
        lines.extend(flows.map(|line| format!("  {word} {line}{asked}")));
    }
    let more = lines.len().saturating_sub(EFFECTS_SHOWN);
    lines.truncate(EFFECTS_SHOWN);
    if more > 0 {
        lines.push(format!("  {word} … {more} more (--format json shows all)"));
    }
    lines
}
