//! All pairs by class against all pairs one by one, on random networks whose interfaces have siblings; and classes by hand.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

mod oracle;

use oracle::generate::generate;
use oracle::yaml::to_yaml;
use serde_yaml::Value;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::thread;
use whyhop::analysis::Matrix;
use whyhop::packet::{Cube, PacketSet, Space};
use whyhop::{Analysis, Options};

const NETWORKS: u64 = 500;
const THREADS: u64 = 2;

/// A random network in which every interface with one IPv4 address alone has up to two siblings: other addresses of the
/// subnet, everything else alike.
fn siblings(seed: u64) -> String {
    let mut model: Value = serde_yaml::from_str(&to_yaml(&generate(seed))).unwrap();
    let Some(enis) = model.get_mut("enis").and_then(Value::as_mapping_mut) else {
        return serde_yaml::to_string(&model).unwrap();
    };
    let address = |eni: &Value| -> Option<IpAddr> {
        let ip = &eni["ip"];
        let one = ip
            .as_sequence()
            .filter(|list| list.len() == 1)
            .map(|list| &list[0]);
        one.unwrap_or(ip).as_str()?.parse().ok()
    };
    let mut taken: BTreeSet<String> = enis
        .values()
        .flat_map(|eni| {
            serde_yaml::to_string(&eni["ip"])
                .unwrap()
                .lines()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .map(|line| line.trim_start_matches("- ").to_owned())
        .collect();
    for (id, eni) in enis.clone() {
        let (Some(IpAddr::V4(ip)), None) = (address(&eni), eni.get("public_ip")) else {
            continue;
        };
        for step in [1_u32, 2] {
            let other = std::net::Ipv4Addr::from(u32::from(ip) + step);
            // The last address of a small subnet is Amazon's.
            if other.octets()[3] % 16 == 15 || !taken.insert(other.to_string()) {
                continue;
            }
            let mut sibling = eni.clone();
            let fields = sibling.as_mapping_mut().unwrap();
            fields.insert("ip".into(), other.to_string().into());
            fields.remove("name");
            enis.insert(format!("{}-{step}", id.as_str().unwrap()).into(), sibling);
        }
    }
    serde_yaml::to_string(&model).unwrap()
}

fn set(space: &Space, cubes: &[Cube]) -> PacketSet {
    cubes
        .iter()
        .fold(PacketSet::EMPTY, |all, cube| space.union(all, space.cube(cube)))
}

/// What the classes say of two members, against what is said when these two are asked for.
fn compare(analysis: &Analysis, matrix: &Matrix) -> Result<usize, String> {
    let space = Space::new();
    let options = Options {
        both_families: true,
        ..Options::default()
    };
    let mut compared = 0;
    for (from, sources) in matrix.classes.iter().enumerate() {
        for (to, destinations) in matrix.classes.iter().enumerate() {
            let flow = matrix
                .flows
                .iter()
                .find(|flow| (flow.from, flow.to) == (from, to));
            for source in &sources.members {
                for destination in &destinations.members {
                    let [a, b] = [&source.resource.id, &destination.resource.id];
                    if a == b {
                        continue;
                    }
                    let by_class = flow.map_or(PacketSet::EMPTY, |flow| {
                        set(&space, &flow.between(&flow.works, source, destination))
                    });
                    let asked = analysis.path(a.as_str(), b.as_str(), "all", &options);
                    let alone = asked.map_or(PacketSet::EMPTY, |finding| set(&space, &finding.works));
                    if by_class != alone {
                        return Err(format!("{a} → {b}"));
                    }
                    compared += 1;
                }
            }
        }
    }
    Ok(compared)
}

#[test]
fn a_class_answers_for_each_of_its_members() {
    let work = |first: u64| {
        let (mut shared, mut compared) = (0, 0);
        for seed in (first..NETWORKS).step_by(THREADS as usize) {
            let yaml = siblings(seed);
            // A sibling may take an address that is reserved or another's.
            let Ok(analysis) = Analysis::from_text("random.yaml", &yaml) else {
                continue;
            };
            let matrix = analysis.matrix("all", &Options::default()).unwrap();
            shared += matrix
                .classes
                .iter()
                .filter(|class| class.members.len() > 1)
                .count();
            compared += compare(&analysis, &matrix)
                .unwrap_or_else(|pair| panic!("seed {seed}: {pair} differ from their class\n{yaml}"));
        }
        (shared, compared)
    };
    let (shared, compared) = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|first| scope.spawn(move || work(first)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .fold((0, 0), |(a, b), (c, d)| (a + c, b + d))
    });
    println!("{shared} classes of several members, {compared} pairs compared");
    assert!(shared > 300 && compared > 5_000, "{shared} {compared}");
}

#[test]
fn who_can_be_told_apart_is_in_a_class_of_its_own() {
    let analysis = Analysis::from_text(
        "classes.yaml",
        "
version: 1
vpcs:
  vpc-a: { cidr: 10.0.0.0/16 }
subnets:
  subnet-a: { vpc: vpc-a, cidr: 10.0.1.0/24, route_table: rtb-a }
enis:
  eni-1: { subnet: subnet-a, ip: 10.0.1.11, security_groups: [sg-a, sg-b] }
  eni-2: { subnet: subnet-a, ip: 10.0.1.12, security_groups: [sg-b, sg-a] }
  eni-group: { subnet: subnet-a, ip: 10.0.1.13, security_groups: [sg-a] }
  eni-address: { subnet: subnet-a, ip: 10.0.1.14, security_groups: [sg-a, sg-b] }
  eni-target: { subnet: subnet-a, ip: 10.0.1.10, security_groups: [sg-a, sg-b], source_dest_check: false }
  eni-half: { subnet: subnet-a, ip: 10.0.1.200, security_groups: [sg-a, sg-b] }
security_groups:
  sg-a: { vpc: vpc-a, ingress: [{ protocol: tcp, ports: 22, source: [10.0.1.14/32, 10.0.1.128/25] }] }
  sg-b: { vpc: vpc-a }
route_tables:
  rtb-a: { vpc: vpc-a, routes: [{ destination: 192.168.0.0/16, target: eni-target }] }
",
    )
    .unwrap();
    let matrix = analysis.matrix("tcp/22", &Options::default()).unwrap();
    let members: Vec<Vec<&str>> = matrix
        .classes
        .iter()
        .map(|class| class.members.iter().map(|end| end.resource.id.as_str()).collect())
        .collect();
    assert_eq!(
        members,
        [
            vec!["eni-1", "eni-2"],
            vec!["eni-address"],
            vec!["eni-group"],
            vec!["eni-half"],
            vec!["eni-target"],
            vec!["internet"],
        ]
    );
    // Two addresses may enter sg-a, from 10.0.1.14 and from the upper half, to whoever carries it.
    let from: BTreeSet<usize> = matrix.flows.iter().map(|flow| flow.from).collect();
    assert_eq!(from, BTreeSet::from([1, 3]));
}
