//! From the words of a question to the ends and packets that they stand for.
//!
//! An endpoint is a resource id, a unique `name`, an address or CIDR, `internet`, `internet:ADDRESS`, `on-premises`,
//! `on-premises:ADDRESS`, a subnet, a VPC, a security group (the interfaces that carry it), `tag:KEY=VALUE`, or a comma list of these. What stands for several
//! interfaces is asked for every one of them.

mod address;
mod hypothetical;
mod packets;

pub use hypothetical::with_hypothetical;
pub use packets::{Between, Packets};

use super::index::Index;
use crate::model::{
    AddressSpec, Cidr, Model, NetworkInterface, NetworkInterfaceId, ResourceId, Tags, VpcId, alike,
    parse_address,
};
use crate::network::{Network, NodeId, ResourceRef};
use crate::packet::{AddressSet, Family, RangeSet};
use address::parse_addresses;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

/// A question that cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QuestionError {
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: Option<String>,
}

impl QuestionError {
    fn new(message: impl Into<String>, hint: Option<String>) -> Self {
        Self {
            message: message.into(),
            hint,
        }
    }
}

/// One member of an end of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// What it is.
    pub resource: ResourceRef,
    /// Where packets begin or should arrive; none: an address that nobody has.
    pub node: Option<NodeId>,
    /// Its VPC.
    pub vpc: Option<VpcId>,
    /// The addresses by which neighbours know it: one family's primary, or the one asked for.
    pub private: AddressSet,
    /// The addresses by which the internet knows it.
    pub public: AddressSet,
    /// Whether the question names the address, and so the family.
    pub by_address: bool,
    /// Whether the question says in words that it is the internet: a bare address may as well be a service's of AWS.
    pub stated: bool,
    /// Who says so, where nobody told enough of it to say where its packets go: the answer is unknown.
    pub undescribed: Option<NodeId>,
}

impl Endpoint {
    /// Whether it is out on the internet.
    pub fn is_internet(&self) -> bool {
        self.resource.kind == "internet"
    }
}

/// Reads the endpoints of a model's network.
pub struct Resolver<'a> {
    model: &'a Model,
    network: &'a Network,
    index: &'a Index,
}

impl<'a> Resolver<'a> {
    /// For a model, its network and its index.
    pub fn new(model: &'a Model, network: &'a Network, index: &'a Index) -> Self {
        Self {
            model,
            network,
            index,
        }
    }

    /// The members of an endpoint, in the order of the model.
    pub fn endpoints(&self, text: &str) -> Result<Vec<Endpoint>, QuestionError> {
        // A hypothetical interface has commas of its own.
        if let Some(members) = text.starts_with("new:").then(|| self.by_id(text)).flatten() {
            return Ok(members);
        }
        let mut members = Vec::new();
        for item in hypothetical::members(text, self.model) {
            for member in self.item(&item)? {
                if !members.contains(&member) {
                    members.push(member);
                }
            }
        }
        if members.is_empty() {
            return Err(QuestionError::new(
                format!("`{text}` stands for no interface"),
                None,
            ));
        }
        Ok(members)
    }

    /// Every interface, and the internet.
    pub fn everybody(&self) -> Vec<Endpoint> {
        let mut everybody = self.interfaces(|_| true);
        everybody.push(self.stated(self.out_there(), false));
        everybody
    }

    fn item(&self, text: &str) -> Result<Vec<Endpoint>, QuestionError> {
        // An id may look like anything, such as an ARN or a Terraform address with a key.
        if self.model.contains(text) {
            return self.resource(text);
        }
        if text == "internet" {
            return Ok(vec![self.stated(self.out_there(), false)]);
        }
        if let Some(address) = text.strip_prefix("internet:") {
            return Ok(vec![self.on_the_internet(parse_addresses(address)?)]);
        }
        if text == "on-premises" {
            let addresses = self.on_premises_addresses();
            let hint = "`on-premises` is what is behind a VPN connection, Direct Connect, Connect or a local gateway";
            return match addresses.is_empty() {
                true => Err(QuestionError::new(
                    "nothing in the model leads on premises",
                    Some(hint.to_owned()),
                )),
                false => Ok(vec![self.on_premises(addresses, false)]),
            };
        }
        if let Some(address) = text.strip_prefix("on-premises:") {
            return Ok(vec![self.on_premises(parse_addresses(address)?, true)]);
        }
        if let Some(tag) = text.strip_prefix("tag:") {
            return self.tagged(tag);
        }
        if let Ok(address) = parse_address(text) {
            return self.address(address);
        }
        if looks_like_cidr(text) && !self.index.names.contains_key(text) {
            let cidr = Cidr::parse(text).map_err(|message| QuestionError::new(message, None))?;
            return Ok(self.cidr(cidr));
        }
        self.resource(text)
    }

    /// The resource of this id, or of this unique name.
    fn resource(&self, text: &str) -> Result<Vec<Endpoint>, QuestionError> {
        if let Some(members) = self.by_id(text) {
            return Ok(members);
        }
        match self.index.names.get(text).map(Vec::as_slice) {
            Some([one]) => self.by_id(one.as_str()).ok_or_else(|| no_end(text)),
            Some(several) => self.same_name(text, several),
            None if self.model.contains(text) => Err(no_end(text)),
            None => Err(self.unheard_of(text)),
        }
    }

    /// A name that an instance shares with its own interface means one thing; any other sharing is an error.
    fn same_name(&self, text: &str, several: &[ResourceId]) -> Result<Vec<Endpoint>, QuestionError> {
        let meant: Vec<Vec<Endpoint>> = several.iter().filter_map(|id| self.by_id(id.as_str())).collect();
        let mut distinct: Vec<&Vec<Endpoint>> = Vec::new();
        for members in &meant {
            if !distinct.contains(&members) {
                distinct.push(members);
            }
        }
        if let [one] = distinct.as_slice() {
            return Ok((*one).clone());
        }
        let ids: Vec<&str> = several.iter().map(ResourceId::as_str).collect();
        let hint = format!("ask by id: {}", ids.join(", "));
        Err(QuestionError::new(
            format!("the name `{text}` means {} things", ids.len()),
            Some(hint),
        ))
    }

    fn by_id(&self, id: &str) -> Option<Vec<Endpoint>> {
        let model = self.model;
        if let Some((id, eni)) = model.enis.get_key_value(id) {
            return Some(vec![self.interface(id, eni)]);
        }
        if model.instances.contains_key(id) {
            return self.instance(id);
        }
        let places = self.network.ends(id);
        if !places.is_empty() {
            return Some(places.iter().filter_map(|node| self.end(*node)).collect());
        }
        if model.subnets.contains_key(id) {
            return Some(self.interfaces(|eni| eni.subnet.as_str() == id));
        }
        if model.vpcs.contains_key(id) {
            let inside = |eni: &NetworkInterface| {
                model
                    .subnets
                    .get(&eni.subnet)
                    .is_some_and(|subnet| subnet.vpc.as_str() == id)
            };
            return Some(self.interfaces(inside));
        }
        if model.security_groups.contains_key(id) {
            return Some(self.interfaces(|eni| eni.security_groups.iter().any(|group| group.as_str() == id)));
        }
        None
    }

    /// Who says so, if the subnet of an interface or the VPC of that is not described.
    fn nowhere(&self, eni: &NetworkInterface) -> Option<Endpoint> {
        let place = match self.model.subnets.get(&eni.subnet) {
            Some(subnet) if self.model.vpcs.contains_key(&subnet.vpc) => return None,
            Some(subnet) => subnet.vpc.as_str(),
            None => eni.subnet.as_str(),
        };
        self.stranger(*self.network.ends(place).first()?)
    }

    /// What is called by a question and owned by nobody: it is there, and nobody told where its packets go.
    fn stranger(&self, node: NodeId) -> Option<Endpoint> {
        Some(Endpoint {
            resource: self.network.graph().component(node)?.resource().clone(),
            node: Some(node),
            vpc: None,
            private: AddressSet::all(),
            public: AddressSet::all(),
            by_address: false,
            stated: false,
            undescribed: Some(node),
        })
    }

    /// An instance's primary interface; all that may be it, where a plan does not tell in which subnet it will be.
    fn instance(&self, id: &str) -> Option<Vec<Endpoint>> {
        let all = self.index.of_instance.get(id)?;
        let (first, _) = all.first()?;
        let primary = all.iter().take_while(|(index, _)| index == first);
        primary
            .map(|(_, id)| Some(self.interface(id, self.model.enis.get(id)?)))
            .collect()
    }

    /// Whoever is at a place.
    fn end(&self, node: NodeId) -> Option<Endpoint> {
        let Some(owner) = self.network.owner(node) else {
            return self.stranger(node);
        };
        if let Some((id, eni)) = self.model.enis.get_key_value(owner.resource.id.as_str()) {
            return Some(self.interface(id, eni));
        }
        Some(Endpoint {
            resource: owner.resource.clone(),
            node: Some(node),
            vpc: owner.vpc.clone(),
            private: owner.addresses.clone(),
            public: owner.public.clone(),
            by_address: false,
            stated: false,
            undescribed: None,
        })
    }

    fn interfaces(&self, wanted: impl Fn(&NetworkInterface) -> bool) -> Vec<Endpoint> {
        let found = self.model.enis.iter().filter(|(_, eni)| wanted(eni));
        // A gateway's own interface is no end of anything.
        let found = found.filter(|(id, _)| !self.network.ends(id.as_str()).is_empty());
        found.map(|(id, eni)| self.interface(id, eni)).collect()
    }

    fn tagged(&self, tag: &str) -> Result<Vec<Endpoint>, QuestionError> {
        let Some((key, value)) = tag.split_once('=') else {
            let hint = Some("write tag:KEY=VALUE".to_owned());
            return Err(QuestionError::new(format!("`tag:{tag}` has no `=`"), hint));
        };
        let has = |tags: &Tags| tags.get(key).is_some_and(|found| found == value);
        let instances: BTreeSet<_> = self
            .model
            .instances
            .iter()
            .filter(|(_, instance)| has(&instance.tags))
            .map(|(id, _)| id)
            .collect();
        let members = self.interfaces(|eni| {
            has(&eni.tags)
                || eni
                    .instance
                    .as_ref()
                    .is_some_and(|instance| instances.contains(instance))
        });
        if members.is_empty() {
            return Err(QuestionError::new(
                format!("no interface or instance has the tag {key}={value}"),
                None,
            ));
        }
        Ok(members)
    }

    fn interface(&self, id: &NetworkInterfaceId, eni: &NetworkInterface) -> Endpoint {
        let node = self.network.ends(id.as_str()).first().copied();
        let owned = node.and_then(|node| self.network.owner(node));
        let all = owned.map_or_else(AddressSet::empty, |owner| owner.addresses.clone());
        let v6 = AddressSet {
            v4: RangeSet::empty(),
            v6: primary(eni, &all, Family::V6).v6,
        };
        let v4 = primary(eni, &all, Family::V4);
        let public = AddressSet {
            v4: self.public_of(id, None).v4,
            v6: v6.v6.clone(),
        };
        let private = v4.union(&v6);
        let stranger = self.nowhere(eni);
        // Where it stands nobody knows, and what it may get there: all that is known is what it has.
        let or_any = |own: AddressSet| match stranger.is_some() && own.is_empty() {
            true => AddressSet::all(),
            false => own,
        };
        Endpoint {
            resource: ResourceRef::new("network-interface", id),
            node,
            vpc: owned.and_then(|owner| owner.vpc.clone()),
            public: or_any(public),
            private: or_any(private),
            by_address: false,
            stated: false,
            undescribed: stranger.and_then(|stranger| stranger.undescribed),
        }
    }

    /// The public addresses of an interface: of the private address given; else of its primary one, or if that has none, of the
    /// others.
    fn public_of(&self, id: &NetworkInterfaceId, private: Option<Ipv4Addr>) -> AddressSet {
        let primary = self.model.enis.get(id).and_then(|eni| {
            eni.ip.iter().find_map(|spec| match spec {
                AddressSpec::Known(IpAddr::V4(address)) => Some(*address),
                _ => None,
            })
        });
        let wanted = private.or(primary);
        let mine = self.index.public_of.get(id).map_or(&[][..], Vec::as_slice);
        let own = |one: &&(Ipv4Addr, Option<Ipv4Addr>)| one.1.or(primary) == wanted;
        let others = private.is_none() && !mine.iter().any(|one| own(&one));
        let meant = mine.iter().filter(|one| others || own(one));
        AddressSet::from_addresses(meant.map(|(public, _)| IpAddr::V4(*public)))
    }

    fn unheard_of(&self, text: &str) -> QuestionError {
        let names = alike(text, self.known(), 3);
        let hint = match names.as_slice() {
            [] => "an endpoint is an id, a name, an address, a CIDR, `internet`, or tag:KEY=VALUE".to_owned(),
            names => format!("did you mean {}?", names.join(", ")),
        };
        QuestionError::new(format!("nothing in the model is called `{text}`"), Some(hint))
    }

    fn known(&self) -> impl Iterator<Item = &str> {
        let model = self.model;
        let ids = self
            .network
            .called()
            .chain(model.instances.keys().map(|id| id.as_str()));
        let ids = ids.chain(model.subnets.keys().map(|id| id.as_str()));
        let ids = ids.chain(model.vpcs.keys().map(|id| id.as_str()));
        let ids = ids.chain(model.security_groups.keys().map(|id| id.as_str()));
        ids.chain(self.index.names.keys().map(String::as_str))
    }
}

/// Whether somebody means a CIDR, right or wrong, and not a name such as CDK's `Dual/Web`.
fn looks_like_cidr(text: &str) -> bool {
    text.split_once('/').is_some_and(|(address, _)| {
        let digit = |one: char| one.is_ascii_hexdigit() || matches!(one, '.' | ':');
        address.contains(['.', ':']) && address.chars().all(digit)
    })
}

fn no_end(text: &str) -> QuestionError {
    let hint =
        "ask for an interface, an instance, a subnet, a VPC, a security group, an address or `internet`";
    QuestionError::new(
        format!("packets neither begin nor end at `{text}`"),
        Some(hint.to_owned()),
    )
}

/// The primary address of a family: the first one written, or any that the interface may get.
fn primary(eni: &NetworkInterface, all: &AddressSet, family: Family) -> AddressSet {
    let known = eni.ip.iter().find_map(|spec| match spec {
        AddressSpec::Known(address) if address.is_ipv4() == (family == Family::V4) => {
            Some(AddressSet::one(*address))
        }
        AddressSpec::OneOf(cidr) if cidr.net().addr().is_ipv4() == (family == Family::V4) => {
            Some(AddressSet::cidr(cidr.net()).intersect(all))
        }
        _ => None,
    });
    let prefixes = AddressSet::from_cidrs(eni.prefixes.iter().map(|cidr| cidr.net()));
    known.unwrap_or_else(|| match eni.ip.is_empty() {
        true => all.subtract(&prefixes).intersect(&AddressSet::family(family)),
        false => AddressSet::empty(),
    })
}
