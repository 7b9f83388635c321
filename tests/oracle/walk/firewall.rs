//! Network Firewall (guide, "How Network Firewall processes a firewall policy", "Managing evaluation order for Suricata
//! compatible rules", "Asymmetric routing").

use super::super::network::{Firewall, StatefulRule, Verdict};
use super::super::packet::{ICMP, ICMP6, Packet, TCP, UDP};
use super::{Flight, Walk, Way};

/// A flow that the stateful rules of an endpoint let in.
pub struct Flow {
    endpoint: String,
    first: Packet,
    /// By a pass rule, which lets everything of the flow go.
    released: bool,
}

impl Walk<'_> {
    /// Into the endpoint's subnet, past the rules, and on by the table of that subnet.
    pub(super) fn through_endpoint(&mut self, id: &str, from: Option<&str>, mut flight: Flight) -> Way {
        self.unlogged = true;
        self.hop()?;
        let network = self.network;
        let firewall = network.firewalls.get(id);
        // A Gateway Load Balancer's appliance is taken to pass unchanged what it follows.
        let subnet = firewall.map_or_else(|| &network.inspections[id], |one| &one.subnet);
        self.cross(from, Some(subnet), &flight.packet)?;
        match firewall {
            Some(firewall) => self.inspect(id, firewall, &flight.packet)?,
            None => self.follow(id, &flight.packet)?,
        }
        flight.identity = false;
        flight.voucher = None;
        self.leave_subnet(subnet, id, flight)
    }

    /// Request and reply of a connection pass the same endpoint (VPC guide, "Middlebox routing"; transit gateway guide, "Appliance
    /// scenario").
    fn follow(&mut self, id: &str, packet: &Packet) -> Result<(), String> {
        if packet.protocol != TCP {
            return Ok(());
        }
        if !self.replying {
            self.flows.push(Flow {
                endpoint: id.to_owned(),
                first: *packet,
                released: true,
            });
            return Ok(());
        }
        self.seen_replying.push(id.to_owned());
        let answers = |flow: &Flow| flow.endpoint == id && flow.first.reply() == Some(*packet);
        match self.flows.iter().any(answers) {
            true => Ok(()),
            false => Err(format!("{id} has not seen the connection of {packet} begin")),
        }
    }

    fn inspect(&mut self, id: &str, firewall: &Firewall, packet: &Packet) -> Result<(), String> {
        if self.replying {
            self.seen_replying.push(id.to_owned());
        }
        let mut stateless: Vec<_> = firewall.stateless.iter().collect();
        stateless.sort_by_key(|rule| rule.priority);
        let matches =
            |source: Option<ipnet::IpNet>, address| source.is_none_or(|cidr| cidr.contains(&address));
        let first = stateless.into_iter().find(|rule| {
            rule.traffic.matches(packet)
                && matches(rule.source, packet.source)
                && matches(rule.destination, packet.destination)
        });
        let verdict = first.map_or(firewall.stateless_default, |rule| rule.verdict);
        self.tell(|| format!("{id}, stateless: {verdict:?}"));
        let followed = self
            .flows
            .iter()
            .find(|flow| flow.endpoint == id && flow.first.reply() == Some(*packet))
            .map(|flow| flow.released);
        let tcp = packet.protocol == TCP;
        match (verdict, followed) {
            (Verdict::Drop, _) => Err(format!("{id}: a stateless rule or default drops {packet}")),
            (Verdict::Pass, Some(_)) if tcp => Err(format!("{id} follows a connection and misses {packet}")),
            (Verdict::Pass, _) | (Verdict::Forward, Some(true)) => Ok(()),
            (Verdict::Forward, Some(false)) => match firewall.stateful(packet) {
                Some(false) => Err(format!("{id}: a stateful rule drops the reply {packet}")),
                _ => Ok(()),
            },
            (Verdict::Forward, None) if tcp && self.replying => {
                Err(format!("{id} has not seen the connection of {packet} begin"))
            }
            (Verdict::Forward, None) => {
                let decided = firewall.stateful(packet);
                if decided == Some(false) || decided.is_none() && firewall.drop_strict {
                    return Err(format!("{id}: a stateful rule or default drops {packet}"));
                }
                self.flows.push(Flow {
                    endpoint: id.to_owned(),
                    first: *packet,
                    released: decided == Some(true),
                });
                Ok(())
            }
        }
    }

    /// A connection whose reply goes past an endpoint that saw its request is lost.
    pub(super) fn one_sided(&self) -> Option<String> {
        let followed = self.flows.iter().filter(|flow| flow.first.protocol == TCP);
        let mut missed = followed.filter(|flow| !self.seen_replying.contains(&flow.endpoint));
        let flow = missed.next()?;
        Some(format!("{} does not see the reply", flow.endpoint))
    }
}

impl Firewall {
    /// What a rule says: pass or not; none if no rule does.
    fn stateful(&self, packet: &Packet) -> Option<bool> {
        let mut rules = self.stateful.iter().filter(|rule| rule.matches(packet));
        if self.strict {
            return rules.next().map(|rule| rule.pass);
        }
        // Every pass rule comes before every other.
        let found: Vec<bool> = rules.map(|rule| rule.pass).collect();
        found.iter().copied().max()
    }
}

impl StatefulRule {
    fn matches(&self, packet: &Packet) -> bool {
        self.matches_one_way(packet)
            || self.any_direction
                && self.matches_one_way(&Packet {
                    source: packet.destination,
                    destination: packet.source,
                    source_port: packet.destination_port,
                    destination_port: packet.source_port,
                    ..*packet
                })
    }

    fn matches_one_way(&self, packet: &Packet) -> bool {
        let protocol = match self.protocol {
            "ip" => true,
            "tcp" => packet.protocol == TCP,
            "udp" => packet.protocol == UDP,
            _ => matches!(packet.protocol, ICMP | ICMP6),
        };
        let (low, high) = self.ports;
        let ports = !matches!(self.protocol, "tcp" | "udp")
            || (low <= packet.destination_port && packet.destination_port <= high);
        protocol
            && ports
            && self.source.is_none_or(|cidr| cidr.contains(&packet.source))
            && self
                .destination
                .is_none_or(|cidr| cidr.contains(&packet.destination))
    }
}
