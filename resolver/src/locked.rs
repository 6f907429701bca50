//! What the previous lockfile says, for the parts of the graph that need not move.

use pkg_lockfile::{
    DependencyRef, Group, ImporterId, Lockfile, Package, PackageId, Snapshot, SnapshotKey,
};
use pkg_manifest::{PackageName, Version};
use pkg_range::compare;
use rustc_hash::FxHashMap;

use crate::{
    ResolveOptions, Update,
    pick::weight,
    specifier::{Selector, Specifier},
};

/// The previous lockfile, indexed.
pub(crate) struct Locked {
    lockfile: Lockfile,
    update: Update,
    /// The locked versions of each package that may stay.
    versions: FxHashMap<PackageName, Vec<Version>>,
    /// Whether the lockfile was made under the settings that hold now.
    is_of_settings: bool,
    /// The instances of each package: all of them have the same dependencies, peers aside.
    instances: FxHashMap<PackageId, Vec<SnapshotKey>>,
}

/// A dependency of a locked package.
pub(crate) struct LockedEdge {
    pub(crate) alias: PackageName,
    pub(crate) is_optional: bool,
    pub(crate) target: DependencyRef,
}

impl Locked {
    pub(crate) fn new(previous: Option<&Lockfile>, options: &ResolveOptions) -> Self {
        let update = &options.update;
        let lockfile = match update {
            Update::Everything => Lockfile::default(),
            Update::Nothing | Update::Names(_) | Update::Dedupe => {
                previous.cloned().unwrap_or_default()
            }
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
        let mut instances: FxHashMap<PackageId, Vec<SnapshotKey>> = FxHashMap::default();
        for key in lockfile.snapshots.keys() {
            let known = instances.entry(key.id().clone()).or_default();
            known.push(key.clone());
        }
        Self {
            is_of_settings: lockfile.settings == options.settings(),
            lockfile,
            update: update.clone(),
            versions,
            instances,
        }
    }

    /// The whole of it; empty where everything is updated.
    pub(crate) fn lockfile(&self) -> &Lockfile {
        &self.lockfile
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
            (Ok(Specifier::Registry { selector, .. }), Some(version)) => match selector {
                Selector::Tag(_) => true,
                Selector::Range(_) | Selector::All(_) if self.is_deduping() => false,
                Selector::Range(range) if range.is_any() => true,
                selector => selector.contains(version),
            },
            (Ok(Specifier::Tarball(_)), None) => true,
            _ => false,
        }
    }

    /// Whether ranges choose anew among the locked versions.
    pub(crate) fn is_deduping(&self) -> bool {
        self.update == Update::Dedupe
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

    /// The names of all locked packages.
    pub(crate) fn names(&self) -> impl Iterator<Item = &PackageName> {
        self.lockfile.packages.keys().map(PackageId::name)
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
        let keys = self.instances.get(id)?;
        let first = self.lockfile.snapshots.get(keys.first()?)?;
        let is_peer = |edge: &LockedEdge| package.peer_dependencies.contains_key(&edge.alias);
        let mut all: Vec<_> = linked(first).filter(|edge| !is_peer(edge)).collect();
        let optional = package.optional_peers.iter();
        all.extend(optional.filter_map(|peer| self.own_beside_peer(keys, peer)));
        Some(all)
    }

    /// The dependency that a package has for where nobody provides an optional peer of it.
    ///
    /// An instance without the peer shows it. Where all have the peer, that is taken for it, if it is
    /// one that may not be missing: so a peer alone is never listed.
    fn own_beside_peer(&self, keys: &[SnapshotKey], peer: &PackageName) -> Option<LockedEdge> {
        let free = keys.iter().find(|key| !key.may_have_peer(peer));
        let snapshot = self.lockfile.snapshots.get(free.or(keys.first())?)?;
        let own = linked(snapshot).find(|edge| edge.alias == *peer)?;
        (free.is_some() || !own.is_optional).then_some(own)
    }

    /// The version of a peer that was installed for what is below a project, if it may stay.
    pub(crate) fn installed_peer(
        &self,
        importer: &ImporterId,
        peer: &PackageName,
    ) -> Option<&Version> {
        let version = self.lockfile.importers.get(importer)?.peers.get(peer)?;
        (!self.update.has(peer)).then_some(version)
    }

    /// Whether an optional dependency of a project could not be had, and is not to be tried again.
    pub(crate) fn is_left_out(
        &self,
        importer: &ImporterId,
        alias: &PackageName,
        text: &str,
    ) -> bool {
        let importer = self.lockfile.importers.get(importer);
        let specifier = importer.and_then(|importer| importer.left_out.get(alias));
        specifier.is_some_and(|specifier| specifier == text) && !self.update.has(alias)
    }

    /// Whether the lockfile has an instance of a package.
    pub(crate) fn has(&self, id: &PackageId) -> bool {
        self.instances.contains_key(id)
    }

    /// Whether a package has a dependency that may move; or peers, which may be dependencies as well
    /// under other settings.
    pub(crate) fn needs_manifest(&self, record: &Package, edges: &[LockedEdge]) -> bool {
        let mut peers = record.peer_dependencies.keys();
        let has_peers = peers.any(|peer| !record.optional_peers.contains(peer));
        if self.is_deduping() || !self.is_of_settings && has_peers {
            return true;
        }
        edges.iter().any(|edge| match &edge.target {
            DependencyRef::Snapshot(key) => self.update.has(key.id().name()),
            DependencyRef::Link(_) => false,
        })
    }
}

/// What is linked beside an instance.
fn linked(snapshot: &Snapshot) -> impl Iterator<Item = LockedEdge> {
    let required = snapshot.dependencies.iter().map(|edge| (edge, false));
    let optional = snapshot.optional_dependencies.iter();
    let optional = optional.map(|edge| (edge, true));
    let edges = required.chain(optional);
    edges.map(|((alias, target), is_optional)| LockedEdge {
        alias: alias.clone(),
        is_optional,
        target: target.clone(),
    })
}
