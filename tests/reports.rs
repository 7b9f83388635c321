//! What people and scripts read: the report of every question at the head of every example, with and without its flow
//! logs, kept in `snapshots/`. A change of wording is seen there, and is meant.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use whyhop::evidence::{Logs, correlate};
use whyhop::report::{self, Style, Subject};
use whyhop::{Analysis, Options};

/// The questions that are kept as JSON and in AWS's shape too.
const FORMATS: &[(&str, usize)] = &[
    ("ipv6-dual-stack", 1),
    ("nacl-ephemeral", 1),
    ("nat-egress", 1),
    ("shop", 1),
];

/// A question at the head of a model.
struct Question {
    model: String,
    /// Its place at the head, counted from 1.
    number: usize,
    from: String,
    to: String,
    packets: String,
    logs: Vec<PathBuf>,
}

/// Reads `# Q: whyhop path FROM TO PACKETS -m models/MODEL.yaml --flow-logs FOLDER`.
fn questions() -> Vec<Question> {
    let mut models: Vec<PathBuf> = fs::read_dir("models")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    models.sort();
    let of_model = |path: PathBuf| {
        let model = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<String> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# Q: whyhop path "))
            .map(str::to_owned)
            .collect();
        assert!(!lines.is_empty(), "{model} asks nothing");
        let question = move |(index, line): (usize, String)| {
            let words: Vec<&str> = line.split(' ').collect();
            let logs = words.iter().position(|word| *word == "--flow-logs");
            Question {
                model: model.clone(),
                number: index + 1,
                from: words[0].to_owned(),
                to: words[1].to_owned(),
                packets: words[2].to_owned(),
                logs: logs.map(|at| PathBuf::from(words[at + 1])).into_iter().collect(),
            }
        };
        lines.into_iter().enumerate().map(question)
    };
    models.into_iter().flat_map(of_model).collect()
}

impl Question {
    /// The answer, told.
    fn told(&self, logs: bool, tell: impl Fn(Subject<'_>) -> String) -> String {
        let file = PathBuf::from(format!("models/{}.yaml", self.model));
        let analysis = Analysis::new(whyhop::load(&[file]).unwrap().model);
        let finding = analysis
            .path(&self.from, &self.to, &self.packets, &Options::default())
            .unwrap();
        let evidence = logs.then(|| correlate(&finding, analysis.model(), &self.logs, &Logs::default()));
        tell(Subject {
            finding: &finding,
            evidence: evidence.as_ref(),
            repair: None,
            mirror: None,
            model: analysis.model(),
        })
    }

    fn text(&self, logs: bool) -> String {
        self.told(logs, |subject| report::text(subject, Style::default()))
    }

    fn keep(&self, suffix: &str, text: &str) {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("../snapshots");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let name = format!("path__{}__{}{suffix}", self.model, self.number);
        settings.bind(|| insta::assert_snapshot!(name, text));
    }
}

#[test]
fn every_answer_reads_as_it_did() {
    for question in questions() {
        question.keep("", &question.text(false));
    }
}

#[test]
fn every_answer_with_flow_logs_reads_as_it_did() {
    let mut logged = BTreeSet::new();
    for question in questions().iter().filter(|question| !question.logs.is_empty()) {
        let text = question.text(true);
        assert!(text.contains("Flow logs: "), "{}", question.model);
        question.keep("_logs", &text);
        logged.insert(question.model.clone());
    }
    let folders: BTreeSet<String> = fs::read_dir("models/logs")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(logged, folders, "every folder of flow logs is asked about");
}

#[test]
fn the_formats_of_scripts_stay_as_they_are() {
    let all = questions();
    for (model, number) in FORMATS {
        let is = |question: &&Question| question.model == *model && question.number == *number;
        let question = all.iter().find(is).unwrap();
        let logs = !question.logs.is_empty();
        let json = question.told(logs, report::json);
        let aws = question.told(logs, report::aws);
        for text in [&json, &aws] {
            serde_json::from_str::<serde_json::Value>(text).unwrap();
        }
        question.keep("_json", &json);
        question.keep("_aws", &aws);
    }
}

/// Nobody needs a wide terminal, colours or the model's folder to read an answer.
#[test]
fn reports_are_plain_text() {
    for question in questions() {
        let text = question.text(!question.logs.is_empty());
        assert!(
            text.ends_with('\n') && !text.contains("\n\n\n"),
            "{}",
            question.model
        );
        for line in text.lines() {
            assert!(!line.contains('\x1b') && line.trim_end() == line, "{line:?}");
        }
        let root = env!("CARGO_MANIFEST_DIR");
        assert!(
            !text.contains(root),
            "{}: names a folder of this machine",
            question.model
        );
    }
}
