//! A template as it is written: its sections, and the mistakes in it with their places.

use super::repeat;
use crate::model::{Diagnostic, Node, NodeKind, Span, TextFile, near, parse_functions};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why a template cannot be used.
pub type Trouble = Box<Diagnostic>;

/// The most nodes that a template's functions may make.
pub const NODES_MAX: usize = 1_000_000;
/// The deepest chain of conditions, functions and references.
pub const DEPTH_MAX: usize = 200;

/// A file and its tree.
#[derive(Debug)]
pub struct Written {
    /// The file.
    pub file: Arc<TextFile>,
    /// Its tree, loops unrolled.
    pub root: Node,
}

/// The sections of a template.
#[derive(Debug)]
pub struct Template<'t> {
    /// The file.
    pub file: &'t Arc<TextFile>,
    /// Its tree.
    pub root: &'t Node,
    /// Parameters.
    pub parameters: BTreeMap<&'t str, &'t Node>,
    /// Mappings.
    pub mappings: BTreeMap<&'t str, &'t Node>,
    /// Conditions.
    pub conditions: BTreeMap<&'t str, &'t Node>,
    /// Resources.
    pub resources: BTreeMap<&'t str, &'t Node>,
    /// Macros that change it before it is deployed.
    pub macros: Vec<&'t str>,
}

/// Reads a file. Mistakes in its text are all told.
pub fn read(
    name: &Arc<str>,
    bytes: &[u8],
    given: &BTreeMap<String, String>,
) -> Result<Written, Vec<Diagnostic>> {
    let mut found = Vec::new();
    let file = TextFile::new(Arc::clone(name), bytes.to_vec()).map_err(|error| vec![*error])?;
    json(&file).map_err(|error| vec![*error])?;
    let root = parse_functions(&file, &mut found).map_err(|error| vec![*error])?;
    let nothing = || {
        vec![Diagnostic::error(
            "IMPORT_TEMPLATE",
            format!("{name} holds nothing"),
        )]
    };
    let root = root.ok_or_else(nothing)?;
    if !found.is_empty() {
        return Err(found);
    }
    let file = Arc::new(file);
    let root = repeat::unroll(&file, root, given).map_err(|error| vec![*error])?;
    Ok(Written { file, root })
}

/// JSON is read as the YAML that it is; what is wrong with it is told in JSON's words.
fn json(file: &TextFile) -> Result<(), Trouble> {
    if !file.text.trim_start().starts_with('{') {
        return Ok(());
    }
    let error = match serde_json::from_str::<serde::de::IgnoredAny>(&file.text) {
        Ok(_) => return Ok(()),
        Err(error) => error,
    };
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    let span = Span {
        line: number(error.line()).max(1),
        column: number(error.column()).max(1),
        ..Span::default()
    };
    // A YAML map may begin with a brace, too.
    if file.name.ends_with(".yaml") || file.name.ends_with(".yml") {
        return Ok(());
    }
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    Err(fail(file, span, format!("this is not JSON: {message}")))
}

/// A mistake at a place.
pub fn fail(file: &TextFile, span: Span, message: impl Into<String>) -> Trouble {
    Box::new(Diagnostic::error("IMPORT_TEMPLATE", message).at(Some(file.excerpt(span))))
}

impl<'t> Template<'t> {
    /// Looks for the sections.
    pub fn new(written: &'t Written) -> Result<Self, Trouble> {
        let (file, root) = (&written.file, &written.root);
        if !matches!(root.kind, NodeKind::Map(_)) {
            return Err(fail(
                file,
                root.span,
                "a template is a map of sections, and this is none",
            ));
        }
        let resources = section(root, "Resources");
        if resources.is_empty() {
            let told = fail(file, root.span, "a template has Resources, and this has none");
            return Err(Box::new(
                told.hint("see the template anatomy in the CloudFormation guide"),
            ));
        }
        Ok(Self {
            file,
            root,
            parameters: section(root, "Parameters"),
            mappings: section(root, "Mappings"),
            conditions: section(root, "Conditions"),
            resources,
            macros: macros(root),
        })
    }

    /// A mistake at a place.
    pub fn fail(&self, span: Span, message: impl Into<String>) -> Trouble {
        fail(self.file, span, message)
    }

    /// A name that means nothing, with the one that may be meant.
    pub fn no_such<'n>(
        &self,
        span: Span,
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'n str>,
    ) -> Trouble {
        let told = self.fail(span, format!("there is no {what} `{name}`"));
        match near(name, known) {
            Some(near) => Box::new(told.hint(format!("did you mean `{near}`?"))),
            None => told,
        }
    }

    /// The type of a resource.
    pub fn type_of(&self, resource: &str) -> Option<&'t str> {
        self.resources.get(resource)?.get("Type")?.text()
    }

    /// What is written for a property of a resource.
    pub fn property(&self, resource: &str, key: &str) -> Option<&'t Node> {
        self.resources.get(resource)?.get("Properties")?.get(key)
    }
}

fn section<'t>(root: &'t Node, name: &str) -> BTreeMap<&'t str, &'t Node> {
    let entries = root.get(name).map(Node::entries).unwrap_or_default();
    let named = entries
        .iter()
        .filter_map(|(key, value)| Some((key.text()?, value)));
    named.collect()
}

fn macros(root: &Node) -> Vec<&str> {
    match root.get("Transform").map(|node| &node.kind) {
        Some(NodeKind::List(items)) => items.iter().filter_map(Node::text).collect(),
        Some(NodeKind::Scalar(text, _)) => vec![&**text],
        _ => Vec::new(),
    }
}
