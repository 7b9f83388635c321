//! `whyhop import aws`: what it writes is a model that answers as the dump does.

use super::{ends, json_of, text, written};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A folder as `aws ec2 describe-… --output json` fills it: two subnets, an application and a database.
fn dump(folder: &Path) {
    let interface = |id: &str, name: &str, subnet: &str, address: &str, group: &str| {
        json!({
            "NetworkInterfaceId": id, "SubnetId": subnet, "VpcId": "vpc-1", "Status": "in-use", "InterfaceType": "interface",
            "PrivateIpAddress": address, "SourceDestCheck": true, "Groups": [{"GroupId": group, "GroupName": group}],
            "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": address}],
            "TagSet": [{"Key": "Name", "Value": name}]
        })
    };
    let subnet = |id: &str, cidr: &str| json!({"SubnetId": id, "VpcId": "vpc-1", "CidrBlock": cidr, "AvailabilityZone": "eu-west-1a"});
    let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
    let from_app = json!([{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": "sg-app"}]}]);
    let group = |id: &str, ingress: Value| json!({"GroupId": id, "GroupName": id, "VpcId": "vpc-1", "IpPermissions": ingress, "IpPermissionsEgress": all});
    let entry = |number: u32, egress: bool, action: &str| json!({"RuleNumber": number, "Egress": egress, "Protocol": "-1", "RuleAction": action, "CidrBlock": "0.0.0.0/0"});
    let entries = json!([
        entry(100, false, "allow"),
        entry(32767, false, "deny"),
        entry(100, true, "allow"),
        entry(32767, true, "deny")
    ]);
    let files = [
        (
            "vpcs",
            json!({"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "OwnerId": "111122223333",
            "CidrBlockAssociationSet": [{"CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}}]}]}),
        ),
        (
            "subnets",
            json!({"Subnets": [subnet("subnet-1", "10.0.1.0/24"), subnet("subnet-2", "10.0.2.0/24")]}),
        ),
        (
            "network-interfaces",
            json!({"NetworkInterfaces": [
            interface("eni-1", "app", "subnet-1", "10.0.1.10", "sg-app"),
            interface("eni-2", "db", "subnet-2", "10.0.2.10", "sg-db")]}),
        ),
        (
            "security-groups",
            json!({"SecurityGroups": [group("sg-app", json!([])), group("sg-db", from_app)]}),
        ),
        (
            "network-acls",
            json!({"NetworkAcls": [{"NetworkAclId": "acl-1", "VpcId": "vpc-1", "IsDefault": true, "Entries": entries,
            "Associations": [{"SubnetId": "subnet-1"}, {"SubnetId": "subnet-2"}]}]}),
        ),
        (
            "route-tables",
            json!({"RouteTables": [{"RouteTableId": "rtb-1", "VpcId": "vpc-1",
            "Associations": [{"Main": true, "AssociationState": {"State": "associated"}}],
            "Routes": [{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active", "Origin": "CreateRouteTable"}]}]}),
        ),
    ];
    for (name, value) in files {
        written(folder, &format!("ec2-describe-{name}.json"), &value.to_string());
    }
}

#[test]
fn an_imported_dump_is_a_model_that_answers_as_the_dump_does() {
    let folder = tempfile::tempdir().unwrap();
    let (dump_folder, model) = (folder.path().join("dump"), folder.path().join("model.yaml"));
    fs::create_dir(&dump_folder).unwrap();
    dump(&dump_folder);
    let import = format!("import aws {}", dump_folder.display());
    let printed = ends(0, &import);
    let saved = ends(0, &format!("{import} -o {}", model.display()));
    assert!(saved.stdout.is_empty(), "what goes to a file is not printed");
    assert_eq!(text(&printed.stdout), fs::read_to_string(&model).unwrap());
    let checked = ends(0, &format!("validate -m {}", model.display()));
    assert!(text(&checked.stdout).starts_with("1 VPCs, 2 subnets, 2 network interfaces, 2 security groups"));
    for (exit, question) in [
        (0, "app db tcp/5432"),
        (1, "app db tcp/22"),
        (1, "db app tcp/443"),
        (1, "app db all"),
    ] {
        let [of_dump, of_model] = [&dump_folder, &model].map(|path| {
            let mut answer = json_of(&ends(
                exit,
                &format!("path {question} -m {} --format json", path.display()),
            ));
            forget_places(&mut answer);
            answer.as_object_mut().unwrap().remove("notes");
            answer
        });
        assert_eq!(of_dump, of_model, "{question}");
    }
}

/// Takes out where things are written: in a dump and in a model that is elsewhere.
fn forget_places(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.shift_remove("at");
            map.values_mut().for_each(forget_places);
        }
        Value::Array(items) => items.iter_mut().for_each(forget_places),
        _ => {}
    }
}

#[test]
fn the_collection_script_is_for_a_shell() {
    let script = ends(0, "import aws --script");
    let script = text(&script.stdout);
    assert!(script.starts_with("#!/bin/sh\n") && script.contains("aws ec2 describe-vpcs --output json"));
    for call in [
        "aws elbv2 describe-listeners",
        "describe-target-health describe-target-group-attributes",
        "aws elb describe-load-balancers",
        "aws rds describe-db-instances",
    ] {
        assert!(script.contains(call), "{call}");
    }
    let writes = ["create-", "delete-", "modify-", "put-", "terminate-"];
    assert!(
        !writes.iter().any(|word| script.contains(word)),
        "it only reads:\n{script}"
    );
}

#[test]
fn block_public_access_comes_with_its_exclusions() {
    let folder = tempfile::tempdir().unwrap();
    dump(folder.path());
    let options = json!({"VpcBlockPublicAccessOptions": {"AwsAccountId": "111122223333", "AwsRegion": "eu-west-1",
        "State": "update-complete", "InternetGatewayBlockMode": "block-ingress", "ExclusionsAllowed": "allowed"}});
    let exclusion = |id: &str, subnet: &str, state: &str| {
        json!({"ExclusionId": id, "InternetGatewayExclusionMode": "allow-bidirectional", "State": state,
            "ResourceArn": format!("arn:aws:ec2:eu-west-1:111122223333:subnet/{subnet}")})
    };
    let exclusions = json!({"VpcBlockPublicAccessExclusions": [
        exclusion("vpcbpa-exclude-1", "subnet-1", "create-complete"),
        exclusion("vpcbpa-exclude-2", "subnet-2", "delete-complete")]});
    fs::write(folder.path().join("options.json"), options.to_string()).unwrap();
    fs::write(folder.path().join("exclusions.json"), exclusions.to_string()).unwrap();
    let printed = ends(0, &format!("import aws {}", folder.path().display()));
    let model = text(&printed.stdout);
    assert!(model.contains("bpa-111122223333-eu-west-1: {"), "{model}");
    assert!(model.contains("mode: block-ingress"), "{model}");
    assert!(
        model.contains("vpcbpa-exclude-1: { resource: subnet-1, mode: allow-bidirectional }"),
        "{model}"
    );
    assert!(
        !model.contains("vpcbpa-exclude-2"),
        "what is deleted excludes nothing:\n{model}"
    );
}

/// What was not collected and an answer would need is told once, with the call; what says nothing of the network is not.
#[test]
fn what_is_missing_from_a_folder_is_told_with_its_call() {
    let folder = tempfile::tempdir().unwrap();
    dump(folder.path());
    let routes = json!({"RouteTables": [{"RouteTableId": "rtb-1", "VpcId": "vpc-1",
        "Associations": [{"Main": true, "AssociationState": {"State": "associated"}}],
        "Routes": [{"DestinationCidrBlock": "10.9.0.0/16", "TransitGatewayId": "tgw-1", "State": "active"},
            {"DestinationCidrBlock": "10.8.0.0/16", "GatewayId": "vgw-1", "State": "active"},
            {"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1", "State": "active"}]}]});
    let node = json!({"NetworkInterfaces": [{"NetworkInterfaceId": "eni-9", "SubnetId": "subnet-1", "VpcId": "vpc-1",
        "PrivateIpAddress": "10.0.1.99", "Description": "ELB app/front/0123456789abcdef", "Groups": []}]});
    let files = [
        ("ec2-describe-route-tables.json", routes),
        ("more.json", node),
        (
            "ec2-describe-availability-zones.json",
            json!({"AvailabilityZones": [{"ZoneName": "eu-west-1a"}]}),
        ),
        (
            "ec2-get-managed-prefix-list-entries.json",
            json!({"Entries": [{"Cidr": "10.8.0.0/16"}]}),
        ),
    ];
    for (name, value) in files {
        written(folder.path(), name, &value.to_string());
    }
    let output = ends(0, &format!("validate -m {}", folder.path().display()));
    let told = text(&output.stderr);
    let expected = [
        "note: not collected: describe-instances, describe-prefix-lists, ",
        "note: not collected: ec2 describe-transit-gateways, which tells of tgw-1\n",
        "note: not collected: ec2 describe-vpn-gateways, which tells of vgw-1\n",
        "note: not collected: ec2 describe-vpc-endpoints, which tells of vpce-1\n",
        "note: not collected: ec2 get-managed-prefix-list-entries, which tells of pl-1\n",
        "note: not collected: elbv2 describe-load-balancers, which tells of eni-9\n",
        "ec2-get-managed-prefix-list-entries.json does not say whose answer it is",
    ];
    for line in expected {
        assert_eq!(told.matches(line).count(), 1, "{line}\n{told}");
    }
    assert!(!told.contains("AvailabilityZones"), "{told}");
}

/// CDK writes manifests and assets beside its templates.
#[test]
fn a_cloud_assembly_is_its_templates() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("asset.0a1b")).unwrap();
    let template =
        json!({"Resources": {"Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}}});
    let files = [
        ("Shop.template.json", template),
        ("Shop.assets.json", json!({"version": "36.0.0", "files": {}})),
        ("manifest.json", json!({"version": "36.0.0", "artifacts": {}})),
        ("tree.json", json!({"version": "tree-0.1", "tree": {}})),
        (
            "asset.0a1b/package.json",
            json!({"name": "handler", "version": "1.0.0"}),
        ),
    ];
    for (name, value) in files {
        written(folder.path(), name, &value.to_string());
    }
    let output = ends(0, &format!("validate -m {}", folder.path().display()));
    assert!(
        text(&output.stdout).starts_with("1 VPCs"),
        "{}",
        text(&output.stdout)
    );
    written(folder.path(), "ours.yaml", "version: 1\nvpcs: {}\n");
    super::refused(
        &format!("validate -m {}", folder.path().display()),
        &["MODEL_MIXED", "ours.yaml"],
    );
}

/// What is a model already is no plan, dump or template.
#[test]
fn a_model_is_nothing_to_import() {
    for kind in ["aws", "terraform"] {
        let refused = ends(2, &format!("import {kind} models/shop.yaml"));
        assert!(text(&refused.stderr).contains("this is a model already"));
    }
}

/// Who the targets of a group are is told by a call of its own: without it nobody knows whether there are any.
#[test]
fn targets_that_were_not_collected_are_unknown() {
    let folder = tempfile::tempdir().unwrap();
    dump(folder.path());
    let arn = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/front/1";
    let group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/2";
    let write = |name: &str, value: Value| {
        fs::write(folder.path().join(name), value.to_string()).unwrap();
    };
    write(
        "elbv2-describe-load-balancers.json",
        json!({"LoadBalancers": [{"LoadBalancerArn": arn, "LoadBalancerName": "front", "Type": "network", "Scheme": "internal",
            "VpcId": "vpc-1", "State": {"Code": "active"}, "AvailabilityZones": [{"ZoneName": "eu-west-1a", "SubnetId": "subnet-2"}]}]}),
    );
    write(
        "elbv2-describe-listeners.json",
        json!({"Listeners": [{"ListenerArn": "l", "LoadBalancerArn": arn, "Port": 80, "Protocol": "TCP",
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": group}]}]}),
    );
    write(
        "elbv2-describe-target-groups.json",
        json!({"TargetGroups": [{"TargetGroupArn": group, "TargetGroupName": "web", "Protocol": "TCP", "Port": 80,
            "TargetType": "instance", "VpcId": "vpc-1"}]}),
    );
    let question = format!("path app {arn} tcp/80 -m {}", folder.path().display());
    ends(3, &question);
    write(
        "elbv2-describe-target-health-web.json",
        json!({"TargetGroupArn": group, "TargetHealthDescriptions": []}),
    );
    let empty = ends(1, &question);
    assert!(text(&empty.stdout).contains("ELBV2_LISTENER_HAS_NO_TG"));
}

#[test]
fn what_becomes_of_every_resource_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let template = written(
        folder.path(),
        "stack.yaml",
        "Conditions: { Never: !Equals [a, b] }\nResources:\n  Net: { Type: AWS::EC2::VPC, Properties: { CidrBlock: 10.0.0.0/16 } }\n  \
         Role: { Type: AWS::IAM::Role, Properties: {} }\n  Lost: { Type: AWS::EC2::Subnet, Properties: { CidrBlock: 10.0.0.0/24 } }\n  \
         Client: { Type: AWS::EC2::ClientVpnEndpoint, Properties: {} }\n  \
         Other: { Type: AWS::EC2::VPC, Condition: Never, Properties: { CidrBlock: 10.1.0.0/16 } }\n",
    );
    let page = json_of(&ends(
        0,
        &format!("validate --format json -m {}", template.display()),
    ));
    assert_eq!(
        page["resources"],
        json!({
            "seen": 5, "mapped": {"AWS::EC2::VPC": 1}, "untold": {"AWS::EC2::Subnet": 1}, "aside": {"AWS::IAM::Role": 1},
            "unsupported": {"AWS::EC2::ClientVpnEndpoint": 1}, "unmade": {"AWS::EC2::VPC": 1}
        })
    );
    let told = ends(0, &format!("import cloudformation {}", template.display()));
    let line = "note: 5 resources: 1 mapped; 1 not told enough of: AWS::EC2::Subnet (1); 1 set aside, no network: \
                AWS::IAM::Role (1); 1 unsupported: AWS::EC2::ClientVpnEndpoint (1); 1 not made, by their condition: AWS::EC2::VPC (1)";
    assert!(text(&told.stderr).contains(line), "{}", text(&told.stderr));
}
