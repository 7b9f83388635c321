//! The command as a user and a script meet it: exit codes, streams, formats, colours, files, help.

#![allow(clippy::unwrap_used, reason = "a test that cannot run the command has failed")]

#[path = "cli/check.rs"]
mod check;
#[path = "cli/diff.rs"]
mod diff;
#[path = "cli/firewall.rs"]
mod firewall;
#[path = "cli/help.rs"]
mod help;
#[path = "cli/import.rs"]
mod import;
#[path = "cli/matrix.rs"]
mod matrix;
#[path = "cli/names.rs"]
mod names;
#[path = "cli/review.rs"]
mod review;
#[path = "cli/sharing.rs"]
mod sharing;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// Has a gateway of an unknown kind, two interfaces of one name, and one address in two VPCs.
const TWO_VPCS: &str = "
version: 1
vpcs:
  vpc-a: { cidr: 10.0.0.0/16 }
  vpc-b: { cidr: 10.0.0.0/16 }
subnets:
  subnet-a: { vpc: vpc-a, cidr: 10.0.1.0/24, route_table: rtb-a }
  subnet-b: { vpc: vpc-b, cidr: 10.0.1.0/24 }
enis:
  eni-a: { name: web, subnet: subnet-a, ip: 10.0.1.10, security_groups: [sg-a] }
  eni-b: { name: web, subnet: subnet-b, ip: 10.0.1.10, security_groups: [sg-b] }
security_groups:
  sg-a: { vpc: vpc-a }
  sg-b: { vpc: vpc-b }
route_tables:
  rtb-a:
    vpc: vpc-a
    routes:
      - { destination: 192.168.0.0/16, target: cagw-a }
unknown:
  cagw-a: { type: carrier-gateway }
";

fn whyhop() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whyhop"));
    command
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("COLUMNS")
        .env_remove("NO_COLOR");
    command
}

fn root_file(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn run(line: &str) -> Output {
    whyhop().args(line.split_whitespace()).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Runs a command that must end with `exit`: data on standard output, all else on standard error.
fn ends(exit: i32, line: &str) -> Output {
    let output = run(line);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(exit), "{line}\n{told}");
    output
}

/// A refusal: exit 2, nothing on standard output, and every word of `told` on standard error.
fn refused(line: &str, told: &[&str]) {
    let output = ends(2, line);
    assert!(output.stdout.is_empty(), "{line}: {}", text(&output.stdout));
    for word in told {
        assert!(
            text(&output.stderr).contains(word),
            "{line}: no `{word}` in\n{}",
            text(&output.stderr)
        );
    }
}

fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn written(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

fn models() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("models"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    found.sort();
    found
}

// Exit codes.

#[test]
fn the_exit_code_of_path_is_its_verdict() {
    let shop = |question: &str| format!("path {question} -m models/shop.yaml");
    let cases = [
        (0, "REACHABLE", "app db tcp/5432"),
        (1, "PARTLY REACHABLE", "internet:198.51.100.7 web tcp/443,tcp/22"),
        (1, "BLOCKED", "web db tcp/5432"),
        (0, "REACHABLE", "app db tcp/5432 --one-way"),
    ];
    for (exit, verdict, question) in cases {
        let output = ends(exit, &shop(question));
        let head = format!("{verdict}  ");
        assert!(text(&output.stdout).starts_with(&head), "{question}");
        assert!(output.stderr.is_empty(), "{question}: {}", text(&output.stderr));
    }
    let folder = tempfile::tempdir().unwrap();
    let model = written(folder.path(), "two.yaml", TWO_VPCS);
    let output = ends(
        3,
        &format!("path eni-a 192.168.1.1 tcp/443 -m {}", model.display()),
    );
    assert!(text(&output.stdout).starts_with("UNKNOWN  "));
}

#[test]
fn bad_usage_and_bad_questions_end_with_two_and_say_what_would_be_right() {
    let shop = |question: &str| format!("path {question} -m models/shop.yaml");
    refused("", &["Usage: whyhop"]);
    refused("path web", &["--model <PATH>", "Usage: whyhop path"]);
    refused("paht web db", &["a similar subcommand exists: 'path'"]);
    refused(&shop("web db --formt json"), &["'--format'"]);
    refused(&shop("web db --format yaml"), &["text, json, aws"]);
    refused(
        &shop("web dbb"),
        &["nothing in the model is called `dbb`", "did you mean db?"],
    );
    refused(&shop("eni-wbe db"), &["eni-wbe", "did you mean eni-web"]);
    refused(
        &shop("web db tcp/99999"),
        &["`99999` is not a port", "0 to 65535"],
    );
    refused(&shop("web db tpc/443"), &["`tpc`", "did you mean `tcp`?"]);
    refused(&shop("web db tcp/443-80"), &["443-80", "80-443"]);
    refused(&shop("web 10.0.3.10/99"), &["10.0.3.10/99"]);
    refused(&shop("web db --source-port x"), &["`x` is not a port"]);
    refused(&shop("web db --through igw-shpo"), &["igw-shpo"]);
    refused(
        &shop("web db --output answer.json"),
        &["FORMAT:FILE", "json:answer.json"],
    );
    refused(
        "path web db -m nowhere.yaml",
        &["MODEL_UNREADABLE", "nowhere.yaml"],
    );
    refused(
        "path web db -m tests/model_errors/many.yaml",
        &["MODEL_UNKNOWN_KEY", "many.yaml:3:34", "errors in the model"],
    );
    refused("import aws nowhere", &["nowhere"]);
    refused("import aws", &["<DIR>"]);
}

#[test]
fn what_means_two_things_is_refused_with_both() {
    let folder = tempfile::tempdir().unwrap();
    let model = written(folder.path(), "two.yaml", TWO_VPCS);
    let ask = |question: &str| format!("path {question} -m {}", model.display());
    refused(&ask("web eni-b"), &["`web` means 2 things", "eni-a", "eni-b"]);
    refused(
        &ask("10.0.1.10 eni-b"),
        &["10.0.1.10 belongs to several interfaces", "eni-a", "eni-b"],
    );
}

/// A component is demanded or avoided by its id or its name; a word that means none is not taken for one.
#[test]
fn a_way_through_or_around_a_component_can_be_demanded() {
    let ask = |question: &str| format!("path app db tcp/5432 -m models/appliance.yaml {question}");
    for (exit, question) in [
        (0, "--through eni-firewall"),
        (0, "--through firewall"),
        (1, "--avoid eni-firewall"),
        (1, "--avoid firewall"),
        (0, "--through sg-db --one-way"),
        (1, "--avoid subnet-inspection"),
    ] {
        let output = run(&ask(question));
        assert_eq!(
            output.status.code(),
            Some(exit),
            "{question}\n{}",
            text(&output.stderr)
        );
    }
    refused(
        &ask("--through eni-firewal"),
        &["`eni-firewal`", "did you mean eni-firewall?"],
    );
    refused(
        &ask("--avoid nonsense"),
        &["no component of the network is called `nonsense`"],
    );
}

// Formats and files.

#[test]
fn json_is_versioned_and_says_what_the_text_says() {
    let answer = json_of(&ends(1, "path web db tcp/5432 -m models/shop.yaml --format json"));
    assert_eq!(answer["schema"], "whyhop.path/1");
    assert_eq!(answer["verdict"], "blocked");
    assert_eq!(answer["question"]["from"], "web");
    assert_eq!(answer["works"], json!([]));
    let blocker = &answer["blockers"][0];
    assert_eq!(blocker["code"], "ENI_SG_RULES_MISMATCH");
    assert_eq!(blocker["leg"], "forward");
    assert_eq!(blocker["first"], true);
    assert_eq!(blocker["component"]["id"], "sg-db");
    assert_eq!(blocker["at"]["file"], "models/shop.yaml");
    assert!(blocker["at"]["line"].is_u64() && blocker["fix"].is_string());
    let reachable = json_of(&ends(0, "path app db tcp/5432 -m models/shop.yaml --format json"));
    assert_eq!(reachable["verdict"], "reachable");
    assert_eq!(reachable["works"][0]["destination_ports"], "5432");
}

#[test]
fn aws_has_the_shape_that_scripts_know() {
    for (exit, from, found) in [(1, "web", false), (0, "app", true)] {
        let line = format!("path {from} db tcp/5432 -m models/shop.yaml --format aws");
        let answer = json_of(&ends(exit, &line));
        let analysis = &answer["NetworkInsightsAnalyses"][0];
        assert_eq!(analysis["Status"], "succeeded");
        assert_eq!(analysis["NetworkPathFound"], found, "{from}");
        assert_eq!(analysis["ForwardPathComponents"][0]["SequenceNumber"], 1);
        let codes = analysis["Explanations"].as_array().map_or(0, Vec::len);
        assert_eq!(
            codes > 0,
            !found,
            "{from}: an explanation exactly where there is no path"
        );
    }
}

#[test]
fn an_answer_goes_to_files_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let name = |name: &str| folder.path().join(name).display().to_string();
    let line = format!(
        "path web db tcp/5432 -m models/shop.yaml --color always --output json:{} --output text:{}",
        name("a.json"),
        name("a.txt")
    );
    let output = ends(1, &line);
    assert!(text(&output.stdout).contains("BLOCKED"));
    let json: Value = serde_json::from_str(&fs::read_to_string(name("a.json")).unwrap()).unwrap();
    assert_eq!(json["verdict"], "blocked");
    let told = fs::read_to_string(name("a.txt")).unwrap();
    assert!(
        told.starts_with("BLOCKED  web") && !told.contains('\x1b'),
        "files have no colours"
    );
    refused(
        &format!(
            "path web db -m models/shop.yaml --output json:{}",
            name("no/such/folder")
        ),
        &["no/such/folder"],
    );
}

#[test]
fn the_same_question_gives_the_same_bytes() {
    for format in ["text", "json", "aws"] {
        let line = format!("path internet web all -m models/shop.yaml --format {format}");
        assert_eq!(run(&line).stdout, run(&line).stdout, "{format}");
    }
}

// Colours and pipes.

#[test]
fn colours_are_for_terminals_unless_asked_for() {
    let colours = |arguments: &str, no_color: Option<&str>| {
        let mut command = whyhop();
        command.args(arguments.split_whitespace());
        no_color.map(|value| command.env("NO_COLOR", value));
        let output = command.output().unwrap();
        [output.stdout, output.stderr].concat().contains(&0x1b)
    };
    for line in [
        "path web db tcp/5432 -m models/shop.yaml",
        "validate -m tests/model_errors/many.yaml",
    ] {
        assert!(!colours(line, None), "{line}: this is no terminal");
        assert!(colours(&format!("{line} --color always"), None), "{line}");
        assert!(!colours(&format!("{line} --color never"), None), "{line}");
        assert!(!colours(line, Some("1")), "{line}");
        assert!(
            colours(&format!("{line} --color always"), Some("1")),
            "{line}: what was typed counts"
        );
    }
}

/// Whoever reads has enough: no error, no panic, and the exit code is still the answer's.
#[test]
fn a_closed_pipe_is_no_error() {
    for (exit, line) in [
        (1, "path web db tcp/5432 -m models/shop.yaml --format json"),
        (0, "explain"),
        (0, "schema model"),
        (0, "man"),
        (0, "completions bash"),
        (0, "--help"),
        (0, "validate -m models/bastion.yaml"),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let child = whyhop()
            .args(line.split_whitespace())
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(text(&output.stderr), "", "{line}");
        assert_eq!(output.status.code(), Some(exit), "{line}");
    }
}

/// With both streams closed there is nobody to tell, and still an exit code.
#[test]
fn closed_streams_do_not_panic() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = whyhop()
        .args(["path", "web", "dbb", "-m", "models/shop.yaml"])
        .stdout(writer.try_clone().unwrap())
        .stderr(writer)
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(2));
}

// The other commands.

#[test]
fn codes_are_explained() {
    let page = ends(0, "explain ENI_SG_RULES_MISMATCH");
    assert!(text(&page.stdout).contains("ENI_SG_RULES_MISMATCH"));
    assert_eq!(
        page.stdout,
        ends(0, "explain eni_sg_rules_mismatch").stdout,
        "however it is spelled"
    );
    let rule = ends(0, "explain MODEL_CIDR_SIZE");
    assert!(text(&rule.stdout).contains("MODEL_CIDR_SIZE"));
    refused(
        "explain ENI_SG_RULE_MISMATCH",
        &["did you mean ENI_SG_RULES_MISMATCH?"],
    );
    refused(
        "explain nonsense",
        &["there is no code `nonsense`", "whyhop explain lists every code"],
    );
}

/// The list names every code, and each that it names has a page.
#[test]
fn every_code_of_the_list_has_a_page() {
    let list = ends(0, "explain");
    let codes: Vec<&str> = text(&list.stdout)
        .lines()
        .map(|line| line.split_whitespace().next().unwrap())
        .collect();
    assert!(codes.len() > 60, "{}", codes.len());
    for code in ["ENI_SG_RULES_MISMATCH", "WHYHOP_NO_SESSION", "MODEL_UNKNOWN_ID"] {
        assert!(codes.contains(&code), "{code}");
    }
    for code in codes {
        let page = ends(0, &format!("explain {code}"));
        assert!(text(&page.stdout).contains(code), "{code}");
    }
}

#[test]
fn the_schema_is_one_and_every_model_conforms() {
    let schema = json_of(&ends(0, "schema model"));
    assert!(jsonschema::meta::is_valid(&schema), "the schema is a schema");
    let schema = jsonschema::validator_for(&schema).unwrap();
    let check = |text: &str| -> Vec<String> {
        let value: Value = serde_yaml::from_str(text).unwrap();
        schema
            .iter_errors(&value)
            .map(|error| error.to_string())
            .collect()
    };
    for path in models() {
        let errors = check(&fs::read_to_string(&path).unwrap());
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    }
    for name in ["unknown_key", "unknown_section", "missing_key", "wrong_type"] {
        let path = format!("{}/tests/model_errors/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        assert!(
            !check(&fs::read_to_string(path).unwrap()).is_empty(),
            "{name} conforms"
        );
    }
}

#[test]
fn completions_and_the_manual_are_printed() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = ends(0, &format!("completions {shell}"));
        let script = text(&script.stdout);
        for word in ["whyhop", "path", "validate", "flow-logs"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let manual = ends(0, "man");
    let manual = text(&manual.stdout);
    assert!(
        manual.contains(".TH whyhop 1") && manual.contains("SUBCOMMANDS"),
        "{manual}"
    );
}

#[test]
fn validate_counts_and_ends_with_what_it_found() {
    // Two examples are about a mistake that is seen without a question.
    let warned = [("peering-not-transitive", 2), ("source-dest-check", 2)];
    for path in models() {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let known = warned.iter().find(|(other, _)| *other == name);
        let warnings = known.map_or(0, |(_, warnings)| *warnings);
        let output = ends(
            i32::from(warnings > 0),
            &format!("validate -m models/{name}.yaml"),
        );
        let told = format!(": {warnings} warnings\n");
        assert!(
            text(&output.stdout).ends_with(&told),
            "{name}: {}",
            text(&output.stdout)
        );
        assert_eq!(output.stderr.is_empty(), warnings == 0, "{name}");
    }
    let warned = ends(1, "validate -m tests/model_errors/nacl_shadowed.yaml");
    assert!(text(&warned.stdout).ends_with(": 1 warning\n"));
    assert!(text(&warned.stderr).contains("warning[MODEL_NACL_SHADOWED]"));
    refused(
        "validate -m tests/model_errors/cidr_size.yaml",
        &["error[MODEL_CIDR_SIZE]", "3 errors in the model"],
    );
    refused(
        "validate -m tests/model_errors/cidr_link_local.yaml",
        &["1 error in the model"],
    );
}
