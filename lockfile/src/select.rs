//! Which instances are reached from the projects, and whether every edge leads somewhere.

use std::collections::{BTreeSet, HashSet};

use pkg_manifest::PackageName;

use crate::{
    DependencyRef, Importer, Lockfile, Package, PackageId, Snapshot, SnapshotKey,
    error::{LockfileError, MissingEntry},
};

/// Which groups of dependencies are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Groups {
    /// `dependencies` of the projects, and with `optional` their `optionalDependencies`.
    pub prod: bool,
    /// `devDependencies` of the projects.
    pub dev: bool,
    /// Whatever may be missing, in the projects and below them.
    pub optional: bool,
}

impl Groups {
    /// Everything.
    pub const ALL: Self = Self {
        prod: true,
        dev: true,
        optional: true,
    };
    /// All but development dependencies.
    pub const PROD: Self = Self {
        dev: false,
        ..Self::ALL
    };
    /// Development dependencies alone, with all that is below them.
    pub const DEV: Self = Self {
        prod: false,
        ..Self::ALL
    };

    /// These groups without what may be missing.
    pub const fn without_optional(self) -> Self {
        Self {
            optional: false,
            ..self
        }
    }
}

impl Importer {
    /// What the project's dependencies of some groups lead to.
    pub fn targets(&self, groups: Groups) -> impl Iterator<Item = &DependencyRef> {
        [
            (groups.prod, &self.dependencies),
            (groups.dev, &self.dev_dependencies),
            (groups.prod && groups.optional, &self.optional_dependencies),
        ]
        .into_iter()
        .filter(|(is_wanted, _)| *is_wanted)
        .flat_map(|(_, dependencies)| dependencies.values())
        .map(|dependency| &dependency.target)
    }
}

impl Snapshot {
    /// What the instance depends on, with what may be missing.
    pub fn targets(&self) -> impl Iterator<Item = &DependencyRef> {
        self.dependencies
            .values()
            .chain(self.optional_dependencies.values())
    }
}

impl Package {
    /// Whether a dependency of an instance of the package is an optional peer that was found above it. Somebody else has
    /// it as a dependency of his own: where that one is left out, as a tool for development is in production, so is the
    /// peer.
    pub fn is_optional_peer(&self, instance: &SnapshotKey, alias: &PackageName) -> bool {
        // Behind a hash no peer can be told from a dependency of the package's own, which must be there.
        self.optional_peers.contains(alias)
            && instance.may_have_peer(alias)
            && instance.peers().contains(&format!("({alias}@"))
    }
}

impl DependencyRef {
    /// The instance that it leads to, unless it is a linked folder.
    pub fn snapshot(&self) -> Option<&SnapshotKey> {
        match self {
            Self::Snapshot(key) => Some(key),
            Self::Link(_) => None,
        }
    }
}

impl Lockfile {
    /// The instances that are reached from all projects through some groups.
    pub fn select(&self, groups: Groups) -> BTreeSet<&SnapshotKey> {
        self.select_from(self.importers.values(), groups)
    }

    /// The instances that are reached from some projects: see [`Lockfile::select`].
    pub fn select_from<'a>(
        &'a self,
        importers: impl IntoIterator<Item = &'a Importer>,
        groups: Groups,
    ) -> BTreeSet<&'a SnapshotKey> {
        let mut reached = HashSet::with_capacity(self.snapshots.len());
        let mut open = Vec::new();
        let mut visit = |targets: &mut dyn Iterator<Item = &'a DependencyRef>,
                         open: &mut Vec<&'a SnapshotKey>| {
            open.extend(
                targets
                    .filter_map(DependencyRef::snapshot)
                    .filter(|key| reached.insert(*key)),
            );
        };
        for importer in importers {
            visit(&mut importer.targets(groups), &mut open);
        }
        while let Some(key) = open.pop() {
            visit(
                &mut self.brought_by(key, groups).map(|(_, target)| target),
                &mut open,
            );
        }
        reached.into_iter().collect()
    }

    /// What an instance brings along where some groups are installed, by the name that it is linked under; what the
    /// lockfile does not have depends on nothing.
    pub fn brought_by<'a>(
        &'a self,
        key: &'a SnapshotKey,
        groups: Groups,
    ) -> impl Iterator<Item = (&'a PackageName, &'a DependencyRef)> {
        let package = self.packages.get(key.id());
        let has_all = groups.prod && groups.dev;
        // Where all groups are installed, whoever has it for his own is there.
        let is_brought = move |alias: &PackageName| {
            has_all || package.is_none_or(|package| !package.is_optional_peer(key, alias))
        };
        let snapshot = self.snapshots.get(key).into_iter();
        snapshot.flat_map(move |snapshot| {
            let optional = snapshot.optional_dependencies.iter();
            let optional = optional.filter(move |(alias, _)| groups.optional && is_brought(alias));
            snapshot.dependencies.iter().chain(optional)
        })
    }

    /// Drops the instances that no project reaches, and the packages that no instance is of.
    pub fn prune_unreachable(&mut self) {
        let reached = self.select(Groups::ALL);
        if reached.len() < self.snapshots.len() {
            let reached: BTreeSet<SnapshotKey> = reached.into_iter().cloned().collect();
            self.snapshots.retain(|key, _| reached.contains(key));
        }
        let used: HashSet<_> = self.snapshots.keys().map(SnapshotKey::id).collect();
        self.packages.retain(|id, _| used.contains(id));
        for importer in self.importers.values_mut() {
            importer.peers.retain(|name, version| {
                let id = PackageId::registry(name, version);
                self.packages.contains_key(&id)
            });
        }
        self.prune_extra();
    }

    /// Checks that every edge leads to an instance, and every instance has its package.
    ///
    /// [`Lockfile::parse`] does it; whoever made a graph does it before it is written.
    ///
    /// # Errors
    /// [`LockfileError::MissingEntry`] lists all entries that are missing.
    pub fn check_entries(&self) -> Result<(), LockfileError> {
        let known: HashSet<&SnapshotKey> = self.snapshots.keys().collect();
        let mut missing = Vec::new();
        let mut follow = |from: &dyn ToString, target: &DependencyRef| {
            if let Some(key) = target.snapshot().filter(|key| !known.contains(key)) {
                let (from, to) = (from.to_string(), key.to_string());
                missing.push(MissingEntry { from, to });
            }
        };
        for (id, importer) in &self.importers {
            for target in importer.targets(Groups::ALL) {
                follow(id, target);
            }
        }
        for (key, snapshot) in &self.snapshots {
            for target in snapshot.targets() {
                follow(key, target);
            }
        }
        for key in self.snapshots.keys() {
            if !self.packages.contains_key(key.id()) {
                let (from, to) = (key.to_string(), key.id().to_string());
                missing.push(MissingEntry { from, to });
            }
        }
        if missing.is_empty() {
            Ok(())
        } else {
            Err(LockfileError::MissingEntry { missing })
        }
    }
}
