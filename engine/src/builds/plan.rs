//! Which packages of a tree are built, in which order, and the key of what each build could depend on.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use pkg_linker::{Entry, Tree};
use pkg_lockfile::{DependencyRef, Lockfile, PackageId, SnapshotKey};
use pkg_manifest::{Digest, GitSource, RelativePath};
use pkg_store::{PackageFiles, Store};

use super::{
    Rebuild,
    approvals::{Approvals, Decision},
    record::BuildRecord,
    script_set::{ScriptSet, may_have_scripts},
    toolchain::Toolchain,
};
use crate::Host;

/// Where an instance is that the tree does not have, if anywhere.
pub(crate) type Elsewhere<'a> = dyn Fn(&SnapshotKey) -> Option<PathBuf> + Sync + 'a;

/// What a plan is made from.
#[derive(Clone, Copy)]
pub(crate) struct Planned<'a> {
    pub(crate) store: &'a Store,
    pub(crate) approvals: &'a Approvals,
    pub(crate) lockfile: &'a Lockfile,
    pub(crate) tree: &'a Tree,
    pub(crate) packages: &'a BTreeMap<PackageId, Arc<PackageFiles>>,
    /// Node.js; asked for only where something is to be built.
    pub(crate) toolchain: &'a dyn Fn() -> Option<Toolchain>,
}

/// One package folder whose scripts run.
#[derive(Debug, Clone)]
pub(crate) struct Build {
    pub(crate) path: RelativePath,
    pub(crate) id: PackageId,
    pub(crate) files: Arc<PackageFiles>,
    pub(crate) scripts: ScriptSet,
    /// The commit that it is made out of first.
    pub(crate) sources: Option<GitSource>,
    /// The hash of all that it can depend on.
    pub(crate) key: Digest,
    /// All instances that it can reach, itself not among them.
    pub(crate) closure: BTreeSet<SnapshotKey>,
    /// Those of the same level can be built at once, after those of all lower levels.
    pub(crate) level: usize,
    /// Whether what needs it can do without.
    pub(crate) is_optional: bool,
}

/// What is built of a tree, and what somebody has to look at first.
#[derive(Debug, Default)]
pub(crate) struct BuildPlan {
    /// By level, then by path.
    pub(crate) builds: Vec<Build>,
    /// Packages with scripts that nobody approved or denied.
    pub(crate) unreviewed: Vec<PackageId>,
    /// Those of them of which other scripts were approved.
    pub(crate) changed: Vec<PackageId>,
    /// What scripts run with; `None` where there is none, or nothing to build.
    pub(crate) toolchain: Option<Toolchain>,
}

impl BuildPlan {
    /// Finds what is to be built.
    pub(crate) fn new(planned: &Planned<'_>) -> Self {
        let mut plan = Self::default();
        let mut sets: BTreeMap<PackageId, ScriptSet> = BTreeMap::new();
        for (id, files) in planned.packages {
            if !may_have_scripts(id, files) {
                continue;
            }
            let Some(set) = ScriptSet::read(planned.store, id, files) else {
                // What cannot be read may have some.
                if files.has_install_scripts() {
                    plan.unreviewed.push(id.clone());
                }
                continue;
            };
            match planned.approvals.decide(id, &set) {
                Decision::Approved => drop(sets.insert(id.clone(), set)),
                Decision::Denied => {}
                Decision::Changed => {
                    plan.changed.push(id.clone());
                    plan.unreviewed.push(id.clone());
                }
                Decision::Unknown => plan.unreviewed.push(id.clone()),
            }
        }
        if !sets.is_empty() {
            plan.toolchain = (planned.toolchain)();
            plan.builds = builds(planned, &sets, plan.toolchain.as_ref());
        }
        plan
    }

    /// Whether the scripts of a package run here.
    pub(crate) fn has(&self, id: &PackageId) -> bool {
        self.builds.iter().any(|build| build.id == *id)
    }

    /// The folders that hold something else than the record says, while nothing is built: sorted.
    pub(crate) fn outdated(&self, record: &BuildRecord) -> Vec<RelativePath> {
        let is_wanted = |path: &RelativePath| self.builds.iter().any(|build| build.path == *path);
        let paths = record.built.keys().filter(|path| !is_wanted(path));
        paths.cloned().collect()
    }

    /// The folders that do not hold, or must not hold any more, what the record says, sorted.
    pub(crate) fn doubtful(&self, record: &BuildRecord, rebuild: &Rebuild) -> Vec<RelativePath> {
        let wanted: BTreeMap<&RelativePath, &Build> = self
            .builds
            .iter()
            .map(|build| (&build.path, build))
            .collect();
        let holds = |path: &RelativePath, key: Option<&String>| {
            let build = wanted.get(path);
            build.map(|build| build.key.to_string()).as_ref() == key
                && build.is_none_or(|build| !rebuild.has(build.id.name()))
        };
        let recorded = record.built.iter().map(|(path, key)| (path, Some(key)));
        let missing = wanted.keys().map(|path| (*path, record.built.get(*path)));
        let doubtful = recorded
            .chain(missing)
            .filter(|(path, key)| !holds(path, *key))
            .map(|(path, _)| path.clone());
        doubtful.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

fn builds(
    planned: &Planned<'_>,
    sets: &BTreeMap<PackageId, ScriptSet>,
    toolchain: Option<&Toolchain>,
) -> Vec<Build> {
    let mut builds = Vec::new();
    for (path, entry) in planned.tree.entries() {
        let Entry::Package { snapshot, .. } = entry else {
            continue;
        };
        let id = snapshot.id();
        let (Some(scripts), Some(files)) = (sets.get(id), planned.packages.get(id)) else {
            continue;
        };
        let closure = closure(planned.lockfile, snapshot);
        let is_optional = planned
            .lockfile
            .snapshots
            .get(snapshot)
            .is_some_and(|snapshot| snapshot.optional);
        builds.push(Build {
            path: path.clone(),
            id: id.clone(),
            files: Arc::clone(files),
            key: build_key(planned, (id, files, scripts), &closure, (sets, toolchain)),
            scripts: scripts.clone(),
            sources: if scripts.preparation(id).is_empty() {
                None
            } else {
                id.reference().parse().ok()
            },
            closure,
            level: 0,
            is_optional,
        });
    }
    give_levels(&mut builds, planned.tree);
    builds.sort_by(|left, right| (left.level, &left.path).cmp(&(right.level, &right.path)));
    builds
}

/// All instances that one can reach.
fn closure(lockfile: &Lockfile, from: &SnapshotKey) -> BTreeSet<SnapshotKey> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(key) = waiting.pop() {
        let Some(snapshot) = lockfile.snapshots.get(key) else {
            continue;
        };
        let edges = snapshot
            .dependencies
            .values()
            .chain(snapshot.optional_dependencies.values());
        for target in edges.filter_map(DependencyRef::snapshot) {
            if found.insert(target.clone()) {
                waiting.push(target);
            }
        }
    }
    found.remove(from);
    found
}

/// Whoever reaches another one is built after it; of two that reach each other, neither.
fn give_levels(builds: &mut [Build], tree: &Tree) {
    let snapshots: Vec<Option<&SnapshotKey>> = builds
        .iter()
        .map(|build| match tree.get(build.path.as_str()) {
            Some(Entry::Package { snapshot, .. }) => Some(snapshot),
            _ => None,
        })
        .collect();
    let reaches = |from: &Build, to: usize| {
        snapshots[to].is_some_and(|snapshot| from.closure.contains(snapshot))
    };
    // Whoever reaches another one without being reached by it reaches more.
    let mut order: Vec<usize> = (0..builds.len()).collect();
    order.sort_by_key(|index| builds[*index].closure.len());
    for (place, index) in order.iter().enumerate() {
        let before = order[..place].iter().filter(|earlier| {
            reaches(&builds[*index], **earlier) && !reaches(&builds[**earlier], *index)
        });
        let level = before.map(|earlier| builds[*earlier].level + 1).max();
        builds[*index].level = level.unwrap_or_default();
    }
}

/// The hash of all that a build can depend on.
fn build_key(
    planned: &Planned<'_>,
    (id, files, scripts): (&PackageId, &PackageFiles, &ScriptSet),
    closure: &BTreeSet<SnapshotKey>,
    (sets, toolchain): (&BTreeMap<PackageId, ScriptSet>, Option<&Toolchain>),
) -> Digest {
    let mut text = format!(
        "pkg build 1\npackage {id} {}\nscripts {}\n",
        files.integrity,
        scripts.digest()
    );
    let node = toolchain.map(|toolchain| toolchain.version.to_string());
    text.push_str(&format!(
        "node {}\nplatform {} {} {}\n",
        node.as_deref().unwrap_or("-"),
        Host::os(),
        Host::cpu(),
        Host::libc().unwrap_or("-"),
    ));
    for grant in planned.approvals.grants(id) {
        text.push_str(&format!("grant {grant}\n"));
    }
    for key in closure {
        let package = planned.lockfile.packages.get(key.id());
        let integrity = package.and_then(|package| package.resolution.integrity());
        let integrity = integrity.map(ToString::to_string);
        let built = sets.get(key.id()).map(|set| set.digest().to_string());
        let [integrity, built] =
            [integrity, built].map(|text| text.unwrap_or_else(|| "-".to_owned()));
        text.push_str(&format!("with {key} {integrity} {built}\n"));
    }
    Digest::of(text.as_bytes())
}
