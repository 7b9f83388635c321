//! One flow-log record, kept.

use super::format::Format;
use super::row::{Lost, Row};
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

impl LogAction {
    /// `ACCEPT` or `REJECT`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "ACCEPT",
            Self::Reject => "REJECT",
        }
    }
}

/// One record. `-` is nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The file that it is in.
    pub file: Arc<str>,
    /// The line, counted from 1.
    pub line: u64,
    /// The record as it is written.
    pub text: String,
    /// What its fields are.
    pub format: Arc<Format>,
    /// The network interface.
    pub interface: Option<String>,
    /// The resource that has no interface: a regional NAT gateway.
    pub resource: Option<String>,
    /// The transit gateway attachment.
    pub attachment: Option<String>,
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
    /// What a transit gateway lost.
    pub lost: Lost,
}

impl Record {
    /// Keeps a row.
    pub fn of(row: &Row<'_>, format: &Arc<Format>, file: &Arc<str>, line: u64) -> Self {
        Self {
            file: Arc::clone(file),
            line,
            text: owned(row.text).trim().to_owned(),
            format: Arc::clone(format),
            interface: row.interface.map(owned),
            resource: row.resource.map(owned),
            attachment: row.attachment.map(owned),
            source: row.source,
            destination: row.destination,
            packet_source: row.packet_source,
            packet_destination: row.packet_destination,
            source_port: row.source_port,
            destination_port: row.destination_port,
            protocol: row.protocol,
            packets: row.packets,
            start: row.start,
            end: row.end,
            action: row.action,
            tcp_flags: row.tcp_flags,
            direction: row.direction,
            traffic_path: row.traffic_path,
            reject_reason: row.reject_reason.map(owned),
            skipped: row.skipped,
            lost: row.lost,
        }
    }

    /// Who recorded it: an interface, a resource without one, or an attachment of a transit gateway.
    pub fn recorder(&self) -> Option<&str> {
        let recorder = self.interface.as_ref().or(self.resource.as_ref());
        recorder.or(self.attachment.as_ref()).map(String::as_str)
    }

    /// Whether somebody of this id recorded it, or is named in it as a gateway's other side.
    pub fn names(&self, id: &str) -> bool {
        self.recorder() == Some(id) || self.text.split_ascii_whitespace().any(|word| word == id)
    }

    /// Whether the record may tell of a connection that begins here: a SYN, or flags that are not known. Late packets of
    /// a connection that is gone are rejected too, and say nothing of rules.
    pub fn begins(&self) -> bool {
        self.tcp_flags.is_none_or(|flags| flags & 2 != 0) || self.protocol != Some(6)
    }

    /// The fields by name, as they are written; without those that are `-`.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        let names = self.format.names.iter().map(AsRef::as_ref);
        names
            .zip(self.text.split_ascii_whitespace())
            .filter(|(_, value)| *value != "-")
    }
}

fn owned(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
