//! A resource of a template, with its properties worked out.

use super::value::{Attribute, Known, Value};
use crate::model::{Cidr, Span, Tags, TextFile};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A resource that a stack makes.
#[derive(Debug)]
pub struct Resource {
    /// Its id in the model: its logical id; of several stacks, the stack's name stands before it.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// Where it is written.
    pub span: Span,
    /// In which file.
    pub file: Arc<TextFile>,
    /// Its properties.
    pub properties: Value,
    /// Where CDK has it in its tree of constructs.
    pub path: Option<String>,
    /// The condition on which it hangs, if nobody knows whether that holds.
    pub doubt: Option<String>,
}

/// Something that has properties: a resource, or a block of one.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    /// The resource.
    pub of: &'a Resource,
    /// The block.
    pub value: &'a Value,
}

impl Resource {
    /// Its properties.
    pub fn block(&self) -> Block<'_> {
        Block {
            of: self,
            value: &self.properties,
        }
    }
}

impl<'a> Block<'a> {
    /// A property.
    pub fn get(self, key: &str) -> Option<&'a Value> {
        self.value.get(key)
    }
    /// Its text.
    pub fn text(self, key: &str) -> Option<&'a str> {
        self.get(key).and_then(Value::text)
    }
    /// A number.
    pub fn number<T: std::str::FromStr>(self, key: &str) -> Option<T> {
        self.text(key)?.trim().parse().ok()
    }
    /// A truth, if it is told.
    pub fn truth(self, key: &str) -> Option<bool> {
        self.text(key).map(|text| text.eq_ignore_ascii_case("true"))
    }
    /// A CIDR.
    pub fn cidr(self, key: &str) -> Option<Cidr> {
        self.text(key).and_then(|text| Cidr::parse(text).ok())
    }
    /// A block in it.
    pub fn block(self, key: &str) -> Option<Self> {
        let value = self.get(key)?;
        Some(Self { of: self.of, value })
    }
    /// The blocks of a list in it.
    pub fn blocks(self, key: &str) -> Vec<Self> {
        let items = self.get(key).map(Value::items).unwrap_or_default();
        items.iter().map(|value| Self { of: self.of, value }).collect()
    }
    /// The name of what is not known of these properties.
    pub fn open(self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| self.get(key)?.open())
    }
    /// Its tags.
    pub fn tags(self) -> BTreeMap<String, String> {
        let value = self.get("Tags");
        let mut tags: Tags = value
            .map(Value::entries)
            .unwrap_or_default()
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), value.text()?.to_owned())))
            .collect();
        if !tags.is_empty() {
            return tags;
        }
        for tag in self.blocks("Tags") {
            let key = tag.text("Key").map(str::to_owned);
            tags.extend(key.zip(tag.text("Value").map(str::to_owned)));
        }
        tags
    }
}

/// The id that a value names, or the name of what is not known.
pub enum Named {
    /// An id.
    Id(String),
    /// Something unknown.
    Unknown(String),
}

/// What a value names; nothing where it is no scalar.
pub fn named(value: &Value) -> Option<Named> {
    match &value.kind {
        Known::Text(text) if text.is_empty() => None,
        Known::Text(text) => Some(Named::Id(text.clone())),
        Known::Attribute(Attribute { resource, name: None }) => Some(Named::Id(resource.clone())),
        Known::Attribute(attribute) => Some(Named::Unknown(attribute.told())),
        Known::Unknown(name) => Some(Named::Unknown(name.clone())),
        Known::Nothing | Known::List(_) | Known::Map(_) => None,
    }
}
