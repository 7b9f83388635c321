//! Captures that no writer writes: lengths and counts that lie, packets within packets, ends in the middle of everything.

use super::{CLIENT_TO_WEB, HANDSHAKE, SYN, TIME, block, handshake, pcap, pcapng, read, tcp, vxlan, web};
use etherparse::PacketBuilder;
use proptest::prelude::*;
use std::io::Read;
use whyhop::evidence::Scan;

const CUT: &str = "capture: the capture ends in the middle of a packet";
const NO_BLOCK: &str = "capture: not a block of a capture";
const LARGE: &str = "capture: a packet is larger than 1048576 bytes";

/// What is told, where nothing but that may be.
fn told(bytes: &[u8]) -> Vec<String> {
    let (records, scan) = read(bytes);
    assert!(records.is_empty(), "{records:?}");
    scan.problems
}

/// A number at a place of a file.
fn with(mut bytes: Vec<u8>, at: usize, number: u32) -> Vec<u8> {
    bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
    bytes
}

#[test]
fn lengths_that_lie_are_told() {
    let one = pcap(&handshake()[..1]);
    // The length of a packet: more than the file has, than may be held, than there is.
    for (length, why) in [
        (1000, CUT),
        (2 << 20, LARGE),
        (u32::MAX, LARGE),
        (i32::MAX as u32, LARGE),
    ] {
        assert_eq!(told(&with(one.clone(), 32, length)), [why], "{length}");
    }
    // What a packet was long before it was cut, and what may be captured of one, are nobody's business.
    for at in [16, 36] {
        for length in [0, 1, u32::MAX] {
            let (records, scan) = read(&with(one.clone(), at, length));
            assert_eq!((records.len(), scan.broken), (1, 0), "{at} {length}");
        }
    }
    let section = pcapng(&[]);
    let many = pcapng(&handshake()[..1]);
    let at = section.len();
    for (length, why) in [
        (u32::MAX, [NO_BLOCK, LARGE]),
        (u32::MAX - 3, [NO_BLOCK, LARGE]),
        (0, [NO_BLOCK; 2]),
        (8, [NO_BLOCK; 2]),
        (13, [NO_BLOCK; 2]),
        (1000, [CUT; 2]),
    ] {
        let found = told(&with(many.clone(), at + 4, length));
        assert!(
            found.len() == 1 && why.contains(&found[0].as_str()),
            "{length}: {found:?}"
        );
    }
    // The length of a packet within its block; the same behind the block.
    for place in [at + 20, many.len() - 4] {
        for length in [0, 1, 1000, u32::MAX] {
            let (records, scan) = read(&with(many.clone(), place, length));
            assert!(records.is_empty(), "{place} {length}: {records:?}");
            assert!(!scan.problems.is_empty(), "{place} {length}");
        }
    }
}

#[test]
fn sections_and_interfaces_that_lie_are_told() {
    // Of an interface that is not there nobody knows what its packets are.
    let packet = |wire: u32| {
        let body = [wire, 0, 0, 4, 4]
            .into_iter()
            .flat_map(u32::to_le_bytes)
            .chain([0; 4]);
        block(6, &body.collect::<Vec<u8>>())
    };
    let (records, scan) = read(&[pcapng(&[]), packet(7), packet(u32::MAX)].concat());
    assert_eq!((records.len(), scan.broken), (0, 0));
    // A hundred thousand interfaces, each of them without an end of its options.
    let wires = block(1, &[1, 0, 0, 0, 0, 0, 4, 0]).repeat(100_000);
    let (records, scan) = read(&[pcapng(&handshake()), wires].concat());
    assert_eq!((records, scan.broken), (HANDSHAKE.map(str::to_owned).to_vec(), 0));
    // Options that say that they are longer than their block.
    let options = block(1, &[1, 0, 0, 0, 0, 0, 4, 0, 9, 0, 0xff, 0xff, 6, 0, 0, 0]);
    let (_, scan) = read(&[pcapng(&handshake()), options].concat());
    assert!(scan.broken <= 1, "{scan:?}");
    // A clock of a two hundred and fifty-fifth power, and one that began long before.
    for clock in [
        [9, 0, 1, 0, 0xff, 0, 0, 0],
        [9, 0, 1, 0, 0x7f, 0, 0, 0],
        [14, 0, 8, 0, 0, 0, 0, 0x80],
    ] {
        let wire = block(
            1,
            &[&[1, 0, 0, 0, 0, 0, 4, 0], clock.as_slice(), &[0; 8]].concat(),
        );
        let whole = pcapng(&handshake());
        let head = pcapng(&[]);
        let first = head.len() - wire.len().min(20);
        let bytes = [&whole[..first], &wire, &whole[head.len()..]].concat();
        let (_, scan) = read(&bytes);
        assert!(scan.broken <= 1, "{scan:?}");
    }
}

/// VXLAN in VXLAN in VXLAN: the first is the copy, and what is in it is a packet like any other.
#[test]
fn packets_within_packets_are_one_packet() {
    let mut packet = tcp(CLIENT_TO_WEB, SYN, 0);
    for _ in 0..200 {
        packet = vxlan(1001, [10, 0, 1, 10], &packet);
    }
    let (records, scan) = read(&pcap(&[(TIME, packet)]));
    assert_eq!((records.len(), scan.broken), (1, 0), "{scan:?}");
    assert!(
        records[0].contains(" 10.0.1.10 10.0.1.30 65432 4789 17 1 "),
        "{records:?}"
    );
    // GENEVE in GENEVE is opened once.
    let geneve = |inner: &[u8]| {
        let payload = [&[0, 0, 0x08, 0, 0, 0, 0, 0], inner].concat();
        let mut outer = Vec::new();
        let builder = PacketBuilder::ethernet2([2; 6], [6; 6]).ipv4([10, 0, 1, 40], [10, 0, 1, 30], 64);
        builder.udp(60000, 6081).write(&mut outer, &payload).unwrap();
        outer
    };
    let once = geneve(&web(&tcp(CLIENT_TO_WEB, SYN, 0))[14..]);
    let (records, scan) = read(&pcap(&[(TIME, once.clone()), (TIME, geneve(&once[14..]))]));
    assert_eq!(records.len(), 1);
    assert_eq!(
        scan.problems,
        ["capture: 1 packets are no copies in VXLAN (UDP 4789)"]
    );
    // Options that are longer than the packet.
    let mut bent = once;
    bent[42] = 0x3f;
    assert_eq!(
        told(&pcap(&[(TIME, bent)])),
        ["capture: 1 packets are no copies in VXLAN (UDP 4789)"]
    );
}

/// Of the parts of a packet the first alone has the ports; the others count as flow logs count them.
#[test]
fn fragments_have_no_ports_after_the_first() {
    let part = |offset: u16, more: bool| {
        let mut frame = tcp(CLIENT_TO_WEB, SYN, 16);
        let flags = offset | if more { 0x2000 } else { 0 };
        frame[20..22].copy_from_slice(&flags.to_be_bytes());
        frame
    };
    let packets = [part(0, true), part(3, true), part(6, false)].map(|frame| (TIME, web(&frame)));
    let (records, scan) = read(&pcap(&packets));
    assert_eq!(scan.broken, 0, "{scan:?}");
    assert!(
        records.iter().any(|record| record.contains(" 0 0 6 ")),
        "{records:?}"
    );
    // A copy whose own packet is in parts is opened nowhere: what is in the parts would have to be kept.
    let mut outer = web(&tcp(CLIENT_TO_WEB, SYN, 0));
    outer[20..22].copy_from_slice(&0x2000_u16.to_be_bytes());
    let mut rest = outer.clone();
    rest[20..22].copy_from_slice(&5_u16.to_be_bytes());
    let found = told(&pcap(&[(TIME, outer), (TIME, rest)]));
    assert_eq!(found, ["capture: 2 packets are no copies in VXLAN (UDP 4789)"]);
}

/// Cut off after any byte: of the file, and of a packet in it.
#[test]
fn every_end_is_told() {
    for whole in [pcap(&handshake()), pcapng(&handshake())] {
        for end in 4..whole.len() {
            let (records, scan) = read(&whole[..end]);
            assert!(records.len() <= 2);
            assert!(scan.broken <= 1, "{end}: {scan:?}");
        }
    }
    let frame = web(&tcp(CLIENT_TO_WEB, SYN, 40));
    for end in 0..frame.len() {
        let (records, scan) = read(&pcap(&[(TIME, frame[..end].to_vec())]));
        assert_eq!(
            records.len() as u64 + scan.broken,
            1,
            "{end}: {records:?} {scan:?}"
        );
    }
}

/// Gigabytes of nothing behind a head take little room, and some seconds at most.
#[test]
fn little_that_becomes_much_is_counted() {
    for head in [pcap(&[]), pcapng(&[])] {
        let bytes = head.chain(std::io::repeat(0).take(24 << 20));
        let mut packed = Vec::new();
        let mut gzip = flate2::read::GzEncoder::new(bytes, flate2::Compression::fast());
        gzip.read_to_end(&mut packed).unwrap();
        assert_eq!(told(&packed).len(), 1);
    }
}

/// A pipe gives what it has, however little that is.
#[cfg(unix)]
#[test]
fn a_capture_that_comes_in_crumbs_is_read() {
    use std::io::Write;
    for whole in [pcap(&handshake()), pcapng(&handshake())] {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let at = pipe.clone();
        let writer = std::thread::spawn(move || {
            let mut pipe = std::fs::OpenOptions::new().write(true).open(at).unwrap();
            for crumb in whole.chunks(40) {
                pipe.write_all(crumb).unwrap();
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        });
        let (records, scan) = super::read_file(&pipe);
        writer.join().unwrap();
        assert_eq!(
            (records, scan),
            (
                HANDSHAKE.map(str::to_owned).to_vec(),
                Scan {
                    files: 1,
                    lines: 2,
                    ..Scan::default()
                }
            )
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Bytes changed, cut out, doubled and put in anywhere: never more records than packets, and whatever is wrong is told.
    #[test]
    fn changed_captures_are_read_or_told(
        ng in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, any::<[u8; 4]>()), 1..8),
    ) {
        let mut bytes = if ng { pcapng(&handshake()) } else { pcap(&handshake()) };
        for (at, what, with) in changes {
            if bytes.len() < 8 {
                break;
            }
            let at = at.index(bytes.len() - 4);
            match what {
                0 => bytes[at] = with[0],
                1 => bytes[at..at + 4].copy_from_slice(&with),
                2 => _ = bytes.drain(at..at + usize::from(with[0] % 4)),
                _ => {
                    let more = bytes[at..].to_vec();
                    bytes.extend(more);
                }
            }
        }
        let (records, scan) = read(&bytes);
        prop_assert!(records.len() <= bytes.len() / 16);
        prop_assert!(scan.problems.len() as u64 <= scan.broken);
    }

    /// Frames of noise within copies and without.
    #[test]
    fn frames_of_noise_are_counted(noise in prop::collection::vec(any::<u8>(), 0..200), link in 0..300_u32) {
        let mut file = pcap(&[(TIME, noise.clone()), (TIME, web(&noise)), (TIME, vxlan(7, [10, 0, 1, 11], &noise))]);
        file[20..24].copy_from_slice(&link.to_le_bytes());
        let (records, scan) = read(&file);
        prop_assert!(records.len() <= 3);
        prop_assert!(records.len() as u64 + scan.broken >= 1);
    }
}
