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
    // Nobody mistypes a word of this length, and comparing it would take long.
    if word.len() > 200 {
        return None;
    }
    let likeness = |known: &str| strsim::jaro_winkler(word, known);
    let best = known
        .into_iter()
        .map(|known| (likeness(known), known))
        .filter(|(likeness, _)| *likeness > 0.8);
    best.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, known)| known)
}
