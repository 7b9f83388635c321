//! A node of a Gateway Load Balancer, as one of its endpoints meets it.
//!
//! - It takes every packet of the endpoint, and hands it to an appliance in GENEVE: UDP to port 6081, from the node's own address
//!   (Gateway Load Balancer guide, "Target groups"). Those packets have a way of their own, past the security groups of the
//!   appliance and the network ACLs between them.
//! - What the appliance lets through comes back in GENEVE and out of the same endpoint. Whether that counts as the reply of the
//!   tunnel's flow or as a flow of its own to port 6081 is not documented: either will do.
//! - What the appliance decides is not known: it is taken to pass what it gets.
//!
//! Read 2026-11-24.

use super::spread::Spread;
use super::targets::Target;
use crate::code::ExplanationCode;
use crate::network::{
    Arrival, Component, LinkId, NodeId, Passage, ResourceRef, Step, Tunnel, TunnelId, Workspace,
};
use crate::packet::{AddressSet, Cube, PacketSet, PortSet, Protocol, ProtocolSet};
use std::collections::BTreeMap;

/// The port of GENEVE (RFC 8926).
pub(super) const GENEVE: u16 = 6081;

/// The node.
pub(super) struct Inspector {
    pub(super) spread: Spread,
    /// The ways to the appliances, by the place of each in the list of targets.
    pub(super) tunnels: BTreeMap<usize, TunnelId>,
    /// Back to the endpoint.
    pub(super) back: LinkId,
}

impl Component for Inspector {
    fn resource(&self) -> &ResourceRef {
        &self.spread.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, _: &Workspace) -> Vec<Step> {
        vec![self.inspect(arrival.packets)]
    }
}

impl Inspector {
    fn inspect(&self, packets: PacketSet) -> Step {
        let id = &self.spread.resource.id;
        let back = || Passage::over(self.back).anonymous();
        if !self.spread.works {
            let because = self
                .spread
                .refuses(ExplanationCode::BadState, format!("{id} is not active"), None);
            return Step::drop(packets, back(), because.at(self.spread.place().field("state")));
        }
        if self.spread.listeners.is_empty() {
            let code = ExplanationCode::Elbv2ListenersMismatch;
            let because = self.spread.refuses(code, format!("{id} has no listener"), None);
            return Step::drop(packets, back(), because);
        }
        let usable = self.spread.usable(0);
        if usable.is_empty() {
            return self.spread.nobody(0, packets);
        }
        let numbers = self.numbers(&usable);
        let tunnels: Option<Vec<TunnelId>> =
            numbers.map(|number| self.tunnels.get(&number).copied()).collect();
        let Some(tunnels) = tunnels.filter(|_| !self.spread.undescribed[0]) else {
            let message = format!("the model does not describe every appliance of {id}");
            let because = self
                .spread
                .refuses(ExplanationCode::UnknownResource, message, Some(0));
            return Step::Unknown { packets, because };
        };
        let message = format!(
            "{id} hands the packets to {}, which passes them unchanged",
            self.spread.names(&usable)
        );
        let because = self.spread.says("inspection", message, Some(0)).assumed();
        Step::forward(packets, back().carried_by(tunnels), because)
    }

    /// Which of the targets these are.
    fn numbers<'a>(&'a self, some: &'a [&Target]) -> impl Iterator<Item = usize> + 'a {
        let all = self.spread.targets.iter().enumerate();
        all.filter(|(_, target)| some.iter().any(|one| std::ptr::eq(*one, *target)))
            .map(|(number, _)| number)
    }
}

/// The tunnel from a node to an appliance, where somebody is known to be there.
pub(super) fn tunnel(
    (interface, node): (NodeId, &AddressSet),
    target: &Target,
    appliance: NodeId,
) -> Option<Tunnel> {
    let address = target.address.as_ref()?;
    let geneve = |sources: &AddressSet, destinations: &AddressSet| Cube {
        protocols: ProtocolSet::one(Protocol::UDP.0),
        destination_ports: PortSet::one(GENEVE),
        source_ports: PortSet::range(1024, u16::MAX),
        sources: sources.clone(),
        destinations: destinations.clone(),
    };
    Some(Tunnel {
        name: format!("GENEVE to target {} of {}", target.index + 1, target.group),
        from: interface,
        to: appliance,
        there: geneve(node, address),
        back: Some(geneve(address, node)),
        mutual: false,
    })
}
