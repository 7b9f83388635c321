//! What each session copies of the packets at a tap: filters are asked rule by rule, and what no rule accepts is not copied
//! (Traffic Mirroring guide, "Traffic mirror filters").
//!
//! Some packets no rule is asked about. Those of Amazon's DNS server are copied where the filter names that service, and else not
//! (EC2 API, `ModifyTrafficMirrorFilterNetworkServices`); ARP, DHCP, instance metadata, time and Windows activation never are
//! (Traffic Mirroring guide, "Quotas and considerations").

use super::tap::Tap;
use crate::analysis::answer::Ground;
use crate::model::{
    Location, MirrorAction, MirroredService, Model, Place, TrafficMirrorFilter, TrafficMirrorFilterRule,
    TrafficMirrorSession, TrafficMirrorSessionId,
};
use crate::network::{Direction, RuleRef, Service, resolvers};
use crate::packet::{AddressSet, Cube, PacketSet, PortSet, Protocol, ProtocolSet, Space};
use std::net::IpAddr;

/// The addresses of instance metadata, time and Windows activation.
const NEVER: [&str; 6] = [
    "169.254.169.254",
    "169.254.169.123",
    "169.254.169.250",
    "169.254.169.251",
    "fd00:ec2::254",
    "fd00:ec2::123",
];
/// The ports of DHCP, for IPv4 and IPv6.
const DHCP: [(u16, u16); 2] = [(67, 68), (546, 547)];
const DNS: u16 = 53;

/// What a rule of a filter says of packets.
#[derive(Debug, Clone)]
pub struct Part {
    /// The rule; `implicit reject` where none matches, `amazon-dns` where it is the service.
    pub rule: RuleRef,
    /// Where it is written.
    pub at: Option<Location>,
    /// Whether they are copied.
    pub copied: bool,
    /// The packets.
    pub packets: PacketSet,
}

/// What a session copies at a tap.
#[derive(Debug, Clone)]
pub struct Share {
    /// The session.
    pub session: TrafficMirrorSessionId,
    /// Its number.
    pub number: u32,
    /// What it says of what earlier sessions left to it, in the order of the rules.
    pub parts: Vec<Part>,
    /// What it copies.
    pub copied: PacketSet,
    /// What it would copy, had no earlier session done so.
    pub taken: PacketSet,
    /// What it may copy: its filter is not described.
    pub unsure: PacketSet,
    /// Whether it copies what Amazon's DNS server is asked, and so the answers.
    pub answered: bool,
}

impl Share {
    /// Whether it copies anything, or may.
    pub fn copies(&self) -> bool {
        !self.copied.is_empty() || !self.unsure.is_empty()
    }
}

/// Asks every session of the interface.
pub fn fill(ground: Ground<'_>, tap: &mut Tap) {
    let space = &ground.work.space;
    let (model, id) = (ground.model, tap.interface.id.as_str());
    let mut sessions: Vec<(&TrafficMirrorSessionId, &TrafficMirrorSession)> = model
        .traffic_mirror_sessions
        .iter()
        .filter(|(_, session)| session.source.as_str() == id)
        .collect();
    sessions.sort_by_key(|(id, session)| (session.number, *id));
    let served = Served::of(model, id, tap.direction, space);
    tap.never = space.intersect(tap.packets, served.never);
    let eligible = space.subtract(tap.packets, tap.never);
    let doubtful = space.subtract(tap.doubtful(space), served.never);
    let mut rest = eligible;
    for (id, session) in sessions {
        let filter = model.traffic_mirror_filters.get(&session.filter);
        let share = match filter {
            Some(filter) => {
                let asking = Asking {
                    ground,
                    session,
                    filter,
                    dns: served.dns,
                };
                let parts = asking.parts(tap.direction, doubtful);
                let would = parts.iter().filter(|part| part.copied);
                tap.perhaps = would.fold(tap.perhaps, |all, part| space.union(all, part.packets));
                asking.share(id, tap.direction, (eligible, rest))
            }
            None => {
                tap.perhaps = doubtful;
                unknown((id, session), rest)
            }
        };
        rest = space.subtract(rest, share.copied);
        tap.shares.push(share);
    }
    tap.rest = rest;
}

fn unknown((id, session): (&TrafficMirrorSessionId, &TrafficMirrorSession), rest: PacketSet) -> Share {
    Share {
        session: id.clone(),
        number: session.number,
        parts: Vec::new(),
        copied: PacketSet::EMPTY,
        taken: PacketSet::EMPTY,
        unsure: rest,
        answered: false,
    }
}

/// A session whose filter is asked.
struct Asking<'a> {
    ground: Ground<'a>,
    session: &'a TrafficMirrorSession,
    filter: &'a TrafficMirrorFilter,
    dns: PacketSet,
}

impl Asking<'_> {
    fn share(
        &self,
        id: &TrafficMirrorSessionId,
        direction: Direction,
        (eligible, rest): (PacketSet, PacketSet),
    ) -> Share {
        let space = &self.ground.work.space;
        let all = self.parts(direction, eligible);
        let mut share = unknown((id, self.session), PacketSet::EMPTY);
        for part in all {
            let left = space.intersect(part.packets, rest);
            if part.copied {
                share.copied = space.union(share.copied, left);
                let gone = space.subtract(part.packets, rest);
                share.taken = space.union(share.taken, gone);
                share.answered |= part.rule == RuleRef::Implicit("amazon-dns") && !left.is_empty();
            }
            if !left.is_empty() {
                share.parts.push(Part {
                    packets: left,
                    ..part
                });
            }
        }
        share
    }

    /// What the filter says of packets.
    fn parts(&self, direction: Direction, packets: PacketSet) -> Vec<Part> {
        let space = &self.ground.work.space;
        let place = Place::item("traffic_mirror_filters", &self.session.filter);
        let locate = |place: Place| self.ground.network.locate(&place);
        let (key, rules) = match direction {
            Direction::Ingress => ("ingress", &self.filter.ingress),
            Direction::Egress => ("egress", &self.filter.egress),
        };
        let mut rules: Vec<(usize, &TrafficMirrorFilterRule)> = rules.iter().enumerate().collect();
        rules.sort_by_key(|(index, rule)| (rule.rule, *index));
        let service = space.intersect(packets, self.dns);
        let copied = self
            .filter
            .network_services
            .iter()
            .any(|one| *one == MirroredService::AmazonDns);
        let mut parts = vec![Part {
            rule: RuleRef::Implicit("amazon-dns"),
            at: locate(place.clone().field("network_services")),
            copied,
            packets: service,
        }];
        let cubes: Vec<Vec<Cube>> = rules.iter().map(|(_, rule)| vec![cube(rule)]).collect();
        let map = space.first_match(&cubes);
        for (index, packets) in space.split(map, space.subtract(packets, service)) {
            let found = index.and_then(|index| rules.get(index));
            parts.push(match found {
                Some((index, rule)) => Part {
                    rule: RuleRef::Number(rule.rule),
                    at: locate(place.clone().field(key).index(*index)),
                    copied: rule.action == MirrorAction::Accept,
                    packets,
                },
                None => Part {
                    rule: RuleRef::Implicit("implicit reject"),
                    at: locate(place.clone()),
                    copied: false,
                    packets,
                },
            });
        }
        parts.retain(|part| !part.packets.is_empty());
        parts
    }
}

/// The packets that a rule matches.
fn cube(rule: &TrafficMirrorFilterRule) -> Cube {
    let service = Service {
        protocol: rule.protocol,
        ports: rule.ports.as_ref(),
        icmp_type: None,
        icmp_code: None,
    };
    let (from, to) = (rule.source.net(), rule.destination.net());
    let cube = service.between(AddressSet::cidr(from), AddressSet::cidr(to));
    match &rule.source_ports {
        Some(ports) => Cube {
            source_ports: ports.0.clone(),
            ..cube
        },
        None => cube,
    }
}

/// What is served by Amazon inside the VPC of an interface, as its packets look there.
struct Served {
    dns: PacketSet,
    never: PacketSet,
}

impl Served {
    fn of(model: &Model, eni: &str, direction: Direction, space: &Space) -> Self {
        let subnet = model.enis.get(eni).map(|eni| &eni.subnet);
        let vpc = subnet.and_then(|subnet| model.vpcs.get(&model.subnets.get(subnet)?.vpc));
        let resolvers = vpc.map_or_else(AddressSet::empty, resolvers);
        let fixed = NEVER.iter().filter_map(|text| text.parse::<IpAddr>().ok());
        // A packet to a server has its address and port as destination, one from it as source.
        let with = |addresses: AddressSet, ports: PortSet, protocols: ProtocolSet| {
            let cube = Cube {
                protocols,
                ..Cube::all()
            };
            space.cube(&match direction {
                Direction::Egress => Cube {
                    destinations: addresses,
                    destination_ports: ports,
                    ..cube
                },
                Direction::Ingress => Cube {
                    sources: addresses,
                    source_ports: ports,
                    ..cube
                },
            })
        };
        let (tcp, udp) = (Protocol::TCP.0, Protocol::UDP.0);
        let both = ProtocolSet::from_ranges([(tcp, tcp), (udp, udp)]);
        let dns = with(resolvers, PortSet::one(DNS), both);
        let local = with(
            AddressSet::from_addresses(fixed),
            PortSet::all(),
            ProtocolSet::all(),
        );
        let dhcp = space.cube(&Cube {
            protocols: ProtocolSet::one(udp),
            destination_ports: PortSet::from_ranges(DHCP),
            source_ports: PortSet::from_ranges(DHCP),
            ..Cube::all()
        });
        Self {
            dns,
            never: space.union(local, dhcp),
        }
    }
}
