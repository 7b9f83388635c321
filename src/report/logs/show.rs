//! Records, decoded.

use super::{counted, line, problems};
use crate::evidence::{Record, Shown, flag_names, path_name};
use crate::packet::Protocol;
use serde_json::{Map, Value, json};

/// For people: one line a record.
pub fn show_text(shown: &Shown) -> String {
    let mut out = String::new();
    for record in &shown.records {
        line(&mut out, &told(record));
    }
    let rest = shown.all - shown.records.len() as u64;
    if rest > 0 {
        line(
            &mut out,
            &format!("… {} more (--limit)", counted(rest, "record", "records")),
        );
    }
    if shown.all == 0 {
        line(&mut out, "no such record");
    }
    problems(&mut out, &shown.scan.told());
    out
}

fn told(record: &Record) -> String {
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let end = |address: Option<std::net::IpAddr>, port: Option<u16>| {
        let with_port = record
            .protocol
            .is_some_and(|protocol| Protocol(protocol).has_ports());
        match (address, port) {
            (Some(address), Some(port)) if with_port => std::net::SocketAddr::new(address, port).to_string(),
            (address, _) => text(address.map(|address| address.to_string())),
        }
    };
    let mut words = vec![
        text(record.start.and_then(time)),
        record.recorder().unwrap_or("-").to_owned(),
        record
            .direction
            .map_or("-", |direction| direction.as_str())
            .to_owned(),
        status(record).to_owned(),
        text(record.protocol.map(|protocol| Protocol(protocol).to_string())),
        format!(
            "{} → {}",
            end(record.source, record.source_port),
            end(record.destination, record.destination_port)
        ),
    ];
    if record.packet_source.is_some() && record.packet_source != record.source {
        words.push(format!(
            "really from {}",
            text(record.packet_source.map(|one| one.to_string()))
        ));
    }
    if record.packet_destination.is_some() && record.packet_destination != record.destination {
        words.push(format!(
            "really to {}",
            text(record.packet_destination.map(|one| one.to_string()))
        ));
    }
    words.push(counted(record.packets.unwrap_or_default(), "packet", "packets"));
    if let (Some(flags), Some(6)) = (record.tcp_flags, record.protocol) {
        words.push(format!("[{}]", flag_names(flags).join(" ")));
    }
    words.extend(
        record
            .traffic_path
            .and_then(path_name)
            .map(|path| format!("by {path}")),
    );
    words.extend(
        record
            .reject_reason
            .as_ref()
            .map(|reason| format!("because of {reason}")),
    );
    words.extend(lost(record));
    words.push(format!(" {}:{}", record.file, record.line));
    words.join("  ")
}

/// What a transit gateway lost.
fn lost(record: &Record) -> impl Iterator<Item = String> {
    let of = [
        (record.lost.no_route, "no route"),
        (record.lost.blackhole, "blackhole"),
        (record.lost.mtu, "too large"),
        (record.lost.ttl, "TTL expired"),
    ];
    let some = of.into_iter().filter(|(count, _)| *count > 0);
    some.map(|(count, why)| format!("{count} lost: {why}"))
}

fn status(record: &Record) -> &'static str {
    match record.action {
        Some(action) => action.as_str(),
        None if record.skipped => "SKIPDATA",
        None if record.source.is_none() && record.interface.is_some() => "NODATA",
        None => "-",
    }
}

fn time(seconds: u64) -> Option<String> {
    let stamp = jiff::Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
    Some(stamp.to_string())
}

/// Versioned JSON.
pub fn show_json(shown: &Shown) -> String {
    let records: Vec<Value> = shown.records.iter().map(view).collect();
    let view = json!({
        "schema": "whyhop.records/1",
        "records": records,
        "count": shown.all,
        "lines": shown.scan.lines,
        "problems": shown.scan.told(),
    });
    format!("{view:#}\n")
}

fn view(record: &Record) -> Value {
    let fields = record
        .fields()
        .map(|(name, value)| (name.to_owned(), value.into()));
    let fields: Map<String, Value> = fields.collect();
    json!({
        "file": &*record.file,
        "line": record.line,
        "recorder": record.recorder(),
        "status": status(record),
        "start": record.start.and_then(time),
        "end": record.end.and_then(time),
        "protocol": record.protocol.map(|protocol| Protocol(protocol).to_string()),
        "tcp_flags": record.tcp_flags.map(flag_names),
        "traffic_path": record.traffic_path.and_then(path_name),
        "lost": lost(record).collect::<Vec<_>>(),
        "fields": fields,
    })
}
