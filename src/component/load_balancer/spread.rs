//! What the nodes of every load balancer have in common: listeners, and the targets among which one picks.

use super::NAME;
use super::targets::{Target, targets};
use crate::code::ExplanationCode;
use crate::model::{Listener, LoadBalancer, LoadBalancerId, LoadBalancerType, Place, SubnetId, TargetHealth};
use crate::network::{Builder, Cause, ResourceRef, Step, Zone, zone_of};
use crate::packet::PacketSet;

/// The listeners of a node, and where they send.
pub(super) struct Spread {
    pub(super) resource: ResourceRef,
    pub(super) kind: LoadBalancerType,
    pub(super) works: bool,
    pub(super) listeners: Vec<Listener>,
    /// The listeners that name a target group which the model does not describe.
    pub(super) undescribed: Vec<bool>,
    pub(super) targets: Vec<Target>,
    zone: Zone,
    enabled: Vec<Zone>,
}

impl Spread {
    /// Of the node in a subnet.
    pub(super) fn of(
        (id, balancer): (&LoadBalancerId, &LoadBalancer),
        subnet: &SubnetId,
        builder: &mut Builder<'_>,
    ) -> Self {
        let model = builder.model;
        let enabled = balancer.subnets.iter().map(|subnet| zone_of(subnet, model));
        let enabled: Vec<Zone> = enabled.collect();
        let mut all: Vec<Target> = targets(balancer, model, &builder.tenants).collect();
        for target in all.iter_mut().filter(|target| target.address.is_none()) {
            let eni = target.eni.as_ref().and_then(|eni| model.enis.get(eni));
            target.address = eni.map(|eni| builder.addresses_of(eni).0.v4_first());
        }
        for target in &mut all {
            target.node = target
                .eni
                .as_ref()
                .map(|eni| builder.place("network-interface", eni));
        }
        let undescribed = |listener: &Listener| {
            let mut groups = listener.target_groups.iter();
            groups.any(|group| !model.target_groups.contains_key(group.as_str()))
        };
        Self {
            resource: ResourceRef::new(NAME, id),
            kind: balancer.kind,
            works: balancer.state.works(),
            listeners: balancer.listeners.clone(),
            undescribed: balancer.listeners.iter().map(undescribed).collect(),
            targets: all,
            zone: zone_of(subnet, model),
            enabled,
        }
    }

    pub(super) fn place(&self) -> Place {
        Place::item("load_balancers", self.resource.id.clone())
    }

    pub(super) fn says(&self, rule: &'static str, message: String, listener: Option<usize>) -> Cause {
        let place = match listener {
            Some(index) => self.place().field("listeners").index(index),
            None => self.place(),
        };
        Cause::implicit(&self.resource, rule, message).at(place)
    }

    pub(super) fn refuses(&self, code: ExplanationCode, message: String, listener: Option<usize>) -> Cause {
        Cause {
            code: Some(code),
            ..self.says("load balancer", message, listener)
        }
    }

    pub(super) fn names(&self, usable: &[&Target]) -> String {
        let mut names: Vec<String> = usable
            .iter()
            .map(|target| format!("target {} of {}", target.index + 1, target.group))
            .collect();
        names.dedup();
        match names.len() {
            0..=3 => names.join(" or "),
            count => format!("one of {count} targets"),
        }
    }

    /// The targets among which AWS picks: in reach, and healthy unless none is.
    pub(super) fn usable(&self, listener: usize) -> Vec<&Target> {
        let in_reach = |target: &&Target| {
            let near = target.cross_zone || target.zone == self.zone || target.zone.is_none();
            let enabled = target.zone.is_none() || self.enabled.contains(&target.zone);
            target.listener == listener && near && enabled && target.in_use()
        };
        let all: Vec<&Target> = self.targets.iter().filter(in_reach).collect();
        let good =
            |target: &&&Target| matches!(target.health, TargetHealth::Healthy | TargetHealth::Unchecked);
        let healthy: Vec<&Target> = all.iter().filter(good).copied().collect();
        if healthy.is_empty() { all } else { healthy }
    }

    /// Whether a listener has a target in a zone with a node.
    pub(super) fn enabled_anywhere(&self, listener: usize) -> bool {
        let mut own = self.targets.iter().filter(|target| target.listener == listener);
        own.any(|target| target.zone.is_none() || self.enabled.contains(&target.zone))
    }

    /// Why there is no target to send to.
    pub(super) fn nobody(&self, listener: usize, packets: PacketSet) -> Step {
        let id = &self.resource.id;
        if self.undescribed[listener] {
            let message = "the model does not describe the target group of the listener".to_owned();
            let because = self.refuses(ExplanationCode::UnknownResource, message, Some(listener));
            return Step::Unknown { packets, because };
        }
        let mut targets = self.targets.iter().filter(|target| target.listener == listener);
        let (any, used) = (targets.clone().next().is_some(), targets.any(Target::in_use));
        let (code, message) = match (used, self.kind) {
            (false, _) if any => (
                ExplanationCode::Elbv2ListenerHasNoTg,
                format!("every target of {id} at this port is draining or not in use"),
            ),
            (false, _) => (
                ExplanationCode::Elbv2ListenerHasNoTg,
                format!("the listener of {id} at this port has no target"),
            ),
            (true, LoadBalancerType::Classic) if !self.enabled_anywhere(listener) => (
                ExplanationCode::ElbInstalledAzRestriction,
                format!("every target of {id} is in a zone in which it has no node"),
            ),
            (true, LoadBalancerType::Classic) => (
                ExplanationCode::ElbNotCrosszone,
                format!("{id} has no target in the node's zone, and cross-zone load balancing is off"),
            ),
            (true, _) => (
                ExplanationCode::Elbv2NoTargetsInAz,
                format!("{id} has no target in the zones that this node sends to"),
            ),
        };
        Step::lose(packets, self.refuses(code, message, Some(listener)))
    }
}
