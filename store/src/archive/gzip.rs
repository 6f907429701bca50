//! Gzip over a slice, strict: every member's checksum and length must be right, and nothing may follow the last one.
//!
//! Reference: RFC 1952.

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::error::{ArchiveError, escape};
use crate::limits::{FREE_UNPACKED, MAX_RATIO, MAX_UNPACKED};

const MAGIC: [u8; 2] = [0x1f, 0x8b];
const HAS_CRC: u8 = 2;
const HAS_EXTRA: u8 = 4;
const HAS_NAME: u8 = 8;
const HAS_COMMENT: u8 = 16;
const RESERVED: u8 = 0xe0;

/// Room that is made before the size is known to be honest.
const FIRST_ROOM: usize = 64 * 1024;
/// Bytes that may be unpacked before the ratio so far counts.
const MOST_TRUSTED_ROOM: u64 = 64 * 1024 * 1024;

/// Whether these bytes begin a gzip stream.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Inflates the members of a gzip stream one after the other, and checks each of them.
///
/// Members are joined, as RFC 1952 asks. Zeros after the last one are padding; anything else there is an error.
pub(crate) struct GzipReader<'a, 'i> {
    compressed: &'a [u8],
    inflater: &'i mut Decompress,
    place: Place,
    /// Of the current member.
    crc: Crc,
    unpacked: u64,
}

/// How far a reader has come.
#[derive(Clone, Copy)]
enum Place {
    /// Before the header of a member.
    Before(usize),
    /// In the member whose data begins here.
    Inside(usize),
    /// After the last member and its padding.
    End,
}

/// Whether more may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    More,
    /// Everything was inflated and found right.
    Done,
}

impl<'a, 'i> GzipReader<'a, 'i> {
    pub(crate) fn new(compressed: &'a [u8], inflater: &'i mut Decompress) -> Self {
        Self {
            compressed,
            inflater,
            place: Place::Before(0),
            crc: Crc::new(),
            unpacked: 0,
        }
    }

    /// Inflates into the room that `output` has left, which must be some.
    pub(crate) fn read(&mut self, output: &mut Vec<u8>) -> Result<Progress, ArchiveError> {
        let body = match self.place {
            Place::Before(start) => self.begin_member(start)?,
            Place::Inside(body) => body,
            Place::End => return Ok(Progress::Done),
        };
        let before = (self.inflater.total_in(), output.len());
        let input = &self.compressed[self.offset(body)..];
        let status = self
            .inflater
            .decompress_vec(input, output, FlushDecompress::None)
            .map_err(|error| ArchiveError::corrupt(format!("gzip: {error}")))?;
        let new = &output[before.1..];
        self.crc.update(new);
        self.unpacked += new.len() as u64;
        self.check_budget(body)?;
        match status {
            Status::StreamEnd => self.end_member(body),
            Status::Ok | Status::BufError if before != (self.inflater.total_in(), output.len()) => {
                Ok(Progress::More)
            }
            Status::Ok | Status::BufError => {
                Err(ArchiveError::corrupt("gzip: the data breaks off"))
            }
        }
    }

    /// The size that the archive says it has, by its last four bytes.
    pub(crate) fn said_size(&self) -> u64 {
        let last = self.compressed.last_chunk();
        last.map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)))
    }

    fn begin_member(&mut self, start: usize) -> Result<usize, ArchiveError> {
        let member = &self.compressed[start..];
        let body = skip_header(member).ok_or_else(|| ArchiveError::corrupt("gzip: bad header"))?;
        let body = self.compressed.len() - body.len();
        self.inflater.reset(false);
        self.crc.reset();
        self.place = Place::Inside(body);
        Ok(body)
    }

    fn end_member(&mut self, body: usize) -> Result<Progress, ArchiveError> {
        let rest = check_trailer(&self.compressed[self.offset(body)..], &self.crc)?;
        if rest.iter().all(|&byte| byte == 0) {
            self.place = Place::End;
            return Ok(Progress::Done);
        }
        if !is_gzip(rest) {
            return Err(ArchiveError::corrupt(format!(
                "gzip: `{}` follows the end of the compressed data",
                escape(&rest[..rest.len().min(16)])
            )));
        }
        self.place = Place::Before(self.compressed.len() - rest.len());
        Ok(Progress::More)
    }

    fn offset(&self, body: usize) -> usize {
        body + usize::try_from(self.inflater.total_in()).unwrap_or(usize::MAX - body)
    }

    /// A large bomb is seen long before all that its own size allows is unpacked.
    fn check_budget(&self, body: usize) -> Result<(), ArchiveError> {
        let so_far = (self.offset(body) as u64)
            .saturating_mul(MAX_RATIO)
            .max(MOST_TRUSTED_ROOM);
        let limit = so_far.min(allowed_size(self.compressed.len()));
        if self.unpacked > limit {
            return Err(ArchiveError::limit("bytes when unpacked", limit));
        }
        Ok(())
    }
}

/// Inflates all into `output`, which is emptied first, unless that takes more than `most` bytes: then no more than
/// those are inflated, and the answer is `false`.
pub(crate) fn inflate_within(
    most: usize,
    compressed: &[u8],
    inflater: &mut Decompress,
    output: &mut Vec<u8>,
) -> Result<bool, ArchiveError> {
    output.clear();
    let mut reader = GzipReader::new(compressed, inflater);
    // What the archive says of itself saves growing when it is honest, and a start in vain when it is large.
    let said = usize::try_from(reader.said_size()).unwrap_or(usize::MAX);
    if said > most && said as u64 <= allowed_size(compressed.len()) {
        return Ok(false);
    }
    output.reserve(said.saturating_add(1).min(most).max(FIRST_ROOM));
    while reader.read(output)? == Progress::More {
        if output.len() > most {
            return Ok(false);
        }
        if output.len() == output.capacity() {
            output.reserve(output.len().max(FIRST_ROOM));
        }
    }
    Ok(true)
}

/// How many bytes a tarball of `compressed` bytes may unpack to.
fn allowed_size(compressed: usize) -> u64 {
    (compressed as u64)
        .saturating_mul(MAX_RATIO)
        .clamp(FREE_UNPACKED, MAX_UNPACKED)
}

/// Compares checksum and length at the end of a member; returns what follows.
fn check_trailer<'a>(trailer: &'a [u8], crc: &Crc) -> Result<&'a [u8], ArchiveError> {
    let Some((ends, rest)) = trailer.split_first_chunk::<8>() else {
        return Err(ArchiveError::corrupt(
            "gzip: the data breaks off before its checksum",
        ));
    };
    let [c0, c1, c2, c3, l0, l1, l2, l3] = *ends;
    if crc.sum() != u32::from_le_bytes([c0, c1, c2, c3]) {
        return Err(ArchiveError::corrupt("gzip: the checksum is wrong"));
    }
    // Both count modulo 2^32.
    if crc.amount() != u32::from_le_bytes([l0, l1, l2, l3]) {
        return Err(ArchiveError::corrupt("gzip: the length is wrong"));
    }
    Ok(rest)
}

fn skip_header(member: &[u8]) -> Option<&[u8]> {
    let ([id1, id2, method, flags, ..], mut rest) = member.split_first_chunk::<10>()?;
    if [*id1, *id2] != MAGIC || *method != 8 || flags & RESERVED != 0 {
        return None;
    }
    if flags & HAS_EXTRA != 0 {
        let (length, after) = rest.split_first_chunk::<2>()?;
        rest = after.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    for flag in [HAS_NAME, HAS_COMMENT] {
        if flags & flag != 0 {
            let end = rest.iter().position(|&byte| byte == 0)?;
            rest = rest.get(end + 1..)?;
        }
    }
    if flags & HAS_CRC != 0 {
        rest = rest.get(2..)?;
    }
    Some(rest)
}
