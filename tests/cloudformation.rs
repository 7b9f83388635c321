//! CloudFormation templates: functions against results worked out by hand, and questions whose answers are written by hand.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use jiff::civil::date;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use whyhop::check::{CheckFile, Status};
use whyhop::evidence::Logs;
use whyhop::import::cloudformation::{from_files, is_template};
use whyhop::model::{Diagnostics, Loaded};
use whyhop::report::{self, Style, Subject};
use whyhop::{Analysis, Finding, Options};

fn parameters(given: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    given.iter().map(owned).collect()
}

fn loaded(text: &str, given: &[(&str, &str)]) -> Result<Loaded, Diagnostics> {
    let files = [("template.yaml".into(), text.as_bytes().to_vec())];
    from_files(&files, &parameters(given))
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/import/cloudformation")
        .join(name)
}

fn files(names: &[&str], given: &[(&str, &str)]) -> Analysis {
    let paths: Vec<PathBuf> = names.iter().map(|name| path(name)).collect();
    Analysis::new(whyhop::load_with(&paths, &parameters(given)).unwrap().model)
}

fn asked(analysis: &Analysis, from: &str, to: &str, packets: &str) -> Finding {
    analysis.path(from, to, packets, &Options::default()).unwrap()
}

fn verdict(analysis: &Analysis, from: &str, to: &str, packets: &str) -> &'static str {
    asked(analysis, from, to, packets).verdict.as_str()
}

fn told(analysis: &Analysis, finding: &Finding) -> String {
    let subject = Subject {
        finding,
        evidence: None,
        repair: None,
        mirror: None,
        model: analysis.model(),
    };
    report::text(subject, Style::default())
}

/// A `NAME.check.yaml` of `tests/import/cloudformation` is asked of `NAME.yaml` or `NAME.json`.
#[test]
fn whole_stacks_answer_as_worked_out_by_hand() {
    let all = std::fs::read_dir(path("")).unwrap();
    let mut asked = 0;
    for checks in all.map(|entry| entry.unwrap().path()) {
        let name = checks.file_name().unwrap().to_string_lossy().into_owned();
        let Some(stem) = name.strip_suffix(".check.yaml") else {
            continue;
        };
        let mut kinds = ["yaml", "json"].into_iter().map(|kind| format!("{stem}.{kind}"));
        let template = kinds.find(|file| path(file).exists()).unwrap();
        let read = CheckFile::read(&name, std::fs::read(&checks).unwrap());
        let read = read.unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let report = files(&[&template], &[]).check(&read, &[], &Logs::default(), date(2026, 12, 1));
        let outcomes = report.unwrap_or_else(|mistakes| panic!("{mistakes}")).outcomes;
        let failed = outcomes.iter().filter(|one| one.status != Status::Pass);
        let failed: Vec<String> = failed
            .map(|one| format!("{}: {}", one.name, one.message))
            .collect();
        assert!(failed.is_empty(), "{template}\n{}", failed.join("\n"));
        asked += outcomes.len();
    }
    assert!(asked >= 39, "{asked}");
}

#[test]
fn a_rule_that_stands_apart_takes_the_default_of_its_group_away() {
    let template = "Resources:
  Vpc: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16 } }
  Subnet: { Type: AWS::EC2::Subnet, Properties: { VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24 } }
  One: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: x, VpcId: !Ref Vpc } }
  Two:
    Type: AWS::EC2::SecurityGroup
    Properties:
      GroupDescription: x
      VpcId: !Ref Vpc
      SecurityGroupIngress: [{ IpProtocol: tcp, FromPort: 0, ToPort: 65535, CidrIp: 10.0.0.0/16 }]
  Out:
    Type: AWS::EC2::SecurityGroupEgress
    Properties: { GroupId: !Ref One, IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/16 }
  A: { Type: AWS::EC2::Instance, Properties: { SubnetId: !Ref Subnet, SecurityGroupIds: [!Ref One] } }
  B: { Type: AWS::EC2::Instance, Properties: { SubnetId: !Ref Subnet, SecurityGroupIds: [!Ref Two] } }
";
    let analysis = Analysis::new(loaded(template, &[]).unwrap().model);
    assert_eq!(verdict(&analysis, "A", "B", "tcp/443"), "reachable");
    assert_eq!(verdict(&analysis, "A", "B", "tcp/80"), "blocked");
}

#[test]
fn a_template_answers_as_its_network_will() {
    let analysis = files(&["two-tiers.yaml"], &[]);
    let table = [
        ("Web", "Db", "tcp/5432", "reachable"),
        ("Web", "Db", "tcp/22", "blocked"),
        ("internet", "Web", "tcp/443", "reachable"),
        // The rule of unknown source is for port 22: other ports are decided.
        ("internet", "Web", "tcp/8443", "blocked"),
        ("internet", "Db", "tcp/5432", "blocked"),
        // The group lets everything out, because nobody wrote egress; the route is there.
        ("Web", "internet:203.0.113.7", "tcp/443", "reachable"),
    ];
    for (from, to, packets, expected) in table {
        assert_eq!(
            verdict(&analysis, from, to, packets),
            expected,
            "{from} {to} {packets}"
        );
    }
}

#[test]
fn what_is_not_known_is_unknown_where_a_packet_meets_it() {
    let open = files(&["two-tiers.yaml"], &[]);
    let finding = asked(&open, "internet:198.51.100.7", "Web", "tcp/22");
    assert_eq!(finding.verdict.as_str(), "unknown");
    let told = told(&open, &finding);
    assert!(told.contains("Office"), "{told}");
    let known = files(
        &["two-tiers.yaml"],
        &[("Office", "198.51.100.0/24"), ("Admin", "yes")],
    );
    assert_eq!(
        verdict(&known, "internet:198.51.100.7", "Web", "tcp/22"),
        "reachable"
    );
    assert_eq!(
        verdict(&known, "internet:203.0.113.7", "Web", "tcp/22"),
        "blocked"
    );
    assert_eq!(verdict(&known, "internet", "Web", "tcp/8443"), "reachable");
}

/// An answer points at the line of the template: here at the rule that lets in, and at the group that does not.
#[test]
fn answers_point_into_the_template() {
    let analysis = files(&["two-tiers.yaml"], &[]);
    let text = std::fs::read_to_string(path("two-tiers.yaml")).unwrap();
    let finding = asked(&analysis, "Web", "Db", "tcp/5432");
    let told = told(&analysis, &finding);
    let line = text.lines().position(|line| line == "  FromWeb:").unwrap() + 1;
    assert!(told.contains(&format!("two-tiers.yaml:{line}:3")), "{told}");
    let blocked = asked(&analysis, "Web", "Db", "tcp/22");
    let at = blocked.blockers[0].at.clone().unwrap();
    let line = text.lines().position(|line| line == "  DatabaseGroup:").unwrap() + 1;
    assert_eq!(at.line, u32::try_from(line).ok());
}

#[test]
fn a_template_and_a_model_of_one_network_answer_alike() {
    let template = files(&["two-tiers.yaml"], &[("Office", "198.51.100.0/24")]);
    let model = files(&["two-tiers.model.yaml"], &[]);
    let ends = ["Web", "Db", "internet", "10.0.1.77", "198.51.100.9"];
    for from in ends {
        for to in ends {
            for packets in ["tcp/443", "tcp/22", "tcp/5432", "udp/53", "icmp", "all"] {
                let ask = |analysis: &Analysis| {
                    let finding = analysis.path(from, to, packets, &Options::default());
                    finding.map_or_else(
                        |error| error.to_string(),
                        |found| format!("{:?} {:?} {:?}", found.verdict, found.works, found.fails),
                    )
                };
                assert_eq!(ask(&template), ask(&model), "{from} {to} {packets}");
            }
        }
    }
}

#[test]
fn services_and_load_balancers_are_ends() {
    let analysis = files(&["balanced.json"], &[]);
    let table = [
        ("internet", "Shop/Front", "tcp/80", "reachable"),
        ("internet", "Front", "tcp/443", "blocked"),
        ("internet", "App", "tcp/8080", "blocked"),
        ("App", "internet", "tcp/443", "reachable"),
    ];
    for (from, to, packets, expected) in table {
        assert_eq!(
            verdict(&analysis, from, to, packets),
            expected,
            "{from} {to} {packets}"
        );
    }
    let model = whyhop::load(&[path("balanced.json")]).unwrap().model;
    let listed = "not modelled, and unknown where a packet meets them: AWS::EC2::LocalGatewayRouteTableVPCAssociation (1)";
    assert_eq!(model.notes, [listed]);
}

/// A Connect attachment leads to the branches while GRE gets through to the appliance.
#[test]
fn a_connect_attachment_leads_on_by_its_peer() {
    let text = std::fs::read_to_string(path("connect.yaml")).unwrap();
    let of = |text: &str| Analysis::new(loaded(text, &[]).unwrap().model);
    let analysis = of(&text);
    let model = analysis.model();
    assert!(
        model.notes.is_empty() && model.unknown.is_empty(),
        "{:?}",
        model.notes
    );
    for (from, to, packets, expected) in [
        ("Server", "10.8.1.1", "tcp/443", "reachable"),
        ("10.8.1.1", "Server", "tcp/443", "reachable"),
        ("10.8.1.1", "Server", "tcp/22", "blocked"),
        // Nothing is routed there, and the table does not learn from the peer.
        ("Server", "10.9.1.1", "tcp/443", "blocked"),
    ] {
        assert_eq!(verdict(&analysis, from, to, packets), expected, "{from} {to}");
    }
    // The group lets no GRE in, and lets none out.
    let shut = of(&text.replace("IpProtocol: \"47\"", "IpProtocol: \"50\""));
    assert_eq!(verdict(&shut, "Server", "10.8.1.1", "tcp/443"), "blocked");
    // What carries it is another stack's.
    let open = of(&text.replace(
        "TransportTransitGatewayAttachmentId: !Ref WanAttachment",
        "TransportTransitGatewayAttachmentId: !ImportValue wan",
    ));
    assert_eq!(verdict(&open, "Server", "10.8.1.1", "tcp/443"), "unknown");
}

#[test]
fn one_stack_imports_what_another_exports() {
    let both = files(&["network.yaml", "service.yaml"], &[]);
    assert_eq!(
        verdict(&both, "service.Worker", "service.Cache", "tcp/6379"),
        "reachable"
    );
    assert_eq!(
        verdict(&both, "service.Worker", "service.Cache", "tcp/22"),
        "blocked"
    );
    let alone = files(&["service.yaml"], &[]);
    assert_eq!(verdict(&alone, "Worker", "Cache", "tcp/6379"), "unknown");
}

/// What an expression gives, as the Name of a VPC; nothing where it is not known.
fn value(expression: &str, given: &[(&str, &str)]) -> Option<String> {
    let text = format!(
        "Parameters:
  Text: {{ Type: String, Default: web }}
  List: {{ Type: CommaDelimitedList, Default: 'a, b,c' }}
  Open: {{ Type: String }}
  Own: {{ Type: String, Default: T }}
  All: {{ Type: String, Default: all }}
  Stored: {{ Type: 'AWS::SSM::Parameter::Value<String>', Default: /net/cidr }}
Mappings:
  Sizes: {{ eu-west-1: {{ small: s1, common: x }}, us-east-1: {{ small: s2, common: x }} }}
Conditions:
  IsWeb: !Equals [!Ref Text, web]
  IsOpen: !Equals [!Ref Open, yes]
  Both: !And [!Condition IsWeb, !Condition IsOpen]
  Either: !Or [!Condition IsWeb, !Condition IsOpen]
  NotWeb: !Not [!Condition IsWeb]
  Neither: !And [!Condition NotWeb, !Condition IsOpen]
Resources:
  V:
    Type: AWS::EC2::VPC
    Properties:
      CidrBlock: 10.0.0.0/16
      Tags: [{{ Key: Name, Value: {expression} }}]
  Other: {{ Type: AWS::EC2::VPC, Properties: {{ CidrBlock: 10.9.0.0/16 }} }}
  Six: {{ Type: AWS::EC2::VPCCidrBlock, Properties: {{ VpcId: !Ref Other, AmazonProvidedIpv6CidrBlock: true }} }}
"
    );
    let model = loaded(&text, given)
        .unwrap_or_else(|error| panic!("{expression}: {error:?}"))
        .model;
    model.vpcs["V"].name.clone()
}

/// Expressions and what they give, worked out by hand from the Template Reference.
const FUNCTIONS: &[(&str, &str)] = &[
    ("!Ref Text", "web"),
    ("{ Ref: Text }", "web"),
    ("!Sub '${Text}-${AWS::Region}'", "web-eu-west-1"),
    ("!Sub ['${Text}-${Own}', { Own: !Ref Text }]", "web-web"),
    ("!Sub 'a ${!Literal} b'", "a ${Literal} b"),
    ("!Join ['-', [a, !Ref Text, c]]", "a-web-c"),
    ("!Join ['', !Ref List]", "abc"),
    ("!Select [1, !Ref List]", "b"),
    ("!Select ['2', !Split ['|', 'x|y|z']]", "z"),
    ("!Select [3, !Cidr [10.0.0.0/16, 4, 8]]", "10.0.3.0/24"),
    ("!Select [5, !Cidr [192.168.0.0/24, 6, 5]]", "192.168.0.160/27"),
    (
        "!Select [2, !Cidr ['2001:db8:1::/56', 3, 64]]",
        "2001:db8:1:2::/64",
    ),
    (
        "!Select [1, !Cidr [!GetAtt Other.CidrBlock, 2, 12]]",
        "10.9.16.0/20",
    ),
    (
        "!Select [1, 'Fn::Cidr': [!Select [0, !GetAtt Other.Ipv6CidrBlocks], 2, 64]]",
        "2001:db8:0:1::/64",
    ),
    ("!Select [1, !GetAZs '']", "eu-west-1b"),
    ("!Select [0, !GetAZs us-east-1]", "us-east-1a"),
    ("!FindInMap [Sizes, !Ref 'AWS::Region', small]", "s1"),
    (
        "'Fn::FindInMap': [Sizes, nowhere, small, { DefaultValue: none }]",
        "none",
    ),
    ("!If [IsWeb, yes, no]", "yes"),
    ("!If [NotWeb, yes, no]", "no"),
    ("!If [Either, yes, no]", "yes"),
    ("!If [Neither, yes, no]", "no"),
    ("!If [IsOpen, same, same]", "same"),
    ("!If [IsWeb, !If [NotWeb, a, !If [Either, b, c]], d]", "b"),
    ("{ Ref: !Sub '${Own}ext' }", "web"),
    ("{ 'Fn::Length': !Ref List }", "3"),
    ("{ 'Fn::Length': !Split [',', 'a,b,c,d'] }", "4"),
    (
        "!Join [',', !Split ['.', !Select [0, !Split ['/', 10.1.2.3/16]]]]",
        "10,1,2,3",
    ),
    ("!Select [1, !Cidr [10.0.0.0/16, 2]]", "10.0.1.0/24"),
    (
        "!Sub ['${A}/${B}', { A: !Select [0, !Ref List], B: !If [IsWeb, 24, 28] }]",
        "a/24",
    ),
    (
        "'Fn::FindInMap': [Sizes, us-east-1, !Sub 'sm${All}', { DefaultValue: !Ref Text }]",
        "s2",
    ),
    (
        "{ 'Fn::ToJsonString': { Cidrs: !Cidr [10.0.0.0/23, 2, 8] } }",
        r#"{"Cidrs":["10.0.0.0/24","10.0.1.0/24"]}"#,
    ),
    (
        "{ 'Fn::ToJsonString': { a: [1, !Ref Text] } }",
        r#"{"a":["1","web"]}"#,
    ),
    ("{ 'Fn::Base64': 'whyhop!' }", "d2h5aG9wIQ=="),
    ("!Sub '${AWS::Partition}.${AWS::URLSuffix}'", "aws.amazonaws.com"),
];

#[test]
fn functions_give_what_was_worked_out_by_hand() {
    for (expression, expected) in FUNCTIONS {
        let expression = match expression.starts_with('\'') {
            true => format!("{{ {expression} }}"),
            false => (*expression).to_owned(),
        };
        let given = value(&expression, &[("AWS::Region", "eu-west-1")]);
        assert_eq!(given.as_deref(), Some(*expected), "{expression}");
    }
}

#[test]
fn what_only_a_deployment_knows_has_no_value() {
    let table = [
        "!Ref Open",
        "!Ref Stored",
        "!Ref 'AWS::AccountId'",
        "!Sub 'a-${Open}'",
        "!Join ['-', [a, !Ref Open]]",
        "!If [IsOpen, a, b]",
        "!If [Both, a, b]",
        "!ImportValue other-vpc",
        "!Sub ['${A}', { A: !ImportValue other-vpc }]",
        "!Select [0, !Split [',', !ImportValue subnets]]",
        "!Select [0, !Cidr [!Ref Open, 2, 8]]",
        "!If [IsWeb, !If [IsOpen, a, b], c]",
        "{ Ref: !Sub '${Open}' }",
        "{ 'Fn::Length': !Ref Stored }",
        "!GetAtt Other.CidrBlockAssociations",
        "!Ref Other",
        "!FindInMap [Sizes, !Ref 'AWS::Region', small]",
        "'{{resolve:ssm:/net/name}}'",
        "!Ref 'AWS::NoValue'",
    ];
    for expression in table {
        assert_eq!(value(expression, &[]), None, "{expression}");
    }
    // Whatever the Region is, the answer is the same.
    assert_eq!(
        value("!FindInMap [Sizes, !Ref 'AWS::Region', common]", &[]).as_deref(),
        Some("x")
    );
    assert_eq!(value("!Ref Stored", &[("Stored", "ten")]).as_deref(), Some("ten"));
}

/// An export of a stack that is not given has a name, by which an answer can tell what it hangs on.
#[test]
fn an_import_is_unknown_by_its_name() {
    let text = "Resources:
  S: { Type: AWS::EC2::Subnet, Properties: { VpcId: !ImportValue network-vpc, CidrBlock: 10.0.0.0/24 } }
  G: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: g, VpcId: !ImportValue network-vpc } }
  I: { Type: AWS::EC2::Instance, Properties: { ImageId: ami-1, SubnetId: !Select [0, !Split [',', !ImportValue network-subnets]] } }
";
    let model = loaded(text, &[]).unwrap().model;
    for name in ["ImportValue network-vpc", "ImportValue network-subnets[0]"] {
        assert!(
            model.unknown.keys().any(|id| id.as_str() == name),
            "{name}: {:?}",
            model.unknown
        );
    }
}

#[test]
fn loops_are_unrolled() {
    let text = "Transform: AWS::LanguageExtensions
Parameters:
  Letters: { Type: CommaDelimitedList, Default: 'a,b' }
Resources:
  Vpc: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16 } }
  Fn::ForEach::Groups:
    - Letter
    - !Ref Letters
    - Group${Letter}:
        Type: AWS::EC2::SecurityGroup
        Properties: { GroupDescription: !Sub 'group ${Letter}', GroupName: !Ref Letter, VpcId: !Ref Vpc }
";
    let names = |given: &[(&str, &str)]| -> Vec<String> {
        let groups = loaded(text, given).unwrap().model.security_groups;
        groups
            .into_iter()
            .map(|(id, group)| format!("{id} {}", group.name.unwrap()))
            .collect()
    };
    assert_eq!(names(&[]), ["Groupa a", "Groupb b"]);
    assert_eq!(names(&[("Letters", "x")]), ["Groupx x"]);
}

/// A condition that nobody knows decides nothing: neither that a route is there, nor that it is not.
#[test]
fn what_hangs_on_an_unknown_condition_is_unknown() {
    let text = std::fs::read_to_string(path("two-tiers.yaml")).unwrap();
    let text = text
        .replace("    DependsOn: Attachment\n", "    Condition: Online\n")
        .replace(
            "Conditions:\n",
            "Conditions:\n  Online: !Equals [!Ref Office, x]\n",
        );
    let ask = |given: &[(&str, &str)]| {
        let analysis = Analysis::new(loaded(&text, given).unwrap().model);
        verdict(&analysis, "internet", "Web", "tcp/443")
    };
    assert_eq!(ask(&[]), "unknown");
    assert_eq!(ask(&[("Office", "10.9.9.9/32")]), "blocked");
}

/// A route that is there leads to a gateway that may not be attached, and so nowhere.
#[test]
fn a_route_to_a_conditional_gateway_is_as_conditional() {
    let text = std::fs::read_to_string(path("two-tiers.yaml")).unwrap();
    let online = "Conditions:\n  Online: !Equals [!Ref Office, x]\n";
    let text = text.replace("Conditions:\n", online);
    for kind in ["VPCGatewayAttachment", "InternetGateway"] {
        let plain = format!("    Type: AWS::EC2::{kind}\n");
        assert!(text.contains(&plain));
        let text = text.replace(&plain, &format!("{plain}    Condition: Online\n"));
        let analysis = Analysis::new(loaded(&text, &[]).unwrap().model);
        for [from, to] in [["internet", "Web"], ["Web", "internet"]] {
            let told = verdict(&analysis, from, to, "tcp/443");
            assert_eq!(told, "unknown", "{kind} {from} {to}");
        }
    }
}

/// What a listener takes, and where to, hangs on its rules as well.
#[test]
fn a_conditional_rule_of_a_listener_hides_its_load_balancer() {
    let text = std::fs::read_to_string(path("balanced.json")).unwrap();
    let rule = "{
  \"Parameters\": {\"Stage\": {\"Type\": \"String\"}},
  \"Conditions\": {\"Live\": {\"Fn::Equals\": [{\"Ref\": \"Stage\"}, \"live\"]}},
  \"Resources\": {
    \"Rule\": {\"Type\": \"AWS::ElasticLoadBalancingV2::ListenerRule\", \"Condition\": \"Live\", \"Properties\": {
      \"ListenerArn\": {\"Ref\": \"Listener\"}, \"Priority\": 1, \"Conditions\": [],
      \"Actions\": [{\"Type\": \"forward\", \"TargetGroupArn\": {\"Ref\": \"Targets\"}}]}},";
    let text = text.replacen("{\n  \"Resources\": {", rule, 1);
    let ask = |given: &[(&str, &str)]| {
        let analysis = Analysis::new(loaded(&text, given).unwrap().model);
        verdict(&analysis, "internet", "Front", "tcp/80")
    };
    assert_eq!(ask(&[]), "unknown");
    assert_eq!(ask(&[("Stage", "live")]), "reachable");
    assert_eq!(ask(&[("Stage", "test")]), "reachable");
}

/// An edge route may lead to an endpoint of which only the deployment tells: it blocks nobody.
#[test]
fn an_edge_route_to_what_is_not_known_is_unknown() {
    let mut text = std::fs::read_to_string(path("two-tiers.yaml")).unwrap();
    text.push_str(
        "  Edge: { Type: AWS::EC2::RouteTable, Properties: { VpcId: !Ref Vpc } }
  EdgeOfGateway: { Type: AWS::EC2::GatewayRouteTableAssociation, Properties: { RouteTableId: !Ref Edge, GatewayId: !Ref Gateway } }
  Inspected: { Type: AWS::EC2::Route, Properties: { RouteTableId: !Ref Edge, DestinationCidrBlock: !GetAtt Public.CidrBlock, VpcEndpointId: !ImportValue endpoint } }
",
    );
    let analysis = Analysis::new(loaded(&text, &[]).unwrap().model);
    assert_eq!(verdict(&analysis, "internet", "Web", "tcp/443"), "unknown");
}

#[test]
fn network_acls_are_read_in_their_order_and_unknown_entries_hide_them() {
    let text = std::fs::read_to_string(path("two-tiers.yaml")).unwrap();
    let acl = |cidr: &str| {
        format!(
            "{text}
  Acl: {{ Type: AWS::EC2::NetworkAcl, Properties: {{ VpcId: !Ref Vpc }} }}
  AclPrivate: {{ Type: AWS::EC2::SubnetNetworkAclAssociation, Properties: {{ SubnetId: !Ref Private, NetworkAclId: !Ref Acl }} }}
  Second: {{ Type: AWS::EC2::NetworkAclEntry, Properties: {{ NetworkAclId: !Ref Acl, RuleNumber: 200, Protocol: -1, RuleAction: allow, CidrBlock: 0.0.0.0/0 }} }}
  First: {{ Type: AWS::EC2::NetworkAclEntry, Properties: {{ NetworkAclId: !Ref Acl, RuleNumber: 100, Protocol: 6, PortRange: {{ From: 5432, To: 5432 }}, RuleAction: deny, CidrBlock: {cidr} }} }}
  Out: {{ Type: AWS::EC2::NetworkAclEntry, Properties: {{ NetworkAclId: !Ref Acl, Egress: true, RuleNumber: 100, Protocol: -1, RuleAction: allow, CidrBlock: 0.0.0.0/0 }} }}
"
        )
    };
    let ask = |cidr: &str| {
        let analysis = Analysis::new(loaded(&acl(cidr), &[]).unwrap().model);
        verdict(&analysis, "Web", "Db", "tcp/5432")
    };
    assert_eq!(ask("10.0.1.0/24"), "blocked");
    assert_eq!(ask("10.7.0.0/16"), "reachable");
    assert_eq!(ask("!Ref Office"), "unknown");
}

#[test]
fn templates_are_known_by_their_top_level_keys() {
    let known = |name: &str, text: &str| is_template(&(name.into(), text.as_bytes().to_vec()));
    assert!(known(
        "a.yaml",
        "AWSTemplateFormatVersion: '2010-09-09'\nResources: {}\n"
    ));
    assert!(known(
        "a.yml",
        "Description: x\nResources:\n  V:\n    Type: AWS::EC2::VPC\n"
    ));
    assert!(known(
        "a.json",
        "{\"Resources\": {\"V\": {\"Type\": \"AWS::EC2::VPC\"}}}"
    ));
    assert!(known(
        "a.json",
        "{\n\"AWSTemplateFormatVersion\" \"2010-09-09\"\n}"
    ));
    assert!(!known(
        "a.yaml",
        "version: 1\nvpcs: {}\n# Resources: AWS::EC2::VPC\n"
    ));
    assert!(!known(
        "a.json",
        "{\"Vpcs\": [{\"Tags\": [{\"Resources\": {\"V\": {\"Type\": \"AWS::EC2::VPC\"}}}]}]}"
    ));
}

/// What is wrong with a template: its message and line.
fn mistake(text: &str, given: &[(&str, &str)]) -> (String, Option<u32>) {
    let mistakes = loaded(text, given).unwrap_err();
    let first = &mistakes.0[0];
    let at = first.at.as_ref().and_then(|at| at.location.line);
    (first.message.clone(), at)
}

fn told_at(table: &[(String, &str, u32)]) {
    for (text, message, line) in table {
        let (told, at) = mistake(text, &[]);
        assert!(
            told.contains(message) && at == Some(*line),
            "{told} at {at:?}, not {message} at {line}\n{text}"
        );
    }
}

const ONE: &str = "Resources:\n  V:\n    Type: AWS::EC2::VPC\n";

#[test]
fn a_wrong_template_is_told_with_its_place() {
    let circle =
        format!("{ONE}    Condition: A\nConditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]\n");
    let circular = "Resources:\n  A: {Type: AWS::EC2::SecurityGroup, Properties: {VpcId: !Ref B}}\n  B: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !GetAtt A.Id}}\n";
    let ask = |property: &str| format!("{ONE}    Properties: {{CidrBlock: {property}}}\n");
    let nothing = "there is no parameter or resource `Nothing`";
    let small = "10.0.0.0/24 does not hold 9 prefixes with 5 host bits";
    told_at(&[
        (circle, "the condition `A` goes round in a circle", 7),
        (
            circular.to_owned(),
            "these resources wait for each other: A, B, A",
            2,
        ),
        (ask("!Ref Nothing"), nothing, 4),
        (ask("!GetAtt Nothing.Arn"), nothing, 4),
        (ask("!If [Nothing, a, b]"), "there is no condition `Nothing`", 4),
        (
            ask("!FindInMap [Nothing, a, b]"),
            "there is no mapping `Nothing`",
            4,
        ),
        (
            ask("!Select [3, [a, b]]"),
            "Fn::Select wants item 3 of a list of 2",
            4,
        ),
        (ask("!Select [0, !Cidr [10.0.0.0/24, 9, 5]]"), small, 4),
        (ask("!Sub '${Open'"), "a `${` of Fn::Sub is not closed", 4),
        (
            ask("!Equals [a, b]"),
            "`Fn::Equals` belongs among the Conditions",
            4,
        ),
        (
            "Resources:\n  V: {Properties: {}}\n".to_owned(),
            "the resource `V` has no Type",
            2,
        ),
    ]);
    let (told, _) = mistake(&ask("10.0.0.0/16"), &[("X", "1")]);
    assert_eq!(told, "no template has a parameter `X`");
}

#[test]
fn hostile_text_ends_soon() {
    let bomb = {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let alias = format!("*a{}, ", level - 1).repeat(10);
            text.push_str(&format!("a{level}: &a{level} [{alias}]\n"));
        }
        text + ONE
    };
    let deep = format!("a: {}{}\n{ONE}", "[".repeat(200), "]".repeat(200));
    told_at(&[
        ("{\"Resources\": ".to_owned(), "this is not YAML", 2),
        (
            format!("{ONE}  V: {{Type: AWS::EC2::VPC}}\n"),
            "`V` is given twice",
            4,
        ),
        (deep, "nested deeper than 64 levels", 1),
        (bomb, "copy more than 200000 nodes", 5),
    ]);
}

#[test]
fn parameters_are_held_to_their_constraints() {
    let text = "Parameters:
  Stage: { Type: String, AllowedValues: [dev, prod], Default: dev }
  Port: { Type: Number, MinValue: 1, MaxValue: 100, Default: 80 }
  Cidr: { Type: String, AllowedPattern: '[0-9./]+', Default: 10.0.0.0/16 }
Resources:
  V: { Type: AWS::EC2::VPC, Properties: { CidrBlock: !Ref Cidr, Tags: [{ Key: !Ref Stage, Value: !Ref Port }] } }
";
    assert!(loaded(text, &[("Stage", "prod"), ("Port", "100")]).is_ok());
    let table = [
        (
            "Stage",
            "test",
            "the parameter Stage is `test`, and has to be one of dev, prod",
            2,
        ),
        (
            "Port",
            "101",
            "the parameter Port is `101`, and its MaxValue is 100",
            3,
        ),
        ("Port", "x", "the parameter Port is `x`, and is no number", 3),
        (
            "Cidr",
            "10.0.0.0/16 ",
            "the parameter Cidr is `10.0.0.0/16 `, and does not match [0-9./]+",
            4,
        ),
    ];
    for (name, given, message, line) in table {
        let told = mistake(text, &[(name, given)]);
        assert_eq!(told, (message.to_owned(), Some(line)));
    }
}
