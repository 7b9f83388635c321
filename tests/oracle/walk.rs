//! The walk of a packet from host to host: interfaces, their groups, subnets, network ACLs and route tables.
//! The gateways between VPCs and to the internet follow in a file of their own.

mod balancer;
mod endpoints;
mod firewall;
mod gateways;
mod premises;
mod public_access;
mod transit;

use super::filters::{Direction, groups_admit, is_service, nacl_admits};
use super::network::{Id, Network, Owner, Target};
use super::packet::Packet;
use super::routes::{Choice, choose};
use super::simulate::Host;

/// More than any path here can need; whoever gets this far goes round in circles.
const HOPS_MAX: usize = 64;

/// A packet on its way.
#[derive(Debug, Clone)]
struct Flight {
    packet: Packet,
    /// Whether a security group can still tell which interface sent it.
    identity: bool,
    /// A load balancer's node that sent it on with the client's address: its groups count as the sender's.
    voucher: Option<Id>,
}

struct Arrival {
    host: Host,
    packet: Packet,
}

type Way = Result<Arrival, String>;

pub struct Translation {
    nat: Id,
    before: Packet,
    after: Packet,
}

/// What the flow log of an interface says of one packet: its groups and the network ACL next to it together. A NAT gateway
/// records as well (VPC guide, "Flow log record examples").
#[derive(Debug, Clone)]
pub struct Logged {
    pub recorder: Id,
    pub way: Direction,
    pub packet: Packet,
    pub accepted: bool,
    pub is_reply: bool,
}

/// One conversation, and all that stateful components remember of it.
pub struct Walk<'a> {
    network: &'a Network,
    /// The source port that NAT gateways choose.
    pick: u16,
    /// What the groups of an interface let through, and which way.
    tracked: Vec<(Id, Direction, Packet)>,
    pub translations: Vec<Translation>,
    /// What left a VPC through its egress-only gateway.
    left_egress_only: Vec<(Id, Packet)>,
    /// What came into a VPC through its internet gateway.
    entered: Vec<Packet>,
    /// What stateful firewall rules let in, and the endpoints that the reply has come by.
    flows: Vec<firewall::Flow>,
    seen_replying: Vec<Id>,
    /// What to pick where AWS or somebody on premises may, in order; and what was picked, of how many.
    script: Vec<usize>,
    pub picked: Vec<(usize, usize)>,
    places: Vec<(String, bool, usize)>,
    /// What was handed over on premises, or came from there, and by what.
    by_line: Vec<(Packet, Id)>,
    /// What crossed the border between a VPC and the internet.
    crossed: Vec<(Id, Direction, Packet)>,
    /// Which target load balancers choose, and what they did.
    target_pick: usize,
    kept: Vec<balancer::Kept>,
    handed: Vec<(Id, Id)>,
    replying: bool,
    hops: usize,
    pub log: Vec<Logged>,
    /// Whose packet leaves a subnet.
    sending: Id,
    /// Whether the last network ACL that said no stood at the entrance of a subnet.
    turned_away: bool,
    /// Whether it met something whose records are not written here.
    pub unlogged: bool,
    pub telling: bool,
    pub story: Vec<String>,
}

impl<'a> Walk<'a> {
    pub fn new(network: &'a Network, pick: u16, script: Vec<usize>, target_pick: usize) -> Self {
        Self {
            network,
            pick,
            tracked: Vec::new(),
            translations: Vec::new(),
            left_egress_only: Vec::new(),
            entered: Vec::new(),
            flows: Vec::new(),
            seen_replying: Vec::new(),
            script,
            picked: Vec::new(),
            places: Vec::new(),
            by_line: Vec::new(),
            crossed: Vec::new(),
            target_pick,
            kept: Vec::new(),
            handed: Vec::new(),
            replying: false,
            hops: 0,
            log: Vec::new(),
            sending: Id::new(),
            turned_away: false,
            unlogged: false,
            telling: false,
            story: Vec::new(),
        }
    }

    /// One of so many; at one place in one direction always the same, or who goes round in circles would have no end of them.
    fn choose(&mut self, place: &str, of: usize) -> usize {
        let place = (place.to_owned(), self.replying, of);
        if let Some(at) = self.places.iter().position(|one| *one == place) {
            return self.picked[at].0;
        }
        let pick = self.script.get(self.picked.len()).copied().unwrap_or_default();
        self.picked.push((pick, of));
        self.places.push(place);
        pick
    }

    fn tell(&mut self, what: impl FnOnce() -> String) {
        if self.telling {
            self.story.push(what());
        }
    }

    /// Whether the packet arrived, and whether the conversation worked.
    pub fn converse(&mut self, from: &Host, to: &Host, packet: &Packet) -> (bool, Result<(), String>) {
        let pick = self.pick;
        self.tell(|| format!("request: {packet} from {from:?}; NAT gateways pick port {pick}"));
        let arrival = match self.start(from, packet) {
            Ok(arrival) => arrival,
            Err(why) => return (false, Err(format!("request: {why}"))),
        };
        let handed = match (to, &arrival.host) {
            (Host::Eni(node), Host::Eni(host)) => self.answers_for(node, host),
            _ => false,
        };
        if arrival.host != *to && !handed {
            return (false, Err(format!("request: it ends at {:?}", arrival.host)));
        }
        // Nobody answers an ICMP message other than an echo request, and the services answer where they
        // stand.
        let Some(reply) = arrival.packet.reply() else {
            return (true, Ok(()));
        };
        if matches!(arrival.host, Host::Service) {
            return (true, Ok(()));
        }
        self.hops = 0;
        self.replying = true;
        self.tell(|| format!("reply: {reply} from {:?}", arrival.host));
        let result = match self.start(&arrival.host, &reply) {
            Err(why) => Err(format!("reply: {why}")),
            Ok(back) if back.host != *from => Err(format!("reply: it ends at {:?}", back.host)),
            // The sender only knows the address it wrote to: an answer from another one is not an answer.
            Ok(back) if Some(back.packet) != packet.reply() => {
                Err(format!("reply: it looks foreign: {}", back.packet))
            }
            Ok(_) => self
                .one_sided()
                .map_or(Ok(()), |why| Err(format!("reply: {why}"))),
        };
        (true, result)
    }

    fn start(&mut self, from: &Host, packet: &Packet) -> Way {
        let flight = Flight {
            packet: *packet,
            identity: true,
            voucher: None,
        };
        match from {
            Host::Internet(_) => self.across_internet(flight),
            Host::Eni(eni) => self.eni_sends(eni, flight),
            Host::Premises(_) => self.leave_premises(Flight {
                identity: false,
                ..flight
            }),
            Host::S3(_) => self.answer_of_s3(flight),
            Host::Service => Err("a service does not begin conversations".to_owned()),
        }
    }

    fn eni_sends(&mut self, eni: &str, flight: Flight) -> Way {
        // The host of the instance answers these itself, before any group, ACL or route (VPC guide, "Security
        // groups").
        let vpc = self.network.vpc_of_eni(eni);
        if self.network.is_running(eni) && is_service(self.network, vpc, flight.packet.destination) {
            return Ok(Arrival {
                host: Host::Service,
                packet: flight.packet,
            });
        }
        self.leave_eni(eni, flight)
    }

    fn leave_eni(&mut self, eni: &str, flight: Flight) -> Way {
        let interface = &self.network.enis[eni];
        if !self.network.is_running(eni) {
            return Err(format!("the instance of {eni} is stopped"));
        }
        // EC2 guide, "Elastic network interfaces": source/destination check.
        if interface.source_dest_check && !interface.owns(flight.packet.source) {
            return Err(format!("source/dest check of {eni}: the source is not its own"));
        }
        self.groups(eni, Direction::Out, &flight)?;
        if let Some(way) = self.back_to_node(eni, &flight.packet) {
            return way;
        }
        self.leave_subnet(&interface.subnet, eni, flight)
    }

    fn enter_eni(&mut self, eni: &str, mut flight: Flight) -> Way {
        let interface = &self.network.enis[eni];
        if !self.network.is_running(eni) {
            return Err(format!("the instance of {eni} is stopped"));
        }
        let owned = interface.owns(flight.packet.destination);
        if !owned && interface.source_dest_check {
            return Err(format!(
                "source/dest check of {eni}: the destination is not its own"
            ));
        }
        self.groups(eni, Direction::In, &flight)?;
        if let Some(balancer) = self.network.balancer_of(eni).filter(|_| owned) {
            return self.balance(balancer, eni, flight);
        }
        if owned && let Some(endpoint) = self.network.interface_endpoints.get(eni) {
            return self.at_interface_endpoint(eni, endpoint, flight);
        }
        if owned && self.network.is_resource_gateway(eni) {
            return self.back_at_resource_gateway(eni, &flight.packet);
        }
        if owned {
            return Ok(Arrival {
                host: Host::Eni(eni.to_owned()),
                packet: flight.packet,
            });
        }
        // An appliance sends on unchanged what is not for it; behind it nobody knows whose packet it was (VPC
        // guide, "Routing for a middlebox appliance").
        self.tell(|| format!("{eni} forwards it"));
        flight.identity = false;
        flight.voucher = None;
        self.leave_eni(eni, flight)
    }

    /// A reply of what the groups let through passes without a rule (EC2 guide, "Connection tracking").
    fn groups(&mut self, eni: &str, way: Direction, flight: &Flight) -> Result<(), String> {
        let packet = &flight.packet;
        let is_reply = self
            .tracked
            .iter()
            .any(|(id, of, first)| id == eni && *of != way && first.reply() == Some(*packet));
        if is_reply {
            self.tell(|| format!("{eni} {way:?}: tracked"));
            self.record(eni, way, packet, true);
            return Ok(());
        }
        if !groups_admit(
            self.network,
            eni,
            way,
            packet,
            (flight.identity, flight.voucher.as_deref()),
        ) {
            self.record(eni, way, packet, false);
            return Err(format!("security groups of {eni}, {way:?}: {packet}"));
        }
        self.record(eni, way, packet, true);
        self.tell(|| format!("{eni} {way:?}: a rule admits {packet}"));
        self.tracked.push((eni.to_owned(), way, *packet));
        Ok(())
    }

    /// Network ACLs stand at the border of a subnet: out of one, into the other, nothing inside (VPC guide,
    /// "Network ACLs"). `None` is a gateway's side.
    fn cross(&mut self, from: Option<&str>, into: Option<&str>, packet: &Packet) -> Result<(), String> {
        if from == into {
            return Ok(());
        }
        for (subnet, way) in [(from, Direction::Out), (into, Direction::In)] {
            let Some(subnet) = subnet else { continue };
            if !nacl_admits(self.network, subnet, way, packet) {
                self.denied(way);
                return Err(format!("network ACL of {subnet}, {way:?}: {packet}"));
            }
            self.tell(|| format!("network ACL of {subnet}, {way:?}: passed"));
        }
        Ok(())
    }

    fn record(&mut self, recorder: &str, way: Direction, packet: &Packet, accepted: bool) {
        self.log.push(Logged {
            recorder: recorder.to_owned(),
            way,
            packet: *packet,
            accepted,
            is_reply: self.replying,
        });
    }

    /// Who sent it has a REJECT, or whom it was for.
    fn denied(&mut self, way: Direction) {
        self.turned_away = matches!(way, Direction::In);
        let sent = self.log.last_mut().filter(|last| last.recorder == self.sending);
        if let (Direction::Out, Some(sent)) = (way, sent) {
            sent.accepted = false;
        }
    }

    /// Into the subnet of an interface, or of a NAT gateway.
    fn cross_to(
        &mut self,
        to: (&str, Option<&str>),
        from: Option<&str>,
        packet: &Packet,
    ) -> Result<(), String> {
        let (recorder, into) = to;
        self.turned_away = false;
        let crossed = self.cross(from, into, packet);
        if self.turned_away {
            self.record(recorder, Direction::In, packet, false);
        }
        crossed
    }

    fn hop(&mut self) -> Result<(), String> {
        self.hops += 1;
        if self.hops > HOPS_MAX {
            Err("it goes round in circles".to_owned())
        } else {
            Ok(())
        }
    }

    /// `sender` is the interface or NAT gateway in the subnet.
    fn leave_subnet(&mut self, subnet: &str, sender: &str, flight: Flight) -> Way {
        self.hop()?;
        self.sending = sender.to_owned();
        let network = self.network;
        let destination = flight.packet.destination;
        let vpc = network.vpc_of_subnet(subnet);
        // Neighbours talk directly, whatever the route table says (VPC guide, "Route tables").
        if network.subnets[subnet].contains(destination) {
            return self.deliver(vpc, Some(subnet), flight);
        }
        let choice = choose(network, vpc, network.table_of(subnet), destination);
        self.tell(|| format!("route table of {subnet} for {destination}: {choice:?}"));
        match choice {
            Choice::NoRoute => Err(format!("no route from {subnet} to {destination}")),
            Choice::Blackhole => Err(format!("blackhole route in {subnet} to {destination}")),
            Choice::Via(Target::Local) => self.deliver(vpc, Some(subnet), flight),
            Choice::Via(Target::InternetGateway(gateway)) => {
                self.cross(Some(subnet), None, &flight.packet)?;
                self.leave_by_internet_gateway((vpc, Some(subnet)), &gateway, sender, flight)
            }
            Choice::Via(Target::EgressOnly(gateway)) => {
                self.cross(Some(subnet), None, &flight.packet)?;
                self.leave_by_egress_only_gateway((vpc, subnet), &gateway, sender, flight)
            }
            Choice::Via(Target::Nat(nat)) => self.enter_nat(&nat, subnet, flight),
            Choice::Via(Target::Eni(eni)) => self.hand_to_appliance(&eni, Some(subnet), flight),
            Choice::Via(Target::Peering(peering)) => self.across_peering(&peering, subnet, flight),
            Choice::Via(Target::Transit(gateway)) => self.across_transit(&gateway, subnet, flight),
            Choice::Via(Target::Endpoint(id)) => self.through_endpoint(&id, Some(subnet), flight),
            Choice::Via(Target::VpnGateway(gateway)) => {
                self.cross(Some(subnet), None, &flight.packet)?;
                self.leave_by_vpn_gateway(vpc, &gateway, flight)
            }
            Choice::Via(Target::LocalGateway(gateway)) => {
                self.cross(Some(subnet), None, &flight.packet)?;
                self.leave_by_local_gateway(vpc, &gateway, flight)
            }
            Choice::Via(Target::Service(endpoint)) => {
                self.cross(Some(subnet), None, &flight.packet)?;
                self.leave_by_gateway_endpoint(vpc, &endpoint, flight)
            }
        }
    }

    /// Local delivery. An address that nobody has is lost; no other route gets a chance (VPC guide, "Route
    /// tables").
    fn deliver(&mut self, vpc: &str, from: Option<&str>, flight: Flight) -> Way {
        let network = self.network;
        let Some(owner) = network.owner(vpc, flight.packet.destination) else {
            // Whether a network ACL is asked first is not documented.
            self.unlogged = true;
            return Err(format!("nobody in {vpc} has {}", flight.packet.destination));
        };
        let recorder = match owner {
            Owner::Eni(id) | Owner::Nat(id) => id,
        };
        self.cross_to((recorder, network.subnet_of(owner)), from, &flight.packet)?;
        match owner {
            Owner::Eni(eni) => self.enter_eni(eni, flight),
            Owner::Nat(nat) => self.back_through_nat(nat, flight),
        }
    }

    /// A route to the interface of a stopped instance is a blackhole; `enter_eni` says so.
    fn hand_to_appliance(&mut self, eni: &str, from: Option<&str>, flight: Flight) -> Way {
        let network = self.network;
        self.cross_to((eni, Some(&network.enis[eni].subnet)), from, &flight.packet)?;
        self.enter_eni(eni, flight)
    }
}
