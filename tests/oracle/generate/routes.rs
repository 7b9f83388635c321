//! Random route tables.

use ipnet::IpNet;

use super::super::network::{Destination, Id, Route, RouteTable, Target};
use super::{Builder, v4, v6};

/// What a table is for; most tables are for something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Public,
    Private,
    Inspected,
    Closed,
}

impl Builder {
    pub(super) fn fill_tables(&mut self) {
        for vpc in self.network.vpcs.keys().cloned().collect::<Vec<_>>() {
            let roles = [Role::Public, Role::Private, self.role()];
            for (number, role) in roles.into_iter().enumerate() {
                let table = self.table(&vpc, role);
                self.network
                    .tables
                    .insert(format!("rtb-{}-{}", &vpc[4..], number + 1), table);
            }
            if self.random.chance(60) {
                let role = self.role();
                let table = self.table(&vpc, role);
                self.network.tables.insert(
                    format!("rtb-{}-main", &vpc[4..]),
                    RouteTable { main: true, ..table },
                );
            }
            self.associate(&vpc);
            self.more_specific_routes(&vpc);
            self.edge_table(&vpc);
        }
    }

    fn role(&mut self) -> Role {
        *self.random.pick(&[
            Role::Public,
            Role::Private,
            Role::Inspected,
            Role::Inspected,
            Role::Closed,
        ])
    }

    /// A NAT gateway and an appliance are of use in a public subnet, so most stand there.
    fn associate(&mut self, vpc: &str) {
        for id in self.subnets_of(vpc) {
            let serves = self
                .network
                .nat_gateways
                .values()
                .any(|nat| nat.subnet.as_ref() == Some(&id))
                || self
                    .network
                    .enis
                    .values()
                    .any(|eni| eni.subnet == id && !eni.source_dest_check);
            let number = match serves {
                true => self.random.weighted(&[6, 88, 3, 3]),
                false => self.random.weighted(&[12, 30, 35, 23]),
            };
            let Some(subnet) = self.network.subnets.get_mut(&id) else {
                continue;
            };
            subnet.table = (number > 0).then(|| format!("rtb-{}-{number}", &vpc[4..]));
        }
    }

    fn table(&mut self, vpc: &str, role: Role) -> RouteTable {
        let mut table = RouteTable {
            vpc: vpc.to_owned(),
            main: false,
            gateway: None,
            learns: false,
            routes: Vec::new(),
        };
        let default = match role {
            Role::Public => self.internet_gateway(vpc),
            Role::Private => self.nat(vpc),
            Role::Inspected => self.appliance(vpc, false).or_else(|| self.nat(vpc)),
            Role::Closed => None,
        };
        self.add(&mut table, any_v4(), default);
        let default = match role {
            Role::Public => self.internet_gateway(vpc),
            Role::Private => self.egress_only_gateway(vpc),
            Role::Inspected => self.appliance(vpc, true),
            Role::Closed => None,
        };
        self.add(&mut table, any_v6(), default.filter(|_| self.has_v6(vpc)));
        self.peer_routes(&mut table, role);
        self.odd_routes(&mut table, role);
        table
    }

    fn has_v6(&self, vpc: &str) -> bool {
        self.network.vpcs[vpc]
            .cidrs
            .iter()
            .any(|cidr| cidr.addr().is_ipv6())
    }

    /// Nothing is added twice, nor without a target.
    pub(super) fn add(&mut self, table: &mut RouteTable, destination: IpNet, target: Option<Target>) {
        let destination = Destination::Cidr(destination);
        let taken = table
            .routes
            .iter()
            .any(|route| !route.propagated && route.destination == destination);
        if let Some(target) = target.filter(|_| !taken) {
            let blackhole = self.random.chance(3);
            table.routes.push(Route {
                destination,
                target,
                propagated: false,
                blackhole,
            });
        }
    }

    fn internet_gateway(&self, vpc: &str) -> Option<Target> {
        self.network
            .internet_gateway_of(vpc)
            .map(|id| Target::InternetGateway(id.to_owned()))
    }

    fn egress_only_gateway(&self, vpc: &str) -> Option<Target> {
        self.network
            .egress_only_gateway_of(vpc)
            .map(|id| Target::EgressOnly(id.to_owned()))
    }

    fn nat(&self, vpc: &str) -> Option<Target> {
        let id = format!("nat-{}", &vpc[4..]);
        self.network
            .nat_gateways
            .contains_key(&id)
            .then_some(Target::Nat(id))
    }

    /// Mostly an interface that may forward; the mistake of sending traffic to one that may not is made as
    /// well.
    fn appliance(&mut self, vpc: &str, v6: bool) -> Option<Target> {
        let lenient = self.random.chance(6);
        let enis = self.network.enis.iter().filter(|(id, eni)| {
            self.network.vpc_of_eni(id) == vpc
                && (lenient || !eni.source_dest_check)
                && (!v6 || eni.primary_v6().is_some())
        });
        let enis: Vec<Id> = enis.map(|(id, _)| id.clone()).collect();
        (!enis.is_empty()).then(|| Target::Eni(self.random.pick(&enis).clone()))
    }

    fn peer_routes(&mut self, table: &mut RouteTable, role: Role) {
        for (id, peering) in self.network.peerings.clone() {
            let Some(far) = peering.far_side(&table.vpc) else {
                continue;
            };
            for cidr in self.network.vpcs[far].cidrs.clone() {
                if self.random.chance(10) || cidr.addr().is_ipv6() && !self.has_v6(&table.vpc) {
                    continue;
                }
                let subnets = self
                    .network
                    .subnets
                    .values()
                    .flat_map(|subnet| subnet.cidrs.clone());
                let parts: Vec<IpNet> = subnets.filter(|part| cidr.contains(part)).collect();
                let destination = match self.random.weighted(&[85, 10, 5]) {
                    1 if !parts.is_empty() => *self.random.pick(&parts),
                    2 if cidr.addr().is_ipv4() => v4([10, 0, 0, 0], 8),
                    _ => cidr,
                };
                // A private NAT gateway hides its clients from a peer.
                let hidden = role == Role::Private && destination.addr().is_ipv4() && self.random.chance(25);
                let nat = self.nat(&table.vpc).filter(|_| hidden);
                self.add(table, destination, nat.or(Some(Target::Peering(id.clone()))));
            }
        }
    }

    fn odd_routes(&mut self, table: &mut RouteTable, role: Role) {
        let vpc = table.vpc.clone();
        for (destination, share) in [
            (v4([198, 51, 100, 0], 24), 12),
            (v4([198, 51, 100, 7], 32), 6),
            (v4([8, 0, 0, 0], 8), 8),
            (v4([203, 0, 113, 0], 24), 12),
            (v4([0, 0, 0, 0], 1), 5),
            (v6([0x2001, 0x4860, 0, 0], 32), 8),
        ] {
            if !self.random.chance(share) {
                continue;
            }
            let six = destination.addr().is_ipv6();
            let target = match self.random.below(3) {
                0 => self.internet_gateway(&vpc),
                1 if six => self.egress_only_gateway(&vpc),
                1 => self.nat(&vpc).filter(|_| role != Role::Public),
                _ => self.appliance(&vpc, six),
            };
            self.add(table, destination, target.filter(|_| !six || self.has_v6(&vpc)));
        }
        self.list_route(table, role);
        self.propagated_route(table);
        self.local_route(table);
    }

    /// Prefix lists lose against the same prefix written out. Only those with addresses outside are used in
    /// tables: a route inside the VPC has rules of its own.
    fn list_route(&mut self, table: &mut RouteTable, role: Role) {
        if !self.random.chance(25) || !self.network.prefix_lists.contains_key("pl-outside") {
            return;
        }
        let vpc = table.vpc.clone();
        let target = match self.random.below(3) {
            0 => self.internet_gateway(&vpc),
            1 => self.nat(&vpc).filter(|_| role != Role::Public),
            _ => self.appliance(&vpc, false),
        };
        let Some(target) = target else { return };
        let blackhole = self.random.chance(10);
        let destination = Destination::List("pl-outside".to_owned());
        table.routes.push(Route {
            destination,
            target,
            propagated: false,
            blackhole,
        });
    }

    /// One that always loses, because nothing lies behind the gateway: inside the VPC, against the local
    /// route, or against the same static one.
    fn propagated_route(&mut self, table: &mut RouteTable) {
        let id = format!("vgw-{}", &table.vpc[4..]);
        if !self.network.vpn_gateways.contains_key(&id) || !self.random.chance(60) {
            return;
        }
        let inside = self
            .network
            .subnets
            .values()
            .filter(|subnet| subnet.vpc == table.vpc)
            .map(|subnet| subnet.cidrs[0]);
        let mut destinations: Vec<IpNet> = inside.collect();
        destinations.extend(table.routes.iter().filter_map(|route| match route.destination {
            Destination::Cidr(cidr) if cidr.addr().is_ipv4() => Some(cidr),
            _ => None,
        }));
        let destination = Destination::Cidr(*self.random.pick(&destinations));
        let target = Target::VpnGateway(id);
        table.routes.push(Route {
            destination,
            target,
            propagated: true,
            blackhole: false,
        });
    }

    /// The implied route, written down; or with another target.
    fn local_route(&mut self, table: &mut RouteTable) {
        let cidr = self.network.vpcs[&table.vpc].cidrs[0];
        let target = match self.random.weighted(&[10, 3, 87]) {
            0 => Target::Local,
            1 => match self.appliance(&table.vpc.clone(), false) {
                Some(target) => target,
                None => return,
            },
            _ => return,
        };
        let destination = Destination::Cidr(cidr);
        table.routes.push(Route {
            destination,
            target,
            propagated: false,
            blackhole: false,
        });
    }

    /// From one subnet to another past an appliance or NAT gateway in a third; mostly the way back as well.
    fn more_specific_routes(&mut self, vpc: &str) {
        let subnets = self.subnets_of(vpc);
        if subnets.len() < 3 || !self.random.chance(55) {
            return;
        }
        let appliance = self.appliance(vpc, false);
        let target = if self.random.chance(85) {
            appliance
        } else {
            self.nat(vpc)
        };
        let (Some(target), first, second) = (target, self.random.pick(&subnets), self.random.pick(&subnets))
        else {
            return;
        };
        let middle = match &target {
            Target::Eni(id) => &self.network.enis[id].subnet,
            Target::Nat(id) => match &self.network.nat_gateways[id].subnet {
                Some(subnet) => subnet,
                None => return,
            },
            _ => return,
        };
        if first == second || first == middle || second == middle {
            return;
        }
        self.redirect(first, second, &target);
        if self.random.chance(80) {
            self.redirect(second, first, &target);
        }
    }

    pub(super) fn redirect(&mut self, from: &str, to: &str, target: &Target) {
        let destination = self.network.subnets[to].cidrs[0];
        let Some(id) = self.network.subnets[from].table.clone() else {
            return;
        };
        let Some(mut table) = self.network.tables.remove(&id) else {
            return;
        };
        self.add(&mut table, destination, Some(target.clone()));
        self.network.tables.insert(id, table);
    }

    /// What comes from the internet goes through an appliance first.
    fn edge_table(&mut self, vpc: &str) {
        let Some(gateway) = self.network.internet_gateway_of(vpc).map(str::to_owned) else {
            return;
        };
        if !self.random.chance(40) {
            return;
        }
        let mut table = RouteTable {
            vpc: vpc.to_owned(),
            main: false,
            gateway: Some(gateway),
            learns: false,
            routes: Vec::new(),
        };
        // A gateway's table may only name an interface with a public address.
        let enis = self.network.enis.iter().filter(|(id, eni)| {
            self.network.vpc_of_eni(id) == vpc && !eni.source_dest_check && !eni.public.is_empty()
        });
        let enis: Vec<Id> = enis.map(|(id, _)| id.clone()).collect();
        if enis.is_empty() {
            return;
        }
        let appliance = self.random.pick(&enis).clone();
        let middle = self.network.enis[&appliance].subnet.clone();
        for id in self.subnets_of(vpc) {
            if id != middle && self.random.chance(60) {
                self.send_through(&mut table, &id, &appliance);
            }
        }
        if self.random.chance(10) {
            let whole = self.network.vpcs[vpc].cidrs[0];
            self.add(&mut table, whole, Some(Target::Eni(appliance)));
        }
        self.network
            .tables
            .insert(format!("rtb-{}-edge", &vpc[4..]), table);
    }

    /// Inbound by the edge table, and mostly outbound by the subnet's own default route, as it should be.
    fn send_through(&mut self, edge: &mut RouteTable, subnet: &str, appliance: &str) {
        let eni = Target::Eni(appliance.to_owned());
        for cidr in self.network.subnets[subnet].cidrs.clone() {
            if cidr.addr().is_ipv4() || self.network.enis[appliance].primary_v6().is_some() {
                self.add(edge, cidr, Some(eni.clone()));
            }
        }
        // The appliance itself has to get out: its own subnet's table stays as it is.
        let own = self.network.subnets[&self.network.enis[appliance].subnet]
            .table
            .clone();
        let Some(id) = self.network.subnets[subnet]
            .table
            .clone()
            .filter(|id| Some(id) != own.as_ref())
        else {
            return;
        };
        if !self.random.chance(75) {
            return;
        }
        let Some(table) = self.network.tables.get_mut(&id) else {
            return;
        };
        for route in &mut table.routes {
            if route.destination == Destination::Cidr(any_v4()) && !route.propagated {
                route.target = eni.clone();
            }
        }
    }
}

fn any_v4() -> IpNet {
    v4([0, 0, 0, 0], 0)
}

fn any_v6() -> IpNet {
    v6([0, 0, 0, 0], 0)
}
