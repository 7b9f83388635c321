//! A first answer: files of 5 and 40 MB are read, the network built, one question asked; next to what merely parsing the same
//! text costs in the same run. Read the ratios: the machine's own speed is in both.

#![allow(
    clippy::expect_used,
    reason = "a bench that cannot set up has nothing to measure"
)]
#![allow(
    clippy::unwrap_used,
    reason = "a bench that cannot set up has nothing to measure"
)]

mod large;

use divan::{Bencher, counter::BytesCount};
use std::path::{Path, PathBuf};
use whyhop::analysis::Verdict;
use whyhop::{Analysis, Options};

/// Interfaces that make about 5 and 40 MB.
const YAML: [usize; 2] = [21_000, 168_000];
const JSON: [usize; 2] = [5_200, 42_000];

fn main() {
    divan::main();
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).expect("a folder for the files");
    folder
}

fn yaml(enis: usize) -> PathBuf {
    let file = folder("cold").join(format!("{enis}.yaml"));
    std::fs::write(&file, large::yaml(enis)).expect("the file is written");
    file
}

fn json(enis: usize) -> PathBuf {
    let folder = folder(&format!("cold-{enis}"));
    for (name, content) in large::dump(&large::yaml(enis)) {
        std::fs::write(folder.join(name), content).expect("the file is written");
    }
    folder
}

fn bytes(path: &Path) -> usize {
    let size = |path: &Path| usize::try_from(std::fs::metadata(path).unwrap().len()).unwrap();
    if path.is_dir() {
        let files = std::fs::read_dir(path).unwrap();
        files.map(|file| size(&file.unwrap().path())).sum()
    } else {
        size(path)
    }
}

/// The answer, and what was built for it: taking that apart again is not measured, as the parsers' values are not.
fn answer(path: &Path) -> (Verdict, Analysis) {
    let loaded = whyhop::load(&[path.to_owned()]).expect("the model loads");
    let [from, to, packets] = large::INSIDE;
    let analysis = Analysis::new(loaded.model);
    let finding = analysis.path(from, to, packets, &Options::default());
    (finding.expect("the question is understood").verdict, analysis)
}

#[divan::bench(args = YAML, sample_count = 5, sample_size = 1)]
fn path_from_yaml(bencher: Bencher<'_, '_>, enis: usize) {
    let file = yaml(enis);
    assert_eq!(answer(&file).0, Verdict::Reachable);
    bencher
        .counter(BytesCount::new(bytes(&file)))
        .bench_local(|| answer(&file));
}

#[divan::bench(args = YAML, sample_count = 5, sample_size = 1)]
fn serde_yaml_value(bencher: Bencher<'_, '_>, enis: usize) {
    let file = yaml(enis);
    let parse =
        || serde_yaml::from_str::<serde_yaml::Value>(&std::fs::read_to_string(&file).unwrap()).unwrap();
    bencher.counter(BytesCount::new(bytes(&file))).bench_local(parse);
}

#[divan::bench(args = JSON, sample_count = 5, sample_size = 1)]
fn path_from_json(bencher: Bencher<'_, '_>, enis: usize) {
    let folder = json(enis);
    assert_eq!(answer(&folder).0, Verdict::Reachable);
    bencher
        .counter(BytesCount::new(bytes(&folder)))
        .bench_local(|| answer(&folder));
}

#[divan::bench(args = JSON, sample_count = 5, sample_size = 1)]
fn serde_json_value(bencher: Bencher<'_, '_>, enis: usize) {
    let folder = json(enis);
    let files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    let parse = || {
        let read = |file| serde_json::from_slice::<serde_json::Value>(&std::fs::read(file).unwrap()).unwrap();
        files.iter().map(read).collect::<Vec<_>>()
    };
    bencher
        .counter(BytesCount::new(bytes(&folder)))
        .bench_local(parse);
}
