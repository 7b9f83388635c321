//! Folders of what `aws SERVICE CALL --output json` prints.
//!
//! Files may be named by call (`ec2-describe-vpcs.json`), by content (`Vpcs.json`) or anyhow; at the top, under `REGION/`, or
//! under `accounts/ID/REGION/`. An empty answer means none. A call that was not collected is a note: what it would have said
//! is AWS's default where it is a setting, and unknown where something names it.

mod balancing;
mod collect;
mod endpoints;
mod firewall_shape;
mod firewalls;
mod hybrid;
mod hybrid_shape;
mod interfaces;
mod lattice;
mod mirrors;
mod missing;
mod public_access;
mod routing;
mod rules;
mod script;
mod services;
mod shape;
mod transit;
mod wan;

pub use script::collection_script;

pub(super) use firewalls::{blank_group, policy_from, rule_group_from};

use super::{File, gateways_of_routes, settle};
use crate::model::{
    Cidr, Diagnostic, Diagnostics, FlowLog, ItemFiles, Loaded, Location, Model, OneOrMany, Origin,
    ResourceId, Subnet, Tags, TrafficType, Vpc, validate,
};
use collect::{Dump, is_region};
use std::collections::BTreeMap;
use std::sync::Arc;

/// AWS's default flow log format, which the model leaves out.
const DEFAULT_FORMAT: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} \
                              ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";

/// A model under way, and the file of each item.
pub(super) struct Import {
    model: Model,
    files: ItemFiles,
}

impl Import {
    /// Adds an item. The same item again is no matter; another one of the same id is worth a word.
    fn add<K, T: PartialEq>(
        &mut self,
        section: &'static str,
        file: &Arc<str>,
        id: &str,
        item: T,
        section_of: impl Fn(&mut Model) -> &mut BTreeMap<K, T>,
    ) where
        K: for<'a> From<&'a str> + Ord,
    {
        let items = section_of(&mut self.model);
        match items.get(&K::from(id)) {
            None => {
                items.insert(K::from(id), item);
                let location = Location::file(Arc::clone(file));
                self.files.items.insert((section, ResourceId::from(id)), location);
            }
            Some(first) if *first != item => self.note(format!(
                "{id} was collected twice, and differs: the first is taken"
            )),
            Some(_) => {}
        }
    }

    fn note(&mut self, note: String) {
        if !self.model.notes.contains(&note) {
            self.model.notes.push(note);
        }
    }
}

/// The Name tag.
fn name(tags: &[shape::Tag]) -> Option<String> {
    tags.iter()
        .find(|tag| tag.key == "Name")
        .map(|tag| tag.value.clone())
        .filter(|name| !name.is_empty())
}

/// The other tags.
fn tags(tags: &[shape::Tag]) -> Tags {
    tags.iter()
        .filter(|tag| tag.key != "Name")
        .map(|tag| (tag.key.clone(), tag.value.clone()))
        .collect()
}

/// Reads a dump's files into a model.
pub fn from_files(files: Vec<File>) -> Result<Loaded, Diagnostics> {
    from_each(files.into_iter().map(Ok))
}

/// The same, one file after the other: none is held longer than it is read. What could not be opened comes as a mistake.
pub fn from_each(files: impl Iterator<Item = Result<File, Box<Diagnostic>>>) -> Result<Loaded, Diagnostics> {
    let (mut dump, mistakes) = collect::collect(files);
    let mut import = Import {
        model: Model {
            version: 1,
            origin: Origin::Imported,
            ..Model::default()
        },
        files: ItemFiles::default(),
    };
    places(&dump, &mut import);
    routing::bring(&dump, &mut import);
    interfaces::bring(&mut dump, &mut import);
    balancing::bring(&dump, &mut import);
    transit::bring(&dump, &mut import);
    hybrid::bring(&dump, &mut import);
    wan::bring(&dump, &mut import);
    firewalls::bring(&dump, &mut import);
    endpoints::bring(&dump, &mut import);
    lattice::bring(&dump, &mut import);
    mirrors::bring(&dump, &mut import);
    public_access::bring(&dump, &mut import);
    filters(&dump, &mut import);
    services::bring(&dump, &mut import);
    flow_logs(&dump, &mut import);
    notes(&dump, &mut import);
    let census = Some(dump.census());
    drop(dump);
    let Import { mut model, files } = import;
    model.sources.add(Arc::new(files));
    gateways_of_routes(&mut model);
    let warnings = validate(&mut model);
    let loaded = Loaded {
        model,
        warnings,
        census,
    };
    settle(loaded, mistakes)
}

fn cidrs<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> Vec<Cidr> {
    let mut cidrs: Vec<Cidr> = Vec::new();
    for cidr in texts.flatten().filter_map(|text| Cidr::parse(text).ok()) {
        if !cidrs.contains(&cidr) {
            cidrs.push(cidr);
        }
    }
    cidrs
}

fn works(state: &Option<shape::CidrState>) -> bool {
    state
        .as_ref()
        .and_then(|state| state.state.as_deref())
        .is_none_or(|state| state == "associated")
}

fn places(dump: &Dump, import: &mut Import) {
    let zones: BTreeMap<&str, &str> = dump
        .subnets
        .iter()
        .filter_map(|found| {
            Some((
                found.item.vpc_id.as_str(),
                found.item.availability_zone.as_deref()?,
            ))
        })
        .collect();
    for found in &dump.vpcs {
        let vpc = &found.item;
        let more = vpc
            .cidr_block_association_set
            .iter()
            .filter(|one| works(&one.cidr_block_state));
        let v6 = vpc
            .ipv6_cidr_block_association_set
            .iter()
            .filter(|one| works(&one.ipv6_cidr_block_state));
        let all = std::iter::once(vpc.cidr_block.as_deref())
            .chain(more.map(|one| one.cidr_block.as_deref()))
            .chain(v6.map(|one| one.ipv6_cidr_block.as_deref()));
        let zone = zones
            .get(vpc.vpc_id.as_str())
            .map(|zone| zone.trim_end_matches(|last: char| last.is_ascii_lowercase()));
        let region = found.region.as_deref().or(zone.filter(|zone| is_region(zone)));
        let item = Vpc {
            name: name(&vpc.tags),
            cidr: OneOrMany(cidrs(all)),
            region: region.map(str::to_owned),
            account: vpc.owner_id.clone(),
            dns_support: true,
            tags: tags(&vpc.tags),
        };
        import.add("vpcs", &found.file, &vpc.vpc_id, item, |model| &mut model.vpcs);
    }
    for found in &dump.subnets {
        let subnet = &found.item;
        let v6 = subnet
            .ipv6_cidr_block_association_set
            .iter()
            .filter(|one| works(&one.ipv6_cidr_block_state));
        let all =
            std::iter::once(subnet.cidr_block.as_deref()).chain(v6.map(|one| one.ipv6_cidr_block.as_deref()));
        let item = Subnet {
            name: name(&subnet.tags),
            vpc: subnet.vpc_id.as_str().into(),
            cidr: OneOrMany(cidrs(all)),
            az: subnet.availability_zone.clone(),
            route_table: None,
            nacl: None,
            tags: tags(&subnet.tags),
        };
        import.add("subnets", &found.file, &subnet.subnet_id, item, |model| {
            &mut model.subnets
        });
    }
}

fn filters(dump: &Dump, import: &mut Import) {
    for found in &dump.groups {
        let item = rules::security_group(&found.item);
        import.add(
            "security_groups",
            &found.file,
            &found.item.group_id,
            item,
            |model| &mut model.security_groups,
        );
    }
    for found in &dump.group_associations {
        let association = &found.item;
        let works = matches!(association.state.as_deref(), None | Some("associated"));
        if let (true, Some(group)) = (
            works,
            import
                .model
                .security_groups
                .get_mut(association.group_id.as_str()),
        ) {
            group.associated_vpcs.push(association.vpc_id.as_str().into());
        }
    }
    for found in &dump.acls {
        let acl = &found.item;
        import.add(
            "nacls",
            &found.file,
            &acl.network_acl_id,
            rules::network_acl(acl),
            |model| &mut model.nacls,
        );
        for subnet in acl
            .associations
            .iter()
            .filter_map(|association| association.subnet_id.as_deref())
        {
            if let Some(subnet) = import.model.subnets.get_mut(subnet) {
                subnet.nacl = Some(acl.network_acl_id.as_str().into());
            }
        }
    }
}

fn flow_logs(dump: &Dump, import: &mut Import) {
    for found in &dump.flow_logs {
        let log = &found.item;
        let Some(resource) = log.resource_id.as_deref() else {
            continue;
        };
        let item = FlowLog {
            resource: resource.into(),
            traffic: match log.traffic_type.as_deref() {
                Some("ACCEPT") => TrafficType::Accept,
                Some("REJECT") => TrafficType::Reject,
                _ => TrafficType::All,
            },
            destination: log.log_destination_type.clone(),
            format: log.log_format.clone().filter(|format| format != DEFAULT_FORMAT),
            aggregation: log.max_aggregation_interval,
            created: log.creation_time.clone(),
            delivery: log.deliver_logs_status.clone(),
        };
        import.add("flow_logs", &found.file, &log.flow_log_id, item, |model| {
            &mut model.flow_logs
        });
    }
}

/// What was not read, and what was not collected: once each.
fn notes(dump: &Dump, import: &mut Import) {
    let others: Vec<String> = dump
        .others
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(key, count)| format!("{key} ({count})"))
        .collect();
    if !others.is_empty() {
        import.note(format!(
            "not modelled yet, and unknown where a packet meets them: {}",
            others.join(", ")
        ));
    }
    missing::tell(dump, import);
    for file in &dump.nameless {
        import.note(format!(
            "{file} does not say whose answer it is, and is not read: end its name with the id that was asked for"
        ));
    }
    for file in &dump.truncated {
        import.note(format!(
            "{file} is cut off (NextToken): collect it again without --max-items"
        ));
    }
}
