//! Importing a folder: what `file:` and git packages are made of.

use std::path::{Path, PathBuf};

use pkg_fs::{DisplayPath, FileKind, Folder, FsError, list_directory, stat};
use pkg_manifest::Algorithm;
use sha2::{Digest as _, Sha256, Sha512};

use crate::archive::{ArchiveError, FileMap};
use crate::error::StoreError;
use crate::expected::Expected;
use crate::hashes::integrity;
use crate::import::Imported;
use crate::index_name::IndexName;
use crate::limits::{MAX_DEPTH, MAX_ENTRIES, MAX_FILE, MAX_UNPACKED};
use crate::store::Store;

/// Folders that are never part of a package, wherever they are.
const LEFT_OUT: [&str; 2] = ["node_modules", ".git"];

impl Store {
    /// Puts the files of a folder into the store, as a package named by the hash of all its paths and contents.
    ///
    /// `node_modules` and `.git` are left out. A symbolic link to a file inside the folder counts as that file; any
    /// other link, and anything that is no file or folder, is refused.
    ///
    /// # Errors
    /// [`StoreError::Directory`] for what cannot be part of a package, [`StoreError::ManifestMismatch`] when it is
    /// not the expected one; and when the file system refuses.
    pub fn import_directory(
        &self,
        directory: &Path,
        expected: &Expected,
    ) -> Result<Imported, StoreError> {
        self.import_collected(&Collected::read(directory, expected)?, expected)
    }

    /// Puts files into the store, as a package that is named as a folder with these files is.
    ///
    /// # Errors
    /// [`StoreError::Integrity`] when the package is not the expected one; and as for a tarball, whose entries are
    /// walked in the same way.
    pub fn import_files(
        &self,
        mut files: Vec<SourceFile>,
        expected: &Expected,
    ) -> Result<Imported, StoreError> {
        files.sort_by(|left, right| left.path.cmp(&right.path));
        let collected = Collected {
            sha512: hash_tree(&files),
            label: expected.label(),
            files,
        };
        self.import_collected(&collected, expected)
    }

    fn import_collected(
        &self,
        collected: &Collected,
        expected: &Expected,
    ) -> Result<Imported, StoreError> {
        let sha512 = &collected.sha512;
        let map = collected.map()?;
        let named = integrity(Algorithm::Sha512, sha512);
        if let Some(wanted) = expected
            .integrity
            .as_ref()
            .filter(|wanted| **wanted != named)
        {
            return Err(StoreError::Integrity {
                package: collected.label.clone(),
                expected: wanted.to_string(),
                actual: named.to_string(),
            });
        }
        let imported = self.import_map(&map, expected, &named, &mut |writer| {
            writer.write_all(&map, &|bytes| bytes)
        })?;
        self.publish(&imported.files, &IndexName::new(Algorithm::Sha512, sha512))?;
        Ok(imported)
    }
}

/// The files of a folder, as the package that it is.
pub(crate) struct Collected {
    /// Sorted by the bytes of their paths.
    files: Vec<SourceFile>,
    /// The hash of all paths and contents.
    pub(crate) sha512: [u8; 64],
    label: String,
}

impl Collected {
    /// Reads all files of a folder.
    pub(crate) fn read(directory: &Path, expected: &Expected) -> Result<Self, StoreError> {
        let root = std::fs::canonicalize(directory)
            .map_err(|error| FsError::new("open", directory, error))?;
        let mut collector = Collector {
            root: &root,
            files: Vec::new(),
            bytes: 0,
        };
        collector.collect(&root, "", 0)?;
        let mut files = collector.files;
        files.sort_by(|left, right| left.path.cmp(&right.path));
        let sha512 = hash_tree(&files);
        let label = match &expected.name {
            Some(_) => expected.label(),
            None => DisplayPath(directory).to_string(),
        };
        Ok(Self {
            files,
            sha512,
            label,
        })
    }

    /// The files as those of an archive.
    pub(crate) fn map(&self) -> Result<FileMap<&[u8]>, StoreError> {
        let entries = self
            .files
            .iter()
            .map(|file| (&*file.path, &*file.bytes, file.is_executable));
        FileMap::from_files(entries).map_err(|error| error.of_package(&self.label))
    }
}

/// A file of a package that comes neither from an archive nor from a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it is in the package; what cannot be a path there is refused.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// Whether it is a program.
    pub is_executable: bool,
}

struct Collector<'a> {
    root: &'a Path,
    files: Vec<SourceFile>,
    bytes: u64,
}

impl Collector<'_> {
    fn collect(&mut self, path: &Path, below: &str, depth: usize) -> Result<(), StoreError> {
        if depth > MAX_DEPTH {
            return Err(self.limit("components in a path", MAX_DEPTH as u64));
        }
        let folder = Folder::open(path)?;
        for (name, kind) in list_directory(path)? {
            let entry = path.join(&name);
            let Some(name) = name.to_str() else {
                return Err(refuse(entry, "its name is not UTF-8"));
            };
            let inside = if below.is_empty() {
                name.to_owned()
            } else {
                format!("{below}/{name}")
            };
            match kind {
                FileKind::Directory if LEFT_OUT.contains(&name) => {}
                FileKind::Directory => self.collect(&entry, &inside, depth + 1)?,
                FileKind::File => self.read(&folder, name, inside)?,
                // Package managers and editors leave links of these names in folders of packages.
                FileKind::Symlink if LEFT_OUT.contains(&name) => {}
                FileKind::Symlink => self.read_link(&entry, inside)?,
                FileKind::Fifo | FileKind::Socket | FileKind::Device | FileKind::Unknown => {
                    return Err(refuse(entry, "it is neither a file nor a folder"));
                }
            }
        }
        Ok(())
    }

    fn read_link(&mut self, link: &Path, inside: String) -> Result<(), StoreError> {
        let target = std::fs::canonicalize(link)
            .map_err(|_| refuse(link.to_path_buf(), "it is a link that leads nowhere"))?;
        if !target.starts_with(self.root) {
            return Err(refuse(
                link.to_path_buf(),
                "it is a link that leads out of the folder",
            ));
        }
        if stat(&target)?.kind != FileKind::File {
            return Err(refuse(
                link.to_path_buf(),
                "it is a link to something that is no file",
            ));
        }
        let (Some(parent), Some(name)) = (
            target.parent(),
            target.file_name().and_then(|name| name.to_str()),
        ) else {
            return Err(refuse(
                link.to_path_buf(),
                "the name of its target is not UTF-8",
            ));
        };
        self.read(&Folder::open(parent)?, name, inside)
    }

    fn read(&mut self, folder: &Folder, name: &str, inside: String) -> Result<(), StoreError> {
        let mut bytes = Vec::new();
        let stat = folder.read_into(name, MAX_FILE, &mut bytes)?;
        self.bytes += bytes.len() as u64;
        if self.bytes > MAX_UNPACKED {
            return Err(self.limit("bytes", MAX_UNPACKED));
        }
        if self.files.len() >= MAX_ENTRIES {
            return Err(self.limit("files", MAX_ENTRIES as u64));
        }
        let is_executable = stat.mode & 0o111 != 0;
        self.files.push(SourceFile {
            path: inside,
            bytes,
            is_executable,
        });
        Ok(())
    }

    fn limit(&self, what: &'static str, limit: u64) -> StoreError {
        ArchiveError::limit(what, limit).of_package(&DisplayPath(self.root).to_string())
    }
}

fn refuse(path: PathBuf, reason: &'static str) -> StoreError {
    StoreError::Directory { path, reason }
}

/// The hash of a list of files; it begins as no tarball does, so that no tarball has it.
fn hash_tree(files: &[SourceFile]) -> [u8; 64] {
    let mut hasher = Sha512::new();
    hasher.update(b"pkg directory 1\n");
    for file in files {
        hasher.update((file.path.len() as u64).to_le_bytes());
        hasher.update(&file.path);
        hasher.update([u8::from(file.is_executable)]);
        hasher.update(Sha256::digest(&file.bytes));
    }
    hasher.finalize().into()
}
