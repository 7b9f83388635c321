//! The oracle, tested on its own: textbook cases with the answer written by hand, and the random networks.

mod oracle;

use std::collections::BTreeMap;

use oracle::generate::generate;
use oracle::random::Random;
use oracle::sample::{packets, questions};
use oracle::simulate::simulate;
use oracle::yaml::to_yaml;

#[test]
fn the_same_seed_gives_the_same_network() {
    for seed in 0..50 {
        assert_eq!(to_yaml(&generate(seed)), to_yaml(&generate(seed)));
    }
    assert_ne!(to_yaml(&generate(1)), to_yaml(&generate(2)));
}

#[test]
fn a_fair_share_of_the_packets_arrives() {
    let (mut asked, mut arrived, mut returned) = (0, 0, 0);
    let mut drops: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..400 {
        let network = generate(seed);
        let mut random = Random::new(seed);
        for question in questions(&network, &mut random, 5) {
            for packet in packets(&network, &mut random, &question, 10) {
                let outcome = simulate(&network, &question.sender, &question.receiver, &packet);
                asked += 1;
                arrived += u32::from(outcome.arrived);
                returned += u32::from(outcome.returned);
                if let Some(why) = outcome.drop {
                    let words: Vec<&str> = why.split(' ').filter(|w| w.chars().all(|c| c.is_alphabetic() || c == ':')).collect();
                    *drops.entry(words.join(" ")).or_default() += 1;
                }
            }
        }
    }
    println!("{asked} {arrived} {returned} {drops:#?}");
    assert!(asked > 15_000, "{asked}");
    assert!((30..=50).contains(&(arrived * 100 / asked)), "{arrived} of {asked}");
}
