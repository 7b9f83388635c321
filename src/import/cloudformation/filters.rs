//! Security groups and network ACLs, with their rules inline and apart.
//!
//! "If you do not specify an egress rule, we add egress rules that allow outbound IPv4 and IPv6 traffic" (Template Reference,
//! AWS::EC2::SecurityGroup). A rule that is written apart takes them away as one of the group's own does: an
//! AWS::EC2::SecurityGroupEgress undoes "any potential 'all outbound traffic' default" (CDK API reference,
//! `SecurityGroupImportOptions.allowAllOutbound`, read 2026-11-26).

use super::resource::{Block, Resource};
use super::value::Value;
use super::{Build, labels};
use crate::import::rule::{protocol, service};
use crate::model::default_group;
use crate::model::{
    Cidr, NetworkAcl, NetworkAclRule, OneOrMany, Peer, ProtocolSpec, RuleAction, SecurityGroup,
    SecurityGroupRule, VpcId,
};
use std::collections::BTreeMap;

/// In which properties a rule names peers.
const PEERS: [&str; 7] = [
    "CidrIp",
    "CidrIpv6",
    "SourceSecurityGroupId",
    "DestinationSecurityGroupId",
    "SourcePrefixListId",
    "DestinationPrefixListId",
    "SourceSecurityGroupName",
];

/// Brings the groups with the rules that they are written with, and the ACLs.
pub fn bring(build: &mut Build<'_>) {
    groups(build);
    acls(build);
    entries(build);
    associations(build);
}

fn groups(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::SecurityGroup") {
        let block = resource.block();
        let vpc = build.one(block, "VpcId").unwrap_or_else(|| {
            let id = "the default VPC";
            build.unknown(
                id,
                "vpc",
                "which VPC is the Region's default one, no template tells",
            );
            id.to_owned()
        });
        let ingress = inline(build, block, "SecurityGroupIngress");
        let egress = inline(build, block, "SecurityGroupEgress");
        let (name, tags) = labels(resource);
        let item = SecurityGroup {
            name: name.or_else(|| block.text("GroupName").map(str::to_owned)),
            vpc: vpc.as_str().into(),
            associated_vpcs: Vec::new(),
            ingress,
            egress: (!egress.is_empty()).then_some(egress),
            tags,
        };
        build.add("security_groups", resource, item, |model| {
            &mut model.security_groups
        });
    }
    for resource in build.of("AWS::EC2::SecurityGroupVpcAssociation") {
        let block = resource.block();
        let (group, vpc) = (build.one(block, "GroupId"), build.one(block, "VpcId"));
        if let (Some(group), Some(vpc), None) = (group, vpc, &resource.doubt)
            && let Some(group) = build.model.security_groups.get_mut(group.as_str())
        {
            group.associated_vpcs.push(vpc.as_str().into());
        }
    }
}

fn inline(build: &mut Build<'_>, block: Block<'_>, key: &str) -> Vec<SecurityGroupRule> {
    let ingress = key == "SecurityGroupIngress";
    let field = if ingress { "ingress" } else { "egress" };
    let items = block.get(key).map(Value::items).unwrap_or_default();
    let mut rules = Vec::new();
    for (index, value) in items.iter().enumerate() {
        rules.push(rule(build, Block { of: block.of, value }, ingress));
        let place = ("security_groups", block.of.id.as_str(), field, index);
        build.element(place, &block.of.file, value.span);
    }
    rules
}

/// A rule for all that anybody may be meant by, of which nothing else is known.
fn unsure(build: &mut Build<'_>, name: &str, ingress: bool) -> SecurityGroupRule {
    build.open(name);
    let peers = OneOrMany(vec![Peer::Resource(name.into())]);
    let (source, destination) = sides(peers, ingress);
    SecurityGroupRule {
        protocol: Some(ProtocolSpec::All),
        ports: None,
        icmp_type: None,
        icmp_code: None,
        source,
        destination,
        description: None,
    }
}

fn sides<T>(peers: OneOrMany<T>, ingress: bool) -> (OneOrMany<T>, OneOrMany<T>) {
    if ingress {
        (peers, OneOrMany::default())
    } else {
        (OneOrMany::default(), peers)
    }
}

fn rule(build: &mut Build<'_>, block: Block<'_>, ingress: bool) -> SecurityGroupRule {
    // What the rule is for is unknown: so is every packet that it may be for.
    let whole = block
        .value
        .entries()
        .is_empty()
        .then(|| block.value.open())
        .flatten();
    if let Some(name) = whole.or_else(|| block.open(&["IpProtocol", "FromPort", "ToPort"])) {
        return unsure(build, &name, ingress);
    }
    let Some(protocol) = protocol(block.text("IpProtocol")) else {
        let name = format!("{}.IpProtocol", block.text("IpProtocol").unwrap_or_default());
        return unsure(build, &name, ingress);
    };
    let (ports, icmp_type, icmp_code) = service(protocol, block.number("FromPort"), block.number("ToPort"));
    let peers = peers(build, block);
    let (source, destination) = sides(OneOrMany(peers), ingress);
    SecurityGroupRule {
        protocol: Some(protocol),
        ports,
        icmp_type,
        icmp_code,
        source,
        destination,
        description: block.text("Description").map(str::to_owned),
    }
}

/// Whom a rule is about.
fn peers(build: &mut Build<'_>, block: Block<'_>) -> Vec<Peer> {
    let mut peers = Vec::new();
    for key in PEERS {
        let Some(text) = build.one(block, key) else {
            continue;
        };
        peers.push(match Cidr::parse(&text) {
            Ok(cidr) => Peer::Cidr(cidr),
            Err(_) => known_group(build, &text),
        });
    }
    peers
}

/// A group, a prefix list, or a VPC's default group, which is there though nobody wrote it.
fn known_group(build: &mut Build<'_>, id: &str) -> Peer {
    implied(build, id);
    Peer::Resource(id.into())
}

/// Brings a VPC's default group, if this is one.
pub fn implied(build: &mut Build<'_>, id: &str) {
    if let Some(vpc) = id.strip_suffix(".default_security_group") {
        default_group(&mut build.model, &VpcId::from(vpc));
    }
}

/// Rules that are written apart from their group, which may be one that AWS makes with something else.
pub fn separate(build: &mut Build<'_>) {
    restricted(build);
    let kinds = [
        ("AWS::EC2::SecurityGroupIngress", true),
        ("AWS::EC2::SecurityGroupEgress", false),
    ];
    for (kind, ingress) in kinds {
        for resource in build.of(kind) {
            add_rule(build, resource, ingress);
        }
    }
}

/// Default groups from which CDK takes AWS's rules (CDK API reference, `VpcProps.restrictDefaultSecurityGroup`).
fn restricted(build: &mut Build<'_>) {
    for resource in build.of("Custom::VpcRestrictDefaultSG") {
        let Some(id) = build.one(resource.block(), "DefaultSecurityGroupId") else {
            continue;
        };
        implied(build, &id);
        if let Some(group) = build.model.security_groups.get_mut(id.as_str()) {
            group.ingress.clear();
            group.egress = Some(Vec::new());
            build
                .lines
                .item("security_groups", &id, &resource.file, resource.span);
        }
    }
}

fn add_rule(build: &mut Build<'_>, resource: &Resource, ingress: bool) {
    let block = resource.block();
    let Some(id) = build.one(block, "GroupId") else {
        return build.lost(resource, "its group is not told");
    };
    implied(build, &id);
    let rule = match &resource.doubt {
        Some(condition) => unsure(build, condition, ingress),
        None => rule(build, block, ingress),
    };
    let Some(group) = build.model.security_groups.get_mut(id.as_str()) else {
        return;
    };
    let (side, field) = match ingress {
        true => (&mut group.ingress, "ingress"),
        false => (group.egress.get_or_insert_default(), "egress"),
    };
    side.push(rule);
    let place = ("security_groups", id.as_str(), field, side.len() - 1);
    build.element(place, &resource.file, resource.span);
}

fn acls(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::NetworkAcl") {
        let Some(vpc) = build.one(resource.block(), "VpcId") else {
            build.lost(resource, "its VPC is not told");
            continue;
        };
        let (name, tags) = labels(resource);
        let item = NetworkAcl {
            name,
            tags,
            ..blank(&vpc, false)
        };
        build.add("nacls", resource, item, |model| &mut model.nacls);
    }
}

fn blank(vpc: &str, default: bool) -> NetworkAcl {
    NetworkAcl {
        name: None,
        vpc: vpc.into(),
        default,
        ingress: Vec::new(),
        egress: Vec::new(),
        tags: BTreeMap::new(),
    }
}

/// The ACL that came with a VPC, as AWS makes it: everything is let through (VPC guide, "Default network ACL").
fn implied_acl(build: &mut Build<'_>, resource: &Resource, id: &str) {
    let Some(vpc) = id.strip_suffix(".default_network_acl") else {
        return;
    };
    if build.model.nacls.contains_key(id) || build.model.unknown.contains_key(id) {
        return;
    }
    let mut item = blank(vpc, true);
    let any = [(100, "0.0.0.0/0"), (101, "::/0")];
    let v6 = build.model.vpcs.get(vpc);
    let v6 = v6.is_some_and(|vpc| vpc.cidr.iter().any(|cidr| cidr.net().addr().is_ipv6()));
    for (rule, cidr) in any.into_iter().take(1 + usize::from(v6)) {
        let cidr = Cidr::parse(cidr).ok();
        let pass = passing(rule, cidr);
        item.egress.push(NetworkAclRule {
            source: None,
            destination: cidr,
            ..pass.clone()
        });
        item.ingress.push(pass);
    }
    build.add_as("nacls", id, resource, item, |model| &mut model.nacls);
}

/// An entry that lets everything from a CIDR in.
fn passing(rule: u32, source: Option<Cidr>) -> NetworkAclRule {
    NetworkAclRule {
        rule,
        action: RuleAction::Allow,
        protocol: Some(ProtocolSpec::All),
        ports: None,
        icmp_type: None,
        icmp_code: None,
        source,
        destination: None,
    }
}

fn entries(build: &mut Build<'_>) {
    let mut spots: BTreeMap<(String, bool), Vec<(u32, &Resource)>> = BTreeMap::new();
    for resource in build.of("AWS::EC2::NetworkAclEntry") {
        let block = resource.block();
        let Some(id) = build.one(block, "NetworkAclId") else {
            continue;
        };
        implied_acl(build, resource, &id);
        let egress = block.truth("Egress") == Some(true);
        let open = resource.doubt.clone().or_else(|| undecided(block));
        let Some(rule) = acl_rule(block, egress).filter(|_| open.is_none()) else {
            // An entry that is not known may be for anything: so the whole ACL is not known.
            if build.model.nacls.remove(id.as_str()).is_some() {
                let name = open.unwrap_or_else(|| resource.id.clone());
                build.open(&name);
                build.unknown(
                    &id,
                    "network-acl",
                    &format!("its entry {} hangs on {name}, which is not known", resource.id),
                );
            }
            continue;
        };
        let Some(acl) = build.model.nacls.get_mut(id.as_str()) else {
            continue;
        };
        let (side, number) = (if egress { &mut acl.egress } else { &mut acl.ingress }, rule.rule);
        side.push(rule);
        side.sort_by_key(|rule| rule.rule);
        spots.entry((id, egress)).or_default().push((number, resource));
    }
    for ((id, egress), found) in spots {
        let field = if egress { "egress" } else { "ingress" };
        for (number, resource) in found {
            let acl = build.model.nacls.get(id.as_str());
            let side = acl.map(|acl| if egress { &acl.egress } else { &acl.ingress });
            let index = side.and_then(|side| side.iter().position(|rule| rule.rule == number));
            if let Some(index) = index {
                build.element(
                    ("nacls", id.as_str(), field, index),
                    &resource.file,
                    resource.span,
                );
            }
        }
    }
}

/// What an entry does not tell; of which ACL it is one does not count.
fn undecided(block: Block<'_>) -> Option<String> {
    let told = block
        .value
        .entries()
        .iter()
        .filter(|(key, _)| key != "NetworkAclId");
    told.into_iter().find_map(|(_, value)| value.open())
}

fn acl_rule(block: Block<'_>, egress: bool) -> Option<NetworkAclRule> {
    let cidr = block.cidr("CidrBlock").or_else(|| block.cidr("Ipv6CidrBlock"))?;
    let protocol = protocol(block.text("Protocol"))?;
    let icmp = matches!(protocol, ProtocolSpec::One(protocol) if protocol.is_icmp());
    let (holder, low, high) = if icmp {
        ("Icmp", "Type", "Code")
    } else {
        ("PortRange", "From", "To")
    };
    let range = block.block(holder);
    let number = |key: &str| range.and_then(|range| range.number(key));
    let (ports, icmp_type, icmp_code) = service(protocol, number(low), number(high));
    Some(NetworkAclRule {
        rule: block.number("RuleNumber")?,
        action: if block.text("RuleAction")?.eq_ignore_ascii_case("allow") {
            RuleAction::Allow
        } else {
            RuleAction::Deny
        },
        protocol: Some(protocol),
        ports,
        icmp_type,
        icmp_code,
        source: (!egress).then_some(cidr),
        destination: egress.then_some(cidr),
    })
}

fn associations(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::SubnetNetworkAclAssociation") {
        let block = resource.block();
        let (acl, subnet) = (build.one(block, "NetworkAclId"), build.one(block, "SubnetId"));
        let acl = resource.doubt.clone().or(acl);
        if let (Some(acl), Some(subnet)) = (acl, subnet)
            && let Some(subnet) = build.model.subnets.get_mut(subnet.as_str())
        {
            subnet.nacl = Some(acl.as_str().into());
            if resource.doubt.is_some() {
                build.open(&acl);
            }
        }
    }
}
