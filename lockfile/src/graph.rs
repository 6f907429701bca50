//! The resolved graph: importers, packages, and the instances that depend on one another.

use std::collections::{BTreeMap, BTreeSet};

use pkg_manifest::{Engines, Integrity, PackageName, Platform, RelativePath, Version};

use crate::{Extra, ImporterId, PackageId, SnapshotKey};

/// A whole lockfile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lockfile {
    /// The projects that were resolved together.
    pub importers: BTreeMap<ImporterId, Importer>,
    /// What is known of each package, whatever its peers.
    pub packages: BTreeMap<PackageId, Package>,
    /// The instances, and which instances each of them depends on.
    pub snapshots: BTreeMap<SnapshotKey, Snapshot>,
    /// The settings that shaped the graph; written down where they are not the defaults.
    pub settings: LockedSettings,
    /// What a newer version of the format wrote beside them; `Extra::default()` in a new lockfile.
    pub extra: Extra,
}

/// One project: for each dependency what its manifest asked for, and what it got.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Importer {
    pub dependencies: BTreeMap<PackageName, ImporterDependency>,
    pub dev_dependencies: BTreeMap<PackageName, ImporterDependency>,
    pub optional_dependencies: BTreeMap<PackageName, ImporterDependency>,
    /// Optional dependencies that could not be had, and their specifiers. Written among the others, as
    /// a specifier without a target.
    pub left_out: BTreeMap<PackageName, String>,
    /// Peers that nothing provides and that were installed for what is below the project, and which
    /// version. They are none of its dependencies.
    pub peers: BTreeMap<PackageName, Version>,
}

/// The settings that shape a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockedSettings {
    /// Whether peers that nothing provides were installed: `auto-install-peers`.
    pub auto_install_peers: bool,
}

impl Default for LockedSettings {
    fn default() -> Self {
        Self {
            auto_install_peers: true,
        }
    }
}

/// A direct dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImporterDependency {
    /// The specifier, as the manifest has it.
    pub specifier: String,
    /// What it was resolved to.
    pub target: DependencyRef,
}

/// What a dependency leads to. The name that it is linked under is the key beside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DependencyRef {
    /// An instance of a package: written `1.2.3(peers)`, or `name@1.2.3(peers)` under an alias.
    Snapshot(SnapshotKey),
    /// A folder that is linked as it is, relative to the lockfile's folder; may start with `../`.
    /// Written `link:PATH`.
    Link(String),
}

/// What is known of one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    pub resolution: Resolution,
    /// The name and version that its own manifest says, where the id does not.
    pub version: Option<Version>,
    pub engines: Engines,
    pub platform: Platform,
    pub deprecated: Option<String>,
    pub has_bin: bool,
    pub has_install_scripts: bool,
    /// Dependencies that come inside its tarball.
    pub bundled: Vec<PackageName>,
    /// Peer ranges, as its manifest has them, and which of them are optional.
    pub peer_dependencies: BTreeMap<PackageName, String>,
    pub optional_peers: BTreeSet<PackageName>,
}

/// Where a package's bytes come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// The configured registry; `tarball` only where the address is not the usual one: then
    /// relative to the registry's address where it lies below it, else a whole URL.
    Registry {
        integrity: Integrity,
        tarball: Option<String>,
    },
    /// A tarball at a URL, or one commit of a repository: the id says which.
    Tarball { integrity: Integrity },
    /// A tarball on disk, relative to the lockfile's folder (or absolute, as the specifier says).
    File { integrity: Integrity, path: String },
    /// A folder on disk, relative to the lockfile's folder, which is copied.
    Directory { path: String },
}

/// One instance: the instances that it depends on, by the name that they are linked under.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Its dependencies and its resolved peers.
    pub dependencies: BTreeMap<PackageName, DependencyRef>,
    /// Those that may be missing.
    pub optional_dependencies: BTreeMap<PackageName, DependencyRef>,
    /// Peers that something below it asked for and nobody above provides.
    pub transitive_peers: BTreeSet<PackageName>,
    /// Whether it is reached through optional edges only.
    pub optional: bool,
    /// Whether it is reached through development dependencies only.
    pub dev: bool,
}

impl Importer {
    /// Whether the project asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.dependencies.is_empty()
            && self.dev_dependencies.is_empty()
            && self.optional_dependencies.is_empty()
            && self.left_out.is_empty()
    }
}

impl Resolution {
    /// The hash that the bytes must have; a folder has none.
    pub fn integrity(&self) -> Option<&Integrity> {
        match self {
            Self::Registry { integrity, .. }
            | Self::Tarball { integrity }
            | Self::File { integrity, .. } => Some(integrity),
            Self::Directory { .. } => None,
        }
    }
}

/// A folder of the project, for a key that is no root.
impl From<RelativePath> for ImporterId {
    fn from(path: RelativePath) -> Self {
        Self::of(path)
    }
}
