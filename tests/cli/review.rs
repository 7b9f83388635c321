//! `whyhop review`: what nobody has reviewed fails, and is shown; and the examples of this project are reviewed.

use super::{ends, refused, root_file, text, written};
use std::fs;

#[test]
fn a_change_fails_until_somebody_accepts_it() {
    let folder = tempfile::tempdir().unwrap();
    let models = folder.path().join("models");
    fs::create_dir_all(models.join("checks")).unwrap();
    let shop = root_file("models/shop.yaml");
    written(&models, "shop.yaml", &shop);
    let check = "version: 1\nmodel: ../shop.yaml\nexpect:\n  - { from: web, to: db, packets: tcp/5432, verdict: blocked }\n";
    written(&models, "checks/shop.yaml", check);
    let stored = folder.path().join("reviewed");
    let review = |exit: i32, more: &str| {
        let line = format!(
            "review {} --snapshots {} {more}",
            models.display(),
            stored.display()
        );
        text(&ends(exit, &line).stdout).to_owned()
    };
    assert!(review(1, "").starts_with("NEW  "));
    assert!(review(0, "--accept").starts_with("accepted  "));
    assert!(review(0, "").starts_with("ok  "));
    let report = fs::read_to_string(stored.join("shop.md")).unwrap();
    for part in [
        "# shop\n",
        "- security groups: 3",
        "tcp/5432",
        "ok  web → db tcp/5432",
        "ok  unused-group",
    ] {
        assert!(report.contains(part), "no `{part}` in\n{report}");
    }
    let open = shop.replace("source: sg-app }", "source: [sg-app, sg-web] }");
    written(&models, "shop.yaml", &open);
    let changed = review(1, "");
    assert!(changed.starts_with("CHANGED  "), "{changed}");
    assert!(
        changed.contains("\n+") && changed.contains("FAILED  web → db tcp/5432"),
        "{changed}"
    );
    review(0, "--accept");
    written(&models, "other.yaml", &shop);
    review(0, "--accept");
    fs::remove_file(models.join("other.yaml")).unwrap();
    assert!(review(1, "").contains("GONE  "));
    review(0, "--accept");
    assert!(!stored.join("other.md").exists());
}

#[test]
fn what_cannot_be_reviewed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    refused(
        &format!("review {}", folder.path().display()),
        &["there is no model in"],
    );
    refused("review nowhere", &["nowhere"]);
    written(folder.path(), "wrong.yaml", "version: 1\nvpc: {}\n");
    refused(
        &format!("review {}", folder.path().display()),
        &["MODEL_UNKNOWN_SECTION"],
    );
}

/// A change of an answer, or of an example, is seen in `snapshots/review`, and is meant.
#[test]
fn the_examples_are_reviewed() {
    let output = super::run("review");
    assert_eq!(
        output.status.code(),
        Some(0),
        "look at it, then: cargo run -- review --accept\n{}",
        text(&output.stdout)
    );
}
