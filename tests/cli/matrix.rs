//! `whyhop matrix` as a user and a script meet it: exit codes, both formats, files beside.

use super::{ends, json_of, refused, text, written};
use serde_json::json;

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("matrix__{name}"), text));
}

#[test]
fn all_pairs_are_told_in_both_formats() {
    let output = ends(0, "matrix -m models/shop.yaml");
    snapshot("shop", text(&output.stdout));
    let output = ends(0, "matrix tcp/443,icmp -m models/ipv6-dual-stack.yaml --one-way");
    snapshot("dual_stack", text(&output.stdout));
    let output = ends(0, "matrix tcp/5432 -m models/shop.yaml --format json");
    snapshot("json", text(&output.stdout));
}

/// Of the shop, on the database's port: the application gets there, and whoever may send anything out.
#[test]
fn a_pair_that_is_not_there_is_blocked() {
    let answer = json_of(&ends(0, "matrix tcp/5432 -m models/shop.yaml --format json"));
    assert_eq!(answer["schema"], "whyhop.matrix/1");
    let into_db: Vec<&str> = answer["flows"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|flow| flow["between"][1] == "eni-db")
        .map(|flow| flow["between"][0].as_str().unwrap())
        .collect();
    assert_eq!(into_db, ["eni-app"]);
    assert_eq!(
        answer["question"],
        json!({ "packets": "tcp/5432", "source_ports": "1024-65535", "one_way": false })
    );
}

#[test]
fn the_exit_code_tells_what_is_not_decided() {
    let folder = tempfile::tempdir().unwrap();
    let sealed = written(
        folder.path(),
        "unknown.yaml",
        &super::TWO_VPCS.replace("192.168.0.0/16", "0.0.0.0/0"),
    );
    let output = ends(3, &format!("matrix tcp/443 -m {}", sealed.display()));
    assert!(text(&output.stdout).contains("(unknown)"));
    refused("matrix tcp/99999 -m models/shop.yaml", &["`99999` is not a port"]);
    refused("matrix -m nowhere.yaml", &["MODEL_UNREADABLE"]);
    refused(
        "matrix -m models/shop.yaml --output pdf:a",
        &["FORMAT:FILE", "json:matrix.json", "text, json"],
    );
    refused("matrix", &["--model <PATH>"]);
    let file = folder.path().join("m.json");
    let line = format!("matrix -m models/shop.yaml --output json:{}", file.display());
    ends(0, &line);
    assert!(std::fs::read_to_string(file).unwrap().contains("whyhop.matrix/1"));
}
