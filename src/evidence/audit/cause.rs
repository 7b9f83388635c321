//! To which rules a record is put down that differs: it may tell of a request that one of them blocks, or of the reply to one that
//! another blocks. Few things changed in a network explain all of its records more likely than many, so the rules that explain
//! the most records are taken first; among equals those that are the likelier ones.

use super::authors::By;
use super::case::Differing;
use rustc_hash::FxHashMap;

/// So many rules are looked for; what they leave is put down to the likeliest.
const ROUNDS_MAX: usize = 200;

/// For each list of alternatives, the likeliest first, which of them it is.
pub fn causes(differing: &[&[Differing]]) -> Vec<usize> {
    let mut rules: Vec<&[By]> = Vec::new();
    let mut places: FxHashMap<&[By], usize> = FxHashMap::default();
    let named: Vec<Vec<usize>> = differing
        .iter()
        .map(|alternatives| {
            let authors = alternatives.iter().map(|(_, authors, _)| authors.as_slice());
            let place = |authors| {
                *places.entry(authors).or_insert_with(|| {
                    rules.push(authors);
                    rules.len() - 1
                })
            };
            authors.map(place).collect()
        })
        .collect();
    let mut chosen: Vec<Option<usize>> = named.iter().map(|names| (names.len() < 2).then_some(0)).collect();
    let mut counts = vec![(0_usize, 0_usize); rules.len()];
    for names in &named {
        count(&mut counts, names, 1);
    }
    for _ in 0..ROUNDS_MAX {
        let best = (0..rules.len()).filter(|rule| counts[*rule].0 > 0 && !rules[*rule].is_empty());
        let Some(best) = best.max_by_key(|rule| (counts[*rule], std::cmp::Reverse(*rule))) else {
            break;
        };
        for (names, chosen) in named.iter().zip(&mut chosen) {
            let place = names.iter().position(|name| *name == best);
            if chosen.is_none() && place.is_some() {
                *chosen = place;
                count(&mut counts, names, -1);
            }
        }
        counts[best] = (0, 0);
    }
    chosen.into_iter().map(Option::unwrap_or_default).collect()
}

/// How many may be put down to each rule, and of how many it is the likeliest.
fn count(counts: &mut [(usize, usize)], names: &[usize], by: isize) {
    for (at, name) in names.iter().enumerate() {
        // Both legs of a record may be blocked by the same rule.
        if names[..at].contains(name) {
            continue;
        }
        let (all, likeliest) = &mut counts[*name];
        *all = all.saturating_add_signed(by);
        if at == 0 {
            *likeliest = likeliest.saturating_add_signed(by);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{By, Differing, causes};
    use crate::evidence::DriftKind;

    fn of(rules: &[u32]) -> Vec<Differing> {
        let alternative = |number: &u32| (DriftKind::AcceptedButBlocked, vec![By(*number)], None);
        rules.iter().map(alternative).collect()
    }

    #[test]
    fn what_explains_the_most_is_the_cause() {
        let causes_of = |lists: &[&[u32]]| {
            let lists: Vec<Vec<Differing>> = lists.iter().map(|rules| of(rules)).collect();
            causes(&lists.iter().map(Vec::as_slice).collect::<Vec<_>>())
        };
        // Rule 7 explains all of them, though it is likelier in one alone.
        assert_eq!(causes_of(&[&[1, 7], &[7, 2], &[3, 7], &[7]]), [1, 0, 1, 0]);
        // Two changes, each with records of its own.
        assert_eq!(causes_of(&[&[1, 7], &[7], &[2, 8], &[8, 9]]), [1, 0, 1, 0]);
        // Nothing else tells: the likeliest.
        assert_eq!(causes_of(&[&[1, 7], &[1, 8], &[]]), [0, 0, 0]);
        assert_eq!(causes_of(&[&[1, 7]]), [0]);
    }
}
