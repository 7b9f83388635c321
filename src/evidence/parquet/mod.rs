//! Records in Parquet: a flow log's own files (columns named like the fields, with underscores;
//! <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html>) and Security Lake's events (OCSF, with nested
//! columns; both read 2026-11-23).
//!
//! Each record becomes the line that a text file would have, and is read like any other. Lists are passed over. Where only some
//! interfaces are wanted, their column is read first, and the others where one of them is in it.
//!
//! Laws: what a file claims costs nothing until it is there; of a file no more is held than [`source`] says, whatever it
//! unpacks to; what cannot be read is told with the file, and what came before it was read.

mod column;
mod footer;
mod page;
mod source;
mod thrift;

use super::format::{Field, Format};
use super::ocsf::Event;
use super::read::{Gather, Reading, Scan, Spot};
use super::row::Row;
use column::{BATCH, Column};
use footer::{Footer, Group, Leaf};
use rustc_hash::FxHashSet;
use source::{Error, Source};
use std::fs::File;
use std::sync::Arc;

pub use footer::MAGIC;

/// The most columns of records; AWS has a quarter as many.
const COLUMNS_MAX: usize = 200;
/// The most of a value of an event.
const WORD_MAX: usize = 512;
/// The longest record; a longer one is cut.
const ROW_MAX: usize = 16 * 1024;

/// Reads the records of a file.
pub fn read<G: Gather>(file: File, name: &Arc<str>, reading: &Reading, scan: &mut Scan, sink: &mut G) {
    let mut rows = Rows {
        name,
        reading,
        names: reading.wanted.iter().flatten().map(String::as_bytes).collect(),
        number: 0,
        scan,
        sink,
    };
    if let Err(error) = rows.file(file) {
        rows.fail(&error);
    }
}

/// The records of one file.
struct Rows<'a, G> {
    name: &'a Arc<str>,
    reading: &'a Reading,
    names: FxHashSet<&'a [u8]>,
    number: u64,
    scan: &'a mut Scan,
    sink: &'a mut G,
}

impl<G: Gather> Rows<'_, G> {
    fn file(&mut self, file: File) -> Result<(), Error> {
        let source = Arc::new(Source::new(file, &self.reading.watched)?);
        let wanted = |leaf: &Leaf| !leaf.repeated && (!leaf.path.contains('.') || Event::knows(&leaf.path));
        let footer = Footer::read(&source, &wanted)?;
        let nested = |leaf: &&Leaf| leaf.path.contains('.') && wanted(leaf);
        if footer.leaves.iter().any(|leaf| nested(&leaf)) {
            self.events(&footer, &source)?;
        } else {
            self.records(&footer, &source, &wanted)?;
        }
        source.finished();
        Ok(())
    }

    /// The records of a flow log's own file.
    fn records(
        &mut self,
        footer: &Footer,
        source: &Arc<Source>,
        wanted: &dyn Fn(&Leaf) -> bool,
    ) -> Result<(), Error> {
        let leaves = footer.leaves.iter().filter(|leaf| wanted(leaf));
        let names: Vec<&str> = leaves.map(|leaf| leaf.path.as_str()).collect();
        if names.len() > COLUMNS_MAX {
            return Err(Error::told("more columns than any flow log has"));
        }
        let format = Format::from_header(&names.join(" "));
        let format = format.ok_or_else(|| Error::told("its columns are not those of a flow log"))?;
        let format = Arc::new(format);
        for group in &footer.groups {
            self.group(columns(group, footer, source)?, group.rows, &format)?;
        }
        Ok(())
    }

    fn group(&mut self, mut columns: Vec<Column>, rows: u64, format: &Arc<Format>) -> Result<(), Error> {
        let recorders: Vec<bool> = format
            .fields
            .iter()
            .map(|field| names_a_recorder(*field))
            .collect();
        let mut wanted = vec![self.reading.wanted.is_none(); BATCH];
        let (mut line, mut digits) = (Vec::new(), itoa::Buffer::new());
        for batch in batches(rows) {
            if self.reading.wanted.is_some() {
                wanted.fill(false);
                for (column, _) in columns.iter_mut().zip(&recorders).filter(|(_, is)| **is) {
                    column.read(batch)?;
                    for (row, wanted) in wanted[..batch].iter_mut().enumerate() {
                        *wanted |= self.names.contains(column.next(row, &mut digits));
                    }
                    column.rewind();
                }
            }
            let none = !wanted[..batch].contains(&true);
            for (column, is_recorder) in columns.iter_mut().zip(&recorders) {
                match self.reading.wanted.is_some() && *is_recorder {
                    true => {}
                    false if none => column.skip(batch)?,
                    false => column.read(batch)?,
                }
            }
            if none {
                self.number += batch as u64;
                self.scan.lines += batch as u64;
                continue;
            }
            for (row, wanted) in wanted[..batch].iter().enumerate() {
                line.clear();
                for column in &mut columns {
                    let value = column.next(row, &mut digits);
                    if *wanted {
                        put(&mut line, value);
                    }
                }
                self.line(&line, format, *wanted);
            }
        }
        Ok(())
    }

    /// The events of Security Lake.
    fn events(&mut self, footer: &Footer, source: &Arc<Source>) -> Result<(), Error> {
        let places: Vec<Option<usize>> = footer
            .leaves
            .iter()
            .map(|leaf| Event::place(&leaf.path))
            .collect();
        let (mut event, mut digits) = (Event::default(), itoa::Buffer::new());
        for group in &footer.groups {
            let mut columns = columns(group, footer, source)?;
            columns.retain(|column| places[column.leaf].is_some());
            for batch in batches(group.rows) {
                for column in &mut columns {
                    column.read(batch)?;
                }
                for row in 0..batch {
                    for column in &mut columns {
                        let place = places[column.leaf].unwrap_or_default();
                        let value = column.next(row, &mut digits);
                        let value = if value == b"-" {
                            b""
                        } else {
                            &value[..value.len().min(WORD_MAX)]
                        };
                        event.put(place, &String::from_utf8_lossy(value));
                    }
                    self.line(&event.line(), event.format(), true);
                }
            }
        }
        Ok(())
    }

    /// A record.
    #[inline]
    fn line(&mut self, line: &[u8], format: &Arc<Format>, wanted: bool) {
        self.number += 1;
        self.scan.lines += 1;
        if !wanted {
            return;
        }
        let mut row = Row::default();
        if !row.read(format, line) {
            return self.problem("a field is not what it should be");
        }
        let known = |name: Option<&[u8]>| name.is_some_and(|name| self.names.contains(name));
        let names = [row.interface, row.resource, row.attachment, row.pair];
        let wanted = self.reading.wanted.is_none() || names.into_iter().any(known);
        if wanted && self.reading.window.meets_row(&row) {
            let at = Spot {
                file: self.name,
                line: self.number,
                format,
            };
            self.sink.take(&row, at);
        }
    }

    fn problem(&mut self, text: &str) {
        self.scan
            .problem(format!("{}: line {}: {text}", self.name, self.number));
    }

    /// The reading ends here.
    fn fail(&mut self, error: &Error) {
        match self.number {
            0 => self.scan.problem(format!("{}: {error}", self.name)),
            _ => self.problem(&format!("{error}; what comes before it was read")),
        }
    }
}

/// Whether a field names who recorded, or the attachment on the other side.
fn names_a_recorder(field: Field) -> bool {
    matches!(
        field,
        Field::Interface | Field::Resource | Field::Attachment | Field::PairAttachment
    )
}

fn columns(group: &Group, footer: &Footer, source: &Arc<Source>) -> Result<Vec<Column>, Error> {
    let chunks = group.chunks.iter();
    chunks
        .map(|chunk| Column::new(&footer.leaves[chunk.leaf], *chunk, source))
        .collect()
}

/// So many records at a time.
fn batches(rows: u64) -> impl Iterator<Item = usize> {
    let batch = BATCH as u64;
    let last = usize::try_from(rows % batch).unwrap_or_default();
    (0..rows / batch).map(|_| BATCH).chain((last > 0).then_some(last))
}

/// A word of a line; nothing is `-`, and a space inside would make two of it.
#[inline]
fn put(line: &mut Vec<u8>, value: &[u8]) {
    let room = ROW_MAX.saturating_sub(line.len());
    let value = &value[..value.len().min(room)];
    if value.is_empty() {
        line.push(b'-');
    } else if value.iter().any(|byte| *byte <= b' ') {
        line.extend(value.iter().map(|byte| match byte {
            b' ' | b'\n' | b'\r' | b'\t' => b'_',
            other => *other,
        }));
    } else {
        line.extend_from_slice(value);
    }
    line.push(b' ');
}
