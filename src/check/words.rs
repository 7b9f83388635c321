//! The words of a check file, and its small values.

use crate::analysis::Verdict;
use crate::network::Leg;
use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Declares closed sets of words.
macro_rules! words {
    ($($(#[$doc:meta])* enum $name:ident { $($body:tt)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($body)* }
    )*};
}

words! {
    /// How bad it is.
    enum Level {
        /// The check fails.
        #[default]
        Error,
        /// It is told, and the check passes.
        Warn,
        /// It is not looked at.
        Off,
    }

    /// An answer.
    enum VerdictWord {
        /// Every packet asked about arrives and its reply returns.
        #[default]
        Reachable,
        /// Some do.
        PartlyReachable,
        /// None does.
        Blocked,
        /// The model does not decide it.
        Unknown,
    }

    /// There, or back.
    enum LegWord {
        /// There.
        #[default]
        Forward,
        /// Back.
        Return,
    }

    /// For which of AWS's own picks an answer must hold.
    enum Picks {
        /// All.
        #[default]
        All,
        /// Any.
        Any,
    }
}

impl VerdictWord {
    /// The verdict.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Reachable => Verdict::Reachable,
            Self::PartlyReachable => Verdict::PartlyReachable,
            Self::Blocked => Verdict::Blocked,
            Self::Unknown => Verdict::Unknown,
        }
    }
}

impl LegWord {
    /// The leg.
    pub fn leg(self) -> Leg {
        match self {
            Self::Forward => Leg::Forward,
            Self::Return => Leg::Return,
        }
    }
}

/// A rule of hygiene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HygieneRule {
    /// A rule of a network ACL or security group that decides nothing.
    ShadowedRule,
    /// A security group that no interface carries and no rule names.
    UnusedGroup,
    /// A network ACL that lets requests pass and not their replies.
    EphemeralGap,
    /// Routes that lead back another way than there.
    AsymmetricRoute,
    /// A security group that lets the whole internet in on other ports than 80 and 443.
    WorldOpenPort,
    /// VPCs that have addresses in common.
    OverlappingCidr,
}

impl HygieneRule {
    /// Every rule.
    pub const ALL: &[Self] = &[
        Self::ShadowedRule,
        Self::UnusedGroup,
        Self::EphemeralGap,
        Self::AsymmetricRoute,
        Self::WorldOpenPort,
        Self::OverlappingCidr,
    ];

    /// Its id in reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::ShadowedRule => "shadowed-rule",
            Self::UnusedGroup => "unused-group",
            Self::EphemeralGap => "ephemeral-gap",
            Self::AsymmetricRoute => "asymmetric-route",
            Self::WorldOpenPort => "world-open-port",
            Self::OverlappingCidr => "overlapping-cidr",
        }
    }
}

/// Something that must be in the way: a code or a component in a word, or more of it in a map.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Because {
    /// A code, or the id or name of a component: what is written without keys may be either.
    pub word: Option<String>,
    /// The code.
    pub code: Option<String>,
    /// The component.
    pub at: Option<String>,
    /// The leg.
    pub leg: Option<LegWord>,
    /// The rule: a number, a route's destination, `default`.
    pub rule: Option<String>,
}

/// The keys of [`Because`].
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BecauseKeys {
    /// The code.
    code: Option<String>,
    /// The component.
    at: Option<String>,
    /// The leg.
    leg: Option<LegWord>,
    /// The rule: a number, a route's destination, `default`.
    rule: Option<String>,
}

impl<'de> Deserialize<'de> for Because {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordOrKeys;
        impl<'de> Visitor<'de> for WordOrKeys {
            type Value = Because;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a code, a component, or keys")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Because, E> {
                Ok(Because {
                    word: Some(text.to_owned()),
                    ..Because::default()
                })
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Because, A::Error> {
                let keys = BecauseKeys::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Because {
                    word: None,
                    code: keys.code,
                    at: keys.at,
                    leg: keys.leg,
                    rule: keys.rule,
                })
            }
        }
        deserializer.deserialize_any(WordOrKeys)
    }
}

impl JsonSchema for Because {
    fn schema_name() -> Cow<'static, str> {
        "Because".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let keys = generator.subschema_for::<BecauseKeys>();
        json_schema!({ "anyOf": [{ "type": "string", "description": "a code, or a component" }, keys] })
    }
}

/// A day, such as 2027-03-31.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub Date);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let date = text.parse().ok().filter(|date: &Date| date.to_string() == text);
        date.map(Day)
            .ok_or_else(|| de::Error::custom(format!("`{text}` is not a day such as 2027-03-31")))
    }
}

impl JsonSchema for Day {
    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date", "description": "a day such as 2027-03-31" })
    }
}
