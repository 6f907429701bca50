//! Lockfiles in a line: what each test needs, and nothing else.

use pkg_lockfile::{
    DependencyRef, ImporterDependency, ImporterId, Lockfile, Package, PackageId, Resolution,
    Snapshot, SnapshotKey,
};
use pkg_manifest::{Engines, Integrity, PackageName, Platform};

use crate::host::Host;

/// Reads a graph: statements are separated by `;`. `. a@1 dev:b@1` is a project with its dependencies,
/// `a@1 -> b@1 c=b@2 d=link:d opt:e@1` an instance, and `a@1 os=win32` its platform, `bundles=b` what lies in its
/// tarball, `peer=b` which of its dependencies is a peer. Versions get `.0.0`.
pub(crate) fn graph(text: &str) -> Lockfile {
    let mut lockfile = Lockfile::default();
    for statement in text
        .split(';')
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        let mut words = statement.split_whitespace().filter(|word| *word != "->");
        let subject = words.next().unwrap();
        if subject == "." || subject.contains('/') && !subject.contains('@') {
            add_importer(&mut lockfile, subject.parse().unwrap(), words);
        } else {
            add_instance(&mut lockfile, &key(subject), words);
        }
    }
    lockfile
}

pub(crate) fn linux() -> Host {
    Host {
        os: "linux".to_owned(),
        cpu: "x64".to_owned(),
        libc: Some("glibc".to_owned()),
    }
}

/// Fills versions up: `a@1(b@2)` is `a@1.0.0(b@2.0.0)`.
pub(crate) fn key(text: &str) -> SnapshotKey {
    let mut full = String::new();
    for (index, part) in text.split_inclusive(['(', ')']).enumerate() {
        let (body, end) = match part.char_indices().last() {
            Some((at, '(' | ')')) => part.split_at(at),
            _ => (part, ""),
        };
        full.push_str(body);
        let is_short = body.rsplit_once('@').is_some_and(|(_, version)| {
            !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())
        });
        if is_short {
            full.push_str(".0.0");
        }
        full.push_str(end);
        debug_assert!(index < 100);
    }
    full.parse().unwrap()
}

fn dependency(word: &str) -> (PackageName, DependencyRef) {
    let (alias, target) = match word.split_once('=') {
        Some((alias, target)) => (Some(alias), target),
        None => (None, word),
    };
    let target = match target.strip_prefix("link:") {
        Some(folder) => DependencyRef::Link(folder.to_owned()),
        None => DependencyRef::Snapshot(key(target)),
    };
    let alias = match (alias, &target) {
        (Some(alias), _) => alias.parse().unwrap(),
        (None, DependencyRef::Snapshot(key)) => key.id().name().clone(),
        (None, DependencyRef::Link(_)) => panic!("a link needs an alias"),
    };
    (alias, target)
}

fn add_importer<'a>(lockfile: &mut Lockfile, id: ImporterId, words: impl Iterator<Item = &'a str>) {
    let importer = lockfile.importers.entry(id).or_default();
    for word in words {
        let (group, word) = match word.split_once(':') {
            Some(("dev", word)) => (&mut importer.dev_dependencies, word),
            Some(("opt", word)) => (&mut importer.optional_dependencies, word),
            _ => (&mut importer.dependencies, word),
        };
        let (alias, target) = dependency(word);
        let specifier = "*".to_owned();
        group.insert(alias, ImporterDependency { specifier, target });
    }
}

fn add_instance<'a>(
    lockfile: &mut Lockfile,
    key: &SnapshotKey,
    words: impl Iterator<Item = &'a str>,
) {
    let mut package = registry_package(key.id());
    let mut snapshot = Snapshot::default();
    for word in words {
        match word.split_once('=') {
            Some(("os", os)) => package.platform.os.push(os.to_owned()),
            Some(("bundles", name)) => package.bundled.push(name.parse().unwrap()),
            Some(("peer", name)) => {
                let name = name.parse().unwrap();
                package.peer_dependencies.insert(name, "*".to_owned());
            }
            _ => {
                let (group, word) = match word.strip_prefix("opt:") {
                    Some(word) => (&mut snapshot.optional_dependencies, word),
                    None => (&mut snapshot.dependencies, word),
                };
                let (alias, target) = dependency(word);
                group.insert(alias, target);
            }
        }
    }
    lockfile.snapshots.insert(key.clone(), snapshot);
    lockfile.packages.entry(key.id().clone()).or_insert(package);
}

/// A package of which nothing is known but where it comes from.
pub(crate) fn registry_package(id: &PackageId) -> Package {
    Package {
        resolution: Resolution::Registry {
            integrity: Integrity::sha512(id.as_str().as_bytes()),
            tarball: None,
        },
        version: None,
        engines: Engines::default(),
        platform: Platform::default(),
        deprecated: None,
        has_bin: false,
        has_install_scripts: false,
        bundled: Vec::new(),
        peer_dependencies: Default::default(),
        optional_peers: Default::default(),
    }
}
