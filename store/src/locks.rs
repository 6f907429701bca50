//! Who may use the store at the same time: installs share it, cleaning it needs it alone.

use pkg_fs::{FileLock, Lock, LockMode, LockOptions, create_directory_all};

use crate::error::StoreError;
use crate::store::Store;

/// Keeps others from cleaning the store, or from using it, until it is dropped.
#[derive(Debug)]
#[must_use = "the store is only locked while this is kept"]
pub struct StoreLock {
    /// `None` where locks cannot be had and are not needed: what is published needs none.
    _lock: Option<FileLock>,
}

impl Store {
    /// Shares the store with other installs, for as long as packages of it are looked up and linked.
    ///
    /// What an earlier loss of power has left in doubt is read now, once. A file system without locks is no error
    /// here: it only means that nobody can clean this store.
    ///
    /// # Errors
    /// [`StoreError::Lock`] when somebody cleans it and `wait` gives up; and when the file system refuses.
    pub fn lock_shared(&self, wait: &LockOptions<'_>) -> Result<StoreLock, StoreError> {
        let lock = match self.acquire(LockMode::Shared, wait) {
            Ok(Lock::Held(lock)) => StoreLock { _lock: Some(lock) },
            Ok(Lock::Unsupported) => StoreLock { _lock: None },
            Ok(Lock::Busy) => return Err(self.lock_error("is being cleaned by another process")),
            // Whoever cannot write to the store cannot be told from one on a read-only file system.
            Err(StoreError::Fs(error)) if error.is_read_only() => StoreLock { _lock: None },
            Err(error) => return Err(error),
        };
        self.settle()?;
        Ok(lock)
    }

    /// Takes the store for this process alone.
    ///
    /// # Errors
    /// [`StoreError::Lock`] when others use it and `wait` gives up, or the file system has no locks; and when the
    /// file system refuses.
    pub fn lock_exclusive(&self, wait: &LockOptions<'_>) -> Result<StoreLock, StoreError> {
        match self.acquire(LockMode::Exclusive, wait)? {
            Lock::Held(lock) => Ok(StoreLock { _lock: Some(lock) }),
            Lock::Busy => Err(self.lock_error("is in use by another process")),
            Lock::Unsupported => Err(self.lock_error("is on a file system without locks")),
        }
    }

    fn acquire(&self, mode: LockMode, wait: &LockOptions<'_>) -> Result<Lock, StoreError> {
        create_directory_all(self.layout.base(), 0o755)?;
        Ok(FileLock::acquire(&self.layout.lock_path(), mode, wait)?)
    }

    fn lock_error(&self, reason: &'static str) -> StoreError {
        StoreError::Lock {
            path: self.root().to_path_buf(),
            reason,
        }
    }
}
