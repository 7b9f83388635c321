//! A name that nothing has: whoever mistyped it is told what is called like it, wherever names are written.

use super::{ends, refused, text, written};

const SHOP: &str = "models/shop.yaml";

#[test]
fn a_slip_of_the_fingers_is_met_with_what_is_called_like_it() {
    let shop = |question: &str| format!("{question} -m {SHOP}");
    refused(&shop("path wbe db"), &["`wbe`", "did you mean web?"]);
    refused(&shop("path web bd"), &["`bd`", "an endpoint is an id"]);
    refused(&shop("path WEB db"), &["`WEB`", "did you mean web?"]);
    refused(&shop("path eni-wbe db"), &["`eni-wbe`", "did you mean eni-web, "]);
    refused(&shop("mirror web,aap db"), &["`aap`", "did you mean app?"]);
    refused(
        &shop("path web db --through igw-shpo"),
        &["did you mean igw-shop?"],
    );
    refused(&shop("path web db --avoid aap"), &["did you mean app?"]);
    refused(
        &shop("access internet-to-shs"),
        &["did you mean internet-to-ssh?"],
    );
}

#[test]
fn check_files_and_scopes_are_met_alike() {
    let folder = tempfile::tempdir().unwrap();
    for (parts, near) in [
        ("expect: [{ from: wbe, to: db, verdict: blocked }]", "web"),
        ("expect: [{ from: web, to: eni-bd, verdict: blocked }]", "eni-db"),
        ("only: [{ to: dbb, from: app, packets: tcp/5432 }]", "db"),
        ("scopes: [internet-to-shs]", "internet-to-ssh"),
        ("scopes: [ours.json]", "igw-shop"),
    ] {
        let check = written(folder.path(), "checks.yaml", &format!("version: 1\n{parts}\n"));
        let scope = "{\"MatchPaths\": [{\"Source\": {\"ResourceStatement\": {\"Resources\": [\"web\"]}}, \
             \"ThroughResources\": [{\"ResourceStatement\": {\"Resources\": [\"igw-shpo\"]}}]}]}";
        written(folder.path(), "ours.json", scope);
        let line = format!("check {} -m {SHOP}", check.display());
        refused(&line, &["did you mean ", near]);
    }
    refused(
        &format!("check models/checks/shop.yaml -m {SHOP} --flow-logs models/lgos"),
        &["there is no models/lgos"],
    );
}

#[test]
fn records_are_those_of_an_id_or_a_name_and_of_nobody_else() {
    let show = |of: &str| format!("logs show models/logs/shop {of}");
    let by_id = ends(0, &show("--of eni-web"));
    assert_eq!(
        by_id.stdout,
        ends(0, &show(&format!("--of web -m {SHOP}"))).stdout
    );
    assert_eq!(
        by_id.stdout,
        ends(0, &show(&format!("--of eni-web -m {SHOP}"))).stdout
    );
    for (word, near) in [
        ("wbe", "web"),
        ("eni-wbe", "eni-web"),
        ("eni-web --of eni-dbb", "eni-db"),
    ] {
        let told = format!("did you mean {near}?");
        refused(
            &show(&format!("--of {word} -m {SHOP}")),
            &["no record and nothing in the model", &told],
        );
    }
    // Without a model nobody knows who there is.
    let output = ends(1, &show("--of eni-wbe"));
    assert_eq!(text(&output.stdout), "no such record\n");
    // Who is only in the logs has records too.
    let folder = tempfile::tempdir().unwrap();
    let record =
        "2 123456789012 eni-wbe 10.0.0.1 10.0.0.2 1025 443 6 20 4249 1418530010 1418530070 ACCEPT OK\n";
    let log = written(folder.path(), "records.log", record);
    drop(ends(
        0,
        &format!("logs show {} --of eni-wbe -m {SHOP}", log.display()),
    ));
    let output = ends(0, &format!("logs sql --dialect duckdb --of wbe -m {SHOP}"));
    assert!(text(&output.stderr).contains("`wbe` in the model; did you mean web?"));
    let output = ends(0, &format!("logs sql --dialect duckdb --of web -m {SHOP}"));
    assert!(text(&output.stdout).contains("'eni-web'") && output.stderr.is_empty());
}
