//! Which flow log sees an interface.
//!
//! A flow log of a VPC or subnet sees every interface in it, also those of NAT gateways and other services
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html>, read 2026-11-23).

use super::record::LogAction;
use super::window::Window;
use crate::model::{FlowLog, FlowLogId, Model, NetworkInterfaceId, SubnetId, TrafficType};

/// The flow logs that would record an action of an interface in a window. One that was created later saw none of it.
pub fn covering<'m>(
    model: &'m Model,
    interface: &str,
    action: LogAction,
    window: Window,
) -> Vec<&'m FlowLogId> {
    let subnet = home(model, interface);
    let vpc = subnet
        .and_then(|subnet| model.subnets.get(subnet))
        .map(|subnet| subnet.vpc.as_str());
    let watches = |resource: &str| {
        resource == interface
            || subnet.is_some_and(|subnet| subnet.as_str() == resource)
            || vpc == Some(resource)
    };
    let records = |traffic: TrafficType| match traffic {
        TrafficType::All => true,
        TrafficType::Accept => action == LogAction::Accept,
        TrafficType::Reject => action == LogAction::Reject,
    };
    let works = |log: &FlowLog| {
        log.delivery.as_deref() != Some("FAILED") && window.seen_since(log.created.as_deref())
    };
    let logs = model.flow_logs.iter();
    logs.filter(|(_, log)| watches(log.resource.as_str()) && records(log.traffic) && works(log))
        .map(|(id, _)| id)
        .collect()
}

/// The subnet of an interface, also of a NAT gateway's that is not in the model itself.
pub fn home<'m>(model: &'m Model, interface: &str) -> Option<&'m SubnetId> {
    let nat = || {
        let own = |eni: &NetworkInterfaceId| eni.as_str() == interface;
        model
            .nat_gateways
            .values()
            .find(|nat| nat.eni.as_ref().is_some_and(own))
            .and_then(|nat| nat.subnet.as_ref())
    };
    model.enis.get(interface).map(|eni| &eni.subnet).or_else(nat)
}
