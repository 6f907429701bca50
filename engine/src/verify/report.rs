//! What a look at a tree found, package by package.

use std::collections::BTreeMap;

use pkg_linker::{CheckCounts, Difference, Layout, Owner};
use pkg_lockfile::PackageId;
use pkg_manifest::{Digest, RelativePath};
use pkg_store::StoredFile;

/// What a look at a tree found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// The layout that stands there.
    pub layout: Layout,
    /// What was looked at.
    pub counts: CheckCounts,
    /// What differs: the project's own first, then the packages of the lockfile, then others; each by name.
    pub packages: Vec<PackageDifferences>,
    /// Packages whose files nobody knows here, sorted.
    pub unchecked: Vec<Unchecked>,
}

impl VerifyReport {
    /// Whether all of the tree is known to be what it should be.
    pub fn is_intact(&self) -> bool {
        self.packages.is_empty() && self.unchecked.is_empty()
    }

    /// How many things differ in the tree.
    pub fn differences(&self) -> usize {
        let counts = self
            .packages
            .iter()
            .map(|package| package.differences.len());
        counts.sum()
    }
}

/// What differs of one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageDifferences {
    /// The package, or whose it is otherwise.
    pub owner: Owner,
    /// Sorted by path.
    pub differences: Vec<Difference>,
    /// Its files that are damaged in the store as well.
    pub store: Vec<StoreDamage>,
}

/// A file of the store that is not what its name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreDamage {
    /// Where it lies in the package.
    pub path: RelativePath,
    /// The hash that it should have.
    pub digest: Digest,
}

/// A package that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unchecked {
    /// Which one.
    pub id: PackageId,
    /// Why.
    pub reason: UncheckedReason,
}

/// Why a package could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum UncheckedReason {
    /// The store does not have it, so that nobody here knows its files.
    NotInStore,
    /// The store has another package under its hash, as named here.
    OtherPackage(String),
    /// It is a copy of a folder that cannot be read, for this reason.
    Source(String),
}

/// Puts what was found together by package.
pub(super) fn group(
    differences: Vec<Difference>,
    damaged: Vec<(PackageId, StoredFile)>,
) -> Vec<PackageDifferences> {
    let mut groups: BTreeMap<Owner, PackageDifferences> = BTreeMap::new();
    let empty = |owner: &Owner| PackageDifferences {
        owner: owner.clone(),
        differences: Vec::new(),
        store: Vec::new(),
    };
    for difference in differences {
        let group = groups
            .entry(difference.owner.clone())
            .or_insert_with_key(empty);
        group.differences.push(difference);
    }
    for (id, file) in damaged {
        let group = groups.entry(Owner::Package(id)).or_insert_with_key(empty);
        group.store.push(StoreDamage {
            path: file.path,
            digest: file.digest,
        });
    }
    groups.into_values().collect()
}
