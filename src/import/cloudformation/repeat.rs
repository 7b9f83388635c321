//! `Fn::ForEach`: entries that are written once and made for each of a list (Template Reference, "Fn::ForEach"; the transform
//! AWS::LanguageExtensions). Loops are unrolled before anything else is read. One over a list that is not known stays as it
//! is written, and what it would make is unknown.

use super::evaluate::{Evaluator, Scope};
use super::template::{NODES_MAX, Template, Trouble, Written, fail};
use crate::model::{Node, NodeKind, TextFile};
use std::collections::BTreeMap;
use std::sync::Arc;

/// With what the key of a loop begins.
pub const LOOP: &str = "Fn::ForEach::";

/// The most entries of one map that loops make: far more than the 500 resources of a template (User Guide, "Quotas").
const ENTRIES_MAX: usize = 5000;

/// A template without its loops.
pub fn unroll(file: &Arc<TextFile>, root: Node, given: &BTreeMap<String, String>) -> Result<Node, Trouble> {
    if !file.text.contains(LOOP) || root.get("Resources").is_none() {
        return Ok(root);
    }
    let written = Written {
        file: Arc::clone(file),
        root,
    };
    let template = Template::new(&written)?;
    let exports = BTreeMap::new();
    let mut unroll = Unroll {
        evaluator: Evaluator::new(&template, Scope::alone(given, &exports)),
        file,
        made: 0,
    };
    unroll.walk(&written.root)
}

struct Unroll<'t> {
    evaluator: Evaluator<'t>,
    file: &'t Arc<TextFile>,
    made: usize,
}

impl Unroll<'_> {
    fn walk(&mut self, node: &Node) -> Result<Node, Trouble> {
        self.made += 1;
        if self.made > NODES_MAX {
            return Err(fail(
                self.file,
                node.span,
                "the loops of this template have no end",
            ));
        }
        let kind = match &node.kind {
            NodeKind::Scalar(..) => return Ok(node.clone()),
            NodeKind::List(items) => {
                let items: Result<Vec<Node>, Trouble> = items.iter().map(|item| self.walk(item)).collect();
                NodeKind::List(items?)
            }
            NodeKind::Map(entries) => {
                let mut all = Vec::new();
                for (key, value) in entries {
                    self.entry(key, value, &mut all)?;
                }
                NodeKind::Map(all)
            }
        };
        Ok(Node {
            span: node.span,
            kind,
        })
    }

    fn entry(&mut self, key: &Node, value: &Node, into: &mut Vec<(Node, Node)>) -> Result<(), Trouble> {
        if key.text().is_some_and(|key| key.starts_with(LOOP)) {
            return self.repeat(key, value, into);
        }
        into.push((key.clone(), self.walk(value)?));
        Ok(())
    }

    fn repeat(&mut self, key: &Node, value: &Node, into: &mut Vec<(Node, Node)>) -> Result<(), Trouble> {
        let usage = "Fn::ForEach takes a name, a list, and a map of what is made for each";
        let NodeKind::List(parts) = &value.kind else {
            return Err(fail(self.file, value.span, usage));
        };
        let [name, list, body] = parts.as_slice() else {
            return Err(fail(self.file, value.span, usage));
        };
        let (Some(name), NodeKind::Map(entries)) = (name.text(), &body.kind) else {
            return Err(fail(self.file, value.span, usage));
        };
        let list = self.evaluator.value(list)?;
        if list.open().is_some() {
            into.push((key.clone(), value.clone()));
            return Ok(());
        }
        for item in list.items() {
            let Some(item) = item.text() else {
                return Err(fail(
                    self.file,
                    list.span,
                    "Fn::ForEach goes through a list of texts",
                ));
            };
            for (key, value) in entries {
                let key = substitute(key, name, item);
                let value = substitute(value, name, item);
                if key.text().is_some_and(|key| key.starts_with(LOOP)) {
                    self.repeat(&key, &value, into)?;
                    continue;
                }
                if into.len() >= ENTRIES_MAX {
                    let message = format!("loops make more than {ENTRIES_MAX} entries here");
                    return Err(fail(self.file, key.span, message));
                }
                if into.iter().any(|(known, _)| known.text() == key.text()) {
                    let text = key.text().unwrap_or_default();
                    return Err(fail(self.file, key.span, format!("`{text}` is made twice")));
                }
                let value = self.walk(&value)?;
                into.push((key, value));
            }
        }
        Ok(())
    }
}

/// What is written, with an item in place of the loop's name.
fn substitute(node: &Node, name: &str, item: &str) -> Node {
    let kind = match &node.kind {
        NodeKind::Scalar(text, plain) => {
            let bare: String = item.chars().filter(char::is_ascii_alphanumeric).collect();
            let text = text
                .replace(&format!("${{{name}}}"), item)
                .replace(&format!("&{{{name}}}"), &bare);
            NodeKind::Scalar(text.into(), *plain)
        }
        NodeKind::List(items) => {
            NodeKind::List(items.iter().map(|one| substitute(one, name, item)).collect())
        }
        NodeKind::Map(entries) => match entries.as_slice() {
            [(key, value)] if key.text() == Some("Ref") && value.text() == Some(name) => {
                NodeKind::Scalar(item.into(), false)
            }
            _ => {
                let each = |(key, value): &(Node, Node)| {
                    (substitute(key, name, item), substitute(value, name, item))
                };
                NodeKind::Map(entries.iter().map(each).collect())
            }
        },
    };
    Node {
        span: node.span,
        kind,
    }
}
