//! `whyhop check` as a pipeline meets it: exit codes, several reports at once, models and logs beside the file.

use super::{ends, refused, root_file, text, whyhop};
use std::fs;

/// Runs a check of the shop with these parts.
fn shop(parts: &str) -> std::process::Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checks.yaml");
    fs::write(&file, format!("version: 1\n{parts}")).unwrap();
    let mut command = whyhop();
    command.arg("check").arg(&file).args(["-m", "models/shop.yaml"]);
    command.output().unwrap()
}

#[test]
fn the_exit_code_is_the_verdict() {
    let exit = |parts: &str| shop(parts).status.code();
    let expect = |verdict: &str, more: &str| {
        exit(&format!(
            "expect:\n  - {{ from: web, to: db, packets: tcp/5432, verdict: {verdict}{more} }}\n"
        ))
    };
    assert_eq!(expect("blocked", ""), Some(0));
    assert_eq!(expect("reachable", ""), Some(1));
    assert_eq!(expect("reachable", ", severity: warn"), Some(0));
    assert_eq!(expect("blokked", ""), Some(2));
    assert_eq!(exit("expect: []\n"), Some(2));
}

#[test]
fn what_the_model_does_not_decide_exits_with_3_unless_something_failed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("model.yaml"), super::TWO_VPCS).unwrap();
    let unknown =
        "version: 1\nmodel: model.yaml\nexpect:\n  - { from: eni-a, to: 192.168.1.1, verdict: blocked }\n";
    fs::write(path("unknown.yaml"), unknown).unwrap();
    let failed =
        "version: 1\nmodel: model.yaml\nexpect:\n  - { from: eni-a, to: eni-b, verdict: reachable }\n";
    fs::write(path("failed.yaml"), failed).unwrap();
    let exit = |files: &[&str]| {
        let mut command = whyhop();
        command.arg("check").args(files.iter().map(|file| path(file)));
        command.output().unwrap().status.code()
    };
    assert_eq!(exit(&["unknown.yaml"]), Some(3));
    assert_eq!(exit(&["unknown.yaml", "failed.yaml"]), Some(1));
}

#[test]
fn several_reports_are_written_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut command = whyhop();
    command.args(["check", "models/checks/shop.yaml", "--format", "github"]);
    for (format, name) in [
        ("sarif", "a.sarif"),
        ("junit", "a.xml"),
        ("gitlab", "a.json"),
        ("markdown", "a.md"),
    ] {
        command
            .arg("--output")
            .arg(format!("{format}:{}", path(name).display()));
    }
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).starts_with("::error file=models/shop.yaml,line="));
    let written = |name: &str| fs::read_to_string(path(name)).unwrap();
    assert!(written("a.sarif").contains("\"2.1.0\""));
    assert!(written("a.xml").contains("<testsuites"));
    assert!(written("a.json").starts_with("[\n  {"));
    assert!(written("a.md").starts_with("## whyhop"));
}

#[test]
fn the_day_may_be_given() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checks.yaml");
    let parts = "expect:\n  - { from: web, to: db, packets: tcp/22, verdict: blocked, until: 2030-01-31 }\n";
    fs::write(&file, format!("version: 1\n{parts}")).unwrap();
    let on = |day: &str| {
        let mut command = whyhop();
        command.arg("check").arg(&file);
        command.args(["-m", "models/shop.yaml", "--today", day]);
        command.output().unwrap().status.code()
    };
    assert_eq!(on("2030-01-31"), Some(0));
    assert_eq!(on("2030-02-01"), Some(1));
    assert_eq!(on("tomorrow"), Some(2));
}

#[test]
fn what_cannot_be_checked_is_refused() {
    refused("check none.yaml", &["CHECK_UNREADABLE", "none.yaml"]);
    refused(
        "check models/checks/shop.yaml --output pdf:a",
        &["FORMAT:FILE", "sarif"],
    );
    refused(
        "check models/checks/shop.yaml -m models/none.yaml",
        &["none.yaml"],
    );
    let output = shop("model: []\nexpect:\n  - { from: nobody, to: db, verdict: blocked }\n");
    assert!(output.stdout.is_empty());
    assert!(text(&output.stderr).contains("nothing in the model is called `nobody`"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checks.yaml");
    fs::write(&file, "version: 1\nhygiene: { unused-group: error }\n").unwrap();
    let output = whyhop().arg("check").arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("does not say which model"));
}

#[test]
fn the_schema_knows_every_key_and_accepts_the_examples() {
    let schema = super::json_of(&ends(0, "schema check"));
    let keys: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(keys, whyhop::check::KEYS);
    let validator = jsonschema::validator_for(&schema).unwrap();
    let example: serde_json::Value = serde_yaml::from_str(&root_file("models/checks/shop.yaml")).unwrap();
    assert!(validator.is_valid(&example));
    let wrong =
        serde_json::json!({ "version": 1, "expect": [{ "from": "a", "to": "b", "verdict": "maybe" }] });
    assert!(!validator.is_valid(&wrong));
}

/// What is there and not described may carry any group.
#[test]
fn a_group_is_not_called_unused_where_somebody_unknown_may_carry_it() {
    let folder = tempfile::tempdir().unwrap();
    let model =
        "version: 1\nvpcs: { vpc-a: { cidr: 10.0.0.0/16 } }\nsecurity_groups: { sg-a: { vpc: vpc-a } }\n";
    let checks = folder.path().join("checks.yaml");
    fs::write(&checks, "version: 1\nhygiene: { unused-group: error }\n").unwrap();
    let ask = |exit: i32, model: &str| {
        let file = folder.path().join("model.yaml");
        fs::write(&file, model).unwrap();
        drop(ends(
            exit,
            &format!("check {} -m {}", checks.display(), file.display()),
        ));
    };
    ask(1, model);
    ask(0, &format!("{model}unknown: {{ elb-a: {{ type: elb }} }}\n"));
}
