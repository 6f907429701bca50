//! What the resolver asks for, what it is told, and what it says meanwhile.

use std::sync::Arc;

use pkg_lockfile::{PackageId, Resolution};
use pkg_manifest::{
    GitSource, GitSpecifier, Integrity, PackageName, PackageVersion, Packument, Platform,
};

/// What the resolver says when it is asked for its next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It cannot finish without this.
    Need(Need),
    /// It will most probably install this: a hint to fetch it early, not a promise.
    Picked(Box<Picked>),
}

/// A package that will most probably be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picked {
    pub id: PackageId,
    pub resolution: Resolution,
    /// Where it may run; a package for another platform need not be fetched.
    pub platform: Platform,
    /// What the registry says of it; `None` for what the lockfile had already.
    pub version: Option<Arc<PackageVersion>>,
}

/// What the caller has to find out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// All versions of a package.
    Packument { name: PackageName, detail: Detail },
    /// The manifest in a folder, relative to the lockfile's folder or absolute.
    Directory { alias: PackageName, path: String },
    /// The manifest and hash of a tarball on disk, relative to the lockfile's folder or absolute.
    File { alias: PackageName, path: String },
    /// The manifest and hash of a tarball at a URL.
    Tarball { alias: PackageName, url: String },
    /// The commit that is wanted of a repository, its manifest and hash.
    Git {
        alias: PackageName,
        specifier: Box<GitSpecifier>,
    },
    /// The hash of a registry's tarball, where the registry does not tell it.
    Integrity { id: PackageId },
}

/// How much of a packument is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Detail {
    /// What an install needs.
    Install,
    /// Also when each version was published.
    Full,
}

/// What the caller found out.
#[derive(Debug, Clone)]
pub enum Answer {
    /// For [`Need::Packument`].
    Packument(Arc<Packument>),
    /// For [`Need::Directory`], [`Need::File`] and [`Need::Tarball`].
    Manifest {
        version: Arc<PackageVersion>,
        resolution: Resolution,
    },
    /// For [`Need::Git`].
    Commit {
        version: Arc<PackageVersion>,
        source: Box<GitSource>,
        integrity: Integrity,
    },
    /// For [`Need::Integrity`].
    Integrity(Integrity),
    /// There is no such thing; the text says why. Whatever is reached through optional dependencies
    /// only does without it.
    Missing(String),
}
