//! The files that Terraform and OpenTofu write, brought to one form: instances of resources, each with its address, module,
//! key and values.
//!
//! Read are `terraform show -json` of a plan (`planned_values`, `prior_state`, `configuration`) and of a state (`values`), and
//! raw state files, version 4 (Terraform 0.12 and later) and 3 (before). Sources: Terraform's "JSON Output Format"; the
//! state's shape is that of `terraform.tfstate`. Read 2026-11-25.

use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A file as it was written. Keys that are of no use here are skipped unread.
#[derive(Debug, Default, Deserialize)]
pub struct Document {
    /// What the network will be.
    pub planned_values: Option<Values>,
    /// What it was before.
    pub prior_state: Option<Shown>,
    /// What a shown state holds.
    pub values: Option<Values>,
    /// The configuration, which says what refers to what.
    pub configuration: Option<Configuration>,
    /// Old plans have no prior state, but each change says what was before.
    #[serde(default)]
    pub resource_changes: Vec<Change>,
    /// What the outermost variables are set to.
    #[serde(default)]
    pub variables: BTreeMap<String, Set>,
    /// The version of a raw state.
    pub version: Option<u64>,
    /// The resources of a raw state, version 4.
    #[serde(default)]
    pub resources: Vec<Stored>,
    /// The modules of a raw state, version 3.
    #[serde(default)]
    pub modules: Vec<OldModule>,
}

/// A variable as it is set.
#[derive(Debug, Default, Deserialize)]
pub struct Set {
    /// To what.
    #[serde(default)]
    pub value: Value,
}

/// A state inside another document.
#[derive(Debug, Default, Deserialize)]
pub struct Shown {
    /// What it holds.
    pub values: Option<Values>,
}

/// Resources by module.
#[derive(Debug, Default, Deserialize)]
pub struct Values {
    /// The module that holds the others.
    #[serde(default)]
    pub root_module: Module,
}

/// A module.
#[derive(Debug, Default, Deserialize)]
pub struct Module {
    /// Its address; none: the root.
    #[serde(default)]
    address: String,
    #[serde(default)]
    resources: Vec<Shape>,
    #[serde(default)]
    child_modules: Vec<Module>,
}

#[derive(Debug, Deserialize)]
struct Shape {
    address: String,
    #[serde(default)]
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    index: Option<Value>,
    #[serde(default)]
    values: Option<Map<String, Value>>,
}

/// A change of a plan.
#[derive(Debug, Deserialize)]
pub struct Change {
    address: String,
    #[serde(default)]
    module_address: String,
    #[serde(default)]
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    index: Option<Value>,
    #[serde(default)]
    change: Before,
}

#[derive(Debug, Default, Deserialize)]
struct Before {
    before: Option<Map<String, Value>>,
    #[serde(default)]
    after_unknown: Value,
}

/// A resource of a raw state, version 4.
#[derive(Debug, Deserialize)]
pub struct Stored {
    #[serde(default)]
    module: String,
    #[serde(default)]
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    instances: Vec<StoredInstance>,
}

#[derive(Debug, Deserialize)]
struct StoredInstance {
    index_key: Option<Value>,
    #[serde(default)]
    attributes: Option<Map<String, Value>>,
}

/// A module of a raw state, version 3.
#[derive(Debug, Deserialize)]
pub struct OldModule {
    #[serde(default)]
    path: Vec<String>,
    #[serde(default)]
    resources: BTreeMap<String, OldResource>,
}

#[derive(Debug, Deserialize)]
struct OldResource {
    #[serde(rename = "type")]
    kind: String,
    primary: Option<OldPrimary>,
}

#[derive(Debug, Deserialize)]
struct OldPrimary {
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

/// A configuration.
#[derive(Debug, Default, Deserialize)]
pub struct Configuration {
    /// Its outermost module.
    #[serde(default)]
    pub root_module: ModuleConfig,
    /// Its providers.
    #[serde(default)]
    pub provider_config: BTreeMap<String, ProviderConfig>,
}

/// A provider's configuration.
#[derive(Debug, Default, Deserialize)]
pub struct ProviderConfig {
    /// Its settings.
    #[serde(default)]
    pub expressions: Map<String, Value>,
}

/// A module's configuration.
#[derive(Debug, Default, Deserialize)]
pub struct ModuleConfig {
    /// What it gives to who calls it.
    #[serde(default)]
    pub outputs: BTreeMap<String, OutputConfig>,
    /// Its resources.
    #[serde(default)]
    pub resources: Vec<ResourceConfig>,
    /// The modules that it calls.
    #[serde(default)]
    pub module_calls: BTreeMap<String, ModuleCall>,
    /// Its variables.
    #[serde(default)]
    pub variables: BTreeMap<String, VariableConfig>,
}

/// A variable of a module.
#[derive(Debug, Default, Deserialize)]
pub struct VariableConfig {
    /// What it is where nobody sets it.
    #[serde(default)]
    pub default: Value,
}

/// An output.
#[derive(Debug, Default, Deserialize)]
pub struct OutputConfig {
    /// What it is.
    #[serde(default)]
    pub expression: Value,
}

/// A resource's configuration.
#[derive(Debug, Deserialize)]
pub struct ResourceConfig {
    /// `aws_subnet.web`, without its module.
    pub address: String,
    /// What its arguments are made of.
    #[serde(default)]
    pub expressions: Map<String, Value>,
    /// Over what it repeats itself.
    #[serde(default)]
    pub for_each_expression: Value,
}

/// A call of a module.
#[derive(Debug, Default, Deserialize)]
pub struct ModuleCall {
    /// What it is given.
    #[serde(default)]
    pub expressions: Map<String, Value>,
    /// Over what it is called again and again.
    #[serde(default)]
    pub for_each_expression: Value,
    /// The module.
    #[serde(default)]
    pub module: ModuleConfig,
}

/// One resource: of a counted one, one of them.
#[derive(Debug, Clone, Default)]
pub struct Instance {
    /// Its whole address.
    pub address: String,
    /// The address of its module; empty: the root.
    pub module: String,
    /// Whether it is a data source: only looked up.
    pub data: bool,
    /// Its type.
    pub kind: String,
    /// Its name within the module.
    pub name: String,
    /// Its key, where it is counted.
    pub key: Option<Value>,
    /// What is known of it. What is not there is not known yet, or was not given.
    pub values: Map<String, Value>,
    /// Which arguments are not known yet: the same tree, with `true` for each of them.
    pub unknown: Value,
}

/// Every instance below a module.
pub fn instances(values: Values) -> Vec<Instance> {
    let mut all = Vec::new();
    let mut open = vec![values.root_module];
    while let Some(module) = open.pop() {
        all.extend(module.resources.into_iter().map(|shape| Instance {
            data: shape.mode == "data",
            address: shape.address,
            module: module.address.clone(),
            kind: shape.kind,
            name: shape.name,
            key: shape.index,
            values: shape.values.unwrap_or_default(),
            unknown: Value::Null,
        }));
        open.extend(module.child_modules);
    }
    all.sort_by(|one, other| one.address.cmp(&other.address));
    all
}

/// Tells the instances that a plan changes what is not known of them yet.
pub fn mark(instances: &mut [Instance], changes: &[Change]) {
    let unknown: BTreeMap<&str, &Value> = changes
        .iter()
        .map(|change| (change.address.as_str(), &change.change.after_unknown))
        .collect();
    for instance in instances {
        if let Some(found) = unknown.get(instance.address.as_str()) {
            instance.unknown = (*found).clone();
        }
    }
}

/// What was there before the changes of a plan.
pub fn before(changes: Vec<Change>) -> Vec<Instance> {
    let there = changes.into_iter().filter_map(|change| {
        Some(Instance {
            values: change.change.before?,
            data: change.mode == "data",
            address: change.address,
            module: change.module_address,
            kind: change.kind,
            name: change.name,
            key: change.index,
            unknown: Value::Null,
        })
    });
    there.collect()
}

/// The instances of a raw state, version 4.
pub fn stored(resources: Vec<Stored>) -> Vec<Instance> {
    let mut all = Vec::new();
    for resource in resources {
        let data = resource.mode == "data";
        let prefix = match (resource.module.as_str(), data) {
            ("", false) => String::new(),
            ("", true) => "data.".to_owned(),
            (module, false) => format!("{module}."),
            (module, true) => format!("{module}.data."),
        };
        for instance in resource.instances {
            let key = instance
                .index_key
                .as_ref()
                .map_or_else(String::new, |key| format!("[{key}]"));
            all.push(Instance {
                address: format!("{prefix}{}.{}{key}", resource.kind, resource.name),
                module: resource.module.clone(),
                data,
                kind: resource.kind.clone(),
                name: resource.name.clone(),
                key: instance.index_key,
                values: instance.attributes.unwrap_or_default(),
                unknown: Value::Null,
            });
        }
    }
    all
}

/// The instances of a raw state, version 3: lists and maps are flat there, `ingress.123.cidr_blocks.0`.
pub fn old(modules: Vec<OldModule>) -> Vec<Instance> {
    let mut all = Vec::new();
    for module in modules {
        let path = module.path.iter().skip(1);
        let path: Vec<String> = path.map(|name| format!("module.{name}")).collect();
        let path = path.join(".");
        for (own, resource) in module.resources {
            let Some(primary) = resource.primary else { continue };
            let data = own.starts_with("data.");
            let rest = own.strip_prefix("data.").unwrap_or(&own);
            let rest = rest
                .strip_prefix(&resource.kind)
                .unwrap_or(rest)
                .trim_start_matches('.');
            let (name, key) = match rest.rsplit_once('.') {
                Some((name, key)) if key.parse::<u64>().is_ok() => (name, key.parse::<u64>().ok()),
                _ => (rest, None),
            };
            let whole = key.map_or_else(String::new, |key| format!("[{key}]"));
            let prefix = if path.is_empty() {
                String::new()
            } else {
                format!("{path}.")
            };
            let word = if data { "data." } else { "" };
            all.push(Instance {
                address: format!("{prefix}{word}{}.{name}{whole}", resource.kind),
                module: path.clone(),
                data,
                name: name.to_owned(),
                key: key.map(Value::from),
                values: unflatten(&primary.attributes),
                unknown: Value::Null,
                kind: resource.kind,
            });
        }
    }
    all
}

/// Maps and lists out of dotted keys.
fn unflatten(flat: &BTreeMap<String, String>) -> Map<String, Value> {
    #[derive(Default)]
    struct Tree {
        leaf: Option<String>,
        list: bool,
        below: BTreeMap<String, Tree>,
    }
    fn value(tree: Tree) -> Value {
        if tree.list {
            return Value::Array(tree.below.into_values().map(value).collect());
        }
        if !tree.below.is_empty() {
            return Value::Object(
                tree.below
                    .into_iter()
                    .map(|(key, tree)| (key, value(tree)))
                    .collect(),
            );
        }
        tree.leaf.map_or(Value::Null, Value::String)
    }
    let mut root = Tree::default();
    for (key, text) in flat {
        let mut at = &mut root;
        // Nobody nests deeper than this; a hostile file might.
        for part in key.splitn(12, '.') {
            match part {
                "#" => at.list = true,
                "%" => {}
                part => at = at.below.entry(part.to_owned()).or_default(),
            }
        }
        if !key.ends_with(".#") && !key.ends_with(".%") {
            at.leaf = Some(text.clone());
        }
    }
    root.below
        .into_iter()
        .map(|(key, tree)| (key, value(tree)))
        .collect()
}
