//! `store_prune`: the store without what no project needs.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use pkg_fs::LockOptions;
use pkg_lockfile::Lockfile;
use pkg_manifest::Integrity;
use pkg_store::{Keep, PruneReport, Store, StoreError};

use crate::{Event, Reporter};

/// The most that a lockfile may have, in bytes.
const LOCKFILE_LIMIT: u64 = 256 << 20;

/// What cleaning the store did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorePruneReport {
    /// What is gone, and what is still there.
    pub pruned: PruneReport,
    /// Projects that are no longer there, and were forgotten.
    pub forgotten: Vec<PathBuf>,
    /// Projects without a lockfile that can be read: only the slots that they link were kept for them.
    pub unread: Vec<PathBuf>,
}

/// Removes from the store below `root` what no registered project needs: packages that no lockfile of theirs names, slots
/// of the shared virtual store that none links to, and files that nothing is made of. A project whose folder is gone is
/// forgotten. Waits for installs that use the store.
///
/// # Errors
/// When the store cannot be locked, read or written to.
pub fn store_prune(root: &Path, reporter: &dyn Reporter) -> Result<StorePruneReport, StoreError> {
    let store = Store::open(root)?;
    let wait = LockOptions {
        patience: Duration::from_secs(2),
        on_wait: &|_| {
            reporter.report(Event::Waiting {
                what: "installs use the store".to_owned(),
            });
            true
        },
    };
    // No install ends between this and the end: what lockfiles say is what projects need.
    let lock = store.lock_exclusive(&wait)?;
    let (there, forgotten): (Vec<_>, Vec<_>) = store
        .projects()?
        .into_iter()
        .partition(|project| project.is_dir());
    let mut needed = BTreeSet::new();
    let mut unread = Vec::new();
    for project in &there {
        match lockfile(project) {
            Some(lockfile) => needed.extend(integrities(&store, &lockfile)?),
            None => unread.push(project.clone()),
        }
    }
    let keep = Keep {
        package: &|integrity| needed.contains(integrity),
        project: &|project| !forgotten.iter().any(|gone| gone == project),
    };
    let pruned = store.prune_locked(&keep, &lock)?;
    Ok(StorePruneReport {
        pruned,
        forgotten,
        unread,
    })
}

fn lockfile(project: &Path) -> Option<Lockfile> {
    let path = project.join("pkg.lock");
    let bytes = pkg_fs::read_regular_file(&path, LOCKFILE_LIMIT).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    // One in the middle of a merge still names the packages of both sides.
    Lockfile::parse(&text)
        .or_else(|_| Lockfile::merge_conflicts(&text))
        .ok()
}

/// The hashes that the indexes of a lockfile's packages are named by.
fn integrities(store: &Store, lockfile: &Lockfile) -> Result<Vec<Integrity>, StoreError> {
    let mut found = Vec::new();
    for package in lockfile.packages.values() {
        if let Some(integrity) = package.resolution.integrity()
            && let Some(files) = store.get(integrity)?
        {
            found.push(files.integrity);
        }
    }
    Ok(found)
}
