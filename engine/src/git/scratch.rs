//! A repository of our own, for as long as objects of another are looked at.
//!
//! Beside the folder stands a lock that the kernel drops with its process: a folder whose lock is free was left by one that was
//! killed, and the next one that makes such a folder takes it away.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use pkg_fs::{FileKind, FileLock, FsError, Lock, LockMode, LockOptions};

use super::GitError;

/// How the lock of a folder ends.
const LOCK: &str = ".lock";
/// Digits of the name of a folder.
const DIGITS: usize = 16;
/// How old, in seconds, a folder without a lock must be to be nobody's: so it is where a file system has no locks.
const STALE: i64 = 24 * 60 * 60;

/// A folder below the cache that is gone when dropped.
pub(crate) struct Scratch {
    path: PathBuf,
    lock: Option<FileLock>,
}

impl Scratch {
    /// Makes the folder, and removes those of killed processes.
    pub(crate) fn new(cache: &Path, now: i64) -> Result<Self, GitError> {
        let parent = cache.join("git");
        pkg_fs::create_directory_all(&parent, 0o755)?;
        sweep(&parent, now);
        let name = pkg_fs::unique_name();
        let lock = match lock(&parent.join(format!("{name}{LOCK}")))? {
            Lock::Held(lock) => Some(lock),
            Lock::Busy | Lock::Unsupported => None,
        };
        let path = parent.join(name);
        pkg_fs::make_temporary(path.clone(), |path| pkg_fs::create_directory(path, 0o700))?;
        Ok(Self { path, lock })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now, the next one removes.
        pkg_fs::remove_tree(&self.path).unwrap_or_default();
        if let Some(lock) = &self.lock {
            drop(pkg_fs::remove_file_if_exists(lock.path()));
        }
    }
}

fn lock(path: &Path) -> Result<Lock, FsError> {
    let at_once = LockOptions {
        patience: Duration::ZERO,
        on_wait: &|_| false,
    };
    FileLock::acquire(path, LockMode::Exclusive, &at_once)
}

/// Removes what killed processes have left. What resists is in nobody's way.
fn sweep(parent: &Path, now: i64) {
    for (name, kind) in pkg_fs::list_directory(parent).unwrap_or_default() {
        let Some(name) = name.to_str() else { continue };
        match kind {
            FileKind::File => {
                let folder = name.strip_suffix(LOCK).filter(|name| is_ours(name));
                if let Some(folder) = folder {
                    sweep_locked(&parent.join(name), &parent.join(folder));
                }
            }
            FileKind::Directory if is_ours(name) => {
                sweep_unlocked(parent, name, now);
            }
            FileKind::Directory
            | FileKind::Symlink
            | FileKind::Fifo
            | FileKind::Socket
            | FileKind::Device
            | FileKind::Unknown => {}
        }
    }
}

fn is_ours(name: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    name.len() == DIGITS && name.bytes().all(is_digit)
}

/// Removes a folder whose process is gone: nobody else can have its lock meanwhile.
fn sweep_locked(path: &Path, folder: &Path) {
    if let Ok(Lock::Held(held)) = lock(path)
        && pkg_fs::remove_tree(folder).is_ok()
    {
        drop(pkg_fs::remove_file_if_exists(held.path()));
    }
}

fn sweep_unlocked(parent: &Path, name: &str, now: i64) {
    let folder = parent.join(name);
    let has_lock = || {
        let lock = parent.join(format!("{name}{LOCK}"));
        !matches!(pkg_fs::stat_link_if_exists(&lock), Ok(None))
    };
    let is_old = || {
        let stat = pkg_fs::stat_link_if_exists(&folder);
        stat.ok()
            .flatten()
            .is_some_and(|stat| stat.mtime_seconds.saturating_add(STALE) < now)
    };
    if is_old() && !has_lock() {
        pkg_fs::remove_tree(&folder).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_removed_and_nothing_else() {
        let cache = tempfile::tempdir().unwrap();
        let parent = cache.path().join("git");
        let at_work = Scratch::new(cache.path(), 0).unwrap();
        pkg_fs::write_new(&at_work.path().join("HEAD"), b"x", 0o644).unwrap();
        let left = parent.join("0123456789abcdef");
        let foreign = parent.join("somebody's");
        for folder in [&left, &foreign] {
            std::fs::create_dir_all(folder.join("objects")).unwrap();
        }
        pkg_fs::write_new(&parent.join("0123456789abcdef.lock"), b"1\n", 0o644).unwrap();
        let unlocked = parent.join("fedcba9876543210");
        std::fs::create_dir(&unlocked).unwrap();

        let next = Scratch::new(cache.path(), 0).unwrap();
        assert!(!left.exists());
        assert!(!parent.join("0123456789abcdef.lock").exists());
        assert!(at_work.path().join("HEAD").exists());
        assert!(foreign.exists() && unlocked.exists());
        drop(Scratch::new(cache.path(), i64::MAX).unwrap());
        assert!(!unlocked.exists());

        let places = [at_work.path().to_path_buf(), next.path().to_path_buf()];
        drop((at_work, next));
        assert!(places.iter().all(|place| !place.exists()));
        assert_eq!(pkg_fs::list_directory(&parent).unwrap().len(), 1);
    }
}
