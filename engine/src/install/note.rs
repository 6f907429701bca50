//! What the store is told of a project, so that cleaning it keeps what the project needs.

use std::path::PathBuf;

use pkg_lockfile::Lockfile;
use pkg_store::SlotName;

use super::session::Session;
use crate::InstallError;

/// Notes that the project uses the store. One that is not on the disk of the store may be out of reach when the store is
/// cleaned: then all that it needs is noted too.
pub(super) fn note_project(session: &Session<'_>, lockfile: &Lockfile) -> Result<(), InstallError> {
    let store = &session.store;
    let project = real_root(session);
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

/// Notes which slots the project links to, before it does.
pub(super) fn note_slots(session: &Session<'_>, slots: &[SlotName]) -> Result<(), InstallError> {
    Ok(session.store.note_slots(&real_root(session), slots)?)
}

/// Where the project is, whatever links lead there: those may go, and it is still there.
fn real_root(session: &Session<'_>) -> PathBuf {
    let root = &session.project.root;
    root.canonicalize().unwrap_or_else(|_| root.clone())
}
