//! The archive lines of the table of attacks that need no store; numbers are those of the table.

mod gzip;
mod laws;
mod tar;

use super::{Archive, ArchiveBytes, ArchiveError, Feed as _, Inflating, Room, read_tarball};
use crate::test_archive::TestArchive;
use flate2::Decompress;

/// What an archive lists as: path, content, whether it is executable.
type Listing = Vec<(String, Vec<u8>, bool)>;

/// Reads an archive from memory and as a stream, which must be the same.
fn read(tarball: &[u8]) -> Result<(Listing, usize), ArchiveError> {
    let whole = read_with(tarball, usize::MAX >> 1);
    let streamed = read_with(tarball, 0);
    // Which of several faults is found first may differ.
    assert_eq!(whole.as_ref().ok(), streamed.as_ref().ok());
    whole
}

fn read_with(tarball: &[u8], most: usize) -> Result<(Listing, usize), ArchiveError> {
    let (mut inflater, mut inflated) = (Decompress::new(false), Vec::new());
    let room = Room {
        inflater: &mut inflater,
        inflated: &mut inflated,
        most,
    };
    let Archive { map, bytes } = read_tarball(tarball, room)?;
    let mut unpacked = Vec::new();
    match bytes {
        ArchiveBytes::Unpacked(tar) => unpacked.extend_from_slice(tar),
        ArchiveBytes::Compressed(gzip) => {
            let mut inflater = Decompress::new(false);
            let each = &mut |piece: &[u8]| unpacked.extend_from_slice(piece);
            Inflating::new(gzip, &mut inflater).take(u64::MAX, each)?;
        }
    }
    let listing = map
        .files()
        .map(|file| {
            (
                file.path.to_owned(),
                file.content.of(&unpacked).to_vec(),
                file.is_executable,
            )
        })
        .collect();
    Ok((listing, map.dropped.len()))
}

fn paths(archive: TestArchive) -> Vec<String> {
    let (listing, _) = read(&archive.tgz()).unwrap();
    listing.into_iter().map(|(path, ..)| path).collect()
}

#[track_caller]
fn assert_refused(archive: TestArchive, is_expected: fn(&ArchiveError) -> bool) {
    let error = read(&archive.tgz()).unwrap_err();
    assert!(is_expected(&error), "{error:?}");
}

fn is_unsafe(error: &ArchiveError) -> bool {
    matches!(error, ArchiveError::UnsafePath { .. })
}

fn is_conflict(error: &ArchiveError) -> bool {
    matches!(error, ArchiveError::Conflict { .. })
}

fn is_corrupt(error: &ArchiveError) -> bool {
    matches!(error, ArchiveError::Corrupt(_))
}

fn is_limit(error: &ArchiveError) -> bool {
    matches!(error, ArchiveError::Limit { .. })
}

fn package() -> TestArchive {
    TestArchive::of(&[("package/package.json", "{}")])
}
