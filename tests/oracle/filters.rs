//! Security groups, network ACLs, and what neither of them ever filters.

use std::net::IpAddr;

use ipnet::IpNet;

use super::network::{GroupRule, Network, Peer};
use super::packet::Packet;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    In,
    Out,
}

impl Direction {
    /// The address that a rule of this direction is about: where it comes from, or where it goes.
    fn other_end(self, packet: &Packet) -> IpAddr {
        match self {
            Self::In => packet.source,
            Self::Out => packet.destination,
        }
    }
}

/// What is known of a sender: whether it still is itself, and a node that vouches for it.
pub type Known<'a> = (bool, Option<&'a str>);

/// The groups of an interface are one list of allow rules (EC2 guide, "Security group rules"). `identity`
/// says whether the packet is still known to come from the interface that sent it.
pub fn groups_admit(network: &Network, eni: &str, way: Direction, packet: &Packet, known: Known<'_>) -> bool {
    network.enis[eni].groups.iter().any(|id| {
        let group = &network.groups[id];
        let rules = match way {
            Direction::In => &group.ingress,
            // A new group allows everything out.
            Direction::Out => match &group.egress {
                Some(rules) => rules,
                None => return true,
            },
        };
        rules
            .iter()
            .any(|rule| rule_admits(network, eni, rule, way, packet, known))
    })
}

fn rule_admits(
    network: &Network,
    eni: &str,
    rule: &GroupRule,
    way: Direction,
    packet: &Packet,
    (identity, voucher): Known<'_>,
) -> bool {
    let other = way.other_end(packet);
    let contains = |cidr: &IpNet| cidr.contains(&other);
    rule.traffic.matches(packet)
        && rule.peers.iter().any(|peer| match peer {
            Peer::Cidr(cidr) => contains(cidr),
            Peer::List(list) => network.prefix_lists[list].iter().any(contains),
            // An appliance, a NAT gateway, the internet or another Region in between: the receiver no longer
            // knows whose packet it is (VPC guide, "Security group rules"; peering guide). The sender looks
            // at the address.
            Peer::Group(group) => match way {
                Direction::Out => in_group(network, eni, group, other, false),
                Direction::In => {
                    identity && in_group(network, eni, group, other, true)
                        || voucher.is_some_and(|node| network.enis[node].groups.contains(group))
                }
            },
        })
}

/// A group as the other end means the private addresses of the interfaces that carry it, here or in a peer
/// VPC of the same Region (EC2 guide, "Security group rules"; peering guide, "Reference peer security
/// groups").
fn in_group(network: &Network, eni: &str, group: &str, address: IpAddr, in_transit: bool) -> bool {
    let here = network.vpc_of_eni(eni);
    network.enis.iter().any(|(member, interface)| {
        interface.groups.iter().any(|id| id == group)
            && interface.owns(address)
            && (network.shares_groups(here, network.vpc_of_eni(member))
                || in_transit && network.shares_groups_in_transit(here, network.vpc_of_eni(member)))
    })
}

/// By rule number, the first that matches decides; none is a deny (VPC guide, "Network ACLs").
pub fn nacl_admits(network: &Network, subnet: &str, way: Direction, packet: &Packet) -> bool {
    let Some((_, nacl)) = network.nacl_of(subnet) else {
        return true;
    };
    let other = way.other_end(packet);
    let rules = match way {
        Direction::In => &nacl.ingress,
        Direction::Out => &nacl.egress,
    };
    rules
        .iter()
        .filter(|rule| rule.cidr.contains(&other) && rule.traffic.matches(packet))
        .min_by_key(|rule| rule.number)
        .is_some_and(|rule| rule.allow)
}

/// Instance metadata, DNS, time, Windows activation, container metadata (VPC guide, "Security groups": what
/// they do not filter; the same list stands under "Network ACLs").
const SERVICES: [&str; 9] = [
    "169.254.169.254",
    "169.254.169.253",
    "169.254.169.123",
    "169.254.169.250",
    "169.254.169.251",
    "169.254.170.2",
    "fd00:ec2::254",
    "fd00:ec2::253",
    "fd00:ec2::123",
];

/// Whether the address is a service that the host of the instance itself answers.
pub fn is_service(network: &Network, vpc: &str, address: IpAddr) -> bool {
    SERVICES.iter().any(|service| service.parse() == Ok(address)) || resolver(network, vpc) == Some(address)
}

/// The Route 53 Resolver sits at the base of the VPC's primary range plus two (VPC guide, "DNS attributes").
pub fn resolver(network: &Network, vpc: &str) -> Option<IpAddr> {
    network.vpcs[vpc].cidrs.iter().find_map(|cidr| match cidr {
        IpNet::V4(cidr) => Some(IpAddr::V4((u32::from(cidr.network()) + 2).into())),
        IpNet::V6(_) => None,
    })
}
