//! The house rules that no compiler checks: which floor may import which, one file a kind, short functions, and what the
//! source never holds.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// The floors, and the floors below each that it may import from. ARCHITECTURE.md says why.
const FLOORS: &[(&str, &[&str])] = &[
    ("packet", &[]),
    ("code", &[]),
    ("model", &["packet"]),
    ("import", &["model", "packet"]),
    ("network", &["model", "packet", "code"]),
    ("component", &["network", "model", "packet", "code"]),
    ("analysis", &["network", "model", "packet", "code"]),
    ("evidence", &["analysis", "network", "model", "packet", "code"]),
    (
        "check",
        &["evidence", "analysis", "network", "model", "packet", "code"],
    ),
    (
        "report",
        &[
            "check", "evidence", "analysis", "network", "model", "packet", "code",
        ],
    ),
];

/// What stands above the floors and may import from all of them.
const ABOVE: &[&str] = &["lib", "main", "api", "load", "cli"];

/// The longest function, and the length that nine of ten stay within.
const LINES_MAX: usize = 70;
const LINES_P90: usize = 30;

/// A source file: its path from the root of the crate, and its text.
struct Source {
    path: String,
    text: String,
}

/// A path in the source that leads out of its module.
struct Import {
    line: usize,
    /// From the root of the crate: `["network", "Step"]`.
    path: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// The Rust files under `src/`, in order.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    files(&root().join("src"), &mut found);
    found.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    found.sort();
    let source = |path: PathBuf| Source {
        path: path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned(),
        text: fs::read_to_string(&path).unwrap(),
    };
    found.into_iter().map(source).collect()
}

/// The module that a file is, from the root of the crate: `src/model/load/mod.rs` is `["model", "load"]`.
fn module(path: &str) -> Vec<String> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    let mut names: Vec<String> = path.split('/').map(str::to_owned).collect();
    if names.last().is_some_and(|name| name == "mod") {
        names.pop();
    }
    names
}

/// Fails with everything found, one a line.
fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

// Floors.

/// Every path of a file that begins with `crate` or `super`, inside macros too, resolved to the root of the crate.
fn imports(source: &Source) -> Vec<Import> {
    let tokens: TokenStream = source.text.parse().unwrap();
    let mut found = Vec::new();
    paths(tokens, &module(&source.path), &mut found);
    found
}

/// Collects the paths of a token stream whose code is in `module`.
fn paths(tokens: TokenStream, module: &[String], found: &mut Vec<Import>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Group(group) => {
                let name = inline_module(&tokens[..at]);
                let inner: Vec<String> = module.iter().cloned().chain(name).collect();
                paths(group.stream(), &inner, found);
            }
            TokenTree::Ident(word) if word == "crate" || word == "super" => {
                at += path(&tokens[at..], module, found);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

/// The name of the module whose braces follow these tokens, if they are a module's.
fn inline_module(before: &[TokenTree]) -> Option<String> {
    match before {
        [.., TokenTree::Ident(word), TokenTree::Ident(name)] if word == "mod" => Some(name.to_string()),
        _ => None,
    }
}

/// Reads the path at the head of the tokens, with its braces; how many tokens its words take.
fn path(tokens: &[TokenTree], module: &[String], found: &mut Vec<Import>) -> usize {
    let line = tokens[0].span().start().line;
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(TokenTree::Ident(word)) = tokens.get(at) {
        words.push(word.to_string());
        let colons = tokens[at + 1..]
            .iter()
            .take(2)
            .filter(|token| is_colon(token))
            .count();
        at += 1 + colons;
        if colons < 2 {
            break;
        }
    }
    let braces = match tokens.get(at) {
        Some(TokenTree::Group(group)) if tokens.get(at.wrapping_sub(1)).is_some_and(is_colon) => {
            Some(group.stream())
        }
        _ => None,
    };
    let base = resolve(&words, module);
    match braces {
        Some(list) => branches(list, &base, line, found),
        // Empty: `pub(crate)` and its like.
        None if base.is_empty() => {}
        None => found.push(Import { line, path: base }),
    }
    at.max(1)
}

fn is_colon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(mark) if mark.as_char() == ':')
}

/// The words of a path from the root of the crate.
fn resolve(words: &[String], module: &[String]) -> Vec<String> {
    let ups = words.iter().take_while(|word| *word == "super").count();
    let (base, rest) = match words {
        [first, rest @ ..] if first == "crate" => (&module[..0], rest),
        _ => (&module[..module.len().saturating_sub(ups)], &words[ups..]),
    };
    base.iter().chain(rest).cloned().collect()
}

/// The members of a `{…}` after a path, each an import of its own.
fn branches(list: TokenStream, base: &[String], line: usize, found: &mut Vec<Import>) {
    let mut expected = true;
    for token in list {
        match token {
            TokenTree::Ident(word) if expected => {
                let path = base.iter().cloned().chain([word.to_string()]).collect();
                found.push(Import { line, path });
                expected = false;
            }
            TokenTree::Punct(mark) => expected = mark.as_char() == ',',
            _ => {}
        }
    }
}

/// What is wrong with the imports of a file: those from a floor that its own may not know, and those of a component
/// from a sibling.
fn wrong_imports(source: &Source) -> Vec<String> {
    let own = module(&source.path);
    let floor = own[0].as_str();
    if ABOVE.contains(&floor) {
        return Vec::new();
    }
    let Some((_, allowed)) = FLOORS.iter().find(|(name, _)| *name == floor) else {
        return vec![format!(
            "{}: `{floor}` has no floor in tests/tidy.rs",
            source.path
        )];
    };
    let wrong = |import: Import| {
        let at = format!("{}:{}", source.path, import.line);
        let to = import.path.join("::");
        let target = import.path[0].as_str();
        if target != floor && !allowed.contains(&target) {
            return Some(format!("{at}: {floor} must not import {to}"));
        }
        let sibling = floor == "component" && target == "component" && own.len() > 1;
        let stranger = sibling && import.path.get(1) != own.get(1);
        stranger.then(|| format!("{at}: component {} must not import its sibling {to}", own[1]))
    };
    imports(source).into_iter().filter_map(wrong).collect()
}

#[test]
fn imports_point_downwards() {
    let wrong: Vec<String> = sources().iter().flat_map(wrong_imports).collect();
    none("imports that point upwards", &wrong);
}

#[test]
fn an_upward_import_is_found_wherever_it_hides() {
    let planted = |path: &str, text: &str| {
        let source = Source {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        wrong_imports(&source)
    };
    let up = "//! Doc.\nuse crate::network::{Step, Link};\nuse crate::component::KINDS;\n";
    assert_eq!(
        planted("src/analysis/walk.rs", up),
        ["src/analysis/walk.rs:3: analysis must not import component::KINDS"]
    );
    let bare = "use crate::{\n packet::Cube, analysis::Finding };";
    assert_eq!(
        planted("src/model/id.rs", bare),
        ["src/model/id.rs:1: model must not import analysis"]
    );
    let inline = "fn f() {\n    m!(super::super::network::Step);\n}\nmod tests { use super::super::range; }";
    assert_eq!(
        planted("src/packet/cube.rs", inline),
        ["src/packet/cube.rs:2: packet must not import network::Step"]
    );
    let sibling = "use super::subnet::NAME;\nuse crate::component::vpc;\nuse crate::component::{eni, nat};";
    assert_eq!(planted("src/component/nat.rs", sibling).len(), 3);
    assert_eq!(
        planted("src/attic/old.rs", "")[0],
        "src/attic/old.rs: `attic` has no floor in tests/tidy.rs"
    );
    let fine =
        "pub(crate) fn f() {}\npub(super) struct A;\npub(in crate::packet) struct B;\nuse super::range::Set;";
    assert!(planted("src/packet/cube.rs", fine).is_empty());
}

// One file a kind.

#[test]
fn every_component_is_a_kind_and_every_kind_a_file() {
    let folder = root().join("src/component");
    let files: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name != "mod")
        .collect();
    let registry = fs::read_to_string(folder.join("mod.rs")).unwrap();
    let list = registry.split_once("KINDS:").unwrap().1;
    let list = &list[..list.find("];").unwrap()];
    let kinds: BTreeSet<String> = list
        .lines()
        .filter_map(|line| line.trim().strip_prefix('&')?.split_once("::"))
        .map(|(file, _)| file.to_owned())
        .collect();
    assert_eq!(
        files, kinds,
        "the files of src/component and the KINDS of its mod.rs"
    );
}

// Short functions.

/// A function: where it is, and how many lines it has.
struct Function {
    at: String,
    lines: usize,
}

/// The functions of a file, tests included.
struct Functions<'a> {
    path: &'a str,
    found: Vec<Function>,
}

impl Functions<'_> {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let start = signature.span().start().line;
        self.found.push(Function {
            at: format!("{}:{start}: {}", self.path, signature.ident),
            lines: block.span().end().line - start + 1,
        });
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }
    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }
    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.add(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

fn functions(source: &Source) -> Vec<Function> {
    let file = syn::parse_file(&source.text).unwrap();
    let mut functions = Functions {
        path: &source.path,
        found: Vec::new(),
    };
    functions.visit_file(&file);
    functions.found
}

#[test]
fn functions_are_short() {
    let mut all: Vec<Function> = sources().iter().flat_map(functions).collect();
    all.sort_by_key(|function| function.lines);
    let quantile = |percent: usize| &all[(all.len() - 1) * percent / 100];
    let (median, p90, longest) = (quantile(50).lines, quantile(90).lines, quantile(100));
    println!(
        "{} functions: median {median} lines, p90 {p90}, max {} ({})",
        all.len(),
        longest.lines,
        longest.at
    );
    let long: Vec<String> = all
        .iter()
        .filter(|function| function.lines > LINES_MAX)
        .map(|function| format!("{}: {} lines", function.at, function.lines))
        .collect();
    none("functions that no screen holds", &long);
    assert!(p90 <= LINES_P90, "one function in ten has more than {p90} lines");
}

// What the source never holds.

/// The lines of the files that hold one of the words as a word of its own.
fn holding(words: &[&str], files: impl Iterator<Item = Source>) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        for (index, line) in file.text.lines().enumerate() {
            if words.iter().any(|word| has_word(line, word)) {
                found.push(format!("{}:{}: {}", file.path, index + 1, line.trim()));
            }
        }
    }
    found
}

fn has_word(line: &str, word: &str) -> bool {
    let inside = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(inside) && !after.is_some_and(inside)
    })
}

fn outside(folders: &'static [&'static str]) -> impl Iterator<Item = Source> {
    let elsewhere = |source: &Source| !folders.iter().any(|folder| source.path.starts_with(folder));
    sources().into_iter().filter(elsewhere)
}

#[test]
fn petgraph_is_named_in_one_place() {
    none(
        "petgraph outside src/network/",
        &holding(&["petgraph"], outside(&["src/network/"])),
    );
}

#[test]
fn the_library_neither_prints_nor_reads_the_clock() {
    let words = [
        "println!",
        "eprintln!",
        "print!",
        "eprint!",
        "SystemTime",
        "Instant",
    ];
    let calls = holding(&words, outside(&["src/cli/", "src/main.rs"]));
    none("printing, or a clock, outside src/cli/", &calls);
}

/// The files that belong to the project: what git tracks, and what it would.
fn tracked() -> Vec<String> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = Command::new("git").args(arguments).current_dir(root()).output();
    let Ok(output) = listed else {
        return Vec::new();
    };
    String::from_utf8(output.stdout)
        .unwrap()
        .split_terminator('\0')
        .map(str::to_owned)
        .collect()
}

#[test]
fn no_file_knows_the_machine_that_it_was_written_on() {
    let machine = ["work", "root", "home"].map(|folder| format!("/{folder}/"));
    let text = |path: String| {
        let text = fs::read_to_string(root().join(&path)).ok()?;
        Some(Source { path, text })
    };
    let mut found = Vec::new();
    for source in tracked().into_iter().filter_map(text) {
        for (index, line) in source.text.lines().enumerate() {
            if machine.iter().any(|folder| line.contains(folder.as_str())) {
                found.push(format!("{}:{}: {}", source.path, index + 1, line.trim()));
            }
        }
    }
    none("paths of a machine", &found);
}

#[test]
fn no_snapshot_waits_for_review() {
    let mut found = Vec::new();
    for folder in ["snapshots", "src", "tests", "models"] {
        files(&root().join(folder), &mut found);
    }
    let waiting: Vec<String> = found
        .iter()
        .map(|path| path.display().to_string())
        .filter(|path| path.ends_with(".snap.new"))
        .collect();
    none("snapshots that nobody accepted", &waiting);
}
