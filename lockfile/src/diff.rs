//! What changed between two lockfiles: what a report prints.

use std::collections::BTreeMap;

use pkg_manifest::PackageName;

use crate::{DependencyRef, Group, Importer, ImporterId, Lockfile, PackageId};

/// What changed from one lockfile to a newer one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockfileDiff {
    /// Direct dependencies that came, went or lead elsewhere, by importer and name.
    pub direct: Vec<DirectChange>,
    /// Packages that the newer one has and the older one has not, sorted.
    pub added: Vec<PackageId>,
    /// Packages that only the older one has, sorted.
    pub removed: Vec<PackageId>,
}

/// A direct dependency that changed. One of the two sides is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectChange {
    pub importer: ImporterId,
    pub name: PackageName,
    pub before: Option<Direct>,
    pub after: Option<Direct>,
}

/// Where a direct dependency stands, and what it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Direct {
    pub group: Group,
    pub target: DependencyRef,
}

impl Direct {
    /// The version, source or link as a report shows it: without peers.
    pub fn reference(&self) -> String {
        match &self.target {
            DependencyRef::Snapshot(key) => key.id().reference().to_owned(),
            DependencyRef::Link(path) => format!("link:{path}"),
        }
    }

    /// Whether both stand in one group and lead to one package, whatever its peers.
    fn is_like(&self, other: &Self) -> bool {
        self.group == other.group
            && match (&self.target, &other.target) {
                (DependencyRef::Snapshot(left), DependencyRef::Snapshot(right)) => {
                    left.id() == right.id()
                }
                (DependencyRef::Link(left), DependencyRef::Link(right)) => left == right,
                (DependencyRef::Snapshot(_), DependencyRef::Link(_))
                | (DependencyRef::Link(_), DependencyRef::Snapshot(_)) => false,
            }
    }
}

impl LockfileDiff {
    /// Whether nothing that a report shows has changed.
    pub fn is_empty(&self) -> bool {
        self.direct.is_empty() && self.added.is_empty() && self.removed.is_empty()
    }
}

impl Lockfile {
    /// Compares this lockfile with a newer one.
    pub fn diff(&self, newer: &Self) -> LockfileDiff {
        let missing_in = |theirs: &Self, ours: &Self| -> Vec<PackageId> {
            let ids = ours.packages.keys();
            ids.filter(|id| !theirs.packages.contains_key(*id))
                .cloned()
                .collect()
        };
        LockfileDiff {
            direct: direct_changes(self, newer),
            added: missing_in(self, newer),
            removed: missing_in(newer, self),
        }
    }
}

fn direct_changes(older: &Lockfile, newer: &Lockfile) -> Vec<DirectChange> {
    let nothing = Importer::default();
    let mut importers: Vec<_> = older
        .importers
        .keys()
        .chain(newer.importers.keys())
        .collect();
    importers.sort_unstable();
    importers.dedup();
    let mut changes = Vec::new();
    for id in importers {
        let before = older.importers.get(id).unwrap_or(&nothing);
        let after = newer.importers.get(id).unwrap_or(&nothing);
        let mut names: BTreeMap<&PackageName, (Option<Direct>, Option<Direct>)> = BTreeMap::new();
        for (group, name, dependency) in before.all() {
            names.entry(name).or_default().0 = Some(Direct::new(group, &dependency.target));
        }
        for (group, name, dependency) in after.all() {
            names.entry(name).or_default().1 = Some(Direct::new(group, &dependency.target));
        }
        for (name, (before, after)) in names {
            let is_same = match (&before, &after) {
                (Some(before), Some(after)) => before.is_like(after),
                (Some(_), None) | (None, Some(_)) | (None, None) => false,
            };
            if !is_same {
                changes.push(DirectChange {
                    importer: id.clone(),
                    name: name.clone(),
                    before,
                    after,
                });
            }
        }
    }
    changes
}

impl Direct {
    fn new(group: Group, target: &DependencyRef) -> Self {
        Self {
            group,
            target: target.clone(),
        }
    }
}
