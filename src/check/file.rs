//! The check file: what is expected of a network, as typed data, read with every mistake in one run.

use super::mistakes::told;
use super::scope::Scopes;
use super::words::{Because, Day, HygieneRule, LegWord, Level, Picks, VerdictWord};
use crate::evidence::State;
use crate::model::{Diagnostic, Diagnostics, Document, OneOrMany, Part, Ports, near};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Declares the structs of the file with the serde attributes that they all share.
macro_rules! parts {
    ($($(#[$doc:meta])* struct $name:ident { $($body:tt)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($body)* }
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
        pub evidence: OneOrMany<State>,
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
