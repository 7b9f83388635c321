//! The time that is asked about.
//!
//! A record tells of a span of time, and counts when any of it lies in the window. Its `start` and `end` may be up to 60
//! seconds later than the packets (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>, read
//! 2026-11-23); nothing is added for that here: who asks knows how sharp the time is.

use super::row::Row;

/// Times above this are milliseconds: as seconds they would be beyond the year 2106.
const SECONDS_MAX: u64 = u32::MAX as u64;

/// From when to when, both included, in Unix seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// Not before.
    pub since: Option<u64>,
    /// Not after.
    pub until: Option<u64>,
}

impl Window {
    /// Whether any of a span of time, both ends included, is in it.
    pub fn meets(&self, begin: u64, end: u64) -> bool {
        self.until.is_none_or(|until| begin <= until) && self.since.is_none_or(|since| end >= since)
    }

    /// Whether a record tells of any time in it. A record without a time might.
    #[inline]
    pub fn meets_row(&self, row: &Row<'_>) -> bool {
        if self.since.is_none() && self.until.is_none() {
            return true;
        }
        let begin = row.start.or(row.end).unwrap_or_default();
        let end = row.end.or(row.start).unwrap_or(u64::MAX);
        self.meets(begin, end)
    }

    /// Whether a flow log that was created then may have seen any of it.
    pub fn seen_since(&self, created: Option<&str>) -> bool {
        match (self.until, created.and_then(parse_time)) {
            (Some(until), Some(created)) => created <= until,
            _ => true,
        }
    }
}

/// Seconds, from seconds or milliseconds.
pub fn seconds(time: u64) -> u64 {
    if time > SECONDS_MAX { time / 1000 } else { time }
}

/// Reads a time: Unix seconds or milliseconds, RFC 3339, or a UTC day or time of day without a zone.
pub fn parse_time(text: &str) -> Option<u64> {
    if let Ok(number) = text.parse() {
        return Some(seconds(number));
    }
    let stamp = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let time = text.parse::<jiff::civil::DateTime>().ok()?;
        jiff::tz::TimeZone::UTC.to_timestamp(time).ok()
    })?;
    u64::try_from(stamp.as_second()).ok()
}

#[cfg(test)]
mod tests {
    use super::parse_time;

    #[test]
    fn times_are_read_in_every_usual_spelling() {
        for text in [
            "1760000000",
            "1760000000123",
            "2025-10-09T08:53:20Z",
            "2025-10-09T10:53:20+02:00",
            "2025-10-09T08:53:20",
            "2025-10-09 08:53:20",
        ] {
            assert_eq!(parse_time(text), Some(1_760_000_000), "{text}");
        }
        assert_eq!(parse_time("2025-10-09"), Some(1_759_968_000));
        for text in ["", "yesterday", "-5", "2025-13-01", "1969-12-31T00:00:00Z"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
