//! A project: its folder, its manifest, its lockfile.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use miette::Diagnostic;
use pkg_fs::{DisplayPath, FileKind, FileLock, FsError, Lock, LockMode, LockOptions};
use pkg_lockfile::{ImporterId, Lockfile, LockfileError, Position};
use pkg_manifest::{Manifest, ManifestError, PackageName};
use thiserror::Error;

use crate::{Event, Reporter};

/// The most that a manifest may have, in bytes.
const MANIFEST_LIMIT: u64 = 8 << 20;
/// The most that a lockfile may have, in bytes.
const LOCKFILE_LIMIT: u64 = 256 << 20;
/// Lockfiles of other managers that lie beside a manifest.
const FOREIGN: [&str; 6] = [
    "pnpm-lock.yaml",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "bun.lock",
    "bun.lockb",
];

/// One project as it lies on disk.
#[derive(Debug)]
pub struct Project {
    /// Its folder: absolute.
    pub root: PathBuf,
    /// Its `package.json`.
    pub manifest: Manifest,
    /// The text that `package.json` is to have, where it is to change with the lockfile.
    pub(crate) change: Option<ManifestChange>,
}

/// A new text for `package.json`, which is written together with the lockfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ManifestChange {
    /// What it held when the change was worked out.
    pub(crate) original: Vec<u8>,
    /// What it is to hold.
    pub(crate) text: String,
    /// What was picked for the dependencies that change.
    pub(crate) pins: Pins,
}

/// By the name of a direct dependency the specifier that it is resolved with instead of its own: the version that was
/// picked for it, exactly.
pub(crate) type Pins = BTreeMap<PackageName, String>;

impl ManifestChange {
    /// Checks that nobody else changed it meanwhile.
    pub(crate) fn check(&self, root: &Path) -> Result<(), ProjectError> {
        if read_manifest(root)? == self.original {
            Ok(())
        } else {
            let path = root.join("package.json");
            Err(ProjectError::ManifestMoved { path })
        }
    }

    /// Writes it.
    pub(crate) fn write(&self, root: &Path) -> Result<(), ProjectError> {
        if self.text.as_bytes() == self.original {
            return Ok(());
        }
        let path = root.join("package.json");
        Ok(pkg_fs::write_atomic(&path, self.text.as_bytes(), 0o644)?)
    }
}

/// The bytes of a project's manifest.
pub(crate) fn read_manifest(root: &Path) -> Result<Vec<u8>, ProjectError> {
    let path = root.join("package.json");
    Ok(pkg_fs::read_regular_file(&path, MANIFEST_LIMIT)?)
}

/// Why a project cannot be worked with.
#[derive(Debug, Error, Diagnostic)]
pub enum ProjectError {
    /// There is no such folder.
    #[error("there is no folder `{}`", DisplayPath(directory))]
    #[diagnostic(code(ERR_PKG_NO_DIRECTORY), help("see what `-C` names"))]
    NoDirectory {
        /// What should be the folder.
        directory: PathBuf,
    },
    /// There is no `package.json`.
    #[error("no package.json in `{}`", DisplayPath(root))]
    #[diagnostic(
        code(ERR_PKG_NO_MANIFEST),
        help("go to your project's folder, or name it with `-C DIR`")
    )]
    NoManifest {
        /// The folder.
        root: PathBuf,
    },
    /// The manifest or the lockfile cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    File(#[from] FsError),
    /// The manifest does not say what it must.
    #[error("`{}` cannot be used", DisplayPath(path))]
    #[diagnostic()]
    Manifest {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        #[source]
        #[diagnostic_source]
        source: ManifestError,
    },
    /// Somebody else changed the manifest while a change of it was worked out.
    #[error(
        "`{}` was changed by somebody else meanwhile: it is left as it is",
        DisplayPath(path)
    )]
    #[diagnostic(code(ERR_PKG_MANIFEST_MOVED), help("run the same command again"))]
    ManifestMoved {
        /// The file.
        path: PathBuf,
    },
    /// The lockfile does not say what it must.
    #[error("`{}` cannot be used", DisplayPath(path))]
    #[diagnostic()]
    Lockfile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        #[source]
        #[diagnostic_source]
        source: LockfileError,
    },
}

/// The lockfile as it was found, with its text.
#[derive(Debug)]
pub(crate) struct FoundLockfile {
    pub(crate) text: String,
    pub(crate) lockfile: Lockfile,
    /// Whether it had to be mended: by merging the sides of a conflict, or by leaving out what was damaged.
    pub(crate) was_conflicted: bool,
}

impl Project {
    /// Reads the project in a folder, or in the nearest folder above that has a manifest.
    ///
    /// # Errors
    /// [`ProjectError::NoManifest`] where there is none; else what is wrong with it.
    pub fn load(directory: &Path) -> Result<Self, ProjectError> {
        if !directory.is_dir() {
            let directory = directory.to_path_buf();
            return Err(ProjectError::NoDirectory { directory });
        }
        let root = find_root(directory)?;
        let path = root.join("package.json");
        let bytes = read_manifest(&root)?;
        let manifest =
            Manifest::parse(&bytes).map_err(|source| ProjectError::Manifest { path, source })?;
        Ok(Self {
            root,
            manifest,
            change: None,
        })
    }

    /// Where the manifest is.
    pub fn manifest_path(&self) -> PathBuf {
        self.root.join("package.json")
    }

    /// Where the lockfile is, present or not.
    pub fn lockfile_path(&self) -> PathBuf {
        self.root.join("pkg.lock")
    }

    /// What the manifests ask for, as the resolver takes it.
    pub(crate) fn to_resolve(&self) -> BTreeMap<ImporterId, pkg_resolver::Project> {
        let manifest = &self.manifest;
        let pinned = |group: &BTreeMap<PackageName, String>| {
            let mut group = group.clone();
            let pins = self.change.iter().flat_map(|change| &change.pins);
            for (name, pin) in pins {
                if let Some(specifier) = group.get_mut(name) {
                    specifier.clone_from(pin);
                }
            }
            group
        };
        let optional = manifest.peer_meta.iter().filter(|(_, meta)| meta.optional);
        let project = pkg_resolver::Project {
            dependencies: pinned(&manifest.dependencies),
            dev_dependencies: pinned(&manifest.dev_dependencies),
            optional_dependencies: pinned(&manifest.optional_dependencies),
            peer_dependencies: manifest.peer_dependencies.clone(),
            optional_peers: optional.map(|(name, _)| name.clone()).collect(),
        };
        BTreeMap::from([(ImporterId::root(), project)])
    }

    /// Gives the dependencies that were resolved with a pin the specifiers that they have in the manifest.
    pub(crate) fn settle(&self, lockfile: &mut Lockfile) {
        let Some(change) = &self.change else { return };
        let manifest = &self.manifest;
        let Some(importer) = lockfile.importers.get_mut(&ImporterId::root()) else {
            return;
        };
        let groups = [
            (&mut importer.dependencies, &manifest.dependencies),
            (&mut importer.dev_dependencies, &manifest.dev_dependencies),
            (
                &mut importer.optional_dependencies,
                &manifest.optional_dependencies,
            ),
        ];
        for (locked, asked) in groups {
            for name in change.pins.keys() {
                if let (Some(locked), Some(asked)) = (locked.get_mut(name), asked.get(name)) {
                    locked.specifier.clone_from(asked);
                }
            }
        }
    }

    /// Reads the lockfile, if there is one; with `repair`, what is whole of a damaged one.
    pub(crate) fn read_lockfile(
        &self,
        repair: bool,
    ) -> Result<Option<FoundLockfile>, ProjectError> {
        let path = self.lockfile_path();
        let Some(bytes) = pkg_fs::read_regular_file_if_exists(&path, LOCKFILE_LIMIT)? else {
            return Ok(None);
        };
        let fail = |source| ProjectError::Lockfile {
            path: path.clone(),
            source,
        };
        let start = Position { line: 1, column: 1 };
        let text = String::from_utf8(bytes).map_err(|_| {
            fail(LockfileError::Syntax {
                at: start,
                reason: "it is not UTF-8",
            })
        })?;
        let (lockfile, was_conflicted) = match Lockfile::parse(&text) {
            Ok(lockfile) => (lockfile, false),
            Err(LockfileError::Conflict { .. }) => {
                (Lockfile::merge_conflicts(&text).map_err(fail)?, true)
            }
            Err(_) if repair => (Lockfile::salvage(&text).map_err(fail)?, true),
            Err(error) => return Err(fail(error)),
        };
        Ok(Some(FoundLockfile {
            text,
            lockfile,
            was_conflicted,
        }))
    }

    /// The lockfiles of other managers that lie beside the manifest.
    pub(crate) fn foreign_lockfiles(&self) -> Vec<&'static str> {
        FOREIGN
            .into_iter()
            .filter(|name| self.root.join(name).exists())
            .collect()
    }

    /// Waits until no other install works on this project. Where the file system has no locks, goes on.
    pub(crate) fn lock(&self, reporter: &dyn Reporter) -> Result<ProjectLock, FsError> {
        let folder = self.state_folder();
        if self.root.join("node_modules").is_symlink() {
            // What it leads to is not ours to write to: linking refuses it.
            return Ok(ProjectLock {
                is_new: false,
                lock: None,
            });
        }
        let is_new = pkg_fs::stat_link_if_exists(&folder)?.is_none();
        pkg_fs::create_directory_all(&folder, 0o755)?;
        let options = LockOptions {
            patience: Duration::from_secs(2),
            on_wait: &|wait| {
                let owner = wait
                    .owner
                    .map(|pid| format!(" (process {pid})"))
                    .unwrap_or_default();
                reporter.report(Event::Waiting {
                    what: format!("another install works on this project{owner}"),
                });
                true
            },
        };
        let lock = match FileLock::acquire(&folder.join("lock"), LockMode::Exclusive, &options)? {
            Lock::Held(lock) => Some(lock),
            Lock::Busy | Lock::Unsupported => None,
        };
        if lock.is_some() {
            sweep(&folder);
            sweep(&self.root);
        }
        Ok(ProjectLock { is_new, lock })
    }

    /// Takes away the folders that only the lock needed, when an install failed before it made anything, or was not to. Whoever
    /// waits for the lock makes its file anew.
    pub(crate) fn forget_lock(&self, lock: &ProjectLock) {
        let folder = self.state_folder();
        if !lock.is_new || lock.lock.is_none() {
            return;
        }
        let is_alone = pkg_fs::list_directory(&folder).is_ok_and(|entries| entries.len() == 1);
        if is_alone && pkg_fs::remove_file_if_exists(&folder.join("lock")).is_ok() {
            // A folder that is not empty stays.
            for folder in [folder.as_path(), self.root.join("node_modules").as_path()] {
                std::fs::remove_dir(folder).unwrap_or_default();
            }
        }
    }

    fn state_folder(&self) -> PathBuf {
        self.root.join("node_modules/.pkg")
    }
}

/// That this install alone works on the project.
#[derive(Debug)]
pub(crate) struct ProjectLock {
    /// Whether the lock's folder was made for it.
    is_new: bool,
    lock: Option<FileLock>,
}

/// Removes the unfinished files of installs that were killed: whoever holds the lock is alone.
fn sweep(folder: &Path) {
    for (name, kind) in pkg_fs::list_directory(folder).unwrap_or_default() {
        let shown = name.to_string_lossy();
        let is_ours = shown.starts_with(".pkg-") && shown.ends_with(".tmp");
        if is_ours && kind == FileKind::File {
            // What stays is in nobody's way.
            drop(pkg_fs::remove_file_if_exists(&folder.join(&name)));
        }
    }
}

/// The nearest folder with a manifest, from `directory` upwards.
fn find_root(directory: &Path) -> Result<PathBuf, ProjectError> {
    for folder in directory.ancestors() {
        match pkg_fs::stat_if_exists(&folder.join("package.json")) {
            Ok(Some(_)) => return Ok(folder.to_path_buf()),
            Ok(None) => {}
            Err(error) if folder == directory => return Err(error.into()),
            // A folder above that may not be looked into ends the search.
            Err(_) => break,
        }
    }
    Err(ProjectError::NoManifest {
        root: directory.to_path_buf(),
    })
}
