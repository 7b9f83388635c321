//! One network, written by hand as a model, as a Terraform plan, as a CloudFormation template, and as what AWS's describe calls
//! would tell of it: every question has the same answer, whichever is asked.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use whyhop::packet::{Cube, PacketSet};
use whyhop::{Analysis, Finding, Options};

/// Who is asked about: hosts, services, a load balancer, an endpoint, subnets, the office and the rest of the internet.
const ENDS: [&str; 13] = [
    "bastion",
    "app1",
    "app2",
    "tools",
    "worker",
    "orders",
    "front",
    "ssm",
    "app-a",
    "data-b",
    "internet",
    "internet:203.0.113.9",
    "internet:9.9.9.9",
];
/// What may block and has a name in all four. Others, such as a VPC's default ACL, have ids alone, each its own.
const SHARED: [&str; 13] = [
    "sg-front",
    "sg-app",
    "sg-bastion",
    "sg-worker",
    "sg-endpoint",
    "sg-db",
    "sg-tools",
    "acl-data",
    "routes-public",
    "routes-app",
    "routes-data",
    "routes-tools",
    "front",
];
const SUBNETS: [&str; 2] = ["app-a", "data-b"];
const PACKETS: [&str; 4] = ["all", "tcp/443", "tcp/5432,tcp/8080", "icmp/8"];

fn analysis(file: &str) -> Analysis {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/same")
        .join(file);
    let region = BTreeMap::from([("AWS::Region".to_owned(), "eu-west-1".to_owned())]);
    let given = if file.starts_with("template") {
        region
    } else {
        BTreeMap::new()
    };
    let loaded = whyhop::load_with(&[path], &given).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert!(loaded.model.notes.is_empty(), "{file}: {:?}", loaded.model.notes);
    assert!(
        loaded.model.unknown.is_empty(),
        "{file}: {:?}",
        loaded.model.unknown
    );
    Analysis::new(loaded.model)
}

/// What an answer says: the verdict, which packets get through and which do not, and who blocks them with which code. Addresses
/// are left out: a plan does not know those that AWS assigns, and a dump does.
fn told(analysis: &Analysis, finding: &Finding, asked: [&str; 2]) -> String {
    let names: BTreeMap<String, String> = analysis
        .model()
        .names()
        .map(|(id, name)| (id.as_str().to_owned(), name.to_owned()))
        .collect();
    let space = &finding.work.space;
    let union = |cubes: &[Cube]| {
        cubes
            .iter()
            .fold(PacketSet::EMPTY, |all, cube| space.union(all, space.cube(cube)))
    };
    let kinds = |cubes: &[Cube]| -> BTreeSet<String> {
        let all = space.cubes(union(cubes));
        all.iter()
            .map(|cube| format!("{:?} {:?}", cube.protocols, cube.destination_ports))
            .collect()
    };
    let blockers: BTreeSet<String> = finding
        .blockers
        .iter()
        .map(|one| {
            let component = &one.component;
            let name = names
                .get(component.id.as_str())
                .map_or(component.id.as_str(), String::as_str);
            let name = if SHARED.contains(&name) { name } else { "unnamed" };
            format!("{} {} {} {name}", one.leg.as_str(), one.code, component.kind)
        })
        .collect();
    // Of a subnet one member may have an address that in the plan another may have: what fails for one works for another.
    let whole = !asked.iter().any(|end| SUBNETS.contains(end));
    format!(
        "{}\nblockers {blockers:#?}\nworks {:?}\nfails {:?}",
        finding.verdict.as_str(),
        kinds(&finding.works),
        whole.then(|| kinds(&finding.fails))
    )
}

#[test]
fn a_model_a_plan_a_template_and_a_dump_of_one_network_answer_all_pairs_alike() {
    let hand = analysis("network.yaml");
    let others = ["plan.json", "template.yaml", "dump"].map(|file| (file, analysis(file)));
    let mut verdicts: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for from in ENDS {
        for to in ENDS.iter().filter(|to| **to != from) {
            for packets in PACKETS {
                let ask = |analysis: &Analysis| {
                    let finding = analysis.path(from, to, packets, &Options::default());
                    finding.map_or_else(
                        |error| error.to_string(),
                        |finding| told(analysis, &finding, [from, to]),
                    )
                };
                let expected = ask(&hand);
                let verdict = expected.lines().next().unwrap_or_default().to_owned();
                *verdicts.entry(verdict).or_default() += 1;
                for (file, analysis) in &others {
                    let got = ask(analysis);
                    if got != expected {
                        wrong.push(format!("{file}: {from} {to} {packets}\n{got}\nnot\n{expected}"));
                    }
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ\n{}",
        wrong.len(),
        wrong[..wrong.len().min(6)].join("\n\n")
    );
    assert!(
        verdicts["reachable"] > 60 && verdicts["blocked"] > 200 && !verdicts.contains_key("unknown"),
        "{verdicts:?}"
    );
}

/// What is the same has to be right, too: worked out by hand from AWS's guides.
#[test]
fn the_network_answers_as_worked_out_by_hand() {
    let table = [
        ("internet", "front", "tcp/443", "reachable"),
        ("internet:203.0.113.9", "front", "tcp/80", "reachable"),
        ("internet:9.9.9.9", "front", "tcp/80", "blocked"),
        ("internet:203.0.113.9", "bastion", "tcp/22", "reachable"),
        ("internet:9.9.9.9", "bastion", "tcp/22", "blocked"),
        ("bastion", "app1", "tcp/22", "reachable"),
        ("worker", "app1", "tcp/22", "blocked"),
        // Through the NAT gateway.
        ("app2", "internet", "tcp/443", "reachable"),
        ("internet", "app2", "tcp/8080", "blocked"),
        // Over the peering, which passes on references to groups; through the ACL of the data subnets.
        ("app1", "orders", "tcp/5432", "reachable"),
        ("worker", "orders", "tcp/5432", "blocked"),
        ("app1", "orders", "tcp/22", "blocked"),
        // Over the transit gateway.
        ("worker", "tools", "tcp/443", "reachable"),
        ("bastion", "tools", "icmp/8", "reachable"),
        ("tools", "app1", "tcp/8080", "blocked"),
        // Neither peering nor transit gateway leads from one to the other.
        ("tools", "orders", "tcp/5432", "blocked"),
        ("app1", "ssm", "tcp/443", "reachable"),
        // The group of the endpoint lets in the shop alone.
        ("tools", "ssm", "tcp/443", "blocked"),
    ];
    for file in ["network.yaml", "plan.json", "template.yaml", "dump"] {
        let analysis = analysis(file);
        for (from, to, packets, expected) in table {
            let finding = analysis.path(from, to, packets, &Options::default()).unwrap();
            assert_eq!(
                finding.verdict.as_str(),
                expected,
                "{file}: {from} {to} {packets}"
            );
        }
    }
}
