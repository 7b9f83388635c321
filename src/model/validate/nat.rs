//! Where NAT gateways stand: rules V32 and V33 of the reference.

use super::{Check, Place};
use crate::model::{NatConnectivity, RouteTable, SubnetId};

/// Checks them.
pub fn check(check: &mut Check<'_>) {
    let model = check.model;
    for (id, nat) in &model.nat_gateways {
        let place = Place::item("nat_gateways", id).field("subnet");
        // A regional one stands in no subnet.
        let Some(subnet) = &nat.subnet else { continue };
        let Some(described) = model.subnets.get(subnet) else {
            continue;
        };
        let leads = |table: &RouteTable, to: &dyn Fn(&str) -> bool| {
            table.routes.iter().any(|route| to(route.target.as_str()))
        };
        let gateways = model.internet_gateways.iter();
        let own: Vec<&str> = gateways
            .filter(|(_, gateway)| gateway.vpc.as_ref() == Some(&described.vpc))
            .map(|(id, _)| id.as_str())
            .collect();
        if nat.connectivity == NatConnectivity::Public && own.is_empty() {
            let message = format!("{} has no internet gateway, and {id} is public", described.vpc);
            check.say("MODEL_NAT_WITHOUT_IGW", &place, message);
        }
        let Some(table) = table(check, subnet) else {
            continue;
        };
        if nat.connectivity == NatConnectivity::Private && leads(table, &|target| own.contains(&target)) {
            let message =
                format!("{subnet} leads to an internet gateway, which drops what the private {id} sends");
            check.say("MODEL_NAT_PRIVATE_IGW", &place, message);
        }
        if leads(table, &|target| target == id.as_str()) {
            let message = format!(
                "the route table of {subnet} leads to {id}, which is in that subnet: it serves other subnets"
            );
            check.say("MODEL_NAT_OWN_SUBNET", &place, message);
        }
    }
}

fn table<'m>(check: &Check<'m>, subnet: &SubnetId) -> Option<&'m RouteTable> {
    let model = check.model;
    let subnet = model.subnets.get(subnet)?;
    let main = || {
        model
            .route_tables
            .values()
            .find(|table| table.main && table.vpc == subnet.vpc)
    };
    match &subnet.route_table {
        Some(id) => model.route_tables.get(id),
        None => main(),
    }
}
