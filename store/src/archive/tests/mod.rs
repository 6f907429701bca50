//! The archive lines of the table of attacks that need no store; numbers are those of the table.

mod gzip;
mod laws;
mod tar;

use super::{ArchiveError, read_tarball};
use crate::test_archive::TestArchive;
use flate2::Decompress;

/// What an archive lists as: path, content, whether it is executable.
type Listing = Vec<(String, Vec<u8>, bool)>;

fn read(tarball: &[u8]) -> Result<(Listing, usize), ArchiveError> {
    let mut inflated = Vec::new();
    let map = read_tarball(tarball, &mut Decompress::new(false), &mut inflated)?;
    let listing = map
        .files()
        .map(|file| {
            (
                file.path.to_owned(),
                file.bytes.to_vec(),
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
