//! Which records are kept while logs are read: those of the packets that are looked for. What a busy interface recorded of
//! others is passed over where it is met, so that memory does not grow with it.

use super::gather::{Gather, Spot};
use super::predict::Prediction;
use super::record::{LogAction, Record};
use super::row::Row;
use super::seen::{Own, Tuple};
use crate::model::Model;
use crate::network::Direction;
use crate::packet::{Cube, PacketSet, Space};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// The most records of one kind that are kept for one interface.
const RECORDS_MAX: usize = 10_000;
/// Packets that are more cubes than this are not looked for one by one.
const CUBES_MAX: usize = 32;

/// The packets whose records are looked for, by who should have recorded them.
pub struct Sought(FxHashMap<Box<[u8]>, Crosses>);

/// What crosses an interface.
struct Crosses {
    own: Own,
    packets: Vec<(Direction, Vec<Cube>)>,
}

impl Sought {
    /// Those of predictions.
    pub fn of(predictions: &[Prediction], model: &Model, space: &Space) -> Self {
        let mut sought: FxHashMap<Box<[u8]>, Crosses> = FxHashMap::default();
        for prediction in predictions {
            let begin = || Crosses {
                own: Own::of(model, &prediction.interface),
                packets: Vec::new(),
            };
            let name = prediction.interface.as_bytes().into();
            let crosses = sought.entry(name).or_insert_with(begin);
            let cubes = cubes(space, prediction.packets);
            crosses.packets.push((prediction.direction, cubes));
        }
        Self(sought)
    }

    /// Whether a row may tell of what is looked for; an interface's own are sorted out here, others later.
    fn has(&self, recorder: &[u8], row: &Row<'_>) -> bool {
        let Some(crosses) = self.0.get(recorder) else {
            return true;
        };
        let Some(tuple) = Tuple::of_row(row) else {
            return false;
        };
        let way = tuple.direction(&crosses.own);
        let mut packets = crosses.packets.iter();
        packets.any(|(direction, cubes)| {
            way.is_none_or(|way| way == *direction)
                && cubes
                    .iter()
                    .any(|cube| tuple.meets(cube, *direction, &crosses.own))
        })
    }
}

/// Packets as cubes; where those would be many, one that holds more than them.
pub fn cubes(space: &Space, packets: PacketSet) -> Vec<Cube> {
    let cubes = space.cubes(packets);
    match cubes.len() <= CUBES_MAX {
        true => cubes,
        false => vec![Cube::all()],
    }
}

/// What a record may show: what was done, whether to a connection that begins, and whether a reason is given.
type Kind = (Option<LogAction>, bool, bool);

/// The records by who recorded them.
pub struct Records<'s> {
    sought: &'s Sought,
    kept: BTreeMap<String, Kept>,
}

/// Those of one recorder.
#[derive(Default)]
struct Kept {
    records: Vec<Record>,
    kinds: BTreeMap<Kind, usize>,
    /// Whether it says that records were lost.
    is_skipped: bool,
}

impl Gather for Records<'_> {
    fn take(&mut self, row: &Row<'_>, at: Spot<'_>) {
        let recorder = row.interface.or(row.resource).or(row.attachment);
        let Some(recorder) = recorder else { return };
        if row.skipped {
            let name = String::from_utf8_lossy(recorder).into_owned();
            self.kept.entry(name).or_default().is_skipped = true;
        }
        if self.sought.has(recorder, row) {
            let record = Record::of(row, at.format, at.file, at.line);
            let name = record.recorder().unwrap_or_default().to_owned();
            self.kept.entry(name).or_default().keep(record);
        }
    }

    fn join(&mut self, later: Self) {
        for (recorder, later) in later.kept {
            let kept = self.kept.entry(recorder).or_default();
            kept.is_skipped |= later.is_skipped;
            later.records.into_iter().for_each(|record| kept.keep(record));
        }
    }
}

impl Kept {
    fn keep(&mut self, record: Record) {
        let kind = (record.action, record.begins(), record.reject_reason.is_some());
        let count = self.kinds.entry(kind).or_default();
        if *count < RECORDS_MAX {
            *count += 1;
            self.records.push(record);
        }
    }
}

impl<'s> Records<'s> {
    /// None yet.
    pub fn new(sought: &'s Sought) -> Self {
        Self {
            sought,
            kept: BTreeMap::new(),
        }
    }

    /// Those of one interface or attachment.
    pub fn of(&self, recorder: &str) -> &[Record] {
        self.kept
            .get(recorder)
            .map_or(&[][..], |kept| kept.records.as_slice())
    }

    /// All of them, by who recorded them.
    pub fn all(&self) -> impl Iterator<Item = (&String, &[Record])> {
        self.kept
            .iter()
            .map(|(recorder, kept)| (recorder, kept.records.as_slice()))
    }

    /// Whether it says that records were lost.
    pub fn is_skipped(&self, recorder: &str) -> bool {
        self.kept.get(recorder).is_some_and(|kept| kept.is_skipped)
    }
}
