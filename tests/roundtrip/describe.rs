//! A model as AWS's describe calls would tell of it, for the kinds that networks under `tests/cases/kernel` have. Written from
//! the EC2 API's shapes and not from the importer.

use serde_json::{Map, Value, json};

/// Sections of which no dump is made here.
const UNTOLD: [&str; 11] = [
    "load_balancers",
    "unknown",
    "network_firewalls",
    "flow_logs",
    "vpc_endpoints",
    "vpn_gateways",
    "vpn_connections",
    "virtual_interfaces",
    "transit_gateway_connect_peers",
    "local_gateways",
    "block_public_access",
];

/// The files of a dump: name and content. None: the model says something that no describe call could.
pub fn dump(model: &Value) -> Option<Vec<(String, Value)>> {
    let mut files = Vec::new();
    let mut add = |name: &str, key: &str, items: Vec<Value>| {
        files.push((format!("ec2-describe-{name}.json"), json!({ key: items })))
    };
    add("vpcs", "Vpcs", all(model, "vpcs", vpc_of)?);
    add("subnets", "Subnets", all(model, "subnets", subnet)?);
    add(
        "network-interfaces",
        "NetworkInterfaces",
        all(model, "enis", |id, eni| interface(model, id, eni))?,
    );
    add("instances", "Reservations", all(model, "instances", instance)?);
    add(
        "security-groups",
        "SecurityGroups",
        all(model, "security_groups", group)?,
    );
    add(
        "network-acls",
        "NetworkAcls",
        all(model, "nacls", |id, acl| nacl(model, id, acl))?,
    );
    add(
        "route-tables",
        "RouteTables",
        all(model, "route_tables", |id, table| route_table(model, id, table))?,
    );
    add(
        "prefix-lists",
        "PrefixLists",
        all(model, "prefix_lists", prefix_list)?,
    );
    add(
        "internet-gateways",
        "InternetGateways",
        all(model, "internet_gateways", |id, one| {
            Some(json!({"InternetGatewayId": id, "Attachments": attachment(one)}))
        })?,
    );
    add(
        "egress-only-internet-gateways",
        "EgressOnlyInternetGateways",
        all(model, "egress_only_internet_gateways", |id, one| {
            Some(json!({"EgressOnlyInternetGatewayId": id, "Attachments": attachment(one)}))
        })?,
    );
    add("nat-gateways", "NatGateways", all(model, "nat_gateways", nat)?);
    add(
        "vpc-peering-connections",
        "VpcPeeringConnections",
        all(model, "peering_connections", peering)?,
    );
    add("addresses", "Addresses", all(model, "elastic_ips", elastic)?);
    add("flow-logs", "FlowLogs", Vec::new());
    transit(model, &mut files)?;
    UNTOLD
        .iter()
        .all(|section| model.get(section).is_none())
        .then_some(files)
}

fn all(model: &Value, section: &str, one: impl Fn(&str, &Value) -> Option<Value>) -> Option<Vec<Value>> {
    let empty = Map::new();
    let items = model.get(section).and_then(Value::as_object).unwrap_or(&empty);
    items.iter().map(|(id, item)| one(id, item)).collect()
}

fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    }
}

fn texts(value: &Value) -> Vec<String> {
    list(value)
        .iter()
        .filter_map(|one| Some(one.as_str()?.to_owned()))
        .collect()
}

fn tags(item: &Value) -> Value {
    match &item["name"] {
        Value::String(name) => json!([{"Key": "Name", "Value": name}]),
        _ => json!([]),
    }
}

fn v6(cidr: &str) -> bool {
    cidr.contains(':')
}

fn attachment(item: &Value) -> Value {
    match &item["vpc"] {
        Value::Null => json!([]),
        vpc => json!([{"State": "available", "VpcId": vpc}]),
    }
}

fn vpc_of(id: &str, vpc: &Value) -> Option<Value> {
    let cidrs = texts(&vpc["cidr"]);
    let four: Vec<Value> = cidrs
        .iter()
        .filter(|one| !v6(one))
        .map(|one| json!({"CidrBlock": one, "CidrBlockState": {"State": "associated"}}))
        .collect();
    let six: Vec<Value> = cidrs
        .iter()
        .filter(|one| v6(one))
        .map(|one| json!({"Ipv6CidrBlock": one, "Ipv6CidrBlockState": {"State": "associated"}}))
        .collect();
    Some(
        json!({"VpcId": id, "CidrBlock": four.first()?["CidrBlock"], "CidrBlockAssociationSet": four, "Ipv6CidrBlockAssociationSet": six,
        "OwnerId": vpc["account"], "Tags": tags(vpc)}),
    )
}

fn subnet(id: &str, subnet: &Value) -> Option<Value> {
    let cidrs = texts(&subnet["cidr"]);
    let six: Vec<Value> = cidrs
        .iter()
        .filter(|one| v6(one))
        .map(|one| json!({"Ipv6CidrBlock": one, "Ipv6CidrBlockState": {"State": "associated"}}))
        .collect();
    Some(
        json!({"SubnetId": id, "VpcId": subnet["vpc"], "CidrBlock": cidrs.iter().find(|one| !v6(one)), "Ipv6CidrBlockAssociationSet": six,
        "AvailabilityZone": subnet["az"], "Tags": tags(subnet)}),
    )
}

fn interface(model: &Value, id: &str, eni: &Value) -> Option<Value> {
    let addresses = texts(&eni["ip"]);
    let four: Vec<&String> = addresses.iter().filter(|one| !v6(one)).collect();
    let private: Vec<Value> = four
        .iter()
        .enumerate()
        .map(|(index, one)| {
            let mut entry = json!({"Primary": index == 0, "PrivateIpAddress": one});
            if let (0, Value::String(public)) = (index, &eni["public_ip"]) {
                entry["Association"] = json!({"PublicIp": public});
            }
            entry
        })
        .collect();
    let six: Vec<Value> = addresses
        .iter()
        .filter(|one| v6(one))
        .map(|one| json!({"Ipv6Address": one}))
        .collect();
    let groups: Vec<Value> = texts(&eni["security_groups"])
        .iter()
        .map(|one| json!({"GroupId": one}))
        .collect();
    let attached = eni["instance"].as_str().map(
        |instance| json!({"InstanceId": instance, "DeviceIndex": eni["device_index"].as_u64().unwrap_or(0)}),
    );
    let subnet = eni["subnet"].as_str()?;
    Some(
        json!({"NetworkInterfaceId": id, "SubnetId": subnet, "VpcId": model["subnets"][subnet]["vpc"], "PrivateIpAddress": four.first(),
        "PrivateIpAddresses": private, "Ipv6Addresses": six, "Groups": groups, "SourceDestCheck": eni["source_dest_check"] != json!(false),
        "InterfaceType": eni["interface_type"].as_str().unwrap_or("interface"), "Description": eni["description"].as_str().unwrap_or_default(),
        "Attachment": attached, "TagSet": tags(eni)}),
    )
}

fn instance(id: &str, instance: &Value) -> Option<Value> {
    let state = instance["state"].as_str().unwrap_or("running");
    Some(json!({"Instances": [{"InstanceId": id, "State": {"Name": state}, "Tags": tags(instance)}]}))
}

/// AWS's number of a protocol.
fn number(protocol: &Value) -> Option<String> {
    Some(match protocol {
        Value::Null => "-1".to_owned(),
        Value::Number(number) => number.to_string(),
        word => match word.as_str()? {
            "all" => "-1",
            "tcp" => "6",
            "udp" => "17",
            "icmp" => "1",
            "icmpv6" => "58",
            _ => return None,
        }
        .to_owned(),
    })
}

fn ranges(ports: &Value) -> Option<Vec<(u64, u64)>> {
    list(ports)
        .iter()
        .map(|one| match one {
            Value::Number(port) => Some((port.as_u64()?, port.as_u64()?)),
            text => {
                let (low, high) = text.as_str()?.split_once('-')?;
                Some((low.parse().ok()?, high.parse().ok()?))
            }
        })
        .collect()
}

fn group(id: &str, group: &Value) -> Option<Value> {
    let permissions = |rules: &Value, peers: &str| -> Option<Vec<Value>> {
        let all: Option<Vec<Vec<Value>>> = list(rules).iter().map(|rule| permission(rule, peers)).collect();
        Some(all?.concat())
    };
    let everything = json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}]);
    let egress = match group.get("egress") {
        None => everything,
        Some(rules) => json!(permissions(rules, "destination")?),
    };
    Some(
        json!({"GroupId": id, "GroupName": group["name"].as_str().unwrap_or(id), "VpcId": group["vpc"],
        "IpPermissions": permissions(&group["ingress"], "source")?, "IpPermissionsEgress": egress}),
    )
}

fn permission(rule: &Value, peers: &str) -> Option<Vec<Value>> {
    let peers = texts(&rule[peers]);
    let some = |test: &dyn Fn(&str) -> bool, key: &str| -> Vec<Value> {
        peers
            .iter()
            .filter(|one| test(one))
            .map(|one| json!({ key: one }))
            .collect()
    };
    let mut permission = json!({
        "IpProtocol": number(&rule["protocol"])?,
        "IpRanges": some(&|one| one.contains('/') && !v6(one), "CidrIp"),
        "Ipv6Ranges": some(&v6, "CidrIpv6"),
        "PrefixListIds": some(&|one| one.starts_with("pl-"), "PrefixListId"),
        "UserIdGroupPairs": some(&|one| !one.contains('/') && !v6(one) && !one.starts_with("pl-"), "GroupId"),
    });
    let protocol = permission["IpProtocol"].as_str()?.to_owned();
    match protocol.as_str() {
        "6" | "17" => {
            let ports = if rule["ports"].is_null() {
                vec![(0, 65535)]
            } else {
                ranges(&rule["ports"])?
            };
            Some(
                ports
                    .into_iter()
                    .map(|(from, to)| {
                        permission["FromPort"] = json!(from);
                        permission["ToPort"] = json!(to);
                        permission.clone()
                    })
                    .collect(),
            )
        }
        "1" | "58" => {
            permission["FromPort"] = json!(rule["icmp_type"].as_i64().unwrap_or(-1));
            permission["ToPort"] = json!(rule["icmp_code"].as_i64().unwrap_or(-1));
            Some(vec![permission])
        }
        _ => Some(vec![permission]),
    }
}

fn nacl(model: &Value, id: &str, acl: &Value) -> Option<Value> {
    let mut entries = Vec::new();
    for (key, peer, egress) in [("ingress", "source", false), ("egress", "destination", true)] {
        for rule in list(&acl[key]) {
            entries.push(entry(&rule, peer, egress)?);
        }
        entries.push(json!({"RuleNumber": 32767, "Protocol": "-1", "RuleAction": "deny", "Egress": egress, "CidrBlock": "0.0.0.0/0"}));
    }
    let own = |subnet: &Value| match subnet["nacl"].as_str() {
        Some(named) => named == id,
        None => acl["default"] == json!(true) && subnet["vpc"] == acl["vpc"],
    };
    let subnets: Vec<Value> = model["subnets"]
        .as_object()?
        .iter()
        .filter(|(_, one)| own(one))
        .map(|(subnet, _)| json!({"SubnetId": subnet}))
        .collect();
    Some(
        json!({"NetworkAclId": id, "VpcId": acl["vpc"], "IsDefault": acl["default"] == json!(true), "Entries": entries, "Associations": subnets}),
    )
}

fn entry(rule: &Value, peer: &str, egress: bool) -> Option<Value> {
    let cidr = rule[peer].as_str()?;
    let key = if v6(cidr) { "Ipv6CidrBlock" } else { "CidrBlock" };
    let protocol = number(&rule["protocol"])?;
    let mut entry = json!({"RuleNumber": rule["rule"], "RuleAction": rule["action"], "Egress": egress, "Protocol": protocol, key: cidr});
    match protocol.as_str() {
        "6" | "17" => {
            let ports = if rule["ports"].is_null() {
                vec![(0, 65535)]
            } else {
                ranges(&rule["ports"])?
            };
            // One entry has one range.
            let [(from, to)] = ports[..] else { return None };
            entry["PortRange"] = json!({"From": from, "To": to});
        }
        "1" | "58" => {
            entry["IcmpTypeCode"] = json!({"Type": rule["icmp_type"].as_i64().unwrap_or(-1), "Code": rule["icmp_code"].as_i64().unwrap_or(-1)})
        }
        _ => {}
    }
    Some(entry)
}

/// The field of a route for each section of targets.
const TARGETS: [(&str, &str); 7] = [
    ("internet_gateways", "GatewayId"),
    ("egress_only_internet_gateways", "EgressOnlyInternetGatewayId"),
    ("nat_gateways", "NatGatewayId"),
    ("enis", "NetworkInterfaceId"),
    ("peering_connections", "VpcPeeringConnectionId"),
    ("transit_gateways", "TransitGatewayId"),
    ("instances", "InstanceId"),
];

fn route_table(model: &Value, id: &str, table: &Value) -> Option<Value> {
    let route = |route: &Value| {
        let destination = route["destination"].as_str()?;
        let target = route["target"].as_str()?;
        let section = TARGETS
            .iter()
            .find(|(section, _)| model[section].get(target).is_some());
        let field = match section {
            Some((_, field)) => field,
            None if target == "local" => "GatewayId",
            None => return None,
        };
        let key = match destination {
            list if list.starts_with("pl-") => "DestinationPrefixListId",
            cidr if v6(cidr) => "DestinationIpv6CidrBlock",
            _ => "DestinationCidrBlock",
        };
        let origin = if route["propagated"] == json!(true) {
            "EnableVgwRoutePropagation"
        } else {
            "CreateRoute"
        };
        Some(
            json!({key: destination, *field: target, "State": route["state"].as_str().unwrap_or("active"), "Origin": origin}),
        )
    };
    let routes: Option<Vec<Value>> = list(&table["routes"]).iter().map(route).collect();
    let mut associations: Vec<Value> = Vec::new();
    if table["main"] == json!(true) {
        associations.push(json!({"Main": true}));
    }
    let subnets = model["subnets"].as_object()?.iter();
    associations.extend(
        subnets
            .filter(|(_, one)| one["route_table"].as_str() == Some(id))
            .map(|(subnet, _)| json!({"SubnetId": subnet})),
    );
    associations.extend(
        texts(&table["gateway"])
            .iter()
            .map(|gateway| json!({"GatewayId": gateway})),
    );
    Some(json!({"RouteTableId": id, "VpcId": table["vpc"], "Routes": routes?, "Associations": associations}))
}

fn prefix_list(id: &str, list_of: &Value) -> Option<Value> {
    let entries: Vec<Value> = texts(&list_of["entries"])
        .iter()
        .map(|one| json!({"Cidr": one}))
        .collect();
    Some(json!({"PrefixListId": id, "PrefixListName": list_of["name"], "Entries": entries}))
}

fn nat(id: &str, nat: &Value) -> Option<Value> {
    let (private, public) = (texts(&nat["ip"]), texts(&nat["public_ip"]));
    let address = |at: usize| {
        let mut address =
            json!({"IsPrimary": at == 0, "PrivateIp": private.get(at), "NetworkInterfaceId": nat["eni"]});
        if let Some(public) = public.get(at) {
            address["PublicIp"] = json!(public);
        }
        address
    };
    let addresses: Vec<Value> = (0..private.len().max(public.len()).max(1)).map(address).collect();
    let kind = nat["connectivity"].as_str().unwrap_or("public");
    let mode = match nat["subnet"] {
        Value::Null => "regional",
        _ => "zonal",
    };
    Some(
        json!({"NatGatewayId": id, "SubnetId": nat["subnet"], "VpcId": nat["vpc"], "AvailabilityMode": mode, "State": nat["state"].as_str().unwrap_or("available"), "ConnectivityType": kind, "NatGatewayAddresses": addresses}),
    )
}

fn peering(id: &str, peering: &Value) -> Option<Value> {
    Some(
        json!({"VpcPeeringConnectionId": id, "RequesterVpcInfo": {"VpcId": peering["requester"]}, "AccepterVpcInfo": {"VpcId": peering["accepter"]},
        "Status": {"Code": peering["status"].as_str().unwrap_or("active")}}),
    )
}

fn elastic(id: &str, ip: &Value) -> Option<Value> {
    Some(
        json!({"AllocationId": id, "PublicIp": ip["public_ip"], "NetworkInterfaceId": ip["eni"], "PrivateIpAddress": ip["private_ip"]}),
    )
}

fn transit(model: &Value, files: &mut Vec<(String, Value)>) -> Option<()> {
    let on = |value: &Value, default: bool| {
        if value.as_bool().unwrap_or(default) {
            "enable"
        } else {
            "disable"
        }
    };
    let gateways = all(model, "transit_gateways", |id, one| {
        Some(
            json!({"TransitGatewayId": id, "Options": {"SecurityGroupReferencingSupport": on(&one["security_group_referencing"], false)}}),
        )
    })?;
    let tables = all(model, "transit_gateway_route_tables", |id, one| {
        Some(
            json!({"TransitGatewayRouteTableId": id, "TransitGatewayId": one["transit_gateway"],
            "DefaultAssociationRouteTable": one["default_association"] == json!(true), "DefaultPropagationRouteTable": one["default_propagation"] == json!(true)}),
        )
    })?;
    let attachments = all(model, "transit_gateway_attachments", |id, one| {
        let association = one["route_table"]
            .as_str()
            .map(|table| json!({"TransitGatewayRouteTableId": table, "State": "associated"}));
        one["vpc"].as_str()?;
        Some(
            json!({"TransitGatewayAttachmentId": id, "TransitGatewayId": one["transit_gateway"], "ResourceType": "vpc", "ResourceId": one["vpc"],
            "State": one["state"].as_str().unwrap_or("available"), "Association": association}),
        )
    })?;
    let of_vpcs = all(model, "transit_gateway_attachments", |id, one| {
        Some(
            json!({"TransitGatewayAttachmentId": id, "TransitGatewayId": one["transit_gateway"], "VpcId": one["vpc"], "SubnetIds": texts(&one["subnets"]),
            "State": one["state"].as_str().unwrap_or("available"),
            "Options": {"ApplianceModeSupport": on(&one["appliance_mode"], false), "Ipv6Support": on(&one["ipv6"], false),
                "SecurityGroupReferencingSupport": on(&one["security_group_referencing"], true)}}),
        )
    })?;
    let mut add = |name: &str, key: &str, items: Vec<Value>| {
        files.push((format!("ec2-describe-{name}.json"), json!({ key: items })))
    };
    add("transit-gateways", "TransitGateways", gateways);
    add(
        "transit-gateway-route-tables",
        "TransitGatewayRouteTables",
        tables,
    );
    add(
        "transit-gateway-attachments",
        "TransitGatewayAttachments",
        attachments,
    );
    add(
        "transit-gateway-vpc-attachments",
        "TransitGatewayVpcAttachments",
        of_vpcs,
    );
    transit_routes(model, files)
}

/// What `search-transit-gateway-routes` tells of each table: the routes that were written, and those that were propagated.
fn transit_routes(model: &Value, files: &mut Vec<(String, Value)>) -> Option<()> {
    let empty = Map::new();
    let tables = model
        .get("transit_gateway_route_tables")
        .and_then(Value::as_object)
        .unwrap_or(&empty);
    for (id, table) in tables {
        let attachments = model["transit_gateway_attachments"].as_object()?;
        let mut routes: Vec<Value> = list(&table["routes"]).iter().map(|route| {
            let attached: Vec<Value> = texts(&route["attachment"]).iter().map(|one| json!({"TransitGatewayAttachmentId": one})).collect();
            let state = if route["blackhole"] == json!(true) { "blackhole" } else { "active" };
            let kind = if route["propagated"] == json!(true) { "propagated" } else { "static" };
            json!({"DestinationCidrBlock": route["destination"], "TransitGatewayAttachments": attached, "Type": kind, "State": state})
        }).collect();
        for (attachment, one) in attachments {
            if !texts(&one["propagates_to"]).contains(id) {
                continue;
            }
            let vpc = &model["vpcs"][one["vpc"].as_str()?];
            let ipv6 = one["ipv6"] == json!(true);
            for cidr in texts(&vpc["cidr"]).iter().filter(|cidr| ipv6 || !v6(cidr)) {
                routes.push(json!({"DestinationCidrBlock": cidr, "TransitGatewayAttachments": [{"TransitGatewayAttachmentId": attachment}], "Type": "propagated", "State": "active"}));
            }
        }
        files.push((
            format!("ec2-search-transit-gateway-routes-{id}.json"),
            json!({"TransitGatewayRouteTableId": id, "Routes": routes}),
        ));
    }
    Some(())
}
