//! Names that nobody else uses or can guess.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::remove::{remove_file_if_exists, remove_tree};

static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
static COUNTER: AtomicU64 = AtomicU64::new(0);
/// Where this process has made something that was to get another name.
static MADE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Tries after which a folder full of our own temporary names is given up.
pub(crate) const TRIES: usize = 16;

/// Gives sixteen hexadecimal digits that nobody else has and that cannot be guessed.
pub fn unique_name() -> String {
    let mut hasher = KEYS.build_hasher();
    hasher.write_u64(COUNTER.fetch_add(1, Ordering::Relaxed));
    hasher.write_u32(std::process::id());
    format!("{:016x}", hasher.finish())
}

/// Makes something at a name of [`unique_name`] that is to be renamed or removed soon: until then,
/// [`remove_temporaries`] removes it.
pub fn make_temporary<T>(path: PathBuf, make: impl FnOnce(&Path) -> T) -> T {
    // It is held while the thing is made, so that nothing is made once everything is being removed.
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let result = make(&path);
    made.push(path);
    result
}

/// Removes what this process has made for a moment and not renamed yet. From then on it makes no more: a thread that
/// wants to waits for the end of the process, which the caller is to bring about.
pub fn remove_temporaries() {
    let made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    for path in made.iter() {
        // Most have their final name by now. What resists, the next run removes.
        if remove_file_if_exists(path).is_err() {
            remove_tree(path).unwrap_or_default();
        }
    }
    std::mem::forget(made);
}

/// Gives a new name, short enough for every file system; it is only free once it was created exclusively.
pub(crate) fn temporary_name() -> String {
    format!(".pkg-{}.tmp", unique_name())
}

/// Gives the path of a new name in `folder`.
pub(crate) fn temporary_path(folder: &Path) -> PathBuf {
    folder.join(temporary_name())
}

/// The folder that holds `path`; the current one for a bare name.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
