//! `why`: every way from a project to a package, the shortest first, with the ranges on it.

use std::collections::{HashMap, VecDeque};

use pkg_lockfile::{DependencyRef, ImporterId, Lockfile, PackageId, SnapshotKey};
use pkg_manifest::{PackageName, nearest};
use pkg_store::Store;

use super::{
    DependencyGroup, PackagePattern, QueryError, direct, lockfile_of, manifests::Manifests,
    project_name,
};
use crate::{LoadedSettings, Project};

/// The most ways that are looked for below one version of a package. A graph can have more than anyone could read.
const MOST_PATHS: usize = 10_000;

/// One version of a package, and why it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The package.
    pub id: PackageId,
    /// The ways to it, shortest first; as many as were asked for.
    pub paths: Vec<WhyPath>,
    /// How many ways there are, or [`Explanation::is_more`] than that.
    pub count: usize,
    /// Whether counting was given up.
    pub is_more: bool,
}

/// One way, from a project's manifest to the package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyPath {
    /// The project.
    pub project: String,
    /// Where its manifest says so.
    pub group: DependencyGroup,
    /// From the direct dependency to the package itself.
    pub steps: Vec<PathStep>,
}

/// One dependency on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathStep {
    /// The name that it is linked under.
    pub alias: PackageName,
    /// What it leads to.
    pub id: PackageId,
    /// What the one before asks for; `None` where that is not known on this machine.
    pub range: Option<String>,
    /// Whether it is a peer of the one before.
    pub is_peer: bool,
}

/// An edge against its direction: who asks, under which name.
#[derive(Clone, Copy)]
enum Asker<'l> {
    Project(&'l ImporterId, DependencyGroup, &'l PackageName, &'l str),
    Package(&'l SnapshotKey, &'l PackageName),
}

/// Explains each version that `pattern` means; at most `limit` ways each are given.
///
/// # Errors
/// [`QueryError::NotInstalled`] where the project has no such package.
pub fn why(
    project: &Project,
    settings: &LoadedSettings,
    pattern: &PackagePattern,
    limit: usize,
) -> Result<Vec<Explanation>, QueryError> {
    why_in(&lockfile_of(project)?, (project, settings), pattern, limit)
}

/// As [`why`], in this lockfile.
pub(super) fn why_in(
    lockfile: &Lockfile,
    (project, settings): (&Project, &LoadedSettings),
    pattern: &PackagePattern,
    limit: usize,
) -> Result<Vec<Explanation>, QueryError> {
    let askers = askers(lockfile);
    let mut wanted: Vec<(&PackageId, Vec<&SnapshotKey>)> = Vec::new();
    for key in lockfile.snapshots.keys() {
        let is_aliased = || {
            askers.get(key).into_iter().flatten().any(|asker| {
                let (Asker::Project(_, _, alias, _) | Asker::Package(_, alias)) = asker;
                pattern.is_match(Some(alias), key.id())
            })
        };
        if !pattern.is_match(None, key.id()) && !is_aliased() {
            continue;
        }
        match wanted.last_mut() {
            Some((id, keys)) if *id == key.id() => keys.push(key),
            _ => wanted.push((key.id(), vec![key])),
        }
    }
    if wanted.is_empty() {
        return Err(not_installed(lockfile, pattern));
    }
    let store = Store::open(&settings.locations.store)?;
    let mut manifests = Manifests::new(&store, lockfile);
    let mut explanations = Vec::new();
    for (id, keys) in wanted {
        let (ways, is_more) = ways(&keys, &askers);
        let count = ways.len();
        let paths = ways
            .iter()
            .take(limit)
            .map(|way| to_path(project, way, &mut manifests))
            .collect();
        explanations.push(Explanation {
            id: id.clone(),
            paths,
            count,
            is_more,
        });
    }
    Ok(explanations)
}

/// Who asks for each instance.
fn askers(lockfile: &Lockfile) -> HashMap<&SnapshotKey, Vec<Asker<'_>>> {
    let mut askers: HashMap<&SnapshotKey, Vec<Asker<'_>>> = HashMap::new();
    for (id, importer) in &lockfile.importers {
        for (group, alias, dependency) in direct(importer) {
            if let Some(key) = dependency.target.snapshot() {
                let asker = Asker::Project(id, group, alias, &dependency.specifier);
                askers.entry(key).or_default().push(asker);
            }
        }
    }
    for (from, snapshot) in &lockfile.snapshots {
        let edges = snapshot
            .dependencies
            .iter()
            .chain(&snapshot.optional_dependencies);
        for (alias, target) in edges {
            if let DependencyRef::Snapshot(key) = target {
                let asker = Asker::Package(from, alias);
                askers.entry(key).or_default().push(asker);
            }
        }
    }
    askers
}

/// A way against its direction: the package itself first, each with who asks for it; the last is asked for by a project.
type Way<'l> = Vec<(&'l SnapshotKey, Asker<'l>)>;

/// All ways from projects to some instances without a package twice, shortest first; and whether there are more.
fn ways<'l>(
    keys: &[&'l SnapshotKey],
    askers: &HashMap<&'l SnapshotKey, Vec<Asker<'l>>>,
) -> (Vec<Way<'l>>, bool) {
    let mut found = Vec::new();
    let mut open: VecDeque<(Way<'l>, &'l SnapshotKey)> =
        keys.iter().map(|key| (Vec::new(), *key)).collect();
    let mut steps = 0_usize;
    while let Some((way, key)) = open.pop_front() {
        for asker in askers.get(key).into_iter().flatten() {
            steps += 1;
            let mut longer = way.clone();
            longer.push((key, *asker));
            match asker {
                Asker::Project(..) => found.push(longer),
                Asker::Package(from, _) if longer.iter().any(|(seen, _)| seen == from) => {}
                Asker::Package(from, _) => open.push_back((longer, from)),
            }
        }
        if found.len() >= MOST_PATHS || steps >= MOST_PATHS * 10 {
            return (found, !open.is_empty());
        }
    }
    (found, false)
}

/// A way in its direction, with the ranges that manifests name.
fn to_path(project: &Project, way: &Way<'_>, manifests: &mut Manifests<'_>) -> WhyPath {
    let mut path = WhyPath {
        project: String::new(),
        group: DependencyGroup::Prod,
        steps: Vec::with_capacity(way.len()),
    };
    for (key, asker) in way.iter().rev() {
        let (alias, range, is_peer) = match asker {
            Asker::Project(id, group, alias, specifier) => {
                path.project = project_name(project, id);
                path.group = *group;
                (*alias, Some((*specifier).to_owned()), false)
            }
            Asker::Package(from, alias) => {
                let (range, is_peer) = range_of(manifests, from.id(), alias);
                (*alias, range, is_peer)
            }
        };
        path.steps.push(PathStep {
            alias: alias.clone(),
            id: key.id().clone(),
            range,
            is_peer,
        });
    }
    path
}

/// What a package asks for under a name, and whether as a peer.
fn range_of(
    manifests: &mut Manifests<'_>,
    from: &PackageId,
    alias: &PackageName,
) -> (Option<String>, bool) {
    let Some(manifest) = manifests.get(from) else {
        return (None, false);
    };
    let own = [&manifest.optional_dependencies, &manifest.dependencies];
    let range = own.iter().find_map(|group| group.get(alias));
    match (range, manifest.peer_dependencies.get(alias)) {
        (Some(range), _) => (Some(range.clone()), false),
        (None, Some(range)) => (Some(range.clone()), true),
        (None, None) => (None, false),
    }
}

/// Says that there is no such package, and what is near.
pub(crate) fn not_installed(lockfile: &Lockfile, pattern: &PackagePattern) -> QueryError {
    let named: Vec<_> = lockfile
        .packages
        .keys()
        .filter(|id| pattern.is_name_match(id.name()))
        .map(|id| id.reference().to_owned())
        .collect();
    let help = if named.is_empty() {
        let names = lockfile.packages.keys().map(|id| id.name().as_str());
        match nearest(pattern.as_str(), names).first() {
            Some(name) => format!("did you mean `{name}`?"),
            None => "`pkg list --depth=Infinity` shows all that it has".to_owned(),
        }
    } else {
        format!("it has {}", named.join(", "))
    };
    QueryError::NotInstalled {
        wanted: pattern.as_str().to_owned(),
        help,
    }
}
