//! A generator of records: random networks, random traffic in them, and what AWS would log of it. Who passes and who is stopped
//! is the oracle's word, packet by packet; what stands in a record is written here after the VPC guide's "Flow log records" and
//! "Flow log record examples". Read back, every record is found in every form of delivery, and an audit finds no drift.

use super::deliver::{HEADER, forms};
use crate::oracle::generate::generate;
use crate::oracle::network::Network;
use crate::oracle::packet::{ICMP, ICMP6, Packet, TCP};
use crate::oracle::random::Random;
use crate::oracle::sample::{packets, questions};
use crate::oracle::simulate::{Direction, Logged, records};
use crate::oracle::yaml::to_yaml;
use serde_yaml::Value;
use std::net::IpAddr;
use std::path::Path;
use whyhop::Analysis;
use whyhop::evidence::{Audit, Gather, Logs, Reading, Record, Row, Spot, read};

const NETWORKS: u64 = 120;
const QUESTIONS: usize = 6;
const PACKETS: usize = 8;
/// What else a custom format has here.
const MORE: &str = "tcp-flags pkt-srcaddr pkt-dstaddr flow-direction resource-id";

/// The model of a network, with an interface for each NAT gateway in a subnet.
fn model(network: &Network) -> String {
    let mut model: Value = serde_yaml::from_str(&to_yaml(network)).unwrap();
    for (id, nat) in &network.nat_gateways {
        if nat.subnet.is_some() {
            let gateway = &mut model["nat_gateways"][id.as_str()];
            gateway["eni"] = Value::from(eni_of(id));
        }
    }
    serde_yaml::to_string(&model).unwrap()
}

fn eni_of(nat: &str) -> String {
    format!("eni-of-{nat}")
}

/// A network's traffic as records: in the default format, and with more fields behind.
fn traffic(network: &Network, seed: u64) -> Vec<(String, String)> {
    let mut random = Random::new(seed);
    let mut lines = Vec::new();
    let mut start = 1_760_000_000_u64;
    for question in questions(network, &mut random, QUESTIONS) {
        for packet in packets(network, &mut random, &question, PACKETS) {
            // Only an echo is answered: of other ICMP no record says which type it is.
            let is_other = matches!(packet.protocol, ICMP | ICMP6) && packet.reply().is_none();
            let Some((logged, works)) = records(network, &question.sender, &question.receiver, &packet)
                .filter(|_| packet.exists() && !is_other)
            else {
                continue;
            };
            start += 60;
            lines.extend(logged.iter().map(|one| line(network, one, works, start)));
        }
    }
    lines
}

fn line(network: &Network, logged: &Logged, works: bool, start: u64) -> (String, String) {
    let Logged { packet, way, .. } = logged;
    let is_out = matches!(way, Direction::Out);
    let (interface, resource, primary) = recorder(network, &logged.recorder);
    // The interface's own side is its primary IPv4 address, whatever the packet says; a regional gateway has none.
    let own = |address: IpAddr| primary.filter(|_| address.is_ipv4()).unwrap_or(address);
    let (source, destination) = match is_out {
        true => (own(packet.source), packet.destination),
        false => (packet.source, own(packet.destination)),
    };
    let (from, to) = ports(packet);
    let action = if logged.accepted { "ACCEPT" } else { "REJECT" };
    let flags = match (packet.protocol, logged.is_reply, works) {
        (TCP, false, false) => 2,
        (TCP, false, true) => 3,
        (TCP, true, false) => 18,
        (TCP, true, true) => 19,
        _ => 0,
    };
    let default = format!(
        "2 111122223333 {interface} {source} {destination} {from} {to} {} 4 240 {start} {} {action} OK",
        packet.protocol,
        start + 59
    );
    let direction = if is_out { "egress" } else { "ingress" };
    let more = format!(
        "{default} {flags} {} {} {direction} {resource}",
        packet.source, packet.destination
    );
    (default, more)
}

fn recorder(network: &Network, id: &str) -> (String, String, Option<IpAddr>) {
    let Some(nat) = network.nat_gateways.get(id) else {
        let primary = network.enis[id].primary_v4();
        return (id.to_owned(), "-".to_owned(), primary);
    };
    match nat.subnet {
        Some(_) => (
            eni_of(id),
            "-".to_owned(),
            nat.addresses.first().map(|(own, _)| IpAddr::V4(*own)),
        ),
        None => ("-".to_owned(), id.to_owned(), None),
    }
}

fn ports(packet: &Packet) -> (u16, u16) {
    match packet.protocol {
        ICMP | ICMP6 => (0, 0),
        _ => (packet.source_port, packet.destination_port),
    }
}

fn audit(analysis: &Analysis, file: &Path, text: &str) -> Audit {
    std::fs::write(file, text).unwrap();
    analysis.audit(&[file.to_owned()], &Logs::default())
}

#[test]
fn a_network_and_its_generated_traffic_agree() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.log");
    let (mut all, mut fit, mut wrong) = (0, 0, Vec::new());
    for seed in 0..NETWORKS {
        let network = generate(seed);
        let lines = traffic(&network, seed);
        let analysis = Analysis::from_text("model.yaml", &model(&network)).unwrap();
        let of = |pick: fn(&(String, String)) -> &String| {
            lines.iter().map(pick).cloned().collect::<Vec<_>>().join("\n")
        };
        let texts = [
            format!("{HEADER}\n{}\n", of(|line| &line.0)),
            format!("{HEADER} {MORE}\n{}\n", of(|line| &line.1)),
        ];
        for text in texts {
            let audit = audit(&analysis, &file, &text);
            assert_eq!(
                (audit.records, audit.scan.broken),
                (lines.len() as u64, 0),
                "seed {seed}"
            );
            all += audit.records;
            fit += audit.fit;
            if !audit.agrees() || audit.nobody.records > 0 {
                let told = audit.drifts.iter().map(|drift| {
                    let by: Vec<_> = drift
                        .authors
                        .iter()
                        .map(|by| format!("{} {:?}: {}", by.component.id, by.direction, by.message))
                        .collect();
                    let examples: Vec<_> = drift.examples.iter().map(|one| &one.text).collect();
                    format!("{:?} {:?} {by:?} {examples:#?}", drift.kind, drift.leg)
                });
                let told: Vec<_> = told.collect();
                wrong.push(format!("seed {seed}: {} {:?}", told.join("\n"), audit.nobody));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {NETWORKS}: {}",
        wrong.len(),
        wrong[..wrong.len().min(12)].join("\n")
    );
    assert!(all > 4_000 && fit * 10 > all * 7, "{fit} of {all}");
}

#[derive(Default)]
struct Found(Vec<String>);

impl Gather for Found {
    fn take(&mut self, row: &Row<'_>, at: Spot<'_>) {
        let one = Record::of(row, at.format, at.file, at.line);
        self.0.push(format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            one.interface,
            one.source,
            one.destination,
            one.source_port,
            one.destination_port,
            one.protocol,
            one.packets,
            one.start,
            one.end,
            one.action
        ));
    }
    fn join(&mut self, later: Self) {
        self.0.extend(later.0);
    }
}

#[test]
fn every_generated_record_is_found_in_every_form_of_delivery() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records");
    for seed in 0..8 {
        let network = generate(seed);
        // Security Lake has no record without an interface.
        let lines: Vec<String> = traffic(&network, seed)
            .into_iter()
            .map(|line| line.0)
            .filter(|line| !line.contains(" - "))
            .collect();
        if lines.len() < 2 {
            continue;
        }
        let mut wanted: Option<Vec<String>> = None;
        for (name, bytes) in forms(&lines) {
            std::fs::write(&file, &bytes).unwrap();
            let (found, scan) = read(std::slice::from_ref(&file), &Reading::default(), Found::default);
            assert_eq!(
                (scan.problems, found.0.len()),
                (Vec::new(), lines.len()),
                "{name}, seed {seed}"
            );
            assert_eq!(
                &found.0,
                wanted.get_or_insert_with(|| found.0.clone()),
                "{name}, seed {seed}"
            );
        }
    }
}
