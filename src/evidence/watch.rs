//! How far a reading or an audit is, for whoever waits. The library only counts: when and how that is shown is not its matter.

use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

/// Is told how far a reading is, by several threads at once.
pub trait Watch: Send + Sync {
    /// So many files will be read, and so many bytes as they lie there; of a pipe nobody knows how many.
    fn begins(&self, files: u64, bytes: u64);
    /// So many bytes more were read, as they lie there.
    fn read(&self, bytes: u64);
    /// One file more is done.
    fn file(&self);
    /// So many classes of records are judged, of so many: an audit's records were read, and are held against the model.
    fn judged(&self, done: u64, all: u64);
    /// Everything is.
    fn ends(&self);
}

/// Who watches; nobody, if nobody wants to.
#[derive(Clone, Default)]
pub struct Watched(Option<Arc<dyn Watch>>);

impl Watched {
    /// By somebody.
    pub fn by(watch: Arc<dyn Watch>) -> Self {
        Self(Some(watch))
    }

    /// Tells the watcher, if there is one.
    pub fn tell(&self, what: impl FnOnce(&dyn Watch)) {
        if let Some(watch) = &self.0 {
            what(watch.as_ref());
        }
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Watched").field(&self.0.is_some()).finish()
    }
}

/// A reader that tells how much it read.
pub struct Counted<'w, R> {
    bytes: R,
    watched: &'w Watched,
}

impl<'w, R: Read> Counted<'w, R> {
    /// With nothing read yet.
    pub fn new(bytes: R, watched: &'w Watched) -> Self {
        Self { bytes, watched }
    }
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.bytes.read(buffer)?;
        self.watched.tell(|watch| watch.read(got as u64));
        Ok(got)
    }
}
