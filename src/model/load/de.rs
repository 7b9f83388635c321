//! Reads typed data out of the tree. Scalars are resolved by what is wanted: where a text is wanted, `012345678901` and
//! `1.10` are text; where nothing particular is wanted, YAML 1.2's core rules hold, and only canonical integers are numbers.

use super::text::Span;
use super::tree::{Node, NodeKind};
use serde::de::{
    self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use std::fmt;

/// Why a node is not what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// What is wrong.
    pub what: What,
    /// Where.
    pub span: Option<Span>,
}

/// What is wrong with a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A key that is not known, and those that are.
    UnknownKey(String, &'static [&'static str]),
    /// A word that is not known, and those that are.
    UnknownWord(String, &'static [&'static str]),
    /// A key that must be there.
    MissingKey(&'static str),
    /// Anything else.
    Other(String),
}

impl Unfit {
    fn new(what: What) -> Self {
        Self { what, span: None }
    }
    /// Serde's words for what was wanted, in the words of YAML.
    fn expected(wanted: &str, found: &str) -> Self {
        let wanted = match wanted {
            "a sequence" => "a list",
            "a boolean" => "`true` or `false`",
            "a string" | "identifier" => "text",
            "u8" => "a number from 0 to 255",
            "u32" => "a whole number from 0",
            struct_ if struct_.starts_with("struct ") => "a map of keys (`{ key: value }`)",
            other => other,
        };
        Self::new(What::Other(format!("expected {wanted}, found {found}")))
    }
    /// The standard library's complaint about an address does not name it.
    fn named(mut self, text: &str) -> Self {
        if self.what == What::Other("invalid IPv4 address syntax".to_owned()) {
            self.what = What::Other(format!("`{text}` is not an IPv4 address"));
        }
        self
    }
    fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::UnknownKey(key, _) => write!(f, "unknown key `{key}`"),
            What::UnknownWord(word, _) => write!(f, "unknown word `{word}`"),
            What::MissingKey(key) => write!(f, "the key `{key}` is missing"),
            What::Other(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Unfit {}

impl de::Error for Unfit {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(What::Other(message.to_string()))
    }
    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::expected(&expected.to_string(), &found(unexpected))
    }
    fn invalid_value(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::expected(&expected.to_string(), &found(unexpected))
    }
    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(What::UnknownKey(field.to_owned(), expected))
    }
    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(What::UnknownWord(variant.to_owned(), expected))
    }
    fn missing_field(field: &'static str) -> Self {
        Self::new(What::MissingKey(field))
    }
}

/// What was found, in the words of YAML.
fn found(unexpected: de::Unexpected<'_>) -> String {
    match unexpected {
        de::Unexpected::Seq => "a list".to_owned(),
        de::Unexpected::Map => "a map".to_owned(),
        de::Unexpected::Unit => "nothing".to_owned(),
        de::Unexpected::Str(text) => format!("`{text}`"),
        de::Unexpected::Unsigned(number) => format!("`{number}`"),
        de::Unexpected::Signed(number) => format!("`{number}`"),
        de::Unexpected::Float(number) => format!("`{number}`"),
        de::Unexpected::Bool(value) => format!("`{value}`"),
        other => other.to_string(),
    }
}

/// A plain scalar that stands for nothing.
fn is_null(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Scalar(text, true) if matches!(&**text, "" | "~" | "null" | "Null" | "NULL"))
}

fn number<T: std::str::FromStr + ToString>(text: &str) -> Option<T> {
    text.parse::<T>().ok().filter(|number| number.to_string() == text)
}

/// A node to read from.
#[derive(Clone, Copy)]
pub struct From<'a>(pub &'a Node);

impl<'a> From<'a> {
    fn scalar<'de, V: Visitor<'de>>(text: &str, plain: bool, visitor: V) -> Result<V::Value, Unfit> {
        if !plain {
            return visitor.visit_str(text);
        }
        match text {
            "true" | "True" | "TRUE" => return visitor.visit_bool(true),
            "false" | "False" | "FALSE" => return visitor.visit_bool(false),
            _ => {}
        }
        if let Some(value) = number::<u64>(text) {
            return visitor.visit_u64(value);
        }
        if let Some(value) = number::<i64>(text) {
            return visitor.visit_i64(value);
        }
        visitor.visit_str(text)
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match &self.0.kind {
            NodeKind::Scalar(text, _) if !is_null(self.0) => {
                visitor.visit_str(text).map_err(|error: Unfit| error.named(text))
            }
            _ => self.deserialize_any(visitor),
        }
        .map_err(|error| error.at(self.0.span))
    }
}

macro_rules! text {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
            self.text(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for From<'_> {
    type Error = Unfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match &self.0.kind {
            _ if is_null(self.0) => visitor.visit_unit(),
            NodeKind::Scalar(text, plain) => Self::scalar(text, *plain, visitor),
            NodeKind::List(items) => visitor.visit_seq(Items(items.iter())),
            NodeKind::Map(entries) => visitor.visit_map(Entries {
                rest: entries.iter(),
                value: None,
            }),
        }
        .map_err(|error| error.at(self.0.span))
    }

    /// Serde would read a struct out of a list, too.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        match &self.0.kind {
            NodeKind::List(_) => Err(Unfit::expected("struct ", "a list").at(self.0.span)),
            _ => self.deserialize_any(visitor),
        }
    }

    text!(deserialize_str deserialize_string deserialize_char deserialize_identifier);

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        if is_null(self.0) {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
        .map_err(|error| error.at(self.0.span))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        visitor
            .visit_newtype_struct(self)
            .map_err(|error| error.at(self.0.span))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        visitor
            .visit_enum(Word(self.0))
            .map_err(|error| error.at(self.0.span))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 bytes byte_buf unit unit_struct seq tuple tuple_struct map
        ignored_any
    }
}

struct Items<'a>(std::slice::Iter<'a, Node>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Unfit;
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unfit> {
        self.0.next().map(|node| seed.deserialize(From(node))).transpose()
    }
}

struct Entries<'a> {
    rest: std::slice::Iter<'a, (Node, Node)>,
    value: Option<&'a Node>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Unfit;
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unfit> {
        let Some((key, value)) = self.rest.next() else {
            return Ok(None);
        };
        self.value = Some(value);
        seed.deserialize(From(key)).map(Some)
    }
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unfit> {
        match self.value.take() {
            Some(value) => seed.deserialize(From(value)),
            None => Err(Unfit::new(What::Other("a value without a key".to_owned()))),
        }
    }
}

/// A word of a closed set.
struct Word<'a>(&'a Node);

impl<'de> EnumAccess<'de> for Word<'_> {
    type Error = Unfit;
    type Variant = Self;
    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Unfit> {
        Ok((seed.deserialize(From(self.0))?, self))
    }
}

impl<'de> VariantAccess<'de> for Word<'_> {
    type Error = Unfit;
    fn unit_variant(self) -> Result<(), Unfit> {
        Ok(())
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Unfit> {
        seed.deserialize(From(self.0))
    }
    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unfit> {
        From(self.0).deserialize_any(visitor)
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        From(self.0).deserialize_any(visitor)
    }
}
