//! Other people's files in: what `aws … describe-*` prints, and what Terraform plans, become a model.

pub mod aws;
pub mod service;
pub mod terraform;

use crate::model::{Diagnostic, Diagnostics, Excerpt, Location};
use std::sync::Arc;

/// A file: its name, and what it holds.
pub type File = (Arc<str>, Vec<u8>);

/// Mistakes of a file that is not ours to check: what is wrong, and where.
fn broken(file: &str, line: Option<usize>, column: Option<usize>, message: String) -> Diagnostic {
    let number = |value: Option<usize>| value.and_then(|value| u32::try_from(value).ok());
    let location = Location {
        file: file.into(),
        line: number(line),
        column: number(column),
    };
    let at = Excerpt {
        location,
        text: String::new(),
        span: (0, 0),
    };
    Diagnostic::error("IMPORT_BROKEN_FILE", message).at(Some(at))
}

/// All mistakes, if there are any.
fn settle<T>(value: T, mistakes: Vec<Diagnostic>) -> Result<T, Diagnostics> {
    if mistakes.is_empty() {
        Ok(value)
    } else {
        Err(Diagnostics(mistakes))
    }
}
