//! Flow-log records against answers: every row of the table "blocked here, so these records" that the model can express.
//!
//! A row is a model, a question, records as AWS would deliver them, and what they prove, written by hand. The rows of
//! `tests/evidence/*.yaml` are numbered as in the table of `flow-logs-and-mirroring`, 4.1 and 4.2.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its files has failed")]

use serde::Deserialize;
use serde_yaml::{Mapping, Value};
use std::collections::BTreeMap;
use std::fmt::Write;
use whyhop::evidence::{Crossing, Format, Logs, State, Window, correlate};
use whyhop::{Analysis, Options};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    model: Value,
    client: End,
    server: End,
    rows: Vec<Row>,
}

/// What the question says, and the address in the records.
type End = (String, String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    row: String,
    #[serde(default)]
    change: Mapping,
    client: Option<End>,
    server: Option<End>,
    #[serde(default = "https")]
    packets: String,
    records: Records,
    verdict: String,
    state: String,
    /// A word of the reason.
    #[serde(default)]
    because: String,
    /// What each crossing shows: leg, interface, direction, state, and the lines of its own records, counted from 1.
    hops: Option<Vec<String>>,
}

fn https() -> String {
    "tcp/443".to_owned()
}

/// R1 to R4, each A or R; `late`, one that was rejected without a SYN; `lost`, interfaces whose records were; or `lines`,
/// as they are, where `protocol` may follow; `reasons`, with a reason behind the
/// action; `transit`, a transit gateway's.
type Records = BTreeMap<String, Value>;

const TRANSIT: &str = "tgw-attachment-id srcaddr dstaddr srcport dstport protocol packets bytes packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded packets-lost-ttl-expired flow-direction start end log-status";
const HEADER: &str = "interface-id srcaddr dstaddr srcport dstport pkt-srcaddr pkt-dstaddr tcp-flags action protocol packets bytes start end log-status\n";

/// Lays a change over a model: maps are united, all else is replaced.
fn overlay(base: &mut Value, change: &Value) {
    match (base, change) {
        (Value::Mapping(base), Value::Mapping(change)) => {
            for (key, value) in change {
                match base.get_mut(key) {
                    Some(old) => overlay(old, value),
                    None => {
                        base.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        (_, Value::Null) => {}
        (base, change) => *base = change.clone(),
    }
}

/// The line of R1, R2, R3 or R4.
fn line(name: &str, action: &str, flags: Option<u8>, (client, server): (&End, &End)) -> String {
    let request = format!("{c} {s} 40000 443 {c} {s}", c = client.1, s = server.1);
    let reply = format!("{s} {c} 443 40000 {s} {c}", c = client.1, s = server.1);
    let (eni, tuple, usual) = match name {
        "R1" => (&client.0, request, 2),
        "R2" => (&server.0, request, 2),
        "R3" => (&server.0, reply, 18),
        "R4" => (&client.0, reply, 18),
        other => panic!("{other} is no record of the table"),
    };
    let action = if action == "A" { "ACCEPT" } else { "REJECT" };
    format!("{eni} {tuple} {} {action}", flags.unwrap_or(usual))
}

fn log(records: &Records, ends: (&End, &End)) -> String {
    let mut text = HEADER.to_owned();
    let mut add = |line: &str| {
        let protocol = if line.split(' ').count() < 10 { " 6" } else { "" };
        writeln!(text, "{line}{protocol} 2 120 1760000000 1760000059 OK").unwrap();
    };
    let words = |value: &Value| -> Vec<String> {
        let list = value.as_sequence().unwrap().iter();
        list.map(|one| one.as_str().unwrap().to_owned()).collect()
    };
    let (mut lost, mut transit, mut reasons) = (Vec::new(), Vec::new(), Vec::new());
    for (name, value) in records {
        match name.as_str() {
            "lines" => words(value).iter().for_each(|line| add(line)),
            "late" => add(&line(value.as_str().unwrap(), "R", Some(1), ends)),
            "lost" => lost = words(value),
            "transit" => transit = words(value),
            "reasons" => reasons = words(value),
            record => add(&line(record, value.as_str().unwrap(), None, ends)),
        }
    }
    for eni in lost {
        writeln!(text, "{eni} - - - - - - - - - - - 1760000000 1760000059 SKIPDATA").unwrap();
    }
    if !reasons.is_empty() {
        writeln!(
            text,
            "{}",
            HEADER.trim().replace("action", "action reject-reason")
        )
        .unwrap();
    }
    for line in reasons {
        writeln!(text, "{line} 6 2 - 1760000000 1760000059 OK").unwrap();
    }
    if !transit.is_empty() {
        writeln!(text, "{TRANSIT}").unwrap();
    }
    for line in transit {
        writeln!(text, "{line} 1760000000 1760000059 OK").unwrap();
    }
    text
}

fn state(state: State) -> String {
    serde_yaml::to_string(&state).unwrap().trim().to_owned()
}

/// All rows, so that one failure does not hide the others.
fn check_all(table: &Table) {
    let failed = |row: &&Row| std::panic::catch_unwind(|| check(table, row)).is_err();
    let failed: Vec<&str> = table
        .rows
        .iter()
        .filter(failed)
        .map(|row| row.row.as_str())
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

fn check(table: &Table, row: &Row) {
    let mut model = table.model.clone();
    overlay(&mut model, &Value::Mapping(row.change.clone()));
    let text = serde_yaml::to_string(&model).unwrap();
    let analysis =
        Analysis::from_text("model.yaml", &text).unwrap_or_else(|bad| panic!("{}: {bad:?}", row.row));
    let client = row.client.as_ref().unwrap_or(&table.client);
    let server = row.server.as_ref().unwrap_or(&table.server);
    let finding = analysis
        .path(&client.0, &server.0, &row.packets, &Options::default())
        .unwrap();
    assert_eq!(finding.verdict.as_str(), row.verdict, "{}", row.row);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records.log");
    std::fs::write(&file, log(&row.records, (client, server))).unwrap();
    let evidence = correlate(&finding, analysis.model(), &[file], &Logs::default());
    assert!(
        evidence.problems.is_empty(),
        "{}: {:?}",
        row.row,
        evidence.problems
    );
    assert_eq!(
        state(evidence.state),
        row.state,
        "{}: {} {:#?}",
        row.row,
        evidence.reason,
        evidence.crossings
    );
    assert!(
        evidence.reason.contains(&row.because),
        "{}: {}",
        row.row,
        evidence.reason
    );
    if let Some(hops) = &row.hops {
        let shown: Vec<String> = evidence.crossings.iter().map(shown).collect();
        assert_eq!(&shown, hops, "{}", row.row);
    }
}

/// A crossing, and which lines of the log it shows; the header is line 1.
fn shown(crossing: &Crossing) -> String {
    let lines = crossing
        .records
        .iter()
        .map(|record| (record.line - 1).to_string());
    let words = [
        crossing.leg.as_str().to_owned(),
        crossing.interface.clone(),
        crossing.direction.as_str().to_owned(),
        state(crossing.state),
        lines.collect::<Vec<_>>().join(","),
    ];
    words.join(" ").trim().to_owned()
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
    let mut value: Value = serde_yaml::from_str(text).unwrap();
    value.apply_merge().unwrap();
    serde_yaml::from_value(value).unwrap()
}

fn table(text: &str) -> Table {
    read(text)
}

/// Records that AWS and others have published, with the network that each of them tells of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Documented {
    model: Value,
    examples: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    about: String,
    #[serde(default)]
    with: Value,
    format: Option<String>,
    records: String,
    ask: Ask,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    from: String,
    to: String,
    packets: String,
    verdict: String,
    state: String,
    finds: usize,
}

#[test]
fn documented_records() {
    let documented: Documented = read(include_str!("evidence/documented.yaml"));
    assert_eq!(documented.examples.len(), 17);
    for Example {
        about,
        with,
        format,
        records,
        ask,
    } in &documented.examples
    {
        let mut model = documented.model.clone();
        overlay(&mut model, with);
        let text = serde_yaml::to_string(&model).unwrap();
        let analysis =
            Analysis::from_text("model.yaml", &text).unwrap_or_else(|bad| panic!("{about}: {bad:?}"));
        let finding = analysis
            .path(&ask.from, &ask.to, &ask.packets, &Options::default())
            .unwrap_or_else(|error| panic!("{about}: {error}"));
        assert_eq!(finding.verdict.as_str(), ask.verdict, "{about}");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("records.log");
        std::fs::write(&file, records).unwrap();
        let format = format
            .as_ref()
            .map(|format| Format::from_log_format(format).unwrap());
        let logs = Logs {
            format,
            ..Logs::default()
        };
        let evidence = correlate(&finding, analysis.model(), &[file], &logs);
        assert_eq!(evidence.problems, Vec::<String>::new(), "{about}");
        assert_eq!(
            (state(evidence.state), evidence.kept.len()),
            (ask.state.clone(), ask.finds),
            "{about}: {} {:#?}",
            evidence.reason,
            evidence.crossings
        );
    }
}

#[test]
fn direct_ways() {
    let table = table(include_str!("evidence/direct.yaml"));
    assert!(table.rows.len() >= 19);
    check_all(&table);
}

#[test]
fn ways_through_gateways() {
    let table = table(include_str!("evidence/gateways.yaml"));
    assert!(table.rows.len() >= 11);
    check_all(&table);
}

#[test]
fn ways_through_the_middle() {
    let table = table(include_str!("evidence/middle.yaml"));
    assert!(table.rows.len() >= 23);
    check_all(&table);
}

#[test]
fn ways_to_a_service_of_another_vpc() {
    let table = table(include_str!("evidence/private_link.yaml"));
    assert!(table.rows.len() >= 2);
    check_all(&table);
}

#[test]
fn ways_between_vpcs() {
    let table = table(include_str!("evidence/routes.yaml"));
    assert!(table.rows.len() >= 18);
    check_all(&table);
}

/// The same records, as each way of delivery wraps them, say the same; outside the window there are none.
#[test]
fn deliveries_and_windows() {
    let table = table(include_str!("evidence/direct.yaml"));
    let analysis = Analysis::from_text("model.yaml", &serde_yaml::to_string(&table.model).unwrap()).unwrap();
    let finding = analysis
        .path(&table.client.0, &table.server.0, "tcp/443", &Options::default())
        .unwrap();
    let default = |eni: &str, tuple: &str| {
        format!("2 111122223333 {eni} {tuple} 6 3 180 1760000000 1760000059 ACCEPT OK")
    };
    let (client, server) = (&table.client, &table.server);
    let request = format!("{} {} 40000 443", client.1, server.1);
    let reply = format!("{} {} 443 40000", server.1, client.1);
    let lines = [
        default(&client.0, &request),
        default(&server.0, &request),
        default(&server.0, &reply),
        default(&client.0, &reply),
    ];
    let joined = |with: &dyn Fn(&String) -> String, between: &str| {
        lines.iter().map(with).collect::<Vec<_>>().join(between)
    };
    let event = |line: &String| format!(r#"{{"timestamp": 1760000000000, "message": "{line}"}}"#);
    let forms = [
        joined(&Clone::clone, "\n"),
        format!("\n{}", joined(&|line| line.replace(' ', "   "), "  \r\n")),
        joined(&|line| format!("2025-10-09T08:53:20.000Z {line}"), "\n"),
        format!(
            "timestamp,message\n{}",
            joined(&|line| format!("1760000000000,{line}"), "\n")
        ),
        joined(
            &|line| line.replace("1760000000 1760000059", "1760000000000 1760000059000"),
            "\n",
        ),
        format!(
            r#"{{"events": [{}], "searchedLogStreams": []}}"#,
            joined(&event, ", ")
        ),
        format!(
            r#"{{"messageType": "DATA_MESSAGE", "logEvents": [{}]}}"#,
            joined(&event, ", ")
        ),
        joined(&event, ""),
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("records");
    let ask = |window| {
        let logs = Logs {
            window,
            ..Logs::default()
        };
        correlate(&finding, analysis.model(), std::slice::from_ref(&file), &logs)
    };
    let from = |since, until| Window { since, until };
    for form in forms {
        std::fs::write(&file, &form).unwrap();
        for window in [Window::default(), from(Some(1_760_000_059), Some(1_760_000_059))] {
            let evidence = ask(window);
            assert_eq!(evidence.problems, Vec::<String>::new(), "{form}");
            assert_eq!(evidence.state, State::Corroborated, "{form}: {}", evidence.reason);
            assert_eq!(evidence.records.len(), 4, "{form}");
        }
        for window in [from(Some(1_760_000_060), None), from(None, Some(1_759_999_999))] {
            assert_eq!(ask(window).state, State::Silent, "{form}");
        }
    }
}
