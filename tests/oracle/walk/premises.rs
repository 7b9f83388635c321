//! What leads on premises: virtual private gateways with VPN connections and Direct Connect, and local gateways. Transit
//! gateways have a file of their own. Handed to something that works counts as arrived.

use std::cmp::Reverse;
use std::net::IpAddr;

use ipnet::IpNet;

use super::super::edges::{Line, LineKind, LocalGateway};
use super::super::network::{Destination, Id, Target};
use super::super::packet::Packet;
use super::super::routes::{Choice, choose};
use super::super::simulate::Host;
use super::{Arrival, Flight, Walk, Way};

impl Walk<'_> {
    /// VPN guide, "Route priority"; Reachability Analyzer, `VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS`.
    pub(super) fn leave_by_vpn_gateway(&mut self, vpc: &str, gateway: &str, flight: Flight) -> Way {
        self.hop()?;
        if self.network.vpn_gateways[gateway] != vpc {
            return Err(format!("{gateway} is not attached to {vpc}"));
        }
        if !self.is_of(vpc, flight.packet.source) {
            return Err(format!("{gateway}: nobody in {vpc} has {}", flight.packet.source));
        }
        self.along_vpn_gateway(gateway, false, flight)
    }

    /// The longest prefix; of equal ones Direct Connect before static VPN before BGP over VPN; of those any. What BGP told of a line that
    /// is down is withdrawn where anything else leads; of equal static connections those are used that are up (VPN guide, "Redundant
    /// VPN connections").
    fn along_vpn_gateway(&mut self, gateway: &str, from_premises: bool, flight: Flight) -> Way {
        let destination = flight.packet.destination;
        let mut best: Vec<(Reverse<u8>, u8, Id)> = Vec::new();
        let leads = |line: &Line| longest(line.routes.iter().copied(), destination).is_some();
        let lines = || self.network.lines_of(gateway);
        let elsewhere = lines().any(|(_, line)| line.stands() && line.carries(destination) && leads(line));
        for (id, line) in self.network.lines_of(gateway) {
            if !line.carries(destination) || elsewhere && !line.stands() {
                continue;
            }
            let class = match line.kind {
                LineKind::DirectConnect => 0,
                LineKind::StaticVpn => 1,
                _ => 2,
            };
            if let Some(length) = longest(line.routes.iter().copied(), destination) {
                best.push((Reverse(length), class, id.to_owned()));
            }
        }
        best.sort();
        let Some((length, class, _)) = best.first().cloned() else {
            return Err(format!("{gateway} knows nobody who has {destination}"));
        };
        best.retain(|(other, of, _)| *other == length && *of == class);
        let up = |id: &Id| self.network.lines[id].up;
        if best.iter().any(|(.., id)| up(id)) {
            best.retain(|(.., id)| up(id));
        }
        let (.., line) = best.swap_remove(self.choose(gateway, best.len()));
        // VPN guide, "VPN CloudHub": without what is behind a Direct Connect gateway.
        if from_premises && self.network.lines[&line].allowed.is_some() {
            return Err(format!("{gateway} leads nobody on premises to {line}"));
        }
        self.hand_over(&line, flight)
    }

    /// Into a VPN tunnel or virtual interface, and out of it on premises.
    pub(super) fn hand_over(&mut self, id: &str, flight: Flight) -> Way {
        let packet = flight.packet;
        let line = &self.network.lines[id];
        carry(id, line, packet.destination, packet.source)?;
        self.tell(|| format!("{id} carries it on premises"));
        Ok(self.out_on_premises(id, packet))
    }

    fn out_on_premises(&mut self, id: &str, packet: Packet) -> Arrival {
        self.by_line.push((packet, id.to_owned()));
        Arrival {
            host: Host::Premises(packet.destination),
            packet,
        }
    }

    /// An answer goes by what brought its question. All else by what announces the longest prefix of the destination, among
    /// what the sender is behind.
    pub(super) fn leave_premises(&mut self, flight: Flight) -> Way {
        self.hop()?;
        let network = self.network;
        let packet = flight.packet;
        let mine = |(first, _): &&(Packet, Id)| first.reply() == Some(packet);
        if let Some((_, id)) = self.by_line.iter().rev().find(mine) {
            return self.enter_by(&id.clone(), flight);
        }
        let mut doors: Vec<(u8, Id)> = Vec::new();
        // What is down says nothing to anybody. That a Connect peer is down is seen later.
        let heard = |line: &Line| line.up || line.kind == LineKind::Connect;
        for (id, line) in network.lines.iter().filter(|(_, line)| heard(line)) {
            let known = self.behind(line).into_iter().chain(self.led_to(&line.gateway));
            let behind = longest(known, packet.source).is_some();
            let length = longest(self.announced(id, line), packet.destination);
            doors.extend(length.filter(|_| behind).map(|length| (length, id.clone())));
        }
        for (id, local) in &network.local_gateways {
            let known = local.routes.iter().copied().chain(self.led_to(id));
            let behind = longest(known, packet.source).is_some();
            let length = longest(self.announced_locally(local), packet.destination);
            doors.extend(length.filter(|_| behind).map(|length| (length, id.clone())));
        }
        let Some(most) = doors.iter().map(|(length, _)| *length).max() else {
            return Err(format!(
                "nothing leads from {} to {}",
                packet.source, packet.destination
            ));
        };
        doors.retain(|(length, _)| *length == most);
        let (_, id) = doors.swap_remove(self.choose("premises", doors.len()));
        self.by_line.push((packet, id.clone()));
        self.enter_by(&id, flight)
    }

    /// The sources that a line is known to have.
    fn behind(&self, line: &Line) -> Vec<IpNet> {
        let mut found = line.routes.clone();
        if let Some(attachment) = &line.attachment {
            let tables = self.network.transit_tables.values();
            let routes = tables.flat_map(|table| &table.routes);
            let leading = routes.filter(|(_, to)| to.as_deref() == Some(attachment.id.as_str()));
            found.extend(leading.map(|(cidr, _)| *cidr));
        }
        found
    }

    /// Where a VPC's routes lead to a gateway there may be somebody, whether the gateway knows or not.
    fn led_to(&self, gateway: &str) -> Vec<IpNet> {
        let routes = self.network.tables.values().flat_map(|table| &table.routes);
        let leading = routes.filter(|route| match &route.target {
            Target::VpnGateway(id) | Target::LocalGateway(id) => id == gateway,
            _ => false,
        });
        let cidrs = leading.filter_map(|route| match route.destination {
            Destination::Cidr(cidr) => Some(cidr),
            Destination::List(_) => None,
        });
        cidrs.collect()
    }

    /// What the customer's router hears over a line: of a virtual private gateway its VPC's CIDRs and, unless it is behind a Direct
    /// Connect gateway, what the others lead to; of a Direct Connect gateway what it may announce (Direct Connect guide, "Allowed prefixes
    /// interactions"); of a transit gateway the routes of the table (transit gateway guide, "Route tables").
    fn announced(&self, id: &str, line: &Line) -> Vec<IpNet> {
        let network = self.network;
        let cidrs = match (&line.attachment, &line.allowed) {
            (Some(_), Some(allowed)) => allowed.clone(),
            (Some(attachment), None) => match &attachment.table {
                Some(table) => self.transit_prefixes(table, &attachment.id),
                None => Vec::new(),
            },
            (None, allowed) => {
                let vpc = &network.vpn_gateways[&line.gateway];
                let mut cidrs = network.vpcs[vpc].cidrs.clone();
                cidrs.retain(|cidr| may_announce(allowed.as_deref(), cidr));
                if allowed.is_none() {
                    let others = network.lines_of(&line.gateway);
                    let others = others.filter(|(other, of)| *other != id && of.allowed.is_none());
                    cidrs.extend(others.flat_map(|(_, of)| of.routes.clone()));
                }
                cidrs
            }
        };
        cidrs
            .into_iter()
            .filter(|cidr| line.carries(cidr.addr()))
            .collect()
    }

    fn announced_locally(&self, local: &LocalGateway) -> Vec<IpNet> {
        match &local.customer_owned {
            Some(pairs) => pairs.values().map(|one| IpNet::from(IpAddr::V4(*one))).collect(),
            None => {
                let cidrs = self.network.vpcs[&local.vpc].cidrs.iter();
                cidrs.copied().filter(|cidr| cidr.addr().is_ipv4()).collect()
            }
        }
    }

    fn enter_by(&mut self, id: &str, flight: Flight) -> Way {
        let network = self.network;
        if let Some(local) = network.local_gateways.get(id) {
            return self.enter_by_local_gateway(id, local, flight);
        }
        let line = &network.lines[id];
        let packet = flight.packet;
        carry(id, line, packet.source, packet.destination)?;
        if line.attachment.is_some() {
            if let Some(allowed) = &line.allowed
                && longest(allowed.iter().copied(), packet.destination).is_none()
            {
                return Err(format!("{id}: {} is not announced", packet.destination));
            }
            return self.transit_from_line(line, flight);
        }
        let vpc = network.vpn_gateways[&line.gateway].clone();
        let cidrs = network.vpcs[&vpc].cidrs.iter();
        let mut announced = cidrs.filter(|cidr| may_announce(line.allowed.as_deref(), cidr));
        if !network.vpcs[&vpc].contains(packet.destination) && line.allowed.is_none() {
            self.tell(|| format!("{} is a hub", line.gateway));
            return self.along_vpn_gateway(&line.gateway, true, flight);
        }
        if !announced.any(|cidr| cidr.contains(&packet.destination)) {
            return Err(format!("{id}: {} is not announced", packet.destination));
        }
        self.enter_by_vpn_gateway(&vpc, &line.gateway, flight)
    }

    /// VPC guide, "Gateway route tables": an interface takes it on, an endpoint loses it.
    fn enter_by_vpn_gateway(&mut self, vpc: &str, gateway: &str, flight: Flight) -> Way {
        let table = self.network.edge_table_of(gateway);
        match choose(self.network, vpc, table, flight.packet.destination) {
            Choice::Via(Target::Local) => self.deliver(vpc, None, flight),
            Choice::Via(Target::Eni(eni)) => self.hand_to_appliance(&eni, None, flight),
            other => Err(format!("{gateway}: {other:?}")),
        }
    }

    /// Outposts guide, "Local gateways": IPv4; by its own address, or by the customer-owned one that stands for it.
    pub(super) fn leave_by_local_gateway(&mut self, vpc: &str, id: &str, mut flight: Flight) -> Way {
        self.hop()?;
        let network = self.network;
        let local = &network.local_gateways[id];
        let destination = flight.packet.destination;
        if local.vpc != vpc || longest(local.routes.iter().copied(), destination).is_none() {
            return Err(format!("{id} does not lead from {vpc} to {destination}"));
        }
        let source = flight.packet.source;
        if let Some(pairs) = &local.customer_owned {
            let mut owned = pairs.iter().filter(|(eni, _)| {
                network.enis[*eni].primary_v4() == Some(source) && network.vpc_of_eni(eni) == vpc
            });
            let Some((_, own)) = owned.next() else {
                return Err(format!("{id}: {source} has no customer-owned address"));
            };
            flight.packet.source = IpAddr::V4(*own);
        } else if !self.is_of(vpc, source) {
            return Err(format!("{id}: nobody in {vpc} has {source}"));
        }
        self.tell(|| format!("{source} leaves by {id} as {}", flight.packet.source));
        Ok(self.out_on_premises(id, flight.packet))
    }

    fn enter_by_local_gateway(&mut self, id: &str, local: &LocalGateway, mut flight: Flight) -> Way {
        if let Some(pairs) = &local.customer_owned {
            let destination = flight.packet.destination;
            let mut owned = pairs.iter().filter(|(_, own)| IpAddr::V4(**own) == destination);
            let private = owned
                .next()
                .and_then(|(eni, _)| self.network.enis[eni].primary_v4());
            let Some(private) = private else {
                return Err(format!("{id}: nobody has {destination}"));
            };
            flight.packet.destination = private;
        }
        self.deliver(&local.vpc, None, flight)
    }
}

/// Whether the tunnels or the BGP session are up and carry what is between these two addresses.
fn carry(id: &str, line: &Line, theirs: IpAddr, ours: IpAddr) -> Result<(), String> {
    let [of_theirs, of_ours] = line.selectors;
    if !line.up {
        return Err(format!("{id} is down"));
    }
    if !line.carries(theirs) {
        return Err(format!("{id} does not carry this family"));
    }
    if of_theirs.is_some_and(|cidr| !cidr.contains(&theirs))
        || of_ours.is_some_and(|cidr| !cidr.contains(&ours))
    {
        return Err(format!("the traffic selectors of {id}"));
    }
    Ok(())
}

/// A Direct Connect gateway announces the CIDR of a VPC if an allowed prefix is as wide or wider.
fn may_announce(allowed: Option<&[IpNet]>, cidr: &IpNet) -> bool {
    allowed.is_none_or(|allowed| allowed.iter().any(|wide| wide.contains(cidr)))
}

/// The length of the longest prefix that has the address.
fn longest(prefixes: impl IntoIterator<Item = IpNet>, address: IpAddr) -> Option<u8> {
    let fitting = prefixes.into_iter().filter(|cidr| cidr.contains(&address));
    fitting.map(|cidr| cidr.prefix_len()).max()
}
