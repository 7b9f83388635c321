//! AWS Cloud WAN: core networks with the policies that are attached to them, and the VPCs at their edges. Of a core network of which
//! too little is told, all is unknown.

use super::places::{SUBNET, VPC};
use super::view::View;
use super::{Build, links, named};
use crate::import::core_network::{Attached, Member, Policy, last, region_of};
use crate::model::{AttachmentState, CoreNetwork, CoreNetworkAttachment, OneOrMany, VpcId};

/// A core network.
pub const CORE: &[&str] = &["aws_networkmanager_core_network"];
const POLICY: &[&str] = &["aws_networkmanager_core_network_policy_attachment"];
const ATTACHMENT: &[&str] = &["aws_networkmanager_vpc_attachment"];
const ACCEPTER: &[&str] = &["aws_networkmanager_attachment_accepter"];
/// What else is attached, which is not read: what the segments route is not all known beside it.
const OTHERS: [&str; 5] = [
    "aws_networkmanager_connect_attachment",
    "aws_networkmanager_dx_gateway_attachment",
    "aws_networkmanager_site_to_site_vpn_attachment",
    "aws_networkmanager_transit_gateway_peering",
    "aws_networkmanager_transit_gateway_route_table_attachment",
];

/// Brings them.
pub fn bring(build: &mut Build<'_>) {
    for view in build.links.made(CORE) {
        if let Err(why) = core(build, &view) {
            build.lost(&view, &why);
        }
    }
    for view in build.links.made(ATTACHMENT) {
        if !build.model.contains(&links::id(view.owner)) {
            build.lost(&view, "its core network is not described as a whole");
        }
    }
}

fn core<'a>(build: &mut Build<'a>, view: &View<'a>) -> Result<(), String> {
    let id = links::id(view.owner);
    let policy = policy(build, view, &id).ok_or("the plan does not tell its policy")?;
    let mut attached = Vec::new();
    for view in build.links.made(ATTACHMENT) {
        match build.one(&view, "core_network_id", CORE) {
            Some(core) if core != id => {}
            Some(_) => attached.push((view, attachment(build, &view, (&id, &policy))?)),
            None => return Err(format!("{} may be attached", view.owner.address)),
        }
    }
    let mut instances = build.links.instances.iter();
    let more = instances.any(|one| !one.data && OTHERS.contains(&one.kind.as_str()));
    let (name, tags) = named(view);
    let item = CoreNetwork {
        name,
        tags,
        ..policy.described(more)
    };
    build.add("core_networks", view, item, |model| &mut model.core_networks);
    for (view, item) in attached {
        build.add("core_network_attachments", &view, item, |model| {
            &mut model.core_network_attachments
        });
    }
    Ok(())
}

/// The policy that is attached to a core network, or with which it is made.
fn policy<'a>(build: &mut Build<'a>, view: &View<'a>, id: &str) -> Option<Policy> {
    for apart in build.links.made(POLICY) {
        if build.one(&apart, "core_network_id", CORE).as_deref() == Some(id) {
            return Policy::parse(apart.text("policy_document")?);
        }
    }
    let own = ["policy_document", "base_policy_document"];
    Policy::parse(own.iter().find_map(|key| view.text(key))?)
}

fn attachment<'a>(
    build: &mut Build<'a>,
    view: &View<'a>,
    (core, policy): (&str, &Policy),
) -> Result<CoreNetworkAttachment, String> {
    let address = &view.owner.address;
    let vpc = build.one(view, "vpc_arn", VPC);
    let vpc = vpc.ok_or_else(|| format!("the plan does not tell the VPC of {address}"))?;
    let vpc = VpcId::from(last(&vpc));
    let edge = view.text("edge_location").map(str::to_owned);
    let edge = edge
        .or_else(|| region_of(&build.model, &vpc))
        .or_else(|| policy.only_edge());
    let edge = edge.ok_or_else(|| format!("the plan does not tell the Region of {address}"))?;
    let (segment, group) = match view.text("segment_name") {
        Some(segment) => (Some(segment.to_owned()), None),
        None => match member(build, view, policy, &edge).map_err(|why| format!("{address}: {why}"))? {
            Member::Segment(segment) => (Some(segment), None),
            Member::Group(group) => (None, Some(group)),
            Member::Nowhere => (None, None),
        },
    };
    let subnets: Vec<String> = build.texts(view, "subnet_arns", SUBNET);
    let options = view.blocks("options").into_iter().next();
    let option = |key| options.and_then(|block| block.truth(key));
    let (name, tags) = named(view);
    Ok(CoreNetworkAttachment {
        name,
        core_network: core.into(),
        edge,
        segment,
        network_function_group: group,
        vpc: Some(vpc),
        subnets: OneOrMany(subnets.iter().map(|arn| last(arn).into()).collect()),
        resource: None,
        appliance_mode: option("appliance_mode_support") == Some(true),
        ipv6: option("ipv6_support") == Some(true),
        security_group_referencing: option("security_group_referencing_support") != Some(false),
        state: AttachmentState::Available,
        tags,
    })
}

fn member<'a>(
    build: &mut Build<'a>,
    view: &View<'a>,
    policy: &Policy,
    region: &str,
) -> Result<Member, &'static str> {
    if view.is_open("tags") {
        return Err("its tags are not known");
    }
    let id = links::id(view.owner);
    let mut accepted = view.text("state") == Some("AVAILABLE");
    for accepter in build.links.made(ACCEPTER) {
        accepted |= build.one(&accepter, "attachment_id", ATTACHMENT).as_ref() == Some(&id);
    }
    let tags = view.values.get("tags_all").and_then(|tags| tags.as_object());
    let all = tags.into_iter().flatten();
    let mut tags = view.tags();
    tags.extend(all.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))));
    policy.member(&Attached {
        tags: &tags,
        region,
        account: view.text("owner_account_id"),
        accepted,
    })
}
