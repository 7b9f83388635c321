//! Who is where: the interfaces of a model by subnet, instance and address. Of interfaces a model has more than of anything
//! else, so whoever looks for some asks here, and nobody reads them all for each item of his own.

use super::{AddressSpec, InstanceId, Model, NetworkInterface, NetworkInterfaceId};
use rustc_hash::FxHashMap;
use std::cell::OnceCell;
use std::hash::Hash;
use std::net::IpAddr;

/// An interface and its id.
pub type Tenant<'m> = (&'m NetworkInterfaceId, &'m NetworkInterface);

/// The interfaces of a model, each list in the order of their ids. Each table is made when it is first asked.
#[derive(Debug)]
pub struct Tenants<'m> {
    model: &'m Model,
    of_vpc: FxHashMap<&'m str, Vec<&'m str>>,
    of_subnet: OnceCell<FxHashMap<&'m str, Vec<Tenant<'m>>>>,
    of_instance: OnceCell<FxHashMap<&'m str, Vec<Tenant<'m>>>>,
    at_address: OnceCell<FxHashMap<IpAddr, Vec<Tenant<'m>>>>,
}

impl<'m> Tenants<'m> {
    /// Those of a model.
    pub fn of(model: &'m Model) -> Self {
        let mut of_vpc: FxHashMap<&str, Vec<&str>> = FxHashMap::default();
        for (id, subnet) in &model.subnets {
            of_vpc.entry(subnet.vpc.as_str()).or_default().push(id.as_str());
        }
        Self {
            model,
            of_vpc,
            of_subnet: OnceCell::new(),
            of_instance: OnceCell::new(),
            at_address: OnceCell::new(),
        }
    }

    /// The interfaces in a subnet.
    pub fn of_subnet(&self, subnet: &str) -> &[Tenant<'m>] {
        let subnets = self
            .of_subnet
            .get_or_init(|| self.by(|eni| [eni.subnet.as_str()]));
        subnets.get(subnet).map_or(&[], Vec::as_slice)
    }

    /// The interfaces in a VPC's subnets.
    pub fn of_vpc(&self, vpc: &str) -> impl Iterator<Item = Tenant<'m>> {
        let subnets = self.of_vpc.get(vpc).into_iter().flatten();
        subnets.flat_map(|subnet| self.of_subnet(subnet).iter().copied())
    }

    /// The interfaces attached to an instance.
    pub fn of_instance(&self, instance: &str) -> &[Tenant<'m>] {
        let instances = self
            .of_instance
            .get_or_init(|| self.by(|eni| eni.instance.as_ref().map(InstanceId::as_str)));
        instances.get(instance).map_or(&[], Vec::as_slice)
    }

    /// The interfaces that have a private address for certain, in whatever VPC.
    pub fn at_address(&self, address: IpAddr) -> &[Tenant<'m>] {
        let known = |spec: &AddressSpec| match spec {
            AddressSpec::Known(address) => Some(*address),
            AddressSpec::OneOf(_) => None,
        };
        let addresses = self
            .at_address
            .get_or_init(|| self.by(|eni| eni.ip.iter().filter_map(known)));
        addresses.get(&address).map_or(&[], Vec::as_slice)
    }

    /// The interfaces by what each is filed under.
    fn by<K: Hash + Eq, I: IntoIterator<Item = K>>(
        &self,
        keys: impl Fn(&'m NetworkInterface) -> I,
    ) -> FxHashMap<K, Vec<Tenant<'m>>> {
        let mut filed: FxHashMap<K, Vec<Tenant<'m>>> = FxHashMap::default();
        for (id, eni) in &self.model.enis {
            for key in keys(eni) {
                filed.entry(key).or_default().push((id, eni));
            }
        }
        filed
    }
}
