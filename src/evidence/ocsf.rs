//! Records as Amazon Security Lake holds them: events of the Open Cybersecurity Schema Framework (OCSF), class Network
//! Activity (<https://docs.aws.amazon.com/security-lake/latest/userguide/vpc-flow-logs.html>,
//! <https://schema.ocsf.io/1.1.0/classes/network_activity>, read 2026-11-23). Each is turned into the line that the flow log
//! would have had, and read like any other.
//!
//! The boundary of a connection is its `traffic-path`
//! (<https://schema.ocsf.io/1.1.0/objects/network_connection_info>, `boundary_id`). Which of `ip` and
//! `intermediate_ips` holds the packet's own addresses (`pkt-srcaddr`, `pkt-dstaddr`) AWS's page does not say; lists are passed
//! over, and `ip` is taken for what the interface saw.

use super::format::{Field, Format};
use std::sync::{Arc, LazyLock};

/// Where an event has what; the same names for JSON and for the columns of Parquet.
const PATHS: [&str; 29] = [
    "src_endpoint.ip",
    "dst_endpoint.ip",
    "src_endpoint.port",
    "dst_endpoint.port",
    "src_endpoint.interface_uid",
    "dst_endpoint.interface_uid",
    "src_endpoint.vpc_uid",
    "dst_endpoint.vpc_uid",
    "src_endpoint.subnet_uid",
    "dst_endpoint.subnet_uid",
    "src_endpoint.instance_uid",
    "dst_endpoint.instance_uid",
    "src_endpoint.svc_name",
    "dst_endpoint.svc_name",
    "connection_info.protocol_num",
    "connection_info.tcp_flags",
    "connection_info.direction_id",
    "connection_info.boundary_id",
    "traffic.packets",
    "traffic.bytes",
    "start_time",
    "end_time",
    "time",
    "action",
    "action_id",
    "disposition",
    "status_code",
    "cloud.account.uid",
    "cloud.region",
];

/// The most fields of a row; AWS has half as many.
const NAMED_MAX: usize = 200;

static FORMAT: LazyLock<Arc<Format>> = LazyLock::new(|| {
    let names = "interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status \
                 tcp-flags flow-direction vpc-id subnet-id instance-id pkt-src-aws-service pkt-dst-aws-service \
                 account-id region traffic-path";
    Arc::new(Format::from_header(names).unwrap_or_default())
});

/// An event, as far as a record has fields for it.
#[derive(Debug, Default)]
pub struct Event {
    /// Nothing is empty.
    values: [String; PATHS.len()],
    /// What is called like a field of a record: the row of a query's result.
    named: Vec<(String, String)>,
}

impl Event {
    /// Whether an event has something at this path.
    pub fn knows(path: &str) -> bool {
        Self::place(path).is_some()
    }

    /// The place of what an event has at this path.
    pub fn place(path: &str) -> Option<usize> {
        PATHS.iter().position(|one| *one == path)
    }

    /// Takes a value.
    pub fn take(&mut self, path: &str, value: &str) {
        if let Some(place) = Self::place(path) {
            self.put(place, value);
        }
    }

    /// Takes a value by its place.
    pub fn put(&mut self, place: usize, value: &str) {
        if let Some(into) = self.values.get_mut(place) {
            into.clear();
            into.push_str(value);
        }
    }

    /// The row of a query's result: its columns, and the record as a line.
    pub fn row(&self) -> Option<(Arc<Format>, Vec<u8>)> {
        let word = |value: &str| match value {
            "" => "-".to_owned(),
            value => value.replace(char::is_whitespace, "_"),
        };
        let names: Vec<&str> = self.named.iter().map(|(name, _)| name.as_str()).collect();
        let words: Vec<String> = self.named.iter().map(|(_, value)| word(value)).collect();
        // Spark leaves out what is nothing.
        let is_record = |format: &Format| {
            format.has(Field::Interface) && (format.has(Field::Source) || format.has(Field::Status))
        };
        let format = Format::from_header(&names.join(" ")).filter(is_record)?;
        Some((Arc::new(format), words.join(" ").into_bytes()))
    }

    /// Takes a value that a row has at the top.
    pub fn take_named(&mut self, name: &str, value: &str) {
        if self.named.len() < NAMED_MAX && Format::is_field(name) {
            self.named.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Whether this is a record at all.
    pub fn is_flow(&self) -> bool {
        self.interface().is_some() || self.get("src_endpoint.ip").is_some()
    }

    /// The fields of [`Event::line`].
    pub fn format(&self) -> &'static Arc<Format> {
        &FORMAT
    }

    /// The record as a line.
    pub fn line(&self) -> Vec<u8> {
        let own = self.own();
        let at = |end: &str, what: &str| self.get(&format!("{end}_endpoint.{what}"));
        let direction = match self.get("connection_info.direction_id") {
            Some("1") => Some("ingress"),
            Some("2") => Some("egress"),
            _ => None,
        };
        let fields = [
            self.interface(),
            at("src", "ip"),
            at("dst", "ip"),
            at("src", "port"),
            at("dst", "port"),
            self.get("connection_info.protocol_num"),
            self.get("traffic.packets"),
            self.get("traffic.bytes"),
            self.get("start_time").or(self.get("time")),
            self.get("end_time"),
            self.action(),
            self.get("status_code").or(Some("OK")),
            self.get("connection_info.tcp_flags"),
            direction,
            at(own, "vpc_uid"),
            at(own, "subnet_uid"),
            at(own, "instance_uid"),
            at("src", "svc_name"),
            at("dst", "svc_name"),
            self.get("cloud.account.uid"),
            self.get("cloud.region"),
            self.traffic_path(),
        ];
        // A space inside a value would make two of it.
        let words = fields.map(|field| field.unwrap_or("-").replace(char::is_whitespace, "_"));
        words.join(" ").into_bytes()
    }

    fn get(&self, path: &str) -> Option<&str> {
        let value = self.values.get(Self::place(path)?)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// The end that is the recording interface's own.
    fn own(&self) -> &'static str {
        match self.get("src_endpoint.interface_uid") {
            Some(_) => "src",
            None => "dst",
        }
    }

    fn interface(&self) -> Option<&str> {
        let source = self.get("src_endpoint.interface_uid");
        source.or(self.get("dst_endpoint.interface_uid"))
    }

    /// OCSF counts its boundaries from 4 as AWS counts the paths from 1.
    fn traffic_path(&self) -> Option<&'static str> {
        Some(match self.get("connection_info.boundary_id")? {
            "4" => "1",
            "5" => "2",
            "6" => "3",
            "7" => "4",
            "8" => "5",
            "9" => "6",
            "10" => "7",
            "11" => "8",
            _ => return None,
        })
    }

    fn action(&self) -> Option<&'static str> {
        let said = self.get("action").or(self.get("disposition"));
        match (said, self.get("action_id")) {
            (Some("Allowed"), _) | (_, Some("1")) => Some("ACCEPT"),
            (Some("Denied" | "Blocked"), _) | (_, Some("2")) => Some("REJECT"),
            _ => None,
        }
    }
}
