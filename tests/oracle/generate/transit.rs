//! Random transit gateways and firewalls, put into a network that is complete without them.

use ipnet::IpNet;

use super::super::network::{
    Attachment, Destination, Firewall, Id, Route, RouteTable, StatefulRule, StatelessRule, Target, Traffic,
    TransitPeering, TransitTable, Verdict,
};
use super::super::packet::{TCP, UDP};
use super::{Builder, v4, v6};

const GATEWAY: &str = "tgw-1";
const PEER: &str = "tgw-2";
const PORTS: [(u16, u16); 5] = [(22, 22), (443, 443), (53, 53), (1024, 65535), (0, 65535)];

impl Builder {
    pub(super) fn zones(&mut self) {
        for id in self.network.subnets.keys().cloned().collect::<Vec<_>>() {
            let zone = *self.random.pick(&["a", "b"]);
            if let Some(subnet) = self.network.subnets.get_mut(&id) {
                zone.clone_into(&mut subnet.zone);
            }
        }
    }

    pub(super) fn transit(&mut self) {
        if self.network.vpcs.len() < 2 || !self.random.chance(75) {
            return;
        }
        let referencing = self.random.chance(60);
        self.network
            .transit_gateways
            .insert(GATEWAY.to_owned(), referencing);
        for number in 1..=1 + self.random.below(2) {
            self.transit_table(&format!("table-{number}"), GATEWAY);
        }
        let region = self.network.vpcs["vpc-1"].region.clone();
        for vpc in self.network.vpcs.keys().cloned().collect::<Vec<_>>() {
            // A transit gateway is of one Region, and so are the VPCs on it.
            let near = self.network.vpcs[&vpc].region == region;
            if near && !self.has_twin(&vpc) && self.random.chance(88) {
                self.attach(GATEWAY, &vpc);
            }
        }
        self.transit_routes();
        for id in self.network.tables.keys().cloned().collect::<Vec<_>>() {
            self.lead_to_transit(&id);
        }
    }

    fn transit_table(&mut self, id: &str, gateway: &str) {
        let table = TransitTable {
            gateway: gateway.to_owned(),
            routes: Vec::new(),
        };
        self.network.transit_tables.insert(id.to_owned(), table);
    }

    /// A second transit gateway for a VPC that the first does not have, and a peering of the two. Each learns nothing of the other, so
    /// routes are written on both sides (transit gateway guide, "Peering attachments").
    pub(super) fn transit_peering(&mut self) {
        let left_out = |vpc: &Id| !self.attached(vpc) && !self.has_twin(vpc);
        let far = self.network.vpcs.keys().find(|vpc| left_out(vpc)).cloned();
        let (Some(far), false) = (far, self.network.attachments.is_empty()) else {
            return;
        };
        let referencing = self.random.chance(60);
        self.network.transit_gateways.insert(PEER.to_owned(), referencing);
        self.transit_table("table-9", PEER);
        let near: Vec<Id> = self
            .network
            .attachments
            .values()
            .map(|one| one.vpc.clone())
            .collect();
        self.attach(PEER, &far);
        let mut tables: Vec<Id> = self.network.transit_tables.keys().cloned().collect();
        tables.retain(|id| self.network.transit_tables[id].gateway == GATEWAY);
        let peering = TransitPeering {
            ends: [
                (GATEWAY.to_owned(), self.random.pick(&tables).clone()),
                (PEER.to_owned(), "table-9".to_owned()),
            ],
            available: self.random.chance(93),
        };
        self.network
            .transit_peerings
            .insert("attach-peer".to_owned(), peering);
        for table in tables {
            self.lead_to_peer(&table, std::slice::from_ref(&far));
        }
        self.lead_to_peer("table-9", &near);
        for vpc in &near {
            self.lead_by(GATEWAY, vpc, std::slice::from_ref(&far));
        }
        self.lead_by(PEER, &far, &near);
    }

    fn lead_to_peer(&mut self, table: &str, vpcs: &[Id]) {
        for vpc in vpcs {
            for cidr in self.network.vpcs[vpc].cidrs.clone() {
                let wanted = self.random.chance(85);
                if let Some(table) = self.network.transit_tables.get_mut(table)
                    && wanted
                    && table.routes.iter().all(|(other, _)| *other != cidr)
                {
                    table.routes.push((cidr, Some("attach-peer".to_owned())));
                }
            }
        }
    }

    /// Routes of a VPC to others, by a transit gateway.
    fn lead_by(&mut self, gateway: &str, vpc: &str, others: &[Id]) {
        let own = self.network.vpcs[vpc].cidrs.clone();
        let others = others
            .iter()
            .flat_map(|other| self.network.vpcs[other].cidrs.clone());
        let destinations: Vec<IpNet> = others
            .filter(|cidr| !own.iter().any(|whole| whole.contains(cidr)))
            .collect();
        for id in self.network.tables.keys().cloned().collect::<Vec<_>>() {
            let Some(mut table) = self.network.tables.remove(&id) else {
                continue;
            };
            if table.vpc == vpc && table.gateway.is_none() {
                for cidr in &destinations {
                    if self.random.chance(80) {
                        self.add(&mut table, *cidr, Some(Target::Transit(gateway.to_owned())));
                    }
                }
            }
            self.network.tables.insert(id, table);
        }
    }

    fn attach(&mut self, gateway: &str, vpc: &str) {
        let all = self.subnets_of(vpc);
        let mut subnets = vec![self.random.pick(&all).clone()];
        let second = self.random.pick(&all).clone();
        if self.network.subnets[&second].zone != self.network.subnets[&subnets[0]].zone {
            subnets.push(second);
        }
        let mut tables: Vec<Id> = self.network.transit_tables.keys().cloned().collect();
        tables.retain(|id| self.network.transit_tables[id].gateway == gateway);
        let table = self.random.chance(94).then(|| self.random.pick(&tables).clone());
        let propagates_to = tables
            .iter()
            .filter(|_| self.random.chance(80))
            .cloned()
            .collect();
        let attachment = Attachment {
            gateway: gateway.to_owned(),
            vpc: vpc.to_owned(),
            subnets,
            table,
            propagates_to,
            available: self.random.chance(95),
            referencing: self.random.chance(85),
            ipv6: self.random.chance(50),
        };
        self.network
            .attachments
            .insert(format!("attach-{}", &vpc[4..]), attachment);
    }

    fn transit_routes(&mut self) {
        let attachments: Vec<Id> = self.network.attachments.keys().cloned().collect();
        if attachments.is_empty() {
            return;
        }
        let subnets: Vec<IpNet> = self
            .network
            .subnets
            .values()
            .map(|subnet| subnet.cidrs[0])
            .collect();
        for id in self.network.transit_tables.keys().cloned().collect::<Vec<_>>() {
            let mut routes: Vec<(IpNet, Option<Id>)> = Vec::new();
            for _ in 0..self.random.below(4) {
                let cidr = match self.random.below(3) {
                    0 => v4([0, 0, 0, 0], 0),
                    1 => v4([10, 0, 0, 0], 8),
                    _ => *self.random.pick(&subnets),
                };
                let attachment = self.random.pick(&attachments).clone();
                let attachment = self.random.chance(85).then_some(attachment);
                if routes.iter().all(|(other, _)| *other != cidr) {
                    routes.push((cidr, attachment));
                }
            }
            if let Some(table) = self.network.transit_tables.get_mut(&id) {
                table.routes = routes;
            }
        }
    }

    fn attached(&self, vpc: &str) -> bool {
        self.network.attachments.values().any(|one| one.vpc == vpc)
    }

    /// Routes of a VPC to the others; nothing inside its own CIDRs, which AWS would refuse.
    fn lead_to_transit(&mut self, id: &str) {
        let Some(mut table) = self.network.tables.remove(id) else {
            return;
        };
        let vpc = table.vpc.clone();
        if self.attached(&vpc) && table.gateway.is_none() {
            let own = self.network.vpcs[&vpc].cidrs.clone();
            let mut destinations: Vec<IpNet> = Vec::new();
            for (other, described) in &self.network.vpcs {
                if *other != vpc && self.attached(other) {
                    destinations.extend(&described.cidrs);
                }
            }
            destinations.push(v4([0, 0, 0, 0], 0));
            destinations.push(v6([0, 0, 0, 0], 0));
            for cidr in destinations {
                let inside = own.iter().any(|whole| whole.contains(&cidr));
                let share = if cidr.prefix_len() == 0 { 25 } else { 75 };
                if !inside && self.random.chance(share) {
                    self.add(&mut table, cidr, Some(Target::Transit(GATEWAY.to_owned())));
                }
            }
        }
        self.network.tables.insert(id.to_owned(), table);
    }

    pub(super) fn firewalls(&mut self) {
        for vpc in self.network.vpcs.keys().cloned().collect::<Vec<_>>() {
            let subnets = self.subnets_of(&vpc);
            if subnets.len() < 2 || !self.random.chance(50) {
                continue;
            }
            let count = 1 + self.random.below(2);
            for number in 1..=count {
                let subnet = self.random.pick(&subnets).clone();
                let firewall = self.firewall(&subnet);
                let id = format!("vpce-{}-{number}", &vpc[4..]);
                self.network.firewalls.insert(id.clone(), firewall);
                self.lead_through(&vpc, &id, &subnet);
            }
        }
    }

    fn firewall(&mut self, subnet: &str) -> Firewall {
        let strict = self.random.chance(50);
        let mut priorities = vec![1, 2, 3];
        let stateless = (0..self.random.below(3)).map(|_| {
            let at = self.random.below(priorities.len());
            let protocol = *self.random.pick(&[None, Some(TCP), Some(UDP), Some(1)]);
            StatelessRule {
                priority: priorities.remove(at),
                verdict: *self
                    .random
                    .pick(&[Verdict::Pass, Verdict::Drop, Verdict::Forward]),
                traffic: Traffic {
                    protocol,
                    ports: match protocol {
                        Some(TCP | UDP) => vec![*self.random.pick(&PORTS)],
                        _ => Vec::new(),
                    },
                    icmp: None,
                },
                source: self.some_addresses(),
                destination: self.some_addresses(),
            }
        });
        let stateless = stateless.collect();
        let rules = self.random.below(5);
        let stateful = (0..rules).map(|_| self.stateful_rule()).collect();
        Firewall {
            subnet: subnet.to_owned(),
            stateless,
            stateless_default: [Verdict::Forward, Verdict::Pass, Verdict::Drop]
                [self.random.weighted(&[75, 15, 10])],
            strict,
            drop_strict: strict && self.random.chance(50),
            stateful,
        }
    }

    fn stateful_rule(&mut self) -> StatefulRule {
        let protocol = *self.random.pick(&["ip", "tcp", "tcp", "udp", "icmp"]);
        StatefulRule {
            pass: self.random.chance(65),
            protocol,
            ports: match protocol {
                "tcp" | "udp" => *self.random.pick(&PORTS),
                _ => (0, 65535),
            },
            source: self.some_addresses(),
            destination: self.some_addresses(),
            any_direction: self.random.chance(20),
        }
    }

    fn some_addresses(&mut self) -> Option<IpNet> {
        let subnets: Vec<IpNet> = self
            .network
            .subnets
            .values()
            .flat_map(|subnet| subnet.cidrs.clone())
            .collect();
        self.random.chance(40).then(|| *self.random.pick(&subnets))
    }

    /// Subnets out through an endpoint, or from one to another; mostly in both directions.
    pub(super) fn lead_through(&mut self, vpc: &str, id: &str, own: &str) {
        let own_table = self.network.subnets[own].table.clone();
        let others: Vec<Id> = self
            .subnets_of(vpc)
            .into_iter()
            .filter(|subnet| subnet != own)
            .collect();
        let endpoint = Target::Endpoint(id.to_owned());
        for subnet in &others {
            let table = self.network.subnets[subnet].table.clone();
            if table.is_none() || table == own_table {
                continue;
            }
            if self.random.chance(50) {
                self.divert(table.as_deref(), &endpoint);
            }
            if self.random.chance(50) {
                let to = self.random.pick(&others).clone();
                let back = self.network.subnets[&to].table.clone();
                if to != *subnet && back.is_some() && back != own_table {
                    self.redirect(subnet, &to, &endpoint);
                    if self.random.chance(80) {
                        self.redirect(&to, subnet, &endpoint);
                    }
                }
            }
            if self.random.chance(45) {
                self.enter_through(vpc, subnet, &endpoint);
            }
        }
    }

    /// Gives the default route of a table another target.
    fn divert(&mut self, table: Option<&str>, target: &Target) {
        let table = table.and_then(|id| self.network.tables.get_mut(id));
        let Some(table) = table else { return };
        for route in &mut table.routes {
            let default = matches!(&route.destination, Destination::Cidr(cidr) if cidr.prefix_len() == 0);
            if default && !route.propagated && !matches!(route.target, Target::EgressOnly(_)) {
                route.target = target.clone();
            }
        }
    }

    /// What comes in from the internet for a subnet goes through the endpoint first.
    fn enter_through(&mut self, vpc: &str, subnet: &str, target: &Target) {
        let Some(gateway) = self.network.internet_gateway_of(vpc).map(str::to_owned) else {
            return;
        };
        let id = format!("rtb-{}-edge", &vpc[4..]);
        let cidrs = self.network.subnets[subnet].cidrs.clone();
        let table = self.network.tables.entry(id).or_insert(RouteTable {
            vpc: vpc.to_owned(),
            main: false,
            gateway: Some(gateway),
            learns: false,
            routes: Vec::new(),
        });
        for cidr in cidrs {
            let destination = Destination::Cidr(cidr);
            if table.routes.iter().all(|route| route.destination != destination) {
                table.routes.push(Route {
                    destination,
                    target: target.clone(),
                    propagated: false,
                    blackhole: false,
                });
            }
        }
    }
}
