//! Two models: what differs, against all pairs asked one by one, on random networks and random changes; and causes by hand.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

mod oracle;
mod pairs;

use oracle::generate::generate;
use oracle::random::Random;
use oracle::yaml::to_yaml;
use pairs::{compare, levels};
use serde_yaml::{Mapping, Value};
use std::thread;
use whyhop::analysis::diff::{Cause, Diff};
use whyhop::model::{Model, load_text};
use whyhop::packet::{PacketSet, Space};
use whyhop::{Options, diff};

const PAIRS: u64 = 500;
const THREADS: u64 = 2;

fn model(text: &str) -> Option<Model> {
    load_text("random.yaml", text).ok().map(|loaded| loaded.model)
}

// Random changes.

/// A random network, and the same with one to four random changes.
fn two(seed: u64) -> [String; 2] {
    let old = to_yaml(&generate(seed));
    let mut tree: Value = serde_yaml::from_str(&old).unwrap();
    let mut random = Random::new(seed ^ 0x5eed);
    for _ in 0..1 + random.weighted(&[40, 30, 20, 10]) {
        change(&mut tree, &mut random);
    }
    [old, serde_yaml::to_string(&tree).unwrap()]
}

fn change(tree: &mut Value, random: &mut Random) {
    match random.weighted(&[22, 22, 18, 12, 10, 8, 8]) {
        0 => _ = taken(tree, random, "security_groups", "ingress"),
        1 => {
            let ports = *random.pick(&["22", "443", "1024-65535"]);
            let rule = format!("{{ protocol: tcp, ports: {ports}, source: 0.0.0.0/0 }}");
            added(tree, random, "security_groups", "ingress", &rule);
        }
        2 => _ = taken(tree, random, "route_tables", "routes"),
        3 => _ = taken(tree, random, "nacls", "ingress"),
        4 => _ = taken(tree, random, "nacls", "egress"),
        5 => {
            // Somebody goes.
            let Some(enis) = tree.get_mut("enis").and_then(Value::as_mapping_mut) else {
                return;
            };
            let ids: Vec<Value> = enis.keys().cloned().collect();
            if ids.len() > 1 {
                let id = random.pick(&ids).clone();
                enis.remove(&id);
            }
        }
        _ => {
            // Groups for everybody: the default of an interface without any.
            if let Some(eni) = item(tree, random, "enis") {
                eni.insert("security_groups".into(), Value::Sequence(Vec::new()));
            }
        }
    }
}

fn item<'a>(tree: &'a mut Value, random: &mut Random, section: &str) -> Option<&'a mut Mapping> {
    let items = tree.get_mut(section)?.as_mapping_mut()?;
    let ids: Vec<Value> = items.keys().cloned().collect();
    let id = (!ids.is_empty()).then(|| random.pick(&ids).clone())?;
    items.get_mut(&id)?.as_mapping_mut()
}

fn taken(tree: &mut Value, random: &mut Random, section: &str, list: &str) -> Option<Value> {
    let list = item(tree, random, section)?.get_mut(list)?.as_sequence_mut()?;
    let places: Vec<usize> = (0..list.len()).collect();
    (!places.is_empty()).then(|| list.remove(*random.pick(&places)))
}

fn added(tree: &mut Value, random: &mut Random, section: &str, list: &str, element: &str) {
    let element: Value = serde_yaml::from_str(element).unwrap();
    if let Some(item) = item(tree, random, section) {
        let list = item
            .entry(list.into())
            .or_insert_with(|| Value::Sequence(Vec::new()));
        if let Some(list) = list.as_sequence_mut() {
            list.push(element);
        }
    }
}

/// Whether the causes explain each difference wholly, and nothing else.
fn explained(found: &Diff) -> bool {
    let space = Space::new();
    found.differences.iter().enumerate().all(|(index, one)| {
        let of = |parts: fn(&Cause) -> &Vec<whyhop::analysis::diff::Part>| {
            let parts = found.causes.iter().flat_map(parts);
            let parts = parts.filter(|part| part.difference == index);
            parts.fold([PacketSet::EMPTY; 3], |all, part| {
                let part = levels(&space, &part.packets);
                [0, 1, 2].map(|level| space.union(all[level], part[level]))
            })
        };
        of(|cause| &cause.opened) == levels(&space, &one.opened)
            && of(|cause| &cause.closed) == levels(&space, &one.closed)
    })
}

#[derive(Default)]
struct Count {
    models: usize,
    pairs: usize,
    single: usize,
    several: usize,
    unexplained: usize,
}

fn work(first: u64) -> Count {
    let mut count = Count::default();
    for seed in (first..)
        .step_by(THREADS as usize)
        .take_while(|seed| *seed < PAIRS * 2)
    {
        let [old, new] = two(seed);
        // Not every change leaves a model that AWS would take.
        let (Some(before), Some(after)) = (model(&old), model(&new)) else {
            continue;
        };
        if count.models as u64 >= PAIRS / THREADS {
            break;
        }
        let found = diff(before.clone(), after.clone(), "all", &Options::default()).unwrap();
        count.models += 1;
        count.pairs += compare([before.clone(), after.clone()], &found)
            .unwrap_or_else(|pair| panic!("seed {seed}: {pair}\n{old}\n----\n{new}"));
        assert!(explained(&found), "seed {seed}: causes\n{old}\n----\n{new}");
        for cause in &found.causes {
            match cause.changes.len() {
                0 => count.unexplained += 1,
                1 => count.single += 1,
                _ => count.several += 1,
            }
        }
        if seed % 5 > 1 {
            continue;
        }
        let space = Space::new();
        let back = diff(after, before, "all", &Options::default()).unwrap();
        assert_eq!(back.differences.len(), found.differences.len(), "seed {seed}");
        for (there, back) in found.differences.iter().zip(&back.differences) {
            assert_eq!(levels(&space, &there.opened), levels(&space, &back.closed));
            assert_eq!(levels(&space, &there.closed), levels(&space, &back.opened));
        }
    }
    count
}

#[test]
fn a_diff_is_all_pairs_asked_twice_and_subtracted() {
    let counts: Vec<Count> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|first| scope.spawn(move || work(first)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let sum = |of: fn(&Count) -> usize| counts.iter().map(of).sum::<usize>();
    let (models, pairs) = (sum(|count| count.models), sum(|count| count.pairs));
    let causes = [
        sum(|count| count.single),
        sum(|count| count.several),
        sum(|count| count.unexplained),
    ];
    println!("{models} pairs of models, {pairs} pairs of ends differ, causes {causes:?}");
    assert_eq!(models as u64, PAIRS);
    assert!(pairs > 1_000 && causes[0] > 200, "{pairs} {causes:?}");
    assert_eq!(causes[2], 0, "{causes:?}");
}

#[test]
fn a_model_differs_from_itself_by_nothing_however_it_is_ordered() {
    for seed in 0..60 {
        let text = to_yaml(&generate(seed));
        let mut tree: Value = serde_yaml::from_str(&text).unwrap();
        let mut random = Random::new(seed);
        shuffle(&mut tree, &mut random);
        let (old, new) = (
            model(&text).unwrap(),
            model(&serde_yaml::to_string(&tree).unwrap()).unwrap(),
        );
        let found = diff(old, new, "all", &Options::default()).unwrap();
        assert!(
            found.changes.is_empty(),
            "seed {seed}: {:?}",
            found
                .changes
                .iter()
                .map(|change| change.told())
                .collect::<Vec<_>>()
        );
        assert!(
            found.differences.is_empty() && found.causes.is_empty(),
            "seed {seed}"
        );
    }
}

/// Sections, items, and the rules and routes of an item in another order.
fn shuffle(tree: &mut Value, random: &mut Random) {
    let mut mix = |map: &mut Mapping| {
        let mut entries: Vec<(Value, Value)> = std::mem::take(map).into_iter().collect();
        for place in (1..entries.len()).rev() {
            let places: Vec<usize> = (0..=place).collect();
            entries.swap(place, *random.pick(&places));
        }
        map.extend(entries);
    };
    mix(tree.as_mapping_mut().unwrap());
    for section in tree.as_mapping_mut().unwrap().values_mut() {
        let Some(items) = section.as_mapping_mut() else {
            continue;
        };
        mix(items);
        for item in items.values_mut().filter_map(Value::as_mapping_mut) {
            for list in ["ingress", "egress", "routes", "entries"] {
                if let Some(list) = item.get_mut(list).and_then(Value::as_sequence_mut) {
                    list.reverse();
                }
            }
        }
    }
}

// By hand.

const SHOP: &str = "
version: 1
vpcs:
  vpc-a: { cidr: 10.0.0.0/16 }
subnets:
  subnet-web: { vpc: vpc-a, cidr: 10.0.1.0/24, route_table: rtb-web }
  subnet-db: { vpc: vpc-a, cidr: 10.0.2.0/24 }
enis:
  eni-web: { name: web, subnet: subnet-web, ip: 10.0.1.10, public_ip: 203.0.113.10, security_groups: [sg-web] }
  eni-db: { name: db, subnet: subnet-db, ip: 10.0.2.20, security_groups: [sg-db] }
security_groups:
  sg-web: { vpc: vpc-a, ingress: [{ protocol: tcp, ports: 443, source: 0.0.0.0/0 }] }
  sg-db: { vpc: vpc-a, ingress: [{ protocol: tcp, ports: 5432, source: sg-web }], egress: [] }
route_tables:
  rtb-web: { vpc: vpc-a, routes: [] }
";

fn shop(from: &str, to: &str) -> Diff {
    let changed = SHOP.replace(from, to);
    assert_ne!(changed, SHOP);
    differ(SHOP, &changed)
}

fn differ(old: &str, new: &str) -> Diff {
    let read = |name: &str, text: &str| {
        load_text(name, text)
            .unwrap_or_else(|error| panic!("{error}"))
            .model
    };
    diff(
        read("old.yaml", old),
        read("new.yaml", new),
        "all",
        &Options::default(),
    )
    .unwrap()
}

/// Every cause, as its changes and the pairs that it opened and closed.
fn causes(found: &Diff) -> Vec<(Vec<String>, Vec<String>, Vec<String>)> {
    let pair = |part: &whyhop::analysis::diff::Part| {
        let [from, to] = &found.differences[part.difference].between;
        format!("{from} {to}")
    };
    let of = |cause: &Cause| {
        (
            cause
                .changes
                .iter()
                .map(|index| found.changes[*index].told())
                .collect(),
            cause.opened.iter().map(pair).collect(),
            cause.closed.iter().map(pair).collect(),
        )
    };
    found.causes.iter().map(of).collect()
}

#[test]
fn a_rule_that_is_new_is_the_cause_of_what_it_opens() {
    let found = shop(
        "source: sg-web }]",
        "source: sg-web }, { protocol: tcp, ports: 22, source: 10.0.0.0/8 }]",
    );
    assert_eq!(
        causes(&found),
        [(
            vec![
                "security_groups.sg-db.ingress: { protocol: tcp, ports: 22, source: 10.0.0.0/8 } is new"
                    .to_owned()
            ],
            vec!["eni-web eni-db".to_owned()],
            vec![],
        )]
    );
    let works = &found.differences[0].opened.works;
    assert_eq!(works.len(), 1);
    assert_eq!(works[0].destination_ports.ranges(), [(22, 22)]);
    assert_eq!(
        found.changes[0].at.as_ref().unwrap().to_string(),
        "new.yaml:13:82"
    );
}

/// Neither the gateway nor the route to it lets anybody in alone.
#[test]
fn two_changes_that_are_needed_together_are_one_cause() {
    let with_gateway = SHOP.replace(
        "routes: []",
        "routes: [{ destination: 0.0.0.0/0, target: igw-a }]",
    ) + "internet_gateways:\n  igw-a: { vpc: vpc-a }\n";
    let found = differ(SHOP, &with_gateway);
    let told = causes(&found);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        told[0].0,
        [
            "route_tables.rtb-web.routes: { destination: 0.0.0.0/0, target: igw-a } is new",
            "internet_gateways.igw-a is new"
        ]
    );
    assert_eq!(told[0].1, ["eni-web internet", "internet eni-web"]);
    let back = causes(&differ(&with_gateway, SHOP));
    assert!(
        back.iter()
            .all(|(changes, opened, _)| changes.len() == 1 && opened.is_empty()),
        "{back:?}"
    );
}

#[test]
fn who_is_new_or_gone_is_a_cause() {
    let eni = "  eni-new: { subnet: subnet-web, ip: 10.0.1.11, security_groups: [sg-web] }\n";
    let with_new = SHOP.replace(
        "security_groups:\n  sg-web",
        &format!("{eni}security_groups:\n  sg-web"),
    );
    let found = differ(SHOP, &with_new);
    let told = causes(&found);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, ["enis.eni-new is new"]);
    // It sends to the web server and the database, and the web server to it.
    assert_eq!(
        told[0].1,
        ["eni-new eni-db", "eni-new eni-web", "eni-web eni-new"]
    );
    let gone = causes(&differ(&with_new, SHOP));
    assert_eq!(gone[0].0, ["enis.eni-new is gone"]);
    assert_eq!(gone[0].2.len(), 3);
}

#[test]
fn what_has_another_id_is_found_by_its_name() {
    let other = SHOP
        .replace("eni-web:", "eni-0a1b:")
        .replace("eni-db:", "eni-0c2d:");
    let found = differ(SHOP, &other);
    assert!(found.changes.is_empty() && found.differences.is_empty());
    let changed = other.replace("source: sg-web }]", "source: sg-db }]");
    let found = differ(SHOP, &changed);
    assert_eq!(causes(&found)[0].2, ["eni-web eni-db"]);
    assert!(found.changes[0].at.is_some());
}

#[test]
fn words_and_the_order_of_sources_change_nothing() {
    let found = shop("name: db,", "name: db, tags: { env: prod },");
    assert!(found.changes.is_empty());
    let two = SHOP.replace("source: sg-web }", "source: [sg-web, 10.9.0.0/16] }");
    let turned = SHOP.replace("source: sg-web }", "source: [10.9.0.0/16, sg-web] }");
    assert!(differ(&two, &turned).changes.is_empty());
}

#[test]
fn what_becomes_unknown_is_told_as_such() {
    let unknown = SHOP.replace(
        "routes: []",
        "routes: [{ destination: 0.0.0.0/0, target: cagw-a }]",
    ) + "unknown:\n  cagw-a: { type: carrier-gateway }\n";
    let found = differ(SHOP, &unknown);
    assert!(
        found.differences.iter().all(|one| one.opened.is_undecided()),
        "{:?}",
        found.differences
    );
    assert!(found.undecided() && !found.opened() && !found.closed());
}
