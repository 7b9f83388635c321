//! Random ways on premises, put into a network that is complete without them.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use super::super::edges::{Line, LineAttachment, LineKind, LocalGateway};
use super::super::network::{Group, GroupRule, Id, Peer, RouteTable, Target, Traffic};
use super::{Builder, v4, v6};

/// Hosts on premises.
pub const PREMISES: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::new(172, 30, 1, 9)),
    IpAddr::V4(Ipv4Addr::new(172, 30, 2, 9)),
    IpAddr::V4(Ipv4Addr::new(172, 31, 0, 9)),
    IpAddr::V6(std::net::Ipv6Addr::new(0x2001, 0xdb8, 0xf00, 0, 0, 0, 0, 9)),
];

impl Builder {
    pub(super) fn hybrid(&mut self) {
        if !self.random.chance(45) {
            return;
        }
        for (gateway, vpc) in self.network.vpn_gateways.clone() {
            self.lines_of_vpn_gateway(&gateway, &vpc);
        }
        if self.network.vpn_gateways.is_empty() && self.random.chance(60) {
            let vpcs: Vec<Id> = self.network.vpcs.keys().cloned().collect();
            let vpc = self.random.pick(&vpcs).clone();
            let gateway = format!("vgw-{}", &vpc[4..]);
            self.network.vpn_gateways.insert(gateway.clone(), vpc.clone());
            self.lines_of_vpn_gateway(&gateway, &vpc);
        }
        self.lines_of_transit_gateway();
        self.local_gateway();
        if !self.network.lines.is_empty() || !self.network.local_gateways.is_empty() {
            self.admit_premises();
        }
    }

    /// Some of the prefixes that are on premises.
    fn some_sites(&mut self, six: bool) -> Vec<IpNet> {
        let all = [
            v4([172, 30, 0, 0], 16),
            v4([172, 30, 1, 0], 24),
            v4([172, 31, 0, 0], 16),
            v6([0x2001, 0xdb8, 0xf00, 0], 48),
        ];
        let mut some: Vec<IpNet> = all.into_iter().filter(|_| self.random.chance(55)).collect();
        some.retain(|cidr| six || cidr.addr().is_ipv4());
        if some.is_empty() {
            some.push(all[0]);
        }
        some
    }

    fn lines_of_vpn_gateway(&mut self, gateway: &str, vpc: &str) {
        for number in 1..=1 + self.random.below(3) {
            let kind = *self
                .random
                .pick(&[LineKind::StaticVpn, LineKind::Vpn, LineKind::DirectConnect]);
            let direct = kind == LineKind::DirectConnect;
            let cidrs = self.network.vpcs[vpc].cidrs.clone();
            let behind = direct && self.random.chance(70);
            let allowed = behind.then(|| self.some_allowed(&cidrs));
            let line = Line {
                kind,
                gateway: gateway.to_owned(),
                attachment: None,
                routes: self.some_sites(direct),
                up: self.random.chance(92),
                allowed,
                selectors: if direct {
                    [None, None]
                } else {
                    self.selectors(&cidrs)
                },
                ipv6: false,
            };
            self.network
                .lines
                .insert(format!("{}-{}{number}", word(kind), &vpc[4..]), line);
        }
        for id in self.network.tables.keys().cloned().collect::<Vec<_>>() {
            self.lead_to_vpn_gateway(&id, gateway, vpc);
        }
        self.vpn_edge_table(gateway, vpc);
    }

    /// At least one, mostly what holds the VPC's CIDRs.
    fn some_allowed(&mut self, cidrs: &[IpNet]) -> Vec<IpNet> {
        let mut allowed: Vec<IpNet> = cidrs.iter().copied().filter(|_| self.random.chance(75)).collect();
        if self.random.chance(20) {
            allowed.push(v4([10, 0, 0, 0], 8));
        }
        if allowed.is_empty() {
            allowed.push(v4([10, 200, 0, 0], 16));
        }
        allowed
    }

    fn selectors(&mut self, cidrs: &[IpNet]) -> [Option<IpNet>; 2] {
        let theirs = self.random.chance(12).then(|| v4([172, 30, 0, 0], 16));
        let ours = self.random.chance(12).then(|| cidrs[0]);
        [theirs, ours]
    }

    /// By propagation, or by routes that somebody wrote.
    fn lead_to_vpn_gateway(&mut self, id: &str, gateway: &str, vpc: &str) {
        let Some(mut table) = self.network.tables.remove(id) else {
            return;
        };
        if table.vpc == vpc && table.gateway.is_none() {
            // Nobody propagates what the gateway has not learned.
            table.routes.retain(|route| !route.propagated);
            table.learns = self.random.chance(60);
            for (cidr, share) in [
                (v4([172, 30, 0, 0], 16), 20),
                (v4([172, 16, 0, 0], 12), 20),
                (v4([172, 31, 0, 0], 24), 8),
                (v6([0x2001, 0xdb8, 0xf00, 0], 48), 12),
                (v4([0, 0, 0, 0], 0), 6),
            ] {
                let fits = cidr.addr().is_ipv4()
                    || self.network.vpcs[vpc]
                        .cidrs
                        .iter()
                        .any(|one| one.addr().is_ipv6());
                if fits && self.random.chance(share) {
                    self.add(&mut table, cidr, Some(Target::VpnGateway(gateway.to_owned())));
                }
            }
        }
        self.network.tables.insert(id.to_owned(), table);
    }

    /// What comes from on premises goes through an appliance first; or into an endpoint, where it is lost.
    fn vpn_edge_table(&mut self, gateway: &str, vpc: &str) {
        if !self.random.chance(30) {
            return;
        }
        let enis = self.network.enis.iter();
        let enis = enis.filter(|(id, eni)| self.network.vpc_of_eni(id) == vpc && !eni.source_dest_check);
        let mut targets: Vec<Target> = enis.map(|(id, _)| Target::Eni(id.clone())).collect();
        let firewalls = self.network.firewalls.iter();
        let firewalls = firewalls.filter(|(_, one)| self.network.vpc_of_subnet(&one.subnet) == vpc);
        targets.extend(firewalls.take(1).map(|(id, _)| Target::Endpoint(id.clone())));
        if targets.is_empty() {
            return;
        }
        let target = self.random.pick(&targets).clone();
        let mut table = RouteTable {
            vpc: vpc.to_owned(),
            main: false,
            gateway: Some(gateway.to_owned()),
            learns: false,
            routes: Vec::new(),
        };
        let middle = match &target {
            Target::Eni(id) => self.network.enis[id].subnet.clone(),
            Target::Endpoint(id) => self.network.firewalls[id].subnet.clone(),
            _ => return,
        };
        for subnet in self.subnets_of(vpc) {
            let cidr = self.network.subnets[&subnet].cidrs[0];
            if subnet != middle && self.random.chance(60) {
                self.add(&mut table, cidr, Some(target.clone()));
            }
        }
        self.network
            .tables
            .insert(format!("rtb-{}-vgw", &vpc[4..]), table);
    }

    fn lines_of_transit_gateway(&mut self) {
        if self.network.transit_gateways.is_empty() {
            return;
        }
        let carriers: Vec<Id> = self.network.attachments.keys().cloned().collect();
        for number in 1..=self.random.below(4) {
            let kinds = [
                LineKind::StaticVpn,
                LineKind::Vpn,
                LineKind::DirectConnect,
                LineKind::Connect,
            ];
            let kind = kinds[self.random.weighted(&[20, 35, 20, 25])];
            if kind == LineKind::Connect && carriers.is_empty() {
                continue;
            }
            self.line_of_transit_gateway(number, kind, &carriers);
        }
        for id in self.network.tables.keys().cloned().collect::<Vec<_>>() {
            self.lead_to_premises(&id);
        }
    }

    fn line_of_transit_gateway(&mut self, number: usize, kind: LineKind, carriers: &[Id]) {
        let id = format!("{}-t{number}", word(kind));
        let tables: Vec<Id> = self.network.transit_tables.keys().cloned().collect();
        let table = self.random.chance(94).then(|| self.random.pick(&tables).clone());
        let learned = kind != LineKind::StaticVpn;
        let mut propagates_to = tables.clone();
        propagates_to.retain(|_| learned && self.random.chance(80));
        let vpn = matches!(kind, LineKind::StaticVpn | LineKind::Vpn);
        let ipv6 = vpn && self.random.chance(25);
        let mut routes = if learned {
            self.some_sites(true)
        } else {
            Vec::new()
        };
        routes.retain(|cidr| !vpn || cidr.addr().is_ipv6() == ipv6);
        let cidrs: Vec<IpNet> = self.network.vpcs.values().map(|vpc| vpc.cidrs[0]).collect();
        let attachment = LineAttachment {
            id: format!("attach-{id}"),
            table,
            propagates_to,
            carrier: (kind == LineKind::Connect).then(|| self.random.pick(carriers).clone()),
        };
        if kind == LineKind::StaticVpn {
            self.static_transit_routes(&attachment.id, ipv6);
        }
        let line = Line {
            kind,
            gateway: "tgw-1".to_owned(),
            attachment: Some(attachment),
            routes,
            up: self.random.chance(92),
            allowed: (kind == LineKind::DirectConnect).then(|| self.some_allowed(&cidrs)),
            selectors: [None, None],
            ipv6,
        };
        self.network.lines.insert(id, line);
    }

    fn static_transit_routes(&mut self, attachment: &str, ipv6: bool) {
        for cidr in self.some_sites(true) {
            for id in self.network.transit_tables.keys().cloned().collect::<Vec<_>>() {
                let wanted = cidr.addr().is_ipv6() == ipv6 && self.random.chance(75);
                let Some(table) = self.network.transit_tables.get_mut(&id) else {
                    continue;
                };
                if wanted && table.routes.iter().all(|(other, _)| *other != cidr) {
                    table.routes.push((cidr, Some(attachment.to_owned())));
                }
            }
        }
    }

    fn lead_to_premises(&mut self, id: &str) {
        let Some(mut table) = self.network.tables.remove(id) else {
            return;
        };
        let vpc = table.vpc.clone();
        let attached = self.network.attachments.values().any(|one| one.vpc == vpc);
        if attached && table.gateway.is_none() {
            let six = self.network.vpcs[&vpc]
                .cidrs
                .iter()
                .any(|one| one.addr().is_ipv6());
            for (cidr, share) in [
                (v4([172, 30, 0, 0], 15), 60),
                (v6([0x2001, 0xdb8, 0xf00, 0], 48), if six { 50 } else { 0 }),
            ] {
                if self.random.chance(share) {
                    self.add(&mut table, cidr, Some(Target::Transit("tgw-1".to_owned())));
                }
            }
        }
        self.network.tables.insert(id.to_owned(), table);
    }

    fn local_gateway(&mut self) {
        if !self.random.chance(30) {
            return;
        }
        let vpcs: Vec<Id> = self.network.vpcs.keys().cloned().collect();
        let vpc = self.random.pick(&vpcs).clone();
        let enis = self.network.enis.iter();
        let enis = enis.filter(|(id, eni)| self.network.vpc_of_eni(id) == vpc && eni.primary_v4().is_some());
        let enis: Vec<Id> = enis.map(|(id, _)| id.clone()).collect();
        let pairs = enis.into_iter().filter(|_| self.random.chance(60)).enumerate();
        let pairs = pairs
            .map(|(at, id)| (id, Ipv4Addr::new(172, 29, 0, 10 + at as u8)))
            .collect();
        let mut routes = self.some_sites(false);
        routes.retain(|cidr| cidr.addr().is_ipv4());
        let gateway = LocalGateway {
            vpc: vpc.clone(),
            routes,
            customer_owned: self.random.chance(50).then_some(pairs),
        };
        self.network.local_gateways.insert("lgw-1".to_owned(), gateway);
        for id in self.network.tables.keys().cloned().collect::<Vec<_>>() {
            let Some(mut table) = self.network.tables.remove(&id) else {
                continue;
            };
            if table.vpc == vpc && table.gateway.is_none() && self.random.chance(60) {
                let cidr = *self
                    .random
                    .pick(&[v4([172, 30, 0, 0], 16), v4([172, 30, 0, 0], 15)]);
                self.add(&mut table, cidr, Some(Target::LocalGateway("lgw-1".to_owned())));
            }
            self.network.tables.insert(id, table);
        }
    }

    /// The rules drawn before know nothing of what is on premises.
    fn admit_premises(&mut self) {
        for id in self.network.groups.keys().cloned().collect::<Vec<_>>() {
            let cidr = *self.random.pick(&[
                v4([172, 30, 0, 0], 15),
                v4([172, 31, 0, 0], 24),
                v4([172, 0, 0, 0], 8),
            ]);
            let six = v6([0x2001, 0xdb8, 0xf00, 0], 48);
            let (inwards, outwards) = (self.random.chance(55), self.random.chance(55));
            let rule = GroupRule {
                traffic: Traffic::all(),
                peers: vec![Peer::Cidr(cidr), Peer::Cidr(six)],
            };
            let Some(Group { ingress, egress, .. }) = self.network.groups.get_mut(&id) else {
                continue;
            };
            if inwards {
                ingress.push(rule.clone());
            }
            if let Some(egress) = egress.as_mut().filter(|_| outwards) {
                egress.push(rule);
            }
        }
    }
}

fn word(kind: LineKind) -> &'static str {
    match kind {
        LineKind::StaticVpn | LineKind::Vpn => "vpn",
        LineKind::DirectConnect => "dxvif",
        LineKind::Connect => "peer",
    }
}
