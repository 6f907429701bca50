//! Packages that their scripts changed: they are held against what the scripts made, as the store kept it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use pkg_linker::{Difference, DifferenceKind, Entry, Tree};
use pkg_manifest::{Digest, RelativePath};
use pkg_store::{BuildResult, PackageFiles, Store};

use super::VerifyError;
use crate::{builds::BuildRecord, install::Packages};

/// What differs from packed packages, and should.
#[derive(Debug, Default)]
pub(super) struct Built {
    /// Links that scripts made, from the project's root.
    links: Vec<PathBuf>,
    /// Folders of which the store has not kept what scripts made: nothing in them can be compared.
    unknown: Vec<PathBuf>,
}

impl Built {
    /// Reads the record, and gives the packages the files that they should have.
    pub(super) fn find(
        root: &Path,
        store: &Store,
        tree: &Tree,
        packages: &mut Packages,
    ) -> Result<Self, VerifyError> {
        let mut built = Self::default();
        for (path, key) in BuildRecord::read(root)?.built {
            let Some(Entry::Package { snapshot, .. }) = tree.get(path.as_str()) else {
                continue;
            };
            let result = match Digest::from_hex(&key) {
                Some(key) => store.build_result(&key)?,
                None => None,
            };
            let known = packages.get(snapshot.id()).zip(result);
            let Some((files, result)) = known else {
                built.unknown.push(PathBuf::from(path.as_str()));
                continue;
            };
            let inside = |link: &RelativePath| Path::new(path.as_str()).join(link.as_str());
            built.links.extend(result.links.keys().map(inside));
            let files = Arc::new(with_result(files, result));
            packages.insert(snapshot.id().clone(), files);
        }
        Ok(built)
    }

    /// Whether a difference is one that scripts made, or one that nobody can judge.
    pub(super) fn explains(&self, difference: &Difference) -> bool {
        let path = &difference.path;
        let is_new = matches!(difference.kind, DifferenceKind::Foreign { .. });
        (is_new && self.links.contains(path))
            || self
                .unknown
                .iter()
                .any(|folder| path.starts_with(folder) && path != folder)
    }
}

/// The files of a package after its scripts.
fn with_result(files: &PackageFiles, result: BuildResult) -> PackageFiles {
    let mut built = files.clone();
    let is_other = |path: &RelativePath| {
        !result.removed.contains(path) && result.files.iter().all(|file| file.path != *path)
    };
    built.files.retain(|file| is_other(&file.path));
    built.files.extend(result.files);
    built
        .files
        .sort_by(|left, right| left.path.cmp(&right.path));
    built.directories.extend(result.folders);
    built.directories.sort();
    built.directories.dedup();
    built
}
