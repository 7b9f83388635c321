//! YAML text as a tree that knows where everything is written, within limits.
//!
//! `saphyr-parser` reads the text; what is hostile ends here: aliases that multiply, nesting without end, keys given twice,
//! more than one document.

use super::text::{File, Span};
use crate::model::diagnostic::Diagnostic;
use rustc_hash::FxHashMap;
use saphyr_parser::{Event, Parser, ScalarStyle, Span as Marked, Tag};

/// The deepest nesting.
const DEPTH_MAX: usize = 64;
/// The most nodes that aliases may add.
const ALIASED_MAX: usize = 200_000;
/// The most nodes of one file.
const NODES_MAX: usize = 8_000_000;

/// The most keys that are compared one by one.
const SMALL_MAP: usize = 16;
/// The most keys given twice that are told of one file.
const TWICE_MAX: usize = 100;

/// What helps with the parser's words, by a part of them.
const SYNTAX_HINTS: [(&str, &str); 6] = [
    (
        "did not find expected ',' or",
        "close the bracket that is open, separate with a comma, and quote text that holds `: ` or begins with a mark",
    ),
    (
        "unknown anchor",
        "`*name` stands for what `&name` marks before it; text that begins with `*` is quoted",
    ),
    (
        "did not find expected key",
        "the keys of one map begin in the same column",
    ),
    ("quoted scalar", "a quote is not closed"),
    ("tabs disallowed", "YAML is indented with spaces"),
    (
        "unprintable",
        "control characters are written as escapes, between double quotes",
    ),
];

/// A node of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it is written.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// A scalar, and whether it is plain: quoted ones are always text.
    Scalar(Box<str>, bool),
    /// A list.
    List(Vec<Node>),
    /// A map, in the order written.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Scalar(text, _) => Some(text),
            _ => None,
        }
    }
    /// The value of a map's key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|(_, value)| value)
    }
    /// A map's key and its value.
    pub fn entry(&self, key: &str) -> Option<&(Self, Self)> {
        match &self.kind {
            NodeKind::Map(entries) => entries.iter().find(|(name, _)| name.text() == Some(key)),
            _ => None,
        }
    }
    /// A map's entries; none of anything else.
    pub fn entries(&self) -> &[(Self, Self)] {
        match &self.kind {
            NodeKind::Map(entries) => entries,
            _ => &[],
        }
    }
    fn size(&self) -> usize {
        1 + match &self.kind {
            NodeKind::Scalar(..) => 0,
            NodeKind::List(items) => items.iter().map(Self::size).sum(),
            NodeKind::Map(entries) => entries.iter().map(|(key, value)| key.size() + value.size()).sum(),
        }
    }
}

/// Reads a file into a tree; none where it is empty. Keys given twice are told, and the first of them counts.
pub fn parse(file: &File, found: &mut Vec<Diagnostic>) -> Result<Option<Node>, Box<Diagnostic>> {
    Reader::new(file, found).read()
}

/// Reads the same, where a tag is a function: `!Sub text` is the map `Fn::Sub: text` (CloudFormation's short forms).
pub fn parse_functions(file: &File, found: &mut Vec<Diagnostic>) -> Result<Option<Node>, Box<Diagnostic>> {
    let mut reader = Reader::new(file, found);
    reader.functions = true;
    reader.read()
}

/// The long form of a short one.
fn function(tag: &Tag) -> Option<String> {
    match (tag.handle.as_str(), tag.suffix.as_str()) {
        ("!", "") => None,
        ("!", name @ ("Ref" | "Condition")) => Some(name.to_owned()),
        ("!", name) => Some(format!("Fn::{name}")),
        _ => None,
    }
}

/// A list or map that is not closed yet.
struct Open {
    node: Node,
    anchor: usize,
    /// A map's key that waits for its value.
    key: Option<Node>,
    /// The keys of a map that is large, as far as they were looked for.
    keys: FxHashMap<Box<str>, Span>,
    /// Whether the key that waits was there already.
    twice: bool,
    /// Maps whose entries this one takes over where it has none of its own (`<<`).
    merged: Vec<(Node, Node)>,
    /// The function that its tag names.
    function: Option<String>,
}

impl Open {
    /// Where a key was given before. The few keys of most maps are compared one by one.
    fn given(&mut self, text: &str) -> Option<Span> {
        let entries = self.node.entries();
        if entries.len() <= SMALL_MAP {
            return entries
                .iter()
                .find(|(key, _)| key.text() == Some(text))
                .map(|(key, _)| key.span);
        }
        // No key is among the entries twice, so as many are known as were looked at.
        for (key, _) in &entries[self.keys.len()..] {
            self.keys.insert(key.text().unwrap_or_default().into(), key.span);
        }
        self.keys.get(text).copied()
    }
}

/// A function's node: its name, and what it is given.
fn applied(function: Option<String>, node: Node) -> Node {
    let Some(name) = function else { return node };
    let span = node.span;
    let key = Node {
        span,
        kind: NodeKind::Scalar(name.into(), true),
    };
    Node {
        span,
        kind: NodeKind::Map(vec![(key, node)]),
    }
}

struct Reader<'a> {
    file: &'a File,
    found: &'a mut Vec<Diagnostic>,
    open: Vec<Open>,
    anchors: FxHashMap<usize, Node>,
    root: Option<Node>,
    nodes: usize,
    aliased: usize,
    /// Whether tags are functions.
    functions: bool,
}

impl<'a> Reader<'a> {
    fn new(file: &'a File, found: &'a mut Vec<Diagnostic>) -> Self {
        Self {
            file,
            found,
            open: Vec::new(),
            anchors: FxHashMap::default(),
            root: None,
            nodes: 0,
            aliased: 0,
            functions: false,
        }
    }

    fn read(mut self) -> Result<Option<Node>, Box<Diagnostic>> {
        for event in Parser::new_from_str(&self.file.text) {
            match event {
                Ok((event, marked)) => self.take(event, Span::of(marked))?,
                Err(error) => return Err(Box::new(self.syntax(&error))),
            }
        }
        Ok(self.root)
    }

    fn error(&self, code: &'static str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, message).at(Some(self.file.excerpt(span)))
    }

    fn syntax(&self, error: &saphyr_parser::ScanError) -> Diagnostic {
        let mark = *error.marker();
        let span = Span::of(Marked::new(mark, mark));
        if error.info().contains("recursion limit") {
            return self.too_deep(span);
        }
        let message = format!("this is not YAML: {}", error.info());
        let told = self.error("MODEL_SYNTAX", span, message);
        let known = SYNTAX_HINTS.iter().find(|(part, _)| error.info().contains(part));
        known.map_or(told.clone(), |(_, hint)| told.hint(*hint))
    }

    fn too_deep(&self, span: Span) -> Diagnostic {
        self.error(
            "MODEL_TOO_DEEP",
            span,
            format!("nested deeper than {DEPTH_MAX} levels"),
        )
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Box<Diagnostic>> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let function = self.function(tag.as_deref());
                let kind = NodeKind::Scalar(text.into(), style == ScalarStyle::Plain);
                self.close(applied(function, Node { span, kind }), anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                let function = self.function(tag.as_deref());
                self.begin(NodeKind::List(Vec::new()), anchor, span, function)
            }
            Event::MappingStart(anchor, tag) => {
                let function = self.function(tag.as_deref());
                self.begin(NodeKind::Map(Vec::new()), anchor, span, function)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::DocumentStart(_) if self.root.is_some() => {
                let error = self.error(
                    "MODEL_SEVERAL_DOCUMENTS",
                    span,
                    "a file holds one document, and here begins a second",
                );
                Err(Box::new(error.hint(
                    "give each document a file of its own, and each file to -m",
                )))
            }
            _ => Ok(()),
        }
    }

    fn function(&self, tag: Option<&Tag>) -> Option<String> {
        tag.filter(|_| self.functions).and_then(function)
    }

    fn begin(
        &mut self,
        kind: NodeKind,
        anchor: usize,
        span: Span,
        function: Option<String>,
    ) -> Result<(), Box<Diagnostic>> {
        if self.open.len() >= DEPTH_MAX {
            return Err(Box::new(self.too_deep(span)));
        }
        self.open.push(Open {
            node: Node { span, kind },
            anchor,
            key: None,
            keys: FxHashMap::default(),
            twice: false,
            merged: Vec::new(),
            function,
        });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), Box<Diagnostic>> {
        let Some(mut open) = self.open.pop() else {
            return Ok(());
        };
        open.node.span.end = span.end.max(open.node.span.start);
        for (key, value) in std::mem::take(&mut open.merged) {
            let given = open.given(key.text().unwrap_or_default());
            if let (None, NodeKind::Map(entries)) = (given, &mut open.node.kind) {
                entries.push((key, value));
            }
        }
        self.close(applied(open.function, open.node), open.anchor)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Box<Diagnostic>> {
        let Some(size) = self.anchors.get(&anchor).map(Node::size) else {
            return Err(Box::new(self.error(
                "MODEL_SYNTAX",
                span,
                "this alias is inside what it stands for",
            )));
        };
        // Counted before it is copied: a bomb is small until it goes off.
        self.copies(size, span)?;
        let node = self.anchors[&anchor].clone();
        self.close(node, 0)
    }

    fn copies(&mut self, nodes: usize, span: Span) -> Result<(), Box<Diagnostic>> {
        self.aliased += nodes;
        if self.aliased <= ALIASED_MAX {
            return Ok(());
        }
        let message = format!("anchors and aliases (`&` and `*`) copy more than {ALIASED_MAX} nodes");
        Err(Box::new(self.error("MODEL_TOO_MANY_ALIASES", span, message)))
    }

    /// A node is complete: it goes into the list or map that is open, or is the document.
    fn close(&mut self, node: Node, anchor: usize) -> Result<(), Box<Diagnostic>> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return Err(Box::new(self.error(
                "MODEL_TOO_LARGE",
                node.span,
                format!("more than {NODES_MAX} nodes in one file"),
            )));
        }
        if anchor > 0 {
            // What is marked is kept apart, so marks inside marks multiply as well.
            self.copies(node.size(), node.span)?;
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.node.kind {
            NodeKind::List(items) => items.push(node),
            NodeKind::Map(entries) => match open.key.take() {
                Some(key) if key.text() == Some("<<") => return self.merge(node),
                Some(_) if open.twice => open.twice = false,
                Some(key) => entries.push((key, node)),
                None => return self.key(node),
            },
            NodeKind::Scalar(..) => {}
        }
        Ok(())
    }

    fn key(&mut self, key: Node) -> Result<(), Box<Diagnostic>> {
        let Some(text) = key.text() else {
            return Err(Box::new(self.error(
                "MODEL_SYNTAX",
                key.span,
                "a key must be text",
            )));
        };
        let Some(open) = self.open.last_mut() else {
            return Ok(());
        };
        if text != "<<"
            && let Some(first) = open.given(text)
        {
            open.twice = true;
            let message = format!("`{text}` is given twice");
            let told =
                Diagnostic::error("MODEL_DUPLICATE_KEY", message).at(Some(self.file.excerpt(key.span)));
            let told = told.related(Some(self.file.excerpt(first)), "first given here");
            if self.found.len() >= TWICE_MAX {
                return Err(Box::new(told));
            }
            self.found.push(told);
        }
        open.key = Some(key);
        Ok(())
    }

    /// `<<: *defaults` gives a map the entries that it does not have itself.
    fn merge(&mut self, node: Node) -> Result<(), Box<Diagnostic>> {
        let none = |span| Box::new(self.error("MODEL_SYNTAX", span, "`<<` merges a map, and this is none"));
        let maps = match node.kind {
            NodeKind::List(items) => items,
            _ => vec![node],
        };
        let mut merged = Vec::new();
        for map in maps {
            match map.kind {
                NodeKind::Map(entries) => merged.extend(entries),
                _ => return Err(none(map.span)),
            }
        }
        if let Some(open) = self.open.last_mut() {
            open.merged.extend(merged);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_too_many_nodes_is_refused() {
        let file = File::new("large.yaml".into(), b"[a, b, c, d]".to_vec()).unwrap();
        let mut found = Vec::new();
        let mut reader = Reader::new(&file, &mut found);
        reader.nodes = NODES_MAX - 2;
        let error = reader.read().unwrap_err();
        assert_eq!(error.code, "MODEL_TOO_LARGE");
        assert_eq!(error.at.unwrap().location.column, Some(8));
    }
}
