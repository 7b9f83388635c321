//! Which interfaces flow logs see, told.

use super::{counted, line};
use crate::evidence::Sight;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// For people.
pub fn coverage_text(sights: &[Sight]) -> String {
    let mut out = String::new();
    let whole = sights.iter().filter(|sight| sight.is_whole()).count();
    line(
        &mut out,
        &format!(
            "{whole} of {} are seen",
            counted(sights.len() as u64, "interface", "interfaces")
        ),
    );
    for sight in sights.iter().filter(|sight| !sight.is_whole()) {
        let name = sight
            .name
            .as_ref()
            .map_or(String::new(), |name| format!(" ({name})"));
        let what = match (sight.accepted.first(), sight.rejected.first()) {
            (Some(log), None) => format!("what it rejects is not seen: {log} records ACCEPT alone"),
            (None, Some(log)) => format!("what it accepts is not seen: {log} records REJECT alone"),
            _ => "no flow log sees it".to_owned(),
        };
        line(&mut out, &format!("  ✗ {}{name}: {what}", sight.interface));
    }
    let mut blind: BTreeMap<&str, u64> = BTreeMap::new();
    for sight in sights.iter().filter(|sight| !sight.is_whole()) {
        *blind
            .entry(sight.vpc.as_deref().unwrap_or("an unknown VPC"))
            .or_default() += 1;
    }
    for (vpc, count) in blind {
        let interfaces = counted(count, "interface", "interfaces");
        line(
            &mut out,
            &format!("A flow log on {vpc} with traffic `all` would see {interfaces} more."),
        );
    }
    let lacking: Vec<&Sight> = sights.iter().filter(|sight| !sight.lacks.is_empty()).collect();
    if let Some(first) = lacking.first() {
        let interfaces = counted(lacking.len() as u64, "interface", "interfaces");
        line(
            &mut out,
            &format!(
                "Of {interfaces} the records lack fields that would tell more, such as {} of {}.",
                first.lacks.join(", "),
                first.interface
            ),
        );
    }
    out
}

/// Versioned JSON.
pub fn coverage_json(sights: &[Sight]) -> String {
    let view = |sight: &Sight| {
        json!({
            "interface": sight.interface,
            "name": sight.name,
            "vpc": sight.vpc,
            "accepted": sight.accepted,
            "rejected": sight.rejected,
            "lacks": sight.lacks,
        })
    };
    let interfaces: Vec<Value> = sights.iter().map(view).collect();
    let whole = sights.iter().all(Sight::is_whole);
    format!(
        "{:#}\n",
        json!({ "schema": "whyhop.coverage/1", "whole": whole, "interfaces": interfaces })
    )
}
