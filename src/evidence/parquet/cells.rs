//! From the values of a record to the record, without the detour over its line where columns have the types that AWS gives them:
//! numbers are numbers then, and are not read again from the text.

use super::super::format::Field;
use super::super::record::LogAction;
use super::super::row::Row;
use super::super::window::seconds;
use super::super::word::Word;
use super::footer::Kind;
use crate::network::Direction;

/// A value, and where it is in the record's line.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    /// Where its word begins.
    pub begin: usize,
    /// Where it ends; at its beginning, if there is no value.
    pub end: usize,
    /// The number, if it is one.
    pub number: Option<i64>,
}

/// Whether a record of these columns is read without its line. Else somebody wrote it in types of his own, or it has fields that
/// are rarely there.
pub fn are_usual(fields: &[Field], kinds: &[Kind]) -> bool {
    let mut columns = fields.iter().zip(kinds);
    columns.all(|(field, kind)| match field {
        Field::Version
        | Field::SourcePort
        | Field::DestinationPort
        | Field::Protocol
        | Field::Packets
        | Field::Bytes
        | Field::Start
        | Field::End
        | Field::TcpFlags
        | Field::TrafficPath => matches!(kind, Kind::Int32 | Kind::Int64),
        Field::Interface
        | Field::Source
        | Field::Destination
        | Field::PacketSource
        | Field::PacketDestination
        | Field::Action
        | Field::Status
        | Field::Direction => *kind == Kind::Bytes,
        Field::Other => true,
        _ => false,
    })
}

/// The record of a line whose words are these cells. None: a field is not what it should be.
pub fn row<'l>(line: &'l [u8], fields: &[Field], cells: &[Cell]) -> Option<Row<'l>> {
    let mut row = Row {
        text: line,
        ..Row::default()
    };
    for (field, cell) in fields.iter().zip(cells) {
        if cell.end > cell.begin {
            take(&mut row, *field, *cell, line)?;
        }
    }
    Some(row)
}

#[inline]
fn take<'l>(row: &mut Row<'l>, field: Field, cell: Cell, line: &'l [u8]) -> Option<()> {
    let word = Word {
        ahead: &line[cell.begin..],
        length: cell.end - cell.begin,
    };
    match field {
        Field::Version => _ = number::<u64>(cell)?,
        Field::Interface => row.interface = Some(word.text()),
        Field::Source => row.source = Some(word.address()?),
        Field::Destination => row.destination = Some(word.address()?),
        Field::PacketSource => row.packet_source = Some(word.address()?),
        Field::PacketDestination => row.packet_destination = Some(word.address()?),
        Field::SourcePort => row.source_port = Some(number(cell)?),
        Field::DestinationPort => row.destination_port = Some(number(cell)?),
        Field::Protocol => row.protocol = Some(number(cell)?),
        Field::Packets => row.packets = Some(number(cell)?),
        Field::Bytes => row.bytes = Some(number(cell)?),
        Field::Start => row.start = Some(seconds(number(cell)?)),
        Field::End => row.end = Some(seconds(number(cell)?)),
        Field::TcpFlags => row.tcp_flags = Some(number(cell)?),
        Field::TrafficPath => row.traffic_path = Some(number(cell)?),
        Field::Action => {
            row.action = Some(match word.text() {
                b"ACCEPT" => LogAction::Accept,
                b"REJECT" => LogAction::Reject,
                _ => return None,
            });
        }
        Field::Direction => {
            row.direction = Some(match word.text() {
                b"ingress" => Direction::Ingress,
                b"egress" => Direction::Egress,
                _ => return None,
            });
        }
        Field::Status => {
            (row.empty, row.skipped) = match word.text() {
                b"OK" => (false, false),
                b"NODATA" => (true, false),
                b"SKIPDATA" => (false, true),
                _ => return None,
            };
        }
        _ => {}
    }
    Some(())
}

fn number<T: TryFrom<i64>>(cell: Cell) -> Option<T> {
    T::try_from(cell.number?).ok()
}
