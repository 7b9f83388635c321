//! `Fn::GetAtt`: an attribute that the template decides has its value; an identifier stands for the resource; all else only a
//! deployment knows. Source: Template Reference, "Return values" of each resource type.

use super::evaluate::Evaluator;
use super::firewalls;
use super::functions::at;
use super::ports;
use super::template::Trouble;
use super::value::{Attribute, Known};
use crate::model::default_group_id;
use crate::model::{Node, Span};
use std::net::Ipv6Addr;

/// Attributes that are a property of the template as well: the attribute, and the property.
const PROPERTIES: [(&str, &str); 9] = [
    ("CidrBlock", "CidrBlock"),
    ("VpcId", "VpcId"),
    ("SubnetId", "SubnetId"),
    ("AvailabilityZone", "AvailabilityZone"),
    ("PrivateIp", "PrivateIpAddress"),
    ("PrivateIpAddress", "PrivateIpAddress"),
    ("PrimaryPrivateIpAddress", "PrivateIpAddress"),
    ("TransitGatewayId", "TransitGatewayId"),
    ("LoadBalancerArn", "LoadBalancerArn"),
];

/// Attributes that identify their resource.
const IDENTIFIERS: [&str; 36] = [
    "AllocationId",
    "Arn",
    "AttachmentId",
    "AutoScalingGroupARN",
    "CarrierGatewayId",
    "CoreNetworkArn",
    "CoreNetworkId",
    "CustomerGatewayId",
    "DBClusterArn",
    "DBInstanceArn",
    "FirewallArn",
    "FirewallPolicyArn",
    "GroupId",
    "Id",
    "InstanceArn",
    "InstanceId",
    "InternetGatewayId",
    "ListenerArn",
    "LoadBalancerArn",
    "NatGatewayId",
    "NetworkAclId",
    "NetworkInterfaceId",
    "PrefixListId",
    "RouteTableId",
    "RuleGroupArn",
    "ServiceArn",
    "ServiceId",
    "SubnetId",
    "TargetGroupArn",
    "TransitGatewayId",
    "TransitGatewayArn",
    "TransitGatewayAttachmentId",
    "TransitGatewayRouteTableId",
    "VPNGatewayId",
    "VpcEndpointId",
    "VpcId",
];

/// Where the prefixes begin that stand for those which AWS assigns: RFC 3849 keeps 2001:db8::/32 for documents.
const ASSIGNED: u128 = 0x2001_0db8 << 96;

/// The value of an attribute.
pub fn value(evaluator: &mut Evaluator<'_>, resource: &str, name: &str) -> Result<Known, Trouble> {
    let template = evaluator.template;
    let kind = template.type_of(resource).unwrap_or_default();
    let id = evaluator.id(resource);
    let other = |resource: String| Ok(Known::Attribute(Attribute { resource, name: None }));
    match (kind, name) {
        ("AWS::EC2::VPC", "DefaultSecurityGroup") => return other(default_group_id(&id).to_string()),
        ("AWS::EC2::VPC", "DefaultNetworkAcl") => return other(format!("{id}.default_network_acl")),
        ("AWS::EC2::VPC", "VpcId") => return other(id),
        ("AWS::EKS::Cluster", "ClusterSecurityGroupId") => return other(format!("{id}.{name}")),
        ("AWS::NetworkFirewall::Firewall", "EndpointIds") => return firewall_endpoints(evaluator, resource),
        ("AWS::EC2::VPC", "Ipv6CidrBlocks") => return prefixes(evaluator, resource),
        ("AWS::EC2::Subnet", "Ipv6CidrBlocks") => {
            let Some(written) = template.property(resource, "Ipv6CidrBlock") else {
                return Ok(Known::List(Vec::new()));
            };
            return Ok(Known::List(vec![evaluator.value(written)?]));
        }
        ("AWS::EC2::NetworkInterface", "PrimaryIpv6Address") => {}
        ("AWS::EC2::TransitGatewayConnect", "TransitGatewayId") => {
            if let Some(gateway) = carrier(evaluator, resource)? {
                return Ok(gateway);
            }
        }
        _ if ports::is_port(kind, name) => {
            if let Some(port) = ports::value(evaluator, resource, kind)? {
                return Ok(port);
            }
        }
        _ => {
            let known = PROPERTIES.iter().find(|(attribute, _)| *attribute == name);
            if let Some(written) = known.and_then(|(_, key)| template.property(resource, key)) {
                return Ok(evaluator.value(written)?.kind);
            }
        }
    }
    let connect = (kind, name) == ("AWS::EC2::TransitGatewayConnect", "TransitGatewayId");
    if IDENTIFIERS.contains(&name) && !connect {
        return other(id);
    }
    let attribute = Attribute {
        resource: id,
        name: Some(name.to_owned()),
    };
    let why = format!("{resource} has it once it is made");
    evaluator.reasons.insert(attribute.told(), ("attribute", why));
    Ok(Known::Attribute(attribute))
}

/// The transit gateway of a Connect attachment: that of the attachment which carries it.
fn carrier(evaluator: &mut Evaluator<'_>, connect: &str) -> Result<Option<Known>, Trouble> {
    let template = evaluator.template;
    let Some(written) = template.property(connect, "TransportTransitGatewayAttachmentId") else {
        return Ok(None);
    };
    let Known::Attribute(Attribute { resource, name: None }) = evaluator.value(written)?.kind else {
        return Ok(None);
    };
    let mut attachments = template.resources.keys().copied();
    let Some(below) = attachments.find(|id| evaluator.id(id) == resource) else {
        return Ok(None);
    };
    let gateway = template.property(below, "TransitGatewayId");
    gateway
        .map(|gateway| Ok(evaluator.value(gateway)?.kind))
        .transpose()
}

/// The endpoints of a firewall, each with its zone before it. Which of several is which, nobody knows: "The subnets are not
/// listed in any particular order" (Template Reference, AWS::NetworkFirewall::Firewall).
fn firewall_endpoints(evaluator: &mut Evaluator<'_>, firewall: &str) -> Result<Known, Trouble> {
    let template = evaluator.template;
    let id = evaluator.id(firewall);
    if let Some(written) = template.property(firewall, "SubnetMappings") {
        let mappings = evaluator.value(written)?;
        if let [mapping] = mappings.items()
            && let Some(subnet) = firewalls::subnet_of(mapping)
        {
            let text = format!("zone:{}", firewalls::endpoint(&id, &subnet));
            return Ok(Known::texts(written.span, [text]));
        }
    }
    let why = "AWS lists the endpoints of a firewall in no particular order";
    Ok(evaluator.unknown(&format!("{id}.EndpointIds"), "firewall-endpoint", why.to_owned()))
}

/// The IPv6 prefixes of a VPC. One that AWS assigns is not known, and another, of those for documents, stands for it: no
/// rule that names a real prefix can mean it.
fn prefixes(evaluator: &mut Evaluator<'_>, vpc: &str) -> Result<Known, Trouble> {
    let template = evaluator.template;
    let mut found = Vec::new();
    for block in template.resources.keys().copied() {
        if template.type_of(block) != Some("AWS::EC2::VPCCidrBlock") {
            continue;
        }
        let Some(owner) = template.property(block, "VpcId") else {
            continue;
        };
        if refers(owner, vpc) {
            found.extend(prefix(evaluator, block)?.map(|prefix| at(owner.span, prefix)));
        }
    }
    if found.is_empty() {
        let name = format!("{}.Ipv6CidrBlocks", evaluator.id(vpc));
        let why = format!("{vpc} has it once it is made");
        return Ok(evaluator.unknown(&name, "attribute", why));
    }
    Ok(Known::List(found))
}

/// Whether a value is nothing but a reference to a resource.
fn refers(node: &Node, resource: &str) -> bool {
    match node.entries() {
        [(key, value)] if key.text() == Some("Ref") => value.text() == Some(resource),
        [(key, value)] if key.text() == Some("Fn::GetAtt") => {
            let dotted = value.text().and_then(|text| text.split_once('.'));
            dotted.is_some_and(|(name, attribute)| name == resource && attribute == "VpcId")
        }
        _ => false,
    }
}

/// The IPv6 prefix that an AWS::EC2::VPCCidrBlock gives its VPC.
pub fn prefix(evaluator: &mut Evaluator<'_>, block: &str) -> Result<Option<Known>, Trouble> {
    let template = evaluator.template;
    if let Some(written) = template.property(block, "Ipv6CidrBlock") {
        return Ok(Some(evaluator.value(written)?.kind));
    }
    let assigned = match template.property(block, "AmazonProvidedIpv6CidrBlock") {
        Some(written) => evaluator.value(written)?,
        None => at(Span::default(), Known::Nothing),
    };
    let pool = template.property(block, "Ipv6IpamPoolId").is_some()
        || template.property(block, "Ipv6Pool").is_some();
    let wanted = assigned
        .text()
        .is_some_and(|text| text.eq_ignore_ascii_case("true"));
    if !wanted && !pool {
        return Ok(assigned.open().map(Known::Unknown));
    }
    let all = template.resources.keys();
    let mut blocks = all.filter(|id| template.type_of(id) == Some("AWS::EC2::VPCCidrBlock"));
    let place = blocks.position(|id| *id == block).unwrap_or_default();
    // Stacks are told apart by what stands before their ids.
    let stack = evaluator.scope.prefix.bytes();
    let stack = stack.fold(0_u128, |sum, byte| (sum * 31 + u128::from(byte)) % 0xffff);
    let offset = (stack << 80) + ((place as u128 & 0xff) << 72);
    let prefix = Ipv6Addr::from(ASSIGNED + offset);
    Ok(Some(Known::Text(format!("{prefix}/56"))))
}
