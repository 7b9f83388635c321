//! Captures of mirrored packets, pcap and pcapng, as records of the interfaces whose packets were mirrored.
//!
//! - Traffic Mirroring sends copies in VXLAN, UDP to port 4789 (Traffic Mirroring guide, "Traffic mirroring packet format"); behind a
//!   Gateway Load Balancer endpoint they come inside GENEVE. The interface is the source of the session that has the network
//!   identifier, or whose source has the address from which the copies come.
//! - Packets become flow records of a minute each, whose line is read like that of any flow log. Lengths are those of the packets'
//!   own headers, however few of their bytes were copied.
//! - What was copied on its way in had been let in: ACCEPT. On the way out AWS does not say whether what egress rules drop is copied:
//!   it is ACCEPT where the other side acknowledged it (TCP), and else the record has no action.
//!
//! Laws: of a file no more than a few packets and [`FLOWS_MAX`] flows are held; what cannot be read is counted and told.

use super::format::Format;
use super::gather::Gather;
use super::guard::guarded;
use super::lines::Lines;
use crate::model::VXLAN;
use etherparse::{LaxNetSlice, LaxSlicedPacket, TransportSlice};
use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{Block, Linktype, PcapBlockOwned, PcapError, create_reader};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::net::IpAddr;
use std::sync::Arc;

pub use super::sessions::Copied;

/// The most flows that are held before they are handed on.
const FLOWS_MAX: usize = 65_536;
/// How much of a file is held at a time; a block that is larger ends the reading.
const BUFFER: usize = 1024 * 1024;
/// The most interfaces of a capture; packets of further ones are passed over.
const WIRES_MAX: usize = 65_536;
/// The most strangers that are told apart.
const STRANGERS_MAX: usize = 64;
/// The port of GENEVE (RFC 8926).
const GENEVE: u16 = 6081;
const TCP: u8 = 6;
/// The flag of an acknowledgement.
const ACK: u16 = 16;
/// How long a record is, in seconds.
const WINDOW: u64 = 60;
/// What a record says.
const FIELDS: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} \
                      ${bytes} ${start} ${end} ${action} ${log-status} ${tcp-flags} ${flow-direction}";

/// Whether a file begins like a capture: pcap in either byte order and precision, or pcapng.
pub fn is_capture(head: &[u8]) -> bool {
    const MAGIC: [[u8; 4]; 5] = [
        [0xd4, 0xc3, 0xb2, 0xa1],
        [0xa1, 0xb2, 0xc3, 0xd4],
        [0x4d, 0x3c, 0xb2, 0xa1],
        [0xa1, 0xb2, 0x3c, 0x4d],
        [0x0a, 0x0d, 0x0d, 0x0a],
    ];
    MAGIC.iter().any(|magic| head.starts_with(magic))
}

/// Reads the records of a capture.
pub fn read<G: Gather>(bytes: impl Read + Send, lines: &mut Lines<'_, G>) {
    let Some(format) = Format::from_log_format(FIELDS) else {
        return;
    };
    let mut table = Table {
        sessions: lines.sessions().to_vec(),
        flows: FxHashMap::default(),
        counts: Counts::default(),
        format: Arc::new(format),
    };
    let end = table.packets(bytes, lines);
    table.flush(lines);
    table.counts.tell(lines);
    if let Err(error) = end {
        lines.fail(&error);
    }
}

/// Source, destination, and the ports of both.
type Ends = (IpAddr, IpAddr, (u16, u16));

/// A flow within a window.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Key {
    window: u64,
    session: usize,
    source: IpAddr,
    destination: IpAddr,
    ports: (u16, u16),
    protocol: u8,
}

/// What was seen of it.
#[derive(Debug, Clone, Copy)]
struct Seen {
    packets: u64,
    bytes: u64,
    start: u64,
    end: u64,
    flags: u16,
}

/// What is no record.
#[derive(Debug, Default)]
struct Counts {
    /// Packets that are no copies.
    others: u64,
    /// Copies that are cut off before it is known what they are of.
    cut: u64,
    /// Packets without a time.
    timeless: u64,
    /// Copies of no session of the model: identifier and sender.
    strangers: BTreeMap<(u32, IpAddr), u64>,
    crowd: u64,
}

impl Counts {
    fn tell<G: Gather>(&self, lines: &mut Lines<'_, G>) {
        let mut say = |count: u64, what: &str| {
            if count > 0 {
                lines.odd(&format!("{count} {what}"));
            }
        };
        say(self.others, "packets are no copies in VXLAN (UDP 4789)");
        say(self.cut, "copies are cut off before their addresses and ports");
        say(self.timeless, "packets have no time");
        for ((vni, from), count) in &self.strangers {
            say(
                *count,
                &format!("copies with VNI {vni} from {from} are of no traffic mirror session of the model"),
            );
        }
        say(
            self.crowd,
            "copies more are of no traffic mirror session of the model",
        );
    }
}

struct Table {
    sessions: Vec<Copied>,
    flows: FxHashMap<Key, Seen>,
    counts: Counts,
    format: Arc<Format>,
}

/// How the packets of an interface of a capture are to be understood.
#[derive(Clone, Copy)]
struct Wire {
    link: Linktype,
    /// Parts of a second, and what is added to times.
    clock: (u64, i64),
}

impl Table {
    fn packets<G: Gather>(
        &mut self,
        bytes: impl Read + Send,
        lines: &mut Lines<'_, G>,
    ) -> Result<(), String> {
        let mut reader = create_reader(BUFFER, Whole { bytes, error: None }).map_err(|error| told(&error))?;
        let mut wires: Vec<Wire> = Vec::new();
        loop {
            let next = &mut reader;
            match guarded(move || next.next())? {
                Ok((size, block)) => {
                    self.block(&block, &mut wires);
                    reader.consume(size);
                }
                Err(PcapError::Eof) => return Ok(()),
                Err(PcapError::Incomplete(_)) => {
                    let held = reader.data().len();
                    reader.refill().map_err(|error| told(&error))?;
                    if reader.data().len() == held && !reader.reader_exhausted() {
                        return Err(told(&PcapError::BufferTooSmall));
                    }
                }
                Err(error) => return Err(told(&error)),
            }
            if self.flows.len() >= FLOWS_MAX {
                self.flush(lines);
            }
        }
    }

    fn block(&mut self, block: &PcapBlockOwned<'_>, wires: &mut Vec<Wire>) {
        match block {
            PcapBlockOwned::LegacyHeader(header) => wires.push(Wire {
                link: header.network,
                clock: (1, 0),
            }),
            PcapBlockOwned::Legacy(packet) => {
                if let Some(wire) = wires.first() {
                    self.packet(wire.link, packet.data, u64::from(packet.ts_sec));
                }
            }
            PcapBlockOwned::NG(Block::SectionHeader(_)) => wires.clear(),
            PcapBlockOwned::NG(Block::InterfaceDescription(wire)) if wires.len() < WIRES_MAX => {
                wires.push(Wire {
                    link: wire.linktype,
                    clock: (wire.ts_resolution().unwrap_or(1_000_000).max(1), wire.ts_offset()),
                });
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(packet)) => {
                let wire = usize::try_from(packet.if_id).ok().and_then(|at| wires.get(at));
                if let Some(wire) = wire {
                    let ticks = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
                    let (parts, offset) = wire.clock;
                    let time = (ticks / parts).saturating_add_signed(offset);
                    self.packet(wire.link, packet.packet_data(), time);
                }
            }
            PcapBlockOwned::NG(Block::SimplePacket(_)) => self.counts.timeless += 1,
            PcapBlockOwned::NG(_) => {}
        }
    }

    /// A packet of the capture: a copy, if it is VXLAN.
    fn packet(&mut self, link: Linktype, bytes: &[u8], time: u64) {
        let outer = on_link(link, bytes).and_then(|packet| vxlan(&packet, true));
        let Some((vni, from, frame)) = outer else {
            self.counts.others += 1;
            return;
        };
        let Some(session) = self.session(vni, from) else {
            let strangers = &mut self.counts.strangers;
            match strangers.len() < STRANGERS_MAX || strangers.contains_key(&(vni, from)) {
                true => *strangers.entry((vni, from)).or_default() += 1,
                false => self.counts.crowd += 1,
            }
            return;
        };
        let inner = LaxSlicedPacket::from_ethernet(frame).ok();
        match inner.and_then(|packet| flow(&packet)) {
            Some(flow) => self.count(session, flow, time),
            None => self.counts.cut += 1,
        }
    }

    fn count(&mut self, session: usize, flow: Flow, time: u64) {
        let key = Key {
            window: time / WINDOW,
            session,
            source: flow.ends.0,
            destination: flow.ends.1,
            ports: flow.ports,
            protocol: flow.protocol,
        };
        let seen = self.flows.entry(key).or_insert(Seen {
            packets: 0,
            bytes: 0,
            start: time,
            end: time,
            flags: 0,
        });
        seen.packets += 1;
        seen.bytes += flow.bytes;
        seen.start = seen.start.min(time);
        seen.end = seen.end.max(time);
        seen.flags |= flow.flags;
    }

    /// Whose copies these are: one source has the identifier, or one of those that may has the address.
    fn session(&self, vni: u32, from: IpAddr) -> Option<usize> {
        let places = |wanted: &dyn Fn(&Copied) -> bool| -> Vec<usize> {
            let all = self.sessions.iter().enumerate();
            all.filter(|(_, session)| wanted(session))
                .map(|(place, _)| place)
                .collect()
        };
        let only = |places: &[usize]| {
            let (first, rest) = places.split_first()?;
            let name = &self.sessions[*first].interface;
            let same = rest.iter().all(|place| self.sessions[*place].interface == *name);
            same.then_some(*first)
        };
        let named = places(&|session| session.vni == Some(vni));
        only(&named).or_else(|| {
            let fits = |session: &Copied| session.vni == Some(vni) || session.vni.is_none();
            only(&places(&|session| {
                fits(session) && session.addresses.first() == Some(&from)
            }))
        })
    }

    /// Hands the flows on, in order.
    fn flush<G: Gather>(&mut self, lines: &mut Lines<'_, G>) {
        let mut flows: Vec<(Key, Seen)> = self.flows.drain().collect();
        flows.sort_by(|(a, _), (b, _)| a.cmp(b));
        let answers = flows
            .iter()
            .filter(|(key, seen)| key.protocol == TCP && seen.flags & ACK != 0);
        let acknowledged: FxHashSet<Ends> = answers
            .map(|(key, _)| (key.destination, key.source, (key.ports.1, key.ports.0)))
            .collect();
        for (key, seen) in flows {
            let session = &self.sessions[key.session];
            let owns = |address: &IpAddr| session.addresses.contains(address);
            let direction = match (owns(&key.source), owns(&key.destination)) {
                (true, false) => "egress",
                (false, true) => "ingress",
                _ => "-",
            };
            let ends = (key.source, key.destination, key.ports);
            let action = match direction {
                "ingress" => "ACCEPT",
                "egress" if key.protocol == TCP && acknowledged.contains(&ends) => "ACCEPT",
                _ => "-",
            };
            let flags = match key.protocol {
                TCP => seen.flags.to_string(),
                _ => "-".to_owned(),
            };
            let line = format!(
                "2 - {} {} {} {} {} {} {} {} {} {} {action} OK {flags} {direction}",
                session.interface,
                key.source,
                key.destination,
                key.ports.0,
                key.ports.1,
                key.protocol,
                seen.packets,
                seen.bytes,
                seen.start,
                seen.end,
            );
            lines.of_format(line.as_bytes(), &self.format);
        }
    }
}

/// A reader that gives as much as there is room for: who looks for the head of a capture looks once.
struct Whole<R> {
    bytes: R,
    /// What is told when what came before it is taken.
    error: Option<io::Error>,
}

impl<R: Read> Read for Whole<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut got = 0;
        while got < buffer.len() && self.error.is_none() {
            match self.bytes.read(&mut buffer[got..]) {
                Ok(0) => break,
                Ok(more) => got += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.error = Some(error),
            }
        }
        match self.error.take_if(|_| got == 0) {
            Some(error) => Err(error),
            None => Ok(got),
        }
    }
}

fn told(error: &PcapError<&[u8]>) -> String {
    match error {
        PcapError::UnexpectedEof | PcapError::Incomplete(_) => {
            "the capture ends in the middle of a packet".to_owned()
        }
        PcapError::BufferTooSmall => format!("a packet is larger than {BUFFER} bytes"),
        PcapError::HeaderNotRecognized => "not the header of a capture".to_owned(),
        PcapError::ReadError => "it cannot be read on".to_owned(),
        _ => "not a block of a capture".to_owned(),
    }
}

/// The packet in a frame of a capture.
fn on_link(link: Linktype, bytes: &[u8]) -> Option<LaxSlicedPacket<'_>> {
    match link {
        Linktype::ETHERNET => LaxSlicedPacket::from_ethernet(bytes).ok(),
        Linktype::RAW | Linktype::IPV4 | Linktype::IPV6 => LaxSlicedPacket::from_ip(bytes).ok(),
        // Linux's "any" device, in both of its forms.
        Linktype::LINUX_SLL => LaxSlicedPacket::from_ip(bytes.get(16..)?).ok(),
        Linktype::LINUX_SLL2 => LaxSlicedPacket::from_ip(bytes.get(20..)?).ok(),
        _ => None,
    }
}

/// The identifier, the sender and the frame within, if it is VXLAN; within GENEVE, once.
fn vxlan<'a>(packet: &LaxSlicedPacket<'a>, unwrap: bool) -> Option<(u32, IpAddr, &'a [u8])> {
    let Some(TransportSlice::Udp(udp)) = &packet.transport else {
        return None;
    };
    let payload = udp.payload();
    match udp.destination_port() {
        VXLAN => {
            let header = payload.get(..8).filter(|header| header[0] & 0x08 != 0)?;
            let vni = u32::from_be_bytes([0, header[4], header[5], header[6]]);
            let (from, _) = ends(packet.net.as_ref()?)?;
            Some((vni, from, &payload[8..]))
        }
        GENEVE if unwrap => {
            let options = usize::from(payload.first()? & 0x3f) * 4;
            let inner = LaxSlicedPacket::from_ip(payload.get(8 + options..)?).ok()?;
            vxlan(&inner, false)
        }
        _ => None,
    }
}

fn ends(net: &LaxNetSlice<'_>) -> Option<(IpAddr, IpAddr)> {
    match net {
        LaxNetSlice::Ipv4(slice) => {
            let header = slice.header();
            Some((header.source_addr().into(), header.destination_addr().into()))
        }
        LaxNetSlice::Ipv6(slice) => {
            let header = slice.header();
            Some((header.source_addr().into(), header.destination_addr().into()))
        }
        _ => None,
    }
}

/// What one packet tells of its flow.
struct Flow {
    ends: (IpAddr, IpAddr),
    ports: (u16, u16),
    protocol: u8,
    flags: u16,
    bytes: u64,
}

fn flow(packet: &LaxSlicedPacket<'_>) -> Option<Flow> {
    let net = packet.net.as_ref()?;
    let ends = ends(net)?;
    let (protocol, bytes, fragmented) = match net {
        LaxNetSlice::Ipv4(slice) => (
            slice.payload().ip_number.0,
            u64::from(slice.header().total_len()),
            slice.payload().fragmented,
        ),
        LaxNetSlice::Ipv6(slice) => (
            slice.payload().ip_number.0,
            40 + u64::from(slice.header().payload_length()),
            slice.payload().fragmented,
        ),
        _ => return None,
    };
    let (ports, flags) = match &packet.transport {
        Some(TransportSlice::Tcp(tcp)) => {
            let bits = [tcp.fin(), tcp.syn(), tcp.rst(), tcp.psh(), tcp.ack(), tcp.urg()];
            let flags = bits
                .iter()
                .enumerate()
                .fold(0, |flags, (bit, set)| flags | u16::from(*set) << bit);
            ((tcp.source_port(), tcp.destination_port()), flags)
        }
        Some(TransportSlice::Udp(udp)) => ((udp.source_port(), udp.destination_port()), 0),
        // Of a fragment that is not the first one, and of what has no ports, flow logs tell port 0.
        _ if fragmented || !matches!(protocol, 6 | 17) => ((0, 0), 0),
        _ => return None,
    };
    Some(Flow {
        ends,
        ports,
        protocol,
        flags,
        bytes,
    })
}
