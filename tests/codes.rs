//! Every explanation code is emitted by some case, and every code that AWS has published is one of ours or on the list that
//! says why it cannot occur: `docs/explanation-codes.md`.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use serde_yaml::Value;
use std::collections::BTreeSet;
use std::path::Path;
use whyhop::code::ExplanationCode;

/// The codes of the Reachability Analyzer guide, page "Explanation codes", read 2026-11-23: 71 about paths, 5 about the
/// configuration, 13 about filters.
const PUBLISHED: &str = include_str!("codes/published.txt");

/// Codes that AWS publishes as additional details, not as explanations, and that are ours too.
const DETAILS: [&str; 1] = ["FIREWALL_UNSUPPORTED_RULE_OPTIONS"];

fn published() -> BTreeSet<&'static str> {
    PUBLISHED.split_whitespace().collect()
}

fn ours() -> BTreeSet<&'static str> {
    ExplanationCode::ALL.iter().map(|code| code.as_str()).collect()
}

/// The codes in the first column of the list's tables, and the reason beside each.
fn listed() -> Vec<(String, String)> {
    let page = std::fs::read_to_string(root().join("docs/explanation-codes.md")).unwrap();
    let row = |line: &str| {
        let (code, why) = line.strip_prefix("| `")?.split_once("` | ")?;
        Some((code.to_owned(), why.trim_end_matches(" |").to_owned()))
    };
    page.lines().filter_map(row).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the cases assert under `code` and `unknown`.
fn asserted() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root().join("tests/cases")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                let text = std::fs::read_to_string(&path).unwrap();
                collect(&serde_yaml::from_str(&text).unwrap(), &mut found);
            }
        }
    }
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Mapping(map) => {
            for (key, value) in map {
                match (key.as_str(), value.as_str()) {
                    (Some("code" | "unknown"), Some(code)) => {
                        found.insert(code.to_owned());
                    }
                    _ => collect(value, found),
                }
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

#[test]
fn every_code_is_emitted_by_a_case() {
    let asserted = asserted();
    let missing: Vec<&str> = ours()
        .into_iter()
        .filter(|code| !asserted.contains(*code))
        .collect();
    assert_eq!(missing, [""; 0], "no case asserts these");
}

#[test]
fn every_published_code_is_ours_or_has_a_reason_why_not() {
    assert_eq!(published().len(), 89);
    let listed = listed();
    let names: BTreeSet<&str> = listed.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(names.len(), listed.len(), "a code is listed twice");
    assert!(
        listed.iter().all(|(_, why)| why.len() > 30),
        "a reason is a sentence"
    );
    let ours: BTreeSet<&str> = ours().intersection(&published()).copied().collect();
    let both: Vec<&&str> = ours.intersection(&names).collect();
    assert!(both.is_empty(), "emitted, and listed as never emitted: {both:?}");
    let together: BTreeSet<&str> = ours.union(&names).copied().collect();
    assert_eq!(
        together,
        published(),
        "ours and the listed are what AWS publishes"
    );
}

#[test]
fn a_code_is_awss_or_says_that_it_is_ours() {
    for code in ours() {
        let known = published().contains(code) || DETAILS.contains(&code);
        assert!(known || code.starts_with("WHYHOP_"), "{code} is nobody's");
    }
}

#[test]
fn a_page_tells_the_whole() {
    for code in ExplanationCode::ALL {
        let page = code.page();
        assert_eq!(page.lines().next(), Some(&*format!("# {code}")));
        assert!(code.summary().ends_with('.'), "{code} is not summed up in a line");
        for part in ["## Why", "## Example", "## How to fix it", "## Source"] {
            let told = page.split(part).nth(1).unwrap_or_default().trim_start();
            assert!(
                !told.is_empty() && !told.starts_with('#'),
                "{code} has nothing under `{part}`"
            );
        }
    }
}
