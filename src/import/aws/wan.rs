//! AWS Cloud WAN, from Network Manager's calls: `get-core-network`, `get-core-network-policy`, `list-attachments` and
//! `get-vpc-attachment`.
//!
//! What a segment isolates, shares and routes stands in the policy alone. Without it the segments' routes are not known.

use super::Import;
use super::collect::{Dump, Found};
use crate::import::core_network::{self, last};
use crate::model::{
    AttachmentState, CoreNetwork, CoreNetworkAttachment, CoreNetworkSegment, OneOrMany, Tags,
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The shapes of the calls, as far as they are read.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Network {
    core_network_id: String,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Segment {
    name: String,
    shared_segments: Vec<String>,
}

/// The policy: a document inside a text.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Policy {
    core_network_id: String,
    alias: Option<String>,
    policy_document: String,
}

/// Anything that is attached.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Attachment {
    core_network_id: String,
    attachment_id: String,
    attachment_type: Option<String>,
    state: Option<String>,
    edge_location: Option<String>,
    resource_arn: Option<String>,
    segment_name: Option<String>,
    network_function_group_name: Option<String>,
}

/// An attached VPC.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct VpcAttachment {
    attachment: Attachment,
    subnet_arns: Vec<String>,
    options: VpcOptions,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct VpcOptions {
    ipv6_support: bool,
    appliance_mode_support: bool,
    security_group_referencing_support: Option<bool>,
}

/// Brings them over.
pub(super) fn bring(dump: &Dump, import: &mut Import) {
    for found in &dump.core_networks {
        let id = &found.item.core_network_id;
        let live = |one: &&Found<Policy>| {
            one.item.core_network_id == *id && one.item.alias.as_deref() != Some("LATEST")
        };
        let policy = dump.core_policies.iter().find(live);
        let policy = policy.or_else(|| {
            dump.core_policies
                .iter()
                .find(|one| one.item.core_network_id == *id)
        });
        let document = policy.and_then(|one| core_network::Policy::parse(&one.item.policy_document));
        if document.is_none() {
            import.note(format!(
                "{id}: its policy was not collected (networkmanager get-core-network-policy), so what its segments route is not known"
            ));
        }
        let item = network(&found.item, document.as_ref());
        import.add("core_networks", &found.file, id, item, |model| {
            &mut model.core_networks
        });
    }
    let by_id: BTreeMap<&str, &VpcAttachment> = dump
        .core_vpc_attachments
        .iter()
        .map(|found| (found.item.attachment.attachment_id.as_str(), &found.item))
        .collect();
    for found in &dump.core_attachments {
        attach(
            found,
            by_id.get(found.item.attachment_id.as_str()).copied(),
            import,
        );
    }
    for found in &dump.core_vpc_attachments {
        let one = Found {
            file: std::sync::Arc::clone(&found.file),
            region: found.region.clone(),
            item: found.item.attachment.clone(),
        };
        if !dump
            .core_attachments
            .iter()
            .any(|other| other.item.attachment_id == one.item.attachment_id)
        {
            attach(&one, Some(&found.item), import);
        }
    }
}

fn network(network: &Network, policy: Option<&core_network::Policy>) -> CoreNetwork {
    let segments = network.segments.iter().map(|segment| {
        let written = policy.map(|policy| policy.segment(&segment.name, &segment.shared_segments));
        let item = written.unwrap_or_else(|| CoreNetworkSegment {
            isolated: false,
            shared_with: OneOrMany(segment.shared_segments.clone()),
            deny_filter: OneOrMany::default(),
            allow_filter: OneOrMany::default(),
            send_via: Vec::new(),
            send_to: OneOrMany::default(),
            routes: Vec::new(),
            unread: true,
        });
        (segment.name.clone(), item)
    });
    CoreNetwork {
        segments: segments.collect(),
        ..core_network::Policy::network(policy)
    }
}

fn attach(found: &Found<Attachment>, vpc: Option<&VpcAttachment>, import: &mut Import) {
    let one = &found.item;
    let Some(edge) = one.edge_location.clone() else {
        import.note(format!(
            "{}: it does not say at which edge it is, so it is left out",
            one.attachment_id
        ));
        return;
    };
    let arn = one.resource_arn.as_deref();
    let is_vpc = one.attachment_type.as_deref() == Some("VPC");
    if is_vpc && vpc.is_none() {
        import.note(format!(
            "{}: its subnets were not collected (networkmanager get-vpc-attachment)",
            one.attachment_id
        ));
    }
    let subnets = vpc.into_iter().flat_map(|vpc| vpc.subnet_arns.iter());
    let options = vpc.map(|vpc| vpc.options.clone()).unwrap_or_default();
    let item = CoreNetworkAttachment {
        name: None,
        core_network: one.core_network_id.as_str().into(),
        edge,
        segment: one.segment_name.clone(),
        network_function_group: one.network_function_group_name.clone(),
        vpc: arn.filter(|_| is_vpc).map(|arn| last(arn).into()),
        subnets: OneOrMany(subnets.map(|arn| last(arn).into()).collect()),
        resource: arn.filter(|_| !is_vpc).map(|arn| last(arn).into()),
        appliance_mode: options.appliance_mode_support,
        ipv6: options.ipv6_support,
        security_group_referencing: options.security_group_referencing_support.unwrap_or(true),
        state: state(one.state.as_deref()),
        tags: Tags::new(),
    };
    import.add(
        "core_network_attachments",
        &found.file,
        &one.attachment_id,
        item,
        |model| &mut model.core_network_attachments,
    );
}

/// Network Manager API, `AttachmentState`.
fn state(state: Option<&str>) -> AttachmentState {
    match state {
        Some("REJECTED") => AttachmentState::Rejected,
        Some("PENDING_ATTACHMENT_ACCEPTANCE" | "PENDING_TAG_ACCEPTANCE") => {
            AttachmentState::PendingAcceptance
        }
        Some("CREATING" | "PENDING_NETWORK_UPDATE") => AttachmentState::Pending,
        Some("FAILED") => AttachmentState::Failed,
        Some("UPDATING") => AttachmentState::Modifying,
        Some("DELETING") => AttachmentState::Deleted,
        _ => AttachmentState::Available,
    }
}
