//! AWS Cloud WAN, from Network Manager's calls: `get-core-network`, `get-core-network-policy`, `list-attachments` and
//! `get-vpc-attachment`.
//!
//! What a segment isolates, shares and routes stands in the policy alone. Without it the segments' routes are not known.

use super::Import;
use super::collect::{Dump, Found};
use crate::model::{
    AttachmentState, Cidr, CoreNetwork, CoreNetworkAttachment, CoreNetworkInspection, CoreNetworkRoute,
    CoreNetworkSegment, OneOrMany, Tags,
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

/// The document of a policy, as far as it is read (Cloud WAN guide, "Core network policy versions").
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Document {
    core_network_configuration: Configuration,
    segments: Vec<DocumentSegment>,
    segment_actions: Vec<Action>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Configuration {
    vpn_ecmp_support: Option<bool>,
    security_group_referencing_support: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct DocumentSegment {
    name: String,
    isolate_attachments: bool,
    deny_filter: Vec<String>,
    allow_filter: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Action {
    action: String,
    segment: String,
    share_with: serde_json::Value,
    destination_cidr_blocks: Vec<String>,
    destinations: serde_json::Value,
    when_sent_to: WhenSentTo,
    via: Via,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct WhenSentTo {
    segments: serde_json::Value,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Via {
    network_function_groups: Vec<String>,
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
        let document =
            policy.and_then(|one| serde_json::from_str::<Document>(&one.item.policy_document).ok());
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

fn network(network: &Network, document: Option<&Document>) -> CoreNetwork {
    let segments = network.segments.iter().map(|segment| {
        let written = document.map(|document| described(segment, document));
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
    let configuration = document.map(|document| &document.core_network_configuration);
    CoreNetwork {
        name: None,
        security_group_referencing: configuration.is_some_and(|one| one.security_group_referencing_support),
        vpn_ecmp: configuration.and_then(|one| one.vpn_ecmp_support).unwrap_or(true),
        segments: segments.collect(),
        tags: Tags::new(),
    }
}

fn described(segment: &Segment, document: &Document) -> CoreNetworkSegment {
    let written = document.segments.iter().find(|one| one.name == segment.name);
    let own = || {
        document
            .segment_actions
            .iter()
            .filter(|action| action.segment == segment.name)
    };
    let routes = own().filter(|action| action.action == "create-route");
    let routes: Vec<CoreNetworkRoute> = routes.flat_map(static_routes).collect();
    // Whatever else an action does to the routes is not read.
    const READ: [&str; 4] = ["share", "create-route", "send-via", "send-to"];
    let strange = own().any(|action| !READ.contains(&action.action.as_str()));
    let inspected = own().filter(|action| action.action == "send-via");
    let inspected = inspected.map(|action| CoreNetworkInspection {
        groups: OneOrMany(action.via.network_function_groups.clone()),
        segments: OneOrMany(sent_to(action)),
    });
    let sent = own().filter(|action| action.action == "send-to");
    let sent = sent.flat_map(|action| action.via.network_function_groups.iter().cloned());
    let filter = |of: fn(&DocumentSegment) -> &Vec<String>| {
        OneOrMany(written.map(|one| of(one).clone()).unwrap_or_default())
    };
    let shared = own().filter(|action| action.action == "share");
    let mut shared_with: Vec<String> = shared
        .flat_map(|action| shared_segments(action, document))
        .collect();
    shared_with.extend(segment.shared_segments.iter().cloned());
    shared_with.sort();
    shared_with.dedup();
    shared_with.retain(|name| *name != segment.name);
    CoreNetworkSegment {
        isolated: written.is_some_and(|one| one.isolate_attachments),
        shared_with: OneOrMany(shared_with),
        deny_filter: filter(|one| &one.deny_filter),
        allow_filter: filter(|one| &one.allow_filter),
        send_via: inspected.collect(),
        send_to: OneOrMany(sent.collect()),
        routes,
        unread: strange,
    }
}

fn texts(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::String(text) => vec![text.clone()],
        serde_json::Value::Array(all) => all.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// `"*"`, a list, or `{"except": [...]}`.
fn shared_segments(action: &Action, document: &Document) -> Vec<String> {
    let all = || document.segments.iter().map(|one| one.name.clone());
    if let Some(except) = action.share_with.get("except") {
        let except = texts(except);
        return all().filter(|name| !except.contains(name)).collect();
    }
    let named = texts(&action.share_with);
    if named.iter().any(|name| name == "*") {
        return all().collect();
    }
    named
}

/// The segments of `when-sent-to`; none: every one.
fn sent_to(action: &Action) -> Vec<String> {
    let mut named = texts(&action.when_sent_to.segments);
    if named.iter().any(|name| name == "*") {
        named.clear();
    }
    named
}

fn static_routes(action: &Action) -> Vec<CoreNetworkRoute> {
    let to = texts(&action.destinations);
    let attachments: Vec<_> = to
        .iter()
        .filter(|id| *id != "blackhole")
        .map(|id| id.as_str().into())
        .collect();
    let cidrs = action
        .destination_cidr_blocks
        .iter()
        .filter_map(|cidr| Cidr::parse(cidr).ok());
    cidrs
        .map(|destination| CoreNetworkRoute {
            destination,
            attachment: OneOrMany(attachments.clone()),
        })
        .collect()
}

/// The id at the end of an ARN.
fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
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
