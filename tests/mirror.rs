//! Traffic Mirroring, with answers worked out by hand from the Traffic Mirroring guide: which session copies which packets, what is
//! dropped before it can be copied, and whether the copies arrive.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::path::{Path, PathBuf};
use whyhop::analysis::mirror::{Delivered, Mirror, Mirrored, Tap};
use whyhop::network::{Direction, Leg};
use whyhop::{Analysis, Options};

/// A web server and its client in two subnets, and who takes copies; the sections of a test come behind.
const NETWORK: &str = "
version: 1
vpcs: { vpc-a: { cidr: 10.0.0.0/16 } }
subnets:
  subnet-web: { vpc: vpc-a, cidr: 10.0.1.0/24, az: az1, nacl: acl-web }
  subnet-tools: { vpc: vpc-a, cidr: 10.0.2.0/24, az: az1, nacl: acl-tools }
enis:
  eni-web: { name: web, subnet: subnet-web, ip: [10.0.1.10, 10.0.1.11], security_groups: [sg-web] }
  eni-client: { name: client, subnet: subnet-tools, ip: 10.0.2.10, security_groups: [sg-open] }
  eni-ids: { name: ids, subnet: subnet-tools, ip: 10.0.2.20, security_groups: [sg-ids] }
  eni-deaf: { name: deaf, subnet: subnet-tools, ip: 10.0.2.30, security_groups: [sg-deaf] }
security_groups:
  sg-open: { vpc: vpc-a, ingress: [{ source: 10.0.0.0/8 }] }
  sg-web: { vpc: vpc-a, ingress: [{ protocol: tcp, ports: [80, 443], source: 10.0.0.0/8 }], egress: [{ protocol: tcp, ports: 443, destination: 10.0.0.0/8 }] }
  sg-ids: { vpc: vpc-a, ingress: [{ protocol: udp, ports: 4789, source: [sg-web] }] }
  sg-deaf: { vpc: vpc-a }
traffic_mirror_targets:
  tmt-ids: { eni: eni-ids }
  tmt-deaf: { eni: eni-deaf }
";
const OPEN: &str = "{ rule: 100, action: allow, source: 0.0.0.0/0 }";
const OUT: &str = "{ rule: 100, action: allow, destination: 0.0.0.0/0 }";
const ALL: &str = "
traffic_mirror_filters:
  tmf-all:
    ingress: [{ rule: 100, action: accept, source: 0.0.0.0/0, destination: 0.0.0.0/0 }]
    egress: [{ rule: 100, action: accept, source: 0.0.0.0/0, destination: 0.0.0.0/0 }]
";
const ONE: &str = "
traffic_mirror_sessions:
  tms-a: { source: eni-web, target: tmt-ids, filter: tmf-all, number: 1 }
";

/// The network ACLs of the two subnets: ingress and egress rules of the web server's, ingress rules of the tools'.
fn acls(web_in: &str, web_out: &str, tools_in: &str) -> String {
    format!(
        "nacls:
  acl-web: {{ vpc: vpc-a, ingress: [{web_in}], egress: [{web_out}] }}
  acl-tools: {{ vpc: vpc-a, ingress: [{tools_in}], egress: [{OUT}] }}\n"
    )
}

fn analysis(parts: &[&str]) -> Analysis {
    let text = format!("{NETWORK}{}", parts.concat());
    Analysis::from_text("mirror.yaml", &text).unwrap_or_else(|mistakes| panic!("{mistakes}\n{text}"))
}

fn open(parts: &[&str]) -> Analysis {
    let acls = acls(OPEN, OUT, OPEN);
    analysis(&[&[acls.as_str()], parts].concat())
}

fn ask(analysis: &Analysis, from: &str, to: &str, packets: &str) -> Mirror {
    analysis.mirror(from, to, packets, &Options::default()).unwrap()
}

fn tap(mirror: &Mirror, leg: Leg, direction: Direction) -> &Tap {
    let mut taps = mirror.taps.iter();
    taps.find(|tap| tap.leg == leg && tap.direction == direction)
        .unwrap()
}

/// The ports to which a session copies packets at a tap.
fn ports(mirror: &Mirror, tap: &Tap, session: &str) -> Vec<u16> {
    let share = tap
        .shares
        .iter()
        .find(|share| share.session.as_str() == session)
        .unwrap();
    let ports = mirror.finding.work.space.destination_ports(share.copied);
    assert!(ports.ranges().iter().all(|(low, high)| low == high), "{ports:?}");
    ports.ranges().iter().map(|(low, _)| *low).collect()
}

fn states(mirror: &Mirror) -> Vec<(&str, Delivered)> {
    let deliveries = mirror.deliveries.iter();
    deliveries
        .map(|delivery| (delivery.session.as_str(), delivery.state))
        .collect()
}

fn blamed(mirror: &Mirror, session: &str) -> Vec<String> {
    let mut deliveries = mirror.deliveries.iter();
    let delivery = deliveries.find(|one| one.session.as_str() == session).unwrap();
    let blockers = &delivery.finding.as_ref().unwrap().blockers;
    blockers
        .iter()
        .map(|one| format!("{} {}", one.code, one.component.id))
        .collect()
}

#[test]
fn request_and_reply_are_copied_at_the_source_of_a_session() {
    let mirror = ask(&open(&[ALL, ONE]), "client", "web", "tcp/443");
    assert_eq!(mirror.verdict, Mirrored::Wholly);
    assert_eq!(
        mirror.legs,
        [(Leg::Forward, Mirrored::Wholly), (Leg::Return, Mirrored::Wholly)]
    );
    let into = tap(&mirror, Leg::Forward, Direction::Ingress);
    assert_eq!(into.interface.id.as_str(), "eni-web");
    assert_eq!(ports(&mirror, into, "tms-a"), [443]);
    let out = tap(&mirror, Leg::Return, Direction::Egress);
    assert!(out.rest.is_empty() && out.undecided.is_empty());
    assert_eq!(mirror.taps.len(), 2, "no session names the client");
    // The copies: from the primary address, past the egress rules of sg-web, which let TCP 443 out alone.
    assert_eq!(states(&mirror), [("tms-a", Delivered::Arrive)]);
    let copies = &mirror.deliveries[0].finding.as_ref().unwrap().packets;
    assert_eq!(copies.len(), 1);
    assert_eq!(copies[0].sources.as_single(), Some("10.0.1.10".parse().unwrap()));
    assert_eq!(
        copies[0].destinations.as_single(),
        Some("10.0.2.20".parse().unwrap())
    );
    assert!(copies[0].source_ports.is_all() && copies[0].destination_ports.contains(4789));
}

#[test]
fn nothing_is_mirrored_without_a_session_or_a_rule_for_the_direction() {
    let none = ask(&open(&[ALL]), "client", "web", "tcp/443");
    assert_eq!((none.verdict, none.taps.len()), (Mirrored::Not, 0));
    // No egress rules: what leaves is not copied.
    let filter = "
traffic_mirror_filters:
  tmf-all: { ingress: [{ rule: 100, action: accept, source: 0.0.0.0/0, destination: 0.0.0.0/0 }] }
";
    let half = ask(&open(&[filter, ONE]), "client", "web", "tcp/443");
    assert_eq!(
        half.legs,
        [(Leg::Forward, Mirrored::Wholly), (Leg::Return, Mirrored::Not)]
    );
    assert_eq!(half.verdict, Mirrored::Partly);
    let out = tap(&half, Leg::Return, Direction::Egress);
    assert_eq!(out.rest, out.packets, "the implicit reject takes all");
}

#[test]
fn the_first_rule_by_number_decides_whatever_the_order_in_the_file() {
    let filter = "
traffic_mirror_filters:
  tmf-all:
    ingress:
      - { rule: 200, action: accept, protocol: tcp, source: 0.0.0.0/0, destination: 10.0.1.0/24 }
      - { rule: 100, action: reject, protocol: tcp, ports: 80, source: 10.0.2.0/24, destination: 0.0.0.0/0 }
      - { rule: 50, action: accept, protocol: udp, source: 0.0.0.0/0, destination: 0.0.0.0/0 }
";
    let mirror = ask(&open(&[filter, ONE]), "client", "web", "tcp/80,tcp/443");
    let into = tap(&mirror, Leg::Forward, Direction::Ingress);
    assert_eq!(ports(&mirror, into, "tms-a"), [443]);
    let rules: Vec<String> = into.shares[0]
        .parts
        .iter()
        .map(|part| format!("{:?} {}", part.rule, part.copied))
        .collect();
    assert_eq!(rules, ["Number(100) false", "Number(200) true"]);
    let space = &mirror.finding.work.space;
    assert!(space.destination_ports(into.rest).contains(80));
    assert_eq!(mirror.legs[0], (Leg::Forward, Mirrored::Partly));
}

#[test]
fn source_ports_of_a_rule_are_the_packets_source_ports() {
    let filter = "
traffic_mirror_filters:
  tmf-all:
    egress: [{ rule: 100, action: accept, protocol: tcp, source_ports: 443, source: 0.0.0.0/0, destination: 0.0.0.0/0 }]
";
    let mirror = ask(&open(&[filter, ONE]), "client", "web", "tcp/80,tcp/443");
    let out = tap(&mirror, Leg::Return, Direction::Egress);
    let space = &mirror.finding.work.space;
    let copied = space.cubes(out.shares[0].copied);
    assert!(
        copied
            .iter()
            .all(|cube| cube.source_ports.ranges() == [(443, 443)])
    );
    assert!(!out.rest.is_empty());
}

#[test]
fn each_packet_is_copied_once_by_the_lowest_number_that_accepts_it() {
    let sections = "
traffic_mirror_filters:
  tmf-https: { ingress: [{ rule: 10, action: accept, protocol: tcp, ports: 443, source: 0.0.0.0/0, destination: 0.0.0.0/0 }] }
  tmf-all: { ingress: [{ rule: 10, action: accept, source: 0.0.0.0/0, destination: 0.0.0.0/0 }] }
traffic_mirror_sessions:
  tms-a: { source: eni-web, target: tmt-ids, filter: tmf-all, number: 9 }
  tms-b: { source: eni-web, target: tmt-ids, filter: tmf-https, number: 2 }
";
    let mirror = ask(&open(&[sections]), "client", "web", "tcp/80,tcp/443");
    let into = tap(&mirror, Leg::Forward, Direction::Ingress);
    let order: Vec<&str> = into.shares.iter().map(|share| share.session.as_str()).collect();
    assert_eq!(order, ["tms-b", "tms-a"]);
    assert_eq!(ports(&mirror, into, "tms-b"), [443]);
    assert_eq!(ports(&mirror, into, "tms-a"), [80]);
    let space = &mirror.finding.work.space;
    assert_eq!(
        space.destination_ports(into.shares[1].taken).ranges(),
        [(443, 443)],
        "taken by the earlier session"
    );
    assert_eq!(mirror.legs[0], (Leg::Forward, Mirrored::Wholly));
}

#[test]
fn what_group_or_acl_drop_on_the_way_in_is_not_copied() {
    let deny = "{ rule: 90, action: deny, protocol: tcp, ports: 80, source: 10.0.2.0/24 }";
    let acls = acls(&format!("{deny}, {OPEN}"), OUT, OPEN);
    let mirror = ask(
        &analysis(&[&acls, ALL, ONE]),
        "client",
        "web",
        "tcp/22,tcp/80,tcp/443",
    );
    let into = tap(&mirror, Leg::Forward, Direction::Ingress);
    assert_eq!(ports(&mirror, into, "tms-a"), [443]);
    let space = &mirror.finding.work.space;
    let mut dropped: Vec<(String, Vec<(u16, u16)>)> = into
        .dropped
        .iter()
        .map(|loss| {
            let ports = space.destination_ports(loss.packets).ranges().to_vec();
            (loss.component.id.to_string(), ports)
        })
        .collect();
    dropped.sort();
    assert_eq!(
        dropped,
        [
            ("acl-web".to_owned(), vec![(80, 80)]),
            ("sg-web".to_owned(), vec![(22, 22)])
        ]
    );
    // Nothing gets in: nothing is copied, for certain.
    let none = ask(&analysis(&[&acls, ALL, ONE]), "client", "web", "tcp/80");
    assert_eq!(none.verdict, Mirrored::Not);
    assert_eq!(none.taps[0].dropped.len(), 1);
}

#[test]
fn whether_a_packet_dropped_on_its_way_out_is_copied_is_not_known() {
    let mirror = ask(&open(&[ALL, ONE]), "web", "client", "tcp/80,tcp/443");
    let out = tap(&mirror, Leg::Forward, Direction::Egress);
    assert_eq!(ports(&mirror, out, "tms-a"), [443]);
    assert_eq!(out.undecided.len(), 1);
    assert_eq!(out.undecided[0].component.id.as_str(), "sg-web");
    assert_eq!(mirror.verdict, Mirrored::Wholly, "what travels is copied");
    let only = ask(&open(&[ALL, ONE]), "web", "client", "tcp/80");
    assert_eq!(only.verdict, Mirrored::Unknown);
    // No filter would accept it, so it is not copied either way.
    let filter = "
traffic_mirror_filters:
  tmf-all: { ingress: [{ rule: 100, action: accept, source: 0.0.0.0/0, destination: 0.0.0.0/0 }] }
";
    let not = ask(&open(&[filter, ONE]), "web", "client", "tcp/80");
    assert_eq!(not.verdict, Mirrored::Not);
}

#[test]
fn copies_are_lost_where_the_target_does_not_let_them_in() {
    let session = "
traffic_mirror_sessions:
  tms-a: { source: eni-web, target: tmt-deaf, filter: tmf-all, number: 1, vni: 7, packet_length: 100 }
";
    let mirror = ask(&open(&[ALL, session]), "client", "web", "tcp/443");
    assert_eq!(mirror.verdict, Mirrored::Not);
    assert_eq!(states(&mirror), [("tms-a", Delivered::Lost)]);
    assert_eq!(blamed(&mirror, "tms-a"), ["SG_HAS_NO_RULES sg-deaf"]);
    let deny = "{ rule: 90, action: deny, protocol: udp, ports: 4789, source: 10.0.1.10/32 }";
    let acls = acls(OPEN, OUT, &format!("{deny}, {OPEN}"));
    let mirror = ask(&analysis(&[&acls, ALL, ONE]), "client", "web", "tcp/443");
    assert_eq!(blamed(&mirror, "tms-a"), ["SUBNET_ACL_RESTRICTION acl-tools"]);
    assert_eq!(states(&mirror), [("tms-a", Delivered::Lost)]);
}

#[test]
fn whether_the_acl_of_the_sources_subnet_is_asked_of_copies_is_not_known() {
    let tcp = "{ rule: 100, action: allow, protocol: tcp, destination: 0.0.0.0/0 }";
    let acls = acls(OPEN, tcp, OPEN);
    let mirror = ask(&analysis(&[&acls, ALL, ONE]), "client", "web", "tcp/443");
    assert_eq!(states(&mirror), [("tms-a", Delivered::Unknown)]);
    assert_eq!(mirror.verdict, Mirrored::Unknown);
    assert!(
        mirror.deliveries[0]
            .why
            .as_ref()
            .unwrap()
            .contains("AWS does not say")
    );
    // With the target deaf too they are lost, whatever that ACL does.
    let session = ONE.replace("tmt-ids", "tmt-deaf");
    let mirror = ask(&analysis(&[&acls, ALL, &session]), "client", "web", "tcp/443");
    assert_eq!(states(&mirror), [("tms-a", Delivered::Lost)]);
}

#[test]
fn a_load_balancer_takes_copies_by_a_listener_for_udp_4789() {
    let balancer = "
load_balancers:
  nlb-a: { type: network, subnets: subnet-tools, enis: eni-nlb, listeners: [{ protocol: udp, port: PORT, target_groups: tg-a }] }
target_groups:
  tg-a: { type: ip, protocol: udp, port: 4789, targets: [{ ip: 10.0.2.20 }] }
";
    let sections = |port: &str| {
        let network = NETWORK
            .replace(
                "  eni-deaf:",
                "  eni-nlb: { subnet: subnet-tools, ip: 10.0.2.40, interface_type: network_load_balancer }\n  eni-deaf:",
            )
            .replace("tmt-ids: { eni: eni-ids }", "tmt-ids: { load_balancer: nlb-a }");
        let acls = acls(OPEN, OUT, OPEN);
        let text = [&network, &acls, ALL, ONE, &balancer.replace("PORT", port)].concat();
        Analysis::from_text("mirror.yaml", &text).unwrap_or_else(|mistakes| panic!("{mistakes}"))
    };
    let mirror = ask(&sections("4789"), "client", "web", "tcp/443");
    assert_eq!(states(&mirror), [("tms-a", Delivered::Arrive)]);
    assert_eq!(mirror.verdict, Mirrored::Wholly);
    let mirror = ask(&sections("4790"), "client", "web", "tcp/443");
    assert_eq!(states(&mirror), [("tms-a", Delivered::Lost)]);
    assert_eq!(blamed(&mirror, "tms-a"), ["ELBV2_LISTENERS_MISMATCH nlb-a"]);
}

#[test]
fn an_endpoint_hands_copies_to_the_appliances_behind_it() {
    let behind = "
vpc_endpoints:
  vpce-a: { type: gateway_load_balancer, vpc: vpc-a, subnets: subnet-tools, service: vpce-svc-a }
vpc_endpoint_services:
  vpce-svc-a: { load_balancers: gwlb-a }
load_balancers:
  gwlb-a: { type: gateway, subnets: subnet-tools, listeners: [{ protocol: geneve, port: 6081, target_groups: tg-a }] }
target_groups:
  tg-a: { type: ip, protocol: geneve, port: 6081, targets: [{ ip: 10.0.2.10 }] }
";
    let target = NETWORK.replace("tmt-ids: { eni: eni-ids }", "tmt-ids: { endpoint: vpce-a }");
    let acls = acls(OPEN, OUT, OPEN);
    let ask_with = |network: &str, behind: &str| {
        let text = [network, &acls, ALL, ONE, behind].concat();
        let analysis =
            Analysis::from_text("mirror.yaml", &text).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        ask(&analysis, "client", "web", "tcp/443")
    };
    let mirror = ask_with(&target, behind);
    assert_eq!(states(&mirror), [("tms-a", Delivered::Arrive)]);
    // The appliance does not let GENEVE in.
    let closed = target.replace(
        "sg-open: { vpc: vpc-a, ingress: [{ source: 10.0.0.0/8 }] }",
        "sg-open: { vpc: vpc-a, ingress: [{ protocol: tcp, source: 10.0.0.0/8 }] }",
    );
    let mirror = ask_with(&closed, behind);
    assert_eq!(states(&mirror), [("tms-a", Delivered::Lost)]);
    // Somebody else's service: the appliance is taken to keep the copies, and the answer says so.
    let other = "
vpc_endpoints:
  vpce-a: { type: gateway_load_balancer, vpc: vpc-a, subnets: subnet-tools, service: com.amazonaws.vpce.eu-west-1.vpce-svc-b }
";
    let mirror = ask_with(&target, other);
    assert_eq!(states(&mirror), [("tms-a", Delivered::Arrive)]);
    let notes = &mirror.deliveries[0].finding.as_ref().unwrap().notes;
    assert!(
        notes.iter().any(|note| note.starts_with("assumed: ")),
        "{notes:?}"
    );
}

#[test]
fn amazons_dns_server_is_a_network_service_and_metadata_is_never_copied() {
    let dns = "
traffic_mirror_filters:
  tmf-all:
    network_services: amazon-dns
";
    let mirror = ask(&open(&[dns, ONE]), "web", "10.0.0.2", "udp/53");
    let out = tap(&mirror, Leg::Forward, Direction::Egress);
    assert_eq!(ports(&mirror, out, "tms-a"), [53]);
    assert_eq!(mirror.verdict, Mirrored::Wholly);
    // A rule for everything is not asked.
    let mirror = ask(&open(&[ALL, ONE]), "web", "10.0.0.2", "udp/53");
    assert_eq!(mirror.verdict, Mirrored::Not);
    let mirror = ask(&open(&[ALL, ONE]), "web", "169.254.169.254", "tcp/80");
    assert_eq!(mirror.verdict, Mirrored::Not);
    assert!(!tap(&mirror, Leg::Forward, Direction::Egress).never.is_empty());
}

#[test]
fn a_dump_of_mirroring_becomes_the_model_written_beside_it() {
    let path = |name: &str| -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/import")
            .join(name)
    };
    let load = |name: &str| whyhop::load(&[path(name)]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let (imported, written) = (load("mirror"), load("mirror.yaml"));
    assert_eq!(
        imported.model.to_yaml().unwrap(),
        written.model.to_yaml().unwrap()
    );
    let analysis = Analysis::new(imported.model);
    let mirror = ask(&analysis, "ids", "web", "tcp/443");
    assert_eq!(
        states(&mirror),
        [("tms-0a", Delivered::Arrive), ("tms-0b", Delivered::Arrive)]
    );
    assert_eq!(mirror.verdict, Mirrored::Wholly);
}

#[test]
fn templates_and_plans_tell_of_mirroring() {
    let template = r#"
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: 10.0.0.0/16 } }
  Subnet: { Type: "AWS::EC2::Subnet", Properties: { VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24 } }
  Group:
    Type: "AWS::EC2::SecurityGroup"
    Properties:
      VpcId: !Ref Vpc
      GroupDescription: all
      SecurityGroupIngress: [{ IpProtocol: "-1", CidrIp: 10.0.0.0/16 }]
  Web: { Type: "AWS::EC2::NetworkInterface", Properties: { SubnetId: !Ref Subnet, PrivateIpAddress: 10.0.1.10, GroupSet: [!Ref Group] } }
  Ids: { Type: "AWS::EC2::NetworkInterface", Properties: { SubnetId: !Ref Subnet, PrivateIpAddress: 10.0.1.20, GroupSet: [!Ref Group] } }
  Filter: { Type: "AWS::EC2::TrafficMirrorFilter", Properties: { NetworkServices: [amazon-dns] } }
  Rule:
    Type: "AWS::EC2::TrafficMirrorFilterRule"
    Properties:
      TrafficMirrorFilterId: !Ref Filter
      TrafficDirection: ingress
      RuleNumber: 100
      RuleAction: accept
      Protocol: 6
      DestinationPortRange: { FromPort: 443, ToPort: 443 }
      SourceCidrBlock: 0.0.0.0/0
      DestinationCidrBlock: 10.0.0.0/16
  Target: { Type: "AWS::EC2::TrafficMirrorTarget", Properties: { NetworkInterfaceId: !Ref Ids } }
  Session:
    Type: "AWS::EC2::TrafficMirrorSession"
    Properties:
      NetworkInterfaceId: !Ref Web
      TrafficMirrorTargetId: !Ref Target
      TrafficMirrorFilterId: !Ref Filter
      SessionNumber: 1
      VirtualNetworkId: 12
"#;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("template.yaml");
    std::fs::write(&file, template).unwrap();
    let loaded = whyhop::load(&[file]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert!(loaded.model.unknown.is_empty(), "{:?}", loaded.model.unknown);
    let analysis = Analysis::new(loaded.model);
    let mirror = ask(&analysis, "Ids", "Web", "tcp/443");
    assert_eq!(
        mirror.legs,
        [(Leg::Forward, Mirrored::Wholly), (Leg::Return, Mirrored::Not)]
    );
    assert_eq!(mirror.deliveries[0].described.vni, Some(12));
}

#[test]
fn a_state_of_terraform_tells_of_mirroring() {
    let resource = |kind: &str, name: &str, values: serde_json::Value| {
        serde_json::json!({
            "address": format!("{kind}.{name}"), "mode": "managed", "type": kind, "name": name,
            "provider_name": "registry.terraform.io/hashicorp/aws", "schema_version": 0, "values": values
        })
    };
    let eni = |id: &str, ip: &str| serde_json::json!({"id": id, "subnet_id": "subnet-1", "private_ips": [ip], "private_ip": ip, "security_groups": ["sg-1"], "source_dest_check": true});
    let all = serde_json::json!({"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["10.0.0.0/16"], "ipv6_cidr_blocks": [], "prefix_list_ids": [], "security_groups": [], "self": false, "description": ""});
    let resources = [
        resource(
            "aws_vpc",
            "a",
            serde_json::json!({"id": "vpc-1", "cidr_block": "10.0.0.0/16"}),
        ),
        resource(
            "aws_subnet",
            "a",
            serde_json::json!({"id": "subnet-1", "vpc_id": "vpc-1", "cidr_block": "10.0.1.0/24"}),
        ),
        resource(
            "aws_security_group",
            "a",
            serde_json::json!({"id": "sg-1", "vpc_id": "vpc-1", "ingress": [all], "egress": [all]}),
        ),
        resource("aws_network_interface", "web", eni("eni-1", "10.0.1.10")),
        resource("aws_network_interface", "ids", eni("eni-2", "10.0.1.20")),
        resource(
            "aws_ec2_traffic_mirror_filter",
            "a",
            serde_json::json!({"id": "tmf-1", "network_services": []}),
        ),
        resource(
            "aws_ec2_traffic_mirror_filter_rule",
            "a",
            serde_json::json!({"id": "tmfr-1", "traffic_mirror_filter_id": "tmf-1", "traffic_direction": "egress", "rule_number": 5, "rule_action": "accept", "protocol": 6, "source_port_range": [{"from_port": 443, "to_port": 443}], "destination_port_range": [], "source_cidr_block": "10.0.0.0/16", "destination_cidr_block": "0.0.0.0/0"}),
        ),
        resource(
            "aws_ec2_traffic_mirror_target",
            "a",
            serde_json::json!({"id": "tmt-1", "network_interface_id": "eni-2"}),
        ),
        resource(
            "aws_ec2_traffic_mirror_session",
            "a",
            serde_json::json!({"id": "tms-1", "network_interface_id": "eni-1", "traffic_mirror_target_id": "tmt-1", "traffic_mirror_filter_id": "tmf-1", "session_number": 1, "packet_length": 0, "virtual_network_id": 77}),
        ),
    ];
    let state = serde_json::json!({"format_version": "1.0", "terraform_version": "1.9.5", "values": {"root_module": {"resources": resources}}});
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    std::fs::write(&file, state.to_string()).unwrap();
    let loaded = whyhop::load(&[file]).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    assert!(loaded.model.unknown.is_empty(), "{:?}", loaded.model.unknown);
    let session = &loaded.model.traffic_mirror_sessions["tms-1"];
    assert_eq!((session.vni, session.packet_length), (Some(77), None));
    let mirror = ask(&Analysis::new(loaded.model), "eni-2", "eni-1", "tcp/443");
    assert_eq!(
        mirror.legs,
        [(Leg::Forward, Mirrored::Not), (Leg::Return, Mirrored::Wholly)]
    );
}
