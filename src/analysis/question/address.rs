//! Ends of a question that are told by address: an interface's, the internet's, on premises, or nobody's.

use super::{Endpoint, QuestionError, Resolver};
use crate::model::{Cidr, NetworkInterfaceId, parse_address};
use crate::network::{NodeId, ResourceRef, internet_addresses, nat64};
use crate::packet::AddressSet;
use std::collections::BTreeSet;
use std::net::IpAddr;

impl Resolver<'_> {
    /// The addresses of the internet that are nobody's in the model.
    pub(super) fn out_there(&self) -> AddressSet {
        let owner = self.out_place().and_then(|node| self.network.owner(node));
        owner.map_or_else(internet_addresses, |owner| owner.addresses.clone())
    }

    fn out_place(&self) -> Option<NodeId> {
        self.network.ends("internet").first().copied()
    }

    pub(super) fn internet(&self, addresses: AddressSet, by_address: bool) -> Endpoint {
        Endpoint {
            resource: ResourceRef::new("internet", "internet"),
            node: self.out_place(),
            vpc: None,
            private: addresses.clone(),
            public: addresses,
            by_address,
            stated: false,
            undescribed: None,
        }
    }

    /// The internet, where the question says so.
    pub(super) fn stated(&self, addresses: AddressSet, by_address: bool) -> Endpoint {
        Endpoint {
            stated: true,
            ..self.internet(addresses, by_address)
        }
    }

    /// Addresses that the question says are the internet's: those of a known service of AWS are, too.
    pub(super) fn on_the_internet(&self, addresses: AddressSet) -> Endpoint {
        self.service(&addresses)
            .unwrap_or_else(|| self.stated(addresses, true))
    }

    /// A public address that is no interface's: a service's of AWS, if it is known to be one, or the internet's.
    fn outside(&self, address: AddressSet) -> Endpoint {
        self.service(&address)
            .unwrap_or_else(|| self.internet(address, true))
    }

    /// The service of AWS that is known to have these addresses.
    fn service(&self, address: &AddressSet) -> Option<Endpoint> {
        let mut services = self.network.services();
        let (node, owner) = services.find(|(_, owner)| address.is_subset(&owner.addresses))?;
        Some(Endpoint {
            resource: owner.resource.clone(),
            node: Some(node),
            vpc: None,
            private: address.clone(),
            public: address.clone(),
            by_address: true,
            stated: false,
            undescribed: None,
        })
    }

    /// The addresses to which something leads on premises.
    pub(super) fn on_premises_addresses(&self) -> AddressSet {
        let node = self.network.find("on-premises", &"on-premises".into());
        let owner = node.and_then(|node| self.network.owner(node));
        owner.map_or_else(AddressSet::empty, |owner| owner.addresses.clone())
    }

    pub(super) fn on_premises(&self, addresses: AddressSet, by_address: bool) -> Endpoint {
        let name = match by_address {
            true => text_of(&addresses),
            false => "on-premises".to_owned(),
        };
        Endpoint {
            resource: ResourceRef::new("on-premises", name.as_str()),
            node: self.network.find("on-premises", &"on-premises".into()),
            vpc: None,
            private: addresses.clone(),
            public: addresses,
            by_address,
            stated: false,
            undescribed: None,
        }
    }

    /// An IPv6 address that stands for an IPv4 one (NAT64) means whoever that one means.
    fn as_v6(&self, address: IpAddr) -> Option<Result<Vec<Endpoint>, QuestionError>> {
        let one = AddressSet::one(address);
        let (IpAddr::V6(v6), true) = (address, one.is_subset(&nat64())) else {
            return None;
        };
        let [.., a, b, c, d] = v6.octets();
        let members = self.address(IpAddr::from([a, b, c, d]));
        Some(members.map(|members| {
            let asked = |end: Endpoint| Endpoint {
                private: one.clone(),
                public: one.clone(),
                by_address: true,
                stated: false,
                ..end
            };
            members.into_iter().map(asked).collect()
        }))
    }

    pub(super) fn address(&self, address: IpAddr) -> Result<Vec<Endpoint>, QuestionError> {
        if let IpAddr::V4(public) = address
            && let Some(id) = self.index.public.get(&public)
            && let Some(eni) = self.model.enis.get(id)
        {
            let one = AddressSet::one(address);
            let endpoint = self.interface(id, eni);
            return Ok(vec![Endpoint {
                private: one.clone(),
                public: one,
                by_address: true,
                stated: false,
                ..endpoint
            }]);
        }
        let owners = self.owners(address);
        if let (true, Some(members)) = (owners.is_empty(), self.as_v6(address)) {
            return members;
        }
        match owners.as_slice() {
            [] if self.on_premises_addresses().contains(address) => {
                Ok(vec![self.on_premises(AddressSet::one(address), true)])
            }
            [] if internet_addresses().contains(address) => Ok(vec![self.outside(AddressSet::one(address))]),
            [] => Ok(vec![self.nobody(AddressSet::one(address))]),
            [one] => Ok(vec![one.clone()]),
            several => {
                let ids: Vec<&str> = several.iter().map(|end| end.resource.id.as_str()).collect();
                let message = format!("{address} belongs to several interfaces");
                Err(QuestionError::new(
                    message,
                    Some(format!("ask by id: {}", ids.join(", "))),
                ))
            }
        }
    }

    /// Everybody who has this private address for certain.
    fn owners(&self, address: IpAddr) -> Vec<Endpoint> {
        let one = AddressSet::one(address);
        let private = match address {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        };
        let known = self.index.private.get(&address).into_iter().flatten();
        let delegated = self
            .index
            .prefixes
            .iter()
            .filter(|(prefix, _)| prefix.contains(&address))
            .map(|(_, id)| id);
        let found: BTreeSet<&NetworkInterfaceId> = known.chain(delegated).collect();
        let endpoint = |id: &NetworkInterfaceId| {
            let public = match private {
                Some(private) => self.public_of(id, Some(private)),
                None => one.clone(),
            };
            let endpoint = self.interface(id, self.model.enis.get(id)?);
            Some(Endpoint {
                private: one.clone(),
                public,
                by_address: true,
                stated: false,
                ..endpoint
            })
        };
        found.into_iter().filter_map(endpoint).collect()
    }

    fn nobody(&self, addresses: AddressSet) -> Endpoint {
        Endpoint {
            resource: ResourceRef::new("address", text_of(&addresses).as_str()),
            node: None,
            vpc: None,
            private: addresses.clone(),
            public: addresses,
            by_address: true,
            stated: false,
            undescribed: None,
        }
    }

    /// The interfaces that have an address of the prefix, and the part of it that is the internet's; where there is
    /// neither, the addresses themselves.
    pub(super) fn cidr(&self, cidr: Cidr) -> Vec<Endpoint> {
        let all = AddressSet::cidr(cidr.net());
        let mut members = Vec::new();
        // Who may have any address is not meant by some of them.
        let known = |end: &Endpoint| end.private != AddressSet::all();
        for endpoint in self.interfaces(|_| true).into_iter().filter(known) {
            let inside = endpoint.private.intersect(&all);
            if !inside.is_empty() {
                members.push(Endpoint {
                    private: inside,
                    by_address: true,
                    stated: false,
                    ..endpoint
                });
            }
        }
        let vpcs = self.model.vpcs.values();
        let inside = vpcs.flat_map(|vpc| vpc.cidr.iter().map(|cidr| cidr.net()));
        let premises = all
            .intersect(&self.on_premises_addresses())
            .subtract(&AddressSet::from_cidrs(inside));
        if !premises.is_empty() {
            members.push(self.on_premises(premises.clone(), true));
        }
        let public = all.intersect(&self.out_there()).subtract(&premises);
        if !public.is_empty() {
            members.push(self.internet(public, true));
        }
        if members.is_empty() {
            members.push(self.nobody(all));
        }
        members
    }
}

/// An address, or the addresses of a CIDR.
pub(super) fn parse_addresses(text: &str) -> Result<AddressSet, QuestionError> {
    match parse_address(text) {
        Ok(address) => Ok(AddressSet::one(address)),
        Err(_) => match Cidr::parse(text) {
            Ok(cidr) => Ok(AddressSet::cidr(cidr.net())),
            Err(message) => Err(QuestionError::new(message, None)),
        },
    }
}

/// Addresses as an answer names them: by the first of their prefixes.
fn text_of(addresses: &AddressSet) -> String {
    addresses.to_cidrs().first().map_or_else(String::new, |cidr| {
        if cidr.prefix_len() == cidr.max_prefix_len() {
            cidr.addr().to_string()
        } else {
            cidr.to_string()
        }
    })
}
