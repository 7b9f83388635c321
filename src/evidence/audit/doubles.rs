//! The first that are met in place of all that are like them, so that few questions answer for many records.

use super::super::record::Record;
use super::alike::{Alike, Who, numbers};
use rustc_hash::FxHashMap;
use std::net::IpAddr;

/// Somebody in a record, and the address that it shows.
type Shown = (Who, Option<IpAddr>);

/// Who was met, by what they are alike in.
pub struct Doubles<'a> {
    alike: &'a Alike<'a>,
    met: FxHashMap<u64, Vec<Shown>>,
}

impl<'a> Doubles<'a> {
    /// Nobody met yet.
    pub fn new(alike: &'a Alike<'a>) -> Self {
        Self {
            alike,
            met: FxHashMap::default(),
        }
    }

    /// Puts them into a record.
    pub fn play(&mut self, record: &mut Record) {
        let recorder = record.interface.as_ref();
        let Some(recorder) = recorder.and_then(|id| self.alike.place(id.as_bytes())) else {
            return;
        };
        let fields = [
            &mut record.source,
            &mut record.destination,
            &mut record.packet_source,
            &mut record.packet_destination,
        ];
        let addresses = [*fields[0], *fields[1], *fields[2], *fields[3]];
        let cast = self.alike.cast(recorder, addresses);
        let numbers = numbers(&cast);
        let [a, b, c, d] = addresses;
        let all: [Shown; 5] = [
            (cast[0], None),
            (cast[1], a),
            (cast[2], b),
            (cast[3], c),
            (cast[4], d),
        ];
        let [(recorder, _), others @ ..] =
            [0, 1, 2, 3, 4].map(|at| self.double(all[at], usize::from(numbers[at]), &all));
        for ((field, (double, shown)), who) in fields.into_iter().zip(others).zip(&cast[1..]) {
            *field = match double.interface() {
                Some(place) => self.alike.address(place, who.slot()),
                None => shown,
            };
        }
        record.interface = recorder.interface().map(|place| self.alike.id(place).to_owned());
    }

    /// The one with this number of those like somebody in a record.
    fn double(&mut self, (who, shown): Shown, number: usize, all: &[Shown; 5]) -> Shown {
        if !who.is_some() {
            return (who, None);
        }
        let met = self.met.entry(who.like()).or_default();
        for (other, shown) in all.iter().filter(|(other, _)| other.like() == who.like()) {
            if met.len() <= number && met.iter().all(|(known, _)| !known.is(other)) {
                met.push((*other, *shown));
            }
        }
        met.get(number).copied().unwrap_or((who, shown))
    }
}
