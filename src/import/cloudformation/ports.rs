//! The ports on which databases and caches listen, as `Fn::GetAtt` gives them: what the template writes, else what the service
//! takes where nothing is written.
//!
//! Sources: Template Reference, `Port` of each type, read 2026-11-26. Of Aurora PostgreSQL it tells another port than the RDS API,
//! so nothing is said of it.

use super::evaluate::Evaluator;
use super::template::Trouble;
use super::value::Known;
use crate::import::service::of_engine;

/// A type, the property that is its port, the port where none is written, and the attributes that give it.
struct Port(&'static str, &'static str, Option<u16>, &'static [&'static str]);

const PORTS: [Port; 9] = [
    Port("AWS::RDS::DBInstance", "Port", None, &["Endpoint.Port"]),
    Port("AWS::RDS::DBCluster", "Port", None, &["Endpoint.Port"]),
    Port("AWS::Redshift::Cluster", "Port", Some(5439), &["Endpoint.Port"]),
    Port("AWS::Neptune::DBCluster", "DBPort", Some(8182), &["Port"]),
    Port("AWS::DocDB::DBCluster", "Port", Some(27017), &["Port"]),
    Port(
        "AWS::MemoryDB::Cluster",
        "Port",
        Some(6379),
        &["ClusterEndpoint.Port"],
    ),
    Port(
        "AWS::ElastiCache::ReplicationGroup",
        "Port",
        Some(6379),
        &[
            "PrimaryEndPoint.Port",
            "ConfigurationEndPoint.Port",
            "ReaderEndPoint.Port",
        ],
    ),
    Port(
        "AWS::ElastiCache::CacheCluster",
        "Port",
        None,
        &["RedisEndpoint.Port", "ConfigurationEndpoint.Port"],
    ),
    Port("AWS::ElastiCache::ServerlessCache", "", None, &["Endpoint.Port"]),
];

/// Whether an attribute of this type is such a port.
pub fn is_port(kind: &str, attribute: &str) -> bool {
    PORTS
        .iter()
        .any(|Port(own, _, _, attributes)| *own == kind && attributes.contains(&attribute))
}

/// The port, if anybody knows it before it is made.
pub fn value(evaluator: &mut Evaluator<'_>, resource: &str, kind: &str) -> Result<Option<Known>, Trouble> {
    let template = evaluator.template;
    let Some(Port(_, property, default, _)) = PORTS.iter().find(|one| one.0 == kind) else {
        return Ok(None);
    };
    if let Some(written) = template.property(resource, property) {
        return Ok(Some(evaluator.value(written)?.kind));
    }
    let engine = match template.property(resource, "Engine") {
        Some(written) => evaluator.value(written)?.text().map(str::to_owned),
        None => None,
    };
    let port = default.or_else(|| of_engine(&engine?));
    Ok(port.map(|port| Known::Text(port.to_string())))
}
