//! Transit gateways (transit gateway guide, "How transit gateways work", "Network ACLs", "Appliance in a shared services VPC").

use std::cmp::Reverse;
use std::net::IpAddr;

use super::super::filters::{Direction, nacl_admits};
use super::super::network::{Attachment, Network};
use super::{Flight, Walk, Way};

impl Walk<'_> {
    /// Into the transit gateway by the interface in the sender's zone, along the table of the attachment, and out by an
    /// interface of the other one, whose subnet's table goes on.
    pub(super) fn across_transit(&mut self, gateway: &str, subnet: &str, mut flight: Flight) -> Way {
        self.hop()?;
        let network = self.network;
        let vpc = network.vpc_of_subnet(subnet);
        let Some((id, inwards)) = network.attachment_of(gateway, vpc) else {
            return Err(format!("{vpc} is not attached to {gateway}"));
        };
        let zone = &network.subnets[subnet].zone;
        let Some(port) = inwards
            .subnets
            .iter()
            .find(|port| network.subnets[*port].zone == *zone)
        else {
            return Err(format!("{id} has no subnet in {zone}"));
        };
        // Both rules are asked, even where the interface is in the sender's own subnet.
        for (subnet, way) in [(subnet, Direction::Out), (port.as_str(), Direction::In)] {
            if !nacl_admits(network, subnet, way, &flight.packet) {
                return Err(format!(
                    "network ACL of {subnet}, {way:?}, on the way into {gateway}"
                ));
            }
        }
        if !inwards.available {
            return Err(format!("{id} is not available"));
        }
        let Some(table) = &inwards.table else {
            return Err(format!("{id} is associated with no table"));
        };
        let destination = flight.packet.destination;
        let Some(out) = transit_route(network, table, destination) else {
            return Err(format!("{table} has no way to {destination}"));
        };
        let outwards = &network.attachments[&out];
        if !outwards.available {
            return Err(format!("{out} is not available"));
        }
        flight.identity &= network.transit_gateways[gateway] && inwards.referencing && outwards.referencing;
        let exit = self.exit(outwards, zone);
        self.tell(|| format!("{gateway}: by {id} and {table} to {out}, out at {exit}"));
        self.leave_subnet(&exit, &out, flight)
    }

    /// The zone that the packet came from, if the attachment is there; else AWS picks.
    fn exit(&self, attachment: &Attachment, zone: &str) -> String {
        let ports = &attachment.subnets;
        let same = ports.iter().find(|port| self.network.subnets[*port].zone == zone);
        let pick = self.zone_picks[usize::from(self.replying)];
        same.unwrap_or(&ports[pick % ports.len()]).clone()
    }
}

/// The attachment that a table leads to: the longest prefix, written before propagated. None where there is none, or where it
/// is a blackhole.
fn transit_route(network: &Network, table: &str, destination: IpAddr) -> Option<String> {
    let written = network.transit_tables[table].routes.iter();
    let written = written.map(|(cidr, attachment)| (*cidr, 0, attachment.clone()));
    let learned = network
        .attachments
        .iter()
        .filter(|(_, one)| one.propagates_to.iter().any(|to| to == table));
    let learned = learned.flat_map(|(id, one)| {
        let cidrs = network.vpcs[&one.vpc].cidrs.iter();
        cidrs
            .filter(|cidr| one.ipv6 || cidr.addr().is_ipv4())
            .map(move |cidr| (*cidr, 1, Some(id.clone())))
    });
    let fitting = written
        .chain(learned)
        .filter(|(cidr, ..)| cidr.contains(&destination));
    let best = fitting.max_by_key(|(cidr, rank, _)| (cidr.prefix_len(), Reverse(*rank)));
    best.and_then(|(_, _, attachment)| attachment)
}
