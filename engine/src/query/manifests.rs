//! The `package.json` of packages of the store.

use std::{collections::HashMap, sync::Arc};

use pkg_lockfile::{Lockfile, PackageId};
use pkg_manifest::Manifest;
use pkg_store::{PackageFiles, Store, StoreError};

/// The most that a manifest of a package may have, in bytes.
const LIMIT: u64 = 8 << 20;

/// Reads manifests once each.
pub(super) struct Manifests<'a> {
    store: &'a Store,
    lockfile: &'a Lockfile,
    known: HashMap<PackageId, Option<Arc<Manifest>>>,
}

impl<'a> Manifests<'a> {
    pub(super) fn new(store: &'a Store, lockfile: &'a Lockfile) -> Self {
        Self {
            store,
            lockfile,
            known: HashMap::new(),
        }
    }

    /// The manifest of a package; `None` where the store does not have it, or it cannot be read.
    pub(super) fn get(&mut self, id: &PackageId) -> Option<Arc<Manifest>> {
        if let Some(known) = self.known.get(id) {
            return known.clone();
        }
        let manifest = files(self.store, self.lockfile, id)
            .ok()
            .flatten()
            .and_then(|files| read(self.store, &files))
            .map(Arc::new);
        self.known.insert(id.clone(), manifest.clone());
        manifest
    }
}

/// What the store has of a package.
pub(super) fn files(
    store: &Store,
    lockfile: &Lockfile,
    id: &PackageId,
) -> Result<Option<PackageFiles>, StoreError> {
    let package = lockfile.packages.get(id);
    match package.and_then(|package| package.resolution.integrity()) {
        Some(integrity) => store.get(integrity),
        None => Ok(None),
    }
}

/// The manifest among the files of a package.
pub(super) fn read(store: &Store, files: &PackageFiles) -> Option<Manifest> {
    let file = files
        .files
        .iter()
        .find(|file| file.path.as_str() == "package.json")?;
    let bytes = pkg_fs::read_regular_file(&store.path(file), LIMIT).ok()?;
    Manifest::parse(&bytes).ok()
}
