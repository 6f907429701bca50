//! What the store says of packages and files when nothing may be changed, not even a time.

use std::path::Path;

use pkg_manifest::{Algorithm, Integrity};

use crate::error::StoreError;
use crate::expected::Expected;
use crate::import::describe_map;
use crate::import_directory::Collected;
use crate::index_name::IndexName;
use crate::package_files::{PackageFiles, StoredFile};
use crate::store::{PackageState, Store};
use crate::verify::read_one;

impl Store {
    /// Tells which files a package has, as [`Store::get`] does, but looks at none of them and changes nothing.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn describe(&self, integrity: &Integrity) -> Result<Option<PackageFiles>, StoreError> {
        let Some(reading) = self.layout.reading()? else {
            return Ok(None);
        };
        for digest in integrity.strongest() {
            let name = IndexName::new(integrity.algorithm(), digest);
            if let Some(package) = read_one(reading, name.as_str())? {
                return Ok(Some(package));
            }
        }
        Ok(None)
    }

    /// Reads one file and compares it with its hash; changes nothing.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn inspect_file(&self, file: &StoredFile) -> Result<PackageState, StoreError> {
        match self.layout.reading()? {
            Some(reading) => Ok(reading.contents.read_through(&file.content())?.into()),
            None => Ok(PackageState::Damaged),
        }
    }

    /// Reads one file and compares it with its hash, whatever its size, time and mode say. A wrong one is never believed
    /// again, so that the next install of its package fetches it.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn recheck_file(&self, file: &StoredFile) -> Result<PackageState, StoreError> {
        match self.layout.reading()? {
            Some(reading) => Ok(reading.contents.recheck(&file.content())?.into()),
            None => Ok(PackageState::Damaged),
        }
    }

    /// Tells which files a folder has as a package, as [`Store::import_directory`] does, and stores nothing.
    ///
    /// # Errors
    /// As [`Store::import_directory`].
    pub fn describe_directory(
        directory: &Path,
        expected: &Expected,
    ) -> Result<PackageFiles, StoreError> {
        let collected = Collected::read(directory, expected)?;
        let integrity = crate::hashes::integrity(Algorithm::Sha512, &collected.sha512);
        describe_map(&collected.map()?, expected, &integrity)
    }
}
