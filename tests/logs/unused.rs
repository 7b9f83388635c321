//! What rules and routes were used for: expectations worked out by hand, in `unused.yaml`.

use super::audit::model_of;
use serde::Deserialize;
use serde_yaml::Value;
use std::path::{Path, PathBuf};
use whyhop::Analysis;
use whyhop::evidence::{Audit, Logs, Unused, unused};
use whyhop::report::logs::{unused_json, unused_text};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    model: Value,
    records: String,
    told: String,
}

const HEADER: &str = "interface-id srcaddr dstaddr srcport dstport protocol pkt-srcaddr pkt-dstaddr tcp-flags flow-direction action packets bytes start end log-status";

fn case() -> Case {
    serde_yaml::from_str(include_str!("unused.yaml")).unwrap()
}

fn log(records: &str) -> String {
    let line = |line: &str| format!("{line} ACCEPT 4 240 1760000000 1760000059 OK\n");
    let lines: String = records.lines().map(line).collect();
    format!("{HEADER}\n{lines}")
}

fn asked(model: &Value, files: &[PathBuf]) -> (Audit, Unused) {
    let analysis =
        Analysis::from_text("model.yaml", &model_of(model)).unwrap_or_else(|bad| panic!("{bad:?}"));
    let (audit, uses) = analysis.uses(files, &Logs::default());
    assert!(audit.agrees() && uses.is_whole, "{:#?}", audit.drifts);
    let unused = unused(&audit, &uses, analysis.model(), &|_| None);
    (audit, unused)
}

fn write(folder: &Path, name: &str, records: &str) -> PathBuf {
    let file = folder.join(name);
    std::fs::write(&file, log(records)).unwrap();
    file
}

#[test]
fn what_rules_and_routes_were_used_for() {
    let case = case();
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "records.log", &case.records);
    let (audit, unused) = asked(&case.model, &[file]);
    assert_eq!(audit.fit, audit.records, "{audit:#?}");
    let told = unused_text(&unused, &audit);
    assert_eq!(told, case.told, "\n{told}");
    let json: serde_json::Value = serde_json::from_str(&unused_json(&unused, &audit)).unwrap();
    assert_eq!(json["partly"].as_array().map(Vec::len), Some(9));
    assert_eq!(
        json["partly"][2]["needed"][0],
        serde_json::json!({ "protocol": "tcp", "ports": "443", "cidrs": ["10.1.2.4/30", "10.1.2.16/32"], "replies": false,
            "records": 5, "addresses": 5, "more_addresses": false })
    );
}

/// The same records in other files and in another order are told alike.
#[test]
fn the_order_of_records_makes_no_difference() {
    let case = case();
    let folder = tempfile::tempdir().unwrap();
    let mut lines: Vec<&str> = case.records.lines().collect();
    lines.reverse();
    let files: Vec<PathBuf> = lines
        .chunks(3)
        .enumerate()
        .map(|(at, lines)| write(folder.path(), &format!("{at}.log"), &lines.join("\n")))
        .collect();
    let (audit, unused) = asked(&case.model, &files);
    assert_eq!(unused_text(&unused, &audit), case.told);
}
