//! Random small networks, valid as AWS would take them, and much alike the ones that people build: a public
//! subnet, a private one behind a NAT gateway, an appliance between, a peer VPC; then a few mistakes.

mod balancer;
mod endpoints;
mod filters;
pub mod hybrid;
mod routes;
mod transit;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::network::{Association, Eni, Group, Id, Nat, Network, Peering, Subnet, Vpc};
use super::random::Random;

/// The same seed gives the same network for ever.
pub fn generate(seed: u64) -> Network {
    let mut builder = Builder {
        random: Random::new(seed),
        network: Network::default(),
        public_addresses: 0,
    };
    builder.vpcs();
    builder.subnets();
    builder.gateways();
    builder.peerings();
    builder.groups();
    builder.enis();
    builder.nat_gateways();
    builder.prefix_lists();
    builder.fill_groups();
    builder.fill_nacls();
    builder.fill_tables();
    // What came later comes last, so that the rest of a seed's network stays as it was.
    builder.zones();
    builder.transit();
    builder.firewalls();
    builder.balancers();
    builder.hybrid();
    builder.endpoints();
    builder.other_nat_gateways();
    builder.nat64();
    builder.public_access();
    builder.transit_peering();
    builder.network
}

pub(super) struct Builder {
    pub(super) random: Random,
    pub(super) network: Network,
    public_addresses: u8,
}

/// Hosts outside.
pub const INTERNET_V4: [Ipv4Addr; 3] = [
    Ipv4Addr::new(198, 51, 100, 7),
    Ipv4Addr::new(192, 0, 2, 44),
    Ipv4Addr::new(8, 8, 8, 8),
];
pub const INTERNET_V6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0x2001, 0x4860, 0x4860, 0, 0, 0, 0, 0x8888),
    Ipv6Addr::new(0x2606, 0x4700, 0x4700, 0, 0, 0, 0, 0x1111),
];

impl Builder {
    fn vpcs(&mut self) {
        let count = 1 + self.random.weighted(&[35, 45, 20]);
        for number in 1..=count as u8 {
            // Most are alike; the private ranges differ in size, so that prefix lengths do.
            let mut cidrs = match self.random.weighted(&[70, 15, 15]) {
                0 => vec![v4([10, number, 0, 0], 16)],
                1 => vec![v4([172, 20 + number, 0, 0], 16)],
                _ => vec![v4([192, 168, number * 16, 0], 20)],
            };
            // A secondary range must be of the same private family as the first.
            if cidrs[0].contains(&IpAddr::from([10, number, 0, 0])) && self.random.chance(25) {
                cidrs.push(v4([10, 100 + number, 0, 0], 16));
            }
            // Two VPCs with the same addresses, which is why they never peer (see `peerings`).
            if number == 2 && self.random.chance(7) {
                cidrs = self.network.vpcs["vpc-1"]
                    .cidrs
                    .iter()
                    .copied()
                    .filter(|cidr| cidr.addr().is_ipv4())
                    .collect();
            }
            if self.random.chance(65) {
                cidrs.push(v6([0x2001, 0xdb8, u16::from(number), 0x100], 56));
            }
            let region = if self.random.chance(18) {
                "us-east-1"
            } else {
                "eu-west-1"
            }
            .to_owned();
            self.network
                .vpcs
                .insert(format!("vpc-{number}"), Vpc { cidrs, region });
        }
    }

    fn subnets(&mut self) {
        for (vpc, Vpc { cidrs, .. }) in self.network.vpcs.clone() {
            let ranges: Vec<Ipv4Net> = cidrs.iter().filter_map(as_v4).collect();
            let count = 1 + self.random.weighted(&[12, 28, 38, 22]);
            for number in 0..count as u32 {
                let range = *self.random.pick(&ranges);
                let length = *self.random.pick(&[24, 24, 25, 27]);
                let base = u32::from(range.network()) + number * 256;
                let mut subnet = vec![v4(base.to_be_bytes(), length)];
                let six = cidrs.iter().find_map(as_v6).filter(|_| self.random.chance(90));
                subnet.extend(six.map(|range| nth_v6_subnet(range, number as u16)));
                self.network.subnets.insert(
                    format!("subnet-{}-{}", &vpc[4..], number + 1),
                    Subnet {
                        vpc: vpc.clone(),
                        cidrs: subnet,
                        zone: "a".to_owned(),
                        table: None,
                        nacl: None,
                    },
                );
            }
        }
    }

    fn gateways(&mut self) {
        for (vpc, Vpc { cidrs, .. }) in self.network.vpcs.clone() {
            let number = &vpc[4..];
            if self.random.chance(80) {
                self.network
                    .internet_gateways
                    .insert(format!("igw-{number}"), vpc.clone());
            }
            if cidrs.iter().any(|cidr| cidr.addr().is_ipv6()) && self.random.chance(50) {
                self.network
                    .egress_only_gateways
                    .insert(format!("eigw-{number}"), vpc.clone());
            }
            if self.random.chance(15) {
                self.network
                    .vpn_gateways
                    .insert(format!("vgw-{number}"), vpc.clone());
            }
        }
    }

    fn peerings(&mut self) {
        let vpcs: Vec<Id> = self.network.vpcs.keys().cloned().collect();
        for (index, requester) in vpcs.iter().enumerate() {
            for accepter in &vpcs[index + 1..] {
                if self.has_twin(requester) || self.has_twin(accepter) || !self.random.chance(75) {
                    continue;
                }
                let status = if self.random.chance(88) {
                    "active"
                } else {
                    self.random.pick(&["pending-acceptance", "rejected"])
                };
                self.network.peerings.insert(
                    format!("pcx-{}{}", &requester[4..], &accepter[4..]),
                    Peering {
                        requester: requester.clone(),
                        accepter: accepter.clone(),
                        status: status.to_owned(),
                    },
                );
            }
        }
    }

    /// A VPC whose addresses another one has as well.
    pub(super) fn has_twin(&self, vpc: &str) -> bool {
        let mine = self.network.vpcs[vpc].cidrs[0];
        self.network
            .vpcs
            .iter()
            .any(|(other, of)| other != vpc && of.cidrs[0] == mine)
    }

    fn groups(&mut self) {
        for vpc in self.network.vpcs.keys().cloned().collect::<Vec<_>>() {
            let mut ids: Vec<String> = (1..=1 + self.random.below(3))
                .map(|number| number.to_string())
                .collect();
            ids.push("open".to_owned());
            for id in ids {
                let group = Group {
                    vpc: vpc.clone(),
                    ingress: Vec::new(),
                    egress: None,
                };
                self.network
                    .groups
                    .insert(format!("sg-{}-{id}", &vpc[4..]), group);
            }
        }
    }

    fn enis(&mut self) {
        let subnets: Vec<Id> = self.network.subnets.keys().cloned().collect();
        let count = 3 + self.random.below(6);
        for number in 1..=count {
            let subnet = self.random.pick(&subnets).clone();
            let eni = self.eni(number, &subnet);
            self.network.enis.insert(format!("eni-{number}"), eni);
        }
    }

    fn eni(&mut self, number: usize, subnet: &str) -> Eni {
        let vpc = self.network.vpc_of_subnet(subnet).to_owned();
        // Each interface has four host numbers, of which the last is a NAT gateway's: the smallest subnet has
        // room.
        let host = 4 + (number as u32 - 1) * 3;
        let mut addresses = Vec::new();
        for cidr in self.network.subnets[subnet].cidrs.clone() {
            let share = if cidr.addr().is_ipv4() { 100 } else { 85 };
            if self.random.chance(share) {
                addresses.push(nth(cidr, host));
                if self.random.chance(15) {
                    addresses.push(nth(cidr, host + 1));
                }
            }
        }
        let source_dest_check = !self.random.chance(35);
        let mut groups = self.some_groups(&vpc);
        // Most appliances leave the filtering to the others.
        if !source_dest_check && self.random.chance(65) {
            groups = vec![format!("sg-{}-open", &vpc[4..])];
        }
        Eni {
            subnet: subnet.to_owned(),
            public: self.associations(&vpc, &addresses),
            addresses,
            groups,
            source_dest_check,
            instance: self.instance(number),
        }
    }

    pub(super) fn associations(&mut self, vpc: &str, addresses: &[IpAddr]) -> Vec<Association> {
        let mut pairs = Vec::new();
        let share = if self.network.internet_gateway_of(vpc).is_some() {
            55
        } else {
            10
        };
        for (index, address) in addresses.iter().enumerate() {
            let IpAddr::V4(private) = *address else { continue };
            if self.random.chance(share) {
                let public = self.public_address();
                pairs.push(Association {
                    public,
                    private,
                    elastic: index > 0 || self.random.chance(25),
                });
            }
        }
        pairs
    }

    pub(super) fn public_address(&mut self) -> Ipv4Addr {
        self.public_addresses += 1;
        Ipv4Addr::new(203, 0, 113, self.public_addresses)
    }

    pub(super) fn some_groups(&mut self, vpc: &str) -> Vec<Id> {
        let all: Vec<Id> = self
            .network
            .groups
            .iter()
            .filter(|(_, group)| group.vpc == vpc)
            .map(|(id, _)| id.clone())
            .collect();
        let mut some = vec![self.random.pick(&all).clone()];
        let second = self.random.pick(&all).clone();
        if self.random.chance(35) && second != some[0] {
            some.push(second);
        }
        some
    }

    fn instance(&mut self, number: usize) -> Option<Id> {
        if self.random.chance(35) {
            return None;
        }
        let id = format!("i-{number}");
        let running = !self.random.chance(9);
        self.network.instances.insert(id.clone(), running);
        Some(id)
    }

    fn nat_gateways(&mut self) {
        for (vpc, _) in self.network.vpcs.clone() {
            let subnets = self.subnets_of(&vpc);
            // Alone in the only subnet it would serve nobody.
            if !self.random.chance(if subnets.len() > 1 { 80 } else { 10 }) {
                continue;
            }
            let subnet = self.random.pick(&subnets).clone();
            // Host numbers 29 and 30 are nobody else's, and fit into the smallest subnet.
            let IpAddr::V4(address) = nth(self.network.subnets[&subnet].cidrs[0], 29) else {
                continue;
            };
            let may_be_public = self.network.internet_gateway_of(&vpc).is_some();
            let public = (may_be_public && self.random.chance(75)).then(|| self.public_address());
            let available = !self.random.chance(5);
            self.network.nat_gateways.insert(
                format!("nat-{}", &vpc[4..]),
                Nat {
                    vpc,
                    subnet: Some(subnet),
                    addresses: vec![(address, public)],
                    available,
                },
            );
        }
    }

    fn prefix_lists(&mut self) {
        if self.random.chance(50) {
            let mut entries: Vec<IpNet> = INTERNET_V4
                .iter()
                .take(2)
                .map(|host| Ipv4Net::from(*host).into())
                .collect();
            entries.push(v4([198, 51, 100, 0], 24));
            self.network.prefix_lists.insert("pl-outside".to_owned(), entries);
        }
        if self.random.chance(50) {
            let mut entries: Vec<IpNet> = self
                .network
                .subnets
                .values()
                .map(|subnet| subnet.cidrs[0])
                .filter(|_| self.random.chance(50))
                .collect();
            // Two VPCs may have the same subnet.
            entries.sort();
            entries.dedup();
            if !entries.is_empty() {
                self.network.prefix_lists.insert("pl-inside".to_owned(), entries);
            }
        }
        if self.random.chance(30) {
            let entries = vec![v6([0x2001, 0xdb8, 1, 0], 32), v6([0x2606, 0x4700, 0, 0], 32)];
            self.network.prefix_lists.insert("pl-six".to_owned(), entries);
        }
    }

    pub(super) fn subnets_of(&self, vpc: &str) -> Vec<Id> {
        let of = self
            .network
            .subnets
            .iter()
            .filter(|(_, subnet)| subnet.vpc == vpc);
        of.map(|(id, _)| id.clone()).collect()
    }
}

pub(super) fn v4(address: [u8; 4], length: u8) -> IpNet {
    match Ipv4Net::new(address.into(), length) {
        Ok(cidr) => IpNet::V4(cidr.trunc()),
        Err(error) => panic!("/{length}: {error}"),
    }
}

pub(super) fn v6([a, b, c, d]: [u16; 4], length: u8) -> IpNet {
    match Ipv6Net::new(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0), length) {
        Ok(cidr) => IpNet::V6(cidr.trunc()),
        Err(error) => panic!("/{length}: {error}"),
    }
}

fn as_v4(cidr: &IpNet) -> Option<Ipv4Net> {
    match cidr {
        IpNet::V4(cidr) => Some(*cidr),
        IpNet::V6(_) => None,
    }
}

fn as_v6(cidr: &IpNet) -> Option<Ipv6Net> {
    match cidr {
        IpNet::V4(_) => None,
        IpNet::V6(cidr) => Some(*cidr),
    }
}

fn nth_v6_subnet(range: Ipv6Net, number: u16) -> IpNet {
    let [a, b, c, d, ..] = range.network().segments();
    v6([a, b, c, d + number], 64)
}

/// The address with this number in the range.
pub(super) fn nth(cidr: IpNet, number: u32) -> IpAddr {
    match cidr {
        IpNet::V4(cidr) => IpAddr::V4((u32::from(cidr.network()) + number).into()),
        IpNet::V6(cidr) => IpAddr::V6((u128::from(cidr.network()) + u128::from(number)).into()),
    }
}
