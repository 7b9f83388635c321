//! What became of the resources in other people's files: nothing is left out without a word.

use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// How many of each type.
pub type Counts = BTreeMap<String, usize>;

/// What became of the resources in other people's files, by type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Census {
    /// They are in the model.
    pub mapped: Counts,
    /// The file does not tell enough of them: each is a named unknown.
    pub untold: Counts,
    /// They say nothing of who reaches whom.
    pub aside: Counts,
    /// They are network and not modelled: each is a named unknown.
    pub unsupported: Counts,
    /// A condition keeps them from being made.
    pub unmade: Counts,
}

impl Census {
    /// How many resources there are.
    pub fn seen(&self) -> usize {
        self.groups().into_iter().map(|(_, counts)| total(counts)).sum()
    }

    /// The groups, each with its words.
    pub fn groups(&self) -> [(&'static str, &Counts); 5] {
        [
            ("mapped", &self.mapped),
            ("not told enough of", &self.untold),
            ("set aside, no network", &self.aside),
            ("unsupported", &self.unsupported),
            ("not made, by their condition", &self.unmade),
        ]
    }
}

/// One more of a type.
pub fn count(counts: &mut Counts, kind: &str) {
    *counts.entry(kind.to_owned()).or_default() += 1;
}

/// How many there are of all types together.
pub fn total(counts: &Counts) -> usize {
    counts.values().sum()
}

/// Types with their numbers: `aws_eip (3), aws_vpc (1)`.
pub fn list(counts: &Counts) -> String {
    let all: Vec<String> = counts
        .iter()
        .map(|(kind, count)| format!("{kind} ({count})"))
        .collect();
    all.join(", ")
}

/// One line: `12 resources: 9 mapped; 2 set aside, no network: aws_iam_role (2); 1 unsupported: aws_ec2_client_vpn_endpoint (1)`.
impl fmt::Display for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = self.seen();
        let word = if seen == 1 { "resource" } else { "resources" };
        write!(f, "{seen} {word}: {} mapped", total(&self.mapped))?;
        for (words, counts) in self.groups().into_iter().skip(1) {
            if !counts.is_empty() {
                write!(f, "; {} {words}: {}", total(counts), list(counts))?;
            }
        }
        Ok(())
    }
}
