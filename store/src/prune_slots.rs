//! Removing slots of the shared virtual store that no project links to.

use std::collections::BTreeSet;
use std::path::Path;

use pkg_fs::{
    FileKind, FsError, list_directory, read_regular_file, read_symlink, rename, unique_name,
};
use pkg_manifest::Integrity;

use crate::error::StoreError;
use crate::index_name::IndexName;
use crate::projects::project_name;
use crate::slot_name::SlotName;
use crate::store::Store;

/// The file of a slot that says what lies in it.
const CLOSURE_FILE: &str = "closure";
/// Bytes of the longest such file.
const MAX_CLOSURE: u64 = 64 * 1024 * 1024;
/// Components of the way from `links/` to the folder of a slot: one more where the name has a scope.
const SLOT_DEPTH: usize = 3;

impl Store {
    /// The slots that projects which are kept link to, and all that these reach.
    pub(crate) fn slots_in_use(
        &self,
        keep: &dyn Fn(&Path) -> bool,
    ) -> Result<BTreeSet<SlotName>, StoreError> {
        let mut open = Vec::new();
        for project in self.projects()?.iter().filter(|project| keep(project)) {
            open.extend(self.noted_slots(project)?);
        }
        let mut used = BTreeSet::new();
        while let Some(slot) = open.pop() {
            if !used.contains(&slot) {
                open.extend(self.linked_slots(&slot)?);
                used.insert(slot);
            }
        }
        Ok(used)
    }

    /// Forgets projects that are not kept, and notes that belong to none.
    pub(crate) fn forget_projects(&self, keep: &dyn Fn(&Path) -> bool) -> Result<(), StoreError> {
        let (kept, gone): (Vec<_>, Vec<_>) = self.projects()?.into_iter().partition(|at| keep(at));
        for project in gone {
            self.forget_project(&project)?;
        }
        let kept: BTreeSet<String> = kept.iter().map(|project| project_name(project)).collect();
        for notes in [self.layout.uses_path(), self.layout.needs_path()] {
            for (name, _) in list_if_there(&notes)? {
                if !kept.contains(&*name) {
                    pkg_fs::remove_tree(&notes.join(name))?;
                }
            }
        }
        Ok(())
    }

    /// Removes all slots but some. Each goes by one rename first.
    pub(crate) fn remove_slots(&self, kept: &BTreeSet<SlotName>) -> Result<(), StoreError> {
        if self.slots()?.iter().any(|slot| !kept.contains(slot)) {
            self.renew_generation()?;
        }
        for slot in self.slots()? {
            if kept.contains(&slot) {
                continue;
            }
            let place = self.slot_path(&slot);
            let (_, writing) = self.layout.writing()?;
            let doomed = writing.temporary.path_of(&unique_name());
            rename(&place, &doomed)?;
            pkg_fs::remove_tree(&doomed)?;
            self.remove_empty(&place);
        }
        Ok(())
    }

    /// The names of the indexes that slots were made from.
    pub(crate) fn packages_of_slots(
        &self,
        slots: &BTreeSet<SlotName>,
    ) -> Result<BTreeSet<String>, StoreError> {
        let mut names = BTreeSet::new();
        for slot in slots {
            let path = self.slot_path(slot).join(CLOSURE_FILE);
            let bytes = match read_regular_file(&path, MAX_CLOSURE) {
                Ok(bytes) => bytes,
                Err(error) if error.is_not_found() => continue,
                Err(error) => return Err(error.into()),
            };
            let text = String::from_utf8(bytes).unwrap_or_default();
            for line in text
                .lines()
                .filter_map(|line| line.strip_prefix("package "))
            {
                let integrity = line.split(' ').nth(2).and_then(|text| text.parse().ok());
                let integrity: Option<Integrity> = integrity;
                let digest = integrity.as_ref().and_then(|hash| hash.strongest().next());
                if let Some((integrity, digest)) = integrity.as_ref().zip(digest) {
                    let name = IndexName::new(integrity.algorithm(), digest);
                    names.insert(name.as_str().to_owned());
                }
            }
        }
        Ok(names)
    }

    /// The slots that one links to.
    fn linked_slots(&self, slot: &SlotName) -> Result<Vec<SlotName>, FsError> {
        let modules = self.slot_path(slot).join("node_modules");
        let mut slots = Vec::new();
        for (name, kind) in list_if_there(&modules)? {
            let place = modules.join(&name);
            match kind {
                FileKind::Directory if name.starts_with('@') => {
                    for (scoped, _) in list_if_there(&place)? {
                        slots.extend(link_to_slot(&place.join(scoped))?);
                    }
                }
                FileKind::Symlink => slots.extend(link_to_slot(&place)?),
                _ => {}
            }
        }
        Ok(slots)
    }

    /// Removes the folders that a slot leaves empty.
    fn remove_empty(&self, place: &Path) {
        let links = self.links();
        let above = place.ancestors().skip(1);
        for folder in above.take_while(|folder| **folder != *links) {
            // What is not empty stays, and so does all above it.
            if std::fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }
}

/// Where a link of a slot leads: up to `links/`, and down into another slot.
fn link_to_slot(place: &Path) -> Result<Option<SlotName>, FsError> {
    let Some(target) = read_symlink(place)? else {
        return Ok(None);
    };
    let parts: Option<Vec<&str>> = target
        .components()
        .map(|part| part.as_os_str().to_str())
        .collect();
    let down: Vec<&str> = parts
        .unwrap_or_default()
        .into_iter()
        .skip_while(|part| *part == "..")
        .collect();
    let is_scoped = down.first().is_some_and(|part| part.starts_with('@'));
    let depth = SLOT_DEPTH + usize::from(is_scoped);
    let slot = down.get(..depth).map(|parts| parts.join("/"));
    Ok(slot.and_then(|slot| SlotName::parse(&slot)))
}

/// What a folder holds; nothing when it is not there. Names that are no text are not ours.
fn list_if_there(folder: &Path) -> Result<Vec<(String, FileKind)>, FsError> {
    let listed = match list_directory(folder) {
        Ok(listed) => listed,
        Err(error) if error.is_not_found() => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let names = listed.into_iter();
    Ok(names
        .filter_map(|(name, kind)| Some((name.into_string().ok()?, kind)))
        .collect())
}
