//! Which package folders of the project hold what their scripts made: written after the scripts, and only then.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use pkg_fs::FsError;
use pkg_manifest::RelativePath;

/// The most that it may have, in bytes.
const LIMIT: u64 = 64 << 20;

/// By folder the key of what stands in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BuildRecord {
    pub(crate) built: BTreeMap<RelativePath, String>,
}

impl BuildRecord {
    fn path(root: &Path) -> PathBuf {
        root.join("node_modules/.pkg/builds")
    }

    /// Reads it; what cannot be read says that nothing is built.
    pub(crate) fn read(root: &Path) -> Result<Self, FsError> {
        let bytes = pkg_fs::read_regular_file_if_exists(&Self::path(root), LIMIT)?;
        let entries: Option<BTreeMap<String, String>> =
            bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let parsed = entries
            .into_iter()
            .flatten()
            .filter_map(|(path, key)| Some((path.parse().ok()?, key)));
        Ok(Self {
            built: parsed.collect(),
        })
    }

    /// Writes it; one that says nothing is no file.
    pub(crate) fn write(&self, root: &Path) -> Result<(), FsError> {
        let path = Self::path(root);
        if self.built.is_empty() {
            return pkg_fs::remove_file_if_exists(&path).map(drop);
        }
        let entries: BTreeMap<&str, &String> = self
            .built
            .iter()
            .map(|(path, key)| (path.as_str(), key))
            .collect();
        let text = serde_json::json!(entries).to_string();
        pkg_fs::write_atomic_unsynced(&path, text.as_bytes(), 0o644)
    }
}
