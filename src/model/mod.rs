//! What the user wrote: typed sections, ids, and where each thing is written.

pub mod census;
mod change;
mod default_group;
mod diagnostic;
mod id;
mod load;
mod section;
mod sections;
mod source;
mod suricata;
mod tenants;
mod validate;
mod value;
mod write;

pub use census::Census;
pub use change::{Change, tree, with_changes};
pub use default_group::{among_members, default_group, default_group_id};
pub use diagnostic::{Diagnostic, Diagnostics, Excerpt, Severity, harmless};
pub use id::*;
pub use load::{Document, Loaded, Part, load, load_text};
pub use load::{Node, NodeKind, Span, TextFile, parse_functions};
pub use section::*;
pub use sections::{Item, Model};
pub use source::{ItemFiles, Locate, Location, Place, Sources};
pub use suricata::{
    Addresses, BadRule, Expression, PortWords, SuricataRule, Word, parse_options, parse_rules,
};
pub use tenants::{Tenant, Tenants};
pub use validate::{RULES, validate};
pub use value::{
    AddressSpec, Cidr, Destination, OneOrMany, PacketSpec, Peer, Ports, ProtocolSpec, parse_address,
};
pub use write::one_line;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether somebody designed the network, or AWS already holds it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A person wrote it: what AWS would not accept is an error.
    #[default]
    Written,
    /// An importer did: AWS accepted it, so at worst there is a warning, and what is named and not described is unknown.
    Imported,
}

impl Origin {
    fn is_written(&self) -> bool {
        *self == Self::Written
    }
}

/// The word most like one that is not known, if any is like it.
pub fn near<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    alike(word, known, 1).first().copied()
}

/// So many of the words that are like one that is not known, the likest first.
pub fn alike<'a>(word: &str, known: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<&'a str> {
    // Nobody mistypes a word of this length, and comparing it would take long.
    if word.len() > 200 {
        return Vec::new();
    }
    let known = known.into_iter().map(|known| (likeness(word, known), known));
    let mut alike: Vec<(f64, &str)> = known.filter(|(likeness, _)| *likeness > 0.8).collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    alike.dedup();
    alike.into_iter().take(most).map(|(_, known)| known).collect()
}

/// How alike two words are, 1 at most: by what they have in common, or because one is the other with a slip of the fingers, two
/// where it is long. In a short word that is all that they need not have in common.
fn likeness(word: &str, known: &str) -> f64 {
    if word.eq_ignore_ascii_case(known) {
        return 1.0;
    }
    let length = word.len().min(known.len());
    let slips = match word.len().abs_diff(known.len()) {
        0..=2 if length >= 3 => strsim::osa_distance(word, known),
        _ => usize::MAX,
    };
    let likeness = strsim::jaro_winkler(word, known);
    match (slips, length) {
        (1, _) | (2, 6..) => likeness.max(0.9),
        _ => likeness,
    }
}

#[cfg(test)]
mod tests {
    use super::{alike, near};

    #[test]
    fn a_slip_of_the_fingers_is_seen_through() {
        let known = ["web", "db", "eni-web", "eni-db", "subnet-web", "gateway"];
        for (word, meant) in [
            ("wbe", Some("web")),
            ("WEB", Some("web")),
            ("we", Some("web")),
            ("eni-wbe", Some("eni-web")),
            ("subent-wbe", Some("subnet-web")),
            ("gatewya", Some("gateway")),
            ("xyz", None),
            ("", None),
        ] {
            assert_eq!(near(word, known), meant, "{word}");
        }
        assert_eq!(alike("eni-we", known, 3), ["eni-web", "eni-db"]);
        assert_eq!(near(&"web".repeat(100), known), None);
    }
}
