//! What refers to what. A plan does not know an id before it is given; the configuration says whose id it will be.
//!
//! `resolve.rs` follows references, `locals.rs` says what local values may be, `picks.rs` which of several is meant. Where several
//! could be meant, nobody guesses: the answer is a named unknown.

use super::document::{Configuration, Instance, ModuleCall, ModuleConfig, ResourceConfig, Set};
use super::filters::ACL;
use super::gateways::VPN_GATEWAY;
use super::locals::is_called;
use super::names::{own_address, plain, references, split_module};
use super::picks::called;
use super::places::VPC;
use super::resolve::{Place, Resolved, Target};
use super::routing::TABLE;
use super::view::{Expressions, View};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is planned or held, and what refers to what.
#[derive(Debug)]
pub struct Links<'a> {
    /// The instances.
    pub instances: &'a [Instance],
    /// They by module and address within it.
    pub by_resource: BTreeMap<(&'a str, &'a str), Vec<&'a Instance>>,
    /// They by address.
    pub by_address: BTreeMap<&'a str, &'a Instance>,
    /// The modules that are made of each call.
    pub children: BTreeMap<(String, String), BTreeSet<&'a str>>,
    /// What is written of modules.
    pub modules: BTreeMap<String, &'a ModuleConfig>,
    /// What is written of calls.
    pub calls: BTreeMap<String, &'a ModuleCall>,
    /// What is written of resources.
    pub resources: BTreeMap<(String, &'a str), &'a ResourceConfig>,
    /// What the outermost variables are set to.
    pub variables: &'a BTreeMap<String, Set>,
    /// What was taken for local values, and for arguments of which nothing is written.
    pub guesses: RefCell<BTreeSet<String>>,
    /// The types that were asked for: all others are not read.
    pub asked: RefCell<BTreeSet<String>>,
}

/// An instance that is meant, and what of it.
pub type Member<'a, 't> = (&'a Instance, &'t Target);

/// What an expression means.
struct Meant {
    ids: BTreeSet<String>,
    /// What it may mean besides.
    loose: BTreeSet<String>,
    /// Whether it may mean more, which the plan does not tell.
    open: bool,
}

impl Meant {
    /// Everything that one thing may be.
    fn all(self) -> Vec<String> {
        self.ids.union(&self.loose).cloned().collect()
    }
}

/// An id, and whether anybody knows whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Id {
    /// It is known, or will be this resource's.
    Of(String),
    /// The plan does not tell.
    Unknown(String),
    /// It is one of these, and the plan does not tell which.
    OneOf(String, Vec<String>),
}

impl Id {
    /// The text.
    pub fn text(&self) -> &str {
        match self {
            Self::Of(text) | Self::Unknown(text) | Self::OneOf(text, _) => text,
        }
    }
}

impl<'a> Links<'a> {
    /// Indexes instances and their configuration.
    pub fn new(
        instances: &'a [Instance],
        configuration: Option<&'a Configuration>,
        variables: &'a BTreeMap<String, Set>,
    ) -> Self {
        let mut links = Self {
            instances,
            by_resource: BTreeMap::new(),
            by_address: BTreeMap::new(),
            children: BTreeMap::new(),
            modules: BTreeMap::new(),
            calls: BTreeMap::new(),
            resources: BTreeMap::new(),
            variables,
            guesses: RefCell::default(),
            asked: RefCell::default(),
        };
        for instance in instances {
            let own = own_address(instance);
            links
                .by_resource
                .entry((instance.module.as_str(), own))
                .or_default()
                .push(instance);
            links.by_address.insert(&instance.address, instance);
            let mut module = instance.module.as_str();
            while let Some((parent, name)) = split_module(module) {
                links
                    .children
                    .entry((parent.to_owned(), name))
                    .or_default()
                    .insert(module);
                module = parent;
            }
        }
        if let Some(configuration) = configuration {
            links.configure(String::new(), &configuration.root_module);
        }
        links
    }

    fn configure(&mut self, path: String, module: &'a ModuleConfig) {
        for resource in &module.resources {
            self.resources
                .insert((path.clone(), resource.address.as_str()), resource);
        }
        for (name, call) in &module.module_calls {
            let below = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            self.calls.insert(below.clone(), call);
            self.configure(below, &call.module);
        }
        self.modules.insert(path, module);
    }

    /// The arguments of a resource.
    pub fn view(&self, owner: &'a Instance) -> View<'a> {
        let config = self.resources.get(&(plain(&owner.module), own_address(owner)));
        View {
            owner,
            values: &owner.values,
            unknown: &owner.unknown,
            expressions: config.map_or(Expressions::None, |config| {
                Expressions::Known(&config.expressions)
            }),
        }
    }

    /// The instances of a type.
    pub fn of(&self, kinds: &[&str]) -> Vec<View<'a>> {
        let asked = kinds.iter().map(|kind| (*kind).to_owned());
        self.asked.borrow_mut().extend(asked);
        let all = self.instances.iter();
        all.filter(|instance| kinds.contains(&instance.kind.as_str()))
            .map(|one| self.view(one))
            .collect()
    }

    /// The instances of a type that are not only looked up.
    pub fn made(&self, kinds: &[&str]) -> Vec<View<'a>> {
        let all = self.of(kinds).into_iter();
        all.filter(|view| !view.owner.data).collect()
    }

    /// The id in an argument, which is one of a resource of these types.
    pub fn one(&self, view: &View<'a>, argument: &str, kinds: &[&str]) -> Option<Id> {
        match view.values.get(argument) {
            Some(Value::String(text)) if !text.is_empty() => return Some(Id::Of(text.clone())),
            Some(_) => return None,
            None => {}
        }
        let Some(expression) = view.expression(argument) else {
            let guessed = view
                .is_told_unknown(argument)
                .then(|| self.unwritten(view, argument, kinds))?;
            return Some(guessed.map_or_else(|| self.unknown(view, argument), Id::Of));
        };
        let meant = self.meant(view, expression, (argument, kinds));
        let open = meant.open;
        let ids = meant.all();
        match ids.as_slice() {
            [one] => Some(Id::Of(one.clone())),
            [] if references(expression).is_empty() => None,
            // Of a block that is written otherwise, such as a dynamic one, only the plan says that it is not known.
            [] if view.is_told_unknown(argument) => {
                let guessed = self.unwritten(view, argument, kinds);
                Some(guessed.map_or_else(|| self.unknown(view, argument), Id::Of))
            }
            [_, _, ..] if !open => Some(Id::OneOf(self.name(view, argument), ids)),
            _ => Some(self.unknown(view, argument)),
        }
    }

    /// The ids in an argument that is a list.
    pub fn many(&self, view: &View<'a>, argument: &str, kinds: &[&str]) -> Vec<Id> {
        let known = view.values.get(argument);
        let listed = known
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let mut ids: Vec<String> = listed
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        let whole = known.is_some() && listed.iter().all(|value| !value.is_null());
        if view.expression(argument).is_none() && view.is_told_unknown(argument) {
            let told = format!("{argument} of {}", own_address(view.owner));
            let place = self.place(view.owner);
            // Of a list of one, one thing can be meant.
            let one = listed.len() == 1 && ids.is_empty();
            let only = one.then(|| self.guess(&place, kinds, &told)).flatten();
            let all = only.map(|only| vec![only]);
            let all = all.or_else(|| {
                let list = ids
                    .is_empty()
                    .then(|| self.unwritten_list(&place, kinds, argument));
                list.flatten()
            });
            let mut found: Vec<Id> = ids.into_iter().map(Id::Of).collect();
            match all {
                Some(all) => found.extend(all.into_iter().map(Id::Of)),
                None => found.push(self.unknown(view, argument)),
            }
            return found;
        }
        if let (false, Some(expression)) = (whole, view.expression(argument)) {
            let meant = self.meant(view, expression, (argument, kinds));
            // A local value may stand for more.
            let open = meant.open || !meant.loose.is_subset(&meant.ids);
            let fresh: Vec<String> = meant.ids.into_iter().filter(|id| !ids.contains(id)).collect();
            ids.extend(fresh);
            let mut all: Vec<Id> = ids.into_iter().map(Id::Of).collect();
            if !meant.open && open {
                all.push(Id::OneOf(
                    self.name(view, argument),
                    meant.loose.into_iter().collect(),
                ));
            } else if open || all.is_empty() && !references(expression).is_empty() {
                all.push(self.unknown(view, argument));
            }
            return all;
        }
        ids.into_iter().map(Id::Of).collect()
    }

    /// The ids of those whose attribute of this name an argument is, if it is nothing else.
    pub fn whose(&self, view: &View<'a>, argument: &str, attribute: &str) -> Vec<String> {
        let Some(expression) = view.expression(argument) else {
            return Vec::new();
        };
        let mut resolved = Resolved::default();
        self.resolve(&self.place(view.owner), &references(expression), &mut resolved);
        let all = || resolved.targets.iter();
        if !resolved.locals.is_empty() || !all().all(|target| target.attribute.as_deref() == Some(attribute))
        {
            return Vec::new();
        }
        let owners = self.narrowed(all(), &resolved.keys).members;
        owners.iter().map(|(owner, _)| id(owner)).collect()
    }

    /// The ids of all of these types that an argument is made of, whichever attribute of them it takes.
    pub fn named(&self, view: &View<'a>, argument: &str, kinds: &[&str]) -> Vec<String> {
        let resolved = self.referred(view, argument);
        let owners = self.narrowed(resolved.targets.iter(), &resolved.keys).members;
        let owners = owners
            .iter()
            .filter(|(one, _)| kinds.contains(&one.kind.as_str()));
        owners.map(|(one, _)| id(one)).collect()
    }

    /// By which keys an argument picks.
    pub fn keys(&self, view: &View<'a>, argument: &str) -> Vec<Value> {
        self.referred(view, argument).keys
    }

    fn referred(&self, view: &View<'a>, argument: &str) -> Resolved {
        let mut resolved = Resolved::default();
        if let Some(expression) = view.expression(argument) {
            self.resolve(&self.place(view.owner), &references(expression), &mut resolved);
        }
        resolved
    }

    /// What an argument is of which nothing is written, such as one of a dynamic block.
    fn unwritten(&self, view: &View<'a>, argument: &str, kinds: &[&str]) -> Option<String> {
        let told = format!("{argument} of {}", own_address(view.owner));
        self.guess(&self.place(view.owner), kinds, &told)
    }

    /// Everything that may be in an argument that is a list; nothing if there may be more.
    pub fn possible(&self, view: &View<'a>, argument: &str, kinds: &[&str]) -> Vec<String> {
        let meant = view
            .expression(argument)
            .map(|expression| self.meant(view, expression, (argument, kinds)));
        meant
            .filter(|meant| !meant.open)
            .map(Meant::all)
            .unwrap_or_default()
    }

    fn unknown(&self, view: &View<'a>, argument: &str) -> Id {
        Id::Unknown(self.name(view, argument))
    }

    fn name(&self, view: &View<'a>, argument: &str) -> String {
        format!("{}.{argument}", view.owner.address)
    }

    /// The ids of what an expression means.
    fn meant(&self, view: &View<'a>, expression: &Value, (argument, kinds): (&str, &[&str])) -> Meant {
        let place = self.place(view.owner);
        let mut resolved = Resolved::default();
        self.resolve(&place, &references(expression), &mut resolved);
        let ambiguous = self.whole(&place, &mut resolved, kinds);
        let open = self.locals(&place, &mut resolved, kinds, 0);
        let narrowed = self.narrowed(resolved.targets.iter(), &resolved.keys);
        let mut ids = self.ids(&narrowed.members, kinds);
        let loose = resolved.loose.iter();
        let loose = loose.filter(|(attribute, _)| attribute.is_empty() || is_called(attribute, kinds));
        let loose = self.narrowed(loose.map(|(_, target)| target), &resolved.keys);
        let mut loose = self.ids(&called(loose.members, place.key.as_ref()), kinds);
        if !loose.is_empty() && self.is_alone(view, argument) {
            ids.append(&mut loose);
        }
        // A local value, or an element of one, may be what picks one of several.
        let source = |(_, name): &(String, String)| ids.len() < 2 || is_called(name, kinds);
        let element = |attribute: &String| match attribute.is_empty() {
            true => ids.is_empty() && loose.is_empty() || !narrowed.told && ids.len() != 1,
            false => is_called(attribute, kinds),
        };
        let mut more = ambiguous || open.iter().any(source) || resolved.maps.iter().any(element);
        if ids.is_empty()
            && loose.is_empty()
            && let [(module, name), ..] = open.as_slice()
        {
            let told = format!("local.{name}");
            let here = self.inside_of(&place, module);
            let only = self.guess(&here, kinds, &told);
            let only = only.or_else(|| {
                self.guess(
                    &place,
                    kinds,
                    &format!("{argument} of {}", own_address(view.owner)),
                )
            });
            more |= only.is_none();
            more &= only.is_none();
            ids.extend(only);
        }
        Meant {
            ids,
            loose,
            open: more,
        }
    }

    /// Whether of all that are made of a resource one alone has this argument, so that what may be in it is in it.
    fn is_alone(&self, view: &View<'a>, argument: &str) -> bool {
        let owner = view.owner;
        let (module, own) = (plain(&owner.module), own_address(owner));
        let all = self.instances.iter();
        let all = all
            .filter(|one| one.kind == owner.kind && own_address(one) == own && plain(&one.module) == module);
        let told = |one: &&Instance| match one.unknown.get(argument) {
            Some(Value::Bool(unknown)) => *unknown,
            Some(Value::Array(list)) => !list.is_empty(),
            _ => false,
        };
        let mut open = all.filter(told);
        open.next().is_some_and(|one| one.address == owner.address) && open.next().is_none()
    }

    /// What is meant of modules that are named without an output: what all their outputs of these types agree on. Answers
    /// whether they do not.
    fn whole(&self, place: &Place<'a>, resolved: &mut Resolved, kinds: &[&str]) -> bool {
        let mut ambiguous = false;
        for (module, name, key) in std::mem::take(&mut resolved.whole) {
            for child in self.below(&module, &name, key.as_deref()) {
                let outputs = self.modules.get(&plain(child)).map(|config| &config.outputs);
                let mut found: Option<(BTreeSet<String>, BTreeSet<Target>)> = None;
                for output in outputs.into_iter().flat_map(BTreeMap::values) {
                    let mut inner = Resolved::default();
                    self.resolve(
                        &self.inside_of(place, child),
                        &references(&output.expression),
                        &mut inner,
                    );
                    let all = self.narrowed(inner.targets.iter(), &[]);
                    let ids = self.ids(&all.members, kinds);
                    ambiguous |= !ids.is_empty() && found.as_ref().is_some_and(|(same, _)| *same != ids);
                    if !ids.is_empty() {
                        found = Some((ids, inner.targets));
                    }
                }
                resolved
                    .targets
                    .extend(found.into_iter().flat_map(|(_, targets)| targets));
            }
        }
        if ambiguous {
            resolved.targets.clear();
        }
        ambiguous
    }

    /// The ids of members that are of these types.
    pub fn ids(&self, members: &[Member<'a, '_>], kinds: &[&str]) -> BTreeSet<String> {
        let all = members.iter();
        all.filter_map(|(one, target)| self.id_of(one, target.attribute.as_deref(), kinds))
            .collect()
    }

    /// The things in the blocks of a name. Of dynamic blocks nothing is written: where as many things as blocks can be meant,
    /// it is these.
    pub fn spread(&self, view: &View<'a>, block: &str, argument: &str, kinds: &[&str]) -> Vec<Id> {
        let blocks = view.blocks(block);
        let ids: Vec<Id> = blocks
            .iter()
            .filter_map(|one| self.one(one, argument, kinds))
            .collect();
        let lost = ids.iter().all(|id| matches!(id, Id::Unknown(_)));
        if ids.is_empty() || !lost {
            return ids;
        }
        match self.exactly(&self.place(view.owner), kinds, blocks.len()) {
            Some(all) => {
                let told = format!("{block} of {} is {}", view.owner.address, all.join(", "));
                self.guesses.borrow_mut().insert(told);
                all.into_iter().map(Id::Of).collect()
            }
            None => ids,
        }
    }

    /// The id of an instance. What takes over something that comes with a VPC has the id of that.
    pub fn own_id(&self, instance: &'a Instance) -> String {
        let own = id(instance);
        if own != instance.address {
            return own;
        }
        let view = self.view(instance);
        let of = |argument, kinds| self.one(&view, argument, kinds).map(|id| id.text().to_owned());
        let taken = match instance.kind.as_str() {
            "aws_default_route_table" => of("default_route_table_id", TABLE),
            "aws_vpn_gateway_attachment" => of("vpn_gateway_id", VPN_GATEWAY),
            "aws_default_network_acl" => of("default_network_acl_id", ACL),
            "aws_default_security_group" => {
                let vpc = of("vpc_id", VPC);
                let made = |one: &View<'a>| made_with(one.owner, "default_security_group_id");
                let all = self.of(VPC).into_iter();
                let mut known = all.filter(|one| vpc.as_ref() == Some(&id(one.owner)));
                let made = known.next().and_then(|one| made(&one)).map(|(_, id)| id);
                made.or(vpc.map(|vpc| format!("{vpc}.default_security_group")))
            }
            _ => None,
        };
        taken.unwrap_or(own)
    }

    /// The id that an attribute of an instance is, if it may be one of these types.
    pub fn id_of(&self, instance: &'a Instance, attribute: Option<&str>, kinds: &[&str]) -> Option<String> {
        let own = kinds.contains(&instance.kind.as_str());
        match attribute {
            None | Some("id" | "arn" | "allocation_id" | "name" | "identifier") => {
                own.then(|| self.own_id(instance))
            }
            // An instance stands for its primary interface.
            Some("primary_network_interface_id") if kinds.contains(&"aws_network_interface") => {
                Some(id(instance))
            }
            Some(attribute) => {
                let made = made_with(instance, attribute);
                if let Some((kind, id)) = made {
                    return kinds.contains(&kind).then_some(id);
                }
                if let Some(Value::String(text)) = instance.values.get(attribute) {
                    return (!own || attribute.ends_with("_id")).then(|| text.clone());
                }
                // An attribute that is itself a reference, such as the VPC of a subnet.
                let view = self.view(instance);
                let expression = view.expression(attribute);
                let onward =
                    expression.map(|expression| self.meant(&view, expression, (attribute, kinds)).all());
                match onward.as_deref() {
                    Some([one]) => Some(one.clone()),
                    _ if attribute.ends_with("_id") => None,
                    _ => own.then(|| self.own_id(instance)),
                }
            }
        }
    }
}

/// The id of an instance: what AWS gave it, else its address.
pub fn id(instance: &Instance) -> String {
    let key = if matches!(
        instance.kind.as_str(),
        "aws_lb" | "aws_alb" | "aws_lb_target_group" | "aws_alb_target_group"
    ) {
        "arn"
    } else {
        "id"
    };
    let known = instance.values.get(key).or(instance.values.get("id"));
    known
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .map_or_else(|| instance.address.clone(), str::to_owned)
}

/// What AWS makes with a VPC or an EKS cluster, and its id where AWS has not given one yet.
fn made_with(instance: &Instance, attribute: &str) -> Option<(&'static str, String)> {
    let (kind, word) = match (instance.kind.as_str(), attribute) {
        ("aws_vpc" | "aws_default_vpc", "default_route_table_id" | "main_route_table_id") => {
            ("aws_route_table", "main_route_table")
        }
        ("aws_vpc" | "aws_default_vpc", "default_network_acl_id") => {
            ("aws_network_acl", "default_network_acl")
        }
        ("aws_vpc" | "aws_default_vpc", "default_security_group_id") => {
            ("aws_security_group", "default_security_group")
        }
        ("aws_vpn_connection", "transit_gateway_attachment_id") => ("aws_vpn_connection", "attachment"),
        ("aws_eks_cluster", "vpc_config") => return Some(("aws_security_group", cluster_group(instance))),
        _ => return None,
    };
    let known = instance.values.get(attribute).and_then(Value::as_str);
    Some((
        kind,
        known.map_or_else(|| format!("{}.{word}", id(instance)), str::to_owned),
    ))
}

/// The id of the group that EKS makes with a cluster.
pub fn cluster_group(cluster: &Instance) -> String {
    let config = cluster.values.get("vpc_config").and_then(|config| config.get(0));
    let known = config.and_then(|config| config.get("cluster_security_group_id"));
    let known = known.and_then(Value::as_str).filter(|text| !text.is_empty());
    known.map_or_else(
        || format!("{}.cluster_security_group", cluster.address),
        str::to_owned,
    )
}
