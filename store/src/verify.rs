//! Reading everything again: after a loss of power, and when somebody asks.

use std::collections::{BTreeMap, HashSet};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::contents::{ContentId, ContentState};
use crate::epoch::find_doubt;
use crate::error::StoreError;
use crate::index::decode_named_index;
use crate::index_name::IndexName;
use crate::inventory::{list_contents, list_shards};
use crate::layout::Reading;
use crate::limits::MAX_INDEX;
use crate::package_files::PackageFiles;
use crate::store::Store;
use pkg_fs::{FsError, LockOptions, move_aside, remove_file_if_exists};
use pkg_manifest::Integrity;

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
    /// Packages that miss at least one content, or have a damaged one.
    pub damaged_packages: Vec<Integrity>,
    /// What the indexes of damaged packages call them: `name@version`.
    pub damaged_names: BTreeMap<Integrity, String>,
    /// Contents that were never finished, which no package needs: they are being written, or their writer was killed.
    pub unfinished_files: Vec<String>,
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
        let needed: HashSet<ContentKey> = packages
            .iter()
            .flat_map(|package| package.contents().map(|content| key(&content)))
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
            if read.was_stamped || needed.contains(&key(&read.id)) {
                report.damaged_files.push(name);
            } else {
                report.unfinished_files.push(name);
            }
        }
        for package in packages {
            if package
                .contents()
                .any(|content| !intact.contains(&key(&content)))
            {
                if let (Some(name), Some(version)) = (&package.name, &package.version) {
                    let shown = format!("{name}@{version}");
                    report
                        .damaged_names
                        .insert(package.integrity.clone(), shown);
                }
                report.damaged_packages.push(package.integrity);
            }
        }
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
        let damaged: HashSet<&Integrity> = report.damaged_packages.iter().collect();
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
