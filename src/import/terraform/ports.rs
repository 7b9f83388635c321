//! The ports on which databases and caches listen, where a rule takes one of them: what is written, else what the service takes
//! where nothing is (AWS provider, `port` of each type, read 2026-11-26).

use super::Build;
use super::links;
use super::view::View;
use crate::import::service::of_engine;

/// Types that have a port, and what it is where nothing is written, whatever the engine.
const PORTS: [(&str, Option<u16>); 9] = [
    ("aws_db_instance", None),
    ("aws_rds_cluster", None),
    ("aws_elasticache_cluster", None),
    ("aws_elasticache_replication_group", Some(6379)),
    ("aws_redshift_cluster", Some(5439)),
    ("aws_docdb_cluster", Some(27017)),
    ("aws_neptune_cluster", Some(8182)),
    ("aws_memorydb_cluster", Some(6379)),
    ("aws_dax_cluster", Some(8111)),
];

/// The port in an argument: a number, or the port of a database that anybody knows before it is made.
pub fn port<'a>(build: &Build<'a>, view: &View<'a>, argument: &str) -> Option<i64> {
    if let Some(known) = view.number(argument) {
        return Some(known);
    }
    let owners = build.links.whose(view, argument, "port");
    let [owner] = owners.as_slice() else { return None };
    let kinds: Vec<&str> = PORTS.iter().map(|(kind, _)| *kind).collect();
    let all = build.links.of(&kinds);
    let owner = all.into_iter().find(|one| links::id(one.owner) == *owner)?;
    let default = PORTS.iter().find(|(kind, _)| *kind == owner.owner.kind)?.1;
    let engine = owner.text("engine").and_then(of_engine);
    // RDS API, `CreateDBCluster`, `Port`.
    let aurora = owner.text("engine") == Some("aurora-postgresql");
    let told = owner.number("port");
    told.or_else(|| Some(default.or(engine).or(aurora.then_some(5432))?.into()))
}
