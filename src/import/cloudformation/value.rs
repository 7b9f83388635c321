//! A template's values once their functions are worked out.

use crate::model::Span;

/// A value, and where it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// Where.
    pub span: Span,
    /// What it is.
    pub kind: Known,
}

/// What is known of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// Nothing: `AWS::NoValue`, or an empty value.
    Nothing,
    /// Text, a number, a Boolean.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A map, in the order written.
    Map(Vec<(String, Value)>),
    /// An attribute of a resource, which has it once it is made.
    Attribute(Attribute),
    /// What only a deployment knows, by a name for it.
    Unknown(String),
}

/// An attribute of a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The resource.
    pub resource: String,
    /// The attribute; none: what `Ref` gives.
    pub name: Option<String>,
}

impl Attribute {
    /// Its name in an answer.
    pub fn told(&self) -> String {
        format!("{}.{}", self.resource, self.name.as_deref().unwrap_or("Ref"))
    }
}

impl Value {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }
    /// The entries of a map; none of anything else.
    pub fn entries(&self) -> &[(String, Self)] {
        match &self.kind {
            Known::Map(entries) => entries,
            _ => &[],
        }
    }
    /// The items of a list; anything else that is there is its own only item.
    pub fn items(&self) -> &[Self] {
        match &self.kind {
            Known::List(items) => items,
            Known::Nothing => &[],
            _ => std::slice::from_ref(self),
        }
    }
    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Known::Text(text) => Some(text),
            _ => None,
        }
    }
    /// The name of something in it that is not known as text.
    pub fn open(&self) -> Option<String> {
        match &self.kind {
            Known::Unknown(name) => Some(name.clone()),
            Known::Attribute(attribute) => Some(attribute.told()),
            Known::List(items) => items.iter().find_map(Self::open),
            Known::Map(entries) => entries.iter().find_map(|(_, value)| value.open()),
            Known::Nothing | Known::Text(_) => None,
        }
    }
}

impl Known {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
    /// A list of texts.
    pub fn texts(span: Span, texts: impl IntoIterator<Item = String>) -> Self {
        let value = |text| Value {
            span,
            kind: Self::Text(text),
        };
        Self::List(texts.into_iter().map(value).collect())
    }
}
