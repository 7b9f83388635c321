//! Traffic mirror filters, whose parts every importer meets alike.

use super::rule::{protocol, service};
use crate::model::{Cidr, MirrorAction, Ports, TrafficMirrorFilterRule};

/// The words of a rule, wherever they were found.
#[derive(Debug, Clone, Copy, Default)]
pub struct RuleWords<'a> {
    /// Its number.
    pub number: Option<u32>,
    /// `accept` or `reject`.
    pub action: Option<&'a str>,
    /// The protocol's number.
    pub protocol: Option<&'a str>,
    /// The first and the last destination port.
    pub ports: (Option<i64>, Option<i64>),
    /// The first and the last source port.
    pub source_ports: (Option<i64>, Option<i64>),
    /// The source addresses.
    pub source: Option<&'a str>,
    /// The destination addresses.
    pub destination: Option<&'a str>,
    /// What it is for.
    pub description: Option<&'a str>,
}

/// The rule; none where its words do not make one.
pub fn rule(words: RuleWords<'_>) -> Option<TrafficMirrorFilterRule> {
    let spec = match words.protocol {
        Some("") | None => None,
        text => Some(protocol(text)?),
    };
    let ports = |(from, to): (Option<i64>, Option<i64>)| -> Option<Ports> { service(spec?, from, to).0 };
    Some(TrafficMirrorFilterRule {
        rule: words.number?,
        action: match words.action? {
            "accept" => MirrorAction::Accept,
            "reject" => MirrorAction::Reject,
            _ => return None,
        },
        protocol: spec,
        ports: ports(words.ports),
        source_ports: ports(words.source_ports),
        source: Cidr::parse(words.source?).ok()?,
        destination: Cidr::parse(words.destination?).ok()?,
        description: words
            .description
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
    })
}
