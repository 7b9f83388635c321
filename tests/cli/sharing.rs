//! What several accounts and VPCs share, as dumps tell of it.

use super::{ends, json_of, text, written};
use serde_json::json;
use std::path::Path;

fn dump(folder: &Path, associated: bool) {
    let interface = |id: &str, address: &str, group: &str| {
        json!({"NetworkInterfaceId": id, "SubnetId": "subnet-2", "VpcId": "vpc-2", "InterfaceType": "interface", "OwnerId": "222222222222",
            "PrivateIpAddress": address, "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": address}], "Groups": [{"GroupId": group}]})
    };
    let all = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]);
    let by_group = json!([{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": "sg-app"}]}]);
    let state = if associated { "associated" } else { "disassociated" };
    let files = [
        (
            "vpcs",
            json!({"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.1.0.0/16", "OwnerId": "111111111111"},
            {"VpcId": "vpc-2", "CidrBlock": "10.2.0.0/16", "OwnerId": "222222222222"}]}),
        ),
        (
            "subnets",
            json!({"Subnets": [{"SubnetId": "subnet-2", "VpcId": "vpc-2", "CidrBlock": "10.2.1.0/24"}]}),
        ),
        (
            "network-interfaces",
            json!({"NetworkInterfaces": [interface("eni-app", "10.2.1.10", "sg-app"), interface("eni-db", "10.2.1.11", "sg-db")]}),
        ),
        (
            "security-groups",
            json!({"SecurityGroups": [{"GroupId": "sg-app", "VpcId": "vpc-1", "IpPermissionsEgress": all},
            {"GroupId": "sg-db", "VpcId": "vpc-2", "IpPermissions": by_group, "IpPermissionsEgress": all}]}),
        ),
        (
            "security-group-vpc-associations",
            json!({"SecurityGroupVpcAssociations": [{"GroupId": "sg-app", "VpcId": "vpc-2", "VpcOwnerId": "222222222222", "State": state}]}),
        ),
    ];
    for (name, value) in files {
        written(folder, &format!("ec2-describe-{name}.json"), &value.to_string());
    }
}

#[test]
fn a_group_is_at_home_where_it_is_associated() {
    for (associated, warned) in [(true, false), (false, true)] {
        let folder = tempfile::tempdir().unwrap();
        dump(folder.path(), associated);
        let at = folder.path().display();
        let answer = json_of(&ends(
            0,
            &format!("path eni-app eni-db tcp/5432 -m {at} --format json"),
        ));
        assert_eq!(answer["verdict"], "reachable");
        let checked = ends(i32::from(warned), &format!("validate -m {at}"));
        let told = format!("{}{}", text(&checked.stderr), text(&checked.stdout));
        assert_eq!(told.contains("MODEL_GROUP_FOREIGN"), warned, "{told}");
    }
}
