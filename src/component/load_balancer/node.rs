//! A node of a load balancer that answers at its own addresses: requests go on to targets, replies back to clients.

use super::inspector::GENEVE;
use super::spread::Spread;
use super::targets::Target;
use crate::code::ExplanationCode;
use crate::model::{Listener, LoadBalancerType, NetworkInterfaceId, VpcId};
use crate::network::{
    Arrival, Choice, Component, Leg, LinkId, NodeId, Passage, ResourceRef, Rewrite, Step, Workspace,
};
use crate::packet::{AddressSet, Cube, Family, PacketSet, PortSet, Protocol, ProtocolSet};
use std::collections::BTreeMap;

/// What stands behind the interface of a node.
pub(super) struct Node {
    pub(super) spread: Spread,
    pub(super) addresses: AddressSet,
    pub(super) vpc: Option<VpcId>,
    pub(super) eni: NetworkInterfaceId,
    pub(super) interface: NodeId,
    /// Where the interface takes packets.
    pub(super) entrance: NodeId,
    pub(super) out: LinkId,
    /// The interface endpoints that hand packets to this node, and the ways back to them.
    pub(super) endpoints: BTreeMap<NodeId, LinkId>,
}

impl Component for Node {
    fn resource(&self) -> &ResourceRef {
        &self.spread.resource
    }

    fn transfer(&self, arrival: &Arrival<'_>, work: &Workspace) -> Vec<Step> {
        let mut steps = Vec::new();
        let fresh = self.reply(arrival, work, &mut steps);
        if arrival.leg == Leg::Return && arrival.link.is_none() {
            // What the load balancer answers itself.
            let because = self
                .spread
                .says("answer", format!("{} answers", self.spread.resource.id), None);
            let back = self.back_to(arrival.parties.to);
            steps.push(Step::forward(fresh, Passage::over(back), because));
        } else if arrival.leg == Leg::Return {
            self.come_back(fresh, work, &mut steps);
        } else {
            // A client's address is never preserved behind AWS PrivateLink (Network Load Balancer guide, "Client IP preservation").
            let from = arrival.parties.from;
            let hidden = from.is_some_and(|from| self.endpoints.contains_key(&from));
            self.request((fresh, hidden), work, &mut steps);
        }
        steps.retain(|step| !step.packets().is_empty());
        steps
    }
}

impl Node {
    /// Undoes the translation for the replies of a target; gives back the others.
    fn reply(&self, arrival: &Arrival<'_>, work: &Workspace, steps: &mut Vec<Step>) -> PacketSet {
        let Some(memory) = arrival.undoes() else {
            return arrival.packets;
        };
        let known = work
            .space
            .intersect(arrival.packets, work.space.replies(memory.after));
        let because = self.spread.says(
            "flow state",
            "the target's reply goes back to the client".to_owned(),
            None,
        );
        steps.push(Step::Restore {
            packets: known,
            passage: Passage::over(self.back_to(memory.parties.from)),
            because,
        });
        work.space.subtract(arrival.packets, known)
    }

    /// The reply to what this node began itself, a health check or a request that it sends on.
    fn come_back(&self, packets: PacketSet, work: &Workspace, steps: &mut Vec<Step>) {
        let own = work.space.to_destinations(packets, &self.addresses);
        let message = format!("the reply comes back to {}", self.spread.resource.id);
        steps.push(Step::Deliver {
            packets: own,
            answered: false,
            because: self.spread.says("flow state", message, None),
        });
        self.lose_strange(work.space.subtract(packets, own), steps);
    }

    fn lose_strange(&self, packets: PacketSet, steps: &mut Vec<Step>) {
        let message = format!("{} has no flow for these packets", self.spread.resource.id);
        let because = self
            .spread
            .refuses(ExplanationCode::WhyhopNoSession, message, None);
        steps.push(Step::lose(packets, because));
    }

    /// The way to a client: its endpoint, or out through the interface.
    fn back_to(&self, client: Option<NodeId>) -> LinkId {
        let endpoint = client.and_then(|client| self.endpoints.get(&client));
        endpoint.copied().unwrap_or(self.out)
    }

    fn request(&self, (packets, hidden): (PacketSet, bool), work: &Workspace, steps: &mut Vec<Step>) {
        let id = &self.spread.resource.id;
        let space = &work.space;
        let own = space.to_destinations(packets, &self.addresses);
        self.lose_strange(space.subtract(packets, own), steps);
        if !self.spread.works {
            let because = self
                .spread
                .refuses(ExplanationCode::BadState, format!("{id} is not active"), None);
            steps.push(Step::lose(own, because.at(self.spread.place().field("state"))));
            return;
        }
        if self.spread.kind == LoadBalancerType::Gateway {
            self.take_back(own, work, steps);
            return;
        }
        let mut rest = own;
        for (index, listener) in self.spread.listeners.iter().enumerate() {
            let heard = space.intersect(rest, space.cube(&takes(listener)));
            rest = space.subtract(rest, heard);
            if !heard.is_empty() {
                self.distribute((index, hidden), heard, work, steps);
            }
        }
        let code = match self.spread.kind {
            LoadBalancerType::Classic => ExplanationCode::ElbListenersMismatch,
            _ => ExplanationCode::Elbv2ListenersMismatch,
        };
        let message = format!("no listener of {id} takes these packets");
        let because = self.spread.refuses(code, message, None);
        steps.push(Step::lose(
            rest,
            because.at(self.spread.place().field("listeners")),
        ));
    }

    /// A Gateway Load Balancer takes what its appliances send back in GENEVE, at its own address nothing else (Gateway Load
    /// Balancer guide, "Getting started").
    fn take_back(&self, packets: PacketSet, work: &Workspace, steps: &mut Vec<Step>) {
        let id = &self.spread.resource.id;
        let appliances = self
            .spread
            .targets
            .iter()
            .filter_map(|target| target.address.as_ref());
        let cube = Cube {
            protocols: ProtocolSet::one(Protocol::UDP.0),
            destination_ports: PortSet::one(GENEVE),
            sources: appliances.fold(AddressSet::empty(), |all, one| all.union(one)),
            ..Cube::all()
        };
        let geneve = work.space.intersect(packets, work.space.cube(&cube));
        steps.push(Step::Deliver {
            packets: geneve,
            answered: false,
            because: self.spread.says(
                "GENEVE",
                format!("{id} takes back what an appliance passes"),
                None,
            ),
        });
        let message = format!("{id} takes nothing at its own address but GENEVE from its targets");
        let code = ExplanationCode::Elbv2ListenersMismatch;
        let because = self.spread.refuses(code, message, None);
        steps.push(Step::lose(work.space.subtract(packets, geneve), because));
    }

    /// To the targets of a listener.
    fn distribute(
        &self,
        (listener, hidden): (usize, bool),
        packets: PacketSet,
        work: &Workspace,
        steps: &mut Vec<Step>,
    ) {
        let id = &self.spread.resource.id;
        let described = &self.spread.listeners[listener];
        let port = described.port;
        let function = self
            .spread
            .targets
            .iter()
            .any(|target| target.listener == listener && target.function);
        if described.answers || function {
            let message = format!("{id} answers at port {port} itself");
            let because = self.spread.says("listener", message, Some(listener));
            steps.push(Step::Deliver {
                packets,
                answered: false,
                because,
            });
            return;
        }
        let usable = self.spread.usable(listener);
        if usable.is_empty() {
            steps.push(self.spread.nobody(listener, packets));
            return;
        }
        let mut rest = packets;
        for (index, target) in usable.iter().enumerate().filter(|_| !hidden) {
            let own = self.own_packets(target, rest, work);
            rest = work.space.subtract(rest, own);
            if !own.is_empty() {
                let others: Vec<&Target> = usable[..index]
                    .iter()
                    .chain(&usable[index + 1..])
                    .copied()
                    .collect();
                steps.extend(self.send((listener, hidden), &others, own, work));
            }
        }
        steps.extend(self.send((listener, hidden), &usable, rest, work));
    }

    /// One of the targets takes them. With none to choose from they come from the only target itself.
    fn send(
        &self,
        (listener, hidden): (usize, bool),
        targets: &[&Target],
        packets: PacketSet,
        work: &Workspace,
    ) -> Vec<Step> {
        let planes = [Family::V4, Family::V6].map(|family| (family, work.space.plane(packets, family)));
        let there = planes.into_iter().filter(|(_, packets)| !packets.is_empty());
        there
            .map(|(family, packets)| self.send_family((listener, hidden), targets, (family, packets)))
            .collect()
    }

    fn send_family(
        &self,
        (listener, hidden): (usize, bool),
        targets: &[&Target],
        (family, packets): (Family, PacketSet),
    ) -> Step {
        let id = &self.spread.resource.id;
        let port = self.spread.listeners[listener].port;
        if targets.is_empty() {
            let message = "the target is its own client, and sees its own address as the source".to_owned();
            let code = ExplanationCode::Elbv2SourceAddressPreservation;
            return Step::lose(packets, self.spread.refuses(code, message, Some(listener)));
        }
        if !hidden
            && targets
                .iter()
                .any(|target| target.preserved && target.is_outside())
        {
            let message = format!(
                "{id} keeps the client's address, which AWS does not describe for a target outside of its VPC (`preserve_client_ip`)"
            );
            let code = ExplanationCode::UnknownResource;
            let because = self.spread.refuses(code, message, Some(listener));
            return Step::Unknown { packets, because };
        }
        let passages: Option<Vec<Passage>> = targets
            .iter()
            .map(|target| self.passage(target, hidden, family))
            .collect();
        let Some(picks) = passages.filter(|_| !self.spread.undescribed[listener]) else {
            let message = format!("the model does not describe every target of port {port}");
            let because = self
                .spread
                .refuses(ExplanationCode::UnknownResource, message, Some(listener));
            return Step::Unknown { packets, because };
        };
        let message = format!("{id} sends port {port} to {}", self.spread.names(targets));
        let because = self.spread.says("listener", message, Some(listener));
        Step::Forward {
            packets,
            picks,
            choice: Choice::Working,
            because,
        }
    }

    /// The packets that come from a target itself, its address preserved.
    fn own_packets(&self, target: &Target, packets: PacketSet, work: &Workspace) -> PacketSet {
        match &target.address {
            Some(address) if target.preserved => work.space.from_sources(packets, address),
            _ => PacketSet::EMPTY,
        }
    }

    /// To a target that speaks another family the node turns the packets, from its own address in that family: a client's address is
    /// not preserved then (Network Load Balancer guide, "Client IP preservation").
    fn passage(&self, target: &Target, hidden: bool, family: Family) -> Option<Passage> {
        let whole = target.address.clone()?;
        let same = whole.intersect(&AddressSet::family(family));
        let turned = same.is_empty();
        let rewrite = Rewrite {
            destination: Some(if turned { whole } else { same }),
            destination_ports: target.port.map(PortSet::one),
            ..Rewrite::default()
        };
        let passage = Passage::over(self.out)
            .meant_for(target.node)
            .checked_by(target.check);
        if target.preserved && !hidden && !turned {
            return Some(
                passage
                    .rewriting(rewrite)
                    .vouched_by(self.eni.clone())
                    .recalling(self.entrance),
            );
        }
        let other = match family {
            Family::V4 => Family::V6,
            Family::V6 => Family::V4,
        };
        let spoken = if turned { other } else { family };
        let own = self.addresses.intersect(&AddressSet::family(spoken));
        let rewrite = Rewrite {
            family: turned.then_some(other),
            source: (!own.is_empty()).then_some(own),
            source_ports: Some(PortSet::range(1024, u16::MAX)),
            ..rewrite
        };
        let vpc = self.vpc.clone().filter(|_| rewrite.source.is_some())?;
        Some(passage.rewriting(rewrite).sent_from(vpc).sent_by(self.interface))
    }
}

/// What a listener takes.
fn takes(listener: &Listener) -> Cube {
    let (tcp, udp) = listener.protocol.transports();
    let protocols = [(tcp, Protocol::TCP), (udp, Protocol::UDP)];
    let protocols = protocols
        .into_iter()
        .filter(|(taken, _)| *taken)
        .map(|(_, one)| (one.0, one.0));
    Cube {
        protocols: ProtocolSet::from_ranges(protocols),
        destination_ports: PortSet::one(listener.port),
        ..Cube::all()
    }
}
