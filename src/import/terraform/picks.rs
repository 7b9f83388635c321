//! Which of several instances of a resource is meant, by the keys that an expression goes by.

use super::document::Instance;
use super::links::{Links, Member};
use super::names::{own_address, plain, step_keys, steps};
use super::resolve::Target;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is left of several members, and whether a key told.
pub struct Narrowed<'a, 't> {
    /// What is left.
    pub members: Vec<Member<'a, 't>>,
    /// Whether a key told which of them are meant.
    pub told: bool,
}

impl<'a> Links<'a> {
    /// Of each resource those that a key tells.
    pub fn narrowed<'t>(
        &self,
        targets: impl Iterator<Item = &'t Target>,
        keys: &[Value],
    ) -> Narrowed<'a, 't> {
        let mut groups: BTreeMap<(String, &str), Vec<Member<'a, 't>>> = BTreeMap::new();
        for target in targets {
            if let Some(instance) = self.by_address.get(target.index.as_str()).copied() {
                let group = (plain(&instance.module), own_address(instance));
                groups.entry(group).or_default().push((instance, target));
            }
        }
        let mut all = Narrowed {
            members: Vec::new(),
            told: false,
        };
        for members in groups.into_values() {
            let picked = picked(&members, keys);
            all.told |= picked.is_some();
            all.members.extend(picked.unwrap_or(members));
        }
        all
    }
}

/// Those of which a module or the resource itself is called as the element is: `alb` of a map is taken to be `module.alb`.
pub fn called<'a, 't>(members: Vec<Member<'a, 't>>, key: Option<&Value>) -> Vec<Member<'a, 't>> {
    let Some(key) = key.and_then(Value::as_str) else {
        return members;
    };
    let named = |one: &Instance| one.name == key || steps(&one.module).iter().any(|(_, step)| *step == key);
    let same: Vec<_> = members.iter().filter(|(one, _)| named(one)).copied().collect();
    match same.is_empty() {
        true => members,
        false => same,
    }
}

/// Every key that an instance has: its own, and those of its modules.
fn keys_of(instance: &Instance) -> Vec<Value> {
    let own = instance.key.iter().cloned();
    own.chain(step_keys(&instance.module)).collect()
}

fn picked<'a, 't>(members: &[Member<'a, 't>], keys: &[Value]) -> Option<Vec<Member<'a, 't>>> {
    let distinct: BTreeSet<&str> = members.iter().map(|(one, _)| one.address.as_str()).collect();
    if distinct.len() < 2 {
        return None;
    }
    let keyed: Vec<_> = members.iter().map(|one| (*one, keys_of(one.0))).collect();
    chosen(&keyed, keys)
}

/// Those that have a key by which an expression picks: the very key, a part of it, or for numbers the place in the list.
pub fn chosen<T: Copy>(all: &[(T, Vec<Value>)], keys: &[Value]) -> Option<Vec<T>> {
    let of = |key: &Value| {
        let same = all
            .iter()
            .filter(|(_, own)| own.iter().any(|own| alike(own, key)));
        let same: Vec<T> = same.map(|(one, _)| *one).collect();
        (!same.is_empty()).then_some(same)
    };
    let exact = keys.iter().find_map(of);
    let composed = || keys.iter().find_map(|key| of(&part(all, key.as_str()?)?));
    let around = || keys.iter().find_map(|key| of(&wrapped(all, key.as_u64()?)?));
    exact.or_else(composed).or_else(around)
}

/// Whether two keys are the same: those of `for_each` are texts, those of `count` numbers, and one may go over the other.
fn alike(one: &Value, other: &Value) -> bool {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    one == other || text(one) == text(other)
}

/// The key of which another is composed, such as `a` in `a/443`, if it is composed of one alone.
fn part<T>(all: &[(T, Vec<Value>)], text: &str) -> Option<Value> {
    let all = all.iter().flat_map(|(_, own)| own);
    let parts: BTreeSet<&str> = all
        .filter_map(Value::as_str)
        .filter(|key| bounded(text, key))
        .collect();
    let longest = parts.iter().max_by_key(|part| part.len())?;
    let one = parts.iter().all(|part| longest.contains(part));
    one.then(|| Value::from(*longest))
}

/// Whether a text has a part that stands by itself.
fn bounded(text: &str, part: &str) -> bool {
    let edge = |next: Option<char>| next.is_none_or(|next| !next.is_alphanumeric());
    !part.is_empty()
        && text.match_indices(part).any(|(at, _)| {
            edge(text[..at].chars().next_back()) && edge(text[at + part.len()..].chars().next())
        })
}

/// A place beyond the end of a list begins again (Terraform, `element`).
fn wrapped<T>(all: &[(T, Vec<Value>)], place: u64) -> Option<Value> {
    let places: Option<BTreeSet<u64>> = all.iter().map(|(_, own)| own.first()?.as_u64()).collect();
    let count = u64::try_from(places?.len()).ok()?;
    (place >= count).then(|| Value::from(place % count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_key_is_the_very_one_or_a_part_or_a_place() {
        let of = |keys: &[Value], key: Value| {
            let all: Vec<(usize, Vec<Value>)> =
                keys.iter().cloned().map(|key| vec![key]).enumerate().collect();
            chosen(&all, &[key])
        };
        let zones = [json!("eu-west-1a"), json!("eu-west-1b")];
        assert_eq!(of(&zones, json!("eu-west-1b")), Some(vec![1]));
        assert_eq!(of(&zones, json!("eu-west-1b-10.0.0.0/16")), Some(vec![1]));
        assert_eq!(of(&zones, json!("eu-west-1bc")), None);
        assert_eq!(of(&zones, json!("eu-west-1a/eu-west-1b")), None);
        // The longer one of which the other is a part.
        assert_eq!(
            of(&[json!("web"), json!("web-api")], json!("web-api/443")),
            Some(vec![1])
        );
        let counted = [json!(0), json!(1), json!(2)];
        assert_eq!(of(&counted, json!("2")), Some(vec![2]));
        assert_eq!(of(&counted, json!(4)), Some(vec![1]));
        assert_eq!(of(&counted, json!("x")), None);
    }
}
