//! Which packets a record tells of, as the interface saw them.
//!
//! An interface's own side shows its primary IPv4 address, whatever the packet says, unless the packet's own addresses are
//! recorded as well; and where the direction is not recorded, that address shows it
//! (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>, read 2026-11-23). ICMP has no ports there, and
//! its types are not recorded.

use super::record::Record;
use super::row::Row;
use crate::model::{AddressSpec, Model, NatGateway};
use crate::network::Direction;
use crate::packet::{AddressSet, Cube, PortSet, Protocol, ProtocolSet};
use std::net::IpAddr;

/// The addresses, ports and protocol of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuple {
    /// The sender, as the interface saw it.
    pub source: IpAddr,
    /// The receiver, as the interface saw it.
    pub destination: IpAddr,
    /// The sender in the packet's own header.
    pub packet_source: Option<IpAddr>,
    /// The receiver in the packet's own header.
    pub packet_destination: Option<IpAddr>,
    /// The source port.
    pub source_port: Option<u16>,
    /// The destination port.
    pub destination_port: Option<u16>,
    /// The IP protocol; a format may leave it out.
    pub protocol: Option<u8>,
    /// Into the interface, or out of it.
    pub direction: Option<Direction>,
}

impl Tuple {
    /// Of a kept record.
    pub fn of(record: &Record) -> Option<Self> {
        Some(Self {
            source: record.source.or(record.packet_source)?,
            destination: record.destination.or(record.packet_destination)?,
            packet_source: record.packet_source,
            packet_destination: record.packet_destination,
            source_port: record.source_port,
            destination_port: record.destination_port,
            protocol: record.protocol,
            direction: record.direction,
        })
    }

    /// Of a row.
    pub fn of_row(row: &Row<'_>) -> Option<Self> {
        Some(Self {
            source: row.source.or(row.packet_source)?,
            destination: row.destination.or(row.packet_destination)?,
            packet_source: row.packet_source,
            packet_destination: row.packet_destination,
            source_port: row.source_port,
            destination_port: row.destination_port,
            protocol: row.protocol,
            direction: row.direction,
        })
    }

    /// The direction that is recorded, or that the addresses show.
    pub fn direction(&self, own: &Own) -> Option<Direction> {
        let by_address = || match (own.is(self.source), own.is(self.destination)) {
            (true, false) => Some(Direction::Egress),
            (false, true) => Some(Direction::Ingress),
            _ => None,
        };
        self.direction.or_else(by_address)
    }

    /// Whether some of a cube's packets, which cross the interface in this direction, are among [`Self::packets`]. It is asked
    /// of every record that an interface on the way made.
    pub fn meets(&self, cube: &Cube, direction: Direction, own: &Own) -> bool {
        let shown = |seen: IpAddr, real: Option<IpAddr>, own_side: bool, set: &AddressSet| match real {
            Some(real) => set.contains(real),
            None => own_side && Some(seen) == own.primary || set.contains(seen),
        };
        let has_ports = self.protocol.is_some_and(|it| Protocol(it).has_ports());
        let port = |port: Option<u16>, set: &PortSet| {
            port.filter(|_| has_ports).is_none_or(|port| set.contains(port))
        };
        let out = direction == Direction::Egress;
        self.protocol
            .is_none_or(|protocol| cube.protocols.contains(protocol))
            && port(self.destination_port, &cube.destination_ports)
            && port(self.source_port, &cube.source_ports)
            && shown(self.source, self.packet_source, out, &cube.sources)
            && shown(
                self.destination,
                self.packet_destination,
                !out,
                &cube.destinations,
            )
    }

    /// The packets that cross the interface in this direction.
    pub fn packets(&self, direction: Direction, own: Option<&Own>) -> Cube {
        let primary = own.and_then(|own| own.primary);
        let shown = |seen: IpAddr, real: Option<IpAddr>, own_side: bool| match real {
            Some(real) => AddressSet::one(real),
            None if own_side && Some(seen) == primary => AddressSet::all(),
            None => AddressSet::one(seen),
        };
        let ports = |port: Option<u16>| match port {
            Some(port) if self.protocol.is_some_and(|it| Protocol(it).has_ports()) => PortSet::one(port),
            _ => PortSet::all(),
        };
        let out = direction == Direction::Egress;
        Cube {
            protocols: self.protocol.map_or_else(ProtocolSet::all, ProtocolSet::one),
            source_ports: ports(self.source_port),
            destination_ports: ports(self.destination_port),
            sources: shown(self.source, self.packet_source, out),
            destinations: shown(self.destination, self.packet_destination, !out),
        }
    }
}

/// The addresses under which an interface is recorded as an end: its primary private IPv4 address, whatever the packet says,
/// and any IPv6 address of its own.
pub struct Own {
    primary: Option<IpAddr>,
    v6: Vec<IpAddr>,
}

impl Own {
    /// Of an interface of the model, or of a NAT gateway's that is not in the model itself.
    pub fn of(model: &Model, interface: &str) -> Self {
        let nat = || {
            let own = |nat: &&NatGateway| nat.eni.as_ref().is_some_and(|eni| eni.as_str() == interface);
            let gateway = model.nat_gateways.values().find(own)?;
            gateway.ip.iter().next().copied().map(IpAddr::V4)
        };
        let specs = model
            .enis
            .get(interface)
            .into_iter()
            .flat_map(|eni| eni.ip.iter());
        let known = specs.filter_map(|spec| match spec {
            AddressSpec::Known(address) => Some(*address),
            AddressSpec::OneOf(_) => None,
        });
        let (v4, v6): (Vec<IpAddr>, Vec<IpAddr>) = known.partition(IpAddr::is_ipv4);
        Self {
            primary: v4.first().copied().or_else(nat),
            v6,
        }
    }

    fn is(&self, address: IpAddr) -> bool {
        Some(address) == self.primary || self.v6.contains(&address)
    }
}
