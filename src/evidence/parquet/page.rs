//! The pages of a column's chunk, unpacked as far as their heads say and no further
//! (<https://parquet.apache.org/docs/file-format/data-pages/>, read 2026-11-26). The library's own reader takes what a page
//! unpacks to as it comes, and makes room for as many values as a head claims.

use super::footer::{Chunk, DELTA_BYTE_ARRAY};
use super::source::{Error, Share, Source};
use super::thrift::{Broken, Numbers, STRUCT, Thrift};
use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::ParquetError;
use std::io::Read;
use std::sync::Arc;

/// The largest page, packed or not; writers make them of one megabyte, some of one group.
const PAGE_MAX: u64 = 32 << 20;
/// The longest head; most take some fifty bytes.
const HEAD_MAX: u64 = 64 * 1024;
/// How much is read to find a head.
const HEAD: u64 = 256;
/// What a text of a dictionary takes besides its bytes.
const ENTRY: u64 = 40;

/// The pages of one chunk.
pub struct Pages {
    source: Arc<Source>,
    chunk: Chunk,
    /// How wide each value is at least.
    width: u64,
    /// Whether values may be missing, so that a page begins with who is not.
    levels: bool,
    next: Option<Head>,
    dictionary: Option<Share>,
}

/// The head of a page.
#[derive(Debug, Clone, Copy)]
struct Head {
    kind: PageKind,
    unpacked: u64,
    packed: u64,
    values: u32,
    encoding: Encoding,
}

#[derive(Debug, Clone, Copy)]
enum PageKind {
    Dictionary,
    Data {
        levels: Encoding,
    },
    DataV2 {
        nulls: u32,
        rows: u32,
        /// How long the levels are, which are not packed.
        levels: [u32; 2],
        is_packed: bool,
    },
    /// Of no interest.
    Other,
}

/// Bytes, and their share of what may be held.
struct Held {
    bytes: Vec<u8>,
    _share: Share,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Pages {
    /// From the first on.
    pub fn new(source: &Arc<Source>, chunk: Chunk, width: u64, levels: bool) -> Self {
        Self {
            source: Arc::clone(source),
            chunk,
            width,
            levels,
            next: None,
            dictionary: None,
        }
    }

    /// The head of the next page.
    fn head(&mut self) -> Result<Option<Head>, Error> {
        while self.next.is_none() && self.chunk.length > 0 {
            let (head, size) = self.read_head()?;
            self.pass(size)?;
            match head.kind {
                PageKind::Other => self.pass(head.packed)?,
                _ => self.next = Some(head),
            }
        }
        Ok(self.next)
    }

    fn pass(&mut self, size: u64) -> Result<(), Error> {
        let left = self.chunk.length.checked_sub(size);
        self.chunk.length = left.ok_or_else(|| Error::told("a page is longer than its column"))?;
        self.chunk.begin += size;
        self.source.passed(size);
        Ok(())
    }

    fn read_head(&self) -> Result<(Head, u64), Error> {
        for size in [HEAD, HEAD_MAX] {
            let bytes = self.source.read(self.chunk.begin, size.min(self.chunk.length))?;
            let mut thrift = Thrift::new(&bytes);
            match Head::parse(&mut thrift) {
                Ok(head) => return Ok((head, (bytes.len() - thrift.left()) as u64)),
                Err(Broken::Short) => {}
                Err(Broken::Wrong) => break,
            }
        }
        Err(Error::told("the head of a page is not what it should be"))
    }

    /// The bytes of a page, unpacked.
    fn page(&mut self, head: Head) -> Result<Page, Error> {
        let largest = head.unpacked.max(head.packed);
        if largest > PAGE_MAX {
            let text = format!("a page of {largest} bytes; no more than {PAGE_MAX} are read");
            return Err(Error::told(text));
        }
        let (begin, size) = (self.chunk.begin, head.packed);
        self.pass(size)?;
        let share = self.source.unpack(head.unpacked)?;
        let packed = self.source.read(begin, size)?;
        let (plain, is_packed) = match head.kind {
            PageKind::DataV2 {
                levels, is_packed, ..
            } => (levels.map(u64::from).iter().sum(), is_packed),
            _ => (0, true),
        };
        let Some((plain, packed)) = usize::try_from(plain)
            .ok()
            .and_then(|at| packed.split_at_checked(at))
        else {
            return Err(Error::told("the head of a page is not what it should be"));
        };
        let mut bytes = plain.to_vec();
        let codec = if is_packed { self.chunk.codec } else { 0 };
        unpack(
            codec,
            packed,
            head.unpacked.saturating_sub(plain.len() as u64),
            &mut bytes,
        )?;
        if bytes.len() as u64 != head.unpacked {
            return Err(Error::told("a page is not as long as its head says"));
        }
        let buf = Bytes::from_owner(Held { bytes, _share: share });
        self.check(head, &buf)?;
        Ok(head.page(buf))
    }

    /// Whether what a page says that it has may be in it.
    fn check(&mut self, head: Head, bytes: &Bytes) -> Result<(), Error> {
        let wrong = || Error::told("a page has more values than it has room for");
        match (head.kind, head.encoding) {
            (PageKind::Dictionary, _) => {
                if u64::from(head.values) > bytes.len() as u64 / self.width {
                    return Err(wrong());
                }
                self.dictionary = Some(self.source.hold(u64::from(head.values) * ENTRY)?);
            }
            (_, Encoding::DELTA_BYTE_ARRAY) if !self.chunk.prefixed => {
                return Err(Error::told("a page is encoded in another way than its column"));
            }
            (kind, Encoding::DELTA_BYTE_ARRAY | Encoding::DELTA_LENGTH_BYTE_ARRAY) => {
                let lists = if head.encoding == Encoding::DELTA_BYTE_ARRAY {
                    2
                } else {
                    1
                };
                let values = kind.values(bytes, self.levels).map(Thrift::new);
                let mut values = values.ok_or_else(wrong)?;
                for _ in 0..lists {
                    let count = delta(&mut values).map_err(|_| wrong())?;
                    if count > u64::from(head.values) {
                        return Err(wrong());
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Passes over numbers in the encoding DELTA_BINARY_PACKED, and counts them: a head, and blocks of parts of one width each
/// (<https://parquet.apache.org/docs/file-format/data-pages/encodings/>, read 2026-11-26).
fn delta(bytes: &mut Thrift<'_>) -> Result<u64, Broken> {
    let [block, parts, count] = [bytes.varint()?, bytes.varint()?, bytes.varint()?];
    bytes.number()?;
    let part = block
        .checked_div(parts)
        .filter(|part| *part > 0 && block <= 1 << 20);
    let part = part.ok_or(Broken::Wrong)?;
    let mut left = count.saturating_sub(1);
    while left > 0 {
        bytes.number()?;
        let widths = bytes.take(usize::try_from(parts).map_err(|_| Broken::Wrong)?)?;
        for width in widths {
            if left > 0 {
                let size = u64::from(*width) * part / 8;
                bytes.take(usize::try_from(size).map_err(|_| Broken::Wrong)?)?;
            }
            left = left.saturating_sub(part);
        }
    }
    Ok(count)
}

/// Unpacks to so many bytes behind what is there; fails where they would be more.
fn unpack(codec: i32, packed: &[u8], size: u64, into: &mut Vec<u8>) -> Result<(), Error> {
    let wrong = || Error::told("a page cannot be unpacked");
    let begin = into.len();
    let room = usize::try_from(size).map_err(|_| wrong())?;
    match codec {
        0 => into.extend_from_slice(packed),
        1 => {
            if snap::raw::decompress_len(packed).ok() != Some(room) {
                return Err(wrong());
            }
            into.resize(begin + room, 0);
            let unpacked = snap::raw::Decoder::new().decompress(packed, &mut into[begin..]);
            unpacked.map_err(|_| wrong())?;
        }
        2 => {
            into.reserve_exact(room);
            let unpacked = MultiGzDecoder::new(packed)
                .take(size.saturating_add(1))
                .read_to_end(into);
            unpacked.map_err(|_| wrong())?;
        }
        // A page without values may be packed to nothing.
        6 if room > 0 => {
            let unpacked = zstd::bulk::decompress(packed, room).map_err(|_| wrong())?;
            into.extend_from_slice(&unpacked);
        }
        6 => {}
        other => {
            let names = ["", "", "", "LZO", "Brotli", "LZ4", "", "LZ4"];
            let name = usize::try_from(other).ok().and_then(|place| names.get(place));
            let name = name.filter(|name| !name.is_empty()).unwrap_or(&"an unknown way");
            let text = format!("packed in {name}; Snappy, gzip and Zstandard are read");
            return Err(Error::told(text));
        }
    }
    Ok(())
}

impl Head {
    fn parse(thrift: &mut Thrift<'_>) -> Result<Self, Broken> {
        let mut parts: [Option<Numbers>; 9] = [None; 9];
        let numbers = thrift.structure(&mut |thrift, id, kind| {
            let part = usize::try_from(id).ok().and_then(|id| parts.get_mut(id));
            match part.filter(|_| kind == STRUCT) {
                Some(part) => *part = Some(thrift.structure(&mut |_, _, _| Ok(false))?),
                None => return Ok(false),
            }
            Ok(true)
        })?;
        let part = |id: usize| parts[id].ok_or(Broken::Wrong);
        let (kind, values, encoded) = match numbers.need::<u8>(1)? {
            0 => {
                let data = part(5)?;
                (
                    PageKind::Data {
                        levels: encoding(&data, 3)?,
                    },
                    data.need(1)?,
                    encoding(&data, 2)?,
                )
            }
            2 => {
                let dictionary = part(7)?;
                (
                    PageKind::Dictionary,
                    dictionary.need(1)?,
                    encoding(&dictionary, 2)?,
                )
            }
            3 => {
                let data = part(8)?;
                let kind = PageKind::DataV2 {
                    nulls: data.need(2)?,
                    rows: data.need(3)?,
                    levels: [data.need(6)?, data.need(5)?],
                    is_packed: data.get(7) != Some(0),
                };
                (kind, data.need(1)?, encoding(&data, 4)?)
            }
            _ => (PageKind::Other, 0, Encoding::PLAIN),
        };
        Ok(Self {
            kind,
            unpacked: numbers.need(2)?,
            packed: numbers.need(3)?,
            values,
            encoding: encoded,
        })
    }

    fn page(&self, buf: Bytes) -> Page {
        let (num_values, encoding) = (self.values, self.encoding);
        match self.kind {
            PageKind::Dictionary | PageKind::Other => Page::DictionaryPage {
                buf,
                num_values,
                encoding,
                is_sorted: false,
            },
            PageKind::Data { levels } => Page::DataPage {
                buf,
                num_values,
                encoding,
                def_level_encoding: levels,
                rep_level_encoding: Encoding::RLE,
                statistics: None,
            },
            PageKind::DataV2 {
                nulls, rows, levels, ..
            } => Page::DataPageV2 {
                buf,
                num_values,
                encoding,
                num_nulls: nulls,
                num_rows: rows,
                def_levels_byte_len: levels[1],
                rep_levels_byte_len: levels[0],
                is_compressed: false,
                statistics: None,
            },
        }
    }
}

impl PageKind {
    /// Where the values begin, behind the levels.
    fn values<'b>(&self, bytes: &'b [u8], has_levels: bool) -> Option<&'b [u8]> {
        let levels = match self {
            Self::Data {
                levels: Encoding::RLE,
            } if has_levels => 4 + u32::from_le_bytes(*bytes.first_chunk()?) as usize,
            Self::Data { .. } if has_levels => return None,
            Self::DataV2 { levels, .. } => levels.iter().map(|length| *length as usize).sum(),
            _ => 0,
        };
        bytes.get(levels..)
    }
}

/// An encoding that is read.
fn encoding(numbers: &Numbers, id: usize) -> Result<Encoding, Broken> {
    Ok(match numbers.need::<i64>(id)? {
        0 => Encoding::PLAIN,
        2 => Encoding::PLAIN_DICTIONARY,
        3 => Encoding::RLE,
        4 =>
        {
            #[allow(deprecated, reason = "old files have it")]
            Encoding::BIT_PACKED
        }
        5 => Encoding::DELTA_BINARY_PACKED,
        6 => Encoding::DELTA_LENGTH_BYTE_ARRAY,
        DELTA_BYTE_ARRAY => Encoding::DELTA_BYTE_ARRAY,
        8 => Encoding::RLE_DICTIONARY,
        _ => return Err(Broken::Wrong),
    })
}

impl PageReader for Pages {
    fn get_next_page(&mut self) -> Result<Option<Page>, ParquetError> {
        let Some(head) = self.head()? else {
            return Ok(None);
        };
        self.next = None;
        Ok(Some(self.page(head)?))
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>, ParquetError> {
        let Some(head) = self.head()? else {
            return Ok(None);
        };
        let values = head.values as usize;
        Ok(Some(match head.kind {
            PageKind::Dictionary | PageKind::Other => PageMetadata {
                num_rows: None,
                num_levels: None,
                is_dict: true,
            },
            PageKind::Data { .. } => PageMetadata {
                num_rows: None,
                num_levels: Some(values),
                is_dict: false,
            },
            PageKind::DataV2 { rows, .. } => PageMetadata {
                num_rows: Some(rows as usize),
                num_levels: Some(values),
                is_dict: false,
            },
        }))
    }

    fn skip_next_page(&mut self) -> Result<(), ParquetError> {
        if let Some(head) = self.head()? {
            self.next = None;
            self.pass(head.packed)?;
        }
        Ok(())
    }
}

impl Iterator for Pages {
    type Item = Result<Page, ParquetError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}
