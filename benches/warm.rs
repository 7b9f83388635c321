//! Questions to a network that is built already: a thousand interfaces and a hundred thousand.

#![allow(
    clippy::expect_used,
    reason = "a bench that cannot set up has nothing to measure"
)]

mod large;

use divan::Bencher;
use whyhop::analysis::Verdict;
use whyhop::{Analysis, Options};

const SIZES: [usize; 2] = [1_000, 100_000];

fn main() {
    divan::main();
}

fn ask(bencher: Bencher<'_, '_>, enis: usize, [from, to, packets]: [&str; 3], verdict: Verdict) {
    let analysis = Analysis::from_text("large.yaml", &large::yaml(enis)).expect("the model loads");
    let ask = || {
        let finding = analysis.path(from, to, packets, &Options::default());
        finding.expect("the question is understood").verdict
    };
    assert_eq!(ask(), verdict);
    bencher.bench_local(ask);
}

#[divan::bench(args = SIZES)]
fn inside(bencher: Bencher<'_, '_>, enis: usize) {
    ask(bencher, enis, large::INSIDE, Verdict::Reachable);
}

#[divan::bench(args = SIZES)]
fn blocked(bencher: Bencher<'_, '_>, enis: usize) {
    ask(bencher, enis, large::BLOCKED, Verdict::Blocked);
}

#[divan::bench(args = SIZES)]
fn outside(bencher: Bencher<'_, '_>, enis: usize) {
    ask(bencher, enis, large::OUTSIDE, Verdict::Reachable);
}
