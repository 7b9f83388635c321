//! The bytes of a file, and how many of what was made of them may be held at once.

use super::super::watch::Watched;
use parquet::errors::ParquetError;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The most that is held of a file at once: pages as they were before they were compressed, and dictionaries.
const HELD_MAX: u64 = 96 << 20;
/// So much may any file become; a larger one some bytes for each of its own. Flow logs are compressed to a fifth or a tenth.
const UNPACKED_MIN: u64 = 256 << 20;
const UNPACKED_PER_BYTE: u64 = 256;

/// Why no more of a file is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    /// In these words.
    pub fn told(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::told("it ends before it should"),
            _ => Self::told(error.to_string()),
        }
    }
}

impl From<ParquetError> for Error {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::General(text) | ParquetError::EOF(text) => Self(text),
            other => Self(other.to_string()),
        }
    }
}

impl From<Error> for ParquetError {
    fn from(error: Error) -> Self {
        Self::General(error.0)
    }
}

/// A file. One thread reads it.
pub struct Source {
    file: File,
    size: u64,
    watched: Watched,
    told: AtomicU64,
    unpacked: AtomicU64,
    held: Arc<AtomicU64>,
}

impl Source {
    /// Of a file, with nothing read.
    pub fn new(mut file: File, watched: &Watched) -> Result<Self, Error> {
        Ok(Self {
            size: file.seek(SeekFrom::End(0))?,
            file,
            watched: watched.clone(),
            told: AtomicU64::new(0),
            unpacked: AtomicU64::new(0),
            held: Arc::default(),
        })
    }

    /// How long the file is.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Some of its bytes.
    pub fn read(&self, at: u64, length: u64) -> Result<Vec<u8>, Error> {
        let end = at.checked_add(length);
        if end.is_none_or(|end| end > self.size) {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// So many of the file's bytes are done with.
    pub fn passed(&self, bytes: u64) {
        let told = self.told.fetch_add(bytes, Relaxed);
        let bytes = bytes.min(self.size.saturating_sub(told));
        self.watched.tell(|watch| watch.read(bytes));
    }

    /// All of them are.
    pub fn finished(&self) {
        self.passed(self.size);
    }

    /// So many bytes will be unpacked, and held.
    pub fn unpack(&self, bytes: u64) -> Result<Share, Error> {
        let all = self.unpacked.fetch_add(bytes, Relaxed).saturating_add(bytes);
        let most = UNPACKED_MIN.saturating_add(self.size.saturating_mul(UNPACKED_PER_BYTE));
        match all <= most {
            true => self.hold(bytes),
            false => Err(Error::told(format!(
                "its {} bytes become more than {most} when they are unpacked",
                self.size
            ))),
        }
    }

    /// So many bytes will be held.
    pub fn hold(&self, bytes: u64) -> Result<Share, Error> {
        let share = Share {
            bytes,
            held: Arc::clone(&self.held),
        };
        let held = self.held.fetch_add(bytes, Relaxed).saturating_add(bytes);
        match held <= HELD_MAX {
            true => Ok(share),
            false => Err(Error::told(format!(
                "more than {HELD_MAX} bytes of it would have to be held at once"
            ))),
        }
    }
}

/// A part of what is held, which it is as long as this is there.
pub struct Share {
    bytes: u64,
    held: Arc<AtomicU64>,
}

impl Drop for Share {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes, Relaxed);
    }
}
