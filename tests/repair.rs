//! Repairs: each set of edits does what is wanted, none of its edits is needless, and what else it changes is told; on random
//! networks, and by hand.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

#[path = "repair/hand.rs"]
mod hand;
mod oracle;
mod pairs;
#[path = "repair/routes.rs"]
mod routes;

use oracle::generate::generate;
use oracle::random::Random;
use oracle::yaml::to_yaml;
use std::thread;
use whyhop::analysis::Verdict;
use whyhop::analysis::repair::{Goal, Repair, Set};
use whyhop::model::{Change, Model, load_text, tree, with_changes};
use whyhop::{Analysis, Options};

const QUESTIONS: usize = 500;
const CLOSED: usize = 100;
const THREADS: usize = 2;

fn model(text: &str) -> Model {
    let loaded = load_text("random.yaml", text);
    loaded.unwrap_or_else(|error| panic!("{error}\n{text}")).model
}

/// The model as somebody would have it who wrote the edits into its file; none where an edit is of what another one wrote.
fn edited<'a>(model: &Model, changes: impl IntoIterator<Item = &'a Change>) -> Option<Model> {
    let edited = with_changes(&tree(model), changes)?;
    Some(self::model(&edited.to_yaml().unwrap()))
}

fn changes(set: &Set, without: Option<usize>) -> impl Iterator<Item = &Change> {
    let edits = set.edits.iter().enumerate();
    edits
        .filter(move |(index, _)| Some(*index) != without)
        .flat_map(|(_, edit)| &edit.changes)
}

fn verdict(model: Model, [from, to, packets]: [&str; 3]) -> Verdict {
    let finding = Analysis::new(model).path(from, to, packets, &Options::default());
    finding.map_or(Verdict::Blocked, |finding| finding.verdict)
}

/// Whether everything that a set promises is so.
fn kept(base: &Model, words: [&str; 3], goal: Goal, set: &Set) -> Result<(), String> {
    let wanted = match goal {
        Goal::Open => Verdict::Reachable,
        Goal::Close => Verdict::Blocked,
    };
    let patched = edited(base, changes(set, None)).ok_or("cannot be edited")?;
    let is = verdict(patched.clone(), words);
    if is != wanted {
        return Err(format!("is {} with the edits", is.as_str()));
    }
    for index in 0..set.edits.len() {
        let rest = edited(base, changes(set, Some(index))).filter(|_| set.edits.len() > 1);
        if rest.is_some_and(|rest| verdict(rest, words) == wanted) {
            return Err(format!("edit {} is needless", index + 1));
        }
    }
    pairs::compare([base.clone(), patched], &set.effect).map(|_| ())
}

/// A random question.
fn question(model: &Model, random: &mut Random) -> Option<[String; 3]> {
    let mut ends: Vec<String> = model.enis.keys().map(ToString::to_string).collect();
    ends.push("internet:198.51.100.7".to_owned());
    let (from, to) = (random.pick(&ends).clone(), random.pick(&ends).clone());
    let packets = *random.pick(&[
        "tcp/443",
        "tcp/22",
        "tcp/5432",
        "udp/53",
        "icmp/8",
        "tcp/8000-8100",
        "all",
    ]);
    (from != to).then(|| [from, to, packets.to_owned()])
}

#[derive(Default, Debug)]
struct Count {
    asked: usize,
    repaired: usize,
    sets: usize,
    edits: [usize; 8],
}

fn work(first: usize, goal: Goal, most: usize) -> Count {
    let mut count = Count::default();
    for seed in (first..).step_by(THREADS) {
        let text = to_yaml(&generate(seed as u64));
        let base = model(&text);
        let analysis = Analysis::new(base.clone());
        let mut random = Random::new(seed as u64 ^ 0xf1f);
        for _ in 0..6 {
            if count.repaired == most {
                return count;
            }
            let Some(words) = question(&base, &mut random) else {
                continue;
            };
            let words = [0, 1, 2].map(|word| words[word].as_str());
            let options = Options::default();
            let from = match goal {
                Goal::Open => Verdict::Blocked,
                Goal::Close => Verdict::Reachable,
            };
            let asked = analysis.path(words[0], words[1], words[2], &options);
            if !asked.is_ok_and(|finding| finding.verdict == from) {
                continue;
            }
            count.asked += 1;
            let repair = analysis.repair(words, &options, goal).unwrap();
            assert_eq!(
                repair.sets.is_empty(),
                repair.why_none.is_some(),
                "seed {seed} {words:?}"
            );
            count.repaired += usize::from(!repair.sets.is_empty());
            for set in &repair.sets {
                count.sets += 1;
                count.edits[set.edits.len().min(7)] += 1;
                kept(&base, words, goal, set).unwrap_or_else(|why| {
                    let told: Vec<String> = changes(set, None).map(Change::told).collect();
                    panic!("seed {seed} {words:?}: {why}\n{}\n{text}", told.join("\n"))
                });
            }
        }
    }
    count
}

fn all(goal: Goal, most: usize) -> Vec<Count> {
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|first| scope.spawn(move || work(first, goal, most / THREADS)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn what_is_blocked_is_opened_by_edits_of_which_none_is_needless() {
    let counts = all(Goal::Open, QUESTIONS);
    println!("{counts:?}");
    assert_eq!(
        counts.iter().map(|count| count.repaired).sum::<usize>(),
        QUESTIONS
    );
}

#[test]
fn what_is_open_is_closed_by_edits_of_which_none_is_needless() {
    let counts = all(Goal::Close, CLOSED);
    println!("{counts:?}");
    assert_eq!(counts.iter().map(|count| count.repaired).sum::<usize>(), CLOSED);
}

/// Whoever asks twice is told the same.
#[test]
fn the_same_question_has_the_same_repair() {
    let text = std::fs::read_to_string("models/shop.yaml").unwrap();
    let told = || {
        let analysis = Analysis::new(model(&text));
        let repair = analysis.repair(["web", "db", "tcp/5432,udp/53"], &Options::default(), Goal::Open);
        whyhop::report::repair::lines(&repair.unwrap())
    };
    assert_eq!(told(), told());
}

fn told(repair: &Repair) -> Vec<Vec<String>> {
    let set = |set: &Set| changes(set, None).map(Change::told).collect();
    repair.sets.iter().map(set).collect()
}
