//! From the bytes of a tarball to a sorted map of files, without touching the file system.
//!
//! Law: what two readers of archives could understand differently is refused. Links, pipes and devices are dropped
//! and named, and an archive that needs one of them to make sense is refused.

mod entry_path;
mod error;
mod file_map;
mod gzip;
mod header;
mod pax;
mod portability;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use error::{ArchiveError, escape};
pub(crate) use file_map::{FileMap, MappedFile, ancestors};
pub(crate) use gzip::{inflate, is_gzip};
pub use portability::Portability;
pub(crate) use portability::check_portability;

use crate::limits::MAX_COMPRESSED;

/// Opens a tarball, which was held against its hash before, and lists its files.
///
/// `inflated` is room for the unpacked bytes, which the map borrows.
pub(crate) fn read_tarball<'a>(
    tarball: &'a [u8],
    inflater: &mut flate2::Decompress,
    inflated: &'a mut Vec<u8>,
) -> Result<FileMap<'a>, ArchiveError> {
    if tarball.len() as u64 > MAX_COMPRESSED {
        return Err(ArchiveError::limit("bytes of a tarball", MAX_COMPRESSED));
    }
    if is_gzip(tarball) {
        inflate(tarball, inflater, inflated)?;
        return FileMap::new(walk::walk(inflated)?);
    }
    if !walk::is_tar(tarball) {
        return Err(ArchiveError::NotATarball(escape(
            &tarball[..tarball.len().min(32)],
        )));
    }
    FileMap::new(walk::walk(tarball)?)
}
