//! Making a package of a repository out of its sources, as its author does before it is published: away from the project, with
//! its own development dependencies beside it. What is packed of the outcome takes the place of what was committed.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use futures_util::future::LocalBoxFuture;
use pkg_fs::{FileKind, Folder};
use pkg_manifest::{GitSource, RelativePath};
use pkg_store::PackageFiles;

use super::error::BuildError;
use crate::{git::Scratch, pack::packed};

const MODULES: &str = "node_modules";
/// Where the sources are in the folder of one preparation.
const SOURCES: &str = "sources";
/// So many bytes and files a prepared package may have, and its folders so many levels.
const MAX_BYTES: u64 = 2 << 30;
const MAX_FILES: usize = 200_000;
const MAX_DEPTH: usize = 128;

/// Whoever can set up the place where a package is made.
pub(crate) trait Workshop {
    /// Puts the files of a commit into a folder, and what they ask for beside it. Nothing of it is run.
    fn set_up<'w>(
        &'w self,
        source: &'w GitSource,
    ) -> LocalBoxFuture<'w, Result<Workplace, BuildError>>;
}

/// Where one package is made: gone when dropped.
pub(crate) struct Workplace {
    /// Holds `sources` and, beside it so that scripts cannot change it, `node_modules`.
    pub(crate) scratch: Scratch,
    /// The folder of the sources that is the package; all of them by default.
    pub(crate) folder: Option<RelativePath>,
}

/// The files of a prepared package.
type Prepared = BTreeMap<String, PreparedFile>;

struct PreparedFile {
    bytes: Vec<u8>,
    is_executable: bool,
}

impl Workplace {
    /// The folder of the sources.
    pub(crate) fn sources(&self) -> PathBuf {
        self.scratch.path().join(SOURCES)
    }

    /// The folder of the package among the sources.
    pub(crate) fn package(&self) -> PathBuf {
        match &self.folder {
            Some(folder) => folder.below(&self.sources()),
            None => self.sources(),
        }
    }

    /// The packages that the sources need.
    pub(crate) fn modules(&self) -> PathBuf {
        self.scratch.path().join(MODULES)
    }

    /// Makes of a package's folder what is packed of the sources now. `files` are what stands in it.
    pub(super) fn deliver(&self, files: &PackageFiles, folder: &Path) -> Result<(), BuildError> {
        let prepared = collect(&self.package())?;
        let read = |path: &str| {
            let file = prepared.get(path)?;
            String::from_utf8(file.bytes.clone()).ok()
        };
        let chosen = packed(prepared.keys().map(String::as_str), &read).map_err(|_| {
            BuildError::Unpackable {
                reason: "more rules about what is packed than are followed",
            }
        })?;
        let is_bundled = |path: &str| path.starts_with("node_modules/");
        for file in &files.files {
            let path = file.path.as_str();
            if !chosen.contains(path) && !is_bundled(path) {
                pkg_fs::remove_file_if_exists(&file.path.below(folder))?;
            }
        }
        for (path, file) in &prepared {
            // As at any other package, the file of a command can be run.
            let is_command = files.bins.iter().any(|bin| bin.path.as_str() == path);
            if chosen.contains(path.as_str()) && !is_bundled(path) {
                let is_executable = file.is_executable || is_command;
                put(folder, path, (&file.bytes, is_executable))?;
            }
        }
        Ok(())
    }
}

/// Writes a file anew: what stands there may be a link into the store.
fn put(folder: &Path, path: &str, (bytes, is_executable): (&[u8], bool)) -> Result<(), BuildError> {
    let relative: RelativePath = path.parse().map_err(|_| BuildError::Unpackable {
        reason: "a file whose name no package can have",
    })?;
    let place = relative.below(folder);
    if let Some(parent) = place.parent() {
        pkg_fs::create_directory_all(parent, 0o755)?;
    }
    pkg_fs::remove_tree(&place)?;
    let mode = if is_executable { 0o755 } else { 0o644 };
    Ok(pkg_fs::write_new(&place, bytes, mode)?)
}

/// Reads all files of a folder, through handles and following no link: scripts may have put anything there.
fn collect(sources: &Path) -> Result<Prepared, BuildError> {
    let mut collecting = Collecting {
        found: Prepared::new(),
        bytes: 0,
    };
    collecting.walk(&Folder::open(sources)?, "", 0)?;
    Ok(collecting.found)
}

struct Collecting {
    found: Prepared,
    bytes: u64,
}

impl Collecting {
    fn walk(&mut self, folder: &Folder, above: &str, depth: usize) -> Result<(), BuildError> {
        if depth > MAX_DEPTH {
            return Err(BuildError::Unpackable {
                reason: "folders deeper than 128 levels",
            });
        }
        for (name, kind) in folder.entries()? {
            let is_top = depth == 0 && (name == MODULES || name == ".git");
            let Some(text) = name.to_str().filter(|_| !is_top) else {
                continue;
            };
            match kind {
                FileKind::Directory => {
                    let below = folder.open_folder(&name)?;
                    self.walk(&below, &format!("{above}{text}/"), depth + 1)?;
                }
                FileKind::File => self.read(folder, text, above)?,
                // Nothing else is ever packed.
                FileKind::Symlink
                | FileKind::Fifo
                | FileKind::Socket
                | FileKind::Device
                | FileKind::Unknown => {}
            }
        }
        Ok(())
    }

    fn read(&mut self, folder: &Folder, name: &str, above: &str) -> Result<(), BuildError> {
        let mut bytes = Vec::new();
        let stat = folder.read_into(name, MAX_BYTES, &mut bytes)?;
        self.bytes += bytes.len() as u64;
        if self.bytes > MAX_BYTES || self.found.len() >= MAX_FILES {
            return Err(BuildError::Unpackable {
                reason: "more than 2 GiB, or than 200,000 files",
            });
        }
        let is_executable = stat.mode & 0o111 != 0;
        let file = PreparedFile {
            bytes,
            is_executable,
        };
        self.found.insert(format!("{above}{name}"), file);
        Ok(())
    }
}
