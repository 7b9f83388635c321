//! One packet, hop by hop, and then its one reply.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use super::filters::{Direction, groups_admit, is_service, nacl_admits};
use super::network::{Id, Network, Owner, Target, Traffic};
use super::packet::{ICMP, Packet, TCP, UDP};
use super::routes::{Choice, choose};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    Eni(Id),
    Internet(IpAddr),
    /// DNS, instance metadata and their kin.
    Service,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// At the host asked about, not at another one that has the same address.
    pub arrived: bool,
    /// Whichever source ports the NAT gateways on the way pick.
    pub returned: bool,
    pub returned_for_some_pick: bool,
    /// Where and why the first packet was lost.
    pub drop: Option<String>,
}

/// More than any path here can need; whoever gets this far goes round in circles.
const HOPS_MAX: usize = 64;

/// Sends the packet from one host and asks whether it reaches the other one, and its reply the first.
pub fn simulate(network: &Network, from: &Host, to: &Host, packet: &Packet) -> Outcome {
    let mut first = Walk::new(network, PICKS_FIRST);
    let (arrived, result) = first.converse(from, to, packet);
    let mut outcome = Outcome {
        arrived,
        returned: result.is_ok(),
        returned_for_some_pick: result.is_ok(),
        drop: result.err(),
    };
    if !arrived || first.translations.is_empty() {
        return outcome;
    }
    // A NAT gateway takes any port from 1024 on (VPC guide, "NAT gateway basics"). Filters change their mind at a few
    // ports only, so those stand for all. Gateways in a row pick the same one here: if some combination of picks fails
    // then one of the picks fails on its own segment, whatever the others do.
    for pick in picks(network) {
        let (_, result) = Walk::new(network, pick).converse(from, to, packet);
        outcome.returned &= result.is_ok();
        outcome.returned_for_some_pick |= result.is_ok();
        outcome.drop = outcome.drop.or(result.err());
    }
    outcome
}

/// Exact for one NAT gateway on the path; several in a row are taken to pick the same port.
pub fn reachable_for_some_pick(network: &Network, from: &Host, to: &Host, packet: &Packet) -> bool {
    simulate(network, from, to, packet).returned_for_some_pick
}

/// The same conversation told step by step, for the reader of a failed test.
pub fn story(network: &Network, from: &Host, to: &Host, packet: &Packet) -> String {
    let mut failing = None;
    for pick in picks(network) {
        let mut walk = Walk::new(network, pick);
        walk.telling = true;
        let (_, result) = walk.converse(from, to, packet);
        let told = walk.story.join("\n");
        match result {
            Err(why) => return format!("{told}\ndropped: {why}"),
            Ok(()) => failing = Some(format!("{told}\nit came back")),
        }
    }
    failing.unwrap_or_default()
}

const PICKS_FIRST: u16 = 1024;

fn picks(network: &Network) -> BTreeSet<u16> {
    let mut picks: BTreeSet<u16> = breakpoints(network).into_iter().filter(|port| *port >= PICKS_FIRST).collect();
    picks.extend([PICKS_FIRST, u16::MAX]);
    picks
}

/// Every value at which some rule's ports begin or end: between two of them all ports are alike.
pub fn breakpoints(network: &Network) -> BTreeSet<u16> {
    let groups = network.groups.values().flat_map(|group| group.ingress.iter().chain(group.egress.iter().flatten()));
    let nacls = network.nacls.values().flat_map(|nacl| nacl.ingress.iter().chain(&nacl.egress));
    let traffic = groups.map(|rule| &rule.traffic).chain(nacls.map(|rule| &rule.traffic));
    let mut points = BTreeSet::from([0]);
    for &(low, high) in traffic.flat_map(|traffic: &Traffic| &traffic.ports) {
        points.extend([low, high].into_iter().chain(low.checked_sub(1)).chain(high.checked_add(1)));
    }
    points
}

/// A packet on its way.
#[derive(Debug, Clone)]
struct Flight {
    packet: Packet,
    /// Whether a security group can still tell which interface sent it.
    identity: bool,
}

struct Arrival {
    host: Host,
    packet: Packet,
}

type Way = Result<Arrival, String>;

struct Translation {
    nat: Id,
    before: Packet,
    after: Packet,
}

/// One conversation, and all that stateful components remember of it.
struct Walk<'a> {
    network: &'a Network,
    /// The source port that NAT gateways choose.
    pick: u16,
    /// What the groups of an interface let through, and which way.
    tracked: Vec<(Id, Direction, Packet)>,
    translations: Vec<Translation>,
    /// What left a VPC through its egress-only gateway.
    left_egress_only: Vec<(Id, Packet)>,
    /// What came into a VPC through its internet gateway.
    entered: Vec<Packet>,
    hops: usize,
    telling: bool,
    story: Vec<String>,
}

impl<'a> Walk<'a> {
    fn new(network: &'a Network, pick: u16) -> Self {
        Self {
            network,
            pick,
            tracked: Vec::new(),
            translations: Vec::new(),
            left_egress_only: Vec::new(),
            entered: Vec::new(),
            hops: 0,
            telling: false,
            story: Vec::new(),
        }
    }

    fn tell(&mut self, what: impl FnOnce() -> String) {
        if self.telling {
            self.story.push(what());
        }
    }

    /// Whether the packet arrived, and whether the conversation worked.
    fn converse(&mut self, from: &Host, to: &Host, packet: &Packet) -> (bool, Result<(), String>) {
        let pick = self.pick;
        self.tell(|| format!("request: {packet} from {from:?}; NAT gateways pick port {pick}"));
        let arrival = match self.start(from, packet) {
            Ok(arrival) => arrival,
            Err(why) => return (false, Err(format!("request: {why}"))),
        };
        if arrival.host != *to {
            return (false, Err(format!("request: it ends at {:?}", arrival.host)));
        }
        // Nobody answers an ICMP message other than an echo request, and the services answer where they stand.
        let Some(reply) = arrival.packet.reply() else { return (true, Ok(())) };
        if arrival.host == Host::Service {
            return (true, Ok(()));
        }
        self.hops = 0;
        self.tell(|| format!("reply: {reply} from {:?}", arrival.host));
        let result = match self.start(&arrival.host, &reply) {
            Err(why) => Err(format!("reply: {why}")),
            Ok(back) if back.host != *from => Err(format!("reply: it ends at {:?}", back.host)),
            // The sender only knows the address it wrote to: an answer from another one is not an answer.
            Ok(back) if Some(back.packet) != packet.reply() => Err(format!("reply: it looks foreign: {}", back.packet)),
            Ok(_) => Ok(()),
        };
        (true, result)
    }

    fn start(&mut self, from: &Host, packet: &Packet) -> Way {
        let flight = Flight { packet: *packet, identity: true };
        match from {
            Host::Internet(_) => self.across_internet(flight),
            Host::Eni(eni) => self.from_eni(eni, flight),
            Host::Service => Err("a service does not begin conversations".to_owned()),
        }
    }

    fn from_eni(&mut self, eni: &str, flight: Flight) -> Way {
        // The host of the instance answers these itself, before any group, ACL or route (VPC guide, "Security groups").
        let vpc = self.network.vpc_of_eni(eni);
        if self.network.is_running(eni) && is_service(self.network, vpc, flight.packet.destination) {
            return Ok(Arrival { host: Host::Service, packet: flight.packet });
        }
        self.out_of_eni(eni, flight)
    }

    fn out_of_eni(&mut self, eni: &str, flight: Flight) -> Way {
        let interface = &self.network.enis[eni];
        if !self.network.is_running(eni) {
            return Err(format!("the instance of {eni} is stopped"));
        }
        // EC2 guide, "Elastic network interfaces": source/destination check.
        if interface.source_dest_check && !interface.owns(flight.packet.source) {
            return Err(format!("source/dest check of {eni}: the source is not its own"));
        }
        self.groups(eni, Direction::Out, &flight)?;
        self.out_of_subnet(&interface.subnet, eni, flight)
    }

    fn into_eni(&mut self, eni: &str, mut flight: Flight) -> Way {
        let interface = &self.network.enis[eni];
        if !self.network.is_running(eni) {
            return Err(format!("the instance of {eni} is stopped"));
        }
        let owned = interface.owns(flight.packet.destination);
        if !owned && interface.source_dest_check {
            return Err(format!("source/dest check of {eni}: the destination is not its own"));
        }
        self.groups(eni, Direction::In, &flight)?;
        if owned {
            return Ok(Arrival { host: Host::Eni(eni.to_owned()), packet: flight.packet });
        }
        // An appliance sends on unchanged what is not for it; behind it nobody knows whose packet it was (VPC guide,
        // "Routing for a middlebox appliance").
        self.tell(|| format!("{eni} forwards it"));
        flight.identity = false;
        self.out_of_eni(eni, flight)
    }

    /// A reply of what the groups let through passes without a rule (EC2 guide, "Connection tracking").
    fn groups(&mut self, eni: &str, way: Direction, flight: &Flight) -> Result<(), String> {
        let packet = &flight.packet;
        let is_reply =
            self.tracked.iter().any(|(id, of, first)| id == eni && *of != way && first.reply() == Some(*packet));
        if is_reply {
            self.tell(|| format!("{eni} {way:?}: tracked"));
            return Ok(());
        }
        if !groups_admit(self.network, eni, way, packet, flight.identity) {
            return Err(format!("security groups of {eni}, {way:?}: {packet}"));
        }
        self.tell(|| format!("{eni} {way:?}: a rule admits {packet}"));
        self.tracked.push((eni.to_owned(), way, *packet));
        Ok(())
    }

    /// Network ACLs stand at the border of a subnet: out of one, into the other, nothing inside (VPC guide, "Network
    /// ACLs"). `None` is a gateway's side.
    fn cross(&mut self, from: Option<&str>, into: Option<&str>, packet: &Packet) -> Result<(), String> {
        if from == into {
            return Ok(());
        }
        for (subnet, way) in [(from, Direction::Out), (into, Direction::In)] {
            let Some(subnet) = subnet else { continue };
            if !nacl_admits(self.network, subnet, way, packet) {
                return Err(format!("network ACL of {subnet}, {way:?}: {packet}"));
            }
            self.tell(|| format!("network ACL of {subnet}, {way:?}: passed"));
        }
        Ok(())
    }

    fn hop(&mut self) -> Result<(), String> {
        self.hops += 1;
        if self.hops > HOPS_MAX { Err("it goes round in circles".to_owned()) } else { Ok(()) }
    }

    /// `sender` is the interface or NAT gateway in the subnet.
    fn out_of_subnet(&mut self, subnet: &str, sender: &str, flight: Flight) -> Way {
        self.hop()?;
        let network = self.network;
        let destination = flight.packet.destination;
        let vpc = network.vpc_of_subnet(subnet);
        // Neighbours talk directly, whatever the route table says (VPC guide, "Route tables").
        if network.subnets[subnet].contains(destination) {
            return self.to_owner(vpc, Some(subnet), flight);
        }
        let choice = choose(network, vpc, network.table_of(subnet), destination);
        self.tell(|| format!("route table of {subnet} for {destination}: {choice:?}"));
        match choice {
            Choice::NoRoute => Err(format!("no route from {subnet} to {destination}")),
            Choice::Blackhole => Err(format!("blackhole route in {subnet} to {destination}")),
            Choice::Via(Target::Local) => self.to_owner(vpc, Some(subnet), flight),
            Choice::Via(Target::InternetGateway(gateway)) => {
                self.cross(Some(subnet), None, &flight.packet)?;
                self.out_of_internet_gateway(vpc, &gateway, sender, flight)
            }
            Choice::Via(Target::EgressOnly(gateway)) => {
                self.cross(Some(subnet), None, &flight.packet)?;
                self.out_of_egress_only_gateway(vpc, &gateway, flight)
            }
            Choice::Via(Target::Nat(nat)) => self.into_nat(&nat, subnet, flight),
            Choice::Via(Target::Eni(eni)) => self.to_appliance(&eni, Some(subnet), flight),
            Choice::Via(Target::Peering(peering)) => self.across_peering(&peering, subnet, flight),
            Choice::Via(Target::VpnGateway(gateway)) => Err(format!("nothing lies behind {gateway}")),
        }
    }

    /// Local delivery. An address that nobody has is lost; no other route gets a chance (VPC guide, "Route tables").
    fn to_owner(&mut self, vpc: &str, from: Option<&str>, flight: Flight) -> Way {
        let network = self.network;
        let Some(owner) = network.owner(vpc, flight.packet.destination) else {
            return Err(format!("nobody in {vpc} has {}", flight.packet.destination));
        };
        self.cross(from, Some(network.subnet_of(owner)), &flight.packet)?;
        match owner {
            Owner::Eni(eni) => self.into_eni(eni, flight),
            Owner::Nat(nat) => self.back_through_nat(nat, flight),
        }
    }

    /// A route to the interface of a stopped instance is a blackhole; `into_eni` says so.
    fn to_appliance(&mut self, eni: &str, from: Option<&str>, flight: Flight) -> Way {
        let network = self.network;
        self.cross(from, Some(&network.enis[eni].subnet), &flight.packet)?;
        self.into_eni(eni, flight)
    }

    /// VPC guide, "NAT gateways": IPv4; TCP, UDP and ICMP; not for its own subnet, whose table would have to lead both
    /// to it and past it; the network ACL of its subnet sees the packet before and after.
    fn into_nat(&mut self, id: &str, subnet: &str, flight: Flight) -> Way {
        let nat = &self.network.nat_gateways[id];
        let before = flight.packet;
        if !nat.available {
            return Err(format!("{id} is not available"));
        }
        if nat.subnet == subnet {
            return Err(format!("{id} does not serve its own subnet"));
        }
        self.cross(Some(subnet), Some(&nat.subnet), &before)?;
        if before.destination == IpAddr::V4(nat.address) {
            return self.back_through_nat(id, flight);
        }
        if !before.is_v4() || ![TCP, UDP, ICMP].contains(&before.protocol) {
            return Err(format!("{id} does not translate {before}"));
        }
        let source_port = if before.protocol == ICMP { before.source_port } else { self.pick };
        let after = Packet { source: IpAddr::V4(nat.address), source_port, ..before };
        self.tell(|| format!("{id} makes it {after}"));
        self.translations.push(Translation { nat: id.to_owned(), before, after });
        self.out_of_subnet(&nat.subnet, id, Flight { packet: after, identity: false })
    }

    /// Nothing unsolicited comes in through a NAT gateway.
    fn back_through_nat(&mut self, id: &str, flight: Flight) -> Way {
        let mine = self.translations.iter().find(|one| one.nat == id && one.after.reply() == Some(flight.packet));
        let Some(packet) = mine.and_then(|translation| translation.before.reply()) else {
            return Err(format!("{id} knows nothing of {}", flight.packet));
        };
        self.tell(|| format!("{id} makes it {packet} again"));
        self.out_of_subnet(&self.network.nat_gateways[id].subnet, id, Flight { packet, ..flight })
    }

    /// The sender must belong to the near VPC and the receiver to the far one, where only local delivery takes place
    /// (peering guide, "Unsupported VPC peering configurations").
    fn across_peering(&mut self, id: &str, subnet: &str, mut flight: Flight) -> Way {
        let network = self.network;
        let peering = &network.peerings[id];
        let near = network.vpc_of_subnet(subnet);
        let far = match peering.far_side(near) {
            Some(far) if peering.is_active() => far,
            _ => return Err(format!("{id} is {}", peering.status)),
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
        self.to_owner(far, None, flight)
    }

    /// VPC guide, "Internet gateways": stateless one-to-one NAT for IPv4, nothing but a check of the source for IPv6.
    fn out_of_internet_gateway(&mut self, vpc: &str, gateway: &str, sender: &str, mut flight: Flight) -> Way {
        let network = self.network;
        let source = flight.packet.source;
        if network.internet_gateways[gateway] != vpc {
            return Err(format!("{gateway} is not attached to {vpc}"));
        }
        // Who gets its traffic from the gateway through an appliance has to send it the same way (VPC guide, "Gateway
        // route tables"; Reachability Analyzer, INGRESS_RTB_TRAFFIC_REDIRECTION).
        if let Choice::Via(Target::Eni(appliance)) = self.edge_route(vpc, gateway, source)
            && appliance != sender
        {
            return Err(format!("{gateway}: what is for {source} goes through {appliance}, {sender} cannot go past it"));
        }
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

    /// Only what begins inside, and its replies (VPC guide, "Egress-only internet gateways"). So it does not carry the
    /// answer to what came in through the internet gateway.
    fn out_of_egress_only_gateway(&mut self, vpc: &str, gateway: &str, mut flight: Flight) -> Way {
        let packet = flight.packet;
        if self.network.egress_only_gateways[gateway] != vpc || packet.is_v4() {
            return Err(format!("{gateway} does not take {packet}"));
        }
        if self.entered.iter().any(|first| first.reply() == Some(packet)) {
            return Err(format!("{gateway}: it answers a conversation that began outside"));
        }
        self.check_internet_source(vpc, gateway, &mut flight)?;
        self.left_egress_only.push((vpc.to_owned(), packet));
        self.across_internet(flight)
    }

    /// Finds who has a public address: an internet host, or a VPC (again).
    fn across_internet(&mut self, mut flight: Flight) -> Way {
        self.hop()?;
        let network = self.network;
        // Public addresses have no groups, and a packet that has been outside has lost its own.
        flight.identity = false;
        let destination = flight.packet.destination;
        self.tell(|| format!("on the internet: {}", flight.packet));
        if is_private(destination) || is_private(flight.packet.source) {
            return Err(format!("the internet does not carry {}", flight.packet));
        }
        if let Some((vpc, private)) = network.private_of(destination) {
            flight.packet.destination = private;
            return self.into_vpc(vpc, flight);
        }
        match network.vpcs.iter().find(|(_, vpc)| !flight.packet.is_v4() && vpc.contains(destination)) {
            Some((vpc, _)) => self.into_vpc(vpc, flight),
            None => Ok(Arrival { host: Host::Internet(destination), packet: flight.packet }),
        }
    }

    /// An arriving packet is delivered by the gateway's own table if it has one, else locally. The table of the
    /// receiver's subnet has no say: it decides only whether the answer finds its way out.
    fn into_vpc(&mut self, vpc: &str, flight: Flight) -> Way {
        let network = self.network;
        let expected = |(of, first): &(Id, Packet)| of == vpc && first.reply() == Some(flight.packet);
        if self.left_egress_only.iter().any(expected) {
            return self.to_owner(vpc, None, flight);
        }
        let Some(gateway) = network.internet_gateway_of(vpc) else {
            return Err(format!("{vpc} lets nothing in from the internet"));
        };
        self.entered.push(flight.packet);
        match self.edge_route(vpc, gateway, flight.packet.destination) {
            Choice::Via(Target::Local) => self.to_owner(vpc, None, flight),
            // INGRESS_RTB_NO_PUBLIC_IP
            Choice::Via(Target::Eni(eni)) if network.enis[&eni].public.is_empty() => {
                Err(format!("{gateway}: {eni} has no public address"))
            }
            Choice::Via(Target::Eni(eni)) => self.to_appliance(&eni, None, flight),
            other => Err(format!("{gateway}: {other:?}")),
        }
    }

    /// The edge table sees private addresses.
    fn edge_route(&self, vpc: &str, gateway: &str, private: IpAddr) -> Choice {
        choose(self.network, vpc, self.network.edge_table_of(gateway), private)
    }
}

/// RFC 1918 and RFC 6598 addresses do not pass an internet gateway, in either direction (Reachability Analyzer,
/// `IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS` and its three siblings).
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
