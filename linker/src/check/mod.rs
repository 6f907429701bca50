//! What stands on the disk is held against the plan and the store, by hash. Nothing is changed, and no link is followed.
//!
//! Every folder of the tree is one task, package folders and those inside them too, so that all processors are busy
//! whatever the sizes of packages. Memory does not grow with files: only differences, and hashes of files of many names,
//! are kept.

mod content;
mod difference;
mod expected;
mod folder_files;
mod single;
mod strangers;
#[cfg(test)]
mod tests;
mod walk;

use std::ffi::OsStr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use pkg_fs::Folder;
use pkg_lockfile::PackageId;
use pkg_store::{PackageFiles, PackageState, Store, StoreError, StoredFile};

pub use difference::{CheckCounts, Difference, DifferenceKind, Item, Owner, TreeCheck};

use content::Hashes;
use expected::Node;
use walk::{Place, Walk};

use crate::error::LinkError;
use crate::tree::Tree;

/// Where the zip files of packages are, from the root.
const ARCHIVES: &str = ".pkg/cache";

/// What a tree is held against.
#[derive(Clone, Copy)]
pub struct CheckOptions<'a> {
    /// The folder that the paths of the tree are in.
    pub root: &'a Path,
    /// Where the files of commands are looked at.
    pub store: &'a Store,
    /// The files of a package; `None` where nobody knows them: then nothing in its folder is looked at.
    pub packages: &'a (dyn Fn(&PackageId) -> Option<Arc<PackageFiles>> + Sync),
}

/// Holds what stands on the disk against a tree whose commands are planned.
///
/// # Errors
/// When the root cannot be opened, or the store cannot be read. What cannot be read in the tree is a difference.
pub fn check_tree(tree: &Tree, options: &CheckOptions<'_>) -> Result<TreeCheck, LinkError> {
    let expected = Node::of(tree);
    let walk = Walk {
        options,
        root: &expected,
        hashes: Hashes::default(),
        found: Mutex::default(),
        is_partly_unknown: tree
            .packages()
            .into_iter()
            .any(|id| (options.packages)(id).is_none()),
    };
    match Folder::open(options.root) {
        Ok(root) => rayon::scope(|scope| walk.look_into(scope, Place::root(root, &expected))),
        Err(error) if error.is_not_found() => walk.miss_all(),
        Err(error) => return Err(error.into()),
    }
    let mut check = walk
        .found
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    check.differences.sort();
    check.damaged_in_store = damaged_in_store(&check.differences, options)?;
    Ok(check)
}

/// Looks at the store's files of those that differ: an edit through a hard link has damaged both.
fn damaged_in_store(
    differences: &[Difference],
    options: &CheckOptions<'_>,
) -> Result<Vec<(PackageId, StoredFile)>, StoreError> {
    let mut damaged = Vec::new();
    for group in differences.chunk_by(|left, right| left.owner == right.owner) {
        let Owner::Package(id) = &group[0].owner else {
            continue;
        };
        let Some(files) = (options.packages)(id) else {
            continue;
        };
        // An archive is made of all files.
        let mut suspects: Vec<&StoredFile> = match is_in_archive(group) {
            true => files.files.iter().collect(),
            false => group
                .iter()
                .filter_map(|difference| suspect(difference, &files))
                .collect(),
        };
        suspects.sort_by(|left, right| left.path.cmp(&right.path));
        suspects.dedup();
        for file in suspects {
            if options.store.inspect_file(file)? == PackageState::Damaged {
                damaged.push((id.clone(), file.clone()));
            }
        }
    }
    Ok(damaged)
}

fn is_in_archive(group: &[Difference]) -> bool {
    group.iter().any(|difference| {
        let is_zip = |extension: &OsStr| extension == "zip";
        difference.path.starts_with(ARCHIVES) && difference.path.extension().is_some_and(is_zip)
    })
}

/// The file of the package that a difference is about.
fn suspect<'p>(difference: &Difference, files: &'p PackageFiles) -> Option<&'p StoredFile> {
    match &difference.kind {
        DifferenceKind::Changed { expected, .. } => {
            files.files.iter().find(|file| file.digest == *expected)
        }
        DifferenceKind::Mode { .. }
        | DifferenceKind::Missing {
            expected: Item::File,
        }
        | DifferenceKind::Replaced {
            expected: Item::File,
            ..
        }
        | DifferenceKind::Unreadable { .. } => {
            let path = difference.path.to_str()?;
            let is_it = |file: &&StoredFile| {
                let before = path.strip_suffix(file.path.as_str());
                before.is_some_and(|before| before.ends_with('/'))
            };
            files
                .files
                .iter()
                .filter(is_it)
                .max_by_key(|file| file.path.as_str().len())
        }
        DifferenceKind::Missing { .. }
        | DifferenceKind::Replaced { .. }
        | DifferenceKind::Elsewhere { .. }
        | DifferenceKind::Command
        | DifferenceKind::Foreign { .. }
        | DifferenceKind::Unlisted { .. } => None,
    }
}
