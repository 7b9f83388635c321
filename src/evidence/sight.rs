//! Which interfaces flow logs see, whether there are records or not.

use super::coverage::covering;
use super::format::{Field, Format};
use super::record::LogAction;
use super::window::Window;
use crate::model::{FlowLogId, Model, NetworkInterfaceId};
use std::collections::BTreeSet;

/// An interface, and who sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// The interface.
    pub interface: String,
    /// Its `name`.
    pub name: Option<String>,
    /// The VPC that a flow log could watch as a whole.
    pub vpc: Option<String>,
    /// The flow logs that see what it accepts.
    pub accepted: Vec<String>,
    /// The flow logs that see what it rejects.
    pub rejected: Vec<String>,
    /// The fields that none of them has and that tell more.
    pub lacks: Vec<&'static str>,
}

impl Sight {
    /// Whether what it accepts and what it rejects is seen.
    pub fn is_whole(&self) -> bool {
        !self.accepted.is_empty() && !self.rejected.is_empty()
    }
}

/// Fields without which records tell less: whose packets a gateway handed on, who began, which way they went.
const TELLING: [(Field, &str); 4] = [
    (Field::PacketSource, "pkt-srcaddr"),
    (Field::PacketDestination, "pkt-dstaddr"),
    (Field::TcpFlags, "tcp-flags"),
    (Field::Direction, "flow-direction"),
];

/// Every interface of the model, in the order of their ids.
pub fn sights(model: &Model, window: Window) -> Vec<Sight> {
    let nat = model.nat_gateways.values().filter_map(|nat| nat.eni.as_ref());
    let all: BTreeSet<&NetworkInterfaceId> = model.enis.keys().chain(nat).collect();
    all.into_iter().map(|id| sight(model, id, window)).collect()
}

fn sight(model: &Model, id: &NetworkInterfaceId, window: Window) -> Sight {
    let of = |action| covering(model, id.as_str(), action, window);
    let (accepted, rejected) = (of(LogAction::Accept), of(LogAction::Reject));
    let logs: BTreeSet<&FlowLogId> = accepted.iter().chain(&rejected).copied().collect();
    let formats: Vec<Format> = logs
        .iter()
        .filter_map(|id| model.flow_logs.get(*id))
        .map(|log| {
            log.format
                .as_deref()
                .and_then(Format::from_log_format)
                .unwrap_or_default()
        })
        .collect();
    let lacks = TELLING
        .iter()
        .filter(|(field, _)| !formats.iter().any(|format| format.has(*field)));
    let eni = model.enis.get(id);
    let subnet = super::coverage::home(model, id.as_str()).and_then(|subnet| model.subnets.get(subnet));
    let names = |logs: Vec<&FlowLogId>| logs.into_iter().map(ToString::to_string).collect();
    Sight {
        interface: id.to_string(),
        name: eni.and_then(|eni| eni.name.clone()),
        vpc: subnet.map(|subnet| subnet.vpc.to_string()),
        accepted: names(accepted),
        rejected: names(rejected),
        lacks: match formats.is_empty() {
            true => Vec::new(),
            false => lacks.map(|(_, name)| *name).collect(),
        },
    }
}
