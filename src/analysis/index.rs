//! Where names and addresses are looked up, so that a question on a large model is answered without reading all of it.

use crate::model::{AddressSpec, InstanceId, Model, NetworkInterfaceId, ResourceId};
use ipnet::IpNet;
use rustc_hash::FxHashMap;
use std::net::{IpAddr, Ipv4Addr};

/// What a model's questions look up.
#[derive(Debug, Default)]
pub struct Index {
    /// The items that have a name.
    pub names: FxHashMap<String, Vec<ResourceId>>,
    /// The interfaces that have a private address for certain.
    pub private: FxHashMap<IpAddr, Vec<NetworkInterfaceId>>,
    /// The interfaces to which prefixes are delegated.
    pub prefixes: Vec<(IpNet, NetworkInterfaceId)>,
    /// Whose each public address is.
    pub public: FxHashMap<Ipv4Addr, NetworkInterfaceId>,
    /// The public addresses of each interface, and the private one each stands for (none: the primary).
    pub public_of: FxHashMap<NetworkInterfaceId, Vec<(Ipv4Addr, Option<Ipv4Addr>)>>,
    /// The interfaces of each instance, the primary one first.
    pub of_instance: FxHashMap<InstanceId, Vec<(u32, NetworkInterfaceId)>>,
}

impl Index {
    /// Reads a model.
    pub fn of(model: &Model) -> Self {
        let mut index = Self::default();
        for (id, name) in model.names() {
            index.names.entry(name.to_owned()).or_default().push(id);
        }
        for (id, eni) in &model.enis {
            for spec in eni.ip.iter() {
                if let AddressSpec::Known(address) = spec {
                    index.private.entry(*address).or_default().push(id.clone());
                }
            }
            index
                .prefixes
                .extend(eni.prefixes.iter().map(|cidr| (cidr.net(), id.clone())));
            if let Some(instance) = &eni.instance {
                index
                    .of_instance
                    .entry(instance.clone())
                    .or_default()
                    .push((eni.device_index, id.clone()));
            }
            if let Some(public) = eni.public_ip {
                index.publish(public, id, None);
            }
        }
        for ip in model.elastic_ips.values() {
            if let Some(id) = &ip.eni {
                index.publish(ip.public_ip, id, ip.private_ip);
            }
        }
        index
            .of_instance
            .values_mut()
            .for_each(|interfaces| interfaces.sort());
        index
    }

    fn publish(&mut self, public: Ipv4Addr, id: &NetworkInterfaceId, private: Option<Ipv4Addr>) {
        // An interface's `public_ip` and its Elastic IP may say the same twice.
        if self.public.insert(public, id.clone()).is_none() {
            self.public_of
                .entry(id.clone())
                .or_default()
                .push((public, private));
        }
    }
}
