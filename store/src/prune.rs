//! Removing what no project needs.

use std::collections::HashSet;
use std::path::Path;

use pkg_fs::{FsError, LockOptions, list_directory, remove_tree, stat_link_if_exists};

use crate::error::StoreError;
use crate::inventory::{list_contents, list_shards};
use crate::layout::Reading;
use crate::locks::StoreLock;
use crate::store::Store;
use crate::verify::read_one;
use pkg_manifest::Integrity;

/// What stays.
#[derive(Clone, Copy)]
pub struct Keep<'a> {
    /// Whether a package does, by the hash that its index is named by. Those of slots that stay do so anyway.
    pub package: &'a dyn Fn(&Integrity) -> bool,
    /// Whether a project still is one: others are forgotten, and with them the slots that only they link to.
    pub project: &'a dyn Fn(&Path) -> bool,
}

/// Whether anything is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pruning {
    /// What is not kept is.
    Remove,
    /// Nothing is: it is only counted.
    Count,
}

/// What was removed, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PruneReport {
    /// Packages that are still there.
    pub kept_packages: usize,
    /// Packages that were removed.
    pub removed_packages: usize,
    /// Slots of the shared virtual store that are still there.
    pub kept_slots: usize,
    /// Slots that were removed.
    pub removed_slots: usize,
    /// Contents that were removed.
    pub removed_files: usize,
    /// Bytes of those contents.
    pub removed_bytes: u64,
}

impl Store {
    /// Removes all slots and packages that are neither kept nor noted for a project that is, the contents that no package
    /// needs then, and leftovers.
    ///
    /// An index goes before its contents, and a slot all at once: killed at any moment, what is left is a store.
    ///
    /// # Errors
    /// [`StoreError::Lock`] when others use the store and `wait` gives up, or the file system has no locks; and when
    /// the file system refuses.
    pub fn prune(
        &self,
        keep: &Keep<'_>,
        wait: &LockOptions<'_>,
    ) -> Result<PruneReport, StoreError> {
        if self.layout.reading()?.is_none() {
            return Ok(PruneReport::default());
        }
        let lock = self.lock_exclusive(wait)?;
        self.prune_locked(keep, Pruning::Remove, &lock)
    }

    /// As [`Store::prune`], for those who have [locked](Store::lock_exclusive) the store before they found out what to
    /// keep.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn prune_locked(
        &self,
        keep: &Keep<'_>,
        pruning: Pruning,
        _lock: &StoreLock,
    ) -> Result<PruneReport, StoreError> {
        let Some(reading) = self.layout.reading()? else {
            return Ok(PruneReport::default());
        };
        let is_removing = pruning == Pruning::Remove;
        let slots = self.slots_in_use(keep.project)?;
        let mut noted = self.packages_of_slots(&slots)?;
        for project in self.projects()?.iter().filter(|at| (keep.project)(at)) {
            noted.extend(self.noted_needs(project)?.unwrap_or_default());
        }
        let there = self.slots()?;
        let unused = there.iter().filter(|slot| !slots.contains(slot));
        let mut report = PruneReport {
            removed_slots: unused.count(),
            ..PruneReport::default()
        };
        report.kept_slots = there.len() - report.removed_slots;
        if is_removing {
            self.remove_slots(&slots)?;
            self.forget_projects(keep.project)?;
        }
        let is_kept =
            |name: &str, integrity: &Integrity| (keep.package)(integrity) || noted.contains(name);
        let mut needed = remove_packages(reading, &is_kept, pruning, &mut report)?;
        needed.extend(self.prune_builds(keep.package, pruning)?);
        let folder = reading.contents.folder();
        for (content, _) in list_contents(reading)? {
            if !needed.contains(&(content.digest, content.is_executable)) {
                if is_removing {
                    folder.remove(content.name().as_str())?;
                }
                report.removed_files += 1;
                report.removed_bytes += content.size;
            }
        }
        if !is_removing {
            return Ok(report);
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
    is_kept: &dyn Fn(&str, &Integrity) -> bool,
    pruning: Pruning,
    report: &mut PruneReport,
) -> Result<HashSet<([u8; 32], bool)>, FsError> {
    let mut needed = HashSet::new();
    for name in list_shards(&reading.packages)? {
        match read_one(reading, &name)? {
            Some(package) if is_kept(&name, &package.integrity) => {
                report.kept_packages += 1;
                let contents = package.contents();
                needed.extend(contents.map(|content| (content.digest, content.is_executable)));
            }
            Some(_) | None => {
                if pruning == Pruning::Remove {
                    remove_tree(&reading.packages.path_of(&name))?;
                }
                report.removed_packages += 1;
            }
        }
    }
    Ok(needed)
}

fn empty(folder: &Path) -> Result<(), FsError> {
    for (name, _) in list_directory(folder)? {
        remove_tree(&folder.join(name))?;
    }
    Ok(())
}
