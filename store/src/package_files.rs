//! A package as the store knows it: which files make it, and what installing it involves.

use pkg_manifest::{Digest, Integrity, PackageName, RelativePath, Version};

use crate::contents::ContentId;
use crate::error::StoreError;
use crate::expected::{Expected, check_identity};

/// The files of one package and the facts about it that linking needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageFiles {
    /// SHA-512 of the tarball, or of the list of files where there was none: the name of the index.
    pub integrity: Integrity,
    /// The name by its own `package.json`; `None` when it has none, or one that no package can be asked for by.
    pub name: Option<PackageName>,
    /// The version by its own `package.json`, if it has one.
    pub version: Option<Version>,
    /// The files, sorted by the bytes of their paths.
    pub files: Vec<StoredFile>,
    /// The folders that the files lie in, parents first; the package's own is not among them.
    pub directories: Vec<RelativePath>,
    /// The commands, sorted by name. A command's file is executable when it is among `files`; it may be missing when
    /// a script is to make it.
    pub bins: Vec<StoredBin>,
    /// SHA-256 of the scripts that installing would run, when there are any.
    pub install_scripts: Option<Digest>,
}

/// One file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Where it lies in the package.
    pub path: RelativePath,
    /// Whether its mode is 0755 and not 0644.
    pub executable: bool,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub digest: Digest,
}

/// One command of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBin {
    /// A single component without control characters, at most 255 bytes.
    pub name: String,
    /// The file to run.
    pub path: RelativePath,
}

impl PackageFiles {
    /// Whether installing the package would run scripts of its own, also by `binding.gyp` alone.
    pub fn has_install_scripts(&self) -> bool {
        self.install_scripts.is_some()
    }

    /// Bytes of all files.
    pub fn unpacked_size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// Finds a file by its path.
    pub fn file(&self, path: &str) -> Option<&StoredFile> {
        let found = self
            .files
            .binary_search_by(|file| file.path.as_str().cmp(path))
            .ok()?;
        Some(&self.files[found])
    }

    /// Compares the package with the one that was asked for: a hash may have been recorded under another's name.
    ///
    /// # Errors
    /// [`StoreError::ManifestMismatch`] when name or version differ.
    pub fn check_identity(&self, expected: &Expected) -> Result<(), StoreError> {
        check_identity(
            expected,
            self.name.as_ref().map(PackageName::as_str),
            self.version.as_ref(),
        )
    }

    pub(crate) fn contents(&self) -> impl Iterator<Item = ContentId> {
        self.files.iter().map(StoredFile::content)
    }
}

impl StoredFile {
    pub(crate) fn content(&self) -> ContentId {
        ContentId {
            digest: self.digest.0,
            size: self.size,
            is_executable: self.executable,
        }
    }
}
