//! `store_prune`: the store without what no project needs.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use miette::Diagnostic;
use pkg_fs::{DisplayPath, FileKind, FsError, LockOptions};
use pkg_lockfile::{Lockfile, LockfileError};
use pkg_manifest::Integrity;
use pkg_store::{Keep, PruneReport, Pruning, Store, StoreError};
use thiserror::Error;

use crate::{Event, Reporter};

/// The most that a lockfile may have, in bytes.
const LOCKFILE_LIMIT: u64 = 256 << 20;

/// What cleaning the store is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorePruneOptions {
    /// Remove nothing, but count.
    pub dry_run: bool,
    /// Forget the projects whose folders are not there, even those on disks that may only be out of reach.
    pub forget_missing: bool,
}

/// What cleaning the store did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorePruneReport {
    /// What is gone, and what is still there.
    pub pruned: PruneReport,
    /// Projects that are no longer there, and were forgotten.
    pub forgotten: Vec<PathBuf>,
    /// Projects that are not there now, but were on another disk than the store: all that they need was kept.
    pub away: Vec<PathBuf>,
}

/// Why the store was not cleaned: nothing was removed.
#[derive(Debug, Error, Diagnostic)]
pub enum StorePruneError {
    /// The store cannot be locked, read or written to.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Store(#[from] StoreError),
    /// It cannot be told what a project needs.
    #[error(
        "it cannot be told what `{}` needs: nothing was removed",
        DisplayPath(project)
    )]
    #[diagnostic(
        code(ERR_PKG_STORE_PRUNE_UNREAD),
        help("mend it or delete its pkg.lock, then run `pkg store prune` again")
    )]
    Unread {
        /// The folder of the project.
        project: PathBuf,
        /// What is in the way.
        #[source]
        source: UnreadProject,
    },
}

/// What keeps a project from being read.
#[derive(Debug, Error)]
pub enum UnreadProject {
    /// The system does.
    #[error(transparent)]
    File(#[from] FsError),
    /// Its lockfile does.
    #[error("its pkg.lock is damaged: {0}")]
    Lockfile(LockfileError),
    /// Its lockfile is no text.
    #[error("its pkg.lock is not UTF-8")]
    NotText,
}

/// What is known of a project.
enum Standing {
    /// It is there, and has this lockfile, if any.
    Here(Option<Box<Lockfile>>),
    /// It is not there, but may come back.
    Away,
    /// It is not there any more.
    Gone,
}

/// Removes from the store below `root` what no registered project needs: packages that no lockfile of theirs names, slots
/// of the shared virtual store that none links to, and files that nothing is made of. A project whose folder is gone is
/// forgotten, unless it was on another disk, which may not be there now. Waits for installs that use the store.
///
/// # Errors
/// When the store cannot be locked, read or written to, or a project that is there cannot be read: nothing is then
/// removed.
pub fn store_prune(
    root: &Path,
    options: StorePruneOptions,
    reporter: &dyn Reporter,
) -> Result<StorePruneReport, StorePruneError> {
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
    let mut needed = BTreeSet::new();
    let (mut forgotten, mut away) = (Vec::new(), Vec::new());
    for project in store.projects()? {
        match standing(&store, &project, options)? {
            Standing::Here(lockfile) => {
                let packages = lockfile.iter().flat_map(|found| found.packages.values());
                for package in packages {
                    needed.extend(index_of(&store, package.resolution.integrity())?);
                }
            }
            Standing::Away => away.push(project),
            Standing::Gone => forgotten.push(project),
        }
    }
    let keep = Keep {
        package: &|integrity| needed.contains(integrity),
        project: &|project| !forgotten.iter().any(|gone| gone == project),
    };
    let pruning = if options.dry_run {
        Pruning::Count
    } else {
        Pruning::Remove
    };
    let pruned = store.prune_locked(&keep, pruning, &lock)?;
    Ok(StorePruneReport {
        pruned,
        forgotten,
        away,
    })
}

fn standing(
    store: &Store,
    project: &Path,
    options: StorePruneOptions,
) -> Result<Standing, StorePruneError> {
    let unread = |source: UnreadProject| StorePruneError::Unread {
        project: project.to_path_buf(),
        source,
    };
    let found = pkg_fs::stat_if_exists(project).map_err(|error| unread(error.into()))?;
    if found.is_some_and(|found| found.kind == FileKind::Directory) {
        return Ok(Standing::Here(lockfile(project).map_err(unread)?));
    }
    if !options.forget_missing && store.has_noted_needs(project)? {
        return Ok(Standing::Away);
    }
    Ok(Standing::Gone)
}

fn lockfile(project: &Path) -> Result<Option<Box<Lockfile>>, UnreadProject> {
    let path = project.join("pkg.lock");
    let Some(bytes) = pkg_fs::read_regular_file_if_exists(&path, LOCKFILE_LIMIT)? else {
        return Ok(None);
    };
    let text = String::from_utf8(bytes).map_err(|_| UnreadProject::NotText)?;
    // One in the middle of a merge still names the packages of both sides.
    let lockfile = match Lockfile::parse(&text) {
        Err(LockfileError::Conflict { .. }) => Lockfile::merge_conflicts(&text),
        parsed => parsed,
    };
    let lockfile = lockfile.map_err(UnreadProject::Lockfile)?;
    Ok(Some(Box::new(lockfile)))
}

/// The hash that the index of a package is named by, if the store has it.
fn index_of(store: &Store, integrity: Option<&Integrity>) -> Result<Option<Integrity>, StoreError> {
    let Some(integrity) = integrity else {
        return Ok(None);
    };
    Ok(store.get(integrity)?.map(|files| files.integrity))
}
