//! From JSON to a scope. Every mistake names the way to it: `MatchPaths[0].Source`.

use crate::analysis::scope::{HeaderStatement, PathRule, PathStatement, ResourceStatement, Scope};
use crate::model::{Cidr, Diagnostic, near, parse_address};
use crate::packet::{AddressSet, PortSet, Protocol, ProtocolSet, parse_ports};
use ipnet::IpNet;
use serde_json::{Map, Value};

/// One reading of a file.
pub(super) struct Reading<'a> {
    file: &'a str,
    pub mistakes: Vec<Diagnostic>,
}

/// The keys of a scope; those of its description are AWS's and say nothing of paths.
const SCOPE: &[&str] = &[
    "MatchPaths",
    "ExcludePaths",
    "NetworkInsightsAccessScopeId",
    "NetworkInsightsAccessScopeArn",
    "ClientToken",
    "TagSpecifications",
    "Tags",
    "DryRun",
    "CreatedDate",
    "UpdatedDate",
];
const PATH: &[&str] = &["Source", "Destination", "ThroughResources"];
const STATEMENT: &[&str] = &["ResourceStatement", "PacketHeaderStatement"];
const RESOURCES: &[&str] = &["Resources", "ResourceTypes"];
const HEADER: &[&str] = &[
    "Protocols",
    "SourceAddresses",
    "SourcePrefixLists",
    "DestinationAddresses",
    "DestinationPrefixLists",
    "SourcePorts",
    "DestinationPorts",
];
/// What AWS wraps a scope in.
const WRAPPER: &str = "NetworkInsightsAccessScopeContent";

impl<'a> Reading<'a> {
    pub fn new(file: &'a str) -> Self {
        Self {
            file,
            mistakes: Vec::new(),
        }
    }

    /// One scope, or several by their names.
    pub fn scopes(&mut self, name: &str, value: &Value) -> Vec<Scope> {
        let Some(map) = self.map("", value) else {
            return Vec::new();
        };
        if let Some(inner) = map.get(WRAPPER) {
            return vec![self.scope(name, WRAPPER, inner)];
        }
        let is_scope = map.keys().any(|key| known(SCOPE, key).is_some());
        if is_scope || map.is_empty() {
            return vec![self.scope(name, "", value)];
        }
        map.iter()
            .map(|(name, scope)| self.scope(name, name, scope))
            .collect()
    }

    fn scope(&mut self, name: &str, way: &str, value: &Value) -> Scope {
        let fields = self.fields(way, value, SCOPE);
        let mut scope = Scope {
            name: name.to_owned(),
            ..Scope::default()
        };
        for (key, value) in fields {
            let paths = match key {
                "MatchPaths" => &mut scope.matches,
                "ExcludePaths" => &mut scope.excludes,
                _ => continue,
            };
            let way = join(way, key);
            for (index, value) in self.list(&way, value).iter().enumerate() {
                let path = self.path(&format!("{way}[{index}]"), value);
                paths.push(path);
            }
        }
        if scope.matches.is_empty() && self.mistakes.is_empty() {
            let hint = "write {\"MatchPaths\": [{\"Source\": {\"ResourceStatement\": {\"Resources\": [\"subnet-a\"]}}}]}";
            self.mistake(
                way,
                "a scope needs an entry in `MatchPaths`",
                Some(hint.to_owned()),
            );
        }
        scope
    }

    fn path(&mut self, way: &str, value: &Value) -> PathRule {
        let mut path = PathRule::default();
        let fields = self.fields(way, value, PATH);
        if fields.is_empty() {
            self.mistake(
                way,
                "an entry needs `Source`, `Destination` or `ThroughResources`",
                None,
            );
        }
        for (key, value) in fields {
            let way = join(way, key);
            match key {
                "Source" => path.source = Some(self.statement(&way, value)),
                "Destination" => path.destination = Some(self.statement(&way, value)),
                _ => {
                    for (index, value) in self.list(&way, value).iter().enumerate() {
                        let way = format!("{way}[{index}]");
                        for (key, value) in self.fields(&way, value, &STATEMENT[..1]) {
                            path.through.extend(self.resources(&join(&way, key), value));
                        }
                    }
                }
            }
        }
        path
    }

    fn statement(&mut self, way: &str, value: &Value) -> PathStatement {
        let mut statement = PathStatement::default();
        let fields = self.fields(way, value, STATEMENT);
        if fields.is_empty() {
            self.mistake(
                way,
                "it needs `ResourceStatement` or `PacketHeaderStatement`",
                None,
            );
        }
        for (key, value) in fields {
            let way = join(way, key);
            match key {
                "ResourceStatement" => statement.resources = self.resources(&way, value),
                _ => statement.header = Some(self.header(&way, value)),
            }
        }
        statement
    }

    fn resources(&mut self, way: &str, value: &Value) -> Option<ResourceStatement> {
        let fields = self.fields(way, value, RESOURCES);
        let [(key, value)] = fields.as_slice() else {
            self.mistake(way, "it needs either `Resources` or `ResourceTypes`", None);
            return None;
        };
        let words = self.words(&join(way, key), value);
        Some(match *key {
            "Resources" => ResourceStatement::Resources(words),
            _ => ResourceStatement::Types(words),
        })
    }

    fn header(&mut self, way: &str, value: &Value) -> HeaderStatement {
        let mut header = HeaderStatement::default();
        let fields = self.fields(way, value, HEADER);
        let has = |wanted: &str| fields.iter().any(|(key, _)| *key == wanted);
        if fields.is_empty() {
            self.mistake(way, "it needs at least one of its keys", None);
        }
        for side in ["Source", "Destination"] {
            if has(&format!("{side}Addresses")) && has(&format!("{side}PrefixLists")) {
                let message = format!("it needs either `{side}Addresses` or `{side}PrefixLists`");
                self.mistake(way, &message, None);
            }
        }
        for (key, value) in fields {
            let way = join(way, key);
            let words = self.words(&way, value);
            match key {
                "Protocols" => header.protocols = self.protocols(&way, &words),
                "SourceAddresses" => header.sources = self.addresses(&way, &words),
                "DestinationAddresses" => header.destinations = self.addresses(&way, &words),
                "SourcePrefixLists" => header.source_lists = words,
                "DestinationPrefixLists" => header.destination_lists = words,
                "SourcePorts" => header.source_ports = self.ports(&way, &words),
                _ => header.destination_ports = self.ports(&way, &words),
            }
        }
        header
    }

    fn protocols(&mut self, way: &str, words: &[String]) -> Option<ProtocolSet> {
        let mut all = ProtocolSet::empty();
        for word in words {
            match Protocol::parse(&word.to_ascii_lowercase()) {
                Some(protocol) => all = all.union(&ProtocolSet::one(protocol.0)),
                None => {
                    let hint = "AWS knows tcp and udp; here every protocol is known".to_owned();
                    self.mistake(way, &format!("`{word}` is not a protocol"), Some(hint));
                }
            }
        }
        Some(all)
    }

    fn addresses(&mut self, way: &str, words: &[String]) -> Option<AddressSet> {
        let mut all = AddressSet::empty();
        for word in words {
            let net = parse_address(word).map(IpNet::from);
            match net.or_else(|_| Cidr::parse(word).map(|cidr| cidr.0)) {
                Ok(net) => all = all.union(&AddressSet::cidr(net)),
                Err(message) => self.mistake(way, &message, None),
            }
        }
        Some(all)
    }

    fn ports(&mut self, way: &str, words: &[String]) -> Option<PortSet> {
        let mut all = PortSet::empty();
        for word in words {
            match parse_ports(word) {
                Ok(ports) => all = all.union(&ports),
                Err(error) => self.mistake(way, &error.message, Some(error.hint)),
            }
        }
        Some(all)
    }

    /// The fields of a map, by AWS's names.
    fn fields<'v>(
        &mut self,
        way: &str,
        value: &'v Value,
        names: &'static [&'static str],
    ) -> Vec<(&'static str, &'v Value)> {
        let mut fields: Vec<(&str, &Value)> = Vec::new();
        for (key, value) in self.map(way, value).into_iter().flatten() {
            match known(names, key) {
                Some(name) if fields.iter().any(|(known, _)| *known == name) => {
                    self.mistake(way, &format!("`{name}` is there twice"), None);
                }
                Some(name) => fields.push((name, value)),
                None => {
                    let hint = match near(key, names.iter().copied()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("the keys here are {}", names.join(", ")),
                    };
                    self.mistake(way, &format!("unknown key `{key}`"), Some(hint));
                }
            }
        }
        fields
    }

    fn map<'v>(&mut self, way: &str, value: &'v Value) -> Option<&'v Map<String, Value>> {
        let map = value.as_object();
        if map.is_none() {
            self.mistake(way, "this is a map of keys, and here is none", None);
        }
        map
    }

    fn list<'v>(&mut self, way: &str, value: &'v Value) -> &'v [Value] {
        match value.as_array() {
            Some(list) => list,
            None => {
                self.mistake(way, "this is a list, and here is none", None);
                &[]
            }
        }
    }

    /// Words; numbers are taken for words, because ports are.
    fn words(&mut self, way: &str, value: &Value) -> Vec<String> {
        let mut words = Vec::new();
        for value in self.list(way, value) {
            match value {
                Value::String(word) => words.push(word.trim().to_owned()),
                Value::Number(number) => words.push(number.to_string()),
                _ => self.mistake(way, "these are words, and here is none", None),
            }
        }
        if words.is_empty() && value.as_array().is_some_and(Vec::is_empty) {
            self.mistake(way, "the list is empty", None);
        }
        words
    }

    fn mistake(&mut self, way: &str, message: &str, hint: Option<String>) {
        let message = match way {
            "" => format!("{}: {message}", self.file),
            way => format!("{}: {way}: {message}", self.file),
        };
        let error = Diagnostic::error("SCOPE_MISTAKE", message);
        self.mistakes.push(match hint {
            Some(hint) => error.hint(hint),
            None => error,
        });
    }
}

fn join(way: &str, key: &str) -> String {
    match way {
        "" => key.to_owned(),
        way => format!("{way}.{key}"),
    }
}

/// The name that a key is a spelling of: as AWS's clients, its query API or its XML have it.
fn known(names: &'static [&'static str], key: &str) -> Option<&'static str> {
    let plain = key.strip_suffix("Set").unwrap_or(key).to_ascii_lowercase();
    names.iter().copied().find(|name| {
        let name = name.to_ascii_lowercase();
        let singular = name.strip_suffix("es").filter(|_| name.ends_with("addresses"));
        let singular = singular.or_else(|| name.strip_suffix('s'));
        plain == name || Some(plain.as_str()) == singular
    })
}
