//! `whyhop diff` and `whyhop access` as a pipeline meets them: exit codes, formats, mistakes.

use super::{ends, json_of, refused, root_file, text, written};

const SHOP: &str = "models/shop.yaml";
const AFTER: &str = "models/proposals/shop.yaml";

#[test]
fn a_difference_fails_where_it_was_asked_to() {
    let exit = |exit: i32, line: &str| drop(ends(exit, line));
    exit(0, &format!("diff {SHOP} {AFTER}"));
    exit(1, &format!("diff {SHOP} {AFTER} --fail-on any"));
    exit(1, &format!("diff {SHOP} {AFTER} tcp/22 --fail-on opened"));
    exit(0, &format!("diff {SHOP} {AFTER} tcp/22 --fail-on closed"));
    exit(1, &format!("diff {SHOP} {AFTER} tcp/5432 --fail-on closed"));
    exit(0, &format!("diff {SHOP} {SHOP} --fail-on any"));
    refused(
        &format!("diff {SHOP}"),
        &["is no Terraform plan", "whyhop diff OLD NEW"],
    );
    refused(&format!("diff {SHOP} nowhere.yaml"), &["MODEL_UNREADABLE"]);
    refused(&format!("diff {SHOP} {AFTER} tcp/99999"), &["not a port"]);
    refused(
        &format!("diff {SHOP} {AFTER} --fail-on some"),
        &["opened, closed, any"],
    );
    let folder = tempfile::tempdir().unwrap();
    let known = super::TWO_VPCS.replace(", target: cagw-a", ", target: eni-a");
    let known = known.replace(
        "security_groups: [sg-a] }",
        "security_groups: [sg-a], source_dest_check: false }",
    );
    let old = written(
        folder.path(),
        "old.yaml",
        &known.replace("192.168.0.0/16", "0.0.0.0/0"),
    );
    let new = written(
        folder.path(),
        "new.yaml",
        &super::TWO_VPCS.replace("192.168.0.0/16", "0.0.0.0/0"),
    );
    exit(3, &format!("diff {} {}", old.display(), new.display()));
}

/// A plan alone is both models: what was before it, and what will be.
#[test]
fn a_plan_tells_what_it_changes() {
    const PLAN: &str = "models/plans/open-database.json";
    let json = json_of(&ends(
        1,
        &format!("diff {PLAN} tcp/5432 --fail-on opened --format json"),
    ));
    assert_eq!(json["opened"], true);
    let told = ends(0, &format!("diff {PLAN} tcp/5432"));
    let told = text(&told.stdout);
    assert!(
        told.contains("internet → aws_db_instance.orders@subnet-0aaaaaaaaaaaaaaa0  tcp/5432")
            && told.contains("for the report tool, for now } is new"),
        "{told}"
    );
    assert!(!told.contains("region"), "{told}");
    refused(&format!("diff {PLAN} nowhere.yaml"), &["MODEL_UNREADABLE"]);
    // What is not there yet has nothing before it.
    drop(ends(1, "diff tests/terraform/shop.json tcp/443 --fail-on opened"));
    refused(
        "diff tests/terraform/shop-applied.json",
        &["is no Terraform plan"],
    );
}

#[test]
fn a_difference_is_told_in_every_format() {
    let diff = |format: &str| {
        let line = format!("diff {SHOP} {AFTER} tcp --fail-on opened --format {format}");
        text(&ends(1, &line).stdout).to_owned()
    };
    let json = json_of(&ends(0, &format!("diff {SHOP} {AFTER} tcp --format json")));
    assert_eq!(json["schema"], "whyhop.diff/1");
    assert_eq!(json["changes"].as_array().unwrap().len(), 3);
    assert_eq!((&json["opened"], &json["closed"]), (&true.into(), &true.into()));
    let sarif: serde_json::Value = serde_json::from_str(&diff("sarif")).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "opened");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], AFTER);
    let line = place["region"]["startLine"].as_u64().unwrap();
    let written = root_file(AFTER);
    assert!(
        written
            .lines()
            .nth(line as usize - 1)
            .unwrap()
            .contains("source: sg-web }")
    );
    assert!(diff("github").starts_with(&format!("::error file={AFTER},line={line}")));
    assert!(diff("junit").contains("<testsuites") && diff("markdown").contains("## whyhop"));
    assert!(diff("gitlab").contains("\"fingerprint\""));
}

#[test]
fn a_finding_of_a_scope_is_not_as_expected() {
    drop(ends(1, &format!("access All-IGW-Ingress -m {SHOP}")));
    drop(ends(0, &format!("access internet-to-ssh -m {SHOP}")));
    drop(ends(
        1,
        &format!("access internet-to-ssh all-igw-ingress -m {SHOP} --replies"),
    ));
    let list = ends(0, "access --list");
    assert!(text(&list.stdout).contains("All-IGW-Ingress"));
    refused("access internet-to-ssh", &["--model <PATH>"]);
    refused(
        &format!("access internet-to-shs -m {SHOP}"),
        &["did you mean internet-to-ssh?"],
    );
    refused(&format!("access cardholder-data -m {SHOP}"), &["PCI"]);
    let folder = tempfile::tempdir().unwrap();
    let scope = written(folder.path(), "wrong.json", "{\"MatchPaths\": [{\"Sorce\": {}}]}");
    refused(
        &format!("access {} -m {SHOP}", scope.display()),
        &["SCOPE_MISTAKE", "MatchPaths[0]", "did you mean `Source`?"],
    );
    let folder = tempfile::tempdir().unwrap();
    let check = "version: 1\nmodel: []\nscopes: [All-IGW-Ingress, ours.json]\n";
    let check = written(folder.path(), "checks.yaml", check);
    written(
        folder.path(),
        "ours.json",
        "{\"MatchPaths\": [{\"Source\": {\"ResourceStatement\": {\"Resources\": [\"web\"]}}, \
         \"Destination\": {\"ResourceStatement\": {\"Resources\": [\"db\"]}}}]}",
    );
    let output = ends(1, &format!("check {} -m {SHOP}", check.display()));
    let told = text(&output.stdout);
    assert!(
        told.contains("ok  ours") && told.contains("FAILED  All-IGW-Ingress: internet → eni-web"),
        "{told}"
    );
    let unknown = written(folder.path(), "none.yaml", "version: 1\nscopes: [nothing]\n");
    refused(
        &format!("check {} -m {SHOP}", unknown.display()),
        &["there is no scope `nothing`"],
    );
}
