//! One version's document, as a packument holds it or a `package.json` says it.

use std::collections::BTreeMap;

use pkg_range::{Mode, Prereleases, Range};
use url::Url;

use crate::{Integrity, PackageName, RelativePath, Version};

/// What the resolver and the linker need to know of one version of a package.
///
/// Dependency values are the raw specifier texts: parsing one to a [`crate::Specifier`] happens
/// where it is asked for, so that a bad one names the dependency that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageVersion {
    pub name: PackageName,
    pub version: Version,
    pub dependencies: BTreeMap<PackageName, String>,
    pub optional_dependencies: BTreeMap<PackageName, String>,
    pub peer_dependencies: BTreeMap<PackageName, String>,
    pub peer_meta: BTreeMap<PackageName, PeerMeta>,
    /// Names of dependencies that the tarball brings along, not to be resolved.
    pub bundled: Vec<PackageName>,
    pub platform: Platform,
    pub engines: Engines,
    /// Command names and the files that they start, normalized as npm does.
    pub bins: BTreeMap<String, RelativePath>,
    /// The deprecation message, if the version is deprecated.
    pub deprecated: Option<String>,
    /// Whether the registry says that the version has install scripts.
    pub has_install_scripts: bool,
    /// Where the tarball is; `None` in a `package.json`.
    pub dist: Option<Dist>,
}

/// `os`, `cpu` and `libc`: empty lists allow everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Platform {
    pub os: Vec<String>,
    pub cpu: Vec<String>,
    pub libc: Vec<String>,
}

/// `engines`: the ranges of Node.js and npm that a version asks for, and others by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Engines(pub BTreeMap<String, String>);

impl Platform {
    /// Whether a machine can run it: the reference's rule for each of the three lists.
    ///
    /// Names are Node.js's (`process.platform`, `process.arch`); `libc` is `glibc` or `musl`, and `None`
    /// where that is no question, which no list of libraries allows.
    pub fn allows(&self, os: &str, cpu: &str, libc: Option<&str>) -> bool {
        let has_libc = match libc {
            Some(libc) => list_allows(&self.libc, libc),
            None => self.libc.is_empty(),
        };
        has_libc && list_allows(&self.os, os) && list_allows(&self.cpu, cpu)
    }
}

/// `any` alone allows everything, `!name` forbids one; if no other name stands there, the rest is allowed.
fn list_allows(list: &[String], value: &str) -> bool {
    if matches!(list, [only] if only == "any") {
        return true;
    }
    let mut is_named = false;
    let mut names = 0;
    for entry in list {
        match entry.strip_prefix('!') {
            Some(forbidden) if forbidden == value => return false,
            Some(_) => {}
            None => {
                names += 1;
                is_named |= entry == value;
            }
        }
    }
    is_named || names == 0
}

impl Engines {
    /// Whether a version of `node`, `npm` or another engine is what the package asks for. Prereleases
    /// count as in the reference; a range that cannot be read allows nothing, a blank one everything.
    pub fn allows(&self, engine: &str, version: &Version) -> bool {
        match self.0.get(engine).map(|range| range.trim()) {
            None | Some("") => true,
            Some(range) => Range::parse(range, Mode::Loose)
                .is_ok_and(|range| range.contains(version, Prereleases::All)),
        }
    }
}

/// An entry of `peerDependenciesMeta`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PeerMeta {
    pub optional: bool,
}

/// Where a version's tarball is and which hashes it must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dist {
    pub tarball: Url,
    /// From `integrity`, else from `shasum`; `None` where the registry has neither.
    pub integrity: Option<Integrity>,
    pub unpacked_size: Option<u64>,
    pub file_count: Option<u64>,
}
