//! Interfaces that are not there yet: `new:SUBNET/SG,SG`, with `/public` for a public address. Without groups it carries its VPC's
//! default group, as AWS has it (EC2 API, `RunInstances`: `SecurityGroupId`).
//!
//! "Would an instance placed here reach it?" Such an interface may have any free address of its subnet, so the answer holds
//! for all of them, or says for which.

use super::QuestionError;
use crate::model::{
    Model, NetworkInterface, NetworkInterfaceId, SecurityGroupId, SubnetId, default_group, near,
};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// What stands for a public address that nobody knows yet: RFC 5737 keeps 192.0.2.0/24 for such uses.
const STAND_INS: u32 = 0xc000_0200;

/// The most commas that an id is looked for with.
const COMMAS_MAX: usize = 8;

/// The members of an endpoint: a comma list. Ids may hold commas, and the commas of a hypothetical interface separate its
/// groups: what follows it and is a group is its own.
pub fn members(text: &str, model: &Model) -> Vec<String> {
    let words: Vec<&str> = text
        .split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect();
    let mut members: Vec<String> = Vec::new();
    let mut rest = words.as_slice();
    while let [word, after @ ..] = rest {
        let named = word.strip_suffix("/public").unwrap_or(word);
        if let Some(last) = members.last_mut().filter(|last| last.starts_with("new:"))
            && group(named, model).is_some()
        {
            last.push(',');
            last.push_str(word);
            rest = after;
            continue;
        }
        let longest = (2..=rest.len().min(COMMAS_MAX + 1)).rev();
        let id = longest.map(|count| (count, rest[..count].join(",")));
        let (count, member) = id
            .into_iter()
            .find(|(_, id)| model.contains(id))
            .unwrap_or_else(|| (1, (*word).to_owned()));
        members.push(member);
        rest = &rest[count..];
    }
    members
}

/// The model with the hypothetical interfaces that the endpoints name, or nothing when they name none.
pub fn with_hypothetical(model: &Model, endpoints: [&str; 2]) -> Result<Option<Model>, QuestionError> {
    let members = endpoints.into_iter().flat_map(|text| members(text, model));
    let named: BTreeSet<String> = members.filter(|text| text.starts_with("new:")).collect();
    if named.is_empty() {
        return Ok(None);
    }
    let mut model = model.clone();
    for (number, text) in named.iter().enumerate() {
        let mut eni = parse(text, number, &model)?;
        let vpc = model.subnets.get(&eni.subnet).map(|subnet| subnet.vpc.clone());
        if let (true, Some(vpc)) = (eni.security_groups.is_empty(), vpc) {
            eni.security_groups.push(default_group(&mut model, &vpc));
        }
        model.enis.insert(NetworkInterfaceId::from(text.as_str()), eni);
    }
    Ok(Some(model))
}

fn parse(text: &str, number: usize, model: &Model) -> Result<NetworkInterface, QuestionError> {
    let body = text.trim_start_matches("new:");
    let (subnet, rest) = divided(body, model).ok_or_else(|| no_subnet(text, body, model))?;
    let (groups, public) = match rest.strip_suffix("/public") {
        Some(groups) => (groups, true),
        None if rest == "public" && group(rest, model).is_none() => ("", true),
        None => (rest, false),
    };
    let security_groups = groups.split(',').filter(|group| !group.is_empty());
    let security_groups = security_groups
        .map(|one| group(one, model).ok_or_else(|| no_group(text, one, model)))
        .collect::<Result<_, _>>()?;
    let last = u32::try_from(number + 1).unwrap_or(u32::MAX);
    Ok(NetworkInterface {
        public_ip: public.then(|| Ipv4Addr::from(STAND_INS.saturating_add(last))),
        ..NetworkInterface::unassigned(subnet, security_groups)
    })
}

/// The subnet, and what comes after it. Ids that others made may hold slashes, as `aws_subnet.private["10.0.1.0/24"]` does: the
/// longest beginning that is a subnet is meant.
fn divided<'t>(body: &'t str, model: &Model) -> Option<(SubnetId, &'t str)> {
    let slashes = body.rmatch_indices('/').map(|(at, _)| (at, at + 1));
    let mut ends = std::iter::once((body.len(), body.len())).chain(slashes);
    ends.find_map(|(end, rest)| Some((subnet(&body[..end], model)?, &body[rest..])))
}

/// A subnet by its id, or by a name that no other has.
fn subnet(word: &str, model: &Model) -> Option<SubnetId> {
    if model.subnets.contains_key(word) {
        return Some(SubnetId::from(word));
    }
    let named = model.subnets.iter();
    sole(named.filter(|(_, subnet)| subnet.name.as_deref() == Some(word))).map(|(id, _)| id.clone())
}

/// A security group by its id, or by a name that no other has.
fn group(word: &str, model: &Model) -> Option<SecurityGroupId> {
    if model.security_groups.contains_key(word) {
        return Some(SecurityGroupId::from(word));
    }
    let named = model.security_groups.iter();
    sole(named.filter(|(_, group)| group.name.as_deref() == Some(word))).map(|(id, _)| id.clone())
}

fn sole<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    all.next().filter(|_| all.next().is_none())
}

fn no_subnet(text: &str, body: &str, model: &Model) -> QuestionError {
    let word = body.split('/').next().unwrap_or_default();
    wrong(
        format!("there is no subnet `{word}` to place `{text}` in"),
        near(word, model.subnets.keys().map(SubnetId::as_str)),
    )
}

fn no_group(text: &str, word: &str, model: &Model) -> QuestionError {
    wrong(
        format!("there is no security group `{word}` for `{text}`"),
        near(word, model.security_groups.keys().map(SecurityGroupId::as_str)),
    )
}

fn wrong(message: String, near: Option<&str>) -> QuestionError {
    let form =
        "a hypothetical interface is written new:SUBNET/GROUP,GROUP, with /public for a public address";
    QuestionError {
        message,
        hint: Some(match near {
            Some(near) => format!("did you mean `{near}`? {form}"),
            None => form.to_owned(),
        }),
    }
}
