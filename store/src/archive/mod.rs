//! From the bytes of a tarball to a sorted map of files, without touching the file system.
//!
//! Law: what two readers of archives could understand differently is refused. Links, pipes and devices are dropped
//! and named, and an archive that needs one of them to make sense is refused.

mod entry_path;
mod error;
mod feed;
mod file_map;
mod gzip;
mod header;
mod pax;
mod portability;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use error::{ArchiveError, escape};
pub(crate) use feed::{Feed, Inflating};
pub(crate) use file_map::{FileMap, Manifest, MappedFile, ancestors};
pub use portability::Portability;
pub(crate) use portability::check_portability;
pub(crate) use walk::Span;

use flate2::Decompress;
use sha2::{Digest as _, Sha256};

use crate::limits::MAX_COMPRESSED;
use gzip::{inflate_within, is_gzip};

/// A tarball whose files are known and whose form is right to its end.
pub(crate) struct Archive<'a> {
    pub(crate) map: FileMap<Span>,
    pub(crate) bytes: ArchiveBytes<'a>,
}

/// Where the bytes of an archive's files are.
pub(crate) enum ArchiveBytes<'a> {
    /// In memory, unpacked.
    Unpacked(&'a [u8]),
    /// In a gzip stream, which was read to its end once and is inflated again as it is needed.
    Compressed(&'a [u8]),
}

/// Room for unpacked bytes, and for how many of them at most.
pub(crate) struct Room<'a> {
    pub(crate) inflater: &'a mut Decompress,
    pub(crate) inflated: &'a mut Vec<u8>,
    /// An archive of more bytes is not held in memory, but inflated twice.
    pub(crate) most: usize,
}

/// Opens a tarball, which was held against its hash before, and lists its files.
pub(crate) fn read_tarball<'a>(
    tarball: &'a [u8],
    room: Room<'a>,
) -> Result<Archive<'a>, ArchiveError> {
    let Room {
        inflater,
        inflated,
        most,
    } = room;
    if tarball.len() as u64 > MAX_COMPRESSED {
        return Err(ArchiveError::limit("bytes of a tarball", MAX_COMPRESSED));
    }
    if is_gzip(tarball) {
        if inflate_within(most, tarball, inflater, inflated)? {
            return list_unpacked(inflated);
        }
        inflated.clear();
        return list_stream(tarball, inflater);
    }
    if !walk::is_tar(tarball) {
        return Err(ArchiveError::NotATarball(escape(
            &tarball[..tarball.len().min(32)],
        )));
    }
    list_unpacked(tarball)
}

fn list_unpacked(tar: &[u8]) -> Result<Archive<'_>, ArchiveError> {
    let mut rest = tar;
    let walked = walk::walk(&mut rest)?;
    let map = FileMap::new(walked, &mut |spans| {
        let hash = |span: &Span| Sha256::digest(span.of(tar)).into();
        Ok(spans.iter().map(hash).collect())
    })?;
    let bytes = ArchiveBytes::Unpacked(tar);
    Ok(Archive { map, bytes })
}

fn list_stream<'a>(
    compressed: &'a [u8],
    inflater: &mut Decompress,
) -> Result<Archive<'a>, ArchiveError> {
    let walked = walk::walk(&mut Inflating::new(compressed, inflater))?;
    let map = FileMap::new(walked, &mut |spans| {
        hash_spans(&mut Inflating::new(compressed, inflater), spans)
    })?;
    let bytes = ArchiveBytes::Compressed(compressed);
    Ok(Archive { map, bytes })
}

/// The hashes of some files of a stream, in one pass over it; they ascend and do not overlap.
fn hash_spans(feed: &mut dyn Feed, spans: &[Span]) -> Result<Vec<[u8; 32]>, ArchiveError> {
    let mut position = 0;
    let mut hashes = Vec::with_capacity(spans.len());
    for span in spans {
        position += feed.take(span.start - position, &mut |_| ())?;
        let mut hasher = Sha256::new();
        position += feed.take(span.size, &mut |bytes| hasher.update(bytes))?;
        hashes.push(hasher.finalize().into());
    }
    Ok(hashes)
}

impl Span {
    /// The bytes in an unpacked archive.
    pub(crate) fn of(self, tar: &[u8]) -> &[u8] {
        let offset = |place: u64| usize::try_from(place).expect("it was found in memory");
        &tar[offset(self.start)..offset(self.start + self.size)]
    }
}
