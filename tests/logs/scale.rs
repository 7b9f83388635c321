//! Many interfaces and many records: an audit asks what the model tells apart, and evidence is not lost among other traffic.

use std::fmt::Write;
use whyhop::evidence::{DriftKind, Logs, State, correlate};
use whyhop::{Analysis, Options};

const HEADER: &str =
    "interface-id srcaddr dstaddr srcport dstport protocol action packets bytes start end log-status";
/// So many hosts of each tier.
const HOSTS: usize = 8;

fn web(host: usize) -> (String, String) {
    (format!("eni-web-{host}"), format!("10.0.1.{}", 10 + host * 3))
}

fn app(host: usize) -> (String, String) {
    (format!("eni-app-{host}"), format!("10.0.2.{}", 10 + host * 3))
}

/// Web hosts that the world may ask, and hosts behind them that only they may.
fn network(port: &str) -> Analysis {
    let mut text = "version: 1\nvpcs: { vpc-1: { cidr: 10.0.0.0/16 } }\n\
        subnets: { subnet-web: { vpc: vpc-1, cidr: 10.0.1.0/24 }, subnet-app: { vpc: vpc-1, cidr: 10.0.2.0/24 } }\n\
        security_groups:\n  sg-web: { vpc: vpc-1, ingress: [{ protocol: tcp, ports: 443, source: 0.0.0.0/0 }] }\n"
        .to_owned();
    _ = writeln!(
        text,
        "  sg-app: {{ vpc: vpc-1, ingress: [{{ protocol: tcp, ports: {port}, source: sg-web }}] }}\nenis:"
    );
    for host in 0..HOSTS {
        for ((id, ip), tier) in [(web(host), "web"), (app(host), "app")] {
            _ = writeln!(
                text,
                "  {id}: {{ subnet: subnet-{tier}, ip: {ip}, security_groups: [sg-{tier}] }}"
            );
        }
    }
    Analysis::from_text("model.yaml", &text).unwrap()
}

/// A connection's records: the request and its reply, at both ends.
fn connection(log: &mut String, from: &(String, String), to: &(String, String), ports: (u16, u16)) {
    for eni in [&from.0, &to.0] {
        let ((a, b), (c, d)) = ((&from.1, &to.1), ports);
        for flow in [format!("{a} {b} {c} {d}"), format!("{b} {a} {d} {c}")] {
            _ = writeln!(log, "{eni} {flow} 6 ACCEPT 4 240 1760000000 1760000059 OK");
        }
    }
}

#[test]
fn whoever_is_alike_is_asked_for_once() {
    let mut log = format!("{HEADER}\n");
    for (from, to) in (0..HOSTS).flat_map(|from| (0..HOSTS).map(move |to| (from, to))) {
        connection(&mut log, &web(from), &app(to), (40000 + from as u16, 8080));
        if from != to {
            connection(&mut log, &web(from), &web(to), (50000 + to as u16, 443));
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.log");
    std::fs::write(&file, &log).unwrap();
    let audit = network("8080").audit(std::slice::from_ref(&file), &Logs::default());
    assert!(audit.agrees(), "{:#?}", audit.drifts);
    let records = (HOSTS * HOSTS + HOSTS * (HOSTS - 1)) as u64 * 4;
    assert_eq!((audit.records, audit.fit), (records, records));
    assert_eq!(audit.interfaces.len(), HOSTS * 2);
    assert_eq!((audit.classes, audit.questions), (8, 4));

    // With another rule every record between the tiers differs, and all who made one are named.
    let audit = network("9090").audit(&[file], &Logs::default());
    assert_eq!(audit.drifts.len(), 1, "{:#?}", audit.drifts);
    let drift = &audit.drifts[0];
    assert_eq!(drift.kind, DriftKind::AcceptedButBlocked);
    let between = (HOSTS * HOSTS * 4) as u64;
    assert_eq!(
        (audit.fit + drift.records, drift.records >= between / 4),
        (records, true)
    );
    let apps: Vec<String> = (0..HOSTS).map(|host| app(host).0).collect();
    assert!(
        apps.iter().all(|app| drift.interfaces.contains(app)),
        "{drift:#?}"
    );
    let lines: Vec<u64> = drift.examples.iter().map(|one| one.line).collect();
    assert!(lines.len() == 3 && lines.is_sorted(), "{lines:?}");
}

#[test]
fn a_busy_interface_does_not_hide_what_is_asked() {
    let mut log = format!("{HEADER}\n");
    for at in 0..25_000_u32 {
        let ip = format!("198.51.100.{}", at % 250);
        _ = writeln!(
            log,
            "eni-web-0 {ip} 10.0.1.10 {} 443 6 ACCEPT 4 240 1760000000 1760000059 OK",
            1024 + at
        );
    }
    connection(&mut log, &web(0), &app(0), (40000, 8080));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.log");
    std::fs::write(&file, &log).unwrap();
    let analysis = network("8080");
    let finding = analysis
        .path("eni-web-0", "eni-app-0", "tcp/8080", &Options::default())
        .unwrap();
    let evidence = correlate(&finding, analysis.model(), &[file], &Logs::default());
    assert_eq!(evidence.state, State::Corroborated, "{evidence:#?}");
    assert_eq!(evidence.kept.len(), 4);
    assert!(
        evidence
            .crossings
            .iter()
            .all(|one| one.state == State::Corroborated)
    );
}
