//! Records as Amazon Security Lake holds them: events of the Open Cybersecurity Schema Framework (OCSF), class Network
//! Activity (<https://docs.aws.amazon.com/security-lake/latest/userguide/vpc-flow-logs.html>). Each is turned into the line that
//! the flow log would have had, and read like any other.
//!
//! What the numbers and names mean is what the schema itself says, version 1.1.0 (the class `network_activity`, the objects
//! `network_connection_info` and `network_endpoint`, <https://schema.ocsf.io/1.1.0>; read 2026-11-26 in the copy that the Python
//! package `ocsf-json-schema` 1.2.0 carries): `boundary_id` 4 to 11 are described with the words of `traffic-path` 1 to 8;
//! `action_id` 1 is Allowed and 2 Denied; `svc_name` is `pkt-src-aws-service` or `pkt-dst-aws-service`.
//!
//! Neither the schema nor a page of AWS that we have says what follows, so it is not relied on:
//!
//! - whether `ip` or the list `intermediate_ips` holds a packet's own address (`pkt-srcaddr`, `pkt-dstaddr`). Lists are passed
//!   over, and `ip` is taken for the address that the interface saw: if it is the packet's own, the record tells as much, because
//!   what is seen is held against the packets themselves wherever it is not the interface's primary address;
//! - whether `direction_id` is the record's direction or the connection's. It counts where the interface is on the side that goes
//!   with it: at the source of what goes out, at the destination of what comes in;
//! - which words `status_code` has besides those of `log-status`: others say nothing.

use super::format::{Field, Format};
use std::sync::{Arc, LazyLock};

/// Where an event has what; the same names for JSON and for the columns of Parquet. What both ends have comes first, of the source
/// and of the destination.
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

const IP: usize = 0;
const PORT: usize = 2;
const INTERFACE: usize = 4;
const VPC: usize = 6;
const SUBNET: usize = 8;
const INSTANCE: usize = 10;
const SERVICE: usize = 12;
const PROTOCOL: usize = 14;
const TCP_FLAGS: usize = 15;
const DIRECTION: usize = 16;
const BOUNDARY: usize = 17;
const PACKETS: usize = 18;
const BYTES: usize = 19;
const START: usize = 20;
const END: usize = 21;
const TIME: usize = 22;
const ACTION: usize = 23;
const ACTION_ID: usize = 24;
const DISPOSITION: usize = 25;
const STATUS: usize = 26;
const ACCOUNT: usize = 27;
const REGION: usize = 28;
/// The ends of a connection, added to the places of what both have.
const SOURCE: usize = 0;
const DESTINATION: usize = 1;

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
        self.interface().is_some() || self.get(IP + SOURCE).is_some()
    }

    /// The fields of [`Event::line`].
    pub fn format(&self) -> &'static Arc<Format> {
        &FORMAT
    }

    /// The record as a line.
    pub fn line(&self) -> Vec<u8> {
        let mut line = Vec::new();
        self.write(&mut line);
        line
    }

    /// Writes the record behind what is there.
    pub fn write(&self, line: &mut Vec<u8>) {
        let own = self.own();
        let direction = match (self.get(DIRECTION), own) {
            (Some("1"), DESTINATION) => Some("ingress"),
            (Some("2"), SOURCE) => Some("egress"),
            _ => None,
        };
        let status = self.get(STATUS);
        let status = status.filter(|word| ["OK", "NODATA", "SKIPDATA"].contains(word));
        // The schema writes -1 for what IANA has no number for.
        let protocol = self.get(PROTOCOL).filter(|number| *number != "-1");
        let fields = [
            self.interface(),
            self.get(IP + SOURCE),
            self.get(IP + DESTINATION),
            self.get(PORT + SOURCE),
            self.get(PORT + DESTINATION),
            protocol,
            self.get(PACKETS),
            self.get(BYTES),
            self.get(START).or(self.get(TIME)),
            self.get(END),
            self.action(),
            status,
            self.get(TCP_FLAGS),
            direction,
            self.get(VPC + own),
            self.get(SUBNET + own),
            self.get(INSTANCE + own),
            self.get(SERVICE + SOURCE),
            self.get(SERVICE + DESTINATION),
            self.get(ACCOUNT),
            self.get(REGION),
            self.traffic_path(),
        ];
        for (at, field) in fields.into_iter().enumerate() {
            line.extend_from_slice(if at == 0 { b"" } else { b" " });
            // A space inside a value would make two of it.
            let word = field.unwrap_or("-").bytes();
            line.extend(word.map(|byte| if byte.is_ascii_whitespace() { b'_' } else { byte }));
        }
    }

    fn get(&self, place: usize) -> Option<&str> {
        let value = self.values.get(place)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }

    /// The end that is the recording interface's own.
    fn own(&self) -> usize {
        match self.get(INTERFACE + SOURCE) {
            Some(_) => SOURCE,
            None => DESTINATION,
        }
    }

    /// Who recorded it. A record has one interface: of two nobody says which.
    fn interface(&self) -> Option<&str> {
        let ends = [SOURCE, DESTINATION].map(|end| self.get(INTERFACE + end));
        match ends {
            [Some(source), Some(destination)] if source != destination => None,
            [source, destination] => source.or(destination),
        }
    }

    /// The schema counts its boundaries from 4 as AWS counts the paths from 1.
    fn traffic_path(&self) -> Option<&'static str> {
        Some(match self.get(BOUNDARY)? {
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
        let said = self.get(ACTION).or(self.get(DISPOSITION));
        match (said, self.get(ACTION_ID)) {
            (Some("Allowed"), _) | (_, Some("1")) => Some("ACCEPT"),
            (Some("Denied" | "Blocked"), _) | (_, Some("2")) => Some("REJECT"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ACTION, DIRECTION, Event, INTERFACE, IP, PATHS, REGION, SERVICE, START, SUBNET};

    #[test]
    fn places_are_those_of_their_names() {
        let named = [
            (IP, "src_endpoint.ip"),
            (INTERFACE + 1, "dst_endpoint.interface_uid"),
            (SUBNET, "src_endpoint.subnet_uid"),
            (SERVICE + 1, "dst_endpoint.svc_name"),
            (DIRECTION, "connection_info.direction_id"),
            (START, "start_time"),
            (ACTION, "action"),
            (REGION, "cloud.region"),
        ];
        assert!(named.iter().all(|(place, path)| PATHS[*place] == *path));
    }

    /// The last words of the line of an event of an interface at one of the ends.
    fn line(own: &str, values: &[(&str, &str)]) -> String {
        let mut event = Event::default();
        event.take(&format!("{own}_endpoint.interface_uid"), "eni-a");
        for (path, value) in values {
            event.take(path, value);
        }
        String::from_utf8_lossy(&event.line()).into_owned()
    }

    #[test]
    fn what_nobody_says_is_not_relied_on() {
        let direction = |own: &str, number: &str| {
            let line = line(own, &[("connection_info.direction_id", number)]);
            line.split(' ').nth(13).map(str::to_owned)
        };
        assert_eq!(direction("dst", "1").as_deref(), Some("ingress"));
        assert_eq!(direction("src", "2").as_deref(), Some("egress"));
        for (own, number) in [("src", "1"), ("dst", "2"), ("src", "3"), ("dst", "99")] {
            assert_eq!(direction(own, number).as_deref(), Some("-"), "{own} {number}");
        }
        let odd = [
            ("status_code", "1"),
            ("connection_info.protocol_num", "-1"),
            ("connection_info.boundary_id", "99"),
        ];
        assert_eq!(
            line("src", &odd),
            ["eni-a"]
                .into_iter()
                .chain(["-"; 21])
                .collect::<Vec<_>>()
                .join(" ")
        );
    }

    #[test]
    fn boundaries_are_paths() {
        let path = |number: &str| {
            let line = line("src", &[("connection_info.boundary_id", number)]);
            line.rsplit(' ').next().map(str::to_owned)
        };
        for (boundary, told) in [
            ("3", "-"),
            ("4", "1"),
            ("5", "2"),
            ("6", "3"),
            ("7", "4"),
            ("8", "5"),
            ("9", "6"),
            ("10", "7"),
            ("11", "8"),
            ("12", "-"),
        ] {
            assert_eq!(path(boundary).as_deref(), Some(told), "{boundary}");
        }
    }
}
