//! YAML text as a tree that knows where everything is written, within limits.
//!
//! `saphyr-parser` reads the text; what is hostile ends here: aliases that multiply, nesting without end, keys given twice,
//! more than one document.

use crate::model::diagnostic::{Diagnostic, Excerpt, harmless};
use crate::model::source::Location;
use rustc_hash::FxHashMap;
use saphyr_parser::{Event, Parser, ScalarStyle, Span as Marked};
use std::sync::{Arc, OnceLock};

/// The deepest nesting.
const DEPTH_MAX: usize = 64;
/// The most nodes that aliases may add.
const ALIASED_MAX: usize = 200_000;
/// The most nodes of one file.
const NODES_MAX: usize = 40_000_000;
/// The longest piece of a line that an excerpt shows.
const EXCERPT_MAX: usize = 160;

/// The most keys given twice that are told of one file.
const TWICE_MAX: usize = 100;

/// What helps with the parser's words, by a part of them.
const SYNTAX_HINTS: [(&str, &str); 5] = [
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
    ("tab", "YAML is indented with spaces"),
];

/// A part of the text: characters (not bytes), because that is how the parser counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The first character, counted from 0.
    pub start: u32,
    /// The one behind the last.
    pub end: u32,
    /// The line of the first one, counted from 1.
    pub line: u32,
    /// Its column, counted from 1.
    pub column: u32,
}

impl Span {
    fn of(marked: Marked) -> Self {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Self {
            start: number(marked.start.index()),
            end: number(marked.end.index()),
            line: number(marked.start.line()),
            column: number(marked.start.col() + 1),
        }
    }
}

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
    fn size(&self) -> usize {
        1 + match &self.kind {
            NodeKind::Scalar(..) => 0,
            NodeKind::List(items) => items.iter().map(Self::size).sum(),
            NodeKind::Map(entries) => entries.iter().map(|(key, value)| key.size() + value.size()).sum(),
        }
    }
}

/// A file: its name and text, from which excerpts are cut.
#[derive(Debug, Clone)]
pub struct File {
    /// Its name as given.
    pub name: Arc<str>,
    /// Its text, without a byte order mark.
    pub text: Arc<str>,
    /// Where its lines begin, once somebody asked.
    lines: OnceLock<Vec<usize>>,
}

impl File {
    /// Reads the bytes as text.
    pub fn new(name: Arc<str>, bytes: Vec<u8>) -> Result<Self, Box<Diagnostic>> {
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(Box::new(not_text(&name, "the file is UTF-16, not UTF-8")));
        }
        match String::from_utf8(bytes) {
            // Nobody writes NUL; UTF-16 without a mark is full of it.
            Ok(text) if text.bytes().take(4).any(|byte| byte == 0) => Err(Box::new(not_text(
                &name,
                "the file holds NUL bytes: it is not text, or not UTF-8",
            ))),
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').unwrap_or(&text).into();
                Ok(Self {
                    name,
                    text,
                    lines: OnceLock::new(),
                })
            }
            Err(error) => Err(Box::new(not_utf8(&name, &error))),
        }
    }

    /// The line of a span, and the span in it.
    pub fn excerpt(&self, span: Span) -> Excerpt {
        let line = self.line(span.line.saturating_sub(1) as usize);
        let column = span.column.saturating_sub(1) as usize;
        let width = (span.end.saturating_sub(span.start) as usize).max(1);
        // A long line is shown from a little before the span.
        let skip = if line.chars().count() > EXCERPT_MAX {
            column.saturating_sub(EXCERPT_MAX / 4)
        } else {
            0
        };
        let shown = |c: char| if c == '\t' { c } else { harmless(c) };
        let text: String = line.chars().skip(skip).take(EXCERPT_MAX).map(shown).collect();
        let byte = |character: usize| {
            text.char_indices()
                .nth(character)
                .map_or(text.len(), |(byte, _)| byte)
        };
        let start = byte(column - skip.min(column));
        let end = byte((column - skip.min(column)).saturating_add(width)).max(start);
        Excerpt {
            location: self.location(span),
            span: (start, end),
            text,
        }
    }

    fn line(&self, number: usize) -> &str {
        let bytes = self.text.as_bytes();
        // As in YAML, a line ends in LF, CR LF or CR.
        let last = |at: &usize| bytes[*at] == b'\n' || bytes.get(at + 1) != Some(&b'\n');
        let ends = || memchr::memchr2_iter(b'\n', b'\r', bytes).filter(last);
        let begins = || std::iter::once(0).chain(ends().map(|end| end + 1));
        let lines = self.lines.get_or_init(|| begins().collect());
        let start = lines.get(number).copied().unwrap_or(self.text.len());
        let end = lines.get(number + 1).map_or(self.text.len(), |next| next - 1);
        self.text
            .get(start..end)
            .unwrap_or_default()
            .trim_end_matches('\r')
    }

    /// Where a span is.
    pub fn location(&self, span: Span) -> Location {
        Location {
            file: Arc::clone(&self.name),
            line: Some(span.line),
            column: Some(span.column),
        }
    }
}

/// A file in which there are no lines to show.
fn not_text(name: &Arc<str>, message: &str) -> Diagnostic {
    let location = Location {
        file: Arc::clone(name),
        line: None,
        column: None,
    };
    let at = Excerpt {
        location,
        text: String::new(),
        span: (0, 0),
    };
    Diagnostic::error("MODEL_NOT_UTF8", message)
        .at(Some(at))
        .hint("save the file as UTF-8")
}

fn not_utf8(name: &Arc<str>, error: &std::string::FromUtf8Error) -> Diagnostic {
    let good = error.utf8_error().valid_up_to();
    let before = &error.as_bytes()[..good];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |place| place + 1);
    let before = String::from_utf8_lossy(&before[start..]);
    let column = before.chars().count() + 1;
    let skip = column.saturating_sub(EXCERPT_MAX / 2);
    let rest = &error.as_bytes()[good..];
    let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let rest = String::from_utf8_lossy(&rest[..end.min(EXCERPT_MAX / 2)]);
    let before: String = before.chars().skip(skip).map(harmless).collect();
    let text = format!("{before}{}", rest.chars().map(harmless).collect::<String>());
    let number = |value: usize| u32::try_from(value).ok();
    let location = Location {
        file: Arc::clone(name),
        line: number(line),
        column: number(column),
    };
    let span = (before.len(), before.len() + '\u{fffd}'.len_utf8());
    let message = format!(
        "a byte here is not UTF-8 (0x{:02x})",
        error.as_bytes().get(good).copied().unwrap_or_default()
    );
    Diagnostic::error("MODEL_NOT_UTF8", message)
        .at(Some(Excerpt { location, text, span }))
        .hint("save the file as UTF-8")
}

/// Reads a file into a tree; none where it is empty. Keys given twice are told, and the first of them counts.
pub fn parse(file: &File, found: &mut Vec<Diagnostic>) -> Result<Option<Node>, Box<Diagnostic>> {
    let mut reader = Reader {
        file,
        found,
        open: Vec::new(),
        anchors: FxHashMap::default(),
        root: None,
        nodes: 0,
        aliased: 0,
    };
    for event in Parser::new_from_str(&file.text) {
        match event {
            Ok((event, marked)) => reader.take(event, Span::of(marked))?,
            Err(error) => return Err(Box::new(reader.syntax(&error))),
        }
    }
    Ok(reader.root)
}

/// A list or map that is not closed yet.
struct Open {
    node: Node,
    anchor: usize,
    /// A map's key that waits for its value.
    key: Option<Node>,
    /// A map's keys so far.
    keys: FxHashMap<Box<str>, Span>,
    /// Whether the key that waits was there already.
    twice: bool,
    /// Maps whose entries this one takes over where it has none of its own (`<<`).
    merged: Vec<(Node, Node)>,
}

struct Reader<'a> {
    file: &'a File,
    found: &'a mut Vec<Diagnostic>,
    open: Vec<Open>,
    anchors: FxHashMap<usize, Node>,
    root: Option<Node>,
    nodes: usize,
    aliased: usize,
}

impl Reader<'_> {
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
            Event::Scalar(text, style, anchor, _) => {
                let kind = NodeKind::Scalar(text.into(), style == ScalarStyle::Plain);
                self.close(Node { span, kind }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.begin(NodeKind::List(Vec::new()), anchor, span),
            Event::MappingStart(anchor, _) => self.begin(NodeKind::Map(Vec::new()), anchor, span),
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::DocumentStart(_) if self.root.is_some() => {
                let error = self.error(
                    "MODEL_SEVERAL_DOCUMENTS",
                    span,
                    "a model file holds one document, and here begins a second",
                );
                Err(Box::new(error.hint(
                    "give each document a file of its own, and each file to -m",
                )))
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, kind: NodeKind, anchor: usize, span: Span) -> Result<(), Box<Diagnostic>> {
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
        });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), Box<Diagnostic>> {
        let Some(mut open) = self.open.pop() else {
            return Ok(());
        };
        open.node.span.end = span.end.max(open.node.span.start);
        if let NodeKind::Map(entries) = &mut open.node.kind {
            for (key, value) in open.merged {
                if open
                    .keys
                    .insert(key.text().unwrap_or_default().into(), key.span)
                    .is_none()
                {
                    entries.push((key, value));
                }
            }
        }
        self.close(open.node, open.anchor)
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<(), Box<Diagnostic>> {
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(Box::new(self.error(
                "MODEL_SYNTAX",
                span,
                "this alias is inside what it stands for",
            )));
        };
        // Counted before it is copied: a bomb is small until it goes off.
        self.aliased += node.size();
        if self.aliased > ALIASED_MAX {
            let message = format!("aliases add more than {ALIASED_MAX} nodes");
            return Err(Box::new(self.error("MODEL_TOO_MANY_ALIASES", span, message)));
        }
        let node = node.clone();
        self.close(node, 0)
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
            && let Some(first) = open.keys.insert(text.into(), key.span)
        {
            open.keys.insert(text.into(), first);
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
