//! What can still be used of a lockfile that is not whole: the explicit repair.

use std::collections::{BTreeMap, HashMap, HashSet};

use pkg_manifest::PackageName;

use crate::{
    DependencyRef, Groups, ImporterDependency, Lockfile, Snapshot, SnapshotKey,
    error::LockfileError,
    parse::{SIZE, read_partial},
};

impl Lockfile {
    /// Reads a lockfile, leaving out packages without a strong hash, and whatever depends on an
    /// entry that is not there. What is left is whole; what is gone is to be resolved again.
    ///
    /// Of a text that ends in the middle, or is no JSON from some place on, the beginning is read. Packages are kept
    /// whose instances are gone: their versions and hashes still say what was installed.
    ///
    /// For an explicit repair only (`--fix-lockfile`): an install refuses such a file.
    ///
    /// # Errors
    /// [`LockfileError`] where the text is that of a newer format, or has something in it that may not stand there.
    pub fn salvage(text: &str) -> Result<Self, LockfileError> {
        if text.len() > SIZE {
            return Err(LockfileError::TooLarge { bytes: text.len() });
        }
        let (mut lockfile, is_all) = read_partial(text)?;
        let is_whole = is_all && lockfile.check_entries().is_ok();
        lockfile.drop_broken();
        let packages = lockfile.packages.clone();
        lockfile.prune_unreachable();
        if !is_whole {
            lockfile.packages = packages;
        }
        Ok(lockfile)
    }

    /// Drops the instances that lead to an entry that is not there, at whatever distance.
    fn drop_broken(&mut self) {
        let broken: HashSet<SnapshotKey> = self.broken().into_iter().cloned().collect();
        self.snapshots.retain(|key, _| !broken.contains(key));
        let snapshots = &self.snapshots;
        for importer in self.importers.values_mut() {
            keep_known(&mut importer.dependencies, snapshots);
            keep_known(&mut importer.dev_dependencies, snapshots);
            keep_known(&mut importer.optional_dependencies, snapshots);
        }
    }

    /// Instances whose package is missing, keys without an instance, and all that depend on them.
    fn broken(&self) -> HashSet<&SnapshotKey> {
        let mut dependents: HashMap<&SnapshotKey, Vec<&SnapshotKey>> = HashMap::new();
        for (key, snapshot) in &self.snapshots {
            for target in snapshot.targets().filter_map(DependencyRef::snapshot) {
                dependents.entry(target).or_default().push(key);
            }
        }
        let is_missing = |key: &SnapshotKey| {
            !self.snapshots.contains_key(key) || !self.packages.contains_key(key.id())
        };
        let direct = self.importers.values().flat_map(|importer| {
            let targets = importer.targets(Groups::ALL);
            targets.filter_map(DependencyRef::snapshot)
        });
        let named = dependents.keys().copied().chain(self.snapshots.keys());
        let mut open: Vec<_> = named.chain(direct).filter(|key| is_missing(key)).collect();
        let mut broken: HashSet<_> = open.iter().copied().collect();
        while let Some(key) = open.pop() {
            for dependent in dependents.get(key).into_iter().flatten() {
                if broken.insert(dependent) {
                    open.push(dependent);
                }
            }
        }
        broken
    }
}

/// Drops the dependencies whose instance is not there.
fn keep_known(
    dependencies: &mut BTreeMap<PackageName, ImporterDependency>,
    snapshots: &BTreeMap<SnapshotKey, Snapshot>,
) {
    dependencies.retain(|_, dependency| {
        let key = dependency.target.snapshot();
        key.is_none_or(|key| snapshots.contains_key(key))
    });
}
