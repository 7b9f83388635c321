//! Hostile and mistaken models: each gives errors that say where, what and how to mend it; what is legal loads; nothing
//! panics, hangs or fills the memory. What is told is kept in `snapshots/`, and is read as a user would read it.

#![allow(clippy::unwrap_used, reason = "a test that cannot write its files has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use whyhop::model::{Diagnostic, Loaded, Severity};

/// The longest that one mistake may be, however long what it speaks of.
const TOLD_MAX: usize = 3_000;

/// A file of a model: its name and what it holds.
type Input = (String, Vec<u8>);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What loading says of files, and whether it gave a model. Names are those of the files alone.
struct Told {
    loaded: bool,
    found: Vec<Diagnostic>,
    text: String,
}

fn load(files: &[Input]) -> Told {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = files
        .iter()
        .map(|(name, bytes)| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).unwrap();
            path
        })
        .collect();
    told(whyhop::load(&paths), folder.path())
}

fn told(result: Result<Loaded, whyhop::model::Diagnostics>, folder: &Path) -> Told {
    let (loaded, found) = match result {
        Ok(loaded) => (true, loaded.warnings),
        Err(mistakes) => (false, mistakes.0),
    };
    let texts: Vec<String> = found
        .iter()
        .map(|one| whyhop::report::diagnostic(one, false))
        .collect();
    let prefix = format!("{}/", folder.display());
    let text = texts.join("\n").replace(&prefix, "");
    Told { loaded, found, text }
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("model_errors__{name}"), text));
}

fn one(name: &str, bytes: impl Into<Vec<u8>>) -> Told {
    load(&[(format!("{name}.yaml"), bytes.into())])
}

/// Errors, told well: with file, line, column and an underline, in few words, with nothing that a terminal would obey.
fn refused(name: &str, code: &str, told: &Told) {
    assert!(!told.loaded, "{name}: loads");
    well_told(name, told);
    assert!(
        told.found.iter().any(|one| one.code == code),
        "{name}: no {code} in\n{}",
        told.text
    );
    snapshot(name, &told.text);
}

fn well_told(name: &str, told: &Told) {
    for one in &told.found {
        let text = whyhop::report::diagnostic(one, false);
        assert!(text.len() <= TOLD_MAX, "{name}: {} bytes: {one}", text.len());
        let control = text.chars().any(|c| c.is_control() && c != '\n');
        assert!(!control, "{name}: control characters in {text:?}");
        let at = one
            .at
            .as_ref()
            .unwrap_or_else(|| panic!("{name}: no place: {one}"));
        if at.location.line.is_some() {
            assert!(at.location.column.is_some(), "{name}: no column: {one}");
            assert!(text.contains('^'), "{name}: no underline: {text}");
        }
    }
}

fn legal(name: &str, bytes: impl Into<Vec<u8>>) {
    let told = one(name, bytes);
    assert!(told.loaded && told.found.is_empty(), "{name}:\n{}", told.text);
}

// Files written by hand: `tests/model_errors/CODE.yaml`, or `CODE-what.yaml`.

fn written() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(root().join("tests/model_errors"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}

/// Each file has the mistake that its name says.
#[test]
fn every_mistake_has_its_code_and_its_place() {
    for path in written() {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let told = one(name, fs::read(&path).unwrap());
        let code = name.split('-').next().unwrap();
        if code != "many" {
            let code = format!("MODEL_{}", code.to_ascii_uppercase());
            let is = told.found.iter().any(|one| one.code == code);
            assert!(is, "{name}: no {code} in\n{}", told.text);
        }
        let errors = told.found.iter().any(|one| one.severity == Severity::Error);
        assert_eq!(told.loaded, !errors, "{name}: only warnings let a model load");
        well_told(name, &told);
        snapshot(name, &told.text);
    }
}

#[test]
fn all_mistakes_are_told_in_one_run() {
    let told = one(
        "many",
        fs::read(root().join("tests/model_errors/many.yaml")).unwrap(),
    );
    let codes: BTreeSet<&str> = told.found.iter().map(|one| one.code).collect();
    let places: BTreeSet<_> = told
        .found
        .iter()
        .map(|one| one.at.as_ref().unwrap().location.line)
        .collect();
    assert!(
        codes.len() >= 12 && places.len() >= 15,
        "{codes:?}, {} lines",
        places.len()
    );
}

// Nesting and aliases.

fn deep(open: &str, times: usize) -> String {
    format!("version: 1\nvpcs: {}", open.repeat(times))
}

/// Nine levels of nine: half a billion nodes in half a kilobyte.
fn alias_bomb() -> String {
    let mut text = "version: 1\nunknown:\n  a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 'b'..='i' {
        let below = char::from(level as u8 - 1);
        let list = vec![format!("*{below}"); 9].join(", ");
        text += &format!("  {level}: &{level} [{list}]\n");
    }
    text
}

fn blocks(depth: usize) -> String {
    let mut text = "version: 1\n".to_owned();
    for level in 0..depth {
        text += &format!("{}a:\n", " ".repeat(level));
    }
    text
}

#[test]
fn what_multiplies_or_nests_without_end_meets_a_limit() {
    let long = |word: &str| vec![word; 20_000].join(", ");
    let quadratic = format!(
        "version: 1\nunknown:\n  a: &a [{}]\n  b: [{}]\n",
        long("x"),
        long("*a")
    );
    let cases = [
        (
            "alias_bomb",
            alias_bomb(),
            "MODEL_TOO_MANY_ALIASES",
            "200000 nodes",
        ),
        (
            "alias_quadratic",
            quadratic,
            "MODEL_TOO_MANY_ALIASES",
            "200000 nodes",
        ),
        (
            "deep_maps_in_a_line",
            deep("{a: ", 50_000),
            "MODEL_TOO_DEEP",
            "64 levels",
        ),
        (
            "deep_lists_in_a_line",
            deep("[", 50_000),
            "MODEL_TOO_DEEP",
            "64 levels",
        ),
        ("deep_blocks", blocks(3_000), "MODEL_TOO_DEEP", "64 levels"),
        (
            "deep_lists",
            format!("version: 1\nvpcs:\n  {}", "- ".repeat(20_000)),
            "MODEL_TOO_DEEP",
            "64 levels",
        ),
        ("deep_keys", "? ".repeat(20_000), "MODEL_TOO_DEEP", "64 levels"),
    ];
    for (name, text, code, limit) in cases {
        let told = one(name, text);
        refused(name, code, &told);
        assert!(told.text.contains(limit), "{name}: which limit? {}", told.text);
    }
}

// Sizes.

#[test]
fn what_is_huge_is_told_in_short() {
    let vpc = |text: &str| format!("version: 1\nvpcs:\n  vpc-a: {{ cidr: 10.0.0.0/16 }}\n{text}");
    let subnet = |cidr: &str, vpc: &str| format!("subnets:\n  subnet-a: {{ cidr: {cidr}, vpc: {vpc} }}\n");
    let a = |length: usize| "a".repeat(length);
    let cases = [
        (
            "huge_scalar",
            vpc(&subnet(&a(5_000_000), "vpc-a")),
            "MODEL_BAD_VALUE",
        ),
        (
            "huge_scalar_of_lines",
            vpc(&subnet(
                &format!("\"{}\"", "abcde\n    ".repeat(200_000)),
                "vpc-a",
            )),
            "MODEL_BAD_VALUE",
        ),
        (
            "huge_id",
            vpc(&subnet("10.0.1.0/24", &a(1_000_000))),
            "MODEL_UNKNOWN_ID",
        ),
        (
            "huge_key",
            format!("version: 1\nvpcs:\n  vpc-a:\n    ? {}\n    : 1\n", a(1_000_000)),
            "MODEL_UNKNOWN_KEY",
        ),
        (
            "huge_section",
            format!("version: 1\n? {}\n: 1\n", a(1_000_000)),
            "MODEL_UNKNOWN_SECTION",
        ),
        (
            "huge_word",
            format!("version: 1\ninstances:\n  i-a: {{ state: {} }}\n", a(1_000_000)),
            "MODEL_UNKNOWN_WORD",
        ),
        (
            "huge_duplicate",
            format!(
                "version: 1\nunknown:\n  ? {0}\n  : 1\n  ? {0}\n  : 1\n",
                a(1_000_000)
            ),
            "MODEL_DUPLICATE_KEY",
        ),
        (
            "huge_number",
            vpc(&format!(
                "nacls:\n  acl-a:\n    vpc: vpc-a\n    ingress:\n      - {{ rule: {}, action: allow, source: 0.0.0.0/0 }}\n",
                "9".repeat(5_000)
            )),
            "MODEL_BAD_VALUE",
        ),
    ];
    for (name, text, code) in cases {
        refused(name, code, &one(name, text));
    }
}

/// JSON without line breaks, as tools write it: the end of a line of megabytes is shown, not all of it.
#[test]
fn so_many_mistakes_that_nobody_reads_them_are_not_all_looked_for() {
    let mut text = "version: 1\nvpcs: { vpc: { cidr: 10.0.0.0/16 } }\nsubnets: { s: { vpc: vpc, cidr: 10.0.0.0/24 } }\nenis:\n".to_owned();
    for number in 0..5000 {
        text += &format!("  eni-{number}: {{ subnet: s, ip: 192.0.2.1 }}\n");
    }
    let told = one("many_mistakes", text);
    assert!(
        told.text.contains("MODEL_ADDRESS_OUTSIDE_SUBNET"),
        "{}",
        told.text
    );
    let last = told
        .text
        .rfind("error[MODEL_MANY_MISTAKES]")
        .expect("it says that it stopped");
    snapshot("many_mistakes", &told.text[last..]);
    // Warnings never hide an error.
    let mut text = "version: 1\norigin: imported\nvpcs: { vpc: { cidr: 10.0.0.0/16 } }\nsubnets: { s: { vpc: vpc, cidr: 10.0.0.0/24 } }\nenis:\n".to_owned();
    for number in 0..2000 {
        text += &format!("  eni-{number}: {{ subnet: s, ip: 192.0.2.1 }}\n");
    }
    text += "  eni-last: { subnet: 7, ipp: 10.0.0.9 }\n";
    assert!(one("many_warnings", text).text.contains("`ipp`"));
}

#[test]
fn a_mistake_far_along_a_line_is_shown_with_its_neighbourhood() {
    let tags: Vec<String> = (0..100_000).map(|n| format!("\"k{n}\": \"v\"")).collect();
    let text = format!(
        "{{\"version\": 1, \"vpcs\": {{\"vpc-a\": {{\"tags\": {{{}}}, \"cidr\": \"10.0.0.0/40\"}}}}}}",
        tags.join(", ")
    );
    refused("long_line", "MODEL_BAD_VALUE", &one("long_line", text));
}

// Bytes.

const SMALL: &str = "version: 1\nvpcs:\n  vpc-a: { cidr: 10.0.0.0/16 }\n";

#[test]
fn legal_oddities_load() {
    legal("bom", format!("\u{feff}{SMALL}"));
    legal("crlf", SMALL.replace('\n', "\r\n"));
    legal("bom_crlf", format!("\u{feff}{}", SMALL.replace('\n', "\r\n")));
    legal("carriage_returns", SMALL.replace('\n', "\r"));
    legal("no_last_line_break", SMALL.trim_end());
    legal("document_marks", format!("%YAML 1.2\n---\n{SMALL}...\n"));
    legal(
        "empty_sections",
        format!("{SMALL}subnets:\nenis: ~\nnacls: {{}}\n"),
    );
    legal(
        "json",
        r#"{"version": 1, "vpcs": {"vpc-a": {"cidr": "10.0.0.0/16"}}}"#,
    );
    legal(
        "json_in_tabs",
        "{\n\t\"version\": 1,\n\t\"vpcs\": {\n\t\t\"vpc-a\": {\"cidr\": \"10.0.0.0/16\"}\n\t}\n}\n",
    );
    legal(
        "aliases",
        "version: 1\nvpcs:\n  vpc-a: &a { cidr: 10.0.0.0/16 }\n  vpc-b: *a\n",
    );
}

/// `<<` gives what a map does not say itself, wherever it stands in the map.
#[test]
fn merge_keys_give_what_is_not_said() {
    for own in ["<<: *a, cidr: 10.1.0.0/16", "cidr: 10.1.0.0/16, <<: *a"] {
        let text = format!(
            "version: 1\nvpcs:\n  vpc-a: &a {{ cidr: 10.0.0.0/16, region: eu-west-1 }}\n  vpc-b: {{ {own} }}\n"
        );
        let model = whyhop::model::load_text("merge.yaml", &text).unwrap().model;
        let vpc = &model.vpcs["vpc-b"];
        assert_eq!(vpc.cidr.0[0].0.to_string(), "10.1.0.0/16", "{own}");
        assert_eq!(vpc.region.as_deref(), Some("eu-west-1"), "{own}");
    }
}

#[test]
fn bytes_that_are_not_text_are_refused() {
    let utf16 = |text: &str, big: bool| -> Vec<u8> {
        let units = text.encode_utf16();
        units
            .flat_map(|unit| {
                if big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            })
            .collect()
    };
    let mark = format!("\u{feff}{SMALL}");
    let latin1 = b"version: 1\nvpcs:\n  vpc-a: { cidr: 10.0.0.0/16, name: caf\xe9, region: eu-west-1 }\n";
    let cases: [(&str, Vec<u8>, &str); 9] = [
        ("latin1", latin1.to_vec(), "MODEL_NOT_UTF8"),
        ("utf16_little", utf16(&mark, false), "MODEL_NOT_UTF8"),
        ("utf16_big", utf16(&mark, true), "MODEL_NOT_UTF8"),
        ("utf16_unmarked", utf16(SMALL, false), "MODEL_NOT_UTF8"),
        (
            "gzip",
            b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03".to_vec(),
            "MODEL_NOT_UTF8",
        ),
        ("nul", SMALL.replace("vpc-a", "vpc\0a").into(), "MODEL_SYNTAX"),
        ("nul_only", vec![0; 4096], "MODEL_NOT_UTF8"),
        (
            "tabs",
            "version: 1\nvpcs:\n\tvpc-a:\n\t\tcidr: 10.0.0.0/16\n".into(),
            "MODEL_SYNTAX",
        ),
        ("empty_file", Vec::new(), "MODEL_EMPTY"),
    ];
    for (name, bytes, code) in cases {
        refused(name, code, &one(name, bytes));
    }
}

#[test]
fn what_a_terminal_would_obey_is_never_shown_as_it_is() {
    let cases = [
        ("escape", r#"{ cidr: "\e[2J\e]0;gone\a10.0.0.0/16" }"#.to_owned()),
        ("escape_raw", "{ cidr: 10.0.0.0/\u{9b}31m }".to_owned()),
        ("escape_key", r#"{ "\e[31mcidr": 10.0.0.0/16 }"#.to_owned()),
        ("right_to_left", "{ cidr: \u{202e}61/0.0.0.01 }".to_owned()),
    ];
    for (name, vpc) in cases {
        let told = one(name, format!("version: 1\nvpcs:\n  vpc-a: {vpc}\n"));
        assert!(!told.loaded, "{name}");
        well_told(name, &told);
        assert!(!told.text.contains('\u{202e}'), "{name}: {}", told.text);
        snapshot(name, &told.text);
    }
}

/// Lines that end in CR LF or in CR are shown without it, and counted.
#[test]
fn every_kind_of_line_end_counts() {
    let text = "version: 1\nvpcs:\n  vpc-a: { cidr: 10.0.0.0/16 }\n  vpc-b: { cidr: 10.0.0.0/99 }\n";
    for (name, end) in [("crlf_mistake", "\r\n"), ("cr_mistake", "\r")] {
        let told = one(name, text.replace('\n', end));
        refused(name, "MODEL_BAD_VALUE", &told);
        assert!(told.text.contains(&format!("{name}.yaml:4:18")), "{}", told.text);
        assert!(told.text.contains("4 |   vpc-b:"), "{}", told.text);
    }
}

// Files.

#[test]
fn files_that_do_not_go_together_are_told_with_their_names() {
    let file = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let twice = [file("a.yaml", SMALL), file("b.yaml", SMALL)];
    refused("two_files", "MODEL_DUPLICATE_ID", &load(&twice));
    let mixed = [
        file("model.yaml", SMALL),
        file("ec2-describe-vpcs.json", r#"{"Vpcs": []}"#),
    ];
    let told = load(&mixed);
    assert!(
        told.found[0].code == "MODEL_MIXED" && !told.loaded,
        "{}",
        told.text
    );
    snapshot("mixed", &told.text);
}

#[test]
fn files_that_are_not_there_are_told_with_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let missing = [folder.path().join("shop.yaml"), folder.path().join("lab.yaml")];
    let told_of = |paths: &[PathBuf]| told(whyhop::load(paths), folder.path());
    let nowhere = told_of(&missing);
    assert_eq!(nowhere.found.len(), 2, "each is told");
    refused("missing_file", "MODEL_UNREADABLE", &nowhere);
    let folder = [folder.path().to_owned()];
    let empty = told_of(&folder);
    assert!(empty.found[0].code == "MODEL_NO_FILES", "{}", empty.text);
    let name = folder[0].display().to_string();
    snapshot("empty_folder", &empty.text.replace(&name, "FOLDER"));
}

// All codes.

/// Codes that no small file can show, and why.
const NOT_SHOWN: &[&str] = &[
    "MODEL_TOO_LARGE", // takes a file of 40 million nodes; tree.rs tests it with a reader that is nearly full
];

fn sources(folder: &Path, text: &mut String) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            *text += &fs::read_to_string(&path).unwrap();
        }
    }
}

fn codes(text: &str) -> BTreeSet<String> {
    let word = |rest: &str| -> String {
        let end = |c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        format!("MODEL_{}", rest.split(end).next().unwrap_or_default())
    };
    text.split("MODEL_").skip(1).map(word).collect()
}

#[test]
fn every_code_of_the_source_is_shown_in_a_snapshot() {
    let mut text = String::new();
    sources(&root().join("src"), &mut text);
    let named = codes(&text);
    assert!(named.len() > 50, "{named:?}");
    let mut shown = String::new();
    for path in fs::read_dir(root().join("snapshots")).unwrap() {
        let path = path.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with("model_errors__") && name.ends_with(".snap") {
            shown += &fs::read_to_string(&path).unwrap();
        }
    }
    let shown = codes(&shown);
    let missing: Vec<&String> = named.difference(&shown).collect();
    assert_eq!(missing, NOT_SHOWN, "codes without a snapshot");
}
