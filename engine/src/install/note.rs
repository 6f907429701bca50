//! What the store is told of a project, so that cleaning it keeps what the project needs.

use std::path::{Path, PathBuf};

use pkg_lockfile::Lockfile;
use pkg_store::{SlotName, SlotSet, Store};

use super::session::Session;
use crate::InstallError;

/// Notes that the project uses the store. One that is not on the disk of the store may be out of reach when the store is
/// cleaned: then all that it needs is noted too.
pub(super) fn note_project(session: &Session<'_>, lockfile: &Lockfile) -> Result<(), InstallError> {
    let store = &session.store;
    let project = real(&session.project.root);
    store.register_project(&project)?;
    let disk_of_store = pkg_fs::stat_if_exists(store.root())?.map(|found| found.device);
    let disk = pkg_fs::stat_if_exists(&project)?.map(|found| found.device);
    if disk != disk_of_store {
        let packages = lockfile.packages.values();
        let hashes = packages.filter_map(|package| package.resolution.integrity());
        store.note_needs(&project, hashes)?;
    } else if store.has_noted_needs(&project)? {
        store.forget_needs(&project)?;
    }
    Ok(())
}

/// Notes which slots the project links to, before it does, and the set of all that it needs, if all are ready.
pub(super) fn note_slots(
    session: &Session<'_>,
    slots: &[SlotName],
    ready: Option<&SlotSet>,
) -> Result<(), InstallError> {
    let project = real(&session.project.root);
    Ok(session.store.note_slots(&project, slots, ready)?)
}

/// Whether an install of this project noted that all of a set are ready.
pub(super) fn is_noted_ready(
    store: &Store,
    root: &Path,
    set: Option<&SlotSet>,
) -> Result<bool, InstallError> {
    match set {
        Some(set) => Ok(store.is_noted_ready(&real(root), set)?),
        None => Ok(false),
    }
}

/// The slots that an install of this project noted: sorted.
pub(super) fn noted_slots(store: &Store, root: &Path) -> Result<Vec<SlotName>, InstallError> {
    Ok(store.noted_slots(&real(root))?)
}

/// Where the project is, whatever links lead there: those may go, and it is still there.
fn real(root: &Path) -> PathBuf {
    root.canonicalize().unwrap_or_else(|_| root.to_owned())
}
