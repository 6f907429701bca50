//! A quick look at what is in place: whether every folder, link and command is what the record says.

use std::path::Path;

use pkg_fs::{FsError, read_regular_file, read_symlink};
use pkg_manifest::{Digest, RelativePath};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::apply::{MAX_FILE, is_archive, is_folder, is_our_shim};
use crate::record::{Kind, Recorded, TreeRecord};
use crate::tree::Tree;

/// Finds the entries that are missing or something else. Files of packages are not looked at.
///
/// What it finds, [`TreeRecord::without`] takes out of a record: then [`apply`](crate::apply()) makes just that again.
///
/// # Errors
/// When the system refuses to tell what is there.
pub fn verify(record: &TreeRecord, root: &Path) -> Result<Vec<RelativePath>, FsError> {
    find_gone(record, root, &|_| true)
}

/// As [`verify`], but looks only at what a tree has too: whatever else the record lists is looked at when it is removed.
///
/// # Errors
/// As [`verify`].
pub fn verify_wanted(
    record: &TreeRecord,
    tree: &Tree,
    root: &Path,
) -> Result<Vec<RelativePath>, FsError> {
    let wanted = &tree.entries;
    find_gone(record, root, &|path| {
        wanted
            .binary_search_by(|(known, _)| known.cmp(path))
            .is_ok()
    })
}

fn find_gone(
    record: &TreeRecord,
    root: &Path,
    is_asked: &(dyn Fn(&RelativePath) -> bool + Sync),
) -> Result<Vec<RelativePath>, FsError> {
    let found: Vec<Option<&RelativePath>> = record
        .entries
        .par_iter()
        .filter(|(path, _)| is_asked(path))
        .map(|(path, recorded)| {
            let is_there = is_what_was_put(&path.below(root), recorded)?;
            Ok((!is_there).then_some(path))
        })
        .collect::<Result<_, FsError>>()?;
    Ok(found.into_iter().flatten().cloned().collect())
}

/// Whether what stands at a path is still what the record says.
pub(crate) fn is_what_was_put(place: &Path, recorded: &Recorded) -> Result<bool, FsError> {
    let is_link = || -> Result<bool, FsError> {
        let text = read_symlink(place)?;
        Ok(text.is_some_and(|text| text == Path::new(&*recorded.text)))
    };
    Ok(match recorded.kind {
        Kind::Package => is_folder(place)?,
        Kind::Archive => is_archive(place),
        Kind::Symlink => is_link()?,
        Kind::Bin => is_link()? || is_our_shim(place),
        Kind::File => read_regular_file(place, MAX_FILE)
            .is_ok_and(|bytes| Digest::of(&bytes).to_string() == *recorded.text),
    })
}
