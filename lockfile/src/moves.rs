//! Which dependencies lead to another version in a newer lockfile, whatever their peers.

use std::collections::{BTreeMap, BTreeSet};

use pkg_manifest::PackageName;

use crate::{DependencyRef, Lockfile, PackageId};

/// A dependency that leads elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Who depends: a project's id, or that of a package.
    pub dependent: String,
    /// The name that it is linked under.
    pub alias: PackageName,
    /// What it led to.
    pub before: PackageId,
    /// What it leads to now.
    pub after: PackageId,
}

/// Dependents by their ids, and what each of their dependencies leads to: several where its instances differ.
type Edges<'l> = BTreeMap<(&'l str, &'l PackageName), BTreeSet<&'l PackageId>>;

impl Lockfile {
    /// The dependencies of what both lockfiles have that lead to another package in the newer one, by dependent.
    ///
    /// Peers are none of them: what a package gets for those is its dependents' choice.
    pub fn moves(&self, newer: &Self) -> Vec<Move> {
        let (old, new) = (self.edges(), newer.edges());
        let mut moves = Vec::new();
        for (edge, before) in &old {
            let Some(after) = new.get(edge) else { continue };
            let gone = before.difference(after);
            let Some(to) = after.difference(before).last().or(after.last()) else {
                continue;
            };
            moves.extend(gone.map(|from| Move {
                dependent: edge.0.to_owned(),
                alias: edge.1.clone(),
                before: (*from).clone(),
                after: (*to).clone(),
            }));
        }
        moves
    }

    fn edges<'l>(&'l self) -> Edges<'l> {
        let mut edges = Edges::new();
        let mut add = |from, alias, target: &'l DependencyRef| {
            if let DependencyRef::Snapshot(key) = target {
                let known: &mut BTreeSet<_> = edges.entry((from, alias)).or_default();
                known.insert(key.id());
            }
        };
        for (id, importer) in &self.importers {
            for (_, alias, dependency) in importer.all() {
                add(id.as_str(), alias, &dependency.target);
            }
        }
        for (key, snapshot) in &self.snapshots {
            let package = self.packages.get(key.id());
            let all = snapshot.dependencies.iter();
            for (alias, target) in all.chain(&snapshot.optional_dependencies) {
                if !package.is_some_and(|package| package.peer_dependencies.contains_key(alias)) {
                    add(key.id().as_str(), alias, target);
                }
            }
        }
        edges
    }
}
