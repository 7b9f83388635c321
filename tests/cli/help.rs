//! Help and version, kept as they are shown.

use super::{ends, text};

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(format!("cli__{name}"), text));
}

#[test]
fn every_command_has_help() {
    let top = ends(0, "--help");
    snapshot("help", text(&top.stdout));
    let listed = text(&top.stdout).split("Commands:\n").nth(1).unwrap();
    let commands: Vec<&str> = listed
        .lines()
        .take_while(|line| line.starts_with("  "))
        .map(|line| line.split_whitespace().next().unwrap())
        .filter(|command| *command != "help")
        .collect();
    assert!(
        commands.contains(&"path") && commands.contains(&"man"),
        "{commands:?}"
    );
    for command in commands {
        let help = ends(0, &format!("help {command}"));
        assert_eq!(
            help.stdout,
            ends(0, &format!("{command} --help")).stdout,
            "{command}"
        );
        snapshot(&format!("help_{command}"), text(&help.stdout));
    }
    snapshot("help_import_aws", text(&ends(0, "help import aws").stdout));
    snapshot("help_short", text(&ends(0, "path -h").stdout));
}

#[test]
fn the_version_is_printed() {
    let version = ends(0, "--version");
    assert_eq!(
        text(&version.stdout),
        format!("whyhop {}\n", env!("CARGO_PKG_VERSION"))
    );
}
