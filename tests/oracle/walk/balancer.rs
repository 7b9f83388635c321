//! Load balancers (Elastic Load Balancing guides: "Listeners", "Target groups", client IP preservation). A node takes what a
//! listener is for and hands it to a target; behind an Application or Classic one the target sees the node, behind a Network
//! one that preserves it the client.

use std::net::IpAddr;

use super::super::filters::{Direction, nacl_admits};
use super::super::network::{Balancer, Id};
use super::super::packet::Packet;
use super::{Flight, Translation, Walk, Way};

/// A flow whose target sees the client: its replies go back to the node whatever the routes say.
pub struct Kept {
    target: Id,
    node: Id,
    before: Packet,
    after: Packet,
}

impl Walk<'_> {
    /// What the interface of a node has taken in.
    pub(super) fn balance(&mut self, balancer: &Balancer, node: &str, flight: Flight) -> Way {
        self.unlogged = true;
        let packet = flight.packet;
        let mine = |one: &&Translation| one.nat == node && one.after.reply() == Some(packet);
        if let Some(restored) = self
            .translations
            .iter()
            .find(mine)
            .and_then(|one| one.before.reply())
        {
            return self.leave_node(node, restored);
        }
        if (packet.protocol, packet.destination_port) != balancer.listener {
            return Err(format!("{node} does not listen for {packet}"));
        }
        let Some(target) = self.target(balancer, node, &packet) else {
            return Err(format!("{node} has no target for {packet}"));
        };
        let Some(address) = self.network.enis[&target].primary_v4() else {
            return Err(format!("{target} has no address"));
        };
        let sent = Packet {
            destination: address,
            destination_port: balancer.target_port,
            ..packet
        };
        self.tell(|| format!("{node} hands it to {target}"));
        self.handed.push((node.to_owned(), target.clone()));
        let interface = &self.network.enis[node];
        if balancer.preserves {
            self.kept.push(Kept {
                target,
                node: node.to_owned(),
                before: packet,
                after: sent,
            });
            let flight = Flight {
                packet: sent,
                voucher: Some(node.to_owned()),
                ..flight
            };
            self.groups(node, Direction::Out, &flight)?;
            return self.leave_subnet(&interface.subnet, node, flight);
        }
        let Some(own) = interface.primary_v4() else {
            return Err(format!("{node} has no address"));
        };
        self.send_from_node(balancer, node, own, packet, sent)
    }

    /// A connection of the node's own.
    fn send_from_node(
        &mut self,
        balancer: &Balancer,
        node: &str,
        own: IpAddr,
        before: Packet,
        sent: Packet,
    ) -> Way {
        let after = Packet {
            source: own,
            source_port: self.pick,
            ..sent
        };
        self.translations.push(Translation {
            nat: node.to_owned(),
            before,
            after,
        });
        let flight = Flight {
            packet: after,
            identity: true,
            voucher: None,
        };
        self.groups(node, Direction::Out, &flight)?;
        let subnet = &self.network.enis[node].subnet;
        // ELB_ACL_RESTRICTION: a Classic one meets the ACL of its subnet on the way to a neighbour too.
        let neighbour = self.network.subnets[subnet].contains(after.destination);
        if balancer.classic && neighbour && !nacl_admits(self.network, subnet, Direction::Out, &after) {
            return Err(format!("network ACL of {subnet}, out of {node}"));
        }
        self.leave_subnet(subnet, node, flight)
    }

    /// Among the targets in reach the one that this walk picks; nobody is handed to itself where it would see itself.
    fn target(&self, balancer: &Balancer, node: &str, packet: &Packet) -> Option<Id> {
        let network = self.network;
        let zone = |eni: &str| network.subnets[&network.enis[eni].subnet].zone.as_str();
        let enabled: Vec<&str> = balancer.nodes.iter().map(|node| zone(node)).collect();
        let usable = balancer.targets.iter().filter(|target| {
            (balancer.cross_zone || zone(target) == zone(node))
                && enabled.contains(&zone(target))
                && !(balancer.preserves && network.enis[*target].primary_v4() == Some(packet.source))
        });
        let usable: Vec<&Id> = usable.collect();
        let picked = usable.get(self.target_pick % usable.len().max(1))?;
        Some((*picked).clone())
    }

    /// The reply of a target that saw the client: back to the node, past the route table and not past the ACLs.
    pub(super) fn back_to_node(&mut self, eni: &str, packet: &Packet) -> Option<Way> {
        let mine = |one: &&Kept| one.target == eni && one.after.reply() == Some(*packet);
        let kept = self.kept.iter().find(mine).filter(|_| self.replying)?;
        let (node, restored) = (kept.node.clone(), kept.before.reply()?);
        Some(self.recall(eni, &node, packet, restored))
    }

    fn recall(&mut self, eni: &str, node: &str, packet: &Packet, restored: Packet) -> Way {
        let network = self.network;
        let (from, into) = (&network.enis[eni].subnet, &network.enis[node].subnet);
        self.cross(Some(from), Some(into), packet)?;
        let flight = Flight {
            packet: *packet,
            identity: true,
            voucher: None,
        };
        self.groups(node, Direction::In, &flight)?;
        self.leave_node(node, restored)
    }

    fn leave_node(&mut self, node: &str, packet: Packet) -> Way {
        let flight = Flight {
            packet,
            identity: false,
            voucher: None,
        };
        self.groups(node, Direction::Out, &flight)?;
        self.leave_subnet(&self.network.enis[node].subnet, node, flight)
    }

    /// Whether a host got the packets from the node that was asked.
    pub(super) fn answers_for(&self, node: &str, host: &str) -> bool {
        self.handed.iter().any(|(by, to)| by == node && to == host)
    }
}
