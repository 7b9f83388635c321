//! The same questions have the same answers on a model, on the model as whyhop writes it, and on what AWS's describe calls
//! tell of it.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

#[path = "roundtrip/describe.rs"]
mod describe;

use serde_yaml::Value;
use std::path::{Path, PathBuf};
use whyhop::packet::PacketSet;
use whyhop::{Analysis, Finding, Options};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(root().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    found.sort();
    found
}

/// What an answer says, apart from where it is written.
fn told(finding: &Finding) -> String {
    let space = &finding.work.space;
    let set = |cubes: &[whyhop::packet::Cube]| {
        let all = cubes
            .iter()
            .fold(PacketSet::EMPTY, |all, cube| space.union(all, space.cube(cube)));
        format!("{:?}", space.cubes(all))
    };
    let blockers: Vec<String> = finding
        .blockers
        .iter()
        .map(|one| format!("{} {} {}", one.leg.as_str(), one.code, one.component.id))
        .collect();
    format!(
        "{}\n{}\nworks {}\nfails {}",
        finding.verdict.as_str(),
        blockers.join("\n"),
        set(&finding.works),
        set(&finding.fails)
    )
}

/// The answers to the questions of a case, one a question.
fn answers(analysis: &Analysis, case: &Value) -> Vec<String> {
    let asks = case["ask"].as_sequence().unwrap();
    let text = |ask: &Value, key: &str| ask[key].as_str().unwrap().to_owned();
    let answer = |ask: &Value| {
        let ports = ask["source_port"].as_str();
        let options = Options {
            source_ports: ports.map(|ports| whyhop::packet::parse_ports(ports).unwrap()),
            ..Options::default()
        };
        let [from, to, packets] = ["from", "to", "packets"].map(|key| text(ask, key));
        let finding = analysis.path(&from, &to, &packets, &options).unwrap();
        format!("{from} {to} {packets}: {}", told(&finding))
    };
    asks.iter().map(answer).collect()
}

#[test]
fn a_model_its_yaml_and_its_import_answer_alike() {
    let mut compared = (0, 0);
    for path in files("tests/cases/kernel") {
        let case: Value = serde_yaml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let name = path.file_name().unwrap().to_string_lossy();
        let text = serde_yaml::to_string(&case["model"]).unwrap();
        let model = Analysis::from_text(&name, &text).unwrap();
        let expected = answers(&model, &case);
        let written = model.model().to_yaml().unwrap();
        let again = Analysis::from_text(&name, &written).unwrap();
        assert_eq!(expected, answers(&again, &case), "{name}: written and read again");
        compared.0 += 1;
        let value: serde_json::Value = serde_yaml::from_str(&written).unwrap();
        let Some(dump) = describe::dump(&value) else {
            continue;
        };
        let folder = tempfile::tempdir().unwrap();
        for (file, content) in dump {
            std::fs::write(folder.path().join(file), content.to_string()).unwrap();
        }
        let loaded = whyhop::load(&[folder.path().to_owned()]).unwrap();
        let imported = Analysis::new(loaded.model);
        assert_eq!(expected, answers(&imported, &case), "{name}: as a dump");
        compared.1 += 1;
    }
    assert!(compared.0 > 140 && compared.1 > 110, "{compared:?}");
}

#[test]
fn the_example_models_answer_alike_when_written_again() {
    for path in files("models") {
        let name = path.file_name().unwrap().to_string_lossy();
        let text = std::fs::read_to_string(&path).unwrap();
        let model = Analysis::from_text(&name, &text).unwrap();
        let again = Analysis::from_text(&name, &model.model().to_yaml().unwrap()).unwrap();
        let mut asked = 0;
        for line in text
            .lines()
            .filter_map(|line| line.strip_prefix("# Q: whyhop path "))
        {
            let words: Vec<&str> = line.split(' ').collect();
            let answer = |analysis: &Analysis| {
                told(
                    &analysis
                        .path(words[0], words[1], words[2], &Options::default())
                        .unwrap(),
                )
            };
            assert_eq!(answer(&model), answer(&again), "{name}: {line}");
            asked += 1;
        }
        assert!(asked > 0, "{name} asks nothing");
    }
}
