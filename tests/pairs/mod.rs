//! Brute force: what a difference of two models tells, against every pair of ends asked one by one in both.

#![allow(dead_code, reason = "each test program uses its own part")]

use whyhop::analysis::diff::{Diff, Standings};
use whyhop::model::Model;
use whyhop::packet::{Cube, PacketSet, Space};
use whyhop::{Analysis, Options};

/// Packets by how sure they are.
pub type Levels = [PacketSet; 3];

/// Products as a set.
pub fn set(space: &Space, cubes: &[Cube]) -> PacketSet {
    cubes
        .iter()
        .fold(PacketSet::EMPTY, |all, cube| space.union(all, space.cube(cube)))
}

/// A difference's sets.
pub fn levels(space: &Space, sets: &Standings) -> Levels {
    [&sets.works, &sets.depends, &sets.unknown].map(|cubes| set(space, cubes))
}

/// What becomes of everything that one sends another.
fn fares(space: &Space, analysis: &Analysis, from: &str, to: &str) -> Levels {
    let options = Options {
        both_families: true,
        ..Options::default()
    };
    match analysis.path(from, to, "all", &options) {
        Ok(finding) => [&finding.works, &finding.depends, &finding.unknown].map(|cubes| set(space, cubes)),
        // One of the two is not there, or they share no address family.
        Err(_) => [PacketSet::EMPTY; 3],
    }
}

/// What is surer there than here, by how sure it is there.
fn above(space: &Space, here: Levels, there: Levels) -> Levels {
    let mut so_far = PacketSet::EMPTY;
    let mut risen = [PacketSet::EMPTY; 3];
    for level in 0..3 {
        so_far = space.union(so_far, here[level]);
        risen[level] = space.subtract(there[level], so_far);
    }
    risen
}

fn ids(models: &[Model; 2]) -> Vec<String> {
    let mut ids: Vec<String> = models
        .iter()
        .flat_map(|model| model.enis.keys().map(|id| id.as_str().to_owned()))
        .collect();
    ids.push("internet".to_owned());
    ids.sort();
    ids.dedup();
    ids
}

/// The differences of a pair of ends, as the diff tells them.
fn told<'a>(found: &'a Diff, from: &str, to: &str) -> Option<&'a whyhop::analysis::diff::Difference> {
    let group = |id: &str| {
        let has = |group: &whyhop::analysis::diff::Group| {
            group.members.iter().any(|member| member.id.as_str() == id)
        };
        found.groups.iter().position(has)
    };
    let (from, to) = (group(from)?, group(to)?);
    found
        .differences
        .iter()
        .find(|one| (one.from, one.to) == (from, to))
}

/// How many pairs differ; the first of which the difference tells something else.
pub fn compare(models: [Model; 2], found: &Diff) -> Result<usize, String> {
    let ids = ids(&models);
    let [old, new] = models.map(Analysis::new);
    let space = Space::new();
    let mut differ = 0;
    for from in &ids {
        for to in ids.iter().filter(|to| *to != from) {
            let (was, is) = (fares(&space, &old, from, to), fares(&space, &new, from, to));
            let wanted = [above(&space, was, is), above(&space, is, was)];
            let one = told(found, from, to);
            differ += usize::from(was != is);
            match one {
                None if was == is => {}
                Some(one) if one.between.iter().map(|id| id.as_str()).eq([from.as_str(), to]) => {
                    let got = [&one.opened, &one.closed].map(|sets| levels(&space, sets));
                    if got != wanted {
                        return Err(format!("{from} → {to}"));
                    }
                }
                Some(_) if was != is => {}
                _ => return Err(format!("{from} → {to}: {} but told {}", was != is, one.is_some())),
            }
        }
    }
    Ok(differ)
}
