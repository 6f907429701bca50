//! The instances by their keys, as the lockfile lists them; and those that are as good as others.

use std::collections::BTreeMap;

use pkg_lockfile::SnapshotKey;
use pkg_manifest::PackageName;
use rustc_hash::FxHashMap;

use super::{
    suffix::keys,
    walk::{Linked, Walk},
};
use crate::plain::Plain;

/// An instance as the lockfile lists it.
pub(crate) struct Entry {
    pub(crate) key: SnapshotKey,
    /// The package's number.
    pub(crate) package: usize,
    pub(crate) links: BTreeMap<PackageName, EntryLink>,
    /// Peers that something below it asks for, and does not find below it.
    pub(crate) transitive_peers: Vec<PackageName>,
}

/// What is linked beside an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EntryLink {
    pub(crate) target: EntryTarget,
    pub(crate) is_optional: bool,
}

/// An entry, or a folder, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryTarget {
    Entry(usize),
    Link(usize),
}

/// All entries, and where the projects enter.
pub(crate) struct Entries {
    pub(crate) entries: Vec<Entry>,
    /// For each project what its dependencies lead to, with their numbers in the list of them.
    pub(crate) roots: Vec<Vec<(PackageName, EntryTarget)>>,
    /// For each project the peers that were installed for what is below it, and which packages.
    pub(crate) installed: Vec<Vec<(PackageName, usize)>>,
    pub(crate) links: Vec<String>,
}

impl Entries {
    /// Lists what a walk found.
    pub(crate) fn new(walk: &Walk<'_>, plain: &Plain) -> Self {
        let mut by_key: FxHashMap<SnapshotKey, usize> = FxHashMap::default();
        let mut firsts = Vec::new();
        let keys = keys(walk, plain);
        let entry_of: Vec<usize> = (0..walk.instances.len())
            .map(|instance| {
                let next = firsts.len();
                let entry = *by_key.entry(keys[instance].clone()).or_insert(next);
                if entry == next {
                    firsts.push(instance);
                }
                entry
            })
            .collect();
        let target = |linked: &Linked| match linked {
            Linked::Instance(instance) => EntryTarget::Entry(entry_of[*instance as usize]),
            Linked::Link(link) => EntryTarget::Link(*link as usize),
        };
        let entries = firsts
            .iter()
            .map(|instance| walk.entry(*instance, keys[*instance].clone(), &target))
            .collect();
        let roots = walk
            .roots
            .iter()
            .zip(&walk.graph.roots)
            .map(|(linked, root)| {
                let named = root.children.iter().zip(linked);
                named
                    .map(|(child, linked)| (child.alias.clone(), target(linked)))
                    .collect()
            });
        let installed = walk.installed.iter().map(|installed| {
            let peers = installed.iter();
            let peers = peers.map(|(name, package)| (walk.peer_name(*name), *package as usize));
            peers
                .map(|(name, package)| (name.clone(), package))
                .collect()
        });
        let mut all = Self {
            entries,
            roots: roots.collect(),
            installed: installed.collect(),
            links: walk.graph.links.clone(),
        };
        all.merge_similar();
        all
    }

    /// Lets instances stand for those that have less: the same dependencies and peers, but without
    /// some that are optional and that nobody provides where they stand.
    fn merge_similar(&mut self) {
        let mut by_package: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let is_reached = self.reached();
        let entries = self.entries.iter().enumerate();
        for (index, entry) in entries.filter(|(index, _)| is_reached[*index]) {
            by_package.entry(entry.package).or_default().push(index);
        }
        let mut groups: Vec<Vec<usize>> = by_package.into_values().collect();
        groups.retain(|group| group.len() > 1);
        loop {
            let mut replaced: FxHashMap<usize, usize> = FxHashMap::default();
            for group in &mut groups {
                self.merge_group(group, &mut replaced);
            }
            if replaced.is_empty() {
                return;
            }
            self.replace(&replaced);
        }
    }

    /// Which entries are reached from the projects: others are there for peers that nothing needs in
    /// the end, and may not change anything.
    fn reached(&self) -> Vec<bool> {
        let mut is_reached = vec![false; self.entries.len()];
        let roots = self.roots.iter().flatten();
        let mut pending: Vec<EntryTarget> = roots.map(|(_, target)| *target).collect();
        while let Some(target) = pending.pop() {
            let EntryTarget::Entry(entry) = target else {
                continue;
            };
            if !std::mem::replace(&mut is_reached[entry], true) {
                let links = self.entries[entry].links.values();
                pending.extend(links.map(|link| link.target));
            }
        }
        is_reached
    }

    fn merge_group(&self, group: &mut Vec<usize>, replaced: &mut FxHashMap<usize, usize>) {
        group.sort_by(|a, b| {
            let (a, b) = (&self.entries[*a], &self.entries[*b]);
            let by_size = b.links.len().cmp(&a.links.len());
            by_size.then_with(|| a.key.cmp(&b.key))
        });
        let mut kept: Vec<usize> = Vec::new();
        for index in group.iter().copied() {
            let small = &self.entries[index].links;
            let larger = kept.iter().find(|large| {
                let large = &self.entries[**large].links;
                let mut links = small.iter();
                large.len() > small.len() && links.all(|(name, link)| large.get(name) == Some(link))
            });
            match larger {
                Some(larger) => {
                    replaced.insert(index, *larger);
                }
                None => kept.push(index),
            }
        }
        *group = kept;
    }

    fn replace(&mut self, replaced: &FxHashMap<usize, usize>) {
        let new = |target: &mut EntryTarget| {
            if let EntryTarget::Entry(entry) = target
                && let Some(larger) = replaced.get(entry)
            {
                *entry = *larger;
            }
        };
        let links = self
            .entries
            .iter_mut()
            .flat_map(|entry| entry.links.values_mut());
        links.for_each(|link| new(&mut link.target));
        let roots = self.roots.iter_mut().flatten();
        roots.for_each(|(_, target)| new(target));
    }
}

impl Walk<'_> {
    fn entry(
        &self,
        instance: usize,
        key: SnapshotKey,
        target: &impl Fn(&Linked) -> EntryTarget,
    ) -> Entry {
        let instance = &self.instances[instance];
        let node = &self.graph.nodes[instance.package as usize];
        let mut links = BTreeMap::new();
        for (number, linked) in &instance.children {
            let child = &node.children[*number as usize];
            let target = target(linked);
            let is_optional = child.is_optional;
            links.insert(
                child.alias.clone(),
                EntryLink {
                    target,
                    is_optional,
                },
            );
        }
        for (number, linked) in &instance.peers {
            let peer = &node.peers[*number as usize];
            let mut children = node.children.iter();
            // A peer that is a dependency as well is as optional as the dependency.
            let own = children.find(|child| child.alias_peer == Some(peer.name));
            let is_optional = own.map_or(peer.is_optional, |own| own.is_optional);
            let target = target(linked);
            let name = self.peer_name(peer.name).clone();
            links.insert(
                name,
                EntryLink {
                    target,
                    is_optional,
                },
            );
        }
        let is_own = |name: u32| node.peers.iter().any(|peer| peer.name == name);
        let names = (0..).zip(&self.graph.peer_names);
        let below = names.filter(|(name, _)| instance.below.has(*name) && !is_own(*name));
        let own_name = node.name;
        Entry {
            key,
            package: instance.package as usize,
            links,
            transitive_peers: below
                .filter(|(name, _)| Some(*name) != own_name)
                .map(|(_, name)| name.clone())
                .collect(),
        }
    }
}
