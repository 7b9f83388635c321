//! The same records in every form are the same records; what is no record is counted, told, and ends nothing.

use super::deliver::{HEADER, gzip, parquet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use whyhop::evidence::{Format, Gather, Reading, Record, Row, Scan, Spot, Watch, Watched, read, read_bytes};

#[derive(Default)]
struct All(Vec<Record>);

impl Gather for All {
    fn take(&mut self, row: &Row<'_>, at: Spot<'_>) {
        self.0.push(Record::of(row, at.format, at.file, at.line));
    }
    fn join(&mut self, later: Self) {
        self.0.extend(later.0);
    }
}

pub fn of_bytes(bytes: &[u8], reading: &Reading) -> (Vec<Record>, Scan) {
    let mut all = All::default();
    let scan = read_bytes("records", bytes, reading, &mut all);
    (all.0, scan)
}

pub fn of_paths(paths: &[PathBuf], reading: &Reading) -> (Vec<Record>, Scan) {
    let (all, scan) = read(paths, reading, All::default);
    (all.0, scan)
}

/// What a record says, wherever it is.
fn said(record: &Record) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        record.interface,
        record.source,
        record.destination,
        record.source_port,
        record.destination_port,
        record.protocol,
        record.action,
        record.start,
        record.skipped
    )
}

pub fn lines(count: u32) -> Vec<String> {
    (0..count)
        .map(|at| {
            let action = if at % 3 == 0 { "REJECT" } else { "ACCEPT" };
            format!(
                "2 012345678901 eni-{at:017x} 10.0.{}.{} 198.51.100.7 {} 443 6 {at} 120 {} {} {action} OK",
                at / 250,
                at % 250,
                1024 + at,
                1_760_000_000 + at,
                1_760_000_059 + at
            )
        })
        .collect()
}

#[test]
fn every_form_of_the_same_records_is_the_same() {
    let mut lines = lines(300);
    lines.push(
        "2 012345678901 eni-0123456789abcdef0 - - - - - - - 1760000000 1760000059 - SKIPDATA".to_owned(),
    );
    lines
        .push("2 012345678901 eni-0123456789abcdef0 - - - - - - - 1760000060 1760000119 - NODATA".to_owned());
    let text = lines.join("\n");
    let (plain, _) = of_bytes(text.as_bytes(), &Reading::default());
    let wanted: Vec<String> = plain.iter().map(said).collect();
    assert_eq!(wanted.len(), 302);
    let headed = format!("{HEADER}\n{text}\n");
    let two = [
        gzip(&headed[..headed.len() / 2]),
        gzip(&headed[headed.len() / 2..]),
    ]
    .concat();
    let event = |line: &String| format!(r#"{{"message":"{line}"}}"#);
    let forms: [(&str, Vec<u8>); 8] = [
        ("a header", headed.clone().into_bytes()),
        ("gzip", gzip(&headed)),
        ("gzip of two members", two),
        ("zstd", zstd::encode_all(headed.as_bytes(), 1).unwrap()),
        ("parquet", parquet(&lines)),
        (
            "firehose",
            lines.iter().map(event).collect::<String>().into_bytes(),
        ),
        (
            "gzip around a subscription",
            gzip(&format!(
                r#"{{"messageType":"DATA_MESSAGE","logEvents":[{}]}}"#,
                lines.iter().map(event).collect::<Vec<_>>().join(",")
            )),
        ),
        (
            "a byte order mark, and lines of Windows",
            format!("\u{feff}{}", headed.replace('\n', "\r\n")).into_bytes(),
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in forms {
        let file = folder.path().join("records");
        std::fs::write(&file, &bytes).unwrap();
        let (records, scan) = of_paths(&[file], &Reading::default());
        assert_eq!(scan.problems, Vec::<String>::new(), "{name}");
        assert_eq!(records.iter().map(said).collect::<Vec<_>>(), wanted, "{name}");
    }
}

pub fn put(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// One bucket over the years: another flow log, another format, another layout, a transit gateway's.
#[test]
fn a_bucket_of_several_layouts_and_formats() {
    let folder = tempfile::tempdir().unwrap();
    let lines = lines(4);
    let default = "AWSLogs/012345678901/vpcflowlogs/eu-west-1/2025/10/09/";
    let name =
        |hour: &str| format!("012345678901_vpcflowlogs_eu-west-1_fl-1234abcd_20251009T{hour}Z_fe123456");
    put(
        folder.path(),
        &format!("{default}{}.log.gz", name("0850")),
        &gzip(&format!("{HEADER}\n{}\n", lines[0])),
    );
    put(
        folder.path(),
        &format!("{default}09/{}.log.gz", name("0900")),
        &gzip(
            "srcaddr dstaddr action interface-id start end\n10.0.0.1 198.51.100.7 ACCEPT eni-00000000000000001 1760000001 1760000060\n",
        ),
    );
    let hive = "AWSLogs/aws-account-id=012345678901/aws-service=vpcflowlogs/aws-region=eu-west-1/year=2025/month=10/day=09/hour=08/";
    put(
        folder.path(),
        &format!("{hive}{}.log.parquet", name("0855")),
        &parquet(&lines[2..3]),
    );
    let transit = format!(
        "{}\n{}\n",
        Format::transit().names.join(" "),
        "6 TransitGateway 012345678901 tgw-a tgw-attach-a 012345678901 012345678901 vpc-a vpc-b subnet-a subnet-b eni-a eni-b euw1-az1 euw1-az1 tgw-attach-b 10.0.0.1 10.1.0.1 40000 443 6 7 420 1760000000 1760000059 OK IPv4 7 0 0 0 2 eu-west-1 ingress - -"
    );
    put(
        folder.path(),
        &format!("{default}{}.log.gz", name("0851")),
        &gzip(&transit),
    );
    put(folder.path(), ".DS_Store", b"\0\0\0\x01Bud1");
    put(folder.path(), "AWSLogs/_SUCCESS", b"");
    let (records, scan) = of_paths(&[folder.path().to_owned()], &Reading::default());
    assert_eq!(scan.problems, Vec::<String>::new());
    assert_eq!((records.len(), scan.files), (4, 4));
    let transit = records.iter().find(|record| record.attachment.is_some()).unwrap();
    assert_eq!(
        (transit.recorder(), transit.lost.no_route, transit.action),
        (Some("tgw-attach-a"), 7, None)
    );
    let late = Reading {
        window: whyhop::evidence::Window {
            since: Some(1_760_000_400 + 600),
            until: None,
        },
        ..Reading::default()
    };
    let (records, scan) = of_paths(&[folder.path().to_owned()], &late);
    assert_eq!((records.len(), scan.passed_over), (0, 4));
}

/// All fields of versions 2 to 11 in any order; the format is told where there is no header.
#[test]
fn any_order_of_fields() {
    let names: Vec<&str> = include_str!("fields.txt").split_whitespace().collect();
    assert_eq!(names.len(), 54);
    let value = |name: &str| match name {
        "version" => "11",
        "interface-id" => "eni-0123456789abcdef0",
        "srcaddr" | "pkt-srcaddr" => "10.0.0.1",
        "dstaddr" => "10.0.0.2",
        "pkt-dstaddr" => "2001:db8::1",
        "srcport" => "40000",
        "dstport" => "443",
        "protocol" => "6",
        "packets" | "bytes" => "77",
        "start" => "1760000000",
        "end" => "1760000059",
        "action" => "REJECT",
        "log-status" => "OK",
        "tcp-flags" => "2",
        "flow-direction" => "egress",
        "traffic-path" => "8",
        "reject-reason" => "BPA",
        "resource-id" => "-",
        "next-hop-interface-id" => "eni-b",
        "instance-tag" => "caf%C3%A9%20au%20lait",
        _ => "-",
    };
    for step in [1, 5, 7, 11, 25, 53] {
        let order: Vec<&str> = (0..54).map(|at| names[at * step % 54]).collect();
        if order.iter().collect::<std::collections::BTreeSet<_>>().len() < 54 {
            continue;
        }
        let line = order.iter().map(|name| value(name)).collect::<Vec<_>>().join(" ");
        let written: String = order.iter().map(|name| format!("${{{name}}} ")).collect();
        let told = Reading {
            formats: vec![Arc::new(Format::from_log_format(&written).unwrap())],
            ..Reading::default()
        };
        let headed = format!("{}\n{line}", order.join(" "));
        for (text, reading) in [(&line, &told), (&headed, &Reading::default())] {
            let (records, scan) = of_bytes(text.as_bytes(), reading);
            assert_eq!(scan.problems, Vec::<String>::new());
            let record = &records[0];
            assert_eq!(record.packet_destination, "2001:db8::1".parse().ok());
            assert_eq!(
                (
                    record.traffic_path,
                    record.tcp_flags,
                    record.reject_reason.as_deref()
                ),
                (Some(8), Some(2), Some("BPA"))
            );
            assert!(
                record
                    .fields()
                    .any(|field| field == ("instance-tag", "caf%C3%A9%20au%20lait"))
            );
        }
    }
    let (records, scan) = of_bytes(b"10.0.0.1 10.0.0.2 ACCEPT", &Reading::default());
    assert!(
        records.is_empty() && scan.problems[0].contains("--log-format"),
        "{:?}",
        scan.problems
    );
}

/// What cannot be read is counted, the first of it is told with its line, and the rest is read.
#[test]
fn broken_input_ends_nothing() {
    let lines = lines(40);
    let text = lines.join("\n");
    let few = text
        .replace(" 443 6 7 ", " 443 6 ")
        .replace(" 443 6 9 ", " 443 6 9 9 ")
        .replace("10.0.0.20", "10.0.0.bad");
    let (records, scan) = of_bytes(few.as_bytes(), &Reading::default());
    assert_eq!((records.len(), scan.broken, scan.lines), (37, 3, 40));
    assert!(
        scan.problems[0].starts_with("records: line 8: not a record of 14 fields (13 words)"),
        "{:?}",
        scan.problems
    );
    assert!(
        scan.problems[1].starts_with("records: line 10: not a record of 14 fields (15 words)"),
        "{:?}",
        scan.problems
    );
    assert!(
        scan.problems[2].starts_with("records: line 21: a field"),
        "{:?}",
        scan.problems
    );
    let zipped = gzip(&format!("{text}\n"));
    let (records, scan) = of_bytes(&zipped[..zipped.len() - 40], &Reading::default());
    assert!(scan.broken == 1 && records.len() < 40, "{scan:?}");
    let (records, scan) = of_bytes(&[&zipped[..], b"garbage behind it"].concat(), &Reading::default());
    assert_eq!((records.len(), scan.broken), (40, 1));
    let long = format!("{}\n{}\n{}\n", lines[0], "x".repeat(3 << 20), lines[1]);
    let (records, scan) = of_bytes(long.as_bytes(), &Reading::default());
    assert_eq!((records.len(), scan.broken), (2, 1), "{:?}", scan.problems);
    let mut seed = 7_u64;
    let noise: Vec<u8> = (0..200_000)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as u8
        })
        .collect();
    let (records, scan) = of_bytes(&noise, &Reading::default());
    assert!(records.is_empty() && scan.broken > 100 && scan.problems.len() == 10);
    let folder = tempfile::tempdir().unwrap();
    let whole = parquet(&lines);
    for (at, bytes) in [
        whole[..whole.len() / 2].to_vec(),
        [&whole[..200], &noise[..400], &whole[600..]].concat(),
        b"PAR1".to_vec(),
    ]
    .into_iter()
    .enumerate()
    {
        put(folder.path(), &format!("{at}.parquet"), &bytes);
    }
    put(folder.path(), "good.log", text.as_bytes());
    put(
        folder.path(),
        "zstd",
        &[&[0x28, 0xb5, 0x2f, 0xfd][..], &noise[..100]].concat(),
    );
    let (records, scan) = of_paths(&[folder.path().to_owned()], &Reading::default());
    assert!(records.len() >= 40 && scan.broken >= 4, "{scan:?}");
}

/// Only the records that name somebody, whether few are looked for or many.
#[test]
fn only_who_is_wanted() {
    let lines = lines(500);
    let text = format!("{HEADER}\n{}\n", lines.join("\n"));
    for count in [1_usize, 3, 12, 13, 100] {
        let wanted: Vec<String> = (0..count).map(|at| format!("eni-{:017x}", at * 4)).collect();
        let reading = Reading {
            wanted: Some(wanted),
            ..Reading::default()
        };
        let (records, scan) = of_bytes(text.as_bytes(), &reading);
        assert_eq!((records.len(), scan.lines), (count, 500));
        assert_eq!(records.last().unwrap().line, count as u64 * 4 - 2);
    }
}

/// Who waits is told how many files and bytes there are, and of each of them once.
#[test]
fn who_waits_is_told_how_far_it_is() {
    #[derive(Default)]
    struct Heard {
        announced: AtomicU64,
        bytes: AtomicU64,
        files: AtomicU64,
        ended: AtomicU64,
    }
    impl Watch for Heard {
        fn begins(&self, files: u64, bytes: u64) {
            self.announced.fetch_add(files << 32 | bytes, Relaxed);
        }
        fn read(&self, bytes: u64) {
            self.bytes.fetch_add(bytes, Relaxed);
        }
        fn file(&self) {
            self.files.fetch_add(1, Relaxed);
        }
        fn judged(&self, _: u64, _: u64) {
            panic!("nothing is judged here");
        }
        fn ends(&self) {
            self.ended.fetch_add(1, Relaxed);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let text = lines(300).join("\n");
    let files = [
        ("a.log", text.clone().into_bytes()),
        ("b.gz", gzip(&text)),
        ("c.parquet", parquet(&lines(300))),
        (
            "d.json",
            format!("{{\"message\": \"{}\"}}", lines(1)[0]).into_bytes(),
        ),
    ];
    for (name, bytes) in &files {
        put(folder.path(), name, bytes);
    }
    let heard = Arc::new(Heard::default());
    let reading = Reading {
        watched: Watched::by(Arc::clone(&heard) as Arc<dyn Watch>),
        ..Reading::default()
    };
    let (records, scan) = of_paths(&[folder.path().to_owned()], &reading);
    assert_eq!((records.len(), scan.broken), (901, 0));
    let all: u64 = files.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    assert_eq!(heard.announced.load(Relaxed), 4 << 32 | all);
    assert_eq!(
        [&heard.bytes, &heard.files, &heard.ended].map(|count| count.load(Relaxed)),
        [all, 4, 1]
    );
}
