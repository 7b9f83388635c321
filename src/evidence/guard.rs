//! Others' readers of files may panic over what no writer would write; that is the file's fault, and ends nothing.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread is caught and told as a mistake in a file. Who reports panics need not report it.
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// Does what may panic; its message, if it does.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let before = GUARDED.replace(true);
    // What was being read is dropped after a panic, and nothing else was touched.
    let done = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    done.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or(panic.downcast_ref::<&str>().copied());
        text.unwrap_or("it cannot be read").to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::{guarded, is_guarded};

    #[test]
    fn a_panic_is_told() {
        assert_eq!(guarded(is_guarded), Ok(true));
        let fails = || std::panic::panic_any("no such column".to_owned());
        assert_eq!(guarded::<()>(fails), Err("no such column".to_owned()));
        assert!(!is_guarded());
    }
}
