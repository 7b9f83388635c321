//! Terraform and OpenTofu: `terraform show -json` of a plan or a state, and raw state files, become a model.
//!
//! A plan gives two models: what will be, and what was before ([`both`]). An id that AWS has not given yet is the resource's
//! address, `aws_subnet.web[0]`; where AWS has given it, the address is the name. Of what the plan cannot know a named unknown
//! is made. An address that is only unassigned is any free address of its subnet. Terraform's own defaults hold: a group
//! without `egress` lets nothing out (AWS provider, `aws_security_group`), a resource without groups has its VPC's default one.

mod assigned;
mod balancing;
mod document;
mod endpoints;
mod filters;
mod firewalls;
mod fleets;
mod gateways;
mod hosts;
mod hybrid;
mod lattice;
mod links;
mod locals;
mod mirrors;
mod names;
mod picks;
mod places;
mod ports;
mod resolve;
mod routing;
mod services;
mod transit;
mod view;
mod wan;

use super::service::public_address;
use super::{File, broken, broken_json, carrier, gateways_of_routes, settle};
use crate::model::census::{Counts, count, list};
use crate::model::{
    Census, Diagnostic, Diagnostics, FlowLog, ItemFiles, Loaded, Location, Model, OneOrMany, Origin,
    ResourceId, TrafficType, UnknownResource, validate,
};
use document::{Configuration, Document, Instance, Set};
use links::{Id, Links};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::Arc;
use view::View;

/// What is looked for near the beginning of a file to know it.
const MARKS: [&str; 3] = ["\"terraform_version\"", "\"format_version\"", "\"lineage\""];

/// Types that are network and are not mapped: each is listed once. Others say nothing of who reaches whom.
const NETWORK: [&str; 9] = [
    "aws_vpn_concentrator",
    "aws_dx_",
    "aws_networkfirewall_",
    "aws_networkmanager_",
    "aws_ec2_client_vpn",
    "aws_ec2_traffic_mirror",
    "aws_ec2_transit_gateway_connect",
    "aws_globalaccelerator_",
    "aws_vpclattice_",
];

/// A plan or a state: what will be, and what was before.
#[derive(Debug)]
pub struct Both {
    /// What was before; of a state, the same as after.
    pub before: Loaded,
    /// What will be.
    pub after: Loaded,
}

/// Whether a file is Terraform's or OpenTofu's.
pub fn is_terraform((name, bytes): &File) -> bool {
    let head = &bytes[..bytes.len().min(4096)];
    let first = head
        .iter()
        .find(|byte| !byte.is_ascii_whitespace() && !matches!(byte, 0xef | 0xbb | 0xbf));
    let marked = MARKS
        .iter()
        .any(|mark| memchr::memmem::find(head, mark.as_bytes()).is_some());
    first == Some(&b'{') && marked && !name.ends_with(".yaml")
}

/// Whether a file is a plan: it tells what was before, too.
pub fn is_plan(file: &File) -> bool {
    is_terraform(file) && memchr::memmem::find(&file.1, b"\"planned_values\"").is_some()
}

/// Reads plans and states: what will be.
pub fn from_files(files: &[File]) -> Result<Loaded, Diagnostics> {
    read(files, false).map(|(after, _)| after)
}

/// Reads plans and states: what will be, and what was before.
pub fn both(files: &[File]) -> Result<Both, Diagnostics> {
    let (after, before) = read(files, true)?;
    Ok(Both {
        before: before.unwrap_or_else(|| build(&[], BTreeMap::new())),
        after,
    })
}

/// A file's resources at one time, and what refers to what.
struct Source {
    file: Arc<str>,
    instances: Vec<Instance>,
    configuration: Option<Configuration>,
    variables: BTreeMap<String, Set>,
    region: Option<String>,
}

fn read(files: &[File], earlier: bool) -> Result<(Loaded, Option<Loaded>), Diagnostics> {
    let (mut after, mut before) = (Vec::new(), Vec::new());
    let mut mistakes = Vec::new();
    for (name, bytes) in files {
        match parse(name, bytes) {
            Ok(document) => sources(name, document, &mut after, &mut before),
            Err(mistake) => mistakes.push(*mistake),
        }
    }
    // An address that is assigned anew may be any: the one that there was before, too.
    let kept = if earlier {
        public_addresses(&before)
    } else {
        BTreeMap::new()
    };
    let earlier = earlier.then(|| build(&before, BTreeMap::new()));
    settle((build(&after, kept), earlier), mistakes)
}

fn parse(name: &Arc<str>, bytes: &[u8]) -> Result<Document, Box<Diagnostic>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let document: Document = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let before = format!("at `{}`", error.path());
        Box::new(broken_json((name, bytes), &before, error.inner()))
    })?;
    let after = |error| Box::new(broken_json((name, bytes), "after the document", &error));
    reader.end().map_err(after)?;
    let raw = document.version.is_some_and(|version| matches!(version, 3 | 4));
    if !raw && document.planned_values.is_none() && document.values.is_none() {
        let message = match document.version {
            Some(version) => format!("a state of version {version} is not known: versions 3 and 4 are"),
            None => "there is neither `planned_values` nor `values` in it".to_owned(),
        };
        let hint = "write it with `terraform show -json plan.out > plan.json`, or give a terraform.tfstate";
        return Err(Box::new(broken(name, message).hint(hint)));
    }
    Ok(document)
}

fn sources(name: &Arc<str>, document: Document, after: &mut Vec<Source>, before: &mut Vec<Source>) {
    // The Region of the provider, of what was before the plan as well.
    let region = document.configuration.as_ref().and_then(region);
    let source = |instances: Vec<Instance>, configuration| Source {
        file: Arc::clone(name),
        instances,
        configuration,
        variables: BTreeMap::new(),
        region: region.clone(),
    };
    if let Some(planned) = document.planned_values {
        let old = document
            .prior_state
            .and_then(|state| state.values)
            .map(document::instances);
        // What is only looked up is in the prior state alone.
        let looked_up = old.iter().flatten().filter(|one| one.data).cloned();
        let mut all = document::instances(planned);
        document::mark(&mut all, &document.resource_changes);
        let there: BTreeSet<String> = all.iter().map(|one| one.address.clone()).collect();
        all.extend(looked_up.filter(|one| !there.contains(&one.address)));
        after.push(Source {
            variables: document.variables,
            ..source(all, document.configuration)
        });
        before.push(source(
            old.unwrap_or_else(|| document::before(document.resource_changes)),
            None,
        ));
        return;
    }
    let all = match (document.values, document.version) {
        (Some(values), _) => document::instances(values),
        (None, Some(3)) => document::old(document.modules),
        _ => document::stored(document.resources),
    };
    before.push(source(all.clone(), None));
    after.push(source(all, None));
}

/// A model under way.
struct Build<'a> {
    links: Links<'a>,
    model: Model,
    files: ItemFiles,
    file: Arc<str>,
    region: Option<String>,
    /// The addresses of which the plan does not tell enough.
    lost: BTreeSet<String>,
    /// Route tables of which the plan does not tell which of some each is.
    either: BTreeMap<String, Vec<String>>,
    /// The public addresses that resources had before.
    kept: BTreeMap<String, Ipv4Addr>,
    census: Census,
}

/// The public addresses that resources have, by their addresses in the configuration.
fn public_addresses(sources: &[Source]) -> BTreeMap<String, Ipv4Addr> {
    let all = sources.iter().flat_map(|source| &source.instances);
    let known = all.filter_map(|one| Some((&one.address, one.values.get("public_ip")?.as_str()?)));
    known
        .filter_map(|(address, text)| Some((address.clone(), text.parse().ok()?)))
        .collect()
}

fn build(sources: &[Source], mut kept: BTreeMap<String, Ipv4Addr>) -> Loaded {
    let mut model = Model {
        version: 1,
        origin: Origin::Imported,
        ..Model::default()
    };
    let mut files = ItemFiles::default();
    let mut census = Census::default();
    for source in sources {
        let mut build = Build {
            links: Links::new(
                &source.instances,
                source.configuration.as_ref(),
                &source.variables,
            ),
            model,
            files,
            file: Arc::clone(&source.file),
            region: source.region.clone(),
            lost: BTreeSet::new(),
            either: BTreeMap::new(),
            kept,
            census,
        };
        places::bring(&mut build);
        routing::bring(&mut build);
        filters::bring(&mut build);
        gateways::bring(&mut build);
        hosts::bring(&mut build);
        balancing::bring(&mut build);
        services::bring(&mut build);
        fleets::bring(&mut build);
        filters::separate_rules(&mut build);
        hybrid::bring(&mut build);
        transit::bring(&mut build);
        wan::bring(&mut build);
        firewalls::bring(&mut build);
        flow_logs(&mut build);
        endpoints::bring(&mut build);
        lattice::bring(&mut build);
        mirrors::bring(&mut build);
        filters::open_groups(&mut build);
        unsupported(&mut build);
        guesses(&mut build);
        (model, files, census, kept) = (build.model, build.files, build.census, build.kept);
    }
    model.sources.add(Arc::new(files));
    gateways_of_routes(&mut model);
    carrier::addresses(&mut model);
    let warnings = validate(&mut model);
    Loaded {
        model,
        warnings,
        census: Some(census),
    }
}

fn region(configuration: &Configuration) -> Option<String> {
    let provider = configuration.provider_config.get("aws")?;
    let region = provider.expressions.get("region")?.get("constant_value")?;
    region.as_str().map(str::to_owned)
}

impl<'a> Build<'a> {
    /// Adds an item under the id of its resource; answers that id.
    fn add<K, T>(
        &mut self,
        section: &'static str,
        view: &View<'a>,
        item: T,
        of: impl Fn(&mut Model) -> &mut BTreeMap<K, T>,
    ) -> String
    where
        K: for<'k> From<&'k str> + Ord,
    {
        let id = links::id(view.owner);
        self.add_as(section, &id, item, of);
        if id != view.owner.address {
            let location = self.location(view);
            self.files
                .items
                .insert((section, ResourceId::from(id.as_str())), location);
        }
        id
    }

    fn add_as<K, T>(
        &mut self,
        section: &'static str,
        id: &str,
        item: T,
        of: impl Fn(&mut Model) -> &mut BTreeMap<K, T>,
    ) where
        K: for<'k> From<&'k str> + Ord,
    {
        of(&mut self.model).entry(K::from(id)).or_insert(item);
        let location = Location::file(Arc::clone(&self.file));
        self.files.items.insert((section, ResourceId::from(id)), location);
    }

    /// A public address for a resource whose own is not known: what it had before, or one that stands for it.
    fn public(&self, view: &View<'_>) -> Option<Ipv4Addr> {
        let kept = self.kept.get(&view.owner.address).copied();
        kept.or_else(|| public_address(&self.model))
    }

    fn location(&self, view: &View<'_>) -> Location {
        Location {
            resource: Some(view.owner.address.as_str().into()),
            ..Location::file(Arc::clone(&self.file))
        }
    }

    /// Says that an element of an item's list is written apart from it.
    fn element(
        &mut self,
        (section, id, field, index): (&'static str, &str, &'static str, usize),
        view: &View<'_>,
    ) {
        let location = self.location(view);
        let place = (section, ResourceId::from(id), field, index);
        self.files.elements.entry(place).or_insert(location);
    }

    /// The id in an argument; what the plan does not tell is put among the unknown.
    fn one(&mut self, view: &View<'a>, argument: &str, kinds: &[&str]) -> Option<String> {
        let id = self.links.one(view, argument, kinds)?;
        Some(self.keep(id, kinds))
    }

    /// The same for a list.
    fn many<K: for<'k> From<&'k str>>(&mut self, view: &View<'a>, argument: &str, kinds: &[&str]) -> Vec<K> {
        let ids = self.links.many(view, argument, kinds);
        ids.into_iter()
            .map(|id| K::from(self.keep(id, kinds).as_str()))
            .collect()
    }

    fn texts(&mut self, view: &View<'a>, argument: &str, kinds: &[&str]) -> Vec<String> {
        let ids = self.links.many(view, argument, kinds);
        ids.into_iter().map(|id| self.keep(id, kinds)).collect()
    }

    /// The ids in the blocks of a name.
    fn spread(&mut self, view: &View<'a>, block: &str, argument: &str, kinds: &[&str]) -> Vec<String> {
        let ids = self.links.spread(view, block, argument, kinds);
        ids.into_iter().map(|id| self.keep(id, kinds)).collect()
    }

    fn keep(&mut self, id: Id, kinds: &[&str]) -> String {
        if let Id::Unknown(text) | Id::OneOf(text, _) = &id {
            self.unknown(
                text,
                kinds.first().copied().unwrap_or_default(),
                "the plan does not tell what this will be",
            );
        }
        if let (Id::OneOf(text, among), true) = (&id, kinds.starts_with(filters::GROUP))
            && let Some(item) = self.model.unknown.get_mut(text.as_str())
        {
            item.may_be = OneOrMany(among.iter().map(|id| id.as_str().into()).collect());
        }
        id.text().to_owned()
    }

    /// Names something that is not known.
    fn unknown(&mut self, id: &str, kind: &str, why: &str) {
        let kind = kind.trim_start_matches("aws_").replace('_', "-");
        let item = UnknownResource {
            kind,
            why: Some(why.to_owned()),
            may_be: OneOrMany::default(),
        };
        self.model.unknown.entry(ResourceId::from(id)).or_insert(item);
    }

    /// A resource of which the plan does not tell enough: it is there, and unknown to who meets it.
    fn lost(&mut self, view: &View<'_>, why: &str) {
        self.unknown(&links::id(view.owner), &view.owner.kind, why);
        self.unknown(&view.owner.address, &view.owner.kind, why);
        self.lost.insert(view.owner.address.clone());
        self.note(format!("{}: {why}", view.owner.address));
    }

    fn note(&mut self, note: String) {
        if !self.model.notes.contains(&note) {
            self.model.notes.push(note);
        }
    }
}

/// The name of a resource: its address, or its Name tag where the address is its id already. The other tags.
fn named(view: &View<'_>) -> (Option<String>, BTreeMap<String, String>) {
    let mut tags = view.tags();
    if links::id(view.owner) != view.owner.address {
        return (Some(view.owner.address.clone()), tags);
    }
    let name = tags.remove("Name").filter(|name| !name.is_empty());
    (name, tags)
}

fn flow_logs(build: &mut Build<'_>) {
    const WATCHED: [(&str, &[&str]); 5] = [
        ("vpc_id", places::VPC),
        ("subnet_id", places::SUBNET),
        ("eni_id", hosts::INTERFACE),
        ("transit_gateway_id", transit::GATEWAY),
        ("transit_gateway_attachment_id", transit::ATTACHMENT),
    ];
    for view in build.links.of(&["aws_flow_log"]) {
        let watched = WATCHED
            .into_iter()
            .find_map(|(argument, kinds)| build.one(&view, argument, kinds));
        let Some(resource) = watched else { continue };
        let item = FlowLog {
            resource: resource.as_str().into(),
            traffic: match view.text("traffic_type") {
                Some("ACCEPT") => TrafficType::Accept,
                Some("REJECT") => TrafficType::Reject,
                _ => TrafficType::All,
            },
            destination: view.text("log_destination_type").map(str::to_owned),
            format: view.text("log_format").map(str::to_owned),
            aggregation: view
                .number("max_aggregation_interval")
                .and_then(|seconds| u32::try_from(seconds).ok()),
            created: None,
            delivery: None,
        };
        build.add("flow_logs", &view, item, |model| &mut model.flow_logs);
    }
}

/// Types of these families that say nothing of who reaches whom, or are read with another.
const ELSEWHERE: [&str; 20] = [
    "aws_ec2_traffic_mirror_filter_rule",
    "aws_dx_connection",
    "aws_dx_connection_association",
    "aws_dx_connection_confirmation",
    "aws_dx_macsec_key_association",
    "aws_dx_bgp_peer",
    "aws_dx_lag",
    "aws_dx_hosted_connection",
    "aws_dx_hosted_private_virtual_interface",
    "aws_dx_hosted_public_virtual_interface",
    "aws_dx_hosted_transit_virtual_interface",
    "aws_dx_gateway_association",
    "aws_dx_gateway_association_proposal",
    "aws_networkfirewall_logging_configuration",
    "aws_networkfirewall_resource_policy",
    "aws_networkfirewall_tls_inspection_configuration",
    "aws_networkfirewall_vpc_endpoint_association",
    "aws_networkfirewall_firewall_transit_gateway_attachment_accepter",
    "aws_networkmanager_global_network",
    "aws_networkmanager_site",
];

/// What was taken for a local value, or for an argument of which nothing is written.
fn guesses(build: &mut Build<'_>) {
    let guesses: Vec<String> = build.links.guesses.borrow().iter().cloned().collect();
    if !guesses.is_empty() {
        build.note(format!(
            "a plan tells no local values and nothing of dynamic blocks; by their names, or because nothing else can be meant, {}",
            guesses.join("; ")
        ));
    }
}

/// Counts every resource. What is network and not modelled is known to be there, listed once by type, and unknown to who meets
/// it.
fn unsupported(build: &mut Build<'_>) {
    let asked = build.links.asked.borrow().clone();
    let mut unsupported = Counts::new();
    for instance in build.links.instances {
        let kind = instance.kind.as_str();
        let id = links::id(instance);
        let network = NETWORK.iter().any(|prefix| kind.starts_with(prefix)) && !ELSEWHERE.contains(&kind);
        let counts = if build.lost.contains(&instance.address) {
            &mut build.census.untold
        } else if asked.contains(kind) || build.model.contains(&id) {
            &mut build.census.mapped
        } else if network && !instance.data {
            &mut unsupported
        } else {
            &mut build.census.aside
        };
        count(counts, kind);
        if network && !instance.data && !asked.contains(kind) && !build.model.contains(&id) {
            build.unknown(&id, kind, "this kind is not imported from Terraform yet");
        }
    }
    if !unsupported.is_empty() {
        build.note(format!(
            "not modelled yet, and unknown where a packet meets them: {}",
            list(&unsupported)
        ));
    }
    for (kind, number) in unsupported {
        *build.census.unsupported.entry(kind).or_default() += number;
    }
}
