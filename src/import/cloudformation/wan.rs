//! AWS Cloud WAN: core networks with their policies, and the VPCs at their edges. Of a core network of which too little is told, all
//! is unknown.

use super::firewalls::references_alone;
use super::functions::json;
use super::resource::Resource;
use super::{Build, labels};
use crate::import::core_network::{Attached, Member, Policy, last, region_of};
use crate::model::{AttachmentState, CoreNetwork, CoreNetworkAttachment, OneOrMany, VpcId};

const ATTACHMENT: &str = "AWS::NetworkManager::VpcAttachment";
/// What else is attached, which is not read: what the segments route is not all known beside it.
const OTHERS: [&str; 5] = [
    "AWS::NetworkManager::ConnectAttachment",
    "AWS::NetworkManager::DirectConnectGatewayAttachment",
    "AWS::NetworkManager::SiteToSiteVpnAttachment",
    "AWS::NetworkManager::TransitGatewayPeering",
    "AWS::NetworkManager::TransitGatewayRouteTableAttachment",
];

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    for resource in build.of("AWS::NetworkManager::CoreNetwork") {
        if let Err(why) = core(build, resource) {
            build.lost(resource, &why);
        }
    }
    for resource in build.of(ATTACHMENT) {
        if !build.model.contains(&resource.id) {
            build.lost(resource, "its core network is not described as a whole");
        }
    }
}

fn core(build: &mut Build<'_>, resource: &Resource) -> Result<(), String> {
    let policy = policy(resource).ok_or("its policy is not known")?;
    let mut attached = Vec::new();
    for one in build.of(ATTACHMENT) {
        match build.one(one.block(), "CoreNetworkId") {
            Some(core) if core == resource.id => attached.push((one, attachment(build, one, &policy)?)),
            Some(core) if !build.model.unknown.contains_key(core.as_str()) => {}
            _ => return Err(format!("{} may be attached", one.id)),
        }
    }
    let more = build
        .resources
        .iter()
        .any(|one| OTHERS.contains(&one.kind.as_str()));
    let (name, tags) = labels(resource);
    let item = CoreNetwork {
        name,
        tags,
        ..policy.described(more)
    };
    build.add("core_networks", resource, item, |model| &mut model.core_networks);
    for (one, item) in attached {
        build.add("core_network_attachments", one, item, |model| {
            &mut model.core_network_attachments
        });
    }
    Ok(())
}

fn policy(resource: &Resource) -> Option<Policy> {
    let written = resource.block().get("PolicyDocument")?;
    if let Some(text) = written.text() {
        return Policy::parse(text);
    }
    references_alone(written).then(|| Policy::parse(&json(written, &|_| false).to_string()))?
}

fn attachment(
    build: &mut Build<'_>,
    resource: &Resource,
    policy: &Policy,
) -> Result<CoreNetworkAttachment, String> {
    let block = resource.block();
    let id = &resource.id;
    if let Some(condition) = &resource.doubt {
        return Err(format!(
            "whether {id} is made hangs on {condition}, which is not known"
        ));
    }
    let core = build.one(block, "CoreNetworkId").unwrap_or_default();
    let vpc = build.one(block, "VpcArn");
    let vpc = vpc.ok_or_else(|| format!("the VPC of {id} is not told"))?;
    let vpc = VpcId::from(last(&vpc));
    let edge = region_of(&build.model, &vpc).or_else(|| policy.only_edge());
    let edge = edge
        .ok_or_else(|| format!("the Region of {id} is not known: give it with --parameter AWS::Region=…"))?;
    if block.open(&["Tags"]).is_some() {
        return Err(format!("{id}: its tags are not known"));
    }
    let (name, tags) = labels(resource);
    let written = block.tags();
    let attached = Attached {
        tags: &written,
        region: &edge,
        account: build.account,
        accepted: false,
    };
    let (segment, group) = match policy.member(&attached).map_err(|why| format!("{id}: {why}"))? {
        Member::Segment(segment) => (Some(segment), None),
        Member::Group(group) => (None, Some(group)),
        Member::Nowhere => (None, None),
    };
    let options = block.block("Options");
    let option = |key| options.and_then(|block| block.truth(key));
    let subnets = build.many(block, "SubnetArns");
    Ok(CoreNetworkAttachment {
        name,
        core_network: core.as_str().into(),
        edge,
        segment,
        network_function_group: group,
        vpc: Some(vpc),
        subnets: OneOrMany(subnets.iter().map(|arn| last(arn).into()).collect()),
        resource: None,
        appliance_mode: option("ApplianceModeSupport") == Some(true),
        ipv6: option("Ipv6Support") == Some(true),
        security_group_referencing: option("SecurityGroupReferencingSupport") != Some(false),
        state: AttachmentState::Available,
        tags,
    })
}
