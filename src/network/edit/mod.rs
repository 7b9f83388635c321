//! Edits of a network: what a kind would have changed in the model so that packets pass, or no longer pass, and how the same is
//! said to AWS and to Terraform.
//!
//! A kind proposes, and promises nothing: whether an edit helps is found out by asking the question again on a model with
//! the edit made. What it proposes is the least that it can think of: for these packets and between these ends alone.

mod needs;
mod words;

pub use needs::{Need, covering, needs, portions};
pub use words::{Block, aws, reference, ticks};

use super::addresses::certain_addresses;
use super::step::{Direction, Leg, ResourceRef, RuleRef};
use crate::code::ExplanationCode;
use crate::model::{
    Change, Model, NetworkInterface, NetworkInterfaceId, Peer, ResourceId, Route, RouteTableId, VpcId,
};
use crate::packet::{AddressSet, Cube};
use ipnet::IpNet;
use serde::Serialize;
use serde_json::{Map, Value};

/// A decision that somebody wants to be another.
#[derive(Debug, Clone, Copy)]
pub struct Trouble<'a> {
    /// The model, with the edits that were made before.
    pub model: &'a Model,
    /// Why packets do not get on; none where they do.
    pub code: Option<ExplanationCode>,
    /// On the request, or on the reply.
    pub leg: Leg,
    /// Who decided.
    pub author: &'a ResourceRef,
    /// The interface concerned, where one is.
    pub interface: Option<&'a ResourceRef>,
    /// Which way the packets go there.
    pub direction: Direction,
    /// The rule that decided.
    pub rule: &'a RuleRef,
    /// The packets, as they arrive there.
    pub packets: &'a [Cube],
    /// Where these packets begin, as the question has it.
    pub from: &'a [ResourceRef],
    /// Where they should arrive.
    pub to: &'a [ResourceRef],
}

/// What somebody would do: one thing, with what belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The changes of the model.
    pub changes: Vec<Change>,
    /// The commands of the AWS CLI that do the same.
    pub aws: Vec<String>,
    /// What Terraform's files would say.
    pub terraform: String,
}

/// One idea of how to change a decision, in ways of which the first that helps is the best. Each way is a few edits that are
/// made together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Proposal {
    /// The ways.
    pub ways: Vec<Vec<Edit>>,
}

impl Proposal {
    /// An edit that there is one way to make.
    pub fn one(edit: Edit) -> Self {
        Self {
            ways: vec![vec![edit]],
        }
    }
}

impl Edit {
    /// A change, and how the same is said elsewhere.
    pub fn new(change: Change, aws: Vec<String>, terraform: String) -> Self {
        Self {
            changes: vec![change],
            aws,
            terraform,
        }
    }
}

impl Trouble<'_> {
    /// The addresses at the other end, as a rule for this direction means it.
    pub fn peers(&self) -> AddressSet {
        self.packets.iter().fold(AddressSet::empty(), |all, cube| {
            all.union(match self.direction {
                Direction::Ingress => &cube.sources,
                Direction::Egress => &cube.destinations,
            })
        })
    }

    /// Where the packets are for.
    pub fn destinations(&self) -> AddressSet {
        let each = self.packets.iter().map(|cube| &cube.destinations);
        each.fold(AddressSet::empty(), |all, some| all.union(some))
    }

    /// Who is at the other end, as the question has it.
    pub fn party(&self) -> &[ResourceRef] {
        match self.direction {
            Direction::Ingress => self.from,
            Direction::Egress => self.to,
        }
    }

    /// The route that decided, its table, and which route of it that is.
    pub fn route(&self) -> Option<(&RouteTableId, usize, &Route)> {
        let RuleRef::Route(text) = self.rule else {
            return None;
        };
        let (id, table) = self.model.route_tables.get_key_value(self.author.id.as_str())?;
        let of = |route: &Route| match &route.destination {
            Peer::Cidr(cidr) => cidr.net().to_string() == **text,
            Peer::Resource(list) => list.as_str() == &**text,
        };
        let index = table.routes.iter().position(of)?;
        Some((id, index, table.routes.get(index)?))
    }

    /// The target of the route that loses the packets.
    pub fn lost_by(&self) -> Option<&ResourceId> {
        let lost = self.code == Some(ExplanationCode::BadStateRoute);
        self.route().filter(|_| lost).map(|(.., route)| &route.target)
    }

    /// The interfaces of a VPC from which these packets come.
    pub fn senders(&self, vpc: &VpcId) -> Vec<(&NetworkInterfaceId, &NetworkInterface)> {
        let each = self.packets.iter().map(|cube| &cube.sources);
        let sources = each.fold(AddressSet::empty(), |all, some| all.union(some));
        let here = |eni: &NetworkInterface| {
            let subnet = self.model.subnets.get(&eni.subnet);
            subnet.is_some_and(|subnet| &subnet.vpc == vpc) && certain_addresses(eni).overlaps(&sources)
        };
        self.model.enis.iter().filter(|(_, eni)| here(eni)).collect()
    }

    /// The prefixes for which a route would be made: the subnets in which the destinations are, else they themselves.
    pub fn prefixes(&self) -> Vec<IpNet> {
        let subnets = || {
            let subnets = self.model.subnets.values();
            subnets.flat_map(|subnet| subnet.cidr.iter().map(|cidr| cidr.net()))
        };
        let mut prefixes: Vec<IpNet> = Vec::new();
        for cidr in covering(&self.destinations()) {
            let prefix = subnets().find(|subnet| subnet.contains(&cidr)).unwrap_or(cidr);
            if !prefixes.iter().any(|known| known.contains(&prefix)) {
                prefixes.push(prefix);
            }
        }
        prefixes
    }

    /// The interface, as the model has it.
    pub fn interface(&self) -> Option<&NetworkInterface> {
        self.model.enis.get(self.interface?.id.as_str())
    }
}

/// A value as a model holds it. What is written here has no map with keys that are no text, so it cannot fail.
fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

/// One more element of a list of an item.
pub fn added(
    section: &'static str,
    id: impl Into<ResourceId>,
    list: &str,
    element: &impl Serialize,
) -> Change {
    Change {
        section,
        id: id.into(),
        field: Some(list.to_owned()),
        before: None,
        after: Some(value(element)),
        element: true,
        at: None,
    }
}

/// An element of a list changed, or taken away.
pub fn replaced<T: Serialize>(
    section: &'static str,
    id: impl Into<ResourceId>,
    list: &str,
    [was, is]: [Option<&T>; 2],
) -> Change {
    Change {
        before: was.map(value),
        after: is.map(value),
        ..added(section, id, list, &())
    }
}

/// A field of an item changed; nothing: left out.
pub fn set(
    section: &'static str,
    id: impl Into<ResourceId>,
    field: &str,
    [was, is]: [Option<Value>; 2],
) -> Change {
    Change {
        before: was,
        after: is,
        element: false,
        ..added(section, id, field, &())
    }
}

/// A new item.
pub fn created(section: &'static str, id: impl Into<ResourceId>, item: &impl Serialize) -> Change {
    Change {
        field: None,
        element: false,
        ..added(section, id, "", item)
    }
}

/// A new item, of these fields.
pub fn fields<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let fields = fields.into_iter().map(|(key, value)| (key.to_owned(), value));
    Value::Object(fields.collect::<Map<String, Value>>())
}
