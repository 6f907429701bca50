//! What projects need whose folders may be out of reach when the store is cleaned: those that are not on the disk of the
//! store, and thus may be on one that is not there.

use std::collections::BTreeSet;
use std::path::Path;

use pkg_fs::{create_directory_all, read_regular_file_if_exists, remove_file_if_exists, rename};
use pkg_manifest::Integrity;

use crate::error::StoreError;
use crate::index_name::IndexName;
use crate::projects::project_name;
use crate::store::Store;

/// First line of a list of packages.
const HEADER: &str = "pkg needs 1\n";
/// Bytes of the longest list that is read.
const MAX_NEEDS: u64 = 64 * 1024 * 1024;

impl Store {
    /// Notes the packages of a project, by the hashes of their tarballs: they stay in the store for as long as the
    /// project is not forgotten, whether it can be read or not.
    ///
    /// # Errors
    /// When the store cannot be written to.
    pub fn note_needs<'i>(
        &self,
        project: &Path,
        packages: impl Iterator<Item = &'i Integrity>,
    ) -> Result<(), StoreError> {
        let names: BTreeSet<String> = packages.flat_map(index_names).collect();
        let mut text = HEADER.to_owned();
        for name in names {
            text.push_str(&name);
            text.push('\n');
        }
        let path = self.layout.needs_path().join(project_name(project));
        if read_regular_file_if_exists(&path, MAX_NEEDS)?.as_deref() == Some(text.as_bytes()) {
            return Ok(());
        }
        create_directory_all(&self.layout.needs_path(), 0o755)?;
        let built = self.begin_slot()?;
        pkg_fs::write_new(&built.join("needs"), text.as_bytes(), 0o644)?;
        rename(&built.join("needs"), &path)?;
        Ok(pkg_fs::remove_tree(&built)?)
    }

    /// Whether packages are noted for a project.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn has_noted_needs(&self, project: &Path) -> Result<bool, StoreError> {
        Ok(self.noted_needs(project)?.is_some())
    }

    /// Forgets what was noted for a project.
    ///
    /// # Errors
    /// When the store cannot be written to.
    pub fn forget_needs(&self, project: &Path) -> Result<(), StoreError> {
        remove_file_if_exists(&self.layout.needs_path().join(project_name(project)))?;
        Ok(())
    }

    /// The names of the indexes that were noted for a project.
    pub(crate) fn noted_needs(
        &self,
        project: &Path,
    ) -> Result<Option<BTreeSet<String>>, StoreError> {
        let path = self.layout.needs_path().join(project_name(project));
        let Some(bytes) = read_regular_file_if_exists(&path, MAX_NEEDS)? else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes).unwrap_or_default();
        let lines = text.strip_prefix(HEADER).unwrap_or_default().lines();
        Ok(Some(lines.map(str::to_owned).collect()))
    }
}

/// The names that the index of a package may have.
fn index_names(integrity: &Integrity) -> Vec<String> {
    let algorithm = integrity.algorithm();
    let digests = integrity.strongest();
    let names = digests.map(|digest| IndexName::new(algorithm, digest));
    names.map(|name| name.as_str().to_owned()).collect()
}
