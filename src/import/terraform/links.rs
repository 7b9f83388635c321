//! What refers to what. A plan does not know an id before it is given; the configuration says whose id it will be.
//!
//! Followed are references to resources, variables (into the call of the module) and outputs (into the module called). The
//! plan says nothing of `local` values: where one stands for a thing of which the module has exactly one, that one is meant.
//! Where several could be meant, nobody guesses: the answer is a named unknown.

use super::document::{Configuration, Instance, ModuleCall, ModuleConfig, ResourceConfig};
use super::filters::ACL;
use super::gateways::VPN_GATEWAY;
use super::names::{bracket, own_address, plain, references, split_module, word};
use super::places::VPC;
use super::routing::TABLE;
use super::view::{Expressions, View};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// The most things that one expression may refer to.
const TARGETS_MAX: usize = 20_000;

/// Everything that is planned or held, and what refers to what.
#[derive(Debug)]
pub struct Links<'a> {
    /// The instances.
    pub instances: &'a [Instance],
    by_resource: BTreeMap<(&'a str, &'a str), Vec<&'a Instance>>,
    by_address: BTreeMap<&'a str, &'a Instance>,
    children: BTreeMap<(String, String), BTreeSet<&'a str>>,
    modules: BTreeMap<String, &'a ModuleConfig>,
    calls: BTreeMap<String, &'a ModuleCall>,
    resources: BTreeMap<(String, &'a str), &'a ResourceConfig>,
    /// The resources of which an argument is a local value that was taken to be the only thing that it can be.
    pub guesses: RefCell<BTreeSet<String>>,
    /// The types that were asked for: all others are not read.
    pub asked: RefCell<BTreeSet<String>>,
}

/// What an expression means.
struct Meant {
    ids: Vec<String>,
    /// Whether it may mean more, which the plan does not tell.
    open: bool,
}

/// What an expression refers to: an instance, and which attribute of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    index: String,
    attribute: Option<String>,
}

/// What was found out about an expression.
#[derive(Debug, Default)]
struct Resolved {
    targets: BTreeSet<Target>,
    /// The local values that it names, each with its module: what they are, a plan does not tell.
    locals: BTreeSet<(String, String)>,
    /// It depends on which one of a counted resource it is in.
    keyed: bool,
    seen: BTreeSet<(String, String)>,
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
    pub fn new(instances: &'a [Instance], configuration: Option<&'a Configuration>) -> Self {
        let mut links = Self {
            instances,
            by_resource: BTreeMap::new(),
            by_address: BTreeMap::new(),
            children: BTreeMap::new(),
            modules: BTreeMap::new(),
            calls: BTreeMap::new(),
            resources: BTreeMap::new(),
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
                .then(|| self.guess(view.owner, kinds))?;
            return Some(guessed.map_or_else(|| self.unknown(view, argument), Id::Of));
        };
        let Meant { ids, open } = self.meant(view, expression, kinds);
        match ids.as_slice() {
            [one] => Some(Id::Of(one.clone())),
            [] if references(expression).is_empty() => None,
            // Of a block that is written otherwise, such as a dynamic one, only the plan says that it is not known.
            [] if view.is_told_unknown(argument) => {
                let guessed = self.guess(view.owner, kinds);
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
            let mut all: Vec<Id> = ids.into_iter().map(Id::Of).collect();
            // Of a list of one, one thing can be meant.
            let one = listed.len() == 1 && all.is_empty();
            let only = one.then(|| self.guess(view.owner, kinds)).flatten();
            all.push(only.map_or_else(|| self.unknown(view, argument), Id::Of));
            return all;
        }
        if let (false, Some(expression)) = (whole, view.expression(argument)) {
            let meant = self.meant(view, expression, kinds);
            let fresh: Vec<String> = meant.ids.into_iter().filter(|id| !ids.contains(id)).collect();
            ids.extend(fresh);
            let mut all: Vec<Id> = ids.into_iter().map(Id::Of).collect();
            // A local value may stand for more.
            if meant.open || all.is_empty() && !references(expression).is_empty() {
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
        let owner = view.owner;
        self.resolve(owner, &owner.module, &references(expression), &mut resolved);
        let all = || resolved.targets.iter();
        if !resolved.locals.is_empty() || !all().all(|target| target.attribute.as_deref() == Some(attribute))
        {
            return Vec::new();
        }
        let owners = all().filter_map(|target| self.by_address.get(target.index.as_str()));
        owners.map(|owner| id(owner)).collect()
    }

    /// The ids of all of these types that an argument is made of, whichever attribute of them it takes.
    pub fn named(&self, view: &View<'a>, argument: &str, kinds: &[&str]) -> Vec<String> {
        let Some(expression) = view.expression(argument) else {
            return Vec::new();
        };
        let mut resolved = Resolved::default();
        let owner = view.owner;
        self.resolve(owner, &owner.module, &references(expression), &mut resolved);
        let all = resolved.targets.iter();
        let owners = all.filter_map(|target| self.by_address.get(target.index.as_str()));
        owners
            .filter(|one| kinds.contains(&one.kind.as_str()))
            .map(|one| id(one))
            .collect()
    }

    fn unknown(&self, view: &View<'a>, argument: &str) -> Id {
        Id::Unknown(self.name(view, argument))
    }

    fn name(&self, view: &View<'a>, argument: &str) -> String {
        format!("{}.{argument}", view.owner.address)
    }

    /// The ids of what an expression means.
    fn meant(&self, view: &View<'a>, expression: &Value, kinds: &[&str]) -> Meant {
        let owner = view.owner;
        let mut resolved = Resolved::default();
        self.resolve(owner, &owner.module, &references(expression), &mut resolved);
        let mut ids: BTreeSet<String> = BTreeSet::new();
        let mut groups: BTreeMap<(&str, &str), Vec<(&'a Instance, &Target)>> = BTreeMap::new();
        for target in &resolved.targets {
            let Some(instance) = self.by_address.get(target.index.as_str()) else {
                continue;
            };
            groups
                .entry((instance.module.as_str(), own_address(instance)))
                .or_default()
                .push((instance, target));
        }
        for members in groups.into_values() {
            let same: Vec<_> = members
                .iter()
                .filter(|(one, _)| one.key == owner.key)
                .copied()
                .collect();
            let narrowed = if resolved.keyed && members.len() > 1 && !same.is_empty() {
                same
            } else {
                members
            };
            ids.extend(
                narrowed
                    .iter()
                    .filter_map(|(one, target)| self.id_of(one, target.attribute.as_deref(), kinds)),
            );
        }
        let unseen = ids.is_empty() && !resolved.locals.is_empty();
        let open = match unseen.then(|| self.guess(owner, kinds)).flatten() {
            Some(only) => !ids.insert(only),
            None => !resolved.locals.is_empty(),
        };
        Meant {
            ids: ids.into_iter().collect(),
            open,
        }
    }

    /// What something that the plan does not tell will be, if only one thing can be meant; said in a note.
    fn guess(&self, owner: &'a Instance, kinds: &[&str]) -> Option<String> {
        let only = self.only(owner, kinds)?;
        self.guesses.borrow_mut().insert(owner.address.clone());
        Some(only)
    }

    /// The only other thing of these types that somebody can name: of its own module, or one that its module is given.
    fn only(&self, owner: &'a Instance, kinds: &[&str]) -> Option<String> {
        let mut inside = self
            .inside(&owner.module, kinds)
            .filter(|one| one.address != owner.address);
        match (inside.next(), inside.next()) {
            (Some(only), None) => Some(id(only)),
            (None, _) => self.given(owner, kinds),
            _ => None,
        }
    }

    /// What a module makes of these types.
    fn inside(&self, module: &str, kinds: &[&str]) -> impl Iterator<Item = &'a Instance> {
        let made = self.instances.iter().filter(|one| !one.data);
        made.filter(move |one| one.module == module && kinds.contains(&one.kind.as_str()))
    }

    /// The only thing of these types among all that the module of somebody is given.
    fn given(&self, owner: &'a Instance, kinds: &[&str]) -> Option<String> {
        let (parent, _) = split_module(&owner.module)?;
        let call = self.calls.get(&plain(&owner.module))?;
        let mut resolved = Resolved::default();
        for expression in call.expressions.values() {
            self.resolve(owner, parent, &references(expression), &mut resolved);
        }
        if !resolved.locals.is_empty() {
            return None;
        }
        let all = resolved.targets.iter();
        let found = all.filter_map(|target| Some((self.by_address.get(target.index.as_str())?, target)));
        let typed = found.filter(|(one, _)| kinds.contains(&one.kind.as_str()));
        let ids: BTreeSet<String> = typed
            .filter_map(|(one, target)| self.id_of(one, target.attribute.as_deref(), kinds))
            .collect();
        let mut ids = ids.into_iter();
        ids.next().filter(|_| ids.next().is_none())
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
    fn id_of(&self, instance: &'a Instance, attribute: Option<&str>, kinds: &[&str]) -> Option<String> {
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
                let onward = expression.map(|expression| self.meant(&view, expression, kinds).ids);
                match onward.as_deref() {
                    Some([one]) => Some(one.clone()),
                    _ if attribute.ends_with("_id") => None,
                    _ => own.then(|| self.own_id(instance)),
                }
            }
        }
    }

    fn resolve(&self, owner: &'a Instance, module: &str, names: &[&str], into: &mut Resolved) {
        for name in names {
            let fresh = into.seen.insert((module.to_owned(), (*name).to_owned()));
            if !fresh || into.seen.len() > TARGETS_MAX {
                continue;
            }
            let (first, rest) = name.split_once('.').unwrap_or((name, ""));
            match first {
                "var" => self.variable(owner, module, rest, into),
                "module" => self.output(owner, module, rest, into),
                "local" => {
                    into.locals.insert((module.to_owned(), word(rest).to_owned()));
                }
                "count" => into.keyed = true,
                "each" => {
                    into.keyed = true;
                    let config = self.resources.get(&(plain(&owner.module), own_address(owner)));
                    if let (Some(config), true, true) =
                        (config, rest.starts_with("value"), module == owner.module)
                    {
                        self.resolve(owner, module, &references(&config.for_each_expression), into);
                    }
                }
                _ => self.resource(module, name, into),
            }
        }
    }

    fn variable(&self, owner: &'a Instance, module: &str, rest: &str, into: &mut Resolved) {
        let Some((parent, _)) = split_module(module) else {
            return;
        };
        let name = word(rest);
        let (key, _) = bracket(&rest[name.len()..]);
        let call = self.calls.get(&plain(module));
        if let Some(expression) = call.and_then(|call| call.expressions.get(name)) {
            let before = std::mem::take(&mut into.targets);
            self.resolve(owner, parent, &references(expression), into);
            self.pick(key, before, into);
        }
    }

    /// Leaves of what was found those of a key, `module.network.subnets["a"]` or `var.subnets[0]`: of a resource that counts
    /// itself, the one of that key or in that place.
    fn pick(&self, key: Option<&str>, before: BTreeSet<Target>, into: &mut Resolved) {
        let found = std::mem::replace(&mut into.targets, before);
        let key: Option<Value> = key.and_then(|key| serde_json::from_str(key).ok());
        let instance = |target: &Target| self.by_address.get(target.index.as_str()).copied();
        let whole = |target: &Target| instance(target).map(|one| (one.module.as_str(), own_address(one)));
        let resources: BTreeSet<_> = found.iter().map(whole).collect();
        let (Some(key), 1) = (key, resources.len()) else {
            into.targets.extend(found);
            return;
        };
        let of_key = |target: &&Target| instance(target).and_then(|one| one.key.as_ref()) == Some(&key);
        let place = key.as_u64().and_then(|place| usize::try_from(place).ok());
        let there: Vec<Target> = found.iter().filter(of_key).cloned().collect();
        match (there.is_empty(), place.and_then(|place| found.iter().nth(place))) {
            (true, Some(one)) => into.targets.extend([one.clone()]),
            (true, None) => into.targets.extend(found),
            (false, _) => into.targets.extend(there),
        }
    }

    fn output(&self, owner: &'a Instance, module: &str, rest: &str, into: &mut Resolved) {
        let name = word(rest);
        let (key, rest) = bracket(&rest[name.len()..]);
        let rest = rest.trim_start_matches('.');
        let output = word(rest);
        let (of, _) = bracket(&rest[output.len()..]);
        let before = std::mem::take(&mut into.targets);
        let below = self.children.get(&(module.to_owned(), name.to_owned()));
        for child in below.into_iter().flatten() {
            let wanted = key.is_none_or(|key| child.ends_with(&format!("[{key}]")));
            let config = self.modules.get(&plain(child));
            let found = config.and_then(|config| config.outputs.get(output));
            if let (true, Some(found)) = (wanted, found) {
                self.resolve(owner, child, &references(&found.expression), into);
            }
        }
        self.pick(of, before, into);
    }

    fn resource(&self, module: &str, name: &str, into: &mut Resolved) {
        let data = name.starts_with("data.");
        let body = name.strip_prefix("data.").unwrap_or(name);
        let kind = word(body);
        let rest = body[kind.len()..].trim_start_matches('.');
        let own = word(rest);
        let (key, rest) = bracket(&rest[own.len()..]);
        let attribute = word(rest.trim_start_matches('.'));
        let address = format!("{}{kind}.{own}", if data { "data." } else { "" });
        let found = self
            .by_resource
            .get(&(module, &address[if data { 5 } else { 0 }..]));
        for instance in found.into_iter().flatten().filter(|one| one.data == data) {
            let same = key.is_none_or(|key| instance.key == serde_json::from_str(key).ok());
            if same && into.targets.len() < TARGETS_MAX {
                into.targets.insert(Target {
                    index: instance.address.clone(),
                    attribute: (!attribute.is_empty()).then(|| attribute.to_owned()),
                });
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
