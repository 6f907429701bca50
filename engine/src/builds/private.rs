//! The folder that is one build's own while it runs: a home, a place for temporary files, and the way to Node.js.

use std::path::{Path, PathBuf};

use pkg_fs::{Folder, FsError, Ownership};
use pkg_linker::{Entry, Tree};
use pkg_manifest::RelativePath;

use super::toolchain::Toolchain;

/// Where these folders are, below the project: nothing in them outlives an install.
const BUILDING: &str = "node_modules/.pkg/building";
const MODULES: &str = "node_modules";

/// One of them; gone when dropped.
#[derive(Debug)]
pub(crate) struct Private {
    pub(crate) folder: PathBuf,
}

/// Takes away what builds left: the folder of all, and what was in it of those that were killed. A script can make what it
/// leaves hard to remove: that is in nobody's way.
pub(crate) fn clear(root: &Path) {
    let building = root.join(BUILDING);
    if matches!(pkg_fs::stat_link_if_exists(&building), Ok(Some(_))) {
        pkg_fs::remove_tree(&building).unwrap_or_default();
    }
}

/// Whether the tree has packages in the folder of this one.
pub(crate) fn has_packages_inside(tree: &Tree, path: &RelativePath) -> bool {
    let inside = format!("{path}/node_modules/");
    let is_inside = |(path, entry): (&RelativePath, &Entry)| {
        path.as_str().starts_with(&inside) && matches!(entry, Entry::Package { .. })
    };
    tree.entries().any(is_inside)
}

impl Private {
    /// Makes one.
    pub(crate) fn make(root: &Path, toolchain: &Toolchain) -> Result<Self, FsError> {
        let folder = root.join(BUILDING).join(pkg_fs::unique_name());
        for inside in ["home", "tmp", "bin"] {
            pkg_fs::create_directory_all(&folder.join(inside), 0o700)?;
        }
        let private = Self { folder };
        pkg_fs::create_symlink(&toolchain.node, &private.bin().join("node"))?;
        if let Some(gyp) = &toolchain.gyp {
            let gyp = quoted(&gyp.to_string_lossy());
            let text = format!("#!/bin/sh\nexec node {gyp} \"$@\"\n");
            pkg_fs::write_new(&private.bin().join("node-gyp"), text.as_bytes(), 0o755)?;
        }
        Ok(private)
    }

    /// Gives it to whoever runs the scripts, and the package's folder too.
    pub(crate) fn give(&self, package: &Path, owner: Ownership) -> Result<(), FsError> {
        let own = self.folder.as_path();
        let all = own.parent().and_then(Path::parent);
        if let (Some(all), Some(building)) = (all, own.parent()) {
            // The folder of all builds may be the work of several at once.
            let name = building.file_name().unwrap_or_default();
            Folder::open(all)?.give_only(name, owner)?;
        }
        for given in [own, package] {
            if let (Some(parent), Some(name)) = (given.parent(), given.file_name()) {
                Folder::open(parent)?.give(name, owner)?;
            }
        }
        Ok(())
    }

    pub(crate) fn bin(&self) -> PathBuf {
        self.folder.join("bin")
    }

    /// What scripts may write to, besides the package's folder.
    pub(crate) fn writable(&self) -> [PathBuf; 2] {
        ["home", "tmp"].map(|inside| self.folder.join(inside))
    }

    /// Moves the packages that lie in a package's folder out of it: they are read by its scripts, and not theirs to change.
    pub(crate) fn hold(&self, package: &Path) -> Result<Held, FsError> {
        let (inside, outside) = (package.join(MODULES), self.folder.join(MODULES));
        pkg_fs::rename(&inside, &outside)?;
        let held = Held { inside, outside };
        pkg_fs::create_symlink(&held.outside, &held.inside)?;
        Ok(held)
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // What stays is taken away by the next install that builds.
        pkg_fs::remove_tree(&self.folder).unwrap_or_default();
    }
}

/// Packages that were moved out of another one's folder.
#[derive(Debug)]
pub(crate) struct Held {
    inside: PathBuf,
    outside: PathBuf,
}

impl Held {
    /// Moves them back, whatever the scripts put there instead.
    pub(crate) fn put_back(self) -> Result<(), FsError> {
        if pkg_fs::stat_link_if_exists(&self.inside)?.is_some() {
            pkg_fs::remove_tree(&self.inside)?;
        }
        pkg_fs::rename(&self.outside, &self.inside)
    }
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
