//! The compact form of Thrift, in which Parquet writes its footer and the heads of its pages
//! (<https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>, read 2026-11-26).
//!
//! Nothing is reserved that is not there, nothing is followed deeper than [`DEPTH_MAX`], and the fields of a structure come in
//! the order of their numbers, each once, as every writer writes them.

/// The deepest structure.
const DEPTH_MAX: u8 = 24;
/// How many of the numbers of a structure are kept: those with the first ids.
const NUMBERS: usize = 16;

/// What a field is.
pub const BINARY: u8 = 8;
/// A list, whose members are all of one kind.
pub const LIST: u8 = 9;
/// A structure.
pub const STRUCT: u8 = 12;

/// It is not what it should be, or ends too early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// The bytes end before it does.
    Short,
    /// It is no such thing.
    Wrong,
}

/// The whole numbers and flags of a structure, by their ids.
#[derive(Debug, Clone, Copy, Default)]
pub struct Numbers([Option<i64>; NUMBERS]);

impl Numbers {
    /// A number.
    pub fn get(&self, id: usize) -> Option<i64> {
        self.0.get(id).copied().flatten()
    }

    /// A number that has to be there, in the type that it should have.
    pub fn need<T: TryFrom<i64>>(&self, id: usize) -> Result<T, Broken> {
        let number = self.get(id).ok_or(Broken::Wrong)?;
        T::try_from(number).map_err(|_| Broken::Wrong)
    }
}

/// Takes a field that is no number: its id and its kind. False: it is to be passed over.
pub type Inside<'f, 'b> = dyn FnMut(&mut Thrift<'b>, i64, u8) -> Result<bool, Broken> + 'f;

/// Bytes, from the front.
#[derive(Debug, Clone, Copy)]
pub struct Thrift<'b> {
    rest: &'b [u8],
    depth: u8,
}

impl<'b> Thrift<'b> {
    /// From the beginning.
    pub fn new(bytes: &'b [u8]) -> Self {
        Self {
            rest: bytes,
            depth: 0,
        }
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// A structure: its numbers, and everything else handed on.
    pub fn structure(&mut self, inside: &mut Inside<'_, 'b>) -> Result<Numbers, Broken> {
        if self.depth >= DEPTH_MAX {
            return Err(Broken::Wrong);
        }
        self.depth += 1;
        let (mut numbers, mut last) = (Numbers::default(), 0);
        loop {
            let head = self.byte()?;
            if head == 0 {
                self.depth -= 1;
                return Ok(numbers);
            }
            let (step, kind) = (i64::from(head >> 4), head & 15);
            let id = if step == 0 { self.number()? } else { last + step };
            if id <= last {
                return Err(Broken::Wrong);
            }
            last = id;
            let number = match kind {
                1 | 2 => Some(i64::from(kind == 1)),
                3 => Some(i64::from(self.byte()?.cast_signed())),
                4..=6 => Some(self.number()?),
                _ => None,
            };
            let place = usize::try_from(id).ok().and_then(|id| numbers.0.get_mut(id));
            match (number, place) {
                (Some(_), Some(place)) => *place = number,
                (Some(_), None) => {}
                (None, _) if inside(self, id, kind)? => {}
                (None, _) => self.pass(kind)?,
            }
        }
    }

    /// A list: what its members are, and how many; each has a byte at least.
    pub fn list(&mut self) -> Result<(u8, usize), Broken> {
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => self.size()?,
            few => usize::from(few),
        };
        match count <= self.rest.len() {
            true => Ok((head & 15, count)),
            false => Err(Broken::Short),
        }
    }

    /// A list of structures, each handed on.
    pub fn structures(
        &mut self,
        each: &mut dyn FnMut(&mut Self) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        let (kind, count) = self.list()?;
        if kind != STRUCT && count > 0 {
            return Err(Broken::Wrong);
        }
        (0..count).try_for_each(|_| each(self))
    }

    /// Bytes with their length in front.
    pub fn bytes(&mut self) -> Result<&'b [u8], Broken> {
        let size = self.size()?;
        self.take(size)
    }

    /// A number with a sign: its lowest bit.
    pub fn number(&mut self) -> Result<i64, Broken> {
        let number = self.varint()?;
        Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    fn size(&mut self) -> Result<usize, Broken> {
        usize::try_from(self.varint()?).map_err(|_| Broken::Wrong)
    }

    /// A number of seven bits a byte, the lowest first.
    pub fn varint(&mut self) -> Result<u64, Broken> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Broken::Wrong)
    }

    fn byte(&mut self) -> Result<u8, Broken> {
        self.take(1).map(|byte| byte[0])
    }

    /// So many bytes.
    pub fn take(&mut self, size: usize) -> Result<&'b [u8], Broken> {
        let (taken, rest) = self.rest.split_at_checked(size).ok_or(Broken::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    /// Passes over what is of no interest.
    fn pass(&mut self, kind: u8) -> Result<(), Broken> {
        match kind {
            7 => self.take(8).map(drop),
            BINARY => self.bytes().map(drop),
            LIST | 10 => {
                let (kind, count) = self.list()?;
                (0..count).try_for_each(|_| self.pass_member(kind))
            }
            11 => {
                let count = self.size()?;
                let kinds = if count == 0 { 0 } else { self.byte()? };
                (0..count).try_for_each(|_| {
                    self.pass_member(kinds >> 4)?;
                    self.pass_member(kinds & 15)
                })
            }
            STRUCT => self.structure(&mut |_, _, _| Ok(false)).map(drop),
            13 => self.take(16).map(drop),
            _ => Err(Broken::Wrong),
        }
    }

    /// A flag or a number has its own byte here.
    fn pass_member(&mut self, kind: u8) -> Result<(), Broken> {
        match kind {
            1..=3 => self.take(1).map(drop),
            4..=6 => self.varint().map(drop),
            LIST | 10 | 11 if self.depth >= DEPTH_MAX => Err(Broken::Wrong),
            _ => {
                self.depth += 1;
                let passed = self.pass(kind);
                self.depth -= 1;
                passed
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Broken, LIST, Thrift};

    #[test]
    fn numbers_have_their_ids_and_the_rest_is_handed_on() {
        // 1: i32 -3; 2: true; 4: binary "ab"; 20 (written out): i64 300; 21: a list of two structures.
        let bytes = [
            0x15, 5, 0x11, 0x28, 2, b'a', b'b', 0x06, 40, 0xd8, 4, 0x19, 0x2c, 0, 0, 0, 9,
        ];
        let (mut thrift, mut seen) = (Thrift::new(&bytes), Vec::new());
        let numbers = thrift.structure(&mut |thrift, id, kind| {
            seen.push((id, kind));
            match id {
                4 => thrift.bytes().map(|text| text == b"ab"),
                _ => Ok(false),
            }
        });
        let numbers = numbers.map(|numbers| [1, 2, 3].map(|id| numbers.get(id)));
        assert_eq!(numbers, Ok([Some(-3), Some(1), None]));
        assert_eq!(seen, [(4, 8), (21, LIST)]);
        assert_eq!(thrift.left(), 1);
    }

    #[test]
    fn what_lies_is_refused() {
        let read = |bytes: &[u8]| {
            let mut thrift = Thrift::new(bytes);
            thrift.structure(&mut |_, _, _| Ok(false)).map(drop)
        };
        // A list of two thousand million; one id twice; a number without an end; structures without an end.
        assert_eq!(
            read(&[0x19, 0xf5, 0xff, 0xff, 0xff, 0xff, 7, 1]),
            Err(Broken::Short)
        );
        assert_eq!(read(&[0x15, 2, 0x05, 2, 2, 0]), Err(Broken::Wrong));
        assert_eq!(
            read(&[&[0x16], [0xff; 20].as_slice()].concat()),
            Err(Broken::Wrong)
        );
        assert_eq!(read(&[0x1c; 100_000]), Err(Broken::Wrong));
        assert_eq!(
            read(&[&[0x19], [0x19; 100_000].as_slice()].concat()),
            Err(Broken::Wrong)
        );
        assert_eq!(read(&[0x1b, 0xff, 0xff, 0xff, 0xff, 7, 0x11]), Err(Broken::Short));
        assert_eq!(read(&[]), Err(Broken::Short));
    }
}
