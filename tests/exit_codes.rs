//! The exit code of every command: 0 as expected, 1 not as expected, 2 bad usage or a bad model, 3 what the model does not decide.
//! One table, so that what holds for one command is seen to hold for the next.

#![allow(clippy::unwrap_used, reason = "a test that cannot run the program has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Each line begins with the exit code; `{}` is a folder with the files below.
const TABLE: &str = "
0 path app db tcp/5432 -m models/shop.yaml
1 path web db tcp/5432 -m models/shop.yaml
1 path app db tcp/5430-5440 -m models/shop.yaml
3 path internet:203.0.113.7 Web tcp/22 -m models/templates/office.yaml
0 path web db tcp/5432 -m models/nacl-ephemeral.yaml --one-way
1 path web db tcp/5432 -m models/nacl-ephemeral.yaml
1 path web db tcp/5432 -m models/shop.yaml --repair
0 path app db tcp/5432 -m models/shop.yaml --repair=close
2 path web nobody -m models/shop.yaml
2 path web db tcp/http -m models/shop.yaml
2 path web db -m {}/broken.yaml
2 path web db -m {}/nothing.yaml
2 path web db
2 path web db -m models/shop.yaml --flow-logs {}/nothing
2 path web db -m models/shop.yaml --repair=both
0 check {}/pass.yaml
1 check models/checks/shop.yaml
1 check models/checks/shop.yaml --repair
3 check {}/unknown.yaml
0 check {}/warn.yaml
2 check {}/empty.yaml
2 check {}/broken-check.yaml
2 check {}/nothing.yaml
0 access internet-to-databases -m models/shop.yaml
1 access All-IGW-Ingress -m models/shop.yaml
3 access All-IGW-Ingress -m {}/unknown-model.yaml
0 access --list
2 access nothing-like-it -m models/shop.yaml
2 access All-IGW-Ingress -m {}/broken.yaml
0 matrix -m models/shop.yaml
0 matrix tcp/22 -m models/shop.yaml
2 matrix tcp/http -m models/shop.yaml
2 matrix -m {}/broken.yaml
0 diff models/shop.yaml models/shop.yaml --fail-on any
0 diff models/shop.yaml models/proposals/shop.yaml tcp
1 diff models/shop.yaml models/proposals/shop.yaml tcp --fail-on opened
1 diff models/shop.yaml models/proposals/shop.yaml tcp --fail-on closed
3 diff {}/known-model.yaml {}/unknown-model.yaml tcp/443
2 diff models/shop.yaml {}/broken.yaml
2 diff models/shop.yaml
0 review models
1 review models --snapshots {}/none
2 review {}/nothing
0 logs show models/logs/shop
1 logs show models/logs/shop --of eni-nobody
2 logs show {}/nothing
2 logs show models/logs/shop --path web db
0 logs audit models/logs/shop -m models/shop.yaml
1 logs audit models/logs/shop -m models/no-public-ip.yaml
2 logs audit models/logs/shop -m {}/broken.yaml
2 logs audit {}/nothing -m models/shop.yaml
2 logs unused {}/nothing -m models/shop.yaml
0 logs unused models/logs/shop -m models/shop.yaml
0 logs coverage -m models/shop.yaml
1 logs coverage -m models/no-public-ip.yaml
2 logs coverage -m {}/broken.yaml
0 logs sql --dialect athena --path web db -m models/shop.yaml
2 logs sql --dialect sql --path web db -m models/shop.yaml
2 logs sql --dialect athena --path web nobody -m models/shop.yaml
0 mirror client web tcp/443 -m {}/mirrored.yaml
1 mirror client web tcp/443 -m models/mirror.yaml
2 mirror client nobody -m models/mirror.yaml
0 validate -m models/shop.yaml
1 validate -m {}/odd.yaml
2 validate -m {}/broken.yaml
2 validate
0 import aws --script
2 import aws {}/nothing
0 import terraform models/plans/open-database.json
2 import terraform {}/nothing
0 import cloudformation models/templates/office.yaml
2 import cloudformation {}/nothing
0 explain
0 explain SUBNET_ACL_RESTRICTION
2 explain NOTHING_LIKE_IT
0 schema model
0 schema check
2 schema nothing
0 completions bash
2 completions cmd
0 man
2 man page
0 --help
0 --version
2 nothing
";

const FILES: &[(&str, &str)] = &[
    (
        "broken.yaml",
        "version: 1\nsubnets:\n  subnet-a: { vpc: vpc-nobody, cidr: 10.0.0.0/24 }\n",
    ),
    ("odd.yaml", "version: 1\nvpcs:\n  vpc-a: { cidr: 10.0.0.1/16 }\n"),
    (
        "pass.yaml",
        "version: 1\nexpect:\n  - { from: app, to: db, packets: tcp/5432, verdict: reachable }\nmodel: shop.yaml\n",
    ),
    (
        "warn.yaml",
        "version: 1\nexpect:\n  - { from: web, to: db, packets: tcp/5432, verdict: reachable, severity: warn }\nmodel: shop.yaml\n",
    ),
    (
        "unknown.yaml",
        "version: 1\nexpect:\n  - { from: 'internet:198.51.100.7', to: web, packets: tcp/443, verdict: reachable }\nmodel: unknown-model.yaml\n",
    ),
    ("empty.yaml", "version: 1\nmodel: shop.yaml\n"),
    (
        "broken-check.yaml",
        "version: 1\nexpect:\n  - { from: app }\nmodel: shop.yaml\n",
    ),
];

/// A web server whose group lets in a list that the model does not describe, or everybody.
fn web(source: &str) -> String {
    let unknown = "unknown:\n  pl-office: { type: prefix-list }\n";
    format!(
        "version: 1
vpcs:
  vpc-a: {{ cidr: 10.0.0.0/16 }}
subnets:
  subnet-a: {{ vpc: vpc-a, cidr: 10.0.1.0/24, route_table: rtb-a }}
enis:
  eni-web: {{ name: web, subnet: subnet-a, ip: 10.0.1.10, public_ip: 203.0.113.10, security_groups: [sg-web] }}
security_groups:
  sg-web: {{ vpc: vpc-a, ingress: [{{ protocol: tcp, ports: 443, source: {source} }}] }}
route_tables:
  rtb-a: {{ vpc: vpc-a, routes: [{{ destination: 0.0.0.0/0, target: igw-a }}] }}
internet_gateways:
  igw-a: {{ vpc: vpc-a }}
{unknown}"
    )
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    FILES.iter().for_each(|(name, text)| write(name, text));
    write("shop.yaml", &fs::read_to_string("models/shop.yaml").unwrap());
    // As the example, with the second collector open to copies.
    let mirror = fs::read_to_string("models/mirror.yaml").unwrap();
    let closed = "{ protocol: tcp, ports: 22, source: 10.0.0.0/16 }";
    assert!(mirror.contains(closed));
    let open = mirror.replace(closed, "{ protocol: udp, ports: 4789, source: 10.0.0.0/16 }");
    write("mirrored.yaml", &open);
    write("unknown-model.yaml", &web("pl-office"));
    write("known-model.yaml", &web("10.9.0.0/16"));
    folder
}

fn whyhop(arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_whyhop"))
        .args(arguments.split_whitespace())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .unwrap()
}

fn table() -> impl Iterator<Item = (i32, &'static str)> {
    let lines = TABLE.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| line.split_once(' ').unwrap())
        .map(|(exit, line)| (exit.parse().unwrap(), line))
}

#[test]
fn every_command_ends_as_the_table_says() {
    let folder = folder();
    let mut wrong = Vec::new();
    for (exit, line) in table() {
        let output = whyhop(&line.replace("{}", folder.path().to_str().unwrap()));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.code() != Some(exit) {
            wrong.push(format!("{line}: {:?}, not {exit}\n{told}", output.status.code()));
        }
        // A mistake is told where nobody takes it for data.
        if exit == 2 && (!output.stdout.is_empty() || told.is_empty()) {
            wrong.push(format!(
                "{line}: a mistake is told on standard error alone\n{told}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A command that is new needs its lines: one that goes well, one that is wrong.
#[test]
fn the_table_knows_every_command() {
    for parent in ["", "logs ", "import "] {
        let help = whyhop(&format!("{parent}--help"));
        let help = String::from_utf8(help.stdout).unwrap();
        let commands = help
            .split("Commands:\n")
            .nth(1)
            .unwrap()
            .split("\n\n")
            .next()
            .unwrap();
        let named = commands
            .lines()
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        let named: BTreeSet<&str> = named.filter_map(|line| line.split_whitespace().next()).collect();
        assert!(named.len() > 2, "{help}");
        for command in named.into_iter().filter(|command| *command != "help") {
            let own = |line: &str| format!("{line} ").starts_with(&format!("{parent}{command} "));
            let exits: BTreeSet<i32> = table()
                .filter(|(_, line)| own(line))
                .map(|(exit, _)| exit)
                .collect();
            assert!(
                exits.contains(&0) && exits.contains(&2),
                "{parent}{command}: {exits:?}"
            );
        }
    }
}
