//! How much of everything AWS allows: rules V30 and V31 of the reference. What can be raised is no error.

use super::{Check, Place};
use crate::model::VpcId;
use std::collections::BTreeMap;

/// The most routes of one family in a table, and the most of them propagated (VPC guide, "Amazon VPC quotas").
const ROUTES_MAX: usize = 500;
const PROPAGATED_MAX: usize = 100;
/// The most that a VPC has, after every increase or by default (same page).
const CIDRS_MAX: usize = 50;
const SUBNETS_MAX: usize = 200;
const TABLES_MAX: usize = 200;
const ACLS_MAX: usize = 200;
const PEERINGS_MAX: usize = 125;
const ENTRIES_MAX: usize = 1000;

/// Checks them.
pub fn check(check: &mut Check<'_>) {
    routes(check);
    vpcs(check);
    for (id, list) in &check.model.prefix_lists {
        let place = Place::item("prefix_lists", id).field("entries");
        many(
            check,
            list.entries.len(),
            ENTRIES_MAX,
            "entries in a prefix list",
            &place,
        );
    }
}

fn many(check: &mut Check<'_>, count: usize, most: usize, what: &str, place: &Place) {
    if count > most {
        check.say("MODEL_QUOTA", place, format!("{count} {what}; AWS allows {most}"));
    }
}

fn routes(check: &mut Check<'_>) {
    for (id, table) in &check.model.route_tables {
        let place = Place::item("route_tables", id).field("routes");
        let v6 = |route: &&crate::model::Route| matches!(&route.destination, crate::model::Peer::Cidr(cidr) if cidr.0.addr().is_ipv6());
        let six = table.routes.iter().filter(v6).count();
        let most = six.max(table.routes.len() - six);
        many(check, most, ROUTES_MAX, "routes of one family in a table", &place);
        let propagated = table.routes.iter().filter(|route| route.propagated).count();
        many(
            check,
            propagated,
            PROPAGATED_MAX,
            "propagated routes in a table",
            &place,
        );
    }
}

fn vpcs(check: &mut Check<'_>) {
    let model = check.model;
    let count = |vpcs: &mut dyn Iterator<Item = VpcId>| {
        let mut counts: BTreeMap<VpcId, usize> = BTreeMap::new();
        vpcs.for_each(|vpc| *counts.entry(vpc).or_default() += 1);
        counts
    };
    let subnets = count(&mut model.subnets.values().map(|one| one.vpc.clone()));
    let tables = count(&mut model.route_tables.values().map(|one| one.vpc.clone()));
    let acls = count(&mut model.nacls.values().map(|one| one.vpc.clone()));
    let sides = model.peering_connections.values();
    let sides = sides.flat_map(|one| [one.requester.clone(), one.accepter.clone()]);
    let peerings = count(&mut sides.into_iter());
    for (id, vpc) in &model.vpcs {
        let place = Place::item("vpcs", id);
        let of = |counts: &BTreeMap<VpcId, usize>| counts.get(id).copied().unwrap_or_default();
        let v4 = vpc.cidr.iter().filter(|cidr| cidr.0.addr().is_ipv4()).count();
        let most = v4.max(vpc.cidr.0.len() - v4);
        many(
            check,
            most,
            CIDRS_MAX,
            "CIDRs of one family in a VPC",
            &place.clone().field("cidr"),
        );
        many(check, of(&subnets), SUBNETS_MAX, "subnets in a VPC", &place);
        many(check, of(&tables), TABLES_MAX, "route tables in a VPC", &place);
        many(check, of(&acls), ACLS_MAX, "network ACLs in a VPC", &place);
        many(
            check,
            of(&peerings),
            PEERINGS_MAX,
            "peering connections of a VPC",
            &place,
        );
    }
}
