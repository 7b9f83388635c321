//! To which segment, or network function group, an attached VPC belongs: the attachment policies of a core network's policy, of which
//! the first that fits decides (Cloud WAN guide, "Attachment policies").

use super::{Policy, truth};
use crate::model::Tags;
use serde::Deserialize;

/// A rule for attachments.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct AttachmentRule {
    rule_number: serde_json::Value,
    condition_logic: Option<String>,
    conditions: Vec<Condition>,
    action: RuleAction,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Condition {
    #[serde(rename = "type")]
    kind: String,
    operator: Option<String>,
    key: Option<String>,
    value: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct RuleAction {
    association_method: Option<String>,
    segment: Option<String>,
    tag_value_of_key: Option<String>,
    add_to_network_function_group: Option<String>,
    #[serde(deserialize_with = "truth")]
    require_acceptance: Option<bool>,
}

/// A VPC that is attached.
pub struct Attached<'a> {
    /// Its attachment's tags.
    pub tags: &'a Tags,
    /// The Region.
    pub region: &'a str,
    /// The account, where it is known.
    pub account: Option<&'a str>,
    /// Whether somebody accepts it.
    pub accepted: bool,
}

/// Where an attachment belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// Nowhere: no rule fits.
    Nowhere,
    /// To a segment.
    Segment(String),
    /// To a network function group.
    Group(String),
}

impl Policy {
    /// Where an attachment belongs; else why that is not known.
    pub fn member(&self, attached: &Attached<'_>) -> Result<Member, &'static str> {
        let mut rules: Vec<&AttachmentRule> = self.attachment_policies.iter().collect();
        rules.sort_by_key(|rule| number(&rule.rule_number));
        for rule in rules {
            match rule.fits(attached) {
                Some(true) => return self.associated(&rule.action, attached),
                Some(false) => {}
                None => return Err("whether a rule of the policy is for it is not known"),
            }
        }
        Ok(Member::Nowhere)
    }

    fn associated(&self, action: &RuleAction, attached: &Attached<'_>) -> Result<Member, &'static str> {
        if let Some(group) = &action.add_to_network_function_group {
            let mut groups = self.network_function_groups.iter();
            let own = groups.find(|one| one.name == *group);
            // Who attaches waits for acceptance, unless the policy says otherwise.
            let waits = own.is_none_or(|one| one.require_attachment_acceptance != Some(false));
            return settled(waits, action, attached, Member::Group(group.clone()));
        }
        let named = match action.association_method.as_deref() {
            Some("tag") => action
                .tag_value_of_key
                .as_ref()
                .and_then(|key| attached.tags.get(key)),
            _ => action.segment.as_ref(),
        };
        let Some(own) = named.and_then(|name| self.segments.iter().find(|one| one.name == *name)) else {
            return Ok(Member::Nowhere);
        };
        let waits = own.require_attachment_acceptance != Some(false);
        settled(waits, action, attached, Member::Segment(own.name.clone()))
    }
}

fn settled(
    waits: bool,
    action: &RuleAction,
    attached: &Attached<'_>,
    member: Member,
) -> Result<Member, &'static str> {
    let waits = waits || action.require_acceptance == Some(true);
    match waits && !attached.accepted {
        true => Err("it has to be accepted, and nobody does so here"),
        false => Ok(member),
    }
}

/// A number; a template may write it as a text.
fn number(value: &serde_json::Value) -> u64 {
    let text = value.as_str().and_then(|text| text.parse().ok());
    value.as_u64().or(text).unwrap_or(u64::MAX)
}

impl AttachmentRule {
    /// Whether it is for an attachment, if that is known.
    fn fits(&self, attached: &Attached<'_>) -> Option<bool> {
        let mut all = self.conditions.iter().map(|condition| condition.holds(attached));
        if self.condition_logic.as_deref() == Some("or") {
            let found: Vec<Option<bool>> = all.collect();
            return match found.contains(&Some(true)) {
                true => Some(true),
                false => (!found.contains(&None)).then_some(false),
            };
        }
        all.try_fold(true, |all, one| Some(all && one?))
    }
}

impl Condition {
    fn holds(&self, attached: &Attached<'_>) -> Option<bool> {
        match self.kind.as_str() {
            "any" => Some(true),
            "tag-exists" => Some(attached.tags.contains_key(self.key.as_deref()?)),
            "tag-value" => match attached.tags.get(self.key.as_deref()?) {
                Some(value) => self.compares(value),
                None => (self.operator.as_deref() != Some("not-equals")).then_some(false),
            },
            "attachment-type" => self.compares("vpc"),
            "region" => self.compares(attached.region),
            "account-id" | "account" => self.compares(attached.account?),
            _ => None,
        }
    }

    fn compares(&self, own: &str) -> Option<bool> {
        let value = self.value.as_deref()?;
        match self.operator.as_deref() {
            Some("equals") => Some(own == value),
            Some("not-equals") => Some(own != value),
            Some("contains") => Some(own.contains(value)),
            Some("begins-with") => Some(own.starts_with(value)),
            _ => None,
        }
    }
}
