//! Flow logs: how fast records are read, plain and gzip, all of them or those of one interface, next to a count of the lines of
//! the same bytes.

#![allow(
    clippy::expect_used,
    reason = "a bench that cannot set up has nothing to measure"
)]

use divan::Bencher;
use divan::counter::BytesCount;
use std::fmt::Write as _;
use std::io::Write as _;
use whyhop::evidence::{Gather, Reading, Row, Spot, read_bytes};

const RECORDS: u32 = 200_000;

fn main() {
    divan::main();
}

/// Records of the default format, of four hundred interfaces.
fn text() -> String {
    let mut text = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n".to_owned();
    let mut seed = 7_u32;
    for at in 0..RECORDS {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (eni, peer) = (seed >> 8 & 511, seed >> 17 & 1023);
        let action = if seed >> 28 == 0 { "REJECT" } else { "ACCEPT" };
        let start = 1_760_000_000 + at / 2000;
        writeln!(
            text,
            "2 123456789012 eni-{:017x} 10.0.{}.{} 10.1.{}.{} {} 443 6 {} {} {start} {} {action} OK",
            u64::from(eni % 400) * 0x1234_5678_9abc,
            eni / 200,
            eni % 200,
            peer / 200,
            peer % 200,
            32_768 + (seed >> 4 & 0x3fff),
            seed >> 20,
            seed >> 12,
            start + 59
        )
        .expect("memory takes it");
    }
    text
}

#[derive(Default)]
struct Count(u64);

impl Gather for Count {
    fn take(&mut self, row: &Row<'_>, _: Spot<'_>) {
        self.0 += row.packets.unwrap_or_default();
    }
    fn join(&mut self, later: Self) {
        self.0 += later.0;
    }
}

fn scan(bencher: Bencher<'_, '_>, bytes: &[u8], decoded: usize, wanted: Option<Vec<String>>) {
    let reading = Reading {
        wanted,
        ..Reading::default()
    };
    bencher.counter(BytesCount::new(decoded)).bench_local(|| {
        let mut count = Count::default();
        let scan = read_bytes("records", bytes, &reading, &mut count);
        assert_eq!((scan.lines, scan.broken), (u64::from(RECORDS), 0));
        count.0
    });
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// The floor: the ends of the lines, and nothing else.
#[divan::bench]
fn lines_counted(bencher: Bencher<'_, '_>) {
    let text = text();
    bencher
        .counter(BytesCount::new(text.len()))
        .bench_local(|| memchr::memchr_iter(b'\n', text.as_bytes()).count());
}

#[divan::bench]
fn every_record(bencher: Bencher<'_, '_>) {
    let text = text();
    scan(bencher, text.as_bytes(), text.len(), None);
}

#[divan::bench]
fn every_record_gzip(bencher: Bencher<'_, '_>) {
    let text = text();
    scan(bencher, &gzip(&text), text.len(), None);
}

#[divan::bench]
fn six_interfaces(bencher: Bencher<'_, '_>) {
    let text = text();
    let wanted = (0..6_u64).map(|at| format!("eni-{:017x}", at * 0x1234_5678_9abc));
    scan(bencher, text.as_bytes(), text.len(), Some(wanted.collect()));
}

#[divan::bench]
fn six_interfaces_gzip(bencher: Bencher<'_, '_>) {
    let text = text();
    let wanted = (0..6_u64).map(|at| format!("eni-{:017x}", at * 0x1234_5678_9abc));
    scan(bencher, &gzip(&text), text.len(), Some(wanted.collect()));
}
