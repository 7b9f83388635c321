//! Gateway endpoints and interface endpoints (PrivateLink guide, "Gateway endpoints", "Interface endpoints").

use std::net::IpAddr;

use super::super::edges::{InterfaceEndpoint, Leads};
use super::super::filters::Direction;
use super::super::network::Owner;
use super::super::packet::{ICMP, Packet, TCP};
use super::super::simulate::Host;
use super::{Arrival, Flight, Translation, Walk, Way};

impl Walk<'_> {
    /// For the hosts of its VPC; TCP and echo (Reachability Analyzer, `VPCE_GATEWAY_PROTOCOL_RESTRICTION`).
    pub(super) fn leave_by_gateway_endpoint(&mut self, vpc: &str, id: &str, flight: Flight) -> Way {
        let endpoint = &self.network.gateway_endpoints[id];
        let packet = flight.packet;
        if !endpoint.available || endpoint.vpc != vpc {
            return Err(format!("{id} does not work in {vpc}"));
        }
        if self.network.owner(vpc, packet.source).is_none() {
            return Err(format!("{id}: {} is not of {vpc}", packet.source));
        }
        if packet.protocol != TCP && !is_echo(&packet) {
            return Err(format!("{id} does not carry {packet}"));
        }
        self.by_line.push((packet, id.to_owned()));
        at_s3(flight)
    }

    /// The answer comes back the way that the request went.
    pub(super) fn answer_of_s3(&mut self, flight: Flight) -> Way {
        let network = self.network;
        let mine = |(first, _): &&(Packet, String)| first.reply() == Some(flight.packet);
        let by = self.by_line.iter().find(mine).map(|(_, id)| id.clone());
        match by.and_then(|id| network.gateway_endpoints.get(&id)) {
            Some(endpoint) => self.deliver(&endpoint.vpc, None, flight),
            None => self.across_internet(flight),
        }
    }

    /// PrivateLink carries TCP and UDP; what the service listens for is written down here.
    pub(super) fn at_interface_endpoint(
        &mut self,
        eni: &str,
        endpoint: &InterfaceEndpoint,
        flight: Flight,
    ) -> Way {
        self.unlogged = true;
        let packet = flight.packet;
        if !endpoint.available {
            return Err(format!("the endpoint of {eni} is not available"));
        }
        if !endpoint
            .listens
            .contains(&(packet.protocol, packet.destination_port))
        {
            return Err(format!("{eni} does not listen for {packet}"));
        }
        self.tell(|| format!("the endpoint takes {packet}"));
        if let Some(leads) = &endpoint.leads {
            return self.hand_to_resource(eni, leads, packet);
        }
        Ok(Arrival {
            host: Host::Eni(eni.to_owned()),
            packet,
        })
    }

    /// From the gateway's own address in the same zone, past its groups (VPC Lattice guide, "Resource gateways").
    fn hand_to_resource(&mut self, endpoint: &str, leads: &Leads, before: Packet) -> Way {
        let network = self.network;
        let gateway = &leads.gateway;
        if network.zone_of(endpoint) != network.zone_of(gateway) {
            return Err(format!("{gateway} is not in the zone of {endpoint}"));
        }
        let address = |eni: &str| network.enis[eni].primary_v4().ok_or("no address");
        let after = Packet {
            source: address(gateway)?,
            source_port: self.pick,
            destination: address(&leads.resource)?,
            ..before
        };
        self.translations.push(Translation {
            nat: gateway.clone(),
            before,
            after,
        });
        self.handed.push((endpoint.to_owned(), leads.resource.clone()));
        self.send_own(gateway, after)
    }

    /// The reply of the resource goes back to the client, out of the endpoint.
    pub(super) fn back_at_resource_gateway(&mut self, gateway: &str, packet: &Packet) -> Way {
        let mine = |one: &&Translation| one.nat == gateway && one.after.reply() == Some(*packet);
        let restored = self
            .translations
            .iter()
            .find(mine)
            .and_then(|one| one.before.reply());
        let endpoints = self.network.interface_endpoints.iter();
        let mut own =
            endpoints.filter(|(_, one)| one.leads.as_ref().is_some_and(|one| one.gateway == gateway));
        match (restored, own.next()) {
            (Some(restored), Some((endpoint, _))) => self.send_own(endpoint, restored),
            _ => Err(format!("{gateway} takes what comes by endpoints alone")),
        }
    }

    fn send_own(&mut self, eni: &str, packet: Packet) -> Way {
        let flight = Flight {
            packet,
            identity: true,
            voucher: None,
        };
        self.groups(eni, Direction::Out, &flight)?;
        self.leave_subnet(&self.network.enis[eni].subnet, eni, flight)
    }

    /// Whether an interface or a NAT gateway of a VPC has the address.
    pub(super) fn is_of(&self, vpc: &str, address: IpAddr) -> bool {
        matches!(
            self.network.owner(vpc, address),
            Some(Owner::Eni(_) | Owner::Nat(_))
        )
    }
}

/// S3 takes HTTP and HTTPS, and answers pings.
pub(super) fn at_s3(flight: Flight) -> Way {
    let packet = flight.packet;
    let web = packet.protocol == TCP && [80, 443].contains(&packet.destination_port);
    if !web && !is_echo(&packet) {
        return Err(format!("S3 does not listen for {packet}"));
    }
    Ok(Arrival {
        host: Host::S3(packet.destination),
        packet,
    })
}

fn is_echo(packet: &Packet) -> bool {
    packet.protocol == ICMP && packet.destination_port == u16::from_be_bytes([8, 0])
}
