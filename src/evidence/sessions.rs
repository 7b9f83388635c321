//! The traffic mirror sessions of a model, as their copies are known in a capture.

use crate::model::{AddressSpec, Model, NetworkInterface};
use std::net::IpAddr;

/// A traffic mirror session, as its copies are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Whose packets are copied.
    pub interface: String,
    /// The network identifier of the copies.
    pub vni: Option<u32>,
    /// Of the interface; the first is its primary address.
    pub addresses: Vec<IpAddr>,
}

/// The sessions of a model.
pub fn sessions(model: &Model) -> Vec<Copied> {
    let known = |eni: &NetworkInterface| {
        let known = eni.ip.iter().filter_map(|spec| match spec {
            AddressSpec::Known(address) => Some(*address),
            AddressSpec::OneOf(_) => None,
        });
        known.collect()
    };
    let sessions = model.traffic_mirror_sessions.values();
    sessions
        .map(|session| Copied {
            interface: session.source.to_string(),
            vni: session.vni,
            addresses: model.enis.get(&session.source).map(known).unwrap_or_default(),
        })
        .collect()
}
