//! Records in Parquet: a flow log's own files (columns named like the fields, with underscores;
//! <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html>) and Security Lake's events (OCSF, with nested
//! columns; both read 2026-11-23).
//!
//! Each record becomes the line that a text file would have. Lists are passed over. Where only some interfaces are wanted, their
//! column is read first, and the others where one of them is in it.
//!
//! Laws: what a file claims costs nothing until it is there; of a file no more is held than [`source`] says, whatever it
//! unpacks to; what cannot be read is told with the file, and what came before it was read.

mod cells;
mod column;
mod footer;
mod page;
mod source;
mod thrift;

use super::format::{Field, Format};
use super::gather::{Gather, Reading, Scan, Spot};
use super::ocsf::Event;
use super::row::Row;
use cells::Cell;
use column::{BATCH, Column, Value};
use footer::{Footer, Group, Kind, Leaf};
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

/// What the columns of a flow log's own file are.
struct Table {
    format: Arc<Format>,
    /// Which of them name who recorded.
    recorders: Vec<bool>,
    /// Whether they have the types that AWS gives them.
    is_usual: bool,
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
        let leaves: Vec<&Leaf> = footer.leaves.iter().filter(|leaf| wanted(leaf)).collect();
        let names: Vec<&str> = leaves.iter().map(|leaf| leaf.path.as_str()).collect();
        if names.len() > COLUMNS_MAX {
            return Err(Error::told("more columns than any flow log has"));
        }
        let format = Format::from_header(&names.join(" "));
        let format = format.ok_or_else(|| Error::told("its columns are not those of a flow log"))?;
        let kinds: Vec<Kind> = leaves.iter().map(|leaf| leaf.kind).collect();
        let table = Table {
            is_usual: cells::are_usual(&format.fields, &kinds),
            recorders: format
                .fields
                .iter()
                .map(|field| names_a_recorder(*field))
                .collect(),
            format: Arc::new(format),
        };
        for group in &footer.groups {
            self.group(columns(group, footer, source)?, group.rows, &table)?;
        }
        Ok(())
    }

    fn group(&mut self, mut columns: Vec<Column>, rows: u64, table: &Table) -> Result<(), Error> {
        let mut wanted = vec![true; BATCH];
        let mut line = Line::default();
        for batch in batches(rows) {
            let wanted = &mut wanted[..batch];
            if self.reading.wanted.is_some() {
                self.find(&mut columns, table, wanted)?;
            }
            let none = !wanted.contains(&true);
            let read = |is_recorder: bool| self.reading.wanted.is_some() && is_recorder;
            for (column, is_recorder) in columns.iter_mut().zip(&table.recorders) {
                match read(*is_recorder) {
                    true => {}
                    false if none => column.skip(batch)?,
                    false => column.read(batch)?,
                }
            }
            if none {
                self.pass(batch as u64);
                continue;
            }
            for (row, wanted) in wanted.iter().enumerate() {
                line.clear();
                columns.iter_mut().for_each(|column| {
                    let value = column.next(row);
                    if *wanted {
                        line.put(value);
                    }
                });
                self.pass(1);
                if *wanted {
                    self.record(&line, table);
                }
            }
        }
        Ok(())
    }

    /// Reads the columns that name who recorded, and finds the records of those that are wanted.
    fn find(&mut self, columns: &mut [Column], table: &Table, wanted: &mut [bool]) -> Result<(), Error> {
        wanted.fill(false);
        let columns = columns.iter_mut().zip(&table.recorders);
        for (column, _) in columns.filter(|(_, is_recorder)| **is_recorder) {
            column.read(wanted.len())?;
            for (row, wanted) in wanted.iter_mut().enumerate() {
                if let Value::Text(name) = column.next(row) {
                    *wanted |= self.names.contains(name);
                }
            }
            column.rewind();
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
        let (mut event, mut line, mut digits) = (Event::default(), Vec::new(), itoa::Buffer::new());
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
                        match column.next(row) {
                            Value::Nothing | Value::Text(b"-") => event.put(place, ""),
                            Value::Number(number) => event.put(place, digits.format(number)),
                            Value::Text(text) => {
                                let text = &text[..text.len().min(WORD_MAX)];
                                event.put(place, &String::from_utf8_lossy(text));
                            }
                        }
                    }
                    line.clear();
                    event.write(&mut line);
                    self.pass(1);
                    let mut row = Row::default();
                    let row = row.read(event.format(), &line).then_some(row);
                    self.take(row, event.format());
                }
            }
        }
        Ok(())
    }

    /// A record of a flow log's own file.
    #[inline]
    fn record(&mut self, line: &Line, table: &Table) {
        let fields = &table.format.fields;
        let row = match table.is_usual {
            true => cells::row(&line.text, fields, &line.cells),
            false => Row::parse(&table.format, &line.text),
        };
        self.take(row, &table.format);
    }

    #[inline]
    fn take(&mut self, row: Option<Row<'_>>, format: &Arc<Format>) {
        let Some(row) = row else {
            return self.problem("a field is not what it should be");
        };
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

    /// Counts records.
    fn pass(&mut self, records: u64) {
        self.number += records;
        self.scan.lines += records;
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

/// A record as a line.
#[derive(Default)]
struct Line {
    text: Vec<u8>,
    cells: Vec<Cell>,
    digits: itoa::Buffer,
}

impl Line {
    fn clear(&mut self) {
        self.text.clear();
        self.cells.clear();
    }

    /// A word; nothing is `-`, and a space inside would make two of it.
    #[inline]
    fn put(&mut self, value: Value<'_>) {
        let begin = self.text.len();
        let mut number = None;
        match value {
            Value::Nothing => {}
            Value::Number(value) => {
                number = Some(value);
                self.text.extend_from_slice(self.digits.format(value).as_bytes());
            }
            Value::Text(text) => {
                let text = &text[..text.len().min(ROW_MAX.saturating_sub(begin))];
                self.text.extend_from_slice(text);
                let word = &mut self.text[begin..];
                if word.iter().any(|byte| *byte <= b' ') {
                    word.iter_mut()
                        .filter(|byte| byte.is_ascii_whitespace())
                        .for_each(|byte| *byte = b'_');
                }
            }
        }
        let end = self.text.len();
        let is_nothing = end == begin || self.text[begin..] == *b"-";
        if end == begin {
            self.text.push(b'-');
        }
        self.text.push(b' ');
        self.cells.push(Cell {
            begin,
            end: if is_nothing { begin } else { end },
            number,
        });
    }
}
