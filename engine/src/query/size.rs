//! `size`: how many bytes each package is, and why it is there.

use std::collections::{HashMap, HashSet, VecDeque};

use pkg_lockfile::{Groups, Lockfile, PackageId, SnapshotKey};
use pkg_manifest::{Digest, PackageName};
use pkg_store::{PackageFiles, Store, StoreError};
use rayon::prelude::*;

use super::{QueryError, lockfile_of, manifests::files};
use crate::{LoadedSettings, Project};

/// How big one package is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageSize {
    /// The package.
    pub id: PackageId,
    /// Bytes of its files.
    pub bytes: u64,
    /// How many files it has.
    pub files: usize,
    /// The direct dependency that brings it by the shortest way; itself, where it is one.
    pub because_of: Option<PackageName>,
    /// For a direct dependency, the bytes that would go with it: its own, and those of packages that only it brings.
    pub alone: Option<u64>,
}

/// How big a project's dependencies are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SizeReport {
    /// The biggest first.
    pub packages: Vec<PackageSize>,
    /// Bytes of all files of all packages.
    pub bytes: u64,
    /// Bytes of all contents, each once: what the store holds for them.
    pub unique_bytes: u64,
    /// How many files all packages have.
    pub files: usize,
    /// Packages whose size is not known: they are not in the store.
    pub unknown: Vec<PackageId>,
}

/// Measures what a lockfile holds, from the store's records; no file of a package is looked at.
///
/// # Errors
/// [`QueryError::NoLockfile`]; and when the store cannot be read.
pub fn size(
    project: &Project,
    settings: &LoadedSettings,
    groups: Groups,
) -> Result<SizeReport, QueryError> {
    let store = &Store::open(&settings.locations.store)?;
    let lockfile = lockfile_of(project)?;
    let selected = lockfile.select(groups);
    let mut ids: Vec<&PackageId> = selected.iter().map(|key| key.id()).collect();
    ids.dedup();
    let found: Vec<Option<PackageFiles>> = ids
        .par_iter()
        .map(|id| files(store, &lockfile, id))
        .collect::<Result<_, StoreError>>()?;
    let mut report = SizeReport::default();
    let mut sizes: HashMap<&PackageId, u64> = HashMap::new();
    let mut seen: HashSet<Digest> = HashSet::new();
    let because = because(&lockfile, groups);
    for (id, files) in ids.into_iter().zip(found) {
        let Some(files) = files else {
            report.unknown.push(id.clone());
            continue;
        };
        let bytes = files.unpacked_size();
        sizes.insert(id, bytes);
        report.bytes += bytes;
        report.files += files.files.len();
        report.packages.push(PackageSize {
            id: id.clone(),
            bytes,
            files: files.files.len(),
            because_of: because.get(id).map(|name| (*name).clone()),
            alone: None,
        });
        for file in files.files {
            let size = file.size;
            report.unique_bytes += if seen.insert(file.digest) { size } else { 0 };
        }
    }
    let alone = alone(&lockfile, groups, &sizes);
    for package in &mut report.packages {
        package.alone = alone.get(&package.id).copied();
    }
    report
        .packages
        .sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.id.cmp(&b.id)));
    Ok(report)
}

/// The direct dependencies of some groups, by the name that they are linked under.
fn direct(
    lockfile: &Lockfile,
    groups: Groups,
) -> impl Iterator<Item = (&PackageName, &SnapshotKey)> {
    let importers = lockfile.importers.values();
    let entries = importers.flat_map(move |importer| {
        [
            (groups.prod, &importer.dependencies),
            (groups.dev, &importer.dev_dependencies),
            (
                groups.prod && groups.optional,
                &importer.optional_dependencies,
            ),
        ]
    });
    entries
        .filter(|(is_wanted, _)| *is_wanted)
        .flat_map(|(_, dependencies)| dependencies)
        .filter_map(|(alias, dependency)| Some((alias, dependency.target.snapshot()?)))
}

fn edges<'l>(
    lockfile: &'l Lockfile,
    key: &'l SnapshotKey,
    groups: Groups,
) -> impl Iterator<Item = &'l SnapshotKey> {
    let edges = lockfile.brought_by(key, groups);
    edges.filter_map(|(_, target)| target.snapshot())
}

/// For each package the direct dependency that is nearest to it.
fn because(lockfile: &Lockfile, groups: Groups) -> HashMap<&PackageId, &PackageName> {
    let mut because = HashMap::new();
    let mut seen: HashSet<&SnapshotKey> = HashSet::new();
    let mut open: VecDeque<(&SnapshotKey, &PackageName)> = direct(lockfile, groups)
        .map(|(alias, key)| (key, alias))
        .collect();
    while let Some((key, reason)) = open.pop_front() {
        if seen.insert(key) {
            because.entry(key.id()).or_insert(reason);
            open.extend(edges(lockfile, key, groups).map(|next| (next, reason)));
        }
    }
    because
}

/// For each direct dependency the bytes of the packages that nothing but it brings.
fn alone<'l>(
    lockfile: &'l Lockfile,
    groups: Groups,
    sizes: &HashMap<&PackageId, u64>,
) -> HashMap<&'l PackageId, u64> {
    let roots: Vec<&SnapshotKey> = direct(lockfile, groups).map(|(_, key)| key).collect();
    let reach = |without: Option<&PackageId>| -> u64 {
        let mut reached: HashSet<&SnapshotKey> = HashSet::new();
        let mut open: Vec<&SnapshotKey> = roots.clone();
        open.retain(|key| Some(key.id()) != without);
        while let Some(key) = open.pop() {
            if reached.insert(key) {
                open.extend(edges(lockfile, key, groups));
            }
        }
        let packages: HashSet<&PackageId> = reached.into_iter().map(SnapshotKey::id).collect();
        packages.iter().filter_map(|id| sizes.get(*id)).sum()
    };
    let all = reach(None);
    let roots: Vec<&PackageId> = roots.iter().map(|key| key.id()).collect();
    roots
        .par_iter()
        .map(|id| (*id, all - reach(Some(id))))
        .collect()
}
