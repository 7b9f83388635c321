//! From files to a model, with every mistake found in one run.
//!
//! The text becomes a tree with spans and limits; each item of each section is read out of it on its own, so that one bad
//! item hides no other; and a bad part of an item is taken out and the rest read again, so that one bad rule hides no
//! other.

mod de;
mod document;
mod item;
mod locate;
mod text;
mod tree;

use super::diagnostic::{Diagnostic, Diagnostics, MISTAKES_MAX, Severity};
use super::validate::{validate, validate_rest};
use super::{Census, Model, near};
pub use document::{Document, Part};
use item::Reading;
use std::sync::Arc;
use text::File;
pub use text::{File as TextFile, Span};
pub use tree::{Node, NodeKind, parse_functions};

/// A model that can be used, and what to say of it.
#[derive(Debug)]
pub struct Loaded {
    /// The model.
    pub model: Model,
    /// What is probably not what was meant.
    pub warnings: Vec<Diagnostic>,
    /// What became of the resources in other people's files; nothing where the model is written as one.
    pub census: Option<Census>,
}

/// Reads one text.
pub fn load_text(name: &str, text: &str) -> Result<Loaded, Diagnostics> {
    load(vec![(name.into(), text.as_bytes().to_vec())])
}

/// Reads several files into one model: the union of their sections.
pub fn load(files: Vec<(Arc<str>, Vec<u8>)>) -> Result<Loaded, Diagnostics> {
    let mut reading = Reading::default();
    for (name, bytes) in files {
        let parsed =
            File::new(name, bytes).and_then(|file| Ok((tree::parse(&file, &mut reading.found)?, file)));
        match parsed {
            Ok((Some(root), file)) => read(&Arc::new(file), root, &mut reading),
            Ok((None, file)) => reading.lost(empty(&file)),
            Err(error) => reading.lost(*error),
        }
        // Which of two was meant, nobody knows.
        reading.lost |= reading.found.iter().any(|one| one.code == "MODEL_DUPLICATE_KEY");
    }
    let (model, mut found) = finish(reading);
    found.sort_by_cached_key(|one| (one.severity, one.at.as_ref().map(|at| at.location.clone())));
    let bad = found.iter().any(|one| one.severity == Severity::Error);
    if found.len() >= MISTAKES_MAX {
        let severity = if bad { Severity::Error } else { Severity::Warning };
        let message = format!("there may be more: no more than {MISTAKES_MAX} of a severity are looked for");
        found.push(Diagnostic {
            severity,
            ..Diagnostic::error("MODEL_MANY_MISTAKES", message)
        });
    }
    if bad {
        return Err(Diagnostics(found));
    }
    Ok(Loaded {
        model,
        warnings: found,
        census: None,
    })
}

/// Checks what could be read. Of a file that could not be, nobody knows what it holds, so nothing more is said.
fn finish(reading: Reading) -> (Model, Vec<Diagnostic>) {
    let Reading {
        model: mut read,
        mut found,
        broken,
        lost,
        trees,
    } = reading;
    read.version = 1;
    read.sources.add(Arc::new(trees));
    if found.is_empty() {
        found = validate(&mut read);
    } else if !lost {
        found.extend(validate_rest(&mut read, &broken));
    }
    (read, found)
}

fn empty(file: &File) -> Diagnostic {
    Diagnostic::error("MODEL_EMPTY", format!("{} holds nothing", file.name))
        .at(Some(file.excerpt(text::Span {
            line: 1,
            column: 1,
            ..text::Span::default()
        })))
        .hint("a model begins with `version: 1`")
}

fn read(file: &Arc<File>, root: Node, reading: &mut Reading) {
    let NodeKind::Map(sections) = &root.kind else {
        let error = Diagnostic::error(
            "MODEL_NOT_A_MAP",
            "a model is a map of sections, and this is none",
        );
        reading.lost(
            error
                .at(Some(file.excerpt(root.span)))
                .hint("begin with `version: 1` and `vpcs:`"),
        );
        return;
    };
    if let Some(error) = version(file, &root) {
        reading.say(error);
    }
    for (key, value) in sections {
        let name = key.text().unwrap_or_default();
        if name == "origin" {
            origin(file, value, reading);
        } else if name != "version" && !item::section(reading, file, name, value) {
            if !reading.is_full() {
                reading.say(unknown_section(file, key, name));
            }
            reading.broken(value);
        }
    }
    reading.remember(file, root);
}

fn version(file: &File, root: &Node) -> Option<Diagnostic> {
    let error = match root.get("version") {
        Some(node) if node.text() == Some("1") => return None,
        Some(node) => Diagnostic::error("MODEL_VERSION", "this version of the format is not known")
            .at(Some(file.excerpt(node.span))),
        None => Diagnostic::error(
            "MODEL_VERSION",
            "the file does not say which version of the format it is",
        )
        .at(Some(file.excerpt(root.span))),
    };
    Some(error.hint("write `version: 1`"))
}

fn origin(file: &File, node: &Node, reading: &mut Reading) {
    match node.text() {
        Some("imported") => reading.imported(),
        Some("written") => {}
        _ => {
            let error = Diagnostic::error("MODEL_ORIGIN", "this origin is not known");
            let hint = "`origin: imported` says that AWS already holds this network; leave it out of a model of your own";
            reading.say(error.at(Some(file.excerpt(node.span))).hint(hint));
        }
    }
}

fn unknown_section(file: &File, key: &Node, name: &str) -> Diagnostic {
    let error = Diagnostic::error("MODEL_UNKNOWN_SECTION", format!("unknown section `{name}`"))
        .at(Some(file.excerpt(key.span)));
    match near(name, Model::SECTIONS.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("the sections are {}", Model::SECTIONS.join(", "))),
    }
}
