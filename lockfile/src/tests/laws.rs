//! Laws of the format, over lockfiles at random.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use pkg_manifest::{Engines, Integrity, PackageName, Platform, Version};
use proptest::prelude::*;

use crate::{
    DependencyRef, Groups, Importer, ImporterDependency, ImporterId, Lockfile, Package, PackageId,
    Resolution, Snapshot, SnapshotKey,
};

fn names() -> impl Strategy<Value = PackageName> {
    "(@[a-z]{1,3}/)?[a-z0-9][a-zA-Z0-9._~-]{0,6}"
        .prop_filter_map("reserved", |text| text.parse().ok())
}

fn versions() -> impl Strategy<Value = Version> {
    let prerelease = prop_oneof![3 => Just(String::new()), 1 => "-[a-z]{1,4}(\\.[1-9])?"];
    (0..20_u64, 0..5_u64, 0..30_u64, prerelease).prop_map(|(major, minor, patch, tail)| {
        format!("{major}.{minor}.{patch}{tail}").parse().unwrap()
    })
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("^1.0.0".to_owned()),
        ".{0,12}",
        Just("\" \\ \u{1} \n é".to_owned())
    ]
}

/// An id and what is known of it.
fn packages() -> impl Strategy<Value = (PackageId, Package)> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let sets = (
        prop::collection::btree_map(names(), texts(), 0..3),
        prop::collection::btree_set(names(), 0..3),
        prop::collection::vec(names(), 0..3),
        prop::collection::btree_map("[a-z]{1,5}", texts(), 0..3),
    );
    let platform = prop::collection::vec("!?[a-z]{1,4}", 0..3);
    let strings = (platform, prop::option::of(texts()), 0..5_u8);
    (names(), versions(), flags, sets, strings).prop_map(
        |(name, version, flags, (peers, optional_peers, bundled, engines), strings)| {
            let (os, deprecated, kind) = strings;
            let (id, resolution) = source(&name, &version, kind);
            let package = Package {
                resolution,
                version: (kind > 0).then_some(version),
                engines: Engines(engines),
                platform: Platform {
                    os,
                    ..Platform::default()
                },
                deprecated,
                has_bin: flags.0,
                has_install_scripts: flags.1,
                bundled,
                peer_dependencies: peers,
                optional_peers,
            };
            (id, package)
        },
    )
}

fn source(name: &PackageName, version: &Version, kind: u8) -> (PackageId, Resolution) {
    let integrity = Integrity::sha512(format!("{name}@{version}").as_bytes());
    let exotic = |source: &str| PackageId::exotic(name, source).unwrap();
    match kind {
        0 => {
            let tarball = (version.minor == 0).then(|| format!("{name}/-/x.tgz"));
            (
                PackageId::registry(name, version),
                Resolution::Registry { integrity, tarball },
            )
        }
        1 => {
            let id = exotic(&format!("https://files.example.test/{version}.tgz?a=b"));
            (id, Resolution::Tarball { integrity })
        }
        2 => {
            let path = format!("../{version}.tgz");
            (
                exotic(&format!("file:{path}")),
                Resolution::File { integrity, path },
            )
        }
        3 => {
            let path = format!("folder/{version}");
            (
                exotic(&format!("file:{path}")),
                Resolution::Directory { path },
            )
        }
        _ => {
            let path = format!("/{version}");
            (
                exotic(&format!("link:{path}")),
                Resolution::Directory { path },
            )
        }
    }
}

/// A whole lockfile, with random edges between its instances, cycles among them.
fn lockfiles() -> impl Strategy<Value = Lockfile> {
    let edges = prop::collection::vec((0..50_usize, 0..50_usize, names(), 0..6_u8, texts()), 0..30);
    let peers = prop::collection::vec(any::<bool>(), 12);
    (
        prop::collection::btree_map(names(), packages(), 1..12),
        edges,
        peers,
    )
        .prop_map(|(packages, edges, peers)| {
            let packages: BTreeMap<_, _> = packages.into_values().collect();
            let keys: Vec<SnapshotKey> = packages
                .keys()
                .zip(peers)
                .map(|(id, has_peers)| {
                    let peers = if has_peers {
                        "(p@1.0.0)(@s/q@2.0.0(p@1.0.0))"
                    } else {
                        ""
                    };
                    SnapshotKey::new(id.clone(), peers)
                })
                .collect();
            let snapshots = keys.iter().map(|key| (key.clone(), Snapshot::default()));
            let mut lockfile = Lockfile {
                snapshots: snapshots.collect(),
                packages,
                ..Lockfile::default()
            };
            for edge in edges {
                connect(&mut lockfile, &keys, edge);
            }
            lockfile
        })
}

fn connect(
    lockfile: &mut Lockfile,
    keys: &[SnapshotKey],
    (from, to, alias, kind, specifier): (usize, usize, PackageName, u8, String),
) {
    let from = &keys[from % keys.len()];
    let key = keys[to % keys.len()].clone();
    let name = if kind % 2 == 0 {
        key.id().name().clone()
    } else {
        alias
    };
    let target = match kind {
        5 => DependencyRef::Link(format!("../{name}")),
        _ => DependencyRef::Snapshot(key),
    };
    let snapshot = lockfile.snapshots.get_mut(from).unwrap();
    match kind {
        0 | 1 => {
            snapshot.dependencies.insert(name, target);
        }
        2 => {
            snapshot.optional_dependencies.insert(name.clone(), target);
            snapshot.transitive_peers.insert(name);
            snapshot.dev = true;
        }
        _ => {
            let id = if to % 3 == 0 {
                ImporterId::root()
            } else {
                format!("packages/{to}").parse().unwrap()
            };
            let importer = lockfile.importers.entry(id).or_default();
            if to % 5 == 0 && !importer.dependencies.contains_key(&name) {
                importer.left_out.insert(name.clone(), specifier.clone());
                importer.peers.insert(name, Version::new(1, 0, 0));
                lockfile.settings.auto_install_peers = false;
                return;
            }
            importer.left_out.remove(&name);
            let dependency = ImporterDependency { specifier, target };
            importer.dependencies.insert(name, dependency);
        }
    }
}

/// The text with the lines of each section in another order.
fn shuffled(text: &str, turn: usize) -> String {
    let mut value: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).unwrap();
    for section in ["importers", "packages", "snapshots"] {
        let entries = value[section].as_object().unwrap().clone();
        let mut entries: Vec<_> = entries.into_iter().collect();
        let length = entries.len().max(1);
        entries.rotate_left(turn % length);
        entries.reverse();
        value[section] = serde_json::Value::Object(entries.into_iter().collect());
    }
    serde_json::to_string(&value).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_printed_is_parsed_to_the_same_graph(lockfile in lockfiles()) {
        let text = lockfile.to_text();
        let parsed = Lockfile::parse(&text);
        prop_assert_eq!(parsed.as_ref(), Ok(&lockfile));
        prop_assert_eq!(parsed.unwrap().to_text(), text);
    }

    #[test]
    fn entries_in_any_order_give_one_text(lockfile in lockfiles(), turn in 0..20_usize) {
        let text = lockfile.to_text();
        let parsed = Lockfile::parse(&shuffled(&text, turn)).unwrap();
        prop_assert_eq!(parsed.to_text(), text);
    }

    #[test]
    fn lines_are_sorted_by_bytes_one_entry_each(lockfile in lockfiles()) {
        let text = lockfile.to_text();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        for (section, length) in [
            ("importers", lockfile.importers.len()),
            ("packages", lockfile.packages.len()),
            ("snapshots", lockfile.snapshots.len()),
        ] {
            let keys: Vec<&String> = value[section].as_object().unwrap().keys().collect();
            prop_assert!(keys.is_sorted());
            prop_assert_eq!(keys.len(), length);
        }
        let lines = lockfile.importers.len() + lockfile.packages.len() + lockfile.snapshots.len();
        let closing = [lockfile.importers.len(), lockfile.packages.len(), lockfile.snapshots.len()];
        let closing = closing.iter().filter(|length| **length > 0).count();
        let settings = if lockfile.settings.auto_install_peers { 0 } else { 3 };
        prop_assert_eq!(text.lines().count(), 2 + 3 + lines + closing + 1 + settings);
    }

    #[test]
    fn any_text_is_parsed_or_refused(text in ".{0,200}") {
        prop_assert!(Lockfile::parse(&text).is_err());
    }

    #[test]
    fn a_changed_byte_is_read_or_refused(lockfile in lockfiles(), at in any::<prop::sample::Index>(), byte in 0..128_u8) {
        let mut bytes = lockfile.to_text().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(text) = String::from_utf8(bytes) && let Ok(parsed) = Lockfile::parse(&text) {
            let printed = parsed.to_text();
            prop_assert_eq!(Lockfile::parse(&printed).unwrap().to_text(), printed);
        }
    }

    #[test]
    fn pruning_leaves_what_is_reached_and_whole(mut lockfile in lockfiles()) {
        let reached: BTreeSet<SnapshotKey> =
            lockfile.select(Groups::ALL).into_iter().cloned().collect();
        lockfile.prune_unreachable();
        let left: BTreeSet<SnapshotKey> = lockfile.snapshots.keys().cloned().collect();
        prop_assert_eq!(left, reached);
        prop_assert_eq!(lockfile.check_entries(), Ok(()));
    }

    #[test]
    fn what_a_lockfile_was_made_from_matches_it(lockfile in lockfiles()) {
        prop_assert!(lockfile.check(&wanted(&lockfile), lockfile.settings).is_ok());
        prop_assert!(lockfile.diff(&lockfile).is_empty());
    }
}

fn wanted(lockfile: &Lockfile) -> BTreeMap<ImporterId, crate::Wanted> {
    let specifiers = |group: &BTreeMap<PackageName, ImporterDependency>| {
        let entries = group.iter();
        entries
            .map(|(name, dependency)| (name.clone(), dependency.specifier.clone()))
            .collect()
    };
    let wanted = |importer: &Importer| {
        crate::Wanted::new(
            specifiers(&importer.dependencies),
            specifiers(&importer.dev_dependencies),
            importer.left_out.clone(),
        )
    };
    lockfile
        .importers
        .iter()
        .map(|(id, importer)| (id.clone(), wanted(importer)))
        .collect()
}

/// LCK-25: many entries cost time and no more.
#[test]
fn fifty_thousand_entries_are_read_within_seconds() {
    let integrity = Integrity::sha512(b"x");
    let one = format!("\"integrity\":\"{integrity}\"");
    let one = super::document("", &format!("\"a@1.0.0\": {{{one}}}"), "");
    let package = &Lockfile::parse(&one).unwrap().packages["a@1.0.0"];
    let mut lockfile = Lockfile::default();
    for index in 0..50_000_u64 {
        let name: PackageName = format!("package-{}", index % 10_000).parse().unwrap();
        let id = PackageId::registry(&name, &Version::new(index, 0, 0));
        let next = format!("package-0@{}.0.0", index / 10_000 * 10_000);
        let next = DependencyRef::Snapshot(next.parse().unwrap());
        let snapshot = Snapshot {
            dependencies: BTreeMap::from([("package-0".parse().unwrap(), next)]),
            ..Snapshot::default()
        };
        let key = SnapshotKey::new(id.clone(), "");
        lockfile.snapshots.insert(key, snapshot);
        lockfile.packages.insert(id, package.clone());
    }
    let text = lockfile.to_text();
    let start = Instant::now();
    assert_eq!(Lockfile::parse(&text).as_ref(), Ok(&lockfile));
    assert!(start.elapsed() < Duration::from_secs(30));
}
