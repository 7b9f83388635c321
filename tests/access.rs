//! Access scopes: each of the four of AWS and each kind of statement with findings counted by hand; and random scopes on
//! random networks against one packet after the other.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

mod oracle;

use oracle::generate::generate;
use oracle::random::Random;
use oracle::yaml::to_yaml;
use std::collections::BTreeSet;
use std::thread;
use whyhop::analysis::scope::{Access, HeaderStatement, PathRule, PathStatement, ResourceStatement, Scope};
use whyhop::analysis::{Action, Endpoint, Outcome, Path};
use whyhop::check::{Answers, LIBRARY, Scopes, access};
use whyhop::packet::{AddressSet, Cube, Header, PacketSet, PortSet, ProtocolSet};
use whyhop::{Analysis, Options};

const NETWORKS: u64 = 500;
const THREADS: u64 = 2;

// By hand.

/// A shop with a public and a private subnet, a peer, a NAT gateway, and a firewall on nobody's way.
const NET: &str = "
version: 1
vpcs:
  vpc-a: { cidr: 10.0.0.0/16 }
  vpc-b: { cidr: 10.1.0.0/16 }
subnets:
  subnet-web: { vpc: vpc-a, cidr: 10.0.1.0/24, route_table: rtb-web }
  subnet-app: { vpc: vpc-a, cidr: 10.0.2.0/24, route_table: rtb-app }
  subnet-b: { vpc: vpc-b, cidr: 10.1.1.0/24, route_table: rtb-b }
enis:
  eni-web: { name: web, subnet: subnet-web, ip: 10.0.1.10, public_ip: 203.0.113.10, security_groups: [sg-web], instance: i-web }
  eni-app: { name: app, subnet: subnet-app, ip: 10.0.2.10, security_groups: [sg-app] }
  eni-b: { name: b, subnet: subnet-b, ip: 10.1.1.10, security_groups: [sg-b] }
instances:
  i-web: {}
security_groups:
  sg-web:
    vpc: vpc-a
    ingress:
      - { protocol: tcp, ports: 443, source: 0.0.0.0/0 }
      - { protocol: tcp, ports: 22, source: [198.51.100.0/24, 192.0.2.0/24] }
  sg-app: { vpc: vpc-a, ingress: [{ protocol: tcp, ports: 8080, source: sg-web }, { protocol: tcp, ports: 5432, source: 10.1.0.0/16 }] }
  sg-b: { vpc: vpc-b, ingress: [{ protocol: tcp, ports: 9000, source: 10.0.2.0/24 }] }
route_tables:
  rtb-web: { vpc: vpc-a, routes: [{ destination: 0.0.0.0/0, target: igw-a }] }
  rtb-app: { vpc: vpc-a, routes: [{ destination: 0.0.0.0/0, target: nat-a }, { destination: 10.1.0.0/16, target: pcx-ab }] }
  rtb-b: { vpc: vpc-b, routes: [{ destination: 10.0.0.0/16, target: pcx-ab }] }
internet_gateways:
  igw-a: { vpc: vpc-a }
nat_gateways:
  nat-a: { subnet: subnet-web, ip: 10.0.1.20, public_ip: 203.0.113.20 }
peering_connections:
  pcx-ab: { requester: vpc-a, accepter: vpc-b }
prefix_lists:
  pl-office: { entries: [198.51.100.0/24] }
";

fn net() -> Analysis {
    Analysis::from_text("net.yaml", NET).unwrap_or_else(|error| panic!("{error}"))
}

fn scope(json: &str) -> Scope {
    let read = Scopes::read("scope.json", json.as_bytes());
    read.unwrap_or_else(|error| panic!("{json}\n{error}"))
        .scopes
        .remove(0)
}

/// Who gets to whom, and on which of these TCP ports: `internet>eni-web:22,443`.
fn findings(json: &str) -> Vec<String> {
    let found = net()
        .access(&scope(json), false)
        .unwrap_or_else(|error| panic!("{json}\n{error}"));
    found.iter().map(told).collect()
}

fn told(access: &Access) -> String {
    let tcp = access
        .finding
        .works
        .iter()
        .filter(|cube| cube.protocols.contains(6));
    let ports = tcp.fold(PortSet::empty(), |all, cube| all.union(&cube.destination_ports));
    let ports: Vec<String> = [22, 443, 5432, 8080, 9000]
        .into_iter()
        .filter(|port| ports.contains(*port))
        .map(|port| port.to_string())
        .collect();
    format!("{}>{}:{}", access.from, access.to, ports.join(","))
}

fn path(matches: &str, excludes: &str) -> String {
    format!("{{\"MatchPaths\": [{matches}], \"ExcludePaths\": [{excludes}]}}")
}

const FROM_IGW: &str = r#""Source": {"ResourceStatement": {"ResourceTypes": ["AWS::EC2::InternetGateway"]}}"#;
const TO_IGW: &str =
    r#""Destination": {"ResourceStatement": {"ResourceTypes": ["AWS::EC2::InternetGateway"]}}"#;

fn built_in(name: &str) -> Vec<String> {
    let scopes = Scopes::built_in(name).unwrap();
    net()
        .access(&scopes.scopes[0], false)
        .unwrap()
        .iter()
        .map(told)
        .collect()
}

#[test]
fn the_four_scopes_of_aws() {
    assert_eq!(built_in("All-IGW-Ingress"), ["internet>eni-web:22,443"]);
    let out = "22,443,5432,8080,9000";
    assert_eq!(
        built_in("AWS-IGW-Egress"),
        [
            format!("eni-app>internet:{out}"),
            format!("eni-web>internet:{out}")
        ]
    );
    // Into vpc-a by its gateway, and over the peering both ways.
    assert_eq!(
        built_in("AWS-VPC-Ingress"),
        [
            "eni-app>eni-b:9000",
            "eni-b>eni-app:5432",
            "eni-b>eni-web:443",
            "internet>eni-web:22,443"
        ]
    );
    assert_eq!(
        built_in("AWS-VPC-Egress"),
        [
            "eni-app>eni-b:9000".to_owned(),
            format!("eni-app>internet:{out}"),
            "eni-b>eni-app:5432".to_owned(),
            "eni-b>eni-web:443".to_owned(),
            format!("eni-web>internet:{out}"),
        ]
    );
}

#[test]
fn ends_may_be_named_in_every_way() {
    let to = |word: &str| {
        findings(&path(
            &format!(
                r#"{{{FROM_IGW}, "Destination": {{"ResourceStatement": {{"Resources": ["{word}"]}}}}}}"#
            ),
            "",
        ))
    };
    for word in [
        "eni-web",
        "web",
        "i-web",
        "subnet-web",
        "vpc-a",
        "sg-web",
        "arn:aws:ec2:eu-west-1:111122223333:subnet/subnet-web",
    ] {
        assert_eq!(to(word), ["internet>eni-web:22,443"], "{word}");
    }
    assert!(to("sg-b").is_empty());
    let from = r#"{"Source": {"ResourceStatement": {"Resources": ["igw-a"]}}}"#;
    assert_eq!(findings(&path(from, "")), ["internet>eni-web:22,443"]);
    let over = r#"{"Source": {"ResourceStatement": {"Resources": ["pcx-ab"]}}, "Destination": {"ResourceStatement": {"Resources": ["vpc-a"]}}}"#;
    assert_eq!(
        findings(&path(over, "")),
        ["eni-b>eni-app:5432", "eni-b>eni-web:443"]
    );
}

#[test]
fn a_source_or_a_destination_alone_leaves_the_other_open() {
    let from = r#"{"Source": {"ResourceStatement": {"Resources": ["eni-b"]}}}"#;
    // The web server takes what everybody may send; that its answer gets lost does not matter here.
    assert_eq!(
        findings(&path(from, "")),
        ["eni-b>eni-app:5432", "eni-b>eni-web:443"]
    );
    let to = r#"{"Destination": {"ResourceStatement": {"Resources": ["eni-app"]}}}"#;
    assert_eq!(
        findings(&path(to, "")),
        ["eni-b>eni-app:5432", "eni-web>eni-app:8080"]
    );
}

#[test]
fn headers_are_tested_where_they_are_written() {
    let matched = format!("{{{FROM_IGW}}}");
    let without = |exclude: &str| findings(&path(&matched, exclude));
    // The guide's example of a trusted range takes away packets, not the path.
    let trusted = r#"{"Source": {"ResourceStatement": {"ResourceTypes": ["AWS::EC2::InternetGateway"]}, "PacketHeaderStatement": {"SourceAddresses": ["198.51.100.0/24", "192.0.2.0/24"]}}}"#;
    assert_eq!(without(trusted), ["internet>eni-web:443"]);
    let office = trusted.replace(
        r#""SourceAddresses": ["198.51.100.0/24", "192.0.2.0/24"]"#,
        r#""SourcePrefixLists": ["pl-office"]"#,
    );
    assert_eq!(without(&office), ["internet>eni-web:22,443"]);
    let ssh = r#"{"Destination": {"PacketHeaderStatement": {"DestinationPorts": ["22"]}}}"#;
    assert_eq!(without(ssh), ["internet>eni-web:443"]);
    let all = r#"{"Destination": {"PacketHeaderStatement": {"DestinationPorts": ["20-30", 443]}}}"#;
    assert!(without(all).is_empty());
    // At the source the address is the public one, at the destination the gateway has made it the private one.
    let at = |side: &str, address: &str| {
        let header = format!(
            r#"{{"{side}": {{"PacketHeaderStatement": {{"DestinationAddresses": ["{address}"]}}}}}}"#
        );
        without(&header).is_empty()
    };
    assert!(at("Source", "203.0.113.10") && at("Destination", "10.0.1.10"));
    assert!(!at("Source", "10.0.1.10") && !at("Destination", "203.0.113.10"));
    // What leaves through the NAT gateway arrives from its address.
    let nat = r#"{"Destination": {"ResourceStatement": {"ResourceTypes": ["AWS::EC2::InternetGateway"]}, "PacketHeaderStatement": {"SourceAddresses": ["203.0.113.20"], "Protocols": ["tcp"], "DestinationPorts": ["443"]}}}"#;
    assert_eq!(findings(&path(nat, "")), ["eni-app>internet:443"]);
}

#[test]
fn what_is_crossed_excludes_or_is_demanded() {
    let matched = format!(r#"{{{TO_IGW}}}"#);
    let nat = r#"{"ThroughResources": [{"ResourceStatement": {"ResourceTypes": ["AWS::EC2::NatGateway"]}}]}"#;
    let out = "22,443,5432,8080,9000";
    assert_eq!(
        findings(&path(&matched, nat)),
        [format!("eni-web>internet:{out}")]
    );
    let through =
        format!(r#"{{{TO_IGW}, "ThroughResources": [{{"ResourceStatement": {{"Resources": ["nat-a"]}}}}]}}"#);
    assert_eq!(findings(&path(&through, "")), [format!("eni-app>internet:{out}")]);
    // Both conditions of an entry must hold: the web server's packets do not cross the NAT gateway.
    let both = r#"{"Source": {"ResourceStatement": {"Resources": ["eni-web"]}}, "ThroughResources": [{"ResourceStatement": {"Resources": ["nat-a"]}}]}"#;
    assert_eq!(findings(&path(&matched, both)).len(), 2);
    for firewall in [
        "AWS::NetworkFirewall::Firewall",
        "AWS::NetworkFirewall::NetworkFirewall",
    ] {
        let inspected = nat.replace("AWS::EC2::NatGateway", firewall);
        assert_eq!(findings(&path(&matched, &inspected)).len(), 2);
    }
}

#[test]
fn several_entries_are_united_and_replies_may_be_demanded() {
    let two = format!(
        r#"{{{FROM_IGW}, "Destination": {{"PacketHeaderStatement": {{"DestinationPorts": ["22"]}}}}}}, {{{FROM_IGW}, "Destination": {{"PacketHeaderStatement": {{"DestinationPorts": ["443"]}}}}}}"#
    );
    assert_eq!(findings(&path(&two, "")), ["internet>eni-web:22,443"]);
    // The web server's subnet has no route to the peer, so what the peer's neighbour sends it gets no answer.
    let text = NET.replace(
        "source: [198.51.100.0/24, 192.0.2.0/24] }",
        "source: 10.1.0.0/16 }",
    );
    let analysis = Analysis::from_text("net.yaml", &text).unwrap();
    let scope = scope(
        r#"{"MatchPaths": [{"Source": {"ResourceStatement": {"Resources": ["eni-b"]}}, "Destination": {"ResourceStatement": {"Resources": ["eni-web"]}}}]}"#,
    );
    assert_eq!(analysis.access(&scope, false).unwrap().len(), 1);
    assert!(analysis.access(&scope, true).unwrap().is_empty());
}

#[test]
fn a_finding_names_its_way_and_the_rule_that_opens_it() {
    let report = access(&net(), &Scopes::built_in("internet-to-ssh").unwrap(), false).unwrap();
    let [one] = report.outcomes.as_slice() else {
        panic!("{report:?}")
    };
    assert_eq!(one.name, "internet-to-ssh: internet → eni-web");
    assert_eq!(one.at.as_ref().unwrap().to_string(), "net.yaml:21:9");
    assert!(report.failed());
    let none = access(&net(), &Scopes::built_in("internet-to-rdp").unwrap(), false).unwrap();
    assert!(!none.failed() && none.outcomes.len() == 1);
}

#[test]
fn every_scope_that_is_built_in_can_be_asked() {
    for scope in LIBRARY {
        let read = Scopes::read(scope.name, scope.json.as_bytes());
        let read = read.unwrap_or_else(|error| panic!("{}: {error}", scope.name));
        assert_eq!(
            Scopes::built_in(&scope.name.to_ascii_lowercase()),
            Some(read.clone())
        );
        let asked = net().access(&read.scopes[0], false);
        let tagged = scope.json.contains("tag:");
        assert_eq!(asked.is_err(), tagged, "{}", scope.name);
    }
}

#[test]
fn mistakes_are_told_all_at_once_with_the_way_to_them() {
    let wrong = r#"{"MatchPath": [{"Source": {"ResourceStatement": {"Resources": ["a"], "ResourceTypes": ["b"]}}},
        {"Sorce": {}}, {"Destination": {"PacketHeaderStatement": {"DestinationPorts": ["x"], "Protocols": ["tpc"]}}}]}"#;
    let told = Scopes::read("s.json", wrong.as_bytes()).unwrap_err().to_string();
    for part in [
        "MatchPaths[0].Source.ResourceStatement: it needs either",
        "MatchPaths[1]: unknown key `Sorce`",
        "DestinationPorts: `x` is not a port",
        "`tpc` is not a protocol",
    ] {
        assert!(told.contains(part), "no `{part}` in {told}");
    }
    assert!(Scopes::read("s.json", b"{").is_err() && Scopes::read("s.json", b"{}").is_err());
    let nobody = scope(r#"{"MatchPaths": [{"Source": {"ResourceStatement": {"Resources": ["eni-wbe"]}}}]}"#);
    assert!(
        net()
            .access(&nobody, false)
            .unwrap_err()
            .message
            .contains("eni-wbe")
    );
    let end = scope(r#"{"MatchPaths": [{"Source": {"ResourceStatement": {"Resources": ["nat-a"]}}}]}"#);
    assert!(
        net()
            .access(&end, false)
            .unwrap_err()
            .hint
            .unwrap()
            .contains("ThroughResources")
    );
}

#[test]
fn the_spellings_of_aws_are_one_grammar() {
    let plain = path(&format!("{{{FROM_IGW}}}"), "");
    let content = format!("{{\"NetworkInsightsAccessScopeContent\": {plain}}}");
    let lower = plain
        .replace("MatchPaths", "matchPathSet")
        .replace("ExcludePaths", "excludePathSet")
        .replace("ResourceTypes", "resourceTypeSet");
    for other in [content, lower] {
        assert_eq!(scope(&other), scope(&plain), "{other}");
    }
    let several = format!("{{\"one\": {plain}, \"two\": {plain}}}");
    let read = Scopes::read("s.json", several.as_bytes()).unwrap();
    let names: Vec<&str> = read.scopes.iter().map(|scope| scope.name.as_str()).collect();
    assert_eq!(names, ["one", "two"]);
}

// One packet after the other.

fn some<T: Clone>(random: &mut Random, from: &[T]) -> Option<T> {
    (!from.is_empty()).then(|| random.pick(from).clone())
}

fn keys<K: ToString, V>(map: &std::collections::BTreeMap<K, V>) -> Vec<String> {
    map.keys().map(ToString::to_string).collect()
}

/// A resource statement for an end of a path.
fn end_statement(analysis: &Analysis, random: &mut Random) -> ResourceStatement {
    let model = Answers::model(analysis);
    let ids = |section: usize| match section {
        0 => keys(&model.enis),
        1 => keys(&model.subnets),
        2 => keys(&model.vpcs),
        3 => keys(&model.internet_gateways),
        _ => keys(&model.peering_connections),
    };
    if random.chance(50) {
        let types = [
            "AWS::EC2::InternetGateway",
            "AWS::EC2::NetworkInterface",
            "AWS::EC2::VPCPeeringConnection",
            "AWS::EC2::TransitGatewayAttachment",
        ];
        return ResourceStatement::Types(vec![(*random.pick(&types)).to_owned()]);
    }
    let section = random.weighted(&[30, 25, 20, 15, 10]);
    match some(random, &ids(section)) {
        Some(id) => ResourceStatement::Resources(vec![id]),
        None => ResourceStatement::Types(vec!["AWS::EC2::NetworkInterface".to_owned()]),
    }
}

fn header_statement(random: &mut Random) -> HeaderStatement {
    let mut header = HeaderStatement::default();
    if random.chance(40) {
        header.protocols = Some(ProtocolSet::one(*random.pick(&[6, 17, 1])));
    }
    if random.chance(50) {
        let (low, high) = *random.pick(&[(22, 22), (0, 1023), (443, 8080), (1024, 65535)]);
        header.destination_ports = Some(PortSet::range(low, high));
    }
    if random.chance(30) {
        let cidr = *random.pick(&["10.0.0.0/8", "10.1.0.0/17", "198.51.100.0/24", "0.0.0.0/1"]);
        let set = AddressSet::cidr(cidr.parse().unwrap());
        match random.chance(50) {
            true => header.sources = Some(set),
            false => header.destinations = Some(set),
        }
    }
    header
}

fn statement(analysis: &Analysis, random: &mut Random) -> Option<PathStatement> {
    let statement = PathStatement {
        resources: random.chance(70).then(|| end_statement(analysis, random)),
        header: random.chance(40).then(|| header_statement(random)),
    };
    random.chance(75).then_some(statement)
}

fn through(analysis: &Analysis, random: &mut Random) -> Vec<ResourceStatement> {
    let model = Answers::model(analysis);
    let crossed = [
        keys(&model.nat_gateways),
        keys(&model.peering_connections),
        keys(&model.transit_gateway_attachments),
    ];
    if !random.chance(35) {
        return Vec::new();
    }
    let section = random.pick(&crossed).clone();
    let count = 1 + random.below(2);
    let ids: BTreeSet<String> = (0..count).filter_map(|_| some(random, &section)).collect();
    match ids.is_empty() {
        true => Vec::new(),
        false => vec![ResourceStatement::Resources(ids.into_iter().collect())],
    }
}

fn random_scope(analysis: &Analysis, random: &mut Random) -> Scope {
    let mut rules = |count: usize| -> Vec<PathRule> {
        (0..count)
            .map(|_| PathRule {
                source: statement(analysis, random),
                destination: statement(analysis, random),
                through: through(analysis, random),
            })
            .collect()
    };
    let matches = rules(1);
    let excludes = rules(2);
    Scope {
        name: "random".to_owned(),
        matches,
        excludes,
    }
}

/// One packet on one way: what it crosses, and what it is when it arrives.
struct Trip<'a> {
    from: &'a Endpoint,
    to: &'a Endpoint,
    sent: Header,
    arrived: PacketSet,
    crossed: BTreeSet<String>,
}

/// Whether a way satisfies an entry, read word by word.
fn satisfies(analysis: &Analysis, space: &whyhop::packet::Space, rule: &PathRule, trip: &Trip<'_>) -> bool {
    let names = |statement: &ResourceStatement, end: &Endpoint| {
        let words: Vec<String> = match statement {
            ResourceStatement::Resources(words) => words.clone(),
            ResourceStatement::Types(types) => match types[0].as_str() {
                "AWS::EC2::InternetGateway" => keys(&Answers::model(analysis).internet_gateways),
                "AWS::EC2::VPCPeeringConnection" => keys(&Answers::model(analysis).peering_connections),
                "AWS::EC2::TransitGatewayAttachment" => {
                    keys(&Answers::model(analysis).transit_gateway_attachments)
                }
                _ => keys(&Answers::model(analysis).enis),
            },
        };
        words.iter().any(|word| {
            if word.starts_with("igw") {
                return end.is_internet() && trip.crossed.contains(word);
            }
            let model = Answers::model(analysis);
            if model.peering_connections.contains_key(word.as_str())
                || model.transit_gateway_attachments.contains_key(word.as_str())
            {
                return trip.crossed.contains(word);
            }
            let members = analysis.endpoints(word).unwrap_or_default();
            members.iter().any(|member| member.resource == end.resource)
        })
    };
    let cube = |header: &HeaderStatement| {
        let mut protocols = header.protocols.clone().unwrap_or_else(ProtocolSet::all);
        if header.destination_ports.is_some() {
            protocols = protocols.intersect(&ProtocolSet::from_ranges([(6, 6), (17, 17)]));
        }
        space.cube(&Cube {
            protocols,
            sources: header.sources.clone().unwrap_or_else(AddressSet::all),
            destinations: header.destinations.clone().unwrap_or_else(AddressSet::all),
            destination_ports: header.destination_ports.clone().unwrap_or_else(PortSet::all),
            ..Cube::all()
        })
    };
    let side = |statement: &Option<PathStatement>, end: &Endpoint, fits: &dyn Fn(PacketSet) -> bool| {
        statement.as_ref().is_none_or(|statement| {
            statement
                .resources
                .as_ref()
                .is_none_or(|resources| names(resources, end))
                && statement.header.as_ref().is_none_or(|header| fits(cube(header)))
        })
    };
    let crossed = |statement: &ResourceStatement| match statement {
        ResourceStatement::Resources(ids) => ids.iter().any(|id| trip.crossed.contains(id)),
        ResourceStatement::Types(_) => false,
    };
    side(&rule.source, trip.from, &|set| space.contains(set, &trip.sent))
        && side(&rule.destination, trip.to, &|set| {
            space.is_subset(trip.arrived, set)
        })
        && rule.through.iter().all(crossed)
}

fn one_packet(header: &Header) -> Cube {
    Cube {
        protocols: ProtocolSet::one(header.protocol.0),
        destination_ports: PortSet::one(header.destination_port),
        source_ports: PortSet::one(header.source_port),
        sources: AddressSet::one(header.source),
        destinations: AddressSet::one(header.destination),
    }
}

fn crossed(path: &Path) -> BTreeSet<String> {
    let hops = path.forward.hops.iter();
    hops.flat_map(|hop| [hop.component.id.to_string(), hop.author.id.to_string()])
        .collect()
}

/// Asks a random scope, and all pairs packet by packet.
fn compare(seed: u64) -> Result<[usize; 2], String> {
    let yaml = to_yaml(&generate(seed));
    let analysis = Analysis::from_text("random.yaml", &yaml).map_err(|error| error.to_string())?;
    let mut random = Random::new(seed ^ 0xACCE55);
    let scope = random_scope(&analysis, &mut random);
    let found = analysis
        .access(&scope, false)
        .map_err(|error| format!("{scope:?}\n{error}"))?;
    let everybody = analysis.everybody();
    let mut count = [0, 0];
    for from in &everybody {
        for to in everybody.iter().filter(|to| to.resource != from.resource) {
            let ids = [from.resource.id.as_str(), to.resource.id.as_str()];
            let mine: Vec<&Access> = found
                .iter()
                .filter(|one| [one.from.as_str(), one.to.as_str()] == ids)
                .collect();
            for header in candidates(&analysis, ids, &mine) {
                let expected = wanted(&analysis, &scope, [from, to], &header);
                let Some(expected) = expected else { continue };
                let got = mine.iter().any(|one| {
                    let space = &one.finding.work.space;
                    let cubes = one
                        .finding
                        .works
                        .iter()
                        .chain(&one.finding.depends)
                        .cloned()
                        .collect();
                    space.contains(space.cubes_of(cubes), &header)
                });
                if got != expected {
                    return Err(format!(
                        "{ids:?} {header}: found {got}, expected {expected}\n{scope:#?}\n{yaml}"
                    ));
                }
                count[usize::from(got)] += 1;
            }
        }
    }
    Ok(count)
}

fn all_ports() -> Options {
    Options {
        one_way: true,
        both_families: true,
        source_ports: Some(PortSet::all()),
        ..Options::default()
    }
}

/// Packets worth trying: the first of what arrives and of what is found, and some ports of those.
fn candidates(analysis: &Analysis, [from, to]: [&str; 2], mine: &[&Access]) -> Vec<Header> {
    let Ok(finding) = analysis.path(from, to, "all", &all_ports()) else {
        return Vec::new();
    };
    let space = &finding.work.space;
    let arrives = space.cubes_of(finding.arrives.clone());
    let found = mine.iter().fold(PacketSet::EMPTY, |all, one| {
        let cubes = one
            .finding
            .works
            .iter()
            .chain(&one.finding.depends)
            .cloned()
            .collect();
        space.union(all, space.cubes_of(cubes))
    });
    let mut sets = vec![arrives, found, space.subtract(arrives, found)];
    for (protocol, port) in [(6, 22), (6, 443), (17, 53)] {
        let only = space.cube(&Cube {
            protocols: ProtocolSet::one(protocol),
            destination_ports: PortSet::one(port),
            ..Cube::all()
        });
        sets.push(space.intersect(arrives, only));
    }
    let mut headers: Vec<Header> = Vec::new();
    for header in sets.into_iter().filter_map(|set| space.witness(set)) {
        if !headers.contains(&header) {
            headers.push(header);
        }
    }
    headers
}

/// Whether some way of one packet satisfies an entry to match and none to exclude; none: it may be lost for some picks,
/// which is not asked here.
fn wanted(analysis: &Analysis, scope: &Scope, [from, to]: [&Endpoint; 2], header: &Header) -> Option<bool> {
    let options = Options {
        sent: Some(vec![one_packet(header)]),
        ..all_ports()
    };
    let ids = [&from.resource.id, &to.resource.id];
    let finding = analysis
        .path(ids[0].as_str(), ids[1].as_str(), "all", &options)
        .ok()?;
    let space = &finding.work.space;
    let delivered = finding
        .paths
        .iter()
        .filter(|path| path.forward.outcome == Outcome::Delivered);
    let mut any = false;
    for path in delivered {
        let arrived = path
            .forward
            .hops
            .iter()
            .filter(|hop| hop.action == Action::Deliver);
        let arrived = arrived.fold(PacketSet::EMPTY, |all, hop| space.union(all, hop.packets));
        // A NAT gateway picks one of many ports: a statement about headers may hold for some of them only. These networks'
        // statements name no source ports.
        let trip = Trip {
            from,
            to,
            sent: *header,
            arrived,
            crossed: crossed(path),
        };
        let fits = |rules: &[PathRule]| rules.iter().any(|rule| satisfies(analysis, space, rule, &trip));
        any |= fits(&scope.matches) && !fits(&scope.excludes);
    }
    Some(any)
}

#[test]
fn a_scope_finds_what_packets_find_one_by_one() {
    let work = |first: u64| {
        let mut count = [0, 0];
        for seed in (first..NETWORKS).step_by(THREADS as usize) {
            let [out, found] = compare(seed).unwrap_or_else(|what| panic!("seed {seed}: {what}"));
            count = [count[0] + out, count[1] + found];
        }
        count
    };
    let [out, found] = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|first| scope.spawn(move || work(first)))
            .collect();
        let counts = threads.into_iter().map(|thread| thread.join().unwrap());
        counts.fold([0, 0], |[a, b], [c, d]| [a + c, b + d])
    });
    println!("{found} packets found, {out} not");
    assert!(found > 1_500 && out > 3_000, "{found} {out}");
}
