//! Rules of security groups and network ACLs, in the model's words.

use super::shape;
use crate::import::rule::{protocol, service};
use crate::model::{
    Cidr, NetworkAcl, NetworkAclRule, OneOrMany, Peer, ProtocolSpec, RuleAction, SecurityGroup,
    SecurityGroupRule,
};

/// The number from which on network ACL rules are AWS's own: the rule `*`.
const ACL_DEFAULT_FROM: u32 = 32767;

/// A security group.
pub fn security_group(group: &shape::SecurityGroup) -> SecurityGroup {
    SecurityGroup {
        name: super::name(&group.tags).or_else(|| group.group_name.clone().filter(|name| name != "default")),
        vpc: group.vpc_id.as_deref().unwrap_or("vpc-unknown").into(),
        ingress: group
            .ip_permissions
            .iter()
            .filter_map(|permission| rule(permission, true))
            .collect(),
        associated_vpcs: Vec::new(),
        egress: Some(
            group
                .ip_permissions_egress
                .iter()
                .filter_map(|permission| rule(permission, false))
                .collect(),
        ),
        tags: super::tags(&group.tags),
    }
}

fn rule(permission: &shape::IpPermission, ingress: bool) -> Option<SecurityGroupRule> {
    let peers = OneOrMany(peers(permission));
    if peers.is_empty() {
        return None;
    }
    let protocol = known(permission.ip_protocol.as_deref());
    let (ports, icmp_type, icmp_code) = service(protocol, permission.from_port, permission.to_port);
    let (source, destination) = if ingress {
        (peers, OneOrMany::default())
    } else {
        (OneOrMany::default(), peers)
    };
    let description = description(permission);
    Some(SecurityGroupRule {
        protocol: Some(protocol),
        ports,
        icmp_type,
        icmp_code,
        source,
        destination,
        description,
    })
}

fn peers(permission: &shape::IpPermission) -> Vec<Peer> {
    let v4 = permission
        .ip_ranges
        .iter()
        .filter_map(|range| range.cidr_ip.as_deref());
    let v6 = permission
        .ipv6_ranges
        .iter()
        .filter_map(|range| range.cidr_ipv6.as_deref());
    let cidrs = v4
        .chain(v6)
        .filter_map(|text| Cidr::parse(text).ok())
        .map(Peer::Cidr);
    let lists = permission
        .prefix_list_ids
        .iter()
        .filter_map(|peer| peer.prefix_list_id.as_deref());
    let groups = permission
        .user_id_group_pairs
        .iter()
        .filter_map(|peer| peer.group_id.as_deref());
    cidrs
        .chain(lists.chain(groups).map(|id| Peer::Resource(id.into())))
        .collect()
}

/// The description, where all peers have the same.
fn description(permission: &shape::IpPermission) -> Option<String> {
    let all = permission.ip_ranges.iter().map(|range| &range.description);
    let all = all.chain(permission.ipv6_ranges.iter().map(|range| &range.description));
    let all = all.chain(permission.prefix_list_ids.iter().map(|peer| &peer.description));
    let mut all = all.chain(
        permission
            .user_id_group_pairs
            .iter()
            .map(|peer| &peer.description),
    );
    let first = all.next()?.as_ref().filter(|text| !text.is_empty())?;
    all.all(|other| other.as_ref() == Some(first))
        .then(|| first.clone())
}

/// EC2 prints numbers, tcp, udp, icmp, icmpv6 and -1, and no other word (EC2 API, `IpPermission`, `NetworkAclEntry`).
fn known(text: Option<&str>) -> ProtocolSpec {
    protocol(text).unwrap_or(ProtocolSpec::All)
}

/// A network ACL.
pub fn network_acl(acl: &shape::NetworkAcl) -> NetworkAcl {
    let rules = |egress: bool| {
        let own = acl
            .entries
            .iter()
            .filter(|entry| entry.egress == egress && entry.rule_number < ACL_DEFAULT_FROM);
        let mut rules: Vec<NetworkAclRule> = own.filter_map(acl_rule).collect();
        rules.sort_by_key(|rule| rule.rule);
        rules
    };
    NetworkAcl {
        name: super::name(&acl.tags),
        vpc: acl.vpc_id.as_str().into(),
        default: acl.is_default,
        ingress: rules(false),
        egress: rules(true),
        tags: super::tags(&acl.tags),
    }
}

fn acl_rule(entry: &shape::AclEntry) -> Option<NetworkAclRule> {
    let cidr = entry.cidr_block.as_deref().or(entry.ipv6_cidr_block.as_deref())?;
    let cidr = Cidr::parse(cidr).ok()?;
    let protocol = known(entry.protocol.as_deref());
    let range = entry.port_range.as_ref();
    let pair = entry.icmp_type_code.as_ref();
    let icmp = matches!(protocol, ProtocolSpec::One(protocol) if protocol.is_icmp());
    let (from, to) = match (icmp, pair, range) {
        (true, Some(pair), _) => (pair.kind, pair.code),
        (false, _, Some(range)) => (range.from, range.to),
        _ => (None, None),
    };
    let (ports, icmp_type, icmp_code) = service(protocol, from, to);
    let (source, destination) = if entry.egress {
        (None, Some(cidr))
    } else {
        (Some(cidr), None)
    };
    let action = if entry.rule_action.as_deref() == Some("allow") {
        RuleAction::Allow
    } else {
        RuleAction::Deny
    };
    let protocol = Some(protocol);
    Some(NetworkAclRule {
        rule: entry.rule_number,
        action,
        protocol,
        ports,
        icmp_type,
        icmp_code,
        source,
        destination,
    })
}
