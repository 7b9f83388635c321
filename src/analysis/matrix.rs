//! All pairs, by class: who is treated alike is asked once.
//!
//! Two interfaces are of one class when nothing in the model can tell them apart: they stand in one subnet with the same
//! groups and settings, nothing names either of them, and no address or prefix that is written anywhere lies between or
//! on one of their addresses. The same walk answers for all of a class; there is no second copy of what components do.

use super::answer::{Ground, Members, Options, ports_text, reach};
use super::finding::Verdict;
use super::question::{Endpoint, QuestionError, Resolver};
use crate::model::{AddressSpec, Model, NetworkInterface, ResourceId};
use crate::network::Workspace;
use crate::packet::{AddressSet, Cube, PortSet};
use ipnet::IpNet;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::rc::Rc;

/// Interfaces that are treated alike, or the internet.
#[derive(Debug, Clone)]
pub struct EndpointClass {
    /// The members, in the order of the model.
    pub members: Vec<Endpoint>,
}

/// What gets from one class to another.
#[derive(Debug, Clone)]
pub struct Flow {
    /// The class where it begins.
    pub from: usize,
    /// The class where it arrives.
    pub to: usize,
    /// The answer in a word; never `blocked`.
    pub verdict: Verdict,
    /// The packets asked about, as these and the others are written.
    pub asked: Vec<Cube>,
    /// What works whatever AWS picks, as the first two members (of one class: two different ones) send it.
    pub works: Vec<Cube>,
    /// What works for some of AWS's picks only.
    pub depends: Vec<Cube>,
    /// Of what the model does not say.
    pub unknown: Vec<Cube>,
    /// The members for whom the sets are written.
    pub between: (Endpoint, Endpoint),
}

/// Everybody's connections.
#[derive(Debug)]
pub struct Matrix {
    /// The packets asked about, in the packet notation.
    pub packets: String,
    /// The source ports, in the port notation.
    pub source_ports: String,
    /// Whether only the arrival was asked for.
    pub one_way: bool,
    /// The classes, in the order of their first members; the internet last.
    pub classes: Vec<EndpointClass>,
    /// What gets through, by class; pairs between which nothing does are left out.
    pub flows: Vec<Flow>,
    /// The names of the members that have one.
    pub names: BTreeMap<ResourceId, String>,
    /// The space of the sets.
    pub work: Rc<Workspace>,
}

/// Asks all pairs, in both families where both have both.
pub fn matrix(ground: Ground<'_>, packets: &str, options: &Options) -> Result<Matrix, QuestionError> {
    let options = &Options {
        both_families: true,
        ..options.clone()
    };
    let everybody = Resolver::new(ground.model, ground.network, ground.index).everybody();
    let classes = classes(ground.model, everybody);
    let mut flows = Vec::new();
    for (from, sources) in classes.iter().enumerate() {
        for (to, destinations) in classes.iter().enumerate() {
            let Some(pair) = two(sources, destinations) else {
                continue;
            };
            flows.extend(flow(ground, (from, to), pair, packets, options)?);
        }
    }
    let members = classes.iter().flat_map(|class| &class.members);
    let ids = members.map(|end| end.resource.id.clone());
    let named = ids.filter_map(|id| Some((id.clone(), ground.network.name(&id)?)));
    let clients = || PortSet::range(1024, u16::MAX);
    Ok(Matrix {
        packets: packets.to_owned(),
        source_ports: ports_text(&options.source_ports.clone().unwrap_or_else(clients)),
        one_way: options.one_way,
        names: named.collect(),
        classes,
        flows,
        work: Rc::clone(ground.work),
    })
}

/// A member of each, different ones.
fn two<'a>(from: &'a EndpointClass, to: &'a EndpointClass) -> Option<(&'a Endpoint, &'a Endpoint)> {
    let source = from.members.first()?;
    let other = |end: &&Endpoint| end.resource != source.resource;
    to.members.iter().find(other).map(|to| (source, to))
}

fn flow(
    ground: Ground<'_>,
    (from, to): (usize, usize),
    (source, destination): (&Endpoint, &Endpoint),
    packets: &str,
    options: &Options,
) -> Result<Option<Flow>, QuestionError> {
    let ends = Members {
        words: [source.resource.id.as_str(), destination.resource.id.as_str()],
        sources: std::slice::from_ref(source),
        destinations: std::slice::from_ref(destination),
    };
    // Who share no address family send each other nothing.
    let Some(pair) = reach(ground, ends, packets, options)?.pop() else {
        return Ok(None);
    };
    if pair.works.is_empty() && pair.depends.is_empty() && pair.unknown.is_empty() {
        return Ok(None);
    }
    let space = &ground.work.space;
    Ok(Some(Flow {
        from,
        to,
        verdict: pair.verdict,
        asked: space.cubes(pair.asked),
        works: space.cubes(pair.works),
        depends: space.cubes(pair.depends),
        unknown: space.cubes(pair.unknown),
        between: (source.clone(), destination.clone()),
    }))
}

/// Sorts everybody into classes.
pub fn classes(model: &Model, everybody: Vec<Endpoint>) -> Vec<EndpointClass> {
    let marks = Marks::of(model);
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut classes: Vec<EndpointClass> = Vec::new();
    for end in everybody {
        let key = marks.key(model, &end);
        let place = *places.entry(key).or_insert(classes.len());
        match classes.get_mut(place) {
            Some(class) => class.members.push(end),
            None => classes.push(EndpointClass { members: vec![end] }),
        }
    }
    classes
}

/// What of a model can tell interfaces apart: the names and addresses that are written in it, but for an interface's own.
struct Marks {
    names: BTreeSet<String>,
    /// Where a written prefix begins, or ends and something else begins.
    bounds: BTreeSet<IpAddr>,
}

impl Marks {
    fn of(model: &Model) -> Self {
        let mut marks = Self {
            names: BTreeSet::new(),
            bounds: BTreeSet::new(),
        };
        if let Ok(Value::Object(sections)) = serde_json::to_value(model) {
            for (section, items) in &sections {
                // Instances, and the interfaces themselves, name nobody else; an Elastic IP address is its interface's.
                let own = ["enis", "elastic_ips"].contains(&section.as_str());
                if let (Value::Object(items), false) = (items, own) {
                    items.values().for_each(|item| marks.read(item));
                }
            }
        }
        marks
    }

    fn read(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.text(text),
            Value::Array(items) => items.iter().for_each(|item| self.read(item)),
            Value::Object(entries) => entries.values().for_each(|item| self.read(item)),
            _ => {}
        }
    }

    /// A name, an address, a prefix, or text that holds them.
    fn text(&mut self, text: &str) {
        self.names.insert(text.to_owned());
        let part = |c: char| !(c.is_ascii_alphanumeric() || ".:/_-".contains(c));
        for word in text.split(part).flat_map(|word| word.split('-')) {
            let cidr = word.parse::<IpNet>().ok();
            if let Some(cidr) = cidr.or_else(|| word.parse::<IpAddr>().ok().map(IpNet::from)) {
                self.bounds.insert(cidr.network());
                self.bounds.extend(after(cidr.broadcast()));
            }
        }
    }

    /// Where an address lies among what is written.
    fn lies(&self, address: IpAddr) -> String {
        let below = self.bounds.range(..=address).next_back();
        below.map_or_else(String::new, IpAddr::to_string)
    }

    fn key(&self, model: &Model, end: &Endpoint) -> String {
        let id = end.resource.id.as_str();
        let Some(eni) = model.enis.get(id) else {
            return id.to_owned();
        };
        let named = |id: &str| self.names.contains(id);
        let instance = eni.instance.as_ref().map(|instance| instance.as_str());
        if named(id) || instance.is_some_and(named) || !self.certain(eni) {
            return id.to_owned();
        }
        let mut groups: Vec<&str> = eni.security_groups.iter().map(|group| group.as_str()).collect();
        groups.sort_unstable();
        let of = |addresses: Vec<IpAddr>| -> Vec<String> {
            addresses.into_iter().map(|address| self.lies(address)).collect()
        };
        let known = |spec: &AddressSpec| match spec {
            AddressSpec::Known(address) => Some(*address),
            AddressSpec::OneOf(_) => None,
        };
        let private = of(eni.ip.iter().filter_map(known).collect());
        let public = of(end.public.to_cidrs().iter().map(IpNet::addr).collect());
        let instance = eni.instance.as_ref().and_then(|id| model.instances.get(id));
        let state = instance.map(|instance| instance.state);
        let settings = (
            eni.source_dest_check,
            eni.source_nat,
            eni.deny_all_igw_traffic,
            &eni.interface_type,
        );
        format!(
            "{} {groups:?} {private:?} {public:?} {state:?} {settings:?}",
            eni.subnet
        )
    }

    /// Whether an interface has addresses that are written, and nothing besides.
    fn certain(&self, eni: &NetworkInterface) -> bool {
        let known = |spec: &AddressSpec| matches!(spec, AddressSpec::Known(_));
        !eni.ip.is_empty() && eni.ip.iter().all(known) && eni.prefixes.is_empty()
    }
}

fn after(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => u32::from(address)
            .checked_add(1)
            .map(|next| IpAddr::V4(next.into())),
        IpAddr::V6(address) => u128::from(address)
            .checked_add(1)
            .map(|next| IpAddr::V6(next.into())),
    }
}

impl Flow {
    /// The sets as two other members of the classes send them.
    pub fn between(&self, cubes: &[Cube], from: &Endpoint, to: &Endpoint) -> Vec<Cube> {
        let (source, destination) = &self.between;
        cubes
            .iter()
            .map(|cube| Cube {
                sources: swap(&cube.sources, source, from),
                destinations: swap(&cube.destinations, destination, to),
                ..cube.clone()
            })
            .collect()
    }
}

/// One member's addresses in place of another's, family by family.
fn swap(addresses: &AddressSet, of: &Endpoint, by: &Endpoint) -> AddressSet {
    if of.resource == by.resource {
        return addresses.clone();
    }
    let pick = |private: &AddressSet, public: &AddressSet| {
        let is_public = !addresses.v4.is_empty() && !addresses.v4.is_subset(&of.private.v4);
        AddressSet {
            v4: if is_public {
                public.v4.clone()
            } else {
                private.v4.clone()
            },
            v6: private.v6.clone(),
        }
    };
    let all = pick(&by.private, &by.public);
    AddressSet {
        v4: if addresses.v4.is_empty() {
            addresses.v4.clone()
        } else {
            all.v4
        },
        v6: if addresses.v6.is_empty() {
            addresses.v6.clone()
        } else {
            all.v6
        },
    }
}
