//! Which slots of the shared virtual store a project links to: what cleaning the store keeps.

use std::path::Path;

use pkg_fs::{create_directory_all, read_regular_file_if_exists, remove_file_if_exists, rename};

use crate::error::StoreError;
use crate::projects::project_name;
use crate::slot_name::SlotName;
use crate::store::Store;

/// First line of a list of slots.
const HEADER: &str = "pkg uses 1\n";
/// Bytes of the longest list that is read.
const MAX_USES: u64 = 64 * 1024 * 1024;

impl Store {
    /// Notes which slots a project links to, before it does; those that they link are kept with them. `roots` are
    /// sorted; with none, what was noted is forgotten.
    ///
    /// # Errors
    /// When the store cannot be written to, other than by being read-only.
    pub fn note_slots(&self, project: &Path, roots: &[SlotName]) -> Result<(), StoreError> {
        let noted = self.write_uses(project, roots);
        match noted {
            // Nobody cleans such a store either.
            Err(StoreError::Fs(error)) if error.is_read_only() => Ok(()),
            noted => noted,
        }
    }

    /// The slots that were noted for a project; what cannot be read counts as none.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn noted_slots(&self, project: &Path) -> Result<Vec<SlotName>, StoreError> {
        let path = self.layout.uses_path().join(project_name(project));
        let bytes = read_regular_file_if_exists(&path, MAX_USES)?.unwrap_or_default();
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        let lines = text.strip_prefix(HEADER).unwrap_or_default().lines();
        Ok(lines.filter_map(SlotName::parse).collect())
    }

    fn write_uses(&self, project: &Path, roots: &[SlotName]) -> Result<(), StoreError> {
        let path = self.layout.uses_path().join(project_name(project));
        if roots.is_empty() {
            remove_file_if_exists(&path)?;
            return Ok(());
        }
        self.begin_generation()?;
        let length: usize = roots.iter().map(|slot| slot.as_str().len() + 1).sum();
        let mut text = String::with_capacity(HEADER.len() + length);
        text.push_str(HEADER);
        for slot in roots {
            text.push_str(slot.as_str());
            text.push('\n');
        }
        if read_regular_file_if_exists(&path, MAX_USES)?.as_deref() == Some(text.as_bytes()) {
            return Ok(());
        }
        create_directory_all(&self.layout.uses_path(), 0o755)?;
        let built = self.begin_slot()?;
        pkg_fs::write_new(&built.join("uses"), text.as_bytes(), 0o644)?;
        rename(&built.join("uses"), &path)?;
        Ok(pkg_fs::remove_tree(&built)?)
    }
}
