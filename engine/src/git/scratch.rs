//! A repository of our own, for as long as objects of another are looked at.

use std::path::{Path, PathBuf};

use super::GitError;

/// A folder below the cache that is gone when dropped.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Makes the folder.
    pub(super) fn new(cache: &Path) -> Result<Self, GitError> {
        let parent = cache.join("git");
        pkg_fs::create_directory_all(&parent, 0o755)?;
        let path = parent.join(pkg_fs::unique_name());
        pkg_fs::create_directory(&path, 0o700)?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed lies in the cache, which may be deleted at any time.
        drop(pkg_fs::remove_tree(&self.0));
    }
}
