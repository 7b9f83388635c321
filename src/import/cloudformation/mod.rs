//! CloudFormation templates, in YAML and JSON, as people write them, as CDK synthesizes them, and with SAM's functions.
//!
//! A resource's logical id is its id; of several stacks, the name of the stack's file stands before it. What only a deployment
//! knows (a parameter without a default, an import of another stack, an attribute that AWS assigns) is a named unknown, which
//! makes an answer `unknown` where a packet meets it, and never yes or no. Defaults are CloudFormation's: a group without
//! SecurityGroupEgress lets everything out.

mod attributes;
mod conditions;
mod detect;
mod evaluate;
mod functions;
mod parameters;
mod ports;
mod repeat;
mod resource;
mod serverless;
mod sources;
mod stack;
mod template;
mod value;

mod balancing;
mod endpoints;
mod filters;
mod firewalls;
mod fleets;
mod gateways;
mod hosts;
mod lattice;
mod mirrors;
mod places;
mod routing;
mod services;
mod transit;
mod wan;

pub use detect::is_template;

use super::{File, carrier, gateways_of_routes, settle};
use crate::model::census::{Counts, count, list};
use crate::model::{
    Census, Diagnostic, Diagnostics, FlowLog, Loaded, Model, OneOrMany, Origin, ResourceId, Span, Tags,
    TextFile, TrafficType, UnknownResource, validate,
};
use evaluate::Reason;
use resource::{Block, Named, Resource, named};
use sources::Lines;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use value::Value;

/// Types that are network, or may make some: each that is not mapped is listed once. Others say nothing of who reaches whom.
const NETWORK: [&str; 10] = [
    "AWS::EC2::",
    "AWS::DirectConnect::",
    "AWS::NetworkFirewall::",
    "AWS::NetworkManager::",
    "AWS::GlobalAccelerator::",
    "AWS::VpcLattice::",
    "AWS::ElasticLoadBalancing",
    "AWS::RAM::",
    "AWS::CloudFormation::",
    "Custom::",
];

/// Types of these families that are no part of the network themselves.
const ELSEWHERE: [&str; 26] = [
    "AWS::EC2::Volume",
    "AWS::EC2::VolumeAttachment",
    "AWS::EC2::KeyPair",
    "AWS::EC2::DHCPOptions",
    "AWS::EC2::VPCDHCPOptionsAssociation",
    "AWS::EC2::PlacementGroup",
    "AWS::EC2::Host",
    "AWS::EC2::CapacityReservation",
    "AWS::EC2::NetworkInsightsPath",
    "AWS::EC2::NetworkInsightsAnalysis",
    "AWS::EC2::NetworkInsightsAccessScope",
    "AWS::EC2::NetworkInsightsAccessScopeAnalysis",
    "AWS::EC2::VPCEndpointServicePermissions",
    "AWS::EC2::IPAM",
    "AWS::EC2::IPAMPool",
    "AWS::EC2::IPAMScope",
    "AWS::CloudFormation::WaitCondition",
    "AWS::CloudFormation::WaitConditionHandle",
    "AWS::NetworkFirewall::LoggingConfiguration",
    "AWS::ElasticLoadBalancingV2::ListenerCertificate",
    "AWS::NetworkManager::GlobalNetwork",
    "AWS::NetworkManager::Site",
    "AWS::NetworkManager::Device",
    "AWS::NetworkManager::Link",
    "AWS::NetworkManager::LinkAssociation",
    "AWS::NetworkManager::TransitGatewayRegistration",
];

/// Reads templates into a model.
pub fn from_files(files: &[File], given: &BTreeMap<String, String>) -> Result<Loaded, Diagnostics> {
    let (stacks, mistakes) = stack::read(files, given);
    let loaded = match mistakes.is_empty() {
        true => Some(build(&stacks)),
        false => None,
    };
    match (loaded, mistakes) {
        (Some(loaded), mistakes) => settle(loaded, mistakes),
        (None, mistakes) => Err(Diagnostics(mistakes)),
    }
}

/// A model under way.
struct Build<'a> {
    resources: &'a [Resource],
    by_id: BTreeMap<&'a str, &'a Resource>,
    reasons: &'a BTreeMap<String, Reason>,
    region: Option<&'a str>,
    account: Option<&'a str>,
    model: Model,
    lines: Lines,
    /// The types that were asked for: all others are not read.
    asked: RefCell<BTreeSet<&'static str>>,
    /// The resources of which the template does not tell enough.
    lost: BTreeSet<String>,
    census: Census,
}

fn build(stacks: &stack::Stacks) -> Loaded {
    let mut build = Build {
        resources: &stacks.resources,
        by_id: stacks
            .resources
            .iter()
            .map(|one| (one.id.as_str(), one))
            .collect(),
        reasons: &stacks.reasons,
        region: stacks.region.as_deref(),
        account: stacks.account.as_deref(),
        model: Model {
            version: 1,
            origin: Origin::Imported,
            notes: stacks.notes.clone(),
            ..Model::default()
        },
        lines: Lines::default(),
        asked: RefCell::default(),
        lost: BTreeSet::new(),
        census: Census {
            unmade: stacks.unmade.clone(),
            ..Census::default()
        },
    };
    places::bring(&mut build);
    routing::bring(&mut build);
    filters::bring(&mut build);
    gateways::bring(&mut build);
    hosts::bring(&mut build);
    balancing::bring(&mut build);
    services::bring(&mut build);
    fleets::bring(&mut build);
    filters::separate(&mut build);
    transit::bring(&mut build);
    wan::bring(&mut build);
    firewalls::bring(&mut build);
    endpoints::bring(&mut build);
    lattice::bring(&mut build);
    flow_logs(&mut build);
    mirrors::bring(&mut build);
    unsupported(&mut build);
    doubts(&mut build);
    let Build {
        mut model,
        lines,
        census,
        ..
    } = build;
    model.sources.add(Arc::new(lines));
    gateways_of_routes(&mut model);
    carrier::addresses(&mut model);
    let warnings = validate(&mut model);
    Loaded {
        model,
        warnings,
        census: Some(census),
    }
}

impl<'a> Build<'a> {
    /// The resources of a type.
    fn of(&self, kind: &'static str) -> impl Iterator<Item = &'a Resource> + use<'a> {
        self.asked.borrow_mut().insert(kind);
        self.resources.iter().filter(move |one| one.kind == kind)
    }

    /// Adds an item under the id of its resource.
    fn add<K, T>(
        &mut self,
        section: &'static str,
        resource: &Resource,
        item: T,
        of: impl Fn(&mut Model) -> &mut BTreeMap<K, T>,
    ) where
        K: for<'k> From<&'k str> + Ord,
    {
        self.add_as(section, &resource.id, resource, item, of);
    }

    /// Adds an item under an id of its own.
    fn add_as<K, T>(
        &mut self,
        section: &'static str,
        id: &str,
        resource: &Resource,
        item: T,
        of: impl Fn(&mut Model) -> &mut BTreeMap<K, T>,
    ) where
        K: for<'k> From<&'k str> + Ord,
    {
        of(&mut self.model).insert(K::from(id), item);
        self.lines.item(section, id, &resource.file, resource.span);
    }

    /// The id that a value names; what is not known is put among the unknown.
    fn id(&mut self, value: &Value) -> Option<String> {
        match named(value)? {
            Named::Id(id) => Some(id),
            Named::Unknown(name) => {
                self.open(&name);
                Some(name)
            }
        }
    }

    /// The id in a property.
    fn one(&mut self, block: Block<'_>, key: &str) -> Option<String> {
        block.get(key).and_then(|value| self.id(value))
    }

    /// The ids in a list.
    fn many(&mut self, block: Block<'_>, key: &str) -> Vec<String> {
        let items = block.get(key).map(Value::items).unwrap_or_default();
        items.iter().filter_map(|value| self.id(value)).collect()
    }

    /// Names something that is not known, for the reason that was kept.
    fn open(&mut self, name: &str) {
        let stem = name.split_once('[').map_or(name, |(stem, _)| stem);
        let reason = self.reasons.get(name).or(self.reasons.get(stem));
        let (kind, why) = match reason {
            Some((kind, why)) => (*kind, why.clone()),
            None => ("attribute", "only a deployment knows it".to_owned()),
        };
        // What can be told with the question is worth a word before it.
        if matches!(kind, "parameter" | "pseudo-parameter" | "import") {
            self.note(why.clone());
        }
        self.unknown(name, kind, &why);
    }

    /// Names something that is not known.
    fn unknown(&mut self, id: &str, kind: &str, why: &str) {
        let item = UnknownResource {
            kind: kind.to_owned(),
            why: Some(why.to_owned()),
            may_be: OneOrMany::default(),
        };
        self.model.unknown.entry(ResourceId::from(id)).or_insert(item);
    }

    /// A resource of which the template does not tell enough: it is there, and unknown to who meets it.
    fn lost(&mut self, resource: &Resource, why: &str) {
        self.unknown(&resource.id, &word(&resource.kind), why);
        self.lines
            .item("unknown", &resource.id, &resource.file, resource.span);
        self.lost.insert(resource.id.clone());
        self.note(format!("{}: {why}", resource.id));
    }

    /// Whether these properties are known; where one is not, the resource is lost.
    fn decided(&mut self, resource: &Resource, keys: &[&str]) -> bool {
        for key in keys {
            if let Some(name) = resource.block().open(&[key]) {
                let why = self
                    .reasons
                    .get(&name)
                    .map_or_else(String::new, |(_, why)| format!(" ({why})"));
                self.lost(resource, &format!("its {key} is not known{why}"));
                return false;
            }
        }
        true
    }

    fn note(&mut self, note: String) {
        if !self.model.notes.contains(&note) {
            self.model.notes.push(note);
        }
    }

    fn element(
        &mut self,
        place: (&'static str, &str, &'static str, usize),
        file: &Arc<TextFile>,
        span: Span,
    ) {
        self.lines.element(place, file, span);
    }
}

/// EC2's word for a type: `AWS::EC2::RouteTable` is a `route-table`.
fn word(kind: &str) -> String {
    let own = kind.rsplit("::").next().unwrap_or(kind);
    let mut word = String::new();
    let mut small = false;
    for letter in own.chars() {
        if letter.is_ascii_uppercase() && small {
            word.push('-');
        }
        small = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        word.push(letter.to_ascii_lowercase());
    }
    word
}

/// The name of a resource and its tags: CDK's path in the tree of constructs, or its Name tag.
fn labels(resource: &Resource) -> (Option<String>, Tags) {
    let mut tags = resource.block().tags();
    let name = match &resource.path {
        Some(path) => Some(path.clone()),
        None => tags.remove("Name"),
    };
    (name.filter(|name| !name.is_empty() && *name != resource.id), tags)
}

fn flow_logs(build: &mut Build<'_>) {
    for resource in build.of("AWS::EC2::FlowLog") {
        let block = resource.block();
        let Some(watched) = build.one(block, "ResourceId") else {
            continue;
        };
        let item = FlowLog {
            resource: watched.as_str().into(),
            traffic: match block.text("TrafficType") {
                Some("ACCEPT") => TrafficType::Accept,
                Some("REJECT") => TrafficType::Reject,
                _ => TrafficType::All,
            },
            destination: block.text("LogDestinationType").map(str::to_owned),
            format: block.text("LogFormat").map(str::to_owned),
            aggregation: block.number("MaxAggregationInterval"),
            created: None,
            delivery: None,
        };
        build.add("flow_logs", resource, item, |model| &mut model.flow_logs);
    }
}

/// What is there only under a condition that nobody knows.
fn doubts(build: &mut Build<'_>) {
    for resource in build.resources {
        if let Some(condition) = &resource.doubt
            && build.model.contains(&resource.id)
        {
            build.note(format!(
                "{}: whether it is made hangs on {condition}, which is not known; answers take it to be there",
                resource.id
            ));
        }
    }
}

/// Counts every resource. What is network and not modelled is known to be there, listed once by type, and unknown to who meets
/// it.
fn unsupported(build: &mut Build<'_>) {
    let asked = build.asked.borrow().clone();
    let mut unsupported = Counts::new();
    for resource in build.resources {
        let kind = resource.kind.as_str();
        let network = NETWORK.iter().any(|prefix| kind.starts_with(prefix)) && !ELSEWHERE.contains(&kind);
        let read = asked.contains(kind) || build.model.contains(&resource.id);
        let counts = if build.lost.contains(&resource.id) {
            &mut build.census.untold
        } else if read {
            &mut build.census.mapped
        } else if network {
            &mut unsupported
        } else {
            &mut build.census.aside
        };
        count(counts, kind);
        if network && !read {
            let why = "resources of this type are not imported from CloudFormation yet";
            build.unknown(&resource.id, &word(kind), why);
            build
                .lines
                .item("unknown", &resource.id, &resource.file, resource.span);
        }
    }
    if !unsupported.is_empty() {
        build.note(format!(
            "not modelled, and unknown where a packet meets them: {}",
            list(&unsupported)
        ));
    }
    build.census.unsupported = unsupported;
}

/// Told of mistakes alone.
type Mistakes = Vec<Diagnostic>;
