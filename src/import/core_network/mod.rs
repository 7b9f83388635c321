//! What a policy of AWS Cloud WAN says, for every importer: what its segments isolate, share and route, and to which of them an
//! attachment belongs (Cloud WAN guide, "Core network policy versions").

mod member;

pub use member::{Attached, Member};

use crate::model::{
    Cidr, CoreNetwork, CoreNetworkInspection, CoreNetworkRoute, CoreNetworkSegment, Model, OneOrMany, Tags,
    VpcId,
};
use member::AttachmentRule;
use serde::{Deserialize, Deserializer};

/// A policy, as far as it is read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Policy {
    core_network_configuration: Configuration,
    segments: Vec<Segment>,
    segment_actions: Vec<Action>,
    network_function_groups: Vec<FunctionGroup>,
    attachment_policies: Vec<AttachmentRule>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Configuration {
    #[serde(deserialize_with = "truth")]
    vpn_ecmp_support: Option<bool>,
    #[serde(deserialize_with = "truth")]
    security_group_referencing_support: Option<bool>,
    edge_locations: Vec<Edge>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Edge {
    location: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Segment {
    name: String,
    #[serde(deserialize_with = "truth")]
    isolate_attachments: Option<bool>,
    #[serde(deserialize_with = "truth")]
    require_attachment_acceptance: Option<bool>,
    deny_filter: Vec<String>,
    allow_filter: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct FunctionGroup {
    name: String,
    #[serde(deserialize_with = "truth")]
    require_attachment_acceptance: Option<bool>,
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

/// A truth; a template may write it as a text.
fn truth<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    Ok(match serde_json::Value::deserialize(from)? {
        serde_json::Value::Bool(truth) => Some(truth),
        serde_json::Value::String(text) => text.parse().ok(),
        _ => None,
    })
}

/// The id of a core network, of which a route names the ARN.
pub fn id_of(target: &str) -> &str {
    match target.rsplit_once(":core-network/") {
        Some((_, id)) => id,
        None => target,
    }
}

/// The id at the end of an ARN.
pub fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

impl Policy {
    /// The policy in a text.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// A core network without segments yet.
    pub fn network(policy: Option<&Self>) -> CoreNetwork {
        let configuration = policy.map(|policy| &policy.core_network_configuration);
        CoreNetwork {
            name: None,
            security_group_referencing: configuration
                .and_then(|one| one.security_group_referencing_support)
                .unwrap_or(false),
            vpn_ecmp: configuration.and_then(|one| one.vpn_ecmp_support).unwrap_or(true),
            segments: std::collections::BTreeMap::new(),
            tags: Tags::new(),
        }
    }

    /// The core network that it alone describes; `unread` where there is more that may route.
    pub fn described(&self, unread: bool) -> CoreNetwork {
        let segments = self.names().map(|name| {
            let mut segment = self.segment(name, &[]);
            segment.unread |= unread;
            (name.to_owned(), segment)
        });
        CoreNetwork {
            segments: segments.collect(),
            ..Self::network(Some(self))
        }
    }

    /// The Region of its only edge, where all that is attached must be.
    pub fn only_edge(&self) -> Option<String> {
        match self.core_network_configuration.edge_locations.as_slice() {
            [only] => Some(only.location.clone()),
            _ => None,
        }
    }

    /// The names of its segments.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().map(|segment| segment.name.as_str())
    }

    /// What it says of a segment, which shares with some already.
    pub fn segment(&self, name: &str, shared: &[String]) -> CoreNetworkSegment {
        let written = self.segments.iter().find(|one| one.name == name);
        let own = || {
            self.segment_actions
                .iter()
                .filter(|action| action.segment == name)
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
        let filter = |of: fn(&Segment) -> &Vec<String>| {
            OneOrMany(written.map(|one| of(one).clone()).unwrap_or_default())
        };
        let sharing = own().filter(|action| action.action == "share");
        let mut shared_with: Vec<String> = sharing.flat_map(|action| self.shared_segments(action)).collect();
        shared_with.extend(shared.iter().cloned());
        shared_with.sort();
        shared_with.dedup();
        shared_with.retain(|other| other != name);
        CoreNetworkSegment {
            isolated: written.is_some_and(|one| one.isolate_attachments == Some(true)),
            shared_with: OneOrMany(shared_with),
            deny_filter: filter(|one| &one.deny_filter),
            allow_filter: filter(|one| &one.allow_filter),
            send_via: inspected.collect(),
            send_to: OneOrMany(sent.collect()),
            routes,
            unread: strange,
        }
    }

    /// `"*"`, a list, or `{"except": [...]}`.
    fn shared_segments(&self, action: &Action) -> Vec<String> {
        let all = || self.names().map(str::to_owned);
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
}

fn texts(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::String(text) => vec![text.clone()],
        serde_json::Value::Array(all) => all.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
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

/// The Region of a VPC: its own, or that of a subnet's zone, as in `eu-west-1a`.
pub fn region_of(model: &Model, vpc: &VpcId) -> Option<String> {
    let own = model.vpcs.get(vpc).and_then(|vpc| vpc.region.clone());
    own.or_else(|| {
        let subnets = model.subnets.values().filter(|subnet| subnet.vpc == *vpc);
        let mut zones = subnets.filter_map(|subnet| subnet.az.as_deref());
        let region = zones.find_map(|zone| {
            let region = zone.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
            let plain = region
                .chars()
                .all(|letter| letter == '-' || letter.is_ascii_alphanumeric());
            (plain && region.len() + 1 == zone.len() && region.split('-').count() == 3).then_some(region)
        });
        region.map(str::to_owned)
    })
}
