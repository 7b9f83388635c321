//! The files at the paths that somebody names: those themselves, and those in folders at any depth.
//!
//! Laws: what cannot be looked into is told and ends nothing; a folder is read once, however many links lead to it, so that
//! links in a circle end; in folders only files are opened, because a pipe or a device need never end. The order is that of
//! the names.

use super::gather::Scan;
use std::collections::BTreeSet;
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

/// The deepest folder that is looked into.
const DEPTH_MAX: usize = 32;

/// Finds files; hidden ones and markers of other tools are none.
pub fn find(paths: &[PathBuf], scan: &mut Scan) -> Vec<Found> {
    let mut finder = Finder {
        files: Vec::new(),
        folders: BTreeSet::new(),
        scan,
    };
    paths.iter().for_each(|path| finder.look(path, 0));
    finder.files
}

/// A file, and how large it is.
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// How many bytes it has; none, if it is a pipe.
    pub bytes: u64,
}

struct Finder<'s> {
    files: Vec<Found>,
    /// The folders that were met, without links in their names.
    folders: BTreeSet<PathBuf>,
    scan: &'s mut Scan,
}

impl Finder<'_> {
    fn look(&mut self, path: &Path, depth: usize) {
        if let Err(error) = self.take(path, depth) {
            self.scan.problem(format!("{}: {error}", path.display()));
        }
    }

    fn take(&mut self, path: &Path, depth: usize) -> io::Result<()> {
        let file = fs::metadata(path)?;
        let kind = file.file_type();
        if kind.is_dir() {
            return self.folder(path, depth);
        }
        // A pipe that is named itself is what a shell makes of `<(zcat …)`.
        if !(kind.is_file() || depth == 0 && is_pipe(kind)) {
            return Err(io::Error::other("a pipe or a device, not a file"));
        }
        self.files.push(Found {
            path: path.to_owned(),
            bytes: file.len(),
        });
        Ok(())
    }

    fn folder(&mut self, path: &Path, depth: usize) -> io::Result<()> {
        if !self.folders.insert(fs::canonicalize(path)?) {
            return Ok(());
        }
        if depth > DEPTH_MAX {
            return Err(io::Error::other("folders are nested too deep here"));
        }
        let mut paths = fs::read_dir(path)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<Vec<_>>>()?;
        paths.retain(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            !name.starts_with('.') && name != "_SUCCESS"
        });
        paths.sort();
        paths.iter().for_each(|path| self.look(path, depth + 1));
        Ok(())
    }
}

#[cfg(unix)]
fn is_pipe(kind: FileType) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&kind)
}

/// Elsewhere what is no file and no folder is not told apart.
#[cfg(not(unix))]
fn is_pipe(_: FileType) -> bool {
    true
}
