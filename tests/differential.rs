//! whyhop against the oracle: thousands of random networks, and for each packet tried the set that whyhop
//! puts it in must be the one that the simulator's single packet confirms.
//!
//! `ORACLE_SEED=17 cargo test --test differential` runs one network.

mod oracle;

use std::collections::BTreeSet;
use std::env;
use std::fmt::Write;
use std::thread;

use oracle::generate::generate;
use oracle::network::Network;
use oracle::packet::Packet;
use oracle::random::Random;
use oracle::sample::{Question, boundary_values, packets, questions};
use oracle::simulate::{simulate, story};
use oracle::yaml::to_yaml;
use whyhop::packet::{Cube, PortSet};
use whyhop::{Analysis, Finding, Options};

const NETWORKS: u64 = 2_000;
const QUESTIONS: usize = 5;
const PACKETS: usize = 10;
const THREADS: u64 = 2;
/// How many disagreements are told in full, the smallest networks first.
const TOLD: usize = 3;

#[test]
fn whyhop_and_the_oracle_agree() {
    let seeds = match env::var("ORACLE_SEED")
        .ok()
        .and_then(|seed| seed.parse::<u64>().ok())
    {
        Some(seed) => seed..seed + 1,
        None => 0..NETWORKS,
    };
    let mut disagreements: Vec<Disagreement> = thread::scope(|scope| {
        let worker = |first: u64| {
            let seeds = seeds.clone().skip(first as usize).step_by(THREADS as usize);
            scope.spawn(|| seeds.filter_map(compare_network).collect::<Vec<_>>())
        };
        let workers: Vec<_> = (0..THREADS).map(worker).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap())
            .collect()
    });
    disagreements.sort_by_key(|disagreement| disagreement.yaml.len());
    assert!(disagreements.is_empty(), "{}", tell(&disagreements));
}

/// The first one of a network; the others are mostly the same again.
struct Disagreement {
    seed: u64,
    what: String,
    yaml: String,
}

fn tell(disagreements: &[Disagreement]) -> String {
    let seeds: Vec<u64> = disagreements
        .iter()
        .map(|disagreement| disagreement.seed)
        .collect();
    let mut text = format!("{} networks disagree, seeds {seeds:?}\n", seeds.len());
    for Disagreement { seed, what, yaml } in disagreements.iter().take(TOLD) {
        // Writing to a string cannot fail.
        _ = writeln!(text, "==== seed {seed}\n{yaml}----\n{what}");
    }
    text
}

fn compare_network(seed: u64) -> Option<Disagreement> {
    let network = generate(seed);
    let yaml = to_yaml(&network);
    let result = match Analysis::from_text("random.yaml", &yaml) {
        Ok(analysis) => compare_questions(seed, &network, &analysis),
        Err(mistakes) => Err(format!("it does not load: {mistakes}")),
    };
    result.err().map(|what| Disagreement { seed, what, yaml })
}

fn compare_questions(seed: u64, network: &Network, analysis: &Analysis) -> Result<(), String> {
    let mut random = Random::new(seed);
    let options = Options {
        source_ports: Some(PortSet::all()),
        ..Options::default()
    };
    let values = boundary_values(network);
    for question in questions(network, &mut random, QUESTIONS) {
        let Question { from, to, .. } = &question;
        let asked = format!("from {from} to {to}");
        let finding = analysis
            .path(from, to, "all", &options)
            .map_err(|error| format!("{asked}: {error}"))?;
        if !finding.unknown.is_empty() {
            return Err(format!("{asked}: nothing is unknown in these networks"));
        }
        for packet in packets(network, &mut random, &question, PACKETS) {
            compare(network, &question, &finding, &packet).map_err(|what| format!("{asked}: {what}"))?;
        }
        for packet in witnesses(&question, &finding, &values)? {
            compare(network, &question, &finding, &packet)
                .map_err(|what| format!("{asked}: smallest packet of a cube: {what}"))?;
        }
        for packet in shown(&finding) {
            compare(network, &question, &finding, &packet)
                .map_err(|what| format!("{asked}: the witness of a cube: {what}"))?;
        }
    }
    Ok(())
}

fn compare(network: &Network, question: &Question, finding: &Finding, packet: &Packet) -> Result<(), String> {
    let outcome = simulate(network, &question.sender, &question.receiver, packet);
    for (name, cubes, expected) in [
        ("arrives", &finding.arrives, outcome.arrived),
        ("works", &finding.works, outcome.returned),
        ("fails", &finding.fails, !outcome.returned),
    ] {
        let found = cubes.iter().any(|cube| holds(cube, packet));
        if found != expected {
            let story = story(network, &question.sender, &question.receiver, packet);
            return Err(format!(
                "{packet}\nwhyhop: in `{name}`: {found}; the oracle: {expected}, {outcome:?}\nits story:\n{story}"
            ));
        }
    }
    Ok(())
}

fn holds(cube: &Cube, packet: &Packet) -> bool {
    cube.protocols.contains(packet.protocol)
        && cube.destination_ports.contains(packet.destination_port)
        && cube.source_ports.contains(packet.source_port)
        && cube.sources.contains(packet.source)
        && cube.destinations.contains(packet.destination)
}

/// The packet that a report shows for every cube.
fn shown(finding: &Finding) -> Vec<Packet> {
    let space = &finding.work.space;
    let cubes = finding.arrives.iter().chain(&finding.works).chain(&finding.fails);
    let headers = cubes.filter_map(|cube| space.witness(space.cube(cube)));
    let packets = headers.map(|header| Packet {
        protocol: header.protocol.0,
        source: header.source,
        destination: header.destination,
        source_port: header.source_port,
        destination_port: header.destination_port,
    });
    packets.filter(Packet::exists).collect()
}

/// The smallest packet of every cube.
fn witnesses(question: &Question, finding: &Finding, values: &BTreeSet<u16>) -> Result<Vec<Packet>, String> {
    let mut packets = Vec::new();
    for cube in finding.arrives.iter().chain(&finding.works).chain(&finding.fails) {
        let &Question {
            source, destination, ..
        } = question;
        if !cube.sources.contains(source) || !cube.destinations.contains(destination) {
            return Err(format!(
                "a cube for other addresses than {source} -> {destination}"
            ));
        }
        let smallest = (0..=u8::MAX)
            .filter(|protocol| cube.protocols.contains(*protocol))
            .find_map(|protocol| {
                let packet = Packet {
                    protocol,
                    source,
                    destination,
                    source_port: smallest(values, |port| cube.source_ports.contains(port))?,
                    destination_port: smallest(values, |port| cube.destination_ports.contains(port))?,
                };
                packet.exists().then_some(packet)
            });
        packets.extend(smallest);
    }
    Ok(packets)
}

/// Cubes begin where some rule's ports begin, so those values are tried before all the others.
fn smallest(values: &BTreeSet<u16>, contains: impl Fn(u16) -> bool) -> Option<u16> {
    values
        .iter()
        .copied()
        .chain(0..=u16::MAX)
        .find(|value| contains(*value))
}
