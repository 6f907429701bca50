//! The graph that is placed: the whole lockfile, whatever is wanted of it here.
//!
//! A package lies at one place on every platform and with every choice of groups, since all of them are placed before
//! what is not wanted is left out; so does npm.

use std::collections::{BTreeMap, BTreeSet};

use pkg_lockfile::{
    DependencyRef, Importer, ImporterId, Lockfile, Package, Snapshot, SnapshotKey, normalized_path,
};
use pkg_manifest::{PackageName, RelativePath};
use rustc_hash::{FxHashMap, FxHashSet};

use super::order::order_key;
use crate::error::PlanError;
use crate::layout::LinkOptions;

/// A name that something is linked under; they ascend in npm's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Name(u32);

/// A name without its case: two names of one slot cannot lie in one folder on every file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Slot(u32);

/// What an edge leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Target {
    /// An index into [`Graph::instances`].
    Instance(usize),
    /// An index into [`Graph::links`].
    Link(usize),
}

/// A dependency.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) name: Name,
    pub(super) slot: Slot,
    pub(super) target: Target,
    /// Whether whoever asks for it shares it with its own dependents.
    pub(super) is_peer: bool,
}

/// An instance of a package.
#[derive(Debug)]
pub(super) struct Instance<'a> {
    pub(super) key: &'a SnapshotKey,
    pub(super) package: &'a Package,
    /// In npm's order.
    pub(super) edges: Vec<Edge>,
    /// What lies in its tarball, and is found there by everything below it.
    pub(super) bundled: Vec<Slot>,
}

/// A folder that is linked.
#[derive(Debug)]
pub(super) struct Link {
    /// From the root.
    pub(super) folder: String,
    /// An index into [`Graph::projects`], if it is one.
    pub(super) project: Option<usize>,
}

/// A project.
#[derive(Debug)]
pub(super) struct Project<'a> {
    pub(super) id: &'a ImporterId,
    /// Whether the root project links it without being asked to.
    pub(super) is_of_workspace: bool,
    /// In npm's order.
    pub(super) edges: Vec<Edge>,
}

/// All that is placed.
#[derive(Debug)]
pub(super) struct Graph<'a> {
    pub(super) names: Vec<&'a PackageName>,
    slots: Vec<Slot>,
    known: FxHashMap<&'a PackageName, Name>,
    pub(super) instances: Vec<Instance<'a>>,
    pub(super) links: Vec<Link>,
    pub(super) projects: Vec<Project<'a>>,
    /// Which of the projects is the root one.
    pub(super) root: usize,
    /// Pairs of instances of one package of which the first does for the second.
    substitutes: FxHashSet<(usize, usize)>,
}

impl<'a> Graph<'a> {
    pub(super) fn new(
        lockfile: &'a Lockfile,
        options: &'a LinkOptions,
        root: &'a ImporterId,
    ) -> Result<Self, PlanError> {
        let mut builder = Builder::new(lockfile, options);
        let mut projects = BTreeMap::from([(root, Vec::new())]);
        for (id, importer) in &lockfile.importers {
            projects.insert(id, builder.importer_edges(id, importer)?);
        }
        let linked = builder.workspace_edges(options);
        let root_edges = projects.entry(root).or_default();
        for (name, target) in linked {
            if !root_edges.iter().any(|edge| edge.0 == name) {
                root_edges.push((name, target, false));
            }
        }
        builder.follow_all()?;
        Ok(builder.finish(&projects))
    }

    pub(super) fn name(&self, name: &PackageName) -> Option<Name> {
        self.known.get(name).copied()
    }

    pub(super) fn slot(&self, name: Name) -> Slot {
        self.slots[name.0 as usize]
    }

    pub(super) fn text(&self, name: Name) -> &'a PackageName {
        self.names[name.0 as usize]
    }

    /// Whether something can stand where something else is wanted: it is the same, or another instance of the package
    /// that has at least the peers of the wanted one.
    pub(super) fn satisfies(&self, has: Target, wanted: Target) -> bool {
        match (has, wanted) {
            _ if has == wanted => true,
            (Target::Instance(has), Target::Instance(wanted)) => {
                self.substitutes.contains(&(has, wanted))
            }
            (Target::Instance(_) | Target::Link(_), _) => false,
        }
    }
}

/// Edges before names are numbered: name, target, whether it is a peer.
type RawEdges<'a> = Vec<(&'a PackageName, Target, bool)>;

struct Builder<'a> {
    lockfile: &'a Lockfile,
    found: FxHashMap<&'a SnapshotKey, usize>,
    instances: Vec<(&'a SnapshotKey, &'a Package, &'a Snapshot)>,
    edges: Vec<RawEdges<'a>>,
    link_indexes: FxHashMap<String, usize>,
    links: Vec<String>,
    workspace: BTreeSet<&'a ImporterId>,
}

impl<'a> Builder<'a> {
    fn new(lockfile: &'a Lockfile, options: &'a LinkOptions) -> Self {
        Self {
            lockfile,
            found: FxHashMap::default(),
            instances: Vec::new(),
            edges: Vec::new(),
            link_indexes: FxHashMap::default(),
            links: Vec::new(),
            workspace: options.workspace_packages.values().collect(),
        }
    }

    /// What may be missing wins over `dependencies`, those over development ones.
    fn importer_edges(
        &mut self,
        id: &'a ImporterId,
        importer: &'a Importer,
    ) -> Result<RawEdges<'a>, PlanError> {
        let mut edges = BTreeMap::new();
        for group in [
            &importer.dev_dependencies,
            &importer.dependencies,
            &importer.optional_dependencies,
        ] {
            let targets = group.iter().map(|(name, found)| (name, &found.target));
            edges.extend(targets);
        }
        let mut raw = Vec::with_capacity(edges.len());
        for (name, target) in edges {
            raw.push((name, self.target(id, target)?, false));
        }
        Ok(raw)
    }

    fn workspace_edges(&mut self, options: &'a LinkOptions) -> Vec<(&'a PackageName, Target)> {
        let mut edges = Vec::new();
        for (name, id) in &options.workspace_packages {
            if let Some(path) = id.path() {
                edges.push((name, self.link(path.as_str().to_owned())));
            }
        }
        edges
    }

    fn target(
        &mut self,
        from: &dyn ToString,
        target: &'a DependencyRef,
    ) -> Result<Target, PlanError> {
        match target {
            DependencyRef::Link(folder) => {
                Ok(self.link(normalized_path(folder).map_err(PlanError::Link)?))
            }
            DependencyRef::Snapshot(key) => self.instance(from, key),
        }
    }

    fn link(&mut self, folder: String) -> Target {
        let next = self.links.len();
        let index = *self.link_indexes.entry(folder.clone()).or_insert(next);
        if index == next {
            self.links.push(folder);
        }
        Target::Link(index)
    }

    fn instance(&mut self, from: &dyn ToString, key: &'a SnapshotKey) -> Result<Target, PlanError> {
        if let Some(index) = self.found.get(key) {
            return Ok(Target::Instance(*index));
        }
        let missing = || PlanError::MissingEntry {
            from: from.to_string(),
            to: key.to_string(),
        };
        let (key, snapshot) = self
            .lockfile
            .snapshots
            .get_key_value(key)
            .ok_or_else(missing)?;
        let package = self.lockfile.packages.get(key.id()).ok_or_else(missing)?;
        let index = self.instances.len();
        self.instances.push((key, package, snapshot));
        self.found.insert(key, index);
        Ok(Target::Instance(index))
    }

    /// Edges of the instances, as long as new ones come up.
    fn follow_all(&mut self) -> Result<(), PlanError> {
        while let Some((key, package, snapshot)) = self.instances.get(self.edges.len()).copied() {
            let mut edges = Vec::new();
            let required = snapshot
                .dependencies
                .iter()
                .filter(|(name, _)| !snapshot.optional_dependencies.contains_key(*name));
            for (name, target) in required.chain(&snapshot.optional_dependencies) {
                if !package.bundled.contains(name) {
                    let target = self.target(key, target)?;
                    edges.push((name, target, is_peer(name, key, package)));
                }
            }
            self.edges.push(edges);
        }
        Ok(())
    }

    fn finish(self, projects: &BTreeMap<&'a ImporterId, RawEdges<'a>>) -> Graph<'a> {
        let raw = self.edges.iter().chain(projects.values()).flatten();
        let bundled = self.instances.iter().flat_map(|found| &found.1.bundled);
        let numbering = Numbering::new(raw.map(|edge| edge.0).chain(bundled));
        let mut instances = Vec::with_capacity(self.instances.len());
        for ((key, package, _), raw) in self.instances.into_iter().zip(self.edges) {
            let slots = package.bundled.iter().map(|name| numbering.slot(name));
            instances.push(Instance {
                key,
                package,
                edges: numbering.edges(&raw),
                bundled: slots.collect(),
            });
        }
        let mut numbered = Vec::with_capacity(projects.len());
        for (id, raw) in projects {
            numbered.push(Project {
                id,
                is_of_workspace: self.workspace.contains(id),
                edges: numbering.edges(raw),
            });
        }
        let paths: FxHashMap<&str, usize> = numbered
            .iter()
            .enumerate()
            .filter_map(|(index, project)| Some((project.id.path()?.as_str(), index)))
            .collect();
        let link = |folder: String| Link {
            project: paths.get(folder.as_str()).copied(),
            folder,
        };
        let links = self.links.into_iter().map(link).collect();
        let substitutes = substitutes(&instances);
        let root = numbered
            .iter()
            .position(|project| project.path().is_empty());
        Graph {
            names: numbering.names,
            slots: numbering.slots,
            known: numbering.known,
            instances,
            links,
            projects: numbered,
            root: root.expect("the root project is added first"),
            substitutes,
        }
    }
}

/// Whether an edge is a peer. Where nothing was resolved from above, the key says so, and what the package names among
/// its peers is its own dependency.
fn is_peer(name: &PackageName, key: &SnapshotKey, package: &Package) -> bool {
    !key.peers().is_empty()
        && (package.peer_dependencies.contains_key(name) || package.optional_peers.contains(name))
}

/// Numbers for names.
struct Numbering<'a> {
    names: Vec<&'a PackageName>,
    slots: Vec<Slot>,
    known: FxHashMap<&'a PackageName, Name>,
}

impl<'a> Numbering<'a> {
    fn new(all: impl Iterator<Item = &'a PackageName>) -> Self {
        let distinct: FxHashSet<&PackageName> = all.collect();
        let mut names: Vec<&PackageName> = distinct.into_iter().collect();
        names.sort_by_cached_key(|name| (order_key(name.as_str()), *name));
        let mut known = FxHashMap::default();
        let mut slots = Vec::with_capacity(names.len());
        let mut slot_indexes: FxHashMap<String, u32> = FxHashMap::default();
        for (name, index) in names.iter().zip(0..) {
            known.insert(*name, Name(index));
            let folded = name.as_str().to_lowercase();
            slots.push(Slot(*slot_indexes.entry(folded).or_insert(index)));
        }
        Self {
            names,
            slots,
            known,
        }
    }

    fn slot(&self, name: &PackageName) -> Slot {
        self.slots[self.known[name].0 as usize]
    }

    fn edges(&self, raw: &RawEdges<'a>) -> Vec<Edge> {
        let edge = |(name, target, is_peer): &(&'a PackageName, Target, bool)| Edge {
            name: self.known[name],
            slot: self.slot(name),
            target: *target,
            is_peer: *is_peer,
        };
        let mut edges: Vec<Edge> = raw.iter().map(edge).collect();
        edges.sort_by_key(|edge| edge.name);
        edges
    }
}

/// Finds which instances do for which others of their package: those that have all edges of the other, to what does
/// for what it has. The widest such relation, so that cycles do for cycles.
fn substitutes(instances: &[Instance<'_>]) -> FxHashSet<(usize, usize)> {
    let mut groups: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (index, instance) in instances.iter().enumerate() {
        let group = groups.entry(instance.key.id().as_str()).or_default();
        group.push(index);
    }
    let mut pairs = FxHashSet::default();
    for group in groups.values().filter(|group| group.len() > 1) {
        for has in group {
            let others = group.iter().filter(|wanted| *wanted != has);
            pairs.extend(others.map(|wanted| (*has, *wanted)));
        }
    }
    loop {
        let before = pairs.len();
        let is_kept = |has: usize, wanted: usize, pairs: &FxHashSet<(usize, usize)>| {
            let has = &instances[has].edges;
            let does = |edge: &Edge| {
                let same = has.iter().find(|other| other.name == edge.name);
                same.is_some_and(|other| match (other.target, edge.target) {
                    (Target::Instance(has), Target::Instance(wanted)) => {
                        has == wanted || pairs.contains(&(has, wanted))
                    }
                    (has, wanted) => has == wanted,
                })
            };
            instances[wanted].edges.iter().all(does)
        };
        let kept: FxHashSet<(usize, usize)> = pairs
            .iter()
            .filter(|(has, wanted)| is_kept(*has, *wanted, &pairs))
            .copied()
            .collect();
        pairs = kept;
        if pairs.len() == before {
            return pairs;
        }
    }
}

impl Project<'_> {
    /// From the root; empty for the root project.
    pub(super) fn path(&self) -> &str {
        self.id.path().map_or("", RelativePath::as_str)
    }
}
