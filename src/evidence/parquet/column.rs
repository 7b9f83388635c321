//! The values of a column, some records at a time.

use super::super::guard::guarded;
use super::footer::{Chunk, Kind, Leaf};
use super::page::Pages;
use super::source::{Error, Source};
use parquet::basic::{Repetition, Type as Physical};
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{AsBytes, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::schema::types::{ColumnDescriptor, ColumnPath, Type};
use std::sync::Arc;

/// How many records are held at a time.
pub const BATCH: usize = 4096;
/// The longest text that is put together of the one before it and its own end.
const PREFIXED_MAX: usize = 4096;

/// A column within a group of records.
pub struct Column {
    /// The place of its leaf.
    pub leaf: usize,
    values: Values,
}

/// What a record has in a column.
#[derive(Debug, Clone, Copy)]
pub enum Value<'c> {
    /// Nothing.
    Nothing,
    /// A number.
    Number(i64),
    /// A text.
    Text(&'c [u8]),
}

enum Values {
    Int32(Typed<Int32Type>),
    Int64(Typed<Int64Type>),
    Bytes(Typed<ByteArrayType>),
    /// No field of a record is of its type.
    Other,
}

/// A column of one type, and the values of the records at hand.
struct Typed<T: DataType> {
    reader: ColumnReaderImpl<T>,
    /// The level at which a value is there; 0: always.
    level: i16,
    /// How many records are read at once.
    step: usize,
    levels: Vec<i16>,
    values: Vec<T::T>,
    next: usize,
}

impl Column {
    /// At its first value.
    pub fn new(leaf: &Leaf, chunk: Chunk, source: &Arc<Source>) -> Result<Self, Error> {
        let values = match leaf.kind {
            Kind::Int32 => Values::Int32(Typed::new(leaf, chunk, source, (Physical::INT32, 4))?),
            Kind::Int64 => Values::Int64(Typed::new(leaf, chunk, source, (Physical::INT64, 8))?),
            Kind::Bytes => Values::Bytes(Typed::new(leaf, chunk, source, (Physical::BYTE_ARRAY, 4))?),
            Kind::Other => Values::Other,
        };
        Ok(Self {
            leaf: chunk.leaf,
            values,
        })
    }

    /// Reads the values of the next records.
    pub fn read(&mut self, rows: usize) -> Result<(), Error> {
        match &mut self.values {
            Values::Int32(column) => column.read(rows),
            Values::Int64(column) => column.read(rows),
            Values::Bytes(column) => column.read(rows),
            Values::Other => Ok(()),
        }
    }

    /// Passes over the values of the next records.
    pub fn skip(&mut self, rows: usize) -> Result<(), Error> {
        match &mut self.values {
            Values::Int32(column) => column.skip(rows),
            Values::Int64(column) => column.skip(rows),
            Values::Bytes(column) => column.skip(rows),
            Values::Other => Ok(()),
        }
    }

    /// From the first of the records at hand again.
    pub fn rewind(&mut self) {
        match &mut self.values {
            Values::Int32(column) => column.next = 0,
            Values::Int64(column) => column.next = 0,
            Values::Bytes(column) => column.next = 0,
            Values::Other => {}
        }
    }

    /// The next record's value.
    #[inline]
    pub fn next(&mut self, row: usize) -> Value<'_> {
        match &mut self.values {
            Values::Int32(column) => column
                .next(row)
                .map_or(Value::Nothing, |value| Value::Number((*value).into())),
            Values::Int64(column) => column
                .next(row)
                .map_or(Value::Nothing, |value| Value::Number(*value)),
            Values::Bytes(column) => column
                .next(row)
                .map_or(Value::Nothing, |value| Value::Text(value.data())),
            Values::Other => Value::Nothing,
        }
    }
}

impl<T: DataType> Typed<T> {
    fn new(
        leaf: &Leaf,
        chunk: Chunk,
        source: &Arc<Source>,
        (physical, width): (Physical, u64),
    ) -> Result<Self, Error> {
        let kind = Type::primitive_type_builder("value", physical)
            .with_repetition(Repetition::OPTIONAL)
            .build()?;
        let path = ColumnPath::new(Vec::new());
        let column = ColumnDescriptor::new(Arc::new(kind), leaf.level, 0, path);
        let pages = Pages::new(source, chunk, width, leaf.level > 0);
        Ok(Self {
            reader: ColumnReaderImpl::new(Arc::new(column), Box::new(pages)),
            level: leaf.level,
            // Each of them may be as long as a page.
            step: if chunk.prefixed { 1 } else { BATCH },
            levels: Vec::new(),
            values: Vec::new(),
            next: 0,
        })
    }

    fn read(&mut self, rows: usize) -> Result<(), Error> {
        self.levels.clear();
        self.values.clear();
        self.next = 0;
        let mut got = 0;
        while got < rows {
            let step = self.step.min(rows - got);
            let read = || {
                self.reader
                    .read_records(step, Some(&mut self.levels), None, &mut self.values)
            };
            match safely(read)? {
                (0, _, _) => return Err(short()),
                (read, _, _) => got += read,
            }
            let last = self.values.last().filter(|_| self.step == 1);
            if last.is_some_and(|value| value.as_bytes().len() > PREFIXED_MAX) {
                let text = format!("a value of more than {PREFIXED_MAX} bytes");
                return Err(Error::told(text));
            }
        }
        Ok(())
    }

    fn skip(&mut self, rows: usize) -> Result<(), Error> {
        match safely(|| self.reader.skip_records(rows))? == rows {
            true => Ok(()),
            false => Err(short()),
        }
    }

    #[inline]
    fn next(&mut self, row: usize) -> Option<&T::T> {
        if self.level > 0 && self.levels.get(row) != Some(&self.level) {
            return None;
        }
        self.next += 1;
        self.values.get(self.next - 1)
    }
}

fn short() -> Error {
    Error::told("a column is shorter than the others")
}

/// The library panics over some of what no writer writes.
fn safely<T>(read: impl FnOnce() -> parquet::errors::Result<T>) -> Result<T, Error> {
    match guarded(read) {
        Ok(read) => read.map_err(Error::from),
        Err(panic) => Err(Error::told(panic)),
    }
}
