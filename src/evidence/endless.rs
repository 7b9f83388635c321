//! Bytes that have to have ends of lines. A few kilobytes that are compressed may be gigabytes without one, and a pipe need
//! never end: after [`LINE_MAX`] bytes of one line nobody waits for its end.

use std::io::{self, Read};

/// A line of a gigabyte is passed over, and what comes after it is read. A longer one is the last.
const LINE_MAX: u64 = 2 << 30;

/// A reader that fails in a line that is too long.
pub struct Endless<R> {
    bytes: R,
    line: u64,
    max: u64,
}

impl<R: Read> Endless<R> {
    /// At the beginning of a line.
    pub fn new(bytes: R) -> Self {
        Self {
            bytes,
            line: 0,
            max: LINE_MAX,
        }
    }
}

impl<R: Read> Read for Endless<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.line > self.max {
            let text = format!("a line of more than {} bytes", self.max);
            return Err(io::Error::other(text));
        }
        let got = self.bytes.read(buffer)?;
        self.line = match memchr::memrchr(b'\n', &buffer[..got]) {
            Some(end) => (got - end - 1) as u64,
            None => self.line + got as u64,
        };
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use super::Endless;
    use std::io::{Read, repeat};

    #[test]
    fn a_line_without_an_end_ends_the_reading() {
        let mut text = Vec::new();
        let lines = b"0123456789\n0123456789\n0123456789".as_slice();
        let bytes = lines.chain(repeat(b'x'));
        let mut endless = Endless {
            bytes,
            line: 0,
            max: 100_000,
        };
        let error = endless
            .read_to_end(&mut text)
            .err()
            .map(|error| error.to_string());
        assert_eq!(error.as_deref(), Some("a line of more than 100000 bytes"));
        assert!(text.len() > 100_000 && text.len() < 1_000_000);
        let mut short = Endless {
            bytes: lines,
            line: 0,
            max: 10,
        };
        assert!(short.read_to_end(&mut text).is_ok());
    }
}
