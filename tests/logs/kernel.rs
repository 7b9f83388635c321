//! What a Linux kernel recorded (`tests/kernel/README.md`): real packets, counted where nftables accepted or dropped them. The
//! network and its records agree; with one rule of the network removed, an audit tells of that rule's list and of no other.

use super::audit::model_of;
use serde_yaml::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use whyhop::Analysis;
use whyhop::evidence::{Audit, DriftKind, Logs};

/// A rule: section, list, direction, and its place in the list.
type Place = (&'static str, String, &'static str, usize);

fn networks() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kernel/logs");
    let mut models: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .collect();
    models.sort();
    models
}

fn audit(model: &Value, log: &Path) -> Audit {
    let analysis =
        Analysis::from_text("model.yaml", &model_of(model)).unwrap_or_else(|bad| panic!("{bad:?}"));
    analysis.audit(&[log.to_owned()], &Logs::default())
}

fn rules(model: &Value) -> Vec<Place> {
    let mut places = Vec::new();
    for section in ["security_groups", "nacls"] {
        for (id, list) in model[section].as_mapping().unwrap() {
            for direction in ["ingress", "egress"] {
                let count = list
                    .get(direction)
                    .and_then(Value::as_sequence)
                    .map_or(0, Vec::len);
                places.extend((0..count).map(|at| (section, id.as_str().unwrap().to_owned(), direction, at)));
            }
        }
    }
    places
}

/// Without a rule: the records that needed it differ, and they name its list.
fn without(model: &Value, (section, id, direction, at): &Place, log: &Path, whole: &Audit) -> bool {
    let mut changed = model.clone();
    let list = changed[*section][id.as_str()][*direction]
        .as_sequence_mut()
        .unwrap();
    let rule = list.remove(*at);
    let audit = audit(&changed, log);
    let named: BTreeSet<String> = audit
        .drifts
        .iter()
        .flat_map(|drift| &drift.authors)
        .map(|author| author.component.id.to_string())
        .collect();
    let place = format!("{id} {direction} {at}");
    if audit.agrees() {
        assert!(audit.fit + audit.undecided >= whole.fit, "{place}: {audit:#?}");
        return false;
    }
    let denied = rule.get("action").and_then(Value::as_str) == Some("deny");
    for drift in &audit.drifts {
        let is_allowed = drift.kind == DriftKind::RejectedButAllowed;
        assert_eq!(is_allowed, denied, "{place}: {drift:#?}");
    }
    // Where a rule is too much, the record does not tell which of the filters at the interface rejected.
    // The groups of an interface act together, and one of them is named.
    let together = |one: &str| {
        let enis = model["enis"].as_mapping().unwrap().values();
        let groups = enis.filter_map(|eni| eni["security_groups"].as_sequence());
        let mut groups = groups.map(|groups| groups.iter().filter_map(Value::as_str).collect::<Vec<_>>());
        groups.any(|groups| groups.contains(&one) && groups.contains(&id.as_str()))
    };
    let one = |named: &String| named.split(", ").any(|one| one == id || together(one));
    match denied {
        true => assert!(named.iter().any(one), "{place}: {named:?}"),
        false => assert!(!named.is_empty() && named.iter().all(one), "{place}: {named:?}"),
    }
    true
}

#[test]
fn networks_and_what_a_kernel_recorded_agree_until_a_rule_is_removed() {
    let (mut removed, mut found) = (0, 0);
    let networks = networks();
    assert_eq!(networks.len(), 7);
    for path in networks {
        let model: Value = serde_yaml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let log = path.with_extension("log");
        let whole = audit(&model, &log);
        assert!(
            whole.agrees() && whole.unexplained.records == 0,
            "{path:?}: {:#?}",
            whole.drifts
        );
        assert!(whole.fit * 10 >= whole.records * 8, "{path:?}: {whole:#?}");
        for place in rules(&model) {
            removed += 1;
            found += usize::from(without(&model, &place, &log, &whole));
        }
    }
    assert!(removed > 100 && found > 30, "{found} of {removed}");
}
