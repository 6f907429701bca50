//! Operations on the store alone.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use pkg_fs::LockOptions;
use pkg_manifest::Digest;
use pkg_store::{Store, StoreError, VerifyReport as Found};

use crate::{Event, Reporter};

/// What a look at every file of the store found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreReport {
    /// Packages whose index was read.
    pub packages: usize,
    /// Files that were hashed.
    pub files: usize,
    /// Packages that cannot be linked as they are, by name.
    pub damaged_packages: Vec<DamagedPackage>,
    /// Files that are not what their names say, as paths in the store.
    pub damaged_files: Vec<String>,
    /// Indexes that cannot be read, as paths in the store.
    pub damaged_indexes: Vec<String>,
    /// Files that an install is writing, or was when it was killed.
    pub unfinished: usize,
}

/// A package of the store that misses a file, or has a damaged one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedPackage {
    /// `name@version`, or its hash where it has no name.
    pub package: String,
    /// The hash that lockfiles know it by.
    pub integrity: String,
    /// The files, as paths in the package.
    pub files: Vec<String>,
}

impl StoreReport {
    fn of(found: &Found) -> Self {
        let damaged = found.damaged_packages.iter().map(|package| DamagedPackage {
            package: package.to_string(),
            integrity: package.integrity.to_string(),
            files: package.files.iter().map(ToString::to_string).collect(),
        });
        let below = |folder: &str, names: &[String]| {
            let paths = names.iter().map(|name| format!("{folder}/{name}"));
            paths.collect()
        };
        Self {
            packages: found.packages,
            files: found.files,
            damaged_packages: damaged.collect(),
            damaged_files: below("files", &found.damaged_files),
            damaged_indexes: below("packages", &found.damaged_indexes),
            unfinished: found.unfinished_files.len(),
        }
    }

    /// Whether every package can be used.
    pub fn is_intact(&self) -> bool {
        self.damaged_packages.is_empty()
            && self.damaged_files.is_empty()
            && self.damaged_indexes.is_empty()
    }
}

/// Hashes every file of the store below `root`. Nothing is removed; what is damaged is marked, so that no install uses it.
///
/// # Errors
/// When the store cannot be read.
pub fn store_verify(root: &Path) -> Result<StoreReport, StoreError> {
    Ok(StoreReport::of(&Store::open(root)?.verify()?))
}

/// Hashes every file of the store and moves what is damaged aside, so that the next installs fetch it again; tells what
/// was damaged, and where it is now. Waits for installs that use the store.
///
/// # Errors
/// When the store cannot be read or changed.
pub fn store_repair(
    root: &Path,
    reporter: &dyn Reporter,
) -> Result<(StoreReport, PathBuf), StoreError> {
    let store = Store::open(root)?;
    let wait = LockOptions {
        patience: Duration::from_secs(2),
        on_wait: &|_| {
            reporter.report(Event::Waiting {
                what: "an install uses the store".to_owned(),
            });
            true
        },
    };
    let found = store.repair(&wait)?;
    Ok((StoreReport::of(&found), store.quarantine()))
}

/// Lists every file of the store with the hash that it must have, sorted by it.
///
/// # Errors
/// When the store cannot be read.
pub fn store_sums(root: &Path) -> Result<Vec<(Digest, PathBuf)>, StoreError> {
    Store::open(root)?.sums()
}
