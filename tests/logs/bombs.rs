//! Parquet files that no writer writes: little that unpacks to much, lengths and counts that lie, schemas without a floor. Each is
//! told with its file, in little room. The files are made by hand, from the format's own pages
//! (<https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift>).

use super::deliver::{HEADER, parquet, parquet_of_texts, parquet_with};
use super::forms::{lines, of_bytes, of_paths};
use parquet::basic::{Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};
use std::io::{Read, repeat};
use std::path::Path;
use whyhop::evidence::{Reading, Record, Scan};

/// A value in Thrift's compact form.
#[derive(Clone)]
enum Thrift {
    I32(i64),
    I64(i64),
    Text(&'static str),
    /// Of structures, or of numbers; and how many there are said to be besides.
    List(Vec<Thrift>, usize),
    Struct(Vec<(u8, Thrift)>),
}
use Thrift::{I32, I64, List, Struct, Text};

impl Thrift {
    fn kind(&self) -> u8 {
        match self {
            I32(_) => 5,
            I64(_) => 6,
            Text(_) => 8,
            List(..) => 9,
            Struct(_) => 12,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            I32(number) | I64(number) => varint(out, zigzag(*number)),
            Text(text) => {
                varint(out, text.len() as u64);
                out.extend(text.as_bytes());
            }
            List(members, more) => {
                out.push(0xf0 | members.first().map_or(12, Self::kind));
                varint(out, (members.len() + more) as u64);
                members.iter().for_each(|member| member.write(out));
            }
            Struct(fields) => {
                let mut last = 0;
                for (id, field) in fields {
                    out.push((id - last) << 4 | field.kind());
                    field.write(out);
                    last = *id;
                }
                out.push(0);
            }
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }
}

fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

const PLAIN: i64 = 0;
const SNAPPY: i64 = 1;
const GZIP: i64 = 2;
const ZSTD: i64 = 6;

/// A page: its head, and its bytes as they lie there.
fn page(kind: i64, sizes: (usize, usize), parts: Vec<(u8, Thrift)>, packed: &[u8]) -> Vec<u8> {
    let mut fields = vec![(1, I32(kind)), (2, I32(sizes.0 as i64)), (3, I32(sizes.1 as i64))];
    fields.extend(parts);
    [Struct(fields).bytes(), packed.to_vec()].concat()
}

/// A page of values that are all there.
fn data(values: i64, encoding: i64, size: usize, packed: &[u8]) -> Vec<u8> {
    let part = Struct(vec![
        (1, I32(values)),
        (2, I32(encoding)),
        (3, I32(3)),
        (4, I32(3)),
    ]);
    page(0, (size, packed.len()), vec![(5, part)], packed)
}

fn dictionary(values: i64, size: usize, packed: &[u8]) -> Vec<u8> {
    let part = Struct(vec![(1, I32(values)), (2, I32(PLAIN))]);
    page(2, (size, packed.len()), vec![(7, part)], packed)
}

/// A column whose chunk is these pages.
struct Column {
    name: &'static str,
    kind: i64,
    codec: i64,
    encodings: Vec<i64>,
    pages: Vec<u8>,
}

fn texts(name: &'static str, codec: i64, pages: Vec<u8>) -> Column {
    Column {
        name,
        kind: 6,
        codec,
        encodings: vec![PLAIN, 3, 8, 6],
        pages,
    }
}

fn numbers(codec: i64, pages: Vec<u8>) -> Column {
    Column {
        kind: 1,
        ..texts("srcport", codec, pages)
    }
}

/// Required columns directly below the root.
fn file(rows: i64, columns: &[Column]) -> Vec<u8> {
    let mut file = b"PAR1".to_vec();
    let mut schema = vec![Struct(vec![(4, Text("root")), (5, I32(columns.len() as i64))])];
    let mut chunks = Vec::new();
    for column in columns {
        let leaf = vec![(1, I32(column.kind)), (3, I32(0)), (4, Text(column.name))];
        schema.push(Struct(leaf));
        let encodings = column.encodings.iter().map(|one| I32(*one)).collect();
        let length = I64(column.pages.len() as i64);
        let meta = vec![
            (1, I32(column.kind)),
            (2, List(encodings, 0)),
            (4, I32(column.codec)),
            (5, I64(rows)),
            (6, length.clone()),
            (7, length),
            (9, I64(file.len() as i64)),
        ];
        chunks.push(Struct(vec![(2, I64(0)), (3, Struct(meta))]));
        file.extend(&column.pages);
    }
    let group = Struct(vec![(1, List(chunks, 0)), (2, I64(0)), (3, I64(rows))]);
    ended(file, &footer(schema, rows, vec![group]))
}

fn footer(schema: Vec<Thrift>, rows: i64, groups: Vec<Thrift>) -> Vec<u8> {
    let fields = vec![
        (1, I32(1)),
        (2, List(schema, 0)),
        (3, I64(rows)),
        (4, List(groups, 0)),
    ];
    Struct(fields).bytes()
}

fn ended(mut file: Vec<u8>, footer: &[u8]) -> Vec<u8> {
    file.extend(footer);
    file.extend((footer.len() as u32).to_le_bytes());
    file.extend(b"PAR1");
    file
}

fn zeros(codec: i64, size: u64) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut bytes = repeat(0).take(size);
    match codec {
        GZIP => {
            let mut gzip = flate2::read::GzEncoder::new(bytes, flate2::Compression::fast());
            gzip.read_to_end(&mut packed).unwrap();
        }
        ZSTD => packed = zstd::encode_all(bytes, 1).unwrap(),
        SNAPPY => {
            // The length, a zero, and copies of what is before, at most 64 bytes at a time (Snappy's own format description).
            varint(&mut packed, size);
            packed.extend([0, 0]);
            (0..(size - 1) / 64).for_each(|_| packed.extend([63 << 2 | 2, 1, 0]));
            (0..(size - 1) % 64).for_each(|_| packed.extend([2, 1, 0]));
        }
        _ => _ = bytes.read_to_end(&mut packed).unwrap(),
    }
    packed
}

fn read(bytes: &[u8]) -> (Vec<Record>, Scan) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.parquet");
    std::fs::write(&file, bytes).unwrap();
    of_paths(&[file], &Reading::default())
}

/// Nothing is read, and one thing is told, of the file.
fn refused(bytes: &[u8], why: &str) {
    let (records, scan) = read(bytes);
    assert!(records.is_empty(), "{records:?}");
    assert_eq!(scan.problems.len(), 1, "{why}: {scan:?}");
    assert!(scan.problems[0].contains("records.parquet: "), "{scan:?}");
    assert!(scan.problems[0].ends_with(why), "{why}: {scan:?}");
}

const LARGE: usize = 40 << 20;

/// A file, and what is said of it.
type Bomb = (&'static str, Vec<u8>);

/// Everything that takes room if it is believed.
fn bombs() -> Vec<Bomb> {
    [pages_that_unpack(), pages_to_be_held(), counts(), footers()].concat()
}

/// To what is longer than a page, and than its head says.
fn pages_that_unpack() -> Vec<Bomb> {
    let one = |codec| {
        let packed = zeros(codec, LARGE as u64);
        let of = |size| file(1, &[texts("srcaddr", codec, data(1, PLAIN, size, &packed))]);
        let longer = match codec {
            GZIP => "a page is not as long as its head says",
            _ => "a page cannot be unpacked",
        };
        [
            (
                "a page of 41943040 bytes; no more than 33554432 are read",
                of(LARGE),
            ),
            (longer, of(1000)),
        ]
    };
    [SNAPPY, GZIP, ZSTD].map(one).concat()
}

fn pages_to_be_held() -> Vec<Bomb> {
    let held = "more than 100663296 bytes of it would have to be held at once";
    let size = 30 << 20;
    let packed = zeros(ZSTD, size as u64);
    let names = [
        "srcaddr", "dstaddr", "action", "version", "start", "end", "bytes", "packets",
    ];
    let columns = names.map(|name| texts(name, ZSTD, data(1, PLAIN, size, &packed)));
    // One value a page: a batch would hold four thousand of texts, and of numbers unpack as many.
    let mut word = vec![1, 0, 0, 0];
    word.resize(size, b'x');
    let word = zstd::encode_all(word.as_slice(), 1).unwrap();
    let words = texts("srcaddr", ZSTD, data(1, PLAIN, size, &word).repeat(8));
    let numbers = numbers(ZSTD, data(1, PLAIN, size, &packed).repeat(64));
    vec![
        (held, file(1, &columns)),
        (held, file(8, &[words])),
        (" when they are unpacked", file(64, &[numbers])),
    ]
}

fn counts() -> Vec<Bomb> {
    let many = i64::from(i32::MAX);
    let room = "a page has more values than it has room for";
    let text = |pages| file(1, &[texts("srcaddr", PLAIN, pages)]);
    let number = |rows, pages| file(rows, &[numbers(PLAIN, pages)]);
    let mut lengths = Vec::new();
    for number in [128, 4, 1 << 40, 0] {
        varint(&mut lengths, number);
    }
    let dictionary = dictionary(many, 8, &[0; 8]);
    let one = data(1, PLAIN, 4, &[0; 4]);
    let all = data(many, PLAIN, 4, &[0; 4]);
    vec![
        (room, text(dictionary.clone())),
        (room, number(1, dictionary)),
        (room, text(data(1, 6, lengths.len(), &lengths))),
        ("a column is shorter than the others", number(1_000_000, one)),
        ("Not enough bytes to decode", number(4096, all.clone())),
        (" bytes", number(1 << 40, all)),
    ]
}

fn footers() -> Vec<Bomb> {
    let broken = "its footer is not what it should be";
    let root = |children| vec![Struct(vec![(4, Text("root")), (5, I32(children))])];
    let group = |children| Struct(vec![(3, I32(0)), (4, Text("a")), (5, I32(children))]);
    let of = |footer: &[u8]| ended(b"PAR1".to_vec(), footer);
    let deep: Vec<Thrift> = root(1).into_iter().chain((0..4000).map(|_| group(1))).collect();
    let many = i64::from(i32::MAX);
    let wide = [root(many), vec![group(many)]].concat();
    let endless = Struct(vec![(2, List(root(1), usize::MAX >> 1))]).bytes();
    let nested = [vec![0x1c; 100_000], vec![0; 100_001]].concat();
    vec![
        (broken, of(&footer(deep, 0, Vec::new()))),
        (
            "its columns are not those of a flow log",
            of(&footer(wide, 0, Vec::new())),
        ),
        (broken, of(&endless)),
        (broken, of(&nested)),
    ]
}

#[test]
fn what_lies_is_told_with_its_file() {
    for (why, bytes) in bombs() {
        refused(&bytes, why);
    }
    for (length, end, why) in [
        (100_u32, b"PAR1", "its footer is said to be longer than the file"),
        (u32::MAX, b"PAR1", "its footer is said to be longer than the file"),
        (0, b"PARE", "encrypted"),
        (0, b"1234", "its end is not that of a Parquet file"),
        (0, b"PAR1", "its footer is not what it should be"),
    ] {
        refused(&[b"PAR1", length.to_le_bytes().as_slice(), end].concat(), why);
    }
    refused(b"PAR1PA", "too short to be a Parquet file");
    for (codec, name) in [(3, "LZO"), (4, "Brotli"), (7, "LZ4"), (99, "an unknown way")] {
        let why = format!("packed in {name}; Snappy, gzip and Zstandard are read");
        refused(
            &file(1, &[texts("srcaddr", codec, data(1, PLAIN, 4, &[0; 4]))]),
            &why,
        );
    }
}

/// Each value repeats all of the one before, and adds a thousand bytes: what takes four megabytes becomes eight thousand.
#[test]
fn values_that_grow_are_given_up() {
    let (rows, step) = (4096_i64, 1000_i64);
    let lengths = |first: i64, each: i64| {
        let mut list = Vec::new();
        [128, 4, rows as u64, zigzag(first)]
            .into_iter()
            .for_each(|number| varint(&mut list, number));
        (0..rows / 128).for_each(|_| {
            varint(&mut list, zigzag(each));
            list.extend([0; 4]);
        });
        list
    };
    let mut values = [lengths(0, step), lengths(step, 0)].concat();
    values.resize(values.len() + (rows * step) as usize, b'x');
    let packed = zstd::encode_all(values.as_slice(), 1).unwrap();
    let mut column = texts("srcaddr", ZSTD, data(rows, 7, values.len(), &packed));
    refused(
        &file(
            rows,
            &[Column {
                encodings: vec![7],
                ..column
            }],
        ),
        "a value of more than 4096 bytes",
    );
    column = texts("srcaddr", ZSTD, data(rows, 7, values.len(), &packed));
    refused(
        &file(rows, &[column]),
        "a page is encoded in another way than its column",
    );
}

/// A dictionary of texts of a megabyte, each meant by many records.
#[test]
fn long_texts_are_not_copied_for_each_record() {
    let (entries, size, rows) = (8_usize, 1 << 20, 20_000_i64);
    let mut plain = Vec::new();
    for _ in 0..entries {
        plain.extend((size as u32).to_le_bytes());
        plain.resize(plain.len() + size, b'x');
    }
    let packed = zstd::encode_all(plain.as_slice(), 1).unwrap();
    // All of them are the first: three bits, and one run.
    let mut run = vec![3];
    varint(&mut run, (rows as u64) << 1);
    run.push(0);
    let packed_run = zstd::encode_all(run.as_slice(), 1).unwrap();
    let pages = [
        dictionary(entries as i64, plain.len(), &packed),
        data(rows, 8, run.len(), &packed_run),
    ]
    .concat();
    let (records, scan) = read(&file(rows, &[texts("srcaddr", ZSTD, pages)]));
    assert_eq!(
        (records.len(), scan.broken),
        (0, rows as u64),
        "no address is so long"
    );
    assert!(
        scan.problems[0].ends_with("line 1: a field is not what it should be"),
        "{scan:?}"
    );
}

/// All of it in one run, where no more than so much may be asked of the system.
#[cfg(target_os = "linux")]
#[test]
fn bombs_are_read_in_little_room() {
    let folder = tempfile::tempdir().unwrap();
    for (at, (_, bytes)) in bombs().into_iter().enumerate() {
        std::fs::write(folder.path().join(format!("{at:02}.parquet")), bytes).unwrap();
    }
    let (program, folder) = (Path::new(env!("CARGO_BIN_EXE_whyhop")), folder.path());
    let limited = format!(
        "ulimit -v 450000; exec '{}' logs show '{}'",
        program.display(),
        folder.display()
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &limited])
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}{told}");
    assert!(
        told.is_empty() && text.contains("00.parquet: a page of 41943040 bytes"),
        "{text}{told}"
    );
}

/// The same records, in every way in which a column may be written.
#[test]
fn every_encoding_and_compression_is_read() {
    let lines = lines(9000);
    let (wanted, scan) = read(&parquet(&lines));
    assert_eq!((wanted.len(), scan.broken), (9000, 0), "{scan:?}");
    let zstd = Compression::ZSTD(ZstdLevel::default());
    let gzip = Compression::GZIP(GzipLevel::default());
    let versions = [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0];
    let encodings = [
        None,
        Some(Encoding::PLAIN),
        Some(Encoding::DELTA_LENGTH_BYTE_ARRAY),
        Some(Encoding::DELTA_BYTE_ARRAY),
    ];
    for (at, compression) in [Compression::UNCOMPRESSED, Compression::SNAPPY, gzip, zstd]
        .into_iter()
        .enumerate()
    {
        for version in versions {
            let mut properties = WriterProperties::builder()
                .set_compression(compression)
                .set_writer_version(version)
                .set_data_page_row_count_limit(1500)
                .set_dictionary_enabled(encodings[at].is_none());
            if let Some(encoding) = encodings[at] {
                for name in [
                    "account_id",
                    "interface_id",
                    "srcaddr",
                    "dstaddr",
                    "action",
                    "log_status",
                ] {
                    properties = properties.set_column_encoding(name.into(), encoding);
                }
            }
            let (records, scan) = read(&parquet_with(&lines, properties.build()));
            assert_eq!(scan.problems, Vec::<String>::new(), "{compression} {version:?}");
            let same = |(one, other): (&Record, &Record)| (&one.text, one.line) == (&other.text, other.line);
            assert!(records.len() == 9000 && records.iter().zip(&wanted).all(same));
        }
    }
}

/// What columns of numbers and texts say is what a line says, also where it is not what it should be.
#[test]
fn records_of_columns_are_those_of_lines() {
    let mut lines = lines(50);
    for words in [
        "eni-a - - - - - - - 1760000000 1760000059 - NODATA",
        "eni-a - - - - - - - 1760000000000 1760000059999 - SKIPDATA",
        "eni-a 2001:db8::1 2001:db8::2 0 0 58 1 2 1760000000 1760000059 ACCEPT OK",
        "eni-a 10.0.0.1 10.0.0.2 70000 0 6 1 2 1760000000 1760000059 ACCEPT OK",
        "eni-a 10.0.0.1 10.0.0.2 1 0 256 1 2 1760000000 1760000059 ACCEPT OK",
        "eni-a 10.0.0.1 10.0.0.2 1 0 6 -1 2 1760000000 1760000059 ACCEPT OK",
        "eni-a 10.0.0 10.0.0.2 1 0 6 1 2 1760000000 1760000059 ACCEPT OK",
        "eni-a 10.0.0.1 10.0.0.2 1 0 6 1 2 1760000000 1760000059 MAYBE OK",
        "eni-a 10.0.0.1 10.0.0.2 1 0 6 1 2 1760000000 1760000059 ACCEPT FINE",
    ] {
        lines.push(format!("2 012345678901 {words}"));
    }
    let (wanted, told) = of_bytes(
        format!("{HEADER}\n{}\n", lines.join("\n")).as_bytes(),
        &Reading::default(),
    );
    assert_eq!((wanted.len(), told.broken), (53, 6), "{told:?}");
    for bytes in [parquet(&lines), parquet_of_texts(&lines)] {
        let (records, scan) = read(&bytes);
        assert_eq!((records.len(), scan.broken, scan.lines), (53, 6, 59), "{scan:?}");
        for (record, wanted) in records.into_iter().zip(&wanted) {
            // A text has a line of names.
            let (file, line) = (wanted.file.clone(), record.line + 1);
            assert_eq!(Record { file, line, ..record }, *wanted);
        }
    }
}

/// Those of some interfaces are found without the others being looked at.
#[test]
fn wanted_interfaces_are_found_wherever_they_are() {
    let lines = lines(12_000);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.parquet");
    std::fs::write(&file, parquet(&lines)).unwrap();
    let names = [0, 1, 4095, 4096, 11_999].map(|at: usize| lines[at].split(' ').nth(2).unwrap().to_owned());
    let reading = Reading {
        wanted: Some(names.to_vec()),
        ..Reading::default()
    };
    let (records, scan) = of_paths(&[file], &reading);
    assert_eq!((scan.lines, scan.broken), (12_000, 0));
    let found: Vec<u64> = records.iter().map(|record| record.line).collect();
    assert_eq!(found, [1, 2, 4096, 4097, 12_000]);
    assert!(
        records
            .iter()
            .all(|record| record.text == lines[record.line as usize - 1])
    );
    assert_eq!(HEADER.split(' ').count(), 14);
}

/// What comes before the end of a file that is cut off, or changed somewhere, is read, or nothing is.
#[test]
fn files_that_are_cut_off_are_told() {
    let whole = parquet(&lines(50));
    for cut in (0..whole.len()).step_by(37) {
        let (records, scan) = read(&whole[..cut]);
        assert!(records.is_empty());
        assert!(cut < 4 || scan.broken == 1, "{cut}: {scan:?}");
    }
    let (mut out, footer) = (whole.clone(), whole.len() - 8);
    let length = u32::from_le_bytes(whole[footer..][..4].try_into().unwrap()) as usize;
    // Pages that are not where the footer says.
    out.drain(4..(footer - length).min(304));
    let (records, scan) = read(&out);
    assert!(records.is_empty() && scan.broken == 1, "{scan:?}");
}
