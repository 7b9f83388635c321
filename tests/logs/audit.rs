//! Audits: a network and its records agree; with one thing changed in the model, exactly that is found.

use serde::Deserialize;
use serde_yaml::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use whyhop::Analysis;
use whyhop::evidence::{Audit, Logs, Watch, Watched};
use whyhop::network::RuleRef;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Drifts {
    model: Value,
    records: String,
    drifts: Vec<Planted>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Planted {
    planted: String,
    change: Value,
    found: BTreeMap<String, String>,
}

const HEADER: &str = "interface-id srcaddr dstaddr srcport dstport protocol pkt-srcaddr pkt-dstaddr tcp-flags flow-direction action packets bytes start end log-status";

fn overlay(base: &mut Value, change: &Value) {
    match (base, change) {
        (Value::Mapping(base), Value::Mapping(change)) => {
            for (key, value) in change {
                match base.get_mut(key) {
                    Some(old) => overlay(old, value),
                    None => _ = base.insert(key.clone(), value.clone()),
                }
            }
        }
        (base, change) => *base = change.clone(),
    }
}

fn drifts() -> Drifts {
    let mut value: Value = serde_yaml::from_str(include_str!("drifts.yaml")).unwrap();
    value.apply_merge().unwrap();
    serde_yaml::from_value(value).unwrap()
}

/// A hundred times the same traffic, from other ports each time.
fn log(drifts: &Drifts) -> String {
    let mut text = format!("{HEADER}\n");
    for round in 0..100_u32 {
        for line in drifts.records.lines() {
            let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            for port in [3, 4] {
                let old: u32 = words[port].parse().unwrap();
                if old >= 40000 {
                    words[port] = (old + round * 13 % 4000).to_string();
                }
            }
            let start = 1_760_000_000 + round * 60;
            text.push_str(&format!("{} 4 240 {start} {} OK\n", words.join(" "), start + 59));
        }
    }
    text
}

/// A model as text.
pub fn model_of(model: &Value) -> String {
    serde_yaml::to_string(model).unwrap()
}

fn audit(model: &Value, file: &Path) -> Audit {
    let analysis =
        Analysis::from_text("model.yaml", &model_of(model)).unwrap_or_else(|bad| panic!("{bad:?}"));
    analysis.audit(&[file.to_owned()], &Logs::default())
}

#[test]
fn a_network_and_its_records_agree() {
    let drifts = drifts();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.log");
    std::fs::write(&file, log(&drifts)).unwrap();
    let audit = audit(&drifts.model, &file);
    assert!(audit.agrees(), "{:#?}", audit.drifts);
    let lines = drifts.records.lines().count() as u64;
    assert_eq!(
        (audit.records, audit.late, audit.unexplained.records),
        (lines * 100, 100, 0)
    );
    assert_eq!(audit.fit, (lines - 1) * 100);
    assert!(
        audit.classes <= lines && audit.questions < 30,
        "{} {}",
        audit.classes,
        audit.questions
    );
}

/// Who waits is told of each class once, after the records were read.
#[test]
fn who_waits_for_an_audit_is_told_how_far_it_is() {
    #[derive(Default)]
    struct Heard(Mutex<Vec<(u64, u64)>>, AtomicU64);
    impl Watch for Heard {
        fn begins(&self, _: u64, _: u64) {}
        fn read(&self, _: u64) {}
        fn file(&self) {}
        fn judged(&self, done: u64, all: u64) {
            self.0.lock().unwrap().push((done, all));
        }
        fn ends(&self) {
            self.1.fetch_add(1, Relaxed);
        }
    }
    let drifts = drifts();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.log");
    std::fs::write(&file, log(&drifts)).unwrap();
    let heard = Arc::new(Heard::default());
    let how = Logs {
        watched: Watched::by(Arc::clone(&heard) as Arc<dyn Watch>),
        ..Logs::default()
    };
    let analysis = Analysis::from_text("model.yaml", &model_of(&drifts.model)).unwrap();
    let audit = analysis.audit(&[file], &how);
    let expected: Vec<(u64, u64)> = (0..audit.classes).map(|done| (done, audit.classes)).collect();
    assert!(audit.classes > 1);
    assert_eq!(*heard.0.lock().unwrap(), expected);
    assert_eq!(heard.1.load(Relaxed), 2);
}

#[test]
fn planted_drifts_are_found_and_no_other() {
    let drifts = drifts();
    assert_eq!(drifts.drifts.len(), 22);
    let mut wrong = Vec::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.log");
    std::fs::write(&file, log(&drifts)).unwrap();
    for planted in &drifts.drifts {
        let mut model = drifts.model.clone();
        overlay(&mut model, &planted.change);
        let audit = audit(&model, &file);
        let mut found = BTreeMap::new();
        for drift in &audit.drifts {
            let kind = serde_yaml::to_string(&drift.kind).unwrap().trim().to_owned();
            assert!(!drift.examples.is_empty(), "{}: {drift:#?}", planted.planted);
            if drift.authors.is_empty() {
                found.insert(String::new(), kind.clone());
            }
            for author in &drift.authors {
                let known = found.insert(author.component.id.to_string(), kind.clone());
                assert!(
                    known.is_none_or(|known| known == kind),
                    "{}: {:#?}",
                    planted.planted,
                    audit.drifts
                );
            }
        }
        if found != planted.found {
            wrong.push(format!("{}: {:#?}", planted.planted, audit.drifts));
        }
        assert!(audit.strangers.is_empty());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// An interface that the model does not have is a drift too.
#[test]
fn an_unknown_interface() {
    let mut drifts = drifts();
    drifts
        .records
        .push_str("eni-new 10.0.2.21 10.0.3.30 40002 5432 6 10.0.2.21 10.0.3.30 3 egress ACCEPT\n");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.log");
    std::fs::write(&file, log(&drifts)).unwrap();
    let audit = audit(&drifts.model, &file);
    assert_eq!(
        audit.strangers.get("eni-new").map(|group| group.records),
        Some(100)
    );
    assert!(audit.drifts.is_empty() && !audit.agrees());
}

/// Of every rule of the shop that its traffic needs one is used; those that are planted besides are not.
#[test]
fn rules_that_nothing_used() {
    let drifts = drifts();
    let mut model = drifts.model.clone();
    let more: Value = serde_yaml::from_str(
        "{ security_groups: { sg-app: { ingress: [{ protocol: tcp, ports: 8080, source: sg-web }, { protocol: icmp, source: 10.0.1.0/24 },
           { protocol: tcp, ports: 9999, source: 0.0.0.0/0 }] }, sg-idle: { vpc: vpc-shop, ingress: [{ protocol: tcp, ports: 1, source: 0.0.0.0/0 }] } },
           nacls: { acl-db: { ingress: [{ rule: 90, action: deny, protocol: udp, ports: 53, source: 0.0.0.0/0 },
           { rule: 100, action: allow, protocol: all, source: 0.0.0.0/0 }] } },
           route_tables: { rtb-db: { routes: [{ destination: 10.1.0.0/16, target: pcx-office }, { destination: 0.0.0.0/0, target: nat-shop }] } } }",
    )
    .unwrap();
    overlay(&mut model, &more);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.log");
    std::fs::write(&file, log(&drifts)).unwrap();
    let analysis = Analysis::from_text("model.yaml", &serde_yaml::to_string(&model).unwrap()).unwrap();
    let (audit, uses) = analysis.uses(&[file], &Logs::default());
    assert!(audit.agrees() && uses.is_whole, "{:#?}", audit.drifts);
    let unused = whyhop::evidence::unused(&audit, &uses, analysis.model(), &|_| None);
    let found: Vec<String> = unused
        .rules
        .iter()
        .map(|rule| match &rule.rule {
            RuleRef::Route(to) => format!("{} {to}", rule.id),
            RuleRef::Number(number) => format!("{} {} {number}", rule.id, rule.direction.as_str()),
            other => panic!("{other:?}"),
        })
        .collect();
    // The database begins nothing, and the office's own rule stands behind its ACL's deny.
    assert_eq!(
        found,
        [
            "sg-app ingress 3",
            "sg-db egress 1",
            "sg-office ingress 1",
            "acl-db ingress 90",
            "rtb-db 0.0.0.0/0"
        ]
    );
    assert_eq!(
        unused.unseen.iter().map(|id| id.as_str()).collect::<Vec<_>>(),
        ["sg-idle"]
    );
}
