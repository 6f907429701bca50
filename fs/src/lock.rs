//! Locks that the kernel holds and drops with the process; a file left behind means nothing.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::error::{At, FsError};
use crate::gate::{changing, creating};
use crate::stat::Stat;
use crate::temporary::parent;
use crate::write::{sync_directory, write_all};

/// Who else may hold the lock at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    /// Others that also share it.
    Shared,
    /// Nobody.
    Exclusive,
}

/// What is told about a lock that is not free.
#[derive(Debug)]
pub struct LockWait<'a> {
    /// The file that is locked.
    pub path: &'a Path,
    /// The process id that the exclusive holder wrote into it: for people only, it may be out of date.
    pub owner: Option<u32>,
}

/// How to wait for a lock.
pub struct LockOptions<'a> {
    /// How long to wait before `on_wait` is called.
    pub patience: Duration,
    /// Called once when the lock is still not free after `patience`; `false` gives up.
    pub on_wait: &'a dyn Fn(&LockWait<'_>) -> bool,
}

/// The outcome of asking for a lock.
#[derive(Debug)]
pub enum Lock {
    /// The lock is held until this is dropped.
    Held(FileLock),
    /// Someone else holds it, and the caller did not want to wait longer.
    Busy,
    /// The file system has no locks: whoever depends on being alone must not go on; whoever does not, may.
    Unsupported,
}

/// A lock that is held until it is dropped or the process ends.
#[derive(Debug)]
pub struct FileLock {
    file: File,
    path: PathBuf,
}

/// Rounds after which a lock file that is deleted again and again is given up.
const ROUNDS: usize = 100;

impl FileLock {
    /// Takes a lock on the file at `path`, which is created when missing.
    ///
    /// It is opened for reading and writing, as network file systems need it for exclusive locks; for a shared lock
    /// on a read-only file system reading is enough. When the file was deleted or replaced while we waited, the new
    /// one is locked instead.
    ///
    /// # Errors
    /// When the file cannot be opened or created.
    pub fn acquire(
        path: &Path,
        mode: LockMode,
        options: &LockOptions<'_>,
    ) -> Result<Lock, FsError> {
        for _ in 0..ROUNDS {
            let file = open(path, mode)?;
            match wait(&file, path, mode, options)? {
                Waited::Acquired => {}
                Waited::Busy => return Ok(Lock::Busy),
                Waited::Unsupported => return Ok(Lock::Unsupported),
            }
            if is_still_there(&file, path)? {
                let mut lock = Self {
                    file,
                    path: path.to_path_buf(),
                };
                if mode == LockMode::Exclusive {
                    lock.write_owner();
                }
                return Ok(Lock::Held(lock));
            }
        }
        Err(FsError::new("lock", path, Errno::STALE))
    }

    /// The file that is locked.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Brings the file and its name to the disk.
    ///
    /// # Errors
    /// When the disk reports that it could not write.
    pub fn sync(&self) -> Result<(), FsError> {
        changing(|| self.file.sync_all()).at("write to disk", &self.path)?;
        sync_directory(parent(&self.path))
    }

    /// Only people read it: a full disk is no reason not to hold the lock.
    fn write_owner(&mut self) {
        let owner = format!("{}\n", std::process::id());
        self.file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)))
            .and_then(|_| write_all(&self.file, owner.as_bytes()))
            .ok();
    }
}

fn open(path: &Path, mode: LockMode) -> Result<File, FsError> {
    let common = OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let access = Mode::from_raw_mode(0o644);
    match creating(|| rustix::fs::open(path, common | OFlags::RDWR | OFlags::CREATE, access)) {
        Ok(file) => Ok(file.into()),
        Err(Errno::ROFS | Errno::ACCESS) if mode == LockMode::Shared => {
            let file = rustix::fs::open(path, common | OFlags::RDONLY, access);
            file.map(File::from).at("open the lock", path)
        }
        Err(errno) => Err(errno).at("open the lock", path),
    }
}

enum Waited {
    Acquired,
    Busy,
    Unsupported,
}

fn wait(
    file: &File,
    path: &Path,
    mode: LockMode,
    options: &LockOptions<'_>,
) -> Result<Waited, FsError> {
    let (at_once, blocking) = match mode {
        LockMode::Shared => (
            FlockOperation::NonBlockingLockShared,
            FlockOperation::LockShared,
        ),
        LockMode::Exclusive => (
            FlockOperation::NonBlockingLockExclusive,
            FlockOperation::LockExclusive,
        ),
    };
    let started = Instant::now();
    let mut pause = Duration::from_millis(1);
    let mut operation = at_once;
    loop {
        match rustix::fs::flock(file, operation) {
            Ok(()) => return Ok(Waited::Acquired),
            Err(Errno::WOULDBLOCK) => {}
            Err(Errno::INTR) => continue,
            Err(errno) if is_unsupported(errno) => return Ok(Waited::Unsupported),
            Err(errno) => return Err(errno).at("lock", path),
        }
        let left = options.patience.saturating_sub(started.elapsed());
        if left.is_zero() {
            let waiting = LockWait {
                path,
                owner: read_owner(path),
            };
            if !(options.on_wait)(&waiting) {
                return Ok(Waited::Busy);
            }
            operation = blocking;
        } else {
            std::thread::sleep(pause.min(left));
            pause = (pause * 2).min(Duration::from_millis(50));
        }
    }
}

fn is_unsupported(errno: Errno) -> bool {
    /// What NFS clients of some kernels say; it never was meant to leave the kernel and has no name outside it.
    const ENOTSUPP: i32 = 524;
    [Errno::NOSYS, Errno::OPNOTSUPP, Errno::NOLCK, Errno::INVAL].contains(&errno)
        || errno.raw_os_error() == ENOTSUPP
}

fn read_owner(path: &Path) -> Option<u32> {
    let mut text = String::new();
    let file = open(path, LockMode::Shared).ok()?;
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim_end().parse().ok()
}

/// Whether the path still leads to the file that is locked: another process may have deleted or replaced it.
fn is_still_there(file: &File, path: &Path) -> Result<bool, FsError> {
    let ours = Stat::from(rustix::fs::fstat(file).at("look at", path)?);
    let there = crate::stat::stat_link_if_exists(path)?;
    Ok(there.is_some_and(|stat| (stat.device, stat.inode) == (ours.device, ours.inode)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::sync::mpsc;

    fn try_lock(path: &Path, mode: LockMode) -> Lock {
        let options = LockOptions {
            patience: Duration::ZERO,
            on_wait: &|_| false,
        };
        FileLock::acquire(path, mode, &options).unwrap()
    }

    #[test]
    fn readers_share_and_a_writer_is_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let one = try_lock(&path, LockMode::Shared);
        let two = try_lock(&path, LockMode::Shared);
        assert!(matches!((&one, &two), (Lock::Held(_), Lock::Held(_))));
        assert!(matches!(try_lock(&path, LockMode::Exclusive), Lock::Busy));
        drop((one, two));
        let alone = try_lock(&path, LockMode::Exclusive);
        assert!(matches!(alone, Lock::Held(_)));
        assert!(matches!(try_lock(&path, LockMode::Shared), Lock::Busy));
    }

    #[test]
    fn the_waiter_is_told_whom_it_waits_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = try_lock(&path, LockMode::Exclusive);
        let told = Cell::new(None);
        let on_wait = |wait: &LockWait<'_>| {
            told.set(wait.owner);
            false
        };
        let options = LockOptions {
            patience: Duration::ZERO,
            on_wait: &on_wait,
        };
        let lock = FileLock::acquire(&path, LockMode::Exclusive, &options).unwrap();
        assert!(matches!(lock, Lock::Busy));
        assert_eq!(told.get(), Some(std::process::id()));
        drop(held);
    }

    #[test]
    fn a_waiter_goes_on_when_the_lock_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = try_lock(&path, LockMode::Exclusive);
        let (waiting, told) = mpsc::channel();
        std::thread::scope(|scope| {
            let path = &path;
            let waiter = scope.spawn(move || {
                let on_wait = |_: &LockWait<'_>| waiting.send(()).is_ok();
                let options = LockOptions {
                    patience: Duration::ZERO,
                    on_wait: &on_wait,
                };
                FileLock::acquire(path, LockMode::Exclusive, &options).unwrap()
            });
            told.recv().unwrap();
            drop(held);
            assert!(matches!(waiter.join().unwrap(), Lock::Held(_)));
        });
    }

    #[test]
    fn a_lock_file_deleted_while_waiting_is_made_and_locked_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = Cell::new(Some(try_lock(&path, LockMode::Exclusive)));
        let on_wait = |_: &LockWait<'_>| {
            crate::remove_file(&path).unwrap();
            drop(held.take());
            true
        };
        let options = LockOptions {
            patience: Duration::ZERO,
            on_wait: &on_wait,
        };
        let lock = FileLock::acquire(&path, LockMode::Exclusive, &options).unwrap();
        assert!(matches!(lock, Lock::Held(_)));
        assert!(matches!(try_lock(&path, LockMode::Exclusive), Lock::Busy));
    }

    #[test]
    fn a_link_in_place_of_the_lock_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (path, canary) = (folder.path().join("lock"), folder.path().join("canary"));
        crate::create_symlink(&canary, &path).unwrap();
        let options = LockOptions {
            patience: Duration::ZERO,
            on_wait: &|_| false,
        };
        let error = FileLock::acquire(&path, LockMode::Exclusive, &options).unwrap_err();
        assert_eq!(error.kind(), crate::FsErrorKind::Link);
        assert!(!canary.exists());
    }
}
