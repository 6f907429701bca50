//! Names that nobody else uses or can guess.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

static KEYS: LazyLock<RandomState> = LazyLock::new(RandomState::new);
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Tries after which a folder full of our own temporary names is given up.
pub(crate) const TRIES: usize = 16;

/// Gives sixteen hexadecimal digits that nobody else has and that cannot be guessed.
pub fn unique_name() -> String {
    let mut hasher = KEYS.build_hasher();
    hasher.write_u64(COUNTER.fetch_add(1, Ordering::Relaxed));
    hasher.write_u32(std::process::id());
    format!("{:016x}", hasher.finish())
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
