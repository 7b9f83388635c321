//! The security group that a VPC has though nobody wrote it.

use super::{
    Model, OneOrMany, Peer, ProtocolSpec, SecurityGroup, SecurityGroupId, SecurityGroupRule, Tags, VpcId,
};

/// The default group of a VPC, which is added where nobody wrote it: it lets in what carries it too, and lets out everything
/// (VPC guide, "Default security groups for your VPCs").
pub fn default_group(model: &mut Model, vpc: &VpcId) -> SecurityGroupId {
    let id = default_group_id(vpc.as_str());
    let described = model
        .security_groups
        .iter()
        .find(|(_, group)| group.vpc == *vpc && group.name.as_deref() == Some("default"));
    if let Some((id, _)) = described {
        return id.clone();
    }
    let group = || among_members(vpc, &id);
    model.security_groups.entry(id.clone()).or_insert_with(group);
    id
}

/// A group that lets in its own members, and lets everything out.
pub fn among_members(vpc: &VpcId, id: &SecurityGroupId) -> SecurityGroup {
    let rule = SecurityGroupRule {
        protocol: Some(ProtocolSpec::All),
        ports: None,
        icmp_type: None,
        icmp_code: None,
        source: OneOrMany(vec![Peer::Resource(id.as_str().into())]),
        destination: OneOrMany::default(),
        description: None,
    };
    SecurityGroup {
        name: None,
        vpc: vpc.clone(),
        associated_vpcs: Vec::new(),
        ingress: vec![rule],
        egress: None,
        tags: Tags::new(),
    }
}

/// The id of a VPC's default group where its own is not known.
pub fn default_group_id(vpc: &str) -> SecurityGroupId {
    format!("{vpc}.default_security_group").as_str().into()
}
