//! NAT gateways, peering connections, internet gateways, egress-only gateways and the internet itself.

use std::net::{IpAddr, Ipv4Addr};

use super::super::filters::Direction;
use super::super::network::{Id, Owner, Target};
use super::super::packet::{ICMP, ICMP6, Packet, TCP, UDP};
use super::super::routes::{Choice, choose};
use super::super::simulate::Host;
use super::endpoints::at_s3;
use super::public_access::Talker;
use super::{Arrival, Flight, Translation, Walk, Way};

impl Walk<'_> {
    /// VPC guide, "NAT gateways": IPv4; TCP, UDP and ICMP; not for its own subnet, whose table would have to
    /// lead both to it and past it; the network ACL of its subnet sees the packet before and after.
    pub(super) fn enter_nat(&mut self, id: &str, subnet: &str, flight: Flight) -> Way {
        let nat = &self.network.nat_gateways[id];
        let before = flight.packet;
        // Whether a network ACL is asked about what goes to nowhere is not documented.
        self.unlogged |= !nat.available || nat.subnet.as_deref() == Some(subnet);
        if !nat.available {
            return Err(format!("{id} is not available"));
        }
        if nat.subnet.as_deref() == Some(subnet) {
            return Err(format!("{id} does not serve its own subnet"));
        }
        self.cross_to((id, nat.subnet.as_deref()), Some(subnet), &before)?;
        if nat.owns(before.destination) {
            return self.back_through_nat(id, flight);
        }
        self.record(id, Direction::In, &before, true);
        let Some(outward) = in_v4(&before).filter(|packet| [TCP, UDP, ICMP].contains(&packet.protocol))
        else {
            return Err(format!("{id} does not translate {before}"));
        };
        let source_port = if outward.protocol == ICMP {
            before.source_port
        } else {
            self.pick
        };
        // Of several addresses AWS takes any.
        let (own, _) = nat.addresses[self.choose(id, nat.addresses.len())];
        let after = Packet {
            source: IpAddr::V4(own),
            source_port,
            ..outward
        };
        self.tell(|| format!("{id} makes it {after}"));
        self.record(id, Direction::Out, &after, true);
        self.translations.push(Translation {
            nat: id.to_owned(),
            before,
            after,
        });
        let flight = Flight {
            packet: after,
            identity: false,
            voucher: None,
        };
        self.leave_nat(id, flight)
    }

    /// By the table of its subnet; a regional one by its own, which leads out through the internet gateway and knows nothing
    /// else but the VPC (VPC guide, "Regional NAT gateways").
    fn leave_nat(&mut self, id: &str, flight: Flight) -> Way {
        let network = self.network;
        let nat = &network.nat_gateways[id];
        if let Some(subnet) = &nat.subnet {
            return self.leave_subnet(subnet, id, flight);
        }
        if network.vpcs[&nat.vpc].contains(flight.packet.destination) {
            return self.deliver(&nat.vpc, None, flight);
        }
        self.tell(|| format!("{id} is regional"));
        match network.internet_gateway_of(&nat.vpc) {
            Some(gateway) => self.leave_by_internet_gateway((&nat.vpc, None), gateway, id, flight),
            None => Err(format!("{} has no internet gateway", nat.vpc)),
        }
    }

    /// Nothing unsolicited comes in through a NAT gateway.
    pub(super) fn back_through_nat(&mut self, id: &str, flight: Flight) -> Way {
        self.record(id, Direction::In, &flight.packet, true);
        let mine = self
            .translations
            .iter()
            .find(|one| one.nat == id && one.after.reply() == Some(flight.packet));
        let Some(packet) = mine.and_then(|translation| translation.before.reply()) else {
            return Err(format!("{id} knows nothing of {}", flight.packet));
        };
        self.tell(|| format!("{id} makes it {packet} again"));
        self.record(id, Direction::Out, &packet, true);
        self.leave_nat(id, Flight { packet, ..flight })
    }

    /// The sender must belong to the near VPC and the receiver to the far one, where only local delivery
    /// takes place (peering guide, "Unsupported VPC peering configurations").
    pub(super) fn across_peering(&mut self, id: &str, subnet: &str, mut flight: Flight) -> Way {
        let network = self.network;
        let peering = &network.peerings[id];
        let near = network.vpc_of_subnet(subnet);
        let far = match peering.far_side(near) {
            Some(far) if peering.is_active() => far,
            _ => {
                self.unlogged = true;
                return Err(format!("{id} is {}", peering.status));
            }
        };
        self.hop()?;
        self.cross(Some(subnet), None, &flight.packet)?;
        if !network.vpcs[near].contains(flight.packet.source) {
            return Err(format!("{id}: {} is not of {near}", flight.packet.source));
        }
        if !network.vpcs[far].contains(flight.packet.destination) {
            return Err(format!("{id}: {} is not of {far}", flight.packet.destination));
        }
        // Groups cannot be referenced across Regions.
        flight.identity &= network.vpcs[near].region == network.vpcs[far].region;
        self.deliver(far, None, flight)
    }

    /// VPC guide, "Internet gateways": stateless one-to-one NAT for IPv4, nothing but a check of the source
    /// for IPv6.
    pub(super) fn leave_by_internet_gateway(
        &mut self,
        (vpc, subnet): (&str, Option<&str>),
        gateway: &str,
        sender: &str,
        mut flight: Flight,
    ) -> Way {
        let network = self.network;
        let source = flight.packet.source;
        if network.internet_gateways[gateway] != vpc {
            return Err(format!("{gateway} is not attached to {vpc}"));
        }
        // Who gets its traffic from the gateway through an appliance has to send it the same way (VPC guide,
        // "Gateway route tables"; Reachability Analyzer, INGRESS_RTB_TRAFFIC_REDIRECTION).
        if let Choice::Via(Target::Eni(appliance) | Target::Endpoint(appliance)) =
            self.edge_route(vpc, gateway, source)
            && appliance != sender
        {
            return Err(format!(
                "{gateway}: what is for {source} goes through {appliance}, {sender} cannot go past it"
            ));
        }
        let by = match sender {
            _ if network.nat_gateways.contains_key(sender) => Talker::Softly,
            _ if network.firewalls.contains_key(sender) => Talker::Firewall,
            _ => Talker::Host,
        };
        self.public_access(vpc, subnet, Direction::Out, by, &flight.packet)?;
        self.check_internet_source(vpc, gateway, &mut flight)?;
        self.across_internet(flight)
    }

    fn check_internet_source(&mut self, vpc: &str, gateway: &str, flight: &mut Flight) -> Result<(), String> {
        let packet = &mut flight.packet;
        if is_private(packet.destination) {
            return Err(format!("{gateway}: {} is a private address", packet.destination));
        }
        if !packet.is_v4() {
            // GATEWAY_REJECTS_SPOOFED_TRAFFIC
            return match self.network.owner(vpc, packet.source) {
                Some(_) => Ok(()),
                None => Err(format!("{gateway}: nobody in {vpc} has {}", packet.source)),
            };
        }
        match self.network.public_of(vpc, packet.source) {
            Some(public) => packet.source = public,
            None => return Err(format!("{gateway}: {} has no public address", packet.source)),
        }
        Ok(())
    }

    /// Only what begins inside, and its replies (VPC guide, "Egress-only internet gateways"). So it does not
    /// carry the answer to what came in through the internet gateway.
    pub(super) fn leave_by_egress_only_gateway(
        &mut self,
        (vpc, subnet): (&str, &str),
        gateway: &str,
        sender: &str,
        mut flight: Flight,
    ) -> Way {
        let packet = flight.packet;
        if self.network.egress_only_gateways[gateway] != vpc || packet.is_v4() {
            return Err(format!("{gateway} does not take {packet}"));
        }
        if self.entered.iter().any(|first| first.reply() == Some(packet)) {
            return Err(format!("{gateway}: it answers a conversation that began outside"));
        }
        let by = match self.network.firewalls.contains_key(sender) {
            true => Talker::FirewallSoftly,
            false => Talker::Softly,
        };
        self.public_access(vpc, Some(subnet), Direction::Out, by, &packet)?;
        self.check_internet_source(vpc, gateway, &mut flight)?;
        self.left_egress_only.push((vpc.to_owned(), packet));
        self.across_internet(flight)
    }

    /// Finds who has a public address: an internet host, or a VPC (again).
    pub(super) fn across_internet(&mut self, mut flight: Flight) -> Way {
        self.hop()?;
        let network = self.network;
        // Public addresses have no groups, and a packet that has been outside has lost its own.
        flight.identity = false;
        flight.voucher = None;
        let destination = flight.packet.destination;
        self.tell(|| format!("on the internet: {}", flight.packet));
        if is_private(destination) || is_private(flight.packet.source) {
            return Err(format!("the internet does not carry {}", flight.packet));
        }
        if let Some((vpc, private)) = network.private_of(destination) {
            flight.packet.destination = private;
            return self.enter_vpc(vpc, flight);
        }
        match network
            .vpcs
            .iter()
            .find(|(_, vpc)| !flight.packet.is_v4() && vpc.contains(destination))
        {
            Some((vpc, _)) => self.enter_vpc(vpc, flight),
            None if network.is_s3(destination) => at_s3(flight),
            None => Ok(Arrival {
                host: Host::Internet(destination),
                packet: flight.packet,
            }),
        }
    }

    /// An arriving packet is delivered by the gateway's own table if it has one, else locally. The table of
    /// the receiver's subnet has no say: it decides only whether the answer finds its way out.
    fn enter_vpc(&mut self, vpc: &str, flight: Flight) -> Way {
        let network = self.network;
        let owner = network.owner(vpc, flight.packet.destination);
        let subnet = owner.and_then(|owner| network.subnet_of(owner));
        let (subnet, by) = self.first_inside(vpc, flight.packet.destination, subnet);
        self.public_access(vpc, subnet.as_deref(), Direction::In, by, &flight.packet)?;
        let expected = |(of, first): &(Id, Packet)| of == vpc && first.reply() == Some(flight.packet);
        if self.left_egress_only.iter().any(expected) {
            return self.deliver(vpc, None, flight);
        }
        let Some(gateway) = network.internet_gateway_of(vpc) else {
            return Err(format!("{vpc} lets nothing in from the internet"));
        };
        self.entered.push(flight.packet);
        // A regional NAT gateway is no address of the VPC that a table could lead to.
        if let Some(Owner::Nat(nat)) = owner.filter(|owner| network.subnet_of(*owner).is_none()) {
            return self.back_through_nat(nat, flight);
        }
        match self.edge_route(vpc, gateway, flight.packet.destination) {
            Choice::Via(Target::Local) => self.deliver(vpc, None, flight),
            // INGRESS_RTB_NO_PUBLIC_IP
            Choice::Via(Target::Eni(eni)) if network.enis[&eni].public.is_empty() => {
                Err(format!("{gateway}: {eni} has no public address"))
            }
            Choice::Via(Target::Eni(eni)) => self.hand_to_appliance(&eni, None, flight),
            Choice::Via(Target::Endpoint(id)) => self.through_endpoint(&id, None, flight),
            other => Err(format!("{gateway}: {other:?}")),
        }
    }

    /// Who takes from the gateway what is for an address, and in which subnet: what the edge table leads to, or the owner.
    fn first_inside(&self, vpc: &str, destination: IpAddr, own: Option<&str>) -> (Option<String>, Talker) {
        let network = self.network;
        let gateway = network.internet_gateway_of(vpc);
        let led = gateway.map(|gateway| self.edge_route(vpc, gateway, destination));
        match led {
            Some(Choice::Via(Target::Eni(eni))) => (Some(network.enis[&eni].subnet.clone()), Talker::Host),
            Some(Choice::Via(Target::Endpoint(id))) => match network.inspections.get(&id) {
                Some(subnet) => (Some(subnet.clone()), Talker::Host),
                None => (None, Talker::Firewall),
            },
            _ => (own.map(str::to_owned), Talker::Host),
        }
    }

    /// The edge table sees private addresses.
    fn edge_route(&self, vpc: &str, gateway: &str, private: IpAddr) -> Choice {
        choose(self.network, vpc, self.network.edge_table_of(gateway), private)
    }
}

/// NAT64: an IPv6 packet to 64:ff9b::/96 becomes one to the IPv4 address in the last 32 bits; of ICMPv6 the echo (VPC guide,
/// "DNS64 and NAT64"; RFC 7915).
fn in_v4(packet: &Packet) -> Option<Packet> {
    let IpAddr::V6(destination) = packet.destination else {
        return Some(*packet);
    };
    let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = destination.segments() else {
        return None;
    };
    let [[a, b], [c, d]] = [high.to_be_bytes(), low.to_be_bytes()];
    let outward = Packet {
        destination: IpAddr::from([a, b, c, d]),
        ..*packet
    };
    match (packet.protocol, packet.icmp_type(), packet.icmp_code()) {
        (TCP | UDP, ..) => Some(outward),
        (ICMP6, kind @ (128 | 129), code) => Some(Packet {
            protocol: ICMP,
            destination_port: u16::from_be_bytes([(129 - kind) * 8, code]),
            ..outward
        }),
        _ => None,
    }
}

/// RFC 1918 and RFC 6598 addresses do not pass an internet gateway, in either direction (Reachability
/// Analyzer, `IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS` and its three siblings).
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_private() || is_shared(address),
        IpAddr::V6(_) => false,
    }
}

/// 100.64.0.0/10
fn is_shared(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    first == 100 && (64..128).contains(&second)
}
