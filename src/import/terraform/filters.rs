//! Security groups and network ACLs, with their rules inline and apart.
//!
//! A group that Terraform makes has no egress rule unless one is written: the provider takes AWS's away (AWS provider,
//! `aws_security_group`, "NOTE on Egress rules"). `aws_default_security_group` and `aws_default_network_acl` take over what
//! came with the VPC, and take its rules away too.

use super::links;
use super::places::{SUBNET, VPC};
use super::ports::port;
use super::routing::LIST;
use super::view::View;
use super::{Build, assigned, named};
use crate::import::rule::{protocol, service};
use crate::import::service::vpc_of;
use crate::model::{
    Cidr, NetworkAcl, NetworkAclRule, OneOrMany, Peer, ProtocolSpec, ResourceId, RuleAction, SecurityGroup,
    SecurityGroupRule, VpcId,
};
use std::collections::BTreeMap;

/// What a group is described by.
pub const GROUP: &[&str] = &["aws_security_group", "aws_default_security_group"];
/// What an ACL is described by.
pub const ACL: &[&str] = &["aws_network_acl", "aws_default_network_acl"];

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    groups(build);
    associated(build);
    acls(build);
    acl_associations(build);
    separate_entries(build);
}

fn groups(build: &mut Build<'_>) {
    for view in build.links.made(GROUP) {
        let Some(vpc) = build.one(&view, "vpc_id", VPC) else {
            build.lost(
                &view,
                "its VPC is not in the plan (without `vpc_id` it is the Region's default one)",
            );
            continue;
        };
        let id = build.links.own_id(view.owner);
        let [ingress, egress] = ["ingress", "egress"].map(|argument| inline(build, &view, argument, &id));
        let (name, tags) = named(&view);
        let name = match view.owner.kind.as_str() {
            "aws_default_security_group" => Some("default".to_owned()),
            _ => name.or(view.text("name").map(str::to_owned)),
        };
        let item = SecurityGroup {
            name,
            vpc: vpc.as_str().into(),
            associated_vpcs: Vec::new(),
            ingress,
            egress: Some(egress),
            tags,
        };
        build.add_as("security_groups", &id, item, |model| &mut model.security_groups);
    }
}

/// The rules that a group is written with.
fn inline<'a>(build: &mut Build<'a>, view: &View<'a>, argument: &str, group: &str) -> Vec<SecurityGroupRule> {
    let ingress = argument == "ingress";
    let mut rules = Vec::new();
    for block in view.blocks(argument) {
        rules.extend(rule(build, &block, ingress, group));
    }
    if view.is_absent(argument) && view.is_open(argument) {
        let id = format!("{}.{argument}", view.owner.address);
        rules.push(open(build, &id, ingress));
    }
    rules
}

/// Groups that serve further VPCs.
fn associated(build: &mut Build<'_>) {
    for view in build.links.of(&[
        "aws_vpc_security_group_vpc_association",
        "aws_security_group_vpc_association",
    ]) {
        let (group, vpc) = (
            build.one(&view, "security_group_id", GROUP),
            build.one(&view, "vpc_id", VPC),
        );
        if let (Some(group), Some(vpc)) = (group, vpc)
            && let Some(group) = build.model.security_groups.get_mut(group.as_str())
        {
            group.associated_vpcs.push(vpc.as_str().into());
        }
    }
}

/// A rule of which nobody knows whom it lets through.
fn open(build: &mut Build<'_>, id: &str, ingress: bool) -> SecurityGroupRule {
    build.unknown(id, "security-group-rule", "the plan does not tell this rule");
    blank(OneOrMany(vec![Peer::Resource(id.into())]), ingress)
}

fn blank(peers: OneOrMany<Peer>, ingress: bool) -> SecurityGroupRule {
    let (source, destination) = if ingress {
        (peers, OneOrMany::default())
    } else {
        (OneOrMany::default(), peers)
    };
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

/// The arguments in which a rule names peers: lists of the inline form, single ones of the separate forms.
const CIDRS: [&str; 2] = ["cidr_blocks", "ipv6_cidr_blocks"];
const CIDR: [&str; 2] = ["cidr_ipv4", "cidr_ipv6"];
const SINGLE: [&str; 3] = [
    "source_security_group_id",
    "referenced_security_group_id",
    "prefix_list_id",
];

fn rule<'a>(build: &mut Build<'a>, view: &View<'a>, ingress: bool, group: &str) -> Option<SecurityGroupRule> {
    let mut peers: Vec<Peer> = Vec::new();
    for peer in peers_of(build, view, group) {
        if !peers.contains(&peer) {
            peers.push(peer);
        }
    }
    if peers.is_empty() {
        return None;
    }
    let words = ["protocol", "ip_protocol"].iter().any(|key| view.is_open(key));
    let [from, to] = ["from_port", "to_port"].map(|key| (port(build, view, key), view.is_open(key)));
    if words || [from, to].iter().any(|(known, open)| known.is_none() && *open) {
        return Some(open(build, &format!("{}.service", view.owner.address), ingress));
    }
    let Some(protocol) = protocol(view.text("protocol").or(view.text("ip_protocol"))) else {
        return Some(open(build, &format!("{}.service", view.owner.address), ingress));
    };
    let (ports, icmp_type, icmp_code) = service(protocol, from.0, to.0);
    Some(SecurityGroupRule {
        protocol: Some(protocol),
        ports,
        icmp_type,
        icmp_code,
        description: view.text("description").map(str::to_owned),
        ..blank(OneOrMany(peers), ingress)
    })
}

/// With whom a rule is: addresses, groups, prefix lists, and a named unknown for what the plan does not tell.
fn peers_of<'a>(build: &mut Build<'a>, view: &View<'a>, group: &str) -> Vec<Peer> {
    let listed = CIDRS.iter().flat_map(|key| view.texts(key));
    let texts = listed.chain(CIDR.iter().filter_map(|key| view.text(key)));
    let mut peers: Vec<Peer> = texts
        .filter_map(|text| Cidr::parse(text).ok())
        .map(Peer::Cidr)
        .collect();
    let mut ids = build.texts(view, "security_groups", GROUP);
    ids.extend(build.texts(view, "prefix_list_ids", LIST));
    let either: Vec<&str> = GROUP.iter().chain(LIST).copied().collect();
    // "Cannot be specified with cidr_blocks, ipv6_cidr_blocks, or self" (AWS provider, `aws_security_group_rule`), though a plan
    // tells it as not known beside them.
    let other = view.truth("self") == Some(true) || CIDRS.iter().any(|key| !view.texts(key).is_empty());
    let single = SINGLE.iter().filter(|key| !other || **key != SINGLE[0]);
    ids.extend(single.filter_map(|key| build.one(view, key, &either)));
    peers.extend(ids.iter().map(|id| Peer::Resource(bare(id).into())));
    if view.truth("self") == Some(true) {
        peers.push(Peer::Resource(group.into()));
    }
    let open = CIDRS.iter().chain(&CIDR).filter(|key| view.is_open(key));
    let meant = open.map(|key| assigned::meant(build, view, key));
    let meant: Vec<Vec<Cidr>> = meant.collect();
    peers.extend(meant.iter().flatten().copied().map(Peer::Cidr));
    if meant.iter().any(Vec::is_empty) {
        let id = format!("{}.cidr", view.owner.address);
        build.unknown(&id, "cidr", "the plan does not tell these addresses");
        peers.push(Peer::Resource(id.as_str().into()));
    }
    peers
}

/// What an interface carries that the plan does not tell may be any group of its VPC.
pub fn open_groups(build: &mut Build<'_>) {
    let mut open: BTreeMap<ResourceId, VpcId> = BTreeMap::new();
    for eni in build.model.enis.values() {
        let vpc = vpc_of(&build.model, &eni.subnet);
        for group in &eni.security_groups {
            let id = ResourceId::from(group.as_str());
            if let (Some(vpc), true) = (&vpc, build.model.unknown.contains_key(&id)) {
                open.insert(id, vpc.clone());
            }
        }
    }
    for (id, vpc) in open {
        let all = build.model.security_groups.iter();
        let here = all.filter(|(_, group)| group.vpc == vpc);
        let here = here.map(|(id, _)| ResourceId::from(id.as_str())).collect();
        if let Some(item) = build.model.unknown.get_mut(&id)
            && item.may_be.is_empty()
        {
            item.may_be = OneOrMany(here);
        }
    }
}

/// A group of another account is named `account/sg-…`.
fn bare(id: &str) -> &str {
    id.rsplit_once('/')
        .filter(|(_, tail)| tail.starts_with("sg-"))
        .map_or(id, |(_, tail)| tail)
}

/// Rules that are written apart from their group, which may be one that AWS makes with something else.
pub fn separate_rules(build: &mut Build<'_>) {
    let kinds = [
        "aws_security_group_rule",
        "aws_vpc_security_group_ingress_rule",
        "aws_vpc_security_group_egress_rule",
    ];
    for view in build.links.of(&kinds) {
        let Some(id) = build.one(&view, "security_group_id", GROUP) else {
            build.lost(&view, "the plan does not tell its group");
            continue;
        };
        let ingress = match view.owner.kind.as_str() {
            "aws_security_group_rule" => view.text("type") != Some("egress"),
            kind => kind.ends_with("_ingress_rule"),
        };
        let Some(rule) = rule(build, &view, ingress, &id) else {
            continue;
        };
        let Some(group) = build.model.security_groups.get_mut(id.as_str()) else {
            continue;
        };
        let side = match (ingress, &mut group.egress) {
            (true, _) => &mut group.ingress,
            (false, Some(egress)) => egress,
            // It lets out everything already.
            (false, None) => continue,
        };
        // The group that a state holds tells the rules that are written apart, too.
        let covered = side.iter().position(|own| {
            (&own.protocol, &own.ports, own.icmp_type, own.icmp_code)
                == (&rule.protocol, &rule.ports, rule.icmp_type, rule.icmp_code)
                && rule.source.iter().all(|peer| own.source.0.contains(peer))
                && rule
                    .destination
                    .iter()
                    .all(|peer| own.destination.0.contains(peer))
        });
        let index = covered.unwrap_or_else(|| {
            side.push(rule);
            side.len() - 1
        });
        let field = if ingress { "ingress" } else { "egress" };
        build.element(("security_groups", &id, field, index), &view);
    }
}

fn acls(build: &mut Build<'_>) {
    for view in build.links.made(ACL) {
        let default = view.owner.kind == "aws_default_network_acl";
        let id = build.links.own_id(view.owner);
        let vpc = build.one(&view, "vpc_id", VPC);
        let vpc = vpc.or_else(|| default_of(build, &id));
        let Some(vpc) = vpc else {
            build.lost(&view, "the plan does not tell its VPC");
            continue;
        };
        let (name, tags) = named(&view);
        let rules = |argument: &str| {
            let told = !view.is_absent(argument) || !view.is_open(argument);
            let blocks = view.blocks(argument);
            let rules = blocks.iter().map(|block| entry(block, argument == "egress"));
            rules.collect::<Option<Vec<_>>>().filter(|_| told)
        };
        let (Some(ingress), Some(egress)) = (rules("ingress"), rules("egress")) else {
            build.unknown(&id, "network-acl", "the plan does not tell its rules");
            own_subnets(build, &view, &id);
            continue;
        };
        let item = NetworkAcl {
            name,
            vpc: vpc.as_str().into(),
            default,
            ingress: sorted(ingress),
            egress: sorted(egress),
            tags,
        };
        build.add_as("nacls", &id, item, |model| &mut model.nacls);
        own_subnets(build, &view, &id);
    }
}

/// The VPC whose default ACL this is.
fn default_of(build: &Build<'_>, acl: &str) -> Option<String> {
    let all = build.links.of(VPC);
    let known = all
        .iter()
        .find(|vpc| vpc.text("default_network_acl_id") == Some(acl));
    let made = acl.strip_suffix(".default_network_acl").map(str::to_owned);
    made.or_else(|| known.map(|vpc| links::id(vpc.owner)))
}

/// Which ACL a subnet has, written apart from both.
fn acl_associations(build: &mut Build<'_>) {
    for view in build.links.of(&["aws_network_acl_association"]) {
        let (acl, subnet) = (
            build.one(&view, "network_acl_id", ACL),
            build.one(&view, "subnet_id", SUBNET),
        );
        if let (Some(acl), Some(subnet)) = (acl, subnet) {
            associate(build, &subnet, &acl);
        }
    }
}

fn own_subnets<'a>(build: &mut Build<'a>, view: &View<'a>, acl: &str) {
    for subnet in build.texts(view, "subnet_ids", SUBNET) {
        associate(build, &subnet, acl);
    }
}

fn associate(build: &mut Build<'_>, subnet: &str, acl: &str) {
    if let Some(subnet) = build.model.subnets.get_mut(subnet) {
        subnet.nacl = Some(acl.into());
    }
}

fn sorted(mut rules: Vec<NetworkAclRule>) -> Vec<NetworkAclRule> {
    rules.sort_by_key(|rule| rule.rule);
    rules
}

fn entry(view: &View<'_>, egress: bool) -> Option<NetworkAclRule> {
    let parts = [
        "protocol",
        "from_port",
        "to_port",
        "icmp_type",
        "icmp_code",
        "action",
        "rule_action",
    ];
    if parts.iter().any(|key| view.is_open(key)) {
        return None;
    }
    let number = view.number("rule_no").or(view.number("rule_number"))?;
    let cidr = view.text("cidr_block").or(view.text("ipv6_cidr_block"))?;
    let cidr = Cidr::parse(cidr).ok()?;
    let protocol = protocol(view.text("protocol"))?;
    let icmp = matches!(protocol, ProtocolSpec::One(protocol) if protocol.is_icmp());
    let (from, to) = if icmp {
        ("icmp_type", "icmp_code")
    } else {
        ("from_port", "to_port")
    };
    let (ports, icmp_type, icmp_code) = service(protocol, view.number(from), view.number(to));
    let action = view.text("action").or(view.text("rule_action"));
    Some(NetworkAclRule {
        rule: u32::try_from(number).ok()?,
        action: if action.is_some_and(|word| word.eq_ignore_ascii_case("allow")) {
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

fn separate_entries(build: &mut Build<'_>) {
    let mut apart = Vec::new();
    for view in build.links.of(&["aws_network_acl_rule"]) {
        let Some(acl) = build.one(&view, "network_acl_id", ACL) else {
            continue;
        };
        let egress = view.truth("egress") == Some(true);
        let Some(rule) = entry(&view, egress) else {
            build.unknown(&acl, "network-acl", "the plan does not tell one of its rules");
            build.model.nacls.remove(acl.as_str());
            continue;
        };
        let name = acl;
        let Some(acl) = build.model.nacls.get_mut(name.as_str()) else {
            continue;
        };
        apart.push((name, egress, rule.rule, view));
        let side = if egress { &mut acl.egress } else { &mut acl.ingress };
        if !side.iter().any(|own| own.rule == rule.rule) {
            side.push(rule);
            side.sort_by_key(|rule| rule.rule);
        }
    }
    // Only now every entry has its place.
    for (acl, egress, number, view) in apart {
        let side = build.model.nacls.get(acl.as_str());
        let side = side.map(|acl| if egress { &acl.egress } else { &acl.ingress });
        if let Some(index) = side.and_then(|side| side.iter().position(|own| own.rule == number)) {
            let field = if egress { "egress" } else { "ingress" };
            build.element(("nacls", &acl, field, index), &view);
        }
    }
}
