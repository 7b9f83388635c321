//! Laws that hold on every network, asked of random ones: components lose nothing and invent nothing, a new allow rule takes
//! nothing away, and what a dump tells is what the model said.

#![allow(clippy::unwrap_used, reason = "a test that cannot set up has failed")]

#[path = "roundtrip/describe.rs"]
mod describe;
mod oracle;

use oracle::generate::generate;
use oracle::network::{GroupRule, Network, Peer, Target, Traffic};
use oracle::random::Random;
use oracle::sample::{Question, questions};
use oracle::yaml::to_yaml;
use std::collections::BTreeMap;
use whyhop::model::Model;
use whyhop::network::{Arrival, Leg, LinkId, NodeId, Parties, Sender, Workspace};
use whyhop::packet::{AddressSet, Cube, PacketSet, PortSet, ProtocolSet, Space};
use whyhop::{Analysis, Finding, Options};

const NETWORKS: u64 = 200;

fn analysis(yaml: &str) -> Analysis {
    Analysis::from_text("random.yaml", yaml).unwrap()
}

/// A set of the addresses and ports that matter in a network, and others.
fn packets(network: &Network, random: &mut Random, space: &Space) -> PacketSet {
    let addresses = |random: &mut Random| match random.below(4) {
        0 => AddressSet::all(),
        1 => {
            let vpcs: Vec<_> = network.vpcs.values().collect();
            AddressSet::from_cidrs(random.pick(&vpcs).cidrs.iter().copied())
        }
        2 => {
            let subnets: Vec<_> = network.subnets.values().collect();
            AddressSet::from_cidrs(random.pick(&subnets).cidrs.iter().copied())
        }
        _ => {
            let enis: Vec<_> = network.enis.values().collect();
            AddressSet::from_addresses(random.pick(&enis).addresses.iter().copied())
        }
    };
    let ports = |random: &mut Random| match random.below(3) {
        0 => PortSet::all(),
        1 => PortSet::range(1024, u16::MAX),
        _ => PortSet::one(*random.pick(&[22, 80, 443, 5432, 2048])),
    };
    let protocols = match random.below(3) {
        0 => ProtocolSet::all(),
        1 => ProtocolSet::one(6),
        _ => ProtocolSet::one(*random.pick(&[1, 17, 47, 58])),
    };
    space.cube(&Cube {
        protocols,
        destination_ports: ports(random),
        source_ports: ports(random),
        sources: addresses(random),
        destinations: addresses(random),
    })
}

/// Every place where packets can be: where somebody sends, and behind each link.
fn places(analysis: &Analysis) -> Vec<(NodeId, Option<LinkId>)> {
    let graph = analysis.network().graph();
    let owners = graph
        .nodes()
        .filter(|node| analysis.network().owner(*node).is_some());
    let links = graph.nodes().flat_map(|node| graph.links(node));
    owners
        .map(|node| (node, None))
        .chain(links.map(|(link, to)| (to, Some(link))))
        .collect()
}

#[test]
fn the_steps_of_every_component_are_disjoint_and_cover_what_arrives() {
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 0..NETWORKS {
        let network = generate(seed);
        let analysis = analysis(&to_yaml(&network));
        let mut random = Random::new(seed);
        let work = Workspace::new();
        let graph = analysis.network().graph();
        for (node, link) in places(&analysis) {
            let Some(component) = graph.component(node) else {
                continue;
            };
            let set = packets(&network, &mut random, &work.space);
            let vpcs = network.vpcs.keys();
            let known: Vec<Option<&str>> = vpcs.map(|id| Some(id.as_str())).chain([None]).collect();
            let identity = Sender {
                vpc: random.pick(&known).map(Into::into),
                ..Sender::default()
            };
            for leg in [Leg::Forward, Leg::Return] {
                let arrival = Arrival {
                    packets: set,
                    node,
                    link: link.and_then(|link| graph.weight(link)),
                    leg,
                    next_hop: None,
                    sender: None,
                    identity: &identity,
                    answering: None,
                    parties: Parties::default(),
                    memories: &[],
                };
                let mut seen = PacketSet::EMPTY;
                for step in component.transfer(&arrival, &work) {
                    let part = step.packets();
                    let who = component.resource();
                    assert!(
                        work.space.intersect(seen, part).is_empty(),
                        "seed {seed}: the steps of {who:?} overlap"
                    );
                    seen = work.space.union(seen, part);
                }
                let who = component.resource();
                assert!(
                    seen == set,
                    "seed {seed}: the steps of {who:?} do not cover {leg:?}"
                );
                *asked.entry(who.kind.to_owned()).or_default() += 1;
            }
        }
    }
    let kinds: Vec<&str> = asked.keys().map(String::as_str).collect();
    assert!(kinds.len() >= 12, "{kinds:?}");
}

/// The sets of two findings, in one space.
fn set(space: &Space, cubes: &[Cube]) -> PacketSet {
    space.cubes_of(cubes.to_vec())
}

fn finding(analysis: &Analysis, question: &Question) -> Finding {
    let options = Options {
        source_ports: Some(PortSet::all()),
        ..Options::default()
    };
    analysis
        .path(&question.from, &question.to, "all", &options)
        .unwrap()
}

/// A rule that some group did not have.
fn allow(network: &mut Network, random: &mut Random) {
    let groups: Vec<String> = network.groups.keys().cloned().collect();
    let lists: Vec<String> = network.prefix_lists.keys().cloned().collect();
    let chosen = random.pick(&groups).clone();
    let any = if random.chance(50) { "0.0.0.0/0" } else { "::/0" };
    let peers = match random.below(3) {
        0 => Peer::Group(random.pick(&groups).clone()),
        1 if !lists.is_empty() => Peer::List(random.pick(&lists).clone()),
        _ => Peer::Cidr(any.parse().unwrap()),
    };
    let rule = GroupRule {
        traffic: Traffic {
            protocol: *random.pick(&[None, Some(6), Some(17), Some(1), Some(58)]),
            ports: Vec::new(),
            icmp: None,
        },
        peers: vec![peers],
    };
    let group = network.groups.get_mut(&chosen).unwrap();
    match &mut group.egress {
        Some(egress) if random.chance(50) => egress.push(rule),
        _ => group.ingress.push(rule),
    }
}

#[test]
fn a_new_allow_rule_never_shrinks_what_passes() {
    let (mut asked, mut grew) = (0, 0);
    for seed in 0..NETWORKS {
        let before = generate(seed);
        let mut random = Random::new(seed);
        let asks = questions(&before, &mut random, 6);
        let mut after = before.clone();
        (0..12).for_each(|_| allow(&mut after, &mut random));
        let (closed, open) = (analysis(&to_yaml(&before)), analysis(&to_yaml(&after)));
        for question in asks {
            let (first, then) = (finding(&closed, &question), finding(&open, &question));
            let space = Space::new();
            for (less, more) in [(&first.works, &then.works), (&first.arrives, &then.arrives)] {
                let (less, more) = (set(&space, less), set(&space, more));
                assert!(
                    space.is_subset(less, more),
                    "seed {seed}: a rule more, and less passes from {} to {}",
                    question.from,
                    question.to
                );
                grew += usize::from(less != more);
            }
            asked += 1;
        }
    }
    assert!(asked > 1_000 && grew > 50, "{asked} questions, {grew} sets grew");
}

/// What an answer says of packets and of who is in the way.
fn told(finding: &Finding) -> String {
    let space = Space::new();
    let cubes = |cubes: &[Cube]| space.cubes(set(&space, cubes));
    let blockers: Vec<String> = finding
        .blockers
        .iter()
        .map(|one| format!("{} {} {}", one.leg.as_str(), one.code, one.component.id))
        .collect();
    format!(
        "{} {blockers:?} {:?} {:?}",
        finding.verdict.as_str(),
        cubes(&finding.works),
        cubes(&finding.fails)
    )
}

/// The model that a dump becomes; none where no describe call tells of something in it.
fn imported(yaml: &str) -> Option<Model> {
    let value: serde_json::Value = serde_yaml::from_str(yaml).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (file, content) in describe::dump(&value)? {
        std::fs::write(folder.path().join(file), content.to_string()).unwrap();
    }
    Some(whyhop::load(&[folder.path().to_owned()]).unwrap().model)
}

/// A virtual private gateway without lines is nothing that a call tells of here, and no packet meets it.
fn without_idle_vpn(network: &mut Network) {
    let idle = |network: &Network, id: &str| network.lines_of(id).next().is_none();
    for table in network.tables.clone().keys() {
        let mut described = network.tables[table].clone();
        described
            .routes
            .retain(|route| !matches!(&route.target, Target::VpnGateway(id) if idle(network, id)));
        network.tables.insert(table.clone(), described);
    }
    for id in network
        .vpn_gateways
        .clone()
        .into_keys()
        .filter(|id| idle(network, id))
        .collect::<Vec<_>>()
    {
        network.vpn_gateways.remove(&id);
    }
}

#[test]
fn a_dump_its_yaml_and_the_model_behind_it_are_one_network() {
    let mut compared = 0;
    for seed in 0..NETWORKS * 8 {
        let mut network = generate(seed);
        without_idle_vpn(&mut network);
        let yaml = to_yaml(&network);
        let Some(model) = imported(&yaml) else { continue };
        let written = model.to_yaml().unwrap();
        let again = Analysis::from_text("again.yaml", &written).unwrap();
        assert_eq!(
            written,
            again.model().to_yaml().unwrap(),
            "seed {seed}: what is written is what was read"
        );
        let (first, dumped) = (analysis(&yaml), Analysis::new(model));
        for question in questions(&network, &mut Random::new(seed), 3) {
            let expected = told(&finding(&first, &question));
            assert_eq!(
                expected,
                told(&finding(&dumped, &question)),
                "seed {seed}: imported"
            );
            assert_eq!(
                expected,
                told(&finding(&again, &question)),
                "seed {seed}: read again"
            );
        }
        compared += 1;
    }
    assert!(compared > 40, "{compared} networks have a dump");
}
