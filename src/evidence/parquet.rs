//! Records in Parquet: a flow log's own files (columns named like the fields, with underscores;
//! <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html>) and Security Lake's events (OCSF, with nested
//! columns; both read 2026-11-23).
//!
//! Each record becomes the line that a text file would have, some thousand at a time, and is read like any other. Lists
//! are passed over.

use super::format::Format;
use super::guard::guarded;
use super::lines::Lines;
use super::ocsf::Event;
use super::read::Gather;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use std::fs::File;
use std::io::Write;
use std::sync::Arc;

/// The first bytes of a file.
pub const MAGIC: [u8; 4] = *b"PAR1";
/// How many records are held at a time.
const BATCH: usize = 4096;
/// The most of a value of an event.
const WORD_MAX: usize = 512;
/// The longest record that is held; a longer one is cut.
const ROW_MAX: usize = 16 * 1024;

/// Reads the records of a file.
pub fn read<G: Gather>(file: File, lines: &mut Lines<'_, G>) {
    if let Err(error) = rows(file, lines) {
        lines.fail(&error.to_string());
    }
}

fn rows<G: Gather>(file: File, lines: &mut Lines<'_, G>) -> Result<(), ParquetError> {
    let reader = safely(|| SerializedFileReader::new(file))?;
    for group in 0..reader.num_row_groups() {
        let group = safely(|| reader.get_row_group(group))?;
        let columns = columns(group.as_ref())?;
        let nested = columns.iter().any(|column| column.path.contains('.'));
        match nested {
            true => events(group.as_ref(), columns, lines)?,
            false => records(group.as_ref(), columns, lines)?,
        }
    }
    Ok(())
}

/// The reader panics over some of what no writer writes.
fn safely<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    guarded(read).unwrap_or_else(|panic| Err(ParquetError::General(panic)))
}

/// A column, and how it is read.
struct Column {
    path: String,
    /// The level at which a value is there: how many of its parents and itself may be missing.
    level: i16,
    reader: ColumnReader,
}

fn columns(group: &dyn RowGroupReader) -> Result<Vec<Column>, ParquetError> {
    let schema = group.metadata().schema_descr();
    let mut columns = Vec::new();
    for index in 0..group.num_columns() {
        let column = schema.column(index);
        let path = column.path().string();
        if column.max_rep_level() > 0 || (path.contains('.') && !Event::knows(&path)) {
            continue;
        }
        columns.push(Column {
            path,
            level: column.max_def_level(),
            reader: safely(|| group.get_column_reader(index))?,
        });
    }
    Ok(columns)
}

/// The records of a flow log's own file.
fn records<G: Gather>(
    group: &dyn RowGroupReader,
    mut columns: Vec<Column>,
    lines: &mut Lines<'_, G>,
) -> Result<(), ParquetError> {
    let names: Vec<&str> = columns.iter().map(|column| column.path.as_str()).collect();
    let Some(format) = Format::from_header(&names.join(" ")) else {
        let unknown = "its columns are not those of a flow log".to_owned();
        return Err(ParquetError::General(unknown));
    };
    let format = Arc::new(format);
    let mut rows: Vec<Vec<u8>> = vec![Vec::new(); BATCH];
    let mut left = total(group);
    while left > 0 {
        let batch = left.min(BATCH);
        for column in &mut columns {
            column.read(batch, &mut |row, word| {
                let row = &mut rows[row];
                let room = ROW_MAX.saturating_sub(row.len());
                row.extend_from_slice(&word[..word.len().min(room)]);
                row.push(b' ');
            })?;
        }
        for row in &mut rows[..batch] {
            lines.of_format(row, &format);
            row.clear();
        }
        left -= batch;
    }
    Ok(())
}

/// The events of Security Lake.
fn events<G: Gather>(
    group: &dyn RowGroupReader,
    mut columns: Vec<Column>,
    lines: &mut Lines<'_, G>,
) -> Result<(), ParquetError> {
    columns.retain(|column| Event::knows(&column.path));
    let mut left = total(group);
    while left > 0 {
        let batch = left.min(BATCH);
        let mut events: Vec<Event> = (0..batch).map(|_| Event::default()).collect();
        for column in &mut columns {
            let path = column.path.clone();
            column.read(batch, &mut |row, word| {
                if word != b"-" {
                    let word = &word[..word.len().min(WORD_MAX)];
                    events[row].take(&path, String::from_utf8_lossy(word).into_owned());
                }
            })?;
        }
        for event in &events {
            lines.of_format(&event.line(), event.format());
        }
        left -= batch;
    }
    Ok(())
}

fn total(group: &dyn RowGroupReader) -> usize {
    usize::try_from(group.metadata().num_rows()).unwrap_or_default()
}

impl Column {
    /// Reads the next values; nothing is `-`.
    fn read(&mut self, rows: usize, put: &mut dyn FnMut(usize, &[u8])) -> Result<(), ParquetError> {
        let level = self.level;
        match &mut self.reader {
            ColumnReader::Int32ColumnReader(reader) => {
                values(reader, (rows, level), put, |value, word| {
                    // Writing to memory cannot fail.
                    _ = write!(word, "{value}");
                })
            }
            ColumnReader::Int64ColumnReader(reader) => values(reader, (rows, level), put, |value, word| {
                _ = write!(word, "{value}");
            }),
            ColumnReader::ByteArrayColumnReader(reader) => {
                values(reader, (rows, level), put, |value, word| {
                    // A space inside a value would make two of it.
                    word.extend(value.data().iter().map(|byte| match byte {
                        b' ' | b'\n' | b'\r' | b'\t' => b'_',
                        other => *other,
                    }));
                })
            }
            _ => {
                (0..rows).for_each(|row| put(row, b"-"));
                Ok(())
            }
        }
    }
}

fn values<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    (rows, level): (usize, i16),
    put: &mut dyn FnMut(usize, &[u8]),
    write: impl Fn(&T::T, &mut Vec<u8>),
) -> Result<(), ParquetError> {
    let (mut levels, mut values, mut word) = (Vec::new(), Vec::new(), Vec::new());
    let read = || reader.read_records(rows, Some(&mut levels), None, &mut values);
    let (got, _, _) = safely(read)?;
    if got < rows {
        return Err(ParquetError::EOF(
            "a column is shorter than the others".to_owned(),
        ));
    }
    let mut values = values.iter();
    for row in 0..rows {
        word.clear();
        let here = level == 0 || levels.get(row) == Some(&level);
        if let Some(value) = here.then(|| values.next()).flatten() {
            write(value, &mut word);
        }
        if word.is_empty() {
            word.push(b'-');
        }
        put(row, &word);
    }
    Ok(())
}
