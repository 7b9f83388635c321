//! Questions to ask of a network, and packets worth trying.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::filters::resolver;
use super::generate::hybrid::PREMISES;
use super::generate::{INTERNET_V4, INTERNET_V6};
use super::network::{Eni, Id, Network, Target, Traffic};
use super::packet::{ICMP, ICMP6, Packet, TCP, UDP};
use super::random::Random;
use super::simulate::{Host, breakpoints};

/// Who asks whom, in whyhop's words and in the simulator's.
#[derive(Debug, Clone)]
pub struct Question {
    pub from: String,
    pub to: String,
    pub sender: Host,
    pub receiver: Host,
    pub source: IpAddr,
    pub destination: IpAddr,
}

pub fn questions(network: &Network, random: &mut Random, count: usize) -> Vec<Question> {
    let mut questions = Vec::new();
    // Not every kind of question suits every network.
    for _ in 0..count * 20 {
        if questions.len() == count {
            break;
        }
        let question = match random.weighted(&[32, 17, 7, 28, 15, 1, 18, 18, 8, 8, 10]) {
            0 => to_interface(network, random),
            1 => to_other_address(network, random),
            2 => to_public_address(network, random),
            3 => to_internet(network, random),
            4 => from_internet(network, random),
            5 => to_service(network, random),
            6 => to_premises(network, random),
            7 => from_premises(network, random),
            8 => to_s3(network, random),
            9 => through_nat64(network, random),
            _ => to_endpoint(network, random),
        };
        questions.extend(question);
    }
    questions
}

fn some_eni(network: &Network, random: &mut Random) -> Id {
    let enis: Vec<&Id> = network.enis.keys().collect();
    (*random.pick(&enis)).clone()
}

/// More often than not one whose traffic takes a way about.
fn some_sender(network: &Network, random: &mut Random) -> Id {
    let diverted = |eni: &Eni| {
        let routes = network
            .table_of(&eni.subnet)
            .map_or(&[][..], |table| &table.routes);
        routes.iter().any(|route| {
            matches!(
                route.target,
                Target::Nat(_)
                    | Target::Eni(_)
                    | Target::EgressOnly(_)
                    | Target::Transit(_)
                    | Target::Endpoint(_)
                    | Target::VpnGateway(_)
                    | Target::LocalGateway(_)
            )
        })
    };
    let enis = network
        .enis
        .iter()
        .filter(|(id, eni)| diverted(eni) && network.is_running(id));
    let enis: Vec<&Id> = enis.map(|(id, _)| id).collect();
    if enis.is_empty() || random.chance(40) {
        some_eni(network, random)
    } else {
        (*random.pick(&enis)).clone()
    }
}

/// Often a node of a load balancer, or somebody across a transit gateway, where there are such.
fn some_receiver(network: &Network, random: &mut Random, from: &Id) -> Id {
    let nodes: Vec<&Id> = network.balancers.values().flat_map(|one| &one.nodes).collect();
    if !nodes.is_empty() && random.chance(45) {
        return (*random.pick(&nodes)).clone();
    }
    let here = network.vpc_of_eni(from);
    let attached = |vpc: &str| network.attachments.values().any(|one| one.vpc == vpc);
    let enis = network.enis.keys();
    let far: Vec<&Id> = enis
        .filter(|id| network.vpc_of_eni(id) != here && attached(network.vpc_of_eni(id)))
        .collect();
    if attached(here) && !far.is_empty() && random.chance(60) {
        return (*random.pick(&far)).clone();
    }
    some_eni(network, random)
}

fn from_eni(
    network: &Network,
    random: &mut Random,
    from: &Id,
    to: (String, Host),
    destination: IpAddr,
) -> Option<Question> {
    let source = network.enis[from].primary(destination)?;
    let (to, receiver) = to;
    let sender = Host::Eni(from.clone());
    // A node of a load balancer begins nothing but what it hands on.
    let serves = network.interface_endpoints.contains_key(from) || network.is_resource_gateway(from);
    if network.balancer_of(from).is_some() || serves {
        return None;
    }
    // Neighbours are too easy to be asked often.
    if let Host::Eni(other) = &receiver
        && network.enis[other].subnet == network.enis[from].subnet
        && random.chance(70)
    {
        return None;
    }
    (sender != receiver).then(|| Question {
        from: from.clone(),
        to,
        sender,
        receiver,
        source,
        destination,
    })
}

/// An interface as such means its primary IPv4 address.
fn to_interface(network: &Network, random: &mut Random) -> Option<Question> {
    let from = some_sender(network, random);
    let to = some_receiver(network, random, &from);
    from_eni(
        network,
        random,
        &from,
        (to.clone(), Host::Eni(to.clone())),
        network.enis[&to].primary_v4()?,
    )
}

/// IPv6 and secondary addresses are asked for by address.
fn to_other_address(network: &Network, random: &mut Random) -> Option<Question> {
    let (from, to) = (some_sender(network, random), some_eni(network, random));
    let address = *random.pick(&network.enis[&to].addresses);
    // An address that two VPCs have names nobody.
    let owners = network.enis.values().filter(|eni| eni.owns(address)).count();
    let unique = owners == 1;
    unique
        .then(|| {
            from_eni(
                network,
                random,
                &from,
                (address.to_string(), Host::Eni(to.clone())),
                address,
            )
        })
        .flatten()
}

fn to_public_address(network: &Network, random: &mut Random) -> Option<Question> {
    let (from, to) = (some_sender(network, random), some_eni(network, random));
    let public = network.enis[&to].public.first()?.public;
    from_eni(
        network,
        random,
        &from,
        (public.to_string(), Host::Eni(to.clone())),
        IpAddr::V4(public),
    )
}

fn to_internet(network: &Network, random: &mut Random) -> Option<Question> {
    let from = some_sender(network, random);
    let host = some_internet_host(random);
    from_eni(
        network,
        random,
        &from,
        (format!("internet:{host}"), Host::Internet(host)),
        host,
    )
}

fn from_internet(network: &Network, random: &mut Random) -> Option<Question> {
    let source = some_internet_host(random);
    let to = some_eni(network, random);
    let eni = &network.enis[&to];
    let (name, destination) = match source {
        // Asked for from the internet, an interface means its public address.
        IpAddr::V4(_) => (to.clone(), IpAddr::V4(eni.public_of_primary()?)),
        IpAddr::V6(_) => (eni.primary_v6()?.to_string(), eni.primary_v6()?),
    };
    Some(Question {
        from: format!("internet:{source}"),
        to: name,
        sender: Host::Internet(source),
        receiver: Host::Eni(to),
        source,
        destination,
    })
}

fn some_internet_host(random: &mut Random) -> IpAddr {
    match random.weighted(&[75, 25]) {
        0 => IpAddr::V4(*random.pick(&INTERNET_V4)),
        _ => IpAddr::V6(*random.pick(&INTERNET_V6)),
    }
}

fn to_service(network: &Network, random: &mut Random) -> Option<Question> {
    let from = some_eni(network, random);
    let resolver = resolver(network, network.vpc_of_eni(&from))?;
    // The resolver's own address means another one in every VPC with the same range.
    let address = *random.pick(&[
        resolver,
        IpAddr::from([169, 254, 169, 253]),
        IpAddr::from([169, 254, 169, 254]),
    ]);
    from_eni(
        network,
        random,
        &from,
        (address.to_string(), Host::Service),
        address,
    )
}

fn leads_on_premises(network: &Network) -> bool {
    !network.lines.is_empty() || !network.local_gateways.is_empty()
}

fn to_premises(network: &Network, random: &mut Random) -> Option<Question> {
    let from = some_sender(network, random);
    let host = *random.pick(&PREMISES);
    let to = (format!("on-premises:{host}"), Host::Premises(host));
    leads_on_premises(network)
        .then(|| from_eni(network, random, &from, to, host))
        .flatten()
}

/// To somebody in a VPC, by the address that is known there; or to another host on premises.
fn from_premises(network: &Network, random: &mut Random) -> Option<Question> {
    let source = *random.pick(&PREMISES);
    let to = some_eni(network, random);
    let (name, receiver, destination) = if random.chance(15) {
        let host = *random.pick(&PREMISES);
        (format!("on-premises:{host}"), Host::Premises(host), host)
    } else {
        let own = network.enis[&to].primary(source)?;
        let owners = network.enis.values().filter(|eni| eni.owns(own)).count();
        let pairs = network
            .local_gateways
            .values()
            .filter_map(|one| one.customer_owned.as_ref());
        let mut known = pairs
            .filter_map(|pairs| pairs.get(&to))
            .map(|own| IpAddr::V4(*own));
        let owned = known.next().filter(|_| source.is_ipv4() && random.chance(40));
        let destination = owned.unwrap_or(own);
        (owners == 1).then_some((destination.to_string(), Host::Eni(to), destination))?
    };
    let possible =
        leads_on_premises(network) && source != destination && source.is_ipv4() == destination.is_ipv4();
    possible.then(|| Question {
        from: format!("on-premises:{source}"),
        to: name,
        sender: Host::Premises(source),
        receiver,
        source,
        destination,
    })
}

fn to_s3(network: &Network, random: &mut Random) -> Option<Question> {
    let from = some_sender(network, random);
    let address = IpAddr::from([52, 216, 1, 1]);
    let to = (address.to_string(), Host::S3(address));
    network
        .is_s3(address)
        .then(|| from_eni(network, random, &from, to, address))
        .flatten()
}

fn through_nat64(network: &Network, random: &mut Random) -> Option<Question> {
    let from = some_sender(network, random);
    let host = *random.pick(&INTERNET_V4);
    let [a, b, c, d] = host.octets();
    let [high, low] = [[a, b], [c, d]].map(u16::from_be_bytes);
    let destination = IpAddr::from([0x64, 0xff9b, 0, 0, 0, 0, high, low]);
    let to = (destination.to_string(), Host::Internet(IpAddr::V4(host)));
    from_eni(network, random, &from, to, destination)
}

fn to_endpoint(network: &Network, random: &mut Random) -> Option<Question> {
    let (endpoint, _) = network.interface_endpoints.iter().next()?;
    let from = some_sender(network, random);
    let address = network.enis[endpoint].primary_v4()?;
    from_eni(
        network,
        random,
        &from,
        (endpoint.clone(), Host::Eni(endpoint.clone())),
        address,
    )
}

pub fn packets(network: &Network, random: &mut Random, question: &Question, count: usize) -> Vec<Packet> {
    let aims = aims(network, question);
    let values: Vec<u16> = boundary_values(network).into_iter().collect();
    let endpoint = |eni: &Id| network.interface_endpoints.get(eni)?.listens.last().copied();
    let listener = match &question.receiver {
        Host::Eni(eni) => network.balancer_of(eni).map(|one| one.listener).or(endpoint(eni)),
        Host::S3(_) => Some((TCP, 443)),
        _ => None,
    };
    (0..count)
        .map(|_| {
            let packet = packet(random, question, &aims, &values);
            match listener.filter(|_| random.chance(60)) {
                Some((protocol, destination_port)) => Packet {
                    protocol,
                    destination_port,
                    source_port: source_port(random, &values),
                    ..packet
                },
                None => packet,
            }
        })
        .collect()
}

/// What the receiver's groups let in, and the sender's out: the packets that have a chance.
fn aims<'a>(network: &'a Network, question: &Question) -> Vec<&'a Traffic> {
    let groups = |host: &Host| match host {
        // What a load balancer takes is what a listener is for.
        Host::Eni(eni) if network.balancer_of(eni).is_some() => Vec::new(),
        Host::Eni(eni) => network.enis[eni]
            .groups
            .iter()
            .map(|id| &network.groups[id])
            .collect(),
        _ => Vec::new(),
    };
    let ingress = groups(&question.receiver)
        .into_iter()
        .flat_map(|group| &group.ingress);
    let egress = groups(&question.sender)
        .into_iter()
        .flat_map(|group| group.egress.iter().flatten());
    ingress.chain(egress).map(|rule| &rule.traffic).collect()
}

fn packet(random: &mut Random, question: &Question, aims: &[&Traffic], values: &[u16]) -> Packet {
    let any = Traffic::all();
    let aim = if aims.is_empty() || random.chance(30) {
        &any
    } else {
        *random.pick(aims)
    };
    let icmp = if question.source.is_ipv4() { ICMP } else { ICMP6 };
    let protocol = match aim.protocol {
        Some(ICMP | ICMP6) => icmp,
        Some(protocol) => protocol,
        None => *random.pick(&[TCP, TCP, TCP, UDP, UDP, icmp, icmp, 47]),
    };
    let (source_port, destination_port) = match protocol {
        TCP | UDP => (source_port(random, values), destination_port(random, aim, values)),
        ICMP | ICMP6 => (0, message(random, aim, icmp, values)),
        _ => (0, 0),
    };
    let &Question {
        source, destination, ..
    } = question;
    Packet {
        protocol,
        source,
        destination,
        source_port,
        destination_port,
    }
}

fn source_port(random: &mut Random, values: &[u16]) -> u16 {
    match random.weighted(&[70, 20, 10]) {
        0 => random.between(1024, 65535),
        1 => *random.pick(values),
        _ => random.between(0, 65535),
    }
}

fn destination_port(random: &mut Random, aim: &Traffic, values: &[u16]) -> u16 {
    match random.weighted(&[60, 30, 10]) {
        0 if !aim.ports.is_empty() => {
            let &(low, high) = random.pick(&aim.ports);
            *random.pick(&[low, high, random_between(low, high)])
        }
        2 => random.between(0, 65535),
        _ => *random.pick(values),
    }
}

/// Any will do that lies inside.
fn random_between(low: u16, high: u16) -> u16 {
    low + (high - low) / 3
}

/// Type and code; echo requests most of all.
fn message(random: &mut Random, aim: &Traffic, icmp: u8, values: &[u16]) -> u16 {
    let echo = if icmp == ICMP { 8 } else { 128 };
    match (random.weighted(&[60, 25, 15]), aim.icmp) {
        (1, Some((kind, code))) => u16::from_be_bytes([kind, code.unwrap_or(0)]),
        (1 | 2, _) => *random.pick(values),
        _ => u16::from_be_bytes([echo, 0]),
    }
}

/// Where answers may change: the ends of port ranges, the ICMP messages of the rules and what is answered by
/// them.
pub fn boundary_values(network: &Network) -> BTreeSet<u16> {
    let mut values = breakpoints(network);
    values.extend([1024, 65535]);
    let balancers = network.balancers.values();
    values.extend(balancers.flat_map(|one| [one.listener.1, one.target_port]));
    for kind in [0, 1, 3, 4, 8, 9, 128, 129, 130] {
        values.extend([0, 1, 4, 5].map(|code| u16::from_be_bytes([kind, code])));
    }
    values
}
