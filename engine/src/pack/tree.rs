//! The files of a package as folders that can be walked.

use std::collections::{BTreeMap, BTreeSet};

/// A folder: what lies directly in it.
#[derive(Debug, Default)]
pub(super) struct Folder<'p> {
    /// By name, their whole paths.
    pub(super) files: BTreeMap<&'p str, &'p str>,
    pub(super) folders: BTreeMap<&'p str, Self>,
}

impl<'p> Folder<'p> {
    /// Sorts paths into folders.
    pub(super) fn new(paths: impl Iterator<Item = &'p str>) -> Self {
        let mut root = Self::default();
        for path in paths {
            let mut folder = &mut root;
            let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
            for part in above.split('/').filter(|part| !part.is_empty()) {
                folder = folder.folders.entry(part).or_default();
            }
            folder.files.insert(name, path);
        }
        root
    }

    /// The folder at a path below this one.
    pub(super) fn at(&self, path: &str) -> Option<&Self> {
        path.split('/')
            .try_fold(self, |folder, part| folder.folders.get(part))
    }

    /// All paths of files and folders in it, from it.
    pub(super) fn paths(&self, prefix: usize) -> BTreeSet<&'p str> {
        let mut found = BTreeSet::new();
        self.collect(prefix, &mut found);
        found
    }

    fn collect(&self, prefix: usize, found: &mut BTreeSet<&'p str>) {
        for path in self.files.values() {
            let inside = &path[prefix..];
            found.insert(inside);
            found.extend(ancestors(inside));
        }
        for folder in self.folders.values() {
            folder.collect(prefix, found);
        }
    }
}

/// The folders that a path lies in, the nearest first.
pub(super) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(parent(path), |path| parent(path))
}

fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(folder, _)| folder)
}
