//! Network Firewall as `aws network-firewall describe-…` tells of it.

use super::{ends, json_of, text, written};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const FIREWALL: &str = "arn:aws:network-firewall:eu-west-1:111122223333:firewall/egress";
const POLICY: &str = "arn:aws:network-firewall:eu-west-1:111122223333:firewall-policy/egress";
const PORTS: &str = "arn:aws:network-firewall:eu-west-1:111122223333:stateless-rulegroup/ports";
const HEADERS: &str = "arn:aws:network-firewall:eu-west-1:111122223333:stateful-rulegroup/headers";
const TEXT: &str = "arn:aws:network-firewall:eu-west-1:111122223333:stateful-rulegroup/text";
const NAMES: &str = "arn:aws:network-firewall:eu-west-1:111122223333:stateful-rulegroup/names";
const MANAGED: &str =
    "arn:aws:network-firewall:eu-west-1:aws-managed:stateful-rulegroup/ThreatSignaturesBotnetActionOrder";

/// Two subnets that reach each other through an endpoint in a third.
fn network() -> [(&'static str, Value); 5] {
    let subnet = |id: &str, cidr: &str| json!({"SubnetId": id, "VpcId": "vpc-1", "CidrBlock": cidr, "AvailabilityZone": "eu-west-1a"});
    let interface = |id: &str, subnet: &str, address: &str| {
        json!({"NetworkInterfaceId": id, "SubnetId": subnet, "VpcId": "vpc-1", "InterfaceType": "interface", "PrivateIpAddress": address,
            "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": address}], "Groups": [{"GroupId": "sg-1"}]})
    };
    let table = |id: &str, subnet: &str, routes: Value| json!({"RouteTableId": id, "VpcId": "vpc-1", "Associations": [{"SubnetId": subnet}], "Routes": routes});
    let through = |cidr: &str| json!([{"DestinationCidrBlock": cidr, "GatewayId": "vpce-1", "State": "active", "Origin": "CreateRoute"}]);
    let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
    [
        (
            "vpcs",
            json!({"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16"}]}),
        ),
        (
            "subnets",
            json!({"Subnets": [subnet("subnet-1", "10.0.1.0/24"), subnet("subnet-2", "10.0.2.0/24"), subnet("subnet-9", "10.0.9.0/28")]}),
        ),
        (
            "network-interfaces",
            json!({"NetworkInterfaces": [interface("eni-1", "subnet-1", "10.0.1.10"), interface("eni-2", "subnet-2", "10.0.2.10"),
                {"NetworkInterfaceId": "eni-9", "SubnetId": "subnet-9", "VpcId": "vpc-1", "InterfaceType": "gateway_load_balancer_endpoint",
                 "Description": "VPC Endpoint Interface vpce-1", "PrivateIpAddress": "10.0.9.7"}]}),
        ),
        (
            "security-groups",
            json!({"SecurityGroups": [{"GroupId": "sg-1", "VpcId": "vpc-1", "IpPermissions": all, "IpPermissionsEgress": all}]}),
        ),
        (
            "route-tables",
            json!({"RouteTables": [table("rtb-1", "subnet-1", through("10.0.2.0/24")), table("rtb-2", "subnet-2", through("10.0.1.0/24"))]}),
        ),
    ]
}

fn group(arn: &str, name: &str, body: Value) -> (String, Value) {
    let value = json!({"UpdateToken": "b1", "RuleGroup": body, "RuleGroupResponse": {"RuleGroupArn": arn, "RuleGroupName": name}});
    (
        format!("network-firewall-describe-rule-group-{}", arn.replace('/', "_")),
        value,
    )
}

fn firewall() -> Vec<(String, Value)> {
    let header = |action: &str, port: &str, sid: &str| {
        json!({"Action": action, "Header": {"Protocol": "TCP", "Source": "$HOME_NET", "SourcePort": "ANY", "Direction": "FORWARD",
            "Destination": "10.0.2.0/24", "DestinationPort": port}, "RuleOptions": [{"Keyword": "sid", "Settings": [sid]}]})
    };
    let stateless = json!({"RuleDefinition": {"Actions": ["aws:drop"], "MatchAttributes": {
        "Sources": [{"AddressDefinition": "0.0.0.0/0"}], "Destinations": [{"AddressDefinition": "10.0.2.0/24"}],
        "DestinationPorts": [{"FromPort": 20, "ToPort": 23}], "Protocols": [6]}}, "Priority": 5});
    let defined = |words: &[&str]| json!({"Definition": words});
    vec![
        (
            "firewall".to_owned(),
            json!({"UpdateToken": "b1",
            "Firewall": {"FirewallName": "egress", "FirewallArn": FIREWALL, "FirewallPolicyArn": POLICY, "VpcId": "vpc-1", "SubnetMappings": [{"SubnetId": "subnet-9"}]},
            "FirewallStatus": {"Status": "READY", "SyncStates": {"eu-west-1a": {"Attachment": {"SubnetId": "subnet-9", "EndpointId": "vpce-1", "Status": "READY"}}}}}),
        ),
        (
            "policy".to_owned(),
            json!({"FirewallPolicyResponse": {"FirewallPolicyName": "egress", "FirewallPolicyArn": POLICY},
            "FirewallPolicy": {
                "StatelessRuleGroupReferences": [{"ResourceArn": PORTS, "Priority": 10}],
                "StatelessDefaultActions": ["aws:forward_to_sfe"], "StatelessFragmentDefaultActions": ["aws:drop"],
                "StatefulRuleGroupReferences": [{"ResourceArn": HEADERS, "Priority": 1}, {"ResourceArn": TEXT, "Priority": 2},
                    {"ResourceArn": NAMES, "Priority": 3}, {"ResourceArn": MANAGED, "Priority": 4, "Override": {"Action": "DROP_TO_ALERT"}}],
                "StatefulDefaultActions": ["aws:drop_strict", "aws:alert_strict"],
                "StatefulEngineOptions": {"RuleOrder": "STRICT_ORDER", "StreamExceptionPolicy": "CONTINUE"},
                "PolicyVariables": {"RuleVariables": {"HOME_NET": defined(&["10.0.1.0/24"])}}}}),
        ),
        group(
            PORTS,
            "ports",
            json!({"RulesSource": {"StatelessRulesAndCustomActions": {"StatelessRules": [stateless]}}}),
        ),
        group(
            HEADERS,
            "headers",
            json!({"RulesSource": {"StatefulRules": [header("PASS", "443", "11"), header("DROP", "[443,8443]", "12")]},
            "StatefulRuleOptions": {"RuleOrder": "STRICT_ORDER"}}),
        ),
        group(
            TEXT,
            "text",
            json!({"RulesSource": {"RulesString": "pass udp $CLIENTS any -> any $NAMING (sid:21;)"},
            "RuleVariables": {"IPSets": {"CLIENTS": defined(&["10.0.1.0/24"])}, "PortSets": {"NAMING": defined(&["53", "5353:5355"])}}}),
        ),
        group(
            NAMES,
            "names",
            json!({"RulesSource": {"RulesSourceList": {"Targets": [".example.com"], "TargetTypes": ["TLS_SNI"], "GeneratedRulesType": "ALLOWLIST"}}}),
        ),
    ]
}

fn dump(folder: &Path) {
    for (name, value) in network() {
        written(folder, &format!("ec2-describe-{name}.json"), &value.to_string());
    }
    for (name, value) in firewall() {
        written(folder, &format!("{name}.json"), &value.to_string());
    }
}

#[test]
fn a_firewall_is_imported_with_its_policy_and_rules() {
    let folder = tempfile::tempdir().unwrap();
    let (dump_folder, model) = (folder.path().join("dump"), folder.path().join("model.yaml"));
    fs::create_dir(&dump_folder).unwrap();
    dump(&dump_folder);
    ends(
        0,
        &format!("import aws {} -o {}", dump_folder.display(), model.display()),
    );
    for path in [&dump_folder, &model] {
        let path = path.display();
        let asked = |exit, question: &str| {
            let answer = json_of(&ends(
                exit,
                &format!("path {question} -m {path} --through vpce-1 --format json"),
            ));
            let blocker = &answer["blockers"][0];
            (
                blocker["component"]["id"].as_str().unwrap_or_default().to_owned(),
                blocker["rule"]["number"].as_u64(),
            )
        };
        assert_eq!(asked(0, "eni-1 eni-2 tcp/443"), (String::new(), None));
        assert_eq!(asked(0, "eni-1 eni-2 udp/5354"), (String::new(), None));
        assert_eq!(asked(1, "eni-1 eni-2 tcp/22"), (PORTS.to_owned(), Some(5)));
        assert_eq!(asked(1, "eni-1 eni-2 tcp/8443"), (HEADERS.to_owned(), Some(12)));
        assert_eq!(asked(1, "eni-1 eni-2 tcp/80"), (POLICY.to_owned(), None));
        assert_eq!(asked(1, "eni-2 eni-1 udp/53"), (POLICY.to_owned(), None));
    }
}

#[test]
fn what_was_not_collected_of_a_firewall_is_unknown() {
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in network() {
        written(
            folder.path(),
            &format!("ec2-describe-{name}.json"),
            &value.to_string(),
        );
    }
    let at = folder.path().display();
    ends(3, &format!("path eni-1 eni-2 tcp/443 -m {at}"));
    let (name, value) = &firewall()[0];
    written(folder.path(), &format!("{name}.json"), &value.to_string());
    let answer = ends(3, &format!("path eni-1 eni-2 tcp/443 -m {at}"));
    assert!(
        text(&answer.stdout).contains(POLICY),
        "the policy is named that was not collected"
    );
}
