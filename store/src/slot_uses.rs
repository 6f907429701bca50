//! Which slots of the shared virtual store a project links to: what cleaning the store keeps. And in which generation all
//! of them were ready, so that the next install of the same ones need not look at each.

use std::fmt::Write as _;
use std::path::Path;

use pkg_fs::{
    FsError, create_directory_all, read_regular_file_if_exists, remove_file_if_exists, rename,
};
use sha2::{Digest as _, Sha256};

use crate::error::StoreError;
use crate::projects::project_name;
use crate::slot_name::SlotName;
use crate::store::Store;

/// First line of a list of slots.
const HEADER: &str = "pkg uses 1\n";
/// Bytes of the longest list that is read.
const MAX_USES: u64 = 64 * 1024 * 1024;
/// How the line begins that says when all slots were ready. It is no name of a slot.
const READY: &str = "ready ";

/// The slots that a project needs, in a generation of the store: with those that they link, and those that it only reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotSet {
    line: String,
}

impl Store {
    /// The set of some slots, as of now: taken before any of them is looked at. `None` in a store that has no generations,
    /// since it cannot be written to.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn slot_set<'a>(
        &self,
        slots: impl Iterator<Item = &'a SlotName>,
    ) -> Result<Option<SlotSet>, StoreError> {
        match self.begin_generation() {
            Err(StoreError::Fs(error)) if error.is_read_only() => return Ok(None),
            begun => begun?,
        }
        let Some(generation) = self.generation()? else {
            return Ok(None);
        };
        let mut names: Vec<&str> = slots.map(SlotName::as_str).collect();
        names.sort_unstable();
        let mut hash = Sha256::new();
        for name in names {
            hash.update(name);
            hash.update("\n");
        }
        let mut line = format!("{READY}{} ", generation.trim_end());
        for byte in hash.finalize() {
            write!(line, "{byte:02x}").expect("a string takes all that is written to it");
        }
        Ok(Some(SlotSet { line }))
    }

    /// Whether a project noted this very set: all of it was ready then, and nothing of the store was removed or doubted
    /// since. What somebody deletes there by other means is not noticed.
    ///
    /// # Errors
    /// When the file system refuses.
    pub fn is_noted_ready(&self, project: &Path, set: &SlotSet) -> Result<bool, StoreError> {
        let text = self.read_uses(project)?;
        Ok(text.lines().any(|line| line == set.line))
    }

    /// Notes which slots a project links to, before it does; those that they link are kept with them. `roots` are
    /// sorted; with none, what was noted is forgotten. `ready` is the set of all that it needs, if all are ready now.
    ///
    /// # Errors
    /// When the store cannot be written to, other than by being read-only.
    pub fn note_slots(
        &self,
        project: &Path,
        roots: &[SlotName],
        ready: Option<&SlotSet>,
    ) -> Result<(), StoreError> {
        let noted = self.write_uses(project, roots, ready);
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
        let text = self.read_uses(project)?;
        Ok(text.lines().filter_map(SlotName::parse).collect())
    }

    /// The lines of a list after its first; of one that cannot be read, none.
    fn read_uses(&self, project: &Path) -> Result<String, FsError> {
        let path = self.layout.uses_path().join(project_name(project));
        let bytes = read_regular_file_if_exists(&path, MAX_USES)?.unwrap_or_default();
        let mut text = String::from_utf8(bytes).unwrap_or_default();
        if !text.starts_with(HEADER) {
            return Ok(String::new());
        }
        text.drain(..HEADER.len());
        Ok(text)
    }

    fn write_uses(
        &self,
        project: &Path,
        roots: &[SlotName],
        ready: Option<&SlotSet>,
    ) -> Result<(), StoreError> {
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
        if let Some(set) = ready {
            text.push_str(&set.line);
            text.push('\n');
        }
        if read_regular_file_if_exists(&path, MAX_USES)?.as_deref() == Some(text.as_bytes()) {
            return Ok(());
        }
        create_directory_all(&self.layout.uses_path(), 0o755)?;
        let built = self.build_file(text.as_bytes())?;
        Ok(rename(&built, &path)?)
    }
}
