//! Transit gateways (transit gateway guide, "How transit gateways work", "Network ACLs", "Appliance in a shared services VPC").

use std::cmp::Reverse;
use std::net::IpAddr;

use ipnet::IpNet;

use super::super::edges::{Line, LineAttachment, LineKind};
use super::super::filters::{Direction, nacl_admits};
use super::super::network::{Attachment, Id, Network};
use super::{Flight, Walk, Way};

impl Walk<'_> {
    /// Into the transit gateway by the interface in the sender's zone, along the table of the attachment, and out by an
    /// interface of the other one, whose subnet's table goes on.
    pub(super) fn across_transit(&mut self, gateway: &str, subnet: &str, mut flight: Flight) -> Way {
        self.hop()?;
        let network = self.network;
        let vpc = network.vpc_of_subnet(subnet);
        let Some((id, inwards)) = network.attachment_of(gateway, vpc) else {
            self.unlogged = true;
            return Err(format!("{vpc} is not attached to {gateway}"));
        };
        let zone = &network.subnets[subnet].zone;
        let Some(port) = inwards
            .subnets
            .iter()
            .find(|port| network.subnets[*port].zone == *zone)
        else {
            self.unlogged = true;
            return Err(format!("{id} has no subnet in {zone}"));
        };
        // Both rules are asked, even where the interface is in the sender's own subnet.
        for (subnet, way) in [(subnet, Direction::Out), (port.as_str(), Direction::In)] {
            if !nacl_admits(network, subnet, way, &flight.packet) {
                self.denied(way);
                return Err(format!(
                    "network ACL of {subnet}, {way:?}, on the way into {gateway}"
                ));
            }
        }
        flight.identity &= inwards.referencing;
        let came = (inwards.available, inwards.table.as_deref());
        self.route_in_transit(gateway, id, came, Some(zone), flight)
    }

    /// What comes in over something that leads on premises has no zone.
    pub(super) fn transit_from_line(&mut self, line: &Line, flight: Flight) -> Way {
        self.hop()?;
        let Some(attachment) = &line.attachment else {
            return Err("no attachment".to_owned());
        };
        let came = (self.carries_connect(attachment), attachment.table.as_deref());
        self.route_in_transit(&line.gateway, &attachment.id, came, None, flight)
    }

    /// A Connect attachment works while the one that carries it does.
    fn carries_connect(&self, attachment: &LineAttachment) -> bool {
        let carrier = attachment.carrier.as_ref();
        carrier.is_none_or(|id| self.network.attachments[id].available)
    }

    fn route_in_transit(
        &mut self,
        gateway: &str,
        id: &str,
        (available, table): (bool, Option<&str>),
        zone: Option<&str>,
        mut flight: Flight,
    ) -> Way {
        let network = self.network;
        if !available {
            return Err(format!("{id} is not available"));
        }
        let Some(table) = table else {
            return Err(format!("{id} is associated with no table"));
        };
        let destination = flight.packet.destination;
        let mut ways = transit_routes(network, table, destination);
        if ways.is_empty() {
            return Err(format!("{table} has no way to {destination}"));
        }
        let way = ways.swap_remove(self.choose(table, ways.len()));
        let Some(out) = way else {
            return Err(format!("{table} loses what is for {destination}"));
        };
        if let Some((line, described)) = network.line_of_attachment(&out) {
            let works = described
                .attachment
                .as_ref()
                .is_none_or(|one| self.carries_connect(one));
            self.tell(|| format!("{gateway}: by {id} and {table} to {out}"));
            return match works {
                true => self.hand_over(line, flight),
                false => Err(format!("what carries {out} does not work")),
            };
        }
        if let Some(peering) = network.transit_peerings.get(&out) {
            // Groups are not known across a peering, and what comes from it has no zone.
            flight.identity = false;
            let Some((far, table)) = peering.far_side(gateway) else {
                return Err(format!("{out} is no peering of {gateway}"));
            };
            self.hop()?;
            self.tell(|| format!("{gateway}: by {id} to {far}"));
            let came = (peering.available, Some(table.as_str()));
            return self.route_in_transit(far, &out, came, None, flight);
        }
        let outwards = &network.attachments[&out];
        if !outwards.available {
            return Err(format!("{out} is not available"));
        }
        flight.identity &= network.transit_gateways[gateway] && outwards.referencing;
        let exit = self.exit(outwards, zone);
        self.tell(|| format!("{gateway}: by {id} and {table} to {out}, out at {exit}"));
        self.leave_subnet(&exit, &out, flight)
    }

    /// The zone that the packet came from, if the attachment is there; else AWS picks.
    fn exit(&mut self, attachment: &Attachment, zone: Option<&str>) -> String {
        let network = self.network;
        let ports = &attachment.subnets;
        let same = ports
            .iter()
            .find(|port| Some(network.subnets[*port].zone.as_str()) == zone);
        match same {
            Some(port) => port.clone(),
            None => ports[self.choose(&attachment.vpc, ports.len())].clone(),
        }
    }

    /// The prefixes that a table leads somewhere, without those that this attachment told it.
    pub(super) fn transit_prefixes(&self, table: &str, attachment: &str) -> Vec<IpNet> {
        let routes = all_routes(self.network, table).into_iter();
        let elsewhere = routes.filter(|(_, rank, to)| {
            let own = *rank > 0 && to.as_deref() == Some(attachment);
            to.is_some() && !own
        });
        elsewhere.map(|(cidr, ..)| cidr).collect()
    }
}

/// Where a table leads: the longest prefix, written before propagated; of propagated ones a VPC's before Direct Connect's
/// before Connect's before a VPN's, and equal ones share the load. None in the list is a blackhole.
fn transit_routes(network: &Network, table: &str, destination: IpAddr) -> Vec<Option<Id>> {
    let mut fitting = all_routes(network, table);
    fitting.retain(|(cidr, ..)| cidr.contains(&destination));
    // What BGP told of a line that is down is withdrawn where anything else leads.
    let withdrawn = |(_, rank, to): &(IpNet, u8, Option<Id>)| {
        let line = to.as_ref().and_then(|to| network.line_of_attachment(to));
        *rank > 0 && line.is_some_and(|(_, line)| !line.stands())
    };
    if !fitting.iter().all(withdrawn) {
        fitting.retain(|one| !withdrawn(one));
    }
    let rank = |(cidr, rank, _): &(IpNet, u8, Option<Id>)| (Reverse(cidr.prefix_len()), *rank);
    let Some(best) = fitting.iter().map(rank).min() else {
        return Vec::new();
    };
    fitting.retain(|one| rank(one) == best);
    fitting.into_iter().map(|(.., to)| to).collect()
}

fn all_routes(network: &Network, table: &str) -> Vec<(IpNet, u8, Option<Id>)> {
    let written = network.transit_tables[table].routes.iter();
    let mut all: Vec<_> = written.map(|(cidr, to)| (*cidr, 0, to.clone())).collect();
    for (id, one) in &network.attachments {
        if !one.propagates_to.iter().any(|to| to == table) {
            continue;
        }
        let cidrs = network.vpcs[&one.vpc].cidrs.iter();
        let told = cidrs.filter(|cidr| one.ipv6 || cidr.addr().is_ipv4());
        all.extend(told.map(|cidr| (*cidr, 1, Some(id.clone()))));
    }
    for line in network.lines.values() {
        let Some(attachment) = &line.attachment else {
            continue;
        };
        if !attachment.propagates_to.iter().any(|to| to == table) {
            continue;
        }
        let rank = match line.kind {
            LineKind::DirectConnect => 2,
            LineKind::Connect => 3,
            LineKind::Vpn | LineKind::StaticVpn => 4,
        };
        let told = line.routes.iter().filter(|cidr| line.carries(cidr.addr()));
        all.extend(told.map(|cidr| (*cidr, rank, Some(attachment.id.clone()))));
    }
    all
}
