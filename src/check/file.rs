//! The check file: what is expected of a network, as typed data, read with every mistake in one run.

use super::hygiene::HygieneRule;
use super::scope::Scopes;
use crate::analysis::Verdict;
use crate::evidence::State;
use crate::model::{Diagnostic, Diagnostics, Document, OneOrMany, Part, Ports, Severity, near};
use crate::network::Leg;
use jiff::civil::Date;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// Declares the structs of the file with the serde attributes that they all share.
macro_rules! parts {
    ($($(#[$doc:meta])* struct $name:ident { $($body:tt)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($body)* }
    )*};
}

/// Declares closed sets of words.
macro_rules! words {
    ($($(#[$doc:meta])* enum $name:ident { $($body:tt)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($body)* }
    )*};
}

fn every_packet() -> OneOrMany<String> {
    vec!["all".to_owned()].into()
}

fn yes() -> bool {
    true
}

parts! {
    /// What is expected of a network.
    struct CheckFile {
        /// The version of the format: 1.
        pub version: u32,
        /// The model: files and folders, relative to this file. `-m` is asked first.
        #[serde(default)]
        pub model: OneOrMany<String>,
        /// Flow logs to hold the answers against: files and folders, relative to this file.
        #[serde(default)]
        pub flow_logs: OneOrMany<String>,
        /// Questions, and the answers that are expected.
        #[serde(default)]
        pub expect: Vec<Expectation>,
        /// Promises that nobody else reaches something.
        #[serde(default)]
        pub only: Vec<Only>,
        /// Promises that sets of things never talk.
        #[serde(default)]
        pub isolate: Vec<Isolation>,
        /// Access scopes that must find nothing: names of built-in ones, or files, relative to this file.
        #[serde(default)]
        pub scopes: OneOrMany<String>,
        /// Rules of hygiene, and how bad it is to break them.
        #[serde(default)]
        pub hygiene: BTreeMap<HygieneRule, Level>,
        /// What is known and put up with.
        #[serde(default)]
        pub suppress: Vec<Suppression>,
    }

    /// A question and the answer that is expected. A list at `from` or `to` asks for every member, each on its own.
    struct Expectation {
        /// What it is called.
        pub name: Option<String>,
        /// Where packets begin: an id, a name, an address, a CIDR, `internet`, or a set.
        pub from: OneOrMany<String>,
        /// Where they should arrive.
        pub to: OneOrMany<String>,
        /// Which packets; all where left out.
        #[serde(default = "every_packet")]
        pub packets: OneOrMany<String>,
        /// The answer that is expected.
        pub verdict: VerdictWord,
        /// Codes or components that must be among what is in the way.
        #[serde(default)]
        pub because: OneOrMany<Because>,
        /// The leg on which the first thing in the way stands.
        pub leg: Option<LegWord>,
        /// Whether only the arrival counts.
        #[serde(default)]
        pub one_way: bool,
        /// The source ports of TCP and UDP; 1024-65535 where left out.
        pub source_port: Option<Ports>,
        /// Components that the way there must pass.
        #[serde(default)]
        pub through: OneOrMany<String>,
        /// Components that no way may pass.
        #[serde(default)]
        pub avoid: OneOrMany<String>,
        /// What the flow logs must say; any of these.
        #[serde(default)]
        pub evidence: OneOrMany<EvidenceWord>,
        /// Whether the answer must hold for all of AWS's own picks, or for any.
        #[serde(default)]
        pub picks: Picks,
        /// Why it is expected.
        pub why: Option<String>,
        /// How bad it is when it is not so.
        #[serde(default)]
        pub severity: Level,
        /// The last day on which it is expected; afterwards somebody must decide again.
        pub until: Option<Day>,
    }

    /// A promise that of all interfaces of the model, and of the internet, only these reach something.
    struct Only {
        /// What it is called.
        pub name: Option<String>,
        /// What they alone reach.
        pub to: OneOrMany<String>,
        /// On these packets; all where left out.
        #[serde(default = "every_packet")]
        pub packets: OneOrMany<String>,
        /// Those who may.
        pub from: OneOrMany<String>,
        /// Whether a packet that arrives counts, with or without a reply; so it does where left out.
        #[serde(default = "yes")]
        pub one_way: bool,
        /// Why.
        pub why: Option<String>,
        /// How bad it is when it is not so.
        #[serde(default)]
        pub severity: Level,
        /// The last day on which it is promised.
        pub until: Option<Day>,
    }

    /// A promise that sets of things never talk, in either direction.
    struct Isolation {
        /// What it is called.
        pub name: Option<String>,
        /// The sets: no member of one talks to a member of another.
        pub sets: Vec<OneOrMany<String>>,
        /// On these packets; all where left out.
        #[serde(default = "every_packet")]
        pub packets: OneOrMany<String>,
        /// Whether a packet that arrives counts, with or without a reply; so it does where left out.
        #[serde(default = "yes")]
        pub one_way: bool,
        /// Why.
        pub why: Option<String>,
        /// How bad it is when it is not so.
        #[serde(default)]
        pub severity: Level,
        /// The last day on which it is promised.
        pub until: Option<Day>,
    }

    /// Something that is known and put up with.
    struct Suppression {
        /// The rule, or the name of the expectation.
        pub of: String,
        /// The id of a component that it concerns; any where left out.
        pub at: Option<String>,
        /// Why it is put up with.
        pub reason: String,
        /// The last day on which it is.
        pub until: Option<Day>,
    }
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

    /// What flow logs say.
    enum EvidenceWord {
        /// They show what the answer says.
        #[default]
        Corroborated,
        /// They show something else.
        Contradicted,
        /// They fit, and would fit other answers too.
        Weak,
        /// They do not decide.
        Inconclusive,
        /// Nothing was recorded where something would have been.
        Silent,
        /// No flow log sees this.
        NotObservable,
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

impl EvidenceWord {
    /// The word for a state.
    pub fn of(state: State) -> Self {
        match state {
            State::Corroborated => Self::Corroborated,
            State::Contradicted => Self::Contradicted,
            State::Weak => Self::Weak,
            State::Inconclusive => Self::Inconclusive,
            State::Silent => Self::Silent,
            State::NotObservable => Self::NotObservable,
        }
    }

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Corroborated => "corroborated",
            Self::Contradicted => "contradicted",
            Self::Weak => "weak",
            Self::Inconclusive => "inconclusive",
            Self::Silent => "silent",
            Self::NotObservable => "not_observable",
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

/// A check file as it was read, and where its parts are written.
#[derive(Debug)]
pub struct Checks {
    /// What it says, but for the lists.
    pub model: Vec<String>,
    /// Flow logs.
    pub flow_logs: Vec<String>,
    /// Expectations, each with its place in the list.
    pub expect: Vec<(usize, Expectation)>,
    /// Promises that nobody else reaches something.
    pub only: Vec<(usize, Only)>,
    /// Promises that sets never talk.
    pub isolate: Vec<(usize, Isolation)>,
    /// Access scopes, by name or file, each with its place in the list.
    pub scopes: Vec<(usize, String)>,
    /// Those of them that were read from files.
    pub access: Vec<(usize, Scopes)>,
    /// Rules of hygiene.
    pub hygiene: BTreeMap<HygieneRule, Level>,
    /// What is put up with.
    pub suppress: Vec<(usize, Suppression)>,
    /// The file.
    pub document: Document,
}

/// The keys of a check file.
pub const KEYS: &[&str] = &[
    "version",
    "model",
    "flow_logs",
    "expect",
    "only",
    "isolate",
    "scopes",
    "hygiene",
    "suppress",
];

impl Checks {
    /// The name of the file.
    pub fn name(&self) -> &str {
        self.document.name()
    }
}

impl CheckFile {
    /// Reads a check file.
    pub fn read(name: &str, bytes: Vec<u8>) -> Result<Checks, Diagnostics> {
        let mut found = Vec::new();
        let checks = Document::read(name, bytes, &mut found).map(|document| parts(document, &mut found));
        match checks {
            Some(checks) if found.is_empty() => {
                let wrong = sense(&checks);
                if wrong.is_empty() {
                    return Ok(checks);
                }
                Err(told(wrong))
            }
            _ => Err(told(found)),
        }
    }
}

fn parts(document: Document, found: &mut Vec<Diagnostic>) -> Checks {
    for key in document.keys().filter(|key| !KEYS.contains(key)) {
        let error = Diagnostic::error("CHECK_UNKNOWN_KEY", format!("unknown key `{key}`"));
        let hint = match near(key, KEYS.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the keys here are {}", KEYS.join(", ")),
        };
        found.push(error.at(document.key(key)).hint(hint));
    }
    let words = |key, found: &mut Vec<Diagnostic>| {
        let value: Option<OneOrMany<String>> = document.value(key, found);
        value.unwrap_or_default().0
    };
    Checks {
        model: words("model", found),
        flow_logs: words("flow_logs", found),
        expect: document.list("expect", found),
        only: document.list("only", found),
        isolate: document.list("isolate", found),
        scopes: words("scopes", found).into_iter().enumerate().collect(),
        access: Vec::new(),
        hygiene: document.value("hygiene", found).unwrap_or_default(),
        suppress: document.list("suppress", found),
        document,
    }
}

/// What is legal and makes no sense.
fn sense(checks: &Checks) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut say = |code, message: &str, hint: &str, way: &[Part<'_>]| {
        let error = Diagnostic::error(code, message).at(Some(checks.document.excerpt(way)));
        found.push(error.hint(hint));
    };
    for (index, suppression) in &checks.suppress {
        if suppression.reason.trim().is_empty() {
            let way = [Part::Key("suppress"), Part::Item(*index), Part::Key("reason")];
            let hint = "say why it is put up with, for those who come after you";
            say("CHECK_REASON_EMPTY", "the reason is empty", hint, &way);
        }
    }
    for (index, isolation) in &checks.isolate {
        if isolation.sets.len() < 2 {
            let way = [Part::Key("isolate"), Part::Item(*index), Part::Key("sets")];
            let hint = "write `sets: [[vpc-prod], [vpc-dev]]`";
            say("CHECK_ONE_SET", "a single set is apart from nothing", hint, &way);
        }
    }
    found
}

/// Mistakes in the order of the file, under codes of their own: the reader's are those of models.
pub fn told(mut found: Vec<Diagnostic>) -> Diagnostics {
    for one in &mut found {
        one.code = match one.code {
            "MODEL_UNKNOWN_KEY" => "CHECK_UNKNOWN_KEY",
            "MODEL_UNKNOWN_WORD" => "CHECK_UNKNOWN_WORD",
            "MODEL_MISSING_KEY" => "CHECK_MISSING_KEY",
            "MODEL_BAD_VALUE" => "CHECK_BAD_VALUE",
            "MODEL_WRONG_TYPE" => "CHECK_WRONG_TYPE",
            "MODEL_VERSION" => "CHECK_VERSION",
            "MODEL_EMPTY" => "CHECK_EMPTY",
            "MODEL_NOT_A_MAP" => "CHECK_NOT_A_MAP",
            "MODEL_SYNTAX" => "CHECK_SYNTAX",
            "MODEL_DUPLICATE_KEY" => "CHECK_DUPLICATE_KEY",
            "MODEL_SEVERAL_DOCUMENTS" => "CHECK_SEVERAL_DOCUMENTS",
            "MODEL_NOT_UTF8" => "CHECK_NOT_UTF8",
            "MODEL_TOO_DEEP" | "MODEL_TOO_LARGE" | "MODEL_TOO_MANY_ALIASES" => "CHECK_TOO_LARGE",
            other => other,
        };
    }
    found.sort_by_cached_key(|one: &Diagnostic| {
        (
            one.severity != Severity::Error,
            one.at.as_ref().map(|at| at.location.clone()),
        )
    });
    Diagnostics(found)
}
