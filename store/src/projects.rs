//! Which projects use the store: what cleaning it marks from.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use pkg_fs::{
    FileKind, create_directory_all, list_directory, read_regular_file_if_exists,
    remove_file_if_exists, write_atomic,
};
use sha2::{Digest as _, Sha256};

use crate::error::StoreError;
use crate::limits::MAX_PATH;
use crate::store::Store;

impl Store {
    /// Notes that a project uses the store; once is enough.
    ///
    /// # Errors
    /// When the store cannot be written to.
    pub fn register_project(&self, project: &Path) -> Result<(), StoreError> {
        let path = self.project_path(project);
        let bytes = project.as_os_str().as_bytes();
        if read_regular_file_if_exists(&path, MAX_PATH as u64)?.as_deref() == Some(bytes) {
            return Ok(());
        }
        create_directory_all(&self.layout.projects_path(), 0o755)?;
        Ok(write_atomic(&path, bytes, 0o644)?)
    }

    /// Forgets a project.
    ///
    /// # Errors
    /// When the store cannot be written to.
    pub fn forget_project(&self, project: &Path) -> Result<(), StoreError> {
        remove_file_if_exists(&self.project_path(project))?;
        self.forget_needs(project)?;
        self.note_slots(project, &[], None)
    }

    /// Lists the projects that were noted, sorted; some may be gone, and some on a drive that is not there now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn projects(&self) -> Result<Vec<PathBuf>, StoreError> {
        let folder = self.layout.projects_path();
        let listed = match list_directory(&folder) {
            Ok(listed) => listed,
            Err(error) if error.is_not_found() => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut projects = Vec::new();
        for (name, kind) in listed {
            if kind != FileKind::File || name.as_bytes().starts_with(b".") {
                continue;
            }
            if let Some(bytes) = read_regular_file_if_exists(&folder.join(name), MAX_PATH as u64)? {
                projects.push(PathBuf::from(OsString::from_vec(bytes)));
            }
        }
        projects.sort();
        Ok(projects)
    }

    fn project_path(&self, project: &Path) -> PathBuf {
        self.layout.projects_path().join(project_name(project))
    }
}

/// The name of the files that are about a project.
pub(crate) fn project_name(project: &Path) -> String {
    let hash = Sha256::digest(project.as_os_str().as_bytes());
    let bytes = hash.iter().take(16);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}
