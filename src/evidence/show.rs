//! Records, decoded for people.

use super::gather::{Gather, Logs, Scan, Spot};
use super::read::read;
use super::record::Record;
use super::row::Row;
use crate::model::Model;
use std::path::PathBuf;

/// Records, up to a number of them.
struct First {
    limit: usize,
    records: Vec<Record>,
    all: u64,
}

impl Gather for First {
    fn take(&mut self, row: &Row<'_>, at: Spot<'_>) {
        self.all += 1;
        if self.records.len() < self.limit {
            self.records.push(Record::of(row, at.format, at.file, at.line));
        }
    }

    fn join(&mut self, later: Self) {
        self.all += later.all;
        let room = self.limit - self.records.len();
        self.records.extend(later.records.into_iter().take(room));
    }
}

/// Records that were found, how many there are in all, and what was read.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The first ones, in the order of the files.
    pub records: Vec<Record>,
    /// How many there are.
    pub all: u64,
    /// What was read.
    pub scan: Scan,
}

/// The records that name one of some interfaces, attachments or gateways; all, where none is named.
pub fn show(model: &Model, whose: &[&str], logs: &[PathBuf], how: &Logs, limit: usize) -> Shown {
    let reading = how.reading(model, (!whose.is_empty()).then_some(whose));
    let begin = || First {
        limit,
        records: Vec::new(),
        all: 0,
    };
    let (first, scan) = read(logs, &reading, begin);
    Shown {
        records: first.records,
        all: first.all,
        scan,
    }
}

/// The names of TCP flags that are or-ed in a record. An ACK is reported with a SYN only
/// (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>, `tcp-flags`).
pub fn flag_names(flags: u16) -> Vec<&'static str> {
    let names = [
        (1, "FIN"),
        (2, "SYN"),
        (4, "RST"),
        (8, "PSH"),
        (16, "ACK"),
        (32, "URG"),
    ];
    let set = names.into_iter().filter(|(bit, _)| flags & bit != 0);
    set.map(|(_, name)| name).collect()
}

/// What a `traffic-path` means (the same page).
pub fn path_name(path: u8) -> Option<&'static str> {
    Some(match path {
        1 => "another resource in the VPC",
        2 => "internet gateway or gateway endpoint",
        3 => "virtual private gateway",
        4 => "peering in the Region",
        5 => "peering between Regions",
        6 => "local gateway",
        7 => "gateway endpoint",
        8 => "internet gateway",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::flag_names;

    #[test]
    fn flags_are_named() {
        assert_eq!(flag_names(18), ["SYN", "ACK"]);
        assert_eq!(flag_names(3), ["FIN", "SYN"]);
        assert_eq!(flag_names(0), Vec::<&str>::new());
    }
}
