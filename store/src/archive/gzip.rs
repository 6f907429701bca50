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
/// The most room that is made because the archive says that it needs it.
const MOST_TRUSTED_ROOM: usize = 64 * 1024 * 1024;

/// Whether these bytes begin a gzip stream.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Inflates all members of a gzip stream into `output`, which is emptied first.
///
/// Members are joined, as RFC 1952 asks. Zeros after the last one are padding; anything else there is an error.
pub(crate) fn inflate(
    compressed: &[u8],
    inflater: &mut Decompress,
    output: &mut Vec<u8>,
) -> Result<(), ArchiveError> {
    output.clear();
    let allowed = allowed_size(compressed.len());
    reserve_first(compressed, allowed, output);
    let mut rest = compressed;
    loop {
        let budget = Budget {
            allowed,
            consumed: compressed.len() - rest.len(),
        };
        rest = inflate_member(rest, budget, inflater, output)?;
        if rest.iter().all(|&byte| byte == 0) {
            return Ok(());
        }
        if !is_gzip(rest) {
            return Err(ArchiveError::corrupt(format!(
                "gzip: `{}` follows the end of the compressed data",
                escape(&rest[..rest.len().min(16)])
            )));
        }
    }
}

/// How many bytes a tarball of `compressed` bytes may unpack to.
fn allowed_size(compressed: usize) -> u64 {
    (compressed as u64)
        .saturating_mul(MAX_RATIO)
        .clamp(FREE_UNPACKED, MAX_UNPACKED)
}

/// What may be unpacked, in all and so far.
#[derive(Clone, Copy)]
struct Budget {
    allowed: u64,
    /// Compressed bytes before this member.
    consumed: usize,
}

impl Budget {
    /// A large bomb is seen long before all that its own size allows is unpacked.
    fn check(self, inflater: &Decompress, unpacked: usize) -> Result<(), ArchiveError> {
        let consumed = (self.consumed as u64).saturating_add(inflater.total_in());
        let so_far = consumed
            .saturating_mul(MAX_RATIO)
            .max(MOST_TRUSTED_ROOM as u64);
        let limit = so_far.min(self.allowed);
        if unpacked as u64 > limit {
            return Err(ArchiveError::limit("bytes when unpacked", limit));
        }
        Ok(())
    }
}

/// Makes room by what the last four bytes say the size is, which saves growing when they are honest.
fn reserve_first(compressed: &[u8], allowed: u64, output: &mut Vec<u8>) {
    let said = compressed
        .last_chunk()
        .map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes)));
    let room = usize::try_from(said.min(allowed)).unwrap_or(FIRST_ROOM);
    output.reserve(room.saturating_add(1).clamp(FIRST_ROOM, MOST_TRUSTED_ROOM));
}

fn inflate_member<'a>(
    member: &'a [u8],
    budget: Budget,
    inflater: &mut Decompress,
    output: &mut Vec<u8>,
) -> Result<&'a [u8], ArchiveError> {
    let body = skip_header(member).ok_or_else(|| ArchiveError::corrupt("gzip: bad header"))?;
    let start = output.len();
    inflater.reset(false);
    loop {
        if output.len() == output.capacity() {
            output.reserve(output.len().max(FIRST_ROOM));
        }
        let before = (inflater.total_in(), output.len());
        let input = body.get(offset(inflater)..).unwrap_or_default();
        let status = inflater
            .decompress_vec(input, output, FlushDecompress::None)
            .map_err(|error| ArchiveError::corrupt(format!("gzip: {error}")))?;
        budget.check(inflater, output.len())?;
        match status {
            Status::StreamEnd => break,
            Status::Ok | Status::BufError if before != (inflater.total_in(), output.len()) => {}
            Status::Ok | Status::BufError => {
                return Err(ArchiveError::corrupt("gzip: the data breaks off"));
            }
        }
    }
    check_trailer(&body[offset(inflater)..], &output[start..])
}

fn offset(inflater: &Decompress) -> usize {
    usize::try_from(inflater.total_in()).unwrap_or(usize::MAX)
}

/// Compares checksum and length at the end of a member; returns what follows.
fn check_trailer<'a>(trailer: &'a [u8], inflated: &[u8]) -> Result<&'a [u8], ArchiveError> {
    let Some((ends, rest)) = trailer.split_first_chunk::<8>() else {
        return Err(ArchiveError::corrupt(
            "gzip: the data breaks off before its checksum",
        ));
    };
    let [c0, c1, c2, c3, l0, l1, l2, l3] = *ends;
    let mut crc = Crc::new();
    crc.update(inflated);
    if crc.sum() != u32::from_le_bytes([c0, c1, c2, c3]) {
        return Err(ArchiveError::corrupt("gzip: the checksum is wrong"));
    }
    let length = u64::from(u32::from_le_bytes([l0, l1, l2, l3]));
    if inflated.len() as u64 & u64::from(u32::MAX) != length {
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
