//! What is to stand where: the plan that every test looks at.

use std::fmt;

use pkg_lockfile::{PackageId, SnapshotKey};
use pkg_manifest::{Digest, Integrity, PackageName, RelativePath};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::error::PlanError;
use crate::relative::is_inside;

/// Everything below the `node_modules` of the projects: one entry a package or link, not one a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// Sorted by the bytes of the paths, which are relative to the project's root; no path twice.
    pub(crate) entries: Vec<(RelativePath, Entry)>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) bin_folders: Vec<BinFolder>,
}

/// What stands at one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A folder with the files of a package.
    Package {
        snapshot: SnapshotKey,
        /// The hash that the lockfile has; `None` for a folder, whose files may be others each time.
        integrity: Option<Integrity>,
    },
    /// A zip file with the files of a package.
    Archive {
        snapshot: SnapshotKey,
        /// The hash that the lockfile has.
        integrity: Option<Integrity>,
    },
    /// A symbolic link with this text.
    Symlink { target: String },
    /// A command: a link to the file, or a script that starts it.
    Bin {
        /// The way from the command's folder to the file.
        target: String,
        owner: BinOwner,
        /// The file, in the package.
        path: RelativePath,
    },
    /// A file of the program's own.
    File {
        bytes: Vec<u8>,
        /// Their hash.
        digest: Digest,
        /// Whether it can be started as it is.
        is_executable: bool,
    },
}

impl Entry {
    /// A file of the program's own, with these bytes.
    pub(crate) fn file(bytes: Vec<u8>, is_executable: bool) -> Self {
        Self::File {
            digest: Digest::of(&bytes),
            bytes,
            is_executable,
        }
    }
}

/// Whose command it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum BinOwner {
    /// A package of the store.
    Package(PackageId),
    /// A linked folder, relative to the project's root; may begin with `../`.
    Folder(String),
}

/// An instance that was left out because it is not for this platform; what only it needs is left out with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    pub snapshot: SnapshotKey,
    /// Whether something needs it that can not do without.
    pub is_required: bool,
}

/// A `.bin` folder, and the packages whose commands it may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BinFolder {
    pub(crate) path: String,
    pub(crate) candidates: Vec<BinCandidate>,
}

/// A package whose commands a `.bin` folder may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BinCandidate {
    pub(crate) alias: PackageName,
    pub(crate) owner: BinOwner,
    /// Where the package is found, from the project's root.
    pub(crate) location: String,
    pub(crate) reach: Reach,
}

/// How a package got to where its commands are wanted; the first wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    Declared,
    Hoisted,
}

impl Tree {
    /// All entries, sorted by path.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (&RelativePath, &Entry)> {
        self.entries.iter().map(|(path, entry)| (path, entry))
    }

    /// What stands at a path.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        let found = self
            .entries
            .binary_search_by(|(entry, _)| entry.as_str().cmp(path))
            .ok()?;
        Some(&self.entries[found].1)
    }

    /// The packages that the tree needs, each once, sorted.
    pub fn packages(&self) -> Vec<&PackageId> {
        let mut packages: Vec<&PackageId> = self
            .entries
            .iter()
            .filter_map(|(_, entry)| match entry {
                Entry::Package { snapshot, .. } | Entry::Archive { snapshot, .. } => {
                    Some(snapshot.id())
                }
                Entry::Symlink { .. } | Entry::Bin { .. } | Entry::File { .. } => None,
            })
            .collect();
        packages.sort();
        packages.dedup();
        packages
    }

    /// The packages whose commands are wanted somewhere, in no order: their commands must be known to
    /// [`plan_bins`](crate::plan_bins).
    pub fn bin_packages(&self) -> impl Iterator<Item = &PackageId> {
        let folders = self.bin_folders.iter();
        let candidates = folders.flat_map(|folder| &folder.candidates);
        candidates.filter_map(|candidate| match &candidate.owner {
            BinOwner::Package(id) => Some(id),
            BinOwner::Folder(_) => None,
        })
    }

    /// What can be put in place before the rest of a tree, each part without the others: by package, its folders in the
    /// root project that lie in no other package's.
    pub fn parts(&self) -> FxHashMap<PackageId, Self> {
        let is_package = |entry: &Entry| matches!(entry, Entry::Package { .. });
        let packages = self.entries.iter().filter(|(_, entry)| is_package(entry));
        let folders: FxHashSet<&str> = packages.map(|(path, _)| path.as_str()).collect();
        let mut parts: FxHashMap<PackageId, Self> = FxHashMap::default();
        for (path, entry) in &self.entries {
            if let Entry::Package { snapshot, .. } = entry
                && path.as_str().starts_with("node_modules/")
                && !is_inside(path.as_str(), &folders)
            {
                let part = parts.entry(snapshot.id().clone()).or_default();
                part.entries.push((path.clone(), entry.clone()));
            }
        }
        parts
    }

    /// The instances that were left out.
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// Adds entries, and keeps the order.
    pub(crate) fn extend(
        &mut self,
        entries: impl IntoIterator<Item = (RelativePath, Entry)>,
    ) -> Result<(), PlanError> {
        self.entries.extend(entries);
        self.entries.sort_by(|left, right| left.0.cmp(&right.0));
        let twice = self.entries.windows(2).find(|pair| pair[0].0 == pair[1].0);
        match twice {
            Some(pair) => Err(PlanError::Collision {
                path: pair[0].0.clone(),
            }),
            None => Ok(()),
        }
    }
}

/// One line an entry: `path = name@version` for a package, `path -> target` for a link.
impl fmt::Display for Tree {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (path, entry) in &self.entries {
            match entry {
                Entry::Package { snapshot, .. } => writeln!(formatter, "{path} = {snapshot}")?,
                Entry::Archive { snapshot, .. } => {
                    writeln!(formatter, "{path} = {snapshot} (zip)")?;
                }
                Entry::Symlink { target } => writeln!(formatter, "{path} -> {target}")?,
                Entry::Bin { target, .. } => writeln!(formatter, "{path} => {target}")?,
                Entry::File { bytes, .. } => writeln!(formatter, "{path} ({} bytes)", bytes.len())?,
            }
        }
        for skipped in &self.skipped {
            let word = if skipped.is_required {
                "required"
            } else {
                "optional"
            };
            writeln!(formatter, "skipped {} ({word})", skipped.snapshot)?;
        }
        Ok(())
    }
}
