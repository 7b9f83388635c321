//! Network interfaces, instances and the public addresses of both.

use super::collect::Dump;
use super::{Import, shape};
use crate::model::{
    AddressSpec, AllocationId, Cidr, ElasticIp, Instance, InstanceState, NetworkInterface,
    NetworkInterfaceId, OneOrMany,
};
use std::net::{IpAddr, Ipv4Addr};

/// Brings them over. They are most of what a large dump holds: each is given up as soon as it is brought, but for those on an
/// Outpost or behind a carrier gateway, whose gateways are asked for them.
pub fn bring(dump: &mut Dump, import: &mut Import) {
    for found in std::mem::take(&mut dump.reservations) {
        for instance in &found.item.instances {
            let state = instance.state.as_ref().and_then(|state| state.name.as_deref());
            let name = super::name(&instance.tags);
            let item = Instance {
                name,
                state: self::state(state),
                tags: super::tags(&instance.tags),
            };
            import.add(
                "instances",
                &found.file,
                instance.instance_id.as_str(),
                item,
                |model| &mut model.instances,
            );
            // Only where the interfaces themselves were not collected does the instance speak for them.
            if !dump.seen.contains("NetworkInterfaces") {
                for eni in &instance.network_interfaces {
                    let attachment = shape::Attachment {
                        instance_id: Some(instance.instance_id.clone()),
                        device_index: eni
                            .attachment
                            .as_ref()
                            .map_or(0, |attachment| attachment.device_index),
                    };
                    let eni = shape::NetworkInterface {
                        attachment: Some(attachment),
                        ..eni.clone()
                    };
                    interface(&eni, &found.file, import);
                }
            }
        }
    }
    for found in std::mem::take(&mut dump.enis) {
        interface(&found.item, &found.file, import);
        let association = found.item.association.as_ref();
        if association.is_some_and(|one| one.carrier_ip.is_some() || one.customer_owned_ip.is_some()) {
            dump.enis.push(found);
        }
    }
    for found in &dump.addresses {
        elastic(&found.item, &found.file, import);
    }
}

fn state(text: Option<&str>) -> InstanceState {
    match text {
        Some("pending") => InstanceState::Pending,
        Some("stopping") => InstanceState::Stopping,
        Some("stopped") => InstanceState::Stopped,
        Some("shutting-down") => InstanceState::ShuttingDown,
        Some("terminated") => InstanceState::Terminated,
        _ => InstanceState::Running,
    }
}

/// The private IPv4 addresses, the primary one first.
fn private(eni: &shape::NetworkInterface) -> Vec<shape::PrivateAddress> {
    let mut all = eni.private_ip_addresses.clone();
    if all.is_empty() && eni.private_ip_address.is_some() {
        all.push(shape::PrivateAddress {
            private_ip_address: eni.private_ip_address,
            primary: true,
            association: eni.association.clone(),
        });
    }
    all.sort_by_key(|address| !(address.primary || address.private_ip_address == eni.private_ip_address));
    all
}

fn interface(eni: &shape::NetworkInterface, file: &std::sync::Arc<str>, import: &mut Import) {
    let private = private(eni);
    let v4 = private
        .iter()
        .filter_map(|address| address.private_ip_address.map(IpAddr::V4));
    let v6 = eni
        .ipv6_addresses
        .iter()
        .filter_map(|address| address.ipv6_address);
    let prefixes = eni
        .ipv4_prefixes
        .iter()
        .filter_map(|prefix| prefix.ipv4_prefix.as_deref());
    let prefixes = prefixes.chain(
        eni.ipv6_prefixes
            .iter()
            .filter_map(|prefix| prefix.ipv6_prefix.as_deref()),
    );
    let own = if eni.tag_set.is_empty() {
        &eni.tags
    } else {
        &eni.tag_set
    };
    let attachment = eni.attachment.clone().unwrap_or_default();
    let item = NetworkInterface {
        name: super::name(own),
        subnet: eni.subnet_id.as_str().into(),
        ip: OneOrMany(v4.chain(v6).map(AddressSpec::Known).collect()),
        prefixes: OneOrMany(prefixes.filter_map(|text| Cidr::parse(text).ok()).collect()),
        public_ip: private
            .first()
            .and_then(|address| public(address.association.as_ref()?)),
        security_groups: eni
            .groups
            .iter()
            .map(|group| group.group_id.as_str().into())
            .collect(),
        source_dest_check: eni.source_dest_check.unwrap_or(true),
        source_nat: false,
        deny_all_igw_traffic: eni.deny_all_igw_traffic.unwrap_or(false),
        instance: attachment.instance_id.as_deref().map(Into::into),
        device_index: attachment.device_index,
        interface_type: eni.interface_type.clone().filter(|kind| kind != "interface"),
        description: eni.description.clone().filter(|text| !text.is_empty()),
        tags: super::tags(own),
    };
    let id = eni.network_interface_id.as_str();
    import.add("enis", file, id, item, |model| &mut model.enis);
    for address in private.iter().skip(1) {
        associated(id, address, file, import);
    }
}

/// A customer-owned address of an Outpost is none of the internet's.
fn public(association: &shape::PublicAssociation) -> Option<Ipv4Addr> {
    association
        .public_ip
        .filter(|public| Some(*public) != association.customer_owned_ip)
}

/// The Elastic IP address of a secondary private address.
fn associated(eni: &str, address: &shape::PrivateAddress, file: &std::sync::Arc<str>, import: &mut Import) {
    let Some(association) = &address.association else {
        return;
    };
    let Some(public) = public(association) else {
        return;
    };
    let item = ElasticIp {
        name: None,
        public_ip: public,
        eni: Some(eni.into()),
        private_ip: address.private_ip_address,
        nat_gateway: None,
        tags: crate::model::Tags::new(),
    };
    let id = allocation_id(association.allocation_id.clone(), public);
    import.add("elastic_ips", file, &id, item, |model| &mut model.elastic_ips);
}

fn allocation_id(id: Option<String>, public: Ipv4Addr) -> String {
    id.unwrap_or_else(|| format!("eipassoc-{public}"))
}

/// An Elastic IP address that no interface told of.
fn elastic(address: &shape::Address, file: &std::sync::Arc<str>, import: &mut Import) {
    let Some(public) = address
        .public_ip
        .filter(|public| Some(*public) != address.customer_owned_ip)
    else {
        return;
    };
    let model = &import.model;
    let id = AllocationId::from(allocation_id(address.allocation_id.clone(), public).as_str());
    let eni: Option<NetworkInterfaceId> = address.network_interface_id.as_deref().map(Into::into);
    let told = eni
        .as_ref()
        .and_then(|eni| model.enis.get(eni))
        .is_some_and(|eni| eni.public_ip == Some(public));
    let nat = model
        .nat_gateways
        .values()
        .any(|nat| nat.public_ip.iter().any(|ip| *ip == public) || nat.eni.is_some() && nat.eni == eni);
    if told
        || nat
        || model.elastic_ips.contains_key(&id)
        || model.elastic_ips.values().any(|ip| ip.public_ip == public)
    {
        return;
    }
    let item = ElasticIp {
        name: super::name(&address.tags),
        public_ip: public,
        eni,
        private_ip: address.private_ip_address,
        nat_gateway: None,
        tags: super::tags(&address.tags),
    };
    import.add("elastic_ips", file, id.as_str(), item, |model| {
        &mut model.elastic_ips
    });
}
