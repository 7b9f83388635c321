//! Interfaces that are not there yet: `new:SUBNET/SG,SG`, with `/public` for a public address.
//!
//! "Would an instance placed here reach it?" Such an interface may have any free address of its subnet, so the answer holds
//! for all of them, or says for which.

use super::QuestionError;
use crate::model::{Model, NetworkInterface, NetworkInterfaceId, SecurityGroupId, SubnetId};
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
        let group = word.split('/').next().unwrap_or_default();
        if let Some(last) = members.last_mut().filter(|last| last.starts_with("new:"))
            && model.security_groups.contains_key(group)
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
        let eni = parse(text, number, &model)?;
        model.enis.insert(NetworkInterfaceId::from(text.as_str()), eni);
    }
    Ok(Some(model))
}

fn parse(text: &str, number: usize, model: &Model) -> Result<NetworkInterface, QuestionError> {
    let error = |message: String| QuestionError {
        message,
        hint: Some(
            "a hypothetical interface is written new:SUBNET/GROUP,GROUP, with /public for a public address"
                .into(),
        ),
    };
    let body = text.trim_start_matches("new:");
    let mut parts = body.split('/');
    let subnet = parts.next().unwrap_or_default();
    if !model.subnets.contains_key(subnet) {
        return Err(error(format!(
            "there is no subnet `{subnet}` to place `{text}` in"
        )));
    }
    let mut security_groups = Vec::new();
    for group in parts
        .next()
        .unwrap_or_default()
        .split(',')
        .filter(|group| !group.is_empty())
    {
        if !model.security_groups.contains_key(group) {
            return Err(error(format!(
                "there is no security group `{group}` for `{text}`"
            )));
        }
        security_groups.push(SecurityGroupId::from(group));
    }
    let public = match (parts.next(), parts.next()) {
        (None, _) => false,
        (Some("public"), None) => true,
        _ => {
            return Err(error(format!(
                "`{text}` has something else than /public at its end"
            )));
        }
    };
    let last = u32::try_from(number + 1).unwrap_or(u32::MAX);
    Ok(NetworkInterface {
        name: None,
        subnet: SubnetId::from(subnet),
        ip: Vec::new().into(),
        prefixes: Vec::new().into(),
        public_ip: public.then(|| Ipv4Addr::from(STAND_INS.saturating_add(last))),
        security_groups,
        source_dest_check: true,
        deny_all_igw_traffic: false,
        instance: None,
        device_index: 0,
        interface_type: None,
        description: None,
        tags: crate::model::Tags::new(),
    })
}
