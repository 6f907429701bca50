//! Removing what no project needs.

use std::collections::HashSet;

use pkg_fs::{FsError, LockOptions, list_directory, remove_tree, stat_link_if_exists};

use crate::error::StoreError;
use crate::inventory::{list_contents, list_shards};
use crate::layout::Reading;
use crate::store::Store;
use crate::verify::read_one;
use pkg_manifest::Integrity;

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PruneReport {
    /// Packages that are still there.
    pub kept_packages: usize,
    /// Packages that were removed.
    pub removed_packages: usize,
    /// Contents that were removed.
    pub removed_files: usize,
    /// Bytes of those contents.
    pub removed_bytes: u64,
}

impl Store {
    /// Removes all packages that `keep` does not name, the contents that no package needs then, and leftovers.
    ///
    /// An index goes before its contents: killed at any moment, what is left is a store.
    ///
    /// # Errors
    /// [`StoreError::Lock`] when others use the store and `wait` gives up, or the file system has no locks; and when
    /// the file system refuses.
    pub fn prune(
        &self,
        keep: &dyn Fn(&Integrity) -> bool,
        wait: &LockOptions<'_>,
    ) -> Result<PruneReport, StoreError> {
        let Some(reading) = self.layout.reading()? else {
            return Ok(PruneReport::default());
        };
        let _lock = self.lock_exclusive(wait)?;
        let mut report = PruneReport::default();
        let needed = remove_packages(reading, keep, &mut report)?;
        let folder = reading.contents.folder();
        for (content, _) in list_contents(reading)? {
            if !needed.contains(&(content.digest, content.is_executable)) {
                folder.remove(content.name().as_str())?;
                report.removed_files += 1;
                report.removed_bytes += content.size;
            }
        }
        for leftovers in [self.layout.temporary_path(), self.layout.quarantine_path()] {
            if stat_link_if_exists(&leftovers)?.is_some() {
                empty(&leftovers)?;
            }
        }
        Ok(report)
    }
}

/// Removes the packages that are not kept; returns the contents that the others need.
fn remove_packages(
    reading: &Reading,
    keep: &dyn Fn(&Integrity) -> bool,
    report: &mut PruneReport,
) -> Result<HashSet<([u8; 32], bool)>, FsError> {
    let mut needed = HashSet::new();
    for name in list_shards(&reading.packages)? {
        match read_one(reading, &name)? {
            Some(package) if keep(&package.integrity) => {
                report.kept_packages += 1;
                let contents = package.contents();
                needed.extend(contents.map(|content| (content.digest, content.is_executable)));
            }
            Some(_) | None => {
                remove_tree(&reading.packages.path_of(&name))?;
                report.removed_packages += 1;
            }
        }
    }
    Ok(needed)
}

fn empty(folder: &std::path::Path) -> Result<(), FsError> {
    for (name, _) in list_directory(folder)? {
        remove_tree(&folder.join(name))?;
    }
    Ok(())
}
