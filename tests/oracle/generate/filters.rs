//! Random security-group and network-ACL rules.

use std::net::IpAddr;

use ipnet::IpNet;

use super::super::network::{GroupRule, Id, Nacl, NaclRule, Peer, Traffic};
use super::super::packet::{ICMP, ICMP6, TCP, UDP};
use super::{Builder, INTERNET_V4, INTERNET_V6, v4, v6};

/// What people open.
const PORTS: [(u16, u16); 10] = [
    (22, 22),
    (80, 80),
    (443, 443),
    (53, 53),
    (5432, 5432),
    (8000, 8100),
    (1024, 65535),
    (32768, 60999),
    (0, 0),
    (65535, 65535),
];
/// What clients choose for themselves.
const EPHEMERAL: [(u16, u16); 3] = [(1024, 65535), (32768, 60999), (1024, 40000)];

impl Builder {
    pub(super) fn fill_groups(&mut self) {
        for id in self.network.groups.keys().cloned().collect::<Vec<_>>() {
            let vpc = self.network.groups[&id].vpc.clone();
            let (ingress, egress) = if id.ends_with("-open") {
                (vec![open()], None)
            } else {
                (
                    self.group_rules(&vpc),
                    (!self.random.chance(60)).then(|| self.group_rules(&vpc)),
                )
            };
            let Some(group) = self.network.groups.get_mut(&id) else {
                continue;
            };
            group.ingress = ingress;
            group.egress = egress;
        }
    }

    fn group_rules(&mut self, vpc: &str) -> Vec<GroupRule> {
        let mut rules = Vec::new();
        if self.random.chance(45) {
            // A wide rule, so that not everything stops here.
            let mut traffic = if self.random.chance(50) {
                Traffic::all()
            } else {
                self.traffic()
            };
            if traffic.protocol == Some(TCP) {
                traffic.ports.push((0, 32767));
            }
            let peers = vec![Peer::Cidr(any_v4()), Peer::Cidr(any_v6())];
            rules.push(GroupRule { traffic, peers });
        }
        for _ in 0..self.random.weighted(&[10, 30, 30, 20, 10]) {
            let traffic = self.traffic();
            let peers = (0..1 + self.random.weighted(&[70, 30]))
                .map(|_| self.peer(vpc))
                .collect();
            rules.push(GroupRule { traffic, peers });
        }
        rules
    }

    fn peer(&mut self, vpc: &str) -> Peer {
        match self.random.weighted(&[60, 25, 8, 7]) {
            0 => Peer::Cidr(self.cidr()),
            1 => Peer::Group(self.group(|of| of == vpc)),
            2 => {
                let peers: Vec<Id> = self
                    .network
                    .peerings
                    .values()
                    .filter_map(|p| p.far_side(vpc))
                    .map(Id::from)
                    .collect();
                Peer::Group(self.group(|of| of == vpc || peers.iter().any(|peer| peer == of)))
            }
            _ => {
                let lists: Vec<Id> = self.network.prefix_lists.keys().cloned().collect();
                match lists.is_empty() {
                    true => Peer::Cidr(self.cidr()),
                    false => Peer::List(self.random.pick(&lists).clone()),
                }
            }
        }
    }

    fn group(&mut self, of: impl Fn(&str) -> bool) -> Id {
        let groups = self.network.groups.iter().filter(|(_, group)| of(&group.vpc));
        let groups: Vec<Id> = groups.map(|(id, _)| id.clone()).collect();
        self.random.pick(&groups).clone()
    }

    pub(super) fn traffic(&mut self) -> Traffic {
        let protocol = match self.random.weighted(&[25, 38, 12, 12, 8, 5]) {
            0 => return Traffic::all(),
            1 => TCP,
            2 => UDP,
            3 => ICMP,
            4 => ICMP6,
            _ => *self.random.pick(&[47, 50, 0, 255]),
        };
        let mut traffic = Traffic {
            protocol: Some(protocol),
            ports: Vec::new(),
            icmp: None,
        };
        match protocol {
            TCP | UDP => {
                traffic.ports = (0..1 + self.random.weighted(&[75, 25]))
                    .map(|_| self.ports())
                    .collect()
            }
            ICMP => {
                traffic.icmp = *self.random.pick(&[
                    None,
                    Some((8, None)),
                    Some((8, Some(0))),
                    Some((0, None)),
                    Some((3, Some(4))),
                ])
            }
            ICMP6 => {
                traffic.icmp =
                    *self
                        .random
                        .pick(&[None, Some((128, None)), Some((129, Some(0))), Some((1, None))])
            }
            _ => {}
        }
        traffic
    }

    fn ports(&mut self) -> (u16, u16) {
        match self.random.weighted(&[75, 15, 10]) {
            0 => *self.random.pick(&PORTS),
            1 => (0, 65535),
            _ => {
                let (one, other) = (self.random.between(0, 65535), self.random.between(0, 65535));
                (one.min(other), one.max(other))
            }
        }
    }

    /// An address range that means something in this network.
    pub(super) fn cidr(&mut self) -> IpNet {
        match self.random.weighted(&[28, 12, 18, 17, 15, 10]) {
            0 => any_v4(),
            1 => any_v6(),
            2 => {
                let all: Vec<IpNet> = self
                    .network
                    .vpcs
                    .values()
                    .flat_map(|vpc| vpc.cidrs.clone())
                    .collect();
                *self.random.pick(&all)
            }
            3 => {
                let all: Vec<IpNet> = self
                    .network
                    .subnets
                    .values()
                    .flat_map(|subnet| subnet.cidrs.clone())
                    .collect();
                *self.random.pick(&all)
            }
            4 => {
                let mut all: Vec<IpAddr> = self
                    .network
                    .enis
                    .values()
                    .flat_map(|eni| eni.addresses.clone())
                    .collect();
                let pairs = self.network.nat_gateways.values().flat_map(|nat| &nat.addresses);
                all.extend(pairs.clone().map(|(private, _)| IpAddr::V4(*private)));
                // Public addresses: never seen inside, except on the way back from the internet.
                all.extend(pairs.filter_map(|(_, public)| *public).map(IpAddr::V4));
                all.extend(
                    self.network
                        .enis
                        .values()
                        .flat_map(|eni| &eni.public)
                        .map(|pair| IpAddr::V4(pair.public)),
                );
                IpNet::from(*self.random.pick(&all))
            }
            _ => match self.random.below(4) {
                0 => IpNet::from(IpAddr::V6(*self.random.pick(&INTERNET_V6))),
                1 => v4([192, 0, 0, 0], 8),
                2 => v4([128, 0, 0, 0], 1),
                _ => IpNet::from(IpAddr::V4(*self.random.pick(&INTERNET_V4))),
            },
        }
    }

    pub(super) fn fill_nacls(&mut self) {
        for vpc in self.network.vpcs.keys().cloned().collect::<Vec<_>>() {
            let count = self.random.weighted(&[35, 40, 25]);
            for number in 1..=count {
                let nacl = self.nacl(&vpc, false);
                self.network
                    .nacls
                    .insert(format!("acl-{}-{number}", &vpc[4..]), nacl);
            }
            if self.random.chance(12) {
                let nacl = self.nacl(&vpc, true);
                self.network
                    .nacls
                    .insert(format!("acl-{}-default", &vpc[4..]), nacl);
            }
            for id in self.subnets_of(&vpc) {
                let number = self.random.below(count.max(1) * 2);
                let Some(subnet) = self.network.subnets.get_mut(&id) else {
                    continue;
                };
                if (1..=count).contains(&number) {
                    subnet.nacl = Some(format!("acl-{}-{number}", &vpc[4..]));
                }
            }
        }
    }

    fn nacl(&mut self, vpc: &str, default: bool) -> Nacl {
        Nacl {
            vpc: vpc.to_owned(),
            default,
            ingress: self.nacl_rules(),
            egress: self.nacl_rules(),
        }
    }

    /// In three manners: open with exceptions, a list of services and ephemeral ports, anything.
    fn nacl_rules(&mut self) -> Vec<NaclRule> {
        let mut rules = Vec::new();
        match self.random.weighted(&[60, 32, 8]) {
            0 => {
                self.exceptions(&mut rules, 30);
                rules.push((true, Traffic::all(), any_v4()));
                if self.random.chance(80) {
                    rules.push((true, Traffic::all(), any_v6()));
                }
            }
            1 => {
                self.exceptions(&mut rules, 85);
                let ports = vec![*self.random.pick(&EPHEMERAL)];
                rules.push((
                    true,
                    Traffic {
                        protocol: Some(TCP),
                        ports: ports.clone(),
                        icmp: None,
                    },
                    any_v4(),
                ));
                rules.push((
                    true,
                    Traffic {
                        protocol: Some(UDP),
                        ports,
                        icmp: None,
                    },
                    self.cidr(),
                ));
                rules.push((
                    true,
                    Traffic {
                        protocol: Some(ICMP),
                        ports: Vec::new(),
                        icmp: None,
                    },
                    self.cidr(),
                ));
            }
            _ => self.exceptions(&mut rules, 60),
        }
        self.number(rules)
    }

    fn exceptions(&mut self, rules: &mut Vec<(bool, Traffic, IpNet)>, allow: usize) {
        for _ in 0..self.random.below(5) {
            rules.push((self.random.chance(allow), self.traffic(), self.cidr()));
        }
    }

    /// Rule numbers rise in the order given, but the file need not: order on paper means nothing.
    fn number(&mut self, rules: Vec<(bool, Traffic, IpNet)>) -> Vec<NaclRule> {
        let mut number = 0;
        let mut numbered = Vec::new();
        for (allow, traffic, cidr) in rules {
            number += *self.random.pick(&[1, 10, 100]);
            numbered.push(NaclRule {
                number,
                allow,
                traffic,
                cidr,
            });
        }
        if self.random.chance(15) {
            numbered.reverse();
        }
        numbered
    }
}

fn open() -> GroupRule {
    GroupRule {
        traffic: Traffic::all(),
        peers: vec![Peer::Cidr(any_v4()), Peer::Cidr(any_v6())],
    }
}

fn any_v4() -> IpNet {
    v4([0, 0, 0, 0], 0)
}

fn any_v6() -> IpNet {
    v6([0, 0, 0, 0], 0)
}
