//! The interfaces of a model by their ids, one of which is looked for in each record. AWS's ids are 21 bytes, `eni-` and 17
//! digits: they are three loads, and compared as numbers.

use super::alike::Place;
use rustc_hash::FxHashMap;

/// The places of interfaces.
pub struct Names<'m> {
    usual: FxHashMap<[u64; 3], Place>,
    /// Those whose ids have another length.
    others: FxHashMap<&'m [u8], Place>,
}

impl<'m> Names<'m> {
    /// Those of a model, in their order.
    pub fn of(ids: &[&'m str]) -> Self {
        let mut names = Self {
            usual: FxHashMap::default(),
            others: FxHashMap::default(),
        };
        for (place, id) in (0..).zip(ids) {
            match key(id.as_bytes()) {
                Some(key) => _ = names.usual.insert(key, place),
                None => _ = names.others.insert(id.as_bytes(), place),
            }
        }
        names
    }

    /// The place of an interface.
    #[inline]
    pub fn place(&self, id: &[u8]) -> Option<Place> {
        match key(id) {
            Some(key) => self.usual.get(&key).copied(),
            None => self.others.get(id).copied(),
        }
    }
}

/// All of an id: its first, its next and its last eight bytes.
#[inline]
fn key(id: &[u8]) -> Option<[u64; 3]> {
    let id: &[u8; 21] = id.try_into().ok()?;
    let (first, behind) = id.split_first_chunk()?;
    let chunks = [first, behind.first_chunk()?, id.last_chunk()?];
    Some(chunks.map(|chunk| u64::from_le_bytes(*chunk)))
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn every_byte_of_an_id_counts() {
        let ids = ["eni-0123456789abcdef0", "eni-1123456789abcdef0", "eni-a", "web"];
        let names = Names::of(&ids);
        for (place, id) in (0..).zip(ids) {
            assert_eq!(names.place(id.as_bytes()), Some(place));
            for at in 0..id.len() {
                let mut other = id.as_bytes().to_vec();
                other[at] ^= 0x40;
                assert_eq!(names.place(&other), None, "{id} {at}");
            }
            assert_eq!(names.place(&id.as_bytes()[1..]), None);
        }
    }
}
