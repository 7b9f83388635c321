//! Check files: what is expected and what becomes of it, worked out by hand over one small network; and every format of
//! the report held against its own grammar.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

#[path = "check/formats.rs"]
mod formats;

use jiff::civil::{Date, date};
use whyhop::Analysis;
use whyhop::check::{CheckFile, Outcome, Report, Status};
use whyhop::evidence::Logs;
use whyhop::model::Diagnostics;
use whyhop::report::{Style, check};

const NET: &str = include_str!("check/net.yaml");
const TODAY: Date = date(2026, 12, 1);

fn asked(text: &str) -> Result<Report, Diagnostics> {
    let checks = CheckFile::read("checks.yaml", text.as_bytes().to_vec())?;
    let analysis = Analysis::from_text("net.yaml", NET).unwrap();
    analysis.check(&checks, &[], &Logs::default(), TODAY)
}

fn report(parts: &str) -> Report {
    let text = format!("version: 1\n{parts}");
    asked(&text).unwrap_or_else(|mistakes| panic!("{text}\n{mistakes}"))
}

/// The mistakes of a check file as they are told, kept in `snapshots/`.
fn refused(name: &str, parts: &str) {
    let mistakes = asked(parts).unwrap_err();
    let told: Vec<String> = mistakes
        .0
        .iter()
        .map(|one| whyhop::report::diagnostic(one, false))
        .collect();
    assert!(mistakes.0.iter().all(|one| one.at.is_some()), "{told:?}");
    snapshot(name, &told.join("\n"));
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("check__{name}"), text));
}

fn statuses(report: &Report) -> Vec<&'static str> {
    report.outcomes.iter().map(|one| one.status.as_str()).collect()
}

fn one(parts: &str) -> Outcome {
    let mut report = report(parts);
    assert_eq!(report.outcomes.len(), 1, "{parts}");
    report.outcomes.remove(0)
}

fn line(outcome: &Outcome) -> (&str, u32) {
    let at = outcome.at.as_ref().unwrap();
    (&at.file, at.line.unwrap())
}

/// The line of the network on which a text stands.
fn written(text: &str) -> (&'static str, u32) {
    let place = NET.lines().position(|line| line.contains(text)).unwrap();
    ("net.yaml", u32::try_from(place + 1).unwrap())
}

// Expectations.

#[test]
fn an_expected_answer_passes_and_another_fails_where_the_model_decides() {
    let report = report(
        "expect:
  - { from: web1, to: db, packets: tcp/5432, verdict: partly_reachable }
  - { from: web1, to: db, packets: tcp/5432, source_port: 40000-50000, verdict: reachable }
  - { from: web1, to: b, packets: tcp/22, verdict: reachable }
  - { from: internet, to: web1, packets: tcp/22, verdict: blocked, why: nobody administers from outside }
",
    );
    assert_eq!(statuses(&report), ["pass", "pass", "fail", "fail"]);
    let [_, _, reply, open] = report.outcomes.as_slice() else {
        panic!()
    };
    assert_eq!(reply.message, "expected reachable, is blocked");
    // The implied main table of vpc-b is written nowhere.
    assert!(reply.at.is_none() && reply.subjects.contains(&"main route table of vpc-b".to_owned()));
    assert_eq!(open.message, "expected blocked, is reachable");
    assert_eq!(line(open), written("ports: 22,"));
    assert_eq!(open.expected_at.as_ref().unwrap().line, Some(6));
    assert_eq!(open.why.as_deref(), Some("nobody administers from outside"));
    assert!(report.failed());
}

#[test]
fn lists_are_a_matrix_and_sets_name_their_exceptions() {
    let report = report(
        "expect:\n  - { name: n, from: [web1, web2], to: [db, b], packets: tcp/443, verdict: blocked }\n",
    );
    assert_eq!(statuses(&report), ["pass", "pass", "pass", "pass"]);
    assert_eq!(report.outcomes[3].name, "n: web2 → b tcp/443");
    let set = one("expect:\n  - { from: internet, to: subnet-web, packets: tcp/443, verdict: reachable }\n");
    assert_eq!(set.message, "expected reachable, is partly_reachable");
    assert!(
        set.details.contains(&"internet → eni-web2 is blocked".to_owned()),
        "{:?}",
        set.details
    );
}

#[test]
fn what_is_in_the_way_is_held_against_what_was_expected_to_be() {
    let ask = |because: &str| {
        one(&format!(
            "expect:\n  - {{ from: web1, to: db, packets: tcp/6379, verdict: blocked, {because} }}\n"
        ))
    };
    // Rule 110 lets the request in, rule 120 is never asked; the reply to ports below 32768 is dropped.
    assert_eq!(ask("because: []").status, Status::Fail);
    let ask = |because: &str| {
        one(&format!(
            "expect:\n  - {{ from: web1, to: db, packets: tcp/22, verdict: blocked, {because} }}\n"
        ))
    };
    for good in [
        "because: SUBNET_ACL_RESTRICTION",
        "because: [acl-db, sg-db, ENI_SG_RULES_MISMATCH]",
        "because: { code: SUBNET_ACL_RESTRICTION, at: acl-db, leg: forward, rule: default }",
        "because: [{ at: sg-db }, { rule: default }], leg: forward",
    ] {
        assert_eq!(ask(good).status, Status::Pass, "{good}");
    }
    for bad in [
        "because: NO_ROUTE_TO_DESTINATION",
        "because: [acl-db, rtb-a]",
        "because: { at: sg-db, rule: 1 }",
        "leg: return",
        "because: { code: ENI_SG_RULES_MISMATCH, leg: return }",
    ] {
        assert_eq!(ask(bad).status, Status::Fail, "{bad}");
    }
}

#[test]
fn what_the_model_does_not_decide_is_neither_passed_nor_failed() {
    let model =
        NET.replace("target: pcx-ab", "target: tgw-x") + "unknown:\n  tgw-x: { type: transit-gateway }\n";
    let analysis = Analysis::from_text("net.yaml", &model).unwrap();
    let check = |parts: &str| {
        let text = format!("version: 1\n{parts}");
        let checks = CheckFile::read("checks.yaml", text.into_bytes()).unwrap();
        analysis.check(&checks, &[], &Logs::default(), TODAY).unwrap()
    };
    let report = check(
        "expect:\n  - { from: web1, to: b, verdict: blocked }\nisolate:\n  - sets: [[subnet-web], [subnet-b]]\n",
    );
    assert_eq!(statuses(&report), ["unknown", "unknown"]);
    assert!(report.undecided() && !report.failed());
    assert_eq!(
        statuses(&check("expect:\n  - { from: web1, to: b, verdict: unknown }\n")),
        ["pass"]
    );
}

#[test]
fn evidence_may_be_expected() {
    let outcome = one(
        "expect:\n  - { from: internet, to: web1, packets: tcp/443, verdict: reachable, evidence: [corroborated, weak] }\n",
    );
    assert_eq!(outcome.status, Status::Fail);
    assert!(
        outcome
            .message
            .starts_with("expected the flow logs to be corroborated or weak; they are "),
        "{}",
        outcome.message
    );
    let outcome = one(
        "expect:\n  - { from: internet, to: web1, packets: tcp/443, verdict: reachable, evidence: [silent, not_observable] }\n",
    );
    assert_eq!(outcome.status, Status::Pass);
}

#[test]
fn severity_and_until_say_how_much_it_matters() {
    let ask = |more: &str| {
        report(&format!(
            "expect:\n  - {{ from: internet, to: web1, packets: tcp/22, {more} }}\n  - {{ from: web1, to: web2, packets: tcp/443, verdict: reachable }}\n"
        ))
    };
    let warned = ask("verdict: blocked, severity: warn");
    assert_eq!(statuses(&warned), ["fail", "pass"]);
    assert!(!warned.failed());
    assert_eq!(statuses(&ask("verdict: blocked, severity: off")), ["pass"]);
    assert_eq!(
        statuses(&ask("verdict: reachable, until: 2026-12-01")),
        ["pass", "pass"]
    );
    let expired = ask("verdict: reachable, until: 2026-11-30");
    assert!(expired.failed());
    assert!(expired.outcomes[0].message.contains("until 2026-11-30"));
}

// Promises.

#[test]
fn only_names_everybody_else_by_the_rule_that_lets_them_in() {
    let parts = "only:\n  - { to: db, packets: tcp/5432, from: [sg-web] }\n  - { to: db, packets: tcp/6379, from: [web1] }\n  - { to: web1, packets: tcp/22, from: [198.51.100.0/24, subnet-db, subnet-web] }\n";
    let report = report(parts);
    assert_eq!(statuses(&report), ["pass", "fail", "fail"]);
    let redis = &report.outcomes[1];
    assert_eq!(redis.subjects[..2], ["eni-db", "eni-web2"]);
    assert_eq!(line(redis), written("ports: 6379, source: 10.0.0.0/16 }"));
    // The rest of the internet, without what is allowed.
    let ssh = &report.outcomes[2];
    assert_eq!(ssh.subjects[..2], ["eni-web1", "internet"]);
    let finding = ssh.finding.as_ref().unwrap();
    let allowed = "198.51.100.7".parse().unwrap();
    assert!(finding.arrives.iter().all(|cube| !cube.sources.contains(allowed)));
    assert!(!finding.arrives.is_empty());
}

#[test]
fn isolation_is_about_what_arrives_in_either_direction() {
    // vpc-b has no route back: requests arrive, replies do not.
    let strict = one("isolate:\n  - { sets: [[vpc-b], [subnet-web]] }\n");
    assert_eq!(strict.status, Status::Fail);
    assert_eq!(strict.subjects[..3], ["eni-b", "eni-web1", "eni-web2"]);
    let lax = one("isolate:\n  - { sets: [[vpc-b], [subnet-web]], packets: tcp, one_way: false }\n");
    assert_eq!(lax.status, Status::Pass);
    assert_eq!(
        one("isolate:\n  - { sets: [[vpc-b], [db]] }\n").status,
        Status::Pass
    );
}

// Hygiene.

/// What a rule finds: the first two things that each concerns, and the line.
fn found(rule: &str) -> Vec<(String, u32)> {
    let report = report(&format!("hygiene: {{ {rule}: error }}\n"));
    let mut found: Vec<(String, u32)> = report
        .outcomes
        .iter()
        .map(|one| (one.subjects.join(" "), line(one).1))
        .collect();
    found.sort();
    found
}

fn at(text: &str) -> u32 {
    written(text).1
}

#[test]
fn hygiene_finds_what_a_review_would() {
    let expected = |list: &[(&str, u32)]| -> Vec<(String, u32)> {
        list.iter()
            .map(|(what, line)| ((*what).to_owned(), *line))
            .collect()
    };
    assert_eq!(
        found("shadowed-rule"),
        expected(&[
            ("acl-db ingress rule 120", at("rule: 120")),
            ("sg-web ingress rule 3", at("198.51.100.0/24"))
        ])
    );
    assert_eq!(found("unused-group"), expected(&[("sg-old", at("sg-old: {"))]));
    assert_eq!(
        found("ephemeral-gap"),
        expected(&[
            ("acl-db ingress rule 100", at("ports: 5432, source: 10.0.0.0/16")),
            ("acl-db ingress rule 110", at("rule: 110")),
        ])
    );
    assert_eq!(
        found("world-open-port"),
        expected(&[("sg-web ingress rule 2", at("ports: 22,"))])
    );
    assert_eq!(
        found("overlapping-cidr"),
        expected(&[("vpc-b vpc-c", at("vpc-c: {"))])
    );
}

#[test]
fn a_route_that_leads_back_another_way_is_found() {
    // Here the implied main table of vpc-b has no id, so it is given one without a way back.
    let model = NET.replace(
        "route_tables:\n",
        "route_tables:\n  rtb-b: { vpc: vpc-b, main: true, routes: [] }\n",
    );
    let check = |model: &str| {
        let analysis = Analysis::from_text("net.yaml", model).unwrap();
        let text = b"version: 1\nhygiene: { asymmetric-route: error }\n".to_vec();
        let checks = CheckFile::read("checks.yaml", text).unwrap();
        analysis.check(&checks, &[], &Logs::default(), TODAY).unwrap()
    };
    let report = check(&model);
    assert_eq!(statuses(&report), ["fail"]);
    assert_eq!(report.outcomes[0].subjects, ["rtb-a", "rtb-b"]);
    let back = model.replace(
        "main: true, routes: []",
        "main: true, routes: [{ destination: 10.0.0.0/16, target: pcx-ab }]",
    );
    assert_eq!(statuses(&check(&back)), ["pass"]);
}

#[test]
fn a_rule_of_hygiene_that_finds_nothing_is_told_too() {
    let clean = "version: 1\nvpcs:\n  vpc-a: { cidr: 10.0.0.0/16 }\n";
    let analysis = Analysis::from_text("clean.yaml", clean).unwrap();
    let text = "version: 1\nhygiene: { shadowed-rule: error, unused-group: warn, ephemeral-gap: error, asymmetric-route: error, world-open-port: error, overlapping-cidr: off }\n";
    let checks = CheckFile::read("checks.yaml", text.as_bytes().to_vec()).unwrap();
    let report = analysis.check(&checks, &[], &Logs::default(), TODAY).unwrap();
    assert_eq!(statuses(&report), ["pass"; 5]);
}

// Suppressions.

#[test]
fn what_is_put_up_with_needs_a_reason_and_ends() {
    let hygiene = "hygiene: { unused-group: error, world-open-port: error }\nsuppress:\n";
    let suppressed = report(&format!(
        "{hygiene}  - {{ of: unused-group, at: sg-old, reason: goes in March, until: 2026-12-01 }}\n  - {{ of: world-open-port, reason: bastion }}\n"
    ));
    assert_eq!(statuses(&suppressed), ["suppressed", "suppressed"]);
    assert!(!suppressed.failed() && suppressed.warnings.is_empty());
    let codes = |report: &Report| report.warnings.iter().map(|one| one.code).collect::<Vec<_>>();
    let expired = report(&format!(
        "{hygiene}  - {{ of: unused-group, reason: goes in March, until: 2026-11-30 }}\n"
    ));
    assert!(expired.failed());
    assert_eq!(codes(&expired), ["CHECK_SUPPRESSION_EXPIRED"]);
    let unused = report(&format!(
        "{hygiene}  - {{ of: unused-group, at: sg-web, reason: x }}\n  - {{ of: unused-grup, reason: x }}\n"
    ));
    assert_eq!(
        codes(&unused),
        ["CHECK_SUPPRESSION_UNUSED", "CHECK_SUPPRESSION_UNUSED"]
    );
    assert_eq!(
        unused.warnings[1].hint.as_deref(),
        Some("did you mean `unused-group`?")
    );
}

// Mistakes.

#[test]
fn mistakes_of_a_check_file_are_told_like_those_of_a_model() {
    refused(
        "mistakes",
        "version: 1
modle: shop.yaml
expect:
  - { from: web1, to: db, verdict: reachabel }
  - { from: web1, verdict: blocked }
  - { from: web1, to: db, verdict: blocked, until: 2027-3-1 }
  - { from: web1, to: db, verdict: blocked, because: [{ cod: X }] }
only: { to: db }
hygiene: { shadow-rule: error }
suppress:
  - { of: unused-group }
",
    );
    refused("mistakes-version", "version: 2\nexpect: []\n");
    refused("mistakes-syntax", "version: 1\nexpect: [\n");
    refused("mistakes-list", "- a\n");
    refused("mistakes-empty", "# nothing\n");
}

#[test]
fn questions_that_cannot_be_asked_are_told_where_they_are_written() {
    refused(
        "questions",
        "version: 1
expect:
  - { from: [web1, webb], to: db, verdict: reachable, because: [ENI_SG_RULE_MISMATCH] }
  - { from: web1, to: db, packets: [tcp/22, tpc/23], verdict: blocked }
only:
  - { to: db, packets: tcp/99999, from: [sg-wb] }
isolate:
  - { sets: [[vpc-a], [sg-old]] }
",
    );
    refused(
        "senseless",
        "version: 1\nisolate:\n  - { sets: [[vpc-a]] }\nsuppress:\n  - { of: only, reason: ' ' }\n",
    );
}

#[test]
fn nothing_expected_is_not_a_pass() {
    refused("nothing", "version: 1\nexpect: []\n");
    refused("nothing-off", "version: 1\nhygiene: { unused-group: off }\n");
}

// The same whatever the order.

#[test]
fn the_same_file_gives_the_same_report() {
    let parts = include_str!("check/all.yaml");
    let texts: Vec<String> = (0..2)
        .map(|_| check::text(&[report(parts)], Style::default()))
        .collect();
    assert_eq!(texts[0], texts[1]);
    snapshot("text", &texts[0]);
}
