//! What refers to what. A plan does not know an id before it is given; the configuration says whose id it will be.
//!
//! Followed are references to resources, variables (into the call of the module) and outputs (into the module called). The
//! plan says nothing of `local` values: where one stands for a thing of which the module has exactly one, that one is meant.
//! Where several could be meant, nobody guesses: the answer is a named unknown.

use super::document::{Configuration, Instance, ModuleCall, ModuleConfig, ResourceConfig};
use serde_json::{Map, Value};
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
    /// It names a local value.
    local: bool,
    /// It depends on which one of a counted resource it is in.
    keyed: bool,
    seen: BTreeSet<(String, String)>,
}

/// The arguments of a resource, or of a block in it.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The resource.
    pub owner: &'a Instance,
    values: &'a Map<String, Value>,
    expressions: Expressions<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Expressions<'a> {
    None,
    Known(&'a Map<String, Value>),
    /// The block is written as one expression: each of its arguments may be any of these.
    Whole(&'a Value),
}

/// An id, and whether anybody knows whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Id {
    /// It is known, or will be this resource's.
    Of(String),
    /// The plan does not tell.
    Unknown(String),
}

impl Id {
    /// The text.
    pub fn text(&self) -> &str {
        match self {
            Self::Of(text) | Self::Unknown(text) => text,
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
            expressions: config.map_or(Expressions::None, |config| {
                Expressions::Known(&config.expressions)
            }),
        }
    }

    /// The instances of a type.
    pub fn of(&self, kinds: &[&str]) -> Vec<View<'a>> {
        let all = self.instances.iter();
        all.filter(|instance| kinds.contains(&instance.kind.as_str()))
            .map(|one| self.view(one))
            .collect()
    }

    /// The id in an argument, which is one of a resource of these types.
    pub fn one(&self, view: &View<'a>, argument: &str, kinds: &[&str]) -> Option<Id> {
        match view.values.get(argument) {
            Some(Value::String(text)) if !text.is_empty() => return Some(Id::Of(text.clone())),
            Some(_) => return None,
            None => {}
        }
        let expression = view.expression(argument)?;
        let Meant { ids, .. } = self.meant(view, expression, kinds);
        match ids.as_slice() {
            [one] => Some(Id::Of(one.clone())),
            [] if references(expression).is_empty() => None,
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

    fn unknown(&self, view: &View<'a>, argument: &str) -> Id {
        Id::Unknown(format!("{}.{argument}", view.owner.address))
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
        let mut open = resolved.local;
        if ids.is_empty() && resolved.local {
            let inside = self
                .instances
                .iter()
                .filter(|one| one.module == owner.module && !one.data);
            let inside: Vec<&Instance> = inside.filter(|one| kinds.contains(&one.kind.as_str())).collect();
            if let [only] = inside.as_slice() {
                ids.insert(id(only));
                open = false;
                self.guesses.borrow_mut().insert(owner.address.clone());
            }
        }
        Meant {
            ids: ids.into_iter().collect(),
            open,
        }
    }

    /// The id that an attribute of an instance is, if it may be one of these types.
    fn id_of(&self, instance: &'a Instance, attribute: Option<&str>, kinds: &[&str]) -> Option<String> {
        let own = kinds.contains(&instance.kind.as_str());
        match attribute {
            None | Some("id" | "arn" | "allocation_id" | "name" | "identifier") => own.then(|| id(instance)),
            // An instance stands for its primary interface.
            Some("primary_network_interface_id") if kinds.contains(&"aws_network_interface") => {
                Some(id(instance))
            }
            Some(attribute) => {
                let made = made_with_vpc(instance, attribute);
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
                    _ => own.then(|| id(instance)),
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
                "var" => self.variable(owner, module, word(rest), into),
                "module" => self.output(owner, module, rest, into),
                "local" => into.local = true,
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

    fn variable(&self, owner: &'a Instance, module: &str, name: &str, into: &mut Resolved) {
        let Some((parent, _)) = split_module(module) else {
            return;
        };
        let call = self.calls.get(&plain(module));
        if let Some(expression) = call.and_then(|call| call.expressions.get(name)) {
            self.resolve(owner, parent, &references(expression), into);
        }
    }

    fn output(&self, owner: &'a Instance, module: &str, rest: &str, into: &mut Resolved) {
        let name = word(rest);
        let (key, rest) = bracket(&rest[name.len()..]);
        let output = word(rest.trim_start_matches('.'));
        let below = self.children.get(&(module.to_owned(), name.to_owned()));
        for child in below.into_iter().flatten() {
            let wanted = key.is_none_or(|key| child.ends_with(&format!("[{key}]")));
            let config = self.modules.get(&plain(child));
            let found = config.and_then(|config| config.outputs.get(output));
            if let (true, Some(found)) = (wanted, found) {
                self.resolve(owner, child, &references(&found.expression), into);
            }
        }
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

impl<'a> View<'a> {
    /// A known text.
    pub fn text(&self, argument: &str) -> Option<&'a str> {
        self.values
            .get(argument)?
            .as_str()
            .filter(|text| !text.is_empty())
    }
    /// A known number.
    pub fn number(&self, argument: &str) -> Option<i64> {
        match self.values.get(argument)? {
            Value::String(text) => text.parse().ok(),
            value => value.as_i64(),
        }
    }
    /// A known truth.
    pub fn truth(&self, argument: &str) -> Option<bool> {
        match self.values.get(argument)? {
            Value::String(text) => text.parse().ok(),
            value => value.as_bool(),
        }
    }
    /// Whether an argument is known, be it that there is none.
    pub fn values_tell(&self, argument: &str) -> bool {
        self.values.contains_key(argument)
    }
    /// The known texts of a list.
    pub fn texts(&self, argument: &str) -> Vec<&'a str> {
        let list = self.values.get(argument).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }
    /// Tags, and the Name among them.
    pub fn tags(&self) -> BTreeMap<String, String> {
        let tags = ["tags", "tags_all"]
            .into_iter()
            .find_map(|key| self.values.get(key)?.as_object());
        let tags = tags.into_iter().flatten();
        tags.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect()
    }
    /// Whether an argument is written and its value is not known yet, wholly or in part.
    pub fn is_open(&self, argument: &str) -> bool {
        let open = match self.values.get(argument) {
            None => true,
            Some(Value::Array(list)) => list.iter().any(Value::is_null),
            Some(_) => false,
        };
        open && self
            .expression(argument)
            .is_some_and(|expression| !references(expression).is_empty())
    }
    /// Whether nothing at all is known of an argument, not even that it is not given.
    pub fn is_absent(&self, argument: &str) -> bool {
        !self.values.contains_key(argument)
    }

    /// The blocks of a name.
    pub fn blocks(&self, name: &str) -> Vec<View<'a>> {
        let list = match self.values.get(name) {
            Some(Value::Array(list)) => list.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            _ => &[],
        };
        let written = self.expression(name);
        let maps = list
            .iter()
            .enumerate()
            .filter_map(|(index, one)| Some((index, one.as_object()?)));
        maps.map(|(index, values)| View {
            owner: self.owner,
            values,
            expressions: block(written, index, list.len(), values),
        })
        .collect()
    }

    fn expression(&self, argument: &str) -> Option<&'a Value> {
        match self.expressions {
            Expressions::None => None,
            Expressions::Known(map) => map.get(argument),
            Expressions::Whole(all) => Some(all),
        }
    }
}

/// What is written of one of several blocks. Sets have lost their order: there the constants tell which is which.
fn block<'a>(
    written: Option<&'a Value>,
    index: usize,
    count: usize,
    values: &Map<String, Value>,
) -> Expressions<'a> {
    let Some(written) = written else {
        return Expressions::None;
    };
    let Some(list) = written.as_array() else {
        let whole = written.get("references").is_some() || written.get("constant_value").is_some();
        return match written.as_object() {
            Some(map) if !whole => Expressions::Known(map),
            _ => Expressions::Whole(written),
        };
    };
    let agrees = |map: &Map<String, Value>| {
        map.iter().all(|(key, expression)| {
            let constant = expression.get("constant_value");
            constant.is_none_or(|constant| values.get(key).is_none_or(|value| alike(value, constant)))
        })
    };
    let mut fitting = list.iter().filter_map(Value::as_object).filter(|map| agrees(map));
    let (first, second) = (fitting.next(), fitting.next());
    match (first, second, list.get(index).and_then(Value::as_object)) {
        (Some(only), None, _) => Expressions::Known(only),
        (_, _, Some(same)) if list.len() == count => Expressions::Known(same),
        _ => Expressions::Whole(written),
    }
}

fn alike(one: &Value, other: &Value) -> bool {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    one == other || text(one) == text(other)
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

/// What comes with a VPC, and its id where AWS has not given one yet.
fn made_with_vpc(instance: &Instance, attribute: &str) -> Option<(&'static str, String)> {
    if !matches!(instance.kind.as_str(), "aws_vpc" | "aws_default_vpc") {
        return None;
    }
    let (kind, word) = match attribute {
        "default_route_table_id" | "main_route_table_id" => ("aws_route_table", "main_route_table"),
        "default_network_acl_id" => ("aws_network_acl", "default_network_acl"),
        "default_security_group_id" => ("aws_security_group", "default_security_group"),
        _ => return None,
    };
    let known = instance.values.get(attribute).and_then(Value::as_str);
    Some((
        kind,
        known.map_or_else(|| format!("{}.{word}", id(instance)), str::to_owned),
    ))
}

/// `aws_subnet.web` of `module.a.aws_subnet.web[0]`; the same for a data source.
fn own_address(instance: &Instance) -> &str {
    let address = instance.address.as_str();
    let rest = address
        .strip_prefix(&instance.module)
        .unwrap_or(address)
        .trim_start_matches('.');
    let rest = rest.strip_prefix("data.").unwrap_or(rest);
    let length = instance.kind.len() + 1 + instance.name.len();
    rest.get(..length).unwrap_or(rest)
}

/// A module's parent, and its own name without a key.
fn split_module(module: &str) -> Option<(&str, String)> {
    let steps = steps(module);
    let (start, name) = steps.last()?;
    Some((module[..*start].trim_end_matches('.'), (*name).to_owned()))
}

/// A module's path without keys: `a.b`.
fn plain(module: &str) -> String {
    let names: Vec<&str> = steps(module).into_iter().map(|(_, name)| name).collect();
    names.join(".")
}

/// The steps of `module.a["x.y"].module.b`: where each begins, and its name.
fn steps(module: &str) -> Vec<(usize, &str)> {
    let mut steps = Vec::new();
    let mut at = 0;
    while let Some(rest) = module.get(at..).and_then(|rest| rest.strip_prefix("module.")) {
        let name = word(rest);
        let (_, after) = bracket(&rest[name.len()..]);
        steps.push((at, name));
        at = module.len() - after.len() + usize::from(after.starts_with('.'));
        if after.is_empty() || name.is_empty() {
            break;
        }
    }
    steps
}

/// A word up to the next dot or bracket.
fn word(text: &str) -> &str {
    text.split(['.', '[']).next().unwrap_or_default()
}

/// The key in the brackets with which a text begins, and the rest.
fn bracket(text: &str) -> (Option<&str>, &str) {
    let Some(inner) = text.strip_prefix('[') else {
        return (None, text);
    };
    let mut quoted = false;
    let mut escaped = false;
    for (place, character) in inner.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return (Some(&inner[..place]), &inner[place + 1..]),
            _ => {}
        }
    }
    (None, "")
}

/// What an expression refers to, most precise first: the prefixes that Terraform lists besides are left out.
fn references(expression: &Value) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    let mut open = vec![expression];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(list) => open.extend(list),
            Value::Object(map) => match map.get("references") {
                Some(Value::Array(list)) => all.extend(list.iter().filter_map(Value::as_str)),
                _ => open.extend(map.values().filter(|value| value.is_array() || value.is_object())),
            },
            _ => {}
        }
    }
    let mut kept: Vec<&str> = Vec::new();
    for name in all {
        let longer = |other: &&str| {
            other
                .strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        // The prefixes of a reference follow it directly.
        if !kept.last().is_some_and(longer) {
            kept.push(name);
        }
    }
    kept
}
