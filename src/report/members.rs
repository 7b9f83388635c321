//! Which members of the ends of a question get which answer, told once an answer.

use crate::analysis::{Finding, Member, Pair, Verdict};

/// The most pairs that are told of one answer.
const PAIRS_SHOWN: usize = 12;

/// The answers and whose they are; nothing where each end is one thing.
pub(super) fn lines(finding: &Finding) -> Vec<String> {
    if finding.pairs.len() < 2 {
        return Vec::new();
    }
    let verdicts = [
        ("Reachable", Verdict::Reachable),
        ("Partly reachable", Verdict::PartlyReachable),
        ("Blocked", Verdict::Blocked),
        ("Unknown", Verdict::Unknown),
    ];
    let mut lines = Vec::new();
    for (word, verdict) in verdicts {
        let of = |pair: &&Pair| pair.verdict == verdict;
        let pairs: Vec<&Pair> = finding.pairs.iter().filter(of).collect();
        if pairs.is_empty() {
            continue;
        }
        lines.push(String::new());
        lines.push(format!("{word} ({} of {})", pairs.len(), finding.pairs.len()));
        lines.extend(pairs.iter().take(PAIRS_SHOWN).map(|pair| told(pair)));
        if pairs.len() > PAIRS_SHOWN {
            let rest = pairs.len() - PAIRS_SHOWN;
            lines.push(format!("  … {rest} more pairs (--format json shows all)"));
        }
    }
    lines
}

fn told(pair: &Pair) -> String {
    let name = |end: &Member| match &end.name {
        Some(name) => format!("{} ({name})", end.resource.id),
        None => end.resource.id.to_string(),
    };
    format!("  {} → {}", name(&pair.from), name(&pair.to))
}
