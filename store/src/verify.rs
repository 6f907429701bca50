//! Reading everything again: after a loss of power, and when somebody asks.

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::contents::{ContentId, ContentState};
use crate::epoch::find_doubt;
use crate::error::StoreError;
use crate::index::decode_named_index;
use crate::index_name::IndexName;
use crate::inventory::{list_contents, list_shards};
use crate::layout::Reading;
use crate::limits::MAX_INDEX;
use crate::package_files::{PackageFiles, StoredFile};
use crate::store::Store;
use pkg_fs::{FsError, LockOptions, move_aside, remove_file_if_exists};
use pkg_manifest::{Digest, Integrity, PackageName, RelativePath, Version};

/// What a store holds, and what of it is not what its name says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Contents that were read.
    pub files: usize,
    /// Indexes that were read.
    pub packages: usize,
    /// Contents that are other bytes than their name says, as names below `files/`.
    pub damaged_files: Vec<String>,
    /// Indexes that cannot be read, as names below `packages/`.
    pub damaged_indexes: Vec<String>,
    /// Packages that miss at least one content, or have a damaged one; sorted, each once.
    pub damaged_packages: Vec<DamagedPackage>,
    /// Contents that were never finished, which no package needs: they are being written, or their writer was killed.
    pub unfinished_files: Vec<String>,
}

/// A package that cannot be linked as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DamagedPackage {
    /// The name by its own `package.json`, if it has one.
    pub name: Option<PackageName>,
    /// The version by its own `package.json`, if it has one.
    pub version: Option<Version>,
    /// The hash that it was found by.
    pub integrity: Integrity,
    /// The files that are missing or damaged, as paths in the package.
    pub files: Vec<RelativePath>,
}

impl fmt::Display for DamagedPackage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.name, &self.version) {
            (Some(name), Some(version)) => write!(formatter, "{name}@{version}"),
            (Some(name), None) => write!(formatter, "{name}"),
            (None, _) => write!(formatter, "{}", self.integrity),
        }
    }
}

impl VerifyReport {
    /// Whether all packages can be used.
    pub fn is_intact(&self) -> bool {
        self.damaged_files.is_empty()
            && self.damaged_indexes.is_empty()
            && self.damaged_packages.is_empty()
    }
}

/// A content as it was found.
struct Read {
    id: ContentId,
    state: ContentState,
    was_stamped: bool,
}

impl Store {
    /// Reads every content and every index. A content that is not what its name says is never believed again, nothing
    /// is removed.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn verify(&self) -> Result<VerifyReport, StoreError> {
        let Some(reading) = self.layout.reading()? else {
            return Ok(VerifyReport::default());
        };
        // Packages first: a file of a package that appears meanwhile may be missing from the list of contents.
        let (packages, damaged_indexes) = read_indexes(reading)?;
        let contents = read_contents(reading)?;
        let intact: HashSet<ContentKey> = contents
            .iter()
            .filter(|read| read.state == ContentState::Intact)
            .map(|read| key(&read.id))
            .collect();
        // Whatever its size: that of a damaged one may be another.
        let needed: HashSet<([u8; 32], bool)> = packages
            .iter()
            .flat_map(PackageFiles::contents)
            .map(|content| (content.digest, content.is_executable))
            .collect();
        let mut report = VerifyReport {
            files: contents.len(),
            packages: packages.len(),
            damaged_indexes,
            ..VerifyReport::default()
        };
        for read in contents
            .iter()
            .filter(|read| read.state == ContentState::Damaged)
        {
            let name = read.id.name().as_str().to_owned();
            if read.was_stamped || needed.contains(&(read.id.digest, read.id.is_executable)) {
                report.damaged_files.push(name);
            } else {
                report.unfinished_files.push(name);
            }
        }
        let damaged = packages
            .into_iter()
            .filter_map(|package| damage_of(package, &intact));
        report.damaged_packages = damaged.collect();
        report.damaged_files.sort();
        report.damaged_indexes.sort();
        report.damaged_packages.sort();
        report.damaged_packages.dedup();
        Ok(report)
    }

    /// Reads everything and moves what is damaged aside, into `quarantine/`: the packages it belonged to are fetched
    /// anew when they are next needed. The report says what was found before.
    ///
    /// # Errors
    /// [`StoreError::Lock`] when others use the store and `wait` gives up; and when the file system refuses.
    pub fn repair(&self, wait: &LockOptions<'_>) -> Result<VerifyReport, StoreError> {
        let _lock = self.lock_exclusive(wait)?;
        let report = self.verify()?;
        let Some(reading) = self.layout.reading()? else {
            return Ok(report);
        };
        let quarantine = self.layout.quarantine_path();
        let damaged: HashSet<&Integrity> = report
            .damaged_packages
            .iter()
            .map(|package| &package.integrity)
            .collect();
        for name in list_shards(&reading.packages)? {
            let is_damaged = match read_one(reading, &name)? {
                Some(package) => damaged.contains(&package.integrity),
                None => true,
            };
            if is_damaged {
                move_aside(&reading.packages.path_of(&name), &quarantine)?;
            }
        }
        for name in report.damaged_files.iter().chain(&report.unfinished_files) {
            move_aside(&reading.contents.folder().path_of(name), &quarantine)?;
        }
        if !report.damaged_files.is_empty() {
            self.doubt_all_slots()?;
        }
        Ok(report)
    }

    /// Lists every content as `sha256sum --check` reads it: the hash that the file must have, two spaces, its path.
    ///
    /// Sorted, so that the list of the same store is the same text.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn sums(&self) -> Result<Vec<(Digest, PathBuf)>, StoreError> {
        let Some(reading) = self.layout.reading()? else {
            return Ok(Vec::new());
        };
        let mut sums: Vec<(Digest, PathBuf)> = list_contents(reading)?
            .into_iter()
            .map(|(id, _)| (Digest(id.digest), reading.contents.path(&id)))
            .collect();
        sums.sort();
        Ok(sums)
    }

    /// Reads what was written since the first epoch that a loss of power has left open, and closes those epochs.
    ///
    /// Contents that did not reach the disk lose their stamp, so that they are written again when next needed. On a
    /// read-only store nothing is done, and packages are read each time before they are used.
    pub(crate) fn settle(&self) -> Result<(), StoreError> {
        let Some(doubt) = find_doubt(&self.layout.epochs_path())? else {
            return Ok(());
        };
        if let Some(reading) = self.layout.reading()? {
            let contents = list_contents(reading)?;
            contents
                .par_iter()
                .filter(|(_, written)| *written >= doubt.since)
                .try_for_each(|(id, _)| reading.contents.recheck(id).map(drop))?;
        }
        self.doubt_slots(doubt.since)?;
        for epoch in &doubt.epochs {
            match remove_file_if_exists(epoch) {
                Err(error) if error.is_read_only() => return Ok(()),
                removed => removed?,
            };
        }
        Ok(())
    }
}

type ContentKey = ([u8; 32], bool, u64);

fn key(id: &ContentId) -> ContentKey {
    (id.digest, id.is_executable, id.size)
}

fn damage_of(package: PackageFiles, intact: &HashSet<ContentKey>) -> Option<DamagedPackage> {
    let is_damaged = |file: &&StoredFile| !intact.contains(&key(&file.content()));
    let files: Vec<RelativePath> = package
        .files
        .iter()
        .filter(is_damaged)
        .map(|file| file.path.clone())
        .collect();
    (!files.is_empty()).then_some(DamagedPackage {
        name: package.name,
        version: package.version,
        integrity: package.integrity,
        files,
    })
}

fn read_contents(reading: &Reading) -> Result<Vec<Read>, FsError> {
    let read = |(id, _): &(ContentId, i64)| {
        let was_stamped = reading.contents.is_stamped(id)?;
        let state = reading.contents.recheck(id)?;
        Ok(Read {
            id: *id,
            state,
            was_stamped,
        })
    };
    list_contents(reading)?.par_iter().map(read).collect()
}

fn read_indexes(reading: &Reading) -> Result<(Vec<PackageFiles>, Vec<String>), FsError> {
    let (mut packages, mut damaged) = (Vec::new(), Vec::new());
    for name in list_shards(&reading.packages)? {
        match read_one(reading, &name)? {
            Some(package) => packages.push(package),
            None => damaged.push(name),
        }
    }
    Ok((packages, damaged))
}

/// Reads one index, whether or not its contents are in doubt.
pub(crate) fn read_one(reading: &Reading, name: &str) -> Result<Option<PackageFiles>, FsError> {
    let Some(index_name) = IndexName::parse(name) else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    match reading.packages.read_into(name, MAX_INDEX, &mut bytes) {
        Ok(_) => Ok(decode_named_index(&bytes, &index_name)),
        Err(error) if crate::store::is_no_index(&error) => Ok(None),
        Err(error) => Err(error),
    }
}
