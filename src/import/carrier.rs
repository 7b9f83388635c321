//! Carrier IP addresses, for the importers of plans and templates: in a Wavelength Zone what is written as a public address is one of
//! the carrier's, and a carrier gateway translates it, not an internet gateway (VPC guide, "Carrier gateways").

use crate::model::{CarrierGatewayId, Model, NetworkInterfaceId, Subnet, SubnetId, VpcId};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// What is in the name of a Wavelength Zone, as in `us-east-1-wl1-bos-wlz-1` (Wavelength guide, "Available Wavelength Zones").
const ZONE: &str = "-wl";

/// Gives the carrier gateways the addresses of the interfaces in their VPC's Wavelength Zones.
pub fn addresses(model: &mut Model) {
    let gateways = model.carrier_gateways.iter();
    let attached = gateways.filter_map(|(id, gateway)| Some((id.clone(), gateway.vpc.clone()?)));
    let attached: Vec<(CarrierGatewayId, VpcId)> = attached.collect();
    for (id, vpc) in attached {
        let subnets = model.subnets.iter();
        let own = subnets.filter(|(_, subnet)| subnet.vpc == vpc && is_beyond(subnet, &id, model));
        let own: BTreeSet<SubnetId> = own.map(|(id, _)| id.clone()).collect();
        let taken = take(model, &own);
        if let Some(gateway) = model.carrier_gateways.get_mut(&id) {
            gateway.addresses.extend(taken);
        }
    }
}

/// Whether a subnet is in a Wavelength Zone: its zone says so, or a route to the gateway, which no other subnet can have.
fn is_beyond(subnet: &Subnet, gateway: &CarrierGatewayId, model: &Model) -> bool {
    let own = subnet
        .route_table
        .as_ref()
        .and_then(|id| model.route_tables.get(id));
    let mut tables = model.route_tables.values();
    let table = match &subnet.route_table {
        Some(_) => own,
        None => tables.find(|table| table.vpc == subnet.vpc && table.main),
    };
    let mut routes = table.into_iter().flat_map(|table| &table.routes);
    subnet.az.as_ref().is_some_and(|zone| zone.contains(ZONE))
        || routes.any(|route| route.target.as_str() == gateway.as_str())
}

/// Takes the public addresses from the interfaces of these subnets.
fn take(model: &mut Model, subnets: &BTreeSet<SubnetId>) -> Vec<(NetworkInterfaceId, Ipv4Addr)> {
    let enis = model
        .enis
        .iter_mut()
        .filter(|(_, eni)| subnets.contains(&eni.subnet));
    let mut taken: Vec<_> = enis
        .filter_map(|(id, eni)| Some((id.clone(), eni.public_ip.take()?)))
        .collect();
    let enis = &model.enis;
    model.elastic_ips.retain(|_, elastic| {
        let eni = elastic.eni.as_ref();
        let here = eni.filter(|id| enis.get(*id).is_some_and(|eni| subnets.contains(&eni.subnet)));
        taken.extend(here.map(|id| (id.clone(), elastic.public_ip)));
        here.is_none()
    });
    taken
}
