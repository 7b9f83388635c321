//! The interfaces that services keep in a VPC, under the names by which people know them.
//!
//! Whose a requester-managed interface is stands in its description, as AWS writes it for a reader: no page promises the words,
//! so a description that is not known names nothing, and its interface is still there under its own id. What RDS writes names
//! no database: there `rds describe-db-instances` tells which groups, subnets and zones are a database's, and so its interfaces.
//! A function may use an interface that Lambda made for another one of the same subnet and groups (Lambda guide, "Giving Lambda
//! functions access to resources in an Amazon VPC", read 2026-11-26): then it is named after that one.

use super::Import;
use super::collect::Dump;
use super::shape::DbInstance;
use crate::model::{
    Location, NetworkInterface, NetworkInterfaceId, OneOrMany, ResourceId, Service, ServiceId,
};
use std::collections::{BTreeMap, BTreeSet};

/// How a description begins, what it is of, and where the name ends.
const DESCRIBED: [(&str, &str, End); 8] = [
    ("AWS Lambda VPC ENI-", "lambda", End::BeforeUuid),
    ("AWS Lambda VPC ENI: ", "lambda", End::BeforeUuid),
    ("EFS mount target for ", "efs", End::Word),
    ("ElastiCache ", "elasticache", End::Word),
    ("ES ", "opensearch", End::Word),
    ("Amazon EKS ", "eks-cluster", End::Word),
    (
        "DO NOT DELETE - Amazon MSK network interface for cluster ",
        "msk",
        End::Cluster,
    ),
    (
        "AWS created network interface for directory ",
        "directory",
        End::Word,
    ),
];

/// What RDS writes on each of its interfaces.
const RDS: &str = "RDSNetworkInterface";

/// Where a name ends.
#[derive(Clone, Copy)]
enum End {
    /// Before the UUID that makes it unique.
    BeforeUuid,
    /// With the word.
    Word,
    /// It is in the ARN of a cluster.
    Cluster,
}

/// What is known of a service: its kind, its name.
type Known = (&'static str, String);

/// Names the services of the interfaces.
pub fn bring(dump: &Dump, import: &mut Import) {
    let mut found: BTreeMap<Known, BTreeSet<NetworkInterfaceId>> = BTreeMap::new();
    for (id, eni) in &import.model.enis {
        if let Some(known) = eni.description.as_deref().and_then(described) {
            found.entry(known).or_default().insert(id.clone());
        }
    }
    for database in dump.databases.iter().map(|found| &found.item) {
        let enis = interfaces(database, import);
        let own = ("rds", database.identifier.clone());
        let cluster = database.cluster.clone().map(|cluster| ("aurora", cluster));
        for known in std::iter::once(own).chain(cluster) {
            found.entry(known).or_default().extend(enis.iter().cloned());
        }
    }
    for ((kind, name), enis) in found.into_iter().filter(|(_, enis)| !enis.is_empty()) {
        add(import, kind, &name, enis.into_iter().collect());
    }
}

fn add(import: &mut Import, kind: &str, name: &str, enis: Vec<NetworkInterfaceId>) {
    let id = format!("{kind}/{name}");
    let first = enis.first().map(|eni| ("enis", ResourceId::from(eni.as_str())));
    let place = first.and_then(|key| import.files.items.get(&key).cloned());
    import
        .files
        .items
        .extend(place.map(|place: Location| (("services", ResourceId::from(id.as_str())), place)));
    // A name that something else has already would mean two things.
    let free = import.model.names().all(|(_, other)| other != name) && !import.model.contains(name);
    let service = Service {
        name: free.then(|| name.to_owned()),
        kind: kind.to_owned(),
        enis: OneOrMany(enis),
    };
    import
        .model
        .services
        .insert(ServiceId::from(id.as_str()), service);
}

/// Whose an interface is, by its description.
fn described(text: &str) -> Option<Known> {
    let (rest, kind, end) = DESCRIBED
        .iter()
        .find_map(|(start, kind, end)| Some((text.strip_prefix(start)?, *kind, *end)))?;
    let name = match end {
        End::BeforeUuid => before_uuid(rest),
        End::Word => rest.split_whitespace().next()?,
        End::Cluster => rest.split_once(":cluster/")?.1.split('/').next()?,
    };
    (!name.is_empty()).then(|| (kind, name.to_owned()))
}

/// `worker` of `worker-0b0a4e0c-9f0e-4d0e-8f3e-2f6a1c9d7e11`.
fn before_uuid(text: &str) -> &str {
    const UUID: usize = 36;
    let split = text
        .len()
        .checked_sub(UUID + 1)
        .filter(|at| text.is_char_boundary(*at));
    let Some((name, tail)) = split.map(|at| text.split_at(at)) else {
        return text;
    };
    let hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let lengths: Vec<usize> = tail.split('-').map(str::len).collect();
    match lengths.as_slice() {
        [0, 8, 4, 4, 4, 12] if tail.split('-').all(hex) => name,
        _ => text,
    }
}

/// The interfaces of a database: RDS's own, with its groups, in its subnets and in one of its zones.
fn interfaces(database: &DbInstance, import: &Import) -> Vec<NetworkInterfaceId> {
    let groups: BTreeSet<&str> = database
        .groups
        .iter()
        .filter_map(|one| one.id.as_deref())
        .collect();
    let listed = &database.subnet_group.subnets;
    let subnets: BTreeSet<&str> = listed
        .iter()
        .filter_map(|one| one.subnet_identifier.as_deref())
        .collect();
    let zones: BTreeSet<&str> = [&database.availability_zone, &database.secondary_availability_zone]
        .into_iter()
        .filter_map(|zone| zone.as_deref())
        .collect();
    let here = |eni: &NetworkInterface| {
        let subnet = import.model.subnets.get(&eni.subnet);
        let zone = subnet.and_then(|subnet| subnet.az.as_deref());
        let own: BTreeSet<&str> = eni.security_groups.iter().map(|group| group.as_str()).collect();
        eni.description.as_deref() == Some(RDS)
            && own == groups
            && subnets.contains(eni.subnet.as_str())
            && (zones.is_empty() || zone.is_none_or(|zone| zones.contains(zone)))
    };
    let all = import.model.enis.iter();
    all.filter(|(_, eni)| here(eni))
        .map(|(id, _)| id.clone())
        .collect()
}
