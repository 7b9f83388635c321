//! Every format against its own grammar, written from its specification and not from the code that prints it.

use super::{report, snapshot};
use roxmltree::{Document, Node};
use serde_json::Value;
use std::collections::BTreeSet;
use whyhop::check::{RULES, Report};
use whyhop::report::check;

fn reports() -> Vec<Report> {
    vec![report(include_str!("all.yaml"))]
}

// JSON.

#[test]
fn json_counts_what_it_lists() {
    let text = check::json(&reports());
    snapshot("json", &text);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["schema"], "whyhop.check/1");
    assert_eq!(value["verdict"], "fail");
    let outcomes = value["reports"][0]["outcomes"].as_array().unwrap();
    let count = |status: &str, severity: &str| {
        let of = |one: &&Value| one["status"] == status && one["severity"] == severity;
        outcomes.iter().filter(of).count() as u64
    };
    assert_eq!(value["counts"]["pass"], count("pass", "error"));
    assert_eq!(value["counts"]["fail"], count("fail", "error"));
    assert_eq!(value["counts"]["warn"], count("fail", "warn"));
    assert_eq!(value["counts"]["suppressed"], count("suppressed", "error"));
    assert_eq!(
        value["reports"][0]["warnings"][0]["code"],
        "CHECK_SUPPRESSION_UNUSED"
    );
}

// SARIF: what the specification and GitHub demand; `.ci/run` besides asks Microsoft's validator.

#[test]
fn sarif_results_have_a_rule_a_place_and_a_fingerprint_without_lines() {
    let text = check::sarif(&reports());
    snapshot("sarif", &text);
    let log: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), RULES.len());
    let results = run["results"].as_array().unwrap();
    assert!(results.len() >= 5);
    let mut prints = BTreeSet::new();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        located(&result["locations"][0]);
        for step in result["codeFlows"][0]["threadFlows"][0]["locations"]
            .as_array()
            .into_iter()
            .flatten()
        {
            assert!(step["location"]["message"]["text"].is_string());
        }
        prints.insert(
            result["partialFingerprints"]["whyhop/v1"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    assert_eq!(prints.len(), results.len(), "one fingerprint each");
    let suppressed: Vec<&Value> = results
        .iter()
        .filter(|one| one["suppressions"].is_array())
        .collect();
    assert_eq!(suppressed.len(), 1);
    assert_eq!(suppressed[0]["suppressions"][0]["justification"], "goes in March");
}

fn located(location: &Value) {
    let physical = &location["physicalLocation"];
    let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~/%:".contains(c);
    assert!(uri.chars().all(plain), "{uri}");
    assert!(physical["region"]["startLine"].as_u64().unwrap() >= 1);
    assert!(physical["region"]["startColumn"].as_u64().unwrap() >= 1);
}

#[test]
fn fingerprints_stay_when_lines_move() {
    let moved = format!("# a line more\n{}", include_str!("all.yaml"));
    let prints = |report: Report| {
        let log: Value = serde_json::from_str(&check::sarif(&[report])).unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap().clone();
        results
            .iter()
            .map(|one| one["partialFingerprints"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(prints(report(include_str!("all.yaml"))), prints(report(&moved)));
}

// JUnit, by a parser of its own and the rules of Jenkins's schema (junit-10.xsd).

#[test]
fn junit_suites_count_their_cases() {
    let text = check::junit(&reports());
    snapshot("junit", &text);
    let document = Document::parse(&text).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    for suite in root.children().filter(Node::is_element) {
        assert_eq!(suite.tag_name().name(), "testsuite");
        assert!(suite.attribute("name").is_some());
        let cases: Vec<Node> = suite.children().filter(Node::is_element).collect();
        let with = |what: &str| {
            let of = |case: &&Node| case.children().any(|child| child.has_tag_name(what));
            cases.iter().filter(of).count().to_string()
        };
        assert_eq!(suite.attribute("tests"), Some(cases.len().to_string().as_str()));
        assert_eq!(suite.attribute("failures"), Some(with("failure").as_str()));
        assert_eq!(suite.attribute("errors"), Some(with("error").as_str()));
        assert_eq!(suite.attribute("skipped"), Some(with("skipped").as_str()));
        assert_eq!(
            (with("failure"), with("skipped")),
            ("4".to_owned(), "2".to_owned())
        );
        for case in cases {
            assert_eq!(case.tag_name().name(), "testcase");
            assert!(case.attribute("name").is_some() && case.attribute("classname").is_some());
            for child in case.children().filter(Node::is_element) {
                assert!(["failure", "error", "skipped"].contains(&child.tag_name().name()));
                assert!(child.attribute("message").is_some());
            }
        }
    }
}

// GitHub: `::command key=value,…::data`, as the runner's ActionCommand.TryParseV2 reads it.

#[test]
fn github_annotations_are_commands_of_one_line() {
    let text = check::github(&reports());
    snapshot("github", &text);
    assert_eq!(text.lines().count(), 5);
    for line in text.lines() {
        let (head, data) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (command, properties) = head.split_once(' ').unwrap();
        assert!(["error", "warning"].contains(&command), "{command}");
        let properties: Vec<(&str, &str)> = properties
            .split(',')
            .map(|property| property.split_once('=').unwrap())
            .collect();
        let keys: Vec<&str> = properties.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, ["file", "line", "col", "title"], "{line}");
        for (_, value) in properties {
            unescaped(value, &["%25", "%0D", "%0A", "%3A", "%2C"]);
        }
        unescaped(data, &["%25", "%0D", "%0A"]);
    }
}

/// Every `%` begins an escape that the runner knows.
fn unescaped(text: &str, known: &[&str]) {
    for (place, _) in text.match_indices('%') {
        assert!(known.contains(&&text[place..place + 3]), "{text}");
    }
}

// GitLab: the fields that its page demands.

#[test]
fn gitlab_violations_have_every_field() {
    let text = check::gitlab(&reports());
    snapshot("gitlab", &text);
    let violations: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(violations.len(), 5);
    let mut prints = BTreeSet::new();
    for violation in &violations {
        assert!(violation["description"].is_string() && violation["check_name"].is_string());
        let severity = violation["severity"].as_str().unwrap();
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity));
        let path = violation["location"]["path"].as_str().unwrap();
        assert!(!path.starts_with("./") && !path.is_empty());
        assert!(violation["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
        prints.insert(violation["fingerprint"].as_str().unwrap());
    }
    assert_eq!(prints.len(), violations.len());
}

// Markdown.

#[test]
fn markdown_tells_what_is_wrong_and_tabulates_everything() {
    let text = check::markdown(&reports());
    snapshot("markdown", &text);
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
    // The head, and a row an outcome; a bar inside a cell is escaped.
    assert_eq!(rows.len(), 1 + reports()[0].outcomes.len());
    for row in rows {
        assert_eq!(row.replace("\\|", "").matches('|').count(), 4, "{row}");
    }
}
