//! Works out the functions of a template. Source: CloudFormation Template Reference, Intrinsic functions and Pseudo
//! parameters. What only a deployment knows is a named unknown, and why it is one is kept beside it.

use super::functions::{self, Answer};
use super::repeat::LOOP;
use super::template::{DEPTH_MAX, NODES_MAX, Template, Trouble};
use super::value::{Attribute, Known, Value};
use super::{attributes, parameters};
use crate::model::{Node, NodeKind, Span};
use std::collections::{BTreeMap, BTreeSet};

/// The longest text that a template may make.
const TEXT_MAX: usize = 1 << 20;

/// What a template is deployed with.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'t> {
    /// Given values of parameters.
    pub given: &'t BTreeMap<String, String>,
    /// What stacks export.
    pub exports: &'t BTreeMap<String, Value>,
    /// The stack's name, where it has one.
    pub stack: Option<&'t str>,
    /// What stands before the ids of its resources.
    pub prefix: &'t str,
}

impl<'t> Scope<'t> {
    /// One template.
    pub fn alone(given: &'t BTreeMap<String, String>, exports: &'t BTreeMap<String, Value>) -> Self {
        Self {
            given,
            exports,
            stack: None,
            prefix: "",
        }
    }
}

/// Why something is not known: what it is, and the reason.
pub type Reason = (&'static str, String);

/// A template under evaluation.
#[derive(Debug)]
pub struct Evaluator<'t> {
    /// The template.
    pub template: &'t Template<'t>,
    /// What it is deployed with.
    pub scope: Scope<'t>,
    /// Why each unknown is unknown.
    pub reasons: BTreeMap<String, Reason>,
    /// The resources that were referred to since this was emptied.
    pub named: BTreeSet<String>,
    /// The conditions that are known, or known not to be.
    pub(super) held: BTreeMap<&'t str, Option<bool>>,
    /// The conditions that are being worked out.
    pub(super) asked: Vec<&'t str>,
    pub(super) made: usize,
    /// Whether a Region that is not known is spelled out, `${AWS::Region}`, where only a label is made of it.
    pub(super) spelled: bool,
    depth: usize,
}

impl<'t> Evaluator<'t> {
    /// Begins with a template.
    pub fn new(template: &'t Template<'t>, scope: Scope<'t>) -> Self {
        Self {
            template,
            scope,
            reasons: BTreeMap::new(),
            named: BTreeSet::new(),
            held: BTreeMap::new(),
            asked: Vec::new(),
            made: 0,
            spelled: false,
            depth: 0,
        }
    }

    /// A value with its functions worked out. Entries and items that are `AWS::NoValue` are left out.
    pub fn value(&mut self, node: &Node) -> Result<Value, Trouble> {
        self.made += 1;
        self.depth += 1;
        if self.made > NODES_MAX {
            return Err(self.template.fail(node.span, "the template grows without end"));
        }
        if self.depth > DEPTH_MAX {
            let message = "what this stands for goes round in a circle, or too deep";
            return Err(self.template.fail(node.span, message));
        }
        let kind = self.worked(node)?;
        self.depth -= 1;
        Ok(functions::at(node.span, kind))
    }

    fn worked(&mut self, node: &Node) -> Result<Known, Trouble> {
        match &node.kind {
            NodeKind::Scalar(text, plain) => Ok(self.scalar(text, *plain)),
            NodeKind::List(items) => {
                let mut all = Vec::new();
                for item in items {
                    all.push(self.value(item)?);
                }
                all.retain(|item| item.kind != Known::Nothing);
                Ok(Known::List(all))
            }
            NodeKind::Map(entries) => {
                if let [(key, argument)] = entries.as_slice()
                    && let Some(name) = key.text()
                    && (name == "Ref" || name.starts_with("Fn::") && !name.starts_with(LOOP))
                {
                    return self.function(name, key.span, argument);
                }
                self.map(entries)
            }
        }
    }

    fn map(&mut self, entries: &[(Node, Node)]) -> Result<Known, Trouble> {
        let mut all = Vec::new();
        for (key, value) in entries {
            let key = key.text().unwrap_or_default();
            if key.starts_with(LOOP) {
                let why = "it goes through a list that is not known";
                return Ok(self.unknown(key, "loop", why.to_owned()));
            }
            let value = self.value(value)?;
            if value.kind != Known::Nothing {
                all.push((key.to_owned(), value));
            }
        }
        Ok(Known::Map(all))
    }

    fn scalar(&mut self, text: &str, plain: bool) -> Known {
        if plain && matches!(text, "" | "~" | "null") {
            return Known::Nothing;
        }
        self.dynamic(text).unwrap_or_else(|| Known::text(text))
    }

    /// `{{resolve:ssm:…}}` is looked up when the stack is deployed (User Guide, "Dynamic references").
    fn dynamic(&mut self, text: &str) -> Option<Known> {
        let start = text.find("{{resolve:")?;
        let end = text[start..].find("}}").map_or(text.len(), |end| start + end + 2);
        let name = &text[start..end];
        let why = "it is looked up when the stack is deployed".to_owned();
        Some(self.unknown(name, "dynamic-reference", why))
    }

    /// Something that is not known, and why.
    pub fn unknown(&mut self, name: &str, kind: &'static str, why: String) -> Known {
        self.reasons.entry(name.to_owned()).or_insert((kind, why));
        Known::Unknown(name.to_owned())
    }

    fn function(&mut self, name: &str, span: Span, argument: &Node) -> Result<Known, Trouble> {
        match name {
            "Ref" => return self.reference(argument),
            "Fn::If" => return self.choice(argument),
            "Fn::Sub" => return self.sub(argument),
            "Fn::Transform" => {
                let word = argument.get("Name").and_then(Node::text).unwrap_or_default();
                let name = format!("Fn::Transform {word}");
                let why = "a macro makes it when the stack is deployed".to_owned();
                return Ok(self.unknown(&name, "macro", why));
            }
            _ => {}
        }
        let argument = self.value(argument)?;
        let answer: Answer = match name {
            "Fn::GetAtt" => return self.attribute(&argument),
            "Fn::ImportValue" => return Ok(self.import(&argument)),
            "Fn::FindInMap" => return self.find(&argument),
            "Fn::GetAZs" => {
                let region = self.region();
                Ok(functions::zones(&argument, region.as_deref()))
            }
            "Fn::Join" => functions::join(&argument),
            "Fn::Split" => functions::split(&argument),
            "Fn::Select" => functions::select(&argument),
            "Fn::Cidr" => functions::cidr(&argument),
            "Fn::Length" => functions::length(&argument),
            "Fn::Base64" => functions::base64(&argument),
            "Fn::ToJsonString" => Ok(functions::to_json(&argument)),
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" => {
                Err(format!("`{name}` belongs among the Conditions"))
            }
            other => {
                let why = "this function is not known here".to_owned();
                return Ok(self.unknown(other, "function", why));
            }
        };
        answer.map_err(|why| self.template.fail(span, why))
    }

    /// With the language extensions, the name in a `Ref` may be made by a function (Template Reference, `Ref`).
    fn reference(&mut self, argument: &Node) -> Result<Known, Trouble> {
        if let Some(name) = argument.text() {
            return self.named(name, argument.span);
        }
        let made = match argument.kind {
            NodeKind::Map(_) => self.value(argument)?,
            _ => return Err(self.template.fail(argument.span, "Ref takes a name")),
        };
        match (made.text(), made.open()) {
            (Some(name), _) => self.named(name, argument.span),
            (None, Some(name)) => Ok(Known::Unknown(name)),
            (None, None) => Err(self.template.fail(argument.span, "Ref takes a name")),
        }
    }

    /// What `Ref` gives.
    pub(super) fn named(&mut self, name: &str, span: Span) -> Result<Known, Trouble> {
        if name.starts_with("AWS::") {
            return Ok(self.pseudo(name));
        }
        if self.template.parameters.contains_key(name) {
            return Ok(match parameters::value(self.template, name, self.scope.given)? {
                Ok(Known::Text(text)) => self.dynamic(&text).unwrap_or(Known::Text(text)),
                Ok(known) => known,
                Err(why) => self.unknown(name, "parameter", why),
            });
        }
        self.resource(name, span)?;
        Ok(Known::Attribute(Attribute {
            resource: self.id(name),
            name: None,
        }))
    }

    /// The id of a resource in the model.
    pub(super) fn id(&self, resource: &str) -> String {
        format!("{}{resource}", self.scope.prefix)
    }

    /// Makes sure that a resource is there.
    pub(super) fn resource(&mut self, name: &str, span: Span) -> Result<(), Trouble> {
        self.named.insert(name.to_owned());
        // A macro may make resources that the template does not write.
        let loops = || self.template.resources.keys().any(|id| id.starts_with(LOOP));
        let made = self.template.resources.contains_key(name) || !self.template.macros.is_empty();
        if made || loops() {
            return Ok(());
        }
        let known = self
            .template
            .resources
            .keys()
            .chain(self.template.parameters.keys());
        Err(self
            .template
            .no_such(span, "parameter or resource", name, known.copied()))
    }

    fn region(&self) -> Option<String> {
        self.scope.given.get("AWS::Region").cloned()
    }

    fn pseudo(&mut self, name: &str) -> Known {
        if let Some(given) = self.scope.given.get(name) {
            return Known::text(given);
        }
        let region = self.region();
        let part = |china: &str, other: &str| {
            let region = region.as_deref()?;
            Some(Known::text(if region.starts_with("cn-") { china } else { other }))
        };
        let partition = match region.as_deref() {
            Some(region) if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        let derived = match name {
            "AWS::NoValue" => Some(Known::Nothing),
            "AWS::Partition" if region.is_some() => part("aws-cn", partition),
            "AWS::URLSuffix" if region.is_some() => part("amazonaws.com.cn", "amazonaws.com"),
            "AWS::StackName" => self.scope.stack.map(Known::text),
            _ if self.spelled => Some(Known::Text(format!("${{{name}}}"))),
            _ => None,
        };
        let known_by = match name {
            "AWS::Partition" | "AWS::URLSuffix" => "AWS::Region",
            name => name,
        };
        let why = format!("only a deployment knows {name}: give it with --parameter {known_by}=…");
        derived.unwrap_or_else(|| self.unknown(name, "pseudo-parameter", why))
    }

    fn import(&mut self, argument: &Value) -> Known {
        let Some(name) = argument.text() else {
            let name = format!("ImportValue {}", argument.open().unwrap_or_default());
            let why = "the name of this export is not known".to_owned();
            return self.unknown(&name, "import", why);
        };
        if let Some(value) = self.scope.exports.get(name) {
            return value.kind.clone();
        }
        let why = format!("another stack exports {name}: give that template, too");
        self.unknown(&format!("ImportValue {name}"), "import", why)
    }

    fn choice(&mut self, argument: &Node) -> Result<Known, Trouble> {
        let usage = "Fn::If takes the name of a condition and two values";
        let NodeKind::List(parts) = &argument.kind else {
            return Err(self.template.fail(argument.span, usage));
        };
        let [name, yes, no] = parts.as_slice() else {
            return Err(self.template.fail(argument.span, usage));
        };
        let Some(condition) = name.text() else {
            return Err(self.template.fail(name.span, usage));
        };
        match self.condition(condition, name.span)? {
            Some(true) => return Ok(self.value(yes)?.kind),
            Some(false) => return Ok(self.value(no)?.kind),
            None => {}
        }
        let (yes, no) = (self.value(yes)?, self.value(no)?);
        if functions::json(&yes, &|_| false) == functions::json(&no, &|_| false) {
            return Ok(yes.kind);
        }
        Ok(self.undecided(condition))
    }

    /// What hangs on a condition that is not known.
    pub fn undecided(&mut self, condition: &str) -> Known {
        let why = "it hangs on parameters that are not known: give them with --parameter";
        let name = format!("Conditions.{condition}");
        self.unknown(&name, "condition", why.to_owned())
    }

    fn sub(&mut self, argument: &Node) -> Result<Known, Trouble> {
        let usage = "Fn::Sub takes a text, and perhaps a map of names";
        let (text, own) = match &argument.kind {
            NodeKind::Scalar(text, _) => (&**text, None),
            NodeKind::List(parts) => match parts.as_slice() {
                [text] => (text.text().unwrap_or_default(), None),
                [text, own] => (text.text().unwrap_or_default(), Some(self.value(own)?)),
                _ => return Err(self.template.fail(argument.span, usage)),
            },
            NodeKind::Map(_) => return Err(self.template.fail(argument.span, usage)),
        };
        let mut parts: Vec<Known> = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            parts.push(Known::text(before));
            let Some((name, after)) = after.split_once('}') else {
                return Err(self
                    .template
                    .fail(argument.span, "a `${` of Fn::Sub is not closed"));
            };
            rest = after;
            parts.push(match name.strip_prefix('!') {
                Some(literal) => Known::Text(format!("${{{literal}}}")),
                None => self.part(name.trim(), own.as_ref(), argument.span)?,
            });
        }
        parts.push(Known::text(rest));
        parts.retain(|part| *part != Known::text(""));
        self.together(parts, argument.span)
    }

    /// What a name between `${` and `}` stands for.
    fn part(&mut self, name: &str, own: Option<&Value>, span: Span) -> Result<Known, Trouble> {
        match own.and_then(|own| own.get(name)) {
            Some(value) => Ok(value.kind.clone()),
            None if name.contains('.') => self.attribute(&functions::at(span, Known::text(name))),
            None => self.named(name, span),
        }
    }

    fn together(&mut self, mut parts: Vec<Known>, span: Span) -> Result<Known, Trouble> {
        // What is nothing but one value is that value, be it known or not.
        if parts.len() == 1 {
            return Ok(parts.swap_remove(0));
        }
        if let Some(resource) = functions::arn_of(&parts.iter().collect::<Vec<_>>()) {
            return Ok(resource);
        }
        let mut made = String::new();
        for part in parts {
            let value = functions::at(span, part);
            match (value.text(), value.open()) {
                (Some(text), _) => made.push_str(text),
                (None, Some(name)) => return Ok(Known::Unknown(name)),
                (None, None) => return Err(self.template.fail(span, "Fn::Sub puts texts into a text")),
            }
            if made.len() > TEXT_MAX {
                return Err(self.template.fail(span, "Fn::Sub makes a text without end"));
            }
        }
        Ok(self.dynamic(&made).unwrap_or(Known::Text(made)))
    }

    fn attribute(&mut self, argument: &Value) -> Result<Known, Trouble> {
        let texts: Option<Vec<&str>> = argument.items().iter().map(Value::text).collect();
        let (resource, name) = match texts.as_deref() {
            Some([one]) => one.split_once('.').unwrap_or((one, "")),
            Some([resource, name]) => (*resource, *name),
            None => return Ok(Known::Unknown(argument.open().unwrap_or_default())),
            Some(_) => ("", ""),
        };
        if resource.is_empty() || name.is_empty() {
            let usage = "Fn::GetAtt takes a resource and an attribute";
            return Err(self.template.fail(argument.span, usage));
        }
        self.resource(resource, argument.span)?;
        attributes::value(self, resource, name)
    }

    fn find(&mut self, argument: &Value) -> Result<Known, Trouble> {
        let [map, first, second, more @ ..] = argument.items() else {
            let usage = "Fn::FindInMap takes a mapping and two keys";
            return Err(self.template.fail(argument.span, usage));
        };
        let default = more.iter().find_map(|more| more.get("DefaultValue"));
        let Some(name) = map.text() else {
            return Ok(Known::Unknown(map.open().unwrap_or_default()));
        };
        let Some(mapping) = self.template.mappings.get(name).copied() else {
            let known = self.template.mappings.keys().copied();
            return Err(self.template.no_such(map.span, "mapping", name, known));
        };
        let rows = chosen(mapping, first.text());
        let cells: Vec<&Node> = rows.iter().flat_map(|row| chosen(row, second.text())).collect();
        let sure = first.text().is_some() && second.text().is_some();
        match (cells.as_slice(), default) {
            ([], Some(default)) if sure => Ok(default.kind.clone()),
            ([], None) if sure => {
                let (first, second) = (
                    first.text().unwrap_or_default(),
                    second.text().unwrap_or_default(),
                );
                let message = format!("the mapping {name} has no `{second}` of `{first}`");
                Err(self.template.fail(argument.span, message))
            }
            // Where every row says the same, it does not matter which is meant.
            ([one, rest @ ..], None)
                if rest.iter().all(|cell| same(cell, one)) && (sure || rows.len() == cells.len()) =>
            {
                Ok(self.value(one)?.kind)
            }
            ([one], _) if sure => Ok(self.value(one)?.kind),
            _ => Ok(Known::Unknown(argument.open().unwrap_or_default())),
        }
    }
}

fn chosen<'n>(node: &'n Node, key: Option<&str>) -> Vec<&'n Node> {
    match key {
        Some(key) => node.get(key).into_iter().collect(),
        None => node.entries().iter().map(|(_, value)| value).collect(),
    }
}

/// Whether two nodes say the same, wherever they are written.
fn same(one: &Node, other: &Node) -> bool {
    match (&one.kind, &other.kind) {
        (NodeKind::Scalar(one, _), NodeKind::Scalar(other, _)) => one == other,
        (NodeKind::List(one), NodeKind::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        _ => false,
    }
}
