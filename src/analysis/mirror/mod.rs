//! Traffic Mirroring: which sessions copy which part of a question's packets, and whether the copies arrive.
//!
//! - A packet is copied at an interface that a session names as its source, on the way out as the interface sends it, on the way in
//!   when the network ACL and the security groups have let it in: what they drop is not copied (Traffic Mirroring guide, "How
//!   Traffic Mirroring works").
//! - Whether a packet is copied that the egress rules at its own interface drop is not documented: it stays undecided.
//! - Sessions are asked in the order of their numbers; the first whose filter accepts a packet copies it, and no other does
//!   (Traffic Mirroring guide, "Traffic mirror sessions").
//! - A copy is a packet of its own, whose way is walked like any other's ([`delivery`]).
//!
//! Read 2026-11-24.

mod cover;
mod delivery;
mod share;
mod tap;

pub use delivery::{Delivered, Delivery};
pub use share::{Part, Share};
pub use tap::{Loss, Tap};

use super::answer::{Ground, Options, ask};
use super::finding::Finding;
use super::question::QuestionError;
use crate::network::Leg;
use std::collections::BTreeSet;

/// Whether packets are copied, by copies that arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mirrored {
    /// All of them are.
    Wholly,
    /// Some are.
    Partly,
    /// None is.
    Not,
    /// Something that the model does not decide stands in the way.
    Unknown,
}

impl Mirrored {
    /// `mirrored`, `partly_mirrored`, `not_mirrored` or `unknown`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wholly => "mirrored",
            Self::Partly => "partly_mirrored",
            Self::Not => "not_mirrored",
            Self::Unknown => "unknown",
        }
    }
}

/// What Traffic Mirroring makes of a question's packets.
#[derive(Debug)]
pub struct Mirror {
    /// The answer to the question, with the ways that packets take up to where they are dropped.
    pub finding: Finding,
    /// Whether everything that travels is copied.
    pub verdict: Mirrored,
    /// The same for the request, and for the reply if there is one.
    pub legs: Vec<(Leg, Mirrored)>,
    /// The interfaces on the way at which something may be copied, in path order.
    pub taps: Vec<Tap>,
    /// What becomes of the copies of each session that makes any.
    pub deliveries: Vec<Delivery>,
    /// What else to know.
    pub notes: Vec<String>,
}

/// Asks a question, and what is copied of its packets.
pub fn mirror(ground: Ground<'_>, words: [&str; 3], options: &Options) -> Result<Mirror, QuestionError> {
    let live = Options {
        live: true,
        ..options.clone()
    };
    let finding = ask(ground, words, &live)?;
    let supposed = ask(ground, words, options)?;
    let mut taps = tap::taps(ground.model, &ground.work.space, &finding, &supposed);
    for tap in &mut taps {
        share::fill(ground, tap);
    }
    let copying: BTreeSet<_> = taps
        .iter()
        .flat_map(|tap| tap.shares.iter())
        .filter(|share| share.copies())
        .map(|share| share.session.clone())
        .collect();
    let deliveries: Vec<Delivery> = copying
        .iter()
        .filter_map(|id| delivery::deliver(ground, id))
        .collect();
    let legs = cover::legs(&ground.work.space, &finding, &taps, &deliveries);
    let verdict = cover::together(&legs);
    let notes = notes(&taps);
    Ok(Mirror {
        finding,
        verdict,
        legs,
        taps,
        deliveries,
        notes,
    })
}

fn notes(taps: &[Tap]) -> Vec<String> {
    let mut notes = Vec::new();
    if taps.is_empty() {
        notes.push("no traffic mirror session has its source on the way".to_owned());
    }
    if taps
        .iter()
        .any(|tap| tap.shares.iter().any(|share| share.answered))
    {
        notes.push(
            "what Amazon's DNS server answers is copied too: its replies have no way that could be shown"
                .to_owned(),
        );
    }
    notes
}
