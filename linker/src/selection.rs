//! Which instances are wanted: reached from the projects, and for this platform.

use std::collections::{BTreeMap, VecDeque};

use pkg_lockfile::{DependencyRef, Importer, ImporterId, Lockfile, Package, Snapshot, SnapshotKey};
use pkg_manifest::PackageName;
use rustc_hash::FxHashMap;

use crate::error::PlanError;
use crate::layout::LinkOptions;
use crate::tree::Skipped;

/// Dependencies by the name that they are linked under.
pub(crate) type Edges<'a> = BTreeMap<&'a PackageName, &'a DependencyRef>;

/// The part of a lockfile that is installed.
#[derive(Debug)]
pub(crate) struct Selection<'a> {
    pub(crate) importers: BTreeMap<&'a ImporterId, Edges<'a>>,
    pub(crate) instances: BTreeMap<&'a SnapshotKey, Instance<'a>>,
    pub(crate) skipped: Vec<Skipped>,
}

/// An instance that is installed.
#[derive(Debug)]
pub(crate) struct Instance<'a> {
    pub(crate) package: &'a Package,
    /// How many steps from a project: direct dependencies have 0.
    pub(crate) depth: usize,
    pub(crate) edges: Edges<'a>,
}

/// An edge of the walk.
struct Step<'a> {
    from: &'a dyn ToString,
    target: &'a DependencyRef,
    is_optional: bool,
    depth: usize,
}

struct Walk<'a> {
    lockfile: &'a Lockfile,
    options: &'a LinkOptions,
    platforms: Platforms,
    queue: VecDeque<Step<'a>>,
    instances: FxHashMap<&'a SnapshotKey, Instance<'a>>,
    /// Left out, with whether something cannot do without.
    skipped: BTreeMap<&'a SnapshotKey, bool>,
}

/// Which packages a selection has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platforms {
    /// Those for the machine of the options.
    Host,
    /// Those for other machines too.
    All,
}

impl<'a> Selection<'a> {
    pub(crate) fn new(lockfile: &'a Lockfile, options: &'a LinkOptions) -> Result<Self, PlanError> {
        Self::of(lockfile, options, Platforms::Host)
    }

    pub(crate) fn of(
        lockfile: &'a Lockfile,
        options: &'a LinkOptions,
        platforms: Platforms,
    ) -> Result<Self, PlanError> {
        let mut walk = Walk {
            lockfile,
            options,
            platforms,
            queue: VecDeque::new(),
            instances: FxHashMap::default(),
            skipped: BTreeMap::new(),
        };
        let mut importers = BTreeMap::new();
        for (id, importer) in &lockfile.importers {
            importers.insert(id, walk.start(id, importer));
        }
        walk.run()?;
        walk.drop_edges_to_absent(&mut importers);
        let skipped = walk.skipped.into_iter().map(|(key, is_required)| Skipped {
            snapshot: key.clone(),
            is_required,
        });
        Ok(Self {
            importers,
            instances: walk.instances.into_iter().collect(),
            skipped: skipped.collect(),
        })
    }
}

impl<'a> Walk<'a> {
    /// Gives what a project links: what may be missing wins over `dependencies`, those over development ones.
    fn start(&mut self, id: &'a ImporterId, importer: &'a Importer) -> Edges<'a> {
        let groups = self.options.groups;
        let wanted = [
            (groups.dev, false, &importer.dev_dependencies),
            (groups.prod, false, &importer.dependencies),
            (
                groups.prod && groups.optional,
                true,
                &importer.optional_dependencies,
            ),
        ];
        let mut edges = BTreeMap::new();
        for (is_wanted, is_optional, dependencies) in wanted {
            for (alias, dependency) in dependencies.iter().filter(|_| is_wanted) {
                edges.insert(alias, (&dependency.target, is_optional));
            }
        }
        self.follow(id, &edges, 0)
    }

    fn follow(
        &mut self,
        from: &'a dyn ToString,
        edges: &BTreeMap<&'a PackageName, (&'a DependencyRef, bool)>,
        depth: usize,
    ) -> Edges<'a> {
        self.queue
            .extend(edges.values().map(|(target, is_optional)| Step {
                from,
                target,
                is_optional: *is_optional,
                depth,
            }));
        edges.iter().map(|(alias, edge)| (*alias, edge.0)).collect()
    }

    fn run(&mut self) -> Result<(), PlanError> {
        while let Some(step) = self.queue.pop_front() {
            let Some(key) = step.target.snapshot() else {
                continue;
            };
            if let Some(is_required) = self.skipped.get_mut(key) {
                *is_required |= !step.is_optional;
                continue;
            }
            if self.instances.contains_key(key) {
                continue;
            }
            self.visit(key, &step)?;
        }
        Ok(())
    }

    fn visit(&mut self, key: &'a SnapshotKey, step: &Step<'a>) -> Result<(), PlanError> {
        let missing = || PlanError::MissingEntry {
            from: step.from.to_string(),
            to: key.to_string(),
        };
        let snapshot = self.lockfile.snapshots.get(key).ok_or_else(missing)?;
        let package = self.lockfile.packages.get(key.id()).ok_or_else(missing)?;
        let is_for_here =
            self.platforms == Platforms::All || self.options.host.accepts(&package.platform);
        if !is_for_here {
            self.skipped.insert(key, !step.is_optional);
            return Ok(());
        }
        let depth = step.depth + 1;
        let edges = if snapshot.optional_dependencies.is_empty() {
            self.follow_all(key, &snapshot.dependencies, depth)
        } else {
            self.follow_some(key, snapshot, package, depth)
        };
        self.instances.insert(
            key,
            Instance {
                package,
                depth: step.depth,
                edges,
            },
        );
        Ok(())
    }

    /// What most instances have: dependencies that must be there.
    fn follow_all(
        &mut self,
        from: &'a SnapshotKey,
        dependencies: &'a BTreeMap<PackageName, DependencyRef>,
        depth: usize,
    ) -> Edges<'a> {
        self.queue.extend(dependencies.values().map(|target| Step {
            from,
            target,
            is_optional: false,
            depth,
        }));
        dependencies.iter().collect()
    }

    fn follow_some(
        &mut self,
        key: &'a SnapshotKey,
        snapshot: &'a Snapshot,
        package: &'a Package,
        depth: usize,
    ) -> Edges<'a> {
        let mut edges = BTreeMap::new();
        for (alias, target) in &snapshot.dependencies {
            edges.insert(alias, (target, false));
        }
        let mut peers = Vec::new();
        for (alias, target) in &snapshot.optional_dependencies {
            if package.is_optional_peer(key, alias) {
                edges.remove(alias);
                peers.push((alias, target));
            } else if self.options.groups.optional {
                edges.insert(alias, (target, true));
            } else {
                edges.remove(alias);
            }
        }
        let mut edges = self.follow(key, &edges, depth);
        edges.extend(peers);
        edges
    }

    /// Drops the edges to what is for other platforms, and to optional peers that nobody else brings.
    fn drop_edges_to_absent(&mut self, importers: &mut BTreeMap<&'a ImporterId, Edges<'a>>) {
        let is_absent = |instances: &FxHashMap<&SnapshotKey, Instance<'_>>,
                         target: &DependencyRef| {
            let key = target.snapshot();
            key.is_some_and(|key| !instances.contains_key(key))
        };
        for edges in importers.values_mut() {
            edges.retain(|_, target| !is_absent(&self.instances, target));
        }
        let mut absent = Vec::new();
        for (key, instance) in &self.instances {
            for (alias, target) in &instance.edges {
                if is_absent(&self.instances, target) {
                    absent.push((*key, *alias));
                }
            }
        }
        for (key, alias) in absent {
            if let Some(instance) = self.instances.get_mut(key) {
                instance.edges.remove(alias);
            }
        }
    }
}
