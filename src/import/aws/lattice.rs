//! VPC Lattice, as far as endpoints lead to it: resource gateways, resource configurations and service networks, from what
//! `aws vpc-lattice list-…` and `get-…` print.
//!
//! Lists come under `items`, an answer about one thing as a bare map; what a thing is stands in its ARN. A list of resource
//! configurations tells neither ports nor resources: those are in `get-resource-configuration`.

use super::Import;
use super::collect::{Dump, Found, Source};
use crate::model::{
    LatticeState, NetworkInterfaceId, OneOrMany, Ports, ResourceConfiguration, ResourceGateway,
    ServiceNetwork, Tags,
};
use crate::packet::{PortSet, parse_ports};
use serde::Deserialize;
use serde::de::MapAccess;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Anything of VPC Lattice, as far as it is read.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Item {
    id: String,
    arn: String,
    name: Option<String>,
    status: Option<String>,
    vpc_id: Option<String>,
    vpc_identifier: Option<String>,
    subnet_ids: Vec<String>,
    security_group_ids: Vec<String>,
    port_ranges: Vec<String>,
    resource_gateway_id: Option<String>,
    resource_configuration_group_id: Option<String>,
    resource_configuration_definition: Option<Definition>,
    #[serde(rename = "type")]
    kind: Option<String>,
    number_of_associated_services: Option<u32>,
    number_of_associated_resource_configurations: Option<usize>,
    resource_configuration_id: Option<String>,
    service_network_id: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Definition {
    dns_resource: Option<Dns>,
    ip_resource: Option<Ip>,
    arn_resource: Option<Arn>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Dns {
    domain_name: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Ip {
    ip_address: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Arn {
    arn: String,
}

/// The keys of an answer about one thing that are read, or say nothing of who reaches whom.
const KEYS: [&str; 16] = [
    "id",
    "arn",
    "name",
    "status",
    "vpcId",
    "subnetIds",
    "securityGroupIds",
    "portRanges",
    "resourceGatewayId",
    "resourceConfigurationGroupId",
    "resourceConfigurationDefinition",
    "type",
    "numberOfAssociatedServices",
    "numberOfAssociatedResourceConfigurations",
    "resourceConfigurationId",
    "serviceNetworkId",
];

/// An answer about one thing, part by part.
#[derive(Debug, Default)]
pub struct Answer(Map<String, Value>);

impl Answer {
    /// Reads the value of a key, if it may be of such an answer.
    pub fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<bool, A::Error> {
        if !KEYS.contains(&key) {
            return Ok(false);
        }
        self.0.insert(key.to_owned(), map.next_value()?);
        Ok(true)
    }

    /// Keeps what was read, if it was VPC Lattice's.
    pub fn add_to(self, dump: &mut Dump, source: &Source) {
        let ours = |arn: &Value| arn.as_str().is_some_and(is_lattice);
        if self.0.get("arn").is_some_and(ours)
            && let Ok(item) = serde_json::from_value(Value::Object(self.0))
        {
            dump.lattice.push(source.found(item));
        }
    }
}

/// Keeps the items of a list; gives back how many are of something else.
pub fn list(items: Vec<Value>, dump: &mut Dump, source: &Source) -> usize {
    let mut others = 0;
    for item in items {
        let ours = item.get("arn").and_then(Value::as_str).is_some_and(is_lattice);
        match serde_json::from_value(item) {
            Ok(item) if ours => dump.lattice.push(source.found(item)),
            _ => others += 1,
        }
    }
    others
}

fn is_lattice(arn: &str) -> bool {
    arn.split(':').nth(2) == Some("vpc-lattice")
}

impl Item {
    /// Whether it is of a kind, as ARNs call it.
    fn is(&self, kind: &str) -> bool {
        let last = self.arn.rsplit(':').next().unwrap_or_default();
        last.split('/').next() == Some(kind)
    }

    /// With what another answer about the same thing tells besides.
    fn joined(mut self, other: &Self) -> Self {
        fn fill<T: Clone>(own: &mut Option<T>, other: &Option<T>) {
            if own.is_none() {
                own.clone_from(other);
            }
        }
        fn add(own: &mut Vec<String>, other: &[String]) {
            if own.is_empty() {
                own.extend_from_slice(other);
            }
        }
        fill(&mut self.vpc_id, &other.vpc_id);
        fill(&mut self.vpc_identifier, &other.vpc_identifier);
        fill(&mut self.resource_gateway_id, &other.resource_gateway_id);
        fill(
            &mut self.resource_configuration_group_id,
            &other.resource_configuration_group_id,
        );
        fill(
            &mut self.resource_configuration_definition,
            &other.resource_configuration_definition,
        );
        fill(
            &mut self.number_of_associated_services,
            &other.number_of_associated_services,
        );
        fill(
            &mut self.number_of_associated_resource_configurations,
            &other.number_of_associated_resource_configurations,
        );
        add(&mut self.subnet_ids, &other.subnet_ids);
        add(&mut self.security_group_ids, &other.security_group_ids);
        add(&mut self.port_ranges, &other.port_ranges);
        self
    }
}

/// The things of a kind, each once.
fn of<'d>(dump: &'d Dump, kind: &str) -> BTreeMap<&'d str, Found<Item>> {
    let mut all: BTreeMap<&str, Found<Item>> = BTreeMap::new();
    for found in dump.lattice.iter().filter(|found| found.item.is(kind)) {
        let joined = match all.remove(found.item.id.as_str()) {
            Some(before) => Found {
                item: before.item.joined(&found.item),
                ..before
            },
            None => found.clone(),
        };
        all.insert(found.item.id.as_str(), joined);
    }
    all
}

/// Brings them over.
pub(super) fn bring(dump: &Dump, import: &mut Import) {
    for (id, found) in of(dump, "resourcegateway") {
        gateway(id, &found, import);
    }
    for (id, found) in of(dump, "resourceconfiguration") {
        configuration(id, &found, dump, import);
    }
    for (id, found) in of(dump, "servicenetwork") {
        network(id, &found, dump, import);
    }
}

fn gateway(id: &str, found: &Found<Item>, import: &mut Import) {
    let one = &found.item;
    let Some(vpc) = one.vpc_id.as_deref().or(one.vpc_identifier.as_deref()) else {
        import.note(format!("{id}: its VPC is not told, so it is left out"));
        return;
    };
    // No page promises it, but where AWS writes the gateway's id on an interface it is the gateway's.
    let described = import
        .model
        .enis
        .iter()
        .filter(|(_, eni)| eni.description.as_deref().is_some_and(|text| text.contains(id)));
    let enis: Vec<NetworkInterfaceId> = described.map(|(id, _)| id.clone()).collect();
    let item = ResourceGateway {
        name: one.name.clone(),
        vpc: vpc.into(),
        subnets: OneOrMany(one.subnet_ids.iter().map(|id| id.as_str().into()).collect()),
        enis: OneOrMany(enis),
        security_groups: one
            .security_group_ids
            .iter()
            .map(|id| id.as_str().into())
            .collect(),
        state: state(one.status.as_deref()),
        tags: Tags::new(),
    };
    import.add("resource_gateways", &found.file, id, item, |model| {
        &mut model.resource_gateways
    });
}

fn configuration(id: &str, found: &Found<Item>, dump: &Dump, import: &mut Import) {
    let one = &found.item;
    let definition = one.resource_configuration_definition.clone().unwrap_or_default();
    let arn = definition.arn_resource.map(|resource| resource.arn);
    let database = arn.as_deref().and_then(|arn| database(arn, dump));
    let mut ports = ports(&one.port_ranges);
    if let Some((_, port)) = &database
        && ports.is_none()
    {
        ports = port.map(|port| Ports(PortSet::one(port)));
    }
    let named = definition.dns_resource.map(|resource| resource.domain_name);
    let address = definition.ip_resource.map(|resource| resource.ip_address);
    let item = ResourceConfiguration {
        name: one.name.clone(),
        gateway: one.resource_gateway_id.as_deref().map(Into::into),
        group: one.resource_configuration_group_id.as_deref().map(Into::into),
        ports,
        resource: database.map(|(id, _)| id).or(address).or(named).or(arn),
        addresses: OneOrMany::default(),
        state: state(one.status.as_deref()),
        tags: Tags::new(),
    };
    import.add("resource_configurations", &found.file, id, item, |model| {
        &mut model.resource_configurations
    });
}

/// `["443", "8000-9000"]`.
fn ports(texts: &[String]) -> Option<Ports> {
    let sets: Vec<PortSet> = texts.iter().filter_map(|text| parse_ports(text).ok()).collect();
    let ranges = sets.iter().flat_map(|one| one.ranges().iter().copied());
    (!sets.is_empty()).then(|| Ports(PortSet::from_ranges(ranges)))
}

/// The service of a database that was collected, by its ARN, and its port.
fn database(arn: &str, dump: &Dump) -> Option<(String, Option<u16>)> {
    let mut words = arn.split(':').skip(2);
    let (service, kind, name) = (words.next()?, words.nth(2)?, words.next()?);
    let mut all = dump.databases.iter().map(|found| &found.item);
    let (prefix, own) = match (service, kind) {
        ("rds", "db") => ("rds", all.find(|one| one.identifier == name)?),
        ("rds", "cluster") => ("aurora", all.find(|one| one.cluster.as_deref() == Some(name))?),
        _ => return None,
    };
    Some((format!("{prefix}/{name}"), own.endpoint.port))
}

fn network(id: &str, found: &Found<Item>, dump: &Dump, import: &mut Import) {
    let one = &found.item;
    let associations = of(dump, "servicenetworkresourceassociation");
    let own = associations
        .values()
        .map(|found| &found.item)
        .filter(|found| found.service_network_id.as_deref() == Some(id));
    let own: Vec<&str> = own
        .filter_map(|found| found.resource_configuration_id.as_deref())
        .collect();
    if one
        .number_of_associated_resource_configurations
        .unwrap_or_default()
        > own.len()
    {
        import.note(format!(
            "{id}: what is associated with it was not collected (vpc-lattice list-service-network-resource-associations), so it is left out"
        ));
        return;
    }
    let item = ServiceNetwork {
        name: one.name.clone(),
        resource_configurations: OneOrMany(own.into_iter().map(Into::into).collect()),
        services: one.number_of_associated_services.unwrap_or_default(),
        tags: Tags::new(),
    };
    import.add("service_networks", &found.file, id, item, |model| {
        &mut model.service_networks
    });
}

/// VPC Lattice API, `status`.
fn state(status: Option<&str>) -> LatticeState {
    match status {
        Some("CREATE_IN_PROGRESS") => LatticeState::Pending,
        Some("CREATE_FAILED") => LatticeState::Failed,
        Some("DELETE_IN_PROGRESS") => LatticeState::Deleting,
        // What could not be changed or deleted is there as it was.
        _ => LatticeState::Active,
    }
}
