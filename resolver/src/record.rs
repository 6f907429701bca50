//! What the lockfile records of a package.

use std::collections::{BTreeMap, BTreeSet};

use pkg_lockfile::{Package, Resolution};
use pkg_manifest::{PackageName, PackageVersion};

/// What is recorded of a version: everything but its dependencies.
pub(crate) fn record(version: &PackageVersion, resolution: Resolution, is_exotic: bool) -> Package {
    let mut peer_dependencies = version.peer_dependencies.clone();
    let mut optional_peers = BTreeSet::new();
    for (name, _) in version.peer_meta.iter().filter(|(_, meta)| meta.optional) {
        // An entry without a range stands for any version, as in pnpm.
        let range = || "*".to_owned();
        peer_dependencies.entry(name.clone()).or_insert_with(range);
        optional_peers.insert(name.clone());
    }
    Package {
        resolution,
        version: is_exotic.then(|| version.version.clone()),
        engines: version.engines.clone(),
        platform: version.platform.clone(),
        deprecated: version.deprecated.clone(),
        has_bin: !version.bins.is_empty(),
        has_install_scripts: version.has_install_scripts,
        bundled: version.bundled.clone(),
        peer_dependencies,
        optional_peers,
    }
}

/// The dependencies that are to be resolved: by name the specifier, and whether it is optional.
///
/// A name in both groups is optional, as npm has it; what the tarball brings along is left out.
/// So is what is a peer as well, if peers that are missing are installed anyway.
pub(crate) fn dependencies<'v>(
    version: &'v PackageVersion,
    record: &Package,
    installs_peers: bool,
) -> BTreeMap<&'v PackageName, (&'v str, bool)> {
    let mut all = BTreeMap::new();
    let prod = version.dependencies.iter().map(|entry| (entry, false));
    let optional = version
        .optional_dependencies
        .iter()
        .map(|entry| (entry, true));
    for ((name, text), is_optional) in prod.chain(optional) {
        let is_installed_as_peer = installs_peers
            && record.peer_dependencies.contains_key(name)
            && !record.optional_peers.contains(name);
        if !is_installed_as_peer && !version.bundled.contains(name) {
            all.insert(name, (text.as_str(), is_optional));
        }
    }
    all
}
