//! Local values, of which a plan tells nothing but the names.
//!
//! One that is called after a resource of its module is that (`local.node_security_group_id` of `aws_security_group.node`); one
//! that is called as an output of a module below, or as a variable that the module is given, is that one; else one stands for
//! the only thing of its kind. Each is said in a note. Where several could be meant, nobody guesses.

use super::document::Instance;
use super::links::{Links, id};
use super::names::{own_address, plain, references, steps};
use super::resolve::{Place, Resolved, Target};
use serde_json::Value;
use std::collections::BTreeSet;

/// How deep local values are followed that stand for others.
const DEPTH: usize = 6;

/// What people call things of a type, besides the type itself.
const SHORT: [(&str, &[&str]); 9] = [
    ("security_group", &["sg"]),
    ("route_table", &["rt", "rtb", "table"]),
    ("network_acl", &["nacl", "acl"]),
    ("nat_gateway", &["nat", "natgw"]),
    ("internet_gateway", &["igw"]),
    ("lb_target_group", &["target_group", "tg"]),
    ("lb", &["load_balancer", "alb", "nlb"]),
    ("ec2_transit_gateway", &["transit_gateway", "tgw"]),
    ("ec2_transit_gateway_vpc_attachment", &["attachment"]),
];
/// How a name ends that is one of an identifier.
const ENDS: [&str; 4] = ["_ids", "_id", "_arns", "_arn"];

/// The words for these types.
fn words(kinds: &[&str]) -> Vec<String> {
    let mut words = Vec::new();
    for kind in kinds {
        let own = kind.trim_start_matches("aws_").trim_start_matches("default_");
        let short = SHORT.iter().filter(|(name, _)| *name == own);
        words.extend(short.flat_map(|(_, short)| short.iter().map(|word| (*word).to_owned())));
        words.push(own.to_owned());
    }
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words
}

/// What is left of a name without the words for its type.
fn stem(name: &str, words: &[String]) -> String {
    let name = name.to_ascii_lowercase();
    let bare = ENDS
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .unwrap_or(&name);
    for word in words {
        for word in [format!("{word}s"), word.clone()] {
            let rest = bare.strip_suffix(&word).or_else(|| bare.strip_prefix(&word));
            if let Some(rest) = rest {
                return rest.trim_matches('_').to_owned();
            }
        }
    }
    bare.to_owned()
}

/// Whether a name is one for something of these types, and not for a setting of it.
pub fn is_called(name: &str, kinds: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    words(kinds).iter().any(|word| {
        let ends = ENDS.iter().any(|end| name.ends_with(end)) && name.contains(word.as_str());
        ends || name == *word || name.ends_with(&format!("{word}s")) || name.ends_with(&format!("_{word}"))
    })
}

impl<'a> Links<'a> {
    /// What the local values of an expression mean goes to what it means; those of which nobody knows are answered.
    pub fn locals(
        &self,
        place: &Place<'a>,
        resolved: &mut Resolved,
        kinds: &[&str],
        depth: usize,
    ) -> Vec<(String, String)> {
        let mut open = Vec::new();
        for (module, name) in std::mem::take(&mut resolved.locals) {
            let here = Place {
                element: None,
                ..self.inside_of(place, &module)
            };
            let found = (depth < DEPTH)
                .then(|| self.local(&here, &name, kinds, depth))
                .flatten();
            match found {
                Some(found) => {
                    resolved.targets.extend(found.targets);
                    resolved.loose.extend(found.loose);
                    resolved.maps.extend(found.maps);
                }
                None => open.push((module, name)),
            }
        }
        open
    }

    fn local(&self, place: &Place<'a>, name: &str, kinds: &[&str], depth: usize) -> Option<Resolved> {
        let found = self.by_name(place, name, kinds);
        let found = found.or_else(|| self.by_output(place, name, kinds, depth));
        let found = found.or_else(|| self.by_argument(place, name, kinds, depth))?;
        self.said(&place.module, name, &found);
        Some(found)
    }

    /// The resource of its module that a local value is called after.
    fn by_name(&self, place: &Place<'a>, name: &str, kinds: &[&str]) -> Option<Resolved> {
        let words = words(kinds);
        let wanted = stem(name, &words);
        let all: Vec<&Instance> = self
            .inside(&place.module, kinds)
            .filter(|one| !wanted.is_empty() && stem(&one.name, &words) == wanted)
            .collect();
        let called: BTreeSet<&str> = all.iter().map(|one| own_address(one)).collect();
        (called.len() == 1).then(|| meaning(&all))
    }

    /// The output of a module below that is called as the local value is, where its own module has nothing of the kind.
    fn by_output(&self, place: &Place<'a>, name: &str, kinds: &[&str], depth: usize) -> Option<Resolved> {
        let own: Vec<&Instance> = self.inside(&place.module, kinds).collect();
        let calls = self.children.range((place.module.clone(), String::new())..);
        let calls = calls.take_while(|((module, _), _)| *module == place.module);
        let mut found = Vec::new();
        for child in calls
            .filter(|_| own.is_empty())
            .flat_map(|(_, children)| children)
        {
            let config = self.modules.get(&plain(child))?;
            let Some(output) = config.outputs.get(name) else {
                continue;
            };
            let mut resolved = Resolved::default();
            self.resolve(
                &self.inside_of(place, child),
                &references(&output.expression),
                &mut resolved,
            );
            self.locals(place, &mut resolved, kinds, depth + 1);
            resolved.targets.retain(|target| self.is_of(target, kinds));
            if !resolved.targets.is_empty() {
                found.push(resolved);
            }
        }
        found.pop().filter(|_| found.is_empty())
    }

    /// The argument of the module that is called as the local value is: `vpc_security_group_ids` of `security_group_ids`.
    fn by_argument(&self, place: &Place<'a>, name: &str, kinds: &[&str], depth: usize) -> Option<Resolved> {
        let own = self.inside(&place.module, kinds).next();
        let (above, given) = self.call(place, &place.module)?;
        let mut fitting = given.iter().filter(|(argument, _)| argument.ends_with(name));
        let (Some((_, expression)), None, None) = (fitting.next(), fitting.next(), own) else {
            return None;
        };
        let mut resolved = Resolved::default();
        self.resolve(&above, &references(expression), &mut resolved);
        let open = self.locals(&above, &mut resolved, kinds, depth + 1);
        resolved.targets.retain(|target| self.is_of(target, kinds));
        (open.is_empty() && !resolved.targets.is_empty()).then_some(resolved)
    }

    fn is_of(&self, target: &Target, kinds: &[&str]) -> bool {
        let instance = self.by_address.get(target.index.as_str());
        instance.is_some_and(|one| self.id_of(one, target.attribute.as_deref(), kinds).is_some())
    }

    /// Notes what a local value was taken to be.
    fn said(&self, module: &str, name: &str, found: &Resolved) {
        let path: Vec<String> = steps(module)
            .iter()
            .map(|(_, step)| format!("module.{step}"))
            .collect();
        let path = path.join(".");
        let of = match path.is_empty() {
            true => String::new(),
            false => format!("{path}: "),
        };
        let all = found.targets.iter();
        let meant: BTreeSet<String> = all
            .filter_map(|target| self.by_address.get(target.index.as_str()))
            .map(|one| match one.module == module {
                true => own_address(one).to_owned(),
                false => one.address.clone(),
            })
            .collect();
        let meant: Vec<String> = meant.into_iter().collect();
        let told = format!("{of}local.{name} is {}", meant.join(", "));
        self.guesses.borrow_mut().insert(told);
    }

    /// What something that the plan does not tell will be, if only one thing can be meant; said in a note.
    pub fn guess(&self, place: &Place<'a>, kinds: &[&str], told: &str) -> Option<String> {
        let only = self.only(place, kinds)?;
        let instance = self.instances.iter().find(|one| id(one) == only);
        let named = instance.map_or(only.as_str(), |one| match one.module == place.module {
            true => own_address(one),
            false => one.address.as_str(),
        });
        let path: Vec<String> = steps(&place.module)
            .iter()
            .map(|(_, step)| format!("module.{step}: "))
            .collect();
        self.guesses.borrow_mut().insert(format!(
            "{}{told} is {named}",
            path.last().map_or("", String::as_str)
        ));
        Some(only)
    }

    /// The only other thing of these types that somebody can name: of its own module, or one that its module is given.
    fn only(&self, place: &Place<'a>, kinds: &[&str]) -> Option<String> {
        let mut inside = self
            .inside(&place.module, kinds)
            .filter(|one| one.address != place.owner.address);
        match (inside.next(), inside.next()) {
            (Some(only), None) => Some(id(only)),
            (None, _) => {
                let given = self.given(place, kinds);
                let mut given = given.into_iter();
                given.next().filter(|_| given.next().is_none())
            }
            _ => self.mentioned(place, kinds),
        }
    }

    /// The one of several whose key stands in the element for which its owner is made, such as `target_group_key = "web"`.
    fn mentioned(&self, place: &Place<'a>, kinds: &[&str]) -> Option<String> {
        let mut words = BTreeSet::new();
        let mut open = vec![self.element(place)?];
        while let Some(value) = open.pop() {
            match value {
                Value::String(text) => drop(words.insert(text.as_str())),
                Value::Array(list) => open.extend(list),
                Value::Object(map) => open.extend(map.values()),
                _ => {}
            }
        }
        let all = self.inside(&place.module, kinds);
        let mut named = all.filter(|one| {
            let key = one.key.as_ref().and_then(Value::as_str);
            key.is_some_and(|key| words.contains(key))
        });
        named.next().filter(|_| named.next().is_none()).map(id)
    }

    /// Several things of these types of which nothing is written: the only argument of the module that is called after them, or
    /// the only one that the module makes.
    pub fn unwritten_list(&self, place: &Place<'a>, kinds: &[&str], told: &str) -> Option<Vec<String>> {
        let own: Vec<String> = self.inside(&place.module, kinds).map(id).collect();
        let mut given = Vec::new();
        let call = self.call(place, &place.module);
        for (argument, expression) in call.iter().flat_map(|(_, expressions)| expressions.iter()) {
            let above = call
                .as_ref()
                .map(|(above, _)| above)
                .filter(|_| is_called(argument, kinds));
            let Some(above) = above else { continue };
            let mut resolved = Resolved::default();
            self.resolve(above, &references(expression), &mut resolved);
            let open = self.locals(above, &mut resolved, kinds, 0);
            let members = self.narrowed(resolved.targets.iter(), &resolved.keys).members;
            let ids = self.ids(&members, kinds);
            if !ids.is_empty() || !open.is_empty() {
                given.push((ids, open.is_empty()));
            }
        }
        let found: Vec<String> = match (own.as_slice(), given.as_slice()) {
            ([], [(ids, true)]) => ids.iter().cloned().collect(),
            ([_], []) => own,
            _ => return None,
        };
        let told = format!("{}: {told} is {}", place.owner.address, found.join(", "));
        self.guesses.borrow_mut().insert(told);
        Some(found)
    }

    /// What a module makes of these types.
    pub fn inside(&self, module: &str, kinds: &[&str]) -> impl Iterator<Item = &'a Instance> {
        let made = self.instances.iter().filter(|one| !one.data);
        made.filter(move |one| one.module == module && kinds.contains(&one.kind.as_str()))
    }

    /// All things of these types that a module is given; nothing where that is not certain.
    pub fn given(&self, place: &Place<'a>, kinds: &[&str]) -> BTreeSet<String> {
        let Some((above, expressions)) = self.call(place, &place.module) else {
            return BTreeSet::new();
        };
        let mut resolved = Resolved::default();
        for expression in expressions.values() {
            self.resolve(&above, &references(expression), &mut resolved);
        }
        let open = self.locals(&above, &mut resolved, kinds, 0);
        if open.iter().any(|(_, name)| is_called(name, kinds)) {
            return BTreeSet::new();
        }
        let loose = resolved.loose.iter().map(|(_, target)| target);
        let all = self.narrowed(resolved.targets.iter().chain(loose), &resolved.keys);
        self.ids(&all.members, kinds)
    }

    /// As many things as there are blocks, of which nothing is written: what the module is given, or all that it makes under one
    /// name, which is a word of the owner's type where several would do.
    pub fn exactly(&self, place: &Place<'a>, kinds: &[&str], count: usize) -> Option<Vec<String>> {
        let given = self.given(place, kinds);
        if given.len() == count {
            return Some(given.into_iter().collect());
        }
        let mut called: std::collections::BTreeMap<&str, Vec<&Instance>> = std::collections::BTreeMap::new();
        for one in self.inside(&place.module, kinds) {
            called.entry(own_address(one)).or_default().push(one);
        }
        called.retain(|_, all| all.len() == count);
        let owner: Vec<&str> = place.owner.kind.split('_').skip(1).collect();
        let fits = |all: &[&Instance]| all.iter().any(|one| owner.contains(&one.name.as_str()));
        if called.len() > 1 {
            called.retain(|_, all| fits(all));
        }
        let mut all = called.into_values();
        let only = all.next().filter(|_| all.next().is_none())?;
        Some(only.iter().map(|one| id(one)).collect())
    }
}

fn meaning(all: &[&Instance]) -> Resolved {
    let targets = all.iter().map(|one| Target {
        index: one.address.clone(),
        attribute: None,
    });
    let mut meaning = Resolved::default();
    meaning.targets.extend(targets);
    meaning
}
