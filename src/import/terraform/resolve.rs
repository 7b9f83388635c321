//! What an expression refers to, as far as a plan tells: resources, through variables (into the call of the module) and outputs
//! (into the module called).
//!
//! Of `each.value` the plan tells over what it goes: another resource, a module, or a map. What may be in such a map is loose:
//! it may be meant, and nobody knows in which element it is.

use super::document::Instance;
use super::links::Links;
use super::names::{bracket, own_address, plain, references, split_module, step_key, word};
use serde_json::Value;
use std::collections::BTreeSet;

/// The most things that one expression may refer to.
const TARGETS_MAX: usize = 20_000;

/// An instance that is referred to, and which attribute of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// Its address.
    pub index: String,
    /// The attribute; none: the whole.
    pub attribute: Option<String>,
}

/// What was found out about an expression.
#[derive(Debug, Default)]
pub struct Resolved {
    /// What it means.
    pub targets: BTreeSet<Target>,
    /// What may be in the maps of whose elements it takes an attribute, with that attribute.
    pub loose: BTreeSet<(String, Target)>,
    /// The local values that it names, each with its module: what they are, a plan does not tell.
    pub locals: BTreeSet<(String, String)>,
    /// The attributes that it takes of the elements of local values.
    pub maps: BTreeSet<String>,
    /// Modules that it names without telling the output (`module.spoke[each.key].id`): who calls them, their name, and a key.
    pub whole: BTreeSet<(String, String, Option<String>)>,
    /// What may pick one of several, the best first.
    pub keys: Vec<Value>,
    seen: BTreeSet<(String, bool, String)>,
}

/// Where an expression stands.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    /// For whom it is asked.
    pub owner: &'a Instance,
    /// In which module it is written.
    pub module: String,
    /// What `each.key` and `count.index` are there.
    pub key: Option<Value>,
    /// Over what it goes there.
    pub repeat: Option<&'a Value>,
    /// The attribute of an element of a map that is meant.
    pub element: Option<String>,
}

impl Resolved {
    fn key(&mut self, key: Option<&Value>) {
        if let Some(key) = key.filter(|key| !self.keys.contains(key)) {
            self.keys.push(key.clone());
        }
    }

    fn add(&mut self, place: &Place<'_>, target: Target) {
        if self.targets.len() + self.loose.len() < TARGETS_MAX {
            match &place.element {
                Some(attribute) => drop(self.loose.insert((attribute.clone(), target))),
                None => drop(self.targets.insert(target)),
            }
        }
    }
}

impl<'a> Links<'a> {
    /// Where the arguments of a resource stand.
    pub fn place(&self, owner: &'a Instance) -> Place<'a> {
        let config = self.resources.get(&(plain(&owner.module), own_address(owner)));
        Place {
            owner,
            module: owner.module.clone(),
            key: owner.key.clone(),
            repeat: config.map(|config| &config.for_each_expression),
            element: None,
        }
    }

    /// Where the call of a module stands; what it is given.
    pub fn call(
        &self,
        place: &Place<'a>,
        module: &str,
    ) -> Option<(Place<'a>, &'a serde_json::Map<String, Value>)> {
        let (parent, _) = split_module(module)?;
        let call = *self.calls.get(&plain(module))?;
        let above = Place {
            module: parent.to_owned(),
            key: step_key(module),
            repeat: Some(&call.for_each_expression),
            ..place.clone()
        };
        Some((above, &call.expressions))
    }

    /// What is meant by these names.
    pub fn resolve(&self, place: &Place<'a>, names: &[&str], into: &mut Resolved) {
        for name in names {
            let seen = (place.module.clone(), place.element.is_some(), (*name).to_owned());
            if !into.seen.insert(seen) || into.seen.len() > TARGETS_MAX {
                continue;
            }
            let (first, rest) = name.split_once('.').unwrap_or((name, ""));
            match (first, &place.element) {
                ("var", _) => self.variable(place, rest, into),
                ("module", _) => self.output(place, rest, into),
                ("local", Some(attribute)) => drop(into.maps.insert(attribute.clone())),
                ("local", None) => {
                    into.locals.insert((place.module.clone(), word(rest).to_owned()));
                }
                ("count", _) => into.key(place.key.as_ref()),
                ("each", _) => self.each(place, rest, into),
                _ => self.resource(place, name, into),
            }
        }
    }

    fn each(&self, place: &Place<'a>, rest: &str, into: &mut Resolved) {
        let Some(attribute) = rest.strip_prefix("value") else {
            return into.key(place.key.as_ref());
        };
        let attribute = attribute.trim_start_matches('.');
        into.key(self.told(place, attribute));
        into.key(place.key.as_ref());
        let bases = place.repeat.map(references).unwrap_or_default();
        // An element of a map of several things is one of them.
        let things = bases
            .iter()
            .filter(|base| !matches!(word(base), "var" | "local" | "each"));
        let several = (things.count() > 1).then(String::new);
        let several = several.or_else(|| place.element.clone());
        for base in bases {
            match word(base) {
                "each" | "count" | "path" | "terraform" => {}
                "var" | "local" => {
                    let element = Place {
                        element: Some(word(attribute).to_owned()),
                        ..place.clone()
                    };
                    self.resolve(&element, &[base], into);
                }
                _ => {
                    let whole = self.taken(place, base, word(attribute));
                    let one = Place {
                        element: several.clone(),
                        ..place.clone()
                    };
                    self.resolve(&one, &[whole.as_str()], into);
                }
            }
        }
    }

    /// The attribute of what is gone over, if that has one of this name.
    fn taken(&self, place: &Place<'a>, base: &str, attribute: &str) -> String {
        let mut inner = Resolved::default();
        if attribute.is_empty() {
            return base.to_owned();
        }
        if word(base) == "module" {
            return match base.matches('.').count() {
                1 => format!("{base}.{attribute}"),
                _ => base.to_owned(),
            };
        }
        self.resource(place, base, &mut inner);
        let has = |target: &Target| {
            let instance = self.by_address.get(target.index.as_str());
            target.attribute.is_none()
                && instance.is_some_and(|one| {
                    one.values.contains_key(attribute) || one.unknown.get(attribute).is_some()
                })
        };
        let all = inner.targets.iter().chain(inner.loose.iter().map(|(_, one)| one));
        match all.into_iter().any(has) {
            true => format!("{base}.{attribute}"),
            false => base.to_owned(),
        }
    }

    /// What an attribute of the element is.
    fn told(&self, place: &Place<'a>, attribute: &str) -> Option<&'a Value> {
        let mut value = self.element(place)?;
        let parts = attribute.split(['.', '[', ']']).filter(|part| !part.is_empty());
        for part in parts {
            let index = part.parse::<usize>().ok();
            value = index
                .and_then(|index| value.get(index))
                .or_else(|| value.get(part.trim_matches('"')))?;
        }
        (value.is_string() || value.is_number()).then_some(value)
    }

    /// The element for which something is made, if a variable or the resource itself tells the map.
    pub fn element(&self, place: &Place<'a>) -> Option<&'a Value> {
        let repeat = place.repeat?;
        let map = match (repeat.get("constant_value"), references(repeat).as_slice()) {
            (Some(map), _) => map,
            (None, [only]) => self.value_of(&place.module, only.strip_prefix("var.")?)?,
            _ => return None,
        };
        map.get(place.key.as_ref()?.as_str()?)
    }

    /// What a variable is set to, where the plan tells it.
    fn value_of(&self, module: &str, name: &str) -> Option<&'a Value> {
        let default = |module: &str| {
            let own = self.modules.get(&plain(module))?;
            own.variables.get(name).map(|variable| &variable.default)
        };
        if module.is_empty() {
            let set = self.variables.get(name).map(|set| &set.value);
            return set.or_else(|| default(module));
        }
        let (parent, _) = split_module(module)?;
        let call = *self.calls.get(&plain(module))?;
        let Some(expression) = call.expressions.get(name) else {
            return default(module);
        };
        if let Some(constant) = expression.get("constant_value") {
            return Some(constant);
        }
        match references(expression).as_slice() {
            [only] => self.value_of(parent, only.strip_prefix("var.")?),
            _ => None,
        }
    }

    fn variable(&self, place: &Place<'a>, rest: &str, into: &mut Resolved) {
        let name = word(rest);
        let (key, _) = bracket(&rest[name.len()..]);
        let Some((above, given)) = self.call(place, &place.module) else {
            return;
        };
        if let Some(expression) = given.get(name) {
            let before = std::mem::take(&mut into.targets);
            self.resolve(&above, &references(expression), into);
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

    fn output(&self, place: &Place<'a>, rest: &str, into: &mut Resolved) {
        let name = word(rest);
        let (key, rest) = bracket(&rest[name.len()..]);
        let rest = rest.trim_start_matches('.');
        let output = word(rest);
        let (of, _) = bracket(&rest[output.len()..]);
        let before = std::mem::take(&mut into.targets);
        let mut heard = false;
        for child in self.below(&place.module, name, key) {
            let config = self.modules.get(&plain(child));
            if let Some(found) = config.and_then(|config| config.outputs.get(output)) {
                heard = true;
                self.resolve(
                    &self.inside_of(place, child),
                    &references(&found.expression),
                    into,
                );
            }
        }
        self.pick(of, before, into);
        if !heard && place.element.is_none() {
            let whole = (place.module.clone(), name.to_owned(), key.map(str::to_owned));
            into.whole.insert(whole);
        }
    }

    /// Where the outputs of a module stand.
    pub fn inside_of(&self, place: &Place<'a>, module: &str) -> Place<'a> {
        Place {
            module: module.to_owned(),
            key: None,
            repeat: None,
            ..place.clone()
        }
    }

    /// The modules that are made of a call.
    pub fn below(&self, module: &str, name: &str, key: Option<&str>) -> Vec<&'a str> {
        let all = self.children.get(&(module.to_owned(), name.to_owned()));
        let all = all.into_iter().flatten().copied();
        all.filter(|child| key.is_none_or(|key| child.ends_with(&format!("[{key}]"))))
            .collect()
    }

    fn resource(&self, place: &Place<'a>, name: &str, into: &mut Resolved) {
        let data = name.starts_with("data.");
        let body = name.strip_prefix("data.").unwrap_or(name);
        let kind = word(body);
        let rest = body[kind.len()..].trim_start_matches('.');
        let own = word(rest);
        let (key, rest) = bracket(&rest[own.len()..]);
        let attribute = word(rest.trim_start_matches('.'));
        let address = format!("{kind}.{own}");
        let found = self.by_resource.get(&(place.module.as_str(), address.as_str()));
        for instance in found.into_iter().flatten().filter(|one| one.data == data) {
            let same = key.is_none_or(|key| instance.key == serde_json::from_str(key).ok());
            if same {
                let target = Target {
                    index: instance.address.clone(),
                    attribute: (!attribute.is_empty()).then(|| attribute.to_owned()),
                };
                into.add(place, target);
            }
        }
    }
}
