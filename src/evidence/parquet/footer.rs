//! The footer of a file: its columns, and where each of their chunks lies
//! (<https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift>, read 2026-11-26).
//!
//! It is read here and not by the library, which descends as deep as a schema goes and reserves what it says that it has.

use super::source::{Error, Source};
use super::thrift::{BINARY, Broken, LIST, STRUCT, Thrift};

/// The first bytes of a file, and the last ones.
pub const MAGIC: [u8; 4] = *b"PAR1";
/// The last bytes of a file whose footer is encrypted.
const ENCRYPTED: [u8; 4] = *b"PARE";
/// The longest footer: that of fifty columns in some two thousand groups.
const FOOTER_MAX: u64 = 16 << 20;
/// The most columns, and groups of them.
const COLUMNS_MAX: usize = 4096;
/// The deepest column.
const DEPTH_MAX: usize = 32;
/// So many chunks of columns may be told of.
const CHUNKS_MAX: usize = 400_000;
/// So many records any file may have; a larger one some for each of its bytes. Two records of a real one take some ten bytes.
const ROWS_MIN: u64 = 1_000_000;
const ROWS_PER_BYTE: u64 = 16;

/// The encoding of texts as ends behind the beginning of the text before.
pub const DELTA_BYTE_ARRAY: i64 = 7;

/// A column of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Its names from the outermost on, with dots between.
    pub path: String,
    /// What its values are.
    pub kind: Kind,
    /// How many of its parents and itself may be missing.
    pub level: i16,
    /// Whether there may be several values in a record.
    pub repeated: bool,
}

/// What values are, as far as they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Numbers of four bytes.
    Int32,
    /// Numbers of eight.
    Int64,
    /// Texts.
    Bytes,
    /// What no field of a record is.
    Other,
}

/// A part of a column.
#[derive(Debug, Clone, Copy)]
pub struct Chunk {
    /// The place of its column among the leaves.
    pub leaf: usize,
    /// Where it begins.
    pub begin: u64,
    /// How long it is.
    pub length: u64,
    /// How it is compressed.
    pub codec: i32,
    /// Whether some of its values may be written as ends behind the beginning of the value before.
    pub prefixed: bool,
}

/// Some of the records.
#[derive(Debug)]
pub struct Group {
    /// How many they are.
    pub rows: u64,
    /// Their columns, those that are wanted.
    pub chunks: Vec<Chunk>,
}

/// What a footer says.
#[derive(Debug, Default)]
pub struct Footer {
    /// The columns.
    pub leaves: Vec<Leaf>,
    /// The records, part by part.
    pub groups: Vec<Group>,
}

impl Footer {
    /// Reads it. Only the chunks of wanted columns are kept.
    pub fn read(source: &Source, wanted: &dyn Fn(&Leaf) -> bool) -> Result<Self, Error> {
        let size = source.size();
        let tail: [u8; 8] = match size.checked_sub(8).map(|at| source.read(at, 8)) {
            Some(tail) => tail?.try_into().unwrap_or_default(),
            None => return Err(Error::told("too short to be a Parquet file")),
        };
        let [a, b, c, d, magic @ ..] = tail;
        match magic {
            MAGIC => {}
            ENCRYPTED => return Err(Error::told("encrypted")),
            _ => return Err(Error::told("its end is not that of a Parquet file")),
        }
        let length = u64::from(u32::from_le_bytes([a, b, c, d]));
        if length > size - 8 {
            return Err(Error::told("its footer is said to be longer than the file"));
        }
        if length > FOOTER_MAX {
            let text = format!("a footer of {length} bytes; no more than {FOOTER_MAX} are read");
            return Err(Error::told(text));
        }
        let bytes = source.read(size - 8 - length, length)?;
        let footer =
            Self::parse(&bytes, wanted).map_err(|_| Error::told("its footer is not what it should be"))?;
        let rows = footer
            .groups
            .iter()
            .try_fold(0_u64, |all, group| all.checked_add(group.rows));
        let most = ROWS_MIN + size.saturating_mul(ROWS_PER_BYTE);
        match rows.filter(|rows| *rows <= most) {
            Some(_) => Ok(footer),
            None => Err(Error::told(format!(
                "more than {most} records are said to be in {size} bytes"
            ))),
        }
    }

    fn parse(bytes: &[u8], wanted: &dyn Fn(&Leaf) -> bool) -> Result<Self, Broken> {
        let mut footer = Self::default();
        let mut chunks = 0;
        Thrift::new(bytes).structure(&mut |thrift, id, kind| {
            match (id, kind) {
                (2, LIST) => footer.leaves = leaves(thrift)?,
                (4, LIST) => {
                    let keep: Vec<bool> = footer.leaves.iter().map(wanted).collect();
                    thrift.structures(&mut |thrift| {
                        let group = group(thrift, &keep)?;
                        chunks += group.chunks.len() + 1;
                        footer.groups.push(group);
                        if chunks <= CHUNKS_MAX {
                            Ok(())
                        } else {
                            Err(Broken::Wrong)
                        }
                    })?;
                }
                (2 | 4, _) => return Err(Broken::Wrong),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(footer)
    }
}

/// A group of columns that is still open.
struct Open {
    left: i32,
    level: i16,
    repeated: bool,
    path: usize,
}

/// The schema, a tree that is written from its root on, each group with the number of its members.
fn leaves(thrift: &mut Thrift<'_>) -> Result<Vec<Leaf>, Broken> {
    let mut leaves = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let (mut path, mut count) = (String::new(), 0);
    thrift.structures(&mut |thrift| {
        let mut name = String::new();
        let numbers = thrift.structure(&mut |thrift, id, kind| {
            if (id, kind) == (4, BINARY) {
                name = String::from_utf8_lossy(thrift.bytes()?).into_owned();
            }
            Ok((id, kind) == (4, BINARY))
        })?;
        count += 1;
        while open.last().is_some_and(|group| group.left == 0) {
            open.pop();
        }
        let members: i32 = numbers.get(5).map_or(Ok(0), |_| numbers.need(5))?;
        let Some(parent) = open.last_mut() else {
            open.push(Open {
                left: members,
                level: 0,
                repeated: false,
                path: 0,
            });
            // There is one root.
            return if count == 1 { Ok(()) } else { Err(Broken::Wrong) };
        };
        parent.left -= 1;
        let repetition = numbers.get(3);
        let level = parent.level + i16::from(repetition != Some(0));
        let repeated = parent.repeated || repetition == Some(2);
        path.truncate(parent.path);
        path.push_str(if path.is_empty() { "" } else { "." });
        path.push_str(&name);
        if count > COLUMNS_MAX || members < 0 || open.len() > DEPTH_MAX {
            return Err(Broken::Wrong);
        }
        match numbers.get(1) {
            None => open.push(Open {
                left: members,
                level,
                repeated,
                path: path.len(),
            }),
            Some(kind) => leaves.push(Leaf {
                path: path.clone(),
                kind: of_kind(kind),
                level,
                repeated,
            }),
        }
        Ok(())
    })?;
    Ok(leaves)
}

fn of_kind(kind: i64) -> Kind {
    match kind {
        1 => Kind::Int32,
        2 => Kind::Int64,
        6 => Kind::Bytes,
        _ => Kind::Other,
    }
}

fn group(thrift: &mut Thrift<'_>, keep: &[bool]) -> Result<Group, Broken> {
    let mut chunks = Vec::new();
    let mut count = 0;
    let numbers = thrift.structure(&mut |thrift, id, kind| {
        if (id, kind) != (1, LIST) {
            return Ok(false);
        }
        thrift.structures(&mut |thrift| {
            let chunk = chunk(thrift, count)?;
            if *keep.get(count).ok_or(Broken::Wrong)? {
                chunks.push(chunk);
            }
            count += 1;
            Ok(())
        })?;
        Ok(true)
    })?;
    match count == keep.len() {
        true => Ok(Group {
            rows: numbers.need(3)?,
            chunks,
        }),
        false => Err(Broken::Wrong),
    }
}

fn chunk(thrift: &mut Thrift<'_>, leaf: usize) -> Result<Chunk, Broken> {
    let mut found = None;
    thrift.structure(&mut |thrift, id, kind| {
        if (id, kind) != (3, STRUCT) {
            return Ok(false);
        }
        let mut prefixed = false;
        let numbers = thrift.structure(&mut |thrift, id, kind| {
            if (id, kind) != (2, LIST) {
                return Ok(false);
            }
            let (_, count) = thrift.list()?;
            for _ in 0..count {
                prefixed |= thrift.number()? == DELTA_BYTE_ARRAY;
            }
            Ok(true)
        })?;
        // Some writers say 0 where there is no dictionary.
        let data: u64 = numbers.need(9)?;
        let dictionary = numbers
            .get(11)
            .and_then(|at| u64::try_from(at).ok())
            .filter(|at| *at > 0);
        found = Some(Chunk {
            leaf,
            begin: dictionary.map_or(data, |at| at.min(data)),
            length: numbers.need(7)?,
            codec: numbers.need(4)?,
            prefixed,
        });
        Ok(true)
    })?;
    found.ok_or(Broken::Wrong)
}
