//! `--format aws`: the shape of AWS's `NetworkInsightsAnalysis`, so that scripts written for Reachability Analyzer keep
//! working.
//!
//! AWS's shape has no third verdict and knows IPv4 alone: an answer that is unknown has the status `failed` and says why, and
//! IPv6 addresses stand where AWS would have IPv4 ones. Field names: EC2 API, `NetworkInsightsAnalysis`, `PathComponent`,
//! `Explanation` (read 2026-11-23).

use super::Subject;
use super::view::pretty;
use crate::analysis::{Action, Blocker, Finding, Hop, Verdict, Way};
use crate::model::{Model, Peer, Route, SecurityGroupRule};
use crate::network::{Direction, Leg, ResourceRef, RuleRef};
use crate::packet::{Cube, PacketSet, PortSet};
use serde_json::{Map, Value, json};

/// The answer in AWS's shape.
pub fn aws(subject: Subject<'_>) -> String {
    let Subject { finding, model, .. } = subject;
    let found = matches!(finding.verdict, Verdict::Reachable | Verdict::PartlyReachable);
    let path = finding.paths.first();
    let forward = path
        .map(|path| components(finding, model, &path.forward))
        .unwrap_or_default();
    let back = path
        .and_then(|path| path.reply.as_ref())
        .map(|way| components(finding, model, way))
        .unwrap_or_default();
    let mut analysis = Map::new();
    analysis.insert(
        "Status".into(),
        json!(if finding.verdict == Verdict::Unknown {
            "failed"
        } else {
            "succeeded"
        }),
    );
    if let Some(message) = unknown(finding) {
        analysis.insert("StatusMessage".into(), json!(message));
    }
    if !finding.notes.is_empty() {
        analysis.insert("WarningMessage".into(), json!(finding.notes.join("; ")));
    }
    analysis.insert("NetworkPathFound".into(), json!(found));
    analysis.insert("ForwardPathComponents".into(), json!(forward));
    analysis.insert("ReturnPathComponents".into(), json!(back));
    let explanations: Vec<Value> = finding
        .blockers
        .iter()
        .map(|blocker| explanation(model, blocker))
        .collect();
    analysis.insert("Explanations".into(), json!(explanations));
    let answer = json!({ "NetworkInsightsAnalyses": [analysis] });
    pretty(&answer)
}

/// Why the answer is unknown.
fn unknown(finding: &Finding) -> Option<String> {
    let hops = finding.paths.iter().flat_map(|path| {
        path.forward
            .hops
            .iter()
            .chain(path.reply.iter().flat_map(|way| &way.hops))
    });
    let mut unknown = hops.filter(|hop| hop.action == Action::Unknown);
    unknown
        .next()
        .filter(|_| finding.verdict == Verdict::Unknown)
        .map(|hop| hop.message.clone())
}

/// The hops that packets really pass, each with the rule that let them.
fn components(finding: &Finding, model: &Model, way: &Way) -> Vec<Value> {
    let passed = way
        .hops
        .iter()
        .take_while(|hop| hop.action != Action::Drop && hop.action != Action::Unknown);
    passed
        .enumerate()
        .map(|(index, hop)| component(finding, model, index, hop))
        .collect()
}

fn component(finding: &Finding, model: &Model, index: usize, hop: &Hop) -> Value {
    let mut value = Map::new();
    value.insert("SequenceNumber".into(), json!(index + 1));
    value.insert("Component".into(), named(&hop.author, hop.name.as_deref()));
    if let Some(interface) = hop
        .interface
        .as_ref()
        .filter(|interface| interface.kind == "network-interface" && **interface != hop.component)
    {
        value.insert("AttachedTo".into(), named(interface, None));
    }
    if let Some((key, rule)) = rule(model, &hop.author, &hop.rule, hop.direction) {
        value.insert(key.into(), rule);
    }
    if index == 0 || hop.action == Action::Deliver {
        value.insert("InboundHeader".into(), header(finding, hop.packets));
    }
    if hop.action == Action::Translate {
        let after = hop.rewrite.apply(&finding.work.space, hop.packets);
        value.insert("OutboundHeader".into(), header(finding, after));
    }
    Value::Object(value)
}

fn named(resource: &ResourceRef, name: Option<&str>) -> Value {
    match name {
        Some(name) => json!({ "Id": resource.id.as_str(), "Name": name }),
        None => json!({ "Id": resource.id.as_str() }),
    }
}

/// AWS's header is one product: of several the first is shown.
fn header(finding: &Finding, packets: PacketSet) -> Value {
    let cubes = finding.cubes(packets);
    let Some(cube) = cubes.first() else {
        return json!({});
    };
    let addresses = |set: &crate::packet::AddressSet| -> Vec<String> {
        set.to_cidrs().iter().map(ToString::to_string).collect()
    };
    json!({
        "Protocol": protocol(cube),
        "SourceAddresses": addresses(&cube.sources),
        "DestinationAddresses": addresses(&cube.destinations),
        "SourcePortRanges": ranges(&cube.source_ports),
        "DestinationPortRanges": ranges(&cube.destination_ports),
    })
}

fn protocol(cube: &Cube) -> String {
    match cube.protocols.ranges() {
        [(low, high)] if low == high => low.to_string(),
        _ => "all".to_owned(),
    }
}

fn ranges(ports: &PortSet) -> Vec<Value> {
    ports
        .ranges()
        .iter()
        .map(|(low, high)| json!({ "From": low, "To": high }))
        .collect()
}

/// The rule that decided, under the key where AWS has it.
fn rule(
    model: &Model,
    author: &ResourceRef,
    rule: &RuleRef,
    direction: Direction,
) -> Option<(&'static str, Value)> {
    match (author.kind, rule) {
        ("network-acl", RuleRef::Number(number)) => {
            Some(("AclRule", acl_rule(model, author, *number, direction)?))
        }
        ("security-group", RuleRef::Number(number)) => {
            let group = model.security_groups.get(author.id.as_str())?;
            let list = match direction {
                Direction::Ingress => &group.ingress,
                Direction::Egress => group.egress.as_ref()?,
            };
            let rule = list.get((*number as usize).checked_sub(1)?)?;
            Some(("SecurityGroupRule", group_rule(author, rule, direction)))
        }
        ("route-table", RuleRef::Route(destination)) => {
            Some(("RouteTableRoute", route(model, author, destination)))
        }
        _ => None,
    }
}

fn acl_rule(model: &Model, author: &ResourceRef, number: u32, direction: Direction) -> Option<Value> {
    let acl = model.nacls.get(author.id.as_str())?;
    let egress = direction == Direction::Egress;
    let rule = (if egress { &acl.egress } else { &acl.ingress })
        .iter()
        .find(|rule| rule.rule == number)?;
    let cidr = rule.source.or(rule.destination)?;
    let mut value = json!({
        "Cidr": cidr.0.to_string(),
        "Egress": egress,
        "Protocol": spec(rule.protocol),
        "RuleAction": if rule.action == crate::model::RuleAction::Allow { "allow" } else { "deny" },
        "RuleNumber": number,
    });
    if let Some(ports) = rule
        .ports
        .as_ref()
        .and_then(|ports| ranges(&ports.0).into_iter().next())
    {
        value["PortRange"] = ports;
    }
    Some(value)
}

fn group_rule(author: &ResourceRef, rule: &SecurityGroupRule, direction: Direction) -> Value {
    let mut value = json!({ "Direction": direction.as_str(), "Protocol": spec(rule.protocol) });
    match rule.source.iter().chain(rule.destination.iter()).next() {
        Some(Peer::Cidr(cidr)) => value["Cidr"] = json!(cidr.0.to_string()),
        Some(Peer::Resource(id)) if id.as_str().starts_with("pl-") => {
            value["PrefixListId"] = json!(id.as_str())
        }
        Some(Peer::Resource(id)) => value["SecurityGroupId"] = json!(id.as_str()),
        None => value["SecurityGroupId"] = json!(author.id.as_str()),
    }
    if let Some(ports) = rule
        .ports
        .as_ref()
        .and_then(|ports| ranges(&ports.0).into_iter().next())
    {
        value["PortRange"] = ports;
    }
    value
}

fn spec(protocol: Option<crate::model::ProtocolSpec>) -> String {
    match protocol {
        Some(crate::model::ProtocolSpec::One(protocol)) => protocol.to_string(),
        _ => "all".to_owned(),
    }
}

fn route(model: &Model, author: &ResourceRef, destination: &str) -> Value {
    let table = model.route_tables.get(author.id.as_str());
    let same = |route: &&Route| match &route.destination {
        Peer::Cidr(cidr) => cidr.net().to_string() == destination,
        Peer::Resource(id) => id.as_str() == destination,
    };
    let Some(route) = table.and_then(|table| table.routes.iter().find(same)) else {
        return json!({ "DestinationCidr": destination, "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active" });
    };
    let target = route.target.as_str();
    let key = match target.split('-').next() {
        Some("nat") => "NatGatewayId",
        Some("eni") => "NetworkInterfaceId",
        Some("i") => "InstanceId",
        Some("pcx") => "VpcPeeringConnectionId",
        Some("tgw") => "TransitGatewayId",
        Some("eigw") => "EgressOnlyInternetGatewayId",
        _ => "GatewayId",
    };
    let to = if matches!(route.destination, Peer::Cidr(_)) {
        "DestinationCidr"
    } else {
        "DestinationPrefixListId"
    };
    let state = if route.state == crate::model::RouteState::Active {
        "active"
    } else {
        "blackhole"
    };
    let origin = if route.propagated {
        "EnableVgwRoutePropagation"
    } else {
        "CreateRoute"
    };
    let mut value = json!({ "Origin": origin, "State": state });
    value[to] = json!(destination);
    value[key] = json!(target);
    value
}

fn explanation(model: &Model, blocker: &Blocker) -> Value {
    let mut value = json!({
        "ExplanationCode": blocker.code.as_str(),
        "Direction": blocker.direction.as_str(),
        "Component": named(&blocker.component, blocker.name.as_deref()),
    });
    let key = match blocker.component.kind {
        "network-acl" => "Acl",
        "route-table" => "RouteTable",
        "internet-gateway" => "InternetGateway",
        "natgateway" => "NatGateway",
        "vpc-peering-connection" => "VpcPeeringConnection",
        "network-interface" => "NetworkInterface",
        _ => "",
    };
    if blocker.component.kind == "security-group" {
        let ids = blocker.component.id.as_str().split(", ");
        value["SecurityGroups"] = ids.map(|id| json!({ "Id": id })).collect();
    } else if !key.is_empty() {
        value[key] = named(&blocker.component, blocker.name.as_deref());
    }
    let interface = blocker.interface.as_ref();
    if let Some(interface) = interface.filter(|interface| interface.kind == "network-interface") {
        value["NetworkInterface"] = named(interface, None);
    }
    if let Some((key, rule)) = rule(model, &blocker.component, &blocker.rule, blocker.direction) {
        value[key] = rule;
    }
    if blocker.leg == Leg::Return {
        // AWS's shape has no word for the reply; this one is ours.
        value["Leg"] = json!("return");
    }
    value
}
