//! One flow-log record.

use super::format::{Field, Format};
use super::window::seconds;
use crate::network::Direction;
use std::net::IpAddr;
use std::sync::Arc;

/// What the log says was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LogAction {
    /// Security groups and network ACL let it pass here. Not that it arrived anywhere.
    Accept,
    /// One of them did not.
    Reject,
}

/// One record, as far as it is read. `-` is nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The file that it is in.
    pub file: Arc<str>,
    /// The line, counted from 1.
    pub line: u64,
    /// The record as it is written.
    pub text: String,
    /// The network interface.
    pub interface: Option<String>,
    /// The sender, as the interface saw it.
    pub source: Option<IpAddr>,
    /// The receiver, as the interface saw it.
    pub destination: Option<IpAddr>,
    /// The sender in the packet's own header.
    pub packet_source: Option<IpAddr>,
    /// The receiver in the packet's own header.
    pub packet_destination: Option<IpAddr>,
    /// The source port.
    pub source_port: Option<u16>,
    /// The destination port.
    pub destination_port: Option<u16>,
    /// The IP protocol.
    pub protocol: Option<u8>,
    /// How many packets.
    pub packets: Option<u64>,
    /// When the window began, Unix seconds.
    pub start: Option<u64>,
    /// When it ended.
    pub end: Option<u64>,
    /// What was done.
    pub action: Option<LogAction>,
    /// TCP flags, or-ed over the window.
    pub tcp_flags: Option<u16>,
    /// Into the interface, or out of it.
    pub direction: Option<Direction>,
    /// How egress traffic leaves.
    pub traffic_path: Option<u8>,
    /// Why, where AWS says.
    pub reject_reason: Option<String>,
    /// Whether records were lost in the window.
    pub skipped: bool,
}

impl Record {
    /// Reads a line. None: it has another number of fields than the format, or a field is not what it should be.
    pub fn parse(format: &Format, line: &str, file: &Arc<str>, number: u64) -> Option<Self> {
        let mut words = words(line, format.0.len())?;
        let mut record = Self::empty(file, number, line);
        for field in &format.0 {
            let word = words.next()?;
            if word != "-" && !record.take(*field, word) {
                return None;
            }
        }
        words.next().is_none().then_some(record)
    }

    fn empty(file: &Arc<str>, line: u64, text: &str) -> Self {
        Self {
            file: Arc::clone(file),
            line,
            text: text.to_owned(),
            interface: None,
            source: None,
            destination: None,
            packet_source: None,
            packet_destination: None,
            source_port: None,
            destination_port: None,
            protocol: None,
            packets: None,
            start: None,
            end: None,
            action: None,
            tcp_flags: None,
            direction: None,
            traffic_path: None,
            reject_reason: None,
            skipped: false,
        }
    }

    /// Takes a field; false when it is not what it should be.
    fn take(&mut self, field: Field, word: &str) -> bool {
        fn set<T: std::str::FromStr>(into: &mut Option<T>, word: &str) -> bool {
            *into = word.parse().ok();
            into.is_some()
        }
        fn time(into: &mut Option<u64>, word: &str) -> bool {
            *into = word.parse().ok().map(seconds);
            into.is_some()
        }
        match field {
            Field::Interface => set(&mut self.interface, word),
            Field::Source => set(&mut self.source, word),
            Field::Destination => set(&mut self.destination, word),
            Field::PacketSource => set(&mut self.packet_source, word),
            Field::PacketDestination => set(&mut self.packet_destination, word),
            Field::SourcePort => set(&mut self.source_port, word),
            Field::DestinationPort => set(&mut self.destination_port, word),
            Field::Protocol => set(&mut self.protocol, word),
            Field::Packets => set(&mut self.packets, word),
            Field::Start => time(&mut self.start, word),
            Field::End => time(&mut self.end, word),
            Field::TcpFlags => set(&mut self.tcp_flags, word),
            Field::TrafficPath => set(&mut self.traffic_path, word),
            Field::RejectReason => set(&mut self.reject_reason, word),
            Field::Action => self.take_action(word),
            Field::Status => {
                self.skipped = word == "SKIPDATA";
                matches!(word, "OK" | "NODATA" | "SKIPDATA")
            }
            Field::Direction => {
                self.direction = match word {
                    "ingress" => Some(Direction::Ingress),
                    "egress" => Some(Direction::Egress),
                    _ => None,
                };
                self.direction.is_some()
            }
            Field::Other => true,
        }
    }

    fn take_action(&mut self, word: &str) -> bool {
        self.action = match word {
            "ACCEPT" => Some(LogAction::Accept),
            "REJECT" => Some(LogAction::Reject),
            _ => None,
        };
        self.action.is_some()
    }

    /// Whether the record may tell of a connection that begins here: a SYN, or flags that are not known. Late packets of
    /// a connection that is gone are rejected too, and say nothing of rules.
    pub fn begins(&self) -> bool {
        self.tcp_flags.is_none_or(|flags| flags & 2 != 0) || self.protocol != Some(6)
    }
}

/// The words of a line. Exported CloudWatch logs have a time before the record; it is passed over where it is one word too
/// many.
fn words(line: &str, wanted: usize) -> Option<impl Iterator<Item = &str>> {
    let mut words = line.split_ascii_whitespace();
    let count = line.split_ascii_whitespace().count();
    let timed = words
        .clone()
        .next()
        .is_some_and(|first| first.contains('T') && first.ends_with('Z'));
    if count == wanted + 1 && timed {
        words.next();
    } else if count != wanted {
        return None;
    }
    Some(words)
}
