//! The lockfile, from the instances.

use std::collections::BTreeMap;

use pkg_lockfile::{
    DependencyRef, Group, Importer, ImporterDependency, LockedSettings, Lockfile, Snapshot,
};

use pkg_manifest::PackageName;
use rustc_hash::FxHashSet;

use crate::{
    peers::{Entries, EntryTarget},
    plain::Plain,
};

/// Writes down what is reached from the projects.
pub(crate) fn lockfile(plain: &Plain, entries: &Entries, settings: LockedSettings) -> Lockfile {
    let mut lockfile = Lockfile {
        settings,
        ..Lockfile::default()
    };
    for (root, importer) in plain.importers.iter().enumerate() {
        let id = importer.id.clone();
        lockfile
            .importers
            .insert(id, self::importer(plain, entries, root));
    }
    let all = |_: Group| true;
    let reached = reach(plain, entries, all, true);
    let surely = reach(plain, entries, |group| group != Group::Optional, false);
    let in_production = reach(plain, entries, |group| group != Group::Dev, true);
    for (index, entry) in entries.entries.iter().enumerate() {
        if !reached[index] {
            continue;
        }
        let package = &plain.packages[entry.package];
        lockfile
            .packages
            .insert(package.id.clone(), package.record.clone());
        let mut snapshot = Snapshot {
            optional: !surely[index],
            dev: !in_production[index],
            transitive_peers: entry.transitive_peers.iter().cloned().collect(),
            ..Snapshot::default()
        };
        for (name, link) in &entry.links {
            let dependencies = if link.is_optional {
                &mut snapshot.optional_dependencies
            } else {
                &mut snapshot.dependencies
            };
            dependencies.insert(name.clone(), reference(entries, link.target));
        }
        lockfile.snapshots.insert(entry.key.clone(), snapshot);
    }
    let used = used_peers(plain, entries, &reached);
    for (importer, installed) in plain.importers.iter().zip(&entries.installed) {
        let is_used = |(name, package): &&(PackageName, usize)| used.contains(&(name, *package));
        let listed = installed.iter().filter(is_used);
        let listed = listed.filter_map(|(name, package)| {
            let version = plain.packages[*package].id.version()?;
            Some((name.clone(), version.clone()))
        });
        let listed = listed.collect();
        if let Some(importer) = lockfile.importers.get_mut(&importer.id) {
            importer.peers = listed;
        }
    }
    lockfile
}

/// Which packages are peers of something that is reached, and under which name.
fn used_peers<'e>(
    plain: &Plain,
    entries: &'e Entries,
    reached: &[bool],
) -> FxHashSet<(&'e PackageName, usize)> {
    let all = entries.entries.iter().zip(reached);
    let links = all.filter(|(_, reached)| **reached).flat_map(|(entry, _)| {
        let peers = &plain.packages[entry.package].record.peer_dependencies;
        let links = entry.links.iter();
        links.filter(|(name, _)| peers.contains_key(*name))
    });
    let used = links.filter_map(|(name, link)| match link.target {
        EntryTarget::Entry(target) => Some((name, entries.entries[target].package)),
        EntryTarget::Link(_) => None,
    });
    used.collect()
}

fn reference(entries: &Entries, target: EntryTarget) -> DependencyRef {
    match target {
        EntryTarget::Entry(entry) => DependencyRef::Snapshot(entries.entries[entry].key.clone()),
        EntryTarget::Link(link) => DependencyRef::Link(entries.links[link].clone()),
    }
}

fn importer(plain: &Plain, entries: &Entries, root: usize) -> Importer {
    let targets: BTreeMap<_, _> = entries.roots[root]
        .iter()
        .map(|(alias, target)| (alias, *target))
        .collect();
    let mut importer = Importer {
        left_out: plain.importers[root].left_out.clone(),
        ..Importer::default()
    };
    for direct in &plain.importers[root].direct {
        let Some(target) = targets.get(&direct.edge.alias) else {
            let alias = direct.edge.alias.clone();
            importer.left_out.insert(alias, direct.specifier.clone());
            continue;
        };
        let dependency = ImporterDependency {
            specifier: direct.specifier.clone(),
            target: reference(entries, *target),
        };
        let group = match direct.group {
            Group::Prod => &mut importer.dependencies,
            Group::Dev => &mut importer.dev_dependencies,
            Group::Optional => &mut importer.optional_dependencies,
        };
        group.insert(direct.edge.alias.clone(), dependency);
    }
    importer
}

/// Which entries are reached from the projects' dependencies of some groups.
fn reach(
    plain: &Plain,
    entries: &Entries,
    is_wanted: impl Fn(Group) -> bool,
    follows_optional: bool,
) -> Vec<bool> {
    let mut is_reached = vec![false; entries.entries.len()];
    let mut pending = Vec::new();
    for (root, importer) in plain.importers.iter().enumerate() {
        let groups: BTreeMap<_, _> = importer
            .direct
            .iter()
            .map(|direct| (&direct.edge.alias, direct.group))
            .collect();
        let wanted = entries.roots[root]
            .iter()
            .filter(|(alias, _)| groups.get(alias).is_some_and(|group| is_wanted(*group)));
        pending.extend(wanted.map(|(_, target)| *target));
    }
    while let Some(target) = pending.pop() {
        let EntryTarget::Entry(entry) = target else {
            continue;
        };
        if std::mem::replace(&mut is_reached[entry], true) {
            continue;
        }
        let links = entries.entries[entry].links.values();
        let followed = links.filter(|link| follows_optional || !link.is_optional);
        pending.extend(followed.map(|link| link.target));
    }
    is_reached
}
