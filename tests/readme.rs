//! The README: what it shows is what whyhop prints.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::path::Path;
use std::process::Command;

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The blocks of a language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap())
        .collect()
}

fn whyhop(arguments: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_whyhop"))
        .args(arguments.split_whitespace())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Whether a command printed what is shown; a line `…` stands for lines that are left out.
fn shows(printed: &str, expected: &str, command: &str) {
    let parts: Vec<&str> = expected.split("…\n").collect();
    let ends = expected.ends_with("\n…");
    let mut rest = printed;
    for (index, part) in parts.iter().enumerate() {
        let part = part.strip_suffix("\n…").unwrap_or(part);
        let at = rest
            .find(part)
            .unwrap_or_else(|| panic!("{command} prints\n{printed}\nand not\n{part}"));
        let line = at == 0 || rest[..at].ends_with('\n');
        assert!(
            line && (index > 0 || at == 0),
            "{command}: something is left out without a word"
        );
        rest = &rest[at + part.len()..];
    }
    assert!(ends || rest.is_empty(), "{command} prints more:\n{rest}");
}

/// Every command has an example that is run.
#[test]
fn every_command_is_shown() {
    let text = readme();
    let shown: Vec<&str> = blocks(&text, "console");
    let help = whyhop("--help");
    let commands = help
        .split("Commands:\n")
        .nth(1)
        .unwrap()
        .split("\n\n")
        .next()
        .unwrap();
    let named = commands
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    for command in named.filter(|command| !command.is_empty() && *command != "help") {
        let example = format!("$ whyhop {command}");
        assert!(
            shown.iter().any(|block| block.starts_with(&example)),
            "{command} has no example"
        );
    }
}

#[test]
fn every_command_prints_what_the_readme_shows() {
    let text = readme();
    let shown = blocks(&text, "console");
    assert!(shown.len() >= 3, "the README lost its examples");
    for block in shown {
        let (command, expected) = block.split_once('\n').unwrap();
        let arguments = command.strip_prefix("$ whyhop ").unwrap();
        shows(whyhop(arguments).trim_end(), expected, command);
    }
}

#[test]
fn the_first_command_is_the_first_answer() {
    let text = readme();
    let first = blocks(&text, "sh")[0];
    let shown = blocks(&text, "console")[0];
    let arguments = first.strip_prefix("cargo run --quiet --release -- ").unwrap();
    assert!(shown.starts_with(&format!("$ whyhop {arguments}\n")));
}

#[test]
fn the_model_loads() {
    let text = readme();
    for block in blocks(&text, "yaml") {
        let loaded = whyhop::Analysis::from_text("README.md", block);
        assert!(loaded.is_ok(), "{:?}", loaded.err());
    }
}
