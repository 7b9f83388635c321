//! One line of a flow log, decoded where it lies: nothing is copied, and no more is read than its fields.
//!
//! The words are separated by runs of spaces (one of AWS's own examples has two), and `-` is nothing.

use super::format::{Field, Format};
use super::record::LogAction;
use super::window::seconds;
use super::word::{Word, is_space, word_end};
use crate::network::Direction;
use std::net::IpAddr;

/// Packets that a transit gateway lost, and why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lost {
    /// No route.
    pub no_route: u64,
    /// A blackhole route.
    pub blackhole: u64,
    /// Larger than the MTU.
    pub mtu: u64,
    /// The TTL expired.
    pub ttl: u64,
}

/// A record, as it lies in its line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Row<'a> {
    /// The line.
    pub text: &'a [u8],
    /// The network interface.
    pub interface: Option<&'a [u8]>,
    /// The resource that has no interface: a regional NAT gateway.
    pub resource: Option<&'a [u8]>,
    /// The transit gateway attachment.
    pub attachment: Option<&'a [u8]>,
    /// The attachment on the other side of the transit gateway.
    pub pair: Option<&'a [u8]>,
    /// The interface that the packets came from or go to.
    pub next_hop: Option<&'a [u8]>,
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
    /// How many bytes.
    pub bytes: Option<u64>,
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
    pub reject_reason: Option<&'a [u8]>,
    /// Whether nothing was recorded in the window.
    pub empty: bool,
    /// Whether records were lost in the window.
    pub skipped: bool,
    /// What a transit gateway lost.
    pub lost: Lost,
}

impl<'a> Row<'a> {
    /// Reads a line. None: it has another number of fields than the format, or a field is not what it should be.
    pub fn parse(format: &Format, line: &'a [u8]) -> Option<Self> {
        let mut row = Self::default();
        row.read(format, line).then_some(row)
    }

    /// Reads a line into an empty row, as [`Self::parse`] does; a row is too large to be carried about for each line.
    #[inline]
    pub fn read(&mut self, format: &Format, line: &'a [u8]) -> bool {
        self.text = line;
        let mut rest = line;
        for field in &format.fields {
            let ahead = words(rest);
            let length = word_end(ahead);
            rest = &ahead[length..];
            match ahead {
                [] => return false,
                [b'-', ..] if length == 1 => {}
                _ if self.take(*field, Word { ahead, length }) => {}
                _ => return false,
            }
        }
        words(rest).is_empty()
    }

    /// Reads the line with which a block begins into an empty row, and says how long it is, if it is written as AWS does: one
    /// space between the words, and a line feed behind the last. None: [`Self::read`] may be able to.
    #[inline]
    pub fn read_ahead(&mut self, format: &Format, block: &'a [u8]) -> Option<usize> {
        let (mut at, count) = (0, format.fields.len());
        for (place, field) in (1..).zip(&format.fields) {
            let ahead = block.get(at..)?;
            let length = word_end(ahead);
            let behind = if place == count { b'\n' } else { b' ' };
            if length == 0 || ahead.get(length) != Some(&behind) {
                return None;
            }
            let is_nothing = length == 1 && ahead[0] == b'-';
            if !is_nothing && !self.take(*field, Word { ahead, length }) {
                return None;
            }
            at += length + 1;
        }
        self.text = block.get(..at.checked_sub(1)?)?;
        Some(at)
    }

    /// Takes a field; false when it is not what it should be.
    #[inline(always)]
    fn take(&mut self, field: Field, word: Word<'a>) -> bool {
        match field {
            Field::Version => word.number().is_some(),
            Field::Interface => set(&mut self.interface, Some(word.text())),
            Field::Source => set(&mut self.source, word.address()),
            Field::Destination => set(&mut self.destination, word.address()),
            Field::SourcePort => set(&mut self.source_port, word.small()),
            Field::DestinationPort => set(&mut self.destination_port, word.small()),
            Field::Protocol => set(&mut self.protocol, word.small()),
            Field::Packets => set(&mut self.packets, word.number()),
            Field::Bytes => set(&mut self.bytes, word.number()),
            Field::Start => set(&mut self.start, word.number().map(seconds)),
            Field::End => set(&mut self.end, word.number().map(seconds)),
            Field::Action => set(&mut self.action, action(word.text())),
            Field::Status => self.status(word.text()),
            Field::Other => true,
            _ => self.take_more(field, word),
        }
    }

    /// What the default format does not have.
    fn take_more(&mut self, field: Field, word: Word<'a>) -> bool {
        let text = word.text();
        match field {
            Field::TcpFlags => set(&mut self.tcp_flags, word.small()),
            Field::PacketSource => set(&mut self.packet_source, word.address()),
            Field::PacketDestination => set(&mut self.packet_destination, word.address()),
            Field::Direction => set(&mut self.direction, direction(text)),
            Field::TrafficPath => set(&mut self.traffic_path, word.small()),
            Field::RejectReason => set(&mut self.reject_reason, Some(text)),
            Field::Resource => set(&mut self.resource, Some(text)),
            Field::NextHop => set(&mut self.next_hop, Some(text)),
            Field::Attachment => set(&mut self.attachment, Some(text)),
            Field::PairAttachment => set(&mut self.pair, Some(text)),
            Field::LostNoRoute => put(&mut self.lost.no_route, word.number()),
            Field::LostBlackhole => put(&mut self.lost.blackhole, word.number()),
            Field::LostMtu => put(&mut self.lost.mtu, word.number()),
            Field::LostTtl => put(&mut self.lost.ttl, word.number()),
            _ => true,
        }
    }

    fn status(&mut self, word: &[u8]) -> bool {
        (self.empty, self.skipped) = match word {
            b"OK" => (false, false),
            b"NODATA" => (true, false),
            b"SKIPDATA" => (false, true),
            _ => return false,
        };
        true
    }
}

/// A line from its next word on.
#[inline(always)]
fn words(rest: &[u8]) -> &[u8] {
    // Mostly there is one space.
    match rest {
        [b' ', behind @ ..] if behind.first().is_some_and(|first| !is_space(*first)) => behind,
        [first, ..] if !is_space(*first) => rest,
        _ => {
            let begin = rest.iter().position(|byte| !is_space(*byte));
            &rest[begin.unwrap_or(rest.len())..]
        }
    }
}

fn set<T>(into: &mut Option<T>, value: Option<T>) -> bool {
    *into = value;
    into.is_some()
}

fn put(into: &mut u64, value: Option<u64>) -> bool {
    *into = value.unwrap_or_default();
    value.is_some()
}

fn action(word: &[u8]) -> Option<LogAction> {
    match word {
        b"ACCEPT" => Some(LogAction::Accept),
        b"REJECT" => Some(LogAction::Reject),
        _ => None,
    }
}

fn direction(word: &[u8]) -> Option<Direction> {
    match word {
        b"ingress" => Some(Direction::Ingress),
        b"egress" => Some(Direction::Egress),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, LogAction, Row};

    /// What is read ahead in a block is what is read in the line by itself; only lines as AWS writes them are.
    #[test]
    fn a_block_is_read_like_its_lines() {
        let format = Format::default();
        let line = b"2 123456789010 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK";
        let next = b"\n2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA\n";
        let mut read = 0;
        for place in 0..line.len() {
            for byte in *b" \t\r\n-.,:09aZ\0\x7f\xff" {
                let mut changed = line.to_vec();
                changed[place] = byte;
                let (mut ahead, mut alone) = (Row::default(), Row::default());
                let block = [changed.as_slice(), next].concat();
                if let Some(length) = ahead.read_ahead(&format, &block) {
                    assert_eq!(length, line.len() + 1);
                    assert!(alone.read(&format, &changed));
                    assert_eq!(format!("{ahead:?}"), format!("{alone:?}"));
                    read += 1;
                }
                assert!(
                    Row::default().read_ahead(&format, &changed).is_none(),
                    "no line feed"
                );
            }
        }
        assert!(read > 400, "{read}");
        let mut row = Row::default();
        assert_eq!(row.read_ahead(&format, &next[1..]), Some(next.len() - 1));
        assert!(row.empty && row.source.is_none());
    }

    #[test]
    fn a_line_is_a_record_or_it_is_not() {
        let format = Format::default();
        let line = b"2 123456789010 eni-1235b8ca123456789 172.31.16.139  172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK\r";
        let row = Row::parse(&format, line).map(|row| (row.action, row.destination_port, row.bytes, row.end));
        assert_eq!(
            row,
            Some((Some(LogAction::Accept), Some(22), Some(4249), Some(1_418_530_070)))
        );
        let skipped = b"2 123456789010 eni-11111111aaaaaaaaa - - - - - - - 1431280876 1431280934 - SKIPDATA";
        let row = Row::parse(&format, skipped).map(|row| (row.skipped, row.empty, row.action));
        assert_eq!(row, Some((true, false, None)));
        let empty = b"2 123456789010 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA";
        assert_eq!(Row::parse(&format, empty).map(|row| row.empty), Some(true));
        for line in [
            &b"2 123456789010 eni-a 10.0.0.1 10.0.0.2 1 2 6 20 4249 1 2 ACCEPT"[..],
            b"2 123456789010 eni-a 10.0.0.1 10.0.0.2 1 2 6 20 4249 1 2 ACCEPT OK more",
            b"2 123456789010 eni-a 10.0.0.1 10.0.0.2 1 70000 6 20 4249 1 2 ACCEPT OK",
            b"2 123456789010 eni-a 10.0.0 10.0.0.2 1 2 6 20 4249 1 2 ACCEPT OK",
            b"2 123456789010 eni-a 10.0.0.1 10.0.0.2 1 2 6 20 4249 1 2 MAYBE OK",
            b"",
        ] {
            assert!(Row::parse(&format, line).is_none());
        }
    }
}
