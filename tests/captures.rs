//! Captures of mirrored packets as evidence. The packets are made by etherparse, the files by hand from the formats' own pages
//! (draft-ietf-opsawg-pcap and -pcapng).

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot make its packets has failed"
)]

use etherparse::PacketBuilder;
use std::io::Write;
use std::path::Path;
use std::sync::LazyLock;
use whyhop::evidence::{Gather, Logs, Reading, Record, Row, Scan, Spot, State, correlate, read_bytes};
use whyhop::{Analysis, Options};

#[path = "captures/hostile.rs"]
mod hostile;

const MODEL: &str = "
version: 1
vpcs: { vpc-a: { cidr: [10.0.0.0/16, \"2001:db8::/56\"] } }
subnets: { subnet-a: { vpc: vpc-a, cidr: [10.0.1.0/24, \"2001:db8:0:1::/64\"] } }
enis:
  eni-web: { name: web, subnet: subnet-a, ip: [10.0.1.10, \"2001:db8:0:1::10\"], security_groups: [sg-web] }
  eni-db: { name: db, subnet: subnet-a, ip: 10.0.1.11, security_groups: [sg-web] }
  eni-client: { name: client, subnet: subnet-a, ip: 10.0.1.20, security_groups: [sg-web] }
  eni-ids: { name: ids, subnet: subnet-a, ip: 10.0.1.30, security_groups: [sg-web] }
security_groups: { sg-web: { vpc: vpc-a, ingress: [{ protocol: tcp, ports: 443, source: 10.0.0.0/16 }] } }
traffic_mirror_targets: { tmt-ids: { eni: eni-ids } }
traffic_mirror_filters: { tmf-all: { ingress: [{ rule: 1, action: accept, source: 0.0.0.0/0, destination: 0.0.0.0/0 }] } }
traffic_mirror_sessions:
  tms-web: { source: eni-web, target: tmt-ids, filter: tmf-all, number: 1, vni: 1001 }
  tms-db: { source: eni-db, target: tmt-ids, filter: tmf-all, number: 1 }
";
const SYN: u16 = 2;
const ACK: u16 = 16;
/// 2026-11-23T14:00:00Z.
const TIME: u32 = 1_795_442_400;

type Ends = ([u8; 4], u16, [u8; 4], u16);
const CLIENT_TO_WEB: Ends = ([10, 0, 1, 20], 50000, [10, 0, 1, 10], 443);
const WEB_TO_CLIENT: Ends = ([10, 0, 1, 10], 443, [10, 0, 1, 20], 50000);

/// A TCP packet in an Ethernet frame.
fn tcp((from, from_port, to, to_port): Ends, flags: u16, payload: usize) -> Vec<u8> {
    let builder = PacketBuilder::ethernet2([2; 6], [4; 6])
        .ipv4(from, to, 64)
        .tcp(from_port, to_port, 1, 1000);
    let builder = if flags & SYN != 0 { builder.syn() } else { builder };
    let builder = if flags & ACK != 0 { builder.ack(7) } else { builder };
    let mut bytes = Vec::new();
    builder.write(&mut bytes, &vec![0; payload]).unwrap();
    bytes
}

/// A frame in VXLAN, from somebody to the collector.
fn vxlan(vni: u32, from: [u8; 4], frame: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = vni.to_be_bytes();
    let payload = [&[8, 0, 0, 0, a, b, c, 0], frame].concat();
    let mut bytes = Vec::new();
    PacketBuilder::ethernet2([2; 6], [6; 6])
        .ipv4(from, [10, 0, 1, 30], 64)
        .udp(65432, 4789)
        .write(&mut bytes, &payload)
        .unwrap();
    bytes
}

fn web(frame: &[u8]) -> Vec<u8> {
    vxlan(1001, [10, 0, 1, 10], frame)
}

/// A pcap file of Ethernet frames, each with the second at which it was seen.
fn pcap(packets: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut file = [0xa1b2_c3d4_u32.to_le_bytes().as_slice(), &[2, 0, 4, 0], &[0; 8]].concat();
    file.extend(262_144_u32.to_le_bytes());
    file.extend(1_u32.to_le_bytes());
    for (time, packet) in packets {
        let length = u32::try_from(packet.len()).unwrap();
        for word in [*time, 0, length, length] {
            file.extend(word.to_le_bytes());
        }
        file.extend(packet);
    }
    file
}

fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let padding = vec![0; body.len().next_multiple_of(4) - body.len()];
    let length = u32::try_from(12 + body.len() + padding.len()).unwrap();
    [
        &kind.to_le_bytes(),
        &length.to_le_bytes(),
        body,
        &padding,
        &length.to_le_bytes(),
    ]
    .concat()
}

/// The same as pcapng, with times in microseconds.
fn pcapng(packets: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let section = [
        0x1a2b_3c4d_u32.to_le_bytes().as_slice(),
        &[1, 0, 0, 0],
        &[0xff; 8],
    ]
    .concat();
    let mut file = block(0x0a0d_0d0a, &section);
    file.extend(block(1, &[1, 0, 0, 0, 0, 0, 4, 0]));
    for (time, packet) in packets {
        let ticks = u64::from(*time) * 1_000_000;
        let [high, low] = [(ticks >> 32) as u32, ticks as u32];
        let length = u32::try_from(packet.len()).unwrap();
        let mut body: Vec<u8> = [0, high, low, length, length]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        body.extend(packet);
        file.extend(block(6, &body));
    }
    file
}

#[derive(Default)]
struct Kept(Vec<Record>);

impl Gather for Kept {
    fn take(&mut self, row: &Row<'_>, at: Spot<'_>) {
        self.0.push(Record::of(row, at.format, at.file, at.line));
    }
    fn join(&mut self, later: Self) {
        self.0.extend(later.0);
    }
}

fn analysis() -> Analysis {
    Analysis::from_text("model.yaml", MODEL).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

static READING: LazyLock<Reading> = LazyLock::new(|| Logs::default().reading(analysis().model(), None));

/// The same of a file, or of a pipe.
fn read_file(path: &Path) -> (Vec<String>, Scan) {
    let (kept, scan) = whyhop::evidence::read(&[path.to_owned()], &READING, Kept::default);
    (kept.0.into_iter().map(|record| record.text).collect(), scan)
}

/// The records of a capture as lines, and what else was found.
fn read(bytes: &[u8]) -> (Vec<String>, Scan) {
    let mut kept = Kept::default();
    let scan = read_bytes("capture", bytes, &READING, &mut kept);
    (kept.0.into_iter().map(|record| record.text).collect(), scan)
}

fn handshake() -> Vec<(u32, Vec<u8>)> {
    vec![
        (TIME, web(&tcp(CLIENT_TO_WEB, SYN, 0))),
        (TIME, web(&tcp(WEB_TO_CLIENT, SYN | ACK, 0))),
        (TIME + 2, web(&tcp(CLIENT_TO_WEB, ACK, 100))),
    ]
}

/// 40 bytes of headers a packet, 100 of payload once; flags or-ed; into the web server and out of it.
const HANDSHAKE: [&str; 2] = [
    "2 - eni-web 10.0.1.10 10.0.1.20 443 50000 6 1 40 1795442400 1795442400 ACCEPT OK 18 egress",
    "2 - eni-web 10.0.1.20 10.0.1.10 50000 443 6 2 180 1795442400 1795442402 ACCEPT OK 18 ingress",
];

#[test]
fn packets_become_records_of_the_mirrored_interface() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&pcap(&handshake())).unwrap();
    for file in [pcap(&handshake()), pcapng(&handshake()), gzip.finish().unwrap()] {
        let (records, scan) = read(&file);
        assert_eq!(records, HANDSHAKE);
        assert_eq!((scan.broken, scan.problems.len()), (0, 0), "{:?}", scan.problems);
    }
}

#[test]
fn a_capture_corroborates_and_contradicts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mirror.pcap");
    std::fs::write(&file, pcap(&handshake())).unwrap();
    let analysis = analysis();
    // What the web server's interface shows; nobody mirrors the client's.
    let evidence = |packets: &str| -> Vec<State> {
        let finding = analysis
            .path("client", "web", packets, &Options::default())
            .unwrap();
        let logs = std::slice::from_ref(&file);
        let evidence = correlate(&finding, analysis.model(), logs, &Logs::default());
        let own = evidence.crossings.iter().filter(|one| one.interface == "eni-web");
        own.map(|crossing| crossing.state).collect()
    };
    assert_eq!(evidence("tcp/443"), [State::Corroborated, State::Corroborated]);
    let port_80 = ([10, 0, 1, 20], 50000, [10, 0, 1, 10], 80);
    std::fs::write(&file, pcap(&[(TIME, web(&tcp(port_80, SYN, 0)))])).unwrap();
    assert_eq!(
        evidence("tcp/80")[0],
        State::Contradicted,
        "the model blocks what was let in"
    );
}

/// AWS does not say whether what egress rules drop is copied: an answer that nobody acknowledged proves nothing.
#[test]
fn what_is_sent_and_not_acknowledged_has_no_action() {
    let packets = [
        (TIME, web(&tcp(CLIENT_TO_WEB, SYN, 0))),
        (TIME, web(&tcp(WEB_TO_CLIENT, SYN | ACK, 0))),
    ];
    let (records, _) = read(&pcap(&packets));
    assert!(records[0].ends_with(" - OK 18 egress"), "{records:?}");
    assert!(records[1].ends_with(" ACCEPT OK 2 ingress"), "{records:?}");
}

#[test]
fn without_a_known_identifier_the_senders_address_names_the_interface() {
    let frame = tcp(([10, 0, 1, 20], 50000, [10, 0, 1, 11], 443), SYN, 0);
    let (records, scan) = read(&pcap(&[(TIME, vxlan(5_000_000, [10, 0, 1, 11], &frame))]));
    assert!(
        records[0].starts_with("2 - eni-db 10.0.1.20 10.0.1.11"),
        "{records:?}"
    );
    assert_eq!(scan.broken, 0);
    // 10.0.1.10 is the web server's, whose session has another identifier.
    let (records, scan) = read(&pcap(&[(TIME, vxlan(7, [10, 0, 1, 10], &frame))]));
    assert!(records.is_empty());
    let told = "capture: 1 copies with VNI 7 from 10.0.1.10 are of no traffic mirror session of the model";
    assert_eq!(scan.problems, [told]);
}

#[test]
fn records_end_with_the_minute() {
    let syn = |time| (time, web(&tcp(CLIENT_TO_WEB, SYN, 0)));
    let (records, _) = read(&pcap(&[syn(TIME), syn(TIME + 59), syn(TIME + 60)]));
    assert_eq!(records.len(), 2);
    assert!(records[0].contains(" 2 80 1795442400 1795442459 "), "{records:?}");
}

#[test]
fn truncated_copies_count_in_full_as_long_as_their_ports_are_there() {
    let frame = tcp(CLIENT_TO_WEB, SYN, 1000);
    let (records, scan) = read(&pcap(&[(TIME, web(&frame[..14 + 20 + 20]))]));
    assert!(
        records[0].contains(" 6 1 1040 "),
        "the length is the header's: {records:?}"
    );
    assert_eq!(scan.broken, 0);
    let (records, scan) = read(&pcap(&[(TIME, web(&frame[..14 + 20 + 1]))]));
    assert!(records.is_empty());
    assert_eq!(
        scan.problems,
        ["capture: 1 copies are cut off before their addresses and ports"]
    );
}

#[test]
fn other_packets_and_protocols() {
    let mut udp = Vec::new();
    PacketBuilder::ethernet2([2; 6], [4; 6])
        .ipv6(
            "2001:db8::99".parse::<std::net::Ipv6Addr>().unwrap().octets(),
            "2001:db8:0:1::10".parse::<std::net::Ipv6Addr>().unwrap().octets(),
            64,
        )
        .udp(5353, 53)
        .write(&mut udp, &[0; 10])
        .unwrap();
    let mut ping = Vec::new();
    PacketBuilder::ethernet2([2; 6], [4; 6])
        .ipv4([10, 0, 1, 20], [10, 0, 1, 10], 64)
        .icmpv4_echo_request(1, 1)
        .write(&mut ping, &[0; 8])
        .unwrap();
    let plain = tcp(CLIENT_TO_WEB, SYN, 0);
    let (records, scan) = read(&pcap(&[(TIME, web(&udp)), (TIME, web(&ping)), (TIME, plain)]));
    assert_eq!(
        records,
        [
            "2 - eni-web 10.0.1.20 10.0.1.10 0 0 1 1 36 1795442400 1795442400 ACCEPT OK - ingress",
            "2 - eni-web 2001:db8::99 2001:db8:0:1::10 5353 53 17 1 58 1795442400 1795442400 ACCEPT OK - ingress",
        ]
    );
    assert_eq!(
        scan.problems,
        ["capture: 1 packets are no copies in VXLAN (UDP 4789)"]
    );
}

#[test]
fn copies_behind_an_endpoint_come_in_geneve() {
    // The GENEVE of a Gateway Load Balancer: 32 bytes of options (eight words), and an IP packet inside.
    let copy = web(&tcp(CLIENT_TO_WEB, SYN, 0));
    let payload = [&[8, 0, 0x08, 0, 0, 0, 0, 0], [0; 32].as_slice(), &copy[14..]].concat();
    let mut outer = Vec::new();
    PacketBuilder::ethernet2([2; 6], [6; 6])
        .ipv4([10, 0, 1, 40], [10, 0, 1, 30], 64)
        .udp(60000, 6081)
        .write(&mut outer, &payload)
        .unwrap();
    let (records, scan) = read(&pcap(&[(TIME, outer)]));
    assert_eq!(records.len(), 1, "{:?}", scan.problems);
    assert!(records[0].starts_with("2 - eni-web 10.0.1.20 10.0.1.10 50000 443 6"));
}

#[test]
fn broken_files_are_told_and_what_comes_before_is_read() {
    for whole in [pcap(&handshake()), pcapng(&handshake())] {
        let (records, scan) = read(&whole[..whole.len() - 20]);
        assert_eq!(records.len(), 2, "the last packet alone is missing");
        assert_eq!(scan.broken, 1);
        assert!(
            scan.problems[0].contains("what comes before it was read"),
            "{:?}",
            scan.problems
        );
        // Every byte may be another one, and every length may be the last.
        for at in 0..whole.len() {
            let mut bent = whole.clone();
            bent[at] ^= 0xff;
            read(&bent);
            read(&whole[..at]);
        }
    }
}

#[test]
fn memory_does_not_grow_with_the_flows_and_none_is_lost() {
    let flow = |number: u32| {
        let [_, a, b, c] = number.to_be_bytes();
        tcp(([10, a + 1, b, c], 50000, [10, 0, 1, 10], 443), SYN, 0)
    };
    let count = 70_000;
    let packets: Vec<(u32, Vec<u8>)> = (0..count).map(|number| (TIME, web(&flow(number)))).collect();
    let (records, scan) = read(&pcap(&packets));
    assert_eq!((records.len(), scan.broken), (count as usize, 0));
}
