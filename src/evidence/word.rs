//! A word of a record, read eight bytes at a time: numbers and addresses, without the detour over text.
//!
//! A scan of flow logs spends its time here. A loop over digits ends at another place in every record, which a processor
//! cannot foresee; so words are loaded whole, with what comes behind them, and shifted to where a fixed sum takes them.

use std::net::{IpAddr, Ipv4Addr};

/// A byte in each place.
const ONES: u64 = u64::MAX / 255;

/// A word, and what comes behind it in its line.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    /// The line, from the word on.
    pub ahead: &'a [u8],
    /// How long the word is.
    pub length: usize,
}

impl<'a> Word<'a> {
    /// The word.
    #[inline]
    pub fn text(&self) -> &'a [u8] {
        &self.ahead[..self.length]
    }

    /// A number without a sign.
    #[inline]
    pub fn number(&self) -> Option<u64> {
        let eight = |at: usize| Some(u64::from_le_bytes(*self.ahead.get(at..)?.first_chunk()?));
        match (self.length, eight(0)) {
            (1..=8, Some(first)) => digits(first, self.length),
            (9..=16, Some(first)) => {
                let high = digits(first, self.length - 8)?;
                Some(high * 100_000_000 + digits(eight(self.length - 8)?, 8)?)
            }
            _ => self.checked(),
        }
    }

    /// A number at the end of a line, or a very long one.
    #[cold]
    fn checked(&self) -> Option<u64> {
        let text = self.text();
        if text.len() > 20 || !text.iter().all(u8::is_ascii_digit) {
            return None;
        }
        std::str::from_utf8(text).ok()?.parse().ok()
    }

    /// A number of a field that holds no more.
    #[inline]
    pub fn small<T: TryFrom<u64>>(&self) -> Option<T> {
        T::try_from(self.number()?).ok()
    }

    /// An address.
    #[inline]
    pub fn address(&self) -> Option<IpAddr> {
        match self.dotted() {
            Some(address) => Some(IpAddr::V4(address)),
            None => self.spelled(),
        }
    }

    /// An address at the end of a line, or one of IPv6.
    #[cold]
    fn spelled(&self) -> Option<IpAddr> {
        let mut padded = [b' '; 24];
        if let Some(room) = padded.get_mut(..self.length)
            && self.ahead.len() < 16
        {
            room.copy_from_slice(self.text());
            let length = self.length;
            let word = Word {
                ahead: &padded,
                length,
            };
            if let Some(address) = word.dotted() {
                return Some(IpAddr::V4(address));
            }
        }
        std::str::from_utf8(self.text()).ok()?.parse().ok()
    }

    /// An IPv4 address, if enough comes behind it to be loaded.
    #[inline]
    fn dotted(&self) -> Option<Ipv4Addr> {
        let [low, high] = [0, 8].map(|at| self.ahead.get(at..).and_then(<[u8]>::first_chunk));
        if self.length > 15 {
            return None;
        }
        let dots = dots(u64::from_le_bytes(*low?)) | dots(u64::from_le_bytes(*high?)) << 8;
        let mut ends = dots & ((1 << self.length) - 1) | 1 << self.length;
        if ends.count_ones() != 4 {
            return None;
        }
        let (mut begin, mut octets) = (0, [0; 4]);
        for value in &mut octets {
            let end = ends.trailing_zeros() as usize;
            ends &= ends - 1;
            *value = octet(*self.ahead.get(begin..)?.first_chunk()?, end - begin)?;
            begin = end + 1;
        }
        Some(Ipv4Addr::from(octets))
    }
}

/// Which of eight bytes are dots, a bit for each.
#[inline]
fn dots(eight: u64) -> u32 {
    let other = eight ^ (ONES * u64::from(b'.'));
    let low = ONES * 127;
    let marks = !(((other & low) + low) | other | low) >> 7;
    (marks.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
}

/// The octet that the first so many of four bytes are.
#[inline]
fn octet(four: [u8; 4], length: usize) -> Option<u8> {
    if !(1..=3).contains(&length) {
        return None;
    }
    let shift = 32 - 8 * length;
    let values = (u32::from_le_bytes(four) << shift).wrapping_sub(0x3030_3030 << shift);
    let beyond = (values.wrapping_add(0x7676_7676) | values) & 0x8080_8080;
    let value = (values >> 24) + 10 * (values >> 16 & 255) + 100 * (values >> 8 & 255);
    u8::try_from(value).ok().filter(|_| beyond == 0)
}

/// The number that the first so many of eight bytes are: at least one, in the order in which they lie in memory.
#[inline]
fn digits(eight: u64, length: usize) -> Option<u64> {
    let shift = 64 - 8 * length;
    let values = (eight << shift).wrapping_sub((ONES * u64::from(b'0')) << shift);
    // A byte below `0` wraps and takes from the next; either way a high bit is left.
    let beyond = (values.wrapping_add(ONES * 118) | values) & (ONES * 128);
    // Pairs, then fours, then all eight.
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8);
    let mask = 0xff | (0xff << 32);
    let fours = (pairs & mask).wrapping_mul(100 + (1_000_000 << 32));
    let rest = ((pairs >> 16) & mask).wrapping_mul(1 + (10_000 << 32));
    (beyond == 0).then_some(fours.wrapping_add(rest) >> 32)
}

/// Where the first word of a line ends: eight bytes at a time, as long as none of them can be a space.
#[inline(always)]
pub fn word_end(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(eight) = rest.get(at..).and_then(<[u8]>::first_chunk) {
        let eight = u64::from_le_bytes(*eight);
        // The first byte below `!`; behind it more may be marked
        // (<https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord>).
        let below = eight.wrapping_sub(ONES * u64::from(b'!')) & !eight & (ONES * 128);
        if below != 0 {
            return at + below.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let tail = rest.get(at..).unwrap_or_default();
    at + tail.iter().position(|byte| is_space(*byte)).unwrap_or(tail.len())
}

/// What words are separated by: spaces, and whatever else is not to be seen.
#[inline]
pub fn is_space(byte: u8) -> bool {
    byte <= b' '
}

#[cfg(test)]
mod tests {
    use super::{Word, word_end};
    use std::net::IpAddr;

    /// The word by itself, and with more behind it.
    fn both<T: PartialEq + std::fmt::Debug>(text: &str, read: impl Fn(Word<'_>) -> T) -> T {
        let alone = read(Word {
            ahead: text.as_bytes(),
            length: text.len(),
        });
        for behind in [
            " 1.234.56.7:89 0123456789",
            "\t........999999999999999",
            "x0.0.0.0.0.0.0.0.0",
        ] {
            let ahead = format!("{text}{behind}");
            let word = Word {
                ahead: ahead.as_bytes(),
                length: text.len(),
            };
            assert_eq!(read(word), alone, "{text}");
        }
        alone
    }

    #[test]
    fn numbers_are_read_as_the_standard_library_does() {
        let mut digits = String::new();
        for digit in "18446744073709551615".chars() {
            digits.push(digit);
            assert_eq!(
                both(&digits, |word| word.number()),
                digits.parse().ok(),
                "{digits}"
            );
            for place in 0..digits.len() {
                for odd in ["-", ".", ":", "/", "a", " ", "\u{7f}"] {
                    let mut wrong = digits.clone();
                    wrong.replace_range(place..=place, odd);
                    assert_eq!(both(&wrong, |word| word.number()), None, "{wrong:?}");
                }
            }
        }
        for (text, number) in [
            ("0", 0),
            ("007", 7),
            ("00000000000000000001", 1),
            ("99999999", 99_999_999),
        ] {
            assert_eq!(both(text, |word| word.number()), Some(number), "{text}");
        }
        for text in [
            "",
            "18446744073709551616",
            "+1",
            "1,2",
            "99999999999999999999999",
            "é1",
        ] {
            assert_eq!(both(text, |word| word.number()), None, "{text}");
        }
        assert_eq!(both("65535", |word| word.small::<u16>()), Some(65535));
        assert_eq!(both("65536", |word| word.small::<u16>()), None);
    }

    #[test]
    fn addresses_are_read_as_the_standard_library_does() {
        let octets = ["0", "7", "10", "99", "100", "255"];
        for (at, first) in octets.iter().enumerate() {
            for second in octets {
                let text = format!(
                    "{first}.{second}.{}.{}",
                    octets[(at + 3) % 6],
                    octets[(at + 1) % 6]
                );
                let address: Option<IpAddr> = text.parse().ok();
                assert!(address.is_some());
                assert_eq!(both(&text, |word| word.address()), address, "{text}");
            }
        }
        for text in [
            "2001:db8::1",
            "::",
            "::ffff:10.0.0.1",
            "2001:db8:1234:5678:9abc:def0:1234:5678",
        ] {
            assert_eq!(both(text, |word| word.address()), text.parse().ok(), "{text}");
        }
        for text in [
            "",
            ".",
            "1.2.3",
            "1.2.3.4.5",
            "1.2.3.256",
            "1..2.3",
            "1.2.3.",
            ".1.2.3",
            "a",
            "1.2.3.1000",
            "1.2.3.4a",
            "1.2.3.-4",
            "1.2.3.4.",
            "1.2.3.4/8",
            "1,2.3.4",
            "999.999.999.999",
        ] {
            assert_eq!(both(text, |word| word.address()), None, "{text}");
        }
    }

    #[test]
    fn a_word_ends_before_a_space() {
        for length in 0..40 {
            for space in [" ", "\t", "\r", "  ", "\n", "\u{1}", "\u{b}"] {
                for odd in ["", "\u{7f}", "é!"] {
                    let word = format!("{odd}{}", "x".repeat(length));
                    let text = format!("{word}{space}more of it");
                    assert_eq!(word_end(text.as_bytes()), word.len(), "{text:?}");
                    assert_eq!(word_end(word.as_bytes()), word.len(), "{word:?}");
                }
            }
        }
    }
}
