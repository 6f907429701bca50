//! Epochs: what an install writes belongs to one until a single sync of the file system has brought it to the disk.
//!
//! A file per epoch is brought to the disk before anything else of it is written; its name holds the id of this run
//! of the kernel, its time says since when. A process that dies leaves its epoch open, which does not matter while the
//! same kernel runs: what was written is in its cache. After a loss of power the epoch is one of another boot, and
//! everything written since its time is read once before it is believed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use pkg_fs::{
    BootId, FileKind, FileLock, FsError, Lock, LockMode, LockOptions, boot_id, list_directory,
    remove_file_if_exists, remove_tree, stat_link_if_exists, sync_filesystem, unique_name,
    write_atomic,
};

use crate::error::StoreError;

/// How far clocks may have been set back inside one epoch, in seconds.
const CLOCK_MARGIN: i64 = 3600;
/// Tries after which other processes that remove each new epoch are given up on.
const TRIES: usize = 16;
/// Stands in for the boot id where the system has none; then every open epoch is one to doubt.
const UNKNOWN_BOOT: &str = "unknown";

/// An epoch that this process writes in.
#[derive(Debug)]
pub(crate) struct Epoch {
    path: PathBuf,
    /// Held while the process lives, so that others can tell an epoch left behind; `None` without locks.
    _lock: Option<FileLock>,
}

impl Epoch {
    /// Opens an epoch in the folder of epochs.
    pub(crate) fn begin(epochs: &Path) -> Result<Self, StoreError> {
        for _ in 0..TRIES {
            let path = epochs.join(format!("{}.{}", current_boot(), unique_name()));
            match try_lock(&path)? {
                Lock::Held(lock) => {
                    lock.sync()?;
                    return Ok(Self {
                        path,
                        _lock: Some(lock),
                    });
                }
                // Another process took the new file for one left behind, and will remove it.
                Lock::Busy => {}
                Lock::Unsupported => {
                    write_atomic(&path, b"", 0o644)?;
                    return Ok(Self { path, _lock: None });
                }
            }
        }
        let reason = "has an epoch that cannot be locked";
        Err(StoreError::Lock {
            path: epochs.to_path_buf(),
            reason,
        })
    }
}

/// Brings all that was written to the disk, and closes this process's epoch and those that killed processes of this
/// boot have left: the sync covered them too. Their temporary files go with them.
///
/// Without any of them, this is one look into the folder of epochs.
pub(crate) fn seal(own: Option<&Epoch>, epochs: &Path, temporary: &Path) -> Result<(), FsError> {
    if own.is_none() && list_epochs(epochs)?.is_empty() {
        return Ok(());
    }
    // What is listed before the epochs are belongs to one of them, or to one that is closed.
    let leftovers = list_directory(temporary)?;
    let (ours, others): (Vec<_>, Vec<_>) = list_epochs(epochs)?
        .into_iter()
        .map(|epoch| (epochs.join(&epoch.name), epoch.boot == current_boot()))
        .partition(|(path, _)| own.is_some_and(|own| own.path == *path));
    // They stay locked until they are gone: to others somebody is at work on them.
    let left_behind: Vec<(&PathBuf, FileLock)> = others
        .iter()
        .filter(|(_, is_this_boot)| *is_this_boot)
        .filter_map(|(path, _)| Some((path, lock_left_behind(path)?)))
        .collect();
    if own.is_none() && left_behind.is_empty() {
        return Ok(());
    }
    sync_filesystem(epochs)?;
    let is_alone = left_behind.len() == others.len();
    for (name, kind) in leftovers {
        if !is_alone {
            continue;
        }
        match kind {
            FileKind::File => drop(remove_file_if_exists(&temporary.join(name))?),
            // A slot of the shared virtual store that was being built.
            FileKind::Directory => remove_tree(&temporary.join(name))?,
            FileKind::Symlink
            | FileKind::Fifo
            | FileKind::Socket
            | FileKind::Device
            | FileKind::Unknown => {}
        }
    }
    // Last: whoever is killed before leaves it to the next.
    let ours = ours.iter().map(|(path, _)| path);
    for path in ours.chain(left_behind.iter().map(|(path, _)| *path)) {
        remove_file_if_exists(path)?;
    }
    Ok(())
}

/// Since when, in seconds, nothing can be believed unread, and the epochs that say so; `None` in the common case.
pub(crate) fn find_doubt(epochs: &Path) -> Result<Option<Doubt>, FsError> {
    let mut doubt: Option<Doubt> = None;
    for epoch in list_epochs(epochs)? {
        let path = epochs.join(&epoch.name);
        let boot = current_boot();
        let is_known = epoch.boot == boot && boot != UNKNOWN_BOOT;
        if is_known || (epoch.boot == boot && !is_left_behind(&path)) {
            continue;
        }
        let Some(stat) = stat_link_if_exists(&path)? else {
            continue;
        };
        let since = stat.mtime_seconds.saturating_sub(CLOCK_MARGIN);
        let doubt = doubt.get_or_insert_with(|| Doubt {
            since,
            epochs: Vec::new(),
        });
        doubt.since = doubt.since.min(since);
        doubt.epochs.push(path);
    }
    Ok(doubt)
}

/// What was written since a time may not have reached the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doubt {
    pub(crate) since: i64,
    pub(crate) epochs: Vec<PathBuf>,
}

struct OpenEpoch {
    name: String,
    boot: String,
}

fn list_epochs(epochs: &Path) -> Result<Vec<OpenEpoch>, FsError> {
    let listed = match list_directory(epochs) {
        Ok(listed) => listed,
        Err(error) if error.is_not_found() => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let names = listed
        .into_iter()
        .filter_map(|(name, _)| name.into_string().ok());
    let epochs = names.filter_map(|name| {
        let (boot, _) = name.split_once('.')?;
        // Temporary files of an epoch that is just being opened begin with a dot.
        let boot = BootId::parse(boot)?.as_str().to_owned();
        Some(OpenEpoch { name, boot })
    });
    Ok(epochs.collect())
}

/// Whether there is an epoch of this run of the kernel at which no process is at work.
pub(crate) fn is_any_left_behind(epochs: &Path) -> Result<bool, FsError> {
    let boot = current_boot();
    let mut of_boot = list_epochs(epochs)?.into_iter();
    Ok(of_boot.any(|epoch| epoch.boot == boot && is_left_behind(&epochs.join(&epoch.name))))
}

/// Whether the process of an epoch is dead; where that cannot be known it counts as alive.
fn is_left_behind(path: &Path) -> bool {
    lock_left_behind(path).is_some()
}

/// Locks an epoch whose process is dead.
fn lock_left_behind(path: &Path) -> Option<FileLock> {
    if !path.exists() {
        return None;
    }
    match try_lock(path) {
        Ok(Lock::Held(lock)) => Some(lock),
        Ok(Lock::Busy | Lock::Unsupported) | Err(_) => None,
    }
}

fn try_lock(path: &Path) -> Result<Lock, FsError> {
    let options = LockOptions {
        patience: Duration::ZERO,
        on_wait: &|_| false,
    };
    FileLock::acquire(path, LockMode::Exclusive, &options)
}

fn current_boot() -> String {
    boot_id().map_or_else(|| UNKNOWN_BOOT.to_owned(), |id| id.as_str().to_owned())
}
