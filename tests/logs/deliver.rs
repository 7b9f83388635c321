//! Records of the default format in every form in which AWS delivers them.

use parquet::basic::{Compression, GzipLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;

pub const HEADER: &str = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status";

/// The forms, each with its name and a file's bytes.
pub fn forms(lines: &[String]) -> Vec<(&'static str, Vec<u8>)> {
    let plain = format!("{HEADER}\n{}\n", lines.join("\n"));
    let half = lines.len() / 2;
    let members = [
        gzip(&format!("{HEADER}\n{}\n", lines[..half].join("\n"))),
        gzip(&format!("{}\n", lines[half..].join("\n"))),
    ];
    let joined = |of: &dyn Fn(&String) -> String, between: &str| {
        lines.iter().map(of).collect::<Vec<_>>().join(between)
    };
    let timed = |line: &String| format!("2025-10-09T08:53:20.000Z {line}");
    let row = |line: &String| format!("1760000000000,{line}");
    vec![
        ("a file of S3", plain.clone().into_bytes()),
        ("a file of S3, gzip", gzip(&plain)),
        ("gzip of two members", members.concat()),
        ("zstd", zstd::encode_all(plain.as_bytes(), 1).unwrap()),
        ("Parquet", parquet(lines)),
        ("filter-log-events", of_cloudwatch(lines, true)),
        ("get-log-events", of_cloudwatch(lines, false)),
        ("a subscription, gzip", subscription(lines)),
        ("an export task", gzip(&joined(&timed, "\n"))),
        (
            "the console's CSV",
            format!("timestamp,message\n{}\n", joined(&row, "\n")).into_bytes(),
        ),
        (
            "Firehose",
            joined(&|line| json!({ "message": line }).to_string(), "").into_bytes(),
        ),
        (
            "Security Lake, JSON",
            joined(&|line| ocsf(line).to_string(), "\n").into_bytes(),
        ),
        ("Security Lake, Parquet", ocsf_parquet(lines)),
    ]
}

/// What `aws logs filter-log-events` and `get-log-events` print.
fn of_cloudwatch(lines: &[String], filtered: bool) -> Vec<u8> {
    let event = |line: &String| match filtered {
        true => {
            json!({ "logStreamName": "eni-all", "timestamp": 1_760_000_000_000_u64, "message": line, "ingestionTime": 1_760_000_100_000_u64, "eventId": "3712" })
        }
        false => {
            json!({ "timestamp": 1_760_000_000_000_u64, "message": line, "ingestionTime": 1_760_000_100_000_u64 })
        }
    };
    let events: Vec<Value> = lines.iter().map(event).collect();
    let more = match filtered {
        true => json!({ "events": events, "searchedLogStreams": [], "nextToken": "more" }),
        false => json!({ "events": events, "nextForwardToken": "f/1", "nextBackwardToken": "b/1" }),
    };
    serde_json::to_vec_pretty(&more).unwrap()
}

fn subscription(lines: &[String]) -> Vec<u8> {
    let event = |line: &String| json!({ "id": "1", "timestamp": 1_760_000_000_000_u64, "message": line });
    let events: Vec<Value> = lines.iter().map(event).collect();
    let data = json!({ "messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "flow", "logStream": "eni-all",
        "subscriptionFilters": ["all"], "logEvents": events });
    let control = json!({ "messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logGroup": "", "logStream": "",
        "subscriptionFilters": [], "logEvents": [{ "id": "", "timestamp": 1, "message": "CWL CONTROL MESSAGE: Checking health of destination Firehose." }] });
    gzip(&format!("{control}{data}"))
}

/// An event of OCSF 1.1, class 4001, as Security Lake makes it of a record.
fn ocsf(line: &str) -> Value {
    let words: Vec<&str> = line.split(' ').collect();
    let number = |at: usize| words[at].parse::<i64>().ok();
    let own = |here: bool| here.then_some(words[2]);
    json!({
        "class_uid": 4001, "category_uid": 4, "metadata": { "product": { "name": "Amazon VPC", "feature": { "name": "Flowlogs" } } },
        "cloud": { "account": { "uid": words[1] }, "region": "eu-west-1", "provider": "AWS" },
        "action": match words[12] { "ACCEPT" => "Allowed", "REJECT" => "Denied", _ => "Unknown" },
        "src_endpoint": { "ip": dash(words[3]), "port": number(5) },
        "dst_endpoint": { "ip": dash(words[4]), "port": number(6), "interface_uid": own(true) },
        "connection_info": { "protocol_num": number(7), "protocol_ver": "IPv4" },
        "traffic": { "packets": number(8), "bytes": number(9) },
        "start_time": number(10).map(|time| time * 1000), "end_time": number(11).map(|time| time * 1000),
        "status_code": words[13],
    })
}

fn dash(word: &str) -> Option<&str> {
    Some(word).filter(|word| *word != "-")
}

const OCSF: &str = "message event {
    optional binary action (UTF8);
    optional binary status_code (UTF8);
    optional int64 start_time;
    optional int64 end_time;
    required group cloud { required group account { optional binary uid (UTF8); } }
    required group src_endpoint { optional binary ip (UTF8); optional int32 port; }
    required group dst_endpoint { optional binary ip (UTF8); optional int32 port; optional binary interface_uid (UTF8); }
    required group connection_info { optional int32 protocol_num; }
    required group traffic { optional int64 packets; optional int64 bytes; }
}";
const OCSF_PATHS: [&str; 13] = [
    "/action",
    "/status_code",
    "/start_time",
    "/end_time",
    "/cloud/account/uid",
    "/src_endpoint/ip",
    "/src_endpoint/port",
    "/dst_endpoint/ip",
    "/dst_endpoint/port",
    "/dst_endpoint/interface_uid",
    "/connection_info/protocol_num",
    "/traffic/packets",
    "/traffic/bytes",
];

fn ocsf_parquet(lines: &[String]) -> Vec<u8> {
    let events: Vec<Value> = lines.iter().map(|line| ocsf(line)).collect();
    let column = |at: usize| {
        let value = |event: &Value| match event.pointer(OCSF_PATHS[at]) {
            None | Some(Value::Null) => "-".to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        events.iter().map(value).collect()
    };
    let gzip = Compression::GZIP(GzipLevel::default());
    written(
        OCSF,
        &[&column],
        WriterProperties::builder().set_compression(gzip).build(),
    )
}

pub fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// A flow log's own Parquet file.
pub fn parquet(lines: &[String]) -> Vec<u8> {
    let gzip = Compression::GZIP(GzipLevel::default());
    parquet_with(lines, WriterProperties::builder().set_compression(gzip).build())
}

/// The same, as another writer makes it.
pub fn parquet_with(lines: &[String], properties: WriterProperties) -> Vec<u8> {
    let numbers = ["version", "srcport", "dstport", "protocol"];
    let long = ["packets", "bytes", "start", "end"];
    of_columns(lines, &numbers, &long, properties)
}

/// The same with numbers as texts, as somebody makes it who copies words.
pub fn parquet_of_texts(lines: &[String]) -> Vec<u8> {
    of_columns(lines, &[], &[], WriterProperties::builder().build())
}

fn of_columns(lines: &[String], numbers: &[&str], long: &[&str], properties: WriterProperties) -> Vec<u8> {
    let mut schema = "message flow_log {\n".to_owned();
    for name in HEADER.split(' ') {
        let name_of = name.replace('-', "_");
        if numbers.contains(&name) {
            writeln!(schema, "optional int32 {name_of};").unwrap();
        } else if long.contains(&name) {
            writeln!(schema, "optional int64 {name_of};").unwrap();
        } else {
            writeln!(schema, "optional binary {name_of} (UTF8);").unwrap();
        }
    }
    schema.push('}');
    let of = |group: &[String], at: usize| -> Vec<String> {
        let word = |line: &String| line.split(' ').nth(at).unwrap().to_owned();
        group.iter().map(word).collect()
    };
    let groups: Vec<_> = lines.chunks(5000).map(|group| move |at| of(group, at)).collect();
    let groups: Vec<&dyn Fn(usize) -> Vec<String>> = groups.iter().map(|group| group as _).collect();
    written(&schema, &groups, properties)
}

/// A file of row groups, each told column by column; `-` is nothing.
fn written(schema: &str, groups: &[&dyn Fn(usize) -> Vec<String>], properties: WriterProperties) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
    for group in groups {
        let mut group_writer = writer.next_row_group().unwrap();
        let mut at = 0;
        while let Some(mut column) = group_writer.next_column().unwrap() {
            let words = group(at);
            match column.untyped() {
                parquet::column::writer::ColumnWriter::Int32ColumnWriter(_) => {
                    put::<Int32Type>(&mut column, &words, |word| word.parse().unwrap());
                }
                parquet::column::writer::ColumnWriter::Int64ColumnWriter(_) => {
                    put::<Int64Type>(&mut column, &words, |word| word.parse().unwrap());
                }
                _ => put::<ByteArrayType>(&mut column, &words, |word| ByteArray::from(word)),
            }
            column.close().unwrap();
            at += 1;
        }
        group_writer.close().unwrap();
    }
    writer.into_inner().unwrap()
}

fn put<T: DataType>(column: &mut SerializedColumnWriter<'_>, words: &[String], of: impl Fn(&str) -> T::T) {
    let levels: Vec<i16> = words.iter().map(|word| i16::from(word != "-")).collect();
    let values: Vec<T::T> = words
        .iter()
        .filter(|word| *word != "-")
        .map(|word| of(word))
        .collect();
    column
        .typed::<T>()
        .write_batch(&values, Some(&levels), None)
        .unwrap();
}
