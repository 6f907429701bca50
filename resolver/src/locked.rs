//! What the previous lockfile says, for the parts of the graph that need not move.

use std::collections::{BTreeMap, BTreeSet};

use pkg_lockfile::{DependencyRef, Group, ImporterId, Lockfile, Package, PackageId, Snapshot};
use pkg_manifest::{PackageName, Version};
use pkg_range::compare;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    Update,
    pick::weight,
    specifier::{Selector, Specifier},
};

/// The previous lockfile, indexed.
pub(crate) struct Locked {
    lockfile: Lockfile,
    update: Update,
    /// The locked versions of each package that may stay.
    versions: FxHashMap<PackageName, Vec<Version>>,
    /// One instance of each package: all of them have the same dependencies, peers aside.
    instances: FxHashMap<PackageId, pkg_lockfile::SnapshotKey>,
}

/// By the name of a peer the versions that provided it.
pub(crate) type Providers = FxHashMap<PackageName, BTreeSet<Version>>;

/// A dependency of a locked package.
pub(crate) struct LockedEdge {
    pub(crate) alias: PackageName,
    pub(crate) is_optional: bool,
    pub(crate) target: DependencyRef,
}

impl Locked {
    pub(crate) fn new(previous: Option<&Lockfile>, update: &Update) -> Self {
        let lockfile = match update {
            Update::Everything => Lockfile::default(),
            Update::Nothing | Update::Names(_) => previous.cloned().unwrap_or_default(),
        };
        let mut versions: FxHashMap<PackageName, Vec<Version>> = FxHashMap::default();
        for id in lockfile.packages.keys() {
            if let Some(version) = id.version()
                && !update.has(id.name())
            {
                let known = versions.entry(id.name().clone()).or_default();
                known.push(version.clone());
            }
        }
        let mut instances = FxHashMap::default();
        for key in lockfile.snapshots.keys() {
            instances
                .entry(key.id().clone())
                .or_insert_with(|| key.clone());
        }
        Self {
            lockfile,
            update: update.clone(),
            versions,
            instances,
        }
    }

    /// What a project's dependency leads to, if its specifier did not change and may stay.
    pub(crate) fn direct(
        &self,
        importer: &ImporterId,
        alias: &PackageName,
        text: &str,
    ) -> Option<&PackageId> {
        let importer = self.lockfile.importers.get(importer)?;
        let dependency = Group::ALL
            .into_iter()
            .find_map(|group| importer.group(group).get(alias))
            .filter(|dependency| dependency.specifier == text)?;
        let DependencyRef::Snapshot(key) = &dependency.target else {
            return None;
        };
        self.stays(key.id(), text).then(|| key.id())
    }

    /// Whether a locked package is what a specifier may still mean.
    pub(crate) fn stays(&self, id: &PackageId, text: &str) -> bool {
        if !self.lockfile.packages.contains_key(id) || self.update.has(id.name()) {
            return false;
        }
        match (Specifier::parse(text), id.version()) {
            (Ok(Specifier::Registry { selector, .. }), Some(version)) => {
                let is_any = matches!(&selector, Selector::Range(range) if range.is_any());
                matches!(selector, Selector::Tag(_)) || is_any || selector.contains(version)
            }
            (Ok(Specifier::Tarball(_)), None) => true,
            _ => false,
        }
    }

    /// The locked version of a package that fits a selector best.
    pub(crate) fn best(
        &self,
        name: &PackageName,
        selector: &Selector,
        direct: &[Selector],
    ) -> Option<PackageId> {
        let matching = self.versions.get(name)?.iter().filter(|version| {
            let id = PackageId::registry(name, version);
            let package = self.lockfile.packages.get(&id);
            selector.contains(version)
                && package.is_some_and(|package| package.deprecated.is_none())
        });
        let best = matching.max_by(|a, b| {
            let by_weight = weight(direct, a).cmp(&weight(direct, b));
            by_weight.then_with(|| compare(a, b))
        })?;
        Some(PackageId::registry(name, best))
    }

    /// All locked versions of a package that may stay.
    pub(crate) fn versions(&self, name: &PackageName) -> &[Version] {
        self.versions.get(name).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn package(&self, id: &PackageId) -> Option<&Package> {
        self.lockfile.packages.get(id)
    }

    /// The dependencies of a locked package, without its peers.
    pub(crate) fn edges(&self, id: &PackageId) -> Option<Vec<LockedEdge>> {
        let package = self.lockfile.packages.get(id)?;
        let key = self.instances.get(id)?;
        let snapshot = self.lockfile.snapshots.get(key)?;
        // An optional peer is a dependency as well where it is not optional, or no peer.
        let is_own = |alias: &PackageName, is_optional: bool| {
            !package.peer_dependencies.contains_key(alias)
                || package.optional_peers.contains(alias)
                    && (!is_optional || !key.peers().contains(&format!("({alias}@")))
        };
        let edges = |dependencies: &BTreeMap<PackageName, DependencyRef>, is_optional| {
            let own = dependencies
                .iter()
                .filter(|(alias, _)| is_own(alias, is_optional));
            own.map(|(alias, target)| LockedEdge {
                alias: alias.clone(),
                is_optional,
                target: target.clone(),
            })
            .collect::<Vec<_>>()
        };
        let mut all = edges(&snapshot.dependencies, false);
        all.extend(edges(&snapshot.optional_dependencies, true));
        Some(all)
    }

    /// Whether a package has a dependency that is to be updated.
    pub(crate) fn needs_manifest(&self, edges: &[LockedEdge]) -> bool {
        edges.iter().any(|edge| match &edge.target {
            DependencyRef::Snapshot(key) => self.update.has(key.id().name()),
            DependencyRef::Link(_) => false,
        })
    }

    /// The versions that provided each peer below a project.
    pub(crate) fn providers(&self, importer: &ImporterId) -> Providers {
        let mut found = Providers::default();
        let Some(importer) = self.lockfile.importers.get(importer) else {
            return found;
        };
        let mut pending: Vec<&DependencyRef> =
            importer.all().map(|(.., direct)| &direct.target).collect();
        let mut seen = FxHashSet::default();
        while let Some(target) = pending.pop() {
            let DependencyRef::Snapshot(key) = target else {
                continue;
            };
            let Some(snapshot) = self.lockfile.snapshots.get(key) else {
                continue;
            };
            if !seen.insert(key) {
                continue;
            }
            let package = self.lockfile.packages.get(key.id());
            let peers = package
                .into_iter()
                .flat_map(|package| package.peer_dependencies.keys());
            for peer in peers.filter(|peer| !self.update.has(peer)) {
                let versions = provider(snapshot, peer).into_iter();
                found.entry(peer.clone()).or_default().extend(versions);
            }
            pending.extend(snapshot.dependencies.values());
            pending.extend(snapshot.optional_dependencies.values());
        }
        found
    }
}

/// The version that an instance has under the name of a peer.
fn provider(snapshot: &Snapshot, peer: &PackageName) -> Option<Version> {
    let target = snapshot
        .dependencies
        .get(peer)
        .or_else(|| snapshot.optional_dependencies.get(peer))?;
    match target {
        DependencyRef::Snapshot(key) => key.id().version().cloned(),
        DependencyRef::Link(_) => None,
    }
}
